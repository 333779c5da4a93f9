"""Rules and surfaces as JavaScript, translated from their Python source at run time.

A live figure runs the same text that NumPy runs: the source of ``step`` is read and translated.
Each class becomes a class, ``Adam(lr=0.1)`` in Python is ``new Adam({lr: 0.1})`` on the page, and a
method takes and returns numbers, one coordinate at a time.

The translator is a short visitor written for this purpose, not a library. PScript, the closest one,
inserts run-time helpers where ``+`` might join lists, unless an option inside each function says
otherwise, and gives no control over how ``**`` is written. Rules and surfaces are pure arithmetic,
and so is the language accepted here; anything else is an error that says what is wrong and where.

One power differs: 1 or -1 to an infinite power, and 1 to the power NaN, are 1 in NumPy and NaN in
JavaScript's ``Math.pow``. A helper in every class would cost each figure more than this corner is
worth; a rule that may reach it says what it means with ``np.where``.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from minioptim.engines.language import (
    Method,
    Signature,
    TranslationError,
    entries,
    numpy_name,
    read,
)
from minioptim.problems import Surface
from minioptim.rules import MatrixRule, Rule

__all__ = ["TranslationError", "module_source", "rule_source", "surface_source"]

# NumPy's name: JavaScript's name. `where` is an expression of its own.
FUNCTIONS = {
    "sqrt": "Math.sqrt",
    "abs": "Math.abs",
    "sign": "Math.sign",
    "exp": "Math.exp",
    "log": "Math.log",
    "cos": "Math.cos",
    "sin": "Math.sin",
    "maximum": "Math.max",
    "minimum": "Math.min",
}

# How tightly an operator binds, the same in both languages; `**` becomes a call or a product.
BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", 1),
    ast.Sub: ("-", 1),
    ast.Mult: ("*", 2),
    ast.Div: ("/", 2),
}
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+"}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
}
COMPARISON, PRODUCT, SIGN, ATOM = 0, 2, 3, 4

# Names that are free in Python but reserved in JavaScript, and those that the translation itself
# uses: a class or a variable called Math would hide the Math that its methods call.
WORDS = (
    "arguments case catch const debugger default delete do enum eval export extends function "
    "implements instanceof interface let new null package private protected public static "
    "super switch this throw true false typeof var void "
    "Infinity Math NaN Object __proto__"
)
RESERVED = frozenset(WORDS.split())
# A class may not have fields of these names: they refer to the class and its ancestors.
NOT_A_FIELD = ("constructor", "__proto__")


def rule_source(rule_class: type[Rule]) -> str:
    """Return a rule as the text of a JavaScript class.

    Its instances have the hyper-parameters with their defaults, the names of the ``state``, and the
    methods ``start(x)``, ``step(g, x, t, ...state)`` and, if the gradient is not asked for at x,
    ``query(x, ...state)``, which act on one coordinate; ``start`` and ``step`` return arrays. The
    same class gives the same text.

    Parameters
    ----------
    rule_class : subclass of Rule
        The class, not an instance. Inherited methods are found as Python finds them.

    Raises
    ------
    TypeError
        ``rule_class`` is not a subclass of Rule, or it is one for matrices.
    TranslationError
        A method is not pure arithmetic, has no source, or does not take and return what the loop
        passes and expects; the default of a hyper-parameter is not a number; or the class or a
        hyper-parameter has a name that JavaScript reserves.

    Examples
    --------
    >>> from minioptim.rules import Nesterov
    >>> print(rule_source(Nesterov))
    class Nesterov {
      state = ["v"];
      lr = 0.01;
      momentum = 0.9;
      constructor(values = {}) {
        Object.assign(Object.seal(this), values);
      }
      start(x) {
        return [0.0];
      }
      query(x, v) {
        return x + this.momentum * v;
      }
      step(g, x, t, v) {
        v = this.momentum * v - this.lr * g;
        return [x + v, v];
      }
    }
    """
    _check_class("rule_class", rule_class, Rule)
    if issubclass(rule_class, MatrixRule):
        raise TypeError(
            "rule_class must treat every coordinate separately, because a page runs it that way; "
            f"{rule_class.__name__} sees a layer's matrix and runs on arrays alone"
        )
    state = rule_class.state
    if rule_class.start is Rule.start:
        # It counts the states, which is not arithmetic; its value depends only on the class.
        start = f"start(x) {{\n  return {_literal((0.0,) * len(state))};\n}}"
    else:
        start = _method(rule_class, Signature("start", ("x",), (), len(state)))
    asks = rule_class.query is not Rule.query
    query = [_method(rule_class, Signature("query", ("x",), state, None))] if asks else []
    step = _method(rule_class, Signature("step", ("g", "x", "t"), state, 1 + len(state)))
    return _class(rule_class, {"state": state}, [start, *query, step])


def surface_source(surface_class: type[Surface]) -> str:
    """Return a surface as the text of a JavaScript class.

    Its instances have ``minimum``, ``domain``, ``start`` and the methods ``f(x, y)``
    and ``df(x, y)``, which returns an array. The same class gives the same text.

    Parameters
    ----------
    surface_class : subclass of Surface
        The class, not an instance.

    Raises
    ------
    TypeError
        ``surface_class`` is not a subclass of Surface.
    TranslationError
        As for `rule_source`.

    Examples
    --------
    >>> from minioptim.problems import Ravine
    >>> print(surface_source(Ravine))
    class Ravine {
      minimum = 0.0;
      domain = [[-10.0, 10.0], [-5.0, 5.0]];
      start = [-7.0, 2.0];
      constructor(values = {}) {
        Object.assign(Object.seal(this), values);
      }
      f(x, y) {
        return x * x / 20 + y * y;
      }
      df(x, y) {
        return [x / 10, 2 * y];
      }
    }
    """
    _check_class("surface_class", surface_class, Surface)
    names = ("minimum", "domain", "start")
    constants = {name: getattr(surface_class, name) for name in names}
    f = _method(surface_class, Signature("f", ("x", "y"), (), None))
    df = _method(surface_class, Signature("df", ("x", "y"), (), 2))
    return _class(surface_class, constants, [f, df])


def module_source(rules: Iterable[type[Rule]], surfaces: Iterable[type[Surface]]) -> str:
    """Return one plain ES module that exports ``rules`` and ``surfaces``, classes by name.

    Parameters
    ----------
    rules : iterable of subclasses of Rule
    surfaces : iterable of subclasses of Surface

    Raises
    ------
    TypeError, TranslationError
        As for `rule_source` and `surface_source`.
    ValueError
        Two rules, or two surfaces, have the same name.

    Examples
    --------
    >>> from minioptim.problems import Ravine
    >>> from minioptim.rules import Adam
    >>> [line for line in module_source([Adam], [Ravine]).splitlines() if "class" in line]
    ['  Adam: class Adam {', '  Ravine: class Ravine {']
    """
    parts = (
        _export("rules", {c: rule_source(c) for c in rules}),
        _export("surfaces", {c: surface_source(c) for c in surfaces}),
    )
    return "\n".join(parts)


def _export(name: str, sources: dict[Any, str]) -> str:
    names = [cls.__name__ for cls in sources]
    if len(set(names)) < len(names):
        raise ValueError(f"{name} must have different names, got {names}")
    entries = [f"{cls.__name__}: {source}," for cls, source in sources.items()]
    return "\n".join([f"export const {name} = {{", *map(_indented, entries), "};", ""])


def _class(cls: type[Any], constants: dict[str, Any], methods: list[str]) -> str:
    if cls.__name__ in RESERVED or not cls.__name__.isidentifier():
        raise TranslationError(
            f"{cls.__name__} cannot be the name of a class in JavaScript: choose another"
        )
    values = constants | {field.name: _default(cls, field) for field in fields(cls)}
    lines = [f"{name} = {_literal(value)};" for name, value in values.items()]
    # A sealed object refuses a value for a hyper-parameter that it does not have.
    make = "constructor(values = {}) {\n  Object.assign(Object.seal(this), values);\n}"
    return "\n".join([f"class {cls.__name__} {{", *map(_indented, [*lines, make, *methods]), "}"])


def _default(cls: type[Any], field: Any) -> float:
    if field.name in NOT_A_FIELD:
        raise TranslationError(
            f"{cls.__name__}.{field.name}: in JavaScript no hyper-parameter can have this name"
        )
    value = field.default
    if value is MISSING or isinstance(value, bool) or not isinstance(value, (int, float)):
        got = "none" if value is MISSING else repr(value)
        raise TranslationError(f"{cls.__name__}.{field.name} must have a number as default: {got}")
    return float(value)


def _literal(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    # Both languages write a finite float in its shortest digits.
    digits = repr(value if isinstance(value, int) else float(value))
    return digits.replace("inf", "Infinity").replace("nan", "NaN")


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


def _check_class(name: str, cls: Any, base: type[Any]) -> None:
    if not (isinstance(cls, type) and issubclass(cls, base)):
        kind = base.__name__
        raise TypeError(f"{name} must be a subclass of {kind}, not an instance, got {cls!r}")


def _method(cls: type[Any], signature: Signature) -> str:
    """Return the method as text, found through the class as Python finds it."""
    method = read(cls, signature, RESERVED, "JavaScript")
    arguments = list(method.arguments)
    if method.the_rest:
        arguments.append(f"...{method.the_rest}")
    writer = _Writer()
    lines = writer.body(method)
    head = f"{signature.name}({', '.join(arguments)}) {{"
    return "\n".join([head, *map(_indented, lines), "}"])


class _Writer(ast.NodeVisitor):
    """Writes one method in JavaScript, node by node; each visit returns text."""

    def body(self, method: Method) -> list[str]:
        lines = [f"let {', '.join(method.assigned)};"] if method.assigned else []
        for line in method.assignments:
            names = ", ".join(ast.unparse(name) for name in entries(line.targets[0]))
            several = isinstance(line.targets[0], ast.Tuple)
            target = f"[{names}]" if several else names
            lines.append(f"{target} = {self.one_or_several(line.value)};")
        return [*lines, f"return {self.one_or_several(method.result)};"]

    def visit_Name(self, node: ast.Name) -> str:
        return node.id

    def visit_Constant(self, node: ast.Constant) -> str:
        return _literal(node.value)

    def visit_Attribute(self, node: ast.Attribute) -> str:
        of_self = isinstance(node.value, ast.Name) and node.value.id == "self"
        return f"this.{node.attr}" if of_self else "Math.PI"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        if _is_square(node):
            # As NumPy does on arrays; the last bit of Math.pow depends on the browser.
            return f"{self.visit(node.left)} * {self.visit(node.left)}"
        if isinstance(node.op, ast.Pow):
            return f"Math.pow({self.visit(node.left)}, {self.visit(node.right)})"
        sign, binding = BINARY[type(node.op)]
        # Sums and products associate to the left, and rounding depends on the order: a right side
        # that does not bind more tightly keeps its parentheses.
        left, right = self.operand(node.left, binding), self.operand(node.right, binding + 1)
        return f"{left} {sign} {right}"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        return f"{UNARY[type(node.op)]}{self.operand(node.operand, ATOM)}"

    def visit_Compare(self, node: ast.Compare) -> str:
        left, right = self.operand(node.left, 1), self.operand(node.comparators[0], 1)
        return f"{left} {COMPARISONS[type(node.ops[0])]} {right}"

    def visit_Call(self, node: ast.Call) -> str:
        arguments = [self.visit(argument) for argument in node.args]
        name = numpy_name(node)
        if name == "where":
            test, yes, no = arguments
            return f"({test} ? {yes} : {no})"
        return f"{FUNCTIONS[name or '']}({', '.join(arguments)})"

    def one_or_several(self, node: ast.expr) -> str:
        """Return the text of an assigned or returned value, where a tuple becomes an array."""
        texts = [self.visit(entry) for entry in entries(node)]
        return f"[{', '.join(texts)}]" if isinstance(node, ast.Tuple) else texts[0]

    def operand(self, node: ast.expr, at_least: int) -> str:
        """Return the text of an operand, in parentheses if it binds less than ``at_least``."""
        text: str = self.visit(node)
        return text if _binding(node) >= at_least else f"({text})"


def _is_square(node: ast.expr) -> bool:
    """Whether this is a plain name to the power 2, which can be written twice."""
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Pow)
        and isinstance(node.left, (ast.Name, ast.Attribute))
        and isinstance(node.right, ast.Constant)
        and type(node.right.value) is int
        and node.right.value == 2
    )


def _binding(node: ast.expr) -> int:
    if isinstance(node, ast.Compare):
        return COMPARISON
    if _is_square(node):
        return PRODUCT
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        return BINARY[type(node.op)][1]
    return SIGN if isinstance(node, ast.UnaryOp) else ATOM
