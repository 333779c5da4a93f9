"""Each entry of the errata, held by a computation of its own.

What is written fails, what is true holds. Nothing here comes from the notebook's outputs.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from minioptim import (
    Adadelta,
    Adagrad,
    Adam,
    EWMAMomentum,
    GradientDescent,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    minimize,
)
from minioptim.averages import bias_correction, effective_sample_size, ewma, half_life
from minioptim.problems import Beale, Function, Quadratic, Ravine, Saddle
from minioptim.rules import newton_schulz


def points(rule, gradients, x=0.0):
    """Return the points of a rule that meets the given gradients in one coordinate."""
    state, found = rule.start(0.0), [x]
    for t, g in enumerate(gradients, start=1):
        x, *state = rule.at(t).step(g, x, t, *state)
        found.append(float(x))
    return found


# ---------------------------------------------------------------------------------- averages


@pytest.mark.equation("err-window")
@pytest.mark.parametrize(("beta", "window", "size"), [(0.9, 10, 19), (0.99, 100, 199)])
def test_an_average_varies_as_a_mean_of_more_than_its_window(beta, window, size):
    weights = [(1 - beta) * beta**k for k in range(20_000)]
    assert 1 / sum(w * w for w in weights) == pytest.approx(size)
    assert effective_sample_size(beta) == pytest.approx(size)
    assert beta**window == pytest.approx(1 / math.e, rel=0.06)
    plain_mean_age = (size - 1) / 2
    assert sum(k * w for k, w in enumerate(weights)) == pytest.approx(plain_mean_age)


@pytest.mark.equation("err-half-life")
@pytest.mark.parametrize(
    ("gamma", "age"), [(0.9, 6.58), (0.99, 68.97), (0.999, 692.80), (0.5, 1.0)]
)
def test_a_weight_halves_at_the_half_life_not_at_one_over_gamma(gamma, age):
    assert half_life(gamma) == pytest.approx(age, abs=5e-3)
    assert gamma ** half_life(gamma) == pytest.approx(0.5)
    if gamma > 0.5:
        assert gamma ** (1 / gamma) > 0.85


def test_the_average_of_squares_is_not_the_last_square():
    squares = [9.0, 1.0, 0.25]
    by_hand = 0.1 * (0.25 + 0.9 * 1.0 + 0.81 * 9.0)
    assert ewma(squares, 0.9)[-1] == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.844, abs=5e-4)
    assert by_hand > 3 * squares[-1]


# --------------------------------------------------------------------------- gradient descent


@pytest.mark.equation("err-diverges")
def test_a_quadratic_diverges_beyond_two_and_not_beyond_one():
    for product in (0.5, 1.0, 1.1, 1.5, 1.99, 2.01, 2.5):
        run = minimize(Quadratic([4.0]), GradientDescent(lr=product / 4), [1.0], steps=50)
        assert run.x[-1, 0] == pytest.approx((1 - product) ** 50, rel=1e-9, abs=1e-15)
        assert (abs(run.x[-1, 0]) > 1) == (product > 2)
        overshoots = run.x[1, 0] < -1e-9
        assert overshoots == (product > 1)


def test_gradient_descent_can_end_on_a_saddle_and_can_diverge():
    end = minimize(Saddle(), GradientDescent(lr=0.1), [1.5, 0.0], steps=500).final
    np.testing.assert_allclose(end, [0.0, 0.0], atol=1e-12)
    x, y = sp.symbols("x y")
    hessian = sp.hessian(x**2 / 2 + y**4 / 4 - y**2 / 2, (x, y)).subs({x: 0, y: 0})
    assert sorted(hessian.eigenvals()) == [-1, 1]
    assert minimize(Saddle(), GradientDescent(lr=2.5), [1.5, 0.5], steps=50).diverged


def test_the_best_step_against_the_gradient_is_not_the_best_step():
    # Exactly: with g = (-7/10, 4) the best length is g.g / (g.A g) on the ravine.
    g, curvatures = (Fraction(-7, 10), Fraction(4)), (Fraction(1, 10), Fraction(2))
    length = sum(c * c for c in g) / sum(a * c * c for a, c in zip(curvatures, g, strict=True))
    best = Fraction(-7) - length * g[0], Fraction(2) - length * g[1]
    f = best[0] ** 2 / 20 + best[1] ** 2
    assert float(f) == pytest.approx(2.208, abs=1e-3)
    newton = np.array([-7.0, 2.0]) - np.array([-0.7, 4.0]) / np.array([0.1, 2.0])
    assert Ravine().value(newton) == pytest.approx(0.0, abs=1e-20)


def test_parameters_grow_while_the_loss_falls():
    run = minimize(Beale(), GradientDescent(lr=0.01), steps=2000)
    assert run.f[-1] < 1e-4 < run.f[0]
    assert math.hypot(*Beale.start) < math.hypot(3.0, 0.5)
    assert math.hypot(*run.final) == pytest.approx(math.hypot(3.0, 0.5), abs=1e-2)


# ----------------------------------------------------------------------------------- momentum


@pytest.mark.equation("err-momenta")
def test_momenta_agree_at_a_constant_rate_only():
    constant = points(Momentum(lr=0.1, momentum=0.9), [1.0, 1.0])
    scaled = points(EWMAMomentum(lr=0.1 / (1 - 0.9), beta=0.9), [1.0, 1.0])
    same_lr = points(EWMAMomentum(lr=0.1, beta=0.9), [1.0, 1.0])
    np.testing.assert_allclose(constant, scaled)
    assert same_lr[-1] == pytest.approx(constant[-1] / 10)

    def falling(t):
        return 0.1 if t == 1 else 0.01

    inside = points(Momentum(lr=falling, momentum=0.9), [1.0, 1.0])[-1]
    outside = points(EWMAMomentum(lr=lambda t: falling(t) / (1 - 0.9), beta=0.9), [1.0, 1.0])[-1]
    assert inside == pytest.approx(float(Fraction(-1, 10) - Fraction(9, 100) - Fraction(1, 100)))
    assert outside == pytest.approx(float(Fraction(-1, 10) - Fraction(1, 100) * Fraction(19, 10)))
    assert (inside, outside) == pytest.approx((-0.2, -0.119))


@pytest.mark.equation("err-nesterov")
def test_the_copied_nesterov_is_stable_for_fewer_learning_rates():
    a, mu = sp.symbols("a mu", positive=True)
    y, v = sp.symbols("y v")
    new_v = mu * v - a * y
    forms = {
        # y is the look-ahead point, so y' = y + mu v' - a y with Nesterov's velocity.
        "nesterov": y + mu * new_v - a * y,
        "copy": y + mu**2 * new_v - (1 + mu) * a * y,
        "ball": y + new_v,
    }
    limits = {
        "nesterov": (2 + 2 * mu) / (1 + 2 * mu),
        "copy": (2 + 2 * mu) / (1 + 2 * mu + 2 * mu**2),
        "ball": 2 + 2 * mu,
    }
    numbers = {"nesterov": 1.357, "copy": 0.860, "ball": 3.80}
    for name, point in forms.items():
        matrix = sp.Matrix([point, new_v]).jacobian([y, v])
        (limit,) = sp.solve(sp.det(matrix + sp.eye(2)), a)  # a root at -1
        assert sp.simplify(limit - limits[name]) == 0
        at = float(limit.subs(mu, sp.Rational(9, 10)))
        assert at == pytest.approx(numbers[name], abs=5e-4)
        for share, stable in ((0.99, True), (1.01, False)):
            entries = matrix.subs({a: share * at, mu: 0.9})
            size = np.abs(np.linalg.eigvals(np.array(entries, dtype=float))).max()
            assert (size < 1) == stable


@pytest.mark.parametrize(("kind", "limit"), [(Nesterov, 3.8 / 2.8), (Momentum, 3.8)])
def test_the_packages_rules_end_where_the_limits_say(kind, limit):
    for share in (0.99, 1.01):
        run = minimize(Quadratic([1.0]), kind(lr=share * limit, momentum=0.9), [1.0], steps=2000)
        assert (abs(run.final[0]) < 1e-3) == (share < 1)


@pytest.mark.equation("err-root")
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_complex_roots_have_the_size_of_the_root_of_beta(beta):
    trace = 1 + beta - 0.5  # lr * lambda = 0.5
    assert trace**2 < 4 * beta
    real, imaginary = trace / 2, math.sqrt(4 * beta - trace**2) / 2
    assert math.hypot(real, imaginary) == pytest.approx(math.sqrt(beta))
    assert 2 * math.sqrt(beta) > 1
    run = minimize(Quadratic([1.0]), Momentum(lr=0.5, momentum=beta), [1.0], steps=4000)
    assert abs(run.final[0]) < 1e-6


@pytest.mark.equation("err-power")
@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_a_power_of_momentums_matrix_has_the_indices_exchanged(k):
    mu, lr, curvature = sp.Rational(1, 2), sp.Rational(1, 10), sp.Integer(3)
    # y <- mu y + curvature x, x <- x - lr y, with the new y
    R = sp.Matrix([[mu, curvature], [-lr * mu, 1 - lr * curvature]])
    one, two = R.eigenvals()
    R1, R2 = ((R - root * sp.eye(2)) / (one - two) for root in (one, two))
    assert sp.simplify(one**k * R2 - two**k * R1 - R**k) == sp.zeros(2)
    assert sp.simplify(one**k * R1 - two**k * R2 - R**k) != sp.zeros(2)


@pytest.mark.parametrize(("copied", "last"), [(False, 1.357), (True, 0.860)])
def test_runs_on_both_sides_of_a_limit_settle_and_leave(copied, last):
    for a, settles in ((last - 0.001, True), (last + 0.001, False)):
        x, v = np.array([1.0]), np.array([0.0])  # the parameters as the code stores them
        for _ in range(20_000):
            g = a * x
            old, v = v, 0.9 * v - g
            # The code takes the new v where the method has the old one.
            x = x + (0.81 * v if copied else 0.81 * old) - 1.9 * g
            if abs(x[0]) > 1e9:
                break
        assert (abs(x[0]) < 1e-3) == settles


# ---------------------------------------------------------------------------------- step sizes


@pytest.mark.equation("err-units")
def test_units_change_gradient_descents_rate_but_no_step_ratios():
    c, k = 100.0, 10.0
    bowl = Quadratic([0.5, 3.0])
    rescaled = Function(lambda x: k * bowl.value(x / c), lambda x: k / c * bowl.gradient(x / c))
    x0 = np.array([2.0, -1.0])

    def same(rule, other):
        a = minimize(bowl, rule, x0, steps=20).x
        return np.allclose(minimize(rescaled, other, c * x0, steps=20).x, c * a, rtol=1e-9)

    assert same(GradientDescent(lr=0.1), GradientDescent(lr=0.1 * c**2 / k))
    assert not same(GradientDescent(lr=0.1), GradientDescent(lr=0.1))
    assert same(Adagrad(lr=0.1, eps=0.0), Adagrad(lr=0.1 * c, eps=0.0))
    adadelta, g, v, d = Adadelta(eps=0.0), 3.0, 16.0, 0.25
    step, *_ = adadelta.step(g, 0.0, 1, v, d)
    other, *_ = adadelta.step(g * k / c, 0.0, 1, v * (k / c) ** 2, d * c**2)
    assert other == pytest.approx(c * step)


@pytest.mark.equation("err-eps")
@pytest.mark.parametrize("eps", [1e-7, 1e-8])
def test_inside_the_root_the_floor_is_the_root_of_eps(eps):
    sums = np.concatenate([[0.0], np.logspace(-20, 2, 200)])
    assert np.sqrt(sums + eps).min() == math.sqrt(eps)
    assert (np.sqrt(sums) + eps).min() == eps
    tiny = 1e-30
    (_, x) = points(Adagrad(lr=1.0, eps=eps), [tiny])
    assert -x * eps / tiny == pytest.approx(1.0)
    assert math.sqrt(1e-7) == pytest.approx(3.2e-4, abs=5e-6)


@pytest.mark.equation("err-stops")
@pytest.mark.parametrize("T", [1, 100, 10_000])
def test_adagrad_on_a_slope_goes_beyond_every_bound(T):
    distance = math.fsum(0.01 / math.sqrt(t) for t in range(1, T + 1))
    assert -points(Adagrad(lr=0.01, eps=0.0), [1.0] * T)[-1] == pytest.approx(distance)
    assert 0.02 * (math.sqrt(T + 1) - 1) <= distance <= 0.02 * math.sqrt(T)


def test_momentum_holds_half_as_much_again_as_gradient_descent():
    held = [2 + len(kind.state) for kind in (GradientDescent, Momentum, Adam)]
    assert held == [2, 3, 4]


def test_an_input_of_zero_has_a_slope_of_zero_and_a_loss():
    x1, x2, a1, a2, y = sp.symbols("x1 x2 a1 a2 y")
    loss = (a1 * x1 + a2 * x2 - y) ** 2 / 2
    at = {a1: 2, a2: 0, y: 1, x1: sp.Rational(3, 2), x2: 4}
    assert loss.subs(at) == 2
    assert [sp.diff(loss, x).subs(at) for x in (x1, x2)] == [4, 0]


def test_sums_of_squares_tell_slopes_and_not_distances():
    run = minimize(Quadratic([1.0, 100.0]), Adagrad(lr=0.1), [1.0, 1.0], steps=20)
    assert run.x[-1, 0] == pytest.approx(run.x[-1, 1])
    assert run.state["G"][-1, 1] == pytest.approx(1e4 * run.state["G"][-1, 0])


# ----------------------------------------------------------------------------------------- Adam


@pytest.mark.equation("err-first")
@pytest.mark.parametrize("g", [5.0, -1e-3])
def test_the_first_step_without_correction_is_not_lr(g):
    m, v = (1 - 0.9) * g, (1 - 0.999) * g**2
    assert abs(m / math.sqrt(v)) == pytest.approx(0.1 / math.sqrt(0.001))
    assert abs(m / math.sqrt(v)) == pytest.approx(3.16, abs=5e-3)
    assert abs(points(Adam(lr=1.0, eps=0.0), [g])[-1]) == pytest.approx(1.0)
    for rho, times in ((0.9, 3.16), (0.99, 10.0), (0.999, 31.6)):
        step = abs(points(RMSProp(lr=1.0, rho=rho, eps=0.0), [g])[-1])
        assert step == pytest.approx(1 / math.sqrt(1 - rho))
        assert step == pytest.approx(times, rel=2e-3)


@pytest.mark.equation("err-exponent")
@pytest.mark.parametrize(("s", "at_10", "limit"), [(1, 2.064, 0.316), (2, 1.536, 0.235)])
def test_a_fixed_exponent_changes_steps_of_constant_gradients(s, at_10, limit):
    m = v = 0.0
    for t in range(1, 20_001):
        m, v = 0.9 * m + 0.1, 0.999 * v + 0.001
        step = (m / (1 - 0.9**s)) / math.sqrt(v / (1 - 0.999**s))
        if t == 10:
            assert step == pytest.approx(at_10, abs=5e-4)
    assert step == pytest.approx(math.sqrt(1 - 0.999**s) / (1 - 0.9**s), rel=1e-6)
    assert step == pytest.approx(limit, abs=5e-4)
    assert m / bias_correction(0.9, 20_000) == pytest.approx(1.0)


@pytest.mark.equation("err-eps-hat")
def test_adams_two_forms_are_one_with_the_root_and_not_without():
    m, v, eps, c1, c2 = sp.symbols("m v eps c1 c2", positive=True)
    step = (m / c1) / (sp.sqrt(v / c2) + eps)

    def one_factor(eps_hat):
        return sp.sqrt(c2) / c1 * m / (sp.sqrt(v) + eps_hat)

    assert sp.simplify(step - one_factor(sp.sqrt(c2) * eps)) == 0
    at = {m: 0.3, v: 0.02, eps: 0.5, c1: 0.1, c2: 0.001}
    assert abs((step - one_factor(c2 * eps)).subs(at)) > 0.05


def test_each_of_three_listings_leaves_adams_path():
    x = m = v = 0.0
    wrong = dict.fromkeys("abc", 0.0)
    for t, g in ((1, 4.0), (2, 2.0)):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        mean, square = m / (1 - 0.9**t), v / (1 - 0.999**t)
        x -= mean / (math.sqrt(square) + 0.5)
        wrong["a"] += -mean / math.sqrt(square) + 0.5
        wrong["b"] -= mean / square
        wrong["c"] -= mean / (math.sqrt(square) + math.sqrt(1 - 0.999**t) * 0.5)
    assert points(Adam(lr=1.0, eps=0.5), [4.0, 2.0])[-1] == pytest.approx(x)
    assert all(abs(other - x) > 0.1 for other in wrong.values())


@pytest.mark.equation("err-bound")
@pytest.mark.parametrize(("beta2", "paper", "bound"), [(0.999, 3.16, 7.27), (0.99, 1.0, 2.35)])
def test_growing_gradients_pass_the_papers_bound_to_the_true_one(beta2, paper, bound):
    # Long after the start, from sums of the gradients themselves, newest first.
    ages = np.arange(150)
    growing = (0.9 / beta2) ** ages

    def ratio(gradients):
        m = 0.1 * (0.9**ages * gradients).sum()
        return m / math.sqrt((1 - beta2) * (beta2**ages * gradients**2).sum())

    formula = 0.1 / math.sqrt((1 - beta2) * (1 - 0.81 / beta2))
    assert ratio(growing) == pytest.approx(formula, rel=1e-6)
    assert formula == pytest.approx(bound, abs=5e-3)
    assert formula > 2 * paper
    others = np.random.default_rng(0).normal(size=(50, 150))
    assert max(abs(ratio(row)) for row in others) <= formula
    assert max(abs(ratio(growing * (1 + 0.1 * row))) for row in others) <= formula


@pytest.mark.equation("err-nadam")
def test_nadams_jump_counts_one_step_more_than_its_gradient():
    beta = 0.9
    m, written, meant = 0.0, [], []
    for t in range(1, 61):
        m = beta * m + (1 - beta)
        gradient = (1 - beta) / (1 - beta**t)
        written.append(beta * m / (1 - beta**t) + gradient)
        meant.append(beta * m / (1 - beta ** (t + 1)) + gradient)
    constant = NAdam(lr=1.0, beta1=beta, psi=1e6, eps=0.0)
    assert -np.diff(points(constant, [1.0] * 60)) == pytest.approx(meant)
    assert written[0] == pytest.approx(1 + beta)
    assert meant[0] == pytest.approx(1 + beta / (1 + beta))
    assert all(a > b for a, b in zip(written, meant, strict=True))
    assert written[29] == pytest.approx(meant[29], abs=5e-3)


@pytest.mark.equation("err-sparse")
def test_sparse_gradients_and_long_starts_ask_for_beta2_near_1():
    firsts, swings = [], []
    for beta2 in (0.1, 0.9, 0.99, 0.999):
        m, v = 0.1 * 5.0, (1 - beta2) * 5.0**2
        firsts.append(m / math.sqrt(v))
        # A 1 every hundred steps: late, the weights of a geometric series.
        swings.append(beta2**-99)
        top = (1 - beta2) / (1 - beta2**100)
        series = np.zeros(30_000)
        series[::100] = 1.0
        average = ewma(series, beta2)[-10_000:]
        assert average.max() == pytest.approx(top, rel=1e-7)
        assert average.min() == pytest.approx(top * beta2**99, rel=1e-7)
    assert firsts == sorted(firsts)
    assert firsts[-1] == pytest.approx(3.16, abs=5e-3)
    assert swings[-1] < 1.11 < 2 < swings[-2]


def test_the_correction_makes_a_constant_its_average_at_once():
    np.testing.assert_allclose(ewma([4.0, 4.0, 4.0], 0.9), [0.4, 0.76, 1.084])
    np.testing.assert_allclose(ewma([4.0, 4.0, 4.0], 0.9, corrected=True), 4.0)


def test_the_learning_rate_of_adam_matters():
    ends = [minimize(Ravine(), Adam(lr=lr), steps=100).f[-1] for lr in (0.01, 0.1, 1.0)]
    assert ends[0] > 100 * ends[1] > 100 * 10 * ends[2]


def test_there_is_a_bowl_on_which_adam_is_the_last_of_four():
    axes = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
    A = axes @ np.diag([1.0, 10.0]) @ axes.T
    bowl = Function(lambda x: 0.5 * (x * (x @ A)).sum(axis=-1), lambda x: x @ A)
    lrs = 10 ** np.linspace(-4, 0, 41)

    def best(kind):
        return np.nanmin(minimize(bowl, kind(lr=lrs), [1.4, 0.2], steps=100, record="f").f[-1])

    others = [best(kind) for kind in (GradientDescent, Adagrad, RMSProp)]
    assert max(others) < 1e-6 < best(Adam)


# ---------------------------------------------------------------------------------------- tests


@pytest.mark.equation("err-one-step")
@pytest.mark.parametrize(("lr", "momentum", "g"), [(0.1, 0.9, 1.0), (0.5, 0.0, -3.0)])
def test_one_step_from_rest_cannot_tell_momentum_from_descent(lr, momentum, g):
    ball = points(Momentum(lr=lr, momentum=momentum), [g, 3 * g])
    plain = points(GradientDescent(lr=lr), [g, 3 * g])
    assert ball[1] == plain[1] == -lr * g
    assert (ball[2] == plain[2]) == (momentum == 0)


def test_one_step_cannot_see_that_an_average_is_not_handed_on():
    rule = RMSProp(lr=0.1, rho=0.9, eps=0.0)
    kept = points(rule, [1.0, 3.0])
    x, _ = rule.step(1.0, 0.0, 1, 0.0)
    assert x == kept[1]
    forgotten, _ = rule.step(3.0, x, 2, 0.0)
    assert forgotten != pytest.approx(kept[2])
    assert kept[2] - kept[1] == pytest.approx(-0.1 * 3 / math.sqrt(0.09 + 0.9))


# --------------------------------------------------------------------------------- after Adam


def test_newton_schulz_leaves_singular_values_apart():
    sizes = np.concatenate(
        [newton_schulz(np.diag([1.0, s])).diagonal() for s in np.geomspace(0.003, 1, 200)]
    )
    assert 0.67 < sizes.min() < 0.7
    assert 1.1 < sizes.max() < 1.22
    small = newton_schulz(np.diag([1.0, 3e-4])).diagonal()[1]
    assert small < 0.2


def test_averaging_after_the_lift_loses_a_weak_direction():
    beta, average, lifted = 0.9, 0.0, 0.0
    for t in range(100):
        G = np.diag([1.0, 0.1 + (-1) ** t])
        average = beta * average + (1 - beta) * G
        lifted = beta * lifted + (1 - beta) * newton_schulz(G)
    assert newton_schulz(average)[1, 1] > 0.6
    assert abs(lifted[1, 1]) < 0.1


def test_adans_factor_in_optax_is_that_of_the_paper_taken_from_one():
    # Algorithm 1 of the paper with its own letters, whose betas are shares of the new value.
    beta1, beta2, beta3 = 0.02, 0.08, 0.01

    def last(factor):
        m = v = n = 0.0
        for t in range(300):
            g, change = (-1.0) ** t, (0.0 if t == 0 else 2 * (-1.0) ** t)
            m = (1 - beta1) * m + beta1 * g
            v = (1 - beta2) * v + beta2 * change
            n = (1 - beta3) * n + beta3 * (g + factor * change) ** 2
        return abs(m + factor * v) / math.sqrt(n)

    assert last(1 - beta2) / last(beta2) == pytest.approx(2.1, abs=0.1)
