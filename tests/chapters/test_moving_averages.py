"""The equations of the chapter on moving averages, each against a second way to the same number."""

import math

import numpy as np
import pytest
import sympy as sp

from minioptim.averages import (
    bias_correction,
    effective_sample_size,
    ewma,
    half_life,
    lag,
    weights,
    window,
)

BETAS = (0.5, 0.9, 0.99)
MANY = 6000  # steps after which 0.99^t is below rounding


def series(n, seed=0):
    return np.random.default_rng(seed).normal(loc=3.0, size=n)


def by_the_rule(y, beta, v=0.0):
    """Average without the package: one line of arithmetic a step."""
    averages = []
    for value in y:
        v = beta * v + (1 - beta) * value
        averages.append(v)
    return np.array(averages)


def stationary_variance(beta, correlation):
    """Variance of the average of correlated values, as a sum over all pairs of ages."""
    ages = np.arange(math.ceil(25 / -math.log(beta)))
    w = (1 - beta) * beta**ages
    return w @ correlation ** np.abs(ages[:, None] - ages) @ w


# ---------------------------------------------------------------- the rule and its weights


@pytest.mark.equation("ewma-plain")
def test_a_window_moves_on_by_one_addition_and_one_subtraction():
    y, N = series(50), 7
    mean = np.convolve(y, np.full(N, 1 / N), mode="valid")
    np.testing.assert_allclose(mean[1:], mean[:-1] + (y[N:] - y[:-N]) / N, atol=1e-12)


@pytest.mark.equation("ewma-rule")
@pytest.mark.parametrize("beta", [0.0, *BETAS])
def test_the_two_forms_of_the_rule_are_the_package_s_average(beta):
    y, v, moved = series(100), 0.0, []
    for value in y:
        v = v + (1 - beta) * (value - v)
        moved.append(v)
    np.testing.assert_allclose(by_the_rule(y, beta), ewma(y, beta), rtol=1e-12)
    np.testing.assert_allclose(moved, ewma(y, beta), rtol=1e-12)


@pytest.mark.equation("ewma-unrolled", "ewma-weights")
def test_unrolling_the_rule_in_symbols_gives_the_weights():
    beta, v0, *y = sp.symbols("beta v0 y1:7")
    v = v0
    for value in y:
        v = beta * v + (1 - beta) * value
    unrolled = sum((1 - beta) * beta**k * y[-1 - k] for k in range(6)) + beta**6 * v0
    assert sp.expand(v - unrolled) == 0
    expected = [float((1 - 0.9) * 0.9**k) for k in range(6)]
    np.testing.assert_allclose(weights(0.9, 6), expected, rtol=1e-14)


@pytest.mark.equation("ewma-sum")
@pytest.mark.parametrize("t", [0, 1, 2, 10, 500])
def test_the_weights_add_up_to_one_minus_beta_to_the_t(t):
    for beta in BETAS:
        total = math.fsum((1 - beta) * beta**k for k in range(t))
        assert total == pytest.approx(1 - beta**t, rel=1e-12, abs=1e-15)
        assert bias_correction(beta, t) == pytest.approx(total, rel=1e-12, abs=1e-15)


# ---------------------------------------------------------------- lengths


@pytest.mark.equation("ewma-e")
def test_the_weight_at_the_windows_age_rises_to_one_over_e():
    h = sp.symbols("h", positive=True)
    assert sp.limit(sp.log(1 - h) / h, h, 0) == -1
    values = [beta ** window(beta) for beta in (0.1, 0.5, 0.9, 0.99, 0.999, 1 - 1e-7)]
    assert (np.diff(values) > 0).all()
    assert values[-1] < math.exp(-1)
    assert values[-1] == pytest.approx(math.exp(-1), abs=1e-7)
    assert values[2] == pytest.approx(0.349, abs=5e-4)


