"""The loop on NumPy arrays: evaluate the gradient, make a step, repeat.

There are two loops. Rules that treat coordinates separately step all runs of a batch at once; a
`MatrixRule` is called once for each run. Both yield the same: see `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import FrozenInstanceError
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only, whole
from minioptim.engines._alone import check_rule, explain, is_ours
from minioptim.engines.calls import Calls
from minioptim.engines.exact import of_rule
from minioptim.problems import Gradient
from minioptim.rules import MatrixRule, Rule
from minioptim.trace import Checkpoint, Step, Trace

# One step: t, x, query, grad, and the states in the order of rule.state.
Made: TypeAlias = tuple[int, Array, Array, Array, tuple[Array, ...]]

FLOAT = np.dtype(np.float64)
# A run that diverges overflows; the trace says so, so no warning is needed.
QUIET: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}
# How many coordinates of a large array are stepped at a time.
PART = 16_384


class Beginning(NamedTuple):
    """The point, state and step count where a run begins or continues.

    Attributes
    ----------
    rule : Rule
        The rule, with its schedules.
    first : Rule
        The rule as it is at the first step; the same object if nothing is scheduled.
    done : int
        Number of steps already made.
    x : array of shape (*S, d)
        The point.
    state : tuple of arrays of shape (*S, d), or (*S, ...) of a `MatrixRule`
        The rule's state at that point.
    """

    rule: Rule
    first: Rule
    done: int
    x: Array
    state: tuple[Array, ...]


def begin(rule: Rule, x0: npt.ArrayLike | Trace | Step | Checkpoint) -> Beginning:
    """Return where a run begins, with its arrays copied and read-only.

    Parameters
    ----------
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs.
    x0 : array-like of shape (d,) or (*S, d), Trace, Step or Checkpoint
        The start, or the run to continue.

    Raises
    ------
    TypeError
        ``rule`` is not a rule, or x0 does not hold real numbers.
    ValueError
        ``x0`` holds a NaN or an infinity, shapes do not fit, a trace is of another kind of rule, or
        a rule of the reader's own mixes the runs of a batch.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> begin(Momentum(lr=[0.1, 0.2]), [8.0]).x.tolist()
    [[8.0], [8.0]]
    """
    if not isinstance(rule, Rule):
        hint = f": write {rule.__name__}(...)" if isinstance(rule, type) else ""
        raise TypeError(f"rule must be a rule such as GradientDescent(), got {rule!r}{hint}")
    if isinstance(x0, (Trace, Step, Checkpoint)):
        _check_continues(rule, x0)
        if isinstance(x0, Trace):
            x0 = Checkpoint(x0.final, x0.final_state, int(x0.t[-1]))
        done = whole("t of x0", x0.t, at_least=0)
        first = rule.at(done + 1)
        x, state = _standing(x0, first)
    else:
        done = 0
        first = rule.at(1)  # a schedule may give an array of shape S too
        x = _start_point(_point(x0), first)
        state = _start_state(first, x)
    if not isinstance(rule, MatrixRule):
        check_rule(first, np.moveaxis(x, -1, 0), tuple(np.moveaxis(s, -1, 0) for s in state))
    for array in (x, *state):
        read_only(array)
    return Beginning(rule, first, done, x, state)


def steps(grad: Gradient, beginning: Beginning) -> Iterator[Made]:
    """Yield t, x, query, grad and the states of one step after another, without end.

    The caller must silence NumPy's overflow warnings: the trace shows that a run diverged.

    Parameters
    ----------
    grad : callable, (*S, d) to (*S, d)
        The gradient, called once per step with a read-only array.
    beginning : Beginning
        The value returned by `begin`.

    Yields
    ------
    tuple
        Arrays with the coordinates last, read-only, and never changed by later steps.

    Raises
    ------
    TypeError, ValueError
        A gradient, a schedule or a rule of the reader's own returns an invalid value. These errors,
        and those that ``grad`` raises, carry a note of the step.

    Examples
    --------
    >>> from itertools import islice
    >>> from minioptim.rules import GradientDescent
    >>> made = islice(steps(lambda x: x, begin(GradientDescent(lr=0.5), [8.0])), 3)
    >>> [float(x[0]) for t, x, query, grad, state in made]
    [4.0, 2.0, 1.0]
    """
    if isinstance(beginning.rule, MatrixRule):
        return _run_by_run(grad, beginning)
    return _all_at_once(grad, beginning)


def same_batch(now: Rule, batch: tuple[int, ...]) -> Rule:
    """Return the rule at a step, after checking that its schedules fit the batch.

    Parameters
    ----------
    now : Rule
        The rule, with each schedule replaced by its value.
    batch : tuple of int
        The shape S of the batch.

    Raises
    ------
    ValueError
        A schedule gives an array of a shape that does not fit.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> same_batch(GradientDescent(lr=[0.1, 0.2]), (2,)).lr.tolist()
    [0.1, 0.2]
    """
    for name, value in now.hyper_parameters().items():
        shape = np.shape(value)
        if len(shape) > len(batch) or np.broadcast_shapes(shape, batch) != batch:
            raise ValueError(f"{name} must keep a shape that fits the batch {batch}, got {shape}")
    return now


def rule_at(beginning: Beginning, t: int) -> Rule:
    """Return the rule at step t of a run, after checking that its schedules fit the batch.

    Parameters
    ----------
    beginning : Beginning
    t : int
        A step after the beginning.

    Raises
    ------
    TypeError, ValueError
        A schedule gives a value that is none. The error carries a note of the step.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> rule_at(begin(GradientDescent(lr=lambda t: 0.5 / t), [8.0]), 10)
    GradientDescent(lr=0.05)
    """
    rule, first, done, x, _ = beginning
    if first is rule:
        return rule
    try:
        return same_batch(first if t == done + 1 else rule.at(t), x.shape[:-1])
    except StopIteration as error:
        raise RuntimeError(f"nothing left to compute step {t} of {rule!r} from") from error
    except Exception as error:
        _explain_step(error, t, rule)
        raise


def _all_at_once(grad: Gradient, beginning: Beginning) -> Iterator[Made]:
    """Run on arrays with the coordinates first, shape (d, *S).

    A hyper-parameter of shape S then broadcasts with them by NumPy's own rules, and each coordinate
    of a batch is contiguous. The caller sees views with the coordinates last.

    Each step checks, copies or marks only what could go wrong at each step: a gradient may be
    anything, and so may the result of a rule of the reader's own.
    """
    rule, first, done, shown, shown_state = beginning
    to_last, to_first = (*range(1, shown.ndim), 0), (shown.ndim - 1, *range(shown.ndim - 1))
    one = shown.ndim == 1  # both orders are then the same
    x = shown.transpose(to_first)
    state = tuple(s.transpose(to_first) for s in shown_state)
    shape, batch = x.shape, x.shape[1:]
    names = ("x", *rule.state)
    ours = is_ours(type(rule))
    looks_ahead = type(rule).query is not Rule.query
    scheduled = first is not rule
    now = (same_batch(first, batch) if scheduled else first).as_arrays()
    equations = of_rule(rule) if ours else None
    calls = None if equations is None else Calls(equations, shape, scheduled)
    t = done
    while True:
        t += 1
        try:
            if scheduled and t > done + 1:
                now = same_batch(rule.at(t), batch).as_arrays()
            query = x
            if looks_ahead:
                query = np.array(np.broadcast_to(now.query(x, *state), shape))
            asked = query if one else query.transpose(to_last)
            asked.flags.writeable = False
            g = _gradient(grad, asked)
            g.flags.writeable = False
            g_first = g if one else g.transpose(to_first)
            if calls is not None:
                result = calls.step(now, t, g_first, x, state)
            else:
                result = now.step(g_first, x, t, *state)
                if not ours or t == done + 1:
                    result = _stepped(rule, result, names, (shape,) * len(names))
        except StopIteration as error:  # it would silently end the steps
            raise RuntimeError(f"nothing left to compute step {t} of {rule!r} from") from error
        except Exception as error:
            _explain_step(error, t, rule)
            raise
        # Read-only, since steps hold them: a rule of the reader's own may write into its inputs.
        for array in result:
            array.flags.writeable = False
        x, *new = result
        state = tuple(new)
        if one:
            yield t, x, asked, g, state
        else:
            yield t, x.transpose(to_last), asked, g, tuple(s.transpose(to_last) for s in state)


def _explain_step(error: Exception, t: int, rule: Rule) -> None:
    """Say at which step of which rule an error was raised, and how a state is kept."""
    error.add_note(f"(at step {t} of {rule!r})")
    if isinstance(error, FrozenInstanceError) or "read-only" in str(error):
        error.add_note(
            "(a rule keeps nothing in itself, and writes into nothing that it is given: "
            'name a state, state = ("m",), and return its new value after x)'
        )


def _run_by_run(grad: Gradient, beginning: Beginning) -> Iterator[Made]:
    """Call the rule once for each run, with that run's point, state and hyper-parameters."""
    rule, now, done, x, state = beginning
    batch = x.shape[:-1]
    runs = list(np.ndindex(batch))
    rules = [now.of_run(batch, run) for run in runs]
    names, shapes = ("x", *rule.state), tuple(array[runs[0]].shape for array in (x, *state))
    t = done
    while True:
        t += 1
        try:
            if now is not rule and t > done + 1:
                now = same_batch(rule.at(t), batch)
                rules = [now.of_run(batch, run) for run in runs]
            asked = np.empty_like(x)
            for run, mine in zip(runs, rules, strict=True):
                asked[run] = mine.query(x[run], *(s[run] for s in state))
            g = _gradient(grad, read_only(asked))
            g.flags.writeable = False
            made = tuple(np.empty_like(array) for array in (x, *state))
            for run, mine in zip(runs, rules, strict=True):
                result = mine.step(g[run], x[run], t, *(s[run] for s in state))
                for array, value in zip(made, _stepped(rule, result, names, shapes), strict=True):
                    array[run] = value
        except StopIteration as error:
            raise RuntimeError(f"nothing left to compute step {t} of {rule!r} from") from error
        except Exception as error:
            _explain_step(error, t, rule)
            raise
        x, *new = map(read_only, made)
        state = tuple(new)
        yield t, x, asked, g, state


