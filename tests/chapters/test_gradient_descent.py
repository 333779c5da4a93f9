"""The numbered equations of the chapter on gradient descent, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from minioptim import GradientDescent, minimize
from minioptim.datasets import Dataset
from minioptim.losses import SoftmaxRegression
from minioptim.problems import (
    Beale,
    Function,
    Himmelblau,
    Plateau,
    Quadratic,
    Rastrigin,
    Rosenbrock,
    Saddle,
)

X, Y = sp.symbols("x y", real=True)
LR = sp.Symbol("lr", positive=True)

# The largest curvature of x^2 - 10 cos(2 pi x) is that at 0.
BUMPY, BUMPY_L = Rastrigin(), 2 + 40 * np.pi**2


def points(n, d=2, seed=0, size=3.0):
    return np.random.default_rng(seed).uniform(-size, size, size=(n, d))


def squared(v):
    return (v**2).sum(axis=-1)


def rotation(d, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


# Convex, with L = 1 and minimum 0 at the origin; the second is no quadratic.
CONVEX = {
    "bowl": Quadratic([0.001, 0.1, 1.0], rotation(3)),
    "rounded cone": Function(
        lambda x: np.sqrt(1 + squared(x)) - 1, lambda x: x / np.sqrt(1 + squared(x))[..., None]
    ),
}


def huber(k, L):
    """Return Huber's function: curvature L within k of 0, straight lines beyond."""
    return Function(
        lambda x: L * np.where(abs(x) < k, x**2 / 2, k * abs(x) - k**2 / 2).sum(axis=-1),
        lambda x: L * np.clip(x, -k, k),
    )


@pytest.fixture(scope="module")
def classifier():
    """Softmax regression on 40 made-up examples with 4 inputs and 3 classes."""
    rng = np.random.default_rng(0)
    data = Dataset(rng.uniform(size=(40, 4)), rng.integers(3, size=40), classes=3)
    return SoftmaxRegression(data)


def with_ones(inputs):
    return np.column_stack([inputs, np.ones(len(inputs))])


def probabilities(model, x):
    """Return p of every example, by the formula: shape (n, k)."""
    W, b = model.unflatten(x)
    powers = np.exp(model.data.inputs @ W + b)
    return powers / powers.sum(axis=1, keepdims=True)


# --- What is minimised --------------------------------------------------------


@pytest.mark.equation("gd-sum")
def test_loss_and_gradient_are_means_over_the_examples(classifier):
    x = points(1, classifier.dimension)[0]
    labels = classifier.data.labels
    losses = [-np.log(p[y]) for p, y in zip(probabilities(classifier, x), labels, strict=True)]
    assert classifier.value(x) == pytest.approx(sum(losses) / 40, rel=1e-13)
    mean = classifier.per_example_gradients(x).mean(axis=0)
    np.testing.assert_allclose(classifier.gradient(x), mean, rtol=0, atol=1e-14)


@pytest.mark.equation("gd-gradient")
@pytest.mark.parametrize("surface", [Beale(), Himmelblau(), Plateau(), Rosenbrock(), Saddle()])
def test_a_gradient_is_the_vector_of_the_partial_derivatives(surface):
    formula = surface.f(X, Y)
    partial = sp.lambdify((X, Y), [sp.diff(formula, X), sp.diff(formula, Y)])
    for point in points(20):
        np.testing.assert_allclose(surface.gradient(point), partial(*point), rtol=1e-11, atol=1e-11)


@pytest.mark.equation("gd-directional")
def test_the_slope_along_a_direction_is_its_product_with_g():
    s, u, v = sp.symbols("s u v", real=True)
    f = sp.Function("f")
    along = sp.diff(f(X + s * u, Y + s * v), s).subs(s, 0).doit()
    assert sp.simplify(along - (sp.diff(f(X, Y), X) * u + sp.diff(f(X, Y), Y) * v)) == 0
    beale = Beale().f(X, Y)
    exact = sp.diff(Beale().f(X + s * u, Y + s * v), s).subs(s, 0)
    assert sp.expand(exact - sp.diff(beale, X) * u - sp.diff(beale, Y) * v) == 0


