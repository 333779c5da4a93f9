"""A tiny assignment for the tests of the tools: one function, one value."""

import numpy as np

from classroom.exercise import Exercise, Mistake


def draw(rng):
    """One call on numbers, and three on arrays of two and three coordinates."""
    calls = [(float(rng.normal()), float(rng.normal()), float(rng.normal()), 0.1, 0.9)]
    for size in (2, 2, 3):
        g, x, v = rng.normal(size=(3, size))
        calls.append((g, x, v, float(rng.uniform(0.01, 0.2)), float(rng.uniform(0.5, 0.99))))
    return calls


def right(g, x, v, lr, momentum):
    v = momentum * v - lr * g
    return x + v, v


def right_elsewhere(g, x, v, lr, momentum):
    new = np.subtract(np.multiply(momentum, v), np.multiply(lr, g))
    return np.add(x, new), new


def uphill(g, x, v, lr, momentum):
    v = momentum * v + lr * g
    return x + v, v


def forgetful(g, x, v, lr, momentum):
    v = 0 * momentum - lr * g
    return x + v, v


EXERCISES = (
    Exercise(
        name="tiny-step",
        answer="momentum_step",
        points=2,
        draw=draw,
        rtol=1e-9,
        right=(right, right_elsewhere),
        wrong=(
            Mistake("The velocity goes uphill: the gradient is subtracted.", uphill),
            Mistake("The old velocity is not kept.", forgetful),
        ),
    ),
    Exercise(
        name="tiny-lengthening",
        answer="lengthening",
        points=1,
        draw=None,
        rtol=1e-6,
        right=(10.0, 10),
        wrong=(Mistake("That is momentum itself, and not the sum of its powers.", 0.9),),
    ),
)
