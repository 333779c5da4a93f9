"""Many runs or large arrays, block by block, into memory that is there already.

NumPy makes a new array for the result of each operation. Where the arrays are larger than the
cache, most of the time goes into moving these through memory. Here the operations of
`minioptim.engines.exact` write into a few arrays of the size of a block, which stay in the cache,
and the last of them into the point and the state. The bits are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, read_only
from minioptim.engines.arrays import FLOAT, QUIET, Beginning, of_type, rule_at
from minioptim.engines.calls import SCOPE, Written, aligned, written
from minioptim.engines.exact import Equations, Part, at_many_steps, function, of_rule
from minioptim.engines.record import Ended, Record, empty
from minioptim.engines.threads import share_out
from minioptim.problems import Problem
from minioptim.rules import Rule

RUNS = 8_192
"""How many runs go through the steps together."""
PART = 32_768
"""How many coordinates of a large array are stepped at a time."""
MANY = 1_024
"""For how many steps the schedules are evaluated at once, at most."""
LARGEST_TABLE = 4_000_000
WORTH_A_THREAD = 50_000
"""Work below this many steps of runs is done before a thread would have begun."""

# ---------------------------------------------------------------- many runs


class Loop(NamedTuple):
    """The loop over the steps of a block, and how many arrays it computes in.

    Attributes
    ----------
    run : callable
    pairs, singles : int
        Arrays for both coordinates, and for one.
    """

    run: Callable[..., Any]
    pairs: int
    singles: int


def run(
    problem: Problem,
    beginning: Beginning,
    t: npt.NDArray[np.int64],
    every: int,
    record: tuple[str, ...],
    first_f: Array,
) -> Ended | None:
    """Make and record the steps of a batch of runs on a surface; None if that cannot be done here.

    Parameters
    ----------
    problem : Problem
    beginning : Beginning
        The value returned by `minioptim.engines.arrays.begin`.
    t : array of shape (n + 1,)
        The steps to be recorded: the start, those that ``every`` divides, and the last one.
    every : int, >= 1
    record : tuple of str
        Which of x, f, query, grad and state are recorded.
    first_f : array of shape S
        The value at the start.

    Raises
    ------
    TypeError, ValueError
        A schedule gives a value that is none. The error carries a note of the step.

    Examples
    --------
    >>> from minioptim.engines.arrays import begin
    >>> from minioptim.problems import Ravine
    >>> from minioptim.rules import GradientDescent
    >>> beginning = begin(GradientDescent(lr=[0.5, 1.0]), [4.0, 1.0])
    >>> run(Ravine(), beginning, np.array([0, 1, 2]), 1, ("x",), np.full(2, 1.8)).x
    array([[3.61, 0.  ],
           [3.24, 1.  ]])
    """
    rule, _, done, start, start_state = beginning
    if start.ndim == 1 or start.shape[-1] != 2:
        return None
    if (equations := of_rule(rule, problem)) is None:
        return None
    batch, last = start.shape[:-1], int(t[-1])
    count = math.prod(batch)
    kept = empty(beginning, t, record, first_f)
    now = [np.array(array.reshape(count, 2).T, order="C") for array in (start, *start_state)]
    scheduled = beginning.first is not rule
    ones = frozenset[str]() if scheduled else _ones(equations, beginning.first, problem)
    loop = _loop(equations, "f" in record, ones)
    many = max(1, min(MANY, LARGEST_TABLE // count))
    for begun in range(done, last, many):
        steps = range(begun + 1, min(begun + many, last) + 1)
        rules = [rule_at(beginning, step) for step in (steps if scheduled else steps[:1])]
        row = int(np.searchsorted(t, begun, side="right"))

        def work(
            low: int, high: int, /, steps: range = steps, rules: Any = rules, row: int = row
        ) -> None:
            for begin in range(low, high, RUNS):
                block = slice(begin, min(begin + RUNS, high))
                cut = [_cut(each, batch, block) for each in rules]
                constants = _constants(equations, cut, problem, steps)
                filling = _Filling(kept, row, block, record)
                _advance(loop, constants, every, last, filling, now, bool(equations.query))

        share_out(work, count, RUNS, count * len(steps) // WORTH_A_THREAD)
    final, *end = (np.moveaxis(array.reshape(2, *batch), 0, -1) for array in now)
    value = problem.value(np.ascontiguousarray(final))
    shown = kept.shown(record, batch, rule.state)
    return Ended(read_only(final), value, tuple(map(read_only, end)), shown)


def _advance(
    loop: Loop,
    constants: Iterator[tuple[int, tuple[Array, ...]]],
    every: int,
    last: int,
    filling: _Filling,
    now: list[Array],
    looks_ahead: bool,
) -> None:
    """Make the steps of a block of runs, whose points and states are changed.

    Contiguous arrays, since NumPy takes as long again to find its way through parts of rows.
    """
    run, pairs, singles = loop
    ended = [array[:, filling.block] for array in now]
    width = ended[0].shape[1]
    x, *states = own = [aligned((2, width)) for _ in ended]
    for mine, array in zip(own, ended, strict=True):
        mine[...] = array
    asked, g, *room = (aligned((2, width)) for _ in range(2 + pairs))
    f, *rows = (aligned((width,)) for _ in range(1 + singles))
    place = asked if looks_ahead else x
    ways = filling.ways(place, g, x, states, f)
    run(constants, every, last, *ways, x, *x, place, *place, g, *g, *states, f, *room, *rows)
    for mine, array in zip(own, ended, strict=True):
        array[...] = mine


def _ones(equations: Equations, rule: Rule, problem: Problem) -> frozenset[str]:
    """Return what is 1 at all steps and in all runs, such as the cosine of a bowl's angle 0."""
    fixed = zip(equations.fixed, equations.at_start(rule.as_arrays(), problem), strict=True)
    return frozenset(name for name, value in fixed if np.size(value) == 1 and np.all(value == 1))


