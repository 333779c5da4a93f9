"""Momentum on a bowl: a map of the rate over lr and momentum, and the run at a place on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Button, Point, Slider, anatomy
from minioptim.live.figure import Design, Values
from minioptim.problems.surfaces import Bowl
from minioptim.rules import Momentum
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("momentum")

STEPS = 80
ANGLE = 0.5
START = (-1.6, 1.0)
NEAR = 0.01  # of the first distance from the minimum


def _traces(values: Values) -> dict[str, Trace]:
    a, momentum = values["place"]
    bowl = Bowl(1.0, values["condition"], ANGLE)
    rule = Momentum(lr=a / values["condition"], momentum=momentum)
    return {"momentum": minimize(bowl, rule, START, steps=STEPS)}


def _rate(a: Array, mu: Array) -> Array:
    """Return what a direction keeps of its error in a step, from the step's own matrix.

    The page has the formula for its eigenvalues, and asks it thousands of times at each move of
    the slider; a test holds the two against each other.
    """
    step = np.zeros((*a.shape, 2, 2))
    step[..., 0, 0], step[..., 0, 1], step[..., 1, 0] = 1 + mu - a, -mu, 1.0
    rate: Array = np.abs(np.linalg.eigvals(step)).max(axis=-1)
    return rate


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    condition, place = values["condition"], values["place"]
    a, mu = np.meshgrid(np.linspace(0.01, 4, 160), np.linspace(0, 0.99, 120))
    rate = np.maximum(_rate(a, mu), _rate(a / condition, mu))
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    shown = np.where(rate < 1, rate, np.nan)
    left.set_facecolor("#9a9a9a")  # where runs diverge, as on the page
    left.grid(visible=False)
    left.contourf(a, mu, shown, levels=np.linspace(0.4, 1, 13), cmap="Blues_r")
    left.plot(*place, "o", color="white", markeredgecolor="black")
    left.set(xlabel="lr · λmax", ylabel=word("axes.momentum"), title=word("still.map"))
    bowl = Bowl(1.0, condition, ANGLE)
    plots.contours(bowl, ax=right)
    plots.path(traces["momentum"], right)
    return figure


momentum = Design(
    figure="momentum",
    controls=(
        Point("place", (0.6, 0.8), domain=((0.005, 4.0), (0.0, 0.99))),
        Slider("condition", 20.0, low=1.0, high=100.0, log=True),
        Button("plain"),
        Button("optimum"),
        anatomy(STEPS, opens=4),  # across, what is kept and the push nearly cancel
        RESET,
    ),
    rules=(Momentum,),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "angle": ANGLE, "start": START, "near": NEAR},
)
