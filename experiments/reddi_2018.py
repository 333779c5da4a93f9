"""Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond: figures 1 and 2.

Three linear problems on [-1, 1], on which the mean slope is small and positive, and most slopes
are negative: Adam and AMSGrad at five values of alpha over some millions of steps, and Adam with a
long memory. Then both
rules train a softmax regression and a network, each at its best of 12 settings by the median
of ten seeds, on ten others. What the paper claims and how this differs stands in
claims/reddi_2018.toml.

    python -m experiments.reddi_2018
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.signal import lfilter

from experiments.grid import Cell, commanded
from experiments.settings import Settings, finite, label, store, tuned_and_judged, values
from minioptim.datasets import Dataset, Split, digits, mnist, mnist_sample
from minioptim.losses import MLP, Model, SoftmaxRegression
from minioptim.rules import Adam, AMSGrad
from minioptim.schedules import InverseRoot
from minioptim.training import train

NAME = "reddi_2018"
RULES: Mapping[str, type[Adam | AMSGrad]] = {"Adam": Adam, "AMSGrad": AMSGrad}
SEEDS, FRESH = range(10), range(10, 20)
Slopes = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Linear:
    """A linear loss on [-1, 1] in each step: its slopes repeat, or are drawn.

    Attributes
    ----------
    slopes : tuple of float
        A period of slopes.
    steps : int
        How many steps, a multiple of ten periods.
    beta1, beta2 : float
        What the paper sets.
    drawn : bool
        Whether each slope is drawn from the two, the first with probability 0.01.
    """

    slopes: tuple[float, ...]
    steps: int
    beta1: float
    beta2: float
    drawn: bool = False

    @property
    def mean(self) -> float:
        """The slope of the mean loss: what standing at +1 costs is twice that in each step."""
        if self.drawn:
            return 0.01 * self.slopes[0] + 0.99 * self.slopes[1]
        return float(np.mean(self.slopes))

    def sequence(self, rng: np.random.Generator) -> Slopes:
        """Return the slopes of all steps; the run begins anywhere in the period."""
        if self.drawn:
            return np.where(rng.random(self.steps) < 0.01, self.slopes[0], self.slopes[1])
        repeated = np.tile(self.slopes, self.steps // len(self.slopes))
        return np.roll(repeated, rng.integers(len(self.slopes)))


LINEAR: Mapping[str, Linear] = {
    "every third": Linear((3.0, -1.0, -1.0), 150_000, beta1=0.0, beta2=0.1),
    "online": Linear((1010.0, *[-10.0] * 100), 5_050_000, beta1=0.9, beta2=0.99),
    "at random": Linear((1010.0, -10.0), 5_050_000, beta1=0.9, beta2=0.99, drawn=True),
}
ALPHAS = (0.1, 0.3, 1.0, 3.0, 10.0)
LONG = 0.9999  # the memory of Q1
LAST = 1 / 200  # the end of a run is the mean of so much of it: many periods
SHOWN, LOOKS = 1.0, 50  # the alpha whose path is drawn, and by how many means

# What each rule is tuned over to train a model.
BETA2 = (0.99, 0.999)
TUNED: Mapping[str, tuple[float, ...]] = {
    "softmax": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    "network": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
}
EPOCHS = {"softmax": 10, "network": 20}
BATCH = {"softmax": 128, "network": 32}


def moved(rule: str, slopes: Slopes, beta1: float, beta2: float) -> Slopes:
    """Return a rule's step for each slope, at lr = 1.

    The slope of a linear loss is the same everywhere, so these steps do not hang on where they
    are made: the projection onto [-1, 1] comes after them. That makes the averages filters, which
    go through millions of slopes in a second; a test holds them to the rule itself.
    """
    t = np.arange(1, len(slopes) + 1)
    m = lfilter([1 - beta1], [1, -beta1], slopes) / (1 - beta1**t)
    v = lfilter([1 - beta2], [1, -beta2], slopes**2)
    if rule == "AMSGrad":
        v = np.maximum.accumulate(v)
    return np.asarray(-m / (np.sqrt(v / (1 - beta2**t)) + 1e-8))


def _walked(steps: Slopes, x: float) -> Slopes:
    points = np.empty(len(steps))
    for t in range(len(steps)):
        points[t] = x
        x = min(1.0, max(-1.0, x + steps[t]))
    return points


walked: Callable[[Slopes, float], Slopes] = njit()(_walked)
"""Return the points of a walk on [-1, 1], which goes no further than the ends."""


def walk(cell: Cell) -> dict[str, Any]:
    """Return where a rule ends on a linear problem, and its average regret, for each alpha.

    The regret is that against -1, and where the slopes are drawn that of their mean.
    """
    problem = LINEAR[cell["problem"]]
    rng = np.random.default_rng(cell["seed"])
    slopes, first = problem.sequence(rng), rng.uniform(-1, 1)
    steps = moved(cell["rule"], slopes, problem.beta1, cell["beta2"])
    steps /= np.sqrt(np.arange(1, len(steps) + 1))
    counted = np.full(len(slopes), problem.mean) if problem.drawn else slopes
    tenth = len(slopes) // 10
    found: dict[str, Any] = {"end": [], "regret": [], "regret early": []}
    for alpha in ALPHAS:
        x = walked(alpha * steps, first)
        lost = counted * (x + 1)
        found["end"].append(finite(float(x[-round(LAST * len(x)) :].mean())))
        found["regret"].append(finite(float(lost.mean())))
        found["regret early"].append(finite(float(lost[:tenth].mean())))
        if alpha == SHOWN:
            edges = np.linspace(0, len(x), LOOKS + 1).astype(int)
            found["path"] = [round(float(x[a:b].mean()), 3) for a, b in pairwise(edges)]
    return found


@functools.cache
def data(problem: str, size: str) -> Split[Dataset]:
    """Return what a model is trained and tested on."""
    if size == "paper":
        return mnist()
    return mnist_sample() if problem == "softmax" else digits()


def model(problem: str, size: str, examples: Dataset) -> Model:
    """Return the loss of a softmax regression or a network on the examples."""
    if problem == "softmax":
        return SoftmaxRegression(examples)
    return MLP(examples, hidden=(100,) if size == "paper" else (32,))


def fit(cell: Cell) -> dict[str, Any]:
    """Train once; return the training and the test loss."""
    problem, alpha, size = cell["problem"], cell["alpha"], cell["size"]
    trained, test = (model(problem, size, examples) for examples in data(problem, size))
    falls = problem == "softmax"
    rule = RULES[cell["rule"]](lr=InverseRoot(alpha) if falls else alpha, beta2=cell["beta2"])
    batch = 128 if size == "paper" else BATCH[problem]
    steps = EPOCHS[problem] * trained.minibatch(batch).steps_per_epoch
    start = getattr(trained, "initial", None)  # a softmax regression starts at 0
    (x,) = train(trained, rule, batch, steps, [cell["seed"]], start)
    return {
        "training loss": finite(float(trained.value(x))),
        "test loss": finite(float(test.value(x))),
    }


def run(cell: Cell) -> dict[str, Any]:
    """Compute a cell of either kind."""
    return walk(cell) if cell["problem"] in LINEAR else fit(cell)


def walking(problem: str, rule: str, beta2: float) -> dict[str, Any]:
    """Return a setting of figure 1."""
    return {"problem": problem, "rule": rule, "beta2": beta2}


def fitting(problem: str, rule: str, beta2: float, alpha: float) -> dict[str, Any]:
    """Return a setting of figure 2."""
    return {**walking(problem, rule, beta2), "alpha": alpha}


WALKS = [walking(name, rule, at.beta2) for name, at in LINEAR.items() for rule in RULES]
WALKS += [walking(name, "Adam", LONG) for name in ("online", "at random")]
FITS = {
    (problem, rule): [fitting(problem, rule, b, a) for b in BETA2 for a in TUNED[problem]]
    for problem in TUNED
    for rule in RULES
}
LOSSES = {"softmax": ("training loss", "test loss"), "network": ("training loss",)}


def cells(size: str) -> list[dict[str, Any]]:
    """Return all that is tried: the walks on twenty seeds, the trainings on the first ten."""
    walks = [{**each, "seed": seed, "size": size} for each in WALKS for seed in (*SEEDS, *FRESH)]
    settings = [setting for tried in FITS.values() for setting in tried]
    return walks + [{**each, "seed": seed, "size": size} for each in settings for seed in SEEDS]


def best(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the setting of each rule with the lowest median of each loss that is compared."""
    return {
        f"{rule}, {problem}: {loss}": min(
            tried, key=lambda each: float(np.median(values(settings, label(each), loss)))
        )
        for (problem, rule), tried in FITS.items()
        for loss in LOSSES[problem]
    }


