"""Rules that estimate their learning rate beside Optax, at every step in float64."""

import jax
import numpy as np
import optax
import pytest

from minioptim import minimize
from minioptim.problems import Quadratic
from minioptim.rules import DoG, Prodigy
from minioptim.schedules import Linear

from .peers import TOLERANCE, deviation
from .test_around import stepping

STEPS = 60
BOWL = Quadratic([0.3, 1.0, 2.0, 5.0])
START = np.array([3.0, -2.0, 1.0, 0.5])
FALLING = Linear(1.0, 0.0, STEPS)
VALUES = jax.numpy.asarray(FALLING.values(STEPS))  # Optax counts from 0

CASES = {
    "dog": (DoG(), optax.contrib.dog()),
    "dog, first distance 1": (DoG(first=0.3), optax.contrib.dog(init_step=("heuristic", 0.3))),
    "dog, eps 1": (
        DoG(lr=0.5, first=0.1, eps=1.0),
        optax.contrib.dog(0.5, ("heuristic", 0.1), 1.0),
    ),
    "prodigy": (Prodigy(), optax.contrib.prodigy()),
    "prodigy, eps 1": (
        Prodigy(lr=0.5, beta1=0.8, beta2=0.95, eps=1.0, first=0.01),
        optax.contrib.prodigy(0.5, betas=(0.8, 0.95), eps=1.0, estim_lr0=0.01),
    ),
    "prodigy, falling": (
        Prodigy(lr=FALLING, first=0.01),
        optax.contrib.prodigy(lambda count: VALUES[count], estim_lr0=0.01),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_optax_goes_where_our_rules_go(name):
    rule, optimizer = CASES[name]
    step, x, state = stepping(optimizer), np.array(START), optimizer.init(np.array(START))
    points = [START]
    for _ in range(STEPS):
        x, state = step(np.asarray(BOWL.gradient(points[-1])), state, x)
        points.append(np.array(x))
    ours = minimize(BOWL, rule, START, STEPS).x
    assert np.abs(ours[-1] - START).max() > 1e-6, "it has moved"
    assert deviation(ours, np.stack(points)) < TOLERANCE
