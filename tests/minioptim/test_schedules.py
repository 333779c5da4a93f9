"""Schedules: bounds, monotone parts, closed forms, and laws of joining them.

The schedules are discovered, not listed: a new one must be added to `EXAMPLES` to pass.
"""

import inspect
import itertools
import math
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minioptim import GradientDescent, schedules
from minioptim.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    InverseRoot,
    Linear,
    Product,
    Schedule,
    Sequence,
    StepDecay,
    Sum,
    WarmUp,
    WarmUpStableDecay,
)

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None)

amounts = st.floats(0.0, 10.0).map(lambda value: round(value, 6))
factors = st.floats(0.01, 1.0)
lengths = st.integers(1, 50)
steps = st.integers(1, 200)

EXAMPLES = {
    Constant: Constant(0.3),
    StepDecay: StepDecay(0.8, factor=0.5, every=10),
    Exponential: Exponential(0.8, decay=0.9),
    InverseRoot: InverseRoot(0.8),
    Linear: Linear(0.1, 1.0, steps=7),
    Cosine: Cosine(0.8, steps=9, final=0.1),
    Cyclic: Cyclic(0.1, peak=0.9, half_period=4),
    WarmUp: WarmUp(5, after=InverseRoot(0.4)),
    Sequence: Sequence((Constant(0.1), Exponential(0.8, decay=0.5)), ends=(10,)),
    Product: Constant(2.0) * InverseRoot(0.1),
    Sum: Constant(0.5) + InverseRoot(0.1),
    CosineRestarts: CosineRestarts(0.8, every=3, growth=2, final=0.1),
    WarmUpStableDecay: WarmUpStableDecay(0.8, warm_up=3, stable=5, decay_steps=4, final=0.1),
}
each_schedule = pytest.mark.parametrize(
    "schedule", EXAMPLES.values(), ids=lambda s: type(s).__name__
)


def simple():
    """Schedules of every simple kind, with random amounts."""
    return st.one_of(
        st.builds(Constant, amounts),
        st.builds(StepDecay, amounts, factors, lengths),
        st.builds(Exponential, amounts, factors),
        st.builds(InverseRoot, amounts),
        st.builds(Linear, amounts, amounts, lengths),
        st.builds(Cosine, amounts, lengths, amounts),
        st.builds(Cyclic, amounts, amounts, lengths),
    )


def test_every_schedule_of_the_module_has_an_example_here():
    found = {
        cls
        for _, cls in inspect.getmembers(schedules, inspect.isclass)
        if issubclass(cls, Schedule) and cls is not Schedule
    }
    assert found == set(EXAMPLES)


# ---------------------------------------------------------------- what each one does


@PROPERTY
@given(simple(), steps)
def test_values_are_finite_not_negative_and_within_the_ends(schedule, t):
    ends = [getattr(schedule, name, None) for name in ("lr", "final", "peak")]
    known = [value for value in ends if value is not None]
    falls_to_zero = isinstance(schedule, (StepDecay, Exponential, InverseRoot))
    low = 0.0 if falls_to_zero else min(known)
    assert low - 1e-12 <= schedule(t) <= max(known) + 1e-12
    assert math.isfinite(schedule(t))


@PROPERTY
@given(simple())
def test_each_simple_schedule_starts_at_lr(schedule):
    assert schedule(1) == pytest.approx(schedule.lr, abs=1e-12)


@PROPERTY
@given(simple(), steps)
def test_a_schedule_is_a_pure_function_of_the_step(schedule, t):
    before = schedule(t)
    schedule(t + 1)
    schedule(1)
    assert schedule(t) == before


@PROPERTY
@given(
    st.one_of(
        st.builds(StepDecay, amounts, factors, lengths),
        st.builds(Exponential, amounts, factors),
        st.builds(InverseRoot, amounts),
    ),
    steps,
)
def test_decays_never_rise(schedule, t):
    assert schedule(t + 1) <= schedule(t) + 1e-15


