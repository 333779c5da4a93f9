"""Pictures of runs: a `Trace` and a problem in, Matplotlib Axes out.

Nothing about optimization is computed here: a plot draws what `minioptim.run` recorded, and asks a
problem only for its values on a grid, for level lines. Each function draws into ``ax``, or into
the current Axes, as pyplot does, and returns the Axes, so that calls add up to a picture:

>>> from minioptim import Adam, minimize, plots
>>> from minioptim.problems import Ravine
>>> plots.use_style()
>>> ax = plots.contours(Ravine())
>>> ax = plots.path(minimize(Ravine(), Adam(lr=0.3), steps=60), ax)
>>> ax = plots.legend(ax)

Further keyword arguments go to the Matplotlib method that draws, which says what is wrong with
them, and win over the defaults; Matplotlib's short names, such as ``ls`` and ``lw``, do so too.
An ``ax`` that is no Axes is a TypeError. Needs Matplotlib, the extra ``plots``; ``import
minioptim`` does not load this module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import PolyCollection
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from minioptim._arguments import Array, numbers, whole
from minioptim.problems import Problem
from minioptim.rules import Rule
from minioptim.run import Trace

Domain: TypeAlias = Sequence[Sequence[float]]
Run: TypeAlias = int | tuple[int, ...]

# Sizes are for a phone: a figure 6.4 inches wide is scaled by about a half on a screen of 360
# pixels, where 12 points are left with the height of small print.
STYLE: dict[str, Any] = {
    "figure.figsize": (6.4, 4.2),
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same letters on every machine
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    # Without a salt of its own an SVG's ids differ from one drawing to the next.
    "svg.hashsalt": "minioptim",
}

# One look per rule over the whole book. A family shares a hue: grey for gradient descent, blues
# and greens for momentum, oranges and browns for adaptive steps, purples and reds for Adam. Hues
# alone fail readers who see no difference between red and green, so lightness, line style and
# marker vary too; each colour keeps a contrast of 3 to 1 with white, the least that WCAG asks for.
_LOOKS: dict[str, tuple[str, str, str]] = {
    "GradientDescent": ("#3b3b3b", "-", "o"),
    "Momentum": ("#0072b2", "-", "s"),
    "BufferMomentum": ("#2f96cf", "--", "s"),
    "EWMAMomentum": ("#1b3f7a", "-.", "s"),
    "Nesterov": ("#009e73", "-", "^"),
    "Adagrad": ("#c17f00", "-", "D"),
    "RMSProp": ("#b84300", "--", "v"),
    "CenteredRMSProp": ("#7a3803", ":", "v"),
    "Adadelta": ("#857b00", "-.", "d"),
    "Adam": ("#b0106f", "-", "P"),
    "AdaMax": ("#7d0a2b", ":", "X"),
    "AMSGrad": ("#8f63c9", "-.", "<"),
    "NAdam": ("#54208f", "--", ">"),
    "AdamW": ("#e0589b", ":", "P"),
}
COLORS: dict[str, str] = {name: color for name, (color, _, _) in _LOOKS.items()}
"""The colour of each rule, by its name: the same in every picture of the book."""

OWN_LOOK = ("#6b7280", "-", "o")  # of a rule that is the reader's own
# The moves of a look-ahead step; no colour that a rule of momentum has.
JUMP, CORRECTION, RESULT = "#6b3e00", "#e34a33", "#1a7f37"

GRID_POINTS = 301  # a side; enough for a smooth line along Rosenbrock's valley
MANY_PIECES = 150  # of level lines: Rastrigin has near 800, no other surface above 50
MARKED_STEPS = 100  # beyond so many, marks of single steps run together
# Beyond this the arithmetic that turns data into pixels may itself overflow.
DRAWABLE = 1e100


def use_style() -> None:
    """Set the book's style for all figures that follow: one call at the top of a chapter.

    It writes `STYLE` into ``matplotlib.rcParams``, and leaves there what `STYLE` does not name.
    For some figures only, call it inside ``with matplotlib.rc_context():``.

    Examples
    --------
    >>> use_style()
    >>> mpl.rcParams["axes.spines.top"]
    False
    """
    plt.style.use(STYLE)


def style_of(rule: Rule | type[Rule]) -> dict[str, Any]:
    """Return the colour, line style and marker that a rule has in all pictures.

    Parameters
    ----------
    rule : Rule or subclass of Rule
        It is looked up by the name of its class; one not in `COLORS` gets a neutral grey.

    Returns
    -------
    dict with "color", "linestyle" and "marker"
        Keyword arguments for ``ax.plot``.

    Raises
    ------
    TypeError
        ``rule`` is no rule.

    Examples
    --------
    >>> from minioptim import Adam
    >>> style_of(Adam(lr=0.1))
    {'color': '#b0106f', 'linestyle': '-', 'marker': 'P'}
    """
    kind = rule if isinstance(rule, type) else type(rule)
    if not issubclass(kind, Rule):
        raise TypeError(f"rule must be a rule such as Adam(), got {rule!r}")
    color, linestyle, marker = _LOOKS.get(kind.__name__, OWN_LOOK)
    return {"color": color, "linestyle": linestyle, "marker": marker}


def tints(color: str, count: int) -> list[str]:
    """Return ``count`` tints of a colour, from the colour itself to a light one.

    Runs of one rule that differ in a hyper-parameter are told apart by lightness, which every
    reader sees.

    Parameters
    ----------
    color : str
        Anything that Matplotlib takes for a colour.
    count : int, >= 0
        How many.

    Returns
    -------
    list of str
        As "#rrggbb", the darkest first.

    Raises
    ------
    TypeError
        ``count`` is no whole number.
    ValueError
        ``color`` is no colour, or ``count`` is below 0.

    Examples
    --------
    >>> tints("black", 2)
    ['#000000', '#595959']
    """
    if not is_color_like(color):
        raise ValueError(f"color must be a colour that Matplotlib knows, got {color!r}")
    count = whole("count", count, at_least=0)
    red, green, blue = to_rgb(color)
    whiteness = [0.7 * k / count for k in range(count)]
    return [
        to_hex((red + w * (1 - red), green + w * (1 - green), blue + w * (1 - blue)))
        for w in whiteness
    ]


def label_of(trace: Trace, run: Run = ()) -> str:
    """Return what a run is called in a legend: its rule, and what sets it apart.

    That is the learning rate, each hyper-parameter that varies over the batch, in as many digits
    as tell its values apart, and the name of each that follows a schedule, as a function of t. A
    run that shares all these with another of the batch is called by its index too.

    Parameters
    ----------
    trace : Trace
        The record of the run or of a batch of runs.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.

    Raises
    ------
    TypeError, ValueError
        ``trace`` is no trace, or ``run`` does not name one run of it.

    Examples
    --------
    >>> from minioptim import Momentum, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Momentum(lr=0.1, momentum=[0.5, 0.9]), steps=3)
    >>> label_of(trace, run=1)
    'Momentum, lr = 0.1, momentum = 0.9'
    >>> two_starts = minimize(Ravine(), Momentum(lr=0.1), [[-7, 2], [7, 2]], steps=3)
    >>> label_of(two_starts, run=1)
    'Momentum, lr = 0.1, run 1'
    """
    return _label(trace, _index(trace, run), [trace])


def legend(ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Put a legend under the Axes, where it covers nothing.

    Parameters
    ----------
    ax : Axes, optional
        The current one if not given.
    **kwargs
        For ``ax.legend``, for example ``ncols=1``.

    Raises
    ------
    TypeError
        ``ax`` is no Axes.

    Warns
    -----
    UserWarning
        Nothing in the Axes has a label; Matplotlib says so.

    Examples
    --------
    >>> ax = plt.subplots()[1]
    >>> _ = ax.plot([1, 2], label="a line")
    >>> [text.get_text() for text in legend(ax).get_legend().get_texts()]
    ['a line']
    """
    ax = _axes(ax)
    labels = ax.get_legend_handles_labels()[1]
    # Below the tick labels and the label of the axis: a distance in points, not in heights of the
    # Axes, which may be low. 72 points are an inch.
    below = ScaledTranslation(0, -40 / 72, ax.figure.canvas.figure.dpi_scale_trans)
    placed: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, 0),
        "bbox_transform": ax.transAxes + below,
        # Two columns of long labels are as much as a phone's width holds.
        "ncols": kwargs.pop("ncol", min(len(labels), 2) or 1),
        "handlelength": 2.8,
        "columnspacing": 1.2,
        "labelspacing": 0.3,
    }
    ax.legend(**(placed | kwargs))
    return ax


