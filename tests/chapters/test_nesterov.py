"""Each numbered equation on Nesterov's method, on both pages, and what their exercises claim.

An equation is computed from its own formula and held against the package or a second derivation.
"""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from minioptim.problems import Function, Incline, Kinked, Quadratic, Rosenbrock
from minioptim.rules import BufferMomentum, GradientDescent, Momentum, Nesterov
from minioptim.run import minimize

START = np.array([-1.2, 1.0])
LR, MU = 5e-4, 0.9


def _grow(t):
    return max(t - 2, 0) / (t + 1)


def _points(steps, ahead, lr=LR, mu=MU):
    """Return points, queries, velocities and gradients by the definition, on Rosenbrock."""
    gradient = Rosenbrock().gradient
    x, v = START, np.zeros(2)
    points, queries, velocities, gradients = [x], [], [v], []
    for _ in range(steps):
        q = x + mu * v if ahead else x
        g = gradient(q)
        v = mu * v - lr * g
        x = x + v
        points.append(x)
        queries.append(q)
        velocities.append(v)
        gradients.append(g)
    return (np.array(a) for a in (points, queries, velocities, gradients))


@pytest.mark.equation("nag-momentum")
def test_momentum_asks_where_it_stands():
    points, *_ = _points(50, ahead=False)
    run = minimize(Rosenbrock(), Momentum(lr=LR, momentum=MU), START, steps=50)
    np.testing.assert_allclose(run.x, points, rtol=1e-12)


@pytest.mark.equation("nag-rule")
def test_nesterov_asks_after_its_jump():
    points, queries, velocities, _ = _points(50, ahead=True)
    run = minimize(Rosenbrock(), Nesterov(lr=LR, momentum=MU), START, steps=50)
    np.testing.assert_allclose(run.x, points, rtol=1e-12)
    np.testing.assert_allclose(run.query, queries, rtol=1e-12)
    np.testing.assert_allclose(run.state["v"], velocities, rtol=1e-12, atol=1e-15)


@pytest.mark.equation("nag-two")
def test_a_step_descends_from_the_query_an_extrapolated_point():
    run = minimize(Rosenbrock(), Nesterov(lr=LR, momentum=MU), START, steps=50)
    np.testing.assert_allclose(run.x[1:], run.query - LR * run.grad, rtol=1e-12)
    expected = run.x[1:-1] + MU * (run.x[1:-1] - run.x[:-2])
    np.testing.assert_allclose(run.query[1:], expected, rtol=1e-12)


@pytest.mark.equation("nag-shadow")
def test_queries_obey_the_stored_form():
    _, queries, velocities, gradients = _points(40, ahead=True)
    expected = queries[:-1] + MU * velocities[1:-1] - LR * gradients[:-1]
    np.testing.assert_allclose(queries[1:], expected, rtol=1e-11)


@pytest.mark.equation("nag-shadow-schedule")
def test_queries_obey_the_stored_form_with_the_next_momentum():
    def lr(t):
        return LR / t

    def momentum(t):
        return t / (t + 3)

    rule = Nesterov(lr=lr, momentum=momentum)
    run = minimize(Rosenbrock(), rule, START, steps=30)
    y, v = START, np.zeros(2)
    for t in range(1, 30):
        g = Rosenbrock().gradient(y)
        v = momentum(t) * v - lr(t) * g
        y = y + momentum(t + 1) * v - lr(t) * g
        np.testing.assert_allclose(run.query[t], y, rtol=1e-11)


@pytest.mark.equation("nag-buffer")
def test_pytorchs_form_has_the_same_points_only_at_constant_lr():
    def points(lrs, gradient, y):
        b, seen = 0.0, [y]
        for lr in lrs:
            g = gradient(y)
            b = 0.9 * b + g
            y = y - lr * (g + 0.9 * b)
            seen.append(y)
        return np.array(seen)

    run = minimize(Rosenbrock(), Nesterov(lr=LR, momentum=0.9), START, steps=31)
    expected = points([LR] * 30, Rosenbrock().gradient, START)
    np.testing.assert_allclose(run.query, expected, rtol=1e-11)
    falling = points([0.1, 0.01], np.ones_like, np.zeros(1))
    lr = Nesterov(lr=lambda t: 0.1 if t == 1 else 0.01, momentum=0.9)
    assert falling[2, 0] == pytest.approx(-0.2171)
    assert minimize(Incline([1.0]), lr, steps=3).query[2, 0] == pytest.approx(-0.29)


