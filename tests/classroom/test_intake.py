"""Damage that honest work comes back with: graded, with a note, and never an aborted batch."""

import copy
import json
import os
import re

import pytest

from classroom.intake import (
    NotTakenError,
    Wanted,
    defines,
    fingerprints_of_others,
    read_bytes,
    read_cells,
    take,
)

from .handed_in import (
    ANSWERS,
    COURSE,
    DERIVE,
    RIGHT,
    STEP,
    VALUE,
    WRONG,
    bounded,
    cell_of,
    code,
    data,
    notebook,
    release,
    scores,
)

pytestmark = bounded
WANTED = [Wanted(STEP, "momentum_step"), Wanted(VALUE, "lengthening"), Wanted(DERIVE, None)]
STUB = "".join(cell_of(release(), STEP)["source"])


def taken(found):
    return take(found if isinstance(found, bytes) else data(found), release(), WANTED)


def answers_in(intake):
    return {name: cell_of(intake.notebook, name)["source"] for name in (STEP, VALUE, DERIVE)}


def test_answers_are_put_on_our_own_notebook():
    found = notebook()
    found["metadata"] = {"kernelspec": {"name": "evil"}}
    found["cells"].append(code("import os"))
    intake = taken(found)
    assert answers_in(intake) == ANSWERS
    ours = release()
    for cell, our in zip(intake.notebook["cells"], ours["cells"], strict=True):
        assert cell["metadata"] == our["metadata"]
    assert intake.notebook["metadata"] == ours["metadata"]
    assert not intake.missing
    assert not intake.notes


def test_what_was_released_is_not_changed():
    ours = release()
    before = copy.deepcopy(ours)
    take(data(notebook()), ours, WANTED)
    assert ours == before


def test_a_test_cell_of_the_students_own_is_not_taken():
    found = notebook()
    cell_of(found, "tiny-step-check")["source"] = "print('full marks')"
    cell_of(found, "tiny-step-check")["metadata"]["tags"] = ["skip-execution"]
    intake = taken(found)
    assert cell_of(intake.notebook, "tiny-step-check") == cell_of(release(), "tiny-step-check")


def test_an_untouched_release_has_no_answers():
    intake = taken(release())
    assert intake.missing == {STEP, VALUE, DERIVE}


# --- CLASSROOM: the rows of intake ---------------------------------------------------------------


def damaged_duplicate():
    found = notebook()
    at = found["cells"].index(cell_of(found, STEP))
    found["cells"].insert(at + 1, copy.deepcopy(found["cells"][at]))
    return found


def damaged_copy_of_the_stub():
    """The student copied the cell before working on it: an empty one comes last."""
    found = notebook()
    at = found["cells"].index(cell_of(found, STEP))
    stub = copy.deepcopy(found["cells"][at])
    stub["source"] = STUB
    found["cells"].insert(at + 1, stub)
    return found


def damaged_split():
    """JupyterLab's split leaves the name on both halves."""
    found = notebook()
    at = found["cells"].index(cell_of(found, STEP))
    first, second = (copy.deepcopy(found["cells"][at]) for _ in range(2))
    first["source"] = "def helper(v, g, lr, momentum):\n    return momentum * v - lr * g"
    second["source"] = (
        "def momentum_step(g, x, v, lr, momentum):\n"
        "    v = helper(v, g, lr, momentum)\n    return x + v, v"
    )
    found["cells"][at : at + 1] = [first, second]
    return found


def damaged_metadata_gone():
    found = notebook()
    for cell in found["cells"]:
        cell["metadata"] = {}
    return found


def damaged_everything_but_sources_gone():
    found = notebook()
    cells = [{"cell_type": c["cell_type"], "source": c["source"]} for c in found["cells"]]
    return {"cells": cells}


