"""A weight between gradients that alternate: the decay beside Adam's division, and inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import OWN_LOOK, style_of
from minioptim.problems import Function
from minioptim.rules import Adam, AdamW
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adamw")

STEPS, START = 1000, 1.0
LR, DECAY = 0.001, 1.0
SMALLEST, LARGEST = 0.01, 100.0
# Rounded, since the last digit of a power hangs on the processor.
SIZES = np.geomspace(SMALLEST, LARGEST, 41).round(6)


def _run(decay: float, penalty: float, sizes: Array) -> Trace:
    """Return the run of a weight for each size of the gradients, whose signs alternate."""
    signs = iter(np.where(np.arange(STEPS) % 2 == 0, 1.0, -1.0))
    slopes = Function(
        lambda x: 0.5 * penalty * (x**2).sum(axis=-1), lambda x: sizes * next(signs) + penalty * x
    )
    rule = AdamW(lr=LR, weight_decay=decay) if decay else Adam(lr=LR)
    return minimize(slopes, rule, np.full(len(sizes), START), steps=STEPS)


def _traces(values: Values) -> dict[str, Trace]:
    size = np.array([values["size"]])
    return {"beside": _run(DECAY, 0.0, size), "inside": _run(0.0, DECAY, size)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(5.4, 5.2), layout="constrained")
    # Adam with a penalty is no rule of the package, and a pink beside AdamW's would not stand out.
    color, ls, _ = OWN_LOOK
    entries = (
        ("beside", _run(DECAY, 0.0, SIZES), style_of(AdamW)["color"], ":"),
        ("inside", _run(0.0, DECAY, SIZES), color, ls),
    )
    for name, ends, color, ls in entries:
        label = word(f"legend.{name}")
        above.plot(traces[name].x[:, 0], color=color, linestyle=ls, label=label)
        below.semilogx(SIZES, ends.final, color=color, linestyle=ls)
        below.plot(values["size"], traces[name].final[0], "o", color=color)
    above.set(xlabel=word("axes.step"), ylabel="x", ylim=(-0.05, 1.1), title=word("views.weight"))
    above.legend(loc="best")
    below.set(xlabel=word("axes.size"), ylabel="x", ylim=(-0.05, 1.1), title=word("views.left"))
    return figure


adamw = Design(
    figure="adamw",
    controls=(Slider("size", 10.0, low=SMALLEST, high=LARGEST, log=True), RESET),
    rules=(Adam, AdamW),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "start": START, "lr": LR, "decay": DECAY, "sizes": SIZES.tolist()},
)
