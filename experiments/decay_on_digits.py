"""Where the decay of AdamW acts, and where a penalty inside Adam does, on few digits.

Softmax regression learns from 200 digits of its own in each draw, 40 of them with a wrong label,
in 400 steps with a learning rate that falls linearly to 0. A map of the validation loss over the
learning rate and the strength has ten draws. Twenty others judge what it found best, by the test
loss.

    python -m experiments.decay_on_digits
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.grid import Cell, commanded
from experiments.penalties_on_digits import sets
from experiments.store import about, write
from minioptim.datasets import Dataset
from minioptim.losses import SoftmaxRegression
from minioptim.rules import AdamW
from minioptim.run import minimize
from minioptim.schedules import Linear

STEPS = 400
SIZE, WRONG = 200, 40  # of a draw: its examples, and those with a wrong label, which come first
TUNING, JUDGING = range(10), range(100, 120)
# All by their exponents of ten; the first strength is none at all.
RATES = [-2.5, -2.0, -1.5, -1.0, -0.5, 0.0]
STRENGTHS: dict[str, list[float | None]] = {
    "L2": [None, *(k / 2 for k in range(-8, 1))],
    "decay": [None, *(k / 2 for k in range(-5, 2))],
}


@dataclass(frozen=True)
class Both(AdamW):
    """AdamW on `a` times the loss, with the gradient of a penalty, c times the weights."""

    a: float = 1.0
    c: Any = 0.0

    def step(self, g, x, t, m, v):  # type: ignore[no-untyped-def]
        """Make AdamW's step with the gradient of the multiplied loss and the penalty."""
        return super().step(self.a * g + self.c * x, x, t, m, v)


def powers(exponents: list[Any]) -> npt.NDArray[np.float64]:
    """Return the powers of ten, and 0 for None."""
    return np.array([0.0 if each is None else 10.0**each for each in exponents])


def drawn(seed: int) -> tuple[SoftmaxRegression, npt.NDArray[np.int64]]:
    """Return the model on a training set of its own, and the digits that its images show."""
    train, _, _ = sets()
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(train), size=SIZE, replace=False)
    shown, labels = train.labels[rows], train.labels[rows].copy()
    labels[:WRONG] = (labels[:WRONG] + rng.integers(1, 10, size=WRONG)) % 10
    return SoftmaxRegression(Dataset(train.inputs[rows], labels, classes=10)), shown


def ended(seed: int, rule: AdamW, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return the last points of a draw's runs, for a rule whose settings have this shape."""
    model, _ = drawn(seed)
    start = np.random.default_rng(seed).normal(scale=0.1, size=model.dimension)
    starts = np.broadcast_to(start, (*shape, model.dimension))
    return minimize(model.minibatch(32, seed), rule, starts, STEPS, record=()).final


def ends(
    method: str,
    seed: int,
    rates: npt.ArrayLike,
    strengths: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Return the last points of the runs of a draw, one for each entry of the arrays together."""
    lr, strength = np.broadcast_arrays(rates, strengths)
    falling = Linear(1.0, 0.0, steps=STEPS)
    decay = method == "decay"
    rule = Both(
        lr=lambda t: lr * falling(t),
        weight_decay=strength if decay else 0.0,
        c=0.0 if decay else strength,
    )
    return ended(seed, rule, lr.shape)


def run(cell: Cell) -> Any:
    """Return the losses of one draw over a map, or of each of the other draws at one setting."""
    method = cell["method"]
    _, validation, test = sets()
    if cell["what"] == "test":
        setting = cell["lr"], cell["strength"]
        points = np.array([ends(method, seed, *setting) for seed in JUDGING])
        return SoftmaxRegression(test).value(points).round(4).tolist()
    points = ends(method, cell["seed"], powers(RATES)[:, None], powers(STRENGTHS[method]))
    return SoftmaxRegression(validation).value(points).round(4).tolist()


def maps() -> list[Cell]:
    """Return the cells of the map: for each method its draws."""
    return [
        {"what": "map", "method": method, "seed": seed} for method in STRENGTHS for seed in TUNING
    ]


def by_method(found: list[Any]) -> dict[str, list[Any]]:
    """Return what the cells of a map gave, for each method a list of its draws."""
    draws = len(TUNING)
    return {method: found[k * draws : (k + 1) * draws] for k, method in enumerate(STRENGTHS)}


def settings(found: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    """Return what is judged: without any the best rate, then each method there and at lr 0.1."""
    means = {method: np.mean(draws, axis=0) for method, draws in found.items()}
    bare = int(means["decay"][:, 0].argmin())
    best_rate = float(powers(RATES)[bare])
    judged = {
        "nothing": {"method": "decay", "lr": best_rate, "strength": 0.0},
        "nothing, lr 0.1": {"method": "decay", "lr": 0.1, "strength": 0.0},
    }
    places = {"lr 0.1": (RATES.index(-1.0), 0.1), "the best rate": (bare, best_rate)}
    for place, (row, lr) in places.items():
        for method, mean in means.items():
            some = mean[row, 1:].argmin()  # the first strength is none
            strength = float(powers(STRENGTHS[method])[1 + some])
            judged[f"{method}, {place}"] = {"method": method, "lr": lr, "strength": strength}
    return judged


def main() -> None:
    """Run everything and write the result."""
    with commanded("experiments.decay_on_digits:run", __doc__) as (grid, path, _):
        validation = by_method(grid.compute(maps()))
        judged = settings(validation)
        test = grid.compute([{"what": "test"} | setting for setting in judged.values()])
        write(
            path,
            {
                "about": about(grid.seconds),
                "rates": RATES,
                "strengths": STRENGTHS,
                "validation": validation,
                "settings": judged,
                "test": dict(zip(judged, test, strict=True)),
            },
        )


if __name__ == "__main__":
    main()