@pytest.mark.equation("ewma-share")
@pytest.mark.parametrize(("beta", "share"), [(0.5, 0.75), (0.9, 0.651), (0.99, 0.634)])
def test_the_window_holds_just_over_63_per_cent_of_the_weight(beta, share):
    inside = weights(beta, round(1 / (1 - beta))).sum()
    assert inside == pytest.approx(1 - beta ** (1 / (1 - beta)), rel=1e-12)
    assert inside == pytest.approx(share, abs=5e-4)
    assert inside > 1 - math.exp(-1)


@pytest.mark.equation("ewma-halflife")
@pytest.mark.parametrize(("beta", "age"), [(0.9, 6.58), (0.99, 69.0), (0.999, 692.8)])
def test_the_half_life_halves_a_weight_and_the_total(beta, age):
    assert beta ** half_life(beta) == pytest.approx(0.5)
    assert half_life(beta) == pytest.approx(age, rel=1e-3)
    younger = weights(beta, math.floor(half_life(beta))).sum()
    assert younger < 0.5 < weights(beta, math.ceil(half_life(beta))).sum()


@pytest.mark.equation("ewma-age")
def test_the_mean_age_is_the_derivative_of_the_geometric_series():
    beta = sp.symbols("beta", positive=True)
    mean = sp.simplify((1 - beta) * beta * sp.diff(1 / (1 - beta), beta))
    assert sp.simplify(mean - beta / (1 - beta)) == 0
    for b in BETAS:
        assert weights(b, MANY) @ np.arange(MANY) == pytest.approx(lag(b))
        assert float(mean.subs(beta, b)) == pytest.approx(lag(b))


@pytest.mark.equation("ewma-lag")
@pytest.mark.parametrize("beta", BETAS)
def test_a_ramp_is_followed_at_the_distance_of_the_mean_age(beta):
    a, b, t = -1.5, 4.0, np.arange(1, MANY + 1)
    v = by_the_rule(a * t + b, beta)
    assert v[-1] == pytest.approx(a * (MANY - beta / (1 - beta)) + b, rel=1e-12)


@pytest.mark.equation("ewma-variance", "ewma-size")
@pytest.mark.parametrize(("beta", "size"), [(0.5, 3), (0.9, 19), (0.99, 199)])
def test_the_variance_is_the_fixed_point_of_its_own_recursion(beta, size):
    variance = 1.0
    for _ in range(MANY):  # of beta v + (1 - beta) y with y independent of v
        variance = beta**2 * variance + (1 - beta) ** 2
    assert variance == pytest.approx((1 - beta) / (1 + beta))
    assert 1 / variance == pytest.approx(size)
    assert effective_sample_size(beta) == pytest.approx(size)


@pytest.mark.equation("ewma-window-age")
@pytest.mark.parametrize("beta", BETAS)
def test_the_window_of_equal_mean_age_is_that_of_equal_variance(beta):
    N = round(effective_sample_size(beta))
    assert np.arange(N).mean() == pytest.approx(lag(beta))
    assert (weights(beta, MANY) ** 2).sum() == pytest.approx(1 / N)


# ---------------------------------------------------------------- the start


@pytest.mark.equation("ewma-bias", "ewma-corrected")
@pytest.mark.parametrize("beta", BETAS)
def test_a_constant_mean_is_too_small_by_the_corrections_factor(beta):
    t = np.arange(1, 51)
    expectation = by_the_rule(np.full(50, 7.0), beta)  # the rule is linear
    np.testing.assert_allclose(expectation, 7.0 * (1 - beta**t), rtol=1e-10)
    np.testing.assert_allclose(ewma(np.full(50, 7.0), beta, corrected=True), 7.0, rtol=1e-10)


@pytest.mark.equation("ewma-corrected")
def test_correlated_values_are_corrected_without_bias_too():
    rng = np.random.default_rng(0)
    y = 5 + np.cumsum(rng.normal(size=(8, 100_000)), axis=0)  # mean 5, far from independent
    assert ewma(y, 0.9, corrected=True)[-1].mean() == pytest.approx(5.0, abs=0.03)


