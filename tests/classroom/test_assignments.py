"""Every assignment of the book, graded: solutions are right, releases empty, mistakes named."""

import functools
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from classroom import exercise, recheck, wire
from classroom.course import Course
from classroom.grade import set_exam
from classroom.recheck import grade_submission
from minioptim import checks
from minioptim.checks import trials
from minioptim.checks.trials import TRIALS

from .handed_in import sandboxed

pytestmark = pytest.mark.timeout(1800)
ASSIGNMENTS = exercise.assignments()
each_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS)
SEEDS = (11, 12, 13)


def notebook(assignment, kind):
    return (exercise.EXERCISES / kind / assignment / f"{assignment}.ipynb").read_bytes()


@each_assignment
def test_the_source_has_all_points_that_a_program_gives(assignment):
    sandboxed()
    exam = set_exam(Course().assignment(assignment), 1)
    rows = grade_submission(exam, "source", notebook(assignment, "source"))["exercises"]
    checked = {question.name for question in exam.questions}
    assert {
        row["name"]: row["reason"] for row in rows if row["status"] == "right"
    } == dict.fromkeys(checked, "")
    manual = {row["name"] for row in rows if row["status"] == "to be read"}
    assert manual == {name for name, _ in exam.manual}


@each_assignment
def test_the_release_has_none(assignment):
    exam = set_exam(Course().assignment(assignment), 1)
    rows = grade_submission(exam, "release", notebook(assignment, "release"))["exercises"]
    assert {row["score"] for row in rows} == {0.0}
    assert {row["status"] for row in rows} == {"no answer"}


@each_assignment
def test_points_add_up_to_those_of_the_notebook(assignment):
    exam = set_exam(Course().assignment(assignment), 1)
    cells = json.loads(notebook(assignment, "release"))["cells"]
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    points = sum(mark.get("points", 0) for mark in marks if mark.get("grade"))
    ours = sum(q.points for q in exam.questions) + sum(points for _, points in exam.manual)
    assert ours == points


def replies(question, solution):
    """Return what a student's process would send for a solution."""
    if question.is_value:
        return [{"result": wire.encode(solution)}]
    if question.trial:
        trial = TRIALS[question.trial]
        return [recheck._tried(trial, partial(reply, solution), call) for call in question.calls]
    return [reply(solution, call) for call in question.calls]


def reply(solution, call):
    """Return what it would send for one call."""
    arguments = wire.decode(call)
    try:
        came = {"result": wire.encode(solution(*arguments))}
    except Exception as error:
        came = {"error": f"{type(error).__name__}: {error}"}
    return {**came, "arguments": wire.encode(arguments)}


@pytest.mark.parametrize("seed", SEEDS)
@each_assignment
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_recheck_names_mistakes_and_takes_right_answers(assignment, seed):
    declared = {item.name: item for item in exercise.exercises(assignment)}
    for question in set_exam(Course().assignment(assignment), seed).questions:
        item = declared[question.name]
        if item.vary is not None:  # see test_variants.py
            continue
        for solution in item.right:
            assert recheck._judge(question, replies(question, solution)) == ("right", "")
        for mistake in item.wrong:
            status, reason = recheck._judge(question, replies(question, mistake.solution))
            assert status != "right", mistake.sentence
            assert mistake.sentence in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("momentum-experiment", np.float32(0.8)),
        ("momentum-experiment", 0.8000001),
        ("momentum-experiment", 0.80001),
    ],
)
def test_a_value_is_right_here_where_the_check_takes_it(name, value):
    (question,) = [
        question
        for question in set_exam(Course().assignment("momentum"), 1).questions
        if question.name == name
    ]
    try:
        checks.check(name, value)
        expected = "right"
    except checks.NotYet:
        expected = "wrong"
    assert expected == ("wrong" if value == 0.80001 else "right")
    assert recheck._judge(question, replies(question, value))[0] == expected


