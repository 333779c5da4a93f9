"""Sweep the rules' settings on the small digits, for each page that compares them there.

A page has its rules, each with the settings that it tries, and its seeds, which draw the initial
weights and the order of the examples: the same for all rules of the page. Minibatches have 32
images and a run five epochs of 45 steps, but for momentum's runs with the full gradient.

    python -m experiments.sweeps_on_digits
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from experiments.digits import BATCH, STEPS_PER_EPOCH
from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.rules import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    GradientDescent,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    Rule,
)
from minioptim.training import train

RESULT = RESULTS / "sweeps_on_digits.json"


@dataclass(frozen=True)
class Sweep:
    """What a page compares: rules with their settings, of shape S, on the same seeds."""

    rules: Mapping[str, Rule]
    seeds: range
    model: str = "network"  # or "softmax"
    batch: int = BATCH
    steps: int = 5 * STEPS_PER_EPOCH


def quarters(low: float, high: float) -> Array:
    """Return learning rates from 10^low to 10^high, four to a decade."""
    return 10 ** np.arange(low, high + 0.01, 0.25)


# Gradient descent and momentum on the softmax regression, by their effective learning rate.
_mus = np.array([[0.0], [0.9]])
MOMENTUM = {"mu 0 and 0.9": Momentum(lr=10 ** (np.arange(1, 7) / 3) * (1 - _mus), momentum=_mus)}
_RMSPROP = np.geomspace(1, 10, 5)  # the same for each rule, moved to where it works
_ADADELTA = 2.0 ** np.arange(7)
_ADAM = {
    "SGD": (SGD, -0.25),
    "Momentum": (Momentum, -1.0),
    "Nesterov": (Nesterov, -0.75),
    "Adagrad": (Adagrad, -0.75),
    "RMSProp": (RMSProp, -1.75),
    "Adam": (Adam, -1.5),
}
_CHEAT_SHEET = (GradientDescent, Momentum, Nesterov, Adagrad, Adadelta, RMSProp, Adam, NAdam)

SWEEPS = {
    "momentum, full gradient": Sweep(MOMENTUM, range(10), "softmax", batch=1437, steps=80),
    "momentum, minibatches": Sweep(MOMENTUM, range(20), "softmax"),
    "nesterov": Sweep(
        {
            "Momentum": Momentum(lr=quarters(-2, 0), momentum=0.9),
            "Nesterov": Nesterov(lr=quarters(-2, 0), momentum=0.9),
        },
        range(20),
    ),
    "further/adagrad": Sweep(
        {
            "SGD": SGD(lr=np.geomspace(0.003, 3, 10)),
            "Adagrad": Adagrad(lr=np.geomspace(0.003, 3, 10)),
        },
        range(20),
    ),
    "adadelta": Sweep(
        {
            "SGD": SGD(lr=0.1 * _ADADELTA),
            "Adagrad": Adagrad(lr=0.01 * _ADADELTA),
            "Adadelta": Adadelta(eps=1e-6 * _ADADELTA**2),
        },
        range(20),
    ),
    "further/adadelta": Sweep(
        {
            "Adadelta": Adadelta(
                rho=np.array([[0.9], [0.95], [0.99]]), eps=np.array([1e-2, 1e-4, 1e-6, 1e-8])
            )
        },
        range(20),
    ),
    "rmsprop": Sweep(
        {
            "SGD": SGD(lr=0.178 * _RMSPROP),
            "momentum": Momentum(lr=0.0316 * _RMSPROP, momentum=0.9),
            "Adagrad": Adagrad(lr=0.0316 * _RMSPROP),
            "RMSProp": RMSProp(lr=0.00562 * _RMSPROP, rho=0.9),
        },
        range(20),
    ),
    "further/adam": Sweep(
        {
            name: kind(lr=quarters(middle - 0.5, middle + 0.5))
            for name, (kind, middle) in _ADAM.items()
        },
        range(10),
    ),
    "cheat_sheet": Sweep(
        {kind.__name__: kind(lr=10.0 ** (np.arange(-5, 4) / 2)) for kind in _CHEAT_SHEET},
        range(10),
    ),
}


def ends(sweep: Sweep, name: str, seeds: Iterable[int]) -> dict[str, Array]:
    r"""Train with each seed and setting: the loss of all training images, and the test error.

    Both have the shape (seeds, \*S).
    """
    data, test = digits()
    model = MLP(data, hidden=(32,)) if sweep.model == "network" else SoftmaxRegression(data)

    def start(seed: int) -> Array:
        if isinstance(model, MLP):
            return model.initial(seed)
        return np.random.default_rng(seed).normal(0, 0.1, model.dimension)

    points = train(model, sweep.rules[name], sweep.batch, sweep.steps, seeds, start)
    return {"loss": np.asarray(model.value(points)), "error": np.asarray(model.error(points, test))}


def main() -> None:
    """Run everything and write the result."""
    found: dict[str, object] = {}
    for page, sweep in SWEEPS.items():
        stored = {}
        for name in sweep.rules:
            runs = ends(sweep, name, sweep.seeds)
            if not np.isfinite(runs["loss"]).all():
                raise ValueError(f"{page}, {name}: a loss is not finite")
            stored[name] = {
                "loss": [[float(f"{f:.6g}") for f in row] for row in _rows(runs["loss"])],
                "error": [[round(float(e), 6) for e in row] for row in _rows(runs["error"])],
            }
            print(page, name, np.median(runs["loss"], axis=0).round(3), flush=True)
        found[page] = stored
    write(RESULT, {"about": about(time.process_time()), **found})


def _rows(values: Array) -> Array:
    return values.reshape(len(values), -1)


if __name__ == "__main__":
    main()
