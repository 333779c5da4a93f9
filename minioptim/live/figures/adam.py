"""Adam in a ravine, step by step: where the slope, the average and the step point, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import COLORS
from minioptim.problems import Ravine
from minioptim.rules import Adam
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adam")

STEPS = 50
LR = 0.3
RULE = Adam(lr=LR)
GREY = "#6b7280"  # gradients


def _traces(_values: Values) -> dict[str, Trace]:
    return {"ravine": minimize(Ravine(), RULE, steps=STEPS)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    t, run = int(values["step"]), traces["ravine"]
    place, step = run.x[t - 1], run.x[t] - run.x[t - 1]
    m_hat = run.state["m"][t] / (1 - RULE.beta1**t)
    figure, axes = plt.subplot_mosaic("AA;BC", figsize=(6.0, 4.6), layout="constrained")
    plots.contours(Ravine(), ax=axes["A"], domain=((-8, 3), (-1.6, 2.4)))
    axes["A"].plot(*run.x.T, ".-", color=COLORS["Adam"], linewidth=1.2, markersize=4)
    axes["A"].plot(*run.x[0], "o", markerfacecolor="white", markeredgecolor=COLORS["Adam"])
    axes["A"].plot(*place, "s", color="black", markersize=6)
    near = ((place[0] - 1, place[0] + 1), (place[1] - 1, place[1] + 1))
    plots.contours(Ravine(), ax=axes["B"], domain=near)
    for name, arrow, color in (
        ("−g", -run.grad[t - 1], GREY),
        ("−m̂", -m_hat, COLORS["Momentum"]),
        (word("still.arrow"), step, COLORS["Adam"]),
    ):
        tip = 0.65 * arrow / np.hypot(*arrow)
        look = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        axes["B"].annotate("", place + tip, place, arrowprops=look)
        x, y = place + 1.3 * tip
        axes["B"].text(x, y, name, color=color, ha="center", va="center")
    axes["B"].set(xticks=[], yticks=[], xlabel="", ylabel="")
    root = np.sqrt(run.state["v"][t] / (1 - RULE.beta2**t))
    for k, (name, sizes, color) in enumerate(
        (
            ("|m̂|", np.abs(m_hat), COLORS["Momentum"]),
            ("√v̂", root, COLORS["RMSProp"]),
            (word("axes.move"), np.abs(step) / LR, COLORS["Adam"]),
        )
    ):
        at = np.arange(2) + 0.27 * (k - 1)
        axes["C"].bar_label(axes["C"].bar(at, sizes, 0.25, color=color, label=name), fmt="%.2f")
    axes["C"].set_xticks([0, 1], [word("views.along"), word("views.across")])
    axes["C"].set(ylim=(0, 1.4 * max(root)))
    axes["C"].legend(loc="best")
    return figure


adam = Design(
    figure="adam",
    controls=(Slider("step", 10, low=1, high=STEPS, whole=True), RESET),
    rules=(Adam,),
    surfaces=(Ravine,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "lr": LR,
        "colors": {"average": COLORS["Momentum"], "root": COLORS["RMSProp"], "gradient": GREY},
    },
)
