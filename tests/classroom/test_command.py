"""The one command, as a teacher uses it."""

import json
import shutil

import pytest

from classroom import sandbox
from classroom.__main__ import main

from . import odd
from .a_class import hand_in
from .handed_in import COURSE, DERIVE, data, notebook, sandboxed

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words):
        where = ["--course", str(COURSE), "--quiet"]
        if words[0] != "release":
            where += ["--class", str(tmp_path / "class")]
        status = main([*map(str, words), *where])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_from_an_export_to_grades_and_feedback(tmp_path, run):
    sandboxed()
    pytest.importorskip("nbgrader")
    hand_in(tmp_path / "export", 5)
    (tmp_path / "export" / "Nobody_7_assignsubmission_file").mkdir()
    status, said, _ = run("collect", "tiny", tmp_path / "export")
    assert (status, said.splitlines()[-2:]) == (0, ["6 students, 5 with a notebook", "next: grade"])
    status, said, _ = run("grade", "tiny", "--jobs", "1")
    assert status == 0
    assert "6 graded now, 0 before\n" in said
    assert "6 students: 1 absent, 5 to be read" in said
    assert "Nobody-7: NOT GRADED: nothing was handed in" in said
    assert "next: read 5 answers: python -m classroom read tiny" in said
    status, said, _ = run("feedback", "tiny")
    assert (status, said.startswith("5 pages in")) == (0, True)
    assert said.splitlines()[-1].endswith("handed in nothing: Nobody-7")
    status, said, _ = run("export", "tiny", "--moodle", tmp_path / "moodle.csv")
    assert status == 0
    assert "6 of 6 students have no total yet" in said
    assert "  5 answers that nobody has read yet, of " in said
    assert "  handed in nothing: Nobody-7\n" in said
    status, said, _ = run("export", "tiny", "--absent-as-zero")
    assert said.splitlines()[0] == "counted as 0: handed in nothing: Nobody-7"
    assert "5 of 6 students have no total yet" in said
    status, said, _ = run("export", "tiny", "--open-as-zero")
    assert said.startswith("counted as 0: 5 answers that nobody has read yet, of ")
    assert "no total yet" not in said
    # What has been read is asked for no longer.
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path / 'class' / 'gradebook.db'}") as book:
        for submission in book.assignment_submissions("tiny"):
            grade = book.find_grade(DERIVE, "tiny", "tiny", submission.student.id)
            grade.manual_score, grade.needs_manual_grade = 3.0, False
        book.db.commit()
    status, said, _ = run("grade", "tiny")
    assert "6 students: 1 absent, 5 graded\nnext: feedback and export" in said
    run("export", "tiny")
    lines = (tmp_path / "class" / "grades" / "tiny" / "exercises.csv").read_text().splitlines()
    assert len(lines) == 7
    page = (tmp_path / "class" / "feedback" / "tiny" / "wrong-1002.html").read_text()
    assert "The velocity goes uphill" in page
    for path in (tmp_path / "class").rglob("*"):
        if path.is_file() and path.suffix != ".db":
            assert b"BEGIN SOLUTION" not in path.read_bytes(), path
    # A gradebook that breaks loses no score.
    (tmp_path / "class" / "gradebook.db").write_bytes(b"broken")
    status, said, wrong = run("grade", "tiny")
    assert status == 1
    assert "0 graded now, 6 before" in said
    assert wrong.count("\n") == 1
    assert "gradebook.db is damaged" in wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("collect", "tiny", "absent"), "collect: there is no absent"),
        (("collect", "large", "absent"), "collect: there is no assignment large"),
        (("grade", "tiny"), "run `python -m classroom collect tiny"),
        (("grade", "tiny", "--jobs", "0"), "--jobs must be a whole number >= 1, got 0"),
        (("grade", "tyni"), "grade: there is no assignment tyni in "),
        (("export", "tyni"), "known: tiny"),
        (("feedback", "tiny"), "has not been graded"),
        (("export", "tiny"), "has not been graded"),
        (("release", "large"), "release: no assignment large; known: tiny"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(run, words, said, monkeypatch):
    monkeypatch.setattr(sandbox, "why_not", lambda: None)
    status, _, wrong = run(*words)
    assert status == 1
    assert said in wrong
    assert wrong.count("\n") == 1


@pytest.mark.parametrize("step", ["release", "collect", "grade", "feedback", "export"])
def test_in_another_folder_the_command_says_where_to_run_it(tmp_path, capsys, monkeypatch, step):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sandbox, "why_not", lambda: None)
    assert main([step, "momentum", *(["absent"] if step == "collect" else [])]) == 1
    assert "top folder of the repository" in capsys.readouterr().err


