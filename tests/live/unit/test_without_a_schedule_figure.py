"""The live figure of averages beside a schedule shows what its chapter says."""

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures.without_a_schedule import STEPS, _value, tail


def ends(**values):
    """Return where each curve of the figure ends, mean over ten draws of the noise."""
    found = []
    for seed in range(1, 11):
        figure = figures.without_a_schedule(seed=seed, **values)
        traces, begin = figure.traces, values.get("begin", 200)
        average = float(_value(tail(traces["constant"].x, begin))[-1])
        runs = {name: trace.f[-1] for name, trace in traces.items()}
        found.append(runs | {"average": average, "constant": traces["constant"].f[-50:].mean()})
    return {name: np.mean([one[name] for one in found]) for name in found[0]}


def test_a_line_and_an_average_that_begin_together_end_nearly_together():
    found = ends(lr=0.2)
    assert found["average"] == pytest.approx(found["schedule"], rel=0.1)
    assert found["schedule"] < 0.85 * found["constant"]


def test_at_a_large_rate_all_of_them_end_far_below_the_constant_rate():
    found = ends(lr=1.8)
    for name in ("schedule", "average", "free"):
        assert found[name] < found["constant"] / 4


def test_a_fall_that_begins_late_leaves_noise_and_one_that_begins_at_once_a_small_rate_far_away():
    late, middle = (ends(lr=1.8, begin=begin) for begin in (STEPS - 3, 100))
    assert middle["schedule"] < late["schedule"] / 2
    early, later = (ends(lr=0.1, begin=begin) for begin in (0, 270))
    assert later["average"] < early["average"] / 2
    assert later["schedule"] < early["schedule"] / 1.5


def test_schedule_free_does_not_hang_on_where_the_fall_begins():
    assert ends(begin=50)["free"] == ends(begin=250)["free"]
