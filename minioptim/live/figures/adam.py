"""Adam's step in units of lr, for gradients of several kinds, with and without bias correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Choice, Slider, Switch, anatomy
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.problems import Ravine
from minioptim.rules import Adam
from minioptim.rules.variants import UncorrectedAdam
from minioptim.run import Trace, feed, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adam")

STEPS = 100
KINDS = ("constant", "noise", "alternating", "lone", "falling")


DRAWS = normal(6, STEPS)  # of mean 0.003: a mean step is close to what the chapter derives


def _gradients(noise: float) -> dict[str, Array]:
    """Return each kind of gradients, step by step; ``noise`` is a standard deviation."""
    t = np.arange(1, STEPS + 1)
    return {
        "constant": np.ones(STEPS),
        "noise": 1 + noise * DRAWS,
        "alternating": np.where(t % 2 == 1, 1.0, -1.0),
        "lone": np.where(t == 50, 1.0, 1e-6),
        # By products, which every processor rounds alike; its powers differ in the last digit.
        "falling": np.cumprod(np.full(STEPS, 0.9)),
    }


def _rules(values: Values) -> dict[str, Adam]:
    amounts = {name: values[name] for name in ("beta1", "beta2", "eps")}
    kind = Adam if values["corrected"] else UncorrectedAdam
    return {"series": kind(lr=1.0, **amounts), "ravine": kind(lr=values["lr"], **amounts)}


def _traces(values: Values) -> dict[str, Trace]:
    rules = _rules(values)
    return {
        "steps": feed(rules["series"], _gradients(values["noise"])[values["kind"]]),
        "ravine": minimize(Ravine(), rules["ravine"], steps=STEPS),
    }


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    for corrected, dash in ((True, "-"), (False, ":")):
        shown = _traces(values | {"corrected": corrected})["steps"]
        name = word("still.corrected") if corrected else word("still.uncorrected")
        moves = np.abs(np.diff(shown.x[:, 0]))
        left.plot(np.arange(1, STEPS + 1), moves, dash, color=plots.COLORS["Adam"], label=name)
    left.set(xlabel=word("axes.step"), title=word("still.moves"))
    left.legend()
    plots.contours(Ravine(), ax=right)
    plots.path(traces["ravine"], right)
    return figure


adam = Design(
    figure="adam",
    controls=(
        Choice("kind", "constant", KINDS),
        Slider("noise", 2.0, low=0.0, high=10.0),
        Switch("corrected", value=True),
        Slider("beta1", 0.9, low=0.0, high=0.99, toward_one=True),
        Slider("beta2", 0.999, low=0.0, high=0.9999, toward_one=True),
        Slider("eps", 1e-8, low=1e-8, high=10.0, log=True),
        Slider("lr", 0.3, low=0.01, high=3.0, log=True),
        anatomy(STEPS, opens=10),  # the step that the chapter has drawn
        RESET,
    ),
    rules=(Adam, UncorrectedAdam),
    surfaces=(Ravine,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "gradients": {kind: series.tolist() for kind, series in _gradients(0.0).items()},
        "draws": DRAWS.tolist(),
    },
)
