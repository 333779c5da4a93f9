"""From the source of a rule, and of a surface, to the text of a loop over coordinates."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import fields
from string import Template

from minioptim.engines.body import (
    Body,
    Constant,
    Constants,
    query_and_step,
    value_and_slopes,
)
from minioptim.engines.language import Method
from minioptim.problems import Surface
from minioptim.rules import Rule

BLOCK = 256
"""How many runs go through all steps together: their points and states stay in the first cache."""


def parameters_of(rule: type[Rule]) -> dict[str, str]:
    """Return the name in the text of each hyper-parameter, in their order.

    Raises
    ------
    Nothing; a rule without hyper-parameters has none.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> parameters_of(Momentum)
    {'lr': 'p0', 'momentum': 'p1'}
    """
    return {field.name: f"p{i}" for i, field in enumerate(fields(rule))}


STEP = """
def advance($arguments):
    $constants
    zero, small = np.$number(0), np.$number(tiny)
    for i in range(x.size):
        $step
        $stores
"""
LOOK = """
def look($arguments):
    $constants
    for i in range(x.size):
        $query
        out[i] = made0
"""
# Where the gradient is asked for, and what it is, is computed anew for the record: stores that hang
# on whether it is wanted would slow down every step.
RUN = """
def run($arguments):
    work = np.empty(($height, $block))
    asked = kept_query.shape[0] + kept_grad.shape[0] > 0
    $per_call
    for low in range(begin, end, $block):
        width = min($block, end - low)
        for r in range(width):
            $load
        row = first_row
        for i in range(steps):
            now = done + i + 1
            t = float(now)
            $per_step
            $varied
            recorded = now % every == 0 or now == last
            if recorded and asked:
                for r in range(width):
                    $per_run
                    $gradient
                    $asked
            for r in range(width):
                $per_run
                $gradient
                $step
            if recorded:
                $record
                row += 1
        for r in range(width):
            $store
            $value
            final_f[low + r] = value
"""
# The same for a single run, whose point and state then stay in registers.
RUN_ONE = """
def run($arguments):
    $per_call
    $load
    row = first_row
    for i in range(steps):
        now = done + i + 1
        t = float(now)
        $per_step
        $gradient
        $step
        if now % every == 0 or now == last:
            $asked
            $record
            row += 1
    $store
    $value
    final_f[0] = value
"""
# Keep a row of the record, or one run's part of it, if that array is to be filled: it is empty if
# not.
RECORD = """
if $array.shape[0] > 0:
    for r in range(width):
        $lines
"""
RECORD_ONE = """
if $array.shape[0] > 0:
    $lines
"""
VARIED = """
if i == 0 or all_$p.shape[0] > 1:
    for r in range(width):
        work[$place, r] = all_$p[min(i, all_$p.shape[0] - 1), low + r]
