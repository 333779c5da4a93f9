"""The numbered equations of the chapter on stochastic gradient descent, each held by itself.

An equation is computed from its own formula, exactly where all outcomes can be listed, and compared
with the package or with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, exp, log, log1p

import numpy as np
import pytest
import sympy as sp

from minioptim import SGD, GradientDescent, minimize
from minioptim.datasets import Dataset, digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.problems import Function, Quadratic
from minioptim.schedules import InverseRoot

TRAIN = digits().train
SMALL = Dataset(TRAIN.inputs[:6], TRAIN.labels[:6], classes=10)
MODEL = SoftmaxRegression(SMALL)
X = np.random.default_rng(0).normal(scale=0.3, size=MODEL.dimension)
G = np.stack([MODEL.gradient_on([i], X) for i in range(6)])  # each example's own gradient
FULL = G.mean(axis=0)
SIGMA2 = ((G - FULL) ** 2).sum() / 6


def every_batch(b, replacement):
    """Return the gradient of each batch that can be drawn, all equally likely."""
    draws = product(range(6), repeat=b) if replacement else combinations(range(6), b)
    return np.array([G[list(B)].mean(axis=0) for B in draws])


def expected_square(v):
    return (v**2).sum(axis=-1).mean()


def two_valued_runs(curvature, sigma, lrs, x0=0.0):
    """Return x after each step for every sequence of errors +sigma and -sigma: shape (t, 2^T)."""
    signs = np.array(list(product([-1.0, 1.0], repeat=len(lrs)))).T
    x, points = np.full(signs.shape[1], x0), []
    for lr, sign in zip(lrs, signs, strict=True):
        (x,) = SGD(lr).step(curvature * x + sigma * sign, x, t=1)
        points.append(x)
    return np.array(points)


# --- The rule -------------------------------------------------------------------


@pytest.mark.equation("sgd-sum")
def test_loss_and_gradient_are_means_over_the_examples():
    losses = [
        SoftmaxRegression(Dataset(SMALL.inputs[[i]], SMALL.labels[[i]], classes=10)).value(X)
        for i in range(6)
    ]
    assert MODEL.value(X) == pytest.approx(np.mean(losses), rel=1e-12)
    np.testing.assert_allclose(MODEL.gradient(X), FULL, rtol=0, atol=1e-14)


@pytest.mark.equation("sgd-rule")
def test_a_step_goes_against_the_mean_over_the_drawn_batch():
    order = np.random.default_rng(5).spawn(2)[0].permutation(6)
    trace = minimize(MODEL.minibatch(2, seed=5), SGD(lr=0.7), X, steps=3)
    x = X
    for t in range(3):
        i, j = order[2 * t : 2 * t + 2]
        g = (MODEL.gradient_on([i], x) + MODEL.gradient_on([j], x)) / 2
        x = x - 0.7 * g
        np.testing.assert_allclose(trace.x[t + 1], x, rtol=0, atol=1e-13)


def test_sgd_is_gradient_descent_under_another_name():
    assert SGD is GradientDescent


def test_the_epoch_done_by_hand_ends_where_the_table_says():
    x = Fraction(0)
    for a, expected in ((4, 2), (1, Fraction(3, 2)), (7, Fraction(17, 4))):
        x = x - Fraction(1, 2) * (x - a)
        assert x == expected


# --- Mean and variance ----------------------------------------------------------


@pytest.mark.equation("sgd-unbiased", "sgd-unbiased-batch")
@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("b", [1, 2, 3])
def test_the_mean_over_all_batches_is_the_full_gradient(b, replacement):
    mean = every_batch(b, replacement).mean(axis=0)
    np.testing.assert_allclose(mean, MODEL.gradient(X), rtol=0, atol=1e-14)


@pytest.mark.equation("sgd-sigma", "sgd-variance")
@pytest.mark.parametrize("b", [1, 2, 4])
def test_with_replacement_the_mean_square_error_is_sigma2_over_b(b):
    per_example = MODEL.per_example_gradients(X)
    sigma2 = ((per_example - MODEL.gradient(X)) ** 2).sum(axis=1).mean()
    assert expected_square(every_batch(b, True) - FULL) == pytest.approx(sigma2 / b, rel=1e-12)


@pytest.mark.equation("sgd-square")
@pytest.mark.parametrize("replacement", [True, False])
def test_the_square_of_the_sum_splits_into_squares_and_products(replacement):
    z, b = G - FULL, 3
    draws = list(product(range(6), repeat=b) if replacement else permutations(range(6), b))
    squares = np.mean([sum(z[i] @ z[i] for i in B) for B in draws])
    places = list(permutations(range(b), 2))
    products = np.mean([sum(z[B[k]] @ z[B[m]] for k, m in places) for B in draws])
    left = expected_square(every_batch(b, replacement) - FULL)
    assert left == pytest.approx((squares + products) / b**2, rel=1e-12)


@pytest.mark.equation("sgd-pairs")
def test_two_different_examples_deviate_oppositely_on_average():
    z = G - FULL
    pairs = [z[i] @ z[j] for i, j in permutations(range(6), 2)]
    assert np.mean(pairs) == pytest.approx(-SIGMA2 / 5, rel=1e-12)


@pytest.mark.equation("sgd-without")
@pytest.mark.parametrize("b", range(1, 7))
def test_no_replacement_gives_the_finite_population_correction(b):
    expected = SIGMA2 / b * (6 - b) / 5
    batches = every_batch(b, False)
    assert len(batches) == comb(6, b)
    assert expected_square(batches - FULL) == pytest.approx(expected, rel=1e-12, abs=1e-28)


@pytest.mark.equation("sgd-signal")
def test_the_mean_square_length_is_signal_plus_noise():
    signal = (MODEL.gradient(X) ** 2).sum()
    assert expected_square(every_batch(2, True)) == pytest.approx(signal + SIGMA2 / 2, rel=1e-12)


# --- One epoch ------------------------------------------------------------------


@pytest.mark.equation("sgd-epoch")
def test_an_epoch_is_its_start_less_lr_times_its_gradients_sum():
    trace = minimize(MODEL.minibatch(2, seed=1), SGD(lr=0.5), X, steps=3)
    np.testing.assert_allclose(trace.final, X - 0.5 * trace.grad.sum(axis=0), rtol=0, atol=1e-13)


@pytest.mark.equation("sgd-one-epoch")
@pytest.mark.parametrize("lr", [1e-3, 1e-2, 0.1, 0.5])
def test_an_epoch_is_one_batch_step_up_to_a_term_in_lr_squared(lr):
    K = 6
    trace = minimize(MODEL.minibatch(1, seed=2), SGD(lr=lr), X, steps=K)
    gap = np.linalg.norm(trace.final - (X - lr * K * MODEL.gradient(X)))
    longest = np.linalg.norm(trace.grad, axis=1).max()
    # An example with the input u (and 1 for the constants) is L-smooth with L = (|u|^2 + 1) / 2.
    L = ((SMALL.inputs**2).sum(axis=1) + 1).max() / 2
    bound = lr**2 * L * longest * K * (K - 1) / 2
    assert 0 < gap <= bound


# --- The noise floor --------------------------------------------------------------


@pytest.mark.equation("sgd-noisy", "sgd-mean", "sgd-recursion")
def test_mean_and_variance_recur_over_all_sequences_of_errors():
    lam, sigma, lr, x0 = 1.5, 0.4, 0.3, 2.0
    points = two_valued_runs(lam, sigma, [lr] * 8, x0)
    q, V = (1 - lr * lam) ** 2, 0.0
    for t, x in enumerate(points, start=1):
        V = q * V + lr**2 * sigma**2
        assert x.mean() == pytest.approx((1 - lr * lam) ** t * x0, rel=1e-12)
        assert x.var() == pytest.approx(V, rel=1e-10)


@pytest.mark.equation("sgd-floor", "sgd-floor-f")
def test_the_floor_is_the_fixed_point_of_the_recursion():
    lr, lam, s, V = sp.symbols("lr lambda sigma V", positive=True)
    (fixed,) = sp.solve(sp.Eq(V, (1 - lr * lam) ** 2 * V + lr**2 * s**2), V)
    assert sp.simplify(fixed - lr * s**2 / (lam * (2 - lr * lam))) == 0
    assert sp.simplify(fixed - lr**2 * s**2 / (1 - (1 - lr * lam) ** 2)) == 0
    height = lam * fixed / 2
    assert sp.simplify(height - lr * s**2 / (2 * (2 - lr * lam))) == 0
    assert sp.limit(height / (lr * s**2 / 4), lr, 0) == 1


@pytest.mark.equation("sgd-floor")
def test_runs_of_the_package_scatter_as_wide_as_the_floor_says():
    rng = np.random.default_rng(0)
    noisy = Function(lambda x: (x**2).sum(-1), lambda x: 2 * x + rng.normal(size=x.shape))
    x = minimize(noisy, SGD(lr=0.6), np.zeros((40_000, 1)), steps=40, record=()).final
    assert x.var() == pytest.approx(0.6 / (2 * (2 - 1.2)), rel=0.03)


@pytest.mark.equation("sgd-floor-d")
def test_the_floor_is_the_fixed_point_of_the_covariance():
    # C = (I - lr A) C (I - lr A) + lr^2 S, for noise whose coordinates depend on each other.
    rng = np.random.default_rng(1)
    bowl = Quadratic([0.3, 1.0, 2.5], np.linalg.qr(rng.normal(size=(3, 3)))[0])
    root = rng.normal(size=(3, 3))
    S, lr = root @ root.T, 0.4
    M = np.eye(3) - lr * bowl.matrix
    vec = np.linalg.solve(np.eye(9) - np.kron(M, M), lr**2 * S.ravel())
    mean_f = np.trace(bowl.matrix @ vec.reshape(3, 3)) / 2
    eigenvalues, Q = np.linalg.eigh(bowl.matrix)
    along = np.diag(Q.T @ S @ Q)
    assert mean_f == pytest.approx((lr * along / (2 * (2 - lr * eigenvalues))).sum(), rel=1e-10)
    tiny = 1e-6
    small = (tiny * along / (2 * (2 - tiny * eigenvalues))).sum()
    assert small == pytest.approx(tiny * np.trace(S) / 4, rel=1e-5)


# --- Schedules ------------------------------------------------------------------


@pytest.mark.equation("sgd-target")
def test_the_variance_chases_its_target_at_least_so_fast():
    rng = np.random.default_rng(0)
    lam, sigma, V = rng.uniform(0.1, 3, size=(3, 1000))
    lr = rng.uniform(0, 1, size=1000) / lam
    w = lr * lam
    new = (1 - w) ** 2 * V + lr**2 * sigma**2
    assert np.all(new <= (1 - w) * V + w * lr * sigma**2 / lam + 1e-12)


@pytest.mark.equation("sgd-product")
def test_excess_is_at_most_the_product_and_that_the_exponential():
    lam, sigma, delta, V, N = 1.0, 1.0, 0.05, 3.0, 25
    schedule = InverseRoot(0.2)  # 0.2 / sqrt(t) is below delta from t = 17 on
    excess, factor, total = V - delta, 1.0, 0.0
    for t in range(N + 1, 5000):
        lr = schedule(t)
        assert lr * sigma**2 / lam < delta
        V = (1 - lr * lam) ** 2 * V + lr**2 * sigma**2
        factor *= 1 - lr * lam
        total += lr
        assert V - delta <= excess * factor + 1e-15
        assert factor <= exp(-lam * total)


@pytest.mark.equation("sgd-robbins-monro")
def test_1_over_t_meets_both_conditions_1_over_root_t_the_first():
    t = sp.Symbol("t", positive=True, integer=True)

    def total(lr):
        return sp.Sum(lr, (t, 1, sp.oo))

    assert total(1 / t).is_convergent() == sp.false
    assert total(1 / t**2).is_convergent() == sp.true
    assert total(1 / sp.sqrt(t)).is_convergent() == sp.false
    assert total(1 / t).is_convergent() == sp.false  # the squares of 1 / sqrt(t)
    assert total(sp.Rational(1, 2) * sp.Rational(9, 10) ** t).doit() == sp.Rational(9, 2)


def test_a_finite_sum_stops_short_at_no_less_than_the_bound():
    lrs = [0.5 * 0.9**t for t in range(1, 500)]
    left = np.prod([1 - lr for lr in lrs])
    assert left >= exp(-2 * sum(lrs))
    assert left > 0.005


@pytest.mark.equation("sgd-average")
def test_one_over_t_makes_the_exact_average_from_any_start():
    stream = [Fraction(k * k % 17, 3) for k in range(1, 30)]
    x = Fraction(77)
    for t, a in enumerate(stream, start=1):
        x = x - Fraction(1, t) * (x - a)
        assert x == sum(stream[:t]) / t


def test_c_over_t_falls_like_t_to_the_minus_c():
    def mean(c, t):
        return exp(sum(log1p(-c / s) for s in range(1, t + 1)))

    for c in (0.1, 0.5):
        rate = log(mean(c, 20_000) / mean(c, 2000)) / log(10)
        assert rate == pytest.approx(-c, abs=1e-4)


# --- Drawing --------------------------------------------------------------------


@pytest.mark.equation("sgd-missed")
def test_the_share_that_n_draws_miss_is_counted_over_all_draws():
    n = 5
    missed = [Fraction(n - len(set(draw)), n) for draw in product(range(n), repeat=n)]
    assert sum(missed) / len(missed) == (1 - Fraction(1, n)) ** n
    assert pytest.approx(exp(-1), abs=2e-4) == (1 - 1 / 1437) ** 1437


def test_the_errors_of_an_epoch_cancel_at_a_fixed_point():
    oracle = MODEL.minibatch(2, seed=3).oracle()
    total = sum(np.asarray(oracle(X)) - FULL for _ in range(3))
    np.testing.assert_allclose(total, 0, rtol=0, atol=1e-14)


# --- Random losses --------------------------------------------------------------


def all_masks(p):
    """Return every mask of dropout one half over p inputs, scaled to the mean 1."""
    return np.array(list(product([0.0, 2.0], repeat=p)))


def masked_problems():
    u, labels = np.array([[0.2, 0.9, 0.5], [0.7, 0.1, 0.4]]), np.array([0, 2])
    clean = SoftmaxRegression(Dataset(u, labels, classes=3))
    masks = np.array(list(product(all_masks(3), repeat=2)))
    return clean, [SoftmaxRegression(Dataset(u * M, labels, classes=3)) for M in masks]


@pytest.mark.equation("sgd-dropout")
def test_the_mean_gradient_over_masks_is_that_of_the_mean_loss():
    clean, masked = masked_problems()
    x = np.random.default_rng(0).normal(size=clean.dimension)
    tiny = 1e-6 * np.eye(x.size)
    F = [np.mean([m.value(x + s * tiny) for m in masked], axis=0) for s in (1, -1)]
    mean = np.mean([m.gradient(x) for m in masked], axis=0)
    np.testing.assert_allclose(mean, (F[0] - F[1]) / 2e-6, rtol=0, atol=1e-8)


@pytest.mark.equation("sgd-jensen")
def test_the_masks_mean_loss_is_never_below_the_loss_without():
    clean, masked = masked_problems()
    points = np.random.default_rng(1).normal(scale=2, size=(30, clean.dimension))
    F = np.mean([m.value(points) for m in masked], axis=0)
    f = clean.value(points)
    assert np.all(f <= F)


# --- Noise at level places --------------------------------------------------------


@pytest.mark.equation("sgd-escape")
def test_at_a_saddle_the_variance_grows_as_the_series_says():
    lr, sigma = 0.1, 0.01
    for t, y in enumerate(two_valued_runs(-1.0, sigma, [lr] * 10), start=1):
        formula = lr**2 * sigma**2 * ((1 + lr) ** (2 * t) - 1) / ((1 + lr) ** 2 - 1)
        assert y.var() == pytest.approx(formula, rel=1e-10)


def test_half_of_a_normal_distribution_lies_within_0674_sigma():
    z = sp.N(sp.erf(0.6745 / sp.sqrt(2)))
    assert float(z) == pytest.approx(0.5, abs=1e-4)


def test_no_example_moves_the_weights_of_a_network_that_is_zero():
    network = MLP(SMALL, hidden=(4,), activation="tanh")
    x = np.zeros(network.dimension)
    x[-10:] = np.linspace(-1, 1, 10)  # the last constants may be anything
    gradients = network.per_example_gradients(x)
    assert not gradients[:, :-10].any()
    assert gradients[:, -10:].any()


def test_signs_are_unbiased_for_the_median_and_not_for_the_mean():
    a = np.array([1.0, 1.0, -10.0])
    assert np.sign(0 - a).mean() == pytest.approx(-1 / 3)
    assert (0 - a).mean() == pytest.approx(8 / 3)
