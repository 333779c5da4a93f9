"""The score of record for code: our inputs, our reference, and the student's function alone.

A test that shares a process with a student's code can be forged: NumPy patched, asserts stripped,
the reference read from the caller's frame. Here the inputs are drawn and the right results are
computed in the grader's process; a student's function runs in a sandbox, one call at a time, and
only plain data comes back. Each exercise has a process of its own, so a crash in one leaves the
others.

The seed of the inputs is drawn when a class is first graded, after everybody has handed in, and
recorded: the same submission graded again gets the same score.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minioptim
from classroom import wire
from classroom.elsewhere import Found, in_words, shown_below
from classroom.exercise import Exercise
from classroom.files import writable
from classroom.intake import Intake, Notebook, NotTakenError, Sought, Wanted, grade_id, text_of
from classroom.reading import Reader
from classroom.record import (
    ERROR,
    MANUAL,
    MISSING,
    NOT_GRADED,
    PARTLY,
    RIGHT,
    WRONG,
    Record,
    Row,
    stopped,
)
from classroom.release import STUDENT, variants
from classroom.sandbox import Limits, Process, StoppedError
from classroom.submissions import Other
from minioptim import checks
from minioptim.checks import (
    Outcome,
    fingerprint,
    judge,
    natural,
    only_changed,
    same,
    shown,
    shown_apart,
    student_number,
    variant_of,
)
from minioptim.checks.trials import TOO_GOOD, WATCHED

WORKER = Path(__file__).with_name("worker.py")
GIVEN = {
    "wire.py": Path(wire.__file__),
    "minioptim": Path(minioptim.__file__).parent,
}

LONGEST_REASON = 2000

# Processor time ends an endless loop: unlike the clock, it does not run while a busy machine does
# other work. The limits by the clock, in seconds, end what waits without computing.
CPU_SECONDS_PER_EXERCISE = 12
# A trial is so many runs, which share its points, from seeds of each student's own; it has this
# many times the time of other exercises.
RUNS = 8
TIME_OF_TRIALS = 2
SECONDS_TO_START = 60.0  # imports and the cells that the answer needs
SECONDS_PER_CALL = 30.0
SECONDS_PER_EXERCISE = 90.0
SECONDS_PER_SUBMISSION = 240.0


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
    mistakes : dict of str to str
        Fingerprint of a known mistake's outcomes on these calls -> the sentence that names it.
    arguments : list of str
        The names of the function's arguments.
    trial : str or None
        As in `classroom.exercise.Exercise`. The trial runs in the grader's process and asks the
        student's process for each step, so that student code cannot touch what it counts.
    variants : tuple of (expected, mistakes)
        Where each student is asked with other numbers: the right result of each variant, encoded,
        and its mistakes. The number in the student's cell says which variant is theirs.
    """

    name: str
    answer: str
    points: float
    rtol: float
    is_value: bool
    calls: list[Any]
    expected: list[Any]
    mistakes: dict[str, str]
    arguments: list[str]
    trial: str | None
    variants: tuple[tuple[Any, dict[str, str]], ...] = ()