@pytest.mark.equation("gd-directional")
def test_the_lowest_slope_is_minus_the_norm_of_g_and_against_it():
    g = Beale().gradient(points(1)[0])
    angles = np.radians(np.arange(360))
    slopes = np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ g
    assert -np.linalg.norm(g) <= slopes.min() < -np.linalg.norm(g) * np.cos(np.radians(0.5))
    assert -g / np.linalg.norm(g) @ g == pytest.approx(-np.linalg.norm(g))


# --- The rule -----------------------------------------------------------------


@pytest.mark.equation("gd-rule")
def test_a_step_subtracts_lr_times_the_gradient_before_it():
    square = Function(squared, lambda x: 2 * x)
    trace = minimize(square, GradientDescent(lr=0.1), x0=[5.0], steps=3)
    x = [Fraction(5)]
    for _ in range(3):
        x.append(x[-1] - Fraction(1, 10) * 2 * x[-1])
    assert x[1:] == [4, Fraction("3.2"), Fraction("2.56")]
    np.testing.assert_allclose(trace.x[:, 0], [float(point) for point in x], rtol=1e-15)
    np.testing.assert_array_equal(trace.grad, square.gradient(trace.x[:-1]))


# --- How far may one step go? -------------------------------------------------


@pytest.mark.equation("gd-smooth")
def test_the_bumpy_surface_is_as_smooth_as_given_and_no_smoother():
    curvature = sp.diff(X**2 - 10 * sp.cos(2 * sp.pi * X), X, 2)
    assert sp.maximum(curvature, X, sp.Interval(0, 1)) == 2 + 40 * sp.pi**2
    a, b = points(2000), points(2000, seed=1)
    change = np.linalg.norm(BUMPY.gradient(a) - BUMPY.gradient(b), axis=1)
    assert (change <= BUMPY_L * np.linalg.norm(a - b, axis=1)).all()
    near = np.array([1e-4, 0.0])
    assert np.linalg.norm(BUMPY.gradient(near)) == pytest.approx(BUMPY_L * 1e-4, rel=1e-6)


@pytest.mark.equation("gd-smooth")
def test_curvatures_between_minus_l_and_l_make_it_l_smooth():
    saddle = Quadratic([-3.0, 0.5, 2.0], rotation(3))
    apart = points(500, d=3)
    quotients = np.linalg.norm(saddle.gradient(apart), axis=1) / np.linalg.norm(apart, axis=1)
    assert (quotients <= 3).all()
    assert np.linalg.norm(saddle.gradient(rotation(3)[:, 0])) == pytest.approx(3)


@pytest.mark.equation("gd-parabola")
def test_a_parabola_of_curvature_l_lies_above_and_no_flatter_one():
    x, z = points(2000), points(2000, seed=1)
    tangent = BUMPY.value(x) + (BUMPY.gradient(x) * (z - x)).sum(axis=-1)
    assert (BUMPY.value(z) <= tangent + BUMPY_L / 2 * squared(z - x)).all()
    # At 0, where the curvature is L, a short way off.
    z = np.array([1e-3, 0.0])
    assert BUMPY.value(z) > 0.9999 * BUMPY_L / 2 * squared(z)


@pytest.mark.equation("gd-integral")
def test_a_height_difference_is_the_slope_here_plus_its_change():
    s, (a, b) = sp.Symbol("s"), sp.symbols("z_1 z_2", real=True)
    f, way = sp.nsimplify(Beale().f(X, Y)), sp.Matrix([a - X, b - Y])
    slope = sp.Matrix([sp.diff(f, X), sp.diff(f, Y)])
    on_the_way = slope.subs({X: X + s * way[0], Y: Y + s * way[1]}, simultaneous=True)
    # In exact numbers, at points that are not special.
    at = {X: sp.Rational(1, 3), Y: sp.Rational(3, 2), a: sp.Rational(-2, 5), b: sp.Rational(5, 7)}
    higher = f.subs({X: at[a], Y: at[b]}) - f.subs(at)

    def integral(integrand):
        return sp.integrate(sp.expand(integrand.subs(at)), (s, 0, 1))

    assert higher == integral(on_the_way.dot(way))
    assert higher == slope.dot(way).subs(at) + integral((on_the_way - slope).dot(way))


