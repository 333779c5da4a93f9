"""Make what students get: the notebook without its solutions, and the data of its checks.

The source notebook holds the reference solution, and nothing else does. Its solution cells are our
own code and are run here as they are; what a student hands in never comes near this module.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classroom.exercise import EXERCISES, Call, Exercise, exercises
from classroom.files import write
from minioptim import checks
from minioptim.checks.feedback import DATA, encoded

if TYPE_CHECKING:
    from nbformat import NotebookNode

# The tag of a cell that answers may build on: it is run before them, here and at grading.
GIVEN = "given"
# What stands in the release where the source has a solution: an expression, so that it does as a
# function's body and as a value, and an unfinished cell stops nothing.
CODE_STUB = "...  # your code here"
TEXT_STUB = "*Your answer here.*"
KEPT_METADATA = {"deletable", "editable", "nbgrader", "tags"}
# Seeds that are tried for visible calls on which every mistake has a fingerprint of its own.
SEEDS = 100
# Of an exercise with other numbers for each student. In a class of sixty, two neighbours share
# theirs once in forty times.
VARIANTS = 40
# What the source's own student is called, as every student is in a cell with numbers of their own.
STUDENT = "student"
# How far two right ways to write a formula may part; fingerprints must not see it.
REORDERED = 1e-10


class ReleaseError(ValueError):
    """The source notebook and the exercises of an assignment do not fit together."""


def source(assignment: str, folder: Path = EXERCISES) -> NotebookNode:
    """Read the source notebook of an assignment.

    Raises
    ------
    FileNotFoundError
        There is none.

    Examples
    --------
    >>> source("momentum").nbformat
    4
    """
    import nbformat  # here, because it takes two seconds, and every process that grades comes by

    path = folder / "source" / assignment / f"{assignment}.ipynb"
    notebook: NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    return notebook


def reference(assignment: str, folder: Path = EXERCISES) -> dict[str, Any]:
    """Return the right answer to each exercise: answer name -> function or value.

    Cells with a solution, and those tagged ``given``, are run in order; ``np`` is there already.

    Raises
    ------
    ReleaseError
        A solution cell does not define the answer that its exercise asks for.

    Examples
    --------
    >>> x, v = reference("momentum")["momentum_step"](4.0, 2.0, 2, -1.0, 0.1, 0.5)
    >>> print(x, v)
    1.1 -0.9
    """
    return reference_in(source(assignment, folder), exercises(assignment, folder), assignment)


def reference_in(
    notebook: NotebookNode, declared: Sequence[Exercise], assignment: str
) -> dict[str, Any]:
    """Return what `reference` does, from a source notebook and exercises that were read before.

    Raises
    ------
    ReleaseError
        A solution cell does not define the answer that its exercise asks for.
    """
    names: dict[str, Any] = {"np": np}
    for cell in notebook.cells:
        given = GIVEN in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and (given or _nbgrader(cell).get("solution")):
            exec(compile(cell.source, f"<{assignment}>", "exec"), names)  # noqa: S102 - our own
    wanted = [exercise.answer for exercise in declared]
    if missing := [answer for answer in wanted if answer not in names]:
        raise ReleaseError(f"no solution cell of {assignment} defines {', '.join(missing)}")
    found = {answer: names[answer] for answer in wanted}
    for exercise in declared:
        if exercise.vary is not None:
            _confirm(exercise, found[exercise.answer], names.get(STUDENT))
    return found


def _confirm(exercise: Exercise, answer: Any, student: Any) -> None:
    """Hold the key's answer to the source's, for the one student that the source is of."""
    number = checks.student_number(student)
    if not number:
        raise ReleaseError(f"the solution of {exercise.name} must say of which {STUDENT} it is")
    right = variants(exercise)[checks.variant_of(exercise.name, number, VARIANTS)].right
    if not checks.same(checks.plain(answer), checks.plain(right), exercise.rtol):
        raise ReleaseError(
            f"{exercise.name}: for {STUDENT} {number} the solution is {answer}, the key's {right}"
        )


def _nbgrader(cell: NotebookNode) -> Mapping[str, Any]:
    found: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
    return found


def faults(assignment: str, folder: Path = EXERCISES) -> list[str]:
    """Return where the notebook and the exercises disagree, a sentence for each.

    Raises
    ------
    FileNotFoundError
        The notebook or the file of exercises is missing.

    Examples
    --------
    >>> faults("momentum")
    []
    """
    cells = [cell for cell in source(assignment, folder).cells if _nbgrader(cell)]
    by_name = {_nbgrader(cell)["grade_id"]: cell for cell in cells}
    found = []
    if len(by_name) < len(cells):
        found.append("two cells share a grade_id")
    for exercise in exercises(assignment, folder):
        answer, test = by_name.get(exercise.name), by_name.get(f"{exercise.name}-check")
        if answer is None or not _nbgrader(answer)["solution"]:
            found.append(f"no solution cell has the grade_id {exercise.name}")
        if test is None or not _nbgrader(test)["grade"]:
            found.append(f"no test cell has the grade_id {exercise.name}-check")
            continue
        if _nbgrader(test)["points"] != exercise.points:
            found.append(f"{exercise.name}-check must be worth {exercise.points}")
        more = f", {STUDENT}" if exercise.vary else ""
        line = f'check("{exercise.name}", {exercise.answer}{more})'
        if test.source.strip() != line:
            found.append(f"{exercise.name}-check must be {line}")
    names = {exercise.name for exercise in exercises(assignment, folder)}
    for name, cell in by_name.items():
        if cell.cell_type == "code" and _nbgrader(cell)["solution"] and name not in names:
            found.append(f"no exercise is declared for the code of {name}")
        if _nbgrader(cell)["solution"] and "BEGIN SOLUTION" not in cell.source:
            found.append(f"{name} has no BEGIN SOLUTION: it would be released whole")
    return found


def outcomes(answer: Any, calls: list[Call]) -> list[checks.Outcome]:
    """Return what an answer comes to: its outcome for each call, or the value itself.

    Parameters
    ----------
    answer : callable or value
        A function is called; a value has the one call ``()`` and is its own outcome.
    calls : list of tuple
        As `Exercise.calls` returns them.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        Passed on; every other exception is part of an outcome.

    Examples
    --------
    >>> outcomes(lambda x: 2 * x, [(1,), (4,)])[1].result
    8
    """
    if calls == [()]:
        return [checks.Outcome(answer)]
    return [checks.call(answer, arguments) for arguments in calls]


def sentences(exercise: Exercise, calls: list[Call]) -> dict[str, str]:
    """Return what known mistakes come to on these calls: fingerprint -> sentence.

    Of two mistakes with the same results the first one counts; on the visible calls there are none.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        Passed on, as in `outcomes`.

    Examples
    --------
    >>> step = exercises("momentum")[2]
    >>> len(sentences(step, step.calls(seed=0))) == len(step.wrong)
    True
    """
    table: dict[str, str] = {}
    for mistake in exercise.wrong:
        made = outcomes(exercise.called(mistake.solution), judged_by(exercise, calls))
        mark = checks.fingerprint(exercise.name, made)
        table.setdefault(mark, mistake.sentence)
    return table


def judged_by(exercise: Exercise, calls: list[Call]) -> list[Call]:
    """Return the calls that identify a mistake: all of them, and of a trial's runs one.

    Examples
    --------
    >>> step = exercises("momentum")[2]
    >>> calls = step.calls(seed=0)
    >>> judged_by(step, calls) is calls
    True
    """
    return calls if exercise.trial is None else calls[:1]


class Variant(NamedTuple):
    """An exercise with the numbers of some students.

    Attributes
    ----------
    numbers : dict
        By their names.
    right : object
        The answer.
    mistakes : dict of str to str
        Fingerprint of a known mistake's value -> the sentence that names it.
    """

    numbers: dict[str, Any]
    right: Any
    mistakes: dict[str, str]


def variants(exercise: Exercise) -> list[Variant]:
    """Return the variants of an exercise, the same ones every time.

    Raises
    ------
    ReleaseError
        No draw tells all mistakes apart, or two right ways do not agree.

    Examples
    --------
    >>> len(variants(exercises("in_practice")[1])) == VARIANTS
    True
    """
    return [_variant(exercise, k) for k in range(VARIANTS)]


def _variant(exercise: Exercise, k: int) -> Variant:
    assert exercise.vary is not None  # noqa: S101 (who asks has looked)
    problem = ""
    for attempt in range(SEEDS):
        mark = hashlib.sha256(f"{exercise.name}, variant {k}, {attempt}".encode()).digest()
        numbers = exercise.vary(np.random.default_rng(int.from_bytes(mark[:8], "big")))
        right, *others = (one(**numbers) for one in exercise.right)
        plain = [checks.plain(answer) for answer in (right, *others)]
        if not all(checks.same(answer, plain[0], exercise.rtol) for answer in plain):
            raise ReleaseError(f"{exercise.name}: two right ways differ for {numbers}")
        wrong = {mistake.sentence: mistake.solution(**numbers) for mistake in exercise.wrong}
        table: dict[str, str] = {}
        for sentence, value in wrong.items():
            table.setdefault(checks.fingerprint(exercise.name, [checks.Outcome(value)]), sentence)
        if twins := set(wrong) - set(table.values()):
            problem = f"{exercise.name}: another mistake has the same value as {twins.pop()!r}"
        elif checks.fingerprint(exercise.name, [checks.Outcome(right)]) in table:
            problem = f"{exercise.name}: a mistake has the value of the reference"
        elif not all(_steady(exercise.name, [checks.Outcome(v)]) for v in (right, *wrong.values())):
            problem = f"{exercise.name}: a value lies on the edge of rounding"
        else:
            return Variant(numbers, right, table)
    raise ReleaseError(f"{problem} (in every draw of variant {k} that was tried)")


def _data_of_variants(exercise: Exercise) -> dict[str, Any]:
    """Return what the student's check needs: the sentences once, and where they belong."""
    texts = [mistake.sentence for mistake in exercise.wrong]
    rows = [
        {
            "numbers": {key: encoded(value) for key, value in one.numbers.items()},
            "right": {
                "mark": checks.fingerprint(exercise.name, [checks.Outcome(one.right)]),
                "form": _form_of(one.right),
            },
            "mistakes": {mark: texts.index(sentence) for mark, sentence in one.mistakes.items()},
        }
        for one in variants(exercise)
    ]
    return {"variants": rows, "mistakes": texts}


