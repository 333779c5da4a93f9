"""The score of record for code: our inputs, our reference, and the student's function alone.

A test that shares a process with a student's code can be forged: NumPy patched, asserts stripped,
the reference read from the caller's frame. Here the inputs are drawn and the right results are
computed in the grader's process; a student's function runs behind a wall, one call at a time, and
only plain data comes back. Each exercise has a process of its own, so a crash in one leaves the
others.

The seed of the inputs is drawn when a class is first graded, after everybody has handed in, and
recorded: the same submission graded again gets the same score.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minioptim
from classroom import plain
from classroom.exercise import Exercise
from classroom.intake import Intake, NotTakenError, Notebook, Wanted, grade_id, take
from classroom.sandbox import Limits, Process, StoppedError
from minioptim.checks import same

WORKER = Path(__file__).with_name("worker.py")
GIVEN = {
    "plain.py": Path(plain.__file__),
    "minioptim": Path(minioptim.__file__).parent,
}

RIGHT, WRONG, ERROR, MISSING, NOT_GRADED = "right", "wrong", "error", "no answer", "NOT GRADED"
MANUAL = "to be read"

SECONDS_TO_START = 30.0  # imports and the cells that the answer needs
SECONDS_PER_CALL = 5.0
SECONDS_PER_EXERCISE = 45.0
SECONDS_PER_SUBMISSION = 120.0


@dataclass(frozen=True)
class Question:
    """An exercise as it is asked at grading time: plain data, ready to be sent to any machine.

    Parameters
    ----------
    name, answer, points, rtol
        As in `classroom.exercise.Exercise`.
    is_value : bool
        The answer is a value, not a function.
    calls : list
        The argument lists, encoded.
    expected : list
        The right result of each call, encoded; of a value, one.
    mistakes : list of [sentence, results]
        What named mistakes would return.
    """

    name: str
    answer: str
    points: float
    rtol: float
    is_value: bool
    calls: list[Any]
    expected: list[Any]
    mistakes: list[Any]


@dataclass(frozen=True)
class Paper:
    """An assignment as it is asked at grading time.

    Parameters
    ----------
    assignment : str
        Its name.
    release : dict
        Our release notebook.
    questions : tuple of Question
        What a program grades.
    manual : tuple of (name, points)
        What people read.
    seed : int
        From which the calls were drawn.
    """

    assignment: str
    release: Notebook
    questions: tuple[Question, ...]
    manual: tuple[tuple[str, float], ...]
    seed: int

    def digest(self) -> str:
        """Return a fingerprint that changes with anything that could change a score."""
        content = [self.assignment, self.release, self.manual, self.seed]
        content += [vars(question) for question in self.questions]
        text = json.dumps(content, sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).hexdigest()


def ask(exercise: Exercise, reference: Any, seed: int) -> Question:
    """Draw the calls of an exercise, and compute what is right and what the mistakes return.

    Parameters
    ----------
    exercise : Exercise
        The declaration.
    reference : callable or value
        The right answer.
    seed : int
        Of the class; each exercise draws from a stream of its own.
    """
    own = int.from_bytes(hashlib.sha256(f"{seed}:{exercise.name}".encode()).digest()[:8], "big")
    calls = exercise.calls(own)
    # Encoded before anything runs on them: a solution that changes its arguments changes a copy.
    encoded = [plain.encode(tuple(call)) for call in calls]
    is_value = exercise.draw is None
    mistakes = []
    for mistake in exercise.wrong:
        try:
            mistakes.append([mistake.sentence, _results(mistake.solution, encoded, is_value)])
        except Exception:  # noqa: BLE001, S112 (a mistake may be one that raises)
            continue
    return Question(
        exercise.name,
        exercise.answer,
        float(exercise.points),
        exercise.rtol,
        is_value,
        encoded,
        _results(reference, encoded, is_value),
        mistakes,
    )


def _results(solution: Any, calls: Sequence[Any], is_value: bool) -> list[Any]:
    if is_value:
        return [plain.encode(solution)]
    with np.errstate(all="ignore"):
        return [plain.encode(solution(*plain.decode(call))) for call in calls]


def grade_submission(paper: Paper, student: str, data: bytes, *, unsafe: bool = False) -> dict[str, Any]:
    """Grade what one student handed in, and return the record of it.

    Parameters
    ----------
    paper : Paper
        What is asked.
    student : str
        Whose it is; only passed on.
    data : bytes
        The notebook's file.
    unsafe : bool
        Run without bubblewrap.

    Returns
    -------
    dict
        Plain data: ``student``, ``status``, ``reason``, ``notes``, ``exercises`` (for each
        ``name, points, score, status, reason``; the score is None where nothing was graded) and
        ``notebook``, ours with the student's answers, or None.
    """
    wanted = [Wanted(question.name, question.answer) for question in paper.questions]
    wanted += [Wanted(name, None) for name, _ in paper.manual]
    try:
        intake = take(data, paper.release, wanted)
    except NotTakenError as error:
        return nothing_graded(paper, student, str(error))
    deadline = time.monotonic() + SECONDS_PER_SUBMISSION
    rows = [_grade(question, intake, paper.seed, deadline, unsafe) for question in paper.questions]
    for name, points in paper.manual:
        if name in intake.missing:
            rows.append(_row(name, points, 0.0, MISSING, "There is no answer."))
        else:
            rows.append(_row(name, points, None, MANUAL, "Somebody reads this answer."))
    stopped = [row["name"] for row in rows if row["status"] == NOT_GRADED]
    return {
        "student": student,
        "status": NOT_GRADED if stopped else "graded",
        "reason": f"not graded: {', '.join(stopped)}" if stopped else "",
        "notes": list(intake.notes),
        "exercises": rows,
        "notebook": intake.notebook,
    }


def nothing_graded(paper: Paper, student: str, reason: str) -> dict[str, Any]:
    """Return the record of a submission of which nothing could be graded."""
    asked = [(question.name, question.points) for question in paper.questions]
    rows = [_row(name, points, None, NOT_GRADED, reason) for name, points in [*asked, *paper.manual]]
    return {
        "student": student,
        "status": NOT_GRADED,
        "reason": reason,
        "notes": [],
        "exercises": rows,
        "notebook": None,
    }


def _row(name: str, points: float, score: float | None, status: str, reason: str) -> dict[str, Any]:
    return {"name": name, "points": points, "score": score, "status": status, "reason": reason}


def _grade(
    question: Question, intake: Intake, seed: int, deadline: float, unsafe: bool
) -> dict[str, Any]:
    score: float | None
    if question.name in intake.missing:
        score, status, reason = 0.0, MISSING, "There is no answer."
    else:
        try:
            status, reason = _outcome(question, intake, seed, deadline, unsafe)
            score = question.points if status == RIGHT else 0.0
        except StoppedError as stopped:
            score, status = None, NOT_GRADED
            reason = f"The code {stopped}." if not str(stopped).startswith("no ") else f"It gave {stopped}."
    return _row(question.name, question.points, score, status, reason)


class _WrongError(Exception):
    """An answer is not right; carries its status and the reason."""


def _outcome(
    question: Question, intake: Intake, seed: int, deadline: float, unsafe: bool
) -> tuple[str, str]:
    """Return the status of an answer and the reason; `StoppedError` if the process ends."""
    deadline = min(deadline, time.monotonic() + SECONDS_PER_EXERCISE)
    task = {
        "cells": intake.cells,
        "exercise": question.name,
        "answer": question.answer,
        "seed": seed % 2**32,
    }
    with Process(WORKER, GIVEN, Limits(), unsafe=unsafe) as process:

        def reply_to(message: Any, seconds: float) -> dict[str, Any]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise StoppedError("no answer: its time for one exercise was over")
            return _read(process.ask(json.dumps(message).encode(), min(seconds, left)))

        ready = reply_to(task, SECONDS_TO_START)
        if "error" in ready:
            return ERROR, str(ready["error"])
        if question.is_value:
            results = [reply_to({}, SECONDS_PER_CALL)]
        elif not ready.get("is_function"):
            return WRONG, f"{question.answer} is not a function."
        else:
            # All calls are asked for, also after a wrong one: a mistake is told by all of them.
            results = [reply_to({"call": call}, SECONDS_PER_CALL) for call in question.calls]
    return _judge(question, results)


def _read(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise StoppedError("sent something that is no answer") from None
    if not isinstance(message, dict):
        raise StoppedError("sent something that is no answer")
    return message


def _judge(question: Question, replies: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Compare plain data with plain data."""
    got: list[Any] = []
    first_wrong: tuple[str, str] | None = None
    rights = 0
    for call, expected, reply in zip(question.calls, question.expected, replies, strict=True):
        problem = None
        result: Any = None
        try:
            if "error" in reply:
                problem = ERROR, f"{_shown_call(question, call)} raised {str(reply['error'])[:600]}"
            else:
                result = plain.decode(reply.get("result"))
        except (plain.NotPlainError, RecursionError) as error:
            problem = WRONG, f"{_shown_call(question, call)} returned {error}"
        got.append(result)
        if problem is None and not _same(result, plain.decode(expected), question.rtol):
            problem = WRONG, _difference(question, call, expected, result)
        if problem is None:
            rights += 1
        first_wrong = first_wrong or problem
    if first_wrong is None:
        return RIGHT, ""
    status, reason = first_wrong
    sentence = _named(question, got) if status == WRONG else None
    if len(replies) > 1:
        reason += f" ({rights} of {len(replies)} calls were right.)"
    return status, f"{sentence} {reason}" if sentence else reason


