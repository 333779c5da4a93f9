"""The stored steps of each batch size are what its code counts, and the best lr lies inside."""

import json

import numpy as np
import pytest

from experiments.batch_sizes_on_digits import (
    COUNTED,
    KINDS,
    RESULT,
    SEEDS,
    losses,
    steps_to_first,
    steps_to_stay,
)

STORED = json.loads(RESULT.read_text(encoding="utf-8"))
CELLS = [(kind, batch) for kind, batches in KINDS.items() for batch in batches]


def test_a_run_counts_from_where_it_stays_below_and_from_where_it_is_first():
    f = np.array([[1.0, 0.2, 0.5, 0.2, 0.1], [1.0, 0.2, 0.2, 0.2, 0.4], [0.1] * 5, [1.0] * 5])
    f = f[:, :, np.newaxis]  # run, look, lr
    assert steps_to_stay(f, every=10)[:, 0].tolist() == [30, np.inf, 0, np.inf]
    assert steps_to_first(f, every=10)[:, 0].tolist() == [10, 10, 0, np.inf]


def needed(kind, batch):
    steps = np.array(STORED[kind][str(batch)]["steps"], dtype=float)
    return np.where(np.isnan(steps), np.inf, steps)


@pytest.mark.parametrize(("kind", "batch"), CELLS)
def test_the_best_learning_rate_lies_inside(kind, batch):
    steps = needed(kind, batch)
    assert steps.shape == (len(SEEDS), len(KINDS[kind][batch].powers))
    assert 0 < np.median(steps, axis=0).argmin() < steps.shape[1] - 1


@pytest.mark.parametrize(("kind", "batch"), [cell for cell in CELLS if cell[1] >= 32])
def test_a_stored_run_is_what_the_code_counts(kind, batch):
    tried = KINDS[kind][batch]
    again = COUNTED[kind](losses(tried, batch, [3]), tried.every)
    calm = slice(0, 2)  # its smallest rates, whose curves cross the line once
    np.testing.assert_allclose(again[0, calm], needed(kind, batch)[3, calm], atol=tried.every)
