"""Loshchilov and Hutter (2019), AdamW: maps of the test error over learning rate and decay.

A small network learns to read few digits, a fifth of them with a wrong label, by SGD with momentum
and by Adam, each with an L2 penalty and with decoupled decay: 6 learning rates times 8 strengths
for each. Ten seeds choose the best setting of each, and ten others judge
it. What the paper claims and how this differs stands in claims/loshchilov_hutter_2019.toml.

    python -m experiments.loshchilov_hutter_2019
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.grid import Cell, commanded
from experiments.settings import Settings, by_setting, finite, label, store, values
from experiments.wilson_2017 import all_digits
from minioptim.datasets import Dataset, mnist
from minioptim.losses import MLP
from minioptim.rules import L2, Adam, Decoupled, Momentum, Rule
from minioptim.run import minimize
from minioptim.schedules import Cosine

NAME = "loshchilov_hutter_2019"
METHODS: Mapping[str, tuple[type[Adam | Momentum], bool]] = {
    "SGD with L2": (Momentum, False),
    "SGDW": (Momentum, True),
    "Adam with L2": (Adam, False),
    "AdamW": (Adam, True),
}
"""Each with its rule, and whether the decay is decoupled."""


def half_decades(first: int, count: int) -> tuple[float, ...]:
    """Return so many powers of the root of ten.

    Examples
    --------
    >>> half_decades(-2, 3)
    (0.1, 0.316, 1.0)
    """
    return tuple(float(f"{10 ** (k / 2):.3g}") for k in range(first, first + count))


RATES: Mapping[type[Adam | Momentum], tuple[float, ...]] = {
    Momentum: half_decades(-5, 6),
    Adam: half_decades(-7, 6),
}
STRENGTHS = (0.0, *half_decades(-7, 7))
"""Of the penalty, or of the decay in a step at the first learning rate, as the paper writes it."""
SMALL_LR, LARGE_LR = {Momentum: 0.0316, Adam: 0.00316}, {Momentum: 0.316, Adam: 0.0316}
AS_GOOD = 1.05  # within a twentieth of the lowest error
SEEDS, FRESH = range(10), range(10, 20)
TRAIN, WRONG, BATCH, EPOCHS = 300, 60, 32, 60


@cache
def drawn(size: str, seed: int) -> tuple[Dataset, Dataset]:
    """Return what a seed trains on, a fifth with wrong labels, and what it tests on."""
    rng = np.random.default_rng(seed)
    if size == "paper":
        train, test = mnist()
    else:
        order = rng.permutation(len(all_digits()))
        train, test = all_digits().part(order[:TRAIN]), all_digits().part(order[TRAIN:])
    labels, wrong = train.labels.copy(), len(train) * WRONG // TRAIN
    labels[:wrong] = (labels[:wrong] + rng.integers(1, 10, size=wrong)) % 10
    return Dataset(train.inputs, labels, classes=10), test


def made(method: str, steps: int) -> Rule:
    """Return the rule at all settings of its map: a row a learning rate, a column a strength."""
    kind, decoupled = METHODS[method]
    lr, strengths = np.array(RATES[kind])[:, None], np.array(STRENGTHS)
    rule = kind(lr=Cosine(lr, steps))
    # The package multiplies a decoupled decay by lr, and the paper does not.
    return Decoupled(rule, strengths / lr) if decoupled else L2(rule, strengths)


def run(cell: Cell) -> dict[str, list[list[float | None]]]:
    """Train once at each setting; return the map of the test error in per cent."""
    size, seed = cell["size"], cell["seed"]
    train, test = drawn(size, seed)
    model = MLP(train, hidden=(100,) if size == "paper" else (64,))
    batches = model.minibatch(128 if size == "paper" else BATCH, seed)
    steps = EPOCHS * batches.steps_per_epoch
    rule = made(cell["method"], steps)
    x = minimize(batches, rule, model.initial(seed), steps, record=()).final
    return {"test error": [[finite(float(e)) for e in row] for row in 100 * model.error(x, test)]}


def cells(size: str) -> list[dict[str, Any]]:
    """Return all that is computed."""
    return [
        {"method": method, "seed": seed, "size": size}
        for method in METHODS
        for seed in (*SEEDS, *FRESH)
    ]


def maps(settings: Settings, method: str) -> npt.NDArray[np.float64]:
    """Return the test errors of a method: seeds, learning rates, strengths."""
    return values(settings, label({"method": method}), "test error")


def best(settings: Settings, method: str, *, decay: bool = True) -> tuple[int, int]:
    """Return where on the map the lowest median over ten seeds is; without decay in column 0."""
    median = np.median(maps(settings, method)[: len(SEEDS)], axis=0)
    row, column = np.unravel_index(
        (median if decay else median[:, :1]).argmin(), median.shape if decay else (len(median), 1)
    )
    return int(row), int(column)


def best_strengths(settings: Settings, method: str, lr: float) -> npt.NDArray[np.float64]:
    """Return each seed's best strength at a learning rate.

    It is the geometric middle of all strengths above 0 that are as good as the lowest error.
    """
    row = RATES[METHODS[method][0]].index(lr)
    errors = maps(settings, method)[:, row, 1:]
    good = errors <= AS_GOOD * errors.min(axis=1, keepdims=True)
    exponents = np.log10(STRENGTHS[1:])
    return np.asarray(10 ** (np.where(good, exponents, 0).sum(axis=1) / good.sum(axis=1)))


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare: errors on the last ten seeds, best strengths on all."""
    settings, found = result["settings"], {}
    for method, (kind, decoupled) in METHODS.items():
        row, column = best(settings, method)
        found[f"{method}: test error"] = maps(settings, method)[len(SEEDS) :, row, column]
        for words, lr in (("small lr", SMALL_LR[kind]), ("large lr", LARGE_LR[kind])):
            strengths = best_strengths(settings, method, lr)
            found[f"{method}: best strength, {words}"] = strengths
            if decoupled:
                found[f"{method}: best weight_decay, {words}"] = strengths / lr
    row, column = best(settings, "AdamW", decay=False)
    found["Adam without decay: test error"] = maps(settings, "AdamW")[len(SEEDS) :, row, column]
    return {name: each.tolist() for name, each in found.items()}


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        every = cells(size)
        found = {
            "seeds": {"tuned on": list(SEEDS), "judged on": list(FRESH)},
            "rates": {method: list(RATES[kind]) for method, (kind, _) in METHODS.items()},
            "strengths": list(STRENGTHS),
            "settings": by_setting(every, grid.compute(every)),
        }
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