def _cut(rule: Rule, batch: tuple[int, ...], block: slice) -> Any:
    """Return the hyper-parameters of the runs of a block, as arrays."""
    cut = {}
    for name, value in rule.hyper_parameters().items():
        if np.ndim(value):
            cut[name] = np.broadcast_to(value, batch).reshape(-1)[block]
        else:
            cut[name] = np.atleast_1d(value)
    return SimpleNamespace(**cut)


def _constants(
    equations: Equations, rules: list[Any], problem: Problem, steps: range
) -> Iterator[tuple[int, tuple[Array, ...]]]:
    """Yield each step with what is the same for both coordinates."""
    if len(rules) == len(steps):
        for t, now in zip(steps, rules, strict=True):
            fixed = equations.at_start(now, problem)
            yield t, _laid_out(fixed + equations.at_step(now, problem, t, *fixed))
        return
    [now] = rules
    fixed = equations.at_start(now, problem)
    laid_out = _laid_out(fixed)
    if not equations.moving:
        for t in steps:
            yield t, laid_out
        return
    moving = at_many_steps(equations, now, problem, fixed, steps)
    for i, t in enumerate(steps):
        if moving is None:
            yield t, laid_out + _laid_out(equations.at_step(now, problem, t, *fixed))
        else:
            yield t, laid_out + tuple(values[i, ...] for values in moving)


def _laid_out(values: tuple[Any, ...]) -> tuple[Array, ...]:
    """Return numbers without an axis, and a number for each run as one for each coordinate.

    With an axis of one entry, or with one that has to be repeated, NumPy takes twice as long.
    """
    arrays = (np.asarray(value, dtype=float) for value in values)
    return tuple(a.reshape(()) if a.size == 1 else _twice(a) for a in arrays)


def _twice(row: Array) -> Array:
    rows = aligned((2, row.size))
    rows[:] = row
    return rows