def _same(result: Any, expected: Any, rtol: float) -> bool:
    """Whether it is right; a result that cannot even be compared is not."""
    try:
        with np.errstate(all="ignore"):
            return bool(same(result, expected, rtol))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False


def _named(question: Question, got: Sequence[Any]) -> str | None:
    """Return the sentence of the mistake whose results these are."""
    for sentence, results in question.mistakes:
        alike = (
            _same(result, plain.decode(wrong), question.rtol)
            for result, wrong in zip(got, results, strict=True)
        )
        if all(alike):
            return str(sentence)
    return None


def shown(value: Any) -> str:
    """Return a value as a reader likes it: short, and without NumPy's names.

    >>> shown((1.0, np.array([0.5, 2.0])))
    '(1, [0.5, 2])'
    """
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=6, separator=", ", threshold=8, floatmode="maxprec")
        return " ".join(text.replace(". ", " ").replace(".,", ",").replace(".]", "]").split())
    if isinstance(value, bool | None):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        inside = ", ".join(shown(item) for item in value[:8]) + (", ..." if len(value) > 8 else "")
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _shown_call(question: Question, call: Any) -> str:
    if question.is_value:
        return question.answer
    return f"{question.answer}{shown(plain.decode(call))}".replace(",)", ")")


def _difference(question: Question, call: Any, expected: Any, result: Any) -> str:
    # The value that was asked for would be the answer itself, for the next who hands in.
    if question.is_value:
        return f"{question.answer} is {shown(result)}, and that is not right."
    right = plain.decode(expected)
    return f"{_shown_call(question, call)} gave {shown(result)}, expected {shown(right)}."


def manual_parts(release: Notebook, exercises: Sequence[Exercise]) -> tuple[tuple[str, float], ...]:
    """Return what people grade: cells that are answers with points, and that no program checks."""
    checked = {exercise.name for exercise in exercises}
    found = []
    for cell in release["cells"]:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        name = grade_id(cell)
        if marks.get("grade") and marks.get("solution") and name and name not in checked:
            found.append((name, float(marks.get("points", 0))))
    return tuple(found)
