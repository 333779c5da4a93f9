"""The numbered equations of the chapter on Adam and its second page, each held by itself.

An equation is computed from its own formula and compared with the package or with a second
derivation; nothing here comes from the notebook's outputs.
"""

from fractions import Fraction

import numpy as np
import pytest

from minioptim import Adam, AdaMax, AdamW, AMSGrad, EWMAMomentum, feed, minimize
from minioptim.averages import ewma, weights
from minioptim.problems import Function, Quadratic, Ravine

BETA1, BETA2 = 0.9, 0.999


def q(t, beta1=BETA1, beta2=BETA2):
    return (1 - beta1**t) / np.sqrt(1 - beta2**t)


def steps_over_lr(rule, gradients, silence=0):
    """Return -(x_t - x_{t-1}) / lr along a coordinate, after so many gradients of 0."""
    state, steps = (0.0,) * len(rule.state), []
    for k, g in enumerate(gradients, start=1):
        d, *state = rule.step(float(g), 0.0, silence + k, *state)
        steps.append(-float(d) / rule.lr)
    return np.array(steps)


def directly(gradients, eps=0.0, beta1=BETA1, beta2=BETA2):
    """Return Adam's steps over lr from weighted means of all gradients so far, no recursion."""
    g, steps = np.asarray(gradients, dtype=float), []
    for t in range(1, len(g) + 1):
        past = g[:t][::-1]
        m_hat = np.average(past, weights=beta1 ** np.arange(t))
        v_hat = np.average(past**2, weights=beta2 ** np.arange(t))
        steps.append(m_hat / (np.sqrt(v_hat) + eps))
    return np.array(steps)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=120)


# ------------------------------------------------------------------------------------- the rule


@pytest.mark.equation("adam-rule")
def test_adam_steps_along_weighted_means_of_all_gradients_so_far(noise):
    steps = steps_over_lr(Adam(lr=0.1, eps=0.3), noise)
    np.testing.assert_allclose(steps, directly(noise, eps=0.3), rtol=1e-10)


def test_four_steps_by_hand_are_right():
    x, m, v = Fraction(5), Fraction(0), Fraction(0)
    b1, b2 = Fraction(9, 10), Fraction(999, 1000)
    rule = minimize(Quadratic([2.0]), Adam(lr=1.0), [5.0], steps=4)
    table = []
    for t in range(1, 5):
        g = 2 * x
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        m_hat, root = m / (1 - b1**t), Fraction(float(v / (1 - b2**t)) ** 0.5)
        x -= m_hat / root
        assert rule.x[t, 0] == pytest.approx(float(x), abs=1e-7)
        table.append([round(float(value), 3) for value in (g, m, m_hat, root, x)])
    assert table == [
        [10, 1, 10, 10, 4],
        [8, 1.7, 8.947, 9.055, 3.012],
        [6.024, 2.132, 7.869, 8.169, 2.049],
        [4.097, 2.329, 6.772, 7.364, 1.129],
    ]


# ------------------------------------------------------------------------------- the corrections


@pytest.mark.equation("adam-bias")
def test_the_corrections_make_both_averages_right_in_the_mean():
    # The mean over all sequences of gradients that are 3 or -1 with equal chances.
    t = 6
    g = 1 + 2 * np.array(np.meshgrid(*[[1, -1]] * t, indexing="ij")).reshape(t, -1)
    c, s = 1.0, 5.0
    for values, beta, mean in ((g, 0.9, c), (g**2, 0.999, s)):
        assert ewma(values, beta)[-1].mean() == pytest.approx((1 - beta**t) * mean)
        assert ewma(values, beta, corrected=True)[-1].mean() == pytest.approx(mean)


