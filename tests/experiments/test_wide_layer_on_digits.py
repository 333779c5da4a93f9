"""The stored runs of the wide layer are what their code measures."""

import json

import pytest

from experiments.wide_layer_on_digits import RESULT, SEEDS, ratio_and_loss

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


def test_a_stored_run_is_what_the_code_measures():
    ratio, loss = ratio_and_loss(SEEDS[3])
    assert ratio == pytest.approx(STORED["ratios"][3], rel=0.02)
    assert loss == pytest.approx(STORED["losses"][3], rel=0.02)
    assert len(STORED["ratios"]) == len(STORED["losses"]) == len(SEEDS)