def _stepped(
    rule: Rule, result: Any, names: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]
) -> tuple[Array, ...]:
    """Return the result of a step after checking it, since readers may write rules too."""
    _check_tuple(rule, result, names)
    arrays = tuple(map(np.asarray, result))
    for name, found, shape in zip(names, arrays, shapes, strict=True):
        if found.shape != shape or found.dtype != FLOAT:
            if isinstance(rule, MatrixRule):
                expected = f"the shape {shape}"
            else:
                expected = f"the shape of x, {shape} with the coordinates first,"
            raise ValueError(
                f"{name} must have {expected} and be float64 when {type(rule).__name__}.step "
                f"returns it; got {found.dtype} of shape {found.shape}"
            )
    return arrays


def _check_tuple(rule: Rule, result: Any, names: tuple[str, ...]) -> None:
    if not isinstance(result, tuple) or len(result) != len(names):
        raise TypeError(
            f"{type(rule).__name__}.step must return the tuple ({', '.join(names)},), "
            f"got {result!r}"
        )


def _gradient(grad: Gradient, x: Array) -> Array:
    """Return a copy of the gradient at x, because a function may reuse its array."""
    try:
        given = grad(x)
        if type(given) is np.ndarray and given.dtype is FLOAT and given.shape == x.shape:
            return given.copy("K")
        g = np.array(numbers("the gradient", given))
        if g.shape != x.shape:
            raise ValueError(f"the gradient must have the shape of x, {x.shape}, got {g.shape}")
    except Exception as error:
        explain(error, grad, x, x.shape[-1:])
        raise
    return g