@pytest.mark.equation("adam-factor")
def test_leaving_the_corrections_out_is_a_schedule(noise):
    bare = ewma(noise, BETA1) / np.sqrt(ewma(noise**2, BETA2))
    factor = np.array([q(t) for t in range(1, 121)])
    np.testing.assert_allclose(bare, factor * directly(noise), rtol=1e-10)
    assert q(1) == pytest.approx(np.sqrt(10))
    values = q(np.arange(1, 20_001))
    assert values.argmax() + 1 == 12
    assert values.max() == pytest.approx(6.57, abs=0.005)
    assert (values - 1).sum() == pytest.approx(1213, abs=0.5)


@pytest.mark.equation("adam-slips")
@pytest.mark.parametrize("s", [1, 2])
def test_a_wrong_exponent_makes_steps_too_long_then_too_short(s):
    m = v = 0.0
    found = {}
    for t in range(1, 20_001):
        m, v = BETA1 * m + (1 - BETA1) * 7, BETA2 * v + (1 - BETA2) * 49
        if t in (1, 2, 10, 20_000):
            found[t] = m / (1 - BETA1**s) / np.sqrt(v / (1 - BETA2**s))
    for t, step in found.items():
        formula = (1 - BETA1**t) / (1 - BETA1**s) * np.sqrt((1 - BETA2**s) / (1 - BETA2**t))
        assert step == pytest.approx(formula)
    assert found[s] == pytest.approx(1)
    assert found[20_000] == pytest.approx(np.sqrt(1 - BETA2**s) / (1 - BETA1**s), rel=1e-6)
    if s == 1:
        assert found[10] == pytest.approx(2.06, abs=0.005)
        assert found[20_000] == pytest.approx(0.316, abs=0.0005)


# ------------------------------------------------------------------------------ how long is a step


@pytest.mark.equation("adam-constant")
@pytest.mark.parametrize("c", [-3.0, 1e-7, 1e5])
def test_a_constant_gradient_moves_a_coordinate_by_lr(c):
    steps = steps_over_lr(Adam(lr=0.01, eps=1e-8), [c] * 300)
    np.testing.assert_allclose(steps, c / (abs(c) + 1e-8), rtol=1e-9)


@pytest.mark.equation("adam-snr")
@pytest.mark.parametrize("S", [0.0, 0.3, 1.0, 3.0])
def test_noise_shortens_steps_by_the_signal_to_noise_ratio(S):
    g = S + np.random.default_rng(1).normal(size=(4000, 300))
    ratio = (ewma(g, BETA1) / np.sqrt(ewma(g**2, BETA2, corrected=True)))[2000:]
    assert ratio.mean() == pytest.approx(S / np.sqrt(1 + S**2), abs=0.01)
    scatter = np.sqrt((1 - BETA1) / (1 + BETA1)) / np.sqrt(1 + S**2)
    assert ratio.std() == pytest.approx(scatter, rel=0.03)


@pytest.mark.equation("adam-lone", "adam-coast")
def test_a_lone_gradient_is_stepped_too_far_and_coasts_on():
    steps = steps_over_lr(Adam(lr=1.0, eps=0.0), [5.0] + 400 * [0.0], silence=30_000)
    first = (1 - BETA1) / np.sqrt(1 - BETA2)
    assert steps[0] == pytest.approx(first) == pytest.approx(3.16, abs=0.005)
    whole = first / (1 - BETA1 / np.sqrt(BETA2))
    assert steps.sum() == pytest.approx(whole) == pytest.approx(31.8, abs=0.05)


@pytest.mark.equation("adam-bound")
@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.9, 0.99), (0.5, 0.9)])
def test_growing_gradients_reach_the_bound_and_no_others_pass_it(beta1, beta2):
    bound = (1 - beta1) / np.sqrt((1 - beta2) * (1 - beta1**2 / beta2))
    rule = Adam(lr=1.0, beta1=beta1, beta2=beta2, eps=0.0)
    growing = steps_over_lr(rule, (beta2 / beta1) ** np.arange(150), silence=30_000)
    assert growing[-1] == pytest.approx(bound)
    assert (growing <= bound * (1 + 1e-12)).all()
    rng = np.random.default_rng(0)
    for growth in (0.9, 1.0, 1.1, 1.5):
        g = rng.normal(size=200) * growth ** np.arange(200)
        assert np.abs(steps_over_lr(rule, g, silence=30_000)).max() <= bound
    # Above both of the paper's bounds.
    assert bound > max((1 - beta1) / np.sqrt(1 - beta2), 1)


