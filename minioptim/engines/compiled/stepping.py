"""Steps in place on large arrays, compiled: one pass over the memory."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim.engines.compiled.kernels import Loop, stepper
from minioptim.engines.language import TranslationError
from minioptim.rules import Rule

# Fewer parameters than these are stepped before a thread would have begun.
WORTH_A_THREAD = 100_000
LINE = 64
"""Threads part the arrays at multiples of this many entries, so that no two write to one line."""
# A rule of more states keeps its denormals: it would have to be tried on too many of them.
MOST_STATES = 5

Arrays = Sequence[npt.NDArray[Any]]


class InPlace:
    """The compiled loops of a rule for arrays of one type.

    Parameters
    ----------
    advance : Loop
    ahead : Loop or None
        None if the rule asks for the gradient at x.
    tiny : float
        A state below this size is stored as 0.
    """

    def __init__(self, advance: Loop, ahead: Loop | None, tiny: float) -> None:
        self.advance, self.ahead, self.tiny = advance, ahead, tiny
        self._rule: Rule | None = None  # whose hyper-parameters the values are
        self._values: tuple[float, ...] = ()

    def step(self, now: Rule, t: int, arrays: Arrays, threads: int) -> None:
        """Make step t on the arrays g, x and states, each of shape (n,)."""
        _shared_out(self.advance, (float(t), self.tiny, *self._of(now)), arrays, threads)

    def look(self, now: Rule, arrays: Arrays, threads: int) -> None:
        """Write where the gradient is asked for: the arrays are x, the states and the result."""
        if self.ahead is not None:
            _shared_out(self.ahead, self._of(now), arrays, threads)

    def _of(self, now: Rule) -> tuple[float, ...]:
        """Return the hyper-parameters, which are read anew only where the rule is another."""
        if now is not self._rule:
            self._rule, self._values = now, tuple(map(float, now.hyper_parameters().values()))
        return self._values


def in_place(rule: Rule, first: Rule, number: str) -> InPlace:
    """Return the compiled loops of a rule.

    Parameters
    ----------
    rule : Rule
    first : Rule
        The rule as it is at the first step.
    number : "float32" or "float64"

    Raises
    ------
    ImportError
        Numba is not installed.
    ValueError
        The rule lies outside the language that can be compiled.

    Examples
    --------
    >>> from minioptim import GradientDescent
    >>> rule = GradientDescent(lr=0.5)
    >>> loops = in_place(rule, rule, "float64")
    >>> g, x = np.array([3.0]), np.array([2.0])
    >>> loops.step(rule, 1, [g, x], threads=1)
    >>> x
    array([0.5])
    """
    rule_class: Any = type(rule)
    try:
        advance, ahead = stepper(rule_class, number)
    except TranslationError as error:
        raise ValueError(
            f'engine="compiled" cannot compile {error}; engine="arrays" runs it'
        ) from error
    scheduled = {name for name, value in rule.hyper_parameters().items() if callable(value)}
    tiny = float(np.finfo(number).tiny)
    harmless = scheduled <= {"lr"} and _zero_does_as_well(first, tiny)
    return InPlace(advance, ahead, tiny if harmless else 0.0)


def _zero_does_as_well(rule: Rule, tiny: float) -> bool:
    """Whether a rule steps alike from a state of 0 and from one of the smallest normal number.

    It is tried on all combinations of such states with others of size 1, and with and without a
    gradient, at a step by which Adam's corrections have gone.
    """
    if not 0 < len(rule.state) <= MOST_STATES:
        return False
    cases = itertools.product((0.0, 1.0), *[(0.0, tiny, 1.0)] * len(rule.state))
    g, *state = np.array(list(cases)).T
    with np.errstate(all="ignore"):
        small = rule.step(g, np.zeros_like(g), 10**6, *state)
        none = rule.step(g, np.zeros_like(g), 10**6, *(np.where(s == tiny, 0.0, s) for s in state))
        return all(
            np.allclose(one, other, rtol=1e-6, atol=np.sqrt(tiny))
            for one, other in zip(small, none, strict=True)
        )


def _shared_out(loop: Loop, values: tuple[float, ...], arrays: Arrays, threads: int) -> None:
    """Call the loop on whole arrays, or on a part of them in each of some threads."""
    size = arrays[0].size
    parts = min(threads, size // WORTH_A_THREAD)
    if parts < 2:
        loop(*values, *arrays)
        return
    ends = [size * part // parts // LINE * LINE for part in range(parts)] + [size]
    pool = _pool(parts, os.getpid())
    made = [
        pool.submit(loop, *values, *(array[low:high] for array in arrays))
        for low, high in itertools.pairwise(ends)
    ]
    for one in made:
        one.result()


@functools.lru_cache(maxsize=4)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001  a fork has no threads
    return ThreadPoolExecutor(threads)
