"""The roots of momentum and of Nesterov's method on a parabola, with their runs and their rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import RESET, Slider
from minioptim.live.figure import Design, Values
from minioptim.looks import COLORS
from minioptim.problems import Quadratic
from minioptim.rules import Momentum, Nesterov
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("nesterov_roots")

STEPS = 60  # that are drawn
LONGEST = 400  # steps in which a run may settle
NEAR = 0.01  # of the first distance from the minimum
KINDS = (Momentum, Nesterov)


def _traces(values: Values) -> dict[str, Trace]:
    amounts = {"lr": values["a"], "momentum": values["momentum"]}
    parabola = Quadratic([1.0])
    return {kind.__name__: minimize(parabola, kind(**amounts), [1.0], STEPS) for kind in KINDS}


def _roots(a: Array, mu: float, *, ahead: bool) -> Array:
    """Return both roots at each a, from the matrix of a step (x, v) -> (x, v).

    The page has the formula of the quadratic equation; a test holds the two against each other.
    """
    kept = mu * (1 - a) if ahead else mu + 0 * a
    step = np.stack([np.stack([1 - a, kept], -1), np.stack([-a, kept], -1)], -2)
    roots: Array = np.linalg.eigvals(step).astype(complex)
    return roots


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt
    from matplotlib.patches import Circle

    a, mu = values["a"], values["momentum"]
    fine = np.linspace(0.003, 4, 800)
    figure, axes = plt.subplot_mosaic("AB\nCC", figsize=(6.4, 5.6), layout="constrained")
    axes["A"].add_artist(Circle((0, 0), 1, fill=False, color="0.5", linestyle="--"))
    axes["C"].plot(fine, abs(1 - fine), color=COLORS["GradientDescent"], linewidth=1)
    for kind in KINDS:
        name, ahead = kind.__name__, kind is Nesterov
        color = COLORS[name]
        pairs = _roots(fine, mu, ahead=ahead)
        axes["C"].plot(fine, abs(pairs).max(axis=-1), color=color)
        axes["C"].plot(a, abs(_roots(np.array(a), mu, ahead=ahead)).max(), "o", color=color)
        bent = pairs[(fine < 1) & (abs(pairs.imag) > 0).any(axis=-1)]
        for half in (np.abs(bent.imag).max(axis=-1), -np.abs(bent.imag).max(axis=-1)):
            axes["A"].plot(bent.real[:, 0], half, color=color, linewidth=1)
        here = _roots(np.array(a), mu, ahead=ahead)
        axes["A"].plot(here.real, here.imag, "o", color=color)
        label = "Nesterov" if ahead else word("legend.momentum")
        axes["B"].plot(traces[name].x[:, 0], color=color, label=label)
    axes["C"].axhline(1, color="0.5", linestyle="--")
    axes["A"].set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect=1, title=word("views.roots"))
    axes["B"].set(ylim=(-1.2, 1.2), xlabel=word("axes.step"), title=word("views.runs"))
    axes["B"].legend(loc="best")
    axes["C"].set(xlabel=word("controls.a"), ylim=(0, 1.3), title=word("still.rates"))
    return figure


nesterov_roots = Design(
    figure="nesterov_roots",
    controls=(
        Slider("a", 0.1, low=0.01, high=4.0, log=True),
        Slider("momentum", 0.9, low=0.0, high=0.99, toward_one=True),
        RESET,
    ),
    rules=KINDS,
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "longest": LONGEST,
        "near": NEAR,
        "descent": COLORS["GradientDescent"],
    },
)
