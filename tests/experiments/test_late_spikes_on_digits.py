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
    again, _ = losses(setting, seed, steps)
    np.testing.assert_allclose(again, STORED[setting][seed][: steps // EVERY + 1], rtol=0.02)


def test_a_falling_rate_has_no_late_spike():
    f = np.array(losses("cosine", 1)[0])
    assert (f / np.minimum.accumulate(f)).max() < 10
    assert f[-1] == pytest.approx(STORED["cosine"][1][-1], rel=0.5)


def test_the_close_up_is_of_the_stored_run():
    close = STORED["close up"]
    t = close["first step"] + np.arange(len(close["loss"]))
    kept = t % EVERY == 0
    whole = np.array(STORED["none"][close["seed"]])[t[kept] // EVERY]
    np.testing.assert_allclose(np.array(close["loss"])[kept], whole, rtol=1e-3)


def test_no_jump_of_the_norm_comes_before_the_climb():
    close = STORED["close up"]
    f, norm = np.array(close["loss"]), np.array(close["norm"])
    peak = f.argmax()
    low = f[:peak].min()
    begin = np.argmax(f > 3 * low)  # where the loss leaves its level
    assert 10 < begin < peak
    assert f[peak] > 20 * low
    assert norm[begin - 10 : begin + 1].max() < norm[: begin - 10].max()


def test_the_rate_on_a_weight_grows_unless_lr_falls():
    rates = STORED["close up"]["rates"]
    assert rates["none"][-1] > 10 * rates["none"][0]
    assert rates["cosine"][-1] < rates["cosine"][0] / 10


def test_the_norms_are_those_before_the_clip():
    plain, clipped = (losses(setting, 3, 20)[1] for setting in ("none", "clipped at 1"))
    assert plain[0] == clipped[0] > 1
