"""The numbered equations of the chapter on practice, each held by itself.

An equation is computed from its own formula, or derived by SymPy, and compared with the package or
with a second derivation; nothing here comes from the notebook's outputs.
"""

from dataclasses import dataclass, replace
from itertools import product
from math import comb, sqrt
from statistics import NormalDist

import numpy as np
import pytest
import sympy as sp

from minioptim import SGD, Adam, AdamW, GradientDescent, Momentum, minimize, training
from minioptim.averages import ewma
from minioptim.datasets import Dataset
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.problems import Function, Noisy, Quadratic
from minioptim.schedules import Cosine, StepDecay


def rng(seed=0):
    return np.random.default_rng(seed)


# ------------------------------------------------------------------------------------- searching


@pytest.mark.equation("prac-log")
def test_an_even_exponent_gives_each_decade_the_same_share():
    low, high, xi = -4, 0, (np.arange(40_000) + 0.5) / 40_000
    lr = 10 ** (low + (high - low) * xi)
    shares = np.histogram(lr, 10.0 ** np.arange(low, high + 1))[0] / len(xi)
    assert np.allclose(shares, 1 / (high - low), rtol=0, atol=1e-4)


@pytest.mark.equation("prac-random")
@pytest.mark.parametrize(("share", "n"), [(0.05, 60), (0.2, 7)])
def test_the_chance_of_a_hit_is_the_sum_of_one_hit_or_more(share, n):
    at_least_one = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(1, n + 1))
    assert 1 - (1 - share) ** n == pytest.approx(at_least_one, rel=1e-12)


def test_sixty_draws_find_the_best_twentieth_19_times_in_20():
    misses = 0.95**60
    assert misses == pytest.approx(1 - 0.954, abs=5e-4)


# ------------------------------------------------------------------------------------- schedules


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_the_best_lr_of_one_epoch_stays_and_lies_2_to_10_below_the_cliff(net, kind):
    lrs = 10 ** np.arange(-2, 0.3, 0.25)
    one, ten = (
        np.median(
            net.value(training.train(net, kind(lr=lrs), 32, steps, range(50, 56), net.initial)),
            axis=0,
        )
        for steps in (34, 340)
    )
    best = ten.argmin()
    assert 0 < best < len(lrs) - 1
    assert abs(one.argmin() - best) <= 1  # a step of the grid, for other seeds than the chapter's
    broken = lrs[(lrs > lrs[best]) & (ten > 2)][0]
    assert 10**0.2 < broken / lrs[best] < 10**1.1


# ------------------------------------------------------------------------------- comparing fairly


@pytest.mark.equation("prac-seeds")
@pytest.mark.parametrize("n", [1, 3, 10])
def test_the_worse_setting_wins_as_often_as_the_mean_falls_below_zero(n):
    d, s = 0.3, 0.7
    means = rng(n).normal(d, s, size=(200_000, n)).mean(axis=1)
    assert (means < 0).mean() == pytest.approx(NormalDist().cdf(-sqrt(n) * d / s), abs=3e-3)


def test_with_4_s2_over_d2_seeds_the_difference_is_two_standard_errors():
    d, s, n = sp.symbols("d s n", positive=True)
    (seeds,) = sp.solve(sp.Eq(d / (s / sp.sqrt(n)), 2), n)
    assert sp.simplify(seeds - 4 * s**2 / d**2) == 0


def test_equal_seeds_make_a_difference_scatter_less(net, sets):
    judge = MLP(sets[1], hidden=(32,))
    adam, momentum = (
        judge.value(training.train(net, rule, 32, 170, range(500, 560), net.initial))
        for rule in (Adam(lr=0.03), Momentum(lr=0.1))
    )
    difference = momentum - adam
    d, s = difference.mean(), difference.std(ddof=1)
    assert s < 0.9 * np.hypot(adam.std(ddof=1), momentum.std(ddof=1))
    assert 0 < d < s  # the better on average, and not in each single run


# ------------------------------------------------------------------------------------- batch and lr


