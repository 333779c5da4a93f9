"""Adagrad in a ravine that turns, and on a coordinate whose gradient is rarely there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Point, Slider, anatomy
from minioptim.live.figure import Design, Values
from minioptim.problems import Gradient, Problem
from minioptim.problems.surfaces import Bowl
from minioptim.rules import Adagrad, GradientDescent
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adagrad")

STEPS = 150
BOWL = Bowl(0.2, 4.0)
DOMAIN = ((-4.0, 4.0), (-4.0, 4.0))


@dataclass(frozen=True)
class RarelyFelt(Problem):
    """A bowl whose slope along x is felt at every ``every``-th step alone, as with a rare feature.

    When it is felt it is the slope as it is: on the mean a part of it, as with a rare word.
    """

    bowl: Bowl
    every: int

    def value(self, x: Array) -> Array:
        """Return the height of the bowl."""
        return self.bowl.value(x)

    def gradient(self, x: Array) -> Array:
        """Return the slope of the bowl, all of it."""
        return self.bowl.gradient(x)

    def oracle(self) -> Gradient:
        """Return the gradient as a run feels it, step by step."""
        t = 0

        def felt(x: Array) -> npt.ArrayLike:
            nonlocal t
            t += 1
            return self.bowl.gradient(x) * [0.0 if t % self.every else 1.0, 1.0]

        return felt


def _traces(values: Values) -> dict[str, Trace]:
    bowl = replace(BOWL, angle=np.radians(values["degrees"]))
    problem = RarelyFelt(bowl, int(values["every"]))
    rules = (Adagrad(lr=values["lr"]), GradientDescent(lr=values["gd_lr"]))
    return {type(r).__name__: minimize(problem, r, values["start"], steps=STEPS) for r in rules}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    bowl = replace(BOWL, angle=np.radians(values["degrees"]))
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(bowl, left, DOMAIN)
    for trace in traces.values():
        plots.path(trace, left)
    G = traces["Adagrad"].state["G"][1:]
    for j, (name, dash) in enumerate((("x", "-"), ("y", "--"))):
        rate = values["lr"] / (np.sqrt(G[:, j]) + 1e-10)
        right.semilogy(rate, dash, color=plots.COLORS["Adagrad"], label=name)
    right.set(xlabel=word("axes.step"), ylabel=word("axes.rate"))
    right.set_title(word("views.rates"), fontsize=10)
    right.legend(loc="best")
    return figure


adagrad = Design(
    figure="adagrad",
    controls=(
        Slider("degrees", 0.0, low=0.0, high=90.0),
        Slider("lr", 0.5, low=0.02, high=3.0, log=True),
        Slider("gd_lr", 0.2, low=0.01, high=0.6, log=True),
        Slider("every", 1, low=1, high=20, whole=True),
        Point("start", (-3.5, 1.5), domain=DOMAIN),
        anatomy(STEPS, opens=8),  # the step that the chapter has drawn
        RESET,
    ),
    rules=(Adagrad, GradientDescent),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "curvatures": (BOWL.lambda1, BOWL.lambda2)},
)
