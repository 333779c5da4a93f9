"""Check that a batch equals its runs made alone, for functions and rules that a reader writes.

The rules and problems of the package are written so that it does, and the tests require it bit for
bit. Code from outside is checked once per run: on a batch and on three of its points alone. This
finds functions that read the coordinates of a point as x[0], x[1], and functions and rules that
add, average or take a norm over everything: in a batch they mix the runs, often without any error.

How the check works:

- It uses artificial points near the start, because runs may all start at the same point, or at one
  whose coordinates are equal, where mixing does not show. It also uses the points where runs ended.
- A batch may add terms in another order than a single point (a matrix product does). Differences
  are therefore allowed if they are as small as those that a slight shift of the point would cause.
- A function that gives two results for the same point is accepted: it draws random numbers or
  counts calls, so a run alone differs in any case. So is one that cannot be called at a single
  point.
- ``value`` is checked before the run. ``gradient`` is checked after it: if it returns prepared
  gradients or draws noise, the check must not use up those of the first steps.
- A rule is checked before the run, on small and large artificial gradients, because clipping acts
  only above some size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np

from minioptim._arguments import Array, numbers, read_only
from minioptim.problems import Function, Noisy, Problem
from minioptim.rules import RULES, Rule
from minioptim.rules.variants import VARIANTS

WAY_OUT = (
    "A function that reads the coordinates of its point as x[0], x[1], or adds or takes a norm "
    "over everything, works for a single point only. Write Function(f, df, each=True) to have it "
    "called point by point; or read x[..., 0], x[..., 1] and add over axis=-1"
)
LAYOUT = (
    "Inside step and query, arrays have shape (d, *S), the coordinates first, and each run of a "
    "batch has its own index in S. Add, average or take a norm with axis=0, keepdims=True; and "
    "multiply by one number for each coordinate as (numbers * g.T).T"
)

OURS = {method for rule in (*RULES, *VARIANTS) for method in (rule.step, rule.query)}
STEPS = (1, 2, 3, 5, 6, 8, 10, 100)
SIZES = (1.0, 1e3, 1e-3)


def is_ours(rule: type[Rule]) -> bool:
    """Whether a rule has the step and query of a rule of the package, which the tests check."""
    return {rule.step, rule.query} <= OURS


def check_rule(rule: Rule, x: Array, state: tuple[Array, ...]) -> None:
    """Check a rule of the reader's own on a batch and on some of its runs alone.

    Parameters
    ----------
    rule : Rule
        The rule, with each schedule replaced by its value.
    x : array of shape (d, *S)
        Where the runs start.
    state : tuple of arrays of shape (d, *S)
        The state from which they start.

    Raises
    ------
    ValueError
        A run in the batch differs from the run alone. An error that the rule raises for the batch
        but not for a run alone passes through, with a note.
    """
    if is_ours(type(rule)) or x.ndim == 1:
        return
    rng = np.random.default_rng(0)
    x = x + 0.1 * (1 + np.abs(x)) * rng.normal(size=x.shape)
    together = rule.as_arrays()
    runs = {run: _rule_alone(rule, x.shape[1:], run) for run in _some_runs(x.shape[1:])}
    for t, size in zip(STEPS, cycle(SIZES), strict=False):
        inputs = (size * rng.normal(size=x.shape), x, *state)
        apart = {
            run: _step(one, t, *(_column(array, run) for array in inputs))
            for run, one in runs.items()
        }
        if any(result is None for result in apart.values()):
            return  # there is no such rule for a run alone
        try:
            batch = _results(together, t, *map(_closed, inputs))
        except Exception as error:
            error.add_note(f"({LAYOUT})")
            raise
        for result in batch:
            if result.shape != x.shape:
                raise ValueError(
                    f"{type(rule).__name__} returns shape {result.shape} where x has {x.shape}, "
                    f"though it keeps the shape of a run alone. {LAYOUT}"
                )
        for run, alone in apart.items():
            for i, (mine, expected) in enumerate(zip(batch, alone or (), strict=True)):
                # The point moves only a little, so the displacements are compared.
                origin = _column(x, run) if i < 2 else np.zeros_like(expected)
                allowed = 1e-6 * _size(expected - origin) + 1e-14 * _size(origin)
                if not _close(_column(mine, run), expected, allowed):
                    if not _same(batch, _results(together, t, *map(_closed, inputs))):
                        return
                    raise ValueError(
                        f"{type(rule).__name__} mixes the runs of a batch: run {run} does not step "
                        f"as it does alone. {LAYOUT}"
                    )
        _, x, *rest = batch
        state = tuple(rest)


def check_value(problem: Problem, start: Array) -> None:
    """Check the value of a problem from outside the package, before a batch of runs begins.

    Parameters
    ----------
    problem : Problem
    start : array of shape (*S, d)
        Where the runs start.

    Raises
    ------
    ValueError
        At some point, the value in a batch differs from the value at that point alone.
    """
    if (asked := _from_outside(problem, start)) is not None:
        _compare("value", asked.value, _beside(start), ())


def check_gradient(problem: Problem, start: Array, final: Array) -> None:
    """Check the gradient of a problem from outside the package, after a batch of runs.

    Parameters
    ----------
    problem : Problem
    start, final : arrays of shape (*S, d)
        Where the runs started and ended.

    Raises
    ------
    ValueError
        At some point, the gradient in a batch differs from that at the point alone, or the value
        does at the end.
    """
    if (asked := _from_outside(problem, start)) is not None:
        shape = start.shape[-1:]
        _compare("gradient", asked.gradient, _beside(start), shape)
        _compare("gradient", asked.gradient, final, shape)
        _compare("value", asked.value, final, ())


def explain(
    error: Exception, function: Callable[[Array], Any], x: Array, shape: tuple[int, ...]
) -> None:
    """Add a hint to an error if the function fails on a batch but works at a single point.

    Parameters
    ----------
    error : Exception
    function : callable, (*S, d) to (*S, *shape)
    x : array of shape (*S, d)
    shape : tuple of int
        Shape of what the function returns at one point.
    """
    batch = x.shape[:-1]
    if batch and not _has_shape(function, x, (*batch, *shape)):
        point = x[(0,) * len(batch)]
        if _has_shape(function, point, shape):
            error.add_note(f"(at one point of shape {point.shape} it works. {WAY_OUT})")


# ---------------------------------------------------------------- rules


def _rule_alone(rule: Rule, batch: tuple[int, ...], run: tuple[int, ...]) -> Rule | None:
    """Return the rule for one run of a batch made alone; None if there is none."""
    try:
        return rule.of_run(batch, run).as_arrays()
    except Exception:
        return None


def _step(rule: Rule | None, t: int, *inputs: Array) -> tuple[Array, ...] | None:
    """Return the results of a rule alone; None if it fails or a shape is wrong."""
    if rule is None:
        return None
    try:
        results = _results(rule, t, *map(_closed, inputs))
    except Exception:
        return None
    return results if all(result.shape == inputs[1].shape for result in results) else None


def _results(rule: Rule, t: int, g: Array, x: Array, *state: Array) -> tuple[Array, ...]:
    """Return the rule's query point and the results of its step, as arrays."""
    with np.errstate(all="ignore"):
        query = np.broadcast_to(rule.query(x, *state), x.shape)
        return (query, *map(np.asarray, rule.step(g, x, t, *state)))


