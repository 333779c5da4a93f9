"""The checks know right from wrong, and name what is wrong: proved on solutions of every kind."""

import runpy

import numpy as np
import pytest

from classroom import exercise, release
from minioptim import checks
from minioptim.checks import NotYet

from . import assigned, mutants
from .assigned import each_assignment, each_exercise, each_function, each_item


@each_exercise
def test_the_reference_and_every_other_right_solution_pass(assignment, item, capsys):
    for answer in (assigned.reference(assignment)[item.answer], *item.right):
        checks.check(item.name, answer)
        assert capsys.readouterr().out.startswith(f"{item.answer} is right")
        for calls in assigned.draws(assignment, item):
            assert assigned.judged(assignment, item, calls, answer).right


@each_exercise
def test_every_wrong_solution_is_told_its_own_sentence(assignment, item):
    for mistake in item.wrong:
        with pytest.raises(NotYet) as told:
            checks.check(item.name, mistake.solution)
        assert str(told.value).splitlines()[0] == f"Not yet: {mistake.sentence}"
        for calls in assigned.draws(assignment, item):
            verdict = assigned.judged(assignment, item, calls, mistake.solution)
            assert not verdict.right
            assert verdict.sentence == mistake.sentence


@each_item
def test_an_exercise_has_several_solutions_and_mistakes(item):
    assert len(item.right) >= 2
    assert len(item.wrong) >= 4


@each_function
def test_answers_learned_by_heart_fail_new_calls(assignment, item):
    visible, *hidden = assigned.draws(assignment, item)
    function = assigned.reference(assignment)[item.answer]
    book = {repr(call): checks.call(function, call).result for call in visible}

    def by_heart(*arguments):
        return book.get(repr(arguments), book[repr(visible[0])])

    checks.check(item.name, by_heart)
    for calls in hidden:
        assert not assigned.judged(assignment, item, calls, by_heart).right


@each_function
def test_every_mutant_of_the_reference_is_caught_or_equivalent(assignment, item):
    path = exercise.EXERCISES / "keys" / f"{assignment}.py"
    equivalent = runpy.run_path(str(path)).get("EQUIVALENT", {}).get(item.name, {})
    cells = [
        cell.source
        for cell in assigned.source(assignment).cells
        if cell.cell_type == "code"
        and (assigned.nbgrader(cell).get("solution") or "given" in cell.metadata.get("tags", []))
    ]
    alive, count = {}, 0
    for description, text in mutants.mutants("\n".join(cells), item.answer):
        count += 1
        names = {"np": np}
        exec(compile(text, "<mutant>", "exec"), names)  # noqa: S102 - our own text
        answer = mutants.bounded(names[item.answer])
        for number, calls in enumerate(assigned.draws(assignment, item)):
            if assigned.judged(assignment, item, calls, answer).right:
                alive.setdefault(description, []).append("hidden" if number else "visible")
    assert count >= 3
    assert {what: where for what, where in alive.items() if what not in equivalent} == {}
    assert set(equivalent) <= set(alive), "these are caught: take them off the list"


@each_item
def test_calls_leave_room_for_no_lucky_guess(item):
    for seed in assigned.HIDDEN:
        calls = item.calls(seed)
        assert len(calls) >= 2
        assert repr(calls) == repr(item.calls(seed)), "the same seed draws the same"
    assert len({repr(item.calls(seed)) for seed in assigned.HIDDEN}) == len(assigned.HIDDEN)


@each_item
def test_every_argument_takes_several_values(item):
    # What never changes could be written into a solution, and nobody would notice.
    for seed in assigned.HIDDEN:
        for position, values in enumerate(zip(*item.calls(seed), strict=True)):
            assert len({repr(value) for value in values}) > 1, f"argument {position}"


@each_assignment
def test_no_sentence_holds_the_value_that_is_asked_for(assignment):
    for item in exercise.exercises(assignment):
        value = assigned.reference(assignment)[item.answer]
        if item.draw is None and len(str(value)) > 1:
            assert [m.sentence for m in item.wrong if str(value) in m.sentence] == []


def test_no_two_assignments_share_the_name_of_an_exercise():
    names = [item.name for _, item in assigned.EXERCISES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "number"),
    [("def f(x):\n    return x + 1", 4), ("def f(x):\n    y = -x\n    return np.abs(y)", 3)],
)
def test_mutants_are_made(text, number):
    made = list(mutants.mutants(text, "f"))
    assert len({program for _, program in made}) == len(made) == number


def test_a_mutant_that_never_ends_is_stopped():
    def endless():
        while True:
            pass

    with pytest.raises(TimeoutError, match="on and on"):
        mutants.bounded(endless)()


def test_a_weak_draw_is_found_out():
    # With v always 0, as from a first step, nobody can tell momentum from gradient descent.
    step = next(item for _, item in assigned.EXERCISES if item.name == "momentum-step")

    def first_steps(rng):
        return [(g, x, 1, 0.0 * x, lr, m) for g, x, _, _, lr, m in step.calls(int(rng.integers(9)))]

    weak = exercise.Exercise(
        step.name, step.answer, step.points, first_steps, step.rtol, step.right, step.wrong
    )
    calls = weak.calls(seed=0)
    descent = weak.wrong[0].solution
    assert assigned.judged("momentum", weak, calls, descent).right
    assert len(release.sentences(weak, calls)) < len(weak.wrong)
