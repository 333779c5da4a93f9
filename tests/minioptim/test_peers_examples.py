"""The example problems of SciPy, Autograd and Optax, through `Function`: they end where theirs do.

Each test names the page. What a library prints there is the expected value; where SciPy itself is
at hand, it solves the same problem here. Autograd's numbers are those that its scripts print.
"""

import numpy as np
import pytest
import scipy.optimize
from scipy.special import digamma, gammaln

from minioptim import SGD, Adam, Momentum, minimize
from minioptim.checks import check_gradient
from minioptim.datasets import Dataset
from minioptim.losses import MLP
from minioptim.problems import Function
from minioptim.rules import ClippedNorm
from minioptim.schedules import Exponential, Linear

SCIPY = [1.3, 0.7, 0.8, 1.9, 1.2]


def small(step):
    return abs(step.grad).max(axis=-1) < 1e-7


# https://docs.scipy.org/doc/scipy/tutorial/optimize.html: "res.x" is [1. 1. 1. 1. 1.]


def test_scipys_rosenbrock_in_five_dimensions():
    problem = Function(scipy.optimize.rosen, scipy.optimize.rosen_der, start=SCIPY, each=True)
    check_gradient(problem)
    trace = minimize(problem, Momentum(lr=1e-3), steps=4000, stop=small)
    theirs = scipy.optimize.minimize(
        scipy.optimize.rosen, SCIPY, method="BFGS", jac=scipy.optimize.rosen_der
    )
    assert trace.stopped
    np.testing.assert_allclose(trace.final, np.ones(5), atol=1e-6)
    np.testing.assert_allclose(trace.final, theirs.x, atol=1e-5)


def test_scipys_rosenbrock_with_arguments_of_its_own():
    # The tutorial's args=(0.5, 1.): a (x1 - x0**2)**2 + (1 - x0)**2 + b, no gradient given.
    def rosen_with_args(x, a, b):
        return sum(a * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0) + b

    problem = Function(lambda x: rosen_with_args(x, 0.5, 1.0), start=SCIPY, each=True)
    trace = minimize(problem, Momentum(lr=0.03), steps=400, record=("f",))
    np.testing.assert_allclose(trace.final, np.ones(5), atol=1e-6)
    assert trace.f[-1] == pytest.approx(1.0, abs=1e-10)


# https://github.com/HIPS/autograd/tree/master/examples


def test_autograds_logistic_regression():
    inputs = np.array(
        [[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]]
    )
    targets = np.array([True, True, False, True])

    def sigmoid(x):  # as the script has it, of 2 x
        return 0.5 * (np.tanh(x) + 1)

    def loss(weights):
        right = np.where(targets, sigmoid(inputs @ weights), 1 - sigmoid(inputs @ weights))
        return -np.sum(np.log(right))

    def slope(weights):
        return 2 * inputs.T @ (sigmoid(inputs @ weights) - targets)

    problem = Function(loss, slope, start=np.zeros(3), each=True)
    check_gradient(problem)
    trace = minimize(problem, SGD(lr=0.01), steps=100)
    assert trace.f[0] == pytest.approx(4 * np.log(2), rel=1e-15)  # "Initial loss: 2.7725..."
    assert trace.f[-1] == pytest.approx(0.38900754315581143, rel=1e-12)  # "Trained loss: ..."
    batch = minimize(problem, SGD(lr=[0.01, 0.02]), steps=100)
    assert batch.f[-1, 0] == trace.f[-1]


def test_autograds_rosenbrock():
    # "Found minimum at [0.99999205 0.99998409]", by conjugate gradients from (0, 0).
    problem = Function(
        lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, start=[0.0, 0.0], each=True
    )
    trace = minimize(problem, Momentum(lr=1e-3), steps=3000, record=("f",))
    np.testing.assert_allclose(trace.final, [0.99999205, 0.99998409], atol=5e-5)


def test_autograds_negative_binomial():
    # "r=5.438440655447086, p=0.47006361955813347", of Newton's method on r alone.
    draws = np.random.RandomState(0)
    data = draws.poisson(draws.gamma(5, 0.5 / (1 - 0.5), size=1000))

    def unpacked(x):  # free variables, for there are no bounds
        return np.exp(x[0]), 1 / (1 + np.exp(-x[1]))

    def minus_loglike(x):
        r, p = unpacked(x)
        terms = gammaln(r + data) - gammaln(r) - gammaln(data + 1)
        return -np.mean(terms + data * np.log(p) + r * np.log(1 - p))

    def slope(x):
        r, p = unpacked(x)
        by_r = np.mean(digamma(r + data)) - digamma(r) + np.log(1 - p)
        by_p = data.mean() / p - r / (1 - p)
        return [-by_r * r, -by_p * p * (1 - p)]

    problem = Function(minus_loglike, slope, start=[0.0, 0.0], each=True)
    check_gradient(problem)
    trace = minimize(problem, Momentum(lr=0.1), steps=2000, stop=small, record=())
    assert trace.stopped
    np.testing.assert_allclose(
        unpacked(trace.final), [5.438440655447086, 0.47006361955813347], rtol=1e-4
    )


