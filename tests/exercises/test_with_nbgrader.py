"""nbgrader itself agrees. It is not in the book's environment; `make classroom` runs these."""

import pytest
from traitlets.config import Config

from classroom import exercise, release

from .assigned import ENVIRONMENT, each_assignment, released

validator = pytest.importorskip("nbgrader.validator")
# Left to itself nbgrader gives a cell half a minute, which a busy machine may need.
PATIENT = Config({"Execute": {"timeout": 600}})


@each_assignment
def test_the_committed_release_is_what_the_command_makes(assignment):
    made, stored = release.release_notebook(assignment), released(assignment)
    assert made.metadata == stored.metadata
    assert made.cells == stored.cells


@pytest.fixture
def validated(monkeypatch):
    """Run a notebook in a kernel as `nbgrader validate` does; return what it finds to complain of.

    Not by the command: nbgrader's import takes as long as what it does with a notebook.
    """
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])

    def found_in(kind, assignment):
        path = exercise.EXERCISES / kind / assignment / f"{assignment}.ipynb"
        return validator.Validator(config=PATIENT).validate(str(path))

    return found_in


@each_assignment
def test_nbgrader_finds_the_source_right(assignment, validated):
    assert validated("source", assignment) == {}


@each_assignment
def test_nbgrader_finds_every_part_of_the_release_undone(assignment, validated):
    found = validated("release", assignment)
    assert list(found) == ["failed"]
    # A cell that a person reads counts as undone while it is empty.
    assert len(found["failed"]) == len(release.totals(assignment))
    told = "\n".join(cell["source"] for cell in found["failed"])
    for item in exercise.exercises(assignment):
        assert f'check("{item.name}", {item.answer})' in told
