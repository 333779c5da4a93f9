"""The numbered equations of the chapter on long runs, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

from dataclasses import replace
from itertools import product
from math import cos, erf, floor, pi, sqrt

import numpy as np
import pytest

from minioptim import SGD, Adam, feed, minimize, training
from minioptim.averages import ewma
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.problems import Function, Noisy
from minioptim.schedules import Constant, Cosine, InverseRoot, Linear, StepDecay, WarmUp


def rng(seed=0):
    return np.random.default_rng(seed)


def angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


# ------------------------------------------------------------------------------- two numbers to log


@pytest.mark.equation("prac-ratio")
def test_no_run_moves_further_than_its_ratios_allow(net):
    x = minimize(net.minibatch(32), Adam(lr=0.0003), steps=60, record=("x",)).x
    lengths = np.linalg.norm(x, axis=1)
    r = np.linalg.norm(np.diff(x, axis=0), axis=1) / lengths[:-1]
    moved = np.linalg.norm(x[-1] - x[0])
    assert moved <= (r * lengths[:-1]).sum()
    assert moved / lengths[0] <= np.prod(1 + r) - 1  # if each step leads straight away
    assert np.prod(1 + np.full(225, 1 / 225)) - 1 > 1 > np.prod(1 + np.full(225, 1e-3)) - 1


# ---------------------------------------------------------------------------- schedules and warm-up


@pytest.mark.equation("prac-schedules")
def test_schedules_are_their_formulas_from_first_step_to_last():
    lr, T, w, factor, every = 0.3, 20, 6, 0.5, 7
    after = Linear(lr, 0.0, steps=T - w)
    for t in range(1, T + 1):
        formulas = {
            StepDecay(lr, factor=factor, every=every): lr * factor ** floor((t - 1) / every),
            InverseRoot(lr): lr / sqrt(t),
            Linear(lr, 0.0, steps=T): lr * (1 - (t - 1) / T),
            Cosine(lr, steps=T): lr / 2 * (1 + cos(pi * (t - 1) / T)),
            WarmUp(w, after): t / w * after(1) if t <= w else after(t - w),
        }
        for schedule, value in formulas.items():
            assert schedule(t) == pytest.approx(value, rel=1e-12), (schedule, t)


@pytest.mark.equation("prac-schedules")
def test_schedules_begin_at_their_peak_and_a_warm_up_ends_there():
    for schedule in (StepDecay(1.0, 0.3, 7), InverseRoot(1.0), Linear(1.0, 0.0, 9), Cosine(1.0, 9)):
        assert schedule(1) == 1
        risen = WarmUp(4, schedule)
        assert [risen(t) for t in (1, 2, 3, 4, 5)] == [0.25, 0.5, 0.75, 1, 1]


def test_ten_warm_up_steps_save_too_large_a_lr_as_thirty_do(net):
    lrs, ends = 10 ** np.array([-1.0, -0.75, -0.5]), {}
    for steps in (0, 10, 30):
        lr = WarmUp(steps, Constant(lrs)) if steps else Constant(lrs)
        ends[steps] = net.value(training.train(net, Adam(lr=lr), 32, 170, range(12)))
    mean = {steps: each.mean(axis=0) for steps, each in ends.items()}
    error = {steps: each.std(axis=0, ddof=1) / sqrt(12) for steps, each in ends.items()}
    for steps in (10, 30):
        assert (mean[steps][1:] < 0.5 * mean[0][1:]).all()
        assert abs(mean[steps] - mean[0])[0] < np.hypot(error[steps], error[0])[0]
    assert (abs(mean[10] - mean[30]) < np.hypot(error[10], error[30])).all()


@pytest.mark.equation("prac-first-steps")
@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("t", [1, 2, 10, 300])
def test_a_corrected_average_has_squared_weights_for_variance(beta, t):
    # An average is linear in its values: the weights are its answers to single ones.
    weights = np.array([ewma(one, beta, corrected=True)[-1] for one in np.eye(t)])
    assert weights.sum() == pytest.approx(1, rel=1e-10)
    formula = (1 - beta) / (1 + beta) * (1 + beta**t) / (1 - beta**t)
    assert (weights**2).sum() == pytest.approx(formula, rel=1e-10)


@pytest.mark.equation("prac-first-steps")
def test_adams_first_step_is_lr_whatever_a_coordinate_is_worth():
    flat = Function(lambda x: 0 * x.sum(axis=-1), lambda x: 0 * x)
    noise = np.array([1e-3, 1.0, 1e3])
    run = minimize(Noisy(flat, noise), Adam(lr=0.01, eps=0.0), np.zeros((200, 3)), steps=1)
    assert np.allclose(np.abs(run.final), 0.01, rtol=1e-12, atol=0)


def test_after_the_peak_one_over_root_t_falls_more_slowly():
    w = 30
    after = WarmUp(w, InverseRoot(1.0))
    assert min(60 / w, sqrt(w / 60)) == pytest.approx(sqrt(0.5))
    assert after(60) == pytest.approx(1 / sqrt(30))
    assert after(w) == 1.0


def test_a_schedule_of_steps_hardly_moves_when_it_counts_passes():
    assert Cosine(0.1, steps=340)(10) > 0.099
    assert Cosine(0.1, steps=340)(340) < 1e-5


def test_for_normal_noise_the_first_divisor_has_no_mean_inverse():
    # P(|g| < e) is about 0.8 e: the density at 0 is not 0, and 1/|g| has no mean.
    for e in (1e-2, 1e-4, 1e-6):
        assert erf(e / sqrt(2)) == pytest.approx(e * sqrt(2 / np.pi), rel=1e-3)


# ------------------------------------------------------------------------------ spikes and restarts


@pytest.mark.parametrize(("beta2", "first", "total"), [(0.999, 3.16, 31.8), (0.95, 0.447, 5.84)])
def test_a_lone_gradient_moves_adam_less_the_shorter_its_memory(beta2, first, total):
    quiet = np.zeros((10_000, 1))  # so long that the correction of the start is over
    after = np.zeros((600, 1))
    after[0] = 7.0
    run = feed(Adam(lr=1.0, beta2=beta2, eps=1e-300), np.vstack([quiet, after]))
    x = -run.x[len(quiet) :, 0]
    assert x[1] - x[0] == pytest.approx(first, rel=2e-3)
    assert x[-1] - x[0] == pytest.approx(total, rel=2e-2)


def test_a_bad_batch_costs_less_with_a_short_memory_or_a_clip(sets):
    images, bad = sets[0], 401
    net = MLP(images, hidden=(32,))
    wrong = MLP(replace(images, labels=(images.labels + 1) % 10), hidden=(32,))
    rows, climbs = np.arange(32), {}
    for name, beta2, bound in (
        ("plain", 0.999, np.inf),
        ("short", 0.95, np.inf),
        ("clip", 0.999, 1),
    ):
        climbs[name] = []
        for seed in range(5):
            batches, asked = net.minibatch(32, seed=seed).oracle(), []

            def gradient(x, batches=batches, asked=asked, bound=bound):
                g = batches(x)
                asked.append(g)
                g = wrong.gradient_on(rows, x) if len(asked) == bad else g
                return g * min(1, bound / np.linalg.norm(g))

            rule = Adam(lr=0.01, beta2=beta2)
            problem = Function(net.value, gradient)
            x = minimize(problem, rule, net.initial(seed), steps=bad + 10, record=("x",)).x
            f = net.value(x[bad - 1 :])
            climbs[name].append(f.max() / f[0])
    assert np.median(climbs["plain"]) > 2
    assert np.median(climbs["short"]) < 0.7 * np.median(climbs["plain"])
    assert np.median(climbs["clip"]) < 0.7 * np.median(climbs["plain"])


def test_an_old_count_with_a_new_v_is_worse_than_a_new_optimizer(net):
    rule = Adam(lr=0.01)
    batches = net.minibatch(32)
    run = minimize(batches, rule, steps=400, record=("x", "state"), every=400)
    x, m, v = run.x[-1], run.state["m"][-1], run.state["v"][-1]
    g = net.minibatch(32, seed=1).gradient(x)
    steps = {}
    for name, (t, *state) in {
        "all kept": (400, m, v),
        "v lost": (400, m, 0 * v),
        "new": (0, 0 * m, 0 * v),
    }.items():
        moved, *_ = rule.step(g, x, t + 1, *state)
        steps[name] = np.abs(moved - x).max()
    assert steps["new"] == pytest.approx(0.01, rel=1e-3)
    assert steps["v lost"] > 100 * steps["all kept"]


# ----------------------------------------------------------------------------------------- clipping


@pytest.mark.equation("prac-clip")
def test_clipping_by_norm_keeps_the_direction_by_value_does_not():
    for g in rng(11).normal(size=(50, 6)) * 10:
        norm = np.linalg.norm(g)
        by_norm, by_value = g * min(1, 2 / norm), np.minimum(np.maximum(g, -2), 2)
        assert np.linalg.norm(by_norm) <= 2 + 1e-12
        assert angle(by_norm, g) == pytest.approx(0, abs=1e-5)
        assert np.array_equal(by_value, np.clip(g, -2, 2))
        assert angle(by_value, g) > 1
    short = np.array([0.3, -0.4])
    assert np.array_equal(short * min(1, 2 / np.linalg.norm(short)), short)


def test_a_clipped_mean_may_point_the_other_way():
    slopes = np.array([-1.0] * 9 + [12.0])
    assert slopes.mean() == pytest.approx(0.3)
    assert np.clip(slopes, -1, 1).mean() == pytest.approx(-0.8)


# -------------------------------------------------------------------------------------- normalising


@pytest.mark.equation("prac-inputs")
def test_a_linear_models_curvature_is_mean_and_covariance_blocks():
    inputs = rng(2).normal(size=(50, 3)) * [1, 5, 0.2] + [3, -1, 10]
    a = np.column_stack([inputs, np.ones(50)])
    y = rng(3).normal(size=50)

    def f(x):
        return 0.5 * ((a @ x - y) ** 2).mean()

    mu, C = inputs.mean(axis=0), np.cov(inputs.T, bias=True)
    H = np.block([[C + np.outer(mu, mu), mu[:, None]], [mu[None], np.ones((1, 1))]])
    eye = np.eye(4)
    second = [[f(p + q) - f(p - q) - f(q - p) + f(-p - q) for q in eye] for p in eye]
    assert np.allclose(np.array(second) / 4, H, rtol=1e-9, atol=1e-9)
    assert np.linalg.eigvalsh(H)[-1] >= mu @ mu + 1


def test_larger_inputs_gain_only_by_the_constants_smaller_share(sets):
    train = sets[0]
    ends, bounds = {}, {}
    for scale in (1, 16):
        a = np.column_stack([scale * train.inputs, np.ones(len(train))])
        bounds[scale] = np.linalg.norm(a, 2) ** 2 / len(a) / 2
        model = SoftmaxRegression(replace(train, inputs=scale * train.inputs))
        ends[scale] = minimize(model, SGD(lr=1 / bounds[scale]), steps=100, record="f").f[-1]
    assert bounds[16] / 16**2 < bounds[1]
    same_lr = SGD(lr=16**2 / bounds[16])
    ends["1, other lr"] = minimize(SoftmaxRegression(train), same_lr, steps=100, record="f").f[-1]
    assert ends["1, other lr"] == pytest.approx(ends[16], abs=2e-3)
    assert ends[1] > ends[16] + 0.03


def unit(points, sides):
    """Return the loss of one batch-normalised unit, and its gradient."""

    def parts(w):
        z = points @ w
        return (z - z.mean()) / z.std(), z.std()

    def f(w):
        return np.log1p(np.exp(-sides * parts(w)[0])).mean()

    def df(w):
        z_hat, s = parts(w)
        d = -sides / (1 + np.exp(sides * z_hat))
        return points.T @ (d - d.mean() - z_hat * (d * z_hat).mean()) / len(sides) / s

    return f, df


@pytest.fixture
def normalised():
    points = rng(4).normal(size=(60, 4)) + 0.5
    return unit(points, np.sign(points[:, 0] + rng(5).normal(size=60)))


@pytest.mark.equation("prac-batchnorm")
def test_normalised_values_have_mean_0_and_variance_1_up_to_eps():
    z, eps = 7 + 3 * rng(6).normal(size=40), 1e-3
    z_hat = (z - z.mean()) / np.sqrt(z.var() + eps)
    assert z_hat.mean() == pytest.approx(0, abs=1e-12)
    assert z_hat.var() == pytest.approx(z.var() / (z.var() + eps), rel=1e-12)
    shifted = (z + 5 - (z + 5).mean()) / np.sqrt((z + 5).var() + eps)  # a bias before it
    assert np.allclose(shifted, z_hat, rtol=0, atol=1e-12)


def test_normalised_units_never_die_and_mend_kappas_lower_end(sets, net):
    W, b = net.layers(net.start)[0]
    z = sets[0].inputs @ W + b
    curvatures = {}
    for name, units in (("z", z), ("z_hat", (z - z.mean(axis=0)) / z.std(axis=0))):
        a = np.column_stack([np.maximum(units, 0), np.ones(len(z))])
        assert ((units <= 0).all(axis=0).sum() > 0) == (name == "z")
        singular = np.linalg.svd(a, compute_uv=False)  # the Hessian's roots, times the root of n
        curvatures[name] = singular**2 / len(a)
    assert curvatures["z"][-1] < 1e-12
    assert curvatures["z_hat"][0] / curvatures["z_hat"][-1] == pytest.approx(200, rel=0.01)
    assert curvatures["z_hat"][0] > 2 * curvatures["z"][0]


def test_a_normalised_answer_scatters_as_one_over_root_batch():
    # To first order the mean moves it by 1/sqrt(b), the spread by z/sqrt(2b).
    for own, b in product((0.0, 1.0, 2.0), (32, 128)):
        z = rng(b).normal(size=(20_000, b))
        z[:, 0] = own
        answers = (own - z.mean(axis=1)) / z.std(axis=1)
        assert answers.std() == pytest.approx(sqrt((1 + own**2 / 2) / b), rel=0.12)


@pytest.mark.equation("prac-invariant")
def test_before_normalising_g_is_orthogonal_and_falls_as_length(normalised):
    f, df = normalised
    w = np.array([1.0, -2.0, 0.5, 0.3])
    measured = np.array([f(w + e) - f(w - e) for e in 1e-6 * np.eye(4)]) / 2e-6
    assert np.allclose(df(w), measured, rtol=0, atol=1e-8)
    assert w @ df(w) == pytest.approx(0, abs=1e-14)
    for k in (0.1, 3.0, 50.0):
        assert f(k * w) == pytest.approx(f(w), rel=1e-12)
        assert np.allclose(df(k * w), df(w) / k, rtol=1e-10, atol=1e-14)


@pytest.mark.equation("prac-growth", "prac-effective")
def test_weights_grow_by_pythagoras_and_long_starts_are_small_lr(normalised):
    f, df = normalised
    w, k = np.array([1.0, -2.0, 0.5, 0.3]), 3.0
    long = minimize(Function(f, df), SGD(lr=2.0), k * w, steps=20)
    lengths = (long.x**2).sum(axis=1)
    assert np.allclose(np.diff(lengths), 4.0 * (long.grad**2).sum(axis=1), rtol=1e-9)
    short = minimize(Function(f, df), SGD(lr=2.0 / k**2), w, steps=20)
    assert np.allclose(long.x, k * short.x, rtol=1e-9)
    u = w / np.linalg.norm(w)
    step = np.linalg.norm(w) * (u - 2.0 / (w @ w) * df(u))
    assert np.allclose(w - 2.0 * df(w), step, rtol=1e-12)


@pytest.mark.equation("prac-equilibrium")
def test_with_decay_length_settles_and_only_the_product_counts():
    G, effective = 0.7, []
    for lr, wd in ((0.5, 0.02), (0.1, 0.1)):
        length2 = 30.0
        for _ in range(3000):
            length2 = (1 - lr * wd) ** 2 * length2 + lr**2 * G**2 / length2
        q = (1 - lr * wd) ** 2
        assert length2**2 == pytest.approx(lr**2 * G**2 / (1 - q), rel=1e-9)
        assert length2**2 == pytest.approx(lr * G**2 / (2 * wd), rel=0.01)
        effective.append(lr / length2)
    assert effective[0] == pytest.approx(effective[1], rel=1e-9)
    assert effective[0] == pytest.approx(sqrt(2 * 0.01) / G, rel=0.01)


def test_a_normalised_unit_does_not_diverge_at_any_lr(normalised):
    f, df = normalised
    assert all(f(w) <= np.log1p(np.exp(sqrt(60))) for w in rng(6).normal(size=(50, 4)) * 1e3)
    w = np.array([1.0, -2.0, 0.5, 0.3])
    run = minimize(Function(f, df), SGD(lr=1e6), w, steps=50)
    assert not run.diverged
    after = 1e6 / (run.x[1] @ run.x[1])
    assert after == pytest.approx(1 / (1e6 * (run.grad[0] ** 2).sum()), rel=1e-6)


# -------------------------------------------------------------- number formats and batches in parts


@pytest.mark.equation("prac-parts")
def test_parts_weighted_by_their_size_are_the_whole_batch(net):
    x, rows = net.start, rng(14).permutation(100)[:32]
    whole = net.gradient_on(rows, x)
    parts = np.split(rows, [4, 12, 15])  # of 4, 8, 3 and 17
    weighted = sum(len(part) / 32 * net.gradient_on(part, x) for part in parts)
    assert np.allclose(weighted, whole, rtol=0, atol=1e-13)
    alike = sum(net.gradient_on(part, x) for part in parts) / 4
    assert not np.allclose(alike, whole, rtol=0, atol=1e-3)


def test_float16_loses_small_squares_and_bfloat16_a_thousandth_of_a_weight():
    half = np.float16
    assert half(1e-4) > 0 == half(1e-4) * half(1e-4) == half(1e-8)
    assert np.finfo(half).smallest_subnormal == 2.0**-24
    # bfloat16 keeps 8 significant bits: round each weight and its update to that many.
    weights = np.linspace(1, 2, 1001)[:-1]
    grid = 2.0**-7
    rounded = np.round(weights / grid) * grid
    assert np.array_equal(np.round(rounded * 1.001 / grid) * grid, rounded)
