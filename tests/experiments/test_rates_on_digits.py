"""The stored sweep of learning rates is what its code computes, and has its best rates inside."""

import json

import numpy as np
import pytest

from experiments.rates_on_digits import RATES, RESULT, RULES, SEEDS, losses

STORED = json.loads(RESULT.read_text(encoding="utf-8"))
SWEPT = ("1 epoch", "10 epochs", "10 epochs, cosine")


def test_each_rule_has_its_runs_and_its_best_rates_inside_the_grid():
    assert STORED["lr"] == RATES
    for rule in RULES:
        for moment in SWEPT:
            curve = STORED[rule][moment]
            assert np.shape(curve) == (len(SEEDS), len(RATES))
            assert 0 < np.median(curve, axis=0).argmin() < len(RATES) - 1
        assert np.shape(STORED[rule]["100 epochs, default"]) == (len(SEEDS),)


@pytest.mark.parametrize(("rule", "seed"), [(rule, seed) for seed, rule in enumerate(RULES)])
def test_a_stored_row_is_what_the_code_computes(rule, seed):
    (one, ten), (fallen,) = losses("constant", rule, seed), losses("cosine", rule, seed)
    calm = slice(0, 3)  # far below the rate that breaks a run, where the last bit stays small
    for again, moment in ((one, "1 epoch"), (ten, "10 epochs"), (fallen, "10 epochs, cosine")):
        np.testing.assert_allclose(again[calm], STORED[rule][moment][seed][calm], rtol=0.02)