def damaged_schema_version():
    found = notebook()
    for cell in found["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 99
    return found


def damaged_schema_version_gone():
    found = notebook()
    for cell in found["cells"]:
        cell["metadata"].get("nbgrader", {}).pop("schema_version", None)
    return found


def damaged_grade_false():
    found = notebook()
    for cell in found["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade"] = False
    return found


def damaged_grade_id():
    found = notebook()
    cell_of(found, STEP)["metadata"]["nbgrader"]["grade_id"] = "renamed"
    return found


def damaged_grade_id_of_another_kind():
    found = notebook()
    cell_of(found, STEP)["metadata"]["nbgrader"]["grade_id"] = ["not", "a", "name"]
    return found


def damaged_kernelspec():
    found = notebook()
    found["metadata"]["kernelspec"] = {"name": "no-such-kernel", "display_name": 3}
    return found


def damaged_tag():
    found = notebook()
    for cell in found["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    return found


def damaged_nbformat():
    return notebook() | {"nbformat": 99, "nbformat_minor": "many"}


def damaged_format_3():
    found = notebook()
    cells = []
    for cell in found["cells"]:
        cell = copy.deepcopy(cell)
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
        cells.append(cell)
    return {"nbformat": 3, "worksheets": [{"cells": cells}]}


def damaged_latin_1():
    found = notebook({STEP: RIGHT.replace("):", "):\n    # für Ängström", 1)})
    return json.dumps(found, ensure_ascii=False).encode("latin-1")


def damaged_utf_16():
    return json.dumps(notebook()).encode("utf-16")


def damaged_byte_order_mark():
    return b"\xef\xbb\xbf" + data(notebook())


def damaged_truncated():
    text = json.dumps(notebook())
    return text[: text.index('"tiny-derive"')].encode()


def damaged_output_of_50_mb():
    found = notebook()
    text = "x" * 1_000_000
    cell_of(found, STEP)["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": [text] * 50}
    ]
    return found


def damaged_line_ends():
    found = notebook()
    for cell in found["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return found


def damaged_lines_as_lists():
    found = notebook()
    for cell in found["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return found


def damaged_cells_that_are_no_cells():
    found = notebook()
    found["cells"] = [None, 3, {"cell_type": "widget"}, {}, *found["cells"], {"source": 3}]
    return found


def damaged_answer_below():
    """The answer stands in a cell of the student's own; the place for it was left as it was."""
    found = notebook({STEP: STUB})
    found["cells"].append(code(RIGHT))
    return found


def damaged_two_answers_in_one_cell():
    found = notebook({STEP: f"{RIGHT}\n\n\nlengthening = 10"})
    found["cells"].remove(cell_of(found, VALUE))
    return found


def damaged_two_answers_in_the_later_cell():
    return notebook({STEP: STUB, VALUE: f"{RIGHT}\n\n\nlengthening = 10"})


def damaged_answer_below_in_a_block():
    found = notebook({STEP: STUB})
    found["cells"].append(code("if True:\n    " + RIGHT.replace("\n", "\n    ")))
    return found


def damaged_answer_below_by_another_name():
    found = notebook({STEP: STUB, VALUE: cell_of(release(), VALUE)["source"]})
    found["cells"].append(code(RIGHT.replace("momentum_step", "mine")))
    found["cells"].append(code("(momentum_step, _) = mine, 0"))
    found["cells"].append(code("other, lengthening = 1, 10"))
    return found


def draft_before_the_answer(draft):
    found = notebook()
    at = found["cells"].index(cell_of(found, STEP))
    found["cells"].insert(at, copy.deepcopy(found["cells"][at]) | {"source": draft})
    return found


def damaged_draft_that_is_no_python():
    return draft_before_the_answer(
        "def momentum_step(g, x, v, lr, momentum):\n    v = momentum * v -"
    )


def damaged_draft_that_fails():
    return draft_before_the_answer(
        "def momentum_step(*a):\n    return undefined\nmomentum_step(1, 2)"
    )


def damaged_draft_that_fails_below_the_answer():
    found = damaged_draft_that_is_no_python()
    at = found["cells"].index(cell_of(found, STEP))
    cells = found["cells"]
    cells[at], cells[at + 1] = cells[at + 1], cells[at]
    return found


def damaged_split_within_the_function():
    found = notebook()
    at = found["cells"].index(cell_of(found, STEP))
    first, second = RIGHT[: RIGHT.index("    return")], RIGHT[RIGHT.index("    return") :]
    found["cells"].insert(at + 1, copy.deepcopy(found["cells"][at]) | {"source": second})
    found["cells"][at]["source"] = first
    return found


DAMAGE = [value for name, value in sorted(globals().items()) if name.startswith("damaged_")]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__[8:])
def test_damage_costs_no_mark(damage):
    assert scores(damage() if isinstance(damage(), bytes) else data(damage())) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (damaged_metadata_gone, "lost its name"),
        (damaged_grade_id, "lost its name"),
        (damaged_nbformat, "notebook format 99"),
        (damaged_latin_1, "Latin-1"),
        (damaged_utf_16, "UTF-16"),
        (damaged_truncated, "cut short"),
        (damaged_split, "2 cells were taken together"),
        (damaged_answer_below, "lost its name"),
        (damaged_two_answers_in_one_cell, f"{VALUE}: taken from the cell of {STEP}"),
    ],
)
def test_what_was_mended_is_noted(damage, note):
    assert any(note in said for said in taken(damage()).notes)


