"""Train a network on digits of which some are rare, with momentum, Adam, Lion and Muon.

Class c is kept in the share 1 / (c + 1): there are ten times as many zeros as nines. The network
has two hidden layers of 64 units. Muon moves the weights of the first two layers, and Adam, with
its own best learning rate, all else. Each rule makes 340 steps with a learning rate that falls to 0
along a straight line. It is tuned on one grid for all: its learning rate is the one with the lowest
mean error, over ten seeds, on the training images that were left out, where each class counts
alike. Twenty other seeds judge it there on the test images.

    python -m experiments.rare_digits
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import numpy as np

from experiments.digits import BATCH, lowest_inside, written
from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import Dataset, digits
from minioptim.losses import MLP
from minioptim.rules import Adam, Lion, Momentum, Muon, PerLayer, Rule
from minioptim.run import minimize
from minioptim.schedules import Linear

RESULT = RESULTS / "rare_digits.json"
STEPS, EVERY = 340, 20
HIDDEN = (64, 64)
GRID = 10 ** np.arange(-4, 0.1, 0.5)
TUNED_ON, REPORTED_ON = range(10), range(10, 30)


def thinned(data: Dataset) -> tuple[Dataset, Dataset]:
    """Return the examples with class c in the share 1 / (c + 1), and those that were left out."""
    stay = np.zeros(len(data.labels), dtype=bool)
    for c in range(data.classes):
        places = np.flatnonzero(data.labels == c)
        stay[places[: round(len(places) / (c + 1))]] = True
    return data.part(np.flatnonzero(stay)), data.part(np.flatnonzero(~stay))


def by_class(model: MLP, points: Array, data: Dataset) -> Array:
    """Return the share misread of each class but the zeros: points (..., d) to (..., 9)."""
    return np.stack(
        [
            model.error(points, data.part(np.flatnonzero(data.labels == c)))
            for c in range(1, data.classes)
        ],
        axis=-1,
    )


def made(name: str, model: MLP, rates: Sequence[float], adam: float | None) -> Rule:
    """Return a rule whose learning rates fall to 0; ``adam`` is that of what Muon leaves out."""
    lr = Linear(list(rates), 0.0, STEPS)
    if name != "Muon":
        rule: Rule = {"Momentum": Momentum, "Adam": Adam, "Lion": Lion}[name](lr=lr)
        return rule
    rest = Adam(lr=Linear(adam, 0.0, STEPS))
    return PerLayer.of(model, weights=Muon(lr=lr), biases=rest, last=rest)


def errors(
    name: str,
    model: MLP,
    rates: Sequence[float],
    seeds: Iterable[int],
    data: Dataset,
    adam: float | None,
) -> Array:
    """Return the errors of each seed, step, rate and class but the zeros, which are not rare."""
    found = []
    for seed in seeds:
        batches = model.minibatch(BATCH, seed=seed)
        rule = made(name, model, rates, adam)
        start = np.broadcast_to(model.initial(seed), (len(rates), model.dimension))
        trace = minimize(batches, rule, start, STEPS, record=["x"], every=EVERY)
        found.append(by_class(model, trace.x, data))
    return np.stack(found)


def main() -> None:
    """Run everything and write the result."""
    train, test = digits()
    kept, left_out = thinned(train)
    model = MLP(kept, hidden=HIDDEN)
    rates = written(GRID)
    rules: dict[str, object] = {}
    adam: float | None = None
    for name in ("Momentum", "Adam", "Lion", "Muon"):
        tuning = errors(name, model, rates, TUNED_ON, left_out, adam)[:, -1].mean(axis=-1)
        best = lowest_inside(rates, tuning.mean(axis=0))
        if name == "Adam":
            adam = rates[best]
        judged = errors(name, model, [rates[best]], REPORTED_ON, test, adam)[:, :, 0]
        rules[name] = {
            "lr": rates[best],
            "tuning": tuning.round(5).tolist(),
            "test": judged.round(4).tolist(),
        }
        print(
            name, rates[best], tuning.mean(axis=0).round(4), judged[:, -1].mean(axis=0), flush=True
        )
    counts = np.bincount(kept.labels).tolist()
    found = {"rates": rates, "steps": list(range(0, STEPS + 1, EVERY)), "examples": counts}
    seeds = {"tuned on": list(TUNED_ON), "reported on": list(REPORTED_ON)}
    write(RESULT, {"about": about(time.process_time()), "seeds": seeds, **found, "rules": rules})


if __name__ == "__main__":
    main()
