"""Pictures of a problem in the plane: level lines, paths, arrows, animations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from minioptim._arguments import Array, numbers, whole
from minioptim.looks import CORRECTION, JUMP, style_of
from minioptim.plots.runs import (
    DRAWABLE,
    Run,
    _drawable,
    _index,
    _label,
    _one_run,
    _trace,
    _traces,
    label_of,
)
from minioptim.plots.style import _axes, _merged, legend, tints
from minioptim.problems import Problem
from minioptim.run import Trace

Domain: TypeAlias = Sequence[Sequence[float]]
"""The part of the plane that a picture shows: ((x from, x to), (y from, y to))."""

GRID_POINTS = 301  # a side; enough for a smooth line along Rosenbrock's valley
MANY_PIECES = 150  # of level lines: Rastrigin has nearly 800, all other surfaces at most 50
MARKED_STEPS = 100  # beyond this number, the marks of single steps run together


def contours(
    problem: Problem,
    ax: Axes | None = None,
    domain: Domain | None = None,
    levels: int | npt.ArrayLike = 12,
    **kwargs: Any,
) -> Axes:
    r"""Draw level lines of a function of two coordinates, and a star at each known minimum.

    The levels are chosen to show the shape whatever the scale of f: f lies below the k-th of n
    levels on the share :math:`(k/(n+1))^2` of the picture. Around the minimum of a round or long
    bowl the lines are then equally far apart, and replacing f by any increasing function of f, such
    as its logarithm, changes no line. Their spacing does not show how steep f is: pass values for
    that. If f is flat over a large part, lines at its least or greatest value are left out; if none
    remains, one is drawn half way between the two. With two or more lines, the areas between them
    are shaded.

    Parameters
    ----------
    problem : Surface, or another Problem of two coordinates
        The problem to draw. A surface has its own domain.
    ax : Axes, optional
        The current Axes by default. Its limits become the domain, with the same scale on both
        axes, so that gradients are at right angles to the lines.
    domain : ((x low, x high), (y low, y high)), optional
        The region to show; required if the problem has no domain of its own.
    levels : int >= 1, or array-like of values of f
        The number of lines, or the values of f at which they are drawn.
    **kwargs
        For ``ax.contour``, for example ``cmap`` or ``linewidths``.

    Raises
    ------
    TypeError
        ``problem`` is not a problem, or ``levels`` is neither a number of lines nor numbers.
    ValueError
        The problem does not have two coordinates, the domain is missing or empty, f is constant
        on it, or there is no level or one that is not finite.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim.problems import Quadratic, Ravine
    >>> ax = contours(Quadratic([1.0, 30.0]), plt.subplots()[1], ((-2, 2), (-1, 1)))
    >>> ax.get_xlim() == (-2, 2)
    True
    >>> ax = contours(Ravine(), plt.subplots()[1], levels=[1, 4, 9])
    """
    minima = _minima_in_plane(problem)
    (x_low, x_high), (y_low, y_high) = _domain(problem, domain)
    x, y = np.linspace(x_low, x_high, GRID_POINTS), np.linspace(y_low, y_high, GRID_POINTS)
    f = np.asarray(problem.value(np.stack(np.meshgrid(x, y), axis=-1)))
    if f.shape != (y.size, x.size):
        raise ValueError(
            f"problem must have one value at each point of the plane, got shape {f.shape} "
            f"for points of shape {(y.size, x.size, 2)} from {problem!r}"
        )
    values = _levels(f, levels)
    ax = _axes(ax)
    if values.size > 1:  # Matplotlib fills only between two or more levels
        # Darker where f is lower, so that valleys do not look like ridges; pale behind the paths.
        shades = mpl.colormaps["Blues_r"](np.linspace(0.72, 1.0, values.size + 1))
        ax.contourf(x, y, f, levels=values, colors=shades, extend="both", zorder=0.5)
    lines: dict[str, Any] = {"linewidths": 0.8, "linestyles": "solid", "zorder": 1}
    if "cmap" not in kwargs:
        lines["colors"] = "#a9b4c0"
    drawn = ax.contour(x, y, f, levels=values, **(lines | kwargs))
    pieces = sum(len(level.to_polygons(closed_only=False)) for level in drawn.get_paths())
    if pieces > MANY_PIECES and "linewidths" not in kwargs:
        drawn.set_linewidth(0.3)  # a hundred dents, which thick lines would hide; shades show them
    ax.plot(
        *minima.T, linestyle="", marker="*", markersize=11, color="#1f2933", markeredgecolor="white"
    )
    ax.grid(visible=False)
    ax.locator_params(nbins=5)
    ax.set(xlim=(x_low, x_high), ylim=(y_low, y_high), xlabel="x", ylabel="y")
    ax.set_aspect("equal")
    return ax


def path(
    trace: Trace,
    ax: Axes | None = None,
    run: Run | None = None,
    label: str | None = None,
    color: str | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the path of a run in the plane, from a hollow ring to a filled disc.

    Of a batch, each run is drawn if none is named, in tints as in `loss_curves`. Up to 100 recorded
    points are marked one by one. If the limits of the Axes are fixed, as by `contours`, a run that
    ends outside is drawn up to the border, where an arrow points outward. Otherwise a run that
    stops being finite ends in a cross.

    Parameters
    ----------
    trace : Trace
        A trace with ``x``, of two coordinates.
    ax : Axes, optional
        The current Axes by default.
    run : int or tuple of int, optional
        Which run of a batch of shape S; by default all of them.
    label : str, optional
        For the legend; `label_of` the run by default.
    color : str, optional
        By default the rule's own, or for a run of a batch its tint.
    **kwargs
        For ``ax.plot``, for example ``marker=""`` or ``linewidth``.

    Raises
    ------
    TypeError
        ``trace`` is not a trace.
    ValueError
        The problem does not have two coordinates, ``run`` does not name one run, or there is one
        label for several.
    AttributeError
        ``x`` was not recorded.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import GradientDescent, minimize
    >>> from minioptim.problems import Ravine
    >>> ax = contours(Ravine(), plt.subplots()[1])
    >>> ax = path(minimize(Ravine(), GradientDescent(lr=0.95), steps=30), ax, label="GD")
    >>> several = minimize(Ravine(), GradientDescent(lr=[0.1, 0.5, 0.9]), steps=30)
    >>> ax = legend(path(several, contours(Ravine(), plt.subplots()[1])))
    >>> len(ax.get_legend().get_texts())
    3
    """
    if run is None:
        runs = list(np.ndindex(_trace(trace).diverged.shape))
        if label is not None and len(runs) > 1:
            raise ValueError(f"label must be of one run: say which, run=..., got {label!r}")
        for each in runs:
            ax = path(trace, ax, each, label, color, **kwargs)
        return _axes(ax)
    points = _plane(trace, _one_run(trace, "x", run))
    look: dict[str, Any] = style_of(trace.rule) | {
        "linewidth": 1.4,
        "markersize": 3,
        "markeredgewidth": 0,
        "label": label_of(trace, run) if label is None else label,
    }
    if len(points) > MARKED_STEPS:
        look["marker"] = ""
    look["color"] = _tint(trace, run) if color is None else color
    ax = _axes(ax)
    window = _window(ax)
    shown, leaves = _until_it_leaves(points, window)
    if leaves:
        look["markevery"] = list(range(len(shown) - 1))  # the point on the border is not a step
    (line,) = ax.plot(*shown.T, **_merged(look, kwargs, Line2D))
    ends: dict[str, Any] = {"linestyle": "", "color": line.get_color(), "zorder": line.zorder + 0.1}
    ax.plot(*shown[:1].T, marker="o", markersize=8, markerfacecolor="white", **ends)
    if not leaves:
        ax.plot(*shown[-1:].T, marker="o", markersize=7, **ends)
    elif len(shown) > 1 and not np.array_equal(shown[-1], shown[-2]):
        _arrow(ax, shown[-2], shown[-1], line.get_color())
    else:
        ax.plot(*shown[-1:].T, marker="x", markersize=8, markeredgewidth=2, **ends)
    return ax


