"""AdamW's live figure shows what its chapter says, at the settings named and beside them."""

import numpy as np
import pytest

from minioptim.live import figures
from minioptim.live.figures.adamw import DECAY, LR, STEPS


def left(size):
    return {name: t.final[0] for name, t in figures.adamw(size=size).traces.items()}


@pytest.mark.parametrize("size", [0.01, 0.3, 10.0, 100.0])
def test_the_decay_beside_the_division_is_the_same_for_every_size(size):
    assert left(size)["beside"] == pytest.approx((1 - LR * DECAY) ** STEPS, abs=0.003)


@pytest.mark.parametrize("size", [3.0, 10.0, 60.0])
def test_large_gradients_escape_the_penalty_by_their_size(size):
    # Where the penalty is small beside them, the root is their size: c is divided by it.
    expected = np.exp(-LR * DECAY * STEPS / size)
    assert left(size)["inside"] == pytest.approx(expected, abs=0.015)


def test_where_gradients_are_small_the_penalty_goes_at_nearly_full_steps():
    run = figures.adamw(size=0.01).traces["inside"].x[:, 0]
    assert run[100] == pytest.approx(1 - 100 * LR, abs=0.005)
    assert run[-1] < 0.75 * (1 - LR * DECAY) ** STEPS
