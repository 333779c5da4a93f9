"""Curves over the steps of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from minioptim._arguments import numbers
from minioptim.looks import style_of
from minioptim.plots.runs import Run, _drawable, _index, _label, _one_run, _pick, _traces
from minioptim.plots.style import _axes, _merged, legend, tints
from minioptim.run import Trace


def loss_curves(
    traces: Trace | Iterable[Trace],
    ax: Axes | None = None,
    floor: float | None = None,
    labels: Sequence[str] | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw f - floor over the steps, on a logarithmic scale, with a legend under the Axes.

    If f goes below 0 and no floor is given, the scale is linear, since a logarithm would hide the
    best runs. The logarithmic scale stops at 100 times the highest start, so that a run that
    diverges leaves at the top, and sixteen powers of ten below it, which is the precision of a
    float; values at or below the floor, of which there is no logarithm, leave at the bottom. A note
    says how many curves have no value above the floor; if none has one, the scale is linear. Values
    that are not finite leave a gap.

    Parameters
    ----------
    traces : Trace or several
        Traces with ``f``. Each run of a batch becomes a curve, in the order of the batch; curves
        of the same rule differ in tint.
    ax : Axes, optional
        The current Axes by default.
    floor : float, optional
        The least value of f, in units of f; it is subtracted from f before drawing. By default it
        is 0.
    labels : list of str, optional
        One for each curve. By default `label_of` each run, with whatever differs between traces
        of one rule; traces that differ only in schedule or start need labels of your own.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError
        One of ``traces`` is not a trace, or ``floor`` is not a number.
    ValueError
        There is no trace, the floor is not finite, or the number of labels is wrong.
    AttributeError
        ``f`` was not recorded.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import GradientDescent, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.9, 1.1]), steps=50)
    >>> ax = loss_curves(trace, plt.subplots()[1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()][2]
    'GradientDescent, lr = 1.1'
    """
    least = numbers("floor", 0.0 if floor is None else floor, "a finite number")
    if least.ndim or not np.isfinite(least):
        raise ValueError(f"floor must be a finite number, got {floor!r}")
    several = _traces(traces)
    curves = [(trace, run) for trace in several for run in np.ndindex(trace.diverged.shape)]
    if labels is None:
        labels = [_label(trace, run, several) for trace, run in curves]
    if len(labels) != len(curves):
        raise ValueError(f"labels must be one for each of {len(curves)} curves, got {labels!r}")
    heights = [_drawable(_one_run(trace, "f", run) - least) for trace, run in curves]
    of_color = Counter(style_of(trace.rule)["color"] for trace, _ in curves)
    left = {color: tints(color, count) for color, count in of_color.items()}

    ax = _axes(ax)
    for k, ((trace, _), height, label) in enumerate(zip(curves, heights, labels, strict=True)):
        every = max(1, height.size // 6)
        look: dict[str, Any] = style_of(trace.rule)
        look |= {
            "color": left[look["color"]].pop(0),
            "label": label,
            "markersize": 5,
            # A few marks along each curve, at different steps in each.
            "markevery": (k * every // len(curves), every),
        }
        ax.plot(trace.t, height, **_merged(look, kwargs, Line2D))
    hidden = sum(not (height > 0).any() for height in heights)
    falls_below = floor is None and any((height < 0).any() for height in heights)
    # After the curves: Matplotlib warns of a logarithmic scale that has nothing to show.
    if hidden < len(curves) and not falls_below:
        ax.set_yscale("log", nonpositive="clip")
        _cut_scale(ax, [height[0] for height in heights])
        if hidden:
            _note(ax, f"{hidden} of {len(curves)} curves have no value above {least:g}")
    ax.set(xlabel="step t", ylabel=_above(float(least)))
    return legend(ax)


def state(
    trace: Trace,
    name: str,
    ax: Axes | None = None,
    coordinate: int | Sequence[int] | None = None,
    run: Run = (),
    **kwargs: Any,
) -> Axes:
    """Draw a state of the rule over the steps, one line per coordinate.

    Parameters
    ----------
    trace : Trace
        A trace with ``state``.
    name : str
        Which state, as the rule names it: "v", "m", "G", ...
    ax : Axes, optional
        The current Axes by default.
    coordinate : int or several, optional
        Which coordinates, counted from 0; all by default.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError
        ``trace`` is not a trace.
    ValueError
        The rule has no such state, there is no such coordinate, or ``run`` does not name one run.
    AttributeError
        ``state`` was not recorded.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Adam(lr=0.3), steps=40)
    >>> ax = state(trace, "m", plt.subplots()[1])
    >>> [line.get_label() for line in ax.get_lines()]
    ['m[0]', 'm[1]']
    """
    index = _index(trace, run)
    known = trace.state
    if name not in known:
        raise ValueError(
            f"name must be a state of {type(trace.rule).__name__}, "
            f"which has {tuple(known) or 'none'}, got {name!r}"
        )
    d = trace.final.shape[-1]
    wanted = range(d) if coordinate is None else np.atleast_1d(coordinate).tolist()
    for j in wanted:
        if isinstance(j, bool) or j not in range(d):
            raise ValueError(f"coordinate must be among 0, ..., {d - 1}, got {coordinate!r}")
    rows = _drawable(_pick(known[name], index))
    ax = _axes(ax)
    colors = tints(style_of(trace.rule)["color"], len(wanted))
    dashes = ("-", "--", "-.", ":")
    for k, (j, color) in enumerate(zip(wanted, colors, strict=True)):
        look = {"color": color, "linestyle": dashes[k % len(dashes)], "label": f"{name}[{j}]"}
        ax.plot(trace.t, rows[:, j], **_merged(look, kwargs, Line2D))
    ax.set(xlabel="step t", ylabel=name)
    return ax


def _note(ax: Axes, text: str) -> None:
    """Write in a corner of the Axes what they do not show."""
    ax.text(0.99, 0.02, text, transform=ax.transAxes, ha="right", va="bottom", fontsize="small")


def _above(floor: float) -> str:
    if floor == 0:
        return "f"
    return f"f {'−' if floor > 0 else '+'} {abs(floor):.4g}"


def _cut_scale(ax: Axes, starts: Iterable[float]) -> None:
    """Limit a logarithmic scale that follows its data to the range worth seeing."""
    start = np.nanmax([0.0, *starts])
    if start <= 0 or not ax.get_autoscaley_on() or ax.get_yscale() != "log":
        return
    low, high = ax.get_ylim()
    if high > 100 * start:
        ax.set_ylim(top=100 * start)
    if low < 1e-16 * start:
        ax.set_ylim(bottom=1e-16 * start)
