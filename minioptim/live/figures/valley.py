"""Momentum in a long valley: how many steps it needs, for every share that it keeps of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import style_of
from minioptim.problems.surfaces import Bowl
from minioptim.rules import GradientDescent, Momentum
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("valley")

STEPS = 300
DRAWN = 40  # steps of the path: more would hide the beginning
CONDITION = 100.0
LR = 2 / (1 + CONDITION)  # the best that gradient descent can have
START = (-10.0, 1.0)
DOMAIN = ((-10.8, 1.6), (-1.35, 1.35))
NEAR = 0.01  # of the first distance from the minimum
ON_PAPER = 0.75  # nobody drags there: so gradient descent stands beside momentum


def _walk(momentum: float) -> Trace:
    rule = Momentum(lr=LR, momentum=momentum)
    return minimize(Bowl(1.0, CONDITION, 0.0), rule, START, steps=STEPS)


def _traces(values: Values) -> dict[str, Trace]:
    return {"momentum": _walk(values["momentum"])}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:  # noqa: ARG001
    from matplotlib import pyplot as plt

    mu = values["momentum"] or ON_PAPER
    figure, axes = plt.subplots(
        3, 1, figsize=(6.4, 6.6), layout="constrained", height_ratios=(1, 1, 1.7)
    )
    x, y = np.meshgrid(np.linspace(*DOMAIN[0], 200), np.linspace(*DOMAIN[1], 100))
    level = np.sqrt(Bowl(1.0, CONDITION, 0.0).f(x, y))
    shown = (
        (word("still.descent"), 0.0, style_of(GradientDescent)["color"], (222, 0.04, "right")),
        (word("still.momentum", momentum=mu), mu, style_of(Momentum)["color"], (50, 0.015, "left")),
    )
    for ax, (name, momentum, color, (at, height, side)) in zip(axes, shown, strict=False):
        points = _walk(momentum).x
        ax.contourf(x, y, level, levels=12, cmap="Blues_r", alpha=0.35)
        ax.plot(0, 0, "*", color="#1f2933", mec="white", ms=14)
        ax.plot(*points[: DRAWN + 1].T, "o-", color=color, ms=3.5, lw=1.2)
        ax.plot(*points[0], "o", color=color, mfc="white", ms=9, mew=1.8)
        ax.plot(*points[DRAWN], "o", color=color, ms=7)
        ax.set(title=name, xlim=DOMAIN[0], ylim=DOMAIN[1])
        ax.grid(visible=False)
        distance: Array = np.linalg.norm(points, axis=1)
        share = distance / distance[0]
        needed = np.flatnonzero(share > NEAR)[-1] + 1
        axes[2].semilogy(share, color=color)
        axes[2].plot(needed, share[needed], "o", color=color, ms=7)
        said = word("still.steps", steps=needed)
        axes[2].text(at, height, said, color=color, ha=side)
    axes[2].axhline(NEAR, color="0.5", ls="--", lw=1)
    axes[2].set(xlim=(0, 250), ylim=(6e-4, 1.5))
    axes[2].set(xlabel=word("axes.step"), ylabel=word("axes.distance"))
    return figure


valley = Design(
    figure="valley",
    controls=(Slider("momentum", 0.0, low=0.0, high=1.0), RESET),
    rules=(Momentum,),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "drawn": DRAWN,
        "start": START,
        "lr": LR,
        "near": NEAR,
        "condition": CONDITION,
        "domain": DOMAIN,
    },
)
