"""What a teacher asks for in a term: late work, how a class did, and answers that are alike."""

import csv
import io

import pytest

from classroom import export
from classroom.files import ClassroomError
from classroom.late import Rule, days_late, with_late
from classroom.platforms import moodle
from classroom.platforms.moodle import PLATFORM as MOODLE
from classroom.record import total
from classroom.results import in_words, results
from classroom.similar import alike
from classroom.submissions import collect

from .handed_in import DERIVE, SOUGHT, STEP, VALUE, notebook

UPHILL = "The velocity goes uphill: compare the sign in front of lr with the rule."


def record(student, scores=(2.0, 1.0, 3.0), reason="It is wrong.", **more):
    rows = [
        {"name": name, "points": points, "score": score, "reason": "" if score else reason}
        | {"status": "right" if score else "wrong"}
        for name, points, score in zip((STEP, VALUE, DERIVE), (2.0, 1.0, 3.0), scores, strict=True)
    ]
    found = {"student": student, "identity": "", "late": False, "notes": [], "reason": ""}
    return {**found, "status": "graded", "exercises": rows, "notebook": notebook(), **more}


# --- Late ----------------------------------------------------------------------------------------


def test_a_day_begun_costs_its_part_and_never_more_than_the_most():
    records = [record("ada"), record("bob"), record("eve", late=True)]
    days = {"bob": 1.5, "eve": 20.0}
    found, unknown = with_late(records, Rule(10, 50), days)
    # 6 points; two days begun are 20 %, and at most 50 % are taken.
    assert [total(one) for one in found] == [6.0, 4.8, 3.0]
    assert unknown == []
    assert moodle.comment(found[1]).endswith("It came late: 1.2 points off.")
    assert [total(one) for one in records] == [6.0, 6.0, 6.0]


def test_who_is_late_by_an_unknown_number_of_days_has_no_total():
    found, unknown = with_late([record("ada", late=True)], Rule(10), {})
    assert (unknown, total(found[0])) == (["ada"], None)
    found, unknown = with_late([record("ada", late=True)], Rule(10), {"ada": 0.0})
    assert (unknown, total(found[0])) == ([], 6.0)


