"""What a problem is, and problems in any number of dimensions."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, Value, constant, numbers, read_only, whole
from minioptim._keywords import InOurWords
from minioptim.problems.differences import differences

Gradient: TypeAlias = Callable[[Array], npt.ArrayLike]
"""The gradient of a problem: a function of points that returns an array of their shape."""

ONE_COORDINATE = "A point is an array of coordinates, though it has one: read x[0]"
LARGEST_MATRIX = 2_000
"""The most rows that a matrix of `Quadratic` may have: it takes 32 MB, as does each copy."""


class Problem(InOurWords, ABC):
    """A function to minimise and its gradient.

    Attributes
    ----------
    minima : array-like of shape (k, d)
        The points where the function is least; empty where they are not known.
    start : array-like of shape (d,) or None
        Where a run starts by default.
    sampled : bool
        Whether the oracle uses a small part of the data that ``value`` uses. Evaluating ``value``
        at each step would then take many times as long as the run, so it is recorded on request
        only.
    """

    minima: Any = ()
    start: Any = None
    sampled: ClassVar[bool] = False

    @abstractmethod
    def value(self, x: Array) -> Array:
        """Return f at each point: shape (..., d) to shape (...)."""

    @abstractmethod
    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point: shape (..., d) to shape (..., d)."""

    def oracle(self) -> Gradient:
        """Return the gradient function for one run; a noisy problem restarts its noise."""
        return self.gradient

    def oracle_after(self, steps: int) -> Gradient | None:
        """Return the gradient function of a run that goes on after a number of steps.

        Its noise must be that of an uninterrupted run: None, the default of a problem that is not
        its own oracle, says that this cannot be had.
        """
        return self.gradient if self.oracle() == self.gradient else None


@dataclass(frozen=True)
class Function(Value, Problem):
    """A problem made of your own function and its gradient.

    Parameters
    ----------
    f : callable, (..., d) to (...)
        The function.
    df : callable, (..., d) to (..., d), optional
        Its gradient; by default `differences` of f, which suits play: it takes 2d calls of f at
        each step, has some ten digits right, and fails where f has a kink. A gradient that you
        wrote is checked by `minioptim.checks.check_gradient`.
    start : array-like of shape (d,), optional
        Where a run starts.
    each : bool
        Whether ``f`` and ``df`` are to be called point by point: (d,) to (), and (d,) to (d,). They
        may then read x[0], x[1], and sum or take a norm over the whole array, as is usual with
        SciPy, Autograd and JAX. This is slower for a batch of runs, and the same for a single run.

    Raises
    ------
    TypeError
        ``f`` or ``df`` is not a function of one argument, or ``each`` is not True or False.

    Notes
    -----
    What computes gradients for you fits in with ``each=True``. It may return anything that NumPy
    makes an array of real numbers.

    - Autograd: ``Function(f, autograd.grad(f), each=True)``.
    - JAX: ``Function(f, jax.grad(f), each=True)``, after
      ``jax.config.update("jax_enable_x64", True)``, or the gradient has seven digits.
    - PyTorch: a tensor that records gradients is no array, so ``f`` returns ``float(...)`` or
      ``.detach()``, and ``df`` the gradient::

          def df(x):
              x = torch.tensor(x, requires_grad=True)
              return torch.autograd.grad(loss(x), x)[0]

          Function(lambda x: float(loss(torch.tensor(x))), df, each=True)

    - SymPy: ``lambdify`` takes the coordinates as one list, as in the last example.

    Examples
    --------
    >>> import numpy as np
    >>> bowl = Function(lambda x: (x**2).sum(axis=-1), lambda x: 2 * x)
    >>> bowl.gradient(np.array([3.0, -1.0]))
    array([ 6., -2.])
    >>> one_by_one = Function(lambda x: x[0] ** 2 + x[1], lambda x: [2 * x[0], 1.0], each=True)
    >>> one_by_one.gradient(np.array([[3.0, -1.0], [0.5, 0.0]]))
    array([[6., 1.],
           [1., 1.]])

    Without a gradient:

    >>> Function(lambda x: x[0] ** 2 + x[1], each=True).gradient(np.array([3.0, -1.0])).round(6)
    array([6., 1.])

    With SymPy's:

    >>> import sympy
    >>> a, b = sympy.symbols("a b")
    >>> formula = (1 - a) ** 2 + 100 * (b - a**2) ** 2
    >>> f = sympy.lambdify([(a, b)], formula)
    >>> df = sympy.lambdify([(a, b)], [formula.diff(a), formula.diff(b)])
    >>> Function(f, df, each=True).gradient(np.array([-1.0, 2.0]))
    array([396., 200.])
    """

    f: Callable[[Array], Any]
    df: Gradient | None = None
    start: Any = None
    each: bool = False

    def __post_init__(self) -> None:
        for name in ("f", "df") if self.df is not None else ("f",):
            if not callable(getattr(self, name)):
                raise TypeError(f"{name} must be a function of x, got {getattr(self, name)!r}")
            _check_takes_one(name, getattr(self, name))
        if not isinstance(self.each, (bool, np.bool_)):
            raise TypeError(f"each must be True or False, got {self.each!r}")
        if isinstance(self.start, np.ndarray):
            object.__setattr__(self, "start", read_only(self.start.copy()))

    def value(self, x: Array) -> Array:
        return self._point_by_point("f", x, ()) if self.each else np.asarray(self.f(x))

    def gradient(self, x: Array) -> Array:
        if self.df is None:
            return differences(self.value)(x)
        return self._point_by_point("df", x, x.shape[-1:]) if self.each else np.asarray(self.df(x))

    def _point_by_point(self, name: str, x: Array, shape: tuple[int, ...]) -> Array:
        """Return the results, each of the given shape, at points of shape (..., d)."""
        function, batch = getattr(self, name), x.shape[:-1]
        results = np.empty((*batch, *shape))
        for run in np.ndindex(batch):
            # A contiguous, read-only copy, such as a run made alone passes too.
            result = numbers(f"what {name} returns", function(read_only(np.array(x[run]))))
            if result.shape != shape:
                hint = "" if name == "df" or result.size != 1 else f". {ONE_COORDINATE}"
                raise ValueError(
                    f"{name} must return shape {shape} at one point, got {result.shape}{hint}"
                )
            results[run] = result
        return results