@pytest.mark.equation("prac-linear")
def test_k_small_steps_and_one_large_have_equal_mean_and_scatter():
    lr, b, k, mean, sigma = 0.1, 4, 8, 0.3, 2.0
    draws = rng().normal(mean, sigma, size=(100_000, k * b))
    small = -lr * draws.reshape(-1, k, b).mean(axis=2).sum(axis=1)
    large = -k * lr * draws.mean(axis=1)
    assert np.allclose(small, large, rtol=0, atol=1e-12)
    lr, b, k, sigma = sp.symbols("lr b k sigma", positive=True)
    assert sp.simplify(k * lr**2 * sigma**2 / b - (k * lr) ** 2 * sigma**2 / (k * b)) == 0


@pytest.mark.equation("prac-onestep", "prac-critical")
def test_on_a_quadratic_the_mean_step_is_the_formulas_parabola():
    bowl = Quadratic([0.5, 2.0, 7.0], rotation=np.linalg.qr(rng(1).normal(size=(3, 3)))[0])
    x, b = np.array([1.0, -2.0, 0.5]), 5
    H, g = bowl.hessian(x), bowl.gradient(x)
    corners = np.array(list(product((-1.0, 1.0), repeat=3))) * [0.3, 1.5, 4.0] / sqrt(b)
    Sigma = b * corners.T @ corners / len(corners)
    lrs = np.linspace(0, 0.5, 501)
    exact = np.array([bowl.value(x - lr * (g + corners)).mean() for lr in lrs])
    bent, trace = g @ H @ g, np.trace(H @ Sigma)
    formula = bowl.value(x) - lrs * (g @ g) + lrs**2 / 2 * (bent + trace / b)
    assert np.allclose(exact, formula, rtol=1e-12, atol=1e-12)
    best = g @ g / bent / (1 + trace / bent / b)
    assert lrs[exact.argmin()] == pytest.approx(best, abs=1e-3)


@pytest.mark.equation("prac-critical")
def test_the_best_lr_is_linear_far_below_b_and_level_far_above():
    one, two, many = (1 / (1 + 1000 / b) for b in (1, 2, 1e6))
    assert two / one == pytest.approx(2, rel=2e-3)
    assert many == pytest.approx(1, rel=2e-3)


