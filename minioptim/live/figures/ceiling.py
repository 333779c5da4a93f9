"""The descent lemma: a parabola over a function, and the fall that it promises to a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.problems import Function
from minioptim.rules import GradientDescent
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("ceiling")

BEND, WAVE, PACE = 0.14, 0.55, 1.3  # f(x) = BEND x^2 + WAVE sin(PACE x)
STEEPEST = 2 * BEND + WAVE * PACE**2  # L, the curvature where the sine is -1
DOMAIN = ((-0.6, 6.2), (-0.6, 4.6))


def _value(x: Array) -> Array:
    height: Array = BEND * x[..., 0] ** 2 + WAVE * np.sin(PACE * x[..., 0])
    return height


def _gradient(x: Array) -> Array:
    slope: Array = 2 * BEND * x + WAVE * PACE * np.cos(PACE * x)
    return slope


def _traces(values: Values) -> dict[str, Trace]:
    rule = GradientDescent(lr=values["lr"] / STEEPEST)
    wavy = Function(_value, _gradient)
    return {"gradient descent": minimize(wavy, rule, [values["x"]], steps=1)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    start, step = values["x"], float(traces["gradient descent"].final[0])
    height, slope = float(_value(np.array([start]))), float(_gradient(np.array([start]))[0])
    x = np.linspace(*DOMAIN[0], 400)
    tangent = height + slope * (x - start)
    over = height + slope * (step - start) + STEEPEST / 2 * (step - start) ** 2
    under = float(_value(np.array([step])))
    figure, ax = plt.subplots(figsize=(5.0, 4.0), layout="constrained")
    ax.plot(x, _value(x[:, None]), color="0.1")
    ax.plot(x, tangent, color="tab:blue", ls="--", lw=1.2)
    ax.plot(x, tangent + STEEPEST / 2 * (x - start) ** 2, color="tab:red")
    ax.plot([step, start], [height, height], color="0.6", lw=1, ls=":")
    ax.plot([step, step], [height, under], color="0.1", lw=1)
    ax.plot([step, step], [height, over], color="tab:red", lw=3)
    ax.plot(start, height, "o", color="0.1", mfc="white", ms=8, zorder=5)
    ax.plot(step, over, "o", color="tab:red", ms=7, zorder=5)
    ax.plot(step, under, "o", color="0.1", ms=7, zorder=5)
    ax.text(step + 0.1, (height + over) / 2, word("still.promised"), color="tab:red", va="center")
    ax.text(1.0, 3.7, word("still.ceiling"), color="tab:red", ha="right")
    ax.text(3.6, -0.35, word("still.tangent"), color="tab:blue")
    ax.set(ylim=DOMAIN[1], xlabel="x", ylabel=word("axes.height"), title=word("views.ceiling"))
    return figure


ceiling = Design(
    figure="ceiling",
    controls=(
        Slider("lr", 1.0, low=0.0, high=3.0),
        Slider("x", 4.75, low=-0.4, high=6.0),
        RESET,
    ),
    rules=(GradientDescent,),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={"bend": BEND, "wave": WAVE, "pace": PACE, "steepest": STEEPEST, "domain": DOMAIN},
)