def test_collect_says_what_it_took_and_what_cannot_be_graded(tmp_path, run):
    cut = json.dumps(notebook()).partition('"grade_id"')[0].encode()
    for student, name, content in (
        ("ada", "tiny.ipynb", data(notebook())),
        ("eve", "final (2).ipynb", data(notebook())),
        ("finn", "tiny.ipynb", cut),
    ):
        path = tmp_path / "export" / student / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    _, said, _ = run("collect", "tiny", tmp_path / "export")
    assert "eve: took final (2).ipynb" in said
    assert "finn: nothing to grade: the file is damaged or cut short" in said
    assert "ada" not in said


def test_collect_lists_first_what_may_cost_points(tmp_path, run):
    for student, kind in (("ada", "derivation_in_the_question"), ("bob", "renamed")):
        for name, content in odd.KINDS[kind]().items():
            path = tmp_path / "export" / student / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    _, said, _ = run("collect", "tiny", tmp_path / "export")
    first, second, third = said.splitlines()[:3]
    assert first.startswith("look at these first")
    assert second == f"  ada: {DERIVE} is open: see the question's own cell"
    assert third.startswith("bob: took ")


def test_a_file_name_cannot_command_the_terminal(tmp_path, run):
    path = tmp_path / "export" / "ada" / "tiny.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data(notebook()))
    (path.parent / "x\x1b[31m\nbob: all fine.txt").write_text("")
    _, said, _ = run("collect", "tiny", tmp_path / "export")
    assert "\x1b" not in said
    assert "\nbob" not in said
    assert r"x\x1b[31m\nbob: all fine.txt" in said


def test_a_title_that_canvas_lacks_stops_before_writing(tmp_path, run):
    pytest.importorskip("nbgrader")
    sandboxed()
    hand_in(tmp_path / "export", 1)
    run("collect", "tiny", tmp_path / "export")
    run("grade", "tiny")
    (tmp_path / "book.csv").write_text("Student,ID,Section,Other (5)\nright,1000,A,\n")
    words = ["--canvas", tmp_path / "out.csv", "--gradebook", tmp_path / "book.csv"]
    status, said, wrong = run("export", "tiny", *words)
    assert (status, said) == (1, "")
    assert "0 columns named tiny" in wrong
    assert not list(tmp_path.rglob("out.csv")) + list(tmp_path.rglob("exercises.csv"))


def test_a_course_with_a_part_missing_is_one_clear_line(tmp_path, capsys):
    shutil.copytree(COURSE, tmp_path / "course")
    (tmp_path / "course" / "keys" / "tiny.py").unlink()
    status = main(["collect", "tiny", "x", "--course", str(tmp_path / "course")])
    assert status == 1
    assert "keys/tiny.py" in capsys.readouterr().err


def test_without_bubblewrap_the_command_refuses(tmp_path, run, monkeypatch):
    hand_in(tmp_path / "export", 1)
    run("collect", "tiny", tmp_path / "export")
    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is not installed")
    status, _, wrong = run("grade", "tiny")
    assert status == 1
    assert "--unsafe students' code would run with your rights" in wrong
    assert "use the network, and go on running after grading" in wrong
