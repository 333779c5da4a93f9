"""Reddi's experiment: the projected walk and the problems."""

import numpy as np
import pytest

from experiments.reddi_2018 import LINEAR, RULES, moved, walked
from minioptim.schedules import InverseRoot


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_filters_make_the_projected_run_of_the_rule(rule, beta1):
    slopes = LINEAR["online"].sequence(np.random.default_rng(0))[:300]
    steps = moved(rule, slopes, beta1, 0.99)
    points = walked(0.5 * steps / np.sqrt(np.arange(1, 301)), 0.2)
    made = RULES[rule](lr=InverseRoot(0.5), beta1=beta1, beta2=0.99)
    x, state = 0.2, made.start(0.2)
    for t, (slope, point) in enumerate(zip(slopes, points, strict=True), start=1):
        assert point == pytest.approx(x, abs=1e-9)
        x, *state = made.at(t).step(slope, x, t, *state)
        x = min(1.0, max(-1.0, x))
    assert np.abs(points).max() == 1  # a wall was reached


def test_the_mean_slope_of_each_problem_is_small_and_positive():
    assert [p.mean for p in LINEAR.values()] == pytest.approx([1 / 3, 10 / 101, 0.2])
    for problem in LINEAR.values():
        slopes = problem.sequence(np.random.default_rng(1))
        assert len(slopes) == problem.steps
        assert set(slopes) == set(problem.slopes)
        assert (slopes < 0).mean() > 0.6
        if not problem.drawn:
            assert slopes.mean() == pytest.approx(problem.mean)
