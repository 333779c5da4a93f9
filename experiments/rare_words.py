"""Train a softmax regression on documents with rare words, with SGD and Adagrad.

6,000 artificial documents of 50 words are learned in 300 minibatches of 20, and 10,000 others
judge. Twenty *telling* words, common ones and rare ones, are three times as frequent in one class
as in the other, so each should move the difference of the two scores by ln 3. SGD runs with a
constant learning rate and with one that falls like 1/√t. Each rule has twenty runs, which differ in
their initial weights and orders, and the same four learning rates (ten times as large where they
fall); its best one has the lowest median of the held-out loss.

    python -m experiments.rare_words
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from experiments.digits import lowest_inside, written
from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import bag_of_words
from minioptim.losses import SoftmaxRegression
from minioptim.rules import SGD, Adagrad, Rule
from minioptim.schedules import InverseRoot
from minioptim.training import train

RESULT = RESULTS / "rare_words.json"
SEEDS = range(20)
RATES = written(np.geomspace(0.02, 0.16, 4))
TELLING = np.unique(np.geomspace(10, 1000, 20).round()).astype(int)  # their ranks
SIGNS = np.where(np.arange(20) % 2 == 0, 1.0, -1.0)  # the class that a word favours
RULES = {"SGD": RATES, "SGD, falling": written(10 * np.array(RATES)), "Adagrad": RATES}


def made(name: str, rates: Sequence[float]) -> Rule:
    """Return the rule with these learning rates."""
    lr = np.array(rates)
    if name == "SGD, falling":
        return SGD(lr=InverseRoot(lr))
    return Adagrad(lr=lr) if name == "Adagrad" else SGD(lr=lr)


@cache
def models() -> tuple[SoftmaxRegression, SoftmaxRegression]:
    """Return the model on the documents that it learns, and on those that judge it."""
    documents, held_out = bag_of_words(n=16_000).split(test=10_000)
    dense = replace(documents, inputs=documents.inputs.toarray())  # small enough
    return SoftmaxRegression(dense), SoftmaxRegression(held_out)


def ends(name: str, rates: Sequence[float], seeds: Iterable[int]) -> Array:
    """Return the final parameters, of shape (seeds, rates, d)."""
    model, _ = models()

    def start(seed: int) -> Array:
        return np.random.default_rng(1000 + seed).normal(scale=0.01, size=model.start.size)

    return train(model, made(name, rates), 20, 300, seeds, start)


def reached(points: Array) -> Array:
    """Return what the telling words add to the score of their class: (n, d) to (n, 20)."""
    weights = models()[0].unflatten(points)[0]
    found: Array = SIGNS * (weights[..., TELLING - 1, 1] - weights[..., TELLING - 1, 0])
    return found


def main() -> None:
    """Run everything and write the result."""
    model, judge = models()
    found: dict[str, object] = {}
    for name, rates in RULES.items():
        points = ends(name, rates, SEEDS)
        held_out = np.asarray(judge.value(points))
        best = lowest_inside(rates, np.median(held_out, axis=0))
        found[name] = {
            "lr": rates,
            "held-out loss": held_out.round(6).tolist(),
            "best lr": rates[best],
            "training loss there": np.asarray(model.value(points[:, best])).round(6).tolist(),
            "weights there": reached(points[:, best]).round(5).tolist(),
        }
        print(name, rates[best], np.median(held_out, axis=0).round(3), flush=True)
    words = {"telling words": TELLING.tolist()}
    write(RESULT, {"about": about(time.process_time()), **words, **found})


if __name__ == "__main__":
    main()
