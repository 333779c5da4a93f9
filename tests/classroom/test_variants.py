"""A question with other numbers for each student, handed in and graded."""

import copy
import json
from dataclasses import replace

import pytest

from classroom import release
from classroom.course import Course
from classroom.grade import set_exam
from classroom.recheck import grade_submission
from classroom.record import of_one_number, said_of
from minioptim import checks

from .handed_in import bounded, cell_of, data, sandboxed

pytestmark = bounded
NAME = "practice-compare"
ASSIGNMENT = Course().assignment("in_practice")
VARIANTS = release.variants(next(e for e in ASSIGNMENT.exercises if e.name == NAME))


@pytest.fixture(scope="module")
def exam():
    whole = set_exam(ASSIGNMENT, 1)
    return replace(whole, questions=tuple(q for q in whole.questions if q.name == NAME), manual=())


def right_for(number):
    which = checks.variant_of(NAME, checks.student_number(number), release.VARIANTS)
    return VARIANTS[which].right


def handed_in(source):
    found = copy.deepcopy(ASSIGNMENT.release)
    cell_of(found, NAME)["source"] = source
    return data(found)


def graded(exam, source, student="ada"):
    sandboxed()
    record = grade_submission(exam, student, handed_in(source))
    return record, record["exercises"][0]


@pytest.mark.parametrize("number", ["4711", 4711, "x 12"])
def test_an_answer_is_held_to_the_numbers_of_its_student(exam, number):
    _, row = graded(exam, f"student = {number!r}\ncompared = {right_for(number)}")
    assert (row["status"], row["score"], row["reason"]) == ("right", 3.0, "")
    assert row["asked_of"] == checks.student_number(number)
    assert checks.student_number(number) in said_of(row)
    # Graded again, the same is asked.
    again = grade_submission(exam, "ada", handed_in(f"student = {number!r}\ncompared = 0"))
    assert again["exercises"][0]["asked_of"] == row["asked_of"]
    assert again["exercises"][0]["status"] == "wrong"


def test_the_answer_may_be_computed_from_the_numbers(exam):
    source = (
        "import numpy as np\nfrom minioptim.checks import your_numbers\nstudent = 77\n"
        "d = np.array(your_numbers('practice-compare', student)['differences'])\n"
        "compared = [d.mean(), d.std(ddof=1), d.std(ddof=1) / np.sqrt(d.size)]"
    )
    assert graded(exam, source)[1]["status"] == "right"


def test_a_neighbours_numbers_are_not_ones_own(exam):
    mine, theirs = "1", next(str(n) for n in range(2, 99) if right_for(n) != right_for("1"))
    _, row = graded(exam, f"student = {mine!r}\ncompared = {right_for(theirs)}")
    assert (row["status"], row["score"]) == ("wrong", 0.0)


def test_a_mistake_is_named(exam):
    exercise = next(e for e in ASSIGNMENT.exercises if e.name == NAME)
    # The sandbox takes its time; all of them are tried without it in tests/exercises.
    mistake = exercise.wrong[0]
    value = mistake.solution(**checks.your_numbers(NAME, "1"))
    _, row = graded(exam, f"student = '1'\ncompared = {value}")
    assert mistake.sentence in row["reason"]


@pytest.mark.parametrize(
    "line",
    ["", "student = ...", "student = ''", "student = [1]", "student = 'x' * 10**6",
     "student = {1: {2: print}}"],
)  # fmt: skip
def test_who_gives_no_number_is_told_so(exam, line):
    _, row = graded(exam, f"{line}\ncompared = {right_for('1')}")
    assert row["score"] == 0.0
    assert "student" in row["reason"]
    assert "asked_of" not in row


def test_one_number_of_two_students_is_shown_to_the_teacher(exam):
    source = f"student = 5\ncompared = {right_for(5)}"
    records = [graded(exam, source, name)[0] for name in ("ada", "bob")]
    records.append(graded(exam, f"student = 6\ncompared = {right_for(6)}", "eve")[0])
    assert of_one_number(records) == [("5", NAME, ["ada", "bob"])]


def test_the_notebooks_data_hold_no_variants_answer():
    text = json.dumps(ASSIGNMENT.release) + (checks.feedback.DATA / "in_practice.json").read_text(
        "utf-8"
    )
    for variant in VARIANTS:
        assert str(variant.right[1]) not in text
        assert f"{variant.right[1]:.6g}" not in text
