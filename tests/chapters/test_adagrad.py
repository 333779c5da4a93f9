"""The numbered equations of the chapter on Adagrad, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from minioptim import Adagrad, GradientDescent, minimize
from minioptim.problems import Function, Himmelblau, Quadratic, Ravine
from minioptim.schedules import InverseRoot


def run_on(gradients, rule):
    """Return the steps (n, d) that a rule makes when it is given these gradients one by one."""
    given = iter(gradients)
    problem = Function(lambda x: x.sum(axis=-1), lambda _: next(given))
    points = minimize(problem, rule, np.zeros(gradients.shape[1]), steps=len(gradients)).x
    return np.diff(points, axis=0)


@pytest.fixture
def gradients():
    return np.random.default_rng(0).normal(size=(60, 4)) * np.array([100.0, 1.0, 0.01, 1.0])


# -------------------------------------------------------------------------------------- the rule


@pytest.mark.equation("ada-feature")
def test_the_derivative_by_a_weight_is_the_error_times_its_input():
    x0, x1, x2, a1, a2, y = sp.symbols("x0 x1 x2 a1 a2 y", real=True)
    e = x0 + x1 * a1 + x2 * a2 - y
    loss = e**2 / 2
    for x, a in ((x0, 1), (x1, a1), (x2, a2)):
        assert sp.expand(sp.diff(loss, x) - e * a) == 0
    assert sp.diff(loss, x2).subs(a2, 0) == 0
    assert loss.subs(a2, 0) != 0  # it is the derivative that vanishes, not the loss


@pytest.mark.equation("ada-sum", "ada-rule")
def test_the_rule_divides_by_the_root_of_the_sum_of_squares(gradients):
    eps = 1e-3
    steps = run_on(gradients, Adagrad(lr=0.3, eps=eps))
    for t, i in itertools.product(range(60), range(4)):
        total = math.fsum(gradients[s, i] ** 2 for s in range(t + 1))
        expected = -0.3 * gradients[t, i] / (math.sqrt(total) + eps)
        assert steps[t, i] == pytest.approx(expected, rel=1e-9)


@pytest.mark.equation("ada-matrix")
def test_the_diagonal_of_the_matrix_gives_the_same_step(gradients):
    steps = run_on(gradients, Adagrad(lr=0.3, eps=1e-3))
    matrix = sum(np.outer(g, g) for g in gradients)
    root = np.diag(np.sqrt(np.diag(matrix)))
    step = -0.3 * np.linalg.solve(1e-3 * np.eye(4) + root, gradients[-1])
    np.testing.assert_allclose(steps[-1], step, rtol=1e-9)


@pytest.mark.equation("ada-step")
def test_the_first_step_is_lr_times_the_sign_and_none_is_longer(gradients):
    steps = run_on(gradients, Adagrad(lr=0.3, eps=0.0))
    np.testing.assert_allclose(steps[0], -0.3 * np.sign(gradients[0]), rtol=1e-12)
    assert np.abs(steps).max() <= 0.3 * (1 + 1e-12)


@pytest.mark.equation("ada-scale")
def test_gradients_times_a_constant_make_the_same_steps(gradients):
    plain = run_on(gradients, Adagrad(lr=0.3, eps=0.0))
    scaled = run_on(gradients * np.array([1e6, 1e-6, 7.0, 1.0]), Adagrad(lr=0.3, eps=0.0))
    np.testing.assert_allclose(plain, scaled, rtol=1e-10)


def test_a_sum_a_hundred_times_as_large_shortens_small_steps_tenfold_and_large_ones_less():
    # The last question of the quiz: the gradient enters the sum before the division.
    rule = Adagrad(lr=1.0)
    ratios = [
        rule.step(g, 0.0, 101, 4.0)[0] / rule.step(g, 0.0, 101, 400.0)[0] for g in (0.01, 2.0, 10.0)
    ]
    assert ratios == pytest.approx([10, 7.1, 2.2], rel=0.01)


@pytest.mark.equation("ada-rare")
@pytest.mark.parametrize("p", [0.5, 0.02])
def test_the_rate_of_a_rare_weight_is_larger_by_one_over_the_root_of_its_share(p):
    rng = np.random.default_rng(0)
    felt = rng.random(20_000) < p
    gradients = rng.normal(size=(20_000, 2)) * np.stack([np.ones(20_000), felt], axis=1)
    given = iter(gradients)
    problem = Function(lambda x: x.sum(axis=-1), lambda _: next(given))
    run = minimize(
        problem, Adagrad(lr=0.3), np.zeros(2), steps=20_000, record="state", every=20_000
    )
    common, rare = 0.3 / np.sqrt(run.state["G"][-1])
    assert rare / common == pytest.approx(1 / math.sqrt(p), rel=0.1)


@pytest.mark.equation("ada-stretch")
def test_a_step_is_gradient_descent_after_stretching_each_axis_by_the_fourth_root_of_its_sum():
    ravine = Ravine()
    run = minimize(ravine, Adagrad(lr=0.7, eps=0.0), steps=10)
    for t in range(10):
        c = run.state["G"][t + 1] ** 0.25
        stretched = Function(
            lambda z, c=c: ravine.value(z / c), lambda z, c=c: ravine.gradient(z / c) / c
        )
        z = minimize(stretched, GradientDescent(lr=0.7), c * run.x[t], steps=1).final
        np.testing.assert_allclose(z / c, run.x[t + 1], rtol=1e-12)
        # The slope in z that the text has from the chain rule, by differences.
        around = c * run.x[t] + np.array([[1e-5, 0], [-1e-5, 0], [0, 1e-5], [0, -1e-5]])
        f = stretched.value(around)
        slopes = np.array([f[0] - f[1], f[2] - f[3]]) / 2e-5
        np.testing.assert_allclose(slopes, stretched.gradient(c * run.x[t]), rtol=1e-6, atol=1e-8)
    curvatures = np.array([0.1, 2.0]) / np.sqrt(run.state["G"][1])
    np.testing.assert_allclose(curvatures, [1 / 7, 1 / 2], rtol=1e-12)


# ------------------------------------------------------------------------------------------ regret


def game(seed, d=6, T=300, width=2.0):
    """Return the slopes and offsets of f_t(x) = |a_t . x - b_t|, some of the slopes zero."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(T, d)) * (rng.random((T, d)) < np.geomspace(1, 0.02, d))
    return a, a @ rng.uniform(-width / 2, width / 2, size=d) + 0.3 * rng.normal(size=T)