def queries(
    trace: Trace,
    ax: Axes | None = None,
    steps: Iterable[int] | None = None,
    run: Run = (),
    **kwargs: Any,
) -> Axes:
    """Draw each step of a rule that looks ahead as two arrows, the jump and the correction.

    The jump goes from x to the point where the gradient is evaluated, the correction from there
    to the next x. If a rule evaluates the gradient at x, the jump has length 0. Arrows that are not
    finite are left out.

    Parameters
    ----------
    trace : Trace
        A trace with ``x`` and ``query`` of every step, of two coordinates.
    ax : Axes, optional
        The current Axes by default.
    steps : several of 1, 2, ..., n, optional
        The numbers of the steps to draw; all by default.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    **kwargs
        For both calls of ``ax.quiver``, for example ``width``.

    Raises
    ------
    TypeError
        ``trace`` is not a trace.
    ValueError
        Not every step was recorded, there is no such step, the problem does not have two
        coordinates, or ``run`` does not name one run.
    AttributeError
        ``x`` or ``query`` was not recorded.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import Nesterov, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Nesterov(lr=0.1, momentum=0.9), steps=20)
    >>> ax = queries(trace, contours(Ravine(), plt.subplots()[1]), steps=range(1, 6))
    """
    points = _plane(trace, _one_run(trace, "x", run))
    asked = _one_run(trace, "query", run)
    if (np.diff(trace.t) != 1).any():
        raise ValueError("queries needs every step: pass every=1 to minimize")
    n = len(asked)
    numbers = list(range(1, n + 1) if steps is None else steps)
    for t in numbers:
        if t not in range(1, n + 1):
            raise ValueError(f"steps must be among 1, ..., {n}, got {t!r}")
    rows = np.array(numbers, dtype=np.int64) - 1
    before, ahead, after = (
        _drawable(a[k]) for a, k in ((points, rows), (asked, rows), (points, rows + 1))
    )
    whole = np.isfinite(np.hstack([before, ahead, after])).all(axis=1)
    before, ahead, after = before[whole], ahead[whole], after[whole]

    ax = _axes(ax)
    look: dict[str, Any] = {
        "angles": "xy",
        "scale_units": "xy",
        "scale": 1,
        "units": "inches",
        "width": 0.022,
        "minlength": 0,
        "zorder": 3,
    }
    for tail, tip, color, label in (
        (before, ahead, JUMP, "jump"),
        (ahead, after, CORRECTION, "correction"),
    ):
        named = look | {"color": color, "label": label}
        ax.quiver(*tail.T, *(tip - tail).T, **_merged(named, kwargs, PolyCollection))
        ax.update_datalim(tip)  # quiver itself takes only the tails into account
    ax.autoscale_view()
    return ax


