"""Adadelta's live figure shows what its chapter says of the unit, over whole ranges of it."""

import numpy as np
import pytest

from minioptim.live import figures


def _in_metres(scale):
    return figures.adadelta(scale=scale).traces["Adadelta"].x * [scale, 1.0]


@pytest.mark.parametrize("scale", [0.001, 0.1, 1.0])
def test_in_units_of_a_metre_or_less_it_hardly_starts(scale):
    x = _in_metres(scale)
    assert x[100, 0] < -6.5


@pytest.mark.parametrize("scale", [100.0, 300.0, 1000.0])
def test_in_long_units_x_starts_by_thousandths_of_the_unit_and_y_by_those_of_a_metre(scale):
    x = _in_metres(scale)
    first = np.sqrt(1e-6 / 0.05)
    np.testing.assert_allclose(x[1, 0] - x[0, 0], first * scale, rtol=1e-3)
    np.testing.assert_allclose(x[0, 1] - x[1, 1], first, rtol=1e-3)
    assert abs(x[100, 0]) < 0.01
    assert x[100, 1] == pytest.approx(1.55, abs=0.005)
