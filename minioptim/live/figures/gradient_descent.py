"""Gradient descent on a bowl: what lr does, along the flat direction and along the steep one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim.live import words
from minioptim.live.controls import RESET, Button, Point, Slider, anatomy
from minioptim.live.figure import Design, Values
from minioptim.problems.surfaces import Bowl
from minioptim.rules import GradientDescent
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("gradient_descent")

STEPS = 60
MOST = 400  # steps that are counted
NEAR = 0.01  # of the first distance from the minimum
ANGLE = 0.5  # radians: the bowl's axes are not those of the page


def _traces(values: Values) -> dict[str, Trace]:
    bowl = Bowl(1.0, values["condition"], ANGLE)
    rule = GradientDescent(lr=values["lr"])
    return {"gradient descent": minimize(bowl, rule, values["start"], steps=STEPS)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    bowl, trace = Bowl(1.0, values["condition"], ANGLE), traces["gradient descent"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(bowl, ax=left)
    plots.path(trace, left)
    c, s = np.cos(ANGLE), np.sin(ANGLE)
    error = np.abs(trace.x @ np.array([[c, -s], [s, c]]))
    looks = ((word("still.flat"), "-", "#0072b2"), (word("still.steep"), "--", "#d55e00"))
    for j, (name, dash, color) in enumerate(looks):
        right.semilogy(error[:, j] + 1e-300, dash, color=color, label=name)
    right.set(xlabel=word("axes.step"), title=word("still.errors"), ylim=(1e-8, 1e1))
    right.legend(loc="best")
    return figure


gradient_descent = Design(
    figure="gradient_descent",
    controls=(
        Slider("lr", 0.05, low=0.001, high=2.0, log=True),
        Slider("condition", 10.0, low=1.0, high=100.0, log=True),
        Point("start", (-1.6, 1.0), domain=((-2.0, 2.0), (-2.0, 2.0))),
        Button("optimum"),
        anatomy(STEPS),
        RESET,
    ),
    rules=(GradientDescent,),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "angle": ANGLE, "most": MOST, "near": NEAR},
)