def contours(
    problem: Problem,
    ax: Axes | None = None,
    domain: Domain | None = None,
    levels: int | npt.ArrayLike = 12,
    **kwargs: Any,
) -> Axes:
    r"""Draw level lines of a function of two coordinates, and a star at each known minimum.

    The lines stand where they show the shape whatever the scale of f: the k-th of n has the
    share :math:`(k/(n+1))^2` of the picture below it. Around the minimum of a round or long bowl
    they are then equally far apart, and replacing f by any growing function of f, such as its
    logarithm, changes no line. So they do not show how steep f is: pass values for that. Where f
    is flat over a large part, lines that would stand at its least or greatest value are left out;
    if none remains, one stands half way between the two. From two lines on, the areas between them
    are shaded.

    Parameters
    ----------
    problem : Surface, or another Problem of two coordinates
        What to draw. A surface brings its own domain.
    ax : Axes, optional
        The current one if not given. Its limits become the domain, both axes to one scale, so
        that gradients stand at right angles to the lines.
    domain : ((x low, x high), (y low, y high)), optional
        What to show; needed if the problem has none of its own.
    levels : int >= 1, or array-like of values of f
        How many lines, or at which values.
    **kwargs
        For ``ax.contour``, for example ``cmap`` or ``linewidths``.

    Raises
    ------
    TypeError
        ``problem`` is no problem, or ``levels`` neither a number of lines nor numbers.
    ValueError
        The problem is not one of two coordinates, the domain is missing or empty, f has one value
        only on it, or there is no level or one that is not finite.

    Examples
    --------
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
    if values.size > 1:  # Matplotlib fills between two levels and up
        # Darker where f is lower, so that a valley is not taken for a ridge; pale, for the paths.
        shades = mpl.colormaps["Blues_r"](np.linspace(0.72, 1.0, values.size + 1))
        ax.contourf(x, y, f, levels=values, colors=shades, extend="both", zorder=0.5)
    lines: dict[str, Any] = {"linewidths": 0.8, "linestyles": "solid", "zorder": 1}
    if "cmap" not in kwargs:
        lines["colors"] = "#a9b4c0"
    drawn = ax.contour(x, y, f, levels=values, **(lines | kwargs))
    pieces = sum(len(level.to_polygons(closed_only=False)) for level in drawn.get_paths())
    if pieces > MANY_PIECES and "linewidths" not in kwargs:
        drawn.set_linewidth(0.3)  # a hundred dents: the shades show them, lines would fill the page
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
    run: Run = (),
    label: str | None = None,
    color: str | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw the path of a run in the plane, from a hollow ring to a filled disc.

    Up to 100 recorded points are marked one by one. Where the limits of the Axes are fixed, as
    `contours` fixes them, a run that ends outside is drawn up to the border, with an arrow there
    that points outward. Elsewhere a run that stops being finite ends in a cross.

    Parameters
    ----------
    trace : Trace
        A record with ``x``, of two coordinates.
    ax : Axes, optional
        The current one if not given.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    label : str, optional
        For the legend; `label_of` the run if not given.
    color : str, optional
        The rule's own if not given.
    **kwargs
        For ``ax.plot``, for example ``marker=""`` or ``linewidth``.

    Raises
    ------
    TypeError
        ``trace`` is no trace.
    ValueError
        The problem is not one of two coordinates, or ``run`` does not name one run.
    AttributeError
        ``x`` was not recorded.

    Examples
    --------
    >>> from minioptim import GradientDescent, minimize
    >>> from minioptim.problems import Ravine
    >>> ax = contours(Ravine(), plt.subplots()[1])
    >>> ax = path(minimize(Ravine(), GradientDescent(lr=0.95), steps=30), ax, label="GD")
    """
    points = _plane(trace, _one_run(trace, "x", run))
    look: dict[str, Any] = style_of(trace.rule) | {
        "linewidth": 1.4,
        "markersize": 3,
        "markeredgewidth": 0,
        "label": label_of(trace, run) if label is None else label,
    }
    if len(points) > MARKED_STEPS:
        look["marker"] = ""
    if color is not None:
        look["color"] = color
    ax = _axes(ax)
    window = _window(ax)
    shown, leaves = _until_it_leaves(points, window)
    if leaves:
        look["markevery"] = list(range(len(shown) - 1))  # the border is no step
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


