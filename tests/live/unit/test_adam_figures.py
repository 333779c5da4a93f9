"""Adam's live figures show what their chapter says, at the settings named and beside them."""

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.page import page_script

from .test_page import LARGEST


def test_adam_goes_uphill_just_where_the_chapter_says():
    trace = figures.adam().traces["ravine"]
    uphill = (np.diff(trace.x, axis=0) * trace.grad).sum(axis=1) > 0
    assert (1 + np.flatnonzero(uphill)).tolist() == [*range(25, 30), *range(39, 44)]


def test_the_first_step_is_lr_along_both_coordinates():
    trace = figures.adam().traces["ravine"]
    np.testing.assert_allclose(abs(trace.x[1] - trace.x[0]), 0.3, rtol=1e-6)


@pytest.mark.parametrize(("beta2", "first", "longest"), [(0.99, 1.0, 2.13), (0.9999, 10.0, 20.7)])
def test_without_correction_steps_are_as_long_as_the_chapter_says(beta2, first, longest):
    x = figures.adam_correction(beta2=beta2).traces["steps"].x[:, 0]
    steps = -np.diff(x)
    assert steps[0] == pytest.approx(first, rel=1e-4)
    assert steps.max() == pytest.approx(longest, rel=3e-3)


@pytest.mark.parametrize("ratio", [0.1, 0.12, 1.0, 4.0])
def test_under_noise_the_divisor_stays_and_the_mean_step_follows_the_formula(ratio):
    trace = figures.adam_noise(ratio=ratio).traces["steps"]
    root = np.sqrt(trace.state["v"][160, 0] / (1 - 0.999**160))
    assert root == pytest.approx(1, abs=0.1)
    mean = -np.diff(trace.x[:161, 0]).mean()
    assert mean == pytest.approx(ratio / np.hypot(1, ratio), abs=0.1)


@pytest.mark.parametrize(("beta2", "climbs"), [(0.99, True), (0.9995, True), (0.9997, False)])
def test_the_rare_large_gradient_wins_only_where_the_root_hardly_forgets(beta2, climbs):
    x = figures.adam_reddi(beta2=beta2).traces["position"].x[:, 0]
    # Each root of a period that repeats for ever: the squares of the last 101 steps, by age.
    memory = beta2 ** np.arange(101)
    squares = np.full(101, 100.0)
    squares[0] = 1010.0**2
    roots = [
        np.sqrt((1 - beta2) * (memory @ np.roll(squares[::-1], k + 1)) / (1 - beta2**101))
        for k in range(101)
    ]
    expected = -1010 / roots[0] + sum(10 / root for root in roots[1:])
    change = x[-1] - x[-102]
    assert change == pytest.approx(expected, abs=0.005)
    assert (change > 0) == climbs


def test_the_page_with_all_of_adams_figures_is_light():
    designs = figures.adam, figures.adam_correction, figures.adam_noise, figures.adam_reddi
    assert len(page_script(designs).encode()) <= LARGEST