def test_autograds_gaussian_process():
    """Its hyper-parameters, from differences alone; SciPy's conjugate gradients beside it."""
    draws = np.random.RandomState(0)
    inputs = np.concatenate([np.linspace(0, 3, num=10), np.linspace(6, 8, num=10)])
    targets = (np.cos(inputs) + draws.randn(20) * 0.1) / 2.0
    inputs = (inputs - 4.0) / 2.0
    start = 0.1 * np.random.RandomState(0).randn(4)

    def minus_log_likelihood(x):
        mean, noise = x[0], np.exp(x[1]) + 0.0001
        apart = (inputs[:, None] - inputs) / np.exp(x[3])
        covariance = np.exp(x[2] - 0.5 * apart**2) + noise * np.eye(20)
        off = targets - mean
        fit = off @ np.linalg.solve(covariance, off)
        return 0.5 * (fit + np.linalg.slogdet(covariance)[1] + 20 * np.log(2 * np.pi))

    problem = Function(minus_log_likelihood, start=start, each=True)
    assert problem.value(start) == pytest.approx(22.415047313431167, rel=1e-12)
    trace = minimize(problem, Adam(lr=0.1), steps=400, record=("f",))
    theirs = scipy.optimize.minimize(minus_log_likelihood, start, method="CG")
    assert trace.f[-1] == pytest.approx(theirs.fun, abs=1e-4)
    assert trace.f[-1] == pytest.approx(-18.904904717355613, abs=1e-4)
    found = [0.02765294, -6.40703983, -1.38224829, -0.184002]
    np.testing.assert_allclose(trace.final, found, atol=1e-2)


# https://optax.readthedocs.io/en/latest/getting_started.html


def linear_model(seed):
    """A linear model of two weights, both 0.5, as the page makes it; its draws are JAX' own."""
    xs = np.random.default_rng(seed).normal(size=(16, 2))
    ys = (xs * 0.5).sum(axis=-1)
    return Function(
        lambda w: ((xs @ w - ys) ** 2 / 2).mean(),
        lambda w: xs.T @ (xs @ w - ys) / len(ys),
        start=[0.0, 0.0],
        each=True,
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "rule",
    [
        Adam(lr=0.1),
        # exponential_decay(0.1, transition_steps=1000, decay_rate=0.99), clip_by_global_norm(1.0)
        ClippedNorm(Adam(lr=Exponential(0.1, 0.99 ** (1 / 1000))), largest=1.0),
    ],
    ids=["adam", "chain"],
)
def test_optax_linear_model(rule, seed):
    final = minimize(linear_model(seed), rule, steps=1000, record=()).final
    assert np.allclose(final, 0.5)  # as the page asserts


def test_optax_schedules():
    # "[1., 0.8, 0.6, 0.4, 0.2, 0.]"
    np.testing.assert_allclose(
        Linear(1.0, 0.0, 5).values(6), [1, 0.8, 0.6, 0.4, 0.2, 0], atol=1e-15
    )
    # The largest norm, from 1 to 0 in a hundred steps.
    largest = Linear(1.0, 0.0, 99).values(100)
    assert (largest[0], largest[-1]) == (1.0, 0.0)


def test_optax_network_learns_odd_and_even():
    """Eight bits of a number, and whether it is odd: Adam(0.01), minibatches of 5, 1,000 steps."""
    numbers = np.arange(255)
    bits = np.unpackbits(numbers.astype(np.uint8)[:, None], axis=-1)
    model = MLP(Dataset(bits, numbers % 2, 2), hidden=(32,))
    x = minimize(model.minibatch(5, replace=True), Adam(lr=0.01), steps=1000, record=()).final
    assert model.value(x) < 0.01  # "our loss appears to have converged"
    assert model.accuracy(x, model.data) == 1.0


# https://github.com/google-deepmind/optax/blob/main/examples/contrib/rosenbrock_ademamix.ipynb


def test_optax_adam_on_rosenbrock():
    """The notebook prints f after 1 and after 25,001 steps; it computes in float32."""
    printed = {
        0.9: (1599.225830078125, 8.61838436126709),
        0.99: (1599.225830078125, 8.37004280090332),
        0.999: (1599.225830078125, 8.757574081420898),
        0.9999: (1599.228515625, 7.631560802459717),
    }

    def f(x):
        return (1 - x[..., 0]) ** 2 + 100 * (x[..., 1] - x[..., 0] ** 2) ** 2

    def df(x):
        inside = x[..., 1] - x[..., 0] ** 2
        return np.stack([-2 * (1 - x[..., 0]) - 400 * x[..., 0] * inside, 200 * inside], axis=-1)

    rule = Adam(lr=0.003, beta1=list(printed), beta2=0.9999)
    problem = Function(f, df, start=[-3.0, 5.0])
    trace = minimize(problem, rule, steps=25_001, every=25_000, record=("f",))
    first = minimize(problem, rule, steps=1, record=("f",))
    assert (first.f[0] == 1616).all()
    np.testing.assert_allclose(first.f[1], [one for one, _ in printed.values()], rtol=1e-5)
    np.testing.assert_allclose(trace.f[-1], [later for _, later in printed.values()], rtol=4e-3)
