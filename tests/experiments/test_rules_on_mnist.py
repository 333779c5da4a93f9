"""The stored results of the experiments are what their code computes."""

import json

import numpy as np
import pytest

from experiments.rules_on_mnist import RESULT, RULES, SEEDS, ends, grid

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


def test_each_rule_has_its_runs_and_a_best_rate_inside_its_grid():
    assert set(STORED) == {rule.__name__ for rule in RULES}
    for rule in RULES:
        found = STORED[rule.__name__]
        assert found["lr"] == grid(rule)
        assert np.shape(found["loss"]) == np.shape(found["error"]) == (len(SEEDS), len(grid(rule)))
        best = np.median(found["loss"], axis=0).argmin()
        assert 0 < best < len(grid(rule)) - 1


@pytest.mark.parametrize(("rule", "seed"), [(rule, seed) for seed, rule in enumerate(RULES)])
def test_a_stored_run_is_what_the_code_computes(rule, seed):
    found = STORED[rule.__name__]
    best = int(np.median(found["loss"], axis=0).argmin())
    again = ends(rule, [grid(rule)[best]], [seed])
    # Hundreds of steps amplify the last bit, which depends on the processor.
    np.testing.assert_allclose(again["loss"], [[found["loss"][seed][best]]], rtol=0.01)
    np.testing.assert_allclose(again["error"], [[found["error"][seed][best]]], atol=0.005)