# ---------------------------------------------------------------- steps in place


def step_in_place(now: Rule, t: int, arrays: Sequence[npt.NDArray[Any]]) -> None:
    """Make one step of a rule on arrays of float32 or float64, which are changed.

    Parameters
    ----------
    now : Rule
        The rule at this step; its hyper-parameters are numbers.
    t : int
        The number of the step.
    arrays : sequence of arrays of shape (n,)
        The gradient, x and each state.

    Raises
    ------
    TypeError, ValueError
        A rule of the reader's own returns an invalid value; the arrays are as before.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> x = np.array([8.0])
    >>> step_in_place(GradientDescent(lr=0.5), 1, [np.array([4.0]), x])
    >>> x
    array([6.])
    """
    rule = of_type(now, arrays[1].dtype)
    names = ("x", *now.state)
    for g, x, *state in _parts(now, arrays):
        with np.errstate(**QUIET):
            result = rule.step(g, x, t, *state)
            _check_tuple(now, result, names)
            for name, new in zip(names, result, strict=True):
                if np.shape(new) != x.shape:
                    raise ValueError(
                        f"{name} must have the shape of x, {x.shape}, when "
                        f"{type(now).__name__}.step returns it; got {np.shape(new)}"
                    )
            # A result that is another's array is read before that is written to.
            mine = (x, *state)
            made = [
                np.array(new) if any(np.may_share_memory(new, old) for old in mine) else new
                for new in result
            ]
            for array, new in zip(mine, made, strict=True):
                array[...] = new


def look_in_place(now: Rule, arrays: Sequence[npt.NDArray[Any]]) -> None:
    """Write where a rule asks for the gradient.

    Parameters
    ----------
    now : Rule
        The rule at this step; its hyper-parameters are numbers.
    arrays : sequence of arrays of shape (n,)
        x, each state, and the array to write to.

    Raises
    ------
    ValueError
        A rule of the reader's own returns another shape.

    Examples
    --------
    >>> from minioptim.rules import Nesterov
    >>> out = np.empty(1)
    >>> look_in_place(Nesterov(momentum=0.5), [np.array([8.0]), np.array([-2.0]), out])
    >>> out
    array([7.])
    """
    rule = of_type(now, arrays[0].dtype)
    with np.errstate(**QUIET):
        for x, *state, out in _parts(now, arrays):
            out[...] = rule.query(x, *state)


