"""The numbered equations of the chapter on the edge of stability and its second page."""

import json

import numpy as np
import pytest

from experiments import sharpness_on_digits as made
from minioptim import Adam, GradientDescent, Momentum, minimize
from minioptim.datasets import digits
from minioptim.problems import Quadratic
from minioptim.problems.surfaces import Narrows

STORED = json.loads(made.RESULT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def small():
    """A network with a Hessian that can be written down, a point, and the Hessian there."""
    few = digits().train.part(np.arange(60))
    model = made.Squares(few, hidden=(4,), activation="tanh")
    x = model.initial(1)
    H = np.array([made.product(model, x, unit) for unit in np.eye(model.dimension)])
    return model, x, H


@pytest.mark.equation("edge-valley")
def test_the_valley_curves_by_y_across_its_floor():
    x, y = 0.3, 4.0
    by_hand = y * (np.sqrt(1 + x**2) - 1) - 0.1 * x + 0.004 * (10 - y) ** 2
    assert Narrows().f(x, y) == pytest.approx(by_hand)
    assert Narrows().d2f(0.0, y)[0] == y
    assert Narrows().df(0.001, y)[0] + 0.1 == pytest.approx(0.001 * y, rel=1e-5)


@pytest.mark.equation("edge-across", "edge-along")
def test_a_step_near_the_floor_is_what_the_two_lines_say():
    lr, x, y = 0.3, 0.01, 4.0
    step = minimize(Narrows(), GradientDescent(lr), [x, y], steps=1).x[1]
    assert step[0] - lr * 0.1 == pytest.approx((1 - lr * y) * x, rel=1e-3)  # without the tilt
    pull = -0.008 * (10 - y)
    assert step[1] - y + lr * pull == pytest.approx(-lr * x**2 / 2, rel=1e-3)


@pytest.mark.equation("edge-balance")
def test_the_swings_hold_the_run_where_slope_and_swing_balance():
    y = minimize(Narrows(), GradientDescent(0.4), steps=800).x[-50:, 1].mean()
    x = minimize(Narrows(), GradientDescent(0.4), steps=800).x[-50:, 0]
    assert np.mean(x**2) == pytest.approx(2 * 0.008 * (10 - y), rel=0.05)


@pytest.mark.equation("edge-mean")
def test_the_mean_of_two_gradients_goes_down_the_sharpness(small):
    model, x, H = small
    q = np.linalg.eigh((H + H.T) / 2)[1][:, -1]
    a, h = 0.02, 1e-3
    mean = (model.gradient(x + a * q) + model.gradient(x - a * q)) / 2
    rest = (mean - model.gradient(x)) / (a**2 / 2)
    direction = np.random.default_rng(0).normal(size=len(x))
    sharpness = [
        np.linalg.eigvalsh(
            [made.product(model, x + side * h * direction, unit) for unit in np.eye(len(x))]
        )[-1]
        for side in (1, -1)
    ]
    slope = (sharpness[0] - sharpness[1]) / (2 * h)
    assert rest @ direction == pytest.approx(slope, rel=0.02)


@pytest.mark.equation("edge-divided", "edge-adam")
@pytest.mark.parametrize(("part", "converges"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize("beta1", [0.5, 0.9])
def test_adams_limit_is_that_of_momentum_in_other_letters(part, converges, beta1):
    limit = 2 * (1 + beta1) / (1 - beta1)
    assert beta1 != 0.9 or limit == pytest.approx(38)
    # A huge eps is a divisor that does not change: Adam is then an average, divided.
    rule = Adam(lr=part * limit * 1e100, beta1=beta1, eps=1e100)
    run = minimize(Quadratic([1.0]), rule, [1.0], steps=6000)
    assert (abs(run.final[0]) < 1e-3) == converges
    heavy = Momentum(lr=part * limit * (1 - beta1), momentum=beta1)
    again = minimize(Quadratic([1.0]), heavy, [1.0], steps=6000)
    assert (abs(again.final[0]) < 1e-3) == converges


@pytest.mark.equation("edge-divided")
def test_dividing_the_scales_divides_the_hessian_on_both_sides():
    H, D = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([0.5, 4.0])
    divided = D[:, None] ** -0.5 * H * D**-0.5
    factor = made.between(lambda u: H @ u, D**-0.5)
    np.testing.assert_allclose([factor(unit) for unit in np.eye(2)], divided)
    # A step of the divided gradient multiplies by I - lr H / D, which has the same eigenvalues.
    np.testing.assert_allclose(
        np.sort(np.linalg.eigvals(H / D[:, None])), np.linalg.eigvalsh(divided)
    )


@pytest.mark.equation("edge-product", "edge-power")
def test_both_ways_find_the_largest_eigenvalue(small):
    model, x, H = small
    assert abs(H - H.T).max() < 1e-7
    largest = np.linalg.eigvalsh((H + H.T) / 2)[-1]
    v = np.random.default_rng(0).normal(size=len(x))
    top, _ = made.largest(lambda u: made.product(model, x, u), v, products=25)
    assert top == pytest.approx(largest, rel=1e-6)
    for _ in range(300):
        v = made.product(model, x, v)
        v /= np.linalg.norm(v)
    assert v @ made.product(model, x, v) == pytest.approx(largest, rel=1e-3)


@pytest.mark.equation("edge-softmax", "edge-sure")
def test_a_sure_network_is_flat_along_its_outputs():
    z = np.array([1.0, -0.5, 2.0])

    def p(z):
        return np.exp(z) / np.exp(z).sum()

    nudge = 1e-5 * np.eye(3)
    # The slope of the cross-entropy is p minus the answer, so this is its second derivative.
    bends = [(p(z + n) - p(z - n)) / 2e-5 for n in nudge]
    H = np.diag(p(z)) - np.outer(p(z), p(z))
    np.testing.assert_allclose(H, bends, atol=1e-9)
    for sure in (1.0, 3.0, 10.0):
        H = np.diag(p(sure * z)) - np.outer(p(sure * z), p(sure * z))
        assert np.linalg.eigvalsh(H)[-1] <= np.trace(H) <= 2 * (1 - p(sure * z).max())


def jacobian(step, z):
    nudge = 1e-6 * np.eye(2)
    return np.transpose([(step(z + n) - step(z - n)) / 2e-6 for n in nudge])


@pytest.mark.equation("edge-pair", "edge-rest")
@pytest.mark.parametrize("lr", [0.22, 0.3, 0.6])
def test_errors_about_the_point_of_rest_are_multiplied_as_the_formula_says(lr):
    c, h = 0.008, 10.0

    def step(z):
        a, y = z
        return np.array([(lr * y - 1) * a, y + lr * (c * (h - y) - a**2 / 2)])

    rest = np.array([np.sqrt(2 * c * (h - 2 / lr)), 2 / lr])
    np.testing.assert_allclose(step(rest), rest)
    J = jacobian(step, rest)
    np.testing.assert_allclose(J, [[1, lr * rest[0]], [-lr * rest[0], 1 - lr * c]], atol=1e-8)
    assert np.linalg.det(J) == pytest.approx(1 + lr * c * (2 * lr * h - 5))
    assert (np.linalg.det(J) < 1) == (lr * h < 2.5)


@pytest.mark.equation("edge-soft")
@pytest.mark.parametrize("lr", [0.3, 0.6])
def test_softer_walls_brake_the_swings(lr):
    c, a = 0.008, 0.05
    y = 2 / lr * np.sqrt(1 + a**2)  # where a swing of this size stays as it is

    def step(z):
        a, y = z
        root = np.sqrt(1 + a**2)
        return np.array([lr * y * a / root - a, y + lr * (c * (10 - y) - root + 1)])

    assert step(np.array([a, y]))[0] == pytest.approx(a)
    found = np.linalg.det(jacobian(step, np.array([a, y])))
    assert found == pytest.approx(1 - (2 - lr**2) * a**2 - lr * c, abs=1e-4)
    assert found < 1


# --- What the pages say of the stored runs ------------------------------------------------------


def runs(name, what="sharpness"):
    return np.array(STORED[name][what])


@pytest.mark.parametrize("lr", [0.3, 0.45, 0.7])
def test_every_run_begins_below_its_limit_rises_past_it_and_stays(lr):
    s = runs(f"descent {lr}") * lr / 2
    assert s[:, 0].max() < 1
    assert s.max(axis=1).min() > 1
    assert np.abs(s[:, -11:].mean(axis=1) - 1).max() < 0.07


def test_the_smallest_rate_is_still_on_its_way():
    s = runs("descent 0.2") * 0.2 / 2
    assert (s[:, -1] < 1).all()


@pytest.mark.parametrize("lr", made.RATES)
def test_the_loss_falls_in_the_long_run(lr):
    f = runs(f"descent {lr}", "loss")
    assert (f[:, -1] < 0.35 * f[:, 0]).all()


def test_a_tiny_rate_takes_the_swings_off_the_loss_and_nothing_more():
    f = runs("cut", "loss")
    half = made.STEPS // 2 // made.EVERY
    assert np.median(f[:, half + 3] / f[:, half]) == pytest.approx(0.8, abs=0.02)
    assert np.median(f[:, -1] / f[:, half + 3]) > 0.95
    assert np.median(runs("descent 0.7", "loss")[:, -1] / f[:, half]) < 0.6  # what lr 0.7 does


def test_halved_the_sharpness_rises_and_doubled_it_falls():
    half = made.STEPS // 2 // made.EVERY
    s = runs("halved")
    assert (s[:, -1] > 1.4 * s[:, half]).all()
    assert (s[:, -1] < 2 / 0.35).all()
    doubled = STORED["doubled"]["sharpness"]
    assert sorted(map(len, doubled)) == [half + 1] + [len(s[0])] * 9
    ends = [row[-1] * 0.7 / 2 for row in doubled if len(row) == len(s[0])]
    np.testing.assert_allclose(ends, 1, atol=0.1)


@pytest.mark.parametrize("lr", made.ADAM)
def test_adams_divided_sharpness_rises_to_its_limit_and_stays(lr):
    divided = lr * runs(f"adam {lr}", "divided")
    assert divided[:, 0].max() < 10
    np.testing.assert_allclose(divided[:, -11:].mean(axis=1), 38, rtol=0.07)
    plain = runs(f"adam {lr}")
    assert (plain[:, -1] > 3 * plain[:, 0]).all()


def test_the_smaller_the_batch_the_lower_the_sharpness():
    late = {name: runs(name)[:, -11:].mean(axis=1) for name in ("batch 8", "batch 32")}
    whole = runs("descent 0.3")[:, -11:].mean(axis=1)
    assert late["batch 8"].max() < late["batch 32"].min()
    assert late["batch 32"].max() < whole.min()


def test_only_a_long_warm_up_saves_the_runs():
    whole = made.WARMED // made.EVERY + 1
    lived = {w: sum(len(f) == whole for f in STORED[f"warm-up {w}"]["loss"]) for w in (0, 100, 300)}
    assert lived[0] == 0
    assert lived[300] == 10
    starts = [row[0] for row in STORED["warm-up 0"]["sharpness"]]
    assert np.median(starts) == pytest.approx(6, abs=1)


def test_the_swings_grow_above_the_limit_and_shrink_below_it():
    close = STORED["close up"]
    s, a = np.array(close["sharpness"]) * close["lr"] / 2, np.abs(close["across"])
    peak = a.argmax()
    assert s[:peak].max() > 1.25
    assert s[peak : peak + 20].min() < 1.06
    assert s[peak + 30 :].max() < s[:peak].max() - 0.15  # the next waves are smaller
    high = s[:-1] > 1.08
    assert (a[1:] > a[:-1])[high].mean() > 0.8


def test_a_sure_network_comes_to_the_edge_and_leaves_it():
    s = runs("cross-entropy") * made.CROSS_ENTROPY / 2
    np.testing.assert_allclose(s.max(axis=1), 1, atol=0.1)
    assert (s.argmax(axis=1) * made.SURE_EVERY < 30).all()
    assert (s[:, -1] < 0.15).all()