@pytest.mark.equation("nag-bengio")
def test_queries_obey_the_form_with_the_old_velocity():
    _, queries, velocities, gradients = _points(40, ahead=True)
    expected = queries[:-1] + MU**2 * velocities[:-2] - (1 + MU) * LR * gradients[:-1]
    np.testing.assert_allclose(queries[1:], expected, rtol=1e-11)


@pytest.mark.equation("nag-quadratic")
@pytest.mark.parametrize("a", [0.01, 0.5, 1.2])
def test_on_a_quadratic_it_is_momentum_with_less_momentum(a):
    # A negative momentum is out of range for the rule, so its text is run on a stand-in.
    kept = SimpleNamespace(lr=a, momentum=0.9 * (1 - a))
    x, v = 1.0, 0.0
    run = minimize(Quadratic([1.0]), Nesterov(lr=a, momentum=0.9), [1.0], steps=40)
    for t in range(1, 41):
        x, v = Momentum.step(kept, x, x, t, v)
        assert run.x[t, 0] == pytest.approx(x, rel=1e-9, abs=1e-13)


def _matrix(rule):
    """Return what the rule makes of (x, v) = (1, 0) and (0, 1) on x^2 / 2."""
    pairs = ((1.0, 0.0), (0.0, 1.0))
    return np.array([rule.step(rule.query(x, v), x, 1, v) for x, v in pairs]).T


@pytest.mark.equation("nag-matrix")
def test_the_matrices_are_what_the_rules_make_of_unit_vectors():
    a, mu = 0.3, 0.8
    heavy = [[1 - a, mu], [-a, mu]]
    ahead = [[1 - a, mu * (1 - a)], [-a, mu * (1 - a)]]
    np.testing.assert_allclose(_matrix(Momentum(lr=a, momentum=mu)), heavy, rtol=1e-14)
    np.testing.assert_allclose(_matrix(Nesterov(lr=a, momentum=mu)), ahead, rtol=1e-14)


a, mu, r = sp.symbols("a mu r", positive=True)
P = r**2 - (1 + mu) * (1 - a) * r + mu * (1 - a)


@pytest.mark.equation("nag-roots", "nag-discriminant")
def test_the_characteristic_polynomial_and_its_discriminant():
    matrix = sp.Matrix([[1 - a, mu * (1 - a)], [-a, mu * (1 - a)]])
    assert sp.expand((r * sp.eye(2) - matrix).det() - P) == 0
    claimed = (1 - a) * ((1 + mu) ** 2 * (1 - a) - 4 * mu)
    assert sp.expand(sp.discriminant(P, r) - claimed) == 0


def _radius(a, mu):
    return np.abs(np.linalg.eigvals(_matrix(Nesterov(lr=a, momentum=mu)))).max()


@pytest.mark.equation("nag-complex")
def test_damping_grows_with_curvature_where_roots_are_complex():
    for mu in (0.5, 0.9):
        critical = ((1 - mu) / (1 + mu)) ** 2
        for a in np.linspace(critical, 1, 9)[1:-1]:
            roots = np.linalg.eigvals(_matrix(Nesterov(lr=a, momentum=mu)))
            assert abs(roots[0].imag) > 0
            np.testing.assert_allclose(np.abs(roots), np.sqrt(mu * (1 - a)))
        below = np.linalg.eigvals(_matrix(Nesterov(lr=0.9 * critical, momentum=mu)))
        assert np.isrealobj(below)
        assert (below > 0).all()
        assert (below < 1).all()


@pytest.mark.equation("nag-limit")
@pytest.mark.parametrize("mu", [0.1, 0.5, 0.9, 0.99])
def test_it_is_stable_up_to_its_limit_and_no_further(mu):
    limit = (2 + 2 * mu) / (1 + 2 * mu)
    assert limit == pytest.approx(1 + 1 / (1 + 2 * mu))
    assert _radius(limit * 0.9999, mu) < 1 < _radius(limit * 1.0001, mu)
    assert all(_radius(a, mu) < 1 for a in np.linspace(0, limit, 200)[1:-1])