@pytest.mark.equation("gd-descent")
def test_the_descent_lemma_promises_most_at_one_over_l():
    L, f, g, h = sp.symbols("L f g h", positive=True)
    bound = f + (g * -LR * g + h * -LR * h) + L / 2 * ((LR * g) ** 2 + (LR * h) ** 2)
    fall = LR * (1 - L * LR / 2) * (g**2 + h**2)
    assert sp.expand(bound - (f - fall)) == 0
    assert sp.solve(sp.diff(fall, LR), LR) == [1 / L]
    assert sp.diff(fall, LR, 2).is_negative
    assert sp.simplify(fall.subs(LR, 1 / L) - (g**2 + h**2) / (2 * L)) == 0
    assert fall.subs(LR, 2 / L) == 0


@pytest.mark.equation("gd-descent")
@pytest.mark.parametrize("part", [0.5, 1.0, 1.5, 1.9])
def test_one_step_falls_as_promised_and_on_a_parabola_no_more(part):
    lr = part / BUMPY_L
    starts = points(2000, size=5.0)
    f = minimize(BUMPY, GradientDescent(lr=lr), starts, steps=1, record="f").f
    promised = lr * (1 - BUMPY_L * lr / 2) * squared(BUMPY.gradient(starts))
    assert (f[0] - f[1] >= promised - 1e-11).all()
    bowl = Quadratic([BUMPY_L])
    f = minimize(bowl, GradientDescent(lr=lr), [0.7], steps=1).f
    promised = lr * (1 - BUMPY_L * lr / 2) * (0.7 * BUMPY_L) ** 2
    assert f[0] - f[1] == pytest.approx(promised)


def least_slope_bound(L, height, T):
    return 2 * L * height / T


@pytest.mark.equation("gd-stationary")
def test_squared_slopes_add_up_to_no_more_than_the_height_lost():
    starts, steps = points(200, size=5.0), 50
    run = minimize(BUMPY, GradientDescent(lr=1 / BUMPY_L), starts, steps)
    slopes = squared(run.grad)
    assert (slopes.sum(axis=0) / (2 * BUMPY_L) <= run.f[0] - run.f[-1] + 1e-11).all()
    assert (run.f >= 0).all()  # f* = 0
    assert (slopes.min(axis=0) <= least_slope_bound(BUMPY_L, run.f[0], steps)).all()


@pytest.mark.equation("gd-stationary")
def test_on_a_parabola_of_curvature_l_the_first_is_an_equation():
    run = minimize(Quadratic([4.0]), GradientDescent(lr=1 / 4), [3.0], steps=5)
    assert squared(run.grad).sum() / (2 * 4) == run.f[0] - run.f[-1] == 18


@pytest.mark.equation("gd-stationary")
@pytest.mark.parametrize("L", [1.0, 4.0])
def test_the_least_slopes_bound_is_at_most_about_twice_too_large(L):
    # On a straight slope a step falls by all of |g|^2 / L: no curvature takes half of it back.
    T = 20
    run = minimize(huber(1 / T, L), GradientDescent(lr=1 / L), [1.0], steps=T)
    least = squared(run.grad).min()
    assert least == pytest.approx((L / T) ** 2)
    assert 0.5 < least / least_slope_bound(L, run.f[0], T) < 0.52


@pytest.mark.equation("gd-onestep")
def test_half_a_squared_step_completes_the_square():
    a, b, g, h = sp.symbols("a b g h", real=True)  # x - x* = (a, b), gradient (g, h)
    left = g * a + h * b - LR / 2 * (g**2 + h**2)
    right = (a**2 + b**2 - (a - LR * g) ** 2 - (b - LR * h) ** 2) / (2 * LR)
    assert sp.expand(left - right) == 0


@pytest.mark.equation("gd-onestep")
@pytest.mark.parametrize("problem", CONVEX.values(), ids=CONVEX)
@pytest.mark.parametrize("lr", [0.3, 1.0])
def test_a_convex_step_brings_the_point_nearer_by_what_is_left(problem, lr):
    x = points(500, d=3)
    after = minimize(problem, GradientDescent(lr=lr), x, steps=1, record=()).final
    bound = (squared(x) - squared(after)) / (2 * lr)
    assert (problem.value(after) <= bound + 1e-13).all()


def convex_bound(x0, lr, T):
    return squared(x0) / (2 * lr * T)


@pytest.mark.equation("gd-convex")
@pytest.mark.parametrize("problem", CONVEX.values(), ids=CONVEX)
@pytest.mark.parametrize("lr", [0.3, 1.0])
def test_on_a_convex_function_the_gap_falls_as_one_over_steps(problem, lr):
    x0, T = points(50, d=3), np.arange(1, 301)[:, None]
    f = minimize(problem, GradientDescent(lr=lr), x0, steps=300, record="f").f
    assert (f[1:] <= convex_bound(x0, lr, T)).all()


