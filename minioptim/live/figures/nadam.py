"""NAdam beside Adam, from the same start with the same lr."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minioptim.live import words
from minioptim.live.controls import RESET, Choice, Point, Slider, anatomy
from minioptim.live.figure import Design, Values
from minioptim.looks import CORRECTION, JUMP, RESULT
from minioptim.problems import Beale, Ravine, Surface
from minioptim.rules import Adam, NAdam
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("nadam")

STEPS = 100
PSI = {"torch": 0.004, "keras": 1.0, "optax": math.inf}
SURFACES: dict[str, type[Surface]] = {"Ravine": Ravine, "Beale": Beale}
LIMITS = ((-4.4, 4.4), (-4.4, 4.4))


def _traces(values: Values) -> dict[str, Trace]:
    amounts = {name: values[name] for name in ("lr", "beta1", "beta2")}
    surface = SURFACES[values["surface"]]()
    rules = (Adam(**amounts), NAdam(**amounts, psi=PSI[values["psi"]]))
    return {type(r).__name__: minimize(surface, r, values["start"], steps=STEPS) for r in rules}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(SURFACES[values["surface"]](), left, LIMITS)
    for name, trace in traces.items():
        plots.path(trace, left)
        right.semilogy(trace.f, color=plots.COLORS[name], label=name)
    right.set(xlabel=word("axes.step"), title=word("still.loss"))
    right.legend(loc="best")
    return figure


nadam = Design(
    figure="nadam",
    controls=(
        Choice("surface", "Ravine", tuple(SURFACES)),
        Choice("psi", "optax", tuple(PSI)),
        Slider("lr", 0.2, low=0.005, high=2.0, log=True),
        Slider("beta1", 0.9, low=0.0, high=0.99, toward_one=True, group="averages"),
        Slider("beta2", 0.999, low=0.0, high=0.9999, toward_one=True, group="averages"),
        Point("start", (-4.0, 2.0), domain=LIMITS),
        anatomy(STEPS),
        RESET,
    ),
    rules=(Adam, NAdam),
    surfaces=(Ravine, Beale),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "limits": LIMITS,
        # JSON has no infinity; a psi so large makes the same numbers.
        "psi": {name: min(psi, 1e9) for name, psi in PSI.items()},
        "colors": {"result": RESULT, "correction": CORRECTION, "jump": JUMP},
    },
)
