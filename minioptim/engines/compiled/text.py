"""From the source of a rule to the text of a loop over coordinates.

The equation is not rewritten; its parts are put where they are computed least often. What hangs on
hyper-parameters, t and numbers alone, such as ``1 - self.beta1**t``, is the same for all
coordinates. Each of the largest such parts becomes a constant, computed in float64 once a step. The
rest is the body of the loop, in which no number stands any more, so that nothing in it turns
float32 into float64.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from string import Template
from typing import Any, NamedTuple

from minioptim.engines.language import Method, Signature, entries, numpy_name, read
from minioptim.problems import Surface
from minioptim.rules import Rule

BLOCK = 256
"""How many runs go through all steps together: their points and states stay in the first cache."""


class Constant(NamedTuple):
    """What is the same for all coordinates.

    Attributes
    ----------
    name : str
        Its name in the loop's text.
    text : str
        The expression, in terms of parameters and of constants above it.
    uses : set of str
        The parameters that it hangs on, by their names in the text; ``t`` too.
    """

    name: str
    text: str
    uses: frozenset[str]


class Constants:
    """The constants of one loop, each expression once, in the order in which they are needed."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.all: dict[str, Constant] = {}

    def add(self, node: ast.expr) -> str:
        """Return the name of the constant that has this expression."""
        text = ast.unparse(node)
        if text not in self.all:
            by_name = {constant.name: constant for constant in self}
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - {"np"}
            uses = frozenset().union(*(by_name[n].uses if n in by_name else {n} for n in names))
            self.all[text] = Constant(f"{self.prefix}{len(self.all)}", text, uses)
        return self.all[text].name

    def __iter__(self) -> Iterator[Constant]:
        return iter(self.all.values())


