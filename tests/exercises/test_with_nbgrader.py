"""nbgrader itself agrees. It is not in the book's environment; `make classroom` runs these."""

import subprocess
import sys

import pytest

from classroom import exercise, release

from .assigned import ENVIRONMENT, each_assignment, released

pytest.importorskip("nbgrader")


@each_assignment
def test_the_committed_release_is_what_the_command_makes(assignment):
    made, stored = release.release_notebook(assignment), released(assignment)
    assert made.metadata == stored.metadata
    assert made.cells == stored.cells


def validated(kind, assignment, tmp_path):
    path = exercise.EXERCISES / kind / assignment / f"{assignment}.ipynb"
    command = [sys.executable, "-m", "nbgrader", "validate", str(path)]
    done = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return done.stdout


@each_assignment
def test_nbgrader_finds_the_source_right(assignment, tmp_path):
    assert validated("source", assignment, tmp_path).startswith("Success!")


@each_assignment
def test_nbgrader_finds_every_part_of_the_release_undone(assignment, tmp_path):
    told = validated("release", assignment, tmp_path)
    # A cell that a person reads counts as undone while it is empty.
    assert f"FAILED ON {len(release.totals(assignment))} CELL(S)" in told
    for item in exercise.exercises(assignment):
        assert f'check("{item.name}", {item.answer})' in told
