"""Sutskever's experiment: the start, the schedule, and what is stored."""

import math

import numpy as np
import pytest

from experiments import papers, sutskever_2013
from experiments.settings import label, values
from experiments.sutskever_2013 import (
    AFTERWARDS,
    CONNECTIONS,
    JUDGED_ON,
    KEPT,
    LAST,
    RATES,
    STEPS,
    beside,
    best,
    best_afterwards,
    factor,
    judged,
    lowest,
    model,
    run,
    sparse,
)

STORED = papers.result(sutskever_2013)


def test_the_start_has_few_connections_into_each_unit():
    of = model("small")
    layers = of.layers(sparse(of, 2.0, seed=1))
    drawn = np.concatenate([W[W != 0] for W, _ in layers])
    for W, b in layers:
        np.testing.assert_array_equal((W != 0).sum(axis=0), min(CONNECTIONS, len(W)))
        np.testing.assert_array_equal(b, 0.5)
    assert drawn.std() == pytest.approx(2 * 0.25, rel=0.1)
    assert not np.array_equal(sparse(of, 2.0, seed=1), sparse(of, 2.0, seed=2))


@pytest.mark.parametrize("t", [1, 4, 5, 17, 250, 1234])
def test_the_factor_rises_as_in_the_paper(t):
    published = 1 - 2 ** (-1 - math.log2(t // 5 + 1))
    assert factor(t, 0.999, "small", kept=False) == pytest.approx(min(published, 0.999))


def test_the_factor_reaches_its_top_before_the_last_updates_and_falls_for_them():
    end = STEPS["small"] - LAST
    assert factor(end, 0.999, "small", kept=False) == 0.999
    assert factor(end + 1, 0.999, "small", kept=False) == 0.9
    assert factor(end + 1, 0.999, "small", kept=True) == 0.999


def test_no_network_gets_below_the_lowest_loss():
    a = model("small").data.inputs
    z = np.log(np.clip(a, 1e-9, 1 - 1e-9) / np.clip(1 - a, 1e-9, 1))  # the logits of a itself
    losses = (np.logaddexp(0, z) - a * z).sum(axis=1)
    assert lowest("small") == pytest.approx(losses.mean(), abs=1e-5)


def test_no_best_learning_rate_lies_at_an_edge():
    assert STORED["best"] == best(STORED["settings"])
    assert set(STORED["best"].values()) <= set(RATES[1:-1])


@pytest.mark.parametrize("name", ["SGD", "Nesterov, 0.99, kept"])
def test_a_stored_run_is_what_the_code_computes(name):
    setting = judged(STORED["best"])[name]
    place = int(np.random.default_rng(2026).integers(len(JUDGED_ON)))
    again = run({**setting, "seed": JUDGED_ON[place], "size": "small"})
    # Thousands of steps amplify the last bit.
    stored = STORED["judged"][label(setting)]["error"][place]
    assert again["error"] == pytest.approx(stored, rel=0.1)


def test_the_best_of_the_finer_rates_lies_between_two_that_were_tried_and_are_worse():
    coarse = {**STORED["best"], **best(STORED["settings, kept"], KEPT)}
    tried = {**STORED["settings"], **STORED["settings, kept"]}
    finer, found = STORED["settings beside"], STORED["best afterwards"]
    assert found == best_afterwards(coarse, tried, finer)
    for name, row in AFTERWARDS.items():
        medians = dict(
            zip(RATES, np.median(values(tried, label(row), "error"), axis=0), strict=True)
        )
        for near in beside(coarse[name]):
            medians[near] = np.median(values(finer, label({**row, "lr": near}), "error"))
        assert min(medians, key=medians.get) == found[name]
        assert min(medians) < found[name] < max(medians)


@pytest.mark.parametrize("name", ["classical, 0.999", "Nesterov, 0.995, kept"])
def test_a_run_made_afterwards_is_what_the_code_computes(name):
    setting = {**AFTERWARDS[name], "lr": STORED["best afterwards"][name]}
    again = run({**setting, "seed": JUDGED_ON[3], "size": "small"})
    stored = STORED["judged afterwards"][label(setting)]["error"]
    assert len(stored) == len(JUDGED_ON)
    assert again["error"] == pytest.approx(stored[3], rel=0.1)
