"""The learning-rate range test: the rates it takes, where it ends, and what it is worth."""

from dataclasses import replace

import numpy as np
import pytest

from minioptim import SGD, Adam, GradientDescent, Momentum, minimize
from minioptim.datasets import digits
from minioptim.losses import SoftmaxRegression
from minioptim.problems import Incline, Quadratic, Ravine
from minioptim.rules.around import ClippedNorm
from minioptim.search import range_test

BOWL = Quadratic([1.0, 10.0])
BATCHES = SoftmaxRegression(digits().train).minibatch(32)


def test_each_step_is_made_with_its_own_rising_rate():
    found = range_test(BOWL, GradientDescent(), low=1e-3, high=0.1, steps=5)
    np.testing.assert_allclose(found.lrs, [10**-3, 10**-2.5, 10**-2, 10**-1.5, 10**-1])
    # By hand: each coordinate is multiplied by 1 - lr curvature.
    factors = np.cumprod(1 - found.lrs[:, None] * [1.0, 10.0], axis=0)
    np.testing.assert_allclose(found.losses, (factors**2 * [0.5, 5.0]).sum(axis=1))


def test_it_is_the_run_with_that_schedule_also_with_minibatches():
    lrs = np.geomspace(1e-4, 1.0, 20)
    run = minimize(BATCHES, Adam(lr=lambda t: lrs[t - 1]), steps=20, record="f", every=5)
    found = range_test(BATCHES, Adam(lr=3.0), low=1e-4, high=1.0, steps=20, every=5)
    np.testing.assert_array_equal(found.lrs, run.lr)
    np.testing.assert_array_equal(found.losses, run.f[1:])
    again = range_test(BATCHES, Adam(), low=1e-4, high=1.0, steps=20, every=5)
    np.testing.assert_array_equal(again.losses, found.losses)


def test_it_ends_soon_after_the_loss_has_left():
    found = range_test(BOWL, GradientDescent(), low=1e-3, high=1e3, steps=200)
    assert len(found.lrs) < 200
    assert found.losses[-1] > 10 * (1 + 5.5) > found.losses[-2]
    assert np.isfinite(found.suggestion)


@pytest.mark.parametrize("rule", [SGD(), Momentum(), Adam()], ids=lambda rule: type(rule).__name__)
def test_the_best_of_a_sweep_on_the_digits_is_near_the_suggestion(rule):
    found = range_test(BATCHES, rule)
    lrs = np.geomspace(1e-4, 10, 11)
    ends = minimize(BATCHES, replace(rule, lr=lrs), steps=90, record=())
    losses = BATCHES.value(ends.final)
    best = lrs[np.nanargmin(losses)]
    assert found.suggestion / 20 <= best <= 20 * found.suggestion
    assert f"{found.suggestion:g}" in found.advice


def test_the_rate_of_a_rule_inside_a_rule_is_raised():
    inside = ClippedNorm(GradientDescent(lr=5.0), largest=1e9)
    found, plain = (range_test(BOWL, rule) for rule in (inside, GradientDescent()))
    np.testing.assert_array_equal(found.losses, plain.losses)


def test_where_nothing_is_shown_nothing_is_suggested():
    falling = range_test(Incline([1.0]), GradientDescent())
    assert np.isnan(falling.suggestion)
    assert "still fell at the largest learning rate, 10: raise high" in falling.advice
    rising = range_test(BOWL, GradientDescent(), low=1.0, high=10.0)
    assert np.isnan(rising.suggestion)
    assert "never fell: begin with a smaller low than 1" in rising.advice
    at_rest = range_test(BOWL, GradientDescent(), x0=[0.0, 0.0])
    assert np.isnan(at_rest.suggestion)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: range_test(abs, Adam()), TypeError, "problem must be a problem"),
        (lambda: range_test(BOWL, "Adam"), TypeError, "rule must be a rule such as"),
        (lambda: range_test(BOWL, Adam(), low=0), ValueError, "low must be .* above 0, got 0"),
        (lambda: range_test(BOWL, Adam(), high=np.inf), ValueError, "high must be .* got inf"),
        (lambda: range_test(BOWL, Adam(), 1, 0.1), ValueError, "low must be below high, got 1.0"),
        (lambda: range_test(BOWL, Adam(), steps=1), ValueError, "steps must be at least 2"),
        (lambda: range_test(BOWL, Adam(), every=0), ValueError, "every must be at least 1"),
        (lambda: range_test(BOWL, Adam(beta1=[0.8, 0.9])), ValueError, "a single run, not a batch"),
        (lambda: range_test(BOWL, Adam(), x0=np.ones((3, 2))), ValueError, r"got shape \(3, 2\)"),
        (lambda: range_test(Ravine(), Adam(), x0=["a"]), TypeError, "x0 must be a point"),
    ],
)
def test_bad_arguments_are_named_with_their_value(call, error, message):
    with pytest.raises(error, match=message):
        call()
