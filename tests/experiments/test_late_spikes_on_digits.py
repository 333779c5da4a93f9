"""The stored long runs are what their code computes, as far as such runs can be held."""

import json

import numpy as np
import pytest

from experiments.late_spikes_on_digits import EVERY, RESULT, SEEDS, SETTINGS, STEPS, losses

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


def test_every_setting_has_its_runs():
    assert STORED["every"] == EVERY
    for setting in SETTINGS:
        assert np.shape(STORED[setting]) == (len(SEEDS), STEPS // EVERY + 1)


@pytest.mark.parametrize(("setting", "seed"), [(name, seed) for seed, name in enumerate(SETTINGS)])
def test_a_stored_run_begins_as_the_code_computes_it(setting, seed):
    # Later the last bit, which depends on the processor, decides where a run goes.
    steps = 96
    again = losses(setting, seed, steps)
    np.testing.assert_allclose(again, STORED[setting][seed][: steps // EVERY + 1], rtol=0.02)


def test_a_falling_rate_has_no_late_spike():
    f = np.array(losses("cosine", 1))
    assert (f / np.minimum.accumulate(f)).max() < 10
    assert f[-1] == pytest.approx(STORED["cosine"][1][-1], rel=0.5)