def test_a_table_of_days_is_by_name_or_number_and_of_one_assignment(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("student;days;assignment\nada;1,5;tiny\nada;3;other\n102;2;\n")
    assert days_late(path, "tiny") == {"ada": 1.5, "102": 2.0}
    found, _ = with_late([record("ada"), record("bob", identity="102")], Rule(10), {"102": 2.0})
    assert [total(one) for one in found] == [6.0, 4.8]
    with pytest.raises(ClassroomError, match="nobody here is zoe"):
        with_late([record("ada")], Rule(10), {"zoe": 1.0})


@pytest.mark.parametrize("days", ["", "two", "-1", "nan", "inf"])
def test_days_are_a_number(tmp_path, days):
    path = tmp_path / "late.csv"
    path.write_text(f"student,days\nada,{days}\n")
    with pytest.raises(ClassroomError, match="days of ada must be a number >= 0"):
        days_late(path, "tiny")


@pytest.mark.parametrize(("per_day", "most"), [(-1, 100), (101, 100), (10, 200)])
def test_a_rule_is_in_per_cent(per_day, most):
    with pytest.raises(ClassroomError, match="must be a number from 0 to 100"):
        Rule(per_day, most)


# --- How a class did -----------------------------------------------------------------------------


def test_mistakes_are_counted_by_the_sentence_that_names_them():
    records = [
        record("ada"),
        record("bob", (0.0, 1.0, 3.0), f"{UPHILL} For momentum_step(g=1) it gave 2."),
        record("eve", (0.0, 1.0, 3.0), f"{UPHILL} For momentum_step(g=7) it gave 8."),
        record("kim", (0.0, 0.0, 3.0), "momentum_step: call 1 has another result."),
    ]
    records[1]["exercises"][0] |= {
        "status": "graded by hand", "score": 1.0, "reason": "Half.", "machine": f"wrong. {UPHILL}",
    }  # fmt: skip
    step, value, _ = results(records, {STEP: [UPHILL]})
    assert step.mistakes == [(UPHILL, 2), ("another result", 1)]
    assert (step.mean, value.mean) == (0.75, 0.75)
    assert step.states == {"right": 1, "graded by hand": 1, "wrong": 2}
    assert f"     2 x {UPHILL}" in in_words([step])


def test_who_is_absent_is_in_no_mean():
    absent = record("bob", (None, None, None), notebook=None) | {"reason": "nothing was handed in"}
    assert results([record("ada"), absent], {})[0].states == {"right": 1}
    assert results([], {}) == []


# --- Alike ---------------------------------------------------------------------------------------

OWN = (
    "Unrolled, the velocity is a geometric series whose ratio is momentum, so its sum tends to {} ."
)
LONG = (
    "Because each step multiplies what was there before by the same factor, I first wrote down "
    "four terms, saw the pattern, and multiplied all by one minus the factor, which leaves two."
)


def test_two_who_share_what_nobody_else_has_are_named():
    answers = {
        "ada": {DERIVE: LONG},
        "bob": {DERIVE: LONG.upper().replace(", ", " ,\n")},
        "eve": {DERIVE: OWN.format("ten")},
    }
    (pair,) = alike(answers, {DERIVE: "Your answer."})
    assert (pair.students, pair.name) == (("ada", "bob"), DERIVE)
    assert pair.share == 1.0


def test_what_many_wrote_or_was_given_is_no_hint():
    many = {f"s{number}": {DERIVE: LONG} for number in range(6)}
    assert alike(many, {DERIVE: ""}) == []
    assert alike({"ada": {DERIVE: LONG}, "bob": {DERIVE: LONG}}, {DERIVE: LONG}) == []
    assert alike({"ada": {DERIVE: "It is 9."}, "bob": {DERIVE: "It is 9."}}, {DERIVE: ""}) == []


# --- Moodle in another language ------------------------------------------------------------------

HEAD = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert "
    "werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar"
)
GERMAN = f"""{HEAD}
Teilnehmer/in101,Ada,a@x.edu,Zur Bewertung abgegeben,,"20,00",Ja,"27. November 2026, 21:14",-,
Teilnehmer/in102,Bob,b@x.edu,Keine Abgabe,,"20,00",Ja,-,-,
"""


def test_a_worksheet_in_german_is_filled_in_in_german(tmp_path):
    sheet, out = tmp_path / "sheet.csv", tmp_path / "out.csv"
    sheet.write_text(GERMAN, encoding="utf-8")
    said = export.for_platform(
        MOODLE, [record("ada", identity="101", name="Ada")], out, sheet, "tiny"
    )
    head, ada, bob = csv.reader(io.StringIO(out.read_text("utf-8")))
    assert head == HEAD.split(",")
    row = dict(zip(head, ada, strict=True))
    # Of Moodle's 20 points, as 6 of our 6.
    assert (row["Bewertung"], row["Bestwertung"]) == ("20", "20,00")
    assert row["Feedback als Kommentar"].endswith("3 of 3. Right.")
    assert bob[4] == ""
    assert "Moodle's maximum is 20, ours 6" in said[0]


def test_a_roster_in_german_names_who_did_not_hand_in(tmp_path):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(GERMAN, encoding="utf-8")
    inside = tmp_path / "export" / "Ada_101_assignsubmission_file"
    inside.mkdir(parents=True)
    (inside / "tiny.ipynb").write_text("{}")
    students, _ = collect(tmp_path / "export", tmp_path, "tiny", SOUGHT, sheet)
    assert [(one.identity, one.problem) for one in students][1] == ("102", "nothing was handed in")


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "ID,Name,X,Y,Z,V,W\nT1,a,1,1,1,1,1\n", "ID,N,S,G,M,C,D,E\n1,a,,,20,J,-,-\n"],
)
def test_another_table_is_no_worksheet(tmp_path, text):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    with pytest.raises(ClassroomError, match="has no column Grade, Identifier"):
        export.for_platform(
            MOODLE, [record("ada", identity="101")], tmp_path / "out.csv", sheet, "tiny"
        )
