"""The singular values of an update while Newton-Schulz steps bring them to 1, or near it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Choice, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import OWN_LOOK, style_of
from minioptim.problems import Function
from minioptim.rules import GradientDescent, Lion
from minioptim.rules.matrix import NEWTON_SCHULZ
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("newton_schulz")

LONGEST = 15
COEFFICIENTS = {"quintic": NEWTON_SCHULZ, "cubic": (1.5, -0.5, 0.0)}
# Of a matrix of length 1, in equal factors: as of a layer's gradient, most are small.
_FALLING = np.geomspace(1.0, 0.003, 16)
SINGULAR = (_FALLING / np.linalg.norm(_FALLING)).round(4)
LONGEST_VALUE = 1.25


def _map(coefficients: str, s: Array) -> Array:
    """Return what one step makes of singular values."""
    a, b, c = COEFFICIENTS[coefficients]
    made: Array = a * s + b * s**3 + c * s**5
    return made


def _traces(values: Values) -> dict[str, Trace]:
    # With lr 1 and the gradient s - p(s), a step goes from s to p(s).
    steps = Function(lambda s: 0 * s.sum(axis=-1), lambda s: s - _map(values["coefficients"], s))
    starts = {"all": SINGULAR, "one": np.array([values["s"]])}
    return {
        name: minimize(steps, GradientDescent(lr=1.0), start, steps=int(values["k"]))
        for name, start in starts.items()
    }


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.6, 3.4), layout="constrained")
    s = np.linspace(0, LONGEST_VALUE, 200)
    grey, ink = OWN_LOOK[0], style_of(GradientDescent)["color"]
    left.plot(s, s, color=grey, linestyle=":")
    left.plot(s, _map(values["coefficients"], s), color=style_of(Lion)["color"])
    path = traces["one"].x[:, 0]
    left.plot(np.repeat(path, 2)[:-1], [0, *np.repeat(path[1:], 2)], color=ink, linewidth=1)
    left.plot(path[0], 0, "o", color=ink)
    ends = (0, LONGEST_VALUE)
    left.set(xlim=ends, ylim=ends, aspect="equal", title=word("views.map"))
    left.set(xlabel=word("axes.before"), ylabel=word("axes.after"))
    place = np.arange(1, len(SINGULAR) + 1)
    right.semilogy(place, SINGULAR, "o", color=grey, label=word("legend.before"))
    now = style_of(Lion)["color"]
    right.semilogy(place, traces["all"].final, "D", color=now, label=word("legend.now"))
    right.axhline(1, color=ink, linestyle=":")
    right.set(xlabel=word("axes.number"), ylabel=word("axes.value"), ylim=(5e-4, 3))
    right.set(title=word("views.values"))
    right.legend(loc="best")
    return figure


newton_schulz = Design(
    figure="newton_schulz",
    controls=(
        Slider("k", 5, low=0, high=LONGEST, whole=True),
        Choice("coefficients", "quintic", tuple(COEFFICIENTS)),
        Slider("s", 0.05, low=0.0, high=1.0),
        RESET,
    ),
    rules=(Lion,),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "coefficients": COEFFICIENTS,
        "singular": SINGULAR.tolist(),
        "longest": LONGEST_VALUE,
    },
)
