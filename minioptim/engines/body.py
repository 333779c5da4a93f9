"""What is the same for all coordinates, and what is left of an equation for one of them.

The equation is not rewritten; its parts are put where they are computed least often. What hangs on
hyper-parameters, t and numbers alone, such as ``1 - self.beta1**t``, is the same for all
coordinates. Each of the largest such parts becomes a constant, computed in float64 once a step. The
rest is the body of the loop, in which no number stands any more, so that nothing in it turns
float32 into float64.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from minioptim.engines.language import Method, Signature, entries, numpy_name, read
from minioptim.problems import Surface
from minioptim.rules import Rule


def query_and_step(rule: type[Rule]) -> tuple[Method | None, Method]:
    """Return the methods of a rule; None for a query that is x itself.

    Raises
    ------
    TranslationError
        The rule lies outside the language.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> query, step = query_and_step(Momentum)
    >>> query, step.arguments
    (None, ('g', 'x', 't', 'v'))
    """
    query = None
    if rule.query is not Rule.query:
        query = read(rule, Signature("query", ("x",), rule.state, None))
    step = Signature("step", ("g", "x", "t"), rule.state, 1 + len(rule.state))
    return query, read(rule, step)


def value_and_slopes(surface: type[Surface]) -> tuple[Method, Method]:
    """Return the methods f and df of a surface.

    Raises
    ------
    TranslationError
        The surface lies outside the language.

    Examples
    --------
    >>> from minioptim.problems import Ravine
    >>> [ast.unparse(method.result) for method in value_and_slopes(Ravine)]
    ['x ** 2 / 20 + y ** 2', '(x / 10, 2 * y)']
    """
    f = read(surface, Signature("f", ("x", "y"), (), None))
    return f, read(surface, Signature("df", ("x", "y"), (), 2))


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


class Body(ast.NodeTransformer):
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
        """Return the node as it stands in the loop: the name of a constant where it is one."""
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
        """Return a value of this coordinate, or the constant that the name stands for."""
        return self.fixed[node.id] if node.id in self.fixed else ast.Name(node.id + self.suffix)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Return a number as float64, whole or not."""
        return ast.Constant(float(node.value))  # type: ignore[arg-type]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Return the parameter of a self.<name>, or np.pi."""
        of_self = isinstance(node.value, ast.Name) and node.value.id == "self"
        return ast.Name(self.parameters[node.attr]) if of_self else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Return a signed expression."""
        return ast.UnaryOp(node.op, self.visit(node.operand))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return a sum, a product, a quotient or a power."""
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
        """Return a comparison as a number, 1 or 0."""
        yes, no = self.visit(ast.Constant(1.0)), self.visit(ast.Constant(0.0))
        return ast.IfExp(self._test(node), yes, no)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return the call of a function of np, and np.where as a choice."""
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
