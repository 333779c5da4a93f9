"""Train the digits' network for a long time at a rate that is right for a short one.

Ten runs of Adam, 1,200 steps at lr 0.03 on clean data, which differ in their initial weights and
in the order of the examples: as it comes, with a shorter memory, with a clipped gradient, and with
a rate that falls along a cosine. Kept is the loss over all training images at every eighth step.

    python -m experiments.late_spikes_on_digits
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from experiments.store import RESULTS, write
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.problems import Function
from minioptim.rules import Adam
from minioptim.run import minimize
from minioptim.schedules import Cosine

Array: TypeAlias = npt.NDArray[np.float64]
RESULT = RESULTS / "late_spikes_on_digits.json"
LR, STEPS, EVERY, SEEDS = 0.03, 1200, 8, range(10)
SETTINGS = {
    "none": (Adam(lr=LR), np.inf),
    "β₂ = 0.95": (Adam(lr=LR, beta2=0.95), np.inf),
    "clipped at 1": (Adam(lr=LR), 1.0),
    "cosine": (Adam(lr=Cosine(LR, steps=STEPS)), np.inf),
}


def losses(setting: str, seed: int, steps: int = STEPS) -> list[float]:
    """Return the loss at the start and at every eighth step of one run."""
    rule, bound = SETTINGS[setting]
    net = MLP(digits()[0], hidden=(32,))
    batches = net.minibatch(32, seed).oracle()

    def gradient(x: Array) -> Array:
        g = np.asarray(batches(x))
        return g * min(1.0, bound / float(np.linalg.norm(g)))

    problem = Function(net.value, gradient)
    run = minimize(problem, rule, net.initial(seed), steps, record="f", every=EVERY)
    return [float(f) for f in run.f]


def main() -> None:
    """Run everything and write the result."""
    found = {
        setting: [[float(f"{f:.4g}") for f in losses(setting, seed)] for seed in SEEDS]
        for setting in SETTINGS
    }
    write(RESULT, {"every": EVERY, **found})


if __name__ == "__main__":
    main()
