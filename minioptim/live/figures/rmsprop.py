"""Gradients that change their size midway: who notices, and how soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.rules import Adagrad, RMSProp
from minioptim.run import Trace, feed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("rmsprop")

STEPS, CHANGE = 200, 80


def _gradients(values: Values) -> Array:
    """Return the gradients: of size 1 up to the change, of size c after it, with some scatter."""
    scatter = 1 + values["noise"] * normal(1, STEPS)
    size = np.where(np.arange(1, STEPS + 1) <= CHANGE, 1.0, float(values["factor"]))
    series: Array = size * scatter
    return series


def _traces(values: Values) -> dict[str, Trace]:
    series = _gradients(values)
    rules = (RMSProp(lr=1.0, rho=values["rho"]), Adagrad(lr=1.0))
    return {type(rule).__name__: feed(rule, series) for rule in rules}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    t = np.arange(1, STEPS + 1)
    for name, trace in traces.items():
        moves = np.abs(np.diff(trace.x[:, 0]))
        left.semilogy(t, moves, color=plots.COLORS[name], label=name)
    left.set(xlabel=word("axes.step"), title=word("axes.move"))
    right.semilogy(t, np.abs(_gradients(values)), ".", color="0.5", label="|g|")
    root = np.sqrt(traces["RMSProp"].state["v"][1:, 0])
    right.semilogy(t, root, color=plots.COLORS["RMSProp"], label="√v")
    right.set(xlabel=word("axes.step"), title=word("still.sizes"))
    for panel in (left, right):
        panel.set_ylim(top=30 * panel.get_ylim()[1])  # room for the legend
        panel.legend(loc="upper right")
    return figure


rmsprop = Design(
    figure="rmsprop",
    controls=(
        Slider("factor", 100.0, low=0.001, high=1000.0, log=True),
        Slider("rho", 0.9, low=0.0, high=0.99, toward_one=True),
        Slider("noise", 0.0, low=0.0, high=1.0),
        RESET,
    ),
    rules=(RMSProp, Adagrad),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "change": CHANGE},
)