def of_type(now: Rule, dtype: np.dtype[Any]) -> Rule:
    """Return the rule so that float64 is computed as in a run, and float32 stays float32.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> of_type(GradientDescent(lr=0.5), np.dtype(np.float64)).lr
    array([0.5])
    """
    return now.as_arrays() if dtype == FLOAT else now


def _parts(
    rule: Rule, arrays: Sequence[npt.NDArray[Any]]
) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Yield the arrays part by part, so that what a step computes on the way stays in the cache.

    A rule of the reader's own may look at all coordinates, and gets them whole.
    """
    size = arrays[0].size
    part = PART if is_ours(type(rule)) else max(size, 1)
    for low in range(0, size, part):
        yield tuple(array[low : low + part] for array in arrays)


# ---------------------------------------------------------------- where a run begins


def _check_continues(rule: Rule, x0: Trace | Step | Checkpoint) -> None:
    """Raise an error unless a rule can go on from there."""
    if not isinstance(x0, Trace):
        if set(x0.state) != set(rule.state):
            raise ValueError(
                f"x0 must hold the states {rule.state} of {rule!r}, got {tuple(x0.state)}"
            )
    elif type(rule) is not type(x0.rule) or set(x0.final_state) != set(rule.state):
        raise ValueError(
            "a trace can be continued only with the kind of rule that made it, "
            f"{type(x0.rule).__name__}, got {rule!r}; to begin a new run where it ended, "
            "pass trace.final"
        )


def _standing(x0: Step | Checkpoint, rule: Rule) -> tuple[Array, tuple[Array, ...]]:
    """Return a point and the state there, for the runs that a rule continues from it."""
    given = numbers("x of x0", x0.x)
    x = _start_point(given, rule)
    batch, own = x.shape[:-1], given.ndim - 1
    states = []
    for name in rule.state:
        state = numbers(f"{name} of x0", x0.state[name])
        if not isinstance(rule, MatrixRule) and state.shape != given.shape:
            raise ValueError(
                f"{name} of x0 must have the shape of its x, {given.shape}, got {state.shape}"
            )
        states.append(_laid_out(state, (*batch, *state.shape[own:]), rule))
    return x, tuple(states)


def _point(x0: npt.ArrayLike) -> Array:
    """Return the start, of shape (d,) or (*S, d), or raise an error that says what is wrong."""
    x = numbers("x0", x0)
    if x.ndim == 0:
        raise ValueError(
            f"x0 must have shape (d,) or (*S, d), got {x0!r}: write [{x0!r}], or steps={x0!r} if "
            "it is the number of steps"
        )
    if x.size == 0:
        raise ValueError(f"x0 must have at least one coordinate, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"x0 must be finite, got {x[~np.isfinite(x)].flat[0]} in {x0!r}")
    return x


def _start_point(x: Array, rule: Rule) -> Array:
    """Return a copy of the start, one for each run: shape (*S, d)."""
    hyper = [np.shape(value) for value in rule.hyper_parameters().values()]
    try:
        batch = np.broadcast_shapes(x.shape[:-1], *hyper)
    except ValueError as error:
        raise ValueError(
            f"the batch of x0, {x.shape[:-1]}, and of the hyper-parameters of {rule!r} "
            f"must broadcast together, got {hyper}"
        ) from error
    return _laid_out(x, (*batch, x.shape[-1]), rule)


def _start_state(rule: Rule, x: Array) -> tuple[Array, ...]:
    """Return the state before the first step, in the layout that the caller sees."""
    if not isinstance(rule, MatrixRule):
        first = np.moveaxis(x, -1, 0)
        starts = _one_each(rule, rule.start(first))
        return tuple(np.moveaxis(np.array(np.broadcast_to(s, first.shape)), 0, -1) for s in starts)
    batch = x.shape[:-1]
    runs = list(np.ndindex(batch))
    of_runs = [_one_each(rule, rule.of_run(batch, run).start(x[run])) for run in runs]
    by_state = zip(*of_runs, strict=True)
    return tuple(np.reshape(np.stack(s), (*batch, *s[0].shape)) for s in by_state)


def _one_each(rule: Rule, starts: tuple[Any, ...]) -> tuple[Array, ...]:
    if len(starts) != len(rule.state):
        raise ValueError(f"start must return a value for each of {rule.state}, got {starts!r}")
    named = zip(rule.state, starts, strict=True)
    return tuple(numbers(f"the start of {name}", start) for name, start in named)


def _laid_out(array: Array, shape: tuple[int, ...], rule: Rule) -> Array:
    """Return a copy of the given shape, in the memory layout of the loop for this rule."""
    spread = np.broadcast_to(array, shape)
    if isinstance(rule, MatrixRule):
        return np.array(spread, order="C")
    return np.moveaxis(np.array(np.moveaxis(spread, -1, 0), order="C"), 0, -1)
