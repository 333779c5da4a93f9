"""Exports as they come: who handed in what, whatever the platform and the student called it."""

import io
import json
import os
import shutil
import tracemalloc
import unicodedata
import zipfile

import pytest

from classroom.files import ClassroomError
from classroom.reading import Reader
from classroom.submissions import collect, collected, notebook_path

from .handed_in import SOUGHT, STEP, WRONG, bounded, data, notebook

pytestmark = bounded
GOOD = data(notebook())
OTHER = data(notebook({STEP: WRONG}))
FOREIGN = data({"cells": [{"cell_type": "code", "source": "a = 1", "metadata": {}}], "nbformat": 4})


@pytest.fixture
def take_in(tmp_path):
    """Collect files, given as path -> bytes; return the students by key, and what is left over."""

    def taken(files, *, zipped=False, roster=None):
        export = tmp_path / ("export.zip" if zipped else "export")
        if zipped:
            with zipfile.ZipFile(export, "w") as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
        else:
            export.mkdir(exist_ok=True)
            for name, content in files.items():
                path = export / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        students, unmatched = collect(export, tmp_path / "class", "tiny", SOUGHT, roster)
        assert collected(tmp_path / "class", "tiny") == students
        return {student.student: student for student in students}, unmatched

    taken.content = lambda key: notebook_path(tmp_path / "class", "tiny", key).read_bytes()
    taken.folder = tmp_path
    return taken


