"""Tables and pages: everybody has a row, nothing hidden is shown, no zero means "not graded"."""

import csv
import io
import zipfile

import pytest

from classroom import export, gradebook, pages
from classroom.files import ClassroomError
from classroom.platforms import canvas, moodle
from classroom.platforms.canvas import PLATFORM as CANVAS
from classroom.platforms.moodle import PLATFORM as MOODLE
from classroom.record import status, still_open, total, with_zeros

from .handed_in import DERIVE, RIGHT, STEP, TINY, VALUE, bounded, cell_of, notebook, release

pytestmark = bounded


def record(student="ada", identity="101", scores=(2.0, 1.0, 3.0), name="Ada Lovelace", **more):
    rows = [
        {"name": cell, "points": points, "score": score}
        | {"status": "right" if score else "wrong", "reason": "" if score else "It is wrong."}
        for cell, points, score in zip((STEP, VALUE, DERIVE), (2.0, 1.0, 3.0), scores, strict=True)
    ]
    for row in rows:
        if row["score"] is None:
            row |= {"status": "NOT GRADED", "reason": "It gave no answer within 5 s."}
    found = {"student": student, "name": name, "identity": identity, "late": False}
    found |= {"platform": "moodle" if identity else ""}
    found |= {"status": "graded", "reason": "", "notes": [], "exercises": rows}
    return {**found, "notebook": notebook(), **more}


def open_record(**more):
    return record("bob", "102", (2.0, None, 3.0), name="Bob", **more)


def table(path, **options):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""), **options))


def test_the_table_has_score_status_and_reason_of_each_exercise(tmp_path):
    export.by_exercise([record(), open_record(late=True)], tmp_path / "a.csv")
    ada, bob = table(tmp_path / "a.csv")
    assert (ada["score"], ada["of"], ada["status"], ada["late"]) == ("6", "6", "graded", "")
    assert (bob["score"], bob["status"], bob["late"]) == ("", "NOT GRADED", "late")
    assert (bob[VALUE], bob[f"{VALUE} status"]) == ("", "NOT GRADED")
    assert bob[f"{VALUE} reason"] == "It gave no answer within 5 s."
    assert (bob[STEP], bob[f"{STEP} status"]) == ("2", "right")


@pytest.mark.parametrize("start", list("=+-@\t\r"))
def test_no_cell_is_a_formula(tmp_path, start):
    evil = f"{start}cmd|' /C calc'!A0"
    export.by_exercise([record(name=evil, notes=[evil])], tmp_path / "a.csv")
    (row,) = table(tmp_path / "a.csv")
    assert row["name"] == f"'{evil}"
    assert row["notes"].startswith("'")


WORKSHEET = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    'Participant 101,"Ada Lovelace",ada@example.org,Submitted,,6.00,Yes,"Monday, 1",-,\n'
    "Participant 102,Bob,bob@example.org,Submitted,3.5,6.00,Yes,-,-,Late.\n"
    "Participant 103,Carla,c@example.org,No submission,,6.00,Yes,-,-,\n"
)