def play(a, b, lr, shared=False, width=2.0):
    """Return x_0 ... x_T and g_1 ... g_T of Adagrad on a box, with one sum for each or for all."""
    x, G = np.zeros(a.shape[1]), np.zeros(a.shape[1])
    points, slopes = [x], []
    for row, offset in zip(a, b, strict=True):
        g = np.sign(row @ x - offset) * row
        G = G + ((g**2).sum() if shared else g**2)
        x = np.clip(
            x - lr * np.divide(g, np.sqrt(G), where=G > 0, out=0 * g), -width / 2, width / 2
        )
        points.append(x)
        slopes.append(g)
    return np.array(points), np.array(slopes)


@pytest.mark.equation("ada-regret", "ada-subgradient", "ada-linear", "ada-bound", "ada-any-lr")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("part", [0.2, 1.0, 3.0])
def test_regret_is_below_the_linear_sum_and_that_below_the_bound(seed, part):
    a, b = game(seed)
    width = 2.0
    lr = part * width / math.sqrt(2)
    x, g = play(a, b, lr)
    paid = np.abs((a * x[:-1]).sum(axis=1) - b)
    roots = np.sqrt((g**2).sum(axis=0)).sum()
    bound = (width**2 / (2 * lr) + lr) * roots
    if part == 1.0:
        assert bound == pytest.approx(math.sqrt(2) * width * roots)
    else:
        assert bound > math.sqrt(2) * width * roots
    # Against every fixed point, so against the best one too.
    for w in np.random.default_rng(seed).uniform(-1, 1, size=(200, 6)):
        at_w = np.abs(a @ w - b)
        linear = (g * (x[:-1] - w)).sum(axis=1)
        assert (paid - at_w <= linear + 1e-9).all()
        assert (paid - at_w).sum() <= linear.sum() + 1e-9 <= bound + 1e-8


