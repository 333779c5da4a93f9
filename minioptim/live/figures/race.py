"""Every rule on every surface, each at its own lr, step by step."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from minioptim._arguments import Array
from minioptim.live import words
from minioptim.live.controls import (
    RESET,
    SHARE,
    Button,
    Choice,
    Control,
    Point,
    Slider,
    Switch,
)
from minioptim.live.figure import Design, Values
from minioptim.problems import SURFACES
from minioptim.rules import RULES
from minioptim.run import Trace, minimize
from minioptim.schedules import Linear

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("race")

LENGTHS = ("100", "300")  # steps of a race
SHOWN = ("GradientDescent", "Momentum", "Nesterov", "Adagrad", "RMSProp", "Adam")
# The lr that the chapter's race found for each rule; running the chapter writes the file.
# Rastrigin's surface is no race but a lottery: it has none.
TUNED: dict[str, dict[str, float]] = json.loads(
    (files("minioptim") / "data" / "race.json").read_text(encoding="utf-8")
)
# Those that did not race walk the path of another rule, or nearly: with its lr, times a factor.
AS_FOR = {
    "BufferMomentum": ("Momentum", 1.0),
    "EWMAMomentum": ("Momentum", 10.0),  # at momentum 0.9
    "CenteredRMSProp": ("RMSProp", 1.0),
    "AdamW": ("Adam", 1.0),
    "Lion": ("Adam", 0.1),  # its steps never shorten by themselves
}


def _tuned(surface: str) -> dict[str, float]:
    """Return the tuned lr of every rule on a surface that was raced on."""
    found = dict(TUNED[surface])
    for name, (other, factor) in AS_FOR.items():
        found[name] = float(f"{factor * found[other]:.4g}")
    for rule in RULES:  # a rule that nobody has tuned yet
        found.setdefault(rule.__name__, rule().lr)  # type: ignore[attr-defined]
    return found


def starting_point(values: Values) -> Array:
    """Return where the runs start: ``start`` is a share of the picture, from 0 to 1.

    Parameters
    ----------
    values : mapping of name to value
        The controls' values, ``surface`` and ``start`` among them.

    Raises
    ------
    StopIteration
        There is no surface of that name.

    Examples
    --------
    >>> starting_point({"surface": "Beale", "start": (0.5, 0.0)}).tolist()
    [0.0, -4.5]
    """
    surface = next(kind for kind in SURFACES if kind.__name__ == values["surface"])
    low, high = np.array(surface.domain).T
    point: Array = low + (high - low) * np.array(values["start"])
    return point


def share_of(surface: str) -> tuple[float, ...]:
    """Return the place of a surface's own start as a share of the picture, from 0 to 1.

    Parameters
    ----------
    surface : str
        The name of one that is raced on.

    Raises
    ------
    StopIteration
        There is no surface of that name.

    Examples
    --------
    >>> [round(float(share), 3) for share in share_of("Ravine")]
    [0.15, 0.7]
    """
    kind = next(kind for kind in SURFACES if kind.__name__ == surface)
    pairs = zip(kind.start, kind.domain, strict=True)
    return tuple((at - low) / (high - low) for at, (low, high) in pairs)


def _traces(values: Values) -> dict[str, Trace]:
    surface = next(kind for kind in SURFACES if kind.__name__ == values["surface"])()
    steps = int(values["steps"])
    traces = {}
    for rule in RULES:
        lr = values[f"lr_{rule.__name__}"]
        made = rule(lr=Linear(lr, 0.0, steps=steps) if values["falling"] else lr)
        if values[f"show_{rule.__name__}"]:
            traces[rule.__name__] = minimize(surface, made, starting_point(values), steps=steps)
    return traces


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    from minioptim import plots

    surface = next(kind for kind in SURFACES if kind.__name__ == values["surface"])()
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.4), layout="constrained")
    plots.contours(surface, left)
    for name, trace in traces.items():
        look = {key: plots.style_of(trace.rule)[key] for key in ("color", "linestyle")}
        left.plot(*trace.x.T, **look, linewidth=1.4)
        right.semilogy(trace.f - surface.minimum, **look, linewidth=1.4, label=name)
    left.set(xlim=surface.domain[0], ylim=surface.domain[1])
    right.set(xlabel=word("axes.step"), title=word("views.gap"))
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _controls() -> tuple[Control, ...]:
    names = tuple(kind.__name__ for kind in SURFACES)
    kinds = tuple(rule.__name__ for rule in RULES)
    lrs = _tuned("Beale")
    each: list[Control] = []
    for rule in RULES:
        name = rule.__name__
        shown = Switch(f"show_{name}", value=name in SHOWN, group="rules", says="show", of=name)
        lr = Slider(
            f"lr_{name}",
            lrs[name],
            low=1e-6,
            high=1e3,
            log=True,
            group="rules",
            says="lr",
            of=name,
        )
        each += [shown, lr]
    return (
        Choice("surface", "Beale", names, names=names),
        Slider("step", 100, low=0, high=int(LENGTHS[-1]), whole=True),
        Choice("steps", "100", LENGTHS, names=LENGTHS),
        Choice("anatomy", "none", ("none", *kinds), names=kinds),
        Choice("speed", "1", ("0.25", "1", "4")),
        Switch("falling", value=True),
        *each,
        Point("start", share_of("Beale"), domain=((0.0, 1.0), (0.0, 1.0))),
        Button("play"),
        Button("tuned"),
        Button("home"),
        SHARE,
        RESET,
    )


race = Design(
    figure="race",
    controls=_controls(),
    rules=RULES,
    surfaces=SURFACES,
    traces=_traces,
    still=_still,
    facts={
        "tuned": {surface: _tuned(surface) for surface in TUNED},
        "home": {kind.__name__: share_of(kind.__name__) for kind in SURFACES},
        # lr at each step over the first: the schedule's own numbers.
        "falling": {
            length: [Linear(1.0, 0.0, steps=int(length))(t) for t in range(1, int(length) + 1)]
            for length in LENGTHS
        },
    },
)
