"""A rate that falls, and averages of a run whose rate stays, on a bowl with noisy gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Button, Slider
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.looks import COLORS, OWN_LOOK, style_of
from minioptim.problems import Function
from minioptim.rules import GradientDescent, Rule, ScheduleFree
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("without_a_schedule")

STEPS = 300
CURVATURES = np.geomspace(0.02, 1.0, 24).round(4)
START, SIGMA = 5.0, 0.5
HIGHEST = 1.8  # of the learning rate; at 2 the steepest coordinate diverges


def _value(x: Array) -> Array:
    """Return the mean over the coordinates of the height above the minimum."""
    height: Array = (CURVATURES * x**2).mean(axis=-1) / 2
    return height


def _run(rule: Rule, seed: int) -> Trace:
    """Return a run on the page's noise, which begins anew with each run."""
    draws = iter(SIGMA * normal(seed, STEPS, len(CURVATURES)))
    noisy = Function(_value, lambda x: CURVATURES * x + next(draws))
    return minimize(noisy, rule, np.full(len(CURVATURES), START), steps=STEPS)


def _traces(values: Values) -> dict[str, Trace]:
    lr, begin, seed = values["lr"], int(values["begin"]), int(values["seed"])

    def falling(t: int) -> float:
        return float(lr * min(1.0, (STEPS + 1 - t) / (STEPS - begin)))

    return {
        "constant": _run(GradientDescent(lr=lr), seed),
        "schedule": _run(GradientDescent(lr=falling), seed),
        "free": _run(ScheduleFree(lr=lr), seed),
    }


def tail(points: Array, begin: int) -> Array:
    """Return the mean, up to each step, of the points after step ``begin``; before it the points.

    Parameters
    ----------
    points : array of shape (n, d)
        The start and the point after each step.
    begin : int
        The last step that is not averaged.

    Returns
    -------
    array of shape (n, d)

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> tail(np.array([[8.0], [4.0], [2.0], [0.0]]), 1).ravel().tolist()
    [8.0, 4.0, 2.0, 1.0]
    """
    late = points[begin + 1 :]
    means = np.cumsum(late, axis=0) / np.arange(1, len(late) + 1)[:, None]
    return np.concatenate([points[: begin + 1], means])


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    lr, begin = values["lr"], int(values["begin"])
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5.6, 5.2), sharex=True, height_ratios=(1, 2.2), layout="constrained"
    )
    dark = style_of(GradientDescent)["color"]
    above.plot([0, begin, STEPS], [lr, lr, 0], color=dark)
    above.plot(begin, lr, "o", color=dark)
    above.set(ylabel=word("axes.rate"), ylim=(0, 2), title=word("views.rate"))
    below.semilogy(traces["constant"].f, color=OWN_LOOK[0], lw=0.8, label=word("legend.constant"))
    below.semilogy(traces["schedule"].f, color=dark, label=word("legend.schedule"))
    average = _value(tail(traces["constant"].x, begin))
    average[: begin + 1] = np.nan
    below.semilogy(average, color=COLORS["Momentum"], ls="--", label=word("legend.average"))
    below.semilogy(traces["free"].f, color=COLORS["ScheduleFree"], label=word("legend.free"))
    below.set(xlabel=word("axes.step"), ylim=(3e-3, 5), title=word("views.loss"))
    below.legend(loc="best")
    return figure


without_a_schedule = Design(
    figure="without_a_schedule",
    controls=(
        Slider("begin", 200, low=0, high=STEPS - 1, whole=True),
        Slider("lr", 0.5, low=0.05, high=HIGHEST, log=True),
        Slider("seed", 1, low=1, high=99, whole=True),
        Button("draw"),
        RESET,
    ),
    rules=(GradientDescent, ScheduleFree),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "curvatures": CURVATURES.tolist(),
        "start": START,
        "sigma": SIGMA,
        "average": COLORS["Momentum"],
    },
)