def check_data(assignment: str, folder: Path = EXERCISES) -> dict[str, Any]:
    """Return what the student's checks need to know: exercise -> data, ready for JSON.

    Of a function: visible calls, the right results, and known mistakes as fingerprints. Of a value:
    fingerprints, and its form, which is how many numbers it is.

    Raises
    ------
    ReleaseError
        Notebook and exercises disagree; the reference is not right by its own standard; or a
        mistake is not told from the reference or from another mistake.

    Examples
    --------
    >>> sorted(check_data("momentum")["momentum-predict"])
    ['answer', 'mistakes', 'points', 'right']
    """
    if wrong := faults(assignment, folder):
        raise ReleaseError(f"{assignment}: {'; '.join(wrong)}")
    answers = reference(assignment, folder)
    data = {}
    for exercise in exercises(assignment, folder):
        answer = answers[exercise.answer]
        called = exercise.called(answer)
        data[exercise.name] = {"answer": exercise.answer, "points": exercise.points}
        if exercise.vary is not None:
            data[exercise.name] |= _data_of_variants(exercise)
            continue
        calls, right, mistakes = _visible(exercise, called)
        if exercise.draw is None:
            mark = checks.fingerprint(exercise.name, right)
            data[exercise.name]["right"] = {"mark": mark, "form": _form_of(right[0].result)}
        else:
            data[exercise.name] |= {
                "rtol": exercise.rtol,
                "arguments": list(inspect.signature(called).parameters),
                "calls": encoded(calls),
                "expected": [_trimmed(outcome.result) for outcome in right],
            }
        if exercise.trial is not None:
            data[exercise.name]["trial"] = exercise.trial
        data[exercise.name]["mistakes"] = mistakes
    return data