GIVEN = "def broken_step(g, x, v, lr, momentum):\n    return x, v"


@pytest.mark.parametrize("with_ids", [True, False])
def test_a_given_cell_that_was_mended_in_place_is_used_as_mended(with_ids):
    ours, found = release(), notebook({STEP: "momentum_step = broken_step"})
    at = found["cells"].index(cell_of(found, STEP))
    ours["cells"].insert(at, code(GIVEN, id="given"))
    mended = RIGHT.replace("momentum_step", "broken_step")
    found["cells"].insert(at, code(mended, id="given" if with_ids else None))
    texts = [text for cell in take(data(found), ours, WANTED).cells for text in cell["sources"]]
    assert texts.index(GIVEN) < texts.index(mended) < texts.index("momentum_step = broken_step")


PNG = {"image/png": "iVBORw0KGgo="}


def test_a_photo_in_an_answer_is_kept_and_no_other_attachment():
    found = notebook({DERIVE: "![](attachment:page.png)"})
    cell_of(found, DERIVE)["attachments"] = {
        "page.png": PNG | {"text/html": "<script>"},
        "page.svg": {"image/svg+xml": "PHN2Zz4="},
        "\ud800.png": {"image/png": "<script>"},
        "list": [],
    }
    assert cell_of(taken(found).notebook, DERIVE)["attachments"] == {"page.png": PNG}
    cell_of(found, DERIVE)["attachments"] = ["no", "dict"]
    assert "attachments" not in cell_of(taken(found).notebook, DERIVE)


def test_a_derivation_goes_on_in_own_cells_below():
    found = notebook({DERIVE: "See below:"})
    at = found["cells"].index(cell_of(found, DERIVE))
    below = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in ("A.", "B.")]
    below[1]["attachments"] = {"page.png": PNG}
    found["cells"][at + 1 : at + 1] = [below[0], code("1 + 1"), below[1]]
    answer = cell_of(taken(found).notebook, DERIVE)
    assert answer["source"] == "See below:\n\nA.\n\nB."
    assert answer["attachments"] == {"page.png": PNG}


def test_letters_of_latin_1_survive():
    assert "für Ängström" in answers_in(taken(damaged_latin_1()))[STEP]


def test_a_manual_answer_without_names_is_found_by_its_place():
    assert answers_in(taken(damaged_everything_but_sources_gone()))[DERIVE] == ANSWERS[DERIVE]


