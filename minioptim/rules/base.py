"""The base of all update rules: checked hyper-parameters, and names for the state."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from minioptim._arguments import Real, Value, constant
from minioptim._keywords import untyped_numbers


class Range(NamedTuple):
    """The numbers that a hyper-parameter may take, and the words for them in an error message."""

    low: float
    high: float
    includes_high: bool
    words: str

    def holds(self, value: Real) -> Any:
        """Whether each entry lies in the range; a NaN lies in none."""
        below = value <= self.high if self.includes_high else value < self.high
        return (value >= self.low) & below


# A name means the same in all rules, so its range is stated once. `lr` has no upper bound: a run
# that diverges is a lesson, not an error. A rule of your own may use other names, which accept any
# finite number unless you add a range.
FINITE = Range(np.finfo(np.float64).min, np.inf, False, "a finite number")
NOT_NEGATIVE = Range(0.0, np.inf, False, "a finite number >= 0")
DECAY_RATE = Range(0.0, 1.0, False, "a number in [0, 1)")
RANGES = {
    "lr": NOT_NEGATIVE,
    "momentum": Range(0.0, 1.0, True, "a number in [0, 1]"),
    "beta": DECAY_RATE,
    "beta1": DECAY_RATE,
    "beta2": DECAY_RATE,
    "rho": DECAY_RATE,
    "eps": NOT_NEGATIVE,
    "psi": Range(0.0, np.inf, True, "a number >= 0 (infinity too)"),
    "weight_decay": NOT_NEGATIVE,
    "initial_accumulator": NOT_NEGATIVE,
    "largest": Range(np.nextafter(0.0, 1.0), np.inf, True, "a number > 0 (infinity too)"),
    "part": Range(0.0, 1.0, True, "a number in [0, 1]"),
}
"""The range of each hyper-parameter, by its name: a name means the same in all rules."""


@dataclass(frozen=True)
class Rule(Value):
    r"""The base of all update rules: checked hyper-parameters, named state, and no state inside.

    A rule of your own is a frozen dataclass, ``@dataclass(frozen=True)``, with a ``step`` and, if
    it remembers something, ``state = ("name", ...)``. Rules compare by value.

    Inside ``step`` and ``query``, the loop's arrays g, x and each state have shape (d, \*S): the
    coordinates come first, and a hyper-parameter of shape S broadcasts with each of them. Points
    that a caller sees, such as those of a trace, have the coordinates last, (\*S, d);
    ``np.moveaxis(x, -1, 0)`` converts them. Called by hand, ``step`` takes arrays, not lists. A
    step treats the runs of a batch separately: a sum, mean or norm over coordinates takes
    ``axis=0, keepdims=True``, and an array with one number for each coordinate is multiplied as
    ``(numbers * g.T).T``. A batch of a rule that mixes its runs is refused at the start.

    A rule that has to see a layer as a matrix, or that keeps a state of a different shape than x,
    is a `minioptim.rules.MatrixRule`.

    Raises
    ------
    TypeError
        A hyper-parameter is not a number, an array of numbers or a schedule, or it is a schedule
        although it must be constant.
    ValueError
        A hyper-parameter lies outside its range, or is NaN.
    """

    state: ClassVar[tuple[str, ...]] = ()
    # Hyper-parameters that must not change from step to step, each with the reason.
    never_scheduled: ClassVar[Mapping[str, str]] = {}

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Say where the parameters go that other libraries' optimizers are given."""
        if args and "lr" in kwargs and next(iter(inspect.signature(cls).parameters), "") == "lr":
            raise TypeError(
                f"{cls.__name__} is given no parameters to move, only {', '.join(kwargs)}: "
                "Stepper(rule, x) moves those of a model of your own, minimize(problem, rule) a run"
            )
        return super().__new__(cls, *args, **kwargs)

    def __post_init__(self) -> None:
        rule: Any = type(self)
        _check_class(rule)
        for name, value in self.hyper_parameters().items():
            if not callable(value):
                object.__setattr__(self, name, checked(name, value))
            elif name in self.never_scheduled:
                raise TypeError(
                    f"{name} must be {RANGES.get(name, FINITE).words}, not a schedule "
                    f"({self.never_scheduled[name]}); got {value!r}"
                )

    def start(self, x: Real) -> tuple[Real, ...]:
        """Return the initial value of each state, in the order of ``state``: zeros.

        A number is used for every coordinate of ``x``, the point where the run starts.
        """
        return (0.0,) * len(self.state)

    def query(self, x: Real, *state: Real) -> Real:
        """Return the point at which to evaluate the gradient: ``x`` itself."""
        return x

    def step(self, *args: Any, **kwargs: Any) -> tuple[Real, ...]:
        """Return the new point and the new state, from ``(g, x, t, *state)``."""
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def hyper_parameters(self) -> dict[str, Real]:
        """Return each hyper-parameter by its name: a float, an array or a schedule."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def at(self, t: int) -> Self:
        """Return the rule at step ``t``, with each schedule replaced by its value.

        >>> from minioptim.rules import GradientDescent
        >>> GradientDescent(lr=lambda t: 0.5 / t).at(10)
        GradientDescent(lr=0.05)
        """
        scheduled = {n: value for n, value in self.hyper_parameters().items() if callable(value)}
        if not scheduled:
            return self
        try:
            values = {name: schedule(t) for name, schedule in scheduled.items()}
            return replace(self, **{name: checked(name, value) for name, value in values.items()})
        except Exception as error:  # a schedule of the reader's own may do anything
            error.add_note(f"(given by the schedule in {self!r} at t={t})")
            raise

    def of_run(self, batch: tuple[int, ...], run: tuple[int, ...]) -> Self:
        """Return the rule for a single run of a batch of shape ``batch``, made alone.

        >>> from minioptim.rules import GradientDescent
        >>> GradientDescent(lr=[0.1, 0.2, 0.3]).of_run((3,), (1,))
        GradientDescent(lr=0.2)
        """
        values = self.hyper_parameters().items()
        return replace(self, **{name: np.broadcast_to(value, batch)[run] for name, value in values})

    def as_arrays(self) -> Self:
        """Return the rule with each hyper-parameter as an array, of shape (1,) if it is a number.

        NumPy raises a Python float and an array to a power by different routines, whose results
        differ in the last bit. With arrays throughout, a run alone equals the same run in a batch.
        """
        arrays = object.__new__(type(self))
        vars(arrays).update(vars(self))
        for name, value in self.hyper_parameters().items():
            object.__setattr__(arrays, name, np.atleast_1d(value))
        return arrays


def checked(name: str, value: Real) -> Real:
    """Return ``value`` as a float or a read-only float array, after checking it.

    Parameters
    ----------
    name : str
        The hyper-parameter's name, which decides over its range.
    value : float or array-like

    Raises
    ------
    TypeError, ValueError
        The value is not a number or an array of numbers, or lies outside the range.

    Examples
    --------
    >>> checked("lr", 1)
    1.0
    """
    allowed = RANGES.get(name, FINITE)
    value = constant(name, value, allowed.words)
    array = np.asarray(value)
    wrong = array[~np.asarray(allowed.holds(array))]
    if wrong.size:
        among = f" among {array.size} values" if array.ndim else ""
        raise ValueError(f"{name} must be {allowed.words}, got {wrong.flat[0]}{among}")
    return value


@lru_cache(maxsize=256)
def _check_class(rule: type[Any]) -> None:
    """Report what is missing in a reader's class; Python itself would not report it."""
    names = {field.name for field in fields(rule)}
    if "state" in names or not isinstance(rule.state, tuple):
        raise TypeError(
            f'{rule.__name__}.state must be a tuple of names, as in state = ("v",), without a type'
        )
    typed = inspect.get_annotations(rule)
    own = set(typed) - {"state"} | (names & vars(rule).keys())
    if own and "__dataclass_params__" not in vars(rule):
        raise TypeError(f"write @dataclass(frozen=True) above class {rule.__name__}")
    for name in untyped_numbers(rule):
        raise TypeError(
            f"{name} of {rule.__name__} is no argument without a type: write {name}: float = "
            f"{vars(rule)[name]!r}, and @dataclass(frozen=True) above the class"
        )
    if list(inspect.signature(rule.start).parameters) == ["self"]:
        raise TypeError(f"{rule.__name__}.start must take x: write def start(self, x)")
    _check_order(rule, "query", ("self", "x", *rule.state))
    _check_order(rule, "step", ("self", "g", "x", "t", *rule.state))


def _check_order(rule: type[Any], method: str, order: tuple[str, ...]) -> None:
    """Report arguments that have the names of the course and stand in other places.

    The loop passes them by place, so a step that takes (x, g, ...) would run, and move by a wrong
    equation without a word.
    """
    called = getattr(rule, method)
    takes = list(inspect.signature(called).parameters) if callable(called) else []
    meant = ["g" if name in ("grad", "gradient") else name for name in takes]
    if any(name in order and order.index(name) != place for place, name in enumerate(meant)):
        raise TypeError(
            f"{rule.__name__}.{method} must take ({', '.join(order)}) in this order, "
            f"got ({', '.join(takes)})"
        )