@pytest.mark.equation("nag-range")
def test_between_its_ends_the_rate_is_at_most_root_momentum():
    for mu in (0.5, 0.9, 0.99):
        root = np.sqrt(mu)
        low, high = 1 - root / (1 + mu - root), 1 + root / (1 + mu + root)
        assert _radius(low, mu) == pytest.approx(root)
        assert _radius(high, mu) == pytest.approx(root)
        assert all(_radius(a, mu) < root for a in np.linspace(low, high, 99)[1:-1])
        assert _radius(low * 0.99, mu) > root
        assert _radius(high * 1.001, mu) > root


def _copy_matrix(a, mu):
    columns = []
    for y, v in ((1.0, 0.0), (0.0, 1.0)):
        new = mu * v - a * y
        columns.append((y + mu**2 * new - (1 + mu) * a * y, new))
    return np.array(columns).T


@pytest.mark.equation("nag-copy")
def test_the_copy_with_the_wrong_order_has_this_matrix():
    a, mu = 0.37, 0.8
    row = [1 - a * (1 + mu + mu**2), mu**3]
    np.testing.assert_allclose(_copy_matrix(a, mu), [row, [-a, mu]], rtol=1e-13)
    assert np.linalg.det(_copy_matrix(a, mu)) == pytest.approx(mu - a * mu * (1 + mu))


@pytest.mark.equation("nag-copy-limit")
def test_the_copy_is_stable_up_to_a_lower_limit():
    for mu in (0.5, 0.9):
        limit = (2 + 2 * mu) / (1 + 2 * mu + 2 * mu**2)
        inside = [_copy_matrix(a, mu) for a in np.linspace(0, limit, 100)[1:-1]]
        assert all(np.abs(np.linalg.eigvals(m)).max() < 1 for m in inside)
        assert np.abs(np.linalg.eigvals(_copy_matrix(limit * 1.001, mu))).max() > 1
    assert limit == pytest.approx(0.860, abs=5e-4)


BOWL = Quadratic(np.geomspace(1e-3, 1, 20))


def _huber(width):
    """A convex 1-smooth function that is no quadratic: flat slopes beyond the width."""

    def f(x):
        size = np.abs(x)
        return np.where(size < width, x**2 / 2, width * size - width**2 / 2).sum(axis=-1)

    return Function(f, lambda x: np.clip(x, -width, width))


@pytest.mark.equation("nag-lyapunov", "nag-energy")
@pytest.mark.parametrize("lr", [1.0, 0.3])
@pytest.mark.parametrize("problem", ["bowl", "huber"])
def test_the_lyapunov_function_begins_below_the_distance_and_never_rises(problem, lr):
    problem = BOWL if problem == "bowl" else _huber(0.3)
    x0 = np.linspace(-1, 2, 20)
    run = minimize(problem, Nesterov(lr=lr, momentum=_grow), x0, steps=300)
    t = run.t[1:]
    ahead = run.x[1:] + (t[:, None] - 1) / 2 * run.state["v"][1:]
    height = (t + 1) ** 2 / 4 * run.f[1:]
    energy = height + (ahead**2).sum(axis=-1) / (2 * lr)
    assert energy[0] <= (x0 @ x0) / (2 * lr) + 1e-12
    assert (np.diff(energy) <= 1e-12).all()
    assert (height <= energy).all()


@pytest.mark.equation("nag-bound")
@pytest.mark.parametrize("lr", [1.0, 0.3])
@pytest.mark.parametrize("problem", [BOWL, _huber(0.02), _huber(0.5)])
def test_the_promise_is_kept_at_every_step(problem, lr):
    x0 = np.linspace(-1, 2, 20)
    run = minimize(problem, Nesterov(lr=lr, momentum=_grow), x0, steps=300)
    bound = 2 * (x0 @ x0) / (lr * (run.t + 1) ** 2)
    assert (run.f <= bound).all()


