"""Marks that people give: on disk at once, whole whatever is killed, undone and never lost."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from classroom import marks
from classroom.beside import beside
from classroom.files import ClassroomError
from classroom.marks import Marks, changed, everybodys, fingerprint_of, reader_named, with_marks
from classroom.record import total

from .handed_in import DERIVE, SOUGHT, STEP, VALUE, cell_of, code, data, notebook

pytestmark = pytest.mark.timeout(600)
PLACE = "ada", DERIVE


def record(student="ada", text="It is a geometric series.", **more):
    rows = [
        {"name": STEP, "points": 2.0, "score": 2.0, "status": "right", "reason": ""},
        {"name": VALUE, "points": 1.0, "score": 0.0, "status": "wrong", "reason": "It is wrong."},
        {"name": DERIVE, "points": 3.0, "score": None, "status": "to be read", "reason": "Read."},
    ]
    found = {"student": student, "status": "graded", "reason": "", "notes": [], "exercises": rows}
    return {**found, "notebook": notebook({DERIVE: text}), **more}


def given(into, reader, points, comment="", one=None, **more):
    """Give points on the derivation as somebody."""
    answer = fingerprint_of(one or record(), DERIVE)
    return Marks(into, "tiny", reader).give(PLACE, points, comment, answer, **more)


def counted(into, one=None):
    """Return the row of the derivation with what people gave."""
    (found,) = with_marks([one or record()], everybodys(into, "tiny"))
    return found["exercises"][2], total(found)


def test_a_mark_counts_and_says_what_was_there_before(tmp_path):
    given(tmp_path, "ann", 2.5, "The sum is missing.")
    row, points = counted(tmp_path)
    assert (row["score"], row["status"], points) == (2.5, "graded by hand", 4.5)
    assert row["reason"] == "The sum is missing."
    assert row["machine"] == "to be read. Read."


def test_a_comment_alone_leaves_the_answer_open(tmp_path):
    given(tmp_path, "ann", None, "Ask her.")
    assert counted(tmp_path)[1] is None


def test_undo_goes_back_mark_by_mark_and_keeps_what_was(tmp_path):
    for points in (1.0, 2.0, 3.0):
        given(tmp_path, "ann", points)
    own = Marks(tmp_path, "tiny", "ann")
    for after in (2.0, 1.0):
        own.undo()
        assert counted(tmp_path)[0]["score"] == after
    own.undo()
    assert counted(tmp_path)[1] is None
    assert own.undo() is None
    stored = json.loads(own.path.read_text("utf-8"))["marks"]
    assert [mark["points"] for mark in stored] == [1.0, 2.0, 3.0]


def test_readers_that_differ_leave_it_open_until_one_settles(tmp_path):
    given(tmp_path, "ann", 3.0, "Good.")
    given(tmp_path, "ben", 2.0)
    row, points = counted(tmp_path)
    assert (row["status"], points) == ("to be read", None)
    assert row["reason"] == "Readers differ: ann 3, ben 2."
    given(tmp_path, "ben", 2.5, "As discussed.", settles=True)
    row, points = counted(tmp_path)
    assert (row["score"], row["reason"]) == (2.5, "As discussed.")
    Marks(tmp_path, "tiny", "ben").undo()
    given(tmp_path, "ben", 3.0, "Good.")
    assert counted(tmp_path)[0]["reason"] == "Good."


def test_points_of_formgrader_are_one_readers(tmp_path):
    one = record()
    one["exercises"][2] |= {"score": 3.0, "status": "graded by hand", "reason": "Fine."}
    assert counted(tmp_path, one)[0]["score"] == 3.0
    given(tmp_path, "ann", 2.0)
    row, points = counted(tmp_path, one)
    assert points is None
    assert "formgrader 3" in row["reason"]


def test_what_is_handed_in_anew_is_named_and_keeps_its_points(tmp_path):
    given(tmp_path, "ann", 2.0)
    readers = everybodys(tmp_path, "tiny")
    assert changed([record()], readers) == []
    other = record(text="Another text.")
    assert changed([other], readers) == [PLACE]
    assert counted(tmp_path, other)[0]["score"] == 2.0


def test_a_second_page_of_the_same_reader_is_refused(tmp_path):
    first, second, other = (Marks(tmp_path, "tiny", name) for name in ("ann", "ann", "ben"))
    said = "ann is reading this assignment already"
    with first.alone(), other.alone(), pytest.raises(ClassroomError, match=said), second.alone():
        pass
    with second.alone():
        pass


@pytest.mark.parametrize("content", ["", "[]", '{"marks": [{}]}', '{"marks": 1}', '{"marks": ['])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "marks" / "tiny" / "ann.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(ClassroomError, match="ann.json is damaged"):
        Marks(tmp_path, "tiny", "ann")
    assert path.read_text() == content


@pytest.mark.parametrize("name", ["", "../ann", "a/b", "a.b", "formgrader", "x" * 61, "a\n"])
def test_a_reader_has_a_name_that_is_safe_for_a_file(name):
    with pytest.raises(ClassroomError, match="--reader must be"):
        reader_named(name)


GIVES_ON_AND_ON = """
import sys
from pathlib import Path
from classroom.marks import Marks
own = Marks(Path(sys.argv[1]), "tiny", "ann")
for k in range(10**6):
    own.give((f"student-{k}", "tiny-derive"), 1.0, "x" * 2000, "")
    print(k, flush=True)
"""


def test_a_killed_page_has_lost_no_mark_that_it_confirmed(tmp_path):
    """In the middle of a write, as far as chance goes: the file is whole in any case."""
    root = Path(marks.__file__).parents[1]
    for least in (1, 3, 5, 7):
        command = [sys.executable, "-c", GIVES_ON_AND_ON, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as process:
            said = [int(process.stdout.readline()) for _ in range(least)]
            os.kill(process.pid, signal.SIGKILL)
            said += [int(line) for line in process.stdout.read().split()]
        stored = {student for student, _ in everybodys(tmp_path, "tiny")["ann"]}
        assert {f"student-{k}" for k in said} <= stored


# --- What stands beside an answer ----------------------------------------------------------------

PNG = "iVBORw0KGgo="
PLOT = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG}}
TABLE = {"output_type": "stream", "name": "stdout", "text": ["0.8 12\n", "0.9 45\n"]}
EVIL = [
    {"output_type": "display_data", "data": {"text/html": "<script>mark()</script>"}},
    {"output_type": "display_data", "data": {"image/png": 'x" onerror="mark()'}},
    {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}},
    "text", {"data": 1}, {"output_type": "stream", "text": {"a": 1}}, None,
]  # fmt: skip


def pieces(found, name=DERIVE):
    return beside(data(found), SOUGHT, name)


def in_section():
    """Return the last cell that stands before the derivation, within its section."""
    found = notebook()
    at = found["cells"].index(cell_of(found, DERIVE))
    return found, at


def test_the_table_and_the_plot_of_ones_own_cell_are_shown():
    found, at = in_section()
    found["cells"].insert(at, code("run()", outputs=[TABLE, PLOT]))
    (piece,) = pieces(found)
    assert piece.source == "run()"
    assert piece.outputs == ("0.8 12\n0.9 45",)
    assert piece.plots == (("image/png", PNG),)


def test_nothing_is_shown_of_outputs_that_are_neither_text_nor_picture():
    found, at = in_section()
    found["cells"].insert(at, code("run()", outputs=EVIL))
    (piece,) = pieces(found)
    assert (piece.outputs, piece.plots) == ((), ())


def test_the_answer_itself_and_what_is_as_released_are_not_shown_again():
    assert pieces(notebook()) == []
