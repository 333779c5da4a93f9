"""Adam's view of a coordinate whose gradients agree more or less: the signal-to-noise ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.looks import COLORS
from minioptim.rules import Adam
from minioptim.run import Trace, feed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adam_noise")

STEPS, TURN = 240, 160  # after step TURN the signal has the other sign
DRAWS = normal(6, STEPS)
RULE = Adam(lr=1.0)
SCATTER = float(np.sqrt((1 - RULE.beta1) / (1 + RULE.beta1)))


def _gradients(ratio: float) -> Array:
    """Return gradients of this signal-to-noise ratio and a mean square of 1."""
    signal = np.where(np.arange(STEPS) < TURN, ratio, -ratio)
    series: Array = (signal + DRAWS) / np.hypot(1.0, ratio)
    return series


def _traces(values: Values) -> dict[str, Trace]:
    return {"steps": feed(RULE, _gradients(values["ratio"]))}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    t, ratio, trace = np.arange(1, STEPS + 1), values["ratio"], traces["steps"]
    root = np.sqrt(trace.state["v"][1:, 0] / (1 - RULE.beta2**t))
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.4, 5.0), sharex=True, layout="constrained"
    )
    above.fill_between(t, -root, root, color=COLORS["RMSProp"], alpha=0.18, linewidth=0)
    above.plot(t, _gradients(ratio), ".", color="#6b7280", markersize=4, label="g")
    m_hat = trace.state["m"][1:, 0] / (1 - RULE.beta1**t)
    above.plot(t, m_hat, color=COLORS["Momentum"], label="m̂")
    above.plot([], [], color=COLORS["RMSProp"], alpha=0.4, linewidth=6, label="±√v̂")
    above.set(title=word("views.gradients"), ylabel="g")
    above.legend(loc="best", ncols=3)
    mean = np.where(t <= TURN, 1, -1) * ratio / np.hypot(1.0, ratio)
    below.plot(t, -np.diff(trace.x[:, 0]), color=COLORS["Adam"])
    below.plot(t, mean, color="black", linestyle="--", linewidth=1, label=word("legend.mean"))
    spread = SCATTER / np.hypot(1.0, ratio)
    below.fill_between(t, mean - spread, mean + spread, color="0.5", alpha=0.22, linewidth=0)
    below.set(xlabel=word("axes.step"), ylabel=word("axes.quotient"), title=word("views.steps"))
    below.legend(loc="best")
    return figure


adam_noise = Design(
    figure="adam_noise",
    controls=(Slider("ratio", 4.0, low=0.05, high=10.0, log=True), RESET),
    rules=(Adam,),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "draws": DRAWS.tolist(),
        "turn": TURN,
        "scatter": SCATTER,
        "colors": {"average": COLORS["Momentum"], "root": COLORS["RMSProp"]},
    },
)
