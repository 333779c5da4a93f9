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
from minioptim.checks.compare import Outcome, fingerprint, natural, plain
from minioptim.checks.trials import TRIALS
from minioptim.checks.variants import student_number, variant_of
from minioptim.checks.verdict import Verdict, call, judge, of_another_form, only_changed

said = partial(words.said, "feedback")
DATA = Path(__file__).parent / "data"
# At most this many numbers of an answer are shown; more would fill the page and say no more.
SHOWN = 12
LONGEST_TEXT = 80  # characters
# Of a number that is shown: enough for most, and all that it has.
DIGITS, ALL_DIGITS = 6, 17


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


def check(name: str, answer: Any, student: Any = None) -> None:
    """Say whether an answer is right, and if not, what the mistake is.

    Parameters
    ----------
    name : str
        The exercise, as the notebook names it.
    answer : callable or value
        What the student wrote: a function where the exercise asks for one.
    student : int or str, optional
        The student's number, where the exercise has other numbers for each; see `your_numbers`.

    Raises
    ------
    NotYet
        The answer is not right, or the student's number is missing. The message names the mistake,
        then shows a call, what was expected and what came. An answer that is a value is not shown.
    ValueError
        No exercise has this name.

    Examples
    --------
    >>> check("momentum-step", lambda g, x, t, v, lr, momentum: (x - lr * g, v))
    Traceback (most recent call last):
    ...
    minioptim.checks.feedback.NotYet: Not yet: ...
    """
    data = _data_of(name)
    verdict, outcomes = _verdict(name, data, answer, student)
    if not verdict.right:
        raise NotYet(_message(data, verdict, outcomes))
    key = "right.function" if "calls" in data else "right.value"
    print(said(key, answer=data["answer"], count=len(outcomes)))


def your_numbers(name: str, student: Any) -> dict[str, Any]:
    """Return the numbers with which an exercise is asked of one student.

    Parameters
    ----------
    name : str
        An exercise that has other numbers for each student.
    student : int or str
        The student's own number. Without one a line says so, and there are no numbers.

    Raises
    ------
    ValueError
        No exercise has this name, or it is the same for everybody.

    Examples
    --------
    >>> sorted(your_numbers("practice-compare", 1234567))
    ['differences']
    """
    data = _data_of(name)
    if "variants" not in data:
        raise ValueError(f"name must be of an exercise with numbers for each student; got {name!r}")
    if not (number := student_number(student)):
        print(said("not.yet", sentence=said("no.student")))
        return {}
    variants = data["variants"]
    found = variants[variant_of(name, number, len(variants))]["numbers"]
    return {key: decoded(value) for key, value in found.items()}


def _data_of(name: str) -> dict[str, Any]:
    exercises = {key: data for group in _assignments().values() for key, data in group.items()}
    if name not in exercises:
        raise ValueError(f"name must be one of {', '.join(sorted(exercises))}; got {name!r}")
    found: dict[str, Any] = exercises[name]
    return found


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
            verdict, _ = _verdict(name, data, answers[data["answer"]], answers.get("student"))
            sentence = verdict.sentence
        else:
            sentence = said("absent", answer=data["answer"])
        line = said("report.not.yet", sentence=sentence) if sentence else said("report.right")
        print(f"{name:{width}}  {line}")


def _verdict(
    name: str, data: Mapping[str, Any], answer: Any, student: Any = None
) -> tuple[Verdict, list[Outcome]]:
    """Judge an answer; also return what its calls came to."""
    if "variants" in data:
        if not (number := student_number(student)):
            return Verdict(False, said("no.student"), None, "nothing"), []
        variants, texts = data["variants"], data["mistakes"]
        variant = variants[variant_of(name, number, len(variants))]
        mistakes = {mark: texts[at] for mark, at in variant["mistakes"].items()}
        data = {**data, "right": variant["right"], "mistakes": mistakes}
    if "calls" not in data:
        form = data["right"]["form"]
        outcome = Outcome(natural(answer, form))
        print_of_it = fingerprint(name, [outcome])

        def is_right(value: Any) -> bool:
            return fingerprint(name, [Outcome(value)]) == str(data["right"]["mark"])

        if is_right(outcome.result):
            return Verdict(True, "", None), [outcome]
        if answer is ...:
            sentence, state = said("unanswered", answer=data["answer"]), "nothing"
        elif print_of_it in data["mistakes"]:
            sentence, state = data["mistakes"][print_of_it], "mistake"
        else:
            fault = of_another_form(outcome.result, form, is_right, is_value=True)
            state, sentence = fault or ("other", said("prediction"))
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
            got, right = shown_apart(outcome.result, data["expected"][verdict.at])
            lines.append(said("shown.expected", value=right))
            lines.append(said("shown.got", value=outcome.error or got))
    return "\n".join(lines)


def shown_apart(result: Any, expected: Any) -> tuple[str, str]:
    """Return two values as `shown` does, with as many digits as it takes to see them differ.

    Raises
    ------
    RecursionError
        A list holds itself.

    Examples
    --------
    >>> shown_apart([0.1], [0.10000001])
    ('[0.1]', '[0.10000001]')
    """
    for digits in range(DIGITS, ALL_DIGITS + 1):
        texts = shown(result, digits), shown(expected, digits)
        if texts[0] != texts[1]:
            break
    return texts


def shown(value: Any, digits: int = DIGITS) -> str:
    """Return a value in one line: numbers to a few digits, long lists and texts cut short.

    Parameters
    ----------
    value : object
        An argument, or a result as `plain` returns it.
    digits : int
        Of each number.

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
