"""Adagrad's live figure says of a rare feature what its chapter says."""

import numpy as np

from minioptim.live import figures


def test_a_slope_that_is_rarely_felt_keeps_the_larger_rate():
    rates, final = {}, {}
    for every in (1, 5, 20):
        traces = figures.adagrad(every=every).traces
        rates[every] = 0.5 / np.sqrt(traces["Adagrad"].state["G"][-1])
        final[every] = {name: trace.f[-1] for name, trace in traces.items()}
    x, y = np.array(list(rates.values())).T
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose(y, y[0])
    for every in (5, 20):
        assert final[every]["Adagrad"] < final[every]["GradientDescent"]


def test_the_slope_along_x_is_felt_at_each_fifth_step_as_it_is():
    trace = figures.adagrad(every=5).traces["Adagrad"]
    felt = trace.grad[:, 0] != 0
    assert np.flatnonzero(felt).tolist() == list(range(4, 150, 5))
    np.testing.assert_allclose(trace.grad[felt, 0], 0.2 * trace.x[:-1][felt, 0])
