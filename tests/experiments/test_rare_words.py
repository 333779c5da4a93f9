"""The stored runs on documents with rare words are what their code computes."""

import json

import numpy as np
import pytest

from experiments.rare_words import RESULT, RULES, SEEDS, TELLING, ends, models, reached

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("row", "name"), [*enumerate(RULES)])
def test_a_stored_run_is_what_the_code_computes(row, name):
    found, (model, judge) = STORED[name], models()
    points = ends(name, [found["best lr"]], [SEEDS[row]])
    column = found["lr"].index(found["best lr"])
    again = judge.value(points)[0, 0]
    assert again == pytest.approx(found["held-out loss"][row][column], rel=1e-3)
    assert model.value(points)[0, 0] == pytest.approx(found["training loss there"][row], rel=1e-3)
    np.testing.assert_allclose(reached(points[0]), [found["weights there"][row]], atol=0.01)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_has_its_runs_and_its_best_rate_inside(name):
    found = STORED[name]
    losses = np.array(found["held-out loss"])
    assert losses.shape == (len(SEEDS), len(RULES[name]))
    best = np.median(losses, axis=0).argmin()
    assert found["lr"][best] == found["best lr"]
    assert 0 < best < losses.shape[1] - 1
    assert np.shape(found["weights there"]) == (len(SEEDS), len(TELLING))
