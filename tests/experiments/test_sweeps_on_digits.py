"""The stored sweeps of settings are what their code computes, run for run."""

import json

import numpy as np
import pytest

from experiments.sweeps_on_digits import RESULT, SWEEPS, ends

STORED = json.loads(RESULT.read_text(encoding="utf-8"))
RULES = [(page, name) for page, sweep in SWEEPS.items() for name in sweep.rules]


def test_each_page_has_its_rules_with_a_row_for_each_seed():
    assert {*SWEEPS} == STORED.keys() - {"about"}
    for page, sweep in SWEEPS.items():
        assert {*sweep.rules} == STORED[page].keys()
        for runs in STORED[page].values():
            assert len(runs["loss"]) == len(runs["error"]) == len(sweep.seeds)


@pytest.mark.parametrize(("page", "name"), RULES)
def test_a_stored_row_is_what_the_code_computes(page, name):
    sweep = SWEEPS[page]
    row = RULES.index((page, name)) % len(sweep.seeds)
    again = ends(sweep, name, [sweep.seeds[row]])
    loss = np.array(STORED[page][name]["loss"])
    # Where runs break or stop halfway, they amplify the processor's last bit.
    calm = np.median(loss, axis=0) < 0.3
    assert calm.any()
    np.testing.assert_allclose(again["loss"].ravel()[calm], loss[row][calm], rtol=0.05)
    error = np.array(STORED[page][name]["error"])[row]
    np.testing.assert_allclose(again["error"].ravel()[calm], error[calm], atol=0.012)