def best_alpha(settings: Settings, problem: str, rule: str, beta2: float) -> int:
    """Return the place of the alpha with the lowest median regret over the first ten seeds."""
    regret = values(settings, label(walking(problem, rule, beta2)), "regret")[: len(SEEDS)]
    return int(np.median(regret, axis=0).argmin())


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare, all of it on the last ten seeds."""
    settings, found = result["settings"], {}
    for name, problem in LINEAR.items():

        def of(rule: str, beta2: float, measured: str, name: str = name) -> Any:
            return values(settings, label(walking(name, rule, beta2)), measured)[len(SEEDS) :]

        adam = functools.partial(of, "Adam", problem.beta2)
        worst = 2 * problem.mean  # the regret of +1
        found[f"Adam, {name}: from +1, at worst"] = (1 - adam("end")).max(axis=1)
        found[f"Adam, {name}: least regret"] = adam("regret").min(axis=1)
        found[f"Adam, {name}: regret off that of +1, at worst"] = np.abs(
            adam("regret") / worst - 1
        ).max(axis=1)
        for rule, beta2, shown in (
            ("AMSGrad", problem.beta2, "AMSGrad"),
            ("Adam", LONG, f"Adam with β₂ = {LONG}"),
        ):
            if label(walking(name, rule, beta2)) in settings:
                at = best_alpha(settings, name, rule, beta2)
                found[f"{shown}, {name}: from −1"] = of(rule, beta2, "end")[:, at] + 1
                found[f"{shown}, {name}: regret"] = of(rule, beta2, "regret")[:, at]
                early = of(rule, beta2, "regret early")[:, at]
                found[f"{shown}, {name}: regret after a tenth of the steps"] = early
    for name in best(settings):
        found[name] = values(result["fresh"], name, name.rpartition(": ")[2])
    return {name: each.tolist() for name, each in found.items()}


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        found = tuned_and_judged(grid, cells(size), best, SEEDS, FRESH, size)
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
