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
from minioptim.checks.compare import Outcome, fingerprint, natural, plain, same

said = partial(words.said, "verdict")

# The kinds of at most this many values are named; of more, only the number.
SHOWN = 8
# A longer text is read by nobody as numbers.
LONGEST_TEXT = 1000
# What float32 may be off after a few steps, and what an honest slip of rounding may.
SINGLE, ROUNDED = 1e-5, 1e-3


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
        a known one; ``"raises"``, ``"changes"``, ``"nothing"``, ``"form"``, ``"inside"`` (right,
        in another form), ``"nan"``, ``"single"`` or ``"digits"`` (right to a few digits), which can
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
        Fingerprints of known wrong outcomes, of all calls or of a single one, and the sentence for
        each.
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
    forms = [plain(right) for right in expected]
    outcomes = [
        outcome._replace(result=natural(outcome.result, form))
        for outcome, form in zip(outcomes, forms, strict=True)
    ]
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
    # The mistakes of a trial are known by one run. Its runs may fail in several ways; then the one
    # that is declared first is named.
    order = list(mistakes)
    alike = {i: fingerprint(name, [outcomes[i]]) for i in wrong}
    known = [(order.index(mark), i) for i, mark in alike.items() if mark in mistakes]
    if known:
        number, at = min(known)
        return Verdict(False, mistakes[order[number]], at, "mistake")
    state, sentence = _fault(outcomes[at], forms[at], arguments, rtol, is_value=is_value)
    if state == "other":
        place = {"number": at + 1, "count": len(expected)}
        sentence = said("value") if is_value else said("call", **place)
    return Verdict(False, sentence, at, state)


def _fault(
    outcome: Outcome, expected: Any, arguments: Sequence[str], rtol: float, *, is_value: bool
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
    fault = of_another_form(
        outcome.result, expected, lambda read: same(read, expected, rtol), is_value=is_value
    )
    if fault is not None:
        return fault
    if _has_nan(outcome.result):
        return "nan", said(f"nan.{kind}")
    if same(outcome.result, expected, SINGLE) and _is_single(outcome.result, expected, rtol):
        return "single", said("single")
    if same(outcome.result, expected, ROUNDED):
        return "digits", said("digits")
    return "other", ""


def of_another_form(
    value: Any, form: Any, is_right: Callable[[Any], bool], *, is_value: bool
) -> tuple[str, str] | None:
    """Return state and sentence if a value is built otherwise than a right one; else None.

    Parameters
    ----------
    value : object
        The student's, as `plain` returns it.
    form : object
        Something of the right form.
    is_right : callable
        Whether a value of the right form is the right one: then the student is told that only the
        form is to be changed.
    is_value : bool
        As in `judge`.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> of_another_form({"x": 1, "y": 2}, [0, 0], lambda read: read == [1, 2], is_value=True)
    ('inside', 'it is right, but it is a dict; write it as a list of 2 numbers.')
    """
    got, wanted = _form(value), _form(form)
    if got == wanted or (wanted == said("a.letter") and got == said("a.word")):
        return None
    if any(is_right(read) for read in _readings(value, form)):
        return "inside", said("inside", got=got, wanted=wanted)
    kind = "value" if is_value else "call"
    return "form", said(f"form.{kind}", got=got, wanted=wanted)


def _readings(value: Any, form: Any) -> list[Any]:
    """Return what a value of another form may mean: the entries of a dict, numbers in quotes."""
    if isinstance(value, dict):
        return [natural(list(value.values()), form)]
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        words = value.strip("[]() \n").replace(";", ",").split(",")
        try:
            return [natural([float(word) for word in words], form)]
        except ValueError:
            return []
    return [_flat(value)] if isinstance(value, list) and isinstance(form, list) else []


def _flat(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [number for item in value for number in _flat(item)]


def _is_single(result: Any, expected: Any, rtol: float) -> bool:
    """Whether the numbers that are off have no more digits than a float32."""
    pairs = zip(_flat(result), _flat(expected), strict=True)
    off = [number for number, right in pairs if not same(number, right, rtol)]
    return any(float(np.float32(number)) == number for number in off)


def _form(value: Any) -> str:
    """Return in words how a plain answer is built."""
    if isinstance(value, bool):
        return said("a.bool")
    if isinstance(value, int | float):
        return said("a.number")
    if isinstance(value, str):
        text = value.strip()
        if len(text) == 1:
            return said("a.letter")
        return said("a.text") if " " in text else said("a.word")
    if not isinstance(value, list):
        return said("a.type", type=getattr(value, "kind_of", None) or type(value).__name__)
    shape = _shape(value)
    if shape is not None and len(shape) == 1:
        return said("list", count=shape[0])
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