@pytest.mark.equation("ada-round", "ada-telescope")
def test_each_round_and_their_sum_obey_the_proofs_inequalities():
    a, b = game(1)
    lr = 0.7
    x, g = play(a, b, lr)
    h = np.sqrt(np.cumsum(g**2, axis=0))
    for w in (-1.0, 0.3, 1.0):
        q = (x - w) ** 2
        seen = h > 0
        gain = np.divide(g**2, h, where=seen, out=np.zeros_like(g))
        right = h / (2 * lr) * (q[:-1] - q[1:]) + lr / 2 * gain
        assert (g * (x[:-1] - w) <= right + 1e-9).all()
        before = np.vstack([np.zeros(6), h[:-1]])
        left = (h * (q[:-1] - q[1:])).sum(axis=0)
        sorted_by_q = ((h - before) * q[:-1]).sum(axis=0) - h[-1] * q[-1]
        np.testing.assert_allclose(left, sorted_by_q, rtol=1e-9)
        assert (left <= 4.0 * h[-1] + 1e-9).all()


@pytest.mark.equation("ada-root", "ada-log")
def test_sums_of_quotients_are_between_roots_and_below_the_log():
    rng = np.random.default_rng(3)
    for power in (-2, 0, 1, 3):
        g2 = (rng.normal(size=500) * np.arange(1, 501) ** float(power)) ** 2
        G = np.cumsum(g2)
        assert np.sqrt(G[-1]) <= (g2 / np.sqrt(G)).sum() <= 2 * np.sqrt(G[-1])
        assert (g2 / G).sum() <= 1 + np.log(G[-1] / G[0])
        rise = np.diff(np.sqrt(G))
        assert (rise <= g2[1:] / np.sqrt(G[1:]) * (1 + 1e-6) + 1e-12).all()
        assert (g2[1:] / G[1:] <= np.diff(np.log(G)) + 1e-12).all()


@pytest.mark.equation("ada-one")
@pytest.mark.parametrize("seed", range(4))
def test_one_sum_for_all_has_a_bound_never_below_the_diagonals(seed):
    a, b = game(seed)
    lr = math.sqrt(6) * 2.0 / math.sqrt(2)
    x, g = play(a, b, lr, shared=True)
    bound = math.sqrt(2) * 2.0 * math.sqrt(6) * math.sqrt((g**2).sum())
    for w in np.random.default_rng(seed).uniform(-1, 1, size=(200, 6)):
        assert (g * (x[:-1] - w)).sum() <= bound
    assert np.sqrt((g**2).sum(axis=0)).sum() <= math.sqrt(6 * (g**2).sum())
    assert math.sqrt(6 * 6) == np.sqrt(np.ones(6)).sum()  # equal sums: equal bounds


def test_with_unit_gradients_one_sum_is_an_inverse_root_schedule():
    g = np.eye(5)[np.random.default_rng(0).integers(5, size=40)]
    shared = -0.7 * g / np.sqrt(np.cumsum((g**2).sum(axis=1)))[:, None]
    scheduled = run_on(g, GradientDescent(lr=InverseRoot(0.7)))
    np.testing.assert_allclose(shared, scheduled, rtol=1e-9, atol=1e-12)


# -------------------------------------------------------------------- do learning rates vanish?