@PROPERTY
@given(st.sampled_from([Linear, Cosine]), amounts, amounts, lengths)
def test_line_and_half_wave_go_one_way_and_stay(kind, lr, final, n):
    schedule = kind(lr=lr, final=final, steps=n)
    values = np.array([schedule(t) for t in range(1, n + 10)])
    assert (np.diff(values) * np.sign(final - lr) >= -1e-12).all()
    np.testing.assert_allclose(values[n:], final, rtol=0, atol=1e-12)
    if lr != final and n > 1:
        assert values[n - 1] != pytest.approx(final, abs=1e-3 * abs(final - lr) / n**2)


@PROPERTY
@given(st.sampled_from([Linear, Cosine]), amounts, amounts, st.integers(1, 25))
def test_line_and_half_wave_are_half_way_at_half_time(kind, lr, final, half):
    schedule = kind(lr=lr, final=final, steps=2 * half)
    assert schedule(half + 1) == pytest.approx((lr + final) / 2, abs=1e-12)


@PROPERTY
@given(amounts, amounts, lengths, steps)
def test_the_line_has_one_slope(lr, final, n, t):
    schedule = Linear(lr, final, n)
    if t <= n:
        assert schedule(t + 1) - schedule(t) == pytest.approx((final - lr) / n, abs=1e-12)


@PROPERTY
@given(amounts, amounts, lengths, steps)
def test_the_triangle_wave_is_periodic_and_symmetric(lr, peak, half, t):
    wave = Cyclic(lr, peak, half)
    assert wave(t + 2 * half) == pytest.approx(wave(t), abs=1e-9)
    assert wave(half + 1) == pytest.approx(peak, abs=1e-12)
    mirrored = 2 * half + 2 - ((t - 1) % (2 * half) + 1)
    assert wave(mirrored) == pytest.approx(wave(t), abs=1e-9)


@PROPERTY
@given(amounts, factors, lengths, st.integers(0, 5))
def test_the_staircase_falls_by_its_factor_between_stairs(lr, factor, n, stair):
    schedule = StepDecay(lr, factor, n)
    begin, end = stair * n + 1, (stair + 1) * n
    assert schedule(begin) == schedule(end)
    assert schedule(end + 1) == pytest.approx(factor * schedule(end), rel=1e-9)


@PROPERTY
@given(amounts, factors, steps)
def test_closed_forms(lr, factor, t):
    assert Constant(lr)(t) == lr
    assert Exponential(lr, factor)(t + 1) == pytest.approx(factor * Exponential(lr, factor)(t))
    assert Exponential(lr, factor)(t) == StepDecay(lr, factor, every=1)(t)
    assert InverseRoot(lr)(t) * math.sqrt(t) == pytest.approx(lr)
    assert InverseRoot(lr)(4 * t) == pytest.approx(InverseRoot(lr)(t) / 2)


def test_known_values_of_the_half_wave():
    # cos of 0, 60, 90, 120 and 180 degrees: 1, 1/2, 0, -1/2, -1.
    wave = Cosine(1.0, steps=6)
    assert [wave(t) for t in (1, 3, 4, 5, 7)] == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])


@each_schedule
def test_values_are_those_of_its_steps(schedule):
    assert schedule.values(30).tolist() == [schedule(t) for t in range(1, 31)]


def test_values_of_a_batch_keep_its_shape():
    assert Linear([0.1, 0.2], 0.0, steps=4).values(7).shape == (7, 2)


@pytest.mark.parametrize("t", [np.arange(1, 4), 1.0, "1", None, [1]], ids=repr)
@each_schedule
def test_a_schedule_is_called_with_the_number_of_one_step(schedule, t):
    with pytest.raises(TypeError, match=r"^t must be the number of one step, got .*values\(steps"):
        schedule(t)


def test_a_value_beyond_the_largest_float_names_the_schedule_and_the_step():
    with pytest.raises(OverflowError, match=r"Exponential\(.*beyond the largest float at t=8000$"):
        Exponential(1e-7, decay=1.1)(8000)


@PROPERTY
@given(amounts, amounts, lengths, st.integers(1, 3), steps)
def test_restarts_are_cosines_one_after_the_other(lr, final, every, growth, t):
    past, length = t, every
    while past > length:
        past, length = past - length, length * growth
    expected = Cosine(lr, steps=length, final=final)(past)
    assert CosineRestarts(lr, every, growth, final)(t) == pytest.approx(expected, abs=1e-12)


