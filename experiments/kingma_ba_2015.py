"""Kingma and Ba (2015), Adam: figure 1 (dense and sparse), figure 2, and figure 4.

Figures 1 and 2 race rules on a softmax regression of digits, on one of synthetic documents with
half of the words dropped, and on a network with and without dropout. Every rule is tuned over the
same ten learning rates, half a decade apart, by the median of the final training loss over five
seeds, and is judged on ten others. Figure 4 trains an autoencoder by Adam with and without bias
correction, at three values of beta2, two of beta1 and nine learning rates, ten seeds each. What
the paper claims and how this differs stands in claims/kingma_ba_2015.toml.

Afterwards each rule of figures 1 and 2 also tries a quarter of a decade less and more than its best
learning rate, and is judged anew. No claim is judged by these.

    python -m experiments.kingma_ba_2015
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.autoencoder import Autoencoder, Pictures
from experiments.grid import Cell, Grid, commanded
from experiments.settings import Settings, by_setting, finite, label, store, values
from minioptim.datasets import bag_of_words, digits, imdb, mnist, mnist_sample
from minioptim.losses import MLP, Model, SoftmaxRegression
from minioptim.rules import Adadelta, Adagrad, Adam, Nesterov, RMSProp, Rule
from minioptim.rules.variants import UncorrectedAdam
from minioptim.run import minimize
from minioptim.schedules import InverseRoot

NAME = "kingma_ba_2015"
BATCH = 128
RULES: Mapping[str, type[Rule]] = {
    "Adam": Adam,
    "Nesterov": Nesterov,
    "Adagrad": Adagrad,
    "RMSProp": RMSProp,
    "Adadelta": Adadelta,
}
RATES = [float(f"{10 ** (k / 2):.3g}") for k in range(-6, 4)]
FINE = [float(f"{10 ** (k / 4):.3g}") for k in range(-12, 7)]  # RATES, and what lies between them
TUNED_ON, JUDGED_ON = range(5), range(10, 20)


@dataclass(frozen=True)
class Race:
    """A panel of figure 1 or 2: how long, who takes part, and whether lr falls as 1/√t."""

    epochs: Mapping[str, int]
    rules: tuple[str, ...]
    falling: bool = False


RACES: Mapping[str, Race] = {
    "dense": Race({"small": 15, "paper": 45}, ("Adam", "Nesterov", "Adagrad"), falling=True),
    "sparse": Race({"small": 10, "paper": 160}, ("Adam", "Nesterov", "Adagrad"), falling=True),
    "network, dropout": Race({"small": 30, "paper": 200}, tuple(RULES)),
    "network": Race({"small": 30, "paper": 200}, tuple(RULES)),
}

ALPHAS = [float(f"{10 ** (k / 2):.3g}") for k in range(-10, -1)]
BETA1, BETA2 = (0.0, 0.9), (0.99, 0.999, 0.9999)
CORRECTED = {True: Adam, False: UncorrectedAdam}
# Epochs after which figure 4 looks.
LOOKS = {"small": (5, 40), "paper": (10, 100)}
SEEDS = range(10)


@functools.cache
def model(task: str, size: str) -> Model:
    """Return what is trained."""
    small = size == "small"
    match task:
        case "dense":
            return SoftmaxRegression((mnist_sample() if small else mnist()).train, l2=1e-4)
        case "sparse":
            documents = (
                bag_of_words(5000, vocabulary=2000, length=230, telling=200)
                if small
                else imdb(10_000).train
            )
            return SoftmaxRegression(documents, l2=1e-4, dropout=0.5)
        case "network" | "network, dropout":
            dropout = 0.5 if task == "network, dropout" else 0.0
            if small:
                return MLP(digits().train, hidden=(64, 64), dropout=dropout)
            return MLP(mnist().train, hidden=(1000, 1000), dropout=dropout)
        case "autoencoder":
            if small:
                return Autoencoder(Pictures(digits().train.inputs), hidden=(32, 8, 32))
            return Autoencoder(Pictures(mnist().train.inputs), hidden=(500, 50, 500))
    raise ValueError(f"there is no task {task!r}")


def run(cell: Cell) -> dict[str, Any]:
    """Train once; return the training loss at the end, and on the way where a figure shows it."""
    task, size, seed, lr = cell["task"], cell["size"], cell["seed"], cell["lr"]
    looks: tuple[int, ...]  # after so many epochs
    if task == "autoencoder":
        looks = LOOKS[size]
        kind = CORRECTED[cell["corrected"]]
        rule: Rule = kind(lr=lr, beta1=cell["beta1"], beta2=cell["beta2"])
    else:
        race = RACES[task]
        epochs = race.epochs[size]
        looks = tuple(range(epochs + 1)) if seed in JUDGED_ON else (epochs,)
        # Adagrad's own sum of squares falls as 1/√t, and needs no second one.
        falls = race.falling and cell["rule"] != "Adagrad"
        rule = RULES[cell["rule"]](lr=InverseRoot(lr) if falls else lr)
    trained = model(task, size)
    batches = trained.minibatch(BATCH, seed)
    start = trained.initial(seed) if hasattr(trained, "initial") else None
    epoch = batches.steps_per_epoch
    path = minimize(batches, rule, start, looks[-1] * epoch, record="x", every=epoch).x
    losses = [finite(float(trained.value(path[look]))) for look in looks]
    if task == "autoencoder":
        return {"early": losses[0], "late": losses[1]}
    if seed in JUDGED_ON:
        return {"loss": losses[-1], "curve": losses}
    return {"loss": losses[-1]}


def raced(task: str, rule: str, lr: float) -> dict[str, Any]:
    """Return a setting of figure 1 or 2."""
    return {"task": task, "rule": rule, "lr": lr}


def averaged(corrected: bool, beta1: float, beta2: float, lr: float) -> dict[str, Any]:
    """Return a setting of figure 4."""
    betas = {"beta1": beta1, "beta2": beta2}
    return {"task": "autoencoder", "corrected": corrected, **betas, "lr": lr}


def tuning(size: str) -> list[dict[str, Any]]:
    """Return what the rules of figures 1 and 2 are tuned on."""
    return [
        {**raced(task, rule, lr), "seed": seed, "size": size}
        for task, race in RACES.items()
        for rule in race.rules
        for lr in RATES
        for seed in TUNED_ON
    ]


def judging(chosen: Mapping[str, Mapping[str, float]], size: str) -> list[dict[str, Any]]:
    """Return what they are judged on, each at its chosen learning rate."""
    return [
        {**raced(task, rule, lr), "seed": seed, "size": size}
        for task, rates in chosen.items()
        for rule, lr in rates.items()
        for seed in JUDGED_ON
    ]


def beside(lr: float) -> list[float]:
    """Return a learning rate, and a quarter of a decade less and more.

    Examples
    --------
    >>> beside(0.1)
    [0.0562, 0.1, 0.178]
    """
    at = FINE.index(lr)
    return FINE[at - 1 : at + 2]


def tuning_afterwards(chosen: Mapping[str, Mapping[str, float]], size: str) -> list[dict[str, Any]]:
    """Return what is tried beside the chosen learning rates."""
    return [
        {**raced(task, rule, lr), "seed": seed, "size": size}
        for task, rates in chosen.items()
        for rule, best in rates.items()
        for lr in beside(best)
        if lr != best
        for seed in TUNED_ON
    ]


def best_afterwards(
    chosen: Mapping[str, Mapping[str, float]], settings: Settings
) -> dict[str, dict[str, float]]:
    """Return the best of the chosen learning rates and those beside them."""
    return {
        task: {
            rule: min(beside(best), key=functools.partial(_median, settings, task, rule))
            for rule, best in rates.items()
        }
        for task, rates in chosen.items()
    }


def correcting(size: str) -> list[dict[str, Any]]:
    """Return the cells of figure 4."""
    return [
        {**averaged(corrected, beta1, beta2, lr), "seed": seed, "size": size}
        for corrected in CORRECTED
        for beta1 in BETA1
        for beta2 in BETA2
        for lr in ALPHAS
        for seed in SEEDS
    ]


def best(settings: Settings) -> dict[str, dict[str, float]]:
    """Return the learning rate of each rule on each task, by the median of the final loss."""
    return {
        task: {
            rule: min(RATES, key=functools.partial(_median, settings, task, rule))
            for rule in race.rules
        }
        for task, race in RACES.items()
    }


def _median(settings: Settings, task: str, rule: str, lr: float) -> float:
    return float(np.median(values(settings, label(raced(task, rule, lr)), "loss")))


def best_alpha(settings: Settings, corrected: bool, beta1: float, beta2: float, when: str) -> float:
    """Return the learning rate of figure 4 with the lowest median loss."""

    def median(lr: float) -> float:
        return float(
            np.median(values(settings, label(averaged(corrected, beta1, beta2, lr)), when))
        )

    return min(ALPHAS, key=median)


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare."""
    found: dict[str, Any] = {}
    for task, rates in result["best"].items():
        for rule, lr in rates.items():
            found[f"{rule}, {task}"] = values(
                result["judged"], label(raced(task, rule, lr)), "loss"
            )
    settings = result["autoencoder"]

    def of(corrected: bool, beta1: float, beta2: float, lr: float, when: str) -> Any:
        return values(settings, label(averaged(corrected, beta1, beta2, lr)), when)

    for beta1 in BETA1:
        for beta2 in BETA2:
            betas = f"β₁ = {beta1:g}, β₂ = {beta2:g}"
            early = best_alpha(settings, True, beta1, beta2, "early")
            for when in ("early", "late"):
                # At the rate that suits the corrected rule early.
                right, raw = (of(kind, beta1, beta2, early, when) for kind in (True, False))
                found[f"corrected, {betas}, {when}"] = right
                found[f"uncorrected at the same α, {betas}, {when}"] = raw
                found[f"harm, {betas}, {when}"] = raw / right
            for kind, name in ((True, "corrected"), (False, "uncorrected")):
                lr = best_alpha(settings, kind, beta1, beta2, "late")
                found[f"{name} at its best α, {betas}, late"] = of(kind, beta1, beta2, lr, "late")
    return {name: each.tolist() for name, each in found.items()}


def afterwards(
    grid: Grid, chosen: Mapping[str, Mapping[str, float]], tuned: Settings, size: str
) -> dict[str, Any]:
    """Compute what no claim is judged by."""
    near = tuning_afterwards(chosen, size)
    finer = by_setting(near, grid.compute(near))
    fine = best_afterwards(chosen, {**tuned, **finer})
    last = judging(fine, size)
    return {
        "tuned beside": finer,
        "best afterwards": fine,
        "judged afterwards": by_setting(last, grid.compute(last)),
    }


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        tried, corrections = tuning(size), correcting(size)
        tuned = by_setting(tried, grid.compute(tried))
        chosen = best(tuned)
        last = judging(chosen, size)
        judged = by_setting(last, grid.compute(last))
        autoencoder = by_setting(corrections, grid.compute(corrections))
        found = {
            "seeds": {
                "tuned on": list(TUNED_ON),
                "judged on": list(JUDGED_ON),
                "autoencoder": list(SEEDS),
            },
            "best": chosen,
            "tuned": tuned,
            "judged": judged,
            "autoencoder": autoencoder,
            **afterwards(grid, chosen, tuned, size),
        }
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
