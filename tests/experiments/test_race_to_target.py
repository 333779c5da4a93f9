"""The race to a fixed target: when a target counts as held, and what is stored."""

from itertools import product

import numpy as np
import pytest

from experiments import papers, race_to_target
from experiments.race_to_target import (
    ENGINES,
    JUDGED_ON,
    MODELS,
    RATES,
    RULES,
    SIZES,
    TUNED_ON,
    best_rates,
    competitor,
    default,
    drawn,
    measure,
    reached,
    run,
    who,
)

STORED = papers.result(race_to_target)
SMALL = SIZES["small"]


def test_a_target_is_held_from_the_first_of_three_looks_in_a_row():
    errors = np.array(
        [
            # a lucky look, then three  |  never three  |  from the start  |  diverged
            [9.0, 9.0, 4.0, np.nan],
            [5.0, 5.0, 4.0, np.nan],
            [9.0, 4.0, 4.0, np.nan],
            [5.0, 9.0, 4.0, np.nan],
            [4.0, 4.0, 9.0, np.nan],
            [3.0, 4.0, 4.0, np.nan],
        ]
    )
    assert reached(errors, 5.0, look=8) == [24, None, 0, None]


def test_a_seed_draws_what_to_train_on_and_tests_on_the_rest():
    train, test = drawn("small", 3)
    assert (len(train), len(test)) == (1000, 797)
    assert not np.array_equal(drawn("small", 4)[0].labels, train.labels)


def test_names_of_competitors_say_what_they_are():
    for name, rule, target in product(MODELS, RULES, (8.0, 5.0)):
        assert competitor(who(name, rule, target)) == (name, rule, measure(target))


def test_every_run_is_there_and_no_best_rate_lies_at_an_edge():
    assert (STORED["seeds"], STORED["rates"]) == (
        {"tuned on": [*TUNED_ON], "judged on": [*JUDGED_ON]},
        [*RATES],
    )
    assert STORED["best"] == best_rates(STORED["tuned"], "small")
    assert set(STORED["best"].values()) <= set(RATES[1:-1])
    for name in MODELS:
        assert STORED["microseconds"][name].keys() == {
            "gradient",
            *(f"{rule}, {engine}" for rule, engine in product(RULES, ENGINES)),
        }
        for rule, target in product(RULES, SMALL.targets[name]):
            tuned = STORED["tuned"][f"model={name} rule={rule}"][measure(target)]
            assert np.shape(tuned) == (len(TUNED_ON), len(RATES))
            for lr in (STORED["best"][who(name, rule, target)], default(rule)):
                judged = STORED["judged"][f"model={name} rule={rule} lr={lr}"]
                assert len(judged[measure(target)]) == len(JUDGED_ON)


@pytest.mark.parametrize("rule", ["Nesterov", "Adam", "Adadelta"])
@pytest.mark.parametrize("name", MODELS)
def test_a_stored_run_is_what_the_code_computes(name, rule):
    near, _ = SMALL.targets[name]
    lr = STORED["best"][who(name, rule, near)]
    place = int(np.random.default_rng(2026).integers(len(JUDGED_ON)))
    cell = {"model": name, "rule": rule, "lr": lr, "seed": JUDGED_ON[place], "size": "small"}
    stored = STORED["judged"][f"model={name} rule={rule} lr={lr}"][measure(near)][place]
    # A digit read otherwise may move the look at which the target is held.
    assert run(cell)[measure(near)] == pytest.approx(stored, rel=0.2, abs=2 * SMALL.look)