def test_50_mb_of_output_are_dropped():
    assert len(json.dumps(taken(damaged_output_of_50_mb()).notebook)) < 20_000


def test_the_last_of_two_different_copies_counts():
    found = notebook({STEP: WRONG})
    at = found["cells"].index(cell_of(found, STEP))
    later = copy.deepcopy(found["cells"][at])
    later["source"] = RIGHT
    found["cells"].insert(at + 1, later)
    assert scores(found) == (2.0, 1.0)
    found["cells"][at]["source"], later["source"] = RIGHT, WRONG
    assert scores(found) == (0.0, 1.0)


def test_a_helper_in_a_cell_of_the_students_own_is_used():
    found = notebook(
        {
            STEP: "def momentum_step(g, x, v, lr, momentum):\n"
            "    v = velocity(v, g, lr, momentum)\n    return x + v, v"
        }
    )
    found["cells"].insert(
        1, code("import math\ndef velocity(v, g, lr, momentum):\n    return momentum * v - lr * g")
    )
    assert scores(found) == (2.0, 1.0)


def test_a_copy_of_our_dots_below_own_work_takes_nothing_back():
    found = damaged_copy_of_the_stub()
    at = found["cells"].index(cell_of(found, STEP))
    found["cells"].insert(at + 1, code("x = momentum_step(1, 2, 3, 4, 5)"))
    assert scores(found) == (2.0, 1.0)


def test_an_import_added_to_a_given_cell_is_used():
    found = notebook({VALUE: "lengthening = math.fsum([4, 6])"})
    given = next(cell for cell in found["cells"] if cell["source"] == "import numpy as np")
    given["source"] = "%matplotlib inline\nimport numpy as np\nimport math"
    assert scores(found) == (2.0, 1.0)


def test_scratch_work_is_not_run():
    found = notebook()
    found["cells"] += [code("while True: pass"), code("x, v = momentum_step(1, 2, 3, 4, 5)\nx / 0")]
    found["cells"].insert(1, code("this is no Python ("))
    assert scores(found) == (2.0, 1.0)


