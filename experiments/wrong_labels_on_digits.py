"""What a decay does to a model, and what a factor in front of the loss does to a decay.

The model, the draws and the runs are those of `experiments.decay_on_digits`: softmax regression on
200 digits, 40 of them with a wrong label. Twenty draws say what becomes of these 40 images: learned
with their wrong label, read as the digit that they show, or read as a third one. Ten others train
at lr 0.1 with the loss multiplied by five factors, and search the strength anew for each of them.

    python -m experiments.wrong_labels_on_digits
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.decay_on_digits import (
    JUDGING,
    STEPS,
    STRENGTHS,
    TUNING,
    WRONG,
    Both,
    drawn,
    ended,
    powers,
)
from experiments.grid import Cell, commanded
from experiments.penalties_on_digits import sets
from experiments.store import about, write
from minioptim.losses import SoftmaxRegression
from minioptim.schedules import Linear

LR = 0.1  # of the runs with a factor
FACTORS = [-2, -1, 0, 1, 2]  # of the loss, by their exponents of ten
RATES = [0.03, 0.1, 0.3, 1.0]
METHODS: dict[str, dict[str, float]] = {
    "nothing": {},
    "L2": {"penalty": 10**-2.5},
    "decay": {"decay": 0.1},
}
# The good strengths of a penalty may move with the factor, and so does what is tried.
SEARCHED = {
    method: [[s + a * (method == "L2") for s in strengths if s is not None] for a in FACTORS]
    for method, strengths in STRENGTHS.items()
}


def ends(
    seed: int, lr: float, *, decay: npt.ArrayLike = 0.0, penalty: npt.ArrayLike = 0.0, a: float = 1
) -> npt.NDArray[np.float64]:
    """Return the last points of a draw's runs on `a` times the loss, one for each strength."""
    decay, penalty = np.broadcast_arrays(np.atleast_1d(decay), penalty)
    rule = Both(lr=Linear(lr, 0.0, steps=STEPS), weight_decay=decay, a=a, c=penalty)
    return ended(seed, rule, decay.shape)


def read(seed: int, point: npt.NDArray[np.float64]) -> str:
    """Return a letter for each wrongly labelled image: read as labelled, as it is, or otherwise."""
    model, digits = drawn(seed)
    seen = model.predict(point, model.data.inputs[:WRONG])
    labelled, shown = seen == model.data.labels[:WRONG], seen == digits[:WRONG]
    return "".join(np.where(labelled, "l", np.where(shown, "t", "o")).tolist())


def run(cell: Cell) -> Any:
    """Return what one draw gives, for one rate or for one factor of the loss."""
    seed = cell["seed"]
    _, validation, _ = sets()
    if cell["what"] == "labels":
        points = {name: ends(seed, cell["lr"], **how)[0] for name, how in METHODS.items()}
        return {
            "read": {name: read(seed, point) for name, point in points.items()},
            "length": {n: round(float(np.linalg.norm(x)), 2) for n, x in points.items()},
        }
    factor = FACTORS.index(cell["factor"])
    a, losses = 10.0 ** cell["factor"], SoftmaxRegression(validation)
    searched = {name: powers(strengths[factor]) for name, strengths in SEARCHED.items()}
    return {
        "L2": losses.value(ends(seed, LR, penalty=searched["L2"], a=a)).round(4).tolist(),
        "decay": losses.value(ends(seed, LR, decay=searched["decay"], a=a)).round(4).tolist(),
        "L2, kept": losses.value(ends(seed, LR, **METHODS["L2"], a=a)).round(4).tolist(),
    }


def main() -> None:
    """Run everything and write the result."""
    labels = [{"what": "labels", "lr": lr, "seed": s} for lr in RATES for s in JUDGING]
    factors = [{"what": "factor", "factor": a, "seed": s} for a in FACTORS for s in TUNING]
    with commanded("experiments.wrong_labels_on_digits:run", __doc__) as (grid, path, _):
        found = grid.compute([*labels, *factors])
        n, m = len(JUDGING), len(TUNING)
        by_rate = [found[k * n : (k + 1) * n] for k in range(len(RATES))]
        by_factor = [found[len(labels) + k * m :][:m] for k in range(len(FACTORS))]
        write(
            path,
            {
                "about": about(grid.seconds),
                "rates": RATES,
                "factors": FACTORS,
                "strengths": SEARCHED,
                **{
                    what: {
                        name: [[each[what][name] for each in draws] for draws in by_rate]
                        for name in METHODS
                    }
                    for what in ("read", "length")
                },
                "validation": {
                    name: [[each[name] for each in draws] for draws in by_factor]
                    for name in ("L2", "decay", "L2, kept")
                },
            },
        )


if __name__ == "__main__":
    main()
