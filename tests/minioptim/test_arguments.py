"""The checks of arguments, each by itself; that each function uses its own is tested beside it."""

import math

import numpy as np
import pytest

from minioptim._arguments import constant, numbers, whole, within


@pytest.mark.parametrize("bad", ["1", None, True, np.True_, 1j, [0.5], np.array([0.5])], ids=repr)
def test_within_takes_numbers_alone(bad):
    with pytest.raises(TypeError, match=r"^rate must be a number in \[0, 2\], got ") as caught:
        within("rate", bad, 0, 2)
    assert repr(bad) in str(caught.value)


@pytest.mark.parametrize("bad", [-5e-324, 2.1, math.nan, math.inf, -math.inf])
def test_within_refuses_what_is_outside(bad):
    with pytest.raises(ValueError, match=r"^rate must be a finite number in \[0, 2\]") as caught:
        within("rate", bad, 0, 2)
    assert str(bad) in str(caught.value)


def test_within_has_both_ends_and_may_have_none_above():
    assert [within("rate", x, 0, 2) for x in (0, 2, np.float32(0.5), np.int8(1))] == [0, 2, 0.5, 1]
    assert within("rate", 1e308, 0, math.inf) == 1e308
    with pytest.raises(ValueError, match="^rate must be a finite number"):
        within("rate", math.inf, 0, math.inf)
    assert type(within("rate", np.float32(0.5), 0, 2)) is float


@pytest.mark.parametrize("bad", [1.5, 2.0, "3", None, True, np.True_, [3], np.array([3])], ids=repr)
def test_whole_takes_whole_numbers_alone(bad):
    with pytest.raises(TypeError, match="^count must be a whole number, got ") as caught:
        whole("count", bad, at_least=0)
    assert repr(bad) in str(caught.value)


def test_whole_has_a_least_number():
    assert [whole("count", n, at_least=3) for n in (3, np.int64(4), np.uint8(5))] == [3, 4, 5]
    assert type(whole("count", np.int64(4), at_least=3)) is int
    with pytest.raises(ValueError, match="^count must be at least 3, got 2"):
        whole("count", 2, at_least=3)


@pytest.mark.parametrize("bad", ["a", ["a"], None, [None], [True], 1j, {}, object], ids=repr)
def test_numbers_refuses_what_is_none(bad):
    with pytest.raises(TypeError, match="^x must be an array of real numbers, got ") as caught:
        numbers("x", bad)
    assert repr(bad) in str(caught.value)


def test_numbers_refuses_rows_of_different_lengths():
    with pytest.raises((TypeError, ValueError), match="^x must be an array of real numbers, got "):
        numbers("x", [1.0, [2.0, 3.0]])


def test_numbers_converts_and_copies_only_then():
    given = np.array([1.0, 2.0])
    assert numbers("x", given) is given
    for dtype in (int, np.int8, np.uint8, np.float16, np.float32, np.longdouble):
        assert numbers("x", given.astype(dtype)).dtype == np.float64
        np.testing.assert_array_equal(numbers("x", given.astype(dtype)), given)
    largest = np.array([np.finfo(np.longdouble).max])
    assert numbers("x", largest)[0] >= np.finfo(float).max  # an infinity or not, without a warning


def test_constant_is_a_float_or_a_read_only_copy():
    given = np.array([1, 2])
    kept = constant("lr", given, "a number")
    given[0] = 9
    np.testing.assert_array_equal(kept, [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 9.0
    assert type(constant("lr", np.float32(0.5), "a number")) is float
    with pytest.raises(ValueError, match="^lr must be a number or an array of them, got an empty"):
        constant("lr", [], "a number")
    with pytest.raises(TypeError, match="^lr must be a number or an array of them, got 'a'"):
        constant("lr", "a", "a number")
