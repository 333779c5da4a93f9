"""nbgrader itself agrees. It is not in the book's environment; `make classroom` runs these."""

import nbformat
import pytest

from classroom import exercise, release

from .assigned import each_assignment, executed_release, executed_source, released

validator = pytest.importorskip("nbgrader.validator")


@each_assignment
def test_the_committed_release_is_what_the_command_makes(assignment):
    made, stored = release.release_notebook(assignment), released(assignment)
    assert made.metadata == stored.metadata
    assert made.cells == stored.cells


def complaints(notebook, folder):
    """Return what nbgrader finds to complain of in a notebook that was executed."""
    path = folder / "executed.ipynb"
    nbformat.write(notebook, path)
    # Its preprocessors would take the outputs away and execute once more.
    return validator.Validator(preprocessors=[]).validate(str(path))


@each_assignment
def test_nbgrader_finds_the_source_right(assignment, tmp_path):
    assert complaints(executed_source(assignment), tmp_path) == {}


@each_assignment
def test_nbgrader_finds_every_part_of_the_release_undone(assignment, tmp_path):
    found = complaints(executed_release(assignment), tmp_path)
    assert list(found) == ["failed"]
    # A cell that a person reads counts as undone while it is empty.
    assert len(found["failed"]) == len(release.totals(assignment))
    told = "\n".join(cell["source"] for cell in found["failed"])
    for item in exercise.exercises(assignment):
        assert f'check("{item.name}", {item.answer}{", student" if item.vary else ""})' in told
