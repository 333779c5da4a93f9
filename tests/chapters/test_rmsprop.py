"""The numbered equations of the chapter on RMSProp, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
import sympy as sp

from minioptim import Adagrad, Adam, CenteredRMSProp, RMSProp, minimize
from minioptim.averages import half_life
from minioptim.problems import Quadratic, Rastrigin, Ravine

RNG = np.random.default_rng(3)


def moves(rule, slopes):
    """Return how far the rule moves at each slope, started afresh."""
    state, made = rule.start(0.0), []
    for t, g in enumerate(slopes, start=1):
        move, *state = rule.step(g, 0.0, t, *state)
        made.append(move)
    return np.array(made)


# ------------------------------------------------------------------------------------- the rule


@pytest.mark.equation("rms-rule", "rms-unrolled")
def test_a_run_follows_the_rule_with_v_a_weighted_sum_of_squares():
    lr, rho, eps = 0.05, 0.8, 1e-3
    run = minimize(Ravine(), RMSProp(lr=lr, rho=rho, eps=eps), steps=30)
    x = run.x[0]
    for t in range(1, 31):
        g = run.grad[:t]
        v = (1 - rho) * sum(rho**k * g[t - 1 - k] ** 2 for k in range(t))
        x = x - lr * g[-1] / (np.sqrt(v) + eps)
        assert np.allclose(run.state["v"][t], v, rtol=1e-12, atol=0)
        assert np.allclose(run.x[t], x, rtol=0, atol=1e-12)


@pytest.mark.equation("rms-unrolled")
def test_the_weights_of_squares_add_up_to_one_minus_rho_to_the_t():
    rho, k, t = sp.Symbol("rho", positive=True), sp.Symbol("k"), 7
    total = sp.summation((1 - rho) * rho**k, (k, 0, t - 1))
    assert sp.simplify(total.doit() - (1 - rho**t)) == 0


@pytest.mark.equation("rms-rule")
def test_the_calculation_by_hand_holds():
    x, v, points = 5.0, 0.0, []
    for _ in range(3):
        g = 2 * x
        v = 0.9 * v + 0.1 * g * g
        x = x - 0.1 * g / sqrt(v)
        points.append(x)
    assert np.allclose(points, [4.6838, 4.4616, 4.2793], rtol=0, atol=5e-5)
    assert abs(v - 23.960) < 5e-4


@pytest.mark.parametrize("c", [1e-4, 7.0, 1e6])
def test_a_factor_on_all_slopes_leaves_moves_and_squares_in_v(c):
    slopes = RNG.normal(size=50)
    rule = RMSProp(lr=0.1, rho=0.9, eps=0.0)
    assert np.allclose(moves(rule, c * slopes), moves(rule, slopes), rtol=1e-12, atol=0)
    _, v = rule.step(c * 3.0, 0.0, 2, c**2 * 5.0)
    assert v == pytest.approx(c**2 * rule.step(3.0, 0.0, 2, 5.0)[1], rel=1e-12)


@pytest.mark.equation("rms-sign")
def test_without_memory_it_is_sign_descent():
    slopes = RNG.normal(size=50)
    made = moves(RMSProp(lr=0.1, rho=0.0, eps=0.0), slopes)
    assert np.allclose(made, -0.1 * np.sign(slopes), rtol=1e-12, atol=0)


def test_nine_small_slopes_and_a_large_cancel_as_memory_grows():
    ten = [0.1] * 9 + [-0.9]
    drift = [moves(RMSProp(1.0, rho), ten * 1500)[-10:].sum() for rho in (0.0, 0.9, 0.99)]
    assert drift == pytest.approx([-8.0, -0.679, -0.067], abs=1e-3)


# ------------------------------------------------------------------------------ the first steps


@pytest.mark.equation("rms-bound")
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.999])
def test_no_move_passes_the_bound_and_the_first_reaches_it(rho):
    bound = 0.1 / sqrt(1 - rho)
    wild = RNG.normal(size=200) * 10.0 ** RNG.integers(-6, 6, size=200)
    made = np.abs(moves(RMSProp(lr=0.1, rho=rho, eps=0.0), wild))
    assert np.all(made <= bound * (1 + 1e-12))
    assert made[0] == pytest.approx(bound, rel=1e-12)


@pytest.mark.equation("rms-constant")
@pytest.mark.parametrize("rho", [0.9, 0.99, 0.999])
def test_on_a_steady_slope_the_moves_fall_to_lr(rho):
    t = np.arange(1, 3001)
    made = moves(RMSProp(lr=0.1, rho=rho, eps=0.0), [-4.0] * 3000)
    assert np.allclose(made, 0.1 / np.sqrt(1 - rho**t), rtol=1e-9, atol=0)


def test_the_first_step_is_3_16_or_10_or_31_6_times_lr():
    first = [abs(moves(RMSProp(1.0, rho), [1.0])[0]) for rho in (0.9, 0.99, 0.999)]
    assert first == pytest.approx([3.16, 10.0, 31.6], abs=0.03)


@pytest.mark.equation("rms-corrected")
def test_the_corrected_rule_is_adam_without_its_mean():
    slopes, rho, v, formula = RNG.normal(size=100), 0.99, 0.0, []
    for t, g in enumerate(slopes, start=1):
        v = rho * v + (1 - rho) * g**2
        formula.append(-0.1 * g / (sqrt(v / (1 - rho**t)) + 1e-8))
    made = moves(Adam(lr=0.1, beta1=0.0, beta2=rho), slopes)
    assert np.allclose(made, formula, rtol=1e-12, atol=0)


def test_a_long_memory_throws_the_first_step_out_of_the_dent():
    run = minimize(Rastrigin(), RMSProp(lr=0.05, rho=0.999), [0.1, 0.1], steps=1)
    assert run.final == pytest.approx(0.1 - 0.05 / sqrt(0.001), abs=1e-6)
    assert run.f[1] > 10 * run.f[0]


@pytest.mark.equation("rms-extra")
def test_the_extra_way_of_the_start_is_two_half_lives():
    u = sp.Symbol("u", positive=True)
    integrand = sp.simplify((1 / u - 1) * 2 * u / (1 - u**2))
    assert sp.simplify(sp.integrate(integrand, (u, 0, 1)) - 2 * sp.log(2)) == 0
    for rho in (0.99, 0.999):
        t = np.arange(1, 100_000)
        extra = np.sum(1 / np.sqrt(1 - rho**t) - 1)
        missing = 2 / sqrt(np.log(1 / rho))  # about the integral from 0 to 1
        assert 2 * half_life(rho) - missing < extra < 2 * half_life(rho)


# --------------------------------------------------------------------------- how soon it notices


@pytest.mark.equation("rms-change")
@pytest.mark.parametrize("c", [100.0, 0.01])
def test_after_a_change_the_move_follows_the_formula(c):
    k = np.arange(1, 201)
    made = np.abs(moves(RMSProp(1.0, 0.9, 0.0), [3.0] * 500 + [3.0 * c] * 200))[500:]
    v = 0.9**k * 9 + (1 - 0.9**k) * 9 * c**2
    assert np.allclose(made, 3 * c / np.sqrt(v), rtol=1e-9, atol=0)
    assert np.allclose(made, 1 / np.sqrt(1 + (c**-2 - 1) * 0.9**k), rtol=1e-9, atol=0)


@pytest.mark.equation("rms-forget")
@pytest.mark.parametrize("rho", [0.9, 0.99, 0.999])
def test_a_hundredth_slope_takes_12_half_lives_to_half_speed(rho):
    c = 0.01
    k = np.log((c**-2 - 1) / 3) / np.log(1 / rho)
    assert 1 / sqrt(1 + (c**-2 - 1) * rho**k) == pytest.approx(0.5, rel=1e-9)
    assert k == pytest.approx((2 * np.log2(1 / c) - np.log2(3)) * half_life(rho), rel=1e-4)
    assert k / half_life(rho) == pytest.approx(11.7, abs=0.05)
    assert np.ceil(k) == {0.9: 77, 0.99: 808, 0.999: 8108}[rho]


def test_adagrad_hardly_notices_that_a_slope_has_fallen():
    made = np.abs(moves(Adagrad(lr=sqrt(200), eps=0.0), [1.0] * 200 + [0.01] * 400))
    assert made[-1] == pytest.approx(0.01, rel=1e-3)


# ------------------------------------------------------------------------ it does not come to rest


@pytest.mark.equation("rms-cycle")
@pytest.mark.parametrize(("lam", "rho"), [(1.0, 0.9), (50.0, 0.5), (1e-3, 0.99)])
def test_the_cycle_of_width_lr_repeats_itself(lam, rho):
    lr = 0.1
    x, v = lr / 2, (lam * lr / 2) ** 2
    rule = RMSProp(lr=lr, rho=rho, eps=0.0)
    after, v_after = rule.step(lam * x, x, 1, v)
    assert after == pytest.approx(-x, rel=1e-9)
    assert v_after == pytest.approx(v, rel=1e-12)
    assert lam * x**2 / 2 == pytest.approx(lam * lr**2 / 8)


def test_runs_end_in_the_cycle():
    run = minimize(Quadratic([2.0]), RMSProp(lr=0.1, eps=0.0), [3.0], steps=1500)
    assert np.allclose(np.abs(run.x[-10:]), 0.05, rtol=1e-6, atol=0)


@pytest.mark.equation("rms-cycle-matrix")
@pytest.mark.parametrize("rho", [0.3, 0.9, 0.99])
def test_the_matrix_is_the_derivative_of_a_step_at_the_cycle(rho):
    z, lam, h = 0.05, 3.0, 1e-6  # p and s = q / z are both lengths
    rule = RMSProp(lr=2 * z, rho=rho, eps=0.0)

    def step(p, s):
        x, v = z + p, lam**2 * (z**2 + z * s)
        x, v = rule.step(lam * x, x, 1, v)
        return np.array([-x - z, (v / lam**2 - z**2) / z])

    by_p = (step(h, 0) - step(-h, 0)) / (2 * h)
    by_s = (step(0, h) - step(0, -h)) / (2 * h)
    matrix = np.array([[2 * rho - 1, -rho], [2 * (1 - rho), rho]])
    assert np.allclose(np.column_stack([by_p, by_s]), matrix, rtol=0, atol=1e-6)
    assert np.abs(np.linalg.eigvals(matrix)) == pytest.approx(sqrt(rho))


@pytest.mark.equation("rms-near-cycle")
@pytest.mark.parametrize("rho", [0.3, 0.9, 0.99])
def test_beside_the_cycle_a_step_is_three_lines_to_first_order(rho):
    z, lam, p, q = 0.05, 3.0, 2e-6, -1e-7
    sign, rule = -1.0, RMSProp(lr=2 * z, rho=rho, eps=0.0)  # from an odd step to an even one
    x, v = sign * (z + p), lam**2 * (z**2 + q)
    x, v = rule.step(lam * x, x, 1, v)
    p_new, q_new = -sign * x - z, v / lam**2 - z**2
    assert q_new == pytest.approx(rho * q + 2 * (1 - rho) * z * p, rel=1e-3)
    assert z + p_new == pytest.approx((z + p) * (2 * z / sqrt(z**2 + q_new) - 1), rel=1e-12)
    assert p_new == pytest.approx(p - q_new / z, rel=1e-3)


@pytest.mark.equation("rms-noise", "rms-floor")
def test_with_noise_it_is_and_scatters_as_sgd_with_lr_over_sigma():
    lr, lam, sigma, n = 0.01, 2.0, 3.0, 3000
    rule, x, v, spread = RMSProp(lr=lr, rho=0.99), np.zeros(n), sigma**2, []
    rng = np.random.default_rng(0)
    for t in range(1, 2001):
        x, v = rule.step(lam * x + sigma * rng.normal(size=n), x, t, v)
        if t > 1200:
            spread.append(np.var(x))
    assert np.mean(spread) == pytest.approx(lr * sigma / (2 * lam), rel=0.05)
    assert np.mean(lr / np.sqrt(v)) == pytest.approx(lr / sigma, rel=0.02)
    rate = lr / sigma  # SGD's own floor, exact
    floor = rate * sigma**2 / (lam * (2 - rate * lam))
    assert floor == pytest.approx(lr * sigma / (2 * lam), rel=0.01)


# ------------------------------------------------------------------------------- eps and centring


@pytest.mark.equation("rms-eps")
@pytest.mark.parametrize("g", [1e-1, 1e-4, 1e-7, 1e-9])
def test_late_on_eps_outside_shortens_moves_as_the_formula_says(g):
    made = abs(moves(RMSProp(lr=1.0, rho=0.5, eps=1e-7), [g] * 100)[-1])
    assert made == pytest.approx(g / (g + 1e-7), rel=1e-9)


@pytest.mark.equation("rms-eps")
def test_eps_inside_the_root_has_the_floor_sqrt_eps():
    v, g, eps = 0.0, 1e-5, 1e-7
    for _ in range(100):
        v = 0.5 * v + 0.5 * g**2
    assert g / sqrt(v + eps) == pytest.approx(g / sqrt(g**2 + eps), rel=1e-9)
    assert sqrt(eps) == pytest.approx(3.2e-4, rel=0.02)
    half = sqrt(eps / 3)  # the exercise on half speed
    assert half / sqrt(half**2 + eps) == pytest.approx(0.5)


@pytest.mark.equation("rms-centred")
def test_the_centred_rule_divides_by_the_root_of_v_less_m2():
    slopes, m, v, formula = RNG.normal(size=100), 0.0, 0.0, []
    for g in slopes:
        m, v = 0.9 * m + 0.1 * g, 0.9 * v + 0.1 * g**2
        formula.append(-0.1 * g / (sqrt(v - m**2) + 1e-8))
    made = moves(CenteredRMSProp(lr=0.1, rho=0.9), slopes)
    assert np.allclose(made, formula, rtol=1e-9, atol=0)


@pytest.mark.equation("rms-variance")
def test_on_paper_the_variance_is_at_least_rho_to_the_t_times_v():
    for _ in range(20):
        rho, m, v = RNG.uniform(0.1, 0.99), 0.0, 0.0
        for t, g in enumerate(RNG.normal(loc=2.0, size=40), start=1):
            m, v = rho * m + (1 - rho) * g, rho * v + (1 - rho) * g**2
            assert v - m**2 >= rho**t * v - 1e-12


@pytest.mark.equation("rms-steady-centred")
def test_on_a_steady_slope_the_centred_moves_grow_without_limit():
    t = np.arange(1, 121)
    made = np.abs(moves(CenteredRMSProp(lr=1.0, rho=0.9, eps=0.0), [5.0] * 120))
    formula = 1 / np.sqrt(0.9**t * (1 - 0.9**t))
    assert np.allclose(made, formula, rtol=1e-6, atol=0)
    assert formula.min() >= 2
    assert formula[-1] / formula[-2] == pytest.approx(1 / sqrt(0.9), rel=1e-4)


@pytest.mark.equation("rms-variance-step")
def test_the_variances_recursion_is_the_averages_difference():
    rho, m, v, s = Fraction(9, 10), Fraction(0), Fraction(0), Fraction(0)
    for tenths in np.random.default_rng(0).integers(-20, 40, size=30):
        g = Fraction(int(tenths), 10)
        s = rho * (s + (1 - rho) * (g - m) ** 2)
        m, v = rho * m + (1 - rho) * g, rho * v + (1 - rho) * g**2
        assert s == v - m**2


def test_rounding_spoils_the_difference_and_not_the_recursion():
    slopes = np.random.default_rng(0).uniform(0.5, 2.0, size=1000)
    m = v = s = np.zeros(1000)
    off = {}
    for t in range(1, 501):
        s = 0.9 * (s + (1 - 0.9) * (slopes - m) ** 2)
        m, v = 0.9 * m + (1 - 0.9) * slopes, 0.9 * v + (1 - 0.9) * slopes**2
        exact = 0.9**t * (1 - 0.9**t) * slopes**2
        off[t] = [np.abs(variance / exact - 1).max() for variance in (v - m**2, s)]
    assert off[200][0] < 1e-3 < off[285][0]
    assert max(good for _, good in off.values()) < 1e-3
    assert np.any(v - m**2 < 0)


# -------------------------------------------------------------------------------------- exercises


@pytest.mark.equation("rms-rare")
@pytest.mark.parametrize("rho", [0.9, 0.99])
def test_a_rare_slope_gets_the_long_move_each_time(rho):
    made = abs(moves(RMSProp(1.0, rho, 1e-30), ([0.0] * 99 + [4.0]) * 40)[-1])
    v = (1 - rho) * 16 * sum(rho ** (100 * j) for j in range(1000))
    assert made == pytest.approx(4 / sqrt(v), rel=1e-9)
    assert made == pytest.approx(sqrt((1 - rho**100) / (1 - rho)), rel=1e-9)


@pytest.mark.parametrize("rho", [0.9, 0.999])
def test_the_denominator_is_halved_after_two_half_lives_of_v(rho):
    steps, v = 0, 1.0
    while sqrt(v) > 0.5:
        _, v = RMSProp(1.0, rho).step(0.0, 0.0, 1, v)
        steps += 1
    assert steps == np.ceil(2 * half_life(rho)) == {0.9: 14, 0.999: 1386}[rho]


def test_a_lost_v_is_not_seen_in_the_next_point_but_one_later():
    rule = RMSProp(lr=0.1, rho=0.9)
    first, v = rule.step(2.0, 1.0, 1, 0.5)
    second, forgetful = (rule.step(-0.3, first, 2, kept)[0] for kept in (v, 0.5))
    assert abs(second - forgetful) > 1e-3
