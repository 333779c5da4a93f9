"""The numbered equations of the chapter on Adadelta, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

import numpy as np
import pytest
import sympy as sp

from minioptim import Adadelta, Adagrad, GradientDescent, Momentum, RMSProp, minimize
from minioptim.averages import ewma
from minioptim.problems import Function, Quadratic, Ravine

SLOPE = Function(lambda x: 100 * x.sum(axis=-1), lambda x: np.full_like(x, 100.0))


def record(rule, gradients, x=0.0, v=0.0, d=0.0):
    """Return steps, v and d after each of some given gradients."""
    rows = []
    for t, g in enumerate(gradients, start=1):
        new, v, d = rule.step(g, x, t, v, d)
        rows.append((new - x, v, d))
        x = new
    return np.array(rows).T


@pytest.mark.equation("delta-window", "delta-rms-plain")
def test_the_mean_over_a_window_is_the_square_of_its_rms():
    g, w = np.random.default_rng(0).normal(size=50), 20
    window = sum(g[-j] ** 2 for j in range(1, w + 1)) / w
    assert np.sqrt(window) == pytest.approx(np.linalg.norm(g[-w:]) / np.sqrt(w))


@pytest.mark.equation("delta-average", "delta-rms", "delta-d")
def test_both_averages_are_moving_averages_of_squares():
    g = np.random.default_rng(1).normal(size=60)
    steps, v, d = record(Adadelta(rho=0.9, eps=0.01), g)
    np.testing.assert_allclose(v, ewma(g**2, 0.9), rtol=1e-12)
    np.testing.assert_allclose(d, ewma(steps**2, 0.9), rtol=1e-9)
    weights = 0.1 * 0.9 ** np.arange(59, -1, -1)
    assert np.sqrt(v[-1] + 0.01) == pytest.approx(np.sqrt(weights @ g**2 + 0.01))


@pytest.mark.equation("delta-rule")
def test_the_step_is_the_lagging_rms_of_steps_over_that_of_g():
    g = np.random.default_rng(2).normal(size=60)
    steps, v, d = record(Adadelta(rho=0.9, eps=0.01), g)
    lagging = np.concatenate([[0.0], d[:-1]])
    np.testing.assert_allclose(steps, -np.sqrt(lagging + 0.01) / np.sqrt(v + 0.01) * g, rtol=1e-9)


@pytest.mark.equation("delta-half")
def test_the_half_way_rule_is_rmsprop_but_for_eps():
    g = np.random.default_rng(3).normal(size=(40, 1))
    v = ewma(g[:, 0] ** 2, 0.9)
    steps = -0.1 * g[:, 0] / np.sqrt(v)
    x, state = np.zeros(1), np.zeros(1)
    for t in range(40):
        x, state = RMSProp(lr=0.1, rho=0.9, eps=0.0).step(g[t], x, t + 1, state)
    assert x[0] == pytest.approx(steps.sum())


@pytest.mark.equation("delta-unit-g", "delta-units")
@pytest.mark.parametrize(
    ("rule", "metres", "euros"),
    [
        (lambda lr: GradientDescent(lr=lr), 2, -1),
        (lambda lr: Momentum(lr=lr), 2, -1),
        (lambda lr: Adagrad(lr=lr, eps=0.0), 1, 0),
        (lambda lr: RMSProp(lr=lr, eps=0.0), 1, 0),
    ],
)
def test_lr_must_change_as_its_unit_says(rule, metres, euros):
    # Lengths measured in units of 1/a metre and losses in units of 1/b euro.
    a, b, x0 = 8.0, 4.0, np.array([3.0, -2.0])
    f = Quadratic([1.0, 3.0])
    g = Function(lambda u: b * f.value(u / a), lambda u: b / a * f.gradient(u / a))
    one = minimize(f, rule(0.01), x0, steps=20).x
    other = minimize(g, rule(0.01 * a**metres * b**euros), a * x0, steps=20).x
    np.testing.assert_allclose(other / a, one, rtol=1e-12)
    point, tiny = 1.5, 1e-3  # a derivative is a quotient of differences, a second one of them
    unit_g = b / a
    h = Function(lambda x: (x**2).sum(axis=-1), lambda x: 2 * x)
    scaled = [b * h.value(np.array([(a * point + k * a * tiny) / a])) for k in (-1, 0, 1)]
    slope = (scaled[2] - scaled[0]) / (2 * a * tiny)
    curvature = (scaled[2] - 2 * scaled[1] + scaled[0]) / (a * tiny) ** 2
    assert slope == pytest.approx(2 * point * unit_g)
    assert curvature == pytest.approx(2 * b / a**2, rel=1e-6)


@pytest.mark.equation("delta-newton")
def test_newtons_step_is_where_the_touching_parabola_is_lowest():
    f, slope, step = sp.symbols("f slope step", real=True)
    bend = sp.Symbol("bend", positive=True)
    parabola = f + slope * step + bend * step**2 / 2
    (lowest,) = sp.solve(sp.diff(parabola, step), step)
    assert sp.simplify(lowest + slope / bend) == 0
    assert sp.diff(parabola, step, 2) == bend


@pytest.mark.equation("delta-diagonal", "delta-inverse")
def test_quotients_are_newtons_step_for_diagonal_hessians_only():
    x = np.array([-7.0, 2.0])
    for angle, same in ((0.0, True), (0.5, False)):
        bowl = Quadratic([0.1, 2.0], rotation=angle)
        g, H = bowl.gradient(x), bowl.hessian(x)
        step = -np.linalg.solve(H, g)
        assert np.allclose(step, -g / np.diag(H)) == same
        assert np.allclose(-step / g, 1 / np.diag(H)) == same


@pytest.mark.equation("delta-bound")
def test_no_step_passes_the_bound_and_a_sudden_gradient_nears_it():
    g = np.ones(200)
    g[150] = 1e6
    steps, _, d = record(Adadelta(), g)
    bound = np.sqrt(np.concatenate([[0.0], d[:-1]]) + 1e-6) / np.sqrt(0.05)
    assert (np.abs(steps) <= bound * (1 + 1e-9)).all()
    assert abs(steps[150]) == pytest.approx(bound[150], rel=1e-6)


@pytest.mark.equation("delta-first")
@pytest.mark.parametrize("rho", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("g", [-3.0, 1e4])
def test_the_first_step_knows_only_the_sign_of_the_gradient(rho, g):
    (step,), *_ = record(Adadelta(rho=rho), [g])
    assert step == pytest.approx(-np.sign(g) * np.sqrt(1e-6 / (1 - rho)), rel=1e-4)


def test_the_first_step_at_the_papers_values_is_4_47e_3():
    assert np.sqrt(1e-6 / 0.05) == pytest.approx(4.47e-3, rel=1e-3)


@pytest.mark.equation("delta-growth", "delta-drift")
@pytest.mark.parametrize("rho", [0.9, 0.95])
def test_the_step_on_a_slope_is_the_closed_form(rho):
    run = minimize(SLOPE, Adadelta(rho=rho), [0.0], steps=3000)
    steps, d = -np.diff(run.x[:, 0]), run.state["d"][:, 0]
    for t in (1, 2, 3, 50, 3000):
        terms = sum(1 / (1 - rho**k) for k in range(2, t + 1))
        square = 1e-6 * (1 / (1 - rho) + (1 - rho) * terms)
        assert steps[t - 1] == pytest.approx(np.sqrt(square), rel=1e-5)
    assert d[3000] - d[2000] == pytest.approx(1000 * (1 - rho) * 1e-6, rel=1e-3)
    rough = 1e-6 * (1 / (1 - rho) + (1 - rho) * np.array([1, 3000]))
    np.testing.assert_allclose(steps[[0, 2999]] ** 2, rough, rtol=0.02)


@pytest.mark.equation("delta-exact-step")
def test_the_exact_recursion_holds_symbol_by_symbol():
    rho, eps, w, power = sp.symbols("rho eps w power", positive=True)  # power = rho^t
    d = (1 - power) * w - eps  # d_{t-1}, from w_{t-1} = (d_{t-1} + eps) / (1 - rho^t)
    square = (d + eps) / (1 - power)
    new = rho * d + (1 - rho) * square + eps
    assert sp.simplify(square - w) == 0
    assert sp.expand(new - ((1 - rho * power) * w + (1 - rho) * eps)) == 0


def test_the_way_on_a_slope_grows_like_the_power_three_halves():
    run = minimize(SLOPE, Adadelta(rho=0.9), [0.0], steps=20_000, record=("x",))
    assert -run.x[-1, 0] == pytest.approx(2 / 3 * np.sqrt(1e-6 * 0.1) * 20_000**1.5, rel=0.03)


@pytest.mark.equation("delta-invariant")
def test_without_eps_the_unit_is_no_matter_once_a_run_has_begun():
    g = np.random.default_rng(4).normal(size=80)
    s = 2.0**10
    one, v, d = record(Adadelta(eps=0.0), g, d=0.01)
    other, v_hat, d_hat = record(Adadelta(eps=0.0), s * g, d=0.01 / s**2)
    assert np.array_equal(v_hat, s**2 * v)
    assert np.array_equal(d_hat, d / s**2)
    np.testing.assert_allclose(s * other, one, rtol=1e-9)
    unmoved, *_ = record(Adadelta(eps=0.0), g)
    assert not unmoved.any()


def test_as_published_the_unit_makes_a_difference():
    ravine, ends = Ravine(), []
    for s in (0.1, 10.0):
        unit = np.array([s, 1.0])
        f = Function(
            lambda u, k=unit: ravine.value(k * u), lambda u, k=unit: k * ravine.gradient(k * u)
        )
        start = np.array(ravine.start) / unit
        ends.append(s * minimize(f, Adadelta(), start, steps=100).final[0])
    assert ends[0] < -6.9
    assert ends[1] > -3.5


def test_adagrads_lr_converted_to_the_unit_makes_it_as_invariant():
    f, s, x0 = Quadratic([0.1, 2.0]), np.array([2.0**10, 1.0]), np.array([-7.0, 2.0])
    g = Function(lambda u: f.value(s * u), lambda u: s * f.gradient(s * u))
    one = minimize(f, Adagrad(lr=0.5, eps=0.0), x0, steps=50).x
    u, G = x0 / s, np.zeros(2)
    for t in range(1, 51):
        moved, G = Adagrad(lr=0.5, eps=0.0).step(g.gradient(u), u, t, G)
        u = u + (moved - u) / s
    np.testing.assert_allclose(s * u, one[-1], rtol=1e-9)


@pytest.mark.equation("delta-end")
def test_without_both_averages_it_is_gradient_descent_with_lr_1():
    (step,), *_ = record(Adadelta(), [1e-8])
    assert step == pytest.approx(-1e-8, rel=1e-6)


@pytest.mark.equation("delta-rattle-lag")
@pytest.mark.parametrize("rho", [0.9, 0.95])
def test_an_average_of_growing_squares_lags_as_the_sketch_says(rho):
    delta = 1e-6
    squares = (1 + 2 * delta) ** np.arange(3000)
    v = (1 - rho) * (rho ** np.arange(2999, -1, -1)) @ squares
    lag = 2 * delta * rho / (1 - rho)
    assert 1 - v / squares[-1] == pytest.approx(lag, rel=1e-3)
    assert squares[-1] / v - 1 == pytest.approx(lag, rel=1e-3)


@pytest.mark.equation("delta-rattle-d")
@pytest.mark.parametrize("curvature", [2.5, 10.0])
def test_what_one_eps_adds_to_the_steps_the_other_takes_away(curvature):
    rho, eps, z = 0.95, 1e-6, 0.5
    delta = eps * (1 - 4 / curvature**2) / (8 * z**2)
    g = curvature * z * (-1.0) ** np.arange(3000) * (1 + delta) ** np.arange(-2999.0, 1.0)
    v, d = ewma(g**2, rho)[-1], 4 * z**2
    new = rho * d + (1 - rho) * (d + eps) * g[-1] ** 2 / (v + eps)
    told = (d + eps) * (1 + 2 * delta * rho) + (1 - rho) * eps * (1 - 4 / curvature**2)
    assert new + eps - (d + eps) == pytest.approx(told - (d + eps), rel=1e-2)
    assert new / d - 1 == pytest.approx(2 * delta, rel=1e-2)


@pytest.mark.equation("delta-rattle")
@pytest.mark.parametrize("rho", [0.9, 0.95])
@pytest.mark.parametrize("curvature", [3.0, 10.0, 100.0])
def test_above_curvature_2_the_rattle_grows_like_root_eps_t(rho, curvature):
    run = minimize(Quadratic([1.0, curvature]), Adadelta(rho=rho), np.ones(2), steps=20_000)
    calm, rattling = np.abs(run.x[-1])
    factor = 1 - 4 / curvature**2
    assert calm < 1e-9
    assert rattling == pytest.approx(0.5 * np.sqrt(factor * 1e-6 * 20_000), rel=0.05)
    assert run.x[-1, 1] * run.x[-2, 1] < 0
    d = run.state["d"][:, 1]
    assert (d[20_000] - d[10_000]) / 10_000 == pytest.approx(factor * 1e-6, rel=0.02)


@pytest.mark.equation("delta-rattle")
def test_the_rattle_stays_at_curvature_2_and_fades_below_it():
    x0 = np.full(2, 0.5)
    run = minimize(Quadratic([1.8, 2.0]), Adadelta(eps=1.0), x0, steps=4000, record=("x",))
    fading, constant = np.abs(run.x[[1000, 4000]]).T
    assert fading.max() < 1e-9
    assert constant[1] == pytest.approx(constant[0], rel=1e-6)
    assert constant[0] > 1e-4


def test_lr_inside_the_average_stops_growth_at_root_eps_over_3():
    d, lr, rho, eps = 0.0, 0.5, 0.95, 1e-6
    for _ in range(2000):
        d = rho * d + (1 - rho) * lr**2 * (d + eps)
    assert np.sqrt(lr**2 * (d + eps)) == pytest.approx(np.sqrt(eps / 3))


def test_without_eps_all_steps_on_a_slope_have_one_length():
    steps, *_ = record(Adadelta(eps=0.0), np.full(500, 7.0), d=0.0005)
    np.testing.assert_allclose(steps, -np.sqrt(0.0005 / 0.05), rtol=1e-9)


def test_the_steps_have_doubled_at_step_1151():
    run = minimize(SLOPE, Adadelta(), [0.0], steps=1200, record=("x",))
    steps = -np.diff(run.x[:, 0])
    assert np.argmax(steps >= 2 * steps[0]) + 1 == 1151
