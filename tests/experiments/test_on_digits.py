"""The stored results on the small digits are what their code computes."""

import json

import numpy as np
import pytest

from experiments import nadam_on_digits, race_on_digits
from experiments.digits import best_inside, ends, medians

RACE, NADAM = (
    json.loads(made.RESULT.read_text(encoding="utf-8"))
    for made in (race_on_digits, nadam_on_digits)
)


def near(found, again, row, column):
    """Hold one run against its stored end; hundreds of steps amplify the processor's last bit."""
    for what, tolerance in (("loss", 0.02), ("error", 0.012)):
        stored = found[what][row][column]
        assert again[what][0][0] == pytest.approx(stored, rel=tolerance, abs=tolerance), what


@pytest.mark.parametrize(
    ("model", "rule", "row"),
    [("network", rule, row) for row, rule in enumerate(race_on_digits.RULES)]
    + [("softmax", rule, row) for row, rule in enumerate(race_on_digits.RULES[:2])],
)
def test_a_stored_run_of_the_race_is_what_the_code_computes(model, rule, row):
    found = RACE[model][rule]["reported"]
    seed = race_on_digits.REPORTED_ON[row]
    made = race_on_digits.made(rule)
    near(found, ends(model, made, found["lr"], [seed], race_on_digits.EPOCHS), row, 0)


@pytest.mark.parametrize(("schedule", "falling"), nadam_on_digits.SCHEDULES.items())
@pytest.mark.parametrize("rule", ["Adam", "NAdam, Keras"])
def test_a_stored_run_of_nadam_is_what_the_code_computes(schedule, falling, rule):
    found = NADAM[schedule][rule]["reported"]
    seed, epochs = nadam_on_digits.REPORTED_ON[3], nadam_on_digits.EPOCHS
    made = nadam_on_digits.RULES[rule]
    near(found, ends("network", made, found["lr"], [seed], epochs, falling=falling), 3, 0)


def tunings():
    for model in race_on_digits.MODELS:
        yield from (RACE[model][rule] for rule in race_on_digits.RULES)
    for schedule in nadam_on_digits.SCHEDULES:
        yield from (NADAM[schedule][rule] for rule in nadam_on_digits.RULES)
    yield from (RACE["thirds"][rule] for rule in race_on_digits.FIVE)


def test_every_reported_lr_is_the_best_of_its_tuning():
    for found in tunings():
        parts = [found[part] for part in ("coarse", "finer", "tuning") if part in found]
        tried = {lr: c for part in parts for lr, c in zip(part["lr"], medians(part), strict=True)}
        assert found["reported"]["lr"] == [min(tried, key=tried.get)]


def test_no_best_lr_lies_at_an_end_of_its_grid():
    for found in tunings():
        best_inside(found.get("coarse") or found["tuning"])
    with pytest.raises(ValueError, match="must lie inside the grid"):
        best_inside({"lr": [0.1, 1.0, 10.0], "loss": [[1.0, 2.0, None]], "error": [[0.0] * 3]})


def test_every_rule_has_its_seeds_and_none_is_tuned_and_judged_on_the_same():
    for made, stored in ((race_on_digits, RACE), (nadam_on_digits, NADAM)):
        tuned_on, judged_on = stored["seeds"]["tuned on"], stored["seeds"]["reported on"]
        assert (tuned_on, judged_on) == ([*made.TUNED_ON], [*made.REPORTED_ON])
        assert not {*tuned_on} & {*judged_on}
        parts = {"network", "softmax", "thirds", "falling", "constant"} & stored.keys()
        for found in (rule for part in parts for rule in stored[part].values()):
            tuned = found.get("coarse") or found["tuning"]
            assert np.shape(tuned["loss"]) == (len(tuned_on), len(tuned["lr"]))
            assert np.shape(found["reported"]["loss"]) == (len(judged_on), 1)
            assert np.shape(found["reported"]["error"]) == (len(judged_on), 1)


def test_a_run_that_overflows_counts_as_infinite():
    runs = {"lr": [1.0], "loss": [[1.0], [None], [None]], "error": [[0.0]] * 3}
    assert np.isinf(medians(runs)[0])