"""


def step_text(rule: type[Rule], number: str) -> str:
    """Return the text of ``advance``, which makes one step in place, and of ``look``, its query.

    ``advance(t, tiny, *hyper_parameters, g, x, *states)`` and ``look(*hyper_parameters, x, *states,
    out)`` take one-dimensional arrays of equal length. A state below ``tiny`` in size becomes 0.
    There is no ``look`` if the rule asks for the gradient at x.

    Parameters
    ----------
    rule : subclass of Rule
    number : "float32" or "float64"
        The type of the arrays.

    Raises
    ------
    TranslationError
        The rule lies outside the language.

    Examples
    --------
    >>> from minioptim.rules import GradientDescent
    >>> print(step_text(GradientDescent, "float32"))
    import numpy as np
    <BLANKLINE>
    def advance(t, tiny, p0, g, x):
        c0 = p0
        k0 = np.float32(c0)
        zero, small = np.float32(0), np.float32(tiny)
        for i in range(x.size):
            g_0 = g[i]
            x_0 = x[i]
            made0 = x_0 - k0 * g_0
            x[i] = made0
    <BLANKLINE>
    """
    query, step = query_and_step(rule)
    own = parameters_of(rule)
    states = [f"s{j}" for j in range(len(rule.state))]
    of_states = [f"{state}[i]" for state in states]
    made = [f"made{j}" for j in range(1 + len(states))]
    loop, constants = _typed(own, step, ["g[i]", "x[i]", "t", *of_states], made, number, 2)
    text = "import numpy as np\n" + _filled(
        STEP,
        arguments=_listed(["t", "tiny"], own.values(), ["g", "x"], states),
        constants=constants,
        number=number,
        step=loop,
        stores=[
            "x[i] = made0",
            *(
                f"s{j}[i] = zero if abs(made{j + 1}) < small else made{j + 1}"
                for j in range(len(states))
            ),
        ],
    )
    if query is not None:
        loop, constants = _typed(own, query, ["x[i]", *of_states], ["made0"], number, None)
        arguments = _listed(own.values(), ["x"], states, ["out"])
        text += _filled(LOOK, arguments=arguments, constants=constants, query=loop)
    return text


def run_text(rule: type[Rule], surface: type[Surface], varied: frozenset[str] | None) -> str:
    """Return the text of ``run``, which makes and records steps of runs on a surface.

    Its arguments, and what it does with them, are those that `runs.run` passes.

    Parameters
    ----------
    rule : subclass of Rule
    surface : subclass of Surface
    varied : set of str, or None
        The hyper-parameters that differ between the runs. What hangs on none of them is computed
        once a step for all runs. None if there is a single run.

    Raises
    ------
    TranslationError
        The rule or the surface lies outside the language.

    Examples
    --------
    >>> from minioptim.problems import Ravine
    >>> from minioptim.rules import Momentum
    >>> text = run_text(Momentum, Ravine, frozenset({"lr"}))
    >>> [line.strip() for line in text.splitlines() if "v_0 = k" in line]
    ['v_0 = k3 * v_0 - k4 * g_0']
    """
    query, step = query_and_step(rule)
    f, df = value_and_slopes(surface)
    own = parameters_of(rule)
    of_surface = {field.name: f"q{i}" for i, field in enumerate(fields(surface))}  # type: ignore[arg-type]
    moving = sorted(own[name] for name in varied or ())

    # Two rows of work, one for each coordinate, for x and each state; below them a row for each
    # hyper-parameter that varies. Of a single run, a name for each.
    names = ["x", *(f"s{j}" for j in range(len(rule.state)))]
    held = {name: (2 * j, 2 * j + 1) for j, name in enumerate(names)}
    tables = {p: 2 * len(names) + j for j, p in enumerate(moving)}
    one = varied is None

    def at(row: int) -> str:
        return f"w{row}" if one else f"work[{row}, r]"

    def kept(name: str, row: str, values: Sequence[str], template: str) -> list[str]:
        index = f"{row}, 0" if one else f"{row}, low + r"
        lines = [f"kept_{name}[{index}, {j}] = {value}" for j, value in enumerate(values)]
        return _filled(template, array=f"kept_{name}", lines=lines).splitlines()

    record = RECORD_ONE if one else RECORD
    constants, of_value = Constants("k"), Constants("f")
    bodies = [Body(own, constants, suffix, inverted=True) for suffix in ("_0", "_1")]
    gradient: list[str] = []
    for j, body in enumerate(bodies):
        values = [at(pair[j]) for pair in held.values()]
        if query is None:
            gradient.append(f"at{j} = {values[0]}")
        else:
            gradient += body.lines(query, values, [f"at{j}"])
        body.fixed = {}
    slopes = Body(of_surface, constants, "_2", inverted=True)
    gradient += slopes.lines(df, ["at0", "at1"], ["slope0", "slope1"])
    made: list[str] = []
    for j, body in enumerate(bodies):
        values = [at(pair[j]) for pair in held.values()]
        made += body.lines(step, [f"slope{j}", values[0], "t", *values[1:]], values, t=2)
    asked = [
        line
        for name, values in (("query", ["at0", "at1"]), ("grad", ["slope0", "slope1"]))
        for line in kept(name, "row - 1", values, RECORD_ONE)
    ]
    height = Body(of_surface, of_value, "_3", inverted=True)
    value = height.lines(f, [at(row) for row in held["x"]], ["value"])

    fixed = {"t", *own.values()}
    per_call = [c for c in (*constants, *of_value) if not c.uses & fixed]
    per_run = [c for c in constants if c.uses & set(moving)]
    per_step = [c for c in constants if c.uses & fixed and not c.uses & set(moving)]
    index = "0" if one else "low + r"
    return "import numpy as np\n" + _filled(
        RUN_ONE if one else RUN,
        arguments=_listed(
            ["begin", "end", "done", "steps", "last", "every", "first_row"],
            [f"all_{p}" for p in own.values()],
            of_surface.values(),
            held,
            ["final_f", "kept_f"],
            [f"kept_{name}" for name in (*names, "query", "grad")],
        ),
        height=str(2 * len(names) + len(moving)),
        block=str(BLOCK),
        per_call=_assigned(per_call),
        load=[f"{at(pair[j])} = {n}[{j}, {index}]" for n, pair in held.items() for j in (0, 1)],
        per_step=[
            *(
                f"{p} = all_{p}[min(i, all_{p}.shape[0] - 1), 0]"
                for p in _used(per_step, own.values())
            ),
            *_assigned(per_step),
        ],
        varied=[
            line
            for p, row in tables.items()
            for line in _filled(VARIED, p=p, place=str(row)).splitlines()
        ],
        per_run=[*(f"{p} = {at(row)}" for p, row in tables.items()), *_assigned(per_run)],
        gradient=gradient,
        step=made,
        asked=asked,
        record=[
            *(
                line
                for name, pair in held.items()
                for line in kept(name, "row", [at(row) for row in pair], record)
            ),
            *_filled(
                record, array="kept_f", lines=[*value, f"kept_f[row, {index}] = value"]
            ).splitlines(),
        ],
        store=[f"{n}[{j}, {index}] = {at(pair[j])}" for n, pair in held.items() for j in (0, 1)],
        value=value,
    )


def _typed(
    own: dict[str, str],
    method: Method,
    values: Sequence[str],
    results: Sequence[str],
    number: str,
    t: int | None,
) -> tuple[list[str], list[str]]:
    """Return the body of a loop, and the constants before it: exact as c, cast to a type as k."""
    constants = Constants("k")
    loop = Body(own, constants, "_0", inverted=True).lines(method, values, results, t)
    exact = {c.name: ast.Name(f"c{i}") for i, c in enumerate(constants)}
    lines = []
    for c in constants:
        text = ast.unparse(_Renamed(exact).visit(ast.parse(c.text, mode="eval")))
        lines += [f"{exact[c.name].id} = {text}", f"{c.name} = np.{number}({exact[c.name].id})"]
    return loop, lines


class _Renamed(ast.NodeTransformer):
    """Puts one name for another."""

    def __init__(self, names: dict[str, ast.Name]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return self.names.get(node.id, node)


def _assigned(constants: Iterable[Constant]) -> list[str]:
    return [f"{constant.name} = {constant.text}" for constant in constants]


def _used(constants: Iterable[Constant], names: Iterable[str]) -> list[str]:
    """Return those of the names that some constant hangs on."""
    uses = {name for constant in constants for name in constant.uses}
    return [name for name in names if name in uses]


def _listed(*parts: Iterable[str]) -> str:
    return ", ".join(name for part in parts for name in part)


def _filled(template: str, **parts: str | list[str]) -> str:
    """Return a template with each $name filled in; lines for a $name that stands alone."""
    lines = []
    for line in template.removeprefix("\n").split("\n"):
        alone = parts.get(line.strip().removeprefix("$"))
        if isinstance(alone, list):
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + entry for entry in alone if entry]
        else:
            words = {name: part for name, part in parts.items() if isinstance(part, str)}
            lines.append(Template(line).substitute(words))
    return "\n".join(["", *lines]) if template.startswith("\ndef") else "\n".join(lines)