class _Filling:
    """Writes the steps of a block of runs to the record, from a row on."""

    def __init__(self, kept: Record, row: int, block: slice, record: tuple[str, ...]) -> None:
        self.kept, self.row, self.block, self.record = kept, row, block, record

    def ways(
        self, asked: Array, g: Array, x: Array, states: list[Array], f: Array
    ) -> tuple[Callable[[], None], Callable[[], None]]:
        """Return what is to be called within a step, and at its end, while arrays hold it."""
        kept, record = self.kept, self.record
        ahead = [
            (target[:, self.block], array.T)
            for name, target, array in (("query", kept.query, asked), ("grad", kept.grad, g))
            if name in record
        ]
        held = [("x", kept.x, x.T), ("f", kept.f, f)]
        held += [
            ("state", target, state.T) for target, state in zip(kept.state, states, strict=True)
        ]
        then = [(target[:, self.block], array) for name, target, array in held if name in record]

        def before() -> None:
            for target, array in ahead:
                target[self.row - 1] = array

        def after() -> None:
            for target, array in then:
                target[self.row] = array
            self.row += 1

        return before, after


@lru_cache(maxsize=256)
def _loop(equations: Equations, valued: bool, ones: frozenset[str]) -> Loop:
    """Return the loop over the steps of a block."""
    states = [f"s{j}" for j in range(len(equations.step[0].results) - 1)]

    def lean(part: Part, targets: list[str], prefix: str) -> Written:
        return written(part.without_ones(ones), targets, prefix)

    [query] = [lean(part, ["a"], "b") for part in equations.query] or [Written([], 0)]
    at = lean(equations.slopes.renamed("", {"x0": "a0", "x1": "a1"}), ["g0", "g1"], "c")
    step = lean(equations.step[0], ["x", *states], "b")
    value = lean(equations.value, ["f"], "c") if valued else Written([], 0)
    pairs, singles = max(query.scratch, step.scratch), max(at.scratch, value.scratch)
    names = "".join(f"{name}, " for name in (*equations.fixed, *equations.moving))
    arguments = [
        *("steps", "every", "last", "before", "after"),
        *("x", "x0", "x1", "a", "a0", "a1", "g", "g0", "g1", *states, "f"),
        *(f"b{j}" for j in range(pairs)),
        *(f"c{j}" for j in range(singles)),
    ]
    lines = [
        *query.lines,
        *at.lines,
        "recorded = t % every == 0 or t == last",
        "if recorded:",
        "    before()",
        *step.lines,
        "if recorded:",
        *(f"    {line}" for line in value.lines),
        "    after()",
    ]
    text = [f"for t, ({names}) in steps:", *(f"    {line}" for line in lines)]
    return Loop(function("run", arguments, text, [], SCOPE), pairs, singles)


# ---------------------------------------------------------------- large arrays


def step_in_place(now: Rule, t: int, arrays: Sequence[npt.NDArray[Any]]) -> bool:
    """Make one step of a rule on arrays of float32 or float64; False if that cannot be done here.

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
    Nothing.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> x = np.array([8.0])
    >>> step_in_place(GradientDescent(lr=0.5), 1, [np.array([4.0]), x])
    True
    >>> x
    array([6.])
    """
    if (equations := of_rule(now)) is None:
        return False
    kind, size = arrays[1].dtype, arrays[1].size
    rule = of_type(now, kind)
    loop, count = _in_place(equations)
    room = [aligned((min(PART, size),), kind) for _ in range(count)]
    with np.errstate(**QUIET):
        fixed = equations.at_start(rule, None)
        constants = fixed + equations.at_step(rule, None, t, *fixed)
        if kind != FLOAT and any(type(value) not in (int, float) for value in constants):
            return False  # a number of NumPy's makes float64 of what it meets
        given = [np.asarray(value, kind).reshape(()) for value in constants]
        for low in range(0, size, PART):
            parts = [array[low : low + PART] for array in arrays]
            loop(*parts, *given, *(each[: len(parts[0])] for each in room))
    return True


@lru_cache(maxsize=256)
def _in_place(equations: Equations) -> tuple[Callable[..., Any], int]:
    """Return what makes a step on part of the arrays, and how many arrays it computes in."""
    states = [f"s{j}" for j in range(len(equations.step[0].results) - 1)]
    lines, count = written(equations.step[0], ["x", *states], "b")
    room = [f"b{j}" for j in range(count)]
    arguments = ["g", "x", *states, *equations.fixed, *equations.moving, *room]
    return function("step", arguments, lines, [], SCOPE), count
