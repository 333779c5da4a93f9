"""What a student gets: it runs, it stops only where there is work to do, it holds no solution."""

import functools
import re
import shutil
import subprocess
import sys

import pytest

from classroom import exercise, release
from minioptim.checks import same

from . import assigned
from .assigned import ROOT, each_assignment

MARKERS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
# Shorter lines, as "else:" or "return x", give nothing away.
TELLING = 12


def failed(cell):
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@each_assignment
def test_the_source_runs_from_top_to_bottom_in_silence(assignment):
    notebook = assigned.executed_source(assignment)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code if failed(cell)] == []
    # nbgrader takes a warning for a failure.
    errors = [output for cell in code for output in cell.outputs if output.get("name") == "stderr"]
    assert errors == []
    exercises = exercise.exercises(assignment)
    assert printed(code[-1]) == "".join(
        f"{item.name:{max(len(other.name) for other in exercises)}}  right\n" for item in exercises
    )


@each_assignment
def test_the_release_fails_only_where_there_is_work_to_do(assignment):
    notebook = assigned.executed_release(assignment)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    answers = [item.answer for item in exercise.exercises(assignment)]
    for cell in code:
        uses_an_answer = any(re.search(rf"\b{name}\b", cell.source) for name in answers)
        if assigned.nbgrader(cell).get("grade"):
            assert failed(cell), cell.source
        if assigned.nbgrader(cell).get("solution") or not uses_an_answer:
            assert not failed(cell), cell.source
    lines = printed(code[-1]).splitlines()
    assert len(lines) == len(answers)
    assert [line for line in lines if "  not yet: " not in line] == []


@each_assignment
def test_a_check_that_fails_shows_its_sentence_and_no_traceback(assignment):
    for cell in assigned.executed_release(assignment).cells:
        if assigned.nbgrader(cell).get("grade") and cell.cell_type == "code":
            (error,) = cell.outputs
            assert error.ename == "NotYet"
            assert error.traceback[0].startswith("Not yet: ")
            assert "Traceback" not in "".join(error.traceback)


def secrets(notebook):
    """The lines of solutions that no source shows outside a solution."""
    inside = {
        line.strip()
        for cell in notebook.cells
        for block in SOLUTION.findall(cell.source)
        for line in block.splitlines()
    }
    return {line for line in inside - shown_on_purpose() if len(line) >= TELLING}


@functools.cache
def shown_on_purpose():
    """The lines that students of any assignment are given: broken code has lines of right code."""
    notebooks = [assigned.source(assignment) for assignment in assigned.ASSIGNMENTS]
    return {
        line.strip()
        for notebook in notebooks
        for cell in notebook.cells
        for line in SOLUTION.sub("", cell.source).split("\n")
    }


@each_assignment
def test_no_solution_and_no_marker_is_released(assignment):
    lines = secrets(assigned.source(assignment))
    assert len(lines) >= 5
    folders = [exercise.EXERCISES / "release", ROOT / "minioptim" / "checks"]
    texts = {
        path: path.read_text(encoding="utf-8")
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".ipynb", ".json", ".py"}
    }
    notebook = assigned.released(assignment)
    everything = "\n".join([*(cell.source for cell in notebook.cells), *texts.values()])
    assert [line for line in lines if line in everything] == []
    assert MARKERS.findall(everything) == []


def test_a_solution_that_leaks_is_found():
    notebook = assigned.source("momentum")
    lines = secrets(notebook)
    assert "lag = momentum * (1 - momentum**t) / (1 - momentum)" in lines
    # It stands in the broken code as well, which is shown.
    assert "points.append(x)" not in lines


@each_assignment
def test_a_release_is_one_notebook_without_outputs(assignment):
    folder = exercise.EXERCISES / "release" / assignment
    assert [path.name for path in folder.iterdir()] == [f"{assignment}.ipynb"]
    for notebook in (assigned.source(assignment), assigned.released(assignment)):
        assert [cell for cell in notebook.cells if cell.get("outputs")] == []
        assert notebook.metadata["kernelspec"]["name"] == "python3"