@pytest.mark.equation("adam-bound-t")
@pytest.mark.parametrize("t", [1, 2, 10, 100])
def test_the_bound_near_the_start_is_reached_too(t):
    r = BETA1**2 / BETA2
    bound = (1 - BETA1) * np.sqrt((1 - r**t) / ((1 - BETA2) * (1 - r))) / q(t)
    growing = steps_over_lr(Adam(lr=1.0, eps=0.0), (BETA2 / BETA1) ** np.arange(t))
    assert growing[-1] == pytest.approx(bound)
    for g in np.random.default_rng(0).normal(size=(50, t)):
        assert abs(steps_over_lr(Adam(lr=1.0, eps=0.0), g)[-1]) <= bound * (1 + 1e-12)


# -------------------------------------------------------------------------------- scale and eps


@pytest.mark.equation("adam-scale")
@pytest.mark.parametrize(("a", "exactly"), [(2.0**10, True), (2.0**-31, True), (1000.0, False)])
def test_the_scale_of_the_loss_drops_out(a, exactly):
    ravine, rule = Ravine(), Adam(lr=0.3, eps=0.0)
    scaled = Function(lambda x: a * ravine.value(x), lambda x: a * ravine.gradient(x))
    one = minimize(ravine, rule, ravine.start, steps=100).x
    two = minimize(scaled, rule, ravine.start, steps=100).x
    if exactly:
        np.testing.assert_array_equal(one, two)
    else:
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12)


@pytest.mark.equation("adam-eps-hat")
def test_eps_on_the_uncorrected_root_is_a_larger_eps(noise):
    eps_hat, m, v, t = 0.2, 0.0, 0.0, 0
    steps = []
    for t, g in enumerate(noise, start=1):
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
        lr_t = np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        steps.append(lr_t * m / (np.sqrt(v) + eps_hat))
    eps = [eps_hat / np.sqrt(1 - BETA2**t) for t in range(1, 121)]
    found = [directly(noise[: t + 1], eps=eps[t])[-1] for t in range(120)]
    np.testing.assert_allclose(steps, found, rtol=1e-10)
    assert [round(eps[t - 1] / eps_hat, 2) for t in (1, 100)] == [31.62, 3.24]


@pytest.mark.equation("adam-knob")
def test_with_a_large_eps_adam_is_momentum():
    ravine = Ravine()
    adam = minimize(ravine, Adam(lr=5e7, eps=1e9), steps=60)
    average = EWMAMomentum(lr=lambda t: 0.05 / (1 - 0.9**t), beta=0.9)
    np.testing.assert_allclose(adam.x, minimize(ravine, average, steps=60).x, atol=1e-7)


def test_uncorrected_beta2_of_0_99_starts_at_lr_and_doubles_it():
    assert q(1, beta2=0.99) == pytest.approx(1)
    early = np.arange(1, 4)
    np.testing.assert_allclose(q(early, beta1=0.999, beta2=1 - 1e-6), np.sqrt(early), rtol=2e-3)
    values = q(np.arange(1, 2001), beta2=0.99)
    assert values.max() == pytest.approx(2.13, abs=0.005)
    assert values.argmax() + 1 == 13


# --------------------------------------------------------------------------------------- AdaMax


@pytest.mark.equation("adam-norm")
def test_the_average_of_powers_is_a_weighted_sum_of_all(noise):
    g, p, beta = np.abs(noise[:30]), 6, 0.9
    v = 0.0
    for value in g:
        v = beta**p * v + (1 - beta**p) * value**p
    formula = (1 - beta**p) * sum(beta ** (p * k) * g[::-1][k] ** p for k in range(30))
    assert v == pytest.approx(formula)
    assert v == pytest.approx(weights(beta**p, 30) @ g[::-1] ** p)


