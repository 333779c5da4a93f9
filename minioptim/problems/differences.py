"""A gradient by differences, for a function whose gradient is not at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers

# The cube root of a float's relative error: truncation and rounding are then of about one size.
STEP = float(np.cbrt(np.finfo(np.float64).eps))


def differences(f: Callable[[Array], Any], step: float = STEP) -> Callable[[Array], Array]:
    r"""Return the gradient of a function by central differences.

    .. math::
        \frac{\partial f}{\partial x_i} \approx \frac{f(x + h_i e_i) - f(x - h_i e_i)}{2 h_i},
        \qquad h_i = \mathrm{step} \cdot \max(1, |x_i|)

    This is for play, and to check a gradient that you wrote. It calls ``f`` 2d times for each
    gradient in d dimensions, where a formula or automatic differentiation costs about as much as a
    few calls. Where f and its derivatives are of about the size of 1, some ten digits are right:
    the error is of the order of h^2 times the third derivative, plus 1e-16 \|f\| / h for rounding.
    It is useless near a minimum that is to be found to more digits than that, and wrong where f
    has a kink, a jump or noise.

    Parameters
    ----------
    f : callable, (..., d) to (...)
        The function, for one point or many: it adds over ``axis=-1``. For a function of a single
        point, write ``Function(f, each=True)``, which takes its differences itself.
    step : float, > 0
        The size of the differences, relative to a coordinate's size if that is above 1. Make it
        smaller where f is defined, or simple, close to x only.

    Returns
    -------
    callable, (..., d) to (..., d)
        The gradient.

    Raises
    ------
    TypeError, ValueError
        ``f`` is not a function, or ``step`` is not a finite number above 0. When it is called:
        ``f`` does not return one number for each point.

    References
    ----------
    Nocedal and Wright (2006), Numerical Optimization, section 8.1.

    Examples
    --------
    >>> import numpy as np
    >>> slope = differences(lambda x: (x**2).sum(axis=-1))
    >>> slope(np.array([3.0, -1.0])).round(6)
    array([ 6., -2.])
    >>> slope(np.array([[3.0, -1.0], [0.5, 0.0]])).round(6)
    array([[ 6., -2.],
           [ 1.,  0.]])
    """
    if not callable(f):
        raise TypeError(f"f must be a function of x, got {f!r}")
    size = numbers("step", step, "a finite number above 0")
    if size.ndim or not (np.isfinite(size) and size > 0):
        raise ValueError(f"step must be a finite number above 0, got {step!r}")

    def gradient(x: npt.ArrayLike) -> Array:
        x = numbers("x", x)
        result = np.empty(x.shape)
        for i in range(x.shape[-1]):
            up, down = x.copy(), x.copy()
            h = float(size) * np.maximum(1, np.abs(x[..., i]))
            up[..., i] += h
            down[..., i] -= h
            # What was really added, after rounding.
            apart = up[..., i] - down[..., i]
            result[..., i] = (_values(f, up) - _values(f, down)) / apart
        return result

    return gradient


def _values(f: Callable[[Array], Any], x: Array) -> Array:
    values = numbers("what f returns", f(x))
    if values.shape != x.shape[:-1]:
        raise ValueError(
            f"f must return shape {x.shape[:-1]} at points of shape {x.shape}, got {values.shape}"
        )
    return values
