"""Pictures of problems with one coordinate, and of those with many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from minioptim._arguments import numbers, whole
from minioptim.looks import style_of
from minioptim.plots.plane import _levels, path
from minioptim.plots.runs import Run, _drawable, _index, _label, _one_run
from minioptim.plots.style import _axes, _merged
from minioptim.problems import Problem
from minioptim.run import Trace

LINE_POINTS = 401
NO_MOTION = 1e-300


def line(
    problem: Problem, ax: Axes | None = None, domain: Sequence[float] | None = None, **kwargs: Any
) -> Axes:
    """Draw a function of one coordinate.

    Parameters
    ----------
    problem : Problem of one coordinate
        The function.
    ax : Axes, optional
        The current Axes by default.
    domain : (low, high), optional
        The interval; that of the Axes by default, so that `descent` may be called first.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError, ValueError
        ``domain`` is not two numbers that rise, or the problem has no value at each of its points.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import SGD, minimize
    >>> from minioptim.problems import Quadratic
    >>> bowl = Quadratic([1.0])
    >>> ax = line(bowl, plt.subplots()[1], domain=(-5, 5))
    >>> ax = descent(minimize(bowl, SGD(lr=1.5), [4.0], steps=8), ax)
    """
    ax = _axes(ax)
    low, high = _interval(ax.get_xlim() if domain is None else domain)
    x = np.linspace(low, high, LINE_POINTS)
    f = np.asarray(problem.value(x[:, None]))
    if f.shape != x.shape:
        raise ValueError(
            f"problem must have one value at each point of a line, got shape {f.shape} "
            f"for points of shape {(x.size, 1)} from {problem!r}"
        )
    defaults: dict[str, Any] = {"color": "#8894a3", "zorder": 1}
    ax.plot(x, f, **(defaults | kwargs))
    ax.set(xlim=(low, high), xlabel="x", ylabel="f")
    return ax


def descent(trace: Trace, ax: Axes | None = None, run: Run = (), **kwargs: Any) -> Axes:
    """Draw the points of a run with one coordinate on the graph of its function.

    They are joined in their order, from a hollow ring to a filled disc.

    Parameters
    ----------
    trace : Trace
        A trace with ``x``, of one coordinate, and ``f``.
    ax : Axes, optional
        The current Axes by default.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError, ValueError, AttributeError
        As for `minioptim.plots.path`; also if the trace has more than one coordinate.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import SGD, minimize
    >>> from minioptim.problems import Quadratic
    >>> trace = minimize(Quadratic([1.0]), SGD(lr=[0.1, 1.5]), [4.0], steps=8)
    >>> ax = descent(trace, plt.subplots()[1], run=1)
    >>> ax.lines[0].get_xdata()[:2].tolist()
    [4.0, -2.0]
    """
    x, f = _one_run(trace, "x", run), _one_run(trace, "f", run)
    if x.shape[-1] != 1:
        raise ValueError(
            f"trace must be of a problem of one coordinate, got {x.shape[-1]}; "
            "path draws two, and projection more"
        )
    x, f = _drawable(x[:, 0]), _drawable(f)
    ax = _axes(ax)
    label = _label(trace, _index(trace, run), [trace])
    own: dict[str, Any] = {"marker": ".", "linewidth": 1.2, "zorder": 2, "label": label}
    drawn = ax.plot(x, f, **_merged(style_of(trace.rule) | own, kwargs, Line2D))[0]
    ends: dict[str, Any] = {"marker": "o", "markersize": 8, "color": drawn.get_color(), "zorder": 3}
    ax.plot(x[:1], f[:1], linestyle="", markerfacecolor="white", **ends)
    ax.plot(x[-1:], f[-1:], linestyle="", **ends)
    ax.set(xlabel="x", ylabel="f")
    return ax


def projection(
    trace: Trace,
    problem: Problem | None = None,
    ax: Axes | None = None,
    run: Run = (),
    points: int = 31,
    **kwargs: Any,
) -> Axes:
    r"""Draw a run of many coordinates in the plane that holds most of its motion.

    The plane passes through the end of the run, along the two directions in which its points lie
    farthest from there: the first two right singular vectors of the matrix of
    :math:`x_t - x_\text{end}`. The axes say which share of these squared distances each holds.
    What happens at right angles to the plane is not seen, so the level lines need not fit the path.

    Parameters
    ----------
    trace : Trace
        A trace with ``x``, of two coordinates or more.
    problem : Problem, optional
        Its level lines in the plane are drawn, from ``points`` squared values.
    ax : Axes, optional
        The current Axes by default.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    points : int, >= 2
        Points of the grid on each side.
    **kwargs
        For `minioptim.plots.path`.

    Raises
    ------
    TypeError, ValueError, AttributeError
        As for `minioptim.plots.path`; also if the run has one coordinate, did not move, or is not
        finite.

    References
    ----------
    Li, Xu, Taylor, Studer and Goldstein (2018), Visualizing the loss landscape of neural nets,
    section 7.2.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import Momentum, minimize
    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> model = SoftmaxRegression(digits().train)
    >>> trace = minimize(model, Momentum(lr=0.5), steps=30)
    >>> ax = projection(trace, model, plt.subplots()[1], points=9)
    >>> ax.get_xlabel()
    'first direction (99 % of the motion)'
    """
    points = whole("points", points, at_least=2)
    x = _one_run(trace, "x", run)
    if x.shape[-1] < 2:
        raise ValueError("trace must be of two coordinates or more, got 1; descent draws one")
    if not np.isfinite(x).all():
        raise ValueError(f"trace must be finite to be projected, got {trace!r}")
    away = x - x[-1]
    _, sizes, directions = np.linalg.svd(away, full_matrices=False)
    total = np.sum(sizes**2)
    if len(sizes) < 2 or total <= NO_MOTION:
        raise ValueError(f"trace must move for two points at least to be projected, got {trace!r}")
    # A singular vector's sign is arbitrary: the start lies to the upper right.
    plane = directions[:2] * np.where(directions[:2] @ away[0] < 0, -1.0, 1.0)[:, None]
    seen = away @ plane.T
    ax = _axes(ax)
    if problem is not None:
        low, high = seen.min(axis=0), seen.max(axis=0)
        room = 0.15 * np.max(high - low)
        a, b = np.linspace(low - room, high + room, points).T
        grid = np.stack(np.meshgrid(a, b), axis=-1)
        f = np.stack([problem.value(x[-1] + row @ plane) for row in grid])
        levels = _levels(f, 12)
        if levels.size > 1:
            ax.contourf(a, b, f, levels=levels, cmap="Blues_r", alpha=0.35, extend="both")
        ax.contour(
            a, b, f, levels=levels, colors="#a9b4c0", linewidths=0.8, linestyles="solid", zorder=1
        )
    index = _index(trace, run)
    shown = Trace(
        rule=trace.rule.of_run(trace.diverged.shape, index) if index else trace.rule,
        t=trace.t,
        final=seen[-1],
        diverged=np.asarray(trace.diverged[index]),
        recorded={"x": seen},
    )
    path(shown, ax, **kwargs)
    share = np.round(100 * sizes[:2] ** 2 / total).astype(int)
    ax.set(
        xlabel=f"first direction ({share[0]} % of the motion)",
        ylabel=f"second direction ({share[1]} %)",
    )
    return ax


def _interval(domain: Sequence[float]) -> tuple[float, float]:
    ends = numbers("domain", domain, "two numbers (low, high)")
    if ends.shape != (2,) or not np.isfinite(ends).all() or not ends[0] < ends[1]:
        raise ValueError(f"domain must be two numbers (low, high) with low < high, got {domain!r}")
    return float(ends[0]), float(ends[1])
