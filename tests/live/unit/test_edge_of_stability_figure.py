"""The valley that narrows, and the run in it, do what the chapter says of them."""

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures.edge_of_stability import HALF, LAST
from minioptim.problems.surfaces import Narrows


def curvature(**values):
    return figures.edge_of_stability(**values).traces["run"].x[:, 1]


@pytest.mark.parametrize("x", [(0.0, 3.0), (0.7, 2.0), (-1.5, 6.0)])
def test_slopes_and_curvatures_are_those_of_the_formula(x):
    surface, x, h = Narrows(), np.array(x), 1e-5
    nudges = h * np.eye(2)
    slopes = [(surface.value(x + n) - surface.value(x - n)) / (2 * h) for n in nudges]
    np.testing.assert_allclose(surface.gradient(x), slopes, atol=1e-8)
    bends = [(surface.gradient(x + n) - surface.gradient(x - n)) / (2 * h) for n in nudges]
    np.testing.assert_allclose(surface.hessian(x), bends, atol=1e-8)


def test_y_is_the_curvature_at_the_floor_and_the_minimum_is_one():
    assert Narrows().hessian(np.array([0.0, 7.0]))[0, 0] == 7
    (minimum,) = Narrows.minima
    np.testing.assert_allclose(Narrows().gradient(np.array(minimum)), 0, atol=1e-5)
    assert Narrows().value(np.array(minimum)) == pytest.approx(Narrows.minimum, abs=1e-6)


@pytest.mark.parametrize("lr", [0.35, 0.4, 0.5, 0.65])
def test_the_run_passes_the_limit_and_comes_back_to_it(lr):
    y = curvature(lr=lr)
    assert y.max() > 1.25 * 2 / lr
    assert 2 / lr < y[-LAST:].mean() < 1.1 * 2 / lr


def test_a_small_rate_never_meets_the_limit_in_these_steps():
    assert curvature(lr=0.2).max() < 2 / 0.2


def test_another_rate_has_another_curvature():
    halved, doubled = (curvature(later=later) for later in ("halved", "doubled"))
    np.testing.assert_array_equal(halved[: HALF + 1], doubled[: HALF + 1])
    assert halved[-1] > 1.3 * halved[HALF]
    assert doubled[-LAST:].mean() == pytest.approx(2 / 0.8, rel=0.1)
    losses = [figures.edge_of_stability(later=k).traces["run"].f for k in ("halved", "doubled")]
    assert losses[0][-1] < losses[0][HALF] / 5
    assert losses[1][HALF:].max() > 10 * losses[1][HALF]