class _Body(ast.NodeTransformer):
    """Turns a method into lines for one coordinate and adds what they share to the constants.

    It makes new nodes, and leaves those of the method as they are for the next coordinate.

    Parameters
    ----------
    parameters : dict of str to str
        The name in the text of each self.<name>.
    constants : Constants
    suffix : str
        Ends every name of the method in the text, one suffix for each coordinate.
    inverted : bool
        Whether to multiply by the reciprocal of a constant instead of dividing by it.
    """

    def __init__(
        self, parameters: dict[str, str], constants: Constants, suffix: str, inverted: bool
    ) -> None:
        self.parameters = parameters
        self.constants = constants
        self.suffix = suffix
        self.inverted = inverted
        self.fixed: dict[str, ast.expr] = {}  # names that stand for a constant, at this line
        self.hoisting = False

    def lines(
        self, method: Method, values: Sequence[str], results: Sequence[str], t: int | None = None
    ) -> list[str]:
        """Return the text of a method that is given ``values`` and leaves ``results``.

        The argument at the place ``t``, if any, is the number of the step.
        """
        text = []
        for place, (name, value) in enumerate(zip(method.arguments, values, strict=False)):
            if place == t:
                self.fixed[name] = ast.Name("t")
            elif f"{name}{self.suffix}" != value:
                text.append(f"{name}{self.suffix} = {value}")
        for line in method.assignments:
            names = [ast.unparse(name) for name in entries(line.targets[0])]
            new = [self.visit(entry) for entry in entries(line.value)]  # all, with the old names
            found = dict(zip(names, new, strict=True))
            shared = {n: v for n, v in found.items() if self._is_constant(v)}
            moving = {f"{n}{self.suffix}": v for n, v in found.items() if n not in shared}
            self.fixed = {n: v for n, v in self.fixed.items() if n not in found} | shared
            if moving:
                text.append(f"{', '.join(moving)} = {', '.join(map(ast.unparse, moving.values()))}")
        made = [ast.unparse(self.visit(entry)) for entry in entries(method.result)]
        text.append(f"{', '.join(results)} = {', '.join(made)}")
        return text

    def visit(self, node: ast.AST) -> Any:
        if self.hoisting or not isinstance(node, ast.expr) or not self._shared(node):
            return super().visit(node)
        if isinstance(node, ast.Name):
            if not self._is_constant(self.fixed[node.id]):  # t itself
                return ast.Name(self.constants.add(self.fixed[node.id]))
            return self.fixed[node.id]
        self.hoisting = True
        whole = super().visit(node)
        self.hoisting = False
        return ast.Name(self.constants.add(whole))

    def _shared(self, node: ast.expr) -> bool:
        """Whether an expression is the same for all coordinates."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return names <= {"self", "np", *self.fixed}

    def _is_constant(self, node: ast.expr) -> bool:
        name = node.id if isinstance(node, ast.Name) else ""
        return any(constant.name == name for constant in self.constants)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.fixed[node.id] if node.id in self.fixed else ast.Name(node.id + self.suffix)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(float(node.value))  # type: ignore[arg-type]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        of_self = isinstance(node.value, ast.Name) and node.value.id == "self"
        return ast.Name(self.parameters[node.attr]) if of_self else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return ast.UnaryOp(node.op, self.visit(node.operand))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left = self.visit(node.left)
        if isinstance(node.op, ast.Pow) and not self.hoisting and _whole(node.right) is not None:
            return ast.BinOp(left, node.op, ast.Constant(_whole(node.right)))
        right = self.visit(node.right)
        divides = isinstance(node.op, ast.Div) and not self.hoisting
        if self.inverted and divides and self._is_constant(right):
            inverse = ast.BinOp(ast.Constant(1.0), ast.Div(), right)
            return ast.BinOp(left, ast.Mult(), ast.Name(self.constants.add(inverse)))
        return ast.BinOp(left, node.op, right)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        yes, no = self.visit(ast.Constant(1.0)), self.visit(ast.Constant(0.0))
        return ast.IfExp(self._test(node), yes, no)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if numpy_name(node) == "where":
            test, yes, no = node.args
            return ast.IfExp(self._test(test), self.visit(yes), self.visit(no))
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def _test(self, node: ast.expr) -> ast.expr:
        """Return a comparison as it stands, and any other test as whether it is not 0."""
        if isinstance(node, ast.Compare) and (self.hoisting or not self._shared(node)):
            left, right = self.visit(node.left), self.visit(node.comparators[0])
            return ast.Compare(left, node.ops, [right])
        return ast.Compare(self.visit(node), [ast.NotEq()], [self.visit(ast.Constant(0.0))])


def _whole(node: ast.expr) -> int | None:
    """Return the exponent if it is a whole number written out, which products compute."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _whole(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return int(node.value) if float(node.value).is_integer() else None
    return None


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
# Zeros, because the compiler masks the stores that hang on `asked`, and a masked store to a page
# that was never touched takes hundreds of cycles, though it stores nothing.
RUN = """
def run($arguments):
    work = np.zeros(($height, $block))
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
            for r in range(width):
                $per_run
                $step
                if asked:
                    $asked
            if now % every == 0 or now == last:
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
        $step
        if now % every == 0 or now == last:
            $record
            row += 1
    $store
    $value
    final_f[0] = value
"""
# Keep a row of the record, if that array is to be filled: it is empty if not.
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
    query, step = _query_and_step(rule)
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
    ['v_0 = k2 * v_0 - k3 * g_0']
    """
    query, step = _query_and_step(rule)
    f = read(surface, Signature("f", ("x", "y"), (), None))
    df = read(surface, Signature("df", ("x", "y"), (), 2))
    own = parameters_of(rule)
    of_surface = {field.name: f"q{i}" for i, field in enumerate(fields(surface))}  # type: ignore[arg-type]
    moving = sorted(own[name] for name in varied or ())

    # Two rows of work, one for each coordinate, for x, each state, the query and the gradient;
    # below them a row for each hyper-parameter that varies. Of a single run, a name for each.
    names = ["x", *(f"s{j}" for j in range(len(rule.state))), "query", "grad"]
    pairs = {name: (2 * j, 2 * j + 1) for j, name in enumerate(names)}
    tables = {p: 2 * len(names) + j for j, p in enumerate(moving)}
    one = varied is None

    def at(row: int) -> str:
        return f"w{row}" if one else f"work[{row}, r]"

    def kept(name: str) -> list[str]:
        row = "row - 1" if name in ("query", "grad") else "row"
        index = f"{row}, 0" if one else f"{row}, low + r"
        lines = [f"kept_{name}[{index}, {j}] = {at(pairs[name][j])}" for j in (0, 1)]
        return _filled(record, array=f"kept_{name}", lines=lines).splitlines()

    record = RECORD_ONE if one else RECORD
    constants, of_value = Constants("k"), Constants("f")
    held = {name: pairs[name] for name in names[:-2]}
    bodies = [_Body(own, constants, suffix, inverted=False) for suffix in ("_0", "_1")]
    lines: list[str] = []
    for j, body in enumerate(bodies):
        values = [at(pair[j]) for pair in held.values()]
        if query is None:
            lines.append(f"at{j} = {values[0]}")
        else:
            lines += body.lines(query, values, [f"at{j}"])
        body.fixed = {}
    slopes = _Body(of_surface, constants, "_2", inverted=False)
    lines += slopes.lines(df, ["at0", "at1"], ["slope0", "slope1"])
    for j, body in enumerate(bodies):
        values = [at(pair[j]) for pair in held.values()]
        lines += body.lines(step, [f"slope{j}", values[0], "t", *values[1:]], values, t=2)
    asked = [
        f"{at(pairs[name][j])} = {value}{j}"
        for name, value in (("query", "at"), ("grad", "slope"))
        for j in (0, 1)
    ]
    height = _Body(of_surface, of_value, "_3", inverted=False)
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
            [f"kept_{name}" for name in names],
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
        step=lines + (asked if one else []),
        asked=asked,
        record=[
            *(line for name in names for line in kept(name)),
            *_filled(
                record, array="kept_f", lines=[*value, f"kept_f[row, {index}] = value"]
            ).splitlines(),
        ],
        store=[f"{n}[{j}, {index}] = {at(pair[j])}" for n, pair in held.items() for j in (0, 1)],
        value=value,
    )


def _query_and_step(rule: type[Rule]) -> tuple[Method | None, Method]:
    """Return the methods of a rule; None for a query that is x itself."""
    query = None
    if rule.query is not Rule.query:
        query = read(rule, Signature("query", ("x",), rule.state, None))
    step = Signature("step", ("g", "x", "t"), rule.state, 1 + len(rule.state))
    return query, read(rule, step)


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
    loop = _Body(own, constants, "_0", inverted=True).lines(method, values, results, t)
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
