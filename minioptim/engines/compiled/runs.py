"""Whole runs on a surface, compiled: all steps of all runs, with the record, in one loop."""

from __future__ import annotations

import functools
import math
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, read_only
from minioptim.engines.arrays import Beginning, rule_at
from minioptim.engines.compiled.kernels import Loop, runner
from minioptim.engines.compiled.text import BLOCK
from minioptim.engines.language import TranslationError
from minioptim.engines.record import Ended, empty
from minioptim.engines.threads import share_out
from minioptim.problems import Problem, Surface
from minioptim.rules import MatrixRule, Rule

WAY_OUT = 'engine="arrays" runs it'

# Work below this many steps of runs is done before a thread would have begun.
WORTH_A_THREAD = 50_000
# Schedules are evaluated for so many steps at once that their values take 32 MB at most.
LARGEST_TABLE = 4_000_000


def check(problem: Problem, rule: Rule) -> None:
    """Say why runs of a rule on a problem cannot be compiled, if they cannot.

    Parameters
    ----------
    problem : Problem
    rule : Rule

    Raises
    ------
    ImportError
        Numba is not installed.
    ValueError
        The problem is not a surface, the rule is one for matrices, or one of them lies outside the
        language that can be compiled.

    Examples
    --------
    >>> from minioptim.problems import Quadratic
    >>> from minioptim.rules import Adam
    >>> check(Quadratic([1.0]), Adam())
    Traceback (most recent call last):
    ValueError: engine="compiled" needs a problem that is a Surface, ... got Quadratic...
    """
    kind: Any = type(problem)
    rule_class: Any = type(rule)
    own = [name for name in ("value", "gradient", "oracle") if _differs(kind, name)]
    if not isinstance(problem, Surface) or own:
        but = f" with its own {own[0]}" if isinstance(problem, Surface) else ""
        raise ValueError(
            f'engine="compiled" needs a problem that is a Surface, given by formulas in x and y, '
            f"got {problem!r}{but}; {WAY_OUT}"
        )
    if isinstance(rule, MatrixRule):
        raise ValueError(
            f'engine="compiled" needs a rule that treats coordinates separately, got {rule!r}; '
            f"{WAY_OUT}"
        )
    for field in fields(kind):  # each surface is a dataclass
        value = getattr(problem, field.name)
        if np.ndim(value) or isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(
                f'engine="compiled" needs a number as {field.name} of {kind.__name__}, '
                f"got {value!r}; {WAY_OUT}"
            )
    try:
        runner(rule_class, kind, None)
    except TranslationError as error:
        raise ValueError(f'engine="compiled" cannot compile {error}; {WAY_OUT}') from error


def _differs(kind: type[Any], name: str) -> bool:
    return getattr(kind, name, None) is not getattr(Surface, name)


def run(
    surface: Problem,
    beginning: Beginning,
    t: npt.NDArray[np.int64],
    every: int,
    record: tuple[str, ...],
    first_f: Array,
) -> Ended:
    """Make and record the steps of runs.

    Parameters
    ----------
    surface : Problem
        A surface that passed `check`.
    beginning : Beginning
        The value returned by `minioptim.engines.arrays.begin`.
    t : array of shape (n + 1,)
        The steps to be recorded: the start, those that ``every`` divides, and the last one.
    every : int, >= 1
    record : tuple of str
        Which of x, f, query, grad and state are recorded.
    first_f : array of shape S
        The surface's value at the start.

    Raises
    ------
    TypeError, ValueError
        A schedule gives a value that is none. The error carries a note of the step.

    Examples
    --------
    >>> from minioptim.engines.arrays import begin
    >>> from minioptim.problems import Ravine
    >>> from minioptim.rules import GradientDescent
    >>> beginning = begin(GradientDescent(lr=0.5), [4.0, 1.0])
    >>> run(Ravine(), beginning, np.array([0, 1, 2]), 1, ("x",), np.array(1.8)).recorded["x"]
    array([[4.  , 1.  ],
           [3.8 , 0.  ],
           [3.61, 0.  ]])
    """
    rule, first, done, start, start_state = beginning
    batch, last = start.shape[:-1], int(t[-1])
    count = math.prod(batch)
    given = first.hyper_parameters().items()
    varied = frozenset(name for name, value in given if np.ndim(value)) if count > 1 else None
    rule_class: Any = type(rule)
    surface_class: Any = type(surface)
    loop = runner(rule_class, surface_class, varied)
    constants = [float(getattr(surface, field.name)) for field in fields(surface_class)]

    # Coordinates first, as the loop reads them; the record has them last.
    now = [np.array(array.reshape(count, 2).T, order="C") for array in (start, *start_state)]
    f = np.array(first_f, dtype=np.float64).reshape(count)
    kept = empty(beginning, t, record, first_f)

    chunk = last - done
    if first is not rule:
        chunk = max(1, LARGEST_TABLE // count)
    for begun in range(done, last, chunk or 1):
        steps = min(chunk, last - begun)
        tables = _tables(beginning, range(begun + 1, begun + steps + 1), varied)
        row = int(np.searchsorted(t, begun, side="right"))
        arguments = (begun, steps, last, every, row, *tables, *constants, *now, f)
        filled = (kept.f, kept.x, *kept.state, kept.query, kept.grad)
        work = functools.partial(_part, loop, (*arguments, *filled))
        share_out(work, count, BLOCK, count * steps // WORTH_A_THREAD)

    x, *state = (read_only(np.moveaxis(array.reshape(2, *batch), 0, -1)) for array in now)
    recorded = kept.shown(record, batch, rule.state)
    return Ended(x, f.reshape(batch), tuple(state), recorded)


def _part(loop: Loop, arguments: tuple[Any, ...], low: int, high: int) -> None:
    loop(low, high, *arguments)


def _tables(beginning: Beginning, t: range, varied: frozenset[str] | None) -> list[Array]:
    """Return each hyper-parameter's values: a row for each step, a column for each run.

    There is one row if it is the same at all steps, and one column if it is the same in all runs.
    """
    rule, batch = beginning.rule, beginning.x.shape[:-1]
    count = math.prod(batch)
    values: dict[str, list[Any]] = {name: [] for name in rule.hyper_parameters()}
    scheduled = {name for name, value in rule.hyper_parameters().items() if callable(value)}
    for step in t if scheduled else t[:1]:
        now = rule_at(beginning, step)
        for name, rows in values.items():
            if name in scheduled or not rows:
                rows.append(getattr(now, name))
    tables = []
    for name, rows in values.items():
        if varied and name in varied:
            tables.append(np.array([np.broadcast_to(v, batch).reshape(count) for v in rows]))
            continue
        if any(np.size(value) > 1 for value in rows):
            raise ValueError(
                f"{name} must be an array of shape S from its first step on if it becomes one, "
                f"got the schedule {getattr(rule, name)!r}"
            )
        tables.append(np.array(rows, dtype=np.float64).reshape(-1, 1))
    return tables
