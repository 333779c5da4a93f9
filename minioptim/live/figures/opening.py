"""Four rules on one surface, side by side: the figure that opens the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minioptim.live import words
from minioptim.live.controls import RESET, Button, Choice, Point, Slider
from minioptim.live.figure import Design, Values
from minioptim.live.figures.race import TUNED, share_of, starting_point
from minioptim.problems import SURFACES
from minioptim.rules import Adam, GradientDescent, Momentum, RMSProp
from minioptim.run import Trace, minimize
from minioptim.schedules import Linear

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("opening")

STEPS = 100  # of the chapter's race, whose learning rates these are
RACED = ("Beale", "Rosenbrock", "Himmelblau")
KINDS = {kind.__name__: kind for kind in SURFACES if kind.__name__ in RACED}
RULES = (GradientDescent, Momentum, RMSProp, Adam)


def _traces(values: Values) -> dict[str, Trace]:
    surface = KINDS[values["surface"]]()
    found = {}
    for rule in RULES:
        falling = Linear(TUNED[values["surface"]][rule.__name__], 0.0, steps=STEPS)
        found[rule.__name__] = minimize(
            surface, rule(lr=falling), starting_point(values), steps=STEPS
        )
    return found


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    surface = KINDS[values["surface"]]()
    figure, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.5), layout="constrained")
    plots.contours(surface, left)
    for name, trace in traces.items():
        look = {"color": plots.style_of(trace.rule)["color"], "linewidth": 1.6}
        left.plot(*trace.x.T, **look)
        right.semilogy(trace.f - surface.minimum, **look, label=word(f"rules.{name}"))
    left.set(xlim=surface.domain[0], ylim=surface.domain[1], title=word("views.paths"))
    right.set(xlabel=word("axes.step"), title=word("views.gap"))
    right.legend(loc="best", fontsize=9)
    return figure


opening = Design(
    figure="opening",
    controls=(
        Choice("surface", "Beale", RACED),
        Slider("step", 30, low=0, high=STEPS, whole=True),
        Point("start", share_of("Beale"), domain=((0.0, 1.0), (0.0, 1.0))),
        Button("play"),
        RESET,
    ),
    rules=RULES,
    surfaces=tuple(KINDS.values()),
    traces=_traces,
    still=_still,
    facts={
        "tuned": {
            name: {rule.__name__: TUNED[name][rule.__name__] for rule in RULES} for name in RACED
        },
        "steps": STEPS,
        # lr at each step over the first: the schedule's own numbers.
        "falling": [Linear(1.0, 0.0, steps=STEPS)(t) for t in range(1, STEPS + 1)],
    },
)
