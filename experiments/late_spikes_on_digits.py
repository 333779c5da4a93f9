"""Train the digits' network for a long time at a rate that is right for a short one.

Ten runs of Adam, 1,200 steps at lr 0.03 on clean data, which differ in their initial weights and
in the order of the examples: as it comes, with a shorter memory, with a clipped gradient, and with
a rate that falls along a cosine, from the same peak and from the higher one that is best for it.
Kept is the loss over all training images at every eighth step. Of one run that climbs, each step of
the climb is kept with its loss and the norm of the gradient that it was taken with; and over its
whole length, beside the same run with the cosine, the rate lr/√v̂ at which a typical weight moves.

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
from minioptim.run import iterate, minimize
from minioptim.schedules import Cosine

Array: TypeAlias = npt.NDArray[np.float64]
RESULT = RESULTS / "late_spikes_on_digits.json"
LR, STEPS, EVERY, SEEDS = 0.03, 1200, 8, range(10)
SETTINGS = {
    "none": (Adam(lr=LR), np.inf),
    "β₂ = 0.95": (Adam(lr=LR, beta2=0.95), np.inf),
    "clipped at 1": (Adam(lr=LR), 1.0),
    "cosine": (Adam(lr=Cosine(LR, steps=STEPS)), np.inf),
    "cosine from 0.056": (Adam(lr=Cosine(0.056, steps=STEPS)), np.inf),
}
# The run of Adam as it comes whose climb is looked at closely, and the first and last step of that.
CLOSE_SEED, CLOSE_FIRST, CLOSE_LAST = 8, 801, 960


def losses(
    setting: str, seed: int, steps: int = STEPS, every: int = EVERY
) -> tuple[list[float], list[float]]:
    """Return the loss at the start and at every so many steps, and each step's gradient norm.

    The norms are those of the minibatch's gradient before any clipping.
    """
    rule, bound = SETTINGS[setting]
    net = MLP(digits()[0], hidden=(32,))
    batches, norms = net.minibatch(32, seed).oracle(), []

    def gradient(x: Array) -> Array:
        g = np.asarray(batches(x))
        norms.append(float(np.linalg.norm(g)))
        return g * min(1.0, bound / norms[-1])

    problem = Function(net.value, gradient)
    run = minimize(problem, rule, net.initial(seed), steps, record="f", every=every)
    return [float(f) for f in run.f], norms


def close_up() -> dict[str, object]:
    """Return the climb that is looked at closely, step by step."""
    f, norms = losses("none", CLOSE_SEED, CLOSE_LAST, every=1)
    return {
        "seed": CLOSE_SEED,
        "first step": CLOSE_FIRST,
        "loss": rounded(f[CLOSE_FIRST:]),  # f[0] belongs to the start
        "norm": rounded(norms[CLOSE_FIRST - 1 :]),
        "rates": {setting: rounded(rates(setting)) for setting in ("none", "cosine")},
    }


def rates(setting: str) -> list[float]:
    """Return the median over the weights of lr/√v̂ at every so many steps of the run looked at.

    Weights without a gradient so far, as behind a pixel that is always black, are left out.
    """
    rule, _ = SETTINGS[setting]
    net = MLP(digits()[0], hidden=(32,))
    gradient = net.minibatch(32, CLOSE_SEED).oracle()
    found = []
    for step in iterate(rule, gradient, net.initial(CLOSE_SEED)):
        if step.t % EVERY == 0:
            v = step.state["v"] / (1 - rule.beta2**step.t)
            lr = rule.lr(step.t) if callable(rule.lr) else rule.lr
            found.append(float(np.median(lr / np.sqrt(v[v > 0]))))
        if step.t == STEPS:
            break
    return found


def rounded(values: list[float]) -> list[float]:
    """Return the values to four digits, as they are stored."""
    return [float(f"{value:.4g}") for value in values]


def main() -> None:
    """Run everything and write the result."""
    found = {setting: [rounded(losses(setting, seed)[0]) for seed in SEEDS] for setting in SETTINGS}
    write(RESULT, {"every": EVERY, "close up": close_up(), **found})


if __name__ == "__main__":
    main()
