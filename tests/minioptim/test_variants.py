"""Rules changed in one place: changed there and nowhere else, and able to all that rules are."""

import numpy as np
import pytest

from minioptim import Adadelta, Adam, feed, minimize
from minioptim.checks.rules import check_rule
from minioptim.problems import Quadratic, Ravine
from minioptim.rules.variants import VARIANTS, BegunAdadelta, NewtonStep, UncorrectedAdam

GRADIENTS = np.random.default_rng(0).normal(size=(9, 2))


@pytest.mark.parametrize("rule_class", VARIANTS, ids=lambda rule: rule.__name__)
def test_a_variant_is_held_to_all_but_an_equation_of_its_own(rule_class):
    found = {finding.name: finding.right for finding in check_rule(rule_class)}
    assert found.pop("equation") is None, "its docstring says what it changes, in words"
    assert False not in found.values()


def test_uncorrected_adam_is_adam_where_the_correction_is_over():
    start = np.array([1.0, -2.0])
    m, v = np.array([0.3, -0.1]), np.array([0.2, 0.5])
    late = Adam().step(GRADIENTS[0], start, 10**6, m, v)
    for one, other in zip(UncorrectedAdam().step(GRADIENTS[0], start, 1, m, v), late, strict=True):
        np.testing.assert_array_equal(one, other)
    first = feed(UncorrectedAdam(lr=1.0, eps=0.0), [5.0]).final
    np.testing.assert_allclose(first, -0.1 / np.sqrt(0.001))


def test_begun_adadelta_is_adadelta_but_for_its_first_d():
    np.testing.assert_array_equal(
        feed(BegunAdadelta(begun=0.0), GRADIENTS).x, feed(Adadelta(), GRADIENTS).x
    )
    assert minimize(Ravine(), BegunAdadelta(begun=0.25), steps=0).state["d"].tolist() == [
        [0.25, 0.25]
    ]


def test_newtons_step_ends_in_the_minimum_at_once():
    trace = minimize(Quadratic([4.0]), NewtonStep(curvature=4.0), [3.0], steps=1)
    assert trace.final.tolist() == [0.0]
