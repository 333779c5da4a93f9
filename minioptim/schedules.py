"""Learning-rate schedules: functions of the step number t = 1, 2, 3, ...

A schedule takes the place of a hyper-parameter, ``Adam(lr=InverseRoot(0.1))``. Before each step the
loop replaces it by its value, so rules never see it. Any function of t will do. These can be
combined: ``0.5 * Cosine(...)``, ``Linear(...) * InverseRoot(...)``, ``0.01 + Cosine(...)``,
``WarmUp(100, Cosine(...))``, ``Sequence(...)``. `Schedule.values` gives the values of many steps.

Every value may be an array of shape S, one run per entry.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from minioptim._arguments import Array, Real, Value, constant, whole

# As with the rules, a name means the same in all schedules.
NUMBERS_OF_STEPS = {"steps", "every", "half_period", "growth", "warm_up", "stable", "decay_steps"}
SCHEDULES = {"after", "first", "second"}


def _of_one_step(call: Callable[[Any, int], Real]) -> Callable[[Any, int], Real]:
    """Return a schedule's function with its argument checked and its overflow explained."""

    @functools.wraps(call)
    def checked(self: Any, t: int) -> Real:
        if not isinstance(t, (int, np.integer)):
            raise TypeError(
                f"t must be the number of one step, got {t!r}; for many steps use values(steps)"
            )
        try:
            return call(self, t)
        except OverflowError as error:
            raise OverflowError(f"{self!r} is beyond the largest float at t={t}") from error

    return checked


