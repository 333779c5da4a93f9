"""Where training runs end: each as the run that one would make by hand."""

import numpy as np
import pytest

from minioptim import Adam, minimize
from minioptim.datasets import Dataset
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.training import train

DATA = Dataset(np.random.default_rng(0).normal(size=(12, 3)), np.arange(12) % 3, classes=3)


def test_each_end_is_that_of_a_run_of_its_own():
    model, rule = SoftmaxRegression(DATA), Adam(lr=[0.1, 0.2])
    ends = train(model, rule, batch=4, steps=7, seeds=(3, 5))
    assert ends.shape == (2, 2, model.dimension)
    for end, seed in zip(ends, (3, 5), strict=True):
        expected = minimize(model.minibatch(4, seed=seed), rule, steps=7).final
        np.testing.assert_array_equal(end, expected)
    assert not np.array_equal(ends[0], ends[1])


def test_runs_may_start_apart():
    model = MLP(DATA, hidden=(4,))
    ends = train(model, Adam(), batch=4, steps=0, seeds=range(3), start=model.initial)
    np.testing.assert_array_equal(ends, [model.initial(seed) for seed in range(3)])


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match=r"^seeds must hold at least one"):
        train(SoftmaxRegression(DATA), Adam(), batch=4, steps=1, seeds=())


def test_a_bar_counts_the_seeds_and_changes_nothing(capsys):
    def ends(progress):
        model = SoftmaxRegression(DATA)
        return train(model, Adam(), batch=4, steps=2, seeds=range(3), progress=progress)

    quiet = ends(progress=False)
    assert capsys.readouterr().err == ""
    np.testing.assert_array_equal(ends(progress=True), quiet)
    assert "3/3" in capsys.readouterr().err
