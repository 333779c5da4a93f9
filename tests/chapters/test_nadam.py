"""Each numbered equation of the chapter on NAdam, and what its exercises claim.

An equation is computed from its own formula and held against the package or a second derivation.
"""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from minioptim.problems import Quadratic, Ravine, Rosenbrock
from minioptim.rules import Adam, NAdam, Nesterov
from minioptim.run import minimize
from minioptim.schedules import InverseRoot

B1, B2, EPS, LR = 0.9, 0.999, 1e-8, 0.01
START = np.array([-1.2, 1.0])


def _mu(t, psi):
    return B1 * (1 - 0.5 * 0.96 ** (t * psi))


def _averages(gradients):
    """Return m and v before and after each gradient, unrolled as weighted sums."""
    g, n = np.asarray(gradients), len(gradients)
    m = [sum((1 - B1) * B1 ** (t - i) * g[i - 1] for i in range(1, t + 1)) for t in range(n + 1)]
    v = [
        sum((1 - B2) * B2 ** (t - i) * g[i - 1] ** 2 for i in range(1, t + 1)) for t in range(n + 1)
    ]
    return m, v


def _root(v, t):
    return np.sqrt(v / (1 - B2**t)) + EPS


def _weights(rule, t):
    """Return what step t makes of each gradient, the newest first, with the root drowned in eps."""
    rule, state = replace(rule, lr=1e100, eps=1e100), rule.start(0.0)
    for i in range(1, t + 1):
        d, *state = rule.step((np.arange(1, t + 1) == i) * 1.0, 0.0, i, *state)
    return -d[::-1]


@pytest.mark.equation("nadam-split")
def test_adams_step_is_a_jump_and_a_correction():
    run = minimize(Rosenbrock(), Adam(lr=LR), START, steps=20)
    m, v = _averages(run.grad)
    for t in range(1, 21):
        scale = LR / _root(v[t], t) / (1 - B1**t)
        step = -scale * B1 * m[t - 1] - scale * (1 - B1) * run.grad[t - 1]
        np.testing.assert_allclose(run.x[t], run.x[t - 1] + step, rtol=1e-12)


@pytest.mark.equation("nadam-lookahead", "nadam-constant")
def test_jump_ask_and_correct_asks_where_nadam_stands():
    x, m, v, jump = START, np.zeros(2), np.zeros(2), np.zeros(2)
    gradient, queries, bars = Rosenbrock().gradient, [], []
    for t in range(1, 101):
        q = x - jump
        g = gradient(q)
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g**2
        correction = LR / _root(v, t) * (1 - B1) * g / (1 - B1**t)
        x = q - correction
        jump = LR / _root(v, t) * B1 * m / (1 - B1 ** (t + 1))
        queries.append(q)
        bars.append((1 - B1) * g / (1 - B1**t) + B1 * m / (1 - B1 ** (t + 1)))
        np.testing.assert_allclose(q - correction - jump, q - LR / _root(v, t) * bars[-1])
    run = minimize(Rosenbrock(), NAdam(lr=LR, psi=np.inf), START, steps=100)
    np.testing.assert_allclose(run.x[:-1], queries, rtol=0, atol=1e-12)


@pytest.mark.equation("nadam-sum")
def test_weights_of_changing_momentum_add_up_to_one_less_product():
    mu = sp.symbols("mu1:6")
    total = sp.Integer(0)
    for factor in mu:
        total = factor * total + 1 - factor
    assert sp.expand(total - (1 - sp.prod(mu))) == 0


@pytest.mark.equation("nadam-rule", "nadam-schedule")
@pytest.mark.parametrize("psi", [0.004, 1.0, np.inf])
def test_the_rule_is_correction_and_next_jump_over_adams_root(psi):
    run = minimize(Rosenbrock(), NAdam(lr=LR, psi=psi), START, steps=30)
    m, v = _averages(run.grad)
    for t in range(1, 31):
        product = np.prod([_mu(i, psi) for i in range(1, t + 1)])
        mu, after = _mu(t, psi), _mu(t + 1, psi)
        bar = (1 - mu) * run.grad[t - 1] / (1 - product) + after * m[t] / (1 - product * after)
        np.testing.assert_allclose(run.x[t], run.x[t - 1] - LR * bar / _root(v[t], t), rtol=1e-11)


def test_at_step_100_the_schedules_stand_at_457_and_892():
    assert round(_mu(100, 0.004), 3) == 0.457
    assert round(_mu(100, 1.0), 3) == 0.892


@pytest.mark.equation("nadam-hand")
def test_the_first_step_by_hand():
    x, m, *_ = NAdam(lr=0.1, psi=np.inf).step(10.0, 5.0, 1, *NAdam().start(0.0))
    bar = 0.1 * 10 / (1 - 0.9) + 0.9 * 1 / (1 - 0.9**2)
    assert round(bar, 3) == 14.737
    assert m == pytest.approx(1)
    assert x == pytest.approx(5 - 0.1 * bar / 10)
    assert round(x, 4) == 4.8526


