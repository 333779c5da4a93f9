"""Nesterov's step taken apart, beside plain momentum's from the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minioptim.live import words
from minioptim.live.controls import RESET, Button, Point, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import CORRECTION, JUMP
from minioptim.problems.surfaces import Bowl
from minioptim.rules import Momentum, Nesterov
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("nesterov")

STEPS = 30
BOWL = Bowl(1.0, 10.0, 0.5)


def _traces(values: Values) -> dict[str, Trace]:
    amounts = {"lr": values["lr"], "momentum": values["momentum"]}
    return {
        kind.__name__: minimize(BOWL, kind(**amounts), values["start"], steps=STEPS)
        for kind in (Nesterov, Momentum)
    }


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(BOWL, ax=left)
    for trace in traces.values():
        plots.path(trace, left)
    t, trace = int(values["moment"]) // 3, traces["Nesterov"]
    x, q, after = trace.x[t], trace.query[t], trace.x[t + 1]
    for start, end, color in ((x, q, JUMP), (q, after, CORRECTION)):
        right.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color})
    right.plot(*zip(x, q, after, strict=True), "o", color="0.3", markersize=4)
    right.set(title=word("still.step", t=t + 1), xlabel="x", ylabel="y")
    right.margins(0.2)
    right.set_aspect("equal", adjustable="datalim")
    return figure


nesterov = Design(
    figure="nesterov",
    controls=(
        Slider("moment", 8, low=0, high=3 * STEPS - 1, whole=True),
        Slider("lr", 0.06, low=0.005, high=0.3, log=True),
        Slider("momentum", 0.85, low=0.0, high=0.99, toward_one=True),
        Point("start", (-1.6, 1.0), domain=((-2.0, 2.0), (-2.0, 2.0))),
        Button("back"),
        Button("next"),
        RESET,
    ),
    rules=(Nesterov, Momentum),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "curvatures": (BOWL.lambda1, BOWL.lambda2),
        "angle": BOWL.angle,
        "colors": {"jump": JUMP, "correction": CORRECTION},
    },
)