def _visible(
    exercise: Exercise, answer: Any
) -> tuple[list[Call], list[checks.Outcome], dict[str, str]]:
    """Return the first calls that tell all mistakes apart, the right outcomes, the sentences."""
    problem = ""
    for seed in range(SEEDS if exercise.draw else 1):
        calls = exercise.calls(seed)
        right = outcomes(answer, calls)
        if broken := [o for o in right if o.error or o.changed]:
            raise ReleaseError(f"{exercise.name}: the reference itself fails: {broken[0]}")
        table = sentences(exercise, calls)
        some = judged_by(exercise, calls)
        wrong = [outcomes(exercise.called(mistake.solution), some) for mistake in exercise.wrong]
        results = [right, *wrong]
        if twins := {m.sentence for m in exercise.wrong} - set(table.values()):
            problem = f"{exercise.name}: another mistake has the same results as {twins.pop()!r}"
        elif checks.fingerprint(exercise.name, right[: len(some)]) in table:
            problem = f"{exercise.name}: a mistake has the results of the reference"
        elif not all(_steady(exercise.name, result) for result in results):
            problem = f"{exercise.name}: a result lies on the edge of rounding"
        else:
            return calls, right, table
    raise ReleaseError(f"{problem} (with every seed that was tried)")


def _steady(name: str, results: list[checks.Outcome]) -> bool:
    """Whether the fingerprint stays when each number changes by what another order of sums does."""
    marks = {
        checks.fingerprint(name, [o._replace(result=_scaled(o.result, factor)) for o in results])
        for factor in (1 - REORDERED, 1.0, 1 + REORDERED)
    }
    return len(marks) == 1


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_scaled(item, factor) for item in value]
    return value * factor if isinstance(value, float) else value