def animation(
    traces: Trace | Iterable[Trace],
    problem: Problem,
    ax: Axes | None = None,
    every: int = 1,
    domain: Domain | None = None,
    interval: float = 80.0,
    labels: Sequence[str] | None = None,
    **kwargs: Any,
) -> FuncAnimation:
    """Return an animation of runs on the level lines, one frame per ``every`` recorded points.

    Keep a reference to it until it is saved or shown. ``film.save("race.gif", writer="pillow")``
    needs nothing more than Matplotlib, and so do ".webp" and ".apng"; "race.mp4" needs the program
    ffmpeg. In a notebook ``IPython.display.HTML(film.to_jshtml())`` shows it with a slider. A run
    that diverges leaves the picture at the border. A second's film takes a few seconds to write:
    raise ``every`` for fewer frames.

    Parameters
    ----------
    traces : Trace or several
        Traces with ``x``, of two coordinates, all of the same steps. Of a batch, each run is shown.
    problem : Problem
        The problem whose level lines `contours` draws.
    ax : Axes, optional
        The current Axes by default.
    every : int, >= 1
        Recorded points from one frame to the next; the last point always has a frame.
    domain : ((x low, x high), (y low, y high)), optional
        As for `contours`.
    interval : float
        Milliseconds from one frame to the next.
    labels : list of str, optional
        One for each run; by default as in `loss_curves`.
    **kwargs
        For ``FuncAnimation``, for example ``repeat=False``.

    Raises
    ------
    TypeError, ValueError, AttributeError
        As for `contours` and `path`; also if ``every`` is not a whole number >= 1, the traces
        recorded different steps, or the number of labels is wrong.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Adam(lr=0.3), steps=20)
    >>> film = animation(trace, Ravine(), plt.subplots()[1], every=10)
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "race.gif"
    >>> film.save(file, writer="pillow", dpi=40)
    >>> file.read_bytes()[:3]
    b'GIF'
    """
    every = whole("every", every, at_least=1)
    several = _traces(traces)
    runs = [(trace, run) for trace in several for run in np.ndindex(trace.diverged.shape)]
    paths = [_drawable(_plane(trace, _one_run(trace, "x", run))) for trace, run in runs]
    t = several[0].t
    for trace in several:
        if not np.array_equal(trace.t, t):
            raise ValueError("traces must all have recorded the same steps")
    if labels is None:
        labels = [_label(trace, run, several) for trace, run in runs]
    if len(labels) != len(runs):
        raise ValueError(f"labels must be one for each of {len(runs)} runs, got {labels!r}")
    ax = contours(problem, ax, domain)
    lines = [
        # The mark is at the head of the path, on the last point shown.
        ax.plot([], [], markevery=[-1], markersize=8, label=label, **style_of(trace.rule))[0]
        for (trace, _), label in zip(runs, labels, strict=True)
    ]
    legend(ax)

    def draw(row: int) -> list[Any]:
        for line, points in zip(lines, paths, strict=True):
            line.set_data(*points[: row + 1].T)
        ax.set_title(f"t = {t[row]}")
        return lines

    frames = np.unique([*range(0, len(t), every), len(t) - 1]).tolist()
    timing: dict[str, Any] = {"frames": frames, "interval": interval}
    return FuncAnimation(ax.figure.canvas.figure, draw, **(timing | kwargs))


def _tint(trace: Trace, run: Run) -> str:
    """Return the colour of one run among the runs of its batch."""
    batch = trace.diverged.shape
    colors = tints(style_of(trace.rule)["color"], trace.diverged.size)
    return colors[int(np.ravel_multi_index(_index(trace, run), batch)) if batch else 0]