LAYOUTS = {
    "Moodle, folders": {
        "Ada Lovelace_101_assignsubmission_file/tiny.ipynb": GOOD,
        "Bob_102_assignsubmission_file/tiny.ipynb": OTHER,
    },
    "Moodle before 4.1": {
        "Ada Lovelace_101_assignsubmission_file_/tiny.ipynb": GOOD,
        "Bob_102_assignsubmission_file_/tiny.ipynb": OTHER,
    },
    "Moodle, flat": {
        "Ada Lovelace_101_assignsubmission_file_tiny.ipynb": GOOD,
        "Bob_102_assignsubmission_file_tiny.ipynb": OTHER,
    },
    "Moodle, with a comment on line": {
        "Ada Lovelace_101_assignsubmission_file/tiny.ipynb": GOOD,
        "Ada Lovelace_101_assignsubmission_onlinetext/onlinetext.html": b"see file",
        "Bob_102_assignsubmission_file/in/a/folder/tiny.ipynb": OTHER,
    },
    "Canvas": {
        "lovelaceada_101_9001_tiny.ipynb": GOOD,
        "bob_LATE_102_9002_tiny.ipynb": OTHER,
    },
    "Canvas in a folder": {
        "submissions/lovelaceada_101_9001_tiny.ipynb": GOOD,
        "submissions/bob_LATE_102_9002_tiny.ipynb": OTHER,
    },
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_is_understood(take_in, layout, zipped):
    students, unmatched = take_in(LAYOUTS[layout], zipped=zipped)
    found = {student.identity: student for student in students.values()}
    assert set(found) == {"101", "102"}
    assert take_in.content(found["101"].student) == GOOD
    assert take_in.content(found["102"].student) == OTHER
    assert unmatched == []
    assert found["102"].late == ("LATE" in str(LAYOUTS[layout]))


def test_plain_folders_and_files_are_students(take_in):
    students, unmatched = take_in(
        {
            "ada/tiny.ipynb": GOOD,
            "bob/tiny/tiny.ipynb": GOOD,
            "carla.ipynb": GOOD,
            "grades.csv": b"",
            ".DS_Store": b"",
        }
    )
    assert set(students) == {"ada", "bob", "carla"}
    assert unmatched == ["grades.csv"]


def test_an_anonymous_submission_in_canvas_is_understood(take_in):
    students, _ = take_in({"anon_aB3x9_9001_tiny.ipynb": GOOD, "anon_LATE_anon_q_7_x.ipynb": GOOD})
    assert len(students) == 2


def test_names_that_people_and_systems_have(take_in):
    names = [
        "Émile Ångström",
        unicodedata.normalize("NFD", "Émile Ångström"),
        "李 小龍",
        "O'Brien; DROP TABLE student; --",
        "../../../etc/passwd".replace("/", ":"),
        "-rf",
        "Very " * 30 + "Long",
        "con",
        "ADA",
        "ada",
        "a\nb",
        "=cmd|' -C calc'!A0",
        "Ada_Maria_Lovelace",
    ]
    students, _ = take_in(
        {f"{name}_{k}_assignsubmission_file/tiny.ipynb": GOOD for k, name in enumerate(names, 10)}
    )
    assert {student.name for student in students.values()} == set(names)
    assert len({key.casefold() for key in students}) == len(names)
    for key in students:
        assert take_in.content(key) == GOOD
        assert not key.startswith((".", "-"))
        assert not set(key) & set("/\\:*?\"<>|\n' =")
        assert len(key.encode()) < 200


def test_plain_names_that_become_alike_stay_apart(take_in):
    students, _ = take_in({"a b/tiny.ipynb": GOOD, "a_b/tiny.ipynb": OTHER, "a?b.ipynb": GOOD})
    assert len(students) == 3


def test_a_renamed_file_is_the_students_notebook(take_in):
    students, _ = take_in(
        {
            "ada/Copy of homework (final) v2.IPYNB": GOOD,
            "bob/tiny.ipynb.txt": GOOD,
            "carla/tiny.ipynb.json": GOOD,
        }
    )
    assert not any(student.problem for student in students.values())


def zip_of(files, link=None):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            if name == link:
                info.external_attr = 0o120777 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def test_a_zip_is_opened(take_in):
    students, _ = take_in(
        {
            "ada/work.zip": zip_of({"work/tiny.ipynb": GOOD, "__MACOSX/work/._tiny.ipynb": b"x"}),
            "bob_102_9002_work.zip": zip_of({"../../tiny.ipynb": GOOD}),
            "carla.zip": zip_of({"/tiny.ipynb": GOOD}),
        }
    )
    assert [student.problem for student in students.values()] == ["", "", ""]
    assert not (take_in.folder / "tiny.ipynb").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "cannot be opened"),
        (zip_of({"tiny.ipynb": GOOD})[:-30], "cannot be opened"),
        (zip_of({"report.pdf": b""}), "no notebook was handed in"),
        (zip_of({}), "no notebook was handed in"),
        (zip_of({"tiny.ipynb": b"/etc/passwd"}, link="tiny.ipynb"), "links are not followed"),
    ],
)
def test_a_zip_without_a_notebook_has_a_reason(take_in, content, said):
    students, _ = take_in({"ada/work.zip": content})
    assert said in students["ada"].problem + "".join(students["ada"].notes)
    assert students["ada"].problem


