"""What the theory says a rule does, held against what it does.

The left side of each test is a closed form, a small matrix or a theorem's bound; the right side is
a run. Nothing expected here is computed by a rule's own text.
"""

from collections import namedtuple
from itertools import islice, product

import numpy as np
import pytest
from numba import njit

from minioptim.averages import (
    bias_correction,
    effective_sample_size,
    ewma,
    half_life,
    lag,
    weights,
    window,
)
from minioptim.problems import Function, Quadratic, Rastrigin, Rosenbrock
from minioptim.rules import (
    Adadelta,
    Adagrad,
    Adam,
    AMSGrad,
    BufferMomentum,
    EWMAMomentum,
    GradientDescent,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    Rule,
)
from minioptim.run import iterate, minimize

# Just below and just above a limit of stability.
BELOW, ABOVE = 1 - 1e-3, 1 + 1e-3


def _final_distances(rule: Rule, eigenvalue: float = 1.0) -> list[float]:
    """Return how far from 0 each run of a batch ends, begun at 1, after 4,000 steps."""
    final = minimize(Quadratic([eigenvalue]), rule, steps=4000, record=()).final
    return np.abs(np.atleast_2d(final)[:, 0]).tolist()


def _measured_rate(rule: Rule, eigenvalues: list[float], steps: int) -> float:
    """Return the factor per step by which the last two points shrink in the run's second half."""
    x = minimize(Quadratic(eigenvalues), rule, steps=steps).x
    size = np.maximum(np.abs(x[1:]), np.abs(x[:-1])).max(axis=1)
    return float((size[-1] / size[steps // 2]) ** (1 / (steps - 1 - steps // 2)))


def _heavy_ball_matrix(a: float, mu: float) -> np.ndarray:
    """Return the map of (x_t, x_{t-1}) to (x_{t+1}, x_t), where a is lr times the eigenvalue."""
    return np.array([[1 + mu - a, -mu], [1, 0]])


def _nesterov_matrix(a: float, mu: float) -> np.ndarray:
    """Return the same for Nesterov: the gradient is asked for at (1 + mu) x_t - mu x_{t-1}."""
    return np.array([[(1 + mu) * (1 - a), -mu * (1 - a)], [1, 0]])


def _spectral_radius(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


# Gradient descent on quadratics: each eigen-coordinate obeys x_{t+1} = (1 - lr lambda) x_t. Source
# of the best lr: Nesterov (2004), Introductory Lectures on Convex Optimization, theorem 2.1.15.


def test_gradient_descent_multiplies_each_eigencoordinate():
    lr, angle, eigenvalues = 0.07, 0.6, np.array([1.0, 10.0])
    axes = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    start = np.array([3.0, -2.0])
    trace = minimize(Quadratic(eigenvalues, angle), GradientDescent(lr=lr), start, steps=60)
    powers = (1 - lr * eigenvalues) ** np.arange(61)[:, np.newaxis]
    np.testing.assert_allclose(trace.x, (powers * (start @ axes)) @ axes.T, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("lr", [0.02, 0.1, 0.19])
def test_gradient_descent_has_the_rate_of_its_slowest_coordinate(lr):
    expected = max(abs(1 - lr * 1.0), abs(1 - lr * 10.0))
    assert _measured_rate(GradientDescent(lr=lr), [1.0, 10.0], 400) == pytest.approx(expected)


def test_gradient_descents_best_lr():
    low, high = 1.0, 10.0
    kappa, best = high / low, 2 / (low + high)
    rate = _measured_rate(GradientDescent(lr=best), [low, 4.0, high], 300)
    assert rate == pytest.approx((kappa - 1) / (kappa + 1))
    for other in (0.9 * best, 0.99 * best, 1.01 * best, 1.09 * best):
        assert _measured_rate(GradientDescent(lr=other), [low, 4.0, high], 300) > rate + 1e-3


def test_gradient_descent_diverges_just_beyond_its_limit():
    # And not beyond one over it, as a well-known textbook has it.
    lr = 2 / 10.0 * np.array([0.5 * ABOVE, BELOW, ABOVE])
    trace = minimize(Quadratic([1.0, 10.0]), GradientDescent(lr=lr), steps=4000)
    assert trace.diverged.tolist() == [False, False, True]
    assert (np.abs(trace.final[:2]) < 1e-3).all()
    assert abs(trace.final[2, 1]) > 1e3


# Heavy ball on quadratics. Source: Polyak (1964), and the eigenvalues of a 2 x 2 matrix.


@pytest.mark.parametrize(("a", "mu"), [(0.1, 0.9), (0.5, 0.2), (3.0, 0.8), (0.1, 0.3)])
def test_heavy_ball_walks_by_the_powers_of_a_two_by_two_matrix(a, mu):
    x = minimize(Quadratic([a]), Momentum(lr=1.0, momentum=mu), steps=50).x[:, 0]
    matrix = _heavy_ball_matrix(a, mu)
    expected = [np.linalg.matrix_power(matrix, t)[0].sum() for t in range(51)]
    np.testing.assert_allclose(x, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_heavy_ball_is_stable_exactly_up_to_its_limit(mu):
    limit = 2 + 2 * mu
    assert _spectral_radius(_heavy_ball_matrix(BELOW * limit, mu)) < 1
    assert _spectral_radius(_heavy_ball_matrix(ABOVE * limit, mu)) > 1
    rule = Momentum(lr=[0.01, BELOW * limit, ABOVE * limit], momentum=mu)
    small, below, above = _final_distances(rule)
    assert small < 1e-3
    assert below < 1e-3
    assert above > 1e3
    assert _final_distances(Momentum(lr=0.01, momentum=mu), eigenvalue=-1.0)[0] > 1e3


@pytest.mark.parametrize(("a", "mu"), [(0.1, 0.95), (0.5, 0.7), (3.0, 0.8), (0.1, 0.3), (2.0, 0.1)])
def test_heavy_balls_rate_is_its_spectral_radius(a, mu):
    radius = _spectral_radius(_heavy_ball_matrix(a, mu))
    rate = _measured_rate(Momentum(lr=1.0, momentum=mu), [a], 1000)
    assert rate == pytest.approx(radius, rel=2e-3)
    if mu > (1 - np.sqrt(a)) ** 2 and a < (1 + np.sqrt(mu)) ** 2:  # complex roots
        assert radius == pytest.approx(np.sqrt(mu))


@pytest.mark.parametrize("a", [0.01, 0.1, 0.3])
def test_the_critical_momentum_is_best_for_one_eigenvalue(a):
    critical = (1 - np.sqrt(a)) ** 2
    # The two roots meet there, so their computed distance is the root of the rounding error.
    best = _spectral_radius(_heavy_ball_matrix(a, critical))
    assert best == pytest.approx(1 - np.sqrt(a), abs=1e-7)
    for other in (critical - 0.01, critical + 0.01):
        if 0 <= other < 1:
            assert _spectral_radius(_heavy_ball_matrix(a, other)) > best + 1e-3
    # A double root shrinks as t times its power; the quotient of t and t / 2 is 2.
    rate = _measured_rate(Momentum(lr=1.0, momentum=critical), [a], 600)
    assert rate == pytest.approx((1 - np.sqrt(a)) * 2 ** (1 / 299), rel=2e-3)


def test_heavy_ball_is_fastest_at_polyaks_lr_and_momentum():
    low, high = 1.0, 25.0
    roots = np.sqrt(low), np.sqrt(high)
    lr, mu = (2 / sum(roots)) ** 2, ((roots[1] - roots[0]) / sum(roots)) ** 2
    best = (np.sqrt(high / low) - 1) / (np.sqrt(high / low) + 1)
    measured = _measured_rate(Momentum(lr=lr, momentum=mu), [low, high], 600)
    assert measured == pytest.approx(best * 2 ** (1 / 299), rel=2e-3)

    def radius(lr: float, mu: float) -> float:
        return max(_spectral_radius(_heavy_ball_matrix(lr * e, mu)) for e in (low, high))

    assert radius(lr, mu) == pytest.approx(best, abs=1e-7)
    for factor, shift in product((0.9, 1.0, 1.1), (-0.05, 0.0, 0.05)):
        if (factor, shift) != (1.0, 0.0):
            assert radius(factor * lr, mu + shift) > best + 1e-3


# Nesterov on quadratics. Source: Sutskever et al. (2013), theorem 2.1: along an eigenvector it is
# heavy ball with the momentum mu (1 - lr lambda).


@pytest.mark.parametrize(("a", "mu"), [(0.1, 0.9), (0.5, 0.2), (1.3, 0.9), (1.0, 0.5)])
def test_nesterov_walks_by_the_powers_of_a_two_by_two_matrix(a, mu):
    x = minimize(Quadratic([a]), Nesterov(lr=1.0, momentum=mu), steps=50).x[:, 0]
    matrix = _nesterov_matrix(a, mu)
    expected = [np.linalg.matrix_power(matrix, t)[0].sum() for t in range(51)]
    np.testing.assert_allclose(x, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_nesterov_is_stable_exactly_up_to_its_limit(mu):
    limit = (2 + 2 * mu) / (1 + 2 * mu)
    assert _spectral_radius(_nesterov_matrix(BELOW * limit, mu)) < 1
    assert _spectral_radius(_nesterov_matrix(ABOVE * limit, mu)) > 1
    below, above = _final_distances(Nesterov(lr=[BELOW * limit, ABOVE * limit], momentum=mu))
    assert below < 1e-3
    assert above > 1e3


def test_a_widely_copied_nesterov_is_stable_over_less():
    # The code that goes with Saito (2016), Deep Learning from Scratch: mu mu v - (1 + mu) lr g is
    # the step from the old v, and the code has made v new by then.
    mu = 0.9

    def copied(a: float) -> float:
        x, v = 1.0, 0.0
        for _ in range(4000):
            g = a * x
            v = mu * v - g
            x = x + mu * mu * v - (1 + mu) * g
        return abs(x)

    limit = (2 + 2 * mu) / (1 + 2 * mu + 2 * mu**2)
    assert limit == pytest.approx(0.860, abs=5e-4)
    assert (2 + 2 * mu) / (1 + 2 * mu) == pytest.approx(1.357, abs=5e-4)
    assert copied(BELOW * limit) < 1e-3
    assert copied(ABOVE * limit) > 1e3
    assert _final_distances(Nesterov(lr=ABOVE * limit, momentum=mu))[0] < 1e-3


def test_the_libraries_nesterov_is_seen_from_the_look_ahead():
    # They store y = x + mu v; the change of variables is that of Bengio, Boulanger-Lewandowski and
    # Pascanu (2013), Advances in optimizing recurrent networks.
    lr, mu, surface = 5e-4, 0.9, Rosenbrock()
    y, v, shadow = np.array(surface.start), np.zeros(2), []
    for _ in range(300):
        shadow.append(y)
        g = surface.gradient(y)
        v = mu * v - lr * g
        y = y + mu * v - lr * g
    trace = minimize(surface, Nesterov(lr=lr, momentum=mu), steps=300)
    np.testing.assert_allclose(shadow, trace.query, rtol=1e-12)
    assert np.abs(trace.x[:-1] - trace.query).max() > 0.01  # two different sets of points


# Three conventions of momentum. Source: the documentation of the libraries, and algebra.


def test_three_momenta_are_one_at_a_constant_lr():
    lr, mu, surface = 5e-4, 0.8, Rosenbrock()
    velocity = minimize(surface, Momentum(lr=lr, momentum=mu), steps=200)
    for rule in (BufferMomentum(lr=lr, momentum=mu), EWMAMomentum(lr=lr / (1 - mu), beta=mu)):
        np.testing.assert_allclose(minimize(surface, rule, steps=200).x, velocity.x, rtol=1e-10)


def test_two_momenta_part_when_the_learning_rate_changes():
    # By hand, with g = 1: the velocity's second step is -.9 * .1 - .01, the buffer's -.01 * 1.9.
    def second_point(rule_class: type[Rule]) -> float:
        rule = rule_class(lr=lambda t: 0.1 if t == 1 else 0.01, momentum=0.9)
        *_, last = islice(iterate(rule, np.ones_like, [0.0]), 2)
        return float(last.x[0])

    assert second_point(Momentum) == pytest.approx(-0.200)
    assert second_point(BufferMomentum) == pytest.approx(-0.119)


# Adaptive steps. Source: Kingma and Ba (2015), sections 2.1 and 3.


@pytest.mark.parametrize("g", [-1e3, -1.0, 1e-3, 50.0])
def test_adams_first_step_is_lr_long(g):
    x, *_ = Adam(lr=0.1).step(g, 2.0, 1, 0.0, 0.0)
    assert x - 2.0 == pytest.approx(-0.1 * np.sign(g), rel=2e-8 / abs(g) + 1e-12)


def test_without_bias_correction_adams_first_step_is_threefold():
    # At a very late step the corrections are 1, so a state of zeros shows the raw first step.
    x, *_ = Adam(lr=0.1, eps=0.0).step(5.0, 0.0, 10**6, 0.0, 0.0)
    expected = (1 - 0.9) / np.sqrt(1 - 0.999)
    assert expected == pytest.approx(3.16, abs=5e-3)
    assert -x / 0.1 == pytest.approx(expected)


@pytest.mark.parametrize(("rho", "length"), [(0.9, 3.16), (0.99, 10.0), (0.999, 31.6)])
def test_rmsprops_first_step_is_long_for_want_of_a_correction(rho, length):
    x, _ = RMSProp(lr=0.1, rho=rho, eps=0.0).step(5.0, 0.0, 1, 0.0)
    assert -x / 0.1 == pytest.approx(1 / np.sqrt(1 - rho))
    assert -x / 0.1 == pytest.approx(length, rel=2e-3)


def _adams_longest_step() -> float:
    # Cauchy-Schwarz on m = (1 - beta1) sum beta1^k g and v = (1 - beta2) sum beta2^k g^2.
    beta1, beta2 = 0.9, 0.999
    return (1 - beta1) / np.sqrt((1 - beta2) * (1 - beta1**2 / beta2))


def test_growing_gradients_give_adams_longest_step():
    assert _adams_longest_step() == pytest.approx(7.27, abs=5e-3)
    rule, m, v, before = Adam(lr=1.0, eps=0.0), 0.0, 0.0, 0.0
    for k in range(1000):
        g = 1e-100 * (0.999 / 0.9) ** k
        x, m, v = rule.step(g, 0.0, 10**6 + k, m, v)
        assert before <= -x <= _adams_longest_step() * (1 + 1e-12)
        before = -x * (1 - 1e-12)
    assert -x == pytest.approx(_adams_longest_step())


def test_no_gradients_carry_adam_beyond_its_longest_step():
    # Wild ones: over many powers of ten, with runs of growth, each of 500 runs in its own way.
    rng = np.random.default_rng(0)
    growth = np.linspace(1.0, 1.3, 500)
    rule, m, v, longest = Adam(lr=1.0, eps=0.0), np.zeros(500), np.zeros(500), 0.0
    for t in range(1, 301):
        g = growth**t * np.exp(rng.normal(0, rng.choice([0.01, 3.0], size=500)))
        x, m, v = rule.step(g * rng.choice([1.0, -1.0], size=500, p=[0.95, 0.05]), 0.0, t, m, v)
        longest = max(longest, np.abs(x).max())
    assert 2 < longest <= _adams_longest_step()


def test_adam_without_eps_takes_the_same_path_when_f_is_scaled():
    # By a power of two, so that scaling rounds nothing and equality is exact.
    surface, rule = Rosenbrock(), Adam(lr=0.02, eps=0.0)
    scaled = Function(surface.value, lambda x: 1024 * surface.gradient(x), surface.start)
    once = minimize(surface, rule, steps=200, record="x")
    again = list(islice(iterate(rule, scaled.gradient, surface.start), 200))
    assert np.array_equal(once.x[1:], [step.x for step in again])


def test_adam_with_its_step_number_frozen_loses_its_correction():
    # A published listing never counts t up: with g = 1, m / (1 - .9) over the root of
    # v / (1 - .999), where m and v go on to 1.
    rule, m, v, steps = Adam(lr=1.0, eps=0.0), 0.0, 0.0, []
    for _ in range(20_000):
        x, m, v = rule.step(1.0, 0.0, 1, m, v)
        steps.append(-x)
    tenth = (1 - 0.9**10) / 0.1 / np.sqrt((1 - 0.999**10) / 0.001)
    assert steps[9] == pytest.approx(tenth)
    assert tenth == pytest.approx(2.06, abs=5e-3)
    assert steps[-1] == pytest.approx(10 / np.sqrt(1000), rel=1e-6)


@pytest.mark.parametrize(("psi", "mu_100"), [(0.004, 0.457), (1.0, 0.892), (np.inf, 0.9)])
def test_nadams_momentum_depends_on_whose_schedule_it_is(psi, mu_100):
    # Dozat (2016); psi is .004 in PyTorch, 1 in Keras, and Optax has no schedule.
    state = minimize(Quadratic([1.0]), NAdam(psi=psi), steps=100).state["mu_product"][:, 0]
    assert state[100] / state[99] == pytest.approx(mu_100, abs=5e-4)


# Adadelta. Source: Zeiler (2012), sections 3.2 and 4.


def test_adadeltas_first_step_is_set_by_eps():
    x, *_ = Adadelta(lr=1.0, rho=0.95, eps=1e-6).step(8.0, 0.0, 1, 0.0, 0.0)
    assert -x == pytest.approx(np.sqrt(1e-6 / (1 - 0.95)), rel=1e-6)
    assert -x == pytest.approx(4.47e-3, rel=1e-3)


def test_adadelta_carries_the_units_of_x_but_for_its_eps():
    # In units c times smaller x is c times larger, g c times smaller, and d, which is in x^2, c^2
    # times larger. With eps = 0, and d begun above 0, the path is the same path; eps is a number
    # added to two things of different units, and spoils it.
    c = 2.0**20

    def path(eps: float, unit: float) -> list[float]:
        rule, x, v, d = Adadelta(lr=1.0, rho=0.9, eps=eps), 3.0 * unit, 0.0, 1e-4 * unit**2
        points = []
        for t in range(1, 101):
            x, v, d = rule.step(x / unit**2, x, t, v, d)  # f = (x / unit)^2 / 2
            points.append(float(x / unit))
        return points

    assert path(0.0, c) == path(0.0, 1.0)
    assert path(0.0, 1.0)[-1] < 2.5
    assert abs(path(1e-6, c)[-1] - path(1e-6, 1.0)[-1]) > 0.1


# Online learning.

Hyper = namedtuple("Hyper", ["lr", "beta1", "beta2", "eps"])


@njit
def _reddi(step, start, lr, power, steps):
    """Run a compiled step on Reddi's sequence with lr / t^power, clipped to [-1, 1]."""
    x, state = 0.0, start
    for t in range(1, steps + 1):
        g = 1010.0 if t % 101 == 1 else -10.0
        new = step(Hyper(lr / t**power, 0.9, 0.99, 1e-8), g, x, t, *state)
        x, state = min(max(new[0], -1.0), 1.0), new[1:]
    return x


@pytest.mark.parametrize(
    ("rule_class", "lr", "power", "expected"),
    [
        (Adam, 0.5, 0.5, 0.995),
        (AMSGrad, 0.5, 0.5, -0.9998),
        (Adam, 0.01, 0.0, 0.945),
        (AMSGrad, 0.01, 0.0, -0.998),
    ],
)
def test_on_reddis_sequence_adam_ends_worst_and_amsgrad_best(rule_class, lr, power, expected):
    # Reddi, Kale and Kumar (2018), sections 3 and 5: over 101 steps the slopes add up to +10, so
    # -1 is best. Slow enough to ask for the compiled text, which is the same text.
    start = (0.0,) * len(rule_class.state)
    end = _reddi(njit(rule_class.step), start, lr, power, 300_000)
    assert end == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("opponent", ["random", "adversary"])
def test_adagrads_regret_stays_below_duchis_bound(opponent):
    # Duchi, Hazan and Singer (2011), theorem 5, with the lr that makes its bound least: the
    # diameter D over sqrt(2). The box [-1, 1]^d has D = 2; the coordinates of the linear losses
    # g . x are up to a thousandfold apart in size.
    rng = np.random.default_rng(0)
    sizes, diameter, rounds = np.array([1e-2, 0.3, 1.0, 10.0]), 2.0, 2000

    def regret_over_bound(lr: float) -> float:
        rule, x, G, losses, slopes = Adagrad(lr=lr), np.zeros(4), np.zeros(4), 0.0, []
        for t in range(1, rounds + 1):
            if opponent == "random":  # with a drift, and often 0 as in sparse data
                g = sizes * (rng.normal(0.1, 1, size=4) * (rng.random(4) < 0.5))
            else:
                g = sizes * np.where(x > 0, 1.0, -1.0)
            losses += g @ x
            slopes.append(g)
            x, G = rule.step(g, x, t, G)
            x = np.clip(x, -1, 1)
        best = -np.abs(np.sum(slopes, axis=0)).sum()
        bound = np.sqrt(2) * diameter * np.linalg.norm(slopes, axis=0).sum()
        return (losses - best) / bound

    assert 0.1 < regret_over_bound(diameter / np.sqrt(2)) <= 1
    if opponent == "adversary":  # the bound is no formality: another learning rate breaks it
        assert regret_over_bound(100 * diameter) > 1


# Moving averages. Source: geometric series; Kingma and Ba (2015), section 3.


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
def test_the_weights_of_an_average_add_up_as_stated(beta):
    for t in (0, 1, 10, 1000):
        assert weights(beta, t).sum() == pytest.approx(1 - beta**t, abs=1e-14)
        assert bias_correction(beta, t) == pytest.approx(1 - beta**t, abs=1e-15)


@pytest.mark.parametrize(("beta", "steps"), [(0.9, 6.58), (0.99, 69.0), (0.999, 692.8)])
def test_the_half_life_is_where_a_weight_has_halved(beta, steps):
    assert half_life(beta) == pytest.approx(steps, abs=0.05)
    assert beta ** half_life(beta) == pytest.approx(0.5)


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_the_effective_sample_size_is_that_of_the_weights(beta):
    # The variance of a weighted sum of independent values of variance 1.
    variance = (weights(beta, 10_000) ** 2).sum()
    assert effective_sample_size(beta) == pytest.approx(1 / variance)


def test_at_the_window_a_weight_is_about_a_third():
    w = weights(0.9, 11)
    assert window(0.9) == pytest.approx(10)
    assert w[10] / w[0] == pytest.approx(0.349, abs=5e-4)
    assert w[10] / w[0] == pytest.approx(np.exp(-1), rel=0.06)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_an_average_lags_a_steady_rise_by_its_mean_age(beta):
    ages = np.arange(1000)
    assert lag(beta) == pytest.approx((weights(beta, 1000) * ages).sum())
    assert 999 - ewma(ages, beta)[-1] == pytest.approx(lag(beta))


def test_the_recursion_equals_the_unrolled_sum():
    series = np.random.default_rng(0).normal(size=40)
    unrolled = [weights(0.9, t) @ series[:t][::-1] for t in range(1, 41)]
    np.testing.assert_allclose(ewma(series, 0.9), unrolled, rtol=1e-12)


def test_the_corrected_average_expects_what_the_series_expects():
    # All 2^8 series of eight tosses of a coin that shows 0 or 3, equally likely: exact means.
    tosses = np.array(list(product([0.0, 3.0], repeat=8))).T
    np.testing.assert_allclose(ewma(tosses, 0.9, corrected=True).mean(axis=1), 1.5, rtol=1e-12)
    raw = ewma(tosses, 0.9).mean(axis=1)
    np.testing.assert_allclose(raw, 1.5 * (1 - 0.9 ** np.arange(1, 9)), rtol=1e-12)


# Descent. Source: Nesterov (2004), section 1.2.3.


def test_a_step_of_one_over_l_descends_as_the_lemma_promises():
    surface = Rastrigin()
    smoothness = 2 + 40 * np.pi**2  # the largest second derivative of x^2 - 10 cos(2 pi x)
    x = np.random.default_rng(0).uniform(-5, 5, size=(2000, 2))
    promised = (surface.gradient(x) ** 2).sum(axis=1) / (2 * smoothness)

    def descent(lr: float) -> np.ndarray:
        f = minimize(surface, GradientDescent(lr=lr), x, steps=1, record="f").f
        return f[0] - f[1]

    assert (descent(1 / smoothness) >= promised - 1e-11).all()
    assert (descent(2.5 / smoothness) < 0).any()
    # A parabola of that curvature descends by exactly that much.
    bowl = minimize(Quadratic([smoothness]), GradientDescent(lr=1 / smoothness), [1.5], steps=1)
    assert bowl.f[0] - bowl.f[1] == pytest.approx((1.5 * smoothness) ** 2 / (2 * smoothness))
