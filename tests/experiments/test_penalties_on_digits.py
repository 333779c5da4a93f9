"""The stored comparison of penalties is what its code computes, and was tuned as it says."""

import json

import numpy as np
import pytest

from experiments.penalties_on_digits import (
    CHOSEN,
    JUDGING,
    RATES,
    RESULT,
    STRENGTHS,
    TUNING,
    loss_on_test,
    validation_loss,
)

STORED = json.loads(RESULT.read_text(encoding="utf-8"))


def test_every_method_has_its_runs():
    assert STORED["lr"] == RATES
    assert STORED["judged at lr"] == list(CHOSEN)
    for method, strengths in STRENGTHS.items():
        assert list(STORED["tuning"][method]) == [str(each) for each in strengths]
        for rows in STORED["tuning"][method].values():
            assert np.shape(rows) == (len(TUNING), len(RATES))
        assert np.shape(STORED["test"][method]) == (len(JUDGING), len(CHOSEN))
    assert not set(TUNING) & set(JUDGING)


def test_the_strengths_of_the_larger_rate_are_the_best_and_inside_their_grid():
    column = RATES.index(0.01)
    for method, strengths in STRENGTHS.items():
        if method == "nothing":
            continue
        means = [np.mean(STORED["tuning"][method][str(each)], axis=0)[column] for each in strengths]
        best = int(np.argmin(means))
        assert 0 < best < len(strengths) - 1
        assert strengths[best] == CHOSEN[0.01][method]


@pytest.mark.parametrize(("method", "strength"), [("Adam with L2", 0.01), ("dropout", 0.1)])
def test_a_stored_validation_loss_is_what_the_code_computes(method, strength):
    stored = STORED["tuning"][method][str(strength)][3][RATES.index(0.003)]
    # Hundreds of steps amplify the last bit, which depends on the processor.
    assert validation_loss(method, 0.003, strength, 3) == pytest.approx(stored, rel=0.03)


@pytest.mark.parametrize("method", ["nothing", "early stopping", "AdamW's decay"])
def test_a_stored_test_loss_is_what_the_code_computes(method):
    stored = STORED["test"][method][4][list(CHOSEN).index(0.003)]
    assert loss_on_test(method, 0.003, JUDGING[4]) == pytest.approx(stored, rel=0.03)