@pytest.mark.equation("ewma-normalised")
@pytest.mark.parametrize("t", [1, 2, 30])
def test_a_corrected_average_is_a_weighted_mean_of_what_was_seen(t):
    y = series(t)
    for beta in BETAS:
        w = (1 - beta) * beta ** np.arange(t) / (1 - beta**t)
        assert w.sum() == pytest.approx(1)
        assert ewma(y, beta, corrected=True)[-1] == pytest.approx(w @ y[::-1])


@pytest.mark.equation("ewma-drift")
@pytest.mark.parametrize("t", [1, 5, 200])
def test_a_drifting_mean_leaves_the_mean_of_its_differences(t):
    beta = 0.95
    c = 2 + np.sin(np.arange(t) / 9)
    w = (1 - beta) * beta ** np.arange(t)
    rest = w @ (c[::-1] - c[-1])
    assert by_the_rule(c, beta)[-1] == pytest.approx((1 - beta**t) * c[-1] + rest)
    expected = c[-1] + rest / (1 - beta**t)
    assert ewma(c, beta, corrected=True)[-1] == pytest.approx(expected)


@pytest.mark.equation("ewma-young-age")
@pytest.mark.parametrize("t", [1, 2, 10, 300])
def test_a_young_averages_lag_is_the_mean_age_of_what_it_saw(t):
    for beta in BETAS:
        partial = math.fsum(k * (1 - beta) * beta**k for k in range(t))
        whole = beta / (1 - beta)
        assert partial == pytest.approx(whole - beta**t * (t + whole), abs=1e-10)
        behind = t - ewma(np.arange(1.0, t + 1), beta, corrected=True)[-1]
        assert behind == pytest.approx(whole - t * beta**t / (1 - beta**t), abs=1e-9)


@pytest.mark.equation("ewma-first")
@pytest.mark.parametrize("t", [1, 2, 10])
def test_a_start_at_the_first_value_gives_it_the_weight_left(t):
    y, beta = series(t), 0.98
    v = by_the_rule(y[1:], beta, v=y[0])[-1] if t > 1 else y[0]
    w = np.append((1 - beta) * beta ** np.arange(t - 1), beta ** (t - 1))
    assert w.sum() == pytest.approx(1)
    assert v == pytest.approx(w @ y[::-1])


@pytest.mark.equation("ewma-first")
def test_a_start_at_the_first_value_is_as_unbiased_as_a_corrected_one_and_less_calm():
    rng = np.random.default_rng(0)
    y = 5 + rng.normal(size=(10, 100_000))
    from_first, corrected = by_the_rule(y[1:], 0.95, v=y[0])[-1], ewma(y, 0.95, corrected=True)[-1]
    assert from_first.mean() == pytest.approx(5, abs=0.01)
    assert corrected.mean() == pytest.approx(5, abs=0.01)
    assert from_first.var() == pytest.approx(0.41, abs=0.01)
    assert corrected.var() == pytest.approx(0.10, abs=0.01)


@pytest.mark.parametrize(("beta", "steps"), [(0.9, 44), (0.99, 459), (0.999, 4603)])
def test_the_correction_is_below_one_per_cent_from_this_step_on(beta, steps):
    assert beta**steps < 0.01 <= beta ** (steps - 1)


# ---------------------------------------------------------------- correlated values and waves


@pytest.mark.equation("ewma-covariance", "ewma-correlated")
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("phi", [-0.5, 0.0, 0.7])
def test_averaged_weathers_variance_is_the_sum_over_all_pairs(beta, phi):
    expected = stationary_variance(beta, phi)
    covariance = (1 - beta) * phi / (1 - beta * phi)
    solved = ((1 - beta) ** 2 + 2 * beta * (1 - beta) * covariance) / (1 - beta**2)
    assert solved == pytest.approx(expected, rel=1e-8)
    formula = (1 - beta) / (1 + beta) * (1 + beta * phi) / (1 - beta * phi)
    assert formula == pytest.approx(expected, rel=1e-8)
    ages = np.arange(MANY)
    with_next = (1 - beta) * beta**ages @ phi ** (ages + 1.0)
    assert covariance == pytest.approx(with_next)