@each_assignment
def test_an_assignment_has_its_parts_and_some_are_read(assignment):
    notebook = assigned.source(assignment)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    parts = re.findall(r"^## (\d)\. (\w+)", text, re.MULTILINE)
    assert [int(number) for number, _ in parts] == list(range(1, len(parts) + 1))
    assert 3 <= len(parts) <= 6
    assert {"Derive", "Implement"} <= {kind for _, kind in parts}
    read = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "markdown" and assigned.nbgrader(cell).get("grade")
    ]
    assert read
    for cell in read:  # the rubric gives away as many points as there are
        given = sum(
            int(n) for n in re.findall(r"^\*\*(\d) points?\.\*\*", cell.source, re.MULTILINE)
        )
        assert given == assigned.nbgrader(cell)["points"]


@each_assignment
def test_notebook_and_exercises_agree(assignment):
    assert release.faults(assignment) == []


@each_assignment
def test_the_data_of_the_checks_are_those_of_the_source(assignment):
    made, stored = release.check_data(assignment), assigned.data(assignment)
    assert made.keys() == stored.keys()
    for name, item in made.items():
        assert same(stored[name].pop("expected", []), item.pop("expected", []), rtol=1e-9)
        assert stored[name] == item, "run the release again"
    assigned.data.cache_clear()


@each_assignment
def test_a_value_that_is_asked_for_is_not_in_the_data(assignment):
    for item in exercise.exercises(assignment):
        if item.draw is None:
            kept = assigned.data(assignment)[item.name].keys()
            right = "right" if item.vary is None else "variants"
            assert set(kept) == {"answer", "points", right, "mistakes"}


@each_assignment
def test_without_the_package_the_first_cell_says_how_to_get_it(assignment):
    first = next(c for c in assigned.released(assignment).cells if c.cell_type == "code")
    program = f"import sys\nsys.modules['minioptim'] = None\n{first.source}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "%pip install" in done.stderr.splitlines()[-1]


def test_importing_the_package_does_not_load_the_checks():
    program = "import sys, minioptim\nassert 'minioptim.checks' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def edited(tmp_path, change):
    """A copy of the momentum assignment whose source notebook was changed."""
    shutil.copytree(exercise.EXERCISES, tmp_path / "exercises")
    path = tmp_path / "exercises" / "source" / "momentum" / "momentum.ipynb"
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    return tmp_path / "exercises"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"points": 4', '"points": 5', "momentum-step-check must be worth 4"),
        ('"momentum-step"', '"momentum_step"', "no solution cell has the grade_id momentum-step"),
        ('"momentum-step-check"', '"momentum-step-test"', "no test cell has the grade_id"),
        ("### BEGIN SOLUTION", "", "has no BEGIN SOLUTION"),
        ('"momentum-explain"', '"momentum-derive"', "two cells share a grade_id"),
    ],
)
def test_a_source_that_does_not_fit_its_exercises_is_refused(tmp_path, old, new, fault):
    folder = edited(tmp_path, lambda text: text.replace(old, new))
    with pytest.raises(release.ReleaseError, match=fault):
        release.check_data("momentum", folder)


def test_a_reference_that_fails_is_refused(tmp_path):
    folder = edited(tmp_path, lambda text: text.replace("v = momentum * v - lr * g", "v *= lr"))
    with pytest.raises(release.ReleaseError, match="momentum-step: the reference itself fails"):
        release.check_data("momentum", folder)


def test_a_mistake_that_is_none_is_refused(tmp_path):
    folder = edited(tmp_path, lambda text: text.replace("    0.8\\n", "    0.9\\n"))
    with pytest.raises(release.ReleaseError, match="experiment: a mistake has the results"):
        release.check_data("momentum", folder)
