"""A gradient that a reader wrote, held to differences of the function."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only
from minioptim.problems import Problem
from minioptim.problems.differences import STEP

# Of more coordinates than these, only so many are tried one by one, and one direction in all.
MOST_COORDINATES = 50
# Points beside the start, where the caller names none.
POINTS = 3
# What a right gradient may be off by, besides the errors of the differences themselves: relative to
# the slope, and to the value over the length of the difference (its rounding).
TOLERANCE = 1e-6
ROUNDING = 100 * float(np.finfo(np.float64).eps)
# Factors that one slope alone makes likely.
FACTORS = (2.0, 0.5, -2.0, -0.5)


class _Slope(NamedTuple):
    """The slope of a function along a direction, how sure it is, and whether there is a kink."""

    central: float
    doubt: float
    kink: bool


def check_gradient(problem: Problem, x: npt.ArrayLike | None = None) -> float:
    r"""Hold the gradient of a problem to central differences of its value.

    At each point it asks for one slope per coordinate. In more than 50 dimensions it asks for 50
    coordinates, chosen at random, and for a random direction, which no wrong coordinate escapes
    unless it is small. A function of your own, with its gradient, is ``Function(f, df)``, or
    ``Function(f, df, each=True)`` if the two take a single point.

    Parameters
    ----------
    problem : Problem
        What has ``value`` and ``gradient``. A noisy problem and minibatches are checked without
        the noise.
    x : array-like of shape (d,) or (..., d), optional
        Where to check; by default three points beside the problem's start. Choose points with no
        zeros and no two equal coordinates, where a mistake shows, and away from kinks.

    Returns
    -------
    float
        The largest difference found, relative to the largest slope at its point: for most
        functions about 1e-10.

    Raises
    ------
    TypeError
        ``problem`` has no value or gradient, or these return no real numbers.
    ValueError
        The gradient is not that of the value: the message names the coordinate, both numbers, and
        the likely mistake. Or ``x`` is missing, a shape is wrong, or f has a kink or is not finite
        there, so that nothing can be said.

    Examples
    --------
    >>> from minioptim.problems import Function
    >>> def f(x):
    ...     return (x[0] - 1) ** 2 + 3 * x[0] * x[1]
    >>> def df(x):
    ...     return [2 * (x[0] - 1) + 3 * x[1], 3 * x[0]]
    >>> check_gradient(Function(f, df, each=True), [0.5, 2.0]) < 1e-8
    True
    >>> check_gradient(Function(f, lambda x: -np.array(df(x)), each=True), [0.5, 2.0])
    Traceback (most recent call last):
    ...
    ValueError: the gradient is not that of the value: at x = [0.5, 2.0], coordinate 0 is -5, by differences 5. The sign is wrong in all coordinates
    """  # noqa: E501
    for name in ("value", "gradient"):
        if not callable(getattr(problem, name, None)):
            raise TypeError(
                f"problem must have value and gradient, got {problem!r}; "
                "problems.Function(f, df) makes a problem of two functions"
            )
    points = _points(problem, x)
    d = points.shape[1]
    directions = _directions(d)
    used = directions != 0  # a NaN elsewhere is no matter of this slope
    gradients = [_gradient(problem, point) for point in points]
    claimed = np.array(
        [[along[on] @ g[on] for along, on in zip(directions, used, strict=True)] for g in gradients]
    )
    slopes = [[_slope(problem, point, along) for along in directions] for point in points]
    central = np.array([[slope.central for slope in row] for row in slopes])
    doubt = np.array([[slope.doubt for slope in row] for row in slopes])
    apart = np.abs(claimed - central)
    off = ~(apart <= TOLERANCE * np.abs(central) + doubt)
    largest = np.maximum(np.abs(central).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    if not off.any():
        return float((apart / largest).max())

    distance = np.where(off, np.nan_to_num(apart / largest, nan=np.inf), -1)
    at, which = map(int, np.unravel_index(np.argmax(distance), off.shape))
    one = np.flatnonzero(directions[which])
    name = f"coordinate {one[0]}" if len(one) == 1 else "the slope along a random direction"
    if slopes[at][which].kink:
        raise ValueError(
            f"f has a kink at x = {_short(points[at])}, along {name}: differences say nothing "
            "there, so check at another point"
        )
    likely = _likely(claimed, central, off, points if d <= MOST_COORDINATES else None)
    raise ValueError(
        f"the gradient is not that of the value: at x = {_short(points[at])}, {name} is "
        f"{claimed[at, which]:.6g}, by differences {central[at, which]:.6g}{likely}"
    )


def _points(problem: Problem, x: npt.ArrayLike | None) -> Array:
    """Return the points at which to check, shape (n, d)."""
    if x is not None:
        given = numbers("x", x)
        if given.ndim == 0 or given.size == 0 or not np.isfinite(given).all():
            raise ValueError(f"x must be finite points of shape (..., d), got {x!r}")
        return given.reshape(-1, given.shape[-1])
    if getattr(problem, "start", None) is None:
        raise ValueError("x must be given: the problem has no start of its own")
    start = numbers("start", problem.start)
    aside = np.random.default_rng(0).uniform(-1, 1, size=(POINTS, *start.shape))
    return np.asarray(start + 0.1 * (1 + np.abs(start)) * aside)


def _directions(d: int) -> Array:
    """Return the directions along which to check, one a row: coordinates, and one across all."""
    if d <= MOST_COORDINATES:
        return np.eye(d)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(d, size=MOST_COORDINATES, replace=False))
    directions = np.zeros((MOST_COORDINATES + 1, d))
    directions[np.arange(MOST_COORDINATES), chosen] = 1
    across = rng.normal(size=d)
    directions[-1] = across / np.sqrt((across**2).sum())
    return directions


def _gradient(problem: Problem, point: Array) -> Array:
    gradient = numbers("what gradient returns", problem.gradient(read_only(point.copy())))
    if gradient.shape != point.shape:
        raise ValueError(
            f"gradient must return shape {point.shape} at one point, got {gradient.shape}"
        )
    return gradient


def _slope(problem: Problem, point: Array, along: Array) -> _Slope:
    h = STEP * max(1.0, float(np.abs(point[along != 0]).max()))

    def value(shift: float) -> float:
        x = point + shift * along
        f = numbers("what value returns", problem.value(read_only(x)))
        if f.shape != ():
            raise ValueError(f"value must return one number at one point, got shape {f.shape}")
        if not np.isfinite(f):
            raise ValueError(f"value must be finite where it is checked, got {f} at {_short(x)}")
        return float(f)

    here, up, down = value(0), value(h), value(-h)
    wide = (value(4 * h) - value(-4 * h)) / (8 * h)
    central = (up - down) / (2 * h)
    rounding = ROUNDING * max(abs(here), abs(up), abs(down)) / h
    # The bend of a smooth function is a quarter for a quarter of the step; that of a kink stays.
    bend = (up - 2 * here + down) / h
    close = (value(h / 4) - 2 * here + value(-h / 4)) / (h / 4)
    kink = abs(bend) > 1e-3 * max(abs(up - here), abs(here - down)) / h and close / bend > 0.5
    return _Slope(central, 2 * abs(central - wide) + rounding, bool(kink))


def _likely(claimed: Array, central: Array, off: Array, points: Array | None) -> str:
    """Return the mistake that explains all that is off, as a sentence; "" if none is known."""
    # A factor shows in slopes other than 0 alone.
    wrong, right = claimed[off], central[off]
    steep = np.abs(right) > 1e-6 * np.abs(central).max()
    columns = np.flatnonzero(off.any(axis=0))
    everywhere = len(columns) == len(np.flatnonzero((np.abs(central) > 0).any(axis=0)))
    where = "in all coordinates" if everywhere else f"in {_few(columns)}"
    if points is None:
        where = "wherever it is off"
    if not np.isfinite(wrong).all():
        return ". It is not finite"
    if not wrong.any():
        return f". It is 0 {where}: is a term missing?"
    if steep.all():
        ratios = wrong / right
        ratio = float(ratios[0])
        if _near(ratios, -1.0):
            return f". The sign is wrong {where}"
        known = next((factor for factor in FACTORS if _near(ratios, factor)), None)
        if known is not None or (len(ratios) > 1 and _near(ratios, ratio)):
            return f". It is {known or ratio:.4g} times what it should be {where}"
    if points is None:
        return ""
    if len(columns) > 1:
        sources = [
            [k for k in range(central.shape[1]) if _near(claimed[:, j], central[:, k])]
            for j in columns
        ]
        if all(sources):
            return f". It has the slopes of other coordinates {where}: is their order wrong?"
    if len(wrong) > 1:
        extra = wrong - right
        if _near(extra, float(extra[0])):
            return f". It is off by {extra[0]:.4g} at every point {where}: a constant term"
        multiples = extra / np.where(points == 0, np.nan, points)[off]
        if _near(multiples, float(multiples[0])):
            return (
                f". It is off by {multiples[0]:.4g} x {where}: a penalty on x that one of the two "
                "functions lacks?"
            )
    return ""


def _near(values: Array, expected: Any) -> bool:
    return bool(np.allclose(values, expected, rtol=1e-4, atol=1e-7))


def _few(columns: npt.NDArray[np.int64]) -> str:
    names = ", ".join(map(str, columns[:5]))
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
    return f"coordinate {names}" if len(columns) == 1 else f"coordinates {names}{more}"


def _short(point: Array) -> str:
    shown = ", ".join(repr(float(f"{value:.6g}")) for value in point[:4])
    return f"[{shown}{', ...' if len(point) > 4 else ''}]"
