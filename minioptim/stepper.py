"""Step the parameters of a model of your own, in place: `Stepper`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import numbers, whole
from minioptim.engines import ENGINES, arrays, blocks
from minioptim.rules import MatrixRule, Rule

if TYPE_CHECKING:  # it is imported where a compiled engine is asked for
    from minioptim.engines.compiled.stepping import InPlace

TYPES = (np.dtype(np.float32), np.dtype(np.float64))

Parameters = npt.NDArray[Any]


class Stepper:
    """Makes the steps of a rule on an array of parameters, in place.

    For a model whose loop and gradients are your own. Where the parameters are several arrays, let
    them be views of one: a single step on all of them is faster than a step for each.

    Parameters
    ----------
    rule : Rule
        The rule, which treats coordinates separately. Its hyper-parameters are numbers or
        schedules of numbers.
    x : float32 or float64 array of any shape
        The parameters, contiguous and writable. Each step changes this very array.
    engine : "arrays" or "compiled"
        NumPy, or a compiled loop that passes over the memory once (needs the extra ``fast``). The
        numbers are the same but for rounding.
    threads : int, >= 1
        How many threads the compiled loop may use, each for at least 100,000 parameters.

    Attributes
    ----------
    rule : Rule
    x : array
        The array that was given.
    t : int
        How many steps have been made. It may be set, to continue.
    state : dict of name to array like x
        The rule's state. The arrays may be written to, to continue.

    Raises
    ------
    TypeError
        ``rule`` is not a rule, or ``x`` is not an array of float32 or float64.
    ValueError
        ``x`` cannot be written to or is not contiguous, a hyper-parameter is an array, the rule is
        a `MatrixRule`, or the engine is unknown or cannot compile the rule.
    ImportError
        ``engine="compiled"`` without Numba.

    Notes
    -----
    A compiled step allocates nothing that grows with x, but for one array if gradients come in
    another layout or type, and one if the rule looks ahead. It stores a state too small for the
    normal numbers of its type as 0, unless the rule would then step elsewhere, as with eps = 0:
    arithmetic with such numbers takes twenty times as long.

    Examples
    --------
    >>> from minioptim import Adam
    >>> x = np.array([1.0, -2.0])
    >>> stepper = Stepper(Adam(lr=0.1), x)
    >>> for _ in range(300):
    ...     stepper.step(2 * x)
    >>> stepper.t, x.round(3)
    (300, array([0., 0.]))
    """

    def __init__(
        self, rule: Rule, x: Parameters, *, engine: str = "arrays", threads: int = 1
    ) -> None:
        if not isinstance(rule, Rule):
            hint = f": write {rule.__name__}(...)" if isinstance(rule, type) else ""
            raise TypeError(f"rule must be a rule such as Adam(), got {rule!r}{hint}")
        if isinstance(rule, MatrixRule):
            raise ValueError(
                f"rule must treat coordinates separately, got {rule!r}; iterate and minimize run it"
            )
        if engine not in ENGINES:
            raise ValueError(f"engine must be one of {ENGINES}, got {engine!r}")
        _check_parameters(x)
        self.rule, self.x, self.t, self.engine = rule, x, 0, engine
        self.threads = whole("threads", threads, at_least=1)
        self._settled: Rule | None = None  # a rule without schedules, checked once
        first = self._now(1)
        self.state = _start(first, x)
        self._query: Parameters | None = None
        if type(rule).query is not Rule.query:
            self._query = np.empty_like(x)
        self._gradient: Parameters | None = None  # made when one comes in another layout
        self._loop: InPlace | None = None
        if engine == "compiled":
            from minioptim.engines.compiled import stepping

            self._loop = stepping.in_place(rule, first, x.dtype.name)

    def __repr__(self) -> str:
        kind = f"{self.x.dtype.name} of shape {self.x.shape}"
        return f"Stepper({self.rule!r}, {kind}, engine={self.engine!r}, t={self.t})"

    def query(self) -> Parameters:
        """Return where the next step asks for the gradient, shape of x: x itself for most rules.

        A rule that looks ahead, such as `Nesterov`, asks elsewhere: then this is an array of the
        stepper's own, written anew by each call.
        """
        if self._query is None:
            return self.x
        now = self._now(self.t + 1)
        flat = [_flat(array) for array in (self.x, *self.state.values(), self._query)]
        if self._loop is None:
            arrays.look_in_place(now, flat)
        else:
            self._loop.look(now, flat, self.threads)
        return self._query

    def step(self, g: npt.ArrayLike) -> None:
        """Make a step: change x and the state in place, and count it in t.

        Parameters
        ----------
        g : array-like of the shape of x
            The gradient at `query()`, which is x for most rules. It is not changed. Of the type
            and layout of x it is read where it is, and copied else.

        Raises
        ------
        TypeError, ValueError
            ``g`` does not hold real numbers or has another shape, or a schedule gives a value
            that is none. Nothing is changed then.
        """
        gradient = self._read(g)
        t = self.t + 1
        now = self._now(t)
        flat = [_flat(array) for array in (gradient, self.x, *self.state.values())]
        if self._loop is not None:
            self._loop.step(now, t, flat, self.threads)
        elif not blocks.step_in_place(now, t, flat):
            arrays.step_in_place(now, t, flat)
        self.t = t

    def _now(self, t: int) -> Rule:
        """Return the rule at step t."""
        if self.rule is self._settled:
            return self.rule
        now = _at(self.rule, t)
        if now is self.rule:
            self._settled = now
        return now

    def _read(self, g: npt.ArrayLike) -> Parameters:
        """Return the gradient in the type and layout of x, in memory of its own."""
        given = np.asarray(g)
        if given.dtype.kind not in "iuf":
            numbers("the gradient", g)  # says what is wrong
        if given.shape != self.x.shape:
            raise ValueError(
                f"the gradient must have the shape of x, {self.x.shape}, got {given.shape}"
            )
        mine = (self.x, *self.state.values())
        if (
            given.dtype == self.x.dtype
            and given.flags.aligned
            and (
                given.flags.c_contiguous if self.x.flags.c_contiguous else given.flags.f_contiguous
            )
            and not any(np.may_share_memory(given, array) for array in mine)
        ):
            return given
        if self._gradient is None:
            self._gradient = np.empty_like(self.x)
        with np.errstate(over="ignore"):  # in float32 it may be an infinity
            self._gradient[...] = given
        return self._gradient


def _check_parameters(x: Any) -> None:
    if not isinstance(x, np.ndarray) or x.dtype not in TYPES:
        got = f"{x.dtype} of shape {x.shape}" if isinstance(x, np.ndarray) else repr(x)
        raise TypeError(f"x must be an array of float32 or float64, got {got}")
    if not x.flags.writeable:
        raise ValueError("x must be writable, since steps change it in place; pass x.copy()")
    if not (x.flags.c_contiguous or x.flags.f_contiguous) or not x.flags.aligned:
        raise ValueError(
            f"x must be contiguous in memory, got strides {x.strides} for shape {x.shape}; "
            "step x.copy() instead, and copy the result back"
        )


def _at(rule: Rule, t: int) -> Rule:
    """Return the rule at step t, whose hyper-parameters must be numbers."""
    now = rule.at(t)
    for name, value in now.hyper_parameters().items():
        if np.ndim(value):
            raise ValueError(
                f"{name} must be a number or a schedule of numbers, got an array of shape "
                f"{np.shape(value)}; minimize makes a batch of runs"
            )
    return now


def _start(rule: Rule, x: Parameters) -> dict[str, Parameters]:
    seen = x.view()
    seen.flags.writeable = False
    starts = rule.start(_flat(seen))
    if len(starts) != len(rule.state):
        raise ValueError(f"start must return a value for each of {rule.state}, got {starts!r}")
    state = {name: np.empty_like(x) for name in rule.state}
    for (name, array), value in zip(state.items(), starts, strict=True):
        _flat(array)[...] = numbers(f"the start of {name}", value)
    return state


def _flat(array: Parameters) -> Parameters:
    """Return all entries of a contiguous array in the order of its memory, as a view."""
    return array.reshape(-1) if array.flags.c_contiguous else array.T.reshape(-1)
