"""An equation as single operations, each the one that NumPy carries out on arrays.

A rule's ``step`` run by NumPy makes a new array for each operation, and checks its arguments each
time. The same operations in the same order, on other numbers or into memory that is there already,
give the same bits in a fraction of the time. This is what `minioptim.engines.floats` and
`minioptim.engines.blocks` are made of.

Only what is certain to give the same bits is accepted. A comparison, ``np.where`` or a power other
than a square is not, nor is a method whose text cannot be read: there NumPy runs the method itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minioptim._arguments import Array
from minioptim.engines.body import Body, Constants, query_and_step, value_and_slopes
from minioptim.engines.language import TranslationError, entries, numpy_name, runs_as_written
from minioptim.problems import Problem, Surface
from minioptim.rules import MatrixRule, Rule

FUNCTIONS: dict[type[Any], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.USub: "negative",
}
NAMES = {"abs": "absolute"}  # of those that a method calls by another name than the ufunc's own


class Operation(NamedTuple):
    """One operation: ``made = function(*given)``, where a name stands for each value."""

    made: str
    function: str
    given: tuple[str, ...]


class Part(NamedTuple):
    """The operations of one method, in their order, and the name of each of its results."""

    operations: tuple[Operation, ...]
    results: tuple[str, ...]

    def renamed(self, prefix: str, names: dict[str, str]) -> Part:
        """Return the part with a prefix to the names that it makes, and others as given."""
        names = names | {operation.made: prefix + operation.made for operation in self.operations}
        return Part(
            tuple(
                Operation(names[made], called, tuple(names.get(name, name) for name in given))
                for made, called, given in self.operations
            ),
            tuple(names.get(result, result) for result in self.results),
        )

    def without_ones(self, ones: frozenset[str]) -> Part:
        """Return the part in which nothing is multiplied or divided by these names, all 1."""
        same: dict[str, str] = {}
        kept = []
        for made, called, given in self.operations:
            left, *more = given = tuple(same.get(name, name) for name in given)
            if called in ("multiply", "divide") and more[0] in ones:
                same[made] = left
            elif called == "multiply" and left in ones:
                same[made] = more[0]
            else:
                kept.append(Operation(made, called, given))
        return Part(tuple(kept), tuple(same.get(name, name) for name in self.results))


class Equations(NamedTuple):
    """A rule, and the surface that it runs on if there is one, as operations.

    Operations read the coordinates x0 and x1, g0, s0_0 (the first state's first coordinate) and so
    on, or x, g, s0 where a rule is stepped on whole arrays.

    Attributes
    ----------
    query, step, slopes, value : Part
        ``query`` has no operations if it is x itself; ``slopes`` and ``value`` none if there is no
        surface.
    fixed, moving : tuple of str
        The names of what is the same for all coordinates, at all steps or at one.
    at_start : callable
        ``at_start(rule, surface)`` returns the values of ``fixed``, computed as NumPy does when it
        runs the methods themselves.
    at_step : callable
        ``at_step(rule, surface, t, *fixed)`` returns those of ``moving``.
    together : bool
        Whether ``at_step`` gives the same bits for an array of steps beyond the second.
    """

    query: tuple[Part, ...]
    step: tuple[Part, ...]
    slopes: Part
    value: Part
    fixed: tuple[str, ...]
    moving: tuple[str, ...]
    at_start: Callable[..., tuple[Any, ...]]
    at_step: Callable[..., tuple[Any, ...]]
    together: bool


def of_rule(rule: Rule, surface: Problem | None = None, coordinates: int = 1) -> Equations | None:
    """Return a rule, and the surface that it runs on, as operations; None if that cannot be.

    Parameters
    ----------
    rule : Rule
    surface : Problem, optional
        None is returned if it is not a `Surface` with the methods of one.
    coordinates : 1 or 2
        Whether the rule's operations are on whole arrays, or written for each coordinate.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> equations = of_rule(Momentum())
    >>> for operation in equations.step[0].operations:
    ...     print(operation.made, operation.function, *operation.given)
    w0 multiply k0 s0
    w1 multiply k1 g
    w2 subtract w0 w1
    w3 add x w2
    >>> equations.step[0].results
    ('w3', 'w2')
    """
    kind: Any = type(rule)
    if isinstance(rule, MatrixRule):
        return None
    methods = [kind.query, kind.step]
    on: Any = None
    if surface is not None:
        on = type(surface)
        usual = all(
            getattr(on, name, None) is getattr(Surface, name)
            for name in ("value", "gradient", "oracle")
        )
        if not isinstance(surface, Surface) or not usual:
            return None
        if any(type(getattr(surface, f.name)) not in (int, float) for f in fields(on)):
            return None
        methods += [on.f, on.df]
    # By the methods too, because a class may be given others.
    return _equations(kind, on, coordinates, tuple(methods))


@lru_cache(maxsize=256)
def _equations(
    rule: type[Rule], surface: type[Surface] | None, coordinates: int, methods: tuple[Any, ...]
) -> Equations | None:
    if not all(map(runs_as_written, methods)):
        return None
    try:
        return _read(rule, surface, coordinates)
    except (TranslationError, TypeError):  # TypeError: a class without fields
        return None


def _read(rule: type[Rule], surface: type[Surface] | None, coordinates: int) -> Equations:
    query, step = query_and_step(rule)
    own = {field.name: f"rule.{field.name}" for field in fields(rule)}
    shared = Constants("k")
    ends = ("",) if coordinates == 1 else ("0", "1")
    queries, steps = [], []
    for end in ends:
        states = [f"s{j}{'_' * (coordinates > 1)}{end}" for j in range(len(rule.state))]
        body = Exact(own, shared, "_", inverted=False)
        if query is not None:
            lines = body.lines(query, [f"x{end}", *states], ["made0"])
            queries.append(_operations(lines, ["made0"]))
        body = Exact(own, shared, "_", inverted=False)
        made = [f"made{j}" for j in range(1 + len(states))]
        given = [f"g{end}", f"x{end}", "t", *states]
        steps.append(_operations(body.lines(step, given, made, t=2), made))
        if any(_is_constant(name, shared) for name in steps[-1].results):
            raise TranslationError(f"{rule.__name__}.step returns what is no array")
    slopes = value = Part((), ())
    if surface is not None:
        f, df = value_and_slopes(surface)
        of_surface = {field.name: f"surface.{field.name}" for field in fields(surface)}  # type: ignore[arg-type]
        body = Exact(of_surface, shared, "_", inverted=False)
        slopes = _operations(body.lines(df, ["x0", "x1"], ["made0", "made1"]), ["made0", "made1"])
        body = Exact(of_surface, shared, "_", inverted=False)
        value = _operations(body.lines(f, ["x0", "x1"], ["made0"]), ["made0"])
    moving = tuple(c.name for c in shared if "t" in c.uses)
    fixed = tuple(c.name for c in shared if "t" not in c.uses)
    texts = {c.name: c.text for c in shared}
    return Equations(
        tuple(queries),
        tuple(steps),
        slopes,
        value,
        fixed,
        moving,
        function("made", ("rule", "surface"), _given(texts, fixed), fixed, {"np": np}),
        function(
            "made", ("rule", "surface", "t", *fixed), _given(texts, moving), moving, {"np": np}
        ),
        _together(texts, moving),
    )


class Exact(Body, ast.NodeTransformer):
    """A body that keeps every number as it is written, and refuses what NumPy may round otherwise.

    NumPy raises a number, an array and an array of one entry to a power by different routines.
    """

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Return the number itself."""
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return a sum, a product, a quotient or a square."""
        if not isinstance(node.op, ast.Pow) or self.hoisting:
            return super().visit_BinOp(node)
        if not isinstance(node.right, ast.Constant) or repr(node.right.value) != "2":
            raise TranslationError(f"a power other than a square: {ast.unparse(node)}")
        return ast.Call(ast.parse("np.square", mode="eval").body, [self.visit(node.left)], [])

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Refuse a comparison, whose sums NumPy takes for those of truth values."""
        raise TranslationError(f"a comparison: {ast.unparse(node)}")

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return the call of a function of np, but for np.where."""
        if numpy_name(node) == "where":
            raise TranslationError(f"a choice: {ast.unparse(node)}")
        return super().visit_Call(node)


def at_many_steps(
    equations: Equations, now: Any, surface: Any, fixed: tuple[Any, ...], steps: range
) -> list[Array] | None:
    """Return the values of ``moving`` at many steps, or None where they are not single numbers.

    Parameters
    ----------
    equations : Equations
    now : Rule
        The rule, the same at all steps, with its hyper-parameters as arrays.
    surface : Surface or None
    fixed : tuple
        What ``at_start`` returned.
    steps : range

    Returns
    -------
    list of arrays of shape (len(steps),)

    Raises
    ------
    Nothing but what an operation of Python's own raises, such as 1 / 0.

    Examples
    --------
    >>> from minioptim.rules import Adam
    >>> equations, rule = of_rule(Adam()), Adam(beta1=0.5, beta2=0.75).as_arrays()
    >>> fixed = equations.at_start(rule, None)
    >>> [values.tolist() for values in at_many_steps(equations, rule, None, fixed, range(1, 3))]
    [[0.5, 0.75], [0.25, 0.4375]]
    """

    def alone(t: int) -> tuple[Any, ...]:
        return equations.at_step(now, surface, t, *fixed)

    if any(np.size(value) > 1 for value in alone(steps[0])):
        return None
    # Of the square of an array NumPy makes a product.
    apart = [t for t in steps if t <= 2 or not equations.together]
    columns = [np.empty(len(steps)) for _ in equations.moving]
    for row, t in enumerate(apart):
        for column, value in zip(columns, alone(t), strict=True):
            column[row] = np.asarray(value).item()
    if len(apart) < len(steps):
        rest = equations.at_step(now, surface, np.array(steps[len(apart) :]), *fixed)
        for column, values in zip(columns, rest, strict=True):
            column[len(apart) :] = values
    return columns


def function(
    name: str,
    arguments: Iterable[str],
    lines: Iterable[str],
    results: Iterable[str],
    scope: dict[str, Any],
) -> Callable[..., tuple[Any, ...]]:
    """Return the function that has these lines and returns these names as a tuple.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> function("twice", ["x"], ["y = 2 * x"], ["x", "y"], {})(3)
    (3, 6)
    """
    returned = f"return ({''.join(f'{result}, ' for result in results)})"
    body = "".join(f"    {line}\n" for line in (*lines, returned))
    held = dict(scope)
    exec(f"def {name}({', '.join(arguments)}):\n{body}", held)  # noqa: S102  of our own writing
    made: Callable[..., tuple[Any, ...]] = held[name]
    return made


def _given(texts: dict[str, str], names: Sequence[str]) -> list[str]:
    return [f"{name} = {texts[name]}" for name in names]


def _is_constant(name: str, shared: Constants) -> bool:
    return any(constant.name == name for constant in shared)


def _operations(lines: Iterable[str], results: Sequence[str]) -> Part:
    """Return the operations of some lines, each once, and the names of the results."""
    made: dict[tuple[str, ...], Operation] = {}
    held: dict[str, str] = {}  # what each name of the lines stands for at this line

    def name_of(node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return held.get(node.id, node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
            return name_of(node.operand)
        if isinstance(node, ast.Call):
            called = numpy_name(node) or ""
            key = (NAMES.get(called, called), *map(name_of, node.args))
        elif isinstance(node, ast.UnaryOp):
            key = (FUNCTIONS[type(node.op)], name_of(node.operand))
        elif isinstance(node, ast.BinOp):
            key = (FUNCTIONS[type(node.op)], name_of(node.left), name_of(node.right))
        else:
            raise TranslationError(f"not an operation: {ast.unparse(node)}")
        return made.setdefault(key, Operation(f"w{len(made)}", key[0], key[1:])).made

    for line in lines:
        left, _, right = line.partition(" = ")
        targets, values = (entries(ast.parse(side, mode="eval").body) for side in (left, right))
        new = [name_of(value) for value in values]
        held.update(zip((ast.unparse(target) for target in targets), new, strict=True))
    wanted = tuple(held.get(result, result) for result in results)
    return Part(_needed(tuple(made.values()), wanted), wanted)


def _needed(operations: tuple[Operation, ...], results: Iterable[str]) -> tuple[Operation, ...]:
    """Return those operations that some result hangs on."""
    needed, kept = set(results), []
    for operation in reversed(operations):
        if operation.made in needed:
            needed.update(operation.given)
            kept.append(operation)
    return tuple(reversed(kept))


def _together(texts: dict[str, str], moving: Sequence[str]) -> bool:
    """Whether constants may be computed for an array of steps as they are for a single one.

    Where a power hangs on t, its base or its exponent must be an array already, which a
    hyper-parameter is: Python and NumPy raise to powers by different routines.
    """
    arrays: set[str] = set()

    def is_array(node: ast.expr) -> bool:
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return bool(names & ({"rule"} | arrays))

    for name, text in texts.items():
        tree = ast.parse(text, mode="eval").body
        if name in moving:
            for node in ast.walk(tree):
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                    by_t = isinstance(node.right, ast.Name) and node.right.id == "t"
                    if not is_array(node.right) and not (by_t and is_array(node.left)):
                        return False
        if is_array(tree):
            arrays.add(name)
    return True