@each_assignment
def test_hidden_calls_are_not_the_visible_ones(assignment):
    visible = json.loads((checks.feedback.DATA / f"{assignment}.json").read_text("utf-8"))
    for question in set_exam(Course().assignment(assignment), 11).questions:
        if not question.is_value:
            assert json.dumps(question.calls) != json.dumps(visible[question.name]["calls"])
            assert question.arguments == visible[question.name]["arguments"]


@functools.cache
def final_exam():
    return set_exam(Course().assignment("final_project"), 1)


def final_rule(source):
    """Return the row of an own optimizer, which is asked for that alone."""
    sandboxed()
    rule = tuple(question for question in final_exam().questions if question.trial)
    exam = replace(final_exam(), questions=rule)
    handed_in = json.loads(notebook("final_project", "source"))
    for cell in handed_in["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "final-rule":
            cell["source"] = source
    rows = grade_submission(exam, "ada", json.dumps(handed_in).encode())["exercises"]
    return next(row for row in rows if row["name"] == "final-rule")


def test_an_own_optimizer_may_keep_its_whole_run(monkeypatch):
    # As large as at the end of a run, in two steps alone: to send them in all takes its time.
    source = """
def my_step(g, x, t, a, b, c):
    lr = 0.15 * (61 - t) / 60
    a = 0.9 * a - lr * g
    if t >= 59:
        b, c = np.tile(g, (60, 1)), [x] * 60
    return x + 0.9 * a - lr * g, a, b, c
"""
    monkeypatch.setattr(recheck, "RUNS", 2)
    row = final_rule("import numpy as np\n" + source)
    assert (row["score"], row["reason"]) == (8.0, "")


STILL = "def my_step(g, x, t, a, b, c):\n    return x, a, b, c"


@pytest.mark.parametrize(
    ("words", "score", "status", "said"),
    [
        ([trials.REACHED] * 8, 8.0, "right", ""),
        ([trials.REACHED] * 5 + [trials.NEAR] * 3, 5.0, "right in part", "5 of 8 runs reach"),
        ([trials.NEAR] * 7 + [trials.SLOW], 0.0, "wrong", "is far from the goal"),
        ([trials.TOO_GOOD] + [trials.REACHED] * 7, None, "NOT GRADED", "read the rule"),
    ],
    ids=["all", "some", "none", "too good"],
)
def test_each_run_of_a_trial_has_its_part_of_the_points(words, score, status, said, monkeypatch):
    left = iter(words)
    monkeypatch.setitem(recheck.WATCHED, "digits_goal", lambda _step, _seed: next(left))
    row = final_rule(STILL)
    assert (row["score"], row["status"]) == (score, status)
    assert said in row["reason"]


def test_each_student_has_seeds_of_their_own():
    (question,) = [question for question in final_exam().questions if question.trial]
    ada, again, bob = (recheck._own(question, 1, name).calls for name in ("ada", "ada", "bob"))
    assert ada == again
    seeds = [wire.decode(call)[0] for call in [*ada, *bob]]
    assert len(set(seeds)) == 2 * recheck.RUNS == 16
    assert min(seeds) > 2**40


FORGED = """
from minioptim.checks import trials
trials.GOAL = 0
trials.digits_goal = trials.TRIALS["digits_goal"] = lambda *_: trials.REACHED
trials.WATCHED["digits_goal"] = trials.TRIALS["digits_goal"]
trials.run_digits = lambda *_: trials.Run(1.0, 60, [], True)


def my_step(g, x, t, a, b, c):
    return x, a, b, c
"""


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        (FORGED, "wrong", "x comes back as it was"),
        ("def my_step(g, x, t, a, b, c):\n    return x[:t], a, b, c", "error", "x of shape"),
        ("def my_step(g, x, t, a, b, c):\n    return [10][t], a", "error", "IndexError"),
        ("def my_step(g, x, t, a, b, c):\n    return x, print, b, c", "error", "type builtin"),
    ],
)
def test_a_trial_is_held_where_the_student_cannot_reach_it(source, status, said, monkeypatch):
    monkeypatch.setattr(recheck, "RUNS", 1)
    row = final_rule(source)
    assert (row["score"], row["status"]) == (0.0, status)
    assert said in row["reason"]
    assert "digits_goal(my_step, " in row["reason"]
