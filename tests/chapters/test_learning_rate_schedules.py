"""The numbered equations of the chapter on noise and the learning rate, each held by itself.

An equation is computed from its own formula, exactly where all outcomes can be listed, and compared
with the package or with a second derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction
from itertools import product
from math import exp, log, log1p

import numpy as np
import pytest
import sympy as sp

from minioptim import SGD, minimize
from minioptim.datasets import Dataset, digits
from minioptim.losses import MLP
from minioptim.problems import Function, Quadratic
from minioptim.schedules import InverseRoot


def two_valued_runs(curvature, sigma, lrs, x0=0.0):
    """Return x after each step for every sequence of errors +sigma and -sigma: shape (t, 2^T)."""
    signs = np.array(list(product([-1.0, 1.0], repeat=len(lrs)))).T
    x, points = np.full(signs.shape[1], x0), []
    for lr, sign in zip(lrs, signs, strict=True):
        (x,) = SGD(lr).step(curvature * x + sigma * sign, x, t=1)
        points.append(x)
    return np.array(points)


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


def test_noise_of_rates_with_a_finite_sum_never_leaves_even_if_a_step_forgets_the_start():
    lrs = [0.5**t for t in range(200)]  # the first has lr * lambda = 1, the sum is 2
    mean, variance = 10.0, 0.0
    for lr in lrs:
        mean, variance = (1 - lr) * mean, (1 - lr) ** 2 * variance + lr**2
    assert mean == 0
    # The point is a weighted sum of the errors: each rate times all later factors.
    weights = [lr * np.prod([1 - later for later in lrs[t + 1 :]]) for t, lr in enumerate(lrs)]
    assert variance == pytest.approx(np.square(weights).sum())
    # The claim's bound, from step 2 on, where lr * lambda <= 1/2.
    bound = lrs[1] ** 2 * exp(-4 * sum(lrs[2:]))
    assert bound > 0
    assert variance >= bound


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
    train = digits().train
    small = Dataset(train.inputs[:6], train.labels[:6], classes=10)
    network = MLP(small, hidden=(4,), activation="tanh")
    x = np.zeros(network.dimension)
    x[-10:] = np.linspace(-1, 1, 10)  # the last constants may be anything
    gradients = network.per_example_gradients(x)
    assert not gradients[:, :-10].any()
    assert gradients[:, -10:].any()
