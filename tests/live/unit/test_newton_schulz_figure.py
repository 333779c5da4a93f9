"""The live figure of Newton-Schulz steps shows what its chapter says."""

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures.newton_schulz import SINGULAR
from minioptim.rules import newton_schulz


def test_five_of_muons_steps_are_those_of_the_package():
    after = figures.newton_schulz(k=5).traces["all"].final
    np.testing.assert_allclose(after, newton_schulz(np.diag(SINGULAR)).diagonal(), rtol=1e-3)


@pytest.mark.parametrize(("k", "low", "high"), [(5, 0.72, 1.17), (15, 0.68, 1.13)])
def test_muons_coefficients_never_come_to_rest_at_1(k, low, high):
    after = figures.newton_schulz(k=k).traces["all"].final
    assert (after.min(), after.max()) == pytest.approx((low, high), abs=0.006)


def test_the_exact_ones_do_but_slowly():
    ends = {
        k: figures.newton_schulz(k=k, coefficients="cubic").traces["all"].final for k in (5, 15)
    }
    assert ends[5].min() == pytest.approx(0.02, abs=0.005)
    assert ends[15].min() == pytest.approx(0.77, abs=0.006)
    assert ends[15].max() == pytest.approx(1, abs=1e-3)
