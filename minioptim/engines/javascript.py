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
import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from typing import Any, NamedTuple

from minioptim.problems import Surface
from minioptim.rules import MatrixRule, Rule

ALLOWED = (
    "allowed are named arguments, assignments of expressions to names, numbers, + - * / **, "
    "one comparison at a time, self.<hyper-parameter>, np.pi, np.sqrt, np.abs, np.sign, np.exp, "
    "np.log, np.cos, np.sin, np.maximum, np.minimum, np.where, and one return at the end"
)

# NumPy's name: JavaScript's name, and the number of arguments allowed here.
FUNCTIONS = {
    "sqrt": ("Math.sqrt", 1),
    "abs": ("Math.abs", 1),
    "sign": ("Math.sign", 1),
    "exp": ("Math.exp", 1),
    "log": ("Math.log", 1),
    "cos": ("Math.cos", 1),
    "sin": ("Math.sin", 1),
    "maximum": ("Math.max", 2),
    "minimum": ("Math.min", 2),
}

# How tightly an operator binds, the same in both languages; `**` becomes a call or a product. No
# `%`: the two languages disagree about it for negative numbers.
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
RESERVED = (
    "arguments case catch const debugger default delete do enum eval export extends function "
    "implements instanceof interface let new null package private protected public static "
    "super switch this throw true false typeof var void "
    "Infinity Math NaN Object __proto__"
)
# A class may not have fields of these names: they refer to the class and its ancestors.
NOT_A_FIELD = ("constructor", "__proto__")


class TranslationError(ValueError):
    """The source of a rule or a surface cannot be written in JavaScript; the message says why."""


def rule_source(rule_class: type[Rule]) -> str:
    """Return a rule as the text of a JavaScript class.

    Its instances have the hyper-parameters with their defaults, the names of the ``state``, and the
    methods ``start(x)``, ``query(x, ...state)`` and ``step(g, x, t, ...state)``, which act on one
    coordinate; ``start`` and ``step`` return arrays. The same class gives the same text.

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
    query = _method(rule_class, Signature("query", ("x",), state, None))
    step = _method(rule_class, Signature("step", ("g", "x", "t"), state, 1 + len(state)))
    return _class(rule_class, {"state": state}, [start, query, step])


def surface_source(surface_class: type[Surface]) -> str:
    """Return a surface as the text of a JavaScript class.

    Its instances have ``minima``, ``minimum``, ``domain``, ``start`` and the methods ``f(x, y)``
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
      minima = [[0.0, 0.0]];
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
    names = ("minima", "minimum", "domain", "start")
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


class Signature(NamedTuple):
    """What a method takes, passed by position, and what it returns."""

    name: str
    first: tuple[str, ...]  # the usual names; others are allowed too
    state: tuple[str, ...]  # exactly these names, so that none is taken for another
    returns: int | None  # number of values in a tuple; None for a single number


def _class(cls: type[Any], constants: dict[str, Any], methods: list[str]) -> str:
    if cls.__name__ in RESERVED.split() or not cls.__name__.isidentifier():
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
    function: Callable[..., Any] = getattr(cls, signature.name)
    where = f"{cls.__name__}.{signature.name}"
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise TranslationError(f"{where}: its source cannot be read ({error})") from error
    tree = ast.parse(source).body[0]
    first_line = inspect.unwrap(function).__code__.co_firstlineno
    hyper_parameters = tuple(field.name for field in fields(cls))
    return _Translator(where, first_line, hyper_parameters).method(tree, signature)


