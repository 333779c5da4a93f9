"""Adagrad's live figure says of a rare feature what its chapter says."""

import numpy as np
import pytest

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


@pytest.mark.parametrize("degrees", [42, 45, 48])
def test_in_the_turned_valley_the_lower_loss_is_a_question_of_one_learning_rate(degrees):
    def ends(**values):
        traces = figures.adagrad(degrees=degrees, **values).traces
        return traces["Adagrad"].f[-1], traces["GradientDescent"].f[-1]

    adagrad, descent = ends()
    assert adagrad > 1e3 * descent
    for lr in (2.7, 3.0):
        adagrad, descent = ends(lr=lr)
        assert adagrad < descent / 10
    for gd_lr in (0.42, 0.45, 0.47):
        adagrad, descent = ends(lr=3.0, gd_lr=gd_lr)
        assert descent < adagrad / 10


def test_in_the_turned_valley_both_rates_come_to_rest_alike():
    G = figures.adagrad(degrees=45).traces["Adagrad"].state["G"]
    rates = 0.5 / np.sqrt(G[[20, -1]])
    np.testing.assert_allclose(rates, 0.026, atol=0.0025)
