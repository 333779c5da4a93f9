"""Adam without bias correction at gradients that are always 1: two averages and their quotient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import COLORS
from minioptim.rules import Adam
from minioptim.rules.variants import UncorrectedAdam
from minioptim.run import Trace, feed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adam_correction")

STEPS = 8_000  # a tick at 10,000 would stand half outside


def _traces(values: Values) -> dict[str, Trace]:
    return {"steps": feed(UncorrectedAdam(lr=1.0, beta2=values["beta2"]), np.ones(STEPS))}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    t, state = np.arange(1, STEPS + 1), traces["steps"].state
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.2, 5.2), sharex=True, height_ratios=(1, 1.6), layout="constrained"
    )
    above.semilogx(t, state["m"][1:, 0], color=COLORS["Momentum"], label="m")
    above.semilogx(t, np.sqrt(state["v"][1:, 0]), "--", color=COLORS["RMSProp"], label="√v")
    above.set(title=word("views.averages"), ylim=(0, 1.1))
    above.legend(loc="best")
    for beta2, dash in ((0.9999, "-."), (values["beta2"], "-"), (0.99, "--")):
        steps = -np.diff(_traces({"beta2": beta2})["steps"].x[:, 0])
        below.loglog(t, steps, dash, color="0.25", label=f"β₂ = {beta2:g}")
    below.axhline(1, color=COLORS["Adam"], label=word("marks.corrected"))
    below.set(xlabel=word("axes.step"), ylabel=word("axes.move"), title=word("views.steps"))
    below.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    below.minorticks_off()
    below.legend(loc="best")
    return figure


adam_correction = Design(
    figure="adam_correction",
    controls=(Slider("beta2", 0.999, low=0.9, high=0.9999, toward_one=True), RESET),
    rules=(Adam, UncorrectedAdam),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "colors": {"average": COLORS["Momentum"], "root": COLORS["RMSProp"]},
    },
)
