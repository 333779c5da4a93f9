"""Wilson's and Choi's experiment: the settings, the choice, and what is stored."""

import json

import numpy as np
import pytest

from experiments.settings import label, values
from experiments.store import RESULTS
from experiments.wilson_2017 import (
    BY_DEFAULT,
    FRESH,
    MEASURED,
    NEW,
    OF,
    RATES,
    RULES,
    SEEDS,
    TRAIN,
    UNCORRECTED,
    all_digits,
    best,
    cells,
    drawn,
    run,
    tried,
)
from minioptim import Adam, Momentum, feed
from minioptim.rules import EWMAMomentum
from minioptim.rules.variants import UncorrectedAdam

STORED = json.loads((RESULTS / "wilson_2017.json").read_text(encoding="utf-8"))


def test_a_seed_draws_what_to_train_on_and_tests_on_the_rest():
    train, test = drawn("small", 3)
    assert (len(train), len(train) + len(test)) == (TRAIN, len(all_digits()))
    both = np.concatenate([train.inputs, test.inputs])
    np.testing.assert_allclose(both.sum(axis=0), all_digits().inputs.sum(axis=0))
    assert not np.array_equal(drawn("small", 4)[0].labels, train.labels)


def test_adam_with_a_large_eps_is_momentum():
    gradients = np.random.default_rng(0).normal(size=40)
    eps = 1e6  # so that the roots are as nothing beside it
    adam = np.diff(feed(Adam(lr=eps, eps=eps), gradients).x[:, 0])
    average = np.diff(feed(EWMAMomentum(lr=1.0, beta=0.9), gradients).x[:, 0])
    np.testing.assert_allclose(adam * (1 - 0.9 ** np.arange(1, 41)), average, rtol=1e-5)


def test_without_the_correction_a_tenth_of_the_rate_is_momentums():
    gradients = np.random.default_rng(0).normal(size=40)
    adam = feed(UncorrectedAdam(lr=1e6, eps=1e6), gradients).x
    np.testing.assert_allclose(adam, feed(Momentum(lr=0.1), gradients).x, rtol=1e-5)


def test_the_default_is_that_of_the_package():
    assert RATES[BY_DEFAULT] == Adam().lr
    assert RULES["Adam"] == Adam()


def test_every_cell_is_there_and_no_best_rate_lies_at_an_edge():
    settings = STORED["settings"]
    assert list(settings) == list(dict.fromkeys(map(label, cells("small"))))
    for each in settings:
        for measured in MEASURED:
            assert values(settings, each, measured).shape == (30, len(RATES))
    for who in OF:
        for measured in ("training loss", "test error"):
            assert 0 < best(settings, who, measured)[1] < len(RATES) - 1


@pytest.mark.parametrize(
    ("setting", "seed"), [(tried("SGD"), 2), (tried("RMSProp"), 13), (tried(UNCORRECTED, 1.0), 28)]
)
def test_a_stored_cell_is_what_the_code_computes(setting, seed):
    again = run({**setting, "seed": seed, "size": "small"})
    place = (*SEEDS, *FRESH, *NEW).index(seed)
    for measured in MEASURED:
        stored = values(STORED["settings"], label(setting), measured)[place]
        found = np.array(again[measured], dtype=float)
        calm = values(STORED["settings"], label(setting), "test error")[place] < 20
        # Hundreds of steps amplify the last bit; above the best rates they do so wildly.
        at_most = {"atol": 1.0} if measured == "test error" else {"rtol": 0.15}
        np.testing.assert_allclose(found[calm], stored[calm], **at_most)
