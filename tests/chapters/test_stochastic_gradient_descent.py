"""The numbered equations of the chapter on stochastic gradient descent, each held by itself.

An equation is computed from its own formula, exactly where all outcomes can be listed, and compared
with the package or with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, exp

import numpy as np
import pytest

from minioptim import SGD, GradientDescent, minimize
from minioptim.datasets import Dataset, digits
from minioptim.losses import SoftmaxRegression

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


# --- Signs ---------------------------------------------------------------------


def test_signs_are_unbiased_for_the_median_and_not_for_the_mean():
    a = np.array([1.0, 1.0, -10.0])
    assert np.sign(0 - a).mean() == pytest.approx(-1 / 3)
    assert (0 - a).mean() == pytest.approx(8 / 3)