@PROPERTY
@given(amounts, amounts, lengths, lengths, lengths, steps)
def test_warm_up_stable_decay_is_its_three_parts_joined(lr, final, up, stable, down, t):
    parts = (Constant(lr), Linear(lr, final, steps=down))
    joined = WarmUp(up, after=Sequence(parts, ends=(stable,)))
    mine = WarmUpStableDecay(lr, up, stable, down, final)
    assert mine(t) == pytest.approx(joined(t), abs=1e-12)


@PROPERTY
@given(simple(), simple(), amounts, steps)
def test_a_sum_adds_what_it_holds(first, second, amount, t):
    assert (first + second)(t) == first(t) + second(t)
    assert (amount + first)(t) == first(t) + amount


# ---------------------------------------------------------------- joined schedules


@PROPERTY
@given(simple(), simple(), steps)
def test_a_product_of_schedules_is_the_schedule_of_products(a, b, t):
    assert (a * b)(t) == a(t) * b(t) == (b * a)(t)


@PROPERTY
@given(simple(), simple(), simple(), steps)
def test_products_associate(a, b, c, t):
    assert ((a * b) * c)(t) == pytest.approx((a * (b * c))(t))


@PROPERTY
@given(simple(), amounts, steps)
def test_a_number_may_stand_on_either_side(schedule, number, t):
    assert (number * schedule)(t) == (schedule * number)(t) == schedule(t) * number
    assert (np.float64(number) * schedule)(t) == pytest.approx(schedule(t) * number)


@pytest.mark.parametrize("array", [np.array([0.5, 1.0]), [0.5, 1.0]], ids=["array", "list"])
def test_an_array_may_stand_on_either_side(array):
    left, right = array * InverseRoot(0.8), InverseRoot(0.8) * array
    assert isinstance(left, Schedule)
    assert isinstance(right, Schedule)
    np.testing.assert_allclose(left(4), [0.2, 0.4])
    np.testing.assert_allclose(right(4), [0.2, 0.4])


@PROPERTY
@given(lengths, simple(), st.integers(1, 100))
def test_a_warm_up_rises_evenly_to_what_follows(n, after, t):
    schedule = WarmUp(n, after)
    rise = np.array([schedule(k) for k in range(1, n + 1)])
    np.testing.assert_allclose(rise, after(1) * np.arange(1, n + 1) / n, rtol=1e-12, atol=1e-15)
    assert schedule(n) == schedule(n + 1) == after(1), "no jump, and no start at 0"
    assert schedule(n + t) == after(t)


@PROPERTY
@given(st.lists(st.tuples(simple(), lengths), min_size=1, max_size=4), simple())
def test_a_sequence_counts_each_of_its_schedules_from_one(parts, last):
    ends = tuple(itertools.accumulate(n for _, n in parts))
    sequence = Sequence((*(s for s, _ in parts), last), ends)
    expected = [s(t) for s, n in parts for t in range(1, n + 1)]
    expected += [last(t) for t in range(1, 11)]
    assert [sequence(t) for t in range(1, ends[-1] + 11)] == expected


@PROPERTY
@given(lengths, simple(), steps)
def test_a_warm_up_is_a_sequence_of_a_line_and_what_follows(n, after, t):
    first = after(1)
    line = Linear(first / n, first * (n + 1) / n, steps=n)
    assert Sequence((line, after), ends=(n,))(t) == pytest.approx(WarmUp(n, after)(t), abs=1e-12)


@PROPERTY
@given(simple(), lengths, steps)
def test_a_schedule_cut_anywhere_is_itself_until_there(schedule, n, t):
    assert Sequence((schedule,), ())(t) == schedule(t)
    if t <= n:
        assert Sequence((schedule, Constant(0.0)), (n,))(t) == schedule(t)


# ---------------------------------------------------------------- arrays: one run per entry


