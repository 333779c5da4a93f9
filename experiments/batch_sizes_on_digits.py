"""Count the steps that each batch size needs on the digits, over the learning rate.

A softmax regression starts from ten draws of its weights, which each batch size shares; a seed also
sets the order of the examples. Counted are the steps until the loss of all images is below 0.3, in
two ways: until it *stays* there (the chapter on SGD), and until it is there *first* (its Going
further). Small batches need many steps, so their runs are longer and their loss is looked at less
often.

    python -m experiments.batch_sizes_on_digits
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from experiments.digits import written
from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import digits
from minioptim.losses import SoftmaxRegression
from minioptim.rules import SGD
from minioptim.run import minimize

RESULT = RESULTS / "batch_sizes_on_digits.json"
SEEDS = range(10)
BELOW = 0.3
ALL = 1437


class Tried(NamedTuple):
    """What a batch size is tried with: powers of 2 as learning rates, and the longest run."""

    powers: tuple[float, ...]
    steps: int
    every: int  # steps from one look at the loss to the next

    def rates(self) -> list[float]:
        """Return the learning rates."""
        return written(2.0 ** np.array(self.powers))


STAYS = {
    1: Tried((-3.5, -3, -2.5), 2400, 8),
    4: Tried((-1.5, -1, -0.5), 900, 4),
    32: Tried((0, 0.5, 1), 200, 1),
    256: Tried((2, 2.5, 3), 80, 1),
    ALL: Tried((3.5, 4, 4.5), 60, 1),
}
FIRST = {
    1: Tried((-3, -2, -1, 0), 800, 10),
    4: Tried((-2, -1, 0, 1), 420, 3),
    16: Tried((0, 1, 2, 3), 120, 2),
    64: Tried((0, 1, 2, 3, 4), 100, 1),
    ALL: Tried((0, 1, 2, 3, 4, 5), 100, 1),
}
KINDS = {"stays": STAYS, "first": FIRST}
SHOWN = (32, ALL)  # whose curves the chapter draws, at their best learning rate


def losses(tried: Tried, batch: int, seeds: Iterable[int]) -> Array:
    """Return the loss of all images for each seed, look and learning rate: (n, looks, k)."""
    model = SoftmaxRegression(digits()[0])
    weights = 0.1 * np.random.default_rng(0).normal(size=(len(SEEDS), model.dimension))
    rates = np.array(tried.rates())
    found = []
    for seed in seeds:
        problem = model.minibatch(batch, seed) if batch < ALL else model
        start = np.tile(weights[seed], (len(rates), 1))
        run = minimize(problem, SGD(rates), start, tried.steps, record="f", every=tried.every)
        found.append(run.f)
    return np.stack(found)


def steps_to_stay(f: Array, every: int) -> Array:
    """Return the step from which each run stays below, infinite if it never does: (n, k)."""
    above = f >= BELOW
    looks = f.shape[1] - np.flip(above, axis=1).argmax(axis=1)  # after the last one above
    return np.where(above[:, -1], np.inf, np.where(above.any(axis=1), every * looks, 0))


def steps_to_first(f: Array, every: int) -> Array:
    """Return the step at which each run is below first, infinite if it never is: (n, k)."""
    below = f < BELOW
    return np.where(below.any(axis=1), every * below.argmax(axis=1), np.inf)


COUNTED = {"stays": steps_to_stay, "first": steps_to_first}


def main() -> None:
    """Run everything and write the result."""
    found: dict[str, dict[str, object]] = {}
    for kind, batches in KINDS.items():
        found[kind] = {}
        for batch, tried in batches.items():
            f = losses(tried, batch, SEEDS)
            needed = COUNTED[kind](f, tried.every)
            middle = np.median(needed, axis=0)
            best = int(middle.argmin())
            stored: dict[str, object] = {
                "lr": tried.rates(),
                "steps": [[int(t) if np.isfinite(t) else None for t in row] for row in needed],
                "highest": f.max(axis=1).round(3).tolist(),
            }
            if kind == "stays" and batch in SHOWN:
                stored["losses at the best lr"] = f[:, :, best].round(4).tolist()
            found[kind][str(batch)] = stored
            print(kind, batch, dict(zip(tried.rates(), middle, strict=True)), flush=True)
    write(RESULT, {"about": about(time.process_time()), **found})


if __name__ == "__main__":
    main()