def test_moodles_worksheet_is_filled_in(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("\ufeff" + WORKSHEET, encoding="utf-8")
    out = tmp_path / "out.csv"
    said = export.for_platform(MOODLE, [record(), open_record()], out, sheet, "tiny")
    rows = table(out)
    assert list(rows[0]) == moodle.COLUMNS
    assert [row["Grade"] for row in rows] == ["6", "3.5", ""]
    assert [row["Identifier"][-3:] for row in rows] == ["101", "102", "103"]
    assert rows[0]["Email address"] == "ada@example.org"
    assert rows[0]["Last modified (grade)"] == "-"
    # Where there is no grade yet, Moodle would import a comment all the same, and then take the
    # grade that follows for older than it.
    assert [row["Feedback comments"] for row in rows[1:]] == ["Late.", ""]
    assert said == []


def test_a_comment_holds_no_tag_of_a_students(tmp_path):
    wrong = record(scores=(0.0, 1.0, 3.0))
    wrong["exercises"][0]["reason"] = "NameError: <script> & co."
    export.for_platform(MOODLE, [wrong], tmp_path / "out.csv", None, "tiny")
    text = table(tmp_path / "out.csv")[0]["Feedback comments"]
    assert sorted(text.split("<br>")) == [
        f"{DERIVE}: 3 of 3. Right.",
        f"{VALUE}: 1 of 1. Right.",
        f"{STEP}: 0 of 2. NameError: &lt;script&gt; &amp; co.",
    ]


ABSENT = {"notebook": None, "reason": "nothing was handed in"}


def absent_record():
    return record("fritz", "103", (None, None, None), name="Fritz", **ABSENT)


def test_the_absent_alone_count_as_zero_if_asked(tmp_path):
    records = [record(), open_record(), absent_record()]
    assert [total(found) for found in with_zeros(records)] == [6.0, None, None]
    counted = with_zeros(records, absent_as_zero=True)
    assert [total(found) for found in counted] == [6.0, None, 0.0]
    assert [status(found) for found in counted] == ["graded", "NOT GRADED", "absent"]
    export.for_platform(MOODLE, counted, tmp_path / "out.csv", None, "tiny")
    rows = table(tmp_path / "out.csv")
    assert [row["Grade"] for row in rows] == ["6", "", "0"]
    assert rows[2]["Feedback comments"] == "Nothing was handed in."


def test_open_answers_count_as_zero_everywhere_if_asked(tmp_path):
    records = [open_record(), absent_record()]
    counted = with_zeros(records, open_as_zero=True)
    assert [total(found) for found in counted] == [5.0, 0.0]
    export.for_platform(MOODLE, counted, tmp_path / "out.csv", None, "tiny")
    text = table(tmp_path / "out.csv")[0]["Feedback comments"]
    assert f"{VALUE}: 0 of 1. Counted as 0. It gave no answer within 5 s." in text
    assert "5 of 6 points.</p>" in pages.page(counted[0], "tiny")
    unread = with_zeros([manual()], open_as_zero=True)
    assert moodle.comment(unread[0]).endswith(f"{DERIVE}: 0 of 3. Counted as 0.")
    assert total(records[0]) is None


def test_what_is_open_is_told_apart():
    records = [manual(), open_record(), absent_record(), record("eve", "104")]
    assert still_open(records) == {
        "to be read": {"ada": 1},
        "NOT GRADED": {"bob": 1},
        "absent": {"fritz": 3},
    }


def test_grades_are_scaled_to_moodles_maximum_and_it_is_said(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(WORKSHEET.replace("6.00", '"100,00"'))
    said = export.for_platform(MOODLE, [record()], tmp_path / "out.csv", sheet, "tiny")
    assert table(tmp_path / "out.csv")[0]["Grade"] == "100"
    assert said == ["Moodle's maximum is 100, ours 6: grades were scaled."]


def test_who_is_not_in_the_worksheet_is_named(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(WORKSHEET)
    said = export.for_platform(
        MOODLE, [record(identity="999")], tmp_path / "out.csv", sheet, "tiny"
    )
    assert said == ["Not in the worksheet: ada."]


def test_without_a_worksheet_moodle_gets_its_columns(tmp_path):
    export.for_platform(MOODLE, [record()], tmp_path / "out.csv", None, "tiny")
    (row,) = table(tmp_path / "out.csv")
    assert (row["Identifier"], row["Grade"]) == ("Participant 101", "6")
    assert "Last modified (grade)" in row


GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Other (7),Tiny (55),Final Score\n"
    "    Points Possible,,,,,10,6,(read only)\n"
    '"Lovelace, Ada",101,s1,ada,A,9,,80\n'
    "Bob,102,s2,bob,A,9,4,80\n"
    '"Student, Test",104,,,A,,,\n'
)


def test_canvas_gradebook_keeps_its_names_and_gets_a_column(tmp_path):
    book = tmp_path / "book.csv"
    book.write_text(GRADEBOOK)
    said = export.for_platform(
        CANVAS, [record(), open_record()], tmp_path / "out.csv", book, "tiny"
    )
    rows = table(tmp_path / "out.csv")
    assert list(rows[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny (55)"]
    assert rows[0]["Student"] == "    Points Possible"
    assert [row["Tiny (55)"] for row in rows] == ["6", "6", "4", ""]
    assert said == []


def test_without_a_gradebook_canvas_gets_its_columns(tmp_path):
    said = export.for_platform(
        CANVAS, [record(), record("x", "anon_a")], tmp_path / "out.csv", None, "tiny"
    )
    rows = table(tmp_path / "out.csv")
    assert list(rows[0]) == [*canvas.COLUMNS, "tiny"]
    assert [(row["ID"], row["tiny"]) for row in rows] == [("", "6"), ("101", "6")]
    assert "1 anonymous" in said[0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda p: export.for_platform(MOODLE, [record(identity="")], p / "o", None, "tiny"),
            "nobody has a number",
        ),
        (
            lambda p: export.for_platform(CANVAS, [record(identity="")], p / "o", None, "t"),
            "nobody has a",
        ),
        (
            lambda p: export.for_platform(MOODLE, [record()], p / "o", p / "canvas.csv", "tiny"),
            "has no column",
        ),
        (
            lambda p: export.for_platform(CANVAS, [record()], p / "o", p / "moodle.csv", "t"),
            "has no columns",
        ),
        (
            lambda p: export.for_platform(CANVAS, [record()], p / "o", p / "canvas.csv", "t"),
            "has 0 columns",
        ),
        (
            lambda p: export.for_platform(MOODLE, [record()], p / "o", p / "absent.csv", "tiny"),
            "could not be read",
        ),
        (lambda p: export.for_platform(MOODLE, [record()], p, None, "tiny"), "is a folder"),
    ],
)
def test_another_table_is_one_clear_line(tmp_path, call, said):
    (tmp_path / "canvas.csv").write_text(GRADEBOOK)
    (tmp_path / "moodle.csv").write_text(WORKSHEET)
    with pytest.raises(ClassroomError, match=said) as error:
        call(tmp_path)
    assert "\n" not in str(error.value)


# --- Feedback ------------------------------------------------------------------------------------


def test_a_page_has_a_comment_for_each_exercise():
    text = pages.page(record(scores=(2.0, 0.0, 3.0)), "tiny")
    assert "<p>Ada Lovelace: 5 of 6 points.</p>" in text
    assert "<p>2 of 2. Right.</p>" in text
    assert "<p>0 of 1. It is wrong.</p>" in text
    assert "momentum * v - lr * g" in text


def test_a_page_of_what_was_not_graded_says_why():
    text = pages.page(open_record(), "tiny")
    assert "Bob: 5 of 5 points so far; 1 not graded yet.</p>" in text
    assert "be graded yet; your teacher knows of it. It gave no answer within 5 s." in text


def test_a_page_tells_how_many_points_are_still_to_be_read():
    assert "Ada Lovelace: 2 of 3 points so far; 3 still to be read.</p>" in pages.page(
        manual(), "tiny"
    )


def test_a_page_calls_the_exercises_as_the_notebook_does():
    handed = record()
    cells = handed["notebook"]["cells"]
    heading = "## 2. Derive: why? (2 points)\n\n**(a)** One.\n\n**(b)** Two."
    titled = {"cell_type": "markdown", "metadata": {}, "source": heading}
    cells.insert(cells.index(cell_of(handed["notebook"], STEP)), titled)
    assert "<h2>2 (b) Derive</h2>" in pages.page(handed, "tiny")
    assert "2 (b) Derive: 2 of 2. Right." in moodle.comment(handed).split("<br>")


def test_a_page_and_a_comment_have_the_order_of_the_notebook():
    handed = record()
    handed["exercises"].reverse()
    cells = [cell["metadata"].get("nbgrader", {}) for cell in release()["cells"]]
    order = [marks["grade_id"] for marks in cells if marks.get("solution")]
    for text in (pages.page(handed, "tiny"), moodle.comment(handed)):
        places = [text.index(name) for name in order]
        assert places == sorted(places)


def test_of_what_is_no_notebook_a_page_says_so_once():
    broken = record("x", "9", (None, None, None), notebook=None, reason="the file is empty")
    text = pages.page(broken, "tiny")
    assert text.count("the file is empty") == 1
    assert "<section" not in text


def test_a_page_runs_nothing_that_a_student_wrote():
    evil = "<script>alert(1)</script>"
    hostile = record(name=evil, notes=[evil])
    for cell in hostile["notebook"]["cells"]:
        cell["source"] = evil
    hostile["exercises"][0]["reason"] = evil
    text = pages.page(hostile, evil)
    assert "<script" not in text.lower()
    assert "default-src 'none'" in text


def test_pages_are_packed_as_moodle_takes_them_back(tmp_path):
    folder = tmp_path / "feedback" / "tiny"
    pages.write_pages([record("fritz", "103")], tmp_path, "tiny", quiet=True)
    records = [record(), record("x", ""), absent_record()]
    paths = pages.write_pages(records, tmp_path, "tiny", quiet=True)
    assert [path.name for path in paths] == ["ada.html", "x.html", "tiny-moodle.zip"]
    # Nor does an old page stay of somebody of whom there is nothing.
    assert set(folder.iterdir()) == set(paths)
    with zipfile.ZipFile(folder / "tiny-moodle.zip") as archive:
        assert archive.namelist() == ["Ada Lovelace_101_assignsubmission_file_/tiny.html"]


def test_pages_are_packed_as_canvas_takes_them_back(tmp_path):
    found = record(upload="lovelaceada_101_9001_tiny.ipynb", platform="canvas")
    paths = pages.write_pages([found], tmp_path, "tiny", quiet=True)
    assert [path.name for path in paths] == ["ada.html", "tiny-canvas.zip"]
    with zipfile.ZipFile(paths[-1]) as archive:
        (name,) = archive.namelist()
    # The first two numbers between "_" are those of the student and of the file.
    assert [part for part in name.split("_") if part.isdigit()] == ["101", "9001"]
    assert name.endswith(".html")


# --- The gradebook -------------------------------------------------------------------------------


def manual(**more):
    found = record(scores=(2.0, 0.0, None), **more)
    found["exercises"][2] |= {"status": "to be read", "reason": "Somebody reads this answer."}
    return found


def test_what_a_person_gives_in_nbgrader_completes_the_record(tmp_path):
    pytest.importorskip("nbgrader")
    from nbgrader.api import Gradebook

    records = [manual(), record("x", "102", (None, None, None), notebook=None)]
    gradebook.update(TINY, tmp_path, records)
    assert total(gradebook.read(tmp_path, "tiny", records)[0]) is None
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        submission = book.find_submission("tiny", "ada")
        assert submission.score == 2.0
        assert submission.max_score == 6.0
        assert submission.needs_manual_grade
        grade = book.find_grade(DERIVE, "tiny", "tiny", "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.find_comment(DERIVE, "tiny", "tiny", "ada").manual_comment = "Nearly."
        book.db.commit()
    # Graded again, what people gave stays.
    gradebook.update(TINY, tmp_path, records)
    done = gradebook.read(tmp_path, "tiny", records)
    assert total(done[0]) == 4.5
    assert done[0]["exercises"][2]["reason"] == "Nearly."
    assert total(done[1]) is None
    shown = (tmp_path / "autograded" / "ada" / "tiny" / "tiny.ipynb").read_text()
    assert "right: 2 of 2." in shown
    assert "BEGIN SOLUTION" not in shown
    assert RIGHT.splitlines()[0] in shown


@pytest.mark.parametrize("before", [None, 0.0])
def test_points_by_hand_for_code_outlast_a_regrade(tmp_path, before):
    """Formgrader has the points of code at the check, and the comment at the answer."""
    pytest.importorskip("nbgrader")
    from nbgrader.api import Gradebook

    records = [record(scores=(before, 1.0, 3.0))]
    records[0]["reason"] = "not graded: tiny-step"
    machine = records[0]["exercises"][0]["status"]
    gradebook.update(TINY, tmp_path, records)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        grade = book.find_grade(f"{STEP}-check", "tiny", "tiny", "ada")
        assert grade.needs_manual_grade == (before is None)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        book.find_comment(STEP, "tiny", "tiny", "ada").manual_comment = "The idea is right."
        book.db.commit()
    for _ in range(2):
        (done,) = gradebook.read(tmp_path, "tiny", records)
        assert total(done) == 5.75
        row = done["exercises"][0]
        assert (row["status"], row["reason"]) == ("graded by hand", "The idea is right.")
        assert status(done) == "graded"
        assert done["reason"] == ""
        assert "1.75 of 2. Graded by your teacher. The idea is right." in pages.page(done, "tiny")
        export.by_exercise([done], tmp_path / "a.csv")
        (line,) = table(tmp_path / "a.csv")
        assert line[f"{STEP} reason"].startswith(f"The idea is right. Before: {machine}.")
        assert gradebook.update(TINY, tmp_path, records) == []
    # Another answer: the points stay, and formgrader shows it until somebody has looked again.
    records[0]["notebook"] = notebook({STEP: RIGHT + "\n"})
    assert gradebook.update(TINY, tmp_path, records) == [("ada", STEP)]
    assert gradebook.update(TINY, tmp_path, records) == []
    assert total(gradebook.read(tmp_path, "tiny", records)[0]) == 5.75
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        assert book.find_grade(f"{STEP}-check", "tiny", "tiny", "ada").needs_manual_grade


def test_a_missing_alembic_is_no_damaged_gradebook(tmp_path, monkeypatch):
    pytest.importorskip("nbgrader")

    monkeypatch.setattr(gradebook.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClassroomError, match="cannot start alembic.*scores of code are safe"):
        gradebook.update(TINY, tmp_path, [manual()])


@pytest.mark.parametrize("content", [b"no data base", b"SQLite format 3\0" + b"x" * 500])
def test_a_corrupt_gradebook_is_one_clear_line(tmp_path, content):
    pytest.importorskip("nbgrader")

    (tmp_path / "gradebook.db").write_bytes(content)
    for use in (
        lambda: gradebook.update(TINY, tmp_path, [manual()]),
        lambda: gradebook.read(tmp_path, "tiny", [manual()]),
    ):
        with pytest.raises(ClassroomError, match="gradebook.db is damaged.*scores.*safe") as error:
            use()
        assert "\n" not in str(error.value)