@dataclass(frozen=True)
class Quadratic(Value, Problem):
    r"""The quadratic with given eigenvalues, in any dimension.

    .. math:: f(x) = \tfrac12\, x^\top A\, x, \qquad A = Q \operatorname{diag}(\lambda)\, Q^\top

    Parameters
    ----------
    eigenvalues : array-like of shape (d,)
        The curvatures. Negative ones make a saddle.
    rotation : float or array-like of shape (d, d)
        The orthogonal matrix Q or, for d = 2, a counter-clockwise angle in radians. With a
        matrix, d may be at most 2,000; without a rotation there is no limit, and no matrix.

    Attributes
    ----------
    matrix : array of shape (d, d)
        The matrix A, for d up to 2,000.

    Raises
    ------
    ValueError
        The eigenvalues are not a list of finite numbers, the rotation does not fit them, or a
        matrix of more than 2,000 rows is requested.

    Examples
    --------
    >>> bowl = Quadratic([1.0, 10.0])
    >>> bowl.gradient(np.array([2.0, 1.0]))
    array([ 2., 10.])
    >>> bowl.condition_number
    10.0
    """

    eigenvalues: Any
    rotation: Any = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "eigenvalues", _finite_list("eigenvalues", self.eigenvalues))
        d = len(self.eigenvalues)
        rotation = numbers("rotation", self.rotation, "an orthogonal matrix or an angle")
        if rotation.ndim:
            _check_matrix_fits(d)
        _check_rotation(rotation, d, self.rotation)
        if rotation.ndim:  # a matrix of tuples can be compared and cannot be changed
            object.__setattr__(self, "rotation", tuple(map(tuple, rotation.tolist())))

    @cached_property
    def matrix(self) -> Array:
        """The matrix A, read-only; only a rotated quadratic uses it."""
        _check_matrix_fits(len(self.eigenvalues))
        axes = _axes(self.rotation, len(self.eigenvalues))
        return read_only((axes * self.eigenvalues) @ axes.T)

    @cached_property
    def _curvatures(self) -> Array:
        return read_only(np.array(self.eigenvalues))

    @property
    def start(self) -> Array:
        return np.ones(len(self.eigenvalues))

    @property
    def minima(self) -> Array:
        d = len(self.eigenvalues)
        return np.zeros((1, d)) if min(self.eigenvalues) > 0 else np.empty((0, d))

    @property
    def condition_number(self) -> float:
        """Largest eigenvalue over smallest; infinity if the smallest is not above 0."""
        low, high = min(self.eigenvalues), max(self.eigenvalues)
        return high / low if low > 0 else np.inf

    def value(self, x: Array) -> Array:
        x = points(x, len(self.eigenvalues), "a quadratic")
        terms = x * self.gradient(x)
        if terms.shape[-1] > LARGEST_MATRIX:
            # Contiguous, so that NumPy adds each point's terms in the same order in any batch.
            return np.asarray(0.5 * np.ascontiguousarray(terms).sum(axis=-1))
        return np.asarray(0.5 * sum(terms[..., j] for j in range(terms.shape[-1])))

    def gradient(self, x: Array) -> Array:
        x = points(x, len(self.eigenvalues), "a quadratic")
        if self.rotation == 0.0:
            return self._curvatures * x
        # Column by column and in a fixed order, not `x @ A`: BLAS adds in an order that depends on
        # the size of the batch, and a batch of runs must equal its single runs bit for bit.
        total = self.matrix[:, 0] * x[..., :1]
        for j in range(1, x.shape[-1]):
            total = total + self.matrix[:, j] * x[..., j : j + 1]
        return total

    def hessian(self, x: Array) -> Array:
        """Return A at each point: shape (..., d) to shape (..., d, d)."""
        x = points(x, len(self.eigenvalues), "a quadratic")
        return np.broadcast_to(self.matrix, (*x.shape, x.shape[-1]))


