"""Rules that estimate their learning rate: what their estimates are, and that runs stay apart."""

import numpy as np
import pytest

from minioptim import Adam, feed, minimize
from minioptim.problems import Quadratic
from minioptim.rules import Averaged, DoG, Prodigy

BOWL = Quadratic([0.5, 2.0])
START = np.array([3.0, -1.0])
each_rule = pytest.mark.parametrize("rule_class", [DoG, Prodigy])


def test_dog_divides_the_largest_distance_by_the_root_of_all_squared_norms():
    trace = minimize(BOWL, DoG(first=0.01, eps=0.0), START, steps=30, record=("x", "grad"))
    first = 0.01 * (1 + np.linalg.norm(START))
    for t in range(30):
        distance = max(first, np.linalg.norm(trace.x[: t + 1] - START, axis=1).max())
        lr = distance / np.sqrt((trace.grad[: t + 1] ** 2).sum())
        np.testing.assert_allclose(trace.x[t + 1], trace.x[t] - lr * trace.grad[t], rtol=1e-12)


def test_dog_comes_down_from_any_first_distance_that_is_too_small():
    for first in (1e-8, 1e-6, 1e-4):
        assert BOWL.value(minimize(BOWL, DoG(first=first), START, steps=400).final) < 1e-6


def test_dogs_step_does_not_hang_on_the_scale_of_the_loss():
    runs = [minimize(Quadratic(c * np.array([0.5, 2.0])), DoG(eps=0.0), START, 50) for c in (1, 64)]
    np.testing.assert_allclose(runs[0].x, runs[1].x, rtol=1e-10)


def test_prodigy_is_adam_at_the_rate_it_has_found_while_that_stays():
    """With gradients that lead nowhere d stays, and all that is left is Adam at lr = d."""
    gradients = np.array([[1.0, -2.0], [-1.0, 2.0]] * 20)
    found = feed(Prodigy(first=0.25, eps=0.0), gradients, START)
    assert (found.state["d"] == 0.25).all()
    np.testing.assert_allclose(found.x, feed(Adam(lr=0.25, eps=0.0), gradients, START).x, rtol=1e-9)


def test_prodigys_rate_only_rises_and_stays_below_the_distance_to_the_minimum():
    """The paper's bound for a convex function: d stays below the largest coordinate's way."""
    trace = minimize(BOWL, Prodigy(), START, steps=200)
    d = trace.state["d"]
    assert (np.diff(d) >= 0).all()
    assert 1e-2 < d[-1] <= np.abs(START).max()


def test_no_gradient_at_all_moves_nothing():
    for rule in (DoG(), Prodigy()):
        assert np.array_equal(feed(rule, np.zeros((3, 2)), START).final, START)


@each_rule
def test_a_batch_is_its_runs_made_alone(rule_class):
    starts = np.array([[3.0, -1.0], [0.1, 0.2]])
    both = minimize(BOWL, rule_class(), starts, steps=40)
    for k, start in enumerate(starts):
        assert np.array_equal(both.x[:, k], minimize(BOWL, rule_class(), start, steps=40).x)


@each_rule
def test_its_first_estimate_is_no_schedule(rule_class):
    with pytest.raises(TypeError, match="first must be"):
        rule_class(first=lambda t: 1 / t)


def test_the_average_that_dogs_authors_advise_is_a_rule_around_it():
    rule = Averaged(DoG(), beta=lambda t: 1 - 9 / (t + 8))
    trace = minimize(BOWL, rule, START, steps=3)
    mean = START
    for t, x in enumerate(trace.x[1:], start=1):
        mean = (1 - 9 / (t + 8)) * mean + 9 / (t + 8) * x
    np.testing.assert_allclose(trace.final_state["average"], mean)