@pytest.mark.equation("adam-max", "adam-adamax")
def test_adamax_divides_by_the_largest_faded_gradient(noise):
    g = noise[:30]
    steps = steps_over_lr(AdaMax(lr=0.1, beta2=0.9, eps=0.0), g)
    for t in range(1, 31):
        u = (0.9 ** np.arange(t) * np.abs(g[:t][::-1])).max()
        m_hat = np.average(g[:t][::-1], weights=BETA1 ** np.arange(t))
        assert steps[t - 1] == pytest.approx(m_hat / u)
        p = 2000
        logs = p * np.log(0.9 ** np.arange(t) * np.abs(g[:t][::-1]))
        root = np.exp((np.log1p(-(0.9**p)) + np.logaddexp.reduce(logs)) / p)
        assert root == pytest.approx(u, rel=2e-3)


def test_adamax_can_step_a_little_farther_than_lr():
    falling = steps_over_lr(AdaMax(lr=1.0, eps=0.0), 0.999 ** np.arange(300))
    bound = (1 - BETA1) / (1 - BETA1 / BETA2)
    assert falling[-1] == pytest.approx(bound) == pytest.approx(1.009, abs=0.0005)


# ------------------------------------------------------------------------------- the counterexample


def reddi(t):
    return 1010.0 if t % 101 == 1 else -10.0


def divisors(beta2, large=1010.0):
    """Return V and v_1, ..., v_100 by running the average until it repeats itself."""
    V = 0.0
    for _ in range(400):
        V = beta2 * V + (1 - beta2) * large**2
        v, row = V, []
        for _ in range(100):
            v = beta2 * v + (1 - beta2) * 100
            row.append(v)
        last, V = V, v
    return last, np.array(row)


@pytest.mark.equation("adam-reddi")
def test_the_average_slope_of_the_counterexample_is_to_the_right():
    assert sum(reddi(t) for t in range(1, 102)) == 10


@pytest.mark.equation("adam-reddi-v")
def test_the_divisors_of_a_period_are_known():
    beta2 = 0.99
    V = (1 - beta2) * 1010**2 + beta2 * (1 - beta2**100) * 100
    V /= 1 - beta2**101
    found, row = divisors(beta2)
    assert found == pytest.approx(V)
    k = np.arange(1, 101)
    np.testing.assert_allclose(row, beta2**k * V + (1 - beta2**k) * 100)
    b = Fraction(99, 100)
    exact = ((1 - b) * 1010**2 + b * (1 - b**100) * 100) / (1 - b**101)
    assert exact == b * (b**100 * exact + (1 - b**100) * 100) + (1 - b) * 1010**2


@pytest.mark.equation("adam-reddi-drift")
@pytest.mark.parametrize(("beta2", "sign"), [(0.9, 1), (0.99, 1), (0.999, 1), (0.9999, -1)])
def test_adam_drifts_the_wrong_way_unless_its_memory_is_long(beta2, sign):
    rule = Adam(lr=1.0, beta1=0.0, beta2=beta2, eps=0.0)
    V, row = divisors(beta2)
    drift = -1010 / np.sqrt(V) + (10 / np.sqrt(row)).sum()
    assert np.sign(drift) == sign
    if beta2 <= 0.99:
        state, moves = (0.0, 0.0), []
        for t in range(1, 101 * 40 + 1):
            d, *state = rule.step(reddi(t), 0.0, t, *state)
            moves.append(d)
        assert sum(moves[-101:]) == pytest.approx(drift, rel=1e-6)


def test_under_a_falling_lr_root_over_lr_rises_once_a_period():
    v, ratios = 0.0, []
    for t in range(1, 101 * 30 + 1):
        v = 0.99 * v + 0.01 * reddi(t) ** 2
        ratios.append(np.sqrt(v) / (0.5 / np.sqrt(t)))
    rises = np.flatnonzero(np.diff(ratios[-102:]) > 0)
    assert rises.tolist() == [0]  # at the large gradient


