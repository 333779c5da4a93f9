"""What looks for honest work in more places opens no door: a mark is earned by one answer alone.

Each attack hands in what has no right answer in its place, and something where we look since. It
may be shown to a person; by itself it earns nothing.
"""

import json
import time
from dataclasses import replace

import pytest

from classroom import reading
from classroom.gradebook import _shown_notebook
from classroom.intake import grade_id
from classroom.recheck import _found, _show, grade_submission
from classroom.submissions import Other, collect, notebook_path, other_notebooks

from . import odd
from .handed_in import (
    DERIVE,
    RIGHT,
    SOUGHT,
    STEP,
    VALUE,
    WRONG,
    bounded,
    cell_of,
    data,
    exam,
    sandboxed,
)
from .hostile import PAYLOADS

pytestmark = bounded
EMPTY = {STEP: odd.STUBS[STEP], VALUE: odd.STUBS[VALUE], DERIVE: odd.STUBS[DERIVE]}
FORGED = "class momentum_step:\n    def __eq__(self, other):\n        return True"


def with_cells(answers, *cells):
    found = odd.work(EMPTY | answers)
    found["cells"] += cells
    return found


# Cells that are run: a guess is not right because a second guess is.
TRIED = {
    "a long indentation": with_cells(
        {VALUE: "lengthening = 1"}, odd.own(" " * 9_000 + "lengthening = 10")
    ),
    "the last guess is right": with_cells(
        {VALUE: "lengthening = 1"}, odd.own("lengthening = 9"), odd.own("lengthening = 10")
    ),
    "a value that equals all": with_cells(
        {VALUE: "lengthening = 1"},
        odd.own("class All(int):\n    __eq__ = lambda s, o: True\nlengthening = All(3)"),
    ),
    "a later function that is an object": with_cells({STEP: WRONG}, odd.own(FORGED)),
    "a later function that knows the visible call": with_cells(
        {STEP: WRONG}, odd.own("def momentum_step(*a):\n    return (0.0 - 0.1, -0.1)")
    ),
    "a later function that tries both": with_cells(
        {STEP: WRONG},
        odd.own("import random\ndef momentum_step(g, x, v, lr, m):\n    return [x + v, v]"),
    ),
    "a later cell that ends the process": with_cells(
        {STEP: WRONG}, odd.own("momentum_step = 1\nimport os\nos._exit(0)")
    ),
    "a later cell that writes to the pipe": with_cells(
        {STEP: WRONG},
        odd.own("momentum_step = 1\nimport os\nos.write(1, b'{\"result\": [1, 2]}\\n' * 99)"),
    ),
    "an import whose stand-in is changed": with_cells(
        {STEP: "import nothing\nnothing._error = None\nmomentum_step = nothing"}
    ),
    "an import that claims to be the answer": with_cells(
        {STEP: "from nowhere import momentum_step"}
    ),
    "the answer asked of the grader": with_cells(
        {STEP: "from classroom.release import reference\nmomentum_step = reference('tiny')"}
    ),
    "an await that returns the answer": with_cells(
        {VALUE: "async def f():\n    return 9\nlengthening = await f()"}
    ),
}


@pytest.mark.parametrize("attack", TRIED)
def test_no_second_try_earns_a_mark(attack, monkeypatch):
    sandboxed()
    monkeypatch.setattr(reading.Reader, "ask", lambda _, f, *a: f(*a))
    name = VALUE if cell_of(TRIED[attack], STEP)["source"] == odd.STUBS[STEP] else STEP
    asked = tuple(question for question in exam().questions if question.name == name)
    record = grade_submission(replace(exam(), questions=asked), "ada", data(TRIED[attack]))
    assert not any(row["score"] for row in record["exercises"])


