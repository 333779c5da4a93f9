"""Rules changed in one place, to show what that part of the rule does. None is meant for use.

A chapter and its figure show the same variant, so it is written here once for both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minioptim._arguments import Real
from minioptim.rules.base import Rule
from minioptim.rules.elementwise import Adadelta, Adam


@dataclass(frozen=True)
class UncorrectedAdam(Adam):
    """Adam without bias correction: the averages are used as they are, too small at the start.

    Examples
    --------
    >>> rule = UncorrectedAdam(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, v=0.0))
    1.9 2.0 4.0
    """

    def step(self, g: Real, x: Real, t: int, m: Real, v: Real) -> tuple[Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        return x - self.lr * m / (np.sqrt(v) + self.eps), m, v


@dataclass(frozen=True)
class BegunAdadelta(Adadelta):
    """Adadelta as if it had already made steps: d starts at ``begun``, in squared units.

    Examples
    --------
    >>> BegunAdadelta(begun=0.25).start(2.0)
    (0.0, 0.25)
    """

    begun: Real = 0.01

    def start(self, x: Real) -> tuple[Real, ...]:
        return 0.0, self.begun


@dataclass(frozen=True)
class NewtonStep(Rule):
    """Newton's step where the axes do not mix: each slope over its coordinate's curvature.

    The curvature is a state that never changes, because each coordinate has its own.

    Examples
    --------
    >>> print(*NewtonStep(curvature=4.0).step(g=8.0, x=2.0, t=1, h=4.0))
    0.0 4.0
    """

    curvature: Real = 1.0

    state = ("h",)

    def start(self, x: Real) -> tuple[Real, ...]:
        return (self.curvature,)

    def step(self, g: Real, x: Real, t: int, h: Real) -> tuple[Real, Real]:
        return x - g / h, h


VARIANTS: tuple[type[Rule], ...] = (UncorrectedAdam, BegunAdadelta, NewtonStep)
"""Every variant, in the order in which they stand."""