# --- What cannot be graded: one clear reason -----------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"   \n", "the file is empty"),
        (b"%PDF-1.4", "no notebook"),
        (b"[1, 2]", "no notebook"),
        (b"null", "no notebook"),
        (b'{"cells": []}', "no notebook, or has no cells"),
        (b'{"cells": {"a": 1}}', "no notebook, or has no cells"),
        (b'{"cells": [{"cell_type": "code", "source": "', "no notebook"),
        (b"[" * 200_000, "lists within lists"),
        (bytes(range(256)) * 10, "no notebook"),
        (b"1" * 10_000, "no notebook"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_file_that_is_no_notebook_has_a_reason(content, reason):
    with pytest.raises(NotTakenError, match=re.escape(reason)):
        taken(content)


def test_a_notebook_of_another_assignment_has_a_reason():
    other = {"cells": [code("def adam_step(): ...")], "nbformat": 4}
    other["cells"][0]["metadata"] = {"nbgrader": {"grade_id": "adam-step"}}
    with pytest.raises(NotTakenError, match="none of this assignment's answers.*adam-step"):
        taken(other)


ADAM = {
    "nbformat": 4,
    "cells": [
        {"cell_type": "markdown", "source": "# Assignment: Adam", "metadata": {}},
        code("import numpy as np"),
        code("...", metadata={"nbgrader": {"grade_id": "adam-predict"}}),
        code("check(1)", metadata={"nbgrader": {"grade_id": "adam-predict-check"}}),
        {
            "cell_type": "markdown",
            "source": "*Your answer here.*",
            "metadata": {"nbgrader": {"grade_id": "adam-derive"}},
        },
    ],
}
OTHERS = fingerprints_of_others(release(), {"adam": ADAM})


def of_adam(answer=None, *, named=True):
    found = copy.deepcopy(ADAM)
    if answer is not None:
        cell_of(found, "adam-predict")["source"] = answer
    for cell in found["cells"] if not named else ():
        cell["metadata"] = {}
    return found


@pytest.mark.parametrize(
    "found",
    [
        of_adam(),
        of_adam("lengthening = 10"),
        of_adam("lengthening = 10", named=False),
        {"cells": [*of_adam("lengthening = 10")["cells"], cell_of(notebook(), STEP)]},
    ],
    ids=["untouched", "answered by a name that we have too", "names gone", "one cell of ours"],
)
def test_answers_to_another_assignment_are_not_graded_as_ours(found):
    with pytest.raises(NotTakenError, match="this looks like adam"):
        take(data(found), release(), WANTED, OTHERS)


@pytest.mark.parametrize(
    "found",
    [
        damaged_metadata_gone(),
        damaged_everything_but_sources_gone(),
        {"cells": [*damaged_metadata_gone()["cells"], cell_of(ADAM, "adam-predict")]},
        {"cells": [*notebook()["cells"], *ADAM["cells"]]},
    ],
    ids=["metadata gone", "all gone", "a cell of adam in it", "both in one file"],
)
def test_our_own_is_not_taken_for_another_assignment(found):
    intake = take(data(found), release(), WANTED, OTHERS)
    assert answers_in(intake) == ANSWERS


def test_no_character_of_a_students_stops_the_writing():
    half = "\ud800"
    intake = taken(notebook() | {"nbformat": half})
    assert any("notebook format ?" in note for note in intake.notes)
    foreign = {"cells": [code("a", metadata={"nbgrader": {"grade_id": half}})], "nbformat": 4}
    with pytest.raises(NotTakenError) as error:
        taken(foreign)
    assert str(error.value).encode()


def test_a_file_cut_short_before_the_answers_is_named_so():
    text = json.dumps(notebook())
    cut = text[: text.index('"grade_id"')].encode()
    with pytest.raises(NotTakenError, match="damaged or cut short.*none of this assignment's"):
        taken(cut)


def test_a_file_that_would_be_large_once_it_is_read_is_refused(monkeypatch):
    monkeypatch.setattr("classroom.intake.MOST_LISTS", 1000)
    assert taken(notebook())
    with pytest.raises(NotTakenError, match="more than 1000 lists"):
        taken(notebook() | {"metadata": [[]] * 1000})


def test_a_link_is_refused(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_bytes(data(notebook()))
    link = tmp_path / "tiny.ipynb"
    link.symlink_to(secret)
    with pytest.raises(NotTakenError, match="links are not followed"):
        read_bytes(link)


def test_a_pipe_or_a_folder_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    for name in ("pipe.ipynb", "folder.ipynb"):
        with pytest.raises(NotTakenError, match="no regular file|cannot be read"):
            read_bytes(tmp_path / name)


def test_an_answer_without_end_is_not_taken():
    found = notebook({STEP: RIGHT + "\n#" + "x" * 200_000})
    intake = taken(found)
    assert STEP in intake.missing
    assert any("not taken" in note for note in intake.notes)


def test_a_definition_is_told_from_a_use():
    assert defines("x = 1\nasync def step(): ...", "step")
    assert defines("step: int = 3", "step")
    assert defines("class step: ...", "step")
    for text in ("print(step)", "step == 3", "stepper = 3", "def stepper(): ...", "# def step()"):
        assert not defines(text, "step"), text


def test_cells_are_read_whatever_they_hold():
    cells, _ = read_cells(data({"nbformat": 4, "cells": [code("a\0\ud800")]}))
    assert cells[0]["source"] == "a?"


def test_the_course_of_these_tests_is_an_assignment_as_any_other():
    from classroom.release import faults

    # The tiny one prints in its checks; all else holds for it.
    assert {fault.partition(" ")[2][:7] for fault in faults("tiny", COURSE)} <= {"must be"}