@pytest.mark.equation("nadam-dozat")
def test_dozats_schedule_is_constant_momentums_bias_correction():
    beta, raw, m = sp.Rational(9, 10), sp.Integer(0), sp.Integer(0)
    g = sp.symbols("g1:7")
    for t in range(1, 7):
        mu, mu_next = (beta * (1 - beta ** (k - 1)) / (1 - beta**k) for k in (t, t + 1))
        raw = beta * raw + (1 - beta) * g[t - 1]
        m = mu * m + (1 - mu) * g[t - 1]
        assert sp.expand(m - raw / (1 - beta**t)) == 0  # Adam's m with its correction
        bar = (1 - mu) * g[t - 1] + mu_next * m
        bracket = (1 - beta) * g[t - 1] / (1 - beta**t) + beta * raw / (1 - beta ** (t + 1))
        assert sp.expand(bar - bracket) == 0


@pytest.mark.equation("nadam-nesterov")
def test_without_root_and_corrections_it_is_stored_nesterov():
    lr, gradient = 5e-3, Rosenbrock().gradient
    x, m, points = START, np.zeros(2), [START]
    for _ in range(200):
        g = gradient(x)
        m = B1 * m + (1 - B1) * g
        x = x - lr * ((1 - B1) * g + B1 * m)
        points.append(x)
    run = minimize(Rosenbrock(), Nesterov(lr=lr * (1 - B1), momentum=B1), START, steps=200)
    np.testing.assert_allclose(points[:-1], run.query, rtol=0, atol=1e-12)


@pytest.mark.equation("nadam-weights", "nadam-total")
@pytest.mark.parametrize("psi", [0.004, 1.0, np.inf])
@pytest.mark.parametrize("t", [1, 2, 10, 40])
def test_the_weight_of_each_gradient_and_their_sum(psi, t):
    mu, after = _mu(t, psi), _mu(t + 1, psi)
    product = np.prod([_mu(i, psi) for i in range(1, t + 1)])
    w = after * (1 - B1) * B1 ** np.arange(t) / (1 - product * after)
    w[0] += (1 - mu) / (1 - product)
    measured = _weights(NAdam(psi=psi), t)
    np.testing.assert_allclose(measured, w, rtol=1e-9)
    total = (1 - mu) / (1 - product) + after * (1 - B1**t) / (1 - product * after)
    np.testing.assert_allclose(measured.sum(), total, rtol=1e-9)


@pytest.mark.equation("nadam-consistent")
def test_with_one_momentum_the_total_is_one_plus_a_difference():
    mu = [_mu(i, 0.004) for i in range(1, 42)]
    for t in range(1, 41):
        w, after = 1 - np.prod(mu[:t]), 1 - np.prod(mu[: t + 1])
        total = (1 - mu[t - 1]) / w + mu[t] * w / after
        assert total == pytest.approx(1 + (1 - mu[t - 1]) / w - (1 - mu[t]) / after)
        assert total >= 1


@pytest.mark.equation("nadam-first")
@pytest.mark.parametrize(("psi", "length"), [(0.004, 1.056), (1.0, 1.063), (np.inf, 1.474)])
def test_the_first_step_over_lr(psi, length):
    x, *_ = NAdam(lr=1.0, psi=psi, eps=0.0).step(-3.0, 0.0, 1, *NAdam().start(0.0))
    one, two = _mu(1, psi), _mu(2, psi)
    assert x == pytest.approx(1 + two * (1 - B1) / (1 - one * two))
    assert round(x, 3) == length
    if psi == np.inf:
        assert x == pytest.approx(1 + B1 / (1 + B1))


a, mu, beta, r = sp.symbols("a mu beta r", positive=True)
STEP = sp.Matrix([[1 - a * (1 - mu * beta), -a * mu * beta], [1 - beta, beta]])


@pytest.mark.equation("nadam-matrix")
def test_the_matrix_is_the_step_on_a_parabola():
    x, m, lam, lr = sp.symbols("x m lam lr")
    g = lam * x
    m_new = beta * lam * m + (1 - beta) * g  # m is measured in units of lam
    x_new = x - lr * ((1 - mu) * g + mu * m_new)
    there = STEP.subs(a, lr * lam) * sp.Matrix([x, m])
    assert sp.expand(there[0] - x_new) == 0
    assert sp.expand(there[1] - m_new / lam) == 0