class _Translator(ast.NodeVisitor):
    """Turns one method into JavaScript, node by node; each visit returns text."""

    def __init__(self, where: str, first_line: int, hyper_parameters: tuple[str, ...]) -> None:
        self.where = where
        self.first_line = first_line
        self.hyper_parameters = hyper_parameters
        self.known: set[str] = set()

    def refuse(self, node: Any, why: str) -> TranslationError:
        line = self.first_line + node.lineno - 1
        text = ast.unparse(node).splitlines()[0]
        return TranslationError(f"{self.where}, line {line}, `{text}`: {why}; {ALLOWED}")

    def generic_visit(self, node: ast.AST) -> str:
        raise self.refuse(node, f"{type(node).__name__} has no translation to JavaScript")

    def method(self, node: ast.stmt, signature: Signature) -> str:
        """Return the whole method; not a ``visit_``, since methods may not be nested."""
        if not isinstance(node, ast.FunctionDef):
            raise self.refuse(node, "a method is written with def")
        spec = node.args
        special = spec.defaults or spec.posonlyargs or spec.kwonlyargs or spec.kwarg
        if node.decorator_list or special or not spec.args:
            raise self.refuse(node, "a method takes self and plain named arguments")
        arguments = [self.new_name(argument) for argument in spec.args[1:]]
        self.check_arguments(node, arguments, signature)
        if spec.vararg:
            arguments.append(f"...{self.new_name(spec.vararg)}")
        given = set(self.known)
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if not body or any(isinstance(line, ast.Return) for line in body[:-1]):
            raise self.refuse(node, "a method has one return, at its end")
        lines = [self.visit(line) for line in body]
        if not isinstance(body[-1], ast.Return):
            raise self.refuse(body[-1], "a method ends by returning something")
        self.check_returned(body[-1], signature.returns)
        if own := sorted(self.known - given):
            lines.insert(0, f"let {', '.join(own)};")
        return "\n".join([f"{node.name}({', '.join(arguments)}) {{", *map(_indented, lines), "}"])

    def check_arguments(self, node: ast.FunctionDef, named: list[str], wanted: Signature) -> None:
        """Refuse a method that the loop could not call, or would call with states mixed up."""
        count = len(wanted.first)
        the_rest = () if node.args.vararg else wanted.state  # `*state` takes all of them
        if len(named) < count or tuple(named[count:]) != the_rest:
            usual = ", ".join(("self", *wanted.first, *wanted.state))
            raise self.refuse(node, f"the arguments must be ({usual})")

    def check_returned(self, node: ast.Return, count: int | None) -> None:
        found = len(node.value.elts) if isinstance(node.value, ast.Tuple) else None
        if found != count:
            wanted = "one number" if count is None else f"a tuple of {count}"
            raise self.refuse(node, f"what is returned must be {wanted}")

    def visit_Return(self, node: ast.Return) -> str:
        if node.value is None:
            raise self.refuse(node, "a method returns a value or several")
        return f"return {self.one_or_several(node.value)};"

    def visit_Assign(self, node: ast.Assign) -> str:
        target, value = node.targets[0], node.value
        text = self.one_or_several(value)  # first: the right side knows only earlier names
        several = isinstance(target, ast.Tuple)
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        if (
            len(node.targets) > 1
            or several != isinstance(value, ast.Tuple)
            or len(names) != len(values)
        ):
            raise self.refuse(node, "a value is assigned to a name, or several to as many names")
        new = ", ".join(self.new_name(name) for name in names)
        return f"[{new}] = {text};" if several else f"{new} = {text};"

    def visit_Name(self, node: ast.Name) -> str:
        if node.id not in self.known:
            raise self.refuse(node, "neither an argument nor assigned above")
        return node.id

    def visit_Constant(self, node: ast.Constant) -> str:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self.refuse(node, "not a real number")
        return _literal(node.value)

    def visit_Attribute(self, node: ast.Attribute) -> str:
        owner = node.value.id if isinstance(node.value, ast.Name) else None
        if owner == "self" and node.attr in self.hyper_parameters:
            return f"this.{node.attr}"
        if owner == "self":
            raise self.refuse(node, f"the hyper-parameters are {self.hyper_parameters}")
        if (owner, node.attr) == ("np", "pi"):
            return "Math.PI"
        raise self.refuse(node, "not a hyper-parameter of self nor a constant of np")

    def visit_BinOp(self, node: ast.BinOp) -> str:
        if _is_square(node):
            # As NumPy does on arrays; the last bit of Math.pow depends on the browser.
            return f"{self.visit(node.left)} * {self.visit(node.left)}"
        if isinstance(node.op, ast.Pow):
            return f"Math.pow({self.visit(node.left)}, {self.visit(node.right)})"
        if type(node.op) not in BINARY:
            raise self.refuse(node, f"the operator {type(node.op).__name__} has no translation")
        sign, binding = BINARY[type(node.op)]
        # Sums and products associate to the left, and rounding depends on the order: a right side
        # that does not bind more tightly keeps its parentheses.
        left, right = self.operand(node.left, binding), self.operand(node.right, binding + 1)
        return f"{left} {sign} {right}"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        if type(node.op) not in UNARY:
            raise self.refuse(node, f"the operator {type(node.op).__name__} has no translation")
        return f"{UNARY[type(node.op)]}{self.operand(node.operand, ATOM)}"

    def visit_Compare(self, node: ast.Compare) -> str:
        if len(node.ops) != 1 or type(node.ops[0]) not in COMPARISONS:
            raise self.refuse(node, "only one comparison of two numbers at a time is allowed")
        left, right = self.operand(node.left, 1), self.operand(node.comparators[0], 1)
        return f"{left} {COMPARISONS[type(node.ops[0])]} {right}"

    def visit_Call(self, node: ast.Call) -> str:
        f = node.func
        of_numpy = isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)
        if not of_numpy or f.value.id != "np":  # type: ignore[attr-defined]
            raise self.refuse(node, "only functions of np are called")
        name = f.attr  # type: ignore[attr-defined]
        if name == "where" and len(node.args) == 3 and not node.keywords:
            test, yes, no = (self.visit(argument) for argument in node.args)
            return f"({test} ? {yes} : {no})"
        javascript, count = FUNCTIONS.get(name, ("", 0))
        if len(node.args) != count or node.keywords or not javascript:
            raise self.refuse(node, f"np.{name} with these arguments has no translation")
        return f"{javascript}({', '.join(self.visit(argument) for argument in node.args)})"

    def one_or_several(self, node: ast.expr) -> str:
        """Return the text of an assigned or returned value, where a tuple becomes an array."""
        if isinstance(node, ast.Tuple):
            return f"[{', '.join(self.visit(entry) for entry in node.elts)}]"
        text: str = self.visit(node)
        return text

    def operand(self, node: ast.expr, at_least: int) -> str:
        """Return the text of an operand, in parentheses if it binds less than ``at_least``."""
        text: str = self.visit(node)
        return text if _binding(node) >= at_least else f"({text})"

    def new_name(self, node: Any) -> str:
        """Remember a name that an argument or an assignment introduces."""
        if not isinstance(node, (ast.arg, ast.Name)):
            raise self.refuse(node, "values may be assigned only to names")
        name = node.arg if isinstance(node, ast.arg) else node.id
        if name in RESERVED.split():
            raise self.refuse(node, "a name that JavaScript keeps for itself")
        self.known.add(name)
        return name


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
