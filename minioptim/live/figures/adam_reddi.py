"""Adam where one large gradient is followed by a hundred small ones of the other sign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import COLORS
from minioptim.rules import Adam
from minioptim.run import Trace, feed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adam_reddi")

PERIOD, LARGE, SMALL, SHOWN = 101, 1010.0, -10.0, 3


def _before(beta2: float) -> int:
    """Return the periods after which the root repeats itself: six windows of its average."""
    return math.ceil(6 / (1 - beta2) / PERIOD)


def _traces(values: Values) -> dict[str, Trace]:
    beta2 = values["beta2"]
    period = np.full(PERIOD, SMALL)
    period[0] = LARGE
    series = np.tile(period, _before(beta2) + SHOWN)
    return {"position": feed(Adam(lr=1.0, beta1=0.0, beta2=beta2, eps=0.0), series)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    trace, first, t = traces["position"], PERIOD * _before(values["beta2"]), PERIOD * SHOWN
    root = np.sqrt(trace.state["v"][first + 1 :, 0])
    way = trace.x[first:, 0] - trace.x[first, 0]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.4, 4.6), sharex=True, layout="constrained"
    )
    at = np.arange(0, t, PERIOD)
    above.plot(np.arange(1, t + 1), root, color=COLORS["RMSProp"])
    above.plot(at + 1, root[at], "o", color=COLORS["RMSProp"])
    above.set(ylabel="√v", title=word("views.root"))
    below.plot(np.arange(t + 1), way, color=COLORS["Adam"])
    below.plot(at, way[at], "o", color=COLORS["Adam"], markerfacecolor="white")
    below.set(xlabel=word("axes.step"), ylabel="x / lr", title=word("views.position"))
    return figure


adam_reddi = Design(
    figure="adam_reddi",
    controls=(Slider("beta2", 0.99, low=0.9, high=0.9999, toward_one=True), RESET),
    rules=(Adam,),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "period": PERIOD,
        "gradients": (LARGE, SMALL),
        "shown": SHOWN,
        "root": COLORS["RMSProp"],
    },
)