def _form_of(value: Any) -> Any:
    """Return something of a value's form that is not the value: zeros, and letters of no option."""
    value = checks.plain(value)
    if isinstance(value, list):
        return [_form_of(item) for item in value]
    if isinstance(value, str):
        return "?" * len(value)
    return False if isinstance(value, bool) else 0


def _trimmed(value: Any) -> Any:
    """Return a result with floats of 12 digits: the last ones differ from machine to machine."""
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def release_notebook(assignment: str, folder: Path = EXERCISES) -> NotebookNode:
    """Return the notebook that students get, made by nbgrader's own preprocessors.

    Raises
    ------
    ImportError
        nbgrader is not installed; it is in ``requirements/classroom.txt``.
    RuntimeError
        From nbgrader: a solution has a beginning and no end, or the like.

    Examples
    --------
    >>> notebook = release_notebook("momentum")  # doctest: +SKIP
    """
    from nbgrader import preprocessors as steps
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    notebook = source(assignment, folder)
    resources: dict[str, Any] = {"nbgrader": {}}
    # The order of nbgrader's own `generate_assignment`, without its database.
    for step in (
        steps.LockCells,
        steps.ClearSolutions,
        steps.ClearOutput,
        steps.CheckCellMetadata,
        steps.ClearHiddenTests,
        steps.ComputeChecksums,
    ):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    for cell in notebook.cells:  # an editor's own notes are nobody else's
        cell.metadata = {key: cell.metadata[key] for key in KEPT_METADATA & cell.metadata.keys()}
    return notebook


def release(assignment: str, folder: Path = EXERCISES, data: Path = DATA) -> list[Path]:
    """Write an assignment's release notebook and the data of its checks; return both paths.

    Each file is put in place in one move, and only after both could be made.

    Raises
    ------
    ReleaseError
        As in `check_data`.
    ImportError
        As in `release_notebook`.
    ClassroomError
        A file cannot be written.

    Examples
    --------
    >>> paths = release("momentum")  # doctest: +SKIP
    """
    import nbformat

    checked = json.dumps(check_data(assignment, folder), indent=1, ensure_ascii=False)
    notebook = nbformat.writes(release_notebook(assignment, folder)).rstrip("\n")
    paths = [
        folder / "release" / assignment / f"{assignment}.ipynb",
        data / f"{assignment}.json",
    ]
    for path, text in zip(paths, (notebook, checked), strict=True):
        write(path, f"{text}\n".encode())
    return paths


def totals(assignment: str, folder: Path = EXERCISES) -> dict[str, float]:
    """Return the points of every graded cell, also of those that a person reads.

    Raises
    ------
    FileNotFoundError
        There is no such assignment.

    Examples
    --------
    >>> sum(totals("momentum").values())
    20
    """
    graded = [cell for cell in source(assignment, folder).cells if _nbgrader(cell).get("grade")]
    return {_nbgrader(cell)["grade_id"]: _nbgrader(cell)["points"] for cell in graded}
