"""What is the same answer, and what is the same wrong answer: plain data compared as numbers.

An answer is a number, a bool, a word, an array, or a list or tuple of such. How it is held does
not matter: a tuple equals a list, an array the list of its rows, a fraction a float. `natural`
reads a few forms more where it is known which one is asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from numbers import Rational
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
    """Return ``value`` with arrays and tuples as lists, and numbers of any kind as Python's.

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
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    is_fraction = isinstance(value, Rational | Decimal) and not isinstance(value, int)
    return float(value) if is_fraction else value


def natural(value: Any, form: Any) -> Any:
    """Return a value as `plain` does, in the form that is asked for where it can only mean that.

    Parameters
    ----------
    value : object
        Anything.
    form : object
        Something of the right form, as a right answer is.

    Returns
    -------
    object
        One thing in a list or a set is that thing, where one thing is asked for; a column, or a
        row in a list, is a list, where a list is asked for.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> natural([0.8], 1.0), natural([[1], [2]], [0.0, 0.0]), natural([1, 2], 1.0)
    (0.8, [1, 2], [1, 2])
    """
    value = plain(value)
    if not isinstance(form, list):
        while isinstance(value, list | set | frozenset) and len(value) == 1:
            (value,) = value
        return value
    if isinstance(value, list) and not any(isinstance(item, list) for item in form):
        if len(value) == 1 != len(form) and isinstance(value[0], list):
            value = value[0]
        if all(isinstance(item, list) and len(item) == 1 for item in value):
            return [item[0] for item in value]
    return value


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
        Words are compared without regard to case and surrounding space, and an option copied as it
        is printed, ``"(b)"`` or ``"(b) The sign."``, is the option ``"b"``. A NaN is never right,
        and a bool is no number.

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
    return f"type {getattr(value, 'kind_of', None) or type(value).__name__}"


def _word(text: str) -> str:
    """Return a word in lower case; of an option such as ``(b) The sign.``, its letter."""
    word = text.strip().casefold()
    letter, mark, rest = word[:1], word[1:2], word[2:]
    if letter == "(":
        letter, mark, rest = word[1:2], word[2:3], word[3:]
        is_option = mark == ")"
    else:
        is_option = mark in (")", ".", ":") and not rest[:1].strip()
    return letter if is_option and "a" <= letter <= "z" else word