@pytest.mark.equation("prac-root")
def test_in_noise_of_small_mean_adams_pass_goes_as_1_over_root_b():
    n, mean, sigma, ways = 2**14, 0.03, 1.0, {}
    for b in (1, 16):
        g = rng(b).normal(mean, sigma / sqrt(b), size=(n // b, 400))
        m_hat = ewma(g, 0.9, corrected=True)
        v_hat = ewma(g**2, 0.999, corrected=True)
        ways[b] = (m_hat / np.sqrt(v_hat)).sum(axis=0).mean()
        # The definition of the way, from the formula, within the scatter of the draws.
        assert ways[b] == pytest.approx(n / b * mean * sqrt(b) / sigma, rel=0.06)
    assert ways[1] / ways[16] == pytest.approx(4, rel=0.08)


# ------------------------------------------------------------------------------------ normalising


# ----------------------------------------------------------------------------------- weight decay


@pytest.mark.equation("prac-decay")
def test_for_gradient_descent_l2_is_decay_by_lr_times_c():
    bowl, lr, c = Quadratic([1.0, 10.0]), 0.05, 0.3
    penalised = Function(
        lambda x: bowl.value(x) + c / 2 * (x**2).sum(axis=-1), lambda x: bowl.gradient(x) + c * x
    )
    run = minimize(penalised, GradientDescent(lr=lr), [1.0, 2.0], steps=40)
    x = np.array([1.0, 2.0])
    for t in range(1, 41):
        x = (1 - lr * c) * x - lr * bowl.gradient(x)
        assert np.allclose(run.x[t], x, rtol=1e-12, atol=0)


def test_with_momentum_l2_is_not_decay():
    run = minimize(Quadratic([1.0]), Momentum(lr=0.1, momentum=0.9), [1.0], steps=2)
    assert np.allclose(run.x[:, 0], [1, 0.9, 0.72], rtol=1e-12)


@pytest.mark.equation("prac-adam-l2")
def test_adam_divides_the_pull_of_l2_by_gradients_adamw_does_not():
    lr, c, steps, sigma = 0.01, 0.05, 400, np.array([1.0, 8.0])
    penalty = Function(lambda x: c / 2 * (x**2).sum(axis=-1), lambda x: c * x)
    flat = Function(lambda x: 0 * x.sum(axis=-1), lambda x: 0 * x)
    x0 = np.ones((4000, 2))
    l2 = minimize(Noisy(penalty, sigma), Adam(lr=lr), x0, steps, record=()).final.mean(axis=0)
    rule = AdamW(lr=lr, weight_decay=c)
    decayed = minimize(Noisy(flat, sigma), rule, x0, steps, record=()).final.mean(axis=0)
    assert np.allclose(l2, np.exp(-lr * c * steps / sigma), rtol=0, atol=0.02)
    assert np.allclose(decayed, (1 - lr * c) ** steps, rtol=0, atol=0.02)


@pytest.mark.parametrize("c", [1e-3, 10.0])
def test_under_a_penalty_alone_adam_marches_to_zero_at_lr_a_step(c):
    run = minimize(Quadratic([c]), Adam(lr=0.01, eps=0.0), [1.0], steps=1)
    assert run.final[0] == pytest.approx(0.99, rel=1e-12)


@dataclass(frozen=True)
class AdamL2(Adam):
    """Adam with the penalty's gradient in its own, for the biases too."""

    c: float = 0.0

    def step(self, g, x, t, m, v):
        return super().step(g + self.c * x, x, t, m, v)


def test_a_tuned_lr_leaves_decay_and_l2_less_to_gain(sets):
    # Other draws than the chapter's, with the wrong labels anywhere and by another draw.
    train, validation, _ = sets
    judge, lr = MLP(validation, hidden=(32,)), np.array([0.003, 0.01])
    rules = {
        "none": Adam(lr=lr),
        "decay": AdamW(lr=lr, weight_decay=np.array([0.1, 0.3])),
        "l2": AdamL2(lr=lr, c=np.array([0.001, 0.01])),
    }
    ends = {name: [] for name in rules}
    for seed in range(1000, 1010):
        draw = rng(seed)
        rows = draw.permutation(len(train))[:200]
        labels = train.labels[rows]
        wrong = draw.permutation(200)[:40]
        labels[wrong] = (labels[wrong] + 1 + draw.integers(9, size=40)) % 10
        model = MLP(Dataset(train.inputs[rows], labels, 10), hidden=(32,))
        for name, rule in rules.items():
            problem, start = model.minibatch(32, seed=seed), model.initial(seed)
            ends[name].append(judge.value(minimize(problem, rule, start, 400, record=()).final))
    mean = {name: np.mean(rows, axis=0) for name, rows in ends.items()}
    assert mean["none"][1] > mean["none"][0] + 0.1  # lr 0.01 is too large for 400 steps
    assert max(mean["decay"][1], mean["l2"][1]) < mean["none"][1] - 0.08  # both mend that
    assert abs(mean["decay"] - mean["l2"]).max() < 0.03  # and hardly differ
    assert min(mean["decay"][0], mean["l2"][0]) > mean["none"][0] - 0.03  # and gain little else


# ----------------------------------------------------------------------- early stopping, dropout


@pytest.mark.equation("prac-stopped")
def test_after_t_steps_each_eigendirection_has_gone_its_share():
    lam, target = np.array([0.01, 0.3, 1.9]), np.array([2.0, -1.0, 4.0])
    bowl = Function(
        lambda x: 0.5 * (lam * (x - target) ** 2).sum(axis=-1), lambda x: lam * (x - target)
    )
    run = minimize(bowl, GradientDescent(lr=0.7), np.zeros(3), steps=30)
    assert np.allclose(run.final, (1 - (1 - 0.7 * lam) ** 30) * target, rtol=1e-10)


@pytest.mark.equation("prac-ridge")
def test_a_penalty_keeps_its_share_in_each_eigendirection():
    lam, target, c, x = *sp.symbols("lambda target c", positive=True), sp.Symbol("x")
    f = lam * (x - target) ** 2 / 2 + c * x**2 / 2
    (minimum,) = sp.solve(sp.diff(f, x), x)
    assert sp.simplify(minimum - lam / (lam + c) * target) == 0


@pytest.mark.equation("prac-match")
def test_stopping_and_penalty_agree_at_first_and_to_a_fifth():
    r = sp.Symbol("r", positive=True)
    stopped, penalty = 1 - sp.exp(-r), r / (1 + r)
    for share in (stopped, penalty):
        assert sp.series(share, r, 0, 2).removeO() == r
        assert sp.limit(share, r, sp.oo) == 1
    where = sp.nsolve(sp.diff(stopped - penalty, r), 2.5)
    assert float(where) == pytest.approx(2.513, abs=1e-3)
    assert float((stopped - penalty).subs(r, where)) == pytest.approx(0.204, abs=5e-4)
    lam, lr, t = 0.03, 0.01, 500
    assert 1 - (1 - lr * lam) ** t == pytest.approx(1 - np.exp(-lr * t * lam), rel=1e-3)
    assert lam / (lam + 1 / (lr * t)) == pytest.approx(0.15 / 1.15, rel=1e-12)


def test_stopping_keeps_four_fifths_at_less_curvature_than_l2():
    c = 1 / (0.02 * 250)
    assert c == pytest.approx(0.2)
    assert -np.expm1(-np.log(5)) == pytest.approx(0.8)
    assert np.log(5) * c == pytest.approx(0.322, abs=5e-4)
    assert 4 * c / (4 * c + c) == pytest.approx(0.8)


@pytest.mark.equation("prac-dropout")
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_linear_dropout_is_l2_with_the_squares_of_the_inputs(p):
    a, x, y = rng(7).normal(size=4), rng(8).normal(size=4), 0.7
    total = 0.0
    for kept in product((0, 1), repeat=4):
        chance = np.prod([1 - p if k else p for k in kept])
        total += chance * 0.5 * (y - np.sum(x * np.array(kept) / (1 - p) * a)) ** 2
    formula = 0.5 * (y - x @ a) ** 2 + 0.5 * p / (1 - p) * (a**2 * x**2).sum()
    assert total == pytest.approx(formula, rel=1e-12)


def test_the_best_of_many_looks_flatters_on_small_sets_only(sets):
    train, validation, test = sets
    labels = train.labels[:200].copy()
    labels[::5] = (labels[::5] + 1) % 10
    small = MLP(Dataset(train.inputs[:200], labels, 10), hidden=(64,))
    run = minimize(small.minibatch(32), Adam(lr=0.01), steps=240, record="x", every=10)
    unseen = []
    for part in (validation, test):
        for i in range(360):
            one = Dataset(part.inputs[[i]], part.labels[[i]], 10)
            unseen.append(MLP(one, hidden=(64,)).value(run.x[1:]))
    unseen, draw, gaps = np.array(unseen), rng(), {40: [], 360: []}
    assert unseen[:360].mean(axis=0).argmin() == 13  # the point that was kept, t = 140
    for size, found in gaps.items():
        for _ in range(500):
            order = draw.permutation(720)
            seen, others = unseen[order[:size]].mean(axis=0), unseen[order[size:]].mean(axis=0)
            found.append(others[seen.argmin()] - seen.min())
    assert 0.04 < np.mean(gaps[40]) < 0.08
    assert abs(np.mean(gaps[360])) < 0.01


def test_dropout_is_noise_that_asking_every_example_leaves():
    inputs = rng(9).normal(size=(12, 5))
    data = Dataset(inputs, np.arange(12) % 3, classes=3)
    for dropout in (0.0, 0.5):
        problem = SoftmaxRegression(data, dropout=dropout).minibatch(12)
        ask = problem.oracle()
        x = rng(10).normal(size=18)
        drawn = np.array([ask(x) for _ in range(20)])
        assert (drawn.std(axis=0).max() > 1e-3) == (dropout > 0)


# --------------------------------------------------------------------------------------- clipping


# ------------------------------------------------------------------------------- reading a curve


def test_each_remedy_of_the_gallery_helps(sets, net):
    train = sets[0]

    def end(problem, rule, x0=None):
        return problem.value(minimize(problem, rule, x0, steps=340, record=()).final)

    batches = net.minibatch(32)
    slow = [end(batches, Momentum(lr=0.0005 * 3**k)) for k in range(8)]
    assert np.argmin(slow) == 5
    assert slow[5] < 0.03 < 1.9 < slow[0]
    assert end(batches, SGD(lr=0.3)) < 0.1 < 2.3 < end(batches, SGD(lr=3.0))
    swinging = [(0.1, 0.99), (0.003, 0.99), (0.1, 0.9)]
    large, smaller_lr, smaller_momentum = (
        net.value(training.train(net, Momentum(lr=lr, momentum=momentum), 32, 340, range(3)))
        for lr, momentum in swinging
    )
    assert smaller_lr.max() < 0.14 < 1.3 < large.min()
    assert smaller_momentum.max() < 0.04
    deep = MLP(train, hidden=(32,) * 3).minibatch(32)
    rule = Momentum(lr=0.1)
    assert end(deep, rule, deep.start) < 0.2 < 0.6 < end(deep, rule, 0.2 * deep.start)
    bright = SoftmaxRegression(replace(train, inputs=16 * train.inputs))
    assert end(bright, SGD(lr=1.0)) < 0.1  # rounding alone moves it between 0.0003 and 0.05
    assert end(SoftmaxRegression(train), SGD(lr=1.0)) < 0.16


def test_a_rate_that_ends_too_soon_or_never_is_mended_by_a_cosine(net):
    def ends(lr):
        return net.value(training.train(net, Momentum(lr=lr), 32, 340, range(40, 46), net.initial))

    assert (
        ends(StepDecay(0.1, factor=0.01, every=17)).min() > 0.5 > 0.1 > ends(Cosine(0.1, 340)).max()
    )
    assert np.median(ends(Cosine(0.25, 340))) < 0.5 * np.median(ends(0.25))


def test_a_tiny_step_changes_the_loss_by_minus_lr_g_squared():
    data = Dataset(rng(12).random((30, 4)), np.arange(30) % 3, classes=3)
    net = MLP(data, hidden=(5,))
    x, tiny = net.start, 1e-6
    g = net.gradient(x)
    for sign in (1, -1):
        change = net.value(x - tiny * sign * g) - net.value(x)
        assert change / (tiny * g @ g) == pytest.approx(-sign, abs=1e-3)


def test_a_gradient_lacking_a_part_passes_along_itself_only():
    data = Dataset(rng(12).random((30, 4)), np.arange(30) % 3, classes=3)
    net = MLP(data, hidden=(5,))
    x, tiny, d = net.start, 1e-6, rng(13).normal(size=net.dimension)
    g = net.gradient(x)
    lacking = np.where(np.arange(net.dimension) < 4 * 5, 0, g)
    along = net.value(x - tiny * lacking) - net.value(x)
    assert along / (tiny * lacking @ lacking) == pytest.approx(-1, abs=1e-3)
    across = (net.value(x + tiny * d) - net.value(x - tiny * d)) / (2 * tiny)
    assert across / (d @ g) == pytest.approx(1, abs=1e-3)
    assert abs(across / (d @ lacking) - 1) > 0.01


def test_shifted_softmax_has_infinite_loss_and_log_sum_exp_not():
    scores = np.array([0.0, 800.0])  # the label is the first
    shifted = scores - scores.max()
    with np.errstate(divide="ignore"):
        assert -np.log(np.exp(shifted)[0] / np.exp(shifted).sum()) == np.inf
    assert scores.max() + np.log(np.exp(shifted).sum()) - scores[0] == pytest.approx(800)
    assert np.exp(-745.0) > 0 == np.exp(-746.0)
