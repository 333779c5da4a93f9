"""What is the same answer, and what is the same wrong answer: plain data compared as numbers.

An answer is a number, a bool, a word, an array, or a list or tuple of such. How it is held does
not matter: a tuple equals a list, an array the list of its rows, a float32 a float.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

# The rounding error of a difference that should be 0, for numbers of about the size of 1.
ROUNDING = 1e-12
# The digits that distinguish one wrong answer from another.
DIGITS = 6


class Outcome(NamedTuple):
    """What came of one call.

    Attributes
    ----------
    result : object
        What it returned, as `plain` makes it; None where it raised.
    error : str
        The name of the exception that it raised, and after a colon what that said; else "".
    changed : tuple of int
        The positions of the arguments that are not what they were before the call.
    after : tuple
        What each of those was after the call, as `plain` makes it.
    """

    result: Any
    error: str = ""
    changed: tuple[int, ...] = ()
    after: tuple[Any, ...] = ()


def plain(value: Any) -> Any:
    """Return ``value`` with arrays and tuples as lists, and NumPy's numbers as Python's.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> plain((np.float64(0.5), np.array([[1, 2]])))
    [0.5, [[1, 2]]]
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def same(result: Any, expected: Any, rtol: float) -> bool:
    """Whether a result is the expected one: the same shape, and each number near enough.

    Parameters
    ----------
    result : object
        What a student's function returned. Anything may come here.
    expected : number, bool, str, array, or list or tuple of such
        What is right; its numbers are finite.
    rtol : float, >= 0
        How far a number may be off, relative to the size of the expected one. A difference below
        1e-12 is allowed in any case: 0 is seldom hit exactly.

    Returns
    -------
    bool
        Words are compared without regard to case and surrounding space, and ``"(b)"`` and ``"b)"``
        are the option ``"b"``. A NaN is never right, and a bool is no number.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> same([1.0, np.array([2.0])], (1.0, [2.0]), rtol=1e-9)
    True
    >>> same([1.0], 1.0, rtol=1e-9), same(float("nan"), 1.0, rtol=1e-9)
    (False, False)
    """
    return _same(plain(result), plain(expected), rtol)


def _same(result: Any, expected: Any, rtol: float) -> bool:
    if isinstance(expected, list):
        return (
            isinstance(result, list)
            and len(result) == len(expected)
            and all(_same(r, e, rtol) for r, e in zip(result, expected, strict=True))
        )
    if isinstance(expected, bool) or isinstance(result, bool) or expected is None:
        return result is expected
    if isinstance(expected, str):
        return isinstance(result, str) and _word(result) == _word(expected)
    if not isinstance(result, int | float):
        return False
    try:
        return bool(abs(result - expected) <= rtol * abs(expected) + ROUNDING)
    except OverflowError:  # an integer beyond the floats
        return False


def fingerprint(name: str, outcomes: Iterable[Outcome]) -> str:
    """Return a short hash that identifies outcomes without revealing them.

    Numbers are rounded to six digits first, so that another order of operations gives the same
    hash. Of an error, only the kind counts.

    Parameters
    ----------
    name : str
        The exercise; equal outcomes of two exercises have nothing to do with one another.
    outcomes : iterable of Outcome
        One for each call, in order.

    Raises
    ------
    RecursionError
        A result is a list that holds itself.

    Examples
    --------
    >>> third = fingerprint("a", [Outcome(1 / 3)])
    >>> third == fingerprint("a", [Outcome(0.33333333)]), third == fingerprint("a", [Outcome(0.33)])
    (True, False)
    """
    rows = [
        [_rounded(plain(result)), error.split(":")[0], list(changed)]
        for result, error, changed, _ in outcomes
    ]
    return hashlib.sha256(json.dumps([name, rows]).encode()).hexdigest()[:16]


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return f"word {_word(value)}"
    if isinstance(value, int | float):
        try:
            return "0" if abs(value) < ROUNDING else f"{float(value):.{DIGITS - 1}e}"
        except OverflowError:
            return "inf"
    return f"type {type(value).__name__}"


def _word(text: str) -> str:
    """Return a word in lower case; of an option such as ``(b)``, its letter."""
    word = text.strip().casefold()
    option = re.fullmatch(r"\(?([a-z])\)", word)
    return option[1] if option else word