def loss_curves(
    traces: Trace | Iterable[Trace],
    ax: Axes | None = None,
    floor: float = 0.0,
    labels: Sequence[str] | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw f - floor over the steps, on a logarithmic scale, with a legend under the Axes.

    Values that are not finite, and those at or below the floor, leave a gap. The scale ends where
    nothing is left to see: at 100 times the highest start, so that a run which diverges leaves at
    the top, and sixteen powers of ten below the highest start, the digits that a float has. If no
    value lies above the floor, the scale stays as it is: a logarithm would show nothing.

    Parameters
    ----------
    traces : Trace or several
        Records with ``f``. Each run of a batch becomes a curve, in the order of the batch; curves
        of the same rule are told apart by tints.
    ax : Axes, optional
        The current one if not given.
    floor : float
        The least value of f, in units of f; what is drawn is how far above it a run is.
    labels : list of str, optional
        One for each curve. If not given, `label_of` each run, with what differs between traces of
        one rule; those that differ by schedule or start alone need labels of yours.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError
        Something among ``traces`` is no trace, or ``floor`` no number.
    ValueError
        No trace, a floor that is not finite, or labels of another number.
    AttributeError
        ``f`` was not recorded.

    Examples
    --------
    >>> from minioptim import GradientDescent, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.9, 1.1]), steps=50)
    >>> ax = loss_curves(trace, plt.subplots()[1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()][2]
    'GradientDescent, lr = 1.1'
    """
    least = numbers("floor", floor, "a finite number")
    if least.ndim or not np.isfinite(least):
        raise ValueError(f"floor must be a finite number, got {floor!r}")
    several = _traces(traces)
    curves = [(trace, run) for trace in several for run in np.ndindex(trace.diverged.shape)]
    if labels is None:
        labels = [_label(trace, run, several) for trace, run in curves]
    if len(labels) != len(curves):
        raise ValueError(f"labels must be one for each of {len(curves)} curves, got {labels!r}")
    heights = [_drawable(_one_run(trace, "f", run) - least) for trace, run in curves]
    of_rule = Counter(type(trace.rule) for trace, _ in curves)
    left = {kind: tints(style_of(kind)["color"], count) for kind, count in of_rule.items()}

    ax = _axes(ax)
    for k, ((trace, _), height, label) in enumerate(zip(curves, heights, labels, strict=True)):
        every = max(1, height.size // 6)
        look: dict[str, Any] = style_of(trace.rule) | {
            "color": left[type(trace.rule)].pop(0),
            "label": label,
            "markersize": 5,
            # A few marks along each curve, not at the same steps in all of them.
            "markevery": (k * every // len(curves), every),
        }
        ax.plot(trace.t, height, **_merged(look, kwargs, Line2D))
    # After the curves: Matplotlib warns of a logarithm that it has nothing to show on.
    if any((height > 0).any() for height in heights):
        ax.set_yscale("log", nonpositive="mask")
    _cut_scale(ax, [height[0] for height in heights])
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
    """Draw a state of the rule over the steps, a line for each coordinate.

    Parameters
    ----------
    trace : Trace
        A record with ``state``.
    name : str
        Which state, as the rule names it: "v", "m", "G", ...
    ax : Axes, optional
        The current one if not given.
    coordinate : int or several, optional
        Which coordinates, counted from 0; all of them if not given.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError
        ``trace`` is no trace.
    ValueError
        The rule has no such state, there is no such coordinate, or ``run`` does not name one run.
    AttributeError
        ``state`` was not recorded.

    Examples
    --------
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


def queries(
    trace: Trace,
    ax: Axes | None = None,
    steps: Iterable[int] | None = None,
    run: Run = (),
    **kwargs: Any,
) -> Axes:
    """Draw steps of a rule that looks ahead, as two arrows each: the jump and the correction.

    The jump goes from x to the point where the gradient is asked for, the correction from there
    to the next x. For a rule that asks at x the jump has no length. Arrows that are not finite
    are left out.

    Parameters
    ----------
    trace : Trace
        A record with ``x`` and ``query`` of every step, of two coordinates.
    ax : Axes, optional
        The current one if not given.
    steps : several of 1, 2, ..., n, optional
        The numbers of the steps to draw; all of them if not given.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.
    **kwargs
        For both calls of ``ax.quiver``, for example ``width``.

    Raises
    ------
    TypeError
        ``trace`` is no trace.
    ValueError
        Not every step was recorded, there is no such step, the problem is not one of two
        coordinates, or ``run`` does not name one run.
    AttributeError
        ``x`` or ``query`` was not recorded.

    Examples
    --------
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
        ax.update_datalim(tip)  # quiver itself counts the tails only
    ax.autoscale_view()
    return ax


def images(
    array: npt.ArrayLike,
    shape: tuple[int, int] = (8, 8),
    ax: Axes | None = None,
    labels: Sequence[object] | None = None,
    columns: int = 5,
    **kwargs: Any,
) -> Axes:
    """Draw rows of small images, red above 0, blue below, white at 0.

    All share one scale, from minus the largest magnitude to plus it. For its colour bar,
    ``ax.figure.colorbar(ax.images[0], ax=ax)``.

    Parameters
    ----------
    array : array-like of shape (n, height * width), or one image of shape (height * width,)
        The images.
    shape : (height, width)
        Of each, in pixels.
    ax : Axes, optional
        The current one if not given.
    labels : list, optional
        What to write above each image.
    columns : int, >= 1
        Images to a row.
    **kwargs
        For ``ax.imshow``, for example ``cmap="gray_r"``, or ``vmin`` and ``vmax``.

    Raises
    ------
    TypeError
        ``array`` has entries that are no real numbers, or ``columns`` is no whole number.
    ValueError
        ``array`` does not have the shape, ``columns`` is below 1, or labels are of another number.

    Examples
    --------
    >>> weights = np.linspace(-1, 1, 10 * 64).reshape(10, 64)
    >>> ax = images(weights, ax=plt.subplots()[1], labels=range(10))
    >>> [text.get_text() for text in ax.texts][:3]
    ['0', '1', '2']
    """
    pixels = np.asarray(array)
    height, width = shape
    if pixels.dtype.kind not in "iufb":
        raise TypeError(f"array must be one of real numbers, got one of type {pixels.dtype}")
    if pixels.ndim not in (1, 2) or pixels.shape[-1] != height * width or pixels.size == 0:
        raise ValueError(
            f"array must have shape (n, {height * width}) for images of shape {shape}, "
            f"got {pixels.shape}"
        )
    columns = whole("columns", columns, at_least=1)
    tiles = pixels.reshape(-1, height, width).astype(np.float64)
    if labels is not None and len(labels) != len(tiles):
        raise ValueError(f"labels must be one for each of {len(tiles)} images, got {labels!r}")

    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    # NaN between the images: it is drawn as nothing. Letters need more room than a gap does.
    above = 1 if labels is None else max(2, height // 3)
    sheet = np.full((rows * (height + above), columns * (width + 1) - 1), np.nan)
    corners = [
        (k // columns * (height + above) + above, k % columns * (width + 1))
        for k in range(len(tiles))
    ]
    for tile, (top, side) in zip(tiles, corners, strict=True):
        sheet[top : top + height, side : side + width] = tile
    limit = np.max(np.abs(tiles), where=np.isfinite(tiles), initial=0.0) or 1.0

    ax = _axes(ax)
    scale: dict[str, Any] = {"cmap": "RdBu_r"}
    if "norm" not in kwargs:  # which has a scale of its own
        scale |= {"vmin": -limit, "vmax": limit}
    ax.imshow(sheet, **_merged(scale, kwargs, AxesImage))
    for label, (top, side) in zip(labels if labels is not None else (), corners, strict=False):
        ax.text(side + (width - 1) / 2, top - 0.7, str(label), ha="center", va="bottom")
    ax.set_axis_off()
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
    """Return a film of runs on the level lines: a frame for each so-many-th recorded point.

    Keep a reference until it is saved or shown: ``animation(...).save("race.gif",
    writer="pillow")``. A run that diverges goes out at the border.

    Parameters
    ----------
    traces : Trace or several
        Records with ``x``, of two coordinates, all of the same steps and without a batch.
    problem : Problem
        What `contours` draws.
    ax : Axes, optional
        The current one if not given.
    every : int, >= 1
        Recorded points from one frame to the next; the last point has a frame in any case.
    domain : ((x low, x high), (y low, y high)), optional
        As for `contours`.
    interval : float
        Milliseconds from one frame to the next.
    labels : list of str, optional
        One for each run; as in `loss_curves` if not given.
    **kwargs
        For ``FuncAnimation``, for example ``repeat=False``.

    Raises
    ------
    TypeError, ValueError, AttributeError
        As for `contours` and `path`; also where ``every`` is no whole number >= 1, the traces
        recorded different steps, or labels are of another number.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Adam(lr=0.3), steps=20)
    >>> film = animation(trace, Ravine(), plt.subplots()[1], every=10)
    >>> "<img" in film.to_jshtml()
    True
    """
    every = whole("every", every, at_least=1)
    runs = _traces(traces)
    paths = [_drawable(_plane(trace, _one_run(trace, "x", ()))) for trace in runs]
    t = runs[0].t
    for trace in runs:
        if not np.array_equal(trace.t, t):
            raise ValueError("traces must all have recorded the same steps")
    if labels is None:
        labels = [_label(trace, (), runs) for trace in runs]
    if len(labels) != len(runs):
        raise ValueError(f"labels must be one for each of {len(runs)} runs, got {labels!r}")
    ax = contours(problem, ax, domain)
    lines = [
        # The mark is at the head of the path, the last point shown.
        ax.plot([], [], markevery=[-1], markersize=8, label=label, **style_of(trace.rule))[0]
        for trace, label in zip(runs, labels, strict=True)
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


def _axes(ax: Axes | None) -> Axes:
    if ax is None:
        return plt.gca()
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one Matplotlib Axes, got {ax!r}")
    return ax


def _merged(defaults: dict[str, Any], given: dict[str, Any], kind: type[Artist]) -> dict[str, Any]:
    """Return the arguments of an artist; those given win, by whichever of its names."""
    return defaults | normalize_kwargs(given, kind)


def _label(trace: Trace, index: tuple[int, ...], among: Sequence[Trace]) -> str:
    """Return what tells a run from all runs of its rule in the traces that it is drawn among."""
    batch = trace.diverged.shape
    rules = [other.rule for other in among if type(other.rule) is type(trace.rule)]
    parts = [type(trace.rule).__name__]
    alike = np.ones(batch, dtype=bool)  # runs of this batch with the same hyper-parameters
    for field in fields(trace.rule):
        value = getattr(trace.rule, field.name)
        if callable(value):
            parts.append(f"{field.name}(t)")
            continue
        constants = [v for v in (getattr(rule, field.name) for rule in rules) if not callable(v)]
        different = np.unique(np.concatenate([np.ravel(v) for v in constants]))
        values = np.broadcast_to(value, batch)
        alike &= values == values[index]
        if field.name == "lr" or different.size > 1:
            parts.append(f"{field.name} = {values[index]:.{_digits(different)}g}")
    if alike.sum() > 1:
        parts.append(f"run {index[0] if len(index) == 1 else index}")
    return ", ".join(parts)


def _digits(different: Array) -> int:
    """Return how many digits tell values apart: 4 if they do, and 17 for any two floats."""
    return next(n for n in range(4, 18) if len({f"{v:.{n}g}" for v in different}) == len(different))


def _traces(traces: Trace | Iterable[Trace]) -> list[Trace]:
    several = list(traces) if isinstance(traces, Iterable) else [traces]
    if not several:
        raise ValueError("traces must be at least one trace, got none")
    return [_trace(trace) for trace in several]


def _trace(trace: Trace) -> Trace:
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be a Trace, as minimize returns it, got {trace!r}")
    return trace


def _index(trace: Trace, run: Run) -> tuple[int, ...]:
    """Return ``run`` as a tuple counted from 0, once it is known to name one run of the trace."""
    batch = _trace(trace).diverged.shape
    index = run if isinstance(run, tuple) else (run,)
    if len(index) != len(batch) or any(
        isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not -size <= i < size
        for i, size in zip(index, batch, strict=True)
    ):
        raise ValueError(
            f"run must be the index of one run in a batch of shape {batch}, got {run!r}"
        )
    return tuple(int(i) % size for i, size in zip(index, batch, strict=True))


def _one_run(trace: Trace, name: str, run: Run) -> Array:
    index = _index(trace, run)
    return _pick(getattr(trace, name), index)


def _pick(recorded: Array, index: tuple[Any, ...]) -> Array:
    """Return one run of what was recorded of a batch, over all recorded steps."""
    one: Array = recorded[(slice(None), *index)]
    return one


def _plane(trace: Trace, points: Array) -> Array:
    if points.shape[-1] != 2:
        raise ValueError(
            f"trace must be of a problem of two coordinates, got {points.shape[-1]} "
            f"from a run of {type(trace.rule).__name__}"
        )
    return points


def _drawable(values: Array) -> Array:
    """Return a copy with NaN, which Matplotlib leaves out, for what cannot be drawn."""
    return np.where(np.abs(values) <= DRAWABLE, values, np.nan)


def _minima_in_plane(problem: Problem) -> Array:
    """Return the minima, shape (k, 2), or say that the problem is not one of two coordinates."""
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
            raise ValueError(f"domain must be given: {problem!r} has none of its own")
    corners = np.asarray(domain, dtype=np.float64)
    if corners.shape != (2, 2) or not np.isfinite(corners).all() or (np.diff(corners) <= 0).any():
        raise ValueError(
            f"domain must be ((x low, x high), (y low, y high)) with low < high, got {domain!r}"
        )
    return corners.tolist()  # type: ignore[no-any-return]


def _levels(f: Array, levels: int | npt.ArrayLike) -> Array:
    """Return the values of f at which level lines stand."""
    if isinstance(levels, (int, np.integer)) and not isinstance(levels, bool):
        if levels < 1:
            raise ValueError(f"levels must be at least 1, got {levels}")
        finite = f[np.isfinite(f)]
        if finite.size == 0 or finite.min() == finite.max():
            raise ValueError(f"problem must vary over the domain, got {f.flat[0]} everywhere")
        low, high = finite.min(), finite.max()
        shares = (np.arange(1, levels + 1) / (levels + 1)) ** 2
        found = np.unique(np.quantile(finite, shares))
        found = found[(low < found) & (found < high)]  # no line is drawn at the least and the most
        return found if found.size else np.array([low / 2 + high / 2])
    values = np.unique(numbers("levels", levels, "a number of lines or values of f"))
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"levels must be at least one finite value of f, got {levels!r}")
    return values


def _window(ax: Axes) -> Array:
    """Return the corners (low, high) of what the Axes shows; infinite where it follows the data."""
    limits = [
        (-DRAWABLE, DRAWABLE) if follows else sorted(limits)
        for follows, limits in (
            (ax.get_autoscalex_on(), ax.get_xlim()),
            (ax.get_autoscaley_on(), ax.get_ylim()),
        )
    ]
    return np.array(limits, dtype=np.float64).T


def _until_it_leaves(points: Array, window: Array) -> tuple[Array, bool]:
    """Return the points to draw, and whether the run ends outside of the window.

    If so, the last of them lies on the border, on the way to the first point beyond. A run that
    goes out and comes back is left to Matplotlib, which cuts lines at the border.
    """
    low, high = window
    inside = ((points >= low) & (points <= high)).all(axis=1)
    if inside[-1] or not inside.any():
        return _drawable(points), False
    last = int(np.flatnonzero(inside)[-1])
    return np.vstack([points[: last + 1], _border(points[last], points[last + 1], window)]), True


def _border(inside: Array, outside: Array, window: Array) -> Array:
    """Return where the way from a point inside to one outside meets the border of the window.

    Where the point outside is no point at all, or the window has no border, it is ``inside``.
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
        annotation_clip=False,  # the tip is on the border, to rounding
        arrowprops={
            "arrowstyle": "-|>,head_length=0.6,head_width=0.3",
            "color": color,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    arrow.set_in_layout(False)


def _above(floor: float) -> str:
    if floor == 0:
        return "f"
    return f"f {'−' if floor > 0 else '+'} {abs(floor):.4g}"


def _cut_scale(ax: Axes, starts: Sequence[float]) -> None:
    """End a logarithmic scale that follows its data where nothing is left to see."""
    start = np.nanmax([0.0, *starts])
    if start <= 0 or not ax.get_autoscaley_on():
        return
    low, high = ax.get_ylim()
    if high > 100 * start:
        ax.set_ylim(top=100 * start)
    if low < 1e-16 * start:
        ax.set_ylim(bottom=1e-16 * start)
