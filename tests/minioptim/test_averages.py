"""Moving averages: each is the weighted sum that it claims to be, each length what it is called."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minioptim import EWMAMomentum
from minioptim.averages import (
    bias_correction,
    effective_sample_size,
    ewma,
    half_life,
    lag,
    weights,
    window,
)

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None)

betas = st.floats(0.0, 0.999)
series = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)
LENGTHS = [window, lag, half_life, effective_sample_size]


def ages(beta):
    """Ages so many that what is left out weighs less than rounding."""
    return np.arange(1 + math.ceil(40 / -math.log(beta)) if beta > 0 else 1)


# ---------------------------------------------------------------- the average


@PROPERTY
@given(series, betas)
def test_the_average_is_the_weighted_sum(y, beta):
    expected = [np.dot(weights(beta, t), y[:t][::-1]) for t in range(1, len(y) + 1)]
    np.testing.assert_allclose(ewma(y, beta), expected, rtol=1e-9, atol=1e-9)


@PROPERTY
@given(series, betas)
def test_the_corrected_average_is_the_weighted_mean(y, beta):
    expected = [
        np.average(y[:t][::-1], weights=weights(beta, t) / weights(beta, t).sum())
        for t in range(1, len(y) + 1)
    ]
    np.testing.assert_allclose(ewma(y, beta, corrected=True), expected, rtol=1e-9, atol=1e-9)


@PROPERTY
@given(series, series, betas, st.floats(-5, 5), st.booleans())
def test_the_average_is_linear(y, z, beta, factor, corrected):
    n = min(len(y), len(z))
    y, z = np.array(y[:n]), np.array(z[:n])
    together = ewma(y + factor * z, beta, corrected=corrected)
    apart = ewma(y, beta, corrected=corrected) + factor * ewma(z, beta, corrected=corrected)
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-8)


@PROPERTY
@given(st.floats(-1e3, 1e3), st.integers(1, 50), betas)
def test_a_constant_series_shows_the_bias_and_its_correction(c, n, beta):
    np.testing.assert_allclose(ewma([c] * n, beta, corrected=True), c, rtol=1e-9)
    sums = [bias_correction(beta, t) for t in range(1, n + 1)]
    np.testing.assert_allclose(ewma([c] * n, beta), c * np.array(sums), rtol=1e-9, atol=1e-9)


@PROPERTY
@given(series, betas)
def test_the_corrected_average_lies_between_the_extremes(y, beta):
    average = ewma(y, beta, corrected=True)
    assert (average >= np.minimum.accumulate(y) - 1e-9).all()
    assert (average <= np.maximum.accumulate(y) + 1e-9).all()


@PROPERTY
@given(series, betas, st.integers(0, 29))
def test_the_average_knows_nothing_of_the_future(y, beta, changed):
    other = [*y[:changed], *(value + 1 for value in y[changed:])]
    np.testing.assert_array_equal(ewma(y, beta)[:changed], ewma(other, beta)[:changed])


@PROPERTY
@given(series)
def test_with_beta_zero_it_is_the_series_itself(y):
    np.testing.assert_array_equal(ewma(y, 0.0), y)
    np.testing.assert_array_equal(ewma(y, 0, corrected=True), y)


@PROPERTY
@given(series, betas)
def test_it_is_the_velocity_of_ewma_momentum(y, beta):
    rule = EWMAMomentum(beta=beta)
    v = 0.0
    for t, value in enumerate(y, start=1):
        _, v = rule.step(value, 0.0, t, v)
    np.testing.assert_allclose(ewma(y, beta)[-1], v, rtol=1e-12, atol=1e-12)


def test_time_runs_along_the_first_axis():
    y = np.random.default_rng(0).normal(size=(9, 2, 3))
    together = ewma(y, 0.8, corrected=True)
    assert together.shape == y.shape
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[:, i, j], ewma(y[:, i, j], 0.8, corrected=True))


def test_a_series_may_be_empty_of_integers_or_read_only():
    assert ewma([], 0.9).shape == (0,)
    assert ewma(np.zeros((0, 3)), 0.9, corrected=True).shape == (0, 3)
    y = np.array([200, 100], dtype=np.uint8)
    y.setflags(write=False)
    np.testing.assert_array_equal(ewma(y, 0.5), [100.0, 100.0])
    assert ewma(np.float32([1, 2]), 0.5).dtype == np.float64


def test_a_nan_spoils_what_follows_it_and_nothing_before():
    average = ewma([1.0, math.nan, 1.0], 0.5)
    assert np.isnan(average).tolist() == [False, True, True]


def test_a_number_that_is_infinite_raises_no_warning():
    assert ewma([math.inf, 1.0], 0.5).tolist() == [math.inf, math.inf]
    assert ewma([math.inf, 1.0], 0.0)[0] == math.inf


# ---------------------------------------------------------------- weights, and what sums them up


@PROPERTY
@given(betas, st.integers(0, 200))
def test_weights_fall_by_beta_and_add_up(beta, t):
    w = weights(beta, t)
    assert w.shape == (t,)
    np.testing.assert_allclose(w.sum(), bias_correction(beta, t), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(w[1:], beta * w[:-1], rtol=1e-9, atol=1e-300)
    if t:
        assert w[0] == 1 - beta
        assert w[0] == bias_correction(beta, 1)


@PROPERTY
@given(betas)
def test_the_window_is_the_sum_of_the_powers_of_beta(beta):
    np.testing.assert_allclose(window(beta), (beta ** ages(beta)).sum(), rtol=1e-9)


@PROPERTY
@given(betas)
def test_the_lag_is_the_mean_age_and_how_a_ramp_is_trailed(beta):
    k = ages(beta)
    np.testing.assert_allclose(lag(beta), np.average(k, weights=beta**k), rtol=1e-9, atol=1e-12)
    ramp = np.arange(float(min(2 * len(k), 20_000)))
    if beta < 0.99:
        np.testing.assert_allclose(ramp[-1] - ewma(ramp, beta)[-1], lag(beta), rtol=1e-9, atol=1e-9)


@PROPERTY
@given(st.floats(1e-9, 0.999))
def test_at_the_half_life_a_weight_is_half_of_the_newest(beta):
    np.testing.assert_allclose(beta ** half_life(beta), 0.5, rtol=1e-9)


def test_the_half_life_of_no_memory_is_zero():
    assert half_life(0.0) == 0.0
    assert 0 < half_life(5e-324) < 1e-3


@PROPERTY
@given(betas)
def test_the_effective_sample_size_gives_the_variance(beta):
    # The variance of a weighted sum of independent values of variance 1 is the sum of squares.
    w = weights(beta, len(ages(beta)))
    np.testing.assert_allclose(effective_sample_size(beta), 1 / (w**2).sum(), rtol=1e-8)


@PROPERTY
@given(betas)
def test_the_lengths_are_related_as_their_formulas_say(beta):
    np.testing.assert_allclose(window(beta), lag(beta) + 1, rtol=1e-9)
    np.testing.assert_allclose(effective_sample_size(beta), window(beta) + lag(beta), rtol=1e-9)
    assert half_life(beta) <= window(beta)


@pytest.mark.parametrize(("beta", "expected"), [(0.9, 6.58), (0.99, 69.0), (0.999, 692.8)])
def test_the_half_lives_in_the_books_table(beta, expected):
    assert half_life(beta) == pytest.approx(expected, abs=0.05)


def test_at_the_window_a_weight_is_about_one_over_e():
    for beta, relative in [(0.9, 0.06), (0.99, 0.006), (0.999, 0.0006)]:
        assert beta ** window(beta) == pytest.approx(1 / math.e, rel=relative)


# ---------------------------------------------------------------- what is refused, and how


def with_beta(function, beta):
    extra = {ewma: ([1.0],), weights: (3,), bias_correction: (3,)}.get(function, ())
    return function(*extra, beta) if function is ewma else function(beta, *extra)


each_function = pytest.mark.parametrize(
    "function", [ewma, weights, bias_correction, *LENGTHS], ids=lambda function: function.__name__
)


# All functions check beta by one helper: it is tested here through one of them, and below that
# each of them asks it.


@pytest.mark.parametrize("beta", [1, 1.0, -0.1, -5e-324, math.nan, math.inf, -math.inf, 2])
def test_a_beta_out_of_range_is_refused(beta):
    with pytest.raises(ValueError, match=r"^beta must be a number in \[0, 1\), got ") as caught:
        window(beta)
    assert str(beta) in str(caught.value)


@pytest.mark.parametrize(
    "beta",
    [None, "0.9", True, np.True_, [0.9], np.array([0.9]), 0.9j, np.complex64(0.9j)],
    ids=repr,
)
def test_a_beta_that_is_no_number_is_refused(beta):
    with pytest.raises(TypeError, match=r"^beta must be a number in \[0, 1\), got ") as caught:
        window(beta)
    assert repr(beta) in str(caught.value)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_beta_of_any_float_type_becomes_a_float(kind):
    assert window(kind(0.9)) == window(float(kind(0.9)))
    assert type(window(kind(0.9))) is float


@each_function
def test_each_function_checks_beta_and_converts_it(function):
    with pytest.raises(ValueError, match=r"^beta must be a number in \[0, 1\), got 1"):
        with_beta(function, 1)
    with pytest.raises(TypeError, match=r"^beta must be a number in \[0, 1\), got True"):
        with_beta(function, True)
    beta = np.float32(0.9)
    np.testing.assert_array_equal(with_beta(function, beta), with_beta(function, float(beta)))
    if function in LENGTHS:
        assert type(function(beta)) is float


@pytest.mark.parametrize("function", [weights, bias_correction], ids=lambda f: f.__name__)
def test_a_step_number_is_whole_and_not_negative(function):
    for bad in (1.5, 2.0, "3", None, True, [3]):
        with pytest.raises(TypeError, match="^t must be a whole number, got "):
            function(0.9, bad)
    with pytest.raises(ValueError, match="^t must be at least 0, got -1"):
        function(0.9, -1)
    np.testing.assert_array_equal(function(0.9, np.int64(3)), function(0.9, 3))


@pytest.mark.parametrize("y", [["a"], "ab", [True], [1j], None, [None], {}], ids=repr)
def test_a_series_that_is_not_of_real_numbers_is_refused(y):
    with pytest.raises(TypeError, match="^series must be an array of real numbers"):
        ewma(y, 0.9)


def test_a_series_needs_an_axis_and_one_length():
    with pytest.raises(ValueError, match=r"^series must have shape \(n, ...\), got the number 3.0"):
        ewma(3.0, 0.9)
    with pytest.raises((TypeError, ValueError), match="^series must be"):
        ewma([1.0, [2.0, 3.0]], 0.9)
