"""Exercises with other numbers for each student: every variant is right, told apart, and steady."""

from dataclasses import replace

import numpy as np
import pytest

from classroom import exercise, release
from minioptim import checks
from minioptim.checks import NotYet

from . import assigned

VARYING = [(name, item) for name, item in assigned.EXERCISES if item.vary is not None]
NAMES = [item.name for _, item in VARYING]
each_varying = pytest.mark.parametrize(("assignment", "item"), VARYING, ids=NAMES)
each_item = pytest.mark.parametrize("item", [item for _, item in VARYING], ids=NAMES)
# What no student's number is.
NONE = {
    "dots": ...,
    "nothing": None,
    "empty": "",
    "blank": "  ",
    "a bool": True,
    "a float": 1.5,
    "a list": ["1"],
    "endless": 10**5000,
    "long": "1" * 101,
}


def students(item):
    """Return a student's number for each variant."""
    found = {}
    number = 1000
    while len(found) < release.VARIANTS:
        number += 1
        found.setdefault(checks.variant_of(item.name, str(number), release.VARIANTS), number)
    return found


def test_there_is_one():
    assert VARYING


@each_varying
def test_every_variant_takes_right_answers_and_names_mistakes(assignment, item, capsys):
    for number in students(item).values():
        numbers = checks.your_numbers(item.name, number)
        for solution in item.right:
            checks.check(item.name, solution(**numbers), number)
            assert capsys.readouterr().out == f"{item.answer} is right.\n"
        for mistake in item.wrong:
            with pytest.raises(NotYet) as told:
                checks.check(item.name, mistake.solution(**numbers), number)
            assert str(told.value) == f"Not yet: {mistake.sentence}"
    assert len(item.right) >= 2
    assert len(item.wrong) >= 4
    assert assigned.data(assignment)[item.name]["mistakes"] == [m.sentence for m in item.wrong]


@each_item
def test_a_neighbours_answer_is_wrong(item):
    variants = release.variants(item)
    numbers = [repr(one.numbers) for one in variants]
    assert len(set(numbers)) == len(numbers)
    own = students(item)
    for k in range(release.VARIANTS):
        with pytest.raises(NotYet):
            checks.check(item.name, variants[k - 1].right, own[k])


@each_item
def test_students_are_spread_over_the_variants(item):
    count = 100 * release.VARIANTS
    of = [checks.variant_of(item.name, str(10**6 + k), release.VARIANTS) for k in range(count)]
    # Five standard deviations of a fair draw.
    assert np.abs(np.bincount(of, minlength=release.VARIANTS) - 100).max() < 50


@each_item
@pytest.mark.parametrize("number", ["1234567", " 123 4567", 1234567])
def test_a_number_is_the_same_as_a_text(item, number):
    assert checks.your_numbers(item.name, number) == checks.your_numbers(item.name, "1234567")


@each_item
@pytest.mark.parametrize("number", NONE.values(), ids=NONE)
def test_without_a_number_nothing_is_asked(item, number, capsys):
    assert checks.your_numbers(item.name, number) == {}
    assert "student number" in capsys.readouterr().out
    with pytest.raises(NotYet, match="student number"):
        checks.check(item.name, release.variants(item)[0].right, number)


def test_an_exercise_for_all_alike_has_no_numbers():
    with pytest.raises(ValueError, match="numbers for each student"):
        checks.your_numbers("momentum-predict", 1)


@each_varying
def test_a_key_that_is_not_the_sources_is_refused(assignment, item):
    other = replace(item, right=tuple(lambda s=s, **n: np.add(s(**n), 1) for s in item.right))
    with pytest.raises(release.ReleaseError, match="the solution is"):
        release.reference_in(release.source(assignment), [other], assignment)


@each_item
def test_right_ways_that_differ_are_refused(item):
    other = replace(item, right=(item.right[0], item.wrong[0].solution))
    with pytest.raises(release.ReleaseError, match="two right ways differ"):
        release.variants(other)


@each_item
def test_a_mistake_that_is_none_is_refused(item):
    same = exercise.Mistake("It is right.", item.right[1])
    with pytest.raises(release.ReleaseError, match="value of the reference"):
        release.variants(replace(item, wrong=(*item.wrong, same)))


def test_a_function_has_no_variants():
    step = next(item for _, item in assigned.EXERCISES if item.name == "momentum-step")
    with pytest.raises(ValueError, match="draw and trial"):
        replace(step, vary=lambda rng: {"a": rng.random()})
