"""One coordinate measured in another unit: which rules notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array, Real
from minioptim.live import words
from minioptim.live.controls import RESET, Slider, Switch
from minioptim.live.figure import Design, Values
from minioptim.problems import Function
from minioptim.problems.surfaces import Bowl
from minioptim.rules import Adadelta, Adagrad, GradientDescent, Rule
from minioptim.rules.variants import BegunAdadelta, NewtonStep
from minioptim.run import Trace, minimize

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("adadelta")

STEPS = 100
BOWL = Bowl(0.1, 2.0)  # the ravine x^2 / 20 + y^2
START = (-7.0, 2.0)
UNITS = (0.001, 1000.0)


RULES: tuple[Rule, ...] = (GradientDescent(lr=0.5), Adagrad(lr=1.5), Adadelta())


def _traces(values: Values) -> dict[str, Trace]:
    s = values["scale"]  # x = s u: the run is in u, and what is shown is x
    unit = np.array([s, 1.0])
    measured = Function(
        lambda u: BOWL.value(u * unit), lambda u: BOWL.gradient(u * unit) * unit, start=START / unit
    )

    # On the page each coordinate is a run by itself; here both are one, with states of their own.
    class Begun(BegunAdadelta):
        def start(self, x: Real) -> tuple[Real, ...]:  # noqa: ARG002
            return 0.0, 0.01 / unit**2

    class Newton(NewtonStep):
        def start(self, x: Real) -> tuple[Real, ...]:  # noqa: ARG002
            return (np.array([BOWL.lambda1, BOWL.lambda2]) * unit**2,)

    rules = {type(rule).__name__: rule for rule in RULES} | {"NewtonStep": Newton()}
    if values["begun"]:
        rules["Adadelta"] = Begun(eps=0.0)
    return {name: minimize(measured, rule, steps=STEPS) for name, rule in rules.items()}


def _in_metres(trace: Trace, scale: float) -> Array:
    x: Array = trace.x * [scale, 1.0]
    return x


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    figure, (paths, over) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    plots.contours(BOWL, paths, ((-8.0, 4.0), (-3.0, 3.0)))
    scales = np.geomspace(*UNITS, 19)
    along = [_traces(values | {"scale": float(scale)}) for scale in scales]
    for name in ("NewtonStep", "GradientDescent", "Adagrad", "Adadelta"):
        look = {"color": plots.COLORS.get(name, "#6b7280"), "lw": 3 if name == "Adadelta" else 1.4}
        path = _in_metres(traces[name], values["scale"])
        inside = path[np.abs(path).max(axis=1) < 20]
        paths.plot(*inside.T, **look)
        paths.plot(*inside[-1], "o", color=look["color"])
        ends = np.array(
            [scale * run[name].x[-1, 0] for scale, run in zip(scales, along, strict=True)]
        )
        over.semilogx(scales, np.where(np.abs(ends) < 20, ends, np.nan), **look)
    paths.set(title=word("still.unit", scale=f"{values['scale']:g}"), xlim=(-8, 4), ylim=(-3, 3))
    over.set(title=word("views.over", steps=STEPS), xlabel=word("axes.unit"), ylim=(-8, 2))
    return figure


adadelta = Design(
    figure="adadelta",
    controls=(
        Slider("scale", 1.0, low=UNITS[0], high=UNITS[1], log=True),
        Switch("begun", value=False),
        RESET,
    ),
    rules=(GradientDescent, Adagrad, Adadelta, BegunAdadelta, NewtonStep),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "start": START,
        "units": UNITS,
        "curvatures": (BOWL.lambda1, BOWL.lambda2),
        "values": {type(rule).__name__: {"lr": rule.lr} for rule in RULES},  # type: ignore[attr-defined]
    },
)