@pytest.mark.equation("ada-constant")
@pytest.mark.parametrize("slope", [1e-3, 1.0, 50.0])
def test_on_a_slope_step_t_is_lr_over_root_t_and_paths_bounded(slope):
    steps = -run_on(np.full((400, 1), slope), Adagrad(lr=0.2, eps=0.0))[:, 0]
    t = np.arange(1, 401)
    np.testing.assert_allclose(steps, 0.2 / np.sqrt(t), rtol=1e-10)
    path = np.cumsum(steps)
    assert (0.4 * (np.sqrt(t + 1) - 1) <= path).all()
    assert (path <= 0.2 * (2 * np.sqrt(t) - 1) * (1 + 1e-12)).all()


@pytest.mark.equation("ada-descent", "ada-finite")
@pytest.mark.parametrize("lr", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("angle", [0.0, 0.6])
def test_the_sums_are_bounded_for_any_lr_on_a_smooth_function(lr, angle):
    bowl = Quadratic([0.1, 2.0], rotation=angle)
    run = minimize(bowl, Adagrad(lr=lr, eps=0.0), [-7.0, 2.0], steps=800)
    G, g = run.state["G"][1:], run.grad
    with np.errstate(invalid="ignore"):
        by_root, by_sum = g**2 / np.sqrt(G), g**2 / G
    falls = run.f[:-1] - lr * by_root.sum(axis=1) + lr**2 * by_sum.sum(axis=1)  # L / 2 = 1
    assert (run.f[1:] <= falls + 1e-9 * (1 + run.f[:-1])).all()
    assert lr * by_root.sum() <= run.f[0] + lr**2 * by_sum.sum()
    right = run.f[0] / lr + lr * (1 + np.log(G[-1] / G[0])).sum()
    assert np.sqrt(G[-1]).sum() <= right


def test_noiseless_sums_come_to_rest_also_when_not_convex():
    run = minimize(Himmelblau(), Adagrad(lr=0.5), steps=1500, record=("state", "grad"), every=10)
    G = run.state["G"]
    np.testing.assert_allclose(G[-1], G[len(G) // 2], rtol=1e-3)
    assert np.abs(run.grad[-1]).max() < 1e-2


@pytest.mark.equation("ada-noise")
def test_noise_of_variance_sigma2_makes_the_sum_grow_as_sigma2_t():
    sigma, T = 3.0, 4_000
    rng = np.random.default_rng(0)
    problem = Function(
        lambda x: (x**2).sum(axis=-1) / 2, lambda x: x + sigma * rng.normal(size=x.shape)
    )
    run = minimize(problem, Adagrad(lr=0.5), np.ones(64), steps=T, record="state", every=T)
    effective = 0.5 / np.sqrt(run.state["G"][-1])
    np.testing.assert_allclose(effective, 0.5 / (sigma * math.sqrt(T)), rtol=0.1)


# ------------------------------------------------------------------------------ matrix and epsilon


def full_matrix(problem, x, lr, steps, eps=0.0):
    G, points = np.zeros((2, 2)), [np.array(x)]
    for _ in range(steps):
        g = problem.gradient(points[-1])
        G = G + np.outer(g, g)
        values, Q = np.linalg.eigh(G)
        # What is left of a zero eigenvalue by rounding multiplies a zero part of g.
        roots = np.sqrt(np.maximum(values, 1e-12 * values.max())) + eps
        points.append(points[-1] - lr * Q @ ((Q.T @ g) / roots))
    return np.array(points)


@pytest.mark.equation("ada-full")
@pytest.mark.parametrize("angle", [0.3, math.pi / 4, 2.0])
def test_only_full_matrix_runs_turn_with_the_axes(angle):
    U = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    straight, turned = Quadratic([0.1, 2.0]), Quadratic([0.1, 2.0], rotation=angle)
    start = np.array([-7.0, 2.0])
    plain = full_matrix(straight, start, 1.5, 20)
    np.testing.assert_allclose(full_matrix(turned, U @ start, 1.5, 20), plain @ U.T, atol=1e-5)
    diagonal = minimize(straight, Adagrad(lr=1.5), start, steps=20).x
    other = minimize(turned, Adagrad(lr=1.5), U @ start, steps=20).x
    assert np.abs(other - diagonal @ U.T).max() > 0.1


@pytest.mark.equation("ada-full")
def test_a_root_by_eigenvectors_is_one_and_turns_with_the_matrix():
    rng = np.random.default_rng(0)
    g = rng.normal(size=(7, 3))
    values, Q = np.linalg.eigh(g.T @ g)
    root = Q @ np.diag(np.sqrt(values)) @ Q.T
    np.testing.assert_allclose(root @ root, g.T @ g, atol=1e-12)
    U, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    values, Q = np.linalg.eigh(U @ g.T @ g @ U.T)
    np.testing.assert_allclose(Q @ np.diag(np.sqrt(values)) @ Q.T, U @ root @ U.T, atol=1e-12)


@pytest.mark.equation("ada-eps")
def test_the_floor_is_eps_outside_the_root_and_its_root_inside():
    g, eps = sp.symbols("g eps", positive=True)
    outside, inside = g / (sp.sqrt(g**2) + eps), g / sp.sqrt(g**2 + eps)
    assert sp.limit(g / outside, g, 0) == eps
    assert sp.limit(g / inside, g, 0) == sp.sqrt(eps)
    step = -run_on(np.array([[1e-4]]), Adagrad(lr=1.0, eps=1e-7))[0, 0]
    assert step == pytest.approx(float(outside.subs({g: 1e-4, eps: 1e-7})), rel=1e-9)
    assert float(inside.subs({g: 1e-4, eps: 1e-7})) == pytest.approx(0.3015, abs=1e-4)
    assert math.sqrt(1e-7) == pytest.approx(3.2e-4, rel=0.02)


# --------------------------------------------------------------------------------------- exercises


def test_on_the_absolute_value_step_t_is_one_over_root_t_long():
    corner = Function(lambda x: np.abs(x).sum(axis=-1), np.sign)
    steps = np.diff(minimize(corner, Adagrad(lr=1.0, eps=0.0), [2.5], steps=200).x[:, 0])
    np.testing.assert_allclose(np.abs(steps), 1 / np.sqrt(np.arange(1, 201)), rtol=1e-9)


@pytest.mark.parametrize("d", [10, 1000, 100_000])
def test_with_frequencies_of_1_over_r2_the_bound_is_logarithmic(d):
    r = np.arange(1, d + 1, dtype=float)
    c = 1 / (r**-2).sum()
    assert np.sqrt(c * r**-2).sum() <= math.sqrt(c) * (1 + math.log(d))


def test_a_change_of_unit_changes_lr_by_the_same_factor_once():
    ravine, s = Ravine(), 1000.0
    inner = Function(lambda u: ravine.value(s * u), lambda u: s * ravine.gradient(s * u))
    along_u = minimize(inner, Adagrad(lr=1.5 / s, eps=0.0), np.array(ravine.start) / s, steps=50).x
    along_x = minimize(ravine, Adagrad(lr=1.5, eps=0.0), steps=50).x
    np.testing.assert_allclose(s * along_u, along_x, atol=1e-9)


def test_from_the_valley_floor_the_first_step_of_adagrad_climbs():
    ravine = Ravine()
    start = np.array([-7.0, 0.1])
    climbing = minimize(ravine, Adagrad(lr=3.0), start, steps=400).f
    falling = minimize(ravine, GradientDescent(lr=0.95), start, steps=1).f
    assert climbing[1] > climbing[0] > 1
    assert falling[1] < falling[0]
    assert climbing[-1] < 1e-9