@pytest.mark.equation("nadam-poly", "nadam-swing")
def test_roots_solve_the_polynomial_whose_constant_is_their_size():
    p = r**2 - (1 + beta - a * (1 - mu * beta)) * r + beta * (1 - a * (1 - mu))
    assert sp.expand((r * sp.eye(2) - STEP).det() - p) == 0
    roots = np.linalg.eigvals(np.array(STEP.subs({a: 0.5, mu: 0.45, beta: 0.9}), dtype=float))
    assert np.iscomplex(roots).all()
    np.testing.assert_allclose(abs(roots), np.sqrt(0.9 * (1 - 0.5 * 0.55)))


def test_an_average_lets_a_nineteenth_of_an_alternating_gradient_through():
    m = 0.0
    for t in range(1, 401):
        m = B1 * m + (1 - B1) * (-1.0) ** t
    assert m == pytest.approx((1 - B1) / (1 + B1))  # t is even, so the last gradient is 1
    assert m == pytest.approx(1 / 19)


@pytest.mark.equation("nadam-limit")
def test_at_the_limit_a_run_that_flips_its_sign_stays_as_large_as_it_is():
    through = (1 - beta) / (1 + beta)
    at_limit = sp.solve(a * (1 - mu + mu * through) - 2, a)
    assert sp.simplify(at_limit[0] - 2 * (1 + beta) / (1 + beta - 2 * mu * beta)) == 0


@pytest.mark.equation("nadam-limit")
@pytest.mark.parametrize("now", [0.0, 0.3, 0.45, 0.9, 1.0])
def test_it_is_stable_below_the_limit_and_not_above(now):
    limit = 2 * (1 + B1) / (1 + B1 - 2 * now * B1)
    for part in (0.05, 0.5, 0.999, 1.001, 2.0):
        matrix = np.array(STEP.subs({a: part * limit, mu: now, beta: B1}), dtype=float)
        assert (abs(np.linalg.eigvals(matrix)).max() < 1) == (part < 1)


def test_limits_are_38_for_adam_1357_for_nadam_and_349_for_half():
    limits = [2 * 1.9 / (1.9 - 2 * now * 0.9) for now in (1.0, 0.9, 0.45)]
    np.testing.assert_allclose(limits, [38, 13.57, 3.49], atol=5e-3)
    for part, converges in ((0.97, True), (1.03, False)):
        run = minimize(Quadratic([1.0]), Adam(lr=38e100 * part, eps=1e100), [1.0], steps=2000)
        assert (abs(run.final[0]) < 1) == converges


def test_one_denominator_would_make_the_weights_add_up_to_one():
    t = sp.symbols("t", positive=True)
    total = (1 - beta) + beta * (1 - beta**t)
    assert sp.simplify(total - (1 - beta ** (t + 1))) == 0


def test_a_step_on_pure_noise_is_longer_than_adams():
    adam, constant, torch = (
        np.sqrt((_weights(rule, 150) ** 2).sum())
        for rule in (Adam(), NAdam(psi=np.inf), NAdam(psi=0.004))
    )
    assert adam == pytest.approx(np.sqrt(1 / 19), rel=1e-6)
    assert adam < constant < torch
    assert torch > 2 * adam


@pytest.mark.equation("nadam-poly", "nadam-swing")
@pytest.mark.parametrize(
    ("now", "low", "high"), [("1", 0.026, 37.97), ("0.9", 0.028, 10), ("0.45", 0.037, 0.76)]
)
def test_it_swings_between_two_values_of_a(now, low, high):
    discriminant = STEP.trace() ** 2 - 4 * STEP.det()
    values = {mu: sp.Rational(now), beta: sp.Rational("0.9")}
    ends = sorted(float(end) for end in sp.solve(discriminant.subs(values), a))
    np.testing.assert_allclose(ends, [low, high], atol=5e-3)


def test_at_a_of_ten_constant_momentum_arrives_in_two_steps():
    values = {a: 10, mu: sp.Rational("0.9"), beta: sp.Rational("0.9")}
    assert STEP.subs(values) ** 2 == sp.zeros(2)


@pytest.mark.equation("nadam-limit")
def test_the_polynomial_ends_stability_before_the_determinant():
    at_one, at_minus_one = ((sign * sp.eye(2) - STEP).det() for sign in (1, -1))
    assert sp.expand(at_one + at_minus_one - 2 * (1 + STEP.det())) == 0


def test_with_less_momentum_adam_swings_less_than_nadam():
    dip = {
        name: -minimize(Ravine(), rule, steps=100).x[:, 1].min()
        for name, rule in (
            ("adam", Adam(lr=0.3)),
            ("less", Adam(lr=0.3, beta1=0.81)),
            ("constant", NAdam(lr=0.3, psi=np.inf)),
        )
    }
    assert dip["less"] < dip["constant"] < dip["adam"]


def test_a_falling_lr_alone_keeps_pytorchs_version_stable():
    constant, falling = (
        minimize(Ravine(), NAdam(lr=lr), steps=300).f[60:].max() for lr in (1.0, InverseRoot(1.0))
    )
    assert falling < 1e-3 < 1 < constant
