"""From outcomes to one sentence: whether an answer is right, and if not, what the mistake is.

The student's notebook and the teacher's recheck both judge here, so that they say the same.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minioptim.checks import words
from minioptim.checks.compare import Outcome, fingerprint, plain, same

said = partial(words.said, "verdict")

# The kinds of at most this many values are named; of more, only the number.
SHOWN = 8


class Verdict(NamedTuple):
    """What is to be said about an answer.

    Attributes
    ----------
    right : bool
        Whether every call came out as expected.
    sentence : str
        What is wrong, in one line; "" where all is right.
    at : int or None
        Which call went wrong first, from 0; None where all are right.
    state : str
        What kind of sentence it is, whatever its words and language: ``"right"``; ``"mistake"``,
        a known one; ``"raises"``, ``"changes"``, ``"nothing"``, ``"form"`` or ``"nan"``, which can
        be said without knowing the exercise; ``"not.a.function"``; or ``"other"``.
    """

    right: bool
    sentence: str
    at: int | None
    state: str = "right"


def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """Call a function on copies of the arguments, and look at them afterwards.

    Parameters
    ----------
    function : callable
        It may do anything; an exception becomes part of the outcome.
    arguments : sequence
        Positional arguments, plain data. They are left as they are.

    Returns
    -------
    Outcome
        Its result holds arrays and tuples as lists, which the function can no longer change.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        Passed on: somebody wants to stop.

    Examples
    --------
    >>> call(lambda x: 1 / x, [0])
    Outcome(result=None, error='ZeroDivisionError: division by zero', changed=(), after=())
    """
    given = copy.deepcopy(list(arguments))
    result, error = None, ""
    try:
        # A wrong formula may divide by zero; the feedback says what is wrong with it.
        with np.errstate(all="ignore"):
            result = plain(function(*given))
    except Exception as raised:  # whatever a student's function does is an answer
        error = f"{type(raised).__name__}: {raised}"
    pairs = zip(given, arguments, strict=True)
    changed = tuple(i for i, (now, before) in enumerate(pairs) if not same(now, before, rtol=0.0))
    return Outcome(result, error, changed, tuple(_after(given[i]) for i in changed))


def _after(value: Any) -> Any:
    try:
        return plain(value)
    except RecursionError:
        return said("cyclic")


def only_changed(outcome: Outcome, expected: Any, rtol: float) -> bool:
    """Return whether a result is right, and all that is wrong is that arguments were changed.

    Parameters
    ----------
    outcome : Outcome
        What came of a call.
    expected : object
        The right result.
    rtol : float
        As in `same`.

    Raises
    ------
    RecursionError
        As in `same`.

    Examples
    --------
    >>> only_changed(Outcome(2.0, changed=(0,)), 2.0, rtol=1e-9)
    True
    """
    return not outcome.error and bool(outcome.changed) and same(outcome.result, expected, rtol)


def judge(
    name: str,
    outcomes: Sequence[Outcome],
    expected: Sequence[Any],
    mistakes: Mapping[str, str],
    rtol: float,
    arguments: Sequence[str] = (),
    *,
    is_value: bool = False,
) -> Verdict:
    """Compare outcomes with what was expected, and name the mistake.

    Parameters
    ----------
    name : str
        The exercise, as in `fingerprint`.
    outcomes : sequence of Outcome
        One for each call.
    expected : sequence
        The right result of each call.
    mistakes : mapping of str to str
        Fingerprints of known wrong outcomes, and the sentence for each.
    rtol : float
        As in `same`.
    arguments : sequence of str
        The names of the function's arguments, to speak of one that was changed.
    is_value : bool
        The answer is a value and not a function, and the sentence says so.

    Raises
    ------
    ValueError
        There are not as many outcomes as expected results.

    Examples
    --------
    >>> judge("twice", [Outcome(2.0), Outcome(3.0)], [2.0, 4.0], {}, rtol=1e-9)
    Verdict(right=False, sentence='call 2 of 2 has another result.', at=1, state='other')
    """
    wrong = [
        i
        for i, (outcome, right) in enumerate(zip(outcomes, expected, strict=True))
        if outcome.error or outcome.changed or not same(outcome.result, right, rtol)
    ]
    if not wrong:
        return Verdict(True, "", None)
    at = wrong[0]
    sentence = mistakes.get(fingerprint(name, outcomes))
    if sentence is not None:
        return Verdict(False, sentence, at, "mistake")
    state, sentence = _fault(outcomes[at], expected[at], arguments, is_value)
    if state == "other":
        place = {"number": at + 1, "count": len(expected)}
        sentence = said("value") if is_value else said("call", **place)
    return Verdict(False, sentence, at, state)


def _fault(
    outcome: Outcome, expected: Any, arguments: Sequence[str], is_value: bool
) -> tuple[str, str]:
    """Return what can be said about one call without knowing the exercise: state and sentence."""
    if outcome.error:
        return "raises", said("raises", error=outcome.error.splitlines()[0])
    if outcome.changed:
        names = [arguments[i] if arguments else str(i + 1) for i in outcome.changed]
        return "changes", said("changes", names=said("between.names").join(names))
    kind = "value" if is_value else "call"
    if outcome.result is None or outcome.result is ...:
        return "nothing", said(f"nothing.{kind}")
    got, wanted = _form(plain(outcome.result)), _form(plain(expected))
    if got != wanted:
        return "form", said(f"form.{kind}", got=got, wanted=wanted)
    if _has_nan(outcome.result):
        return "nan", said(f"nan.{kind}")
    return "other", ""


def _form(value: Any) -> str:
    """Return in words how a plain answer is built."""
    if isinstance(value, bool):
        return said("a.bool")
    if isinstance(value, int | float):
        return said("a.number")
    if isinstance(value, str):
        return said("a.word")
    if not isinstance(value, list):
        return said("a.type", type=type(value).__name__)
    shape = _shape(value)
    if shape is not None:
        return said("numbers", shape=shape)
    forms = [_form(item) for item in value[:SHOWN]] + ["..."] * (len(value) > SHOWN)
    return said("values", count=len(value), forms=said("between.forms").join(forms))


def _has_nan(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_nan(item) for item in value)
    return isinstance(value, float) and math.isnan(value)


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of a nested list of numbers; None if it has none."""
    if not isinstance(value, list):
        return () if isinstance(value, int | float) and not isinstance(value, bool) else None
    shapes = {_shape(item) for item in value}
    if len(shapes) > 1 or None in shapes:
        return None
    inner = shapes.pop() if shapes else ()
    return None if inner is None else (len(value), *inner)
