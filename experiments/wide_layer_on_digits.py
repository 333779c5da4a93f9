"""Train a network with one very wide layer, and measure how far the layer's weights turn.

2,048 hidden units, Adam with lr 0.0003, five epochs of the digits in minibatches of 32, ten runs
that differ in their initial weights and in the order of the examples. Measured are the loss at the
end and the update-to-weight ratio of the wide layer: the length of a step over the length of the
weights before it, as a mean over the run.

    python -m experiments.wide_layer_on_digits
"""

from __future__ import annotations

import time

import numpy as np

from experiments.digits import BATCH, STEPS_PER_EPOCH
from experiments.store import RESULTS, about, write
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.rules import Adam
from minioptim.run import minimize

RESULT = RESULTS / "wide_layer_on_digits.json"
SEEDS = range(10)
UNITS, LR, STEPS = 2048, 0.0003, 5 * STEPS_PER_EPOCH


def ratio_and_loss(seed: int) -> tuple[float, float]:
    """Return the mean ratio of the wide layer over the run, and the training loss at its end."""
    wide = MLP(digits()[0], hidden=(UNITS,))
    batches = wide.minibatch(BATCH, seed=seed)
    x = minimize(batches, Adam(lr=LR), wide.initial(seed), STEPS, record=("x",)).x
    weights = x[:, : 64 * UNITS]
    moved = np.linalg.norm(np.diff(weights, axis=0), axis=-1)
    ratio = (moved / np.linalg.norm(weights[:-1], axis=-1)).mean()
    return float(ratio), float(wide.value(x[-1]))


def main() -> None:
    """Run everything and write the result."""
    ratios, losses = zip(*(ratio_and_loss(seed) for seed in SEEDS), strict=True)
    found = {"steps": STEPS, "ratios": np.round(ratios, 7).tolist()}
    found["losses"] = np.round(losses, 5).tolist()
    write(RESULT, {"about": about(time.process_time()), **found})


if __name__ == "__main__":
    main()