@dataclass(frozen=True)
class Exam:
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
    others : dict of str to str
        What identifies another assignment's notebook, as
        `classroom.intake.fingerprints_of_others` returns it.
    """

    assignment: str
    release: Notebook
    questions: tuple[Question, ...]
    manual: tuple[tuple[str, float], ...]
    seed: int
    others: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a fingerprint that changes with anything that could change a score.

        Other assignments are not part of it: a new one is no reason to grade all old ones again.
        """
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
        The seed of the class; each exercise draws from its own stream.
    """
    if exercise.vary is not None:
        each = tuple((wire.encode(one.right), one.mistakes) for one in variants(exercise))
        question = (exercise.name, exercise.answer, float(exercise.points), exercise.rtol)
        return Question(*question, True, [wire.encode(())], [], {}, [], None, each)
    calls = exercise.calls(_stream(seed, exercise.name))
    # Encoded before anything runs on them: a solution that changes its arguments changes a copy.
    encoded = [wire.encode(tuple(call)) for call in calls]
    is_value = exercise.draw is None
    mistakes: dict[str, str] = {}
    # A mistake in a trial is known by one run.
    some = encoded if exercise.trial is None else encoded[:1]
    for mistake in exercise.wrong:
        came = _outcomes(exercise.called(mistake.solution), some, is_value)
        # Two mistakes may agree on these calls; then the one declared first is named.
        mistakes.setdefault(fingerprint(exercise.name, came), mistake.sentence)
    reference = exercise.called(reference)
    right = _outcomes(reference, encoded, is_value)
    for outcome in right:
        if outcome.error or outcome.changed:
            raise ValueError(f"the reference of {exercise.name} fails: {outcome}")
    return Question(
        exercise.name,
        exercise.answer,
        float(exercise.points),
        exercise.rtol,
        is_value,
        encoded,
        [wire.encode(outcome.result) for outcome in right],
        mistakes,
        [] if is_value else list(inspect.signature(reference).parameters),
        exercise.trial,
    )


def _stream(seed: int, name: str) -> int:
    """Return the seed of one stream of a class; no other seed can be derived from it."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big")


def _outcomes(solution: Any, calls: Sequence[Any], is_value: bool) -> list[Outcome]:
    """Return the outcomes of one of our own answers."""
    if is_value:
        return [Outcome(solution)]
    return [checks.call(solution, wire.decode(call)) for call in calls]


def grade_submission(
    exam: Exam, student: str, data: bytes, others: Sequence[Other] = (), *, unsafe: bool = False
) -> Record:
    """Grade what one student handed in, and return the record of it.

    Parameters
    ----------
    exam : Exam
        What is asked.
    student : str
        Who handed it in; copied into the record.
    data : bytes
        The notebook's file.
    others : sequence of Other
        What the student's other notebooks have. They earn nothing by themselves: where this one
        has no answer, or a wrong one and they as much work, a person decides.
    unsafe : bool
        Run without bubblewrap.

    Returns
    -------
    Record
        Plain data.
    """
    wanted = [Wanted(question.name, question.answer) for question in exam.questions]
    wanted += [Wanted(name, None) for name, _ in exam.manual]
    sought = Sought(exam.release, tuple(wanted), exam.others)
    try:
        with Reader() as reader:
            intake = reader.ask(Sought.take, sought, data)
    except NotTakenError as error:
        return nothing_graded(exam, student, str(error))
    found = _found(intake, others)
    deadline = time.monotonic() + SECONDS_PER_SUBMISSION
    rows = [
        _grade(
            _own(question, exam.seed, student),
            intake,
            found.get(question.name, []),
            exam.seed,
            deadline,
            unsafe,
        )
        for question in exam.questions
    ]
    for name, points in exam.manual:
        if name not in intake.missing:
            rows.append(_row(name, points, None, MANUAL, "Somebody reads this answer."))
        elif name in found:
            said = f"Its cell has no answer, but there may be one in {in_words(found[name])}."
            rows.append(_row(name, points, None, MANUAL, said))
        else:
            rows.append(_row(name, points, 0.0, MISSING, "There is no answer."))
    _show(intake.notebook, found)
    reason = stopped(rows)
    return {
        "student": student,
        "status": NOT_GRADED if reason else "graded",
        "reason": reason,
        "notes": list(intake.notes),
        "exercises": rows,
        "notebook": intake.notebook,
    }


def _own(question: Question, seed: int, student: str) -> Question:
    """Return a question as it is asked of one student: a trial is run from seeds of their own."""
    if question.trial is None:
        return question
    streams = [_stream(seed, f"{question.name} of {student}, {k}") for k in range(RUNS)]
    calls = [wire.encode((stream % 2**62,)) for stream in streams]
    return replace(question, calls=calls, expected=question.expected[:1] * RUNS)


def _found(intake: Intake, others: Sequence[Other]) -> dict[str, list[Found]]:
    """Return, by answer, what stands elsewhere: in other cells, and in other notebooks."""
    found = {name: list(things) for name, things in intake.elsewhere.items()}
    for other in others:
        for name, text in other.answers.items():
            if name in intake.missing or other.is_tie:
                found.setdefault(name, []).append(Found(other.file, text))
    return found