@dataclass(frozen=True)
class Schedule(Value, ABC):
    """A value for each step; ``a * b`` and ``a + b`` are the schedules of products and of sums.

    Raises
    ------
    TypeError, ValueError
        A value is not a finite number >= 0, or a number of steps is not a whole number >= 1. When
        it is called: t is not a single whole number.
    OverflowError
        When it is called: the value is beyond the largest float.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls):
            cls.__call__ = _of_one_step(cls.__call__)  # type: ignore[assignment,method-assign]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in NUMBERS_OF_STEPS:
                value = whole(field.name, value, at_least=1)
            elif field.name in SCHEDULES:
                _check_schedule(field.name, value)
            else:
                value = _amount(field.name, value)
            object.__setattr__(self, field.name, value)

    @abstractmethod
    def __call__(self, t: int) -> Real:
        """Return the value at step t, counted from 1."""

    def values(self, steps: int) -> Array:
        r"""Return the values of the steps 1, 2, ..., ``steps``: shape (steps, \*S).

        Raises
        ------
        TypeError, ValueError
            ``steps`` is not a whole number >= 1.

        Examples
        --------
        >>> Linear(1.0, 0.0, steps=4).values(5).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.0]
        """
        steps = whole("steps", steps, at_least=1)
        return np.stack([np.asarray(self(t), dtype=np.float64) for t in range(1, steps + 1)])

    def __add__(self, other: Real | Schedule) -> Schedule:
        return Sum(self, other if isinstance(other, Schedule) else Constant(other))

    __radd__ = __add__

    def __mul__(self, other: Real | Schedule) -> Schedule:
        return Product(self, other if isinstance(other, Schedule) else Constant(other))

    __rmul__ = __mul__
    __array_ufunc__ = None  # array * schedule is one schedule, not an array of schedules


@dataclass(frozen=True)
class Constant(Schedule):
    """The same value at every step.

    >>> Constant(0.1)(1000)
    0.1
    """

    lr: Real

    def __call__(self, t: int) -> Real:
        return self.lr


@dataclass(frozen=True)
class StepDecay(Schedule):
    r"""A staircase: ``lr``, multiplied by ``factor`` again after every ``every`` steps.

    .. math:: \mathrm{lr} \cdot \mathrm{factor}^{\lfloor (t - 1) / \mathrm{every} \rfloor}

    >>> schedule = StepDecay(0.8, factor=0.5, every=10)
    >>> [schedule(t) for t in (1, 10, 11, 21)]
    [0.8, 0.8, 0.4, 0.2]
    """

    lr: Real
    factor: Real
    every: int

    def __call__(self, t: int) -> Real:
        return self.lr * self.factor ** ((t - 1) // self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    r"""Exponential decay: multiplied by ``decay`` at every step.

    .. math:: \mathrm{lr} \cdot \mathrm{decay}^{t - 1}

    >>> [Exponential(0.8, decay=0.5)(t) for t in (1, 2, 3)]
    [0.8, 0.4, 0.2]
    """

    lr: Real
    decay: Real

    def __call__(self, t: int) -> Real:
        return self.lr * self.decay ** (t - 1)


@dataclass(frozen=True)
class InverseRoot(Schedule):
    r"""The decay that regret bounds require (Zinkevich 2003; Kingma and Ba 2015, section 4).

    .. math:: \mathrm{lr} / \sqrt{t}

    >>> [InverseRoot(0.8)(t) for t in (1, 4, 16)]
    [0.8, 0.4, 0.2]
    """

    lr: Real

    def __call__(self, t: int) -> Real:
        return self.lr / math.sqrt(t)


@dataclass(frozen=True)
class Linear(Schedule):
    """A straight line from ``lr`` at step 1 to ``final`` at step ``steps`` + 1, then constant.

    >>> [Linear(0.0, 1.0, steps=4)(t) for t in (1, 2, 5, 99)]
    [0.0, 0.25, 1.0, 1.0]
    """

    lr: Real
    final: Real
    steps: int

    def __call__(self, t: int) -> Real:
        part = min((t - 1) / self.steps, 1.0)
        return (1 - part) * self.lr + part * self.final


@dataclass(frozen=True)
class Cosine(Schedule):
    r"""Half a cosine wave from ``lr`` down to ``final`` over ``steps`` steps, then constant.

    .. math:: \mathrm{final} + \tfrac12 (\mathrm{lr} - \mathrm{final})
        \big(1 + \cos(\pi (t - 1) / \mathrm{steps})\big)

    Loshchilov and Hutter (2017), SGDR, eq. (5), without the restarts.

    >>> [round(Cosine(0.8, steps=4)(t), 3) for t in (1, 3, 5, 99)]
    [0.8, 0.4, 0.0, 0.0]
    """

    lr: Real
    steps: int
    final: Real = 0.0

    def __call__(self, t: int) -> Real:
        part = min((t - 1) / self.steps, 1.0)
        return self.final + 0.5 * (self.lr - self.final) * (1 + math.cos(math.pi * part))


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    r"""`Cosine` again and again: from ``lr`` down to ``final``, then back at ``lr``.

    The first wave takes ``every`` steps, each further one ``growth`` times as many.

    Loshchilov and Hutter (2017), SGDR, eq. (5), with T_0 = every and T_mult = growth.

    >>> schedule = CosineRestarts(0.8, every=2, growth=2)
    >>> [round(schedule(t), 3) for t in (1, 2, 3, 4, 5, 6, 7)]
    [0.8, 0.4, 0.8, 0.683, 0.4, 0.117, 0.8]
    """

    lr: Real
    every: int
    growth: int = 1
    final: Real = 0.0

    def __call__(self, t: int) -> Real:
        past, length = t - 1, self.every
        while past >= length:
            past -= length
            length *= self.growth
        wave = 1 + math.cos(math.pi * past / length)
        return self.final + 0.5 * (self.lr - self.final) * wave


@dataclass(frozen=True)
class WarmUpStableDecay(Schedule):
    """Up in ``warm_up`` equal parts, then ``lr``, then a straight line down to ``final``.

    ``lr`` is kept for ``stable`` steps, and the line takes ``decay_steps``. Unlike `Cosine`, it
    does not depend on the length of the run until the decay begins.

    Hu et al. (2024), MiniCPM, section 4.3 (with another form of decay); Hägele et al. (2024),
    Scaling laws and compute-optimal training beyond fixed training durations.

    >>> schedule = WarmUpStableDecay(0.8, warm_up=2, stable=3, decay_steps=4)
    >>> schedule.values(10).round(3).tolist()
    [0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.6, 0.4, 0.2, 0.0]
    """

    lr: Real
    warm_up: int
    stable: int
    decay_steps: int
    final: Real = 0.0

    def __call__(self, t: int) -> Real:
        if t <= self.warm_up:
            return t / self.warm_up * self.lr
        part = (t - 1 - self.warm_up - self.stable) / self.decay_steps
        part = min(max(part, 0.0), 1.0)
        return (1 - part) * self.lr + part * self.final


@dataclass(frozen=True)
class Cyclic(Schedule):
    """A triangle wave: up from ``lr`` to ``peak`` in ``half_period`` steps, and down again.

    Smith (2017), Cyclical learning rates for training neural networks.

    >>> [Cyclic(0.0, peak=1.0, half_period=2)(t) for t in (1, 2, 3, 4, 5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    lr: Real
    peak: Real
    half_period: int

    def __call__(self, t: int) -> Real:
        phase = (t - 1) / self.half_period % 2
        return self.lr + (1 - abs(phase - 1)) * (self.peak - self.lr)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A rise to the first value of ``after`` in ``steps`` equal parts; then ``after`` from its t=1.

    Goyal et al. (2017), Accurate, large minibatch SGD, section 2.2.

    >>> schedule = WarmUp(4, after=InverseRoot(0.8))
    >>> [schedule(t) for t in (1, 2, 4, 5, 8)]
    [0.2, 0.4, 0.8, 0.8, 0.4]
    """

    steps: int
    after: Schedule

    def __call__(self, t: int) -> Real:
        if t <= self.steps:
            return t / self.steps * self.after(1)
        return self.after(t - self.steps)


@dataclass(frozen=True)
class Sequence(Schedule):
    """One schedule after another, each counted from its own t=1; the last never ends.

    ``ends`` are the last steps of all schedules but the final one, in rising order.

    >>> schedule = Sequence((Constant(0.1), Exponential(0.8, decay=0.5)), ends=(10,))
    >>> [schedule(t) for t in (10, 11, 12)]
    [0.1, 0.8, 0.4]
    """

    schedules: tuple[Schedule, ...]
    ends: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "schedules", tuple(self.schedules))
        object.__setattr__(self, "ends", tuple(self.ends))
        for schedule in self.schedules:
            _check_schedule("schedules", schedule)
        for end in self.ends:
            whole("ends", end, at_least=1)
        if len(self.schedules) != len(self.ends) + 1 or sorted(set(self.ends)) != list(self.ends):
            raise ValueError(
                f"ends must rise and be one fewer than the {len(self.schedules)} schedules, "
                f"got {self.ends}"
            )

    def __call__(self, t: int) -> Real:
        index = bisect_left(self.ends, t)
        begin = self.ends[index - 1] if index else 0
        return self.schedules[index](t - begin)


@dataclass(frozen=True)
class Product(Schedule):
    """The product of two schedules, as ``first * second`` makes it.

    >>> (0.5 * Linear(0.0, 1.0, steps=4) * InverseRoot(0.8))(1)
    0.0
    >>> (Constant(3.0) * InverseRoot(0.5))(9)
    0.5
    """

    first: Schedule
    second: Schedule

    def __call__(self, t: int) -> Real:
        return self.first(t) * self.second(t)


@dataclass(frozen=True)
class Sum(Schedule):
    """The sum of two schedules, as ``first + second`` makes it.

    >>> (Linear(0.0, 1.0, steps=4) + 0.5)(3)
    1.0
    """

    first: Schedule
    second: Schedule

    def __call__(self, t: int) -> Real:
        return self.first(t) + self.second(t)


def _amount(name: str, value: Real) -> Real:
    """Return ``value`` as a float or a read-only float array, or say what is wrong with it."""
    value = constant(name, value, "a finite number >= 0")
    if not (np.isfinite(value) & (np.asarray(value) >= 0)).all():
        raise ValueError(f"{name} must be a finite number >= 0, got {value!r}")
    return value


def _check_schedule(name: str, value: Any) -> None:
    if not isinstance(value, Schedule):
        raise TypeError(f"{name} must be a schedule such as Constant(0.1), got {value!r}")
