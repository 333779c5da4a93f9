"""Gradient descent in a valley that narrows, up to the curvature 2 / lr and along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Choice, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import OWN_LOOK, style_of
from minioptim.problems.surfaces import Narrows
from minioptim.rules import GradientDescent
from minioptim.run import Trace, minimize
from minioptim.schedules import Constant, Sequence

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("edge_of_stability")

STEPS = 800
HALF = STEPS // 2
FACTORS = {"same": 1.0, "halved": 0.5, "doubled": 2.0}
LAST = 50  # steps over which the curvature at the end is averaged


def _rates(values: Values) -> tuple[float, float]:
    return values["lr"], values["lr"] * FACTORS[values["later"]]


def _traces(values: Values) -> dict[str, Trace]:
    first, second = _rates(values)
    lr = Sequence((Constant(first), Constant(second)), ends=(HALF,))
    return {"run": minimize(Narrows(), GradientDescent(lr), steps=STEPS)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    run, color, grey = traces["run"], style_of(GradientDescent)["color"], OWN_LOOK[0]
    first, second = _rates(values)
    (left, right), (low, high) = Narrows.domain
    figure, axes = plt.subplot_mosaic("AB\nAC", figsize=(6.6, 4.4), layout="constrained")
    x, y = np.meshgrid(np.linspace(left, right, 160), np.linspace(low, high, 160))
    axes["A"].contourf(
        x, y, np.sqrt(Narrows().f(x, y) + 0.01), levels=14, cmap="Blues_r", alpha=0.35
    )
    axes["A"].plot(*run.x.T, "-", color=color, linewidth=0.7)
    axes["A"].plot(*run.x[0], "o", color=color)
    axes["A"].axhline(2 / first, color=grey, linestyle="--")
    axes["A"].set(xlabel=word("axes.across"), ylabel=word("axes.along"), title=word("views.path"))
    axes["A"].grid(visible=False)
    limits: Array = 2 / np.repeat([first, second], [HALF, HALF + 1])
    axes["B"].plot(run.x[:, 1], color=color, label=word("legend.curvature"))
    axes["B"].plot(limits, color=grey, linestyle="--", label=word("legend.limit"))
    axes["B"].set(ylim=(low, high), ylabel=word("axes.curvature"))
    axes["B"].legend(loc="best")
    axes["C"].semilogy(Narrows().value(run.x) - Narrows.minimum, color=color)
    axes["C"].set(xlabel=word("axes.step"), ylabel=word("axes.loss"))
    return figure


edge_of_stability = Design(
    figure="edge_of_stability",
    controls=(
        Slider("lr", 0.4, low=0.2, high=0.65),
        Choice("later", "same", tuple(FACTORS)),
        RESET,
    ),
    rules=(GradientDescent,),
    surfaces=(Narrows,),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "half": HALF, "factors": FACTORS, "last": LAST},
)