def _plane(trace: Trace, points: Array) -> Array:
    if points.shape[-1] != 2:
        raise ValueError(
            f"trace must be of a problem of two coordinates, got {points.shape[-1]} "
            f"from a run of {type(trace.rule).__name__}"
        )
    return points


def _minima_in_plane(problem: Problem) -> Array:
    """Return the minima, shape (k, 2), or refuse a problem that does not have two coordinates."""
    if not isinstance(problem, Problem):
        hint = f": write {problem.__name__}()" if isinstance(problem, type) else ""
        raise TypeError(f"problem must be a problem such as Ravine(), got {problem!r}{hint}")
    minima = np.asarray(problem.minima, dtype=np.float64)
    d = 2 if problem.start is None else np.size(problem.start)
    if d != 2:
        raise ValueError(f"problem must have two coordinates to be drawn, got {d} in {problem!r}")
    return minima.reshape(-1, 2)


def _domain(problem: Problem, domain: Domain | None) -> Domain:
    if domain is None:
        domain = getattr(problem, "domain", None)
        if domain is None:
            raise ValueError(
                "domain must be given, such as ((-2, 2), (-1, 3)) for x and y: "
                f"{type(problem).__name__} has none of its own"
            )
    corners = np.asarray(domain, dtype=np.float64)
    if corners.shape != (2, 2) or not np.isfinite(corners).all() or (np.diff(corners) <= 0).any():
        raise ValueError(
            f"domain must be ((x low, x high), (y low, y high)) with low < high, got {domain!r}"
        )
    return corners.tolist()  # type: ignore[no-any-return]


def _levels(f: Array, levels: int | npt.ArrayLike) -> Array:
    """Return the values of f at which level lines are drawn."""
    if isinstance(levels, (int, np.integer)) and not isinstance(levels, bool):
        if levels < 1:
            raise ValueError(f"levels must be at least 1, got {levels}")
        finite = f[np.isfinite(f)]
        if finite.size == 0 or finite.min() == finite.max():
            raise ValueError(f"problem must vary over the domain, got {f.flat[0]} everywhere")
        low, high = finite.min(), finite.max()
        shares = (np.arange(1, levels + 1) / (levels + 1)) ** 2
        found = np.unique(np.quantile(finite, shares))
        found = found[(low < found) & (found < high)]  # no line at the least or the greatest value
        return found if found.size else np.array([low / 2 + high / 2])
    values = np.unique(numbers("levels", levels, "a number of lines or values of f"))
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"levels must be at least one finite value of f, got {levels!r}")
    return values


def _window(ax: Axes) -> Array:
    """Return the corners (low, high) of the Axes' window; infinite where it follows the data."""
    limits = [
        (-DRAWABLE, DRAWABLE) if follows else sorted(limits)
        for follows, limits in (
            (ax.get_autoscalex_on(), ax.get_xlim()),
            (ax.get_autoscaley_on(), ax.get_ylim()),
        )
    ]
    return np.array(limits, dtype=np.float64).T


def _until_it_leaves(points: Array, window: Array) -> tuple[Array, bool]:
    """Return the points to draw, and whether the run ends outside the window.

    If it does, the last point to draw is where the path to the first point outside crosses the
    border. A run that leaves and comes back is left to Matplotlib, which clips lines at the border.
    """
    low, high = window
    inside = ((points >= low) & (points <= high)).all(axis=1)
    if inside[-1] or not inside.any():
        return _drawable(points), False
    last = int(np.flatnonzero(inside)[-1])
    return np.vstack([points[: last + 1], _border(points[last], points[last + 1], window)]), True


def _border(inside: Array, outside: Array, window: Array) -> Array:
    """Return where the line from a point inside to one outside crosses the window's border.

    If the point outside is not finite, or the window has no border, this is ``inside``.
    """
    infinite = np.isinf(outside)
    way = np.where(infinite, np.sign(outside), 0.0) if infinite.any() else outside - inside
    low, high = window
    room = np.where(way > 0, high - inside, low - inside)
    moves = np.isfinite(way) & (way != 0)
    share = np.min(np.divide(room, way, where=moves, out=np.full(2, np.inf)))
    if not np.isfinite(share) or np.max(np.abs(window)) >= DRAWABLE:
        return inside
    border: Array = np.clip(inside + share * np.where(moves, way, 0.0), low, high)
    return border


def _arrow(ax: Axes, tail: Array, tip: Array, color: Any) -> None:
    arrow = ax.annotate(
        "",
        xy=tuple(tip),
        xytext=tuple(tail),
        annotation_clip=False,  # the tip is on the border, up to rounding
        arrowprops={
            "arrowstyle": "-|>,head_length=0.6,head_width=0.3",
            "color": color,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    arrow.set_in_layout(False)
