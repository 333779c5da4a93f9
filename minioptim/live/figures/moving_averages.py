"""An exponentially weighted moving average: what it follows, and what it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.averages import ewma
from minioptim.live import words
from minioptim.live.controls import RESET, Slider, Switch
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.rules import EWMAMomentum
from minioptim.run import Trace, feed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("moving_averages")

STEPS = 120
MEAN = tuple(15 + 8 * float(np.cos(2 * np.pi * t / STEPS)) for t in range(1, STEPS + 1))
SIGMA = 3.0


def _series(seed: int) -> Array:
    """Return the noisy series of a draw."""
    return np.array(MEAN) + SIGMA * normal(seed, STEPS)


def _traces(values: Values) -> dict[str, Trace]:
    # The rule's v is the average of what it is given; with lr 0 it goes nowhere.
    rule = EWMAMomentum(lr=0.0, beta=values["beta"])
    return {"average": feed(rule, _series(int(values["seed"])))}


def _still(values: Values, _traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    y, t, beta = _series(int(values["seed"])), np.arange(1, STEPS + 1), values["beta"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    left.plot(t, y, ".", color="0.6")
    left.plot(t, MEAN, color="#b84300", linestyle="--", linewidth=1.5)
    left.plot(t, ewma(y, beta, corrected=values["corrected"]), color=plots.COLORS["EWMAMomentum"])
    left.set(xlabel="t", title=word("still.series"), ylim=(0, 32))
    age = np.arange(40)
    right.bar(age, (1 - beta) * beta**age, width=0.8, color="#9db8d9")
    half_life = np.log(0.5) / np.log(beta)
    # Named in a legend: the two lines stand too close for labels beside them.
    window = 1 / (1 - beta)
    for place, name, dash in ((half_life, word("marks.half"), ":"), (window, "1/(1-β)", "--")):
        right.axvline(place, color="0.3", linestyle=dash, label=name)
    right.legend(loc="best")
    right.set(xlabel=word("still.age"), title=word("still.weights"))
    return figure


moving_averages = Design(
    figure="moving_averages",
    controls=(
        Slider("beta", 0.9, low=0.0, high=0.99, toward_one=True),
        Slider("day", 60, low=1, high=STEPS, whole=True),
        Slider("seed", 1, low=1, high=99, whole=True),
        Switch("corrected", value=False),
        RESET,
    ),
    rules=(EWMAMomentum,),
    surfaces=(),
    traces=_traces,
    still=_still,
    facts={"steps": STEPS, "mean": MEAN, "sigma": SIGMA},
)