@pytest.mark.equation("nag-onestep")
def test_one_step_is_bounded_against_any_point():
    rng = np.random.default_rng(0)
    q, z = rng.normal(size=(2, 500, 20))
    for problem in (BOWL, _huber(0.3)):
        for lr in (1.0, 0.4):
            g = problem.gradient(q)
            bound = problem.value(z) + (g * (q - z)).sum(-1) - lr / 2 * (g**2).sum(-1)
            assert (problem.value(q - lr * g) <= bound + 1e-12).all()


def _proof(problem, lr, steps=60):
    """Return a run and the quantities of the proof, with w_0 = 1/2 never used."""
    x0 = np.linspace(-1, 2, 20)
    run = minimize(problem, Nesterov(lr=lr, momentum=_grow), x0, steps=steps)
    w = (np.arange(1, steps + 1) + 1)[:, None] / 2
    u = w * run.query - (w - 1) * run.x[:-1]
    z = u - lr * w * run.grad
    return run, w, u, z


@pytest.mark.equation("nag-mixed", "nag-square")
def test_the_mixed_inequality_and_the_completed_square():
    for problem in (BOWL, _huber(0.3)):
        for lr in (1.0, 0.5):
            run, w, u, z = _proof(problem, lr)
            w = w[:, 0]
            slack = w * (run.grad * u).sum(-1) - lr / 2 * w**2 * (run.grad**2).sum(-1)
            right = (w**2 - w) * run.f[:-1] + slack
            assert (w**2 * run.f[1:] <= right + 1e-12).all()
            square = ((u**2).sum(-1) - (z**2).sum(-1)) / (2 * lr)
            np.testing.assert_allclose(slack, square, rtol=1e-8, atol=1e-11)


