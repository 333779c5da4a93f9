"""Rules around rules: what each hands on, batches, states, schedules, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

from minioptim import SGD, Adam, AdamW, Momentum, Nesterov, feed, minimize
from minioptim.datasets import digits
from minioptim.losses import SoftmaxRegression
from minioptim.problems import Function, Quadratic
from minioptim.rules import (
    AROUND,
    L2,
    Accumulated,
    Averaged,
    ClippedNorm,
    ClippedValue,
    Decoupled,
    Frozen,
    Lookahead,
    Muon,
    PerLayer,
    Scaled,
)
from minioptim.schedules import InverseRoot

GRADIENTS = np.random.default_rng(0).normal(size=(12, 3)) * [1.0, 10.0, 0.1]
START = np.array([3.0, -1.0, 2.0])
CURVATURES = np.array([1.0, 2.0, 3.0])
BOWL = Quadratic(CURVATURES)
INSIDE = [SGD(lr=0.1), Momentum(lr=0.1), Nesterov(lr=0.1), Adam(lr=0.1)]

each_inside = pytest.mark.parametrize("rule", INSIDE, ids=lambda rule: type(rule).__name__)
each_around = pytest.mark.parametrize("around", AROUND, ids=lambda around: around.__name__)


def points(rule, gradients=GRADIENTS):
    return feed(rule, gradients, START).x


# ---------------------------------------------------------------- what each does


@each_inside
def test_nothing_changes_where_there_is_nothing_to_do(rule):
    """With limits never met, no decay, factors of 1, nothing frozen: the same bits."""
    idle = (
        ClippedNorm(rule, 1e9),
        ClippedValue(rule, 1e9),
        L2(rule, 0.0),
        Decoupled(rule, 0.0),
        Frozen(rule, False),
        Averaged(rule),
        Lookahead(rule, every=50),
        Accumulated(rule, every=1),
    )
    for outer in idle:
        assert np.array_equal(points(outer), points(rule)), outer
    np.testing.assert_allclose(points(Scaled(rule)), points(rule), rtol=1e-14)


@each_inside
def test_clipping_hands_on_clipped_gradients(rule):
    lengths = np.linalg.norm(GRADIENTS, axis=1, keepdims=True)
    shortened = np.where(lengths > 2, GRADIENTS * (2 / lengths), GRADIENTS)
    assert (lengths > 2).any()
    assert (lengths < 2).any()
    np.testing.assert_allclose(
        points(ClippedNorm(rule, 2.0)), points(rule, shortened), rtol=1e-12, atol=1e-13
    )
    assert np.array_equal(points(ClippedValue(rule, 0.5)), points(rule, GRADIENTS.clip(-0.5, 0.5)))


@each_inside
def test_l2_is_the_rule_on_the_penalised_function(rule):
    def value(x):
        return BOWL.value(x) + 0.15 * (x**2).sum(axis=-1)

    penalised = Function(value, lambda x: BOWL.gradient(x) + 0.3 * x)
    mine = minimize(BOWL, L2(rule, 0.3), START, 40)
    np.testing.assert_allclose(mine.x, minimize(penalised, rule, START, 40).x, rtol=1e-11)


def test_decoupled_decay_around_adam_is_adamw():
    around = minimize(BOWL, Decoupled(Adam(lr=InverseRoot(0.1)), 0.3), START, 40)
    adamw = minimize(BOWL, AdamW(lr=InverseRoot(0.1), weight_decay=0.3), START, 40)
    np.testing.assert_allclose(around.x, adamw.x, rtol=1e-12)


@each_inside
def test_factors_are_a_learning_rate_for_each_coordinate(rule):
    factors = np.array([1.0, 0.5, 0.0])
    run = minimize(BOWL, Scaled(rule, factors), START, 40).x
    for i, factor in enumerate(factors):
        alone = type(rule)(**rule.hyper_parameters() | {"lr": rule.lr * factor})
        own = minimize(Quadratic(CURVATURES[i : i + 1]), alone, START[i : i + 1], 40).x
        np.testing.assert_allclose(run[:, i], own[:, 0], rtol=1e-11)


@each_inside
def test_frozen_coordinates_stay_and_the_others_do_not_notice(rule):
    mask = np.array([False, True, False])
    spoilt = GRADIENTS.copy()
    spoilt[:, 1] = np.inf
    run = points(Frozen(rule, mask), spoilt)
    assert (run[:, 1] == START[1]).all()
    np.testing.assert_array_equal(run[:, ~mask], points(rule)[:, ~mask])


def test_an_average_is_the_moving_average_or_with_a_schedule_the_mean():
    trace = feed(Averaged(Adam(lr=0.1), beta=0.8), GRADIENTS, START)
    expected = START
    for x in trace.x[1:]:
        expected = 0.8 * expected + 0.2 * x
    np.testing.assert_allclose(trace.final_state["average"], expected, rtol=1e-13)
    mean = feed(Averaged(Adam(lr=0.1), beta=lambda t: 1 - 1 / t), GRADIENTS, START)
    np.testing.assert_allclose(mean.state["average"][-1], mean.x[1:].mean(axis=0), rtol=1e-12)


@each_inside
def test_lookahead_goes_part_of_the_way_and_the_inner_state_goes_on(rule):
    run = points(Lookahead(rule, every=3, part=0.5))
    x, slow, state = START, START, tuple(np.zeros(3) for _ in rule.state)
    for t, g in enumerate(GRADIENTS, start=1):
        x, *state = rule.step(g, x, t, *state)
        if t % 3 == 0:
            x = slow = slow + 0.5 * (x - slow)
        np.testing.assert_allclose(run[t], x, rtol=1e-13)


@each_inside
def test_accumulated_gradients_are_their_mean_and_steps_are_counted_anew(rule):
    scheduled = type(rule)(**rule.hyper_parameters() | {"lr": InverseRoot(0.1)})
    means = GRADIENTS.reshape(4, 3, 3).mean(axis=1)
    run = points(Accumulated(scheduled, every=3))
    np.testing.assert_allclose(run[::3], points(scheduled, means), rtol=1e-12)
    assert np.array_equal(run[1], run[0])
    assert np.array_equal(run[4], run[5])


def test_accumulation_of_minibatches_is_a_large_minibatch():
    model = SoftmaxRegression(digits()[0])
    small = minimize(model.minibatch(32, seed=3), Accumulated(Adam(lr=0.01), 2), steps=40)
    large = minimize(model.minibatch(64, seed=3), Adam(lr=0.01), steps=20)
    np.testing.assert_allclose(small.final, large.final, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- together with the rest


def nested(lr, largest):
    return Averaged(ClippedNorm(L2(Lookahead(Adam(lr=lr), 4), 0.01), largest), 0.9)


def test_a_batch_is_its_runs_made_alone():
    lrs, limits = [0.01, 0.1, 1.0], [0.1, 1.0, 10.0]
    together = minimize(BOWL, nested(lrs, limits), START, 30)
    assert together.x.shape == (31, 3, 3)
    for i, (lr, limit) in enumerate(zip(lrs, limits, strict=True)):
        alone = minimize(BOWL, nested(lr, limit), START, 30)
        assert np.array_equal(together.x[:, i], alone.x)
        assert np.array_equal(together.state["average"][:, i], alone.state["average"])


def test_a_run_goes_on_from_a_trace():
    rule = nested(InverseRoot(0.1), 1.0)
    half = minimize(BOWL, rule, START, 17)
    assert np.array_equal(
        minimize(BOWL, rule, half, 13).final, minimize(BOWL, rule, START, 30).final
    )


def test_rules_around_hold_rules_for_layers_and_stand_in_them():
    layers = [("W", (2, 3), Muon(lr=0.1)), ("b", (3,), Adam(lr=0.1))]
    gradients = np.random.default_rng(1).normal(size=(8, 9))
    lengths = np.linalg.norm(gradients, axis=1, keepdims=True)
    outside = feed(ClippedNorm(PerLayer(layers), 1.0), gradients)
    np.testing.assert_allclose(
        outside.final, feed(PerLayer(layers), gradients / lengths).final, rtol=1e-9, atol=1e-12
    )
    frozen = [("W", (2, 3), Frozen(Muon(lr=0.1))), ("b", (3,), Adam(lr=0.1))]
    run = feed(PerLayer(frozen), gradients).final
    assert (run[:6] == 0).all()
    assert np.array_equal(run[6:], feed(PerLayer(layers), gradients).final[6:])


@each_around
def test_copies_and_pickles_are_equal(around):
    rule = around(Adam(lr=0.1))
    assert pickle.loads(pickle.dumps(rule)) == rule == copy.deepcopy(rule)  # noqa: S301  our own
    assert np.array_equal(points(pickle.loads(pickle.dumps(rule))), points(rule))  # noqa: S301


# ---------------------------------------------------------------- what is refused


@each_around
def test_what_is_inside_must_be_a_rule(around):
    with pytest.raises(TypeError, match=r"^rule must be a rule .*: write Adam\(\.\.\.\)$"):
        around(Adam)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ClippedNorm(SGD(), 0.0), ValueError, "largest must be a number > 0"),
        (lambda: ClippedValue(SGD(), "1"), TypeError, "largest must be"),
        (lambda: L2(SGD(), -1.0), ValueError, "weight_decay must be"),
        (lambda: Averaged(SGD(), 1.0), ValueError, "beta must be"),
        (lambda: Lookahead(SGD(), part=1.5), ValueError, "part must be"),
        (lambda: Lookahead(SGD(), every=0), ValueError, "every must be at least 1"),
        (lambda: Accumulated(SGD(), every=2.0), TypeError, "every must be a whole number"),
        (lambda: Scaled(SGD(), [1.0, -1.0]), ValueError, "factors must be finite numbers >= 0"),
        (lambda: Frozen(SGD(), [1, 0]), TypeError, "mask must hold True and False"),
        (lambda: Decoupled(ClippedNorm(SGD())), ValueError, "rule must have a learning rate"),
        (lambda: Averaged(Averaged(SGD())), ValueError, "has the name 'average' already"),
        (
            lambda: points(Scaled(SGD(), [1.0, 2.0])),
            ValueError,
            r"factors must have the shape of x",
        ),
        (lambda: points(Frozen(SGD(), [True, False])), ValueError, "mask must have the shape"),
        (lambda: points(Averaged(SGD(), lambda t: 2 - t / 9)), ValueError, "beta must be"),
    ],
)
def test_what_does_not_fit_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