def _check_matrix_fits(d: int) -> None:
    """Refuse a matrix that is too large before memory for it is allocated."""
    if d > LARGEST_MATRIX:
        raise ValueError(
            f"the matrix of a quadratic in {d:,} dimensions would have {d * d:,} entries; it is "
            f"available for up to {LARGEST_MATRIX:,} dimensions. Without a rotation, the value "
            "and the gradient need no matrix"
        )


@dataclass(frozen=True)
class Incline(Problem):
    r"""A plane: the slope is the same everywhere, and there is no minimum.

    .. math:: f(x) = s_1 x_1 + \dots + s_d x_d

    Parameters
    ----------
    slopes : array-like of shape (d,)
        The slope along each coordinate.

    Raises
    ------
    ValueError
        The slopes are not a list of finite numbers.

    Examples
    --------
    >>> Incline([3.0]).gradient(np.array([8.0]))
    array([3.])
    """

    slopes: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "slopes", _finite_list("slopes", self.slopes))

    @property
    def start(self) -> Array:
        return np.zeros(len(self.slopes))

    def value(self, x: Array) -> Array:
        x = points(x, len(self.slopes), "this incline")
        return np.asarray(sum(s * x[..., j] for j, s in enumerate(self.slopes)))

    def gradient(self, x: Array) -> Array:
        x = points(x, len(self.slopes), "this incline")
        return np.array(np.broadcast_to(self.slopes, x.shape))


@dataclass(frozen=True)
class Kinked(Problem):
    r"""One variable, curvature 25, then 1 between 1 and 2, then 25 again; f is least at 0.

    .. math::
        f'(x) = \begin{cases} 25\,x & x < 1 \\ x + 24 & 1 \le x < 2 \\ 25\,x - 24 & 2 \le x
        \end{cases}

    The momentum that is best for all quadratics with these curvatures cycles between three points
    for ever :cite:p:`lessard2016`; a figure in that paper starts from 3.3.

    Examples
    --------
    >>> Kinked().gradient(np.array([2.0]))
    array([26.])
    """

    @property
    def start(self) -> Array:
        return np.array([3.3])

    @property
    def minima(self) -> Array:
        return np.zeros((1, 1))

    def value(self, x: Array) -> Array:
        x = points(x, 1, "this function")[..., 0]
        middle = x**2 / 2 + 24 * x - 12
        high = 12.5 * x**2 - 24 * x + 36
        return np.where(x < 1, 12.5 * x**2, np.where(x < 2, middle, high))

    def gradient(self, x: Array) -> Array:
        x = points(x, 1, "this function")
        return np.where(x < 1, 25 * x, np.where(x < 2, x + 24, 25 * x - 24))


