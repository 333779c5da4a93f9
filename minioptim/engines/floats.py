"""A single run on a surface, on Python's floats: the same bits as NumPy's, many times as fast.

An array of two numbers costs NumPy half a microsecond an operation, a float costs Python a
twentieth of that. The operations are those of `minioptim.engines.exact`: additions, products,
quotients and square roots have one right result, which both give, and NumPy itself is asked for the
rest, such as a cosine.

Python raises an error where NumPy gives an infinity or a NaN, as in 1/0. Then the same text makes
these steps again on NumPy's numbers, which are slower than floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, read_only
from minioptim.engines.arrays import Beginning, rule_at
from minioptim.engines.exact import Equations, Part, at_many_steps, function, of_rule
from minioptim.engines.record import Ended, Record, empty
from minioptim.problems import Problem

MANY = 1_024
"""How many steps are made before their record is written to arrays."""

INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def _largest(a: float, b: float) -> float:
    # NumPy decides about NaN, and about zeros of two signs.
    return a if a > b else b if b > a else _of_arrays(np.maximum, a, b)


def _smallest(a: float, b: float) -> float:
    return a if a < b else b if b < a else _of_arrays(np.minimum, a, b)


def _of_arrays(ufunc: Any, *given: float) -> float:
    """Return what NumPy gives for arrays of these numbers."""
    result: float = ufunc(*(np.array([number, number]) for number in given))[0]
    return result


def _as_float(ufunc: Any) -> Callable[[float], float]:
    return lambda a: float(ufunc(a))


ASKED = {name: getattr(np, name) for name in ("sign", "exp", "log", "cos", "sin")}
SHARED = {"absolute": abs, "maximum": _largest, "minimum": _smallest}
FLOATS = {**SHARED, "sqrt": math.sqrt} | {n: _as_float(ufunc) for n, ufunc in ASKED.items()}
NUMPYS = {**SHARED, "sqrt": np.sqrt, **ASKED}


def run(
    problem: Problem,
    beginning: Beginning,
    t: npt.NDArray[np.int64],
    every: int,
    record: tuple[str, ...],
    first_f: Array,
) -> Ended | None:
    """Make and record the steps of a single run on a surface; None if it cannot be made here.

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
    first_f : array of shape ()
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
    >>> beginning = begin(GradientDescent(lr=0.5), [4.0, 1.0])
    >>> run(Ravine(), beginning, np.array([0, 1, 2]), 1, ("x",), np.array(1.8)).recorded["x"]
    array([[4.  , 1.  ],
           [3.8 , 0.  ],
           [3.61, 0.  ]])
    """
    rule, _, done, start, start_state = beginning
    if start.shape != (2,) or (equations := of_rule(rule, problem, 2)) is None:
        return None
    loop, careful = _loops(equations, record)
    kept, last = empty(beginning, t, record, first_f), int(t[-1])
    now = [number for array in (start, *start_state) for number in array.tolist()]
    row = 1
    for begun in range(done, last, MANY):
        steps = range(begun + 1, min(begun + MANY, last) + 1)
        constants = _constants(equations, beginning, problem, steps)
        rows: list[float] = []
        try:
            now = loop(now, zip(steps, constants, strict=True), every, last, rows.extend)
        except (ArithmeticError, ValueError):
            rows = []
            ours = zip(steps, (tuple(map(np.float64, each)) for each in constants), strict=True)
            now = careful(map(np.float64, now), ours, every, last, rows.extend)
        row += _write(kept, row, rows, record)
    x, *state = (read_only(np.array(now[i : i + 2], dtype=float)) for i in range(0, len(now), 2))
    shown = kept.shown(record, (), rule.state)
    return Ended(x, problem.value(x), tuple(state), shown)


def _constants(
    equations: Equations, beginning: Beginning, problem: Problem, steps: range
) -> list[tuple[float, ...]]:
    """Return what is the same for both coordinates, as floats: a tuple for each step."""
    if beginning.first is not beginning.rule:  # scheduled
        found = []
        for t in steps:
            now = rule_at(beginning, t).as_arrays()
            fixed = equations.at_start(now, problem)
            found.append(tuple(map(_float, fixed + equations.at_step(now, problem, t, *fixed))))
        return found
    now = beginning.first.as_arrays()
    fixed = equations.at_start(now, problem)
    moving = at_many_steps(equations, now, problem, fixed, steps) or []
    first = tuple(map(_float, fixed))
    if not moving:
        return [first] * len(steps)
    return [(*first, *values) for values in zip(*(c.tolist() for c in moving), strict=True)]


def _float(value: Any) -> float:
    return float(np.asarray(value).item())


def _write(kept: Record, row: int, rows: list[float], record: tuple[str, ...]) -> int:
    """Write what steps left to the record from a row on, and return how many rows that were."""
    targets = _targets(kept, row, record)
    width = sum(array.shape[-1] for array in targets)
    if not width:
        return 0
    table = np.array(rows, dtype=float).reshape(-1, width)
    column = 0
    for array in targets:
        array[: len(table)] = table[:, column : column + array.shape[-1]]
        column += array.shape[-1]
    return len(table)


def _targets(kept: Record, row: int, record: tuple[str, ...]) -> list[Array]:
    """Return the rows that are next to be written, in the order in which a loop leaves numbers."""
    places = {"x": kept.x[row:, 0], "f": kept.f[row:]}
    places |= {"query": kept.query[row - 1 :, 0], "grad": kept.grad[row - 1 :, 0]}
    states = [state[row:, 0] for state in kept.state] if "state" in record else []
    return [array for name, array in places.items() if name in record] + states


@lru_cache(maxsize=256)
def _loops(equations: Equations, record: tuple[str, ...]) -> tuple[Callable[..., Any], ...]:
    """Return the loop over steps, on Python's floats and on NumPy's numbers."""
    count = len(equations.step[0].results)
    held = [f"x{j}" if not i else f"s{i - 1}_{j}" for i in range(count) for j in (0, 1)]
    lines, at = [], ["x0", "x1"]
    for j, part in enumerate(equations.query):
        more, [at[j]] = _written(part, f"q{j}", {})
        lines += more
    more, slopes = _written(equations.slopes, "d", {"x0": at[0], "x1": at[1]})
    lines += more
    made: dict[str, str] = {}
    for j, part in enumerate(equations.step):
        more, results = _written(part, f"n{j}", {f"g{j}": slopes[j]})
        lines += more
        made |= dict(zip(held[j::2], results, strict=True))
    # The place and the slopes are named before x is another: they may be x itself.
    asked = {"query": ("asked0", "asked1"), "grad": ("slope0", "slope1")}
    for name, values in (("query", at), ("grad", slopes)):
        if name in record:
            lines.append(f"{', '.join(asked[name])} = {', '.join(values)}")
    lines.append(f"{', '.join(held)} = {', '.join(made[name] for name in held)}")
    heights, value = _written(equations.value, "f", {})
    places = {"x": ("x0", "x1"), "f": tuple(value), **asked}
    left = [name for key in places if key in record for name in places[key]]
    left += held[2:] if "state" in record else []
    if left:
        lines.append("if t % every == 0 or t == last:")
        lines += [f"    {line}" for line in heights if "f" in record]
        lines.append(f"    keep(({', '.join(left)},))")
    names = (*equations.fixed, *equations.moving)
    text = [
        f"{', '.join(held)} = now",
        f"for t, ({''.join(f'{name}, ' for name in names)}) in steps:",
        *(f"    {line}" for line in lines),
    ]
    arguments = ("now", "steps", "every", "last", "keep")
    return tuple(function("run", arguments, text, held, scope) for scope in (FLOATS, NUMPYS))


def _written(part: Part, prefix: str, names: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the lines of a part, and where its results are, with names put for its own."""
    part = part.renamed(prefix, names)
    lines = [f"{made} = {_expression(called, given)}" for made, called, given in part.operations]
    return lines, list(part.results)


def _expression(called: str, given: Sequence[str]) -> str:
    if called in INFIX:
        return f" {INFIX[called]} ".join(given)
    if called == "square":
        return f"{given[0]} * {given[0]}"
    return f"-{given[0]}" if called == "negative" else f"{called}({', '.join(given)})"