# ---------------------------------------------------------------- problems


def _from_outside(problem: Problem, start: Array) -> Problem | None:
    """Return the problem that a reader wrote, without noise; None if there is none to check."""
    while isinstance(problem, Noisy):
        problem = problem.problem
    if isinstance(problem, Function):
        ours = problem.each
    else:
        ours = type(problem).__module__.split(".")[0] == "minioptim"
    return None if ours or math.prod(start.shape[:-1]) == 1 else problem


def _beside(start: Array) -> Array:
    """Return points near the start that differ from run to run and in all coordinates."""
    aside = np.random.default_rng(0).normal(size=start.shape)
    return np.asarray(start + 0.1 * (1 + np.abs(start)) * aside)


def _compare(name: str, function: Callable[[Array], Any], x: Array, shape: tuple[int, ...]) -> None:
    """Raise an error if a function differs between a batch of points and some of them alone."""
    x = _closed(x)
    alone = {}
    try:
        for run in _some_runs(x.shape[:-1]):
            alone[run] = _ask(name, function, x[run])
        batch = _ask(name, function, x)
    except Exception:
        return  # it fails here; if it also fails in the loop, the error there is explained
    if any(value.shape != shape for value in alone.values()):
        return
    if batch.shape != (*x.shape[:-1], *shape):
        return
    for run, expected in alone.items():
        if _close(batch[run], expected, 0.0):
            continue
        moved = _ask(name, function, x[run] + 1e-4 * (1 + np.abs(x[run])))
        allowed = 1e-6 * _size(expected) + _size(moved - expected)
        if _close(batch[run], expected, allowed):
            continue
        if not _same((batch,), (_ask(name, function, x),)):
            return
        raise ValueError(
            f"the {name} mixes the runs of a batch: at {x[run].tolist()} it is "
            f"{expected.tolist()}, but {batch[run].tolist()} as run {run} of a batch of shape "
            f"{x.shape[:-1]}. {WAY_OUT}"
        )


def _ask(name: str, function: Callable[[Array], Any], x: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.array(numbers(name, function(_closed(x))))


def _has_shape(function: Callable[[Array], Any], x: Array, shape: tuple[int, ...]) -> bool:
    try:
        return bool(np.shape(function(_closed(x))) == shape)
    except Exception:
        return False


# ---------------------------------------------------------------- both


def _some_runs(batch: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the first run of a batch, one in its middle and the last."""
    count = math.prod(batch)
    for i in sorted({0, count // 2, count - 1}):
        yield tuple(int(j) for j in np.unravel_index(i, batch))


def _column(array: Array, run: tuple[int, ...]) -> Array:
    """Return one run's part of an array of shape (d, *S)."""
    index: tuple[Any, ...] = (slice(None), *run)
    return np.asarray(array[index])


def _closed(array: Array) -> Array:
    """Return a contiguous, read-only copy, like the arrays that the loop passes."""
    return read_only(np.array(array, order="C"))


def _size(values: Array) -> float:
    """Return the largest absolute value among the finite ones; 0 if there is none."""
    sizes = np.abs(values)
    return float(np.max(sizes, where=np.isfinite(sizes), initial=0.0))


def _close(one: Array, other: Array, allowed: float) -> bool:
    """Whether two arrays are equal up to an allowed difference, with NaN equal to NaN."""
    with np.errstate(all="ignore"):
        near = (one == other) | (np.abs(one - other) <= allowed)
    return bool(np.all(near | (np.isnan(one) & np.isnan(other))))


def _same(one: tuple[Array, ...], other: tuple[Array, ...]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))
