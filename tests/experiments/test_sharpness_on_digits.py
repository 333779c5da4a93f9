"""The stored sharpness of networks on the digits is what the code computes."""

import json
from itertools import islice

import numpy as np
import pytest

from experiments import sharpness_on_digits as made
from minioptim import Adam, GradientDescent, iterate
from minioptim.datasets import digits

STORED = json.loads(made.RESULT.read_text(encoding="utf-8"))


def test_each_setting_has_its_runs():
    assert STORED["every"] == made.EVERY
    for name in made.settings():
        for what, rows in STORED[name].items():
            assert len(rows) == len(made.SEEDS), (name, what)


# Before the edge: there the last bit, which depends on the processor, decides how a run swings.
@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize(("lr", "steps"), [(0.3, 240), (0.7, 60)])
def test_a_stored_run_begins_as_the_code_computes_it(lr, steps, seed):
    model = made.Squares(made.centred(), hidden=made.HIDDEN, activation="tanh")
    start = made.SCALE * model.initial(seed)
    again = made.follow(model, GradientDescent(lr), model.gradient, start, steps)
    for what, values in again.items():
        stored = STORED[f"descent {lr}"][what][seed][: len(values)]
        np.testing.assert_allclose(values, stored, rtol=0.02, err_msg=what)


def test_the_cross_entropy_goes_where_it_went():
    again = made.sure(4)
    for what, values in again.items():
        np.testing.assert_allclose(values, STORED["cross-entropy"][what][4], rtol=0.1, err_msg=what)


def test_a_stored_run_of_adam_begins_as_the_code_computes_it():
    model = made.Squares(made.centred(), hidden=made.HIDDEN, activation="tanh")
    rule = Adam(0.001, beta1=made.BETA1, beta2=made.BETA2)
    again = made.follow(model, rule, model.gradient, made.SCALE * model.initial(3), 120)
    for what, values in again.items():
        stored = STORED["adam 0.001"][what][3][: len(values)]
        np.testing.assert_allclose(values, stored, rtol=0.03, err_msg=what)


def test_squares_have_the_gradient_of_their_loss():
    model = made.Squares(digits().train.part(np.arange(20)), hidden=(3,), activation="tanh")
    x = model.initial(0)
    unit = np.eye(model.dimension)[5]
    slope = (model.value(x + 1e-6 * unit) - model.value(x - 1e-6 * unit)) / 2e-6
    assert model.gradient(x) @ unit == pytest.approx(slope, rel=1e-6)
    scores = model._scores(x, model.data.inputs)
    by_hand = ((scores - np.eye(10)[model.data.labels]) ** 2).sum(axis=1).mean() / 2
    assert model.value(x) == pytest.approx(by_hand)


def test_the_divided_sharpness_is_that_of_the_whole_matrix():
    model = made.Squares(digits().train.part(np.arange(40)), hidden=(3,), activation="tanh")
    rule = Adam(0.01, beta2=made.BETA2)
    (step,) = islice(iterate(rule, model.gradient, model.initial(0)), 19, 20)
    H = np.array([made.product(model, step.x, unit) for unit in np.eye(model.dimension)])
    v = step.state["v"] / (1 - made.BETA2**20)
    seen = v > 0
    D = np.sqrt(v[seen]) + rule.eps
    whole = np.linalg.eigvals(H[np.ix_(seen, seen)] / D[:, None]).real.max()
    of = made.between(lambda u: made.product(model, step.x, u), made.shrink(rule, step))
    found, _ = made.largest(of, np.random.default_rng(0).normal(size=len(seen)), products=40)
    assert found == pytest.approx(whole, rel=1e-4)


def test_a_run_that_leaves_for_good_is_not_measured_any_more():
    model = made.Squares(made.centred(), hidden=made.HIDDEN, activation="tanh")
    left = made.follow(model, GradientDescent(5.0), model.gradient, model.initial(0), 90)
    assert len(left["loss"]) == len(left["sharpness"]) < 90 // made.EVERY + 1
