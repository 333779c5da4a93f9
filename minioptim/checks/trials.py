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
GOAL = 0.92
BUDGET = 60
BATCH = 64
HIDDEN = (32, 32)
STATES = 3
# The numbers in a state: a little more than all gradients of a run together have.
MOST_ENTRIES = 250_000
# The best of a thousand runs with tuned rules got 97.5 %.
HONEST = 0.985
# The loss is computed once in so many steps: it costs as much as many minibatch gradients.
LOOK = 10

REACHED = "the goal is reached"
NEAR = "70 % or more are right, but the goal is not reached"
SLOW = "30 % to 70 % are right"
NOTHING = "fewer than 30 % are right"
STILL = "x never moves"
NOT_FINITE = "x is no longer finite"
EMPTY = "x is not finite where the gradient is 0"
NOWHERE = "no coordinate of x is finite"
TOO_GOOD = "more are right than any known rule gets right"


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
    lost : str
        Where x is not finite, in words; "" where it is finite.
    """

    accuracy: float
    evaluations: int
    losses: list[float]
    moved: bool
    lost: str = ""


def run_digits(step: Callable[..., Any], seed: int) -> Run:
    """Train a small network on the digits with somebody's step, for `BUDGET` gradients.

    The network has two hidden layers of 32. The seed draws its first weights, the minibatches of
    64, and three orders: of pixels, of classes, and of the coordinates in which x and g are handed
    out. A rule that treats all coordinates alike goes the same way in any order. One that places
    weights which it knows, or reads the pictures out of gradients at points of its own choosing,
    does not know which coordinate is which weight.

    Parameters
    ----------
    step : callable
        ``step(g, x, t, a, b, c)`` returns ``x, a, b, c``. g is the gradient of a minibatch at x,
        both of shape (3466,), their coordinates in an order of the run's own; t counts from 1; a,
        b and c are the step's own memory, which begins as zeros of the same shape and comes back in
        the next call as it was returned. Each may be a number, an array, or a list, tuple or dict
        of such, of 250 000 numbers at most.
    seed : int, >= 0
        Seeds every draw: weights, minibatches, and all orders.

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
    weights = network.initial(seed)
    order = rng.permutation(weights.size)
    place = np.argsort(order)  # x[place] are the weights as the network has them
    gradient = network.minibatch(BATCH, seed=seed).oracle()
    x: Array = weights[order]
    states: list[Any] = [np.zeros_like(weights) for _ in range(STATES)]
    losses, evaluations, moved = [float(network.value(weights))], 0, False
    while evaluations < BUDGET:
        evaluations += 1
        g: Array = np.asarray(gradient(x[place]))[order]
        # Copies: what a step does to its arguments stays with it.
        new, states = _four(step(g.copy(), x.copy(), evaluations, *states), x.shape)
        moved = moved or not np.array_equal(new, x)
        x = new
        if not np.isfinite(x).all():
            return Run(float("nan"), evaluations, losses, moved, _lost(x, g))
        if evaluations % LOOK == 0:
            losses.append(float(network.value(x[place])))
    accuracy = 1 - float(network.error(x[place], shuffled(test)))
    return Run(accuracy, evaluations, losses, moved)


def _lost(x: Array, g: Array) -> str:
    """Say in words where x is not finite, after a step that got the gradient g."""
    finite = np.isfinite(x)
    if not finite.any():
        return NOWHERE
    return EMPTY if (g[~finite] == 0).all() else NOT_FINITE


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
    return _in_words(run_digits(step, seed))


def watched_digits_goal(step: Callable[..., Any], seed: int) -> str:
    """Return what `digits_goal` returns, or that the result is too good for a rule.

    So is it asked at grading time. A run beyond `HONEST` is no proof that its rule knew the
    answers, and a reason to read it.

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
    >>> watched_digits_goal(lambda g, x, t, a, b, c: (x, a, b, c), seed=0)
    'x never moves'
    """
    run = run_digits(step, seed)
    return TOO_GOOD if run.accuracy > HONEST else _in_words(run)


def _in_words(run: Run) -> str:
    if run.lost:
        return run.lost
    if not run.moved:
        return STILL
    if run.accuracy < 0.3:
        return NOTHING
    if run.accuracy < 0.7:
        return SLOW
    return REACHED if run.accuracy >= GOAL else NEAR


# The trials by name: name(answer, *arguments of the call) -> what is compared.
TRIALS: dict[str, Callable[..., Any]] = {"digits_goal": digits_goal}
# The same at grading time, where a result may also be `TOO_GOOD`.
WATCHED: dict[str, Callable[..., Any]] = {"digits_goal": watched_digits_goal}
