"""Zeiler (2012), ADADELTA: tables 1 and 2, how much the test error hangs on the settings.

A small network reads digits of MNIST after six epochs: with SGD, momentum and Adagrad at learning
rates from 10 to 0.0001, with Adadelta at 25 pairs of rho and eps, and, which the paper does not
ask, with Adadelta times a learning rate. Ten seeds each, which differ in the initial weights and
in the order of the digits. The best setting of each rule, by the median of these, is then judged
on ten other seeds. What the paper claims and how this differs stands in claims/zeiler_2012.toml.

    python -m experiments.zeiler_2012
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.grid import Cell, commanded
from experiments.settings import Settings, finite, label, store, tuned_and_judged, values
from minioptim.datasets import mnist, mnist_sample
from minioptim.losses import MLP
from minioptim.rules import Adadelta, Adagrad, GradientDescent, Momentum, Rule
from minioptim.training import train

NAME = "zeiler_2012"
RULES: Mapping[str, type[Rule]] = {
    "SGD": GradientDescent,
    "Momentum": Momentum,
    "Adagrad": Adagrad,
    "Adadelta": Adadelta,
}
EPOCHS = 6
# The paper's own settings, and those around them, so that no best one lies at an edge.
TABLE_1, RATES = (1.0, 0.1, 0.01, 0.001, 0.0001), (10.0, 1.0, 0.1, 0.01, 0.001, 0.0001)
TABLE_2_RHO, RHO = (0.9, 0.95, 0.99), (0.8, 0.9, 0.95, 0.99, 0.999)
TABLE_2_EPS, EPS = (1e-2, 1e-4, 1e-6, 1e-8), (1.0, 1e-2, 1e-4, 1e-6, 1e-8)
# What Adadelta's step is multiplied by: the paper has 1 alone. Four decades, as in table 1, and
# one above them.
FOUR_DECADES, FACTORS = (10.0, 1.0, 0.1, 0.01, 0.001), (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
SEEDS, FRESH = range(10), range(10, 20)


@dataclass(frozen=True)
class Size:
    """A network and its minibatches."""

    hidden: tuple[int, ...]
    batch: int


SIZES = {"small": Size((50, 30), 25), "paper": Size((500, 300), 100)}


def rated(rule: str, lr: float) -> dict[str, Any]:
    """Return the setting of a rule of table 1."""
    return {"rule": rule, "lr": lr}


def paired(rho: float, eps: float, lr: float = 1.0) -> dict[str, Any]:
    """Return a setting of Adadelta."""
    return {"rule": "Adadelta", "rho": rho, "eps": eps, "lr": lr}


GRIDS: Mapping[str, list[dict[str, Any]]] = {
    **{rule: [rated(rule, lr) for lr in RATES] for rule in ("SGD", "Momentum", "Adagrad")},
    "Adadelta": [paired(rho, eps) for rho in RHO for eps in EPS],
}
SCALED = [paired(0.95, 1e-6, lr) for lr in FACTORS]


def cells(size: str) -> list[dict[str, Any]]:
    """Return all that is tried on the first seeds."""
    settings = [setting for tried in GRIDS.values() for setting in tried]
    settings += [setting for setting in SCALED if setting not in settings]
    return [{**each, "seed": seed, "size": size} for each in settings for seed in SEEDS]


def run(cell: Cell) -> dict[str, float | None]:
    """Train once; return the test error in per cent and the training loss."""
    size = SIZES[cell["size"]]
    data, test = mnist_sample() if cell["size"] == "small" else mnist()
    model = MLP(data, hidden=size.hidden)
    hyper = {name: cell[name] for name in ("lr", "rho", "eps") if name in cell}
    steps = EPOCHS * model.minibatch(size.batch).steps_per_epoch
    (x,) = train(
        model, RULES[cell["rule"]](**hyper), size.batch, steps, [cell["seed"]], model.initial
    )
    return {
        "error": finite(100 * float(model.error(x, test))),
        "loss": finite(float(model.value(x))),
    }


def best(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return each rule's setting with the lowest median test error."""
    return {
        rule: min(tried, key=lambda each: float(np.median(values(settings, label(each), "error"))))
        for rule, tried in GRIDS.items()
    }


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare."""
    tried, fresh = result["settings"], result["fresh"]

    def of(setting: Cell) -> Any:
        return values(tried, label(setting), "error")

    def worst_over_best(settings: list[dict[str, Any]]) -> Any:
        errors = np.array([of(each) for each in settings])
        return errors.max(axis=0) / errors.min(axis=0)

    found: dict[str, Any] = {}
    table_2 = [paired(rho, eps) for rho in TABLE_2_RHO for eps in TABLE_2_EPS]
    for rule in ("SGD", "Momentum", "Adagrad"):
        for lr in TABLE_1:
            found[f"{rule} at {lr:g}"] = of(rated(rule, lr))
        found[f"{rule}, worst over best"] = worst_over_best([rated(rule, lr) for lr in TABLE_1])
    found["Adadelta, worst over best"] = worst_over_best(table_2)
    scaled = [paired(0.95, 1e-6, lr) for lr in FOUR_DECADES]
    found["Adadelta times lr, worst over best"] = worst_over_best(scaled)
    found["Adadelta, worst"] = np.max([of(each) for each in table_2], axis=0)
    for rule in fresh:
        found[f"{rule}, best"] = values(fresh, rule, "error")
    grid_best = [
        np.min([of(rated(rule, lr)) for lr in TABLE_1], axis=0)
        for rule in ("SGD", "Momentum", "Adagrad")
    ]
    found["1.5 times the best of the other three"] = 1.5 * np.min(grid_best, axis=0)
    return {name: each.tolist() for name, each in found.items()}


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        found = tuned_and_judged(grid, cells(size), best, SEEDS, FRESH, size)
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