@PROPERTY
@given(st.lists(amounts, min_size=1, max_size=4), steps)
def test_amounts_of_shape_s_give_values_of_shape_s(lr, t):
    array = np.array(lr)
    makers = [
        Constant,
        lambda a: StepDecay(a, 0.5, 3),
        lambda a: StepDecay(2.0, a, 3),
        lambda a: Exponential(a, 0.5),
        lambda a: Exponential(2.0, a / 10),
        InverseRoot,
        lambda a: Linear(a, 1.0, 5),
        lambda a: Linear(1.0, a, 5),
        lambda a: Cosine(a, 5, 0.1),
        lambda a: Cosine(0.1, 5, a),
        lambda a: Cyclic(a, 1.0, 3),
        lambda a: Cyclic(1.0, a, 3),
        lambda a: WarmUp(4, InverseRoot(a)),
        lambda a: Sequence((Constant(a), InverseRoot(a)), (5,)),
        lambda a: Constant(a) * InverseRoot(0.5),
    ]
    for make in makers:
        value = make(array)(t)
        assert np.shape(value) == array.shape
        np.testing.assert_allclose(value, [make(entry)(t) for entry in lr], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        Constant,
        lambda a: StepDecay(a, 0.5, 3),
        lambda a: Exponential(1.0, a),
        InverseRoot,
        lambda a: Linear(a, 1.0, 5),
        lambda a: Cosine(a, 5),
        lambda a: Cyclic(a, 1.0, 3),
    ],
    ids=["constant", "staircase", "decay", "root", "line", "half wave", "triangle"],
)
def test_a_list_of_amounts_is_an_array_of_them(make):
    np.testing.assert_array_equal(make([0.25, 0.5])(3), make(np.array([0.25, 0.5]))(3))


def test_whole_amounts_do_not_overflow_as_integers():
    assert Exponential(1, decay=np.array([3]))(50)[0] == pytest.approx(3.0**49)
    assert StepDecay(1, factor=np.int64(3), every=1)(50) == pytest.approx(3.0**49)


def test_a_schedule_copies_what_it_was_given():
    amounts_given = np.array([0.1, 0.2])
    schedule = Constant(amounts_given)
    amounts_given[0] = -9.0
    np.testing.assert_array_equal(schedule(1), [0.1, 0.2])


# ---------------------------------------------------------------- values, as dataclasses are


@each_schedule
def test_a_schedule_is_a_frozen_value(schedule):
    assert replace(schedule) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301
    assert eval(repr(schedule), vars(schedules)) == schedule  # noqa: S307
    assert hash(replace(schedule)) == hash(schedule)
    with pytest.raises(FrozenInstanceError):
        setattr(schedule, fields(schedule)[0].name, 1)


@each_schedule
def test_a_schedule_stands_in_place_of_a_learning_rate(schedule):
    assert GradientDescent(lr=schedule).at(3).lr == schedule(3)


# ---------------------------------------------------------------- what is refused, and how

AMOUNTS = [(cls, field.name) for cls in EXAMPLES for field in fields(cls) if field.type == "Real"]
COUNTS = [(cls, field.name) for cls in EXAMPLES for field in fields(cls) if field.type == "int"]


def named(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, -1.0, -5e-324, [0.1, math.nan], np.array([-1.0])], ids=repr
)
def test_an_amount_is_finite_and_not_below_zero(bad):
    with pytest.raises(ValueError, match="^lr must be a finite number >= 0, got ") as caught:
        Constant(bad)
    assert repr(bad) in str(caught.value)


@pytest.mark.parametrize(
    "bad", [None, "0.1", True, 1j, object, [True], ["a"], [None], Constant(1.0)], ids=repr
)
def test_an_amount_is_a_number_or_an_array(bad):
    with pytest.raises(TypeError, match="^lr must be a finite number >= 0 or an array"):
        Constant(bad)


@pytest.mark.parametrize("bad", [[0.1, [0.2]], []], ids=repr)
def test_an_amount_is_not_ragged_and_not_empty(bad):
    with pytest.raises((TypeError, ValueError), match="^lr must be "):
        Constant(bad)


@pytest.mark.parametrize("bad", [1.5, 2.0, "3", None, True, [3]], ids=repr)
def test_a_number_of_steps_is_whole(bad):
    with pytest.raises(TypeError, match="^steps must be a whole number, got "):
        Cosine(0.1, steps=bad)


