"""What a student sees: ``check`` after an exercise, ``report`` at the end of the notebook.

Both need only the assignment's data: visible calls with their right results, and known mistakes as
fingerprints. The data hold no solution, and a value that is asked for is there as a fingerprint
only.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minioptim.checks import words
from minioptim.checks.compare import Outcome, fingerprint, plain
from minioptim.checks.trials import TRIALS
from minioptim.checks.verdict import Verdict, call, judge, only_changed

said = partial(words.said, "feedback")
DATA = Path(__file__).parent / "data"
# At most this many numbers of an answer are shown; more would fill the page and say no more.
SHOWN = 12
LONGEST_TEXT = 80  # characters
DIGITS = (6, 9, 12, 17)  # of a number: the first that show a difference


class NotYet(AssertionError):  # noqa: N818 - it is what the student reads
    """An answer is not right yet. In a notebook its message is shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for this. The way through this package's files would tell a
        # student nothing; the cell fails all the same, which is what nbgrader looks at.
        return str(self).splitlines()


@functools.cache
def _assignments() -> dict[str, dict[str, Any]]:
    """Return the data of every assignment: its name -> exercise -> what there is to check it."""
    files = sorted(DATA.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def check(name: str, answer: Any) -> None:
    """Say whether an answer is right, and if not, what the mistake is.

    Parameters
    ----------
    name : str
        The exercise, as the notebook names it.
    answer : callable or value
        What the student wrote: a function where the exercise asks for one.

    Raises
    ------
    NotYet
        The answer is not right. The message names the mistake, then shows a call, what was
        expected and what came. An answer that is a value is not shown.
    ValueError
        No exercise has this name.

    Examples
    --------
    >>> check("momentum-step", lambda g, x, t, v, lr, momentum: (x - lr * g, v))
    Traceback (most recent call last):
    ...
    minioptim.checks.feedback.NotYet: Not yet: ...
    """
    exercises = {key: data for group in _assignments().values() for key, data in group.items()}
    if name not in exercises:
        raise ValueError(f"name must be one of {', '.join(sorted(exercises))}; got {name!r}")
    data = exercises[name]
    verdict, outcomes = _verdict(name, data, answer)
    if not verdict.right:
        raise NotYet(_message(data, verdict, outcomes))
    key = "right.function" if "calls" in data else "right.value"
    print(said(key, answer=data["answer"], count=len(outcomes)))


def report(assignment: str, answers: Mapping[str, Any]) -> None:
    """Print a line for each exercise of an assignment that a program can check.

    Parameters
    ----------
    assignment : str
        Its name, as in the notebook.
    answers : mapping
        The names that the student's notebook defines: ``globals()`` there.

    Raises
    ------
    ValueError
        No assignment has this name.

    Examples
    --------
    >>> report("momentum", {})
    momentum-displacement  not yet: displacement is not there; run its cell.
    ...
    """
    found = _assignments()
    if assignment not in found:
        raise ValueError(f"assignment must be one of {', '.join(found)}; got {assignment!r}")
    width = max(map(len, found[assignment]))
    for name, data in found[assignment].items():
        if data["answer"] in answers:
            verdict, _ = _verdict(name, data, answers[data["answer"]])
            sentence = verdict.sentence
        else:
            sentence = said("absent", answer=data["answer"])
        line = said("report.not.yet", sentence=sentence) if sentence else said("report.right")
        print(f"{name:{width}}  {line}")


def _verdict(name: str, data: Mapping[str, Any], answer: Any) -> tuple[Verdict, list[Outcome]]:
    """Judge an answer; also return what its calls came to."""
    if "calls" not in data:
        outcome = Outcome(plain(answer))
        print_of_it = fingerprint(name, [outcome])
        if print_of_it == data["right"]:
            return Verdict(True, "", None), [outcome]
        if answer is ...:
            sentence, state = said("unanswered", answer=data["answer"]), "nothing"
        elif print_of_it in data["mistakes"]:
            sentence, state = data["mistakes"][print_of_it], "mistake"
        elif fingerprint(name, [Outcome(_as_number(answer))]) == data["right"]:
            sentence, state = said("form", type=type(answer).__name__), "form"
        else:
            sentence, state = said("prediction"), "other"
        return Verdict(False, sentence, 0, state), [outcome]
    if not callable(answer):
        kind = type(answer).__name__
        sentence = said("not.a.function", answer=data["answer"], type=kind)
        return Verdict(False, sentence, None, "not.a.function"), []
    called = partial(TRIALS[data["trial"]], answer) if "trial" in data else answer
    outcomes = [call(called, decoded(arguments)) for arguments in data["calls"]]
    expected = data["expected"]
    return (
        judge(name, outcomes, expected, data["mistakes"], data["rtol"], data["arguments"]),
        outcomes,
    )


def _as_number(answer: Any) -> Any:
    """Return the number that an answer of another form holds, such as "0.8" or [0.8]."""
    answer = plain(answer)
    while isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    try:
        return answer if isinstance(answer, bool) else float(answer)
    except (TypeError, ValueError, OverflowError):
        return answer


def encoded(value: Any) -> Any:
    """Return an argument as JSON holds it: an array as its list and type, a tuple as a list.

    Raises
    ------
    TypeError
        It is an array of something else than numbers.

    Examples
    --------
    >>> encoded([0.5, np.array([1, 2])])
    [0.5, {'array': [1, 2], 'dtype': 'int64'}]
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise TypeError(f"value must be an array of numbers, got one of {value.dtype}")
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, list | tuple):
        return [encoded(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def decoded(value: Any) -> Any:
    """Return what `encoded` was given, with lists for tuples.

    Raises
    ------
    KeyError
        A dict does not have the form that `encoded` returns.

    Examples
    --------
    >>> decoded({"array": [1, 2], "dtype": "float64"})
    array([1., 2.])
    """
    if isinstance(value, dict):
        return np.array(value["array"], dtype=value["dtype"])
    return [decoded(item) for item in value] if isinstance(value, list) else value


def _message(data: Mapping[str, Any], verdict: Verdict, outcomes: list[Outcome]) -> str:
    """Return the sentence, and below it the call, the expected result and the student's."""
    lines = [said("not.yet", sentence=verdict.sentence)]
    if "calls" in data and verdict.at is not None:
        arguments = decoded(data["calls"][verdict.at])
        pairs = zip(data["arguments"], arguments, strict=True)
        given = ", ".join(f"{name}={shown(value)}" for name, value in pairs)
        outcome = outcomes[verdict.at]
        name = data["answer"]
        written = f"{data['trial']}({name}, {given})" if "trial" in data else f"{name}({given})"
        lines.append(said("shown.call", call=written))
        if only_changed(outcome, data["expected"][verdict.at], data["rtol"]):
            # The result is as expected; shown twice, it would look like a riddle.
            for position, value in zip(outcome.changed, outcome.after, strict=True):
                before, after = shown(plain(arguments[position])), shown(value)
                argument = data["arguments"][position]
                lines.append(said("shown.changed", argument=argument, before=before, after=after))
        else:
            expected, got = _told_apart(data["expected"][verdict.at], outcome)
            lines += [said("shown.expected", value=expected), said("shown.got", value=got)]
    return "\n".join(lines)


def _told_apart(expected: Any, outcome: Outcome) -> tuple[str, str]:
    """Return what was expected and what came, with the digits in which they differ."""
    pairs = [
        (shown(expected, digits), outcome.error or shown(outcome.result, digits))
        for digits in DIGITS
    ]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def shown(value: Any, digits: int = DIGITS[0]) -> str:
    """Return a value in one line: numbers to six digits, long lists and texts cut short.

    Parameters
    ----------
    value : object
        An argument, or a result as `plain` returns it.
    digits : int, >= 1
        How many digits of a number are shown.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> shown([1.0, np.array([0.5, 1 / 3])])
    '[1, np.array([0.5, 0.333333])]'
    """
    if isinstance(value, np.ndarray):
        return f"np.array({shown(value.tolist(), digits)})"
    if isinstance(value, list):
        items = [shown(item, digits) for item in value[:SHOWN]]
        return f"[{', '.join(items)}{', ...' if len(value) > SHOWN else ''}]"
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    text = repr(value)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