# Cells and files that nobody runs: they may be open, and have no points.
SHOWN = {
    "all answers in a text": with_cells({}, odd.text(f"{RIGHT}\nlengthening = 10\n{odd.SENTENCE}")),
    "all letters": with_cells({}, *(odd.text(f"lengthening = {k}") for k in range(99))),
    "an answer as a comment": with_cells({}, odd.own("# lengthening = 10")),
    "an answer in the question": with_cells({}, odd.text("## Derive\n\nWhy is that so?\n10")),
    "a raw cell": with_cells({}, {**odd.text(RIGHT), "cell_type": "raw"}),
    "a check that passes": with_cells({}, odd.own("def check(*a): print('right')\nscore = 3")),
    "a note of ours": with_cells({}, odd.text("Not in its own cell, but in 3 of 3 points: right")),
    "a name of ours twice": with_cells(
        {}, *(json.loads(json.dumps(c)) for c in odd.work(EMPTY)["cells"])
    ),
    "points in the metadata": with_cells(
        {}, odd.text("= 10", metadata={"nbgrader": {"grade_id": "x", "points": 99, "grade": True}})
    ),
    "an open quote": with_cells({}, odd.own("'''" + "a\n" * 40_000)),
    "half a file": None,
}


@pytest.mark.parametrize("attack", SHOWN)
def test_what_is_shown_has_no_points_and_is_never_run(attack, monkeypatch):
    found = SHOWN[attack] or odd.work(EMPTY)
    content = data(found) if SHOWN[attack] else data(found)[:-40]
    start = time.process_time()
    monkeypatch.setattr(reading.Reader, "ask", lambda _, f, *a: f(*a))
    monkeypatch.setattr("classroom.recheck.Process", None)  # a process would be an error
    record = grade_submission(exam(), "ada", content)
    assert [row["score"] or 0.0 for row in record["exercises"]] == [0.0] * 3
    assert {row["status"] for row in record["exercises"]} <= {
        "NOT GRADED",
        "to be read",
        "no answer",
    }
    assert time.process_time() - start < reading.CPU_SECONDS


FILES = {
    "a notebook for each guess": {
        f"{k}.ipynb": {VALUE: f"lengthening = {k}"} for k in range(8, 12)
    },
    "a right one that is overruled": {
        "tiny.ipynb": {VALUE: "lengthening = 10"},
        "tiny-1.ipynb": {VALUE: "lengthening = 9"},
    },
    "a part in each of six": {f"{k}.ipynb": {STEP: WRONG + f"\n# {k}"} for k in range(6)},
    "a name that commands": {
        "<img src=x onerror=mark()>.ipynb": {DERIVE: odd.SENTENCE},
        "zzz.ipynb": {STEP: WRONG, VALUE: "lengthening = 9"},
    },
    "a file that is called as ours": {"others.json": {}, "tiny.ipynb": {VALUE: "lengthening = 9"}},
}


@pytest.mark.parametrize("attack", FILES)
def test_another_notebook_earns_nothing(attack, tmp_path, monkeypatch):
    for name, answers in FILES[attack].items():
        path = tmp_path / "export" / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data(odd.work(EMPTY | answers)))
    monkeypatch.setattr(reading.Reader, "ask", lambda _, f, *a: f(*a))
    (student,), _ = collect(tmp_path / "export", tmp_path / "class", "tiny", SOUGHT)
    others = other_notebooks(tmp_path / "class", "tiny", "ada")
    content = notebook_path(tmp_path / "class", "tiny", "ada").read_bytes()
    record = grade_submission(exam(), "ada", content, others)
    # Of several guesses one is graded, by a rule that the student does not see into.
    got = [row["score"] or 0.0 for row in record["exercises"]]
    most = 1.0 if attack == "a notebook for each guess" and student.file == "10.ipynb" else 0.0
    assert sum(got) <= most
    assert len(others) <= 5


@pytest.mark.parametrize("name", list(PAYLOADS)[::9])
def test_what_is_shown_from_elsewhere_is_inert(name):
    intake = SOUGHT.take(data(with_cells({}, odd.text(PAYLOADS[name] + " = a text that is long."))))
    found = _found(intake, [Other(f"{PAYLOADS[name]}.ipynb", True, {DERIVE: PAYLOADS[name]})])
    _show(intake.notebook, found)
    record = {"notebook": intake.notebook, "exercises": []}
    shown = _shown_notebook(exam().release, record)
    (cell,) = (cell for cell in shown["cells"] if grade_id(cell) == DERIVE)
    for mark in ("<script", "<img", "<svg", "onerror=mark", "javascript:"):
        assert mark not in cell["source"].replace("&lt;", "")