def _show(notebook: Notebook, found: dict[str, list[Found]]) -> None:
    """Put what stands elsewhere below the answers, where a person reads it."""
    for cell in notebook["cells"]:
        if things := found.get(grade_id(cell) or ""):
            is_code = cell["cell_type"] == "code"
            cell["source"] = shown_below(text_of(cell), things, is_code=is_code)
            for thing in things:
                if thing.pictures:
                    cell["attachments"] = cell.get("attachments", {}) | thing.pictures


def nothing_graded(exam: Exam, student: str, reason: str) -> Record:
    """Return the record of a submission in which nothing could be graded."""
    asked = [(question.name, question.points) for question in exam.questions]
    rows = [_row(name, points, None, NOT_GRADED, reason) for name, points in [*asked, *exam.manual]]
    return {
        "student": student,
        "status": NOT_GRADED,
        "reason": reason,
        "notes": [],
        "exercises": rows,
        "notebook": None,
    }


def _row(name: str, points: float, score: float | None, status: str, reason: str) -> Row:
    # A student chooses parts of it.
    reason = writable(reason[:LONGEST_REASON])
    return {"name": name, "points": points, "score": score, "status": status, "reason": reason}


def _grade(
    question: Question,
    intake: Intake,
    found: Sequence[Found],
    seed: int,
    deadline: float,
    unsafe: bool,
) -> Row:
    score: float | None
    of = ""
    if question.name in intake.missing:
        score, status, reason = 0.0, MISSING, "There is no answer."
        if found:
            score, status = None, NOT_GRADED
            reason = f"Its cell has no answer, but there may be one in {in_words(found)}."
        return _row(question.name, question.points, score, status, reason)
    try:
        judged = _outcome(question, intake, seed, deadline, unsafe)
        status, reason, part, of = judged
        score = None if status == NOT_GRADED else question.points * part
        if status != RIGHT and _right_later(question, intake, seed, deadline, unsafe=unsafe):
            # A function that is right on calls that nobody has seen is no guess; a value may be.
            if not question.is_value and question.trial is None:
                score, status = question.points, RIGHT
                reason = "It stands in a later cell; what its own cell has is not right."
            else:
                score, status = None, NOT_GRADED
                reason += f" A later cell has another {question.answer}, a right one: which counts?"
        if score == 0.0 and found:
            score, status = None, NOT_GRADED
            reason += f" There is another answer in {in_words(found)}: which counts?"
    except StoppedError as ended:
        score, status = None, NOT_GRADED
        reason = f"The code {ended}{'' if str(ended).endswith('?') else '.'}"
    row = _row(question.name, question.points, score, status, reason.strip())
    if of:
        row["asked_of"] = of
    return row


class Judged(NamedTuple):
    """What came of an answer: a status, a reason, and which part of the points it has earned.

    ``asked_of`` is the student number with whose numbers it was asked, or "".
    """

    status: str
    reason: str
    part: float
    asked_of: str = ""


def _right_later(
    question: Question, intake: Intake, seed: int, deadline: float, *, unsafe: bool
) -> bool:
    """Whether an answer is right if a later cell that gives it again is taken for its own."""
    if question.name not in intake.later:
        return False
    at = intake.later[question.name]
    cells = [
        {**cell, "name": question.name} if number == at else cell
        for number, cell in enumerate(intake.cells)
        if number == at or cell["name"] != question.name
    ]
    later = replace(intake, cells=cells)
    try:
        return _outcome(question, later, seed, deadline, unsafe).status == RIGHT
    except StoppedError:
        return False


