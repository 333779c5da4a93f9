"""Kingma and Ba's experiment: what is stored is what its code computes."""

from itertools import product

import numpy as np
import pytest

from experiments import kingma_ba_2015, papers
from experiments.kingma_ba_2015 import (
    ALPHAS,
    BETA1,
    BETA2,
    CORRECTED,
    JUDGED_ON,
    RACES,
    RATES,
    SEEDS,
    TUNED_ON,
    Race,
    averaged,
    best,
    best_afterwards,
    best_alpha,
    raced,
    run,
)
from experiments.settings import label, values

STORED = papers.result(kingma_ba_2015)
RNG = np.random.default_rng(2026)
FIRST = {
    (task, rule): int(RNG.choice(JUDGED_ON)) for task in RACES for rule in STORED["best"][task]
}


@pytest.mark.parametrize(("task", "rule"), FIRST)
def test_the_first_epoch_of_a_stored_race_is_what_the_code_computes(task, rule, monkeypatch):
    race = RACES[task]
    short = Race({"small": 1}, race.rules, race.falling)
    monkeypatch.setattr(kingma_ba_2015, "RACES", {**RACES, task: short})
    setting, seed = raced(task, rule, STORED["best"][task][rule]), FIRST[task, rule]
    again = run({**setting, "seed": seed, "size": "small"})
    stored = STORED["judged"][label(setting)]["curve"][JUDGED_ON.index(seed)]
    np.testing.assert_allclose(again["curve"], stored[:2], rtol=1e-3)


# Below the best rates hundreds of steps do not amplify the processor's last bit much.
SAMPLE = [
    ("tuned", raced("network", "Nesterov", 0.0316), TUNED_ON),
    ("tuned beside", raced("sparse", "Adagrad", 0.0562), TUNED_ON),
    ("autoencoder", averaged(True, 0.9, 0.999, 0.00316), SEEDS),
    ("autoencoder", averaged(False, 0.0, 0.9999, 0.000316), SEEDS),
]


@pytest.mark.parametrize(("part", "setting", "seeds"), SAMPLE)
def test_a_stored_run_is_what_the_code_computes(part, setting, seeds):
    place = int(np.random.default_rng(2026).integers(len(seeds)))
    again = run({**setting, "seed": seeds[place], "size": "small"})
    stored = {name: each[place] for name, each in STORED[part][label(setting)].items()}
    assert again == pytest.approx(stored, rel=0.05)


def test_no_best_learning_rate_lies_at_an_edge():
    assert STORED["best"] == best(STORED["tuned"])
    for rates in STORED["best"].values():
        assert set(rates.values()) <= set(RATES[1:-1])
    for betas in product(BETA1, BETA2):
        for corrected, when in product(CORRECTED, ("early", "late")):
            alpha = best_alpha(STORED["autoencoder"], corrected, *betas, when)
            assert alpha in ALPHAS[1:-1]


def test_the_best_of_the_finer_rates_lies_between_two_that_were_tried_and_are_worse():
    tried = {**STORED["tuned"], **STORED["tuned beside"]}
    found = STORED["best afterwards"]
    assert found == best_afterwards(STORED["best"], tried)
    for task, rates in found.items():
        for rule, lr in rates.items():
            prefix = f"task={task} rule={rule} lr="
            medians = {
                float(name.removeprefix(prefix)): np.median(values(tried, name, "loss"))
                for name in tried
                if name.startswith(prefix)
            }
            assert min(medians, key=medians.get) == lr
            assert min(medians) < lr < max(medians)
            runs = STORED["judged afterwards"][label(raced(task, rule, lr))]["loss"]
            assert len(runs) == len(JUDGED_ON)
