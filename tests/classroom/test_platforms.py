"""What is known of a platform stands in its file, and another platform is one more file."""

import csv
import io
import sys
import zipfile

import pytest

from classroom import __main__ as command
from classroom import platforms
from classroom.files import ClassroomError
from classroom.grade import grade
from classroom.platforms.canvas import PLATFORM as CANVAS
from classroom.platforms.moodle import PLATFORM as MOODLE
from classroom.tables import read_table

from .handed_in import COURSE, TINY, bounded, data, notebook
from .test_export import record

pytestmark = bounded

# A platform that nobody has: its uploads are called "ada+7+momentum.ipynb".
ANOTHER = """
from classroom.platforms import Platform, Upload
from classroom.record import total


class Slate(Platform):
    name, title, sheet, sheet_title = "slate", "Slate", "chalk", "Slate's list"

    def owner(self, top):
        name, _, rest = top.partition("+")
        number, _, file = rest.partition("+")
        return Upload(name, number, file, late=file.startswith("late")) if file else None

    def people(self, table):
        if table.columns != ["pupil", "seat"]:
            return None
        return [(row["pupil"], row["seat"]) for row in table.rows]

    def filled_in(self, records, sheet, title):
        kept = [[who, str(total(record))] for who, record in self.by_identity(records).items()]
        return [["seat", title], *kept], ["wipe the slate first"]

    def feedback_name(self, record, assignment):
        return f"{record['identity']}-{assignment}.html"


PLATFORM = Slate()
"""


@pytest.fixture
def another(tmp_path, monkeypatch):
    folder = tmp_path / "platforms"
    folder.mkdir()
    (folder / "slate.py").write_text(ANOTHER)
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(folder)])
    yield
    sys.modules.pop("classroom.platforms.slate")


@pytest.mark.usefixtures("another")
def test_a_file_is_all_that_another_platform_takes(tmp_path, capsys):
    export, into = tmp_path / "export", tmp_path / "class"
    export.mkdir()
    for name in ("ada+7+work.ipynb", "bob+8+late.ipynb"):
        (export / name).write_bytes(data(notebook()))
    (tmp_path / "list.csv").write_text("pupil,seat\nada,7\nbob,8\ncarla,9\n")

    def run(*words):
        where = ["--course", COURSE, "--class", into]
        assert command.main([*map(str, [*words, *where])]) == 0
        return capsys.readouterr().out

    said = run("collect", "tiny", export, "--roster", tmp_path / "list.csv")
    assert "3 students, 2 with a notebook" in said
    grade(TINY, into, jobs=1, unsafe=True, quiet=True)  # our own answers
    run("feedback", "tiny", "--quiet")
    with zipfile.ZipFile(into / "feedback" / "tiny" / "tiny-slate.zip") as pack:
        assert sorted(pack.namelist()) == ["7-tiny.html", "8-tiny.html"]
    said = run("export", "tiny", "--open-as-zero", "--slate", tmp_path / "out.csv", "--title", "A")
    assert "wipe the slate first" in said
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert rows == [["seat", "A"], ["7", "3.0"], ["8", "3.0"], ["9", "0.0"]]
    rows = list(
        csv.DictReader(io.StringIO((into / "grades" / "tiny" / "exercises.csv").read_text()))
    )
    assert {row["name"]: row["late"] for row in rows} == {"ada": "", "bob": "late", "carla": ""}


def test_a_name_that_fits_two_platforms_is_of_the_stricter_one():
    top = "ada_1_2_assignsubmission_file_"
    assert CANVAS.owner(top) is not None
    first = next(upload for one in platforms.all_platforms() if (upload := one.owner(top)))
    assert (first.name, first.identity) == ("ada_1", "2")


def test_a_sheet_without_a_place_to_write_is_one_clear_line(tmp_path, capsys):
    words = ["export", "tiny", "--worksheet", "sheet.csv", "--course", COURSE, "--class", tmp_path]
    assert command.main([*map(str, words)]) == 1
    said = capsys.readouterr().err
    assert "--moodle" in said
    assert said.count("\n") == 1


# As a user of Canvas in German has it (CSVWithI18n): a mark at the beginning, semicolons, decimal
# commas, and here names in two columns; the names of columns are English for everybody.
HEAD = "LastName;FirstName;ID;SIS User ID;SIS Login ID;Section;Andere (7);Tiny (55);Final Score"
GERMAN = (
    f"\ufeff{HEAD}\n"
    ";;;;;;;Manual Posting;\n"
    "    Points Possible;;;;;;10,00;6,00;(read only)\n"
    "Lovelace;Ada;101;s1;ada;A;9,50;;80,00\n"
    "Bär;Bob;102;s2;bob;A;9,00;4,50;80,00\n"
    "Student;Test;104;;;A;;;\n"
)


def test_canvas_in_german_with_names_in_two_columns(tmp_path):
    sheet = tmp_path / "book.csv"
    sheet.write_text(GERMAN, encoding="utf-8")
    table = read_table(sheet)
    assert CANVAS.people(table) == [("Lovelace, Ada", "101"), ("Bär, Bob", "102")]
    assert MOODLE.people(table) is None
    open_record = record("bob", "102", (2.0, None, 3.0))
    rows, said = CANVAS.filled_in([record(), open_record], table, "tiny")
    assert rows[0] == [*HEAD.split(";")[:6], "Tiny (55)"]
    # gradebook_importer.rb: the third column is the number, whatever the language.
    assert [row[2] for row in rows[1:]] == ["", "101", "102", "104"]
    # What is there stays, with its comma, which Canvas reads.
    assert [row[-1] for row in rows[1:]] == ["6", "6", "4,50", ""]
    assert said == []


def test_a_gradebook_without_the_assignment_says_so_in_german_too(tmp_path):
    sheet = tmp_path / "book.csv"
    sheet.write_text(GERMAN, encoding="utf-8")
    with pytest.raises(ClassroomError, match="has 0 columns named other"):
        CANVAS.filled_in([record()], read_table(sheet), "other")
