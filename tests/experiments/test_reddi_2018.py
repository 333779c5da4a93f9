"""Reddi's experiment: the projected walk, the problems, and what is stored."""

import json

import numpy as np
import pytest

from experiments.reddi_2018 import (
    ALPHAS,
    FITS,
    FRESH,
    LINEAR,
    LONG,
    RULES,
    SEEDS,
    WALKS,
    best,
    best_alpha,
    cells,
    moved,
    run,
    walked,
)
from experiments.settings import label, values
from experiments.store import RESULTS
from minioptim.schedules import InverseRoot

STORED = json.loads((RESULTS / "reddi_2018.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_filters_make_the_projected_run_of_the_rule(rule, beta1):
    slopes = LINEAR["online"].sequence(np.random.default_rng(0))[:300]
    steps = moved(rule, slopes, beta1, 0.99)
    points = walked(0.5 * steps / np.sqrt(np.arange(1, 301)), 0.2)
    made = RULES[rule](lr=InverseRoot(0.5), beta1=beta1, beta2=0.99)
    x, state = 0.2, made.start(0.2)
    for t, (slope, point) in enumerate(zip(slopes, points, strict=True), start=1):
        assert point == pytest.approx(x, abs=1e-9)
        x, *state = made.at(t).step(slope, x, t, *state)
        x = min(1.0, max(-1.0, x))
    assert np.abs(points).max() == 1  # a wall was reached


def test_the_mean_slope_of_each_problem_is_small_and_positive():
    assert [p.mean for p in LINEAR.values()] == pytest.approx([1 / 3, 10 / 101, 0.2])
    for problem in LINEAR.values():
        slopes = problem.sequence(np.random.default_rng(1))
        assert len(slopes) == problem.steps
        assert set(slopes) == set(problem.slopes)
        assert (slopes < 0).mean() > 0.6
        if not problem.drawn:
            assert slopes.mean() == pytest.approx(problem.mean)


def test_every_cell_is_there_and_no_best_setting_lies_at_an_edge():
    settings = STORED["settings"]
    assert list(settings) == list(dict.fromkeys(map(label, cells("small"))))
    for each in WALKS:
        assert values(settings, label(each), "end").shape == (20, len(ALPHAS))
    for name, chosen in best(settings).items():
        assert STORED["best"][name] == label(chosen)
        tried = sorted({each["alpha"] for each in FITS[chosen["problem"], chosen["rule"]]})
        assert chosen["alpha"] in tried[1:-1]
        assert len(STORED["fresh"][name]["training loss"]) == len(FRESH)
    for name, problem in LINEAR.items():
        assert 0 < best_alpha(settings, name, "AMSGrad", problem.beta2) < len(ALPHAS) - 1


SAMPLE = [
    {"problem": "every third", "rule": "Adam", "beta2": 0.1, "seed": 4},
    {"problem": "online", "rule": "AMSGrad", "beta2": 0.99, "seed": 17},
    {"problem": "online", "rule": "Adam", "beta2": LONG, "seed": 1},
    {"problem": "network", "rule": "AMSGrad", "beta2": 0.999, "alpha": 0.01, "seed": 6},
]


@pytest.mark.parametrize("cell", SAMPLE, ids=label)
def test_a_stored_cell_is_what_the_code_computes(cell):
    stored, again = STORED["settings"][label(cell)], run({**cell, "size": "small"})
    place = (*SEEDS, *FRESH).index(cell["seed"])
    for name, found in again.items():
        # Hundreds of steps of training amplify the last bit; those of a walk do not.
        exact = {"rtol": 1e-3, "atol": 1e-3} if cell["problem"] in LINEAR else {"rtol": 0.05}
        np.testing.assert_allclose(found, stored[name][place], **exact)
