"""The numbered equations of the two pages on momentum, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from minioptim import (
    BufferMomentum,
    EWMAMomentum,
    GradientDescent,
    Momentum,
    minimize,
)
from minioptim.averages import ewma
from minioptim.problems import Kinked, Quadratic, Ravine, Rosenbrock

M, C, H = sp.symbols("m c h", positive=True)  # mass, friction, time step
MU, A, R = sp.symbols("mu a r", positive=True)


def roots(a, mu):
    """Return the two roots of r^2 - (1 + mu - a) r + mu."""
    return np.roots([1.0, -(1 + mu - a), mu])


def radius(a, mu):
    return float(np.abs(roots(a, mu)).max())


def step_by_fractions(form, lrs, momentum, gradients):
    """Return x after each step of one of the three forms, exactly, from x = v = 0."""
    x, v, points = Fraction(0), Fraction(0), []
    for lr, g in zip(lrs, gradients, strict=True):
        if form == "i":
            v = momentum * v - lr * g
            x = x + v
        else:
            v = momentum * v + (g if form == "ii" else (1 - momentum) * g)
            x = x - lr * v
        points.append(x)
    return points


# ------------------------------------------------------------------------------------- the ball


@pytest.mark.equation("mom-ode", "mom-differences")
def test_the_differences_become_newtons_law_as_time_steps_shrink():
    # With the exact motion x(s) put in, what is left of the law tends to 0 in proportion to h.
    s = sp.Symbol("s")
    w = sp.sqrt(sp.Rational(15, 16))
    x = sp.exp(-s / 4) * (sp.cos(w * s) + sp.sin(w * s) / (4 * w))
    law = sp.diff(x, s, 2) + x + sp.Rational(1, 2) * sp.diff(x, s)
    assert sp.simplify(law) == 0
    place = sp.lambdify(s, x)
    left = []
    for h in (1e-2, 1e-3):
        now, before, earlier = place(3.0), place(3.0 - h), place(3.0 - 2 * h)
        speed = (now - before) / h
        acceleration = (now - 2 * before + earlier) / h**2
        left.append(abs(acceleration + before + speed / 2))
    assert left[1] == pytest.approx(left[0] / 10, rel=0.05)


@pytest.mark.equation("mom-discrete", "mom-mass")
def test_the_discrete_law_solved_for_the_velocity_is_the_rule():
    v, old, g = sp.symbols("v old g")
    (solved,) = sp.solve(sp.Eq(M * (v - old), -(H**2) * g - C * H * v), v)
    momentum, lr = M / (M + C * H), H**2 / (M + C * H)
    assert sp.simplify(solved - (momentum * old - lr * g)) == 0
    numbers = {M: 2.0, C: 0.5, H: 0.1}
    rule = Momentum(lr=float(lr.subs(numbers)), momentum=float(momentum.subs(numbers)))
    _, stepped = rule.step(3.0, 0.0, 1, -1.5)
    assert stepped == pytest.approx(float(solved.subs(numbers | {old: -1.5, g: 3.0})))


@pytest.mark.equation("mom-mass")
def test_no_friction_is_momentum_1_and_no_mass_gradient_descent():
    momentum, lr = M / (M + C * H), H**2 / (M + C * H)
    assert momentum.subs(C, 0) == 1
    assert momentum.subs(M, 0) == 0
    assert sp.simplify(lr.subs(M, 0) - H / C) == 0
    assert sp.simplify(lr / (1 - momentum) - H / C) == 0  # the final speed knows no mass


@pytest.mark.equation("mom-coast")
@pytest.mark.parametrize("momentum", [0.3, 0.9, 0.99])
def test_on_flat_ground_the_ball_coasts_by_a_geometric_series(momentum):
    rule, x, v = Momentum(lr=0.1, momentum=momentum), 0.0, 0.7
    for t in range(1, 6000):
        x, v = rule.step(0.0, x, t, v)
    assert x == pytest.approx(0.7 * momentum / (1 - momentum))
    assert x + 0.7 == pytest.approx(0.7 / (1 - momentum))


def test_with_momentum_one_the_ball_never_slows_down():
    rule, x, v = Momentum(lr=0.1, momentum=1.0), 0.0, 0.5
    for t in range(1, 1001):
        x, v = rule.step(0.0, x, t, v)
    assert (x, v) == (500.0, 0.5)


# ------------------------------------------------------------------------------ the rule, a sum


@pytest.mark.equation("mom-rule", "mom-polyak")
def test_the_rule_and_polyaks_form_make_the_same_points():
    surface, lr, momentum = Rosenbrock(), 5e-4, 0.9
    v, x, other = np.zeros(2), np.array(surface.start), [np.array(surface.start)] * 2
    trace = minimize(surface, Momentum(lr=lr, momentum=momentum), steps=300)
    for t in range(1, 301):
        v = momentum * v - lr * surface.gradient(x)
        x = x + v
        last, before = other[-1], other[-2]
        other.append(last - lr * surface.gradient(last) + momentum * (last - before))
        np.testing.assert_allclose(trace.x[t], x, rtol=1e-9)
        np.testing.assert_allclose(other[-1], x, rtol=1e-9)


@pytest.mark.equation("mom-sum")
def test_the_velocity_sums_gradients_by_powers_of_momentum():
    trace = minimize(Ravine(), Momentum(lr=0.07, momentum=0.83), steps=40)
    for t in range(1, 41):
        weights = 0.83 ** np.arange(t)
        expected = -0.07 * weights @ trace.grad[t - 1 :: -1]
        np.testing.assert_allclose(trace.state["v"][t], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.equation("mom-constant", "mom-alternating")
@pytest.mark.parametrize("t", [1, 2, 7, 200])
def test_agreeing_gradients_add_up_and_alternating_ones_cancel(t):
    lr, momentum, g = 0.3, 0.9, 2.0
    rule, same, turn = Momentum(lr=lr, momentum=momentum), 0.0, 0.0
    for k in range(1, t + 1):
        _, same = rule.step(g, 0.0, k, same)
        _, turn = rule.step(g * (-1) ** k, 0.0, k, turn)
    last = g * (-1) ** t
    assert same == pytest.approx(-lr * g * (1 - momentum**t) / (1 - momentum))
    assert turn == pytest.approx(-lr * last * (1 - (-momentum) ** t) / (1 + momentum))
    if t == 200:
        assert same == pytest.approx(-lr * g / (1 - momentum))
        assert same / turn == pytest.approx((1 + momentum) / (1 - momentum))


@pytest.mark.equation("mom-average")
def test_velocity_is_an_average_times_lr_over_one_minus_momentum():
    trace = minimize(Rosenbrock(), Momentum(lr=5e-4, momentum=0.8), steps=100)
    expected = -5e-4 / (1 - 0.8) * ewma(trace.grad, beta=0.8)
    np.testing.assert_allclose(trace.state["v"][1:], expected, rtol=1e-10)


# ---------------------------------------------------------------------------------- three forms


@pytest.mark.equation("mom-three", "mom-same")
def test_at_constant_lr_three_forms_agree_but_for_state_factors():
    lr, momentum = 0.07, 0.8
    runs = [
        minimize(Ravine(), rule, steps=80)
        for rule in (
            Momentum(lr=lr, momentum=momentum),
            BufferMomentum(lr=lr, momentum=momentum),
            EWMAMomentum(lr=lr / (1 - momentum), beta=momentum),
        )
    ]
    first, second, third = (run.state["v"] for run in runs)
    np.testing.assert_allclose(first, -lr * second, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(third, (1 - momentum) * second, rtol=1e-9, atol=1e-13)
    for run in runs[1:]:
        np.testing.assert_allclose(run.x, runs[0].x, rtol=1e-9, atol=1e-13)


@pytest.mark.equation("mom-three")
def test_each_rule_is_its_printed_form_in_exact_arithmetic():
    momentum, gradients = Fraction(3, 4), [1, -2, 5, 3]
    lrs = [Fraction(1, 2), Fraction(1, 8), Fraction(1, 4), Fraction(1, 2)]
    for form, rule in (("i", Momentum), ("ii", BufferMomentum), ("iii", EWMAMomentum)):
        x = v = 0.0
        expected = step_by_fractions(form, lrs, momentum, gradients)
        for t, (lr, g) in enumerate(zip(lrs, gradients, strict=True), start=1):
            x, v = rule(float(lr), float(momentum)).step(float(g), x, t, v)
            assert Fraction(x) == expected[t - 1]


@pytest.mark.equation("mom-schedule")
def test_schedules_leave_old_gradients_their_lr_in_one_form_only():
    rng = np.random.default_rng(0)
    gradients, lrs, momentum = rng.normal(size=30), rng.uniform(0.01, 0.5, size=30), 0.9
    old, buffer = (0.0, 0.0), (0.0, 0.0)
    for t in range(1, 31):
        g, lr = gradients[t - 1], lrs[t - 1]
        before = old[0], buffer[0]
        old = Momentum(lr, momentum).step(g, old[0], t, old[1])
        buffer = BufferMomentum(lr, momentum).step(g, buffer[0], t, buffer[1])
        weights = momentum ** np.arange(t)
        moved = -(weights * lrs[t - 1 :: -1]) @ gradients[t - 1 :: -1]
        assert old[0] - before[0] == pytest.approx(moved)
        moved = -lr * weights @ gradients[t - 1 :: -1]
        assert buffer[0] - before[1] == pytest.approx(moved)


@pytest.mark.equation("mom-schedule")
def test_two_steps_tell_the_forms_apart_when_lr_drops_to_a_tenth():
    lrs = [Fraction(1, 10), Fraction(1, 100)]
    points = [step_by_fractions(form, lrs, Fraction(9, 10), [1, 1])[-1] for form in ("i", "ii")]
    assert points == [Fraction(-200, 1000), Fraction(-119, 1000)]


def test_when_momentum_changes_only_the_averaging_form_parts():
    def changing(t):
        return 0.5 if t < 10 else 0.9

    lr = 0.07
    first, second = (
        minimize(Ravine(), rule(lr, changing), steps=40).x for rule in (Momentum, BufferMomentum)
    )
    third = minimize(Ravine(), EWMAMomentum(lr / (1 - 0.5), changing), steps=40).x
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(first[:10], third[:10], rtol=1e-9, atol=1e-12)
    assert np.abs(first - third).max() > 0.1


# -------------------------------------------------------------------------------- on a quadratic


@pytest.mark.equation("mom-matrix")
@pytest.mark.parametrize(("a", "mu"), [(0.3, 0.8), (0.01, 0.5), (3.5, 0.9)])
def test_a_parabola_run_is_the_powers_of_a_two_by_two_matrix(a, mu):
    x = minimize(Quadratic([a]), Momentum(lr=1.0, momentum=mu), [1.0], steps=40).x[:, 0]
    pair = np.array([1.0, 1.0])
    for t in range(1, 41):
        pair = np.array([[1 + mu - a, -mu], [1, 0]]) @ pair
        assert x[t] == pytest.approx(pair[0], rel=1e-9, abs=1e-12)


@pytest.mark.equation("mom-characteristic", "mom-vieta")
def test_the_characteristic_equation_is_that_of_the_matrix():
    matrix = sp.Matrix([[1 + MU - A, -MU], [1, 0]])
    assert sp.expand((R * sp.eye(2) - matrix).det() - (R**2 - (1 + MU - A) * R + MU)) == 0
    first, second = sp.solve(R**2 - (1 + MU - A) * R + MU, R)
    assert sp.simplify(first + second - (1 + MU - A)) == 0
    assert sp.simplify(first * second - MU) == 0


@pytest.mark.equation("mom-wave")
@pytest.mark.parametrize(("a", "momentum"), [(0.05, 0.9), (0.5, 0.8), (2.0, 0.3)])
def test_in_the_corridor_a_run_is_a_wave_in_an_envelope_of_root_momentum(a, momentum):
    run = minimize(Quadratic([1.0]), Momentum(lr=a, momentum=momentum), [1.0], steps=30).x[:, 0]
    root = roots(a, momentum)[0]
    t = np.arange(31)
    # Two points fix the size and the phase of the wave, and it goes through all the others.
    waves = np.sqrt(momentum) ** t * np.array(
        [np.cos(np.angle(root) * t), np.sin(np.angle(root) * t)]
    )
    parts = np.linalg.solve(waves[:, :2].T, run[:2])
    np.testing.assert_allclose(parts @ waves, run, atol=1e-12)
    envelope = np.hypot(*parts) * np.sqrt(momentum) ** t
    assert (np.abs(run) <= envelope * (1 + 1e-9)).all()


@pytest.mark.equation("mom-complex")
def test_roots_are_complex_of_size_root_momentum_between_borders():
    for mu in (0.04, 0.36, 0.81):
        low, high = (1 - np.sqrt(mu)) ** 2, (1 + np.sqrt(mu)) ** 2
        for a in np.linspace(0.001, 4.2, 997):
            pair = roots(a, mu)
            swings = np.abs(pair.imag).max() > 0
            assert swings == (low < a < high)
            if swings:
                np.testing.assert_allclose(np.abs(pair), np.sqrt(mu), rtol=1e-10)
            else:
                assert np.sign(pair.real).tolist() == [1 if a <= low else -1] * 2


@pytest.mark.equation("mom-lemma")
def test_roots_lie_within_rho_exactly_when_their_sum_is_small():
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(3000):
        mu, a = rng.uniform(0, 1), rng.uniform(-1, 5)
        rho = np.sqrt(mu) * (1 + rng.exponential(0.3)) + 1e-6
        right = abs(1 + mu - a) - (rho + mu / rho)
        if abs(right) > 1e-9:
            assert (radius(a, mu) <= rho) == (right <= 0)
            outcomes.add(right <= 0)
    assert outcomes == {True, False}


@pytest.mark.equation("mom-limit")
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_a_run_converges_exactly_for_lr_lambda_inside_the_limits(mu):
    limit = 2 + 2 * mu
    assert radius(0.999 * limit, mu) < 1 < radius(1.001 * limit, mu)
    assert radius(0.001, mu) < 1 < radius(-0.001, mu)
    assert radius(limit, mu) == pytest.approx(1)
    assert np.min(roots(limit, mu).real) == pytest.approx(-1)


def test_without_friction_no_run_on_a_parabola_converges():
    trace = minimize(Quadratic([1.0]), Momentum(lr=[0.1, 1.0, 3.0], momentum=1.0), [1.0], 4000)
    assert (np.abs(trace.x[-100:, :, 0]).max(axis=0) > 0.9).all()


@pytest.mark.equation("mom-bound", "mom-critical")
@pytest.mark.parametrize("a", [0.0004, 0.01, 0.3])
def test_no_momentum_beats_the_critical_one_at_one_curvature(a):
    critical = (1 - np.sqrt(a)) ** 2
    best = 1 - np.sqrt(a)
    for mu in np.linspace(0, 0.9999, 801):
        size = radius(a, mu)
        assert size >= best - 1e-7
        if size < 1:
            # 1 + mu - size - mu / size is the product in the middle.
            middle = (1 - size) * (1 - mu / size)
            assert a >= middle - 1e-9
            assert middle >= (1 - size) ** 2 - 1e-9
    assert radius(a, critical) == pytest.approx(best, abs=1e-7)


@pytest.mark.equation("mom-bound", "mom-ends")
def test_the_two_factorings_used_in_the_proofs_hold():
    rho = sp.Symbol("rho", positive=True)
    assert sp.expand((1 - rho) * (1 - MU / rho) - (1 + MU - rho - MU / rho)) == 0
    assert sp.expand((1 + rho) * (1 + MU / rho) - (1 + MU + rho + MU / rho)) == 0


@pytest.mark.equation("mom-ends", "mom-kappa")
def test_a_common_rate_needs_both_ends_and_bounds_kappa():
    rng = np.random.default_rng(1)
    reached = 0
    for _ in range(2000):
        mu, low, high = rng.uniform(0, 0.9), *np.sort(rng.uniform(0, 4, size=2))
        rho = max(radius(low, mu), radius(high, mu))
        if rho < 1:
            reached += 1
            assert low >= (1 - rho) * (1 - mu / rho) - 1e-9
            assert high <= (1 + rho) * (1 + mu / rho) + 1e-9
            assert high / low <= ((1 + rho) / (1 - rho)) ** 2 * (1 + 1e-7)
            between = np.linspace(low, high, 7)
            assert max(radius(a, mu) for a in between) <= rho + 1e-9
    assert reached > 300


@pytest.mark.equation("mom-rate", "mom-best")
@pytest.mark.parametrize(("low", "high"), [(1.0, 4.0), (0.1, 2.0), (1.0, 1000.0)])
def test_polyaks_lr_and_momentum_alone_reach_the_best_rate(low, high):
    root = np.sqrt(high / low)
    rate = (root - 1) / (root + 1)
    lr = (2 / (np.sqrt(low) + np.sqrt(high))) ** 2
    momentum = ((np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))) ** 2
    assert momentum == pytest.approx(rate**2)
    for curvature in (low, (low + high) / 2, high):
        assert radius(lr * curvature, momentum) == pytest.approx(rate, abs=1e-7)
    for factor, shift in product((0.8, 0.95, 1.0, 1.05), (-0.02, 0.0, 0.01)):
        if (factor, shift) != (1.0, 0.0) and 0 <= momentum + shift < 1:
            worst = max(radius(factor * lr * c, momentum + shift) for c in (low, high))
            assert worst > rate + 1e-4


@pytest.mark.parametrize("kappa", [100.0, 10_000.0])
def test_at_the_best_setting_the_steepest_first_grows(kappa):
    rho = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    rule = Momentum(lr=4 / (1 + np.sqrt(kappa)) ** 2, momentum=rho**2)
    x = minimize(Quadratic([1.0, kappa]), rule, steps=400).x[:, 1]
    t = np.arange(401)
    np.testing.assert_allclose(x, (1 + (1 + rho) * t) * (-rho) ** t, rtol=0, atol=1e-6)
    # Its greatest height is about 2 t rho^t at t = 1 / ln(1 / rho).
    assert np.abs(x).max() == pytest.approx(2 / np.e / -np.log(rho), rel=0.1)


@pytest.mark.equation("mom-overshoot")
@pytest.mark.parametrize(("a", "mu"), [(0.01, 0.9), (0.01, 0.97), (0.01, 0.99), (0.002, 0.97)])
def test_half_an_oscillation_shrinks_by_root_momentum_a_step(a, mu):
    cosine = (1 + mu - a) / (2 * np.sqrt(mu))
    assert np.abs(np.angle(roots(a, mu))) == pytest.approx(np.arccos(cosine))
    formula = np.sqrt(mu) ** (np.pi / np.arccos(cosine))
    x = minimize(Quadratic([a]), Momentum(lr=1.0, momentum=mu), [-1.0], steps=1000).x
    assert x.max() == pytest.approx(formula, abs=0.005)


def test_steps_to_a_share_grow_like_the_root_of_kappa():
    # The rate of the best setting, 1 - r = 2 / (sqrt(kappa) + 1), put into ln(1/s) / ln(1/r).
    for kappa in (1e4, 1e6):
        r = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
        steps = np.log(1e-6) / np.log(r)
        assert steps == pytest.approx(np.sqrt(kappa) / 2 * np.log(1e6), rel=1e-3)


# ---------------------------------------------------------------------------------------- noise


@pytest.mark.equation("mom-moments", "mom-noise")
def test_the_noise_floor_solves_the_equations_for_the_moments():
    lr, sigma, lam, V, Cov = sp.symbols("lr sigma lambda V C", positive=True)
    a = lr * lam
    q = 1 + MU - a
    solved = sp.solve(
        [
            sp.Eq(Cov, q * V - MU * Cov),
            sp.Eq(V, q**2 * V + MU**2 * V - 2 * q * MU * Cov + lr**2 * sigma**2),
        ],
        [V, Cov],
        dict=True,
    )[0][V]
    first = lr**2 * sigma**2 * (1 + MU) / ((1 - MU) * a * (2 + 2 * MU - a))
    second = lr / (1 - MU) * sigma**2 / lam / (2 - a / (1 + MU))
    assert sp.simplify(solved - first) == 0
    assert sp.simplify(first - second) == 0
    small = sp.limit(first / lr, lr, 0)
    assert sp.simplify(small - sigma**2 / (2 * lam * (1 - MU))) == 0


@pytest.mark.equation("mom-noise")
@pytest.mark.parametrize(("a", "mu"), [(0.05, 0.8), (1.0, 0.5), (2.5, 0.7)])
def test_the_noise_floor_is_the_sum_of_squares_left_by_each_push(a, mu):
    # The push lr sigma n_t moves x_{t+k} by the first entry of the matrix's k-th power.
    matrix, power, total = np.array([[1 + mu - a, -mu], [1, 0]]), np.eye(2), 0.0
    for _ in range(2000):
        total += power[0, 0] ** 2
        power = matrix @ power
    lr, sigma, lam = 0.1, 3.0, a / 0.1
    formula = lr / (1 - mu) * sigma**2 / lam / (2 - a / (1 + mu))
    assert lr**2 * sigma**2 * total == pytest.approx(formula)


# -------------------------------------------------------------------------------- the exercises


def test_momentum_tuned_for_a_range_can_cycle_within_it_for_ever():
    # Lessard, Recht and Packard (2016): the points of the cycle, over 1225.
    x = minimize(Kinked(), Momentum(lr=1 / 9, momentum=4 / 9), [3.3], steps=300).x[-3:, 0]
    np.testing.assert_allclose(np.sort(1225 * x), [-2208, 792, 2592], rtol=1e-9)
    calm = minimize(Kinked(), GradientDescent(lr=2 / 26), [3.3], steps=300)
    assert abs(calm.final[0]) < 1e-9


@pytest.mark.parametrize("w", [0.0, 0.4, 1.3, np.pi])
def test_a_wave_of_gradients_passes_at_the_geometric_sums_height(w):
    total = sum((0.9 * np.exp(-1j * w)) ** k for k in range(500))
    assert abs(total) == pytest.approx(1 / abs(1 - 0.9 * np.exp(-1j * w)))
    assert (abs(total) > 1) == (np.cos(w) > 0.45)


def test_the_misprinted_size_of_complex_roots_is_twice_as_large():
    alpha_lambda, beta = 0.5, 0.9
    q = 1 - alpha_lambda + beta
    misprint = np.sqrt(q**2 + abs(q**2 - 4 * beta))
    assert misprint == pytest.approx(2 * np.sqrt(beta))
    assert misprint == pytest.approx(2 * radius(alpha_lambda, beta))


@pytest.mark.parametrize("t", [0, 1, 249, 250, 999, 5000])
def test_sutskevers_momentum_is_one_minus_half_the_inverse_block(t):
    block = t // 250 + 1
    assert 1 - 2 ** (-1 - np.log2(block)) == pytest.approx(1 - 1 / (2 * block))
