"""Loshchilov and Hutter's experiment: the two kinds of decay, the choice, and what is stored."""

import numpy as np
import pytest

from experiments import loshchilov_hutter_2019, papers
from experiments.loshchilov_hutter_2019 import (
    FRESH,
    LARGE_LR,
    METHODS,
    RATES,
    SEEDS,
    SMALL_LR,
    STRENGTHS,
    TRAIN,
    WRONG,
    best,
    best_strengths,
    drawn,
    made,
    maps,
    run,
)
from experiments.wilson_2017 import all_digits
from minioptim import feed

STORED = papers.result(loshchilov_hutter_2019)


def test_a_fifth_of_the_training_labels_is_wrong_and_none_of_the_test():
    train, test = drawn("small", 3)
    order = np.random.default_rng(3).permutation(len(all_digits()))
    right = all_digits().labels[order]
    assert (len(train), len(test)) == (TRAIN, len(right) - TRAIN)
    assert (train.labels != right[:TRAIN]).sum() == WRONG
    np.testing.assert_array_equal(test.labels, right[TRAIN:])


@pytest.mark.parametrize("method", ["SGDW", "AdamW"])
def test_decoupled_decay_is_the_papers_where_nothing_pulls(method):
    x = feed(made(method, 100), [0.0], [1.0]).x[-1, ..., 0]
    # At the first step the cosine stands at the learning rate.
    np.testing.assert_allclose(x, np.broadcast_to(1 - np.array(STRENGTHS), x.shape))


@pytest.mark.parametrize("method", ["SGD with L2", "Adam with L2"])
def test_a_penalty_goes_where_the_gradient_goes(method):
    x = feed(made(method, 100), [0.0], [1.0]).x[-1, ..., 0]
    lr = np.array(RATES[METHODS[method][0]])[:, None]
    step = lr * np.array(STRENGTHS) if method == "SGD with L2" else lr * (np.array(STRENGTHS) > 0)
    np.testing.assert_allclose(x, np.broadcast_to(1 - step, x.shape), rtol=1e-3)


def test_a_best_strength_is_the_middle_of_those_that_are_as_good():
    errors = np.full((1, 6, len(STRENGTHS)), 50.0)
    row = RATES[METHODS["AdamW"][0]].index(0.01)
    errors[0, row, [0, 3, 5, 6]] = 10.0, 20.0, 20.5, 22.0  # strength 0 does not count
    settings = {"method=AdamW": {"test error": errors.tolist()}}
    middle = np.sqrt(STRENGTHS[3] * STRENGTHS[5])
    assert best_strengths(settings, "AdamW", 0.01) == pytest.approx([middle])


def test_every_run_is_there_and_no_best_setting_lies_at_an_edge():
    settings = STORED["settings"]
    assert STORED["seeds"] == {"tuned on": [*SEEDS], "judged on": [*FRESH]}
    for method, (kind, _) in METHODS.items():
        shape = (20, len(RATES[kind]), len(STRENGTHS))
        assert maps(settings, method).shape == shape
        row, column = best(settings, method)
        assert 0 < row < len(RATES[kind]) - 1
        assert 0 < column < len(STRENGTHS) - 1
        assert 0 < best(settings, method, decay=False)[0] < len(RATES[kind]) - 1
        for lr in (SMALL_LR[kind], LARGE_LR[kind]):
            found = best_strengths(settings, method, lr)
            assert STRENGTHS[1] < np.median(found) < STRENGTHS[-1]


def test_a_stored_map_is_what_the_code_computes(monkeypatch):
    # Four of its settings: a map takes seconds.
    kind, _ = METHODS["AdamW"]
    rows, columns = [3, 4], [4, 5]
    place = int(np.random.default_rng(2026).integers(20))
    stored = maps(STORED["settings"], "AdamW")[place][np.ix_(rows, columns)]
    some = {**RATES, kind: tuple(RATES[kind][row] for row in rows)}
    monkeypatch.setattr(loshchilov_hutter_2019, "RATES", some)
    monkeypatch.setattr(loshchilov_hutter_2019, "STRENGTHS", tuple(STRENGTHS[k] for k in columns))
    again = run({"method": "AdamW", "seed": (*SEEDS, *FRESH)[place], "size": "small"})
    # Hundreds of steps amplify the last bit.
    np.testing.assert_allclose(again["test error"], stored, atol=1.0)
