"""The stored errors of averaged gradients are what their code measures."""

import json

import numpy as np
import pytest

from experiments.averaged_gradients import DECAYS, RATES, RESULT, SEEDS, WINDOWS, gains, split

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("row", "lr"), [*enumerate(RATES)])
def test_a_stored_run_is_what_the_code_measures(row, lr):
    np.testing.assert_allclose(gains(SEEDS[row], lr), STORED["gains"][f"lr {lr:g}"][row], rtol=0.01)


def test_a_stored_split_is_what_the_code_measures():
    for again, stored in zip(split(SEEDS[4]), STORED["shares"].values(), strict=True):
        np.testing.assert_allclose(again, stored[4], rtol=0.02, atol=0.005)


def test_there_is_a_row_for_each_seed_and_the_parts_are_the_whole():
    for rows in STORED["gains"].values():
        assert np.shape(rows) == (len(SEEDS), len(WINDOWS))
    for rows in STORED["shares"].values():
        assert np.shape(rows) == (len(SEEDS), len(DECAYS), 4)
        np.testing.assert_allclose(np.array(rows)[..., :3].sum(axis=-1), 1, atol=1e-4)