@pytest.mark.equation("gd-convex")
@pytest.mark.parametrize("lr", [0.3, 1.0])
def test_the_convex_bound_is_at_most_about_twice_too_large(lr):
    # With its knee at 1 / (2T + 1) a run from 1 still has half a step to go, after T steps on a
    # straight slope. Source: Drori and Teboulle (2014), who show that no function is worse.
    T, x0 = 20, np.ones(1)
    f = minimize(huber(1 / (2 * T + 1), 1 / lr), GradientDescent(lr=lr), x0, steps=T).f
    assert f[-1] == pytest.approx(1 / (lr * (4 * T + 2)))
    assert 0.48 < f[-1] / convex_bound(x0, lr, T) < 0.5


# --- Exactly, on a quadratic --------------------------------------------------


@pytest.mark.equation("gd-factor")
@pytest.mark.parametrize("curvature", [0.5, 3.0, -1.0])
def test_a_parabola_step_multiplies_by_one_minus_lr_curvature(curvature):
    lrs = np.array([0.1, 1.0, 1.8, 2.0, 2.1]) / abs(curvature)
    run = minimize(Quadratic([curvature]), GradientDescent(lr=lrs), [3.0], steps=12)
    t = np.arange(13)[:, None]
    formula = 3 * (1 - lrs * curvature) ** t
    np.testing.assert_allclose(run.x[..., 0], formula, rtol=1e-12, atol=1e-13)


@pytest.mark.equation("gd-factor")
def test_from_1_to_2_over_curvature_it_overshoots_and_converges():
    lrs = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
    size = minimize(Quadratic([1.0]), GradientDescent(lr=lrs), [1.0], steps=4).x[..., 0]
    assert np.sign(size[1]).tolist() == [1, 0, -1, -1, -1]
    assert np.sign(abs(size[4]) - abs(size[1])).tolist() == [-1, 0, -1, 0, 1]


@pytest.mark.equation("gd-eigen")
def test_along_each_eigenvector_the_run_is_one_of_its_own():
    eigenvalues, Q = np.array([0.1, 0.5, 2.0, 4.0]), rotation(4)
    A, x0, lr = Q @ np.diag(eigenvalues) @ Q.T, points(1, d=4)[0], 0.45
    x = minimize(Quadratic(eigenvalues, Q), GradientDescent(lr=lr), x0, steps=30).x
    for t in (1, 2, 30):
        coordinates = (1 - lr * eigenvalues) ** t * (Q.T @ x0)
        np.testing.assert_allclose(Q.T @ x[t], coordinates, rtol=0, atol=1e-12)
        mixed = np.linalg.matrix_power(np.eye(4) - lr * A, t) @ x0
        np.testing.assert_allclose(x[t], mixed, rtol=0, atol=1e-12)


@pytest.mark.equation("gd-rate")
@pytest.mark.parametrize("lr", [0.1, 0.4, 0.45, 0.6])
def test_the_rate_is_that_of_the_slower_outermost_eigenvalue(lr):
    eigenvalues, Q = [0.1, 0.5, 2.0, 4.0], rotation(4)
    rate = max(abs(1 - lr * 0.1), abs(1 - lr * 4.0))
    step = np.eye(4) - lr * Q @ np.diag(eigenvalues) @ Q.T
    assert rate == pytest.approx(max(abs(np.linalg.eigvals(step))))
    x = minimize(Quadratic(eigenvalues, Q), GradientDescent(lr=lr), np.ones(4), steps=400).x
    sizes = np.linalg.norm(x, axis=-1)
    assert (sizes[400] / sizes[390]) ** (1 / 10) == pytest.approx(rate, rel=1e-6)


@pytest.mark.equation("gd-best")
def test_the_best_lr_makes_flattest_and_steepest_equally_slow():
    low, kappa = sp.symbols("low kappa", positive=True)
    high = kappa * low
    (best,) = sp.solve(sp.Eq(1 - LR * low, LR * high - 1), LR)
    assert sp.simplify(best - 2 / (low + high)) == 0
    rate = 1 - best * low
    assert sp.simplify(rate - (high - low) / (high + low)) == 0
    assert sp.simplify(rate - (kappa - 1) / (kappa + 1)) == 0
    digit = sp.log(10) / sp.log(1 / rate)
    assert sp.limit(digit / kappa, kappa, sp.oo) == sp.log(10) / 2