def damaged_zip(method, start, bad):
    """Return a zip whose packed bytes, from ``start`` on, are others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("tiny.ipynb", GOOD)
    content = bytearray(buffer.getvalue())
    at = content.index(b"tiny.ipynb") + len(b"tiny.ipynb") + start
    content[at : at + len(bad)] = bad
    return bytes(content)


UNREADABLE = {
    "deflate": damaged_zip(zipfile.ZIP_DEFLATED, 0, b"\xff" * 40),
    "lzma": damaged_zip(zipfile.ZIP_LZMA, 10, b"\xff" * 50),
    "lzma's own head": damaged_zip(zipfile.ZIP_LZMA, 2, b"\xff" * 5),
    "bzip2": damaged_zip(zipfile.ZIP_BZIP2, 0, b"\xff" * 40),
    "no utf-8": zip_of({"tinyé.ipynb": GOOD}).replace("é".encode(), b"\xff\xfe"),
    "a later version": zip_of({"tiny.ipynb": GOOD}).replace(
        b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xc8"
    ),
}


@pytest.mark.parametrize("damage", UNREADABLE)
def test_a_zip_that_cannot_be_read_is_one_students_alone(take_in, damage):
    students, _ = take_in({"ada/work.zip": UNREADABLE[damage], "bob/tiny.ipynb": GOOD})
    said = students["ada"].problem + "".join(students["ada"].notes)
    assert "cannot be" in said
    assert students["ada"].problem
    assert not students["bob"].problem


def test_a_name_that_is_no_utf_8_on_disk_is_read_as_latin_1(take_in):
    folder = os.fsencode(take_in.folder / "export") + b"/Jos\xe9_12_assignsubmission_file"
    os.makedirs(folder)
    with open(folder + b"/\xfcbung.ipynb", "wb") as file:
        file.write(GOOD)
    students, _ = take_in({"Bob_102_assignsubmission_file/tiny.ipynb": GOOD})
    assert (students["José-12"].name, students["José-12"].file) == ("José", "übung.ipynb")
    assert take_in.content("José-12") == GOOD


def test_a_name_of_many_bytes_is_cut(take_in):
    student = "\U0001d538" * 50 + "_" + "1" * 20 + "_assignsubmission_file/tiny.ipynb"
    number = "Ada_" + "1" * 180 + "_assignsubmission_file/tiny.ipynb"
    students, _ = take_in({student: GOOD, number: GOOD}, zipped=True)
    for key in students:
        assert take_in.content(key) == GOOD
        assert len(key.encode()) < 200


@pytest.fixture
def read_here(monkeypatch):
    """Read in this process, where a limit can be changed and memory measured."""
    monkeypatch.setattr(Reader, "ask", lambda _, function, *arguments: function(*arguments))


@pytest.mark.usefixtures("read_here")
def test_a_zip_that_lies_about_its_size_is_bounded(take_in, monkeypatch):
    monkeypatch.setattr("classroom.submissions.LARGEST", 10_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny.ipynb", b"0" * 10**7)
    students, _ = take_in({"ada/bomb.zip": buffer.getvalue()})
    assert "more than" in students["ada"].problem


@pytest.mark.usefixtures("read_here")
def test_of_many_notebooks_one_is_kept_in_memory(take_in, monkeypatch):
    monkeypatch.setattr("classroom.submissions.MOST_NOTEBOOKS", 20)
    size = 10**6
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"{number}.ipynb", b" " * size)
    tracemalloc.start()
    students, _ = take_in({"ada/work.zip": buffer.getvalue()})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "30 notebooks: 20 of them were looked into" in students["ada"].notes[0]
    assert most < 10 * size


def test_of_two_notebooks_the_one_of_this_assignment_is_graded(take_in):
    students, _ = take_in({"ada/zzz.ipynb": FOREIGN, "ada/work.ipynb": GOOD})
    assert take_in.content("ada") == GOOD
    assert "work.ipynb is graded, not zzz.ipynb" in students["ada"].notes[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tiny.ipynb", "tiny-1.ipynb"),
        ("tiny-2.ipynb", "tiny-10.ipynb"),
        ("tiny.ipynb", "tiny (1).ipynb"),
        ("tiny.ipynb", "tiny-Copy1.ipynb"),
        ("tiny (1).ipynb", "tiny (2).ipynb"),
    ],
)
def test_of_two_copies_the_later_is_graded(take_in, old, new):
    students, _ = take_in({f"ada/{old}": OTHER, f"ada/{new}": GOOD})
    # The times of files say nothing: a student can set them.
    os.utime(take_in.folder / "export" / "ada" / old, (2e9, 2e9))
    assert take_in.content("ada") == GOOD
    assert f"{new} is graded, not {old}" in students["ada"].notes[0]


def test_of_two_uploads_to_canvas_the_later_is_graded(take_in):
    students, _ = take_in({"ada_7_100_tiny.ipynb": OTHER, "ada_LATE_7_101_tiny-1.ipynb": GOOD})
    (student,) = students.values()
    assert take_in.content(student.student) == GOOD
    assert student.late
    assert any("late" in note for note in student.notes)


def test_two_entries_of_one_student_are_one(take_in):
    students, _ = take_in(
        {
            "Ada_101_assignsubmission_file/tiny.ipynb": OTHER,
            "Ada_101_assignsubmission_file_/tiny-1.ipynb": GOOD,
        }
    )
    assert list(students) == ["Ada-101"]
    assert take_in.content("Ada-101") == GOOD


def test_stray_files_are_named_and_not_taken(take_in):
    files = {"ada/tiny.ipynb": GOOD, "ada/timestamp.txt": b"2000-01-01", "ada/numpy.py": b"1/0"}
    students, _ = take_in(files)
    assert "numpy.py, timestamp.txt" in students["ada"].notes[0]
    kept = {path.name for path in (take_in.folder / "class").rglob("*") if path.is_file()}
    assert kept == {"submission.ipynb", "students.json"}


def test_a_link_in_an_export_is_refused(take_in):
    export = take_in.folder / "export"
    (export / "ada").mkdir(parents=True)
    (export / "bob").mkdir()
    secret = take_in.folder / "secret"
    secret.mkdir()
    (secret / "tiny.ipynb").write_bytes(GOOD)
    (export / "ada" / "tiny.ipynb").symlink_to(secret / "tiny.ipynb")
    (export / "bob" / "inner").symlink_to(secret)
    (export / "carla").symlink_to(secret)
    students, _ = take_in({})
    assert "links are not followed" in students["ada"].problem
    assert students["bob"].problem
    assert "carla" not in students


def test_a_file_that_cannot_be_read_has_a_reason(take_in):
    os.mkdir(take_in.folder / "export")
    os.mkdir(take_in.folder / "export" / "ada")
    os.mkfifo(take_in.folder / "export" / "ada" / "tiny.ipynb")
    students, _ = take_in({"bob/tiny.ipynb": GOOD})
    assert "no regular file" in students["ada"].problem
    assert not students["bob"].problem


def test_an_empty_folder_of_a_student_has_a_row(take_in):
    (take_in.folder / "export" / "Ada_101_assignsubmission_file").mkdir(parents=True)
    students, _ = take_in({"Bob_102_assignsubmission_file/tiny.ipynb": GOOD})
    assert students["Ada-101"].problem == "nothing was handed in"


ROSTERS = {
    "Moodle": 'Identifier,"Full name","Email address",Grade\n'
    "Participant 101,Ada,a@x,\nParticipant 103,Carla,c@x,\n",
    "Moodle, semicolons": "\ufeffIdentifier;Full name;Grade\nParticipant 101;Ada;\n"
    "Participant 103;Carla;\n",
    "Canvas": "Student,ID,SIS User ID,SIS Login ID,Section,tiny (5)\n"
    '    Points Possible,,,,,6\n"Ada, A",101,,,S,\nCarla,103,,,S,\n'
    '"Student, Test",104,,,S,\n',
}


@pytest.mark.parametrize("roster", ROSTERS)
def test_who_handed_in_nothing_has_a_row(take_in, roster):
    path = take_in.folder / "roster.csv"
    path.write_text(ROSTERS[roster], encoding="utf-8")
    students, _ = take_in({"Ada_101_assignsubmission_file/tiny.ipynb": GOOD}, roster=path)
    assert students["Carla-103"].problem == "nothing was handed in"
    # Canvas' own test student is nobody.
    assert len(students) == 2


def test_a_roster_of_others_is_told_before_anything_is_written(take_in):
    path = take_in.folder / "roster.csv"
    path.write_text(ROSTERS["Moodle"])
    with pytest.raises(ClassroomError, match="has 2 students, and none of those who handed in"):
        take_in({"Eve_999_assignsubmission_file/tiny.ipynb": GOOD}, roster=path)
    assert not (take_in.folder / "class").exists()


def test_a_roster_without_a_column_of_students_is_told(take_in):
    path = take_in.folder / "roster.csv"
    path.write_text("Name,Mail\nbob,b@x\n")
    with pytest.raises(ClassroomError, match="columns Name, Mail; expected .* column student"):
        take_in({"ada/tiny.ipynb": GOOD}, roster=path)


def test_what_canvas_calls_a_file_is_kept_for_the_feedback(take_in):
    name = "ada_LATE_7_101_tiny.ipynb"
    assert [student.upload for student in take_in({name: GOOD})[0].values()] == [name]


def test_collecting_again_takes_the_newer_notebook_and_loses_none(take_in):
    take_in({"ada/tiny.ipynb": OTHER, "bob/tiny.ipynb": GOOD})
    (take_in.folder / "export" / "bob" / "tiny.ipynb").unlink()
    for _ in range(2):
        students, _ = take_in({"ada/tiny.ipynb": GOOD})
        assert take_in.content("ada") == GOOD
        assert take_in.content("bob") == GOOD
        assert "without a notebook (nothing was handed in)" in students["bob"].first[0]
        assert len(students["bob"].first) == 1


def test_late_work_by_itself_leaves_the_class_as_it_was(take_in):
    path = take_in.folder / "roster.csv"
    path.write_text("Identifier,Full name\n" + "".join(f"P {n},S{n}\n" for n in (101, 102, 103)))
    moodle = "_assignsubmission_file/tiny.ipynb"
    before, _ = take_in({f"S101_101{moodle}": GOOD}, roster=path)
    assert [before[f"S{n}-{n}"].problem for n in (102, 103)] == ["nothing was handed in"] * 2
    shutil.rmtree(take_in.folder / "export")
    for roster in (None, path):
        late, _ = take_in({f"S102_102{moodle}": OTHER}, roster=roster)
        assert list(late) == list(before)
        assert late["S101-101"] == before["S101-101"]
        assert late["S103-103"] == before["S103-103"]
        assert take_in.content("S101-101") == GOOD
        assert take_in.content("S102-102") == OTHER


def test_who_was_absent_under_another_name_is_absent_no_more(take_in):
    path = take_in.folder / "roster.csv"
    path.write_text(ROSTERS["Canvas"], encoding="utf-8")
    take_in({"ada_101_9_tiny.ipynb": GOOD}, roster=path)
    students, _ = take_in({"carla_LATE_103_10_tiny.ipynb": GOOD})
    assert set(students) == {"ada-101", "carla-103"}


@pytest.mark.parametrize("kind", ["absent", "empty", "no zip", "unmatched alone"])
def test_an_export_that_is_none_has_one_clear_line(tmp_path, kind):
    export = tmp_path / "export"
    if kind == "no zip":
        export.write_bytes(b"no zip")
    elif kind != "absent":
        export.mkdir()
    if kind == "unmatched alone":
        (export / "notes.txt").write_text("hello")
    with pytest.raises(ClassroomError) as error:
        collect(export, tmp_path / "class", "tiny", SOUGHT)
    assert "\n" not in str(error.value)
    assert str(export) in str(error.value)


@pytest.mark.parametrize("content", ["", "Identifier\n", "\0"])
def test_a_roster_that_is_no_table_has_one_clear_line(take_in, content):
    path = take_in.folder / "roster.csv"
    path.write_text(content)
    with pytest.raises(ClassroomError, match="roster.csv"):
        take_in({"ada/tiny.ipynb": GOOD}, roster=path)


def test_a_damaged_list_of_students_has_one_clear_line(take_in):
    take_in({"ada/tiny.ipynb": GOOD})
    path = take_in.folder / "class" / "collected" / "tiny" / "students.json"
    for content in ("", "[1]", '[{"student": "ada"}]', json.dumps({"a": 1})):
        path.write_text(content)
        with pytest.raises(ClassroomError, match="run `python -m classroom collect tiny"):
            collected(take_in.folder / "class", "tiny")
