"""Honest work is graded or is shown, wherever it stands: no answer of it gets a 0 unseen."""

import json
import warnings

import pytest

from classroom import worker
from classroom.elsewhere import Found
from classroom.grade import to_look_at
from classroom.intake import Sought, grade_id, read_bytes
from classroom.reading import Reader
from classroom.recheck import _found, _show
from classroom.submissions import collect, notebook_path, other_notebooks

from . import odd
from .handed_in import DERIVE, SOUGHT, STEP, VALUE, bounded, graded

pytestmark = bounded


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """All kinds, collected as one class: kind -> (intake, what stands elsewhere, first lines)."""
    folder = tmp_path_factory.mktemp("odd")
    keys = {f"s{number:02d}": name for number, name in enumerate(odd.KINDS)}
    for key, name in keys.items():
        for file, content in odd.KINDS[name]().items():
            path = folder / "export" / key / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        # What is read is ours, so it is read here.
        patch.setattr(Reader, "ask", lambda _, function, *arguments: function(*arguments))
        students, _ = collect(folder / "export", folder / "class", "tiny", SOUGHT)
        lines = list(to_look_at(folder / "class", "tiny", students, SOUGHT))
    found = {}
    for student in students:
        assert not student.problem
        data = read_bytes(notebook_path(folder / "class", "tiny", student.student))
        intake = Sought.take(SOUGHT, data)
        elsewhere = _found(intake, other_notebooks(folder / "class", "tiny", student.student))
        _show(intake.notebook, elsewhere)
        first = [line for name, line in lines if name == student.student]
        found[keys[student.student]] = intake, elsewhere, first
    return found


def value_of(cells, name, answer, monkeypatch):
    """Run our own code here as the sandbox would run it, and return what it makes of the name."""
    monkeypatch.setattr(worker, "seed_everything", lambda _seed: None)
    task = {"cells": cells, "answer": answer, "exercise": name, "seed": 0}
    with warnings.catch_warnings():
        return worker.prepare(task)[answer]


def test_there_are_as_many_kinds_as_a_large_class():
    assert len(odd.KINDS) >= 60


@pytest.mark.parametrize("kind", odd.KINDS)
def test_honest_work_is_right_or_shown(kind, handed_in, monkeypatch):
    intake, elsewhere, first = handed_in[kind]
    waiting = odd.OPEN[kind]
    texts = {grade_id(cell): cell["source"] for cell in intake.notebook["cells"]}
    assert "geometric series" in texts[DERIVE] or kind == "cut_in_the_last_answer"
    assert DERIVE in waiting or DERIVE not in intake.missing
    if STEP not in waiting:
        assert STEP not in intake.missing
        cells = intake.cells
        if kind == "right_at_the_end":
            assert intake.later[STEP] == len(cells) - 1
            cells = [*cells[:-1], {**cells[-1], "name": STEP}]
        step = value_of(cells, STEP, "momentum_step", monkeypatch)
        assert step(1.0, 2.0, 3.0, 0.1, 0.5) == pytest.approx((3.4, 1.4))
    if VALUE not in waiting:
        assert value_of(intake.cells, VALUE, "lengthening", monkeypatch) == 10
    # What waits is shown to the teacher at once, and where it is shown it stands.
    for name in waiting:
        assert elsewhere.get(name) or name in intake.later
        assert any(name in line for line in first) or name in intake.later
    assert bool(first) == any(name not in intake.later for name in waiting)


def test_a_photo_that_stands_elsewhere_is_shown(handed_in):
    intake, _, _ = handed_in["photo_in_the_question"]
    (cell,) = (cell for cell in intake.notebook["cells"] if grade_id(cell) == DERIVE)
    assert cell["attachments"] == odd.PNG


# --- What a program decides, and what a person --------------------------------------------------


def test_a_right_function_in_a_later_cell_is_right_and_a_value_is_asked_about():
    found = odd.work({STEP: odd.WRONG, VALUE: "lengthening = 9"})
    found["cells"] += [odd.own(odd.RIGHT), odd.own("lengthening = 10")]
    rows = graded(found)
    assert (rows[STEP]["status"], rows[STEP]["score"]) == ("right", 2.0)
    assert (rows[VALUE]["status"], rows[VALUE]["score"]) == ("NOT GRADED", None)
    assert "which counts?" in rows[VALUE]["reason"]


def test_what_stands_elsewhere_is_open_and_earns_nothing_by_itself():
    found = odd.work({STEP: odd.STUBS[STEP], VALUE: odd.STUBS[VALUE], DERIVE: odd.STUBS[DERIVE]})
    found["cells"].insert(0, odd.text("lengthening = 10\nmomentum_step = v"))
    rows = graded(found)
    assert [rows[name]["score"] for name in (STEP, VALUE, DERIVE)] == [None] * 3


def test_a_name_of_a_module_that_is_missing_fails_where_it_is_used(monkeypatch):
    cells = [
        {"name": STEP, "sources": ["import torch\ndef momentum_step(g):\n  return torch.a(g)"]}
    ]
    step = value_of(cells, STEP, "momentum_step", monkeypatch)
    with pytest.raises(ModuleNotFoundError, match="No module named 'torch'"):
        step(1)


@pytest.mark.parametrize("name", ["Ada Kim, 4711", "# My notes", "import math", ""])
def test_a_name_or_a_heading_is_no_derivation(name):
    found = odd.work({DERIVE: odd.STUBS[DERIVE]})
    found["cells"].insert(0, odd.text(name))
    found["cells"].insert(1, odd.own("%matplotlib inline\nimport math"))
    assert SOUGHT.take(json.dumps(found).encode()).elsewhere == {}


def test_nothing_is_found_where_nothing_is():
    assert SOUGHT.take(odd.UNTOUCHED).elsewhere == {}
    assert Found("a", "b").pictures == {}
