"""Average the gradients of minibatches of digits, and measure how much of the error is left.

A softmax regression takes 1,000 steps of SGD, or stands still. In each step a gradient is measured
on 32 digits, drawn with replacement. The error is the squared distance to the gradient of all
digits at the same point, over the second half of the run: that of one gradient, and that of the
average of the gradients so far, with bias correction. Ten runs differ in their initial weights and
in what is drawn.

    python -m experiments.averaged_gradients
"""

from __future__ import annotations

import time

import numpy as np

from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.averages import ewma
from minioptim.datasets import digits
from minioptim.losses import SoftmaxRegression
from minioptim.rules import SGD
from minioptim.run import minimize

RESULT = RESULTS / "averaged_gradients.json"
SEEDS = range(10)
STEPS, BATCH = 1000, 32
WINDOWS = (1, 2, 5, 10, 20, 50, 100)
RATES = (0.0, 0.01, 0.1, 0.5)  # 0 stands still
DECAYS = (0.5, 0.9, 0.99)


def measured(seed: int, lr: float) -> tuple[Array, Array]:
    """Return the points of a run and the gradients measured there, each of shape (steps, d)."""
    model = SoftmaxRegression(digits()[0])
    start = np.random.default_rng(seed).normal(scale=0.1, size=model.dimension)
    run = minimize(
        model.minibatch(BATCH, seed=seed, replace=True),
        SGD(lr=lr),
        start,
        STEPS,
        record=("x", "grad"),
    )
    return run.x[:-1], run.grad


def gains(seed: int, lr: float) -> list[float]:
    """Return how many times smaller the error becomes, for each window."""
    x, g = measured(seed, lr)
    true = SoftmaxRegression(digits()[0]).gradient(x[500::5])

    def error(values: Array) -> float:
        return float(((values[500::5] - true) ** 2).sum(axis=-1).mean())

    return [error(g) / error(ewma(g, 1 - 1 / k, corrected=True)) for k in WINDOWS]


def shares(g: Array, true: Array) -> list[list[float]]:
    """Return for each decay the parts of the average's error, and how many times it fell.

    The parts are the noise, the lag, and what belongs to both together.
    """

    def error(values: Array) -> float:
        return float((values[500:] ** 2).sum(axis=-1).mean())

    found = []
    for beta in DECAYS:
        whole = error(ewma(g, beta, corrected=True) - true)
        noise = error(ewma(g - true, beta, corrected=True))
        lag = error(ewma(true, beta, corrected=True) - true)
        parts = [noise / whole, lag / whole, (whole - noise - lag) / whole]
        found.append([*parts, error(g - true) / whole])
    return found


def split(seed: int, lr: float = 0.5) -> tuple[list[list[float]], list[list[float]]]:
    """Return `shares` with the noise of the run, and with noise drawn anew at its points."""
    model = SoftmaxRegression(digits()[0])
    x, g = measured(seed, lr)
    true = model.gradient(x)
    draw = model.minibatch(BATCH, seed=100 + seed, replace=True).oracle()
    return shares(g, true), shares(np.stack([draw(point) for point in x]), true)


def main() -> None:
    """Run everything and write the result."""
    moving = {f"lr {lr:g}": [gains(seed, lr) for seed in SEEDS] for lr in RATES}
    of_the_run, fresh = zip(*(split(seed) for seed in SEEDS), strict=True)
    found: dict[str, dict[str, object]] = {
        "gains": {name: np.round(values, 4).tolist() for name, values in moving.items()},
        "shares": {
            "noise of the run": np.round(of_the_run, 5).tolist(),
            "fresh noise": np.round(fresh, 5).tolist(),
        },
    }
    write(RESULT, {"about": about(time.process_time()), **found})


if __name__ == "__main__":
    main()