@pytest.mark.equation("nag-ghost", "nag-schedule")
def test_each_ghost_point_is_where_the_last_one_ended():
    run, w, u, z = _proof(BOWL, 1.0)
    v = run.state["v"]
    np.testing.assert_allclose(z, run.x[1:] + (w - 1) * v[1:], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(u[0], run.x[0])
    np.testing.assert_allclose(u[1:], z[:-1], rtol=1e-9, atol=1e-12)


@pytest.mark.equation("nag-potential")
def test_the_potential_never_rises():
    for problem in (BOWL, _huber(0.3)):
        for lr in (1.0, 0.5):
            run, w, _, z = _proof(problem, lr)
            w, distance = w[:, 0], (z**2).sum(-1) / (2 * lr)
            potential = w**2 * run.f[1:] + distance
            right = (w[1:] ** 2 - w[1:]) * run.f[1:-1] + distance[:-1]
            assert (potential[1:] <= right + 1e-12).all()
            assert (np.diff(potential) <= 1e-12).all()
            assert potential[0] <= (run.x[0] ** 2).sum() / (2 * lr) + 1e-12


@pytest.mark.equation("nag-weights", "nag-schedule")
def test_weights_from_one_grow_as_allowed_and_make_the_schedule():
    def weight(t):
        return Fraction(t + 1, 2)

    assert weight(1) == 1
    for t in range(2, 200):
        assert weight(t) ** 2 - weight(t) == Fraction(t**2 - 1, 4) <= weight(t - 1) ** 2
        assert (weight(t - 1) - 1) / weight(t) == Fraction(t - 2, t + 1)
        # The shape in which papers write it, numbered by the step before its use.
        assert Fraction(t - 2, t + 1) == Fraction((t - 1) - 1, (t - 1) + 2)


def _tridiagonal(d):
    return 2 * np.eye(d) - np.eye(d, k=1) - np.eye(d, k=-1)


def _chain(d):
    """Return the chain with L = 1 as value and gradient, by its matrix."""
    A, first = _tridiagonal(d), np.eye(d)[0]
    return Function(
        lambda x: (x * (x @ A)).sum(axis=-1) / 8 - x[..., 0] / 4,
        lambda x: (x @ A - first) / 4,
        start=np.zeros(d),
    )


@pytest.mark.equation("nag-chain")
def test_the_chain_is_a_quadratic_with_curvatures_from_0_to_1():
    d = 9
    x = np.random.default_rng(0).normal(size=d)
    links = x[0] ** 2 + sum((x[i] - x[i + 1]) ** 2 for i in range(d - 1)) + x[-1] ** 2
    assert _chain(d).value(x) == pytest.approx((links / 2 - x[0]) / 4)
    spectrum = np.linalg.eigvalsh(_tridiagonal(d) / 4)
    assert 0 < spectrum[0] < spectrum[-1] < 1


@pytest.mark.equation("nag-chain-minimum")
def test_the_minimum_of_the_chain_lies_on_a_line():
    d = 12
    best = np.linalg.solve(_tridiagonal(d), np.eye(d)[0])
    np.testing.assert_allclose(best, 1 - np.arange(1, d + 1) / (d + 1))
    assert _chain(d).value(best) == pytest.approx(-d / (d + 1) / 8)
    assert best @ best == pytest.approx(d * (2 * d + 1) / (6 * (d + 1)))


@pytest.mark.equation("nag-gap", "nag-lower")
@pytest.mark.parametrize("T", [1, 2, 7, 30])
def test_nothing_beats_the_lower_bound_not_even_the_spans_best(T):
    d = 2 * T + 1
    least, square = -d / (d + 1) / 8, d * (2 * d + 1) / (6 * (d + 1))
    best = np.append(np.linalg.solve(_tridiagonal(T), np.eye(T)[0]), np.zeros(d - T))
    gap = _chain(d).value(best) - least
    assert gap == pytest.approx(1 / (16 * (T + 1)))
    assert gap >= 3 * square / (32 * (T + 1) ** 2)
    for rule in (
        GradientDescent(lr=1.0),
        Momentum(lr=1.0, momentum=0.9),
        BufferMomentum(lr=0.5, momentum=0.5),
        Nesterov(lr=1.0, momentum=_grow),
    ):
        run = minimize(_chain(d), rule, steps=T)
        assert [np.count_nonzero(x) for x in run.x] == list(range(T + 1))
        assert run.f[-1] - least >= gap * (1 - 1e-12)


@pytest.mark.equation("nag-strong", "nag-strong-bound")
@pytest.mark.parametrize("kappa", [4.0, 25.0, 400.0])
def test_the_strongly_convex_promise_is_kept(kappa):
    root = np.sqrt(kappa)
    rule = Nesterov(lr=1 / kappa, momentum=(root - 1) / (root + 1))
    x0 = np.array([1.0, -2.0, 0.5])
    for problem in (Quadratic([1.0, root, kappa]), _kink(kappa)):
        run = minimize(problem, rule, x0, steps=100)
        bound = (1 - 1 / root) ** run.t * (run.f[0] + (x0 @ x0) / 2)
        assert (run.f <= bound * (1 + 1e-12)).all()


def _kink(L):
    """A function with curvature 1 in the middle and L outside, in each coordinate apart."""

    def df(x):
        return np.where(np.abs(x) < 1, x, L * x - (L - 1) * np.sign(x))

    def f(x):
        size = np.abs(x)
        outer = 0.5 + (size - 1) + L / 2 * (size - 1) ** 2
        return np.where(size < 1, x**2 / 2, outer).sum(axis=-1)

    return Function(f, df)


@pytest.mark.equation("nag-tangent", "nag-strong-ghost", "nag-strong-step", "nag-strong-square")
def test_each_line_of_the_strongly_convex_proof_holds_on_a_run():
    kappa = 25.0
    s, c = 5.0, 0.2
    for problem in (Quadratic([1.0, 3.0, kappa]), _kink(kappa)):
        x0 = np.array([1.5, -2.0, 3.0])
        run = minimize(problem, Nesterov(lr=1 / kappa, momentum=(s - 1) / (s + 1)), x0, steps=40)
        z = run.x + (s - 1) * run.state["v"]
        x, q, g, old, new = run.x[:-1], run.query, run.grad, z[:-1], z[1:]

        def square(a):
            return (a**2).sum(axis=-1)

        def dot(a, b):
            return (a * b).sum(axis=-1)

        tangent = problem.value(q) + dot(g, x - q) + square(x - q) / 2
        assert (problem.value(x) >= tangent - 1e-12).all()
        np.testing.assert_allclose((1 + c) * q, x + c * old, atol=1e-12)
        np.testing.assert_allclose(new, (1 - c) * old + c * q - s / kappa * g, atol=1e-12)
        down = (1 - c) * run.f[:-1] + dot(g, q - (1 - c) * x) - square(g) / (2 * kappa)
        down -= (1 - c) / 2 * square(q - x) + c / 2 * square(q)
        assert (run.f[1:] <= down + 1e-12).all()
        w = (1 - c) * old + c * q
        ghost = (1 - c) / 2 * square(old) + c / 2 * square(q) - c * dot(g, w)
        ghost += square(g) / (2 * kappa)
        assert (square(new) / 2 <= ghost + 1e-12).all()
        potential = run.f + square(z) / 2
        assert (potential[1:] <= (1 - c) * potential[:-1] + 1e-12).all()


@pytest.mark.equation("nag-strong-rate")
def test_the_strongly_convex_momentum_doubles_the_flattest_root():
    root = sp.symbols("s", positive=True)
    momentum = (root - 1) / (root + 1)
    flat = P.subs({mu: momentum, a: 1 / root**2})
    assert sp.simplify(flat - (r - (1 - 1 / root)) ** 2) == 0


def test_on_the_kink_heavy_ball_cycles_and_nesterov_converges():
    def slope(x):
        return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24

    lr, momentum = Fraction(1, 9), Fraction(4, 9)
    assert (lr, momentum) == (Fraction(4, (5 + 1) ** 2), Fraction(5 - 1, 5 + 1) ** 2)
    cycle = [Fraction(n, 1225) for n in (792, -2208, 2592)]
    before, now = cycle[1], cycle[2]
    for expected in cycle:
        before, now = now, now - lr * slope(now) + momentum * (now - before)
        assert now == expected
    starts = np.linspace(-10, 10, 401)[:, None]
    for x in starts:  # the exact slope is that of the package's problem
        assert Kinked().gradient(x) == slope(x)
    ends = minimize(Kinked(), Nesterov(lr=1 / 25, momentum=2 / 3), starts, steps=300, record=())
    assert np.abs(ends.final).max() < 1e-9


@pytest.mark.equation("nag-sutskever")
def test_sutskevers_schedule_is_a_staircase_of_half_reciprocals():
    for t in (0, 1, 249, 250, 999, 1000, 12_249, 12_250, 10**6):
        power = min(1 - 2 ** (-1 - np.log2(t // 250 + 1)), 0.99)
        assert power == pytest.approx(min(1 - 0.5 / (t // 250 + 1), 0.99))
    assert 1 - 0.5 / (12_249 // 250 + 1) < 0.99 <= 1 - 0.5 / (12_250 // 250 + 1) + 1e-15


def test_one_step_early_the_promise_is_seven_halves():
    x0 = np.linspace(-1, 2, 20)
    early = Nesterov(lr=1.0, momentum=lambda t: (t - 1) / (t + 2))
    for problem in (BOWL, _huber(0.02), _huber(0.5)):
        run = minimize(problem, early, x0, steps=300)
        assert (run.f[1:] <= 3.5 * (x0 @ x0) / (run.t[1:] + 2) ** 2).all()


def test_on_a_slope_copy_and_method_have_the_same_final_speed():
    speeds = []
    for square_uses_new in (True, False):
        y = v = 0.0
        for _ in range(400):
            new = 0.9 * v - 0.1
            step = 0.81 * (new if square_uses_new else v) - 0.19
            y, v = y + step, new
        speeds.append(step)
    assert speeds[0] == pytest.approx(-1.0)
    assert speeds[1] == pytest.approx(-1.0)


def test_on_a_quadratic_the_best_nesterov_is_lessard_et_als():
    kappa = 100.0
    root = np.sqrt(3 * kappa + 1)
    lr, momentum = 4 / (3 * kappa + 1), (root - 2) / (root + 2)
    best = 1 - 2 / root

    def worst(lr, momentum):
        return max(_radius(lr, momentum), _radius(lr * kappa, momentum))

    assert worst(lr, momentum) == pytest.approx(best, abs=1e-6)
    for other in (0.97, 0.99, 1.01, 1.03):
        assert worst(lr * other, momentum) > best
        assert worst(lr, 1 - (1 - momentum) * other) > best