def _outcome(
    question: Question, intake: Intake, seed: int, deadline: float, unsafe: bool
) -> Judged:
    """Run an answer and return what came of it.

    Raises
    ------
    StoppedError
        The process ended.
    """
    of = ""
    times = 1 if question.trial is None else TIME_OF_TRIALS
    deadline = min(deadline, time.monotonic() + times * SECONDS_PER_EXERCISE)
    task = {
        "cells": intake.cells,
        "exercise": question.name,
        "answer": question.answer,
        "also": [STUDENT] if question.variants else [],
        # It seeds the student's own generators; the class' seed is never revealed.
        "seed": _stream(seed, f"student's {question.name}") % 2**32,
    }
    limits = Limits(cpu=times * CPU_SECONDS_PER_EXERCISE)
    with Process(WORKER, GIVEN, limits, unsafe=unsafe) as process:

        def reply_to(message: Any, seconds: float) -> dict[str, Any]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise StoppedError(
                    f"had no time left: {times * SECONDS_PER_EXERCISE:g} s for this exercise, "
                    f"{SECONDS_PER_SUBMISSION:g} s for all"
                )
            return _read(process.ask(json.dumps(message).encode(), min(seconds, left)))

        ready = reply_to(task, SECONDS_TO_START)
        if "error" in ready:
            return Judged(ERROR, str(ready["error"]), 0.0)
        if question.is_value:
            results = [reply_to({}, SECONDS_PER_CALL)]
            if question.variants:
                question, of = _as_asked(question, reply_to({"name": STUDENT}, SECONDS_PER_CALL))
                if not of:
                    return Judged(WRONG, f"{STUDENT} has no number, which says what is asked.", 0.0)
        elif not ready.get("is_function"):
            return Judged(WRONG, f"{question.answer} is not a function.", 0.0)
        else:

            def one(call: Any, *, and_arguments: bool) -> dict[str, Any]:
                message = {"call": call, "and_arguments": and_arguments}
                return reply_to(message, SECONDS_PER_CALL)

            if question.trial is None:
                reply = partial(one, and_arguments=True)
            else:
                # A trial hands out copies, and its states are long.
                step = partial(one, and_arguments=False)
                reply = partial(_tried, WATCHED[question.trial], step)
            # Every call is made, also after a wrong one: only all of them identify a mistake.
            results = [reply(call) for call in question.calls]
    status, reason = _judge(question, results)
    if question.trial is None or status == RIGHT:
        return Judged(status, reason, float(status == RIGHT), of)
    came = [reply.get("result") for reply in results]
    if TOO_GOOD in came:
        best = came.count(TOO_GOOD)
        said = f"In {best} of {len(came)} runs {TOO_GOOD}: read the rule, and give points by hand."
        return Judged(NOT_GRADED, said, 0.0)
    good = came.count(question.expected[0])
    if good == 0:
        return Judged(status, reason, 0.0)
    said = f"{good} of {len(came)} runs reach the goal. {reason}"
    return Judged(PARTLY, said, good / len(came))


def _as_asked(question: Question, reply: dict[str, Any]) -> tuple[Question, str]:
    """Return a question with the numbers of the student whose number came, and that number."""
    try:
        number = student_number(wire.decode(reply.get("result")))
    except (TypeError, ValueError, RecursionError):
        number = ""
    if not number:
        return question, ""
    right, mistakes = question.variants[variant_of(question.name, number, len(question.variants))]
    return replace(question, expected=[right], mistakes=mistakes), writable(number)


@dataclass(frozen=True)
class Unplain:
    """Stands for a result that is no plain data, such as a generator; only its type came back."""

    kind_of: str

    def __repr__(self) -> str:
        return f"<{self.kind_of}>"


PLAIN = "numbers, arrays, or lists, tuples or dicts of such"


def _type_in(reply: dict[str, Any]) -> str:
    """Return the type that a reply names, which a student may have chosen."""
    return "".join(letter for letter in str(reply["kind"])[:40] if letter.isprintable())


class _FailedError(Exception):
    """A student's function raised an error during a trial."""


