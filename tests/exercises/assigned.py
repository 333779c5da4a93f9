"""The assignments and their exercises, found rather than listed: a new one is held to all of it."""

import functools
import json
import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from classroom import exercise, release
from minioptim import checks
from minioptim.checks.feedback import DATA, decoded

ROOT = Path(__file__).parents[2]
# For a kernel or a command that runs elsewhere.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
}
ASSIGNMENTS = exercise.assignments()
EXERCISES = [(name, item) for name in ASSIGNMENTS for item in exercise.exercises(name)]
# Those that are asked of everybody alike; of the others see test_variants.py.
ALIKE = [(name, item) for name, item in EXERCISES if item.vary is None]
FUNCTIONS = [(name, item) for name, item in EXERCISES if item.draw]
# Of these each result is right or wrong; what is put on trial may do its work in many ways.
SINGLE = [(name, item) for name, item in FUNCTIONS if item.trial is None]
# Seeds of the calls that no student has seen.
HIDDEN = (1001, 1002, 1003)

each_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def _name(value):
    return value.name if isinstance(value, exercise.Exercise) else value


each_exercise = pytest.mark.parametrize(("assignment", "item"), ALIKE, ids=_name)
each_item = pytest.mark.parametrize("item", [item for _, item in FUNCTIONS], ids=_name)
each_function = pytest.mark.parametrize(("assignment", "item"), SINGLE, ids=_name)


@functools.cache
def reference(assignment):
    return release.reference(assignment)


@functools.cache
def data(assignment):
    """What the student's checks of an assignment have, as it is committed."""
    return json.loads((DATA / f"{assignment}.json").read_text(encoding="utf-8"))


def source(assignment):
    return release.source(assignment)


def released(assignment):
    path = exercise.EXERCISES / "release" / assignment / f"{assignment}.ipynb"
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def executed(notebook):
    """Run all cells in a new kernel, also those after one that fails; no file may stay."""
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            kernel_name="warm",  # see conftest.py
            timeout=600,  # for a busy machine; a cell takes seconds
            allow_errors=True,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        ).execute(env=ENVIRONMENT)
        assert list(Path(folder).iterdir()) == [], "an assignment leaves no files"
    return notebook


# A kernel takes seconds to start, so the tests of an assignment share what came of it. They run in
# one process (`--dist loadgroup`).
@functools.cache
def executed_source(assignment):
    return executed(source(assignment))


@functools.cache
def executed_release(assignment):
    return executed(released(assignment))


def nbgrader(cell):
    return cell.metadata.get("nbgrader", {})


def draws(assignment, item):
    """Every list of calls to judge by: the visible ones, and some that are drawn afresh."""
    if item.draw is None:
        return [[()]]
    visible = [tuple(decoded(row)) for row in data(assignment)[item.name]["calls"]]
    return [visible, *(item.calls(seed) for seed in HIDDEN)]


# Of every list of calls, the right results and the sentences: a trial's cost a run each.
_known = {}


def judged(assignment, item, calls, answer):
    """The verdict of the teacher's recheck: right results and sentences are computed here."""
    key = item.name, repr(calls)
    if key not in _known:
        right = release.outcomes(item.called(reference(assignment)[item.answer]), calls)
        expected = [outcome.result for outcome in right]
        _known[key] = expected, release.sentences(item, calls)
    outcomes = release.outcomes(item.called(answer), calls)
    return checks.judge(item.name, outcomes, *_known[key], item.rtol)
