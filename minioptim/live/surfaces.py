"""A surface that a figure can bend and turn while the reader looks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minioptim._arguments import Real
from minioptim.problems import Surface


@dataclass(frozen=True)
class Bowl(Surface):
    r"""The quadratic in the plane with curvatures and direction to choose.

    .. math::
        f(x, y) = \tfrac12 (\lambda_1 u^2 + \lambda_2 v^2), \qquad
        u = x \cos\theta + y \sin\theta, \quad v = y \cos\theta - x \sin\theta

    It is `minioptim.problems.Quadratic` for d = 2, written by coordinates, so that it can be
    translated for a page.

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