@pytest.mark.equation("gd-best")
def test_no_other_lr_is_better_in_the_long_run():
    low, high = 0.1, 2.0
    best = 2 / (low + high)
    lrs = np.append(np.linspace(0.02, 0.999, 200), best)
    x = minimize(Quadratic([low, high]), GradientDescent(lr=lrs), steps=2000, record="x").x
    sizes = np.linalg.norm(x[-1], axis=-1)
    assert sizes.argmin() == 200
    assert sizes[-1] == pytest.approx(np.sqrt(2) * (19 / 21) ** 2000)


# --- Newton's step ------------------------------------------------------------


@pytest.mark.equation("gd-taylor")
@pytest.mark.parametrize("surface", [Beale(), Himmelblau(), Rosenbrock(), Saddle()])
def test_the_quadratic_model_differs_by_third_powers(surface):
    s, a, b = sp.symbols("s a b", real=True)
    (gx, gy), (xx, xy, yy) = surface.df(X, Y), surface.d2f(X, Y)
    linear, half = gx * a + gy * b, (xx * a**2 + 2 * xy * a * b + yy * b**2) / 2
    model = surface.f(X, Y) + s * linear + s**2 * half
    rest = sp.Poly(sp.expand(sp.nsimplify(surface.f(X + s * a, Y + s * b) - model)), s)
    assert min(power for (power,), _ in rest.terms()) == 3


@pytest.mark.equation("gd-newton")
def test_newtons_step_is_where_the_model_is_level():
    g = sp.Matrix(sp.symbols("g_1 g_2"))
    H = sp.Matrix(2, 2, sp.symbols("p q q r"))
    step = sp.Matrix(sp.symbols("a b"))
    model = g.dot(step) + (step.T * H * step)[0] / 2
    level = sp.solve([sp.diff(model, entry) for entry in step], list(step), dict=True)[0]
    assert sp.simplify(step.subs(level) + H.inv() * g) == sp.zeros(2, 1)


@pytest.mark.equation("gd-newton")
def test_a_newton_step_reaches_any_quadratics_level_place():
    for eigenvalues in ([1.0, 1e6], [2.0, -1.0]):
        problem = Quadratic(eigenvalues, rotation=0.4)
        x = np.array([3.0, -2.0])
        step = -np.linalg.inv(problem.hessian(x)) @ problem.gradient(x)
        np.testing.assert_allclose(x + step, 0, atol=1e-8)


# --- On real data -------------------------------------------------------------


