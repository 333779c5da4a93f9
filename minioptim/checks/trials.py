"""Trials: an answer that is judged by what it achieves, as no single result of it can be right.

A trial calls the student's function many times, each time with plain data, and says in words what
came of it. The loop, the data and the gradients are the trial's own: what it counts cannot be
exceeded by the function it calls, and at grading time that function runs in another process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minioptim._arguments import Array
from minioptim.datasets import Dataset, digits
from minioptim.losses import MLP

# The goal: this part of the test's digits right, after at most BUDGET gradients.
GOAL = 0.87
BUDGET = 60
BATCH = 64
HIDDEN = (32, 32)
STATES = 3
# The numbers in a state: a little more than all gradients of a run together have.
MOST_ENTRIES = 250_000
# The loss is computed once in so many steps: it costs as much as many minibatch gradients.
LOOK = 10

REACHED = "the goal is reached"
NEAR = "70 % or more are right, but the goal is not reached"
SLOW = "30 % to 70 % are right"
NOTHING = "fewer than 30 % are right"
STILL = "x never moves"
NOT_FINITE = "x is no longer finite"


class Run(NamedTuple):
    """What came of a run.

    Attributes
    ----------
    accuracy : float in [0, 1]
        Part of the test's digits that are classified right at the end; NaN if x is not finite.
    evaluations : int
        Gradients that were computed.
    losses : list of float
        The loss over all examples at the start and after every `LOOK` steps.
    moved : bool
        Whether any step changed x.
    """

    accuracy: float
    evaluations: int
    losses: list[float]
    moved: bool


def run_digits(step: Callable[..., Any], seed: int) -> Run:
    """Train a small network on the digits with somebody's step, for `BUDGET` gradients.

    The network has two hidden layers of 32. The seed draws its first weights, the minibatches of
    64, and an order of pixels and of classes: to learn it is as hard in any order, but the weights
    that were learnt in one are of no use in another.

    Parameters
    ----------
    step : callable
        ``step(g, x, t, a, b, c)`` returns ``x, a, b, c``. g is the gradient of a minibatch at x,
        both of shape (3466,); t counts from 1; a, b and c are the step's own memory, which begins
        as zeros of the same shape and comes back in the next call as it was returned. Each may be
        a number, an array, or a list, tuple or dict of such, of 250 000 numbers at most.
    seed : int, >= 0
        Seeds every draw: weights, minibatches, and the order of pixels and classes.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        The step did not return four results, x of another shape, or a state of another kind.

    Examples
    --------
    >>> run = run_digits(lambda g, x, t, a, b, c: (x - 0.1 * g, a, b, c), seed=0)
    >>> run.evaluations
    60
    """
    rng = np.random.default_rng(seed)
    train, test = digits()
    pixels, classes = rng.permutation(train.inputs.shape[1]), rng.permutation(train.classes)

    def shuffled(data: Dataset) -> Dataset:
        return Dataset(data.inputs[:, pixels], classes[data.labels], data.classes)

    network = MLP(shuffled(train), hidden=HIDDEN)
    start = network.initial(seed)
    gradient = network.minibatch(BATCH, seed=seed).oracle()
    x, states = start, [np.zeros_like(start) for _ in range(STATES)]
    losses, evaluations, moved = [float(network.value(x))], 0, False
    while evaluations < BUDGET:
        evaluations += 1
        g = gradient(x)
        # Copies: what a step does to its arguments stays with it.
        new, states = _four(step(g, x.copy(), evaluations, *states), start.shape)
        moved = moved or not np.array_equal(new, x)
        x = new
        if not np.isfinite(x).all():
            return Run(float("nan"), evaluations, losses, moved)
        if evaluations % LOOK == 0:
            losses.append(float(network.value(x)))
    return Run(1 - float(network.error(x, shuffled(test))), evaluations, losses, moved)


def _four(result: Any, shape: tuple[int, ...]) -> tuple[Array, list[Any]]:
    """Return x as an array of its own, and the states as they are."""
    if not isinstance(result, tuple | list) or len(result) != 1 + STATES:
        raise ValueError("the step must return four results, x, a, b and c")
    x = np.array(result[0], dtype=float)
    if x.shape != shape:
        raise ValueError(f"the step must return x of shape {shape} first, got {x.shape}")
    states = list(result[1:])
    for name, state in zip("abc", states, strict=True):
        if _numbers(state) > MOST_ENTRIES:
            raise ValueError(f"the state {name} must hold {MOST_ENTRIES} numbers at most")
    return x, states


def _numbers(state: Any) -> int:
    """Return how many numbers a state holds; what else it may hold is refused.

    At grading time a step runs in another process, and only plain data go to and fro.
    """
    if isinstance(state, np.ndarray | np.generic) and state.dtype.kind in "biuf":
        return state.size
    if state is None or isinstance(state, bool | int | float | str):
        return 1
    if isinstance(state, list | tuple):
        return sum(map(_numbers, state))
    if isinstance(state, dict):
        return sum(_numbers(key) + _numbers(value) for key, value in state.items())
    raise ValueError(
        "the states a, b and c must be numbers, arrays, or lists, tuples or dicts of such; "
        f"got a {type(state).__name__}"
    )


def digits_goal(step: Callable[..., Any], seed: int) -> str:
    """Return in words how far a step gets on the digits within `BUDGET` gradients.

    Parameters
    ----------
    step, seed
        As in `run_digits`.

    Raises
    ------
    ValueError
        As in `run_digits`.

    Examples
    --------
    >>> digits_goal(lambda g, x, t, a, b, c: (x, a, b, c), seed=0)
    'x never moves'
    """
    run = run_digits(step, seed)
    if np.isnan(run.accuracy):
        return NOT_FINITE
    if not run.moved:
        return STILL
    if run.accuracy < 0.3:
        return NOTHING
    if run.accuracy < 0.7:
        return SLOW
    return REACHED if run.accuracy >= GOAL else NEAR


# The trials by name: name(answer, *arguments of the call) -> what is compared.
TRIALS: dict[str, Callable[..., Any]] = {"digits_goal": digits_goal}
