"""Gradient descent with noisy gradients: how far it comes down, and where it trembles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Button, Point, Slider, Switch, anatomy
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.problems import Gradient, Problem
from minioptim.problems.surfaces import Bowl
from minioptim.rules import GradientDescent
from minioptim.run import Trace, minimize
from minioptim.schedules import InverseRoot

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("stochastic_gradient_descent")

STEPS = 200
BOWL = Bowl(1.0, 6.0, 0.5)
SIGMA = 4.0  # of one example's gradient, along each axis
DECAY = tuple(InverseRoot(1.0)(t) for t in range(1, STEPS + 1))


@dataclass(frozen=True)
class NoisyBowl(Problem):
    """The bowl, its gradients off by the mean of a batch of draws from the page's generator."""

    batch: int
    seed: int

    def value(self, x: Array) -> Array:
        """Return the height of the bowl, without noise."""
        return BOWL.value(x)

    def gradient(self, x: Array) -> Array:
        """Return the slope of the bowl, without noise."""
        return BOWL.gradient(x)

    def oracle(self) -> Gradient:
        """Return the noisy gradient; the noise begins anew with each run."""
        draws = iter(normal(self.seed, STEPS, 2) * SIGMA / np.sqrt(self.batch))

        return lambda x: BOWL.gradient(x) + next(draws)


def _traces(values: Values) -> dict[str, Trace]:
    lr = values["lr"]
    rule = GradientDescent(lr=lr * InverseRoot(1.0) if values["decay"] else lr)
    problem = NoisyBowl(int(values["batch"]), int(values["seed"]))
    return {"SGD": minimize(problem, rule, values["start"], steps=STEPS)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    trace = traces["SGD"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(BOWL, ax=left)
    plots.path(trace, left)
    lr, batch = values["lr"], values["batch"]
    floor = sum(lr * SIGMA**2 / batch / (2 * (2 - lr * lam)) for lam in (1.0, 6.0))
    right.semilogy(trace.f, color=plots.COLORS["GradientDescent"])
    line = right.axhline(floor, color="#007a50", linestyle="--", label=word("marks.floor"))
    figure.legend(handles=[line], loc="outside lower right")
    right.set(xlabel=word("axes.step"), title=word("still.loss"), ylim=(1e-4, 100))
    return figure


stochastic_gradient_descent = Design(
    figure="stochastic_gradient_descent",
    controls=(
        Slider("lr", 0.1, low=0.002, high=0.3, log=True),
        Slider("batch", 4, low=1, high=256, log=True, whole=True),
        Slider("seed", 1, low=1, high=99, whole=True),
        Switch("decay", value=False),
        Point("start", (-1.6, 1.0), domain=((-2.0, 2.0), (-2.0, 2.0))),
        Button("draw"),
        anatomy(STEPS),
        RESET,
    ),
    rules=(GradientDescent,),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "curvatures": (BOWL.lambda1, BOWL.lambda2),
        "angle": BOWL.angle,
        "sigma": SIGMA,
        "decay": DECAY,
    },
)