@dataclass(frozen=True)
class Noisy(Value, Problem):
    r"""A problem whose runs see the gradient with added normal noise.

    .. math:: g = \nabla f(x) + \sigma\, \xi, \qquad \xi \sim N(0, I)

    `value` and `gradient` have no noise. Each run of a batch has its own noise, and therefore
    differs from the same run made alone.

    Parameters
    ----------
    problem : Problem
        The problem to minimise.
    sigma : float, or array that broadcasts with points of shape (*S, d), >= 0
        Standard deviation of the noise of each coordinate, in the units of the gradient.
    seed : int, >= 0
        Seed of the noise; each call of `oracle` starts from it.

    Raises
    ------
    TypeError, ValueError
        ``problem`` has no gradient, or ``sigma`` or ``seed`` is invalid.

    Examples
    --------
    >>> noisy = Noisy(Quadratic([1.0, 10.0]), sigma=0.5)
    >>> noisy.gradient(np.array([2.0, 1.0]))
    array([ 2., 10.])
    >>> noisy.oracle()(np.array([2.0, 1.0])).round(2)
    array([2.06, 9.93])
    """

    problem: Problem
    sigma: Any
    seed: int = 0

    def __post_init__(self) -> None:
        if not callable(getattr(self.problem, "gradient", None)):
            raise TypeError(f"problem must be a problem with a gradient, got {self.problem!r}")
        sigma = constant("sigma", self.sigma, "a finite number >= 0")
        if not (np.isfinite(sigma) & (np.asarray(sigma) >= 0)).all():
            raise ValueError(f"sigma must be a finite number >= 0, got {self.sigma!r}")
        object.__setattr__(self, "sigma", sigma)
        object.__setattr__(self, "seed", whole("seed", self.seed, at_least=0))

    @property
    def start(self) -> Any:
        return self.problem.start

    @property
    def minima(self) -> Any:
        return self.problem.minima

    @property
    def domain(self) -> Any:
        """The region in which the problem is drawn; None if it has none."""
        return getattr(self.problem, "domain", None)

    def value(self, x: Array) -> Array:
        return self.problem.value(x)

    def gradient(self, x: Array) -> Array:
        return self.problem.gradient(x)

    def oracle(self) -> Gradient:
        return self.oracle_after(0)

    def oracle_after(self, steps: int) -> Gradient:
        rng, waiting = np.random.default_rng(self.seed), steps

        def noisy(x: Array) -> Array:
            nonlocal waiting
            for _ in range(waiting):  # how much each step draws is known now
                rng.normal(size=x.shape)
            waiting = 0
            return np.asarray(self.gradient(x) + self.sigma * rng.normal(size=x.shape))

        return noisy


def _check_takes_one(name: str, function: Callable[..., Any]) -> None:
    """Refuse a function that needs several arguments, such as x and y."""
    try:
        takes = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of a function in C nothing is known
        return
    ordered = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one.name for one in takes if one.default is one.empty and one.kind in ordered]
    if len(needed) > 1:
        raise TypeError(
            f"{name} must be a function of one array, the point, got one of "
            f"({', '.join(needed)}): write lambda x: ... with x[0] and x[1], and each=True; "
            "further arguments are given to it by a lambda"
        )


def points(x: npt.ArrayLike, d: int, what: str) -> Array:
    """Return ``x`` as an array of points of ``d`` coordinates each.

    Raises
    ------
    TypeError, ValueError
        ``x`` is not an array of real numbers, or its last axis does not have length ``d``; the
        message names ``what``.

    Examples
    --------
    >>> points([1, 2], 2, "a surface")
    array([1., 2.])
    """
    x = numbers("x", x)
    if x.ndim == 0 or x.shape[-1] != d:
        raise ValueError(f"x must have shape (..., {d}) for {what}, got {x.shape}")
    return x


def _finite_list(name: str, values: Any) -> tuple[float, ...]:
    """Return the caller's numbers as a tuple, which can be compared but not changed."""
    array = numbers(name, values, "a list of finite numbers")
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{name} must be a list of finite numbers, got {values!r}")
    return tuple(array.tolist())


def _check_rotation(rotation: Array, d: int, given: Any) -> None:
    """Refuse a rotation that is neither an orthogonal matrix, an angle if d is 2, nor 0."""
    if not np.isfinite(rotation).all():
        raise ValueError(f"rotation must be finite, got {given!r}")
    if rotation.ndim == 0 and (d == 2 or rotation == 0.0):
        return
    if rotation.shape != (d, d) or not np.allclose(rotation @ rotation.T, np.eye(d), atol=1e-10):
        raise ValueError(
            f"rotation must be an orthogonal matrix of shape ({d}, {d})"
            f"{' or an angle' if d == 2 else ''}, got {given!r}"
        )


def _axes(rotation: Any, d: int) -> Array:
    """Return the orthogonal matrix that a checked rotation stands for."""
    if np.ndim(rotation):
        return np.array(rotation)
    if rotation == 0.0:
        return np.eye(d)
    cos, sin = np.cos(rotation), np.sin(rotation)
    return np.array([[cos, -sin], [sin, cos]])
