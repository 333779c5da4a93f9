"""Surfaces: problems in the plane, given by formulas in x and y.

The formulas hold for floats and arrays alike, and are translated to JavaScript unchanged.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from minioptim._arguments import Array, Real
from minioptim.problems.general import Problem, points


class Surface(Problem):
    """A function of two coordinates, with its minima, domain, start and source.

    A surface is a frozen dataclass with the formulas ``f``, ``df`` and ``d2f``; `value`,
    `gradient` and `hessian` apply them to points of shape (..., 2).

    Attributes
    ----------
    minima : tuple of points (x, y)
        Every global minimum.
    minimum : float
        The value at the global minima.
    domain : pair of pairs
        The region worth looking at: ((x low, x high), (y low, y high)).
    start : tuple (x, y)
        A start from which the surface shows its character.
    source : str
        Where the function comes from.
    """

    minimum: float
    domain: tuple[tuple[float, float], tuple[float, float]]
    source: str

    @abstractmethod
    def f(self, x: Real, y: Real) -> Real:
        """Return the value at (x, y)."""

    @abstractmethod
    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        """Return the slopes along x and along y."""

    @abstractmethod
    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        """Return the second derivatives f_xx, f_xy and f_yy."""

    def value(self, x: Array) -> Array:
        along, across = _coordinates(x)
        return _filled(along, (), self.f(along, across)).reshape(np.shape(x)[:-1])

    def gradient(self, x: Array) -> Array:
        along, across = _coordinates(x)
        return _filled(along, (2,), *self.df(along, across)).reshape(np.shape(x))

    def hessian(self, x: Array) -> Array:
        """Return the matrix of second derivatives: shape (..., 2) to shape (..., 2, 2)."""
        along, across = _coordinates(x)
        xx, xy, yy = self.d2f(along, across)
        return _filled(along, (2, 2), xx, xy, xy, yy).reshape(*np.shape(x), 2)


@dataclass(frozen=True)
class Ravine(Surface):
    r"""A long valley, twenty times as steep across as along.

    .. math:: f(x, y) = \frac{x^2}{20} + y^2
    """

    minima = ((0.0, 0.0),)
    minimum = 0.0
    domain = ((-10.0, 10.0), (-5.0, 5.0))
    start = (-7.0, 2.0)
    source = "Saito (2016), Deep Learning from Scratch, ch. 6"

    def f(self, x: Real, y: Real) -> Real:
        return x**2 / 20 + y**2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        return x / 10, 2 * y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        return 0.1, 0.0, 2.0


@dataclass(frozen=True)
class Beale(Surface):
    r"""A flat floor with steep corners.

    .. math:: f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2
    """

    minima = ((3.0, 0.5),)
    minimum = 0.0
    domain = ((-4.5, 4.5), (-4.5, 4.5))
    start = (1.0, 1.5)
    source = "Beale (1958), On an iterative method for finding a local minimum, SRG TR-25"

    def f(self, x: Real, y: Real) -> Real:
        a = 1.5 - x + x * y
        b = 2.25 - x + x * y**2
        c = 2.625 - x + x * y**2 * y
        return a**2 + b**2 + c**2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        a = 1.5 - x + x * y
        b = 2.25 - x + x * y**2
        c = 2.625 - x + x * y**2 * y
        along_x = 2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**2 * y - 1)
        along_y = 2 * a * x + 4 * b * x * y + 6 * c * x * y**2
        return along_x, along_y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        a = 1.5 - x + x * y
        b = 2.25 - x + x * y**2
        c = 2.625 - x + x * y**2 * y
        ax, bx, cx = y - 1, y**2 - 1, y**2 * y - 1
        ay, by, cy = x, 2 * x * y, 3 * x * y**2
        xx = 2 * (ax**2 + bx**2 + cx**2)
        xy = 2 * (ax * ay + bx * by + cx * cy + a + 2 * b * y + 3 * c * y**2)
        yy = 2 * (ay**2 + by**2 + cy**2 + 2 * b * x + 6 * c * x * y)
        return xx, xy, yy


@dataclass(frozen=True)
class Rosenbrock(Surface):
    r"""A curved valley, easy to find and slow to follow.

    .. math:: f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2
    """

    minima = ((1.0, 1.0),)
    minimum = 0.0
    domain = ((-2.0, 2.0), (-1.0, 3.0))
    start = (-1.2, 1.0)
    source = "Rosenbrock (1960), An automatic method for finding the greatest or least value"

    def f(self, x: Real, y: Real) -> Real:
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        return -2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        return 2 - 400 * (y - 3 * x**2), -400 * x, 200.0


@dataclass(frozen=True)
class Himmelblau(Surface):
    r"""Four minima, all equally deep.

    .. math:: f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2
    """

    minima = (
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    )
    minimum = 0.0
    domain = ((-6.0, 6.0), (-6.0, 6.0))
    start = (0.0, 0.0)
    source = "Himmelblau (1972), Applied Nonlinear Programming"

    def f(self, x: Real, y: Real) -> Real:
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        a = x**2 + y - 11
        b = x + y**2 - 7
        return 4 * a * x + 2 * b, 2 * a + 4 * b * y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        a = x**2 + y - 11
        b = x + y**2 - 7
        return 4 * a + 8 * x**2 + 2, 4 * (x + y), 2 + 4 * b + 8 * y**2


@dataclass(frozen=True)
class Saddle(Surface):
    r"""A saddle at the origin between two minima.

    .. math:: f(x, y) = \frac{x^2}{2} + \frac{y^4}{4} - \frac{y^2}{2}
    """

    minima = ((0.0, 1.0), (0.0, -1.0))
    minimum = -0.25
    domain = ((-2.0, 2.0), (-2.0, 2.0))
    start = (1.5, 0.001)
    source = "Nesterov (2004), Introductory Lectures on Convex Optimization, section 1.2.3"

    def f(self, x: Real, y: Real) -> Real:
        return x**2 / 2 + y**2 * y**2 / 4 - y**2 / 2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        return x, y**2 * y - y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        return 1.0, 0.0, 3 * y**2 - 1


@dataclass(frozen=True)
class Rastrigin(Surface):
    r"""A bowl with a dent at every pair of whole numbers.

    .. math:: f(x, y) = 20 + x^2 - 10 \cos 2\pi x + y^2 - 10 \cos 2\pi y
    """

    minima = ((0.0, 0.0),)
    minimum = 0.0
    domain = ((-5.12, 5.12), (-5.12, 5.12))
    start = (2.4, -1.7)
    source = "Rastrigin (1974), Systems of extremal control"

    def f(self, x: Real, y: Real) -> Real:
        waves = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
        return 20 + x**2 + y**2 - 10 * waves

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        along_x = 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)
        along_y = 2 * y + 20 * np.pi * np.sin(2 * np.pi * y)
        return along_x, along_y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        xx = 2 + 40 * np.pi**2 * np.cos(2 * np.pi * x)
        yy = 2 + 40 * np.pi**2 * np.cos(2 * np.pi * y)
        return xx, 0.0, yy


@dataclass(frozen=True)
class GoldsteinPrice(Surface):
    r"""Values over six powers of ten, and three local minima besides the global one.

    .. math::
        f(x, y) = [1 + (x+y+1)^2 (19 - 14x + 3x^2 - 14y + 6xy + 3y^2)] \cdot
            [30 + (2x-3y)^2 (18 - 32x + 12x^2 + 48y - 36xy + 27y^2)]
    """

    minima = ((0.0, -1.0),)
    minimum = 3.0
    domain = ((-2.0, 2.0), (-2.0, 2.0))
    start = (-0.5, 0.5)
    source = "Goldstein and Price (1971), On descent from local minima"

    # Each bracket depends on a single sum, s = x + y or d = 2x - 3y: the polynomials below are
    # 19 - 14s + 3s^2 and 18 - 16d + 3d^2, which makes the derivatives short.

    def f(self, x: Real, y: Real) -> Real:
        s, d = x + y, 2 * x - 3 * y
        a = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
        b = 30 + d**2 * (18 - 16 * d + 3 * d**2)
        return a * b

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        s, d = x + y, 2 * x - 3 * y
        a = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
        b = 30 + d**2 * (18 - 16 * d + 3 * d**2)
        a1 = 2 * (s + 1) * (19 - 14 * s + 3 * s**2) + (s + 1) ** 2 * (6 * s - 14)
        b1 = 2 * d * (18 - 16 * d + 3 * d**2) + d**2 * (6 * d - 16)
        return a1 * b + 2 * a * b1, a1 * b - 3 * a * b1

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        s, d = x + y, 2 * x - 3 * y
        a = 1 + (s + 1) ** 2 * (19 - 14 * s + 3 * s**2)
        b = 30 + d**2 * (18 - 16 * d + 3 * d**2)
        a1 = 2 * (s + 1) * (19 - 14 * s + 3 * s**2) + (s + 1) ** 2 * (6 * s - 14)
        b1 = 2 * d * (18 - 16 * d + 3 * d**2) + d**2 * (6 * d - 16)
        a2 = 2 * (19 - 14 * s + 3 * s**2) + 4 * (s + 1) * (6 * s - 14) + 6 * (s + 1) ** 2
        b2 = 2 * (18 - 16 * d + 3 * d**2) + 4 * d * (6 * d - 16) + 6 * d**2
        xx = a2 * b + 4 * a1 * b1 + 4 * a * b2
        xy = a2 * b - a1 * b1 - 6 * a * b2
        yy = a2 * b - 6 * a1 * b1 + 9 * a * b2
        return xx, xy, yy


@dataclass(frozen=True)
class Plateau(Surface):
    r"""A dip in a plain: far out the gradient fades away.

    .. math:: f(x, y) = \frac{x^2 + y^2}{1 + x^2 + y^2}
    """

    minima = ((0.0, 0.0),)
    minimum = 0.0
    domain = ((-6.0, 6.0), (-6.0, 6.0))
    start = (-4.0, 3.0)
    source = "Geman and McClure (1985), Bayesian image analysis (its robust penalty, in the plane)"

    def f(self, x: Real, y: Real) -> Real:
        r2 = x**2 + y**2
        return r2 / (1 + r2)

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        w = 2 / (1 + x**2 + y**2) ** 2
        return w * x, w * y

    def d2f(self, x: Real, y: Real) -> tuple[Real, Real, Real]:
        q = 1 + x**2 + y**2
        w, w1 = 2 / q**2, -8 / (q * q**2)
        return w + w1 * x**2, w1 * x * y, w + w1 * y**2


@dataclass(frozen=True)
class Bowl(Surface):
    r"""The quadratic in the plane, with curvatures and direction of your choice.

    .. math::
        f(x, y) = \tfrac12 (\lambda_1 u^2 + \lambda_2 v^2), \qquad
        u = x \cos\theta + y \sin\theta, \quad v = y \cos\theta - x \sin\theta

    This is `Quadratic` for d = 2, whose matrix cannot be translated to JavaScript. Here the formula
    is written in coordinates, so that it can be translated and a figure can stretch and turn it.

    Parameters
    ----------
    lambda1, lambda2 : float
        The curvatures along u and along v.
    angle : float
        The angle in radians, counter-clockwise, from the x axis to the direction u.
    """

    lambda1: float = 1.0
    lambda2: float = 10.0
    angle: float = 0.0

    minima = ((0.0, 0.0),)
    minimum = 0.0
    domain = ((-2.0, 2.0), (-2.0, 2.0))
    start = (-1.6, 1.0)
    source = "a quadratic by its eigenvalues and eigenvectors; any textbook of linear algebra"

    def f(self, x: Real, y: Real) -> Real:
        u = x * np.cos(self.angle) + y * np.sin(self.angle)
        v = y * np.cos(self.angle) - x * np.sin(self.angle)
        return (self.lambda1 * u**2 + self.lambda2 * v**2) / 2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        u = x * np.cos(self.angle) + y * np.sin(self.angle)
        v = y * np.cos(self.angle) - x * np.sin(self.angle)
        along, across = self.lambda1 * u, self.lambda2 * v
        return (
            along * np.cos(self.angle) - across * np.sin(self.angle),
            along * np.sin(self.angle) + across * np.cos(self.angle),
        )

    def d2f(self, x: Real, y: Real) -> tuple[Any, Any, Any]:
        c, s = np.cos(self.angle), np.sin(self.angle)
        return (
            self.lambda1 * c**2 + self.lambda2 * s**2,
            (self.lambda1 - self.lambda2) * c * s,
            self.lambda1 * s**2 + self.lambda2 * c**2,
        )


@dataclass(frozen=True)
class Narrows(Surface):
    r"""A valley along y that narrows: y is also the curvature across it, at its floor.

    .. math::
        f(x, y) = y \left( \sqrt{1 + x^2} - 1 \right) - 0.1\, x + 0.004\, (10 - y)^2

    Across the valley, f curves by y at the floor, and grows like y times the distance far from it.
    The last term leads a run on to y = 10, and the middle one tilts the ground a little, so that no
    run stands at the floor exactly. So a run meets an ever larger curvature, until gradient descent
    with a large learning rate oscillates across.
    """

    minima = ((0.010007, 9.99374),)  # for y > 0: below, f falls without end
    minimum = -0.0005002
    domain = ((-2.2, 2.2), (0.0, 10.0))
    start = (0.5, 2.0)
    source = "made for this book, after Damian, Nichani and Lee (2023), section 4"

    def f(self, x: Real, y: Real) -> Real:
        return y * (np.sqrt(1 + x**2) - 1) - 0.1 * x + 0.004 * (10 - y) ** 2

    def df(self, x: Real, y: Real) -> tuple[Real, Real]:
        root = np.sqrt(1 + x**2)
        return y * x / root - 0.1, root - 1 - 0.008 * (10 - y)

    def d2f(self, x: Real, y: Real) -> tuple[Any, Any, Any]:
        root = np.sqrt(1 + x**2)
        return y / root**3, x / root, 0.008 + 0 * y


SURFACES: tuple[type[Surface], ...] = (
    Ravine,
    Beale,
    Rosenbrock,
    Himmelblau,
    Saddle,
    Rastrigin,
    GoldsteinPrice,
    Plateau,
)
"""Every surface of the gallery, in its order."""


def _coordinates(x: Array) -> tuple[Array, Array]:
    """Split points of shape (..., 2) into x and y, both arrays even for a single point.

    NumPy uses different routines for single numbers and for arrays, and their powers differ in the
    last bit; with arrays, one point and a batch are computed in the same way.
    """
    x = points(x, 2, "a surface")
    return (x[:1], x[1:]) if x.ndim == 1 else (x[..., 0], x[..., 1])


def _filled(like: Array, shape: tuple[int, ...], *entries: Real) -> Array:
    """Return an array of the given shape for each of some points, its entries one after another.

    A constant entry is repeated for each point.
    """
    array = np.empty((*like.shape, len(entries)))
    for place, entry in enumerate(entries):
        array[..., place] = entry
    return array.reshape(*like.shape, *shape)