@pytest.mark.equation("gd-softmax")
def test_the_formula_has_the_probabilities_the_model_learns_by(classifier):
    x = points(1, classifier.dimension)[0]
    p = probabilities(classifier, x)
    assert (p > 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    slopes = classifier.unflatten(classifier.per_example_gradients(x)).b  # p - [k = y]
    np.testing.assert_allclose(slopes + np.eye(3)[classifier.data.labels], p, atol=1e-14)
    assert (classifier.predict(x, classifier.data.inputs) == p.argmax(axis=1)).all()


Z = sp.symbols("z_1:4", real=True)
POWERS = [sp.exp(z) for z in Z]
P = [power / sum(POWERS) for power in POWERS]


@pytest.mark.equation("gd-score")
@pytest.mark.parametrize("y", range(3))
def test_the_slope_of_the_loss_by_a_score_is_the_mistake(y):
    for k in range(3):
        slope = sp.diff(-sp.log(P[y]), Z[k])
        assert sp.simplify(slope - (P[k] - int(k == y))) == 0


@pytest.mark.equation("gd-softmax-gradient")
def test_the_slope_by_a_weight_is_its_input_times_the_mistake():
    u, y = sp.symbols("u_1:3", real=True), 1
    W = sp.Matrix(2, 3, sp.symbols("w_1:7", real=True))
    b = sp.symbols("b_1:4", real=True)
    scores = {Z[k]: sum(u[j] * W[j, k] for j in range(2)) + b[k] for k in range(3)}
    loss = -sp.log(P[y]).subs(scores)
    for k in range(3):
        mistake = P[k].subs(scores) - int(k == y)
        assert sp.simplify(sp.diff(loss, b[k]) - mistake) == 0
        for j in range(2):
            assert sp.simplify(sp.diff(loss, W[j, k]) - u[j] * mistake) == 0


@pytest.mark.equation("gd-softmax-gradient")
def test_the_package_computes_input_times_mistake(classifier):
    x = points(1, classifier.dimension)[0]
    mistakes = probabilities(classifier, x) - np.eye(3)[classifier.data.labels]
    W, b = classifier.unflatten(classifier.per_example_gradients(x))
    expected = classifier.data.inputs[:, :, None] * mistakes[:, None, :]
    np.testing.assert_allclose(W, expected, atol=1e-14)
    np.testing.assert_allclose(b, mistakes, atol=1e-14)


def measured_hessian(problem, x):
    """Return the Hessian by differences of the gradient."""
    tiny = 1e-5 * np.eye(x.size)
    return (problem.gradient(x + tiny) - problem.gradient(x - tiny)) / 2e-5


def smoothness(data):
    u = with_ones(data.inputs)
    return np.linalg.eigvalsh(u.T @ u / len(data))[-1] / 2


@pytest.mark.equation("gd-softmax-L")
def test_no_curvature_of_softmax_regression_is_above_its_bound(classifier):
    for x in points(20, classifier.dimension, size=2.0):
        curvatures = np.linalg.eigvalsh(measured_hessian(classifier, x))
        assert curvatures[-1] <= smoothness(classifier.data)
        assert curvatures[0] > -1e-9  # convex


@pytest.mark.equation("gd-softmax-L")
def test_with_two_classes_equally_likely_the_bound_is_reached():
    inputs = np.random.default_rng(0).uniform(size=(40, 4))
    data = Dataset(inputs, np.arange(40) % 2, classes=2)
    model = SoftmaxRegression(data)
    top = np.linalg.eigvalsh(measured_hessian(model, model.start))[-1]
    assert top == pytest.approx(smoothness(data), rel=1e-8)


@pytest.mark.equation("gd-softmax-L")
def test_curvature_along_scores_is_a_variance_and_at_most_a_half():
    rng = np.random.default_rng(0)
    for k in (2, 3, 10):
        p = rng.dirichlet(np.full(k, 0.3))
        v = rng.normal(size=k)
        by_scores = np.diag(p) - np.outer(p, p)
        variance = p @ (v - p @ v) ** 2
        assert v @ by_scores @ v == pytest.approx(variance)
        assert variance <= (v.max() - v.min()) ** 2 / 4 <= v @ v / 2
    half = np.array([0.5, 0.5])
    assert np.linalg.eigvalsh(np.diag(half) - np.outer(half, half))[-1] == pytest.approx(0.5)


# --- Claims without a number --------------------------------------------------


def test_leaving_a_saddle_takes_the_logarithm_of_the_start():
    start = 1e-6
    y = minimize(Saddle(), GradientDescent(lr=0.1), [1.5, start], steps=300).x[:, 1]
    steps = int(np.argmax(y > 0.5))
    assert steps == pytest.approx(np.log(0.5 / start) / np.log(1.1), abs=3)


def test_exact_line_search_turns_squarely_and_gains_nothing():
    kappa = sp.Symbol("kappa", positive=True)
    A, x = sp.diag(1, kappa), sp.Matrix([kappa, 1])
    g = A * x
    after = x - LR * g
    (lr,) = sp.solve(sp.diff((after.T * A * after)[0], LR), LR)
    after = after.subs(LR, lr)
    assert sp.simplify(lr - 2 / (1 + kappa)) == 0
    assert sp.simplify((A * after).dot(g)) == 0
    fraction = (after.T * A * after)[0] / (x.T * A * x)[0]
    assert sp.simplify(fraction - ((kappa - 1) / (kappa + 1)) ** 2) == 0


def test_a_run_is_free_of_its_unit_if_lr_carries_the_square():
    surface, unit = Rosenbrock(), 1024.0  # a power of two: nothing is rounded
    other = Function(lambda u: surface.value(unit * u), lambda u: unit * surface.gradient(unit * u))
    once = minimize(surface, GradientDescent(lr=1e-3), surface.start, steps=200, record="x")
    start = np.array(surface.start) / unit
    again = minimize(other, GradientDescent(lr=1e-3 / unit**2), start, steps=200, record="x")
    assert np.array_equal(once.x, unit * again.x)