@pytest.mark.equation("ewma-response", "ewma-gain")
@pytest.mark.parametrize("omega", [2 * np.pi / 365.25, 0.3, np.pi])
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.98])
def test_a_wave_comes_out_smaller_and_later_by_gain_and_delay(beta, omega):
    t = np.arange(1, 3001)
    out = ewma(np.cos(omega * t), beta)
    gain = (1 - beta) / math.sqrt(1 - 2 * beta * math.cos(omega) + beta**2)
    delay = math.atan(beta * math.sin(omega) / (1 - beta * math.cos(omega))) / omega
    R = (1 - beta) / (1 - beta * np.exp(-1j * omega))
    assert abs(R) == pytest.approx(gain)
    expected = gain * np.cos(omega * (t - delay))
    np.testing.assert_allclose(out[2000:], expected[2000:], atol=1e-10)


@pytest.mark.equation("ewma-zigzag")
def test_of_a_zigzag_one_nineteenth_is_left_at_nine_tenths():
    out = ewma(np.where(np.arange(400) % 2 == 0, 1.0, -1.0), 0.9)
    assert abs(out[-1]) == pytest.approx(1 / 19)


# ---------------------------------------------------------------- exercises


@pytest.mark.parametrize("beta", BETAS)
def test_exercise_the_correction_is_a_beta_that_changes(beta):
    y, v = series(60), 123.0  # whatever stood there before
    for t, value in enumerate(y, start=1):
        v = v + (1 - beta) / (1 - beta**t) * (value - v)
    assert v == pytest.approx(ewma(y, beta, corrected=True)[-1])


def test_exercise_a_wild_first_value_fades_as_slowly_as_the_log_says():
    losses = [6.0] + [2.4] * 99
    assert by_the_rule(losses[1:], 0.99, v=losses[0])[-1] == pytest.approx(3.7, abs=0.05)
    assert ewma(losses, 0.99, corrected=True)[-1] == pytest.approx(2.4, abs=0.05)


def test_exercise_nine_tenths_of_the_averaged_network_are_its_first_copy():
    kept = by_the_rule(np.zeros(1000), 0.9999, v=1.0)[-1]
    assert kept == pytest.approx(0.905, abs=5e-4)
    assert by_the_rule(np.full(1000, 8.0), 0.9999)[-1] == pytest.approx(0.76, abs=5e-3)


def test_exercise_a_window_lets_a_little_more_weather_through():
    # the variance of a sum of N correlated values: N of distance 0, 2 (N - k) of distance k
    N, phi = 19, 0.7
    pairs = N + 2 * sum((N - k) * phi**k for k in range(1, N))
    assert N**2 / pairs == pytest.approx(3.92, abs=5e-3)
    assert 1 / stationary_variance(0.9, phi) == pytest.approx(4.31, abs=5e-3)


@pytest.mark.parametrize("t", [1, 2, 20, 500])
def test_exercise_the_variance_of_a_young_corrected_average(t):
    for beta in BETAS:
        w = weights(beta, t) / weights(beta, t).sum()
        formula = (1 - beta) / (1 + beta) * (1 + beta**t) / (1 - beta**t)
        assert (w**2).sum() == pytest.approx(formula)


def test_exercise_the_nearest_window_is_between_the_two_lengths():
    z = sp.nsolve(2 * (1 + sp.Symbol("z")) * sp.exp(-sp.Symbol("z")) - 1, 1.6)
    for beta, nearest in ((0.9, 16), (0.99, 167), (0.999, 1678)):
        N = np.arange(1, 3000)
        w = weights(beta, 20_000)
        sums = np.cumsum(w)[N - 1]
        distance = (w**2).sum() + 1 / N - 2 / N * sums
        assert N[distance.argmin()] == nearest
        assert nearest == pytest.approx(float(z) / -math.log(beta), abs=0.6)
