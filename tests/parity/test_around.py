"""Rules around rules beside Optax, and clipping beside PyTorch, at every step in float64."""

import jax
import numpy as np
import optax
import pytest
import torch

from minioptim import Adam, feed
from minioptim.rules import (
    L2,
    Accumulated,
    Averaged,
    ClippedNorm,
    ClippedValue,
    Decoupled,
    Frozen,
    Lookahead,
)

from . import libraries  # noqa: F401  sets both libraries to float64
from .peers import TOLERANCE, deviation

RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(60, 5)) * [1.0, 10.0, 0.1, 3.0, 0.01]
START = RNG.normal(size=5)
MASK = np.array([False, True, False, False, True])

CASES = {
    "clip_by_global_norm": (
        lambda rule: ClippedNorm(rule, 2.0),
        lambda rule: optax.chain(optax.clip_by_global_norm(2.0), rule),
    ),
    "clip": (
        lambda rule: ClippedValue(rule, 0.5),
        lambda rule: optax.chain(optax.clip(0.5), rule),
    ),
    "add_decayed_weights before": (
        lambda rule: L2(rule, 0.1),
        lambda rule: optax.chain(optax.add_decayed_weights(0.1), rule),
    ),
    "add_decayed_weights between": (
        lambda rule: Decoupled(rule, 0.1),
        lambda _: optax.adamw(0.1, weight_decay=0.1),
    ),
    "set_to_zero": (
        lambda rule: Frozen(rule, MASK),
        lambda rule: optax.multi_transform(
            {"moved": rule, "kept": optax.set_to_zero()},
            ["kept" if frozen else "moved" for frozen in MASK],
        ),
    ),
    "MultiSteps": (
        lambda rule: Accumulated(rule, 4),
        # By default it collects in float32.
        lambda rule: optax.MultiSteps(rule, 4, accumulator_dtype=np.float64),
    ),
}


def stepping(optimizer):
    """Return a step of Optax, compiled: some of its rules would else be compiled at every step."""

    @jax.jit
    def step(g, state, held):
        updates, state = optimizer.update(g, state, held)
        return optax.apply_updates(held, updates), state

    return step


def optax_points(optimizer, start, gradients, apart=False):
    """Return where Optax goes; with ``apart``, each coordinate is a parameter of its own."""
    held = list(map(np.asarray, start)) if apart else jax.numpy.asarray(start)
    state = optimizer.init(held)
    points = [start]
    step = stepping(optimizer)
    for g in gradients:
        g = list(map(np.asarray, g)) if apart else jax.numpy.asarray(g)
        held, state = step(g, state, held)
        points.append(np.array(held, dtype=np.float64))
    return np.stack(points)


@pytest.mark.parametrize("name", CASES)
def test_optax_goes_where_our_rules_go(name):
    ours, theirs = CASES[name]
    found = feed(ours(Adam(lr=0.1)), GRADIENTS, START).x
    expected = optax_points(theirs(optax.adam(0.1)), START, GRADIENTS, apart="zero" in name)
    assert deviation(found, expected) < TOLERANCE


def test_optax_lookahead_goes_where_ours_goes_at_each_synchronisation():
    """Between them Optax shows the fast point; the slow one is what an evaluation uses."""
    optimizer = optax.lookahead(optax.adam(0.1), sync_period=4, slow_step_size=0.5)
    held = optax.LookaheadParams.init_synced(jax.numpy.asarray(START))
    state = optimizer.init(held)
    slow = [START]
    step = stepping(optimizer)
    for g in GRADIENTS:
        held, state = step(jax.numpy.asarray(g), state, held)
        slow.append(np.asarray(held.slow))
    trace = feed(Lookahead(Adam(lr=0.1), every=4, part=0.5), GRADIENTS, START)
    assert deviation(trace.state["slow"], np.stack(slow)) < TOLERANCE


def test_optax_incremental_update_is_our_average():
    trace = feed(Averaged(Adam(lr=0.1), beta=0.9), GRADIENTS, START)
    average = START
    for x in trace.x[1:]:
        average = optax.incremental_update(x, average, 1 - 0.9)
    assert deviation(trace.state["average"][-1:], np.asarray(average)[None]) < TOLERANCE


def test_pytorch_clips_to_the_same_norm_but_for_its_addend():
    parameter = torch.tensor(START.copy(), requires_grad=True)
    optimizer = torch.optim.Adam([parameter], lr=0.1)
    points = [START]
    for g in GRADIENTS:
        parameter.grad = torch.tensor(g.copy())
        torch.nn.utils.clip_grad_norm_([parameter], 2.0)
        optimizer.step()
        points.append(parameter.detach().numpy().copy())
    found = feed(ClippedNorm(Adam(lr=0.1), 2.0), GRADIENTS, START).x
    np.testing.assert_allclose(found, np.stack(points), rtol=0, atol=1e-5)
