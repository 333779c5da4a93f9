"""Runs on the small digits: what experiments share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from minioptim.datasets import digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.rules import Rule
from minioptim.schedules import Linear
from minioptim.training import train

BATCH = 32
STEPS_PER_EPOCH = 45  # 1,437 images


class Ends(TypedDict):
    """Where runs end: a row a seed, a column a learning rate; None stands for an overflow."""

    lr: list[float]
    loss: list[list[float | None]]
    error: list[list[float]]


def ends(
    name: str,
    rule: Rule,
    rates: Sequence[float],
    seeds: Iterable[int],
    epochs: int,
    *,
    falling: bool = True,
) -> Ends:
    """Train the "network" or the "softmax" regression once for each seed and learning rate.

    A seed sets the initial weights and the order of the examples. With ``falling`` the learning
    rate falls along a straight line to 0. The loss is that of all training images, the error the
    share of test images that are misread.
    """
    data, test = digits()
    model = MLP(data, hidden=(32,)) if name == "network" else SoftmaxRegression(data)
    steps = epochs * STEPS_PER_EPOCH
    start = getattr(model, "initial", None)  # a softmax regression starts at 0
    lr = Linear(list(rates), 0.0, steps) if falling else list(rates)
    made = replace(rule, lr=lr)  # type: ignore[call-arg]
    points = train(model, made, BATCH, steps, seeds, start)
    loss = model.value(points)
    return {
        "lr": list(rates),
        "loss": [[float(f"{f:.6g}") if np.isfinite(f) else None for f in row] for row in loss],
        "error": model.error(points, test).round(6).tolist(),
    }


def medians(runs: Ends) -> npt.NDArray[np.float64]:
    """Return the median loss for each learning rate, infinite where half of the runs overflow."""
    loss = np.array(runs["loss"], dtype=float)  # None becomes nan
    found: npt.NDArray[np.float64] = np.median(np.where(np.isnan(loss), np.inf, loss), axis=0)
    return found


def lowest_inside(rates: Sequence[float], measured: npt.NDArray[np.float64]) -> int:
    """Return the place of the learning rate at which what was measured is lowest.

    Raises
    ------
    ValueError
        If it lies at an end of the grid.
    """
    best = int(measured.argmin())
    if not 0 < best < len(rates) - 1:
        raise ValueError(f"the best lr must lie inside the grid {rates}, got place {best}")
    return best


def best_inside(runs: Ends) -> int:
    """Return the place of the lowest median; raises as `lowest_inside`."""
    return lowest_inside(runs["lr"], medians(runs))


def written(rates: npt.ArrayLike) -> list[float]:
    """Return learning rates with the digits that are stored, so that a stored one runs again."""
    return [float(f"{rate:.6g}") for rate in np.ravel(rates)]
