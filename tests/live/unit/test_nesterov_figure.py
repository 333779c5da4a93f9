"""Nesterov's live figure shows what its chapter says, at the settings named and beside them."""

import numpy as np
import pytest

from minioptim.live import figures


def _losses(lr):
    traces = figures.nesterov(lr=lr).traces
    return traces["Nesterov"].f, traces["Momentum"].f


@pytest.mark.parametrize("lr", [0.05, 0.06, 0.07])
def test_at_a_large_learning_rate_momentums_last_waves_are_hundreds_of_times_higher(lr):
    nesterov, momentum = _losses(lr)
    assert nesterov[-10:].max() < 0.003
    assert momentum[-10:].max() > 0.3
    assert momentum[-10:].max() > 100 * nesterov[-10:].max()


@pytest.mark.parametrize("lr", [0.005, 0.0055])
def test_at_the_smallest_learning_rate_the_waves_differ_by_a_factor_of_two(lr):
    for f, g in zip(*(_crests(f) for f in _losses(lr)), strict=False):
        assert 1.5 < g / f < 2.5


def _crests(f):
    inner = (f[1:-1] > f[:-2]) & (f[1:-1] > f[2:])
    assert inner.any()
    return f[1:-1][inner]


@pytest.mark.parametrize(("lr", "diverges"), [(0.13, False), (0.137, False), (0.15, True)])
def test_nesterov_diverges_first(lr, diverges):
    nesterov, momentum = _losses(lr)
    assert (nesterov[-1] > nesterov[0]) == diverges
    assert momentum[-1] < momentum[0]


def test_momentum_still_converges_at_the_end_of_the_slider():
    _, momentum = _losses(0.3)
    assert np.max(momentum[-10:]) < momentum[0]
