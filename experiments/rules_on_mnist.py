"""Train a network on 5,000 of MNIST's digits with each rule of the course.

Every rule gets the same work: the same network, three passes over the data in minibatches of 32,
seven learning rates, each about twice the one before, and ten runs that differ in their initial
weights and in the order of the examples. A rule's learning rate is the one with the lowest median
of the final training loss, and never lies at an end of its grid.

    python -m experiments.rules_on_mnist
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from experiments.store import RESULTS, write
from minioptim.datasets import mnist_sample
from minioptim.losses import MLP
from minioptim.rules import (
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

RESULT = RESULTS / "rules_on_mnist.json"
HIDDEN = (32,)
BATCH = 32
STEPS = 3 * 5000 // BATCH
SEEDS = range(10)
FACTOR = 10 ** (1 / 3)

# The middle of each rule's grid.
RULES: Mapping[type[Rule], float] = {
    GradientDescent: 0.46,
    Momentum: 0.046,
    Nesterov: 0.046,
    Adagrad: 0.046,
    Adadelta: 2.2,
    RMSProp: 0.0046,
    Adam: 0.01,
    NAdam: 0.01,
}


def grid(rule: type[Rule]) -> list[float]:
    """Return the learning rates to try with a rule."""
    return [float(f"{RULES[rule] * FACTOR**k:.2g}") for k in range(-3, 4)]


def ends(rule: type[Rule], rates: list[float], seeds: list[int]) -> dict[str, list[list[float]]]:
    """Return the final training loss and the test error: a row a seed, a column a learning rate."""
    data, test = mnist_sample()
    model = MLP(data, hidden=HIDDEN)
    made = rule(lr=rates)
    points = train(model, made, BATCH, STEPS, seeds, start=model.initial)
    return {"loss": model.value(points).tolist(), "error": model.error(points, test).tolist()}


def main() -> None:
    """Run everything and write the result."""
    with ProcessPoolExecutor() as pool:
        running = {
            (rule, seed): pool.submit(ends, rule, grid(rule), [seed])
            for rule in RULES
            for seed in SEEDS
        }
        found: dict[str, object] = {}
        for rule in RULES:
            rows = [running[rule, seed].result() for seed in SEEDS]
            loss = np.array([row["loss"][0] for row in rows])
            best = int(np.median(loss, axis=0).argmin())
            if not 0 < best < loss.shape[1] - 1:
                raise ValueError(f"the best lr of {rule.__name__} lies at an end of its grid")
            found[rule.__name__] = {
                "lr": grid(rule),
                "loss": loss.round(6).tolist(),
                "error": [row["error"][0] for row in rows],
            }
            print(f"{rule.__name__}: {grid(rule)[best]:g} {np.median(loss, axis=0)[best]:.3f}")
    write(RESULT, found)


if __name__ == "__main__":
    main()
