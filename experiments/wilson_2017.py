"""Wilson et al. (2017) and Choi et al. (2019): how adaptive rules do on new examples.

A small network learns to read few digits by five rules, each at eleven learning rates, and by Adam
at larger eps too: as eps grows, Adam becomes momentum. Ten seeds, which draw the digits, the
initial weights and the order, choose the best setting of each, and ten others judge it. Two
questions of our own came up after these runs, and ten new seeds judge them. What the papers claim
and how this differs stands in claims/wilson_2017.toml.

    python -m experiments.wilson_2017
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.grid import Cell, commanded
from experiments.settings import Settings, by_setting, finite, label, store, values
from minioptim.datasets import Dataset, digits, mnist
from minioptim.losses import MLP
from minioptim.rules import Adagrad, Adam, GradientDescent, Momentum, RMSProp, Rule
from minioptim.rules.variants import UncorrectedAdam
from minioptim.run import minimize
from minioptim.schedules import Linear

NAME = "wilson_2017"
RULES: Mapping[str, Rule] = {
    "SGD": GradientDescent(),
    "Momentum": Momentum(),
    "Adagrad": Adagrad(),
    "RMSProp": RMSProp(),
    "Adam": Adam(),
}
UNCORRECTED = "Adam uncorrected"
EPS = (1e-4, 1e-2, 1.0)  # what Adam is tried at beside its default
RATES = tuple(float(f"{10 ** (k / 2):.3g}") for k in range(-8, 3))
BY_DEFAULT = RATES.index(0.001)
SEEDS, FRESH, NEW = range(10), range(10, 20), range(20, 30)
TRAIN, BATCH, EPOCHS, EARLY = 480, 32, 30, 5
# Momentum's best learning rate for the training loss, and the rate that is its limit for eps = 1.
AT_BEST, IN_LIMIT = RATES.index(0.316), RATES.index(3.16)
MEASURED = ("training loss", "training loss early", "test error")


@functools.cache
def all_digits() -> Dataset:
    """Return all small digits."""
    parts = digits()
    return Dataset(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.labels for part in parts]),
        classes=10,
    )


def drawn(size: str, seed: int) -> tuple[Dataset, Dataset]:
    """Return what a seed trains on and tests on."""
    if size == "paper":
        return mnist()
    order = np.random.default_rng(seed).permutation(len(all_digits()))
    return all_digits().part(order[:TRAIN]), all_digits().part(order[TRAIN:])


def run(cell: Cell) -> dict[str, list[float | None]]:
    """Train once at each learning rate; return the losses and the test error in per cent."""
    size, seed = cell["size"], cell["seed"]
    train, test = drawn(size, seed)
    model = MLP(train, hidden=(100,) if size == "paper" else (32,))
    batches = model.minibatch(128 if size == "paper" else BATCH, seed)
    steps = EPOCHS * batches.steps_per_epoch
    more: dict[str, Any] = {"eps": cell["eps"]} if "eps" in cell else {}
    lr = Linear(list(RATES), 0.0, steps)
    kind = UncorrectedAdam() if cell["rule"] == UNCORRECTED else RULES[cell["rule"]]
    rule = replace(kind, lr=lr, **more)  # type: ignore[call-arg]
    looks = EARLY * batches.steps_per_epoch
    path = minimize(batches, rule, model.initial(seed), steps, record="x", every=looks).x
    return {
        "training loss": [finite(float(each)) for each in model.value(path[-1])],
        "training loss early": [finite(float(each)) for each in model.value(path[1])],
        "test error": [finite(float(each)) for each in 100 * model.error(path[-1], test)],
    }


def tried(rule: str, eps: float | None = None) -> dict[str, Any]:
    """Return a setting; the learning rates are all tried in one cell."""
    return {"rule": rule} if eps is None else {"rule": rule, "eps": eps}


OF: Mapping[str, Sequence[dict[str, Any]]] = {
    **{rule: [tried(rule)] for rule in RULES},
    "Adam, ε tuned": [tried("Adam"), *(tried("Adam", eps) for eps in EPS)],
}
"""What each competitor is tuned over, beside the learning rate."""


def cells(size: str) -> list[dict[str, Any]]:
    """Return all that is computed."""
    settings = [tried(rule) for rule in RULES] + [tried("Adam", eps) for eps in EPS]
    settings.append(tried(UNCORRECTED, EPS[-1]))
    seeds = (*SEEDS, *FRESH, *NEW)
    return [{**each, "seed": seed, "size": size} for each in settings for seed in seeds]


def best(settings: Settings, who: str, measured: str) -> tuple[str, int]:
    """Return the setting and the place of the learning rate with the lowest median on ten seeds."""
    medians = {
        label(each): np.median(values(settings, label(each), measured)[: len(SEEDS)], axis=0)
        for each in OF[who]
    }
    name = min(medians, key=lambda each: float(medians[each].min()))
    return name, int(medians[name].argmin())


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare: the papers' on ten seeds, our own questions on ten new."""
    settings, found = result["settings"], {}
    judged = slice(len(SEEDS), len(SEEDS) + len(FRESH))
    new = slice(judged.stop, judged.stop + len(NEW))
    for who in OF:
        for measured in MEASURED:
            # What is early is asked of the rate that is best in the end.
            name, at = best(settings, who, measured.removesuffix(" early"))
            found[f"{who}: {measured}"] = values(settings, name, measured)[judged, at]
    default = values(settings, label(tried("Adam")), "test error")[judged, BY_DEFAULT]
    found["Adam at its default: test error"] = default
    for who in RULES:
        name, at = best(settings, who, "training loss")
        errors = values(settings, name, "test error")[new, at]
        found[f"{who}, chosen by training loss: test error"] = errors
    for who, eps, at in (
        ("Momentum", None, AT_BEST),
        ("Adam", EPS[-1], IN_LIMIT),
        (UNCORRECTED, EPS[-1], IN_LIMIT),
    ):
        called = f"{who}, lr {RATES[at]:g}" + ("" if eps is None else f", ε = {eps:g}")
        losses = values(settings, label(tried(who, eps)), "training loss")[new, at]
        found[f"{called}: training loss"] = losses
    return {name: each.tolist() for name, each in found.items()}


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        every = cells(size)
        settings = by_setting(every, grid.compute(every))
        seeds = {"tuned on": list(SEEDS), "judged on": list(FRESH), "our own judged on": list(NEW)}
        store(path, grid, NAME, {"seeds": seeds, "rates": list(RATES), "settings": settings})


if __name__ == "__main__":
    main()