@pytest.mark.parametrize("low", [0, -1])
def test_a_number_of_steps_is_at_least_one(low):
    with pytest.raises(ValueError, match=f"^steps must be at least 1, got {low}"):
        Cosine(0.1, steps=low)


@pytest.mark.parametrize(("cls", "name"), AMOUNTS, ids=named)
def test_each_amount_is_checked(cls, name):
    with pytest.raises(ValueError, match=f"^{name} must be a finite number >= 0, got "):
        replace(EXAMPLES[cls], **{name: -1.0})
    with pytest.raises(TypeError, match=f"^{name} must be a finite number >= 0 or an array"):
        replace(EXAMPLES[cls], **{name: "0.1"})


@pytest.mark.parametrize(("cls", "name"), COUNTS, ids=named)
def test_each_number_of_steps_is_checked(cls, name):
    with pytest.raises(TypeError, match=f"^{name} must be a whole number, got 1.5"):
        replace(EXAMPLES[cls], **{name: 1.5})
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0"):
        replace(EXAMPLES[cls], **{name: 0})
    assert math.isfinite(replace(EXAMPLES[cls], **{name: np.int64(3)})(2))


def test_what_is_joined_must_be_schedules():
    for make, name in [
        (lambda bad: WarmUp(3, after=bad), "after"),
        (lambda bad: Sequence((Constant(1.0), bad), (5,)), "schedules"),
        (lambda bad: Product(bad, Constant(1.0)), "first"),
        (lambda bad: Product(Constant(1.0), bad), "second"),
    ]:
        for bad in (0.1, None, lambda t: 1.0 / t, Constant):
            with pytest.raises(TypeError, match=f"^{name} must be a schedule such as Constant"):
                make(bad)


@pytest.mark.parametrize("bad", ["a", None, -1.0, math.nan], ids=repr)
def test_what_a_schedule_is_multiplied_by_must_be_an_amount(bad):
    with pytest.raises((TypeError, ValueError), match="must be a finite number >= 0"):
        Constant(0.1) * bad


@pytest.mark.parametrize("ends", [(), (1, 2), (3, 3, 3), (5, 2), (2, 2)], ids=str)
def test_the_ends_of_a_sequence_rise_and_are_one_fewer(ends):
    count = 2 if len(ends) != 2 or ends == (1, 2) else 3
    with pytest.raises(
        ValueError, match=rf"^ends must rise and be one fewer than the {count}"
    ) as caught:
        Sequence((Constant(0.1),) * count, ends)
    assert str(ends) in str(caught.value)


def test_the_ends_of_a_sequence_are_whole_numbers_of_steps():
    with pytest.raises(TypeError, match="^ends must be a whole number, got 2.5"):
        Sequence((Constant(0.1), Constant(0.2)), (2.5,))
    with pytest.raises(ValueError, match="^ends must be at least 1, got 0"):
        Sequence((Constant(0.1), Constant(0.2)), (0,))


def test_a_schedule_needs_a_value():
    with pytest.raises(TypeError, match="abstract"):
        Schedule()


def test_a_schedule_of_ones_own_can_be_joined_with_the_others():
    @dataclass(frozen=True)
    class Halving(Schedule):
        lr: float

        def __call__(self, t):
            return self.lr / 2 ** (t - 1)

    assert (2.0 * Halving(0.5))(2) == 0.5
    assert WarmUp(2, Halving(0.5))(4) == 0.25


@given(lr=st.floats(0, 1e6), final=st.floats(0, 1e6), steps=st.integers(1, 1000))
def test_a_line_ends_exactly_where_it_should(lr, final, steps):
    line = Linear(lr, final, steps)
    assert line(1) == lr
    assert line(steps + 1) == final


def test_a_schedule_of_ones_own_is_checked_too():
    @dataclass(frozen=True)
    class Own(Schedule):
        lr: float = 0.1
        steps: int = 3

        def __call__(self, t):
            return self.lr

    with pytest.raises(TypeError, match="^lr must be"):
        Own(lr="x")
    with pytest.raises(ValueError, match="^steps must be at least 1, got -3"):
        Own(steps=-3)