@pytest.mark.equation("adam-amsgrad", "adam-amsgrad-drift")
def test_amsgrad_divides_by_the_largest_and_drifts_the_right_way():
    beta2, m, v, largest = 0.99, 0.0, 0.0, 0.0
    rule, state, moves = AMSGrad(lr=1.0, beta2=beta2), (0.0, 0.0, 0.0), []
    for t in range(1, 101 * 40 + 1):
        g = reddi(t)
        m, v = 0.9 * m + 0.1 * g, beta2 * v + (1 - beta2) * g**2
        largest = max(largest, v)
        d, *state = rule.step(g, 0.0, t, *state)
        step = m / (1 - 0.9**t) / (np.sqrt(largest / (1 - beta2**t)) + 1e-8)
        assert -d == pytest.approx(step)
        moves.append(d)
    V, _ = divisors(beta2)
    assert sum(moves[-101:]) == pytest.approx(-10 / np.sqrt(V), rel=1e-6)


# --------------------------------------------------------------------------- the limit of stability


@pytest.mark.equation("adam-limit")
@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9])
def test_with_a_constant_divisor_adam_is_stable_up_to_its_limit(beta1):
    limit = 2 * (1 + beta1) / (1 - beta1)
    huge = 1e100  # eps so large is a divisor that stands still
    for share, stable in ((0.99, True), (1.01, False)):
        rule = Adam(lr=share * limit * huge, beta1=beta1, eps=huge)
        x = minimize(Quadratic([1.0]), rule, [1.0], steps=4000).x[:, 0]
        assert (np.abs(x[-20:]).max() < 1e-3) == stable
    if beta1 == 0.9:
        assert limit == pytest.approx(38)


def test_the_ravine_run_turns_at_adams_limit_and_not_descents():
    run = minimize(Ravine(), Adam(lr=0.3), steps=6000)
    t = np.arange(1, 6001)
    ratio = 0.3 * 2 / (np.sqrt(run.state["v"][1:, 1] / (1 - BETA2**t)) + 1e-8)
    past = {limit: t[np.argmax(ratio > limit)] for limit in (2, 38)}
    recent = np.lib.stride_tricks.sliding_window_view(np.abs(run.x[1:, 1]), 20).max(axis=1)
    lowest = 20 + recent[:5900].argmin()
    assert past[2] == 540
    assert abs(lowest - past[38]) <= 20


# ------------------------------------------------------------------------------------ weight decay


@pytest.mark.equation("adam-decay")
def test_adam_divides_a_penalty_and_adamw_does_not():
    # The pull is the mean over noise of either sign, while the divisor stays that of the noise.
    c, x, lr = 1e-3, 2.0, 0.1
    for size in (0.1, 10.0):
        pulls = {}
        for name, strength, decay in (("L2", c, 0.0), ("decay", 0.0, c)):
            rule = AdamW(lr=lr, beta1=0.0, eps=0.0, weight_decay=decay)
            ends = [rule.step(g + strength * x, x, 10**6, 0.0, size**2)[0] for g in (size, -size)]
            pulls[name] = np.mean(ends) - x
        assert pulls["decay"] == pytest.approx(-lr * c * x)
        assert pulls["L2"] == pytest.approx(-lr * c * x / size, rel=1e-2)


def test_a_lone_gradient_early_in_a_run_is_held_back_by_its_own_divisor():
    g = np.full(4000, 1e-6)
    g[49] = 1.0
    steps = -np.diff(feed(Adam(lr=1.0), g).x[:, 0])
    # Both averages are near 0 before it, so their corrections are all that the rest knows of them.
    expected = 0.1 / (1 - 0.9**50) / np.sqrt(0.001 / (1 - 0.999**50))
    assert steps[49] == pytest.approx(expected, rel=1e-3)
    assert steps[49] == pytest.approx(0.70, abs=0.005)
    assert steps[49:249].sum() == pytest.approx(7.6, abs=0.05)
    assert steps[250:300].max() < 1e-3