def _tried(
    trial: Callable[..., Any], ask_student: Callable[[Any], dict[str, Any]], call: Any
) -> dict[str, Any]:
    """Run a trial here and the student's function in the sandbox; return the trial's reply."""

    def answer(*arguments: Any) -> Any:
        reply = ask_student(wire.encode(arguments))
        if "kind" in reply:
            raise ValueError(f"the step must return {PLAIN}; got type {_type_in(reply)}")
        if "error" in reply:
            raise _FailedError(reply["error"])
        return wire.decode(reply.get("result"))

    try:
        with np.errstate(all="ignore"):
            return {"result": wire.encode(trial(answer, *wire.decode(call)))}
    except _FailedError as error:
        return {"error": str(error)}
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _read(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise StoppedError("sent something that is no answer") from None
    if not isinstance(message, dict):
        raise StoppedError("sent something that is no answer")
    return message


def _judge(question: Question, replies: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Compare plain data with plain data, as the student's own check does."""
    outcomes = [
        _outcome_of(reply, call) for call, reply in zip(question.calls, replies, strict=True)
    ]
    expected = [wire.decode(right) for right in question.expected]
    try:
        with np.errstate(all="ignore"):
            verdict = judge(
                question.name,
                outcomes,
                expected,
                question.mistakes,
                question.rtol,
                question.arguments,
                is_value=question.is_value,
            )
        right = verdict.right or (
            question.is_value and _as_checked(question.name, outcomes[0], expected[0])
        )
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return WRONG, f"What it returned cannot be compared: {error}."
    if right:
        return RIGHT, ""
    at = verdict.at or 0
    outcome = outcomes[at]
    sentence = verdict.sentence
    if sentence[:1].islower():
        sentence = f"{question.answer}: {sentence}"
    if not question.is_value:
        call = wire.decode(question.calls[at])
        pairs = zip(question.arguments, call, strict=True)
        arguments = ", ".join(f"{name}={shown(value)}" for name, value in pairs)
        if question.trial is None:
            written = f"{question.answer}({arguments})"
        else:
            written = f"{question.trial}({question.answer}, {arguments})"
        sentence += f" For {written} {_came(question, outcome, call, expected[at])}."
    # A value is not revealed, because it is the answer, and somebody may still hand in.
    elif not outcome.error:
        sentence += f" You wrote {question.answer} = {shown(checks.plain(outcome.result))}."
    return ERROR if outcome.error else WRONG, sentence


def _as_checked(name: str, value: Outcome, right: Any) -> bool:
    """Whether the student's own check accepts a value; it compares six digits only."""
    result = natural(value.result, checks.plain(right))
    return fingerprint(name, [Outcome(result)]) == fingerprint(name, [Outcome(right)])


def _came(question: Question, outcome: Outcome, call: Any, expected: Any) -> str:
    """Return a sentence with a call's result and the expected one, or with what it changed."""
    if outcome.error:
        return f"it raised an error; expected {shown(checks.plain(expected))}"
    if only_changed(outcome, expected, question.rtol):
        # The results agree, so showing both would puzzle the reader.
        pairs = zip(outcome.changed, outcome.after, strict=True)
        said = [
            f"{question.arguments[at]} was {shown(checks.plain(call[at]))}, and is {shown(after)} "
            "afterwards"
            for at, after in pairs
        ]
        return "; ".join(said)
    # A tuple is as right as a list; shown beside one, it would look like the mistake.
    result, right = shown_apart(checks.plain(outcome.result), checks.plain(expected))
    return f"it gave {result}; expected {right}"


def _outcome_of(reply: dict[str, Any], call: Any) -> Outcome:
    """Return the outcome that a reply reports; whatever it holds, the outcome is plain data."""
    try:
        changed: dict[int, Any] = {}
        if "arguments" in reply:
            after, before = wire.decode(reply["arguments"]), wire.decode(call)
            pairs = enumerate(zip(after, before, strict=True))
            changed = {at: pair[0] for at, pair in pairs if not same(*pair, rtol=0.0)}
        positions, now = tuple(changed), tuple(map(checks.plain, changed.values()))
        if "error" in reply:
            error = " ".join(str(reply["error"]).split())[:600]
            return Outcome(None, error or "an error", positions, now)
        if "kind" in reply:
            return Outcome(Unplain(_type_in(reply)), "", positions, now)
        return Outcome(wire.decode(reply.get("result")), "", positions, now)
    except (TypeError, ValueError, RecursionError) as problem:
        return Outcome(None, f"TypeError: {problem}")
