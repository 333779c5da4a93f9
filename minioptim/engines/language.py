"""The language of rules and surfaces, a small part of Python, and the one reader of it.

An engine that runs a rule elsewhere than in NumPy reads the source of its methods here, and writes
it anew: as JavaScript, or as a loop for Numba. Rules and surfaces are pure arithmetic, and so is
the language accepted here; anything else is an error that says what is wrong and where.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

ALLOWED = (
    "allowed are named arguments, assignments of expressions to names, numbers, + - * / **, "
    "one comparison at a time, self.<hyper-parameter>, np.pi, np.sqrt, np.abs, np.sign, np.exp, "
    "np.log, np.cos, np.sin, np.maximum, np.minimum, np.where, and one return at the end"
)

# The functions of NumPy, and how many arguments each takes here.
FUNCTIONS = {
    "sqrt": 1,
    "abs": 1,
    "sign": 1,
    "exp": 1,
    "log": 1,
    "cos": 1,
    "sin": 1,
    "maximum": 2,
    "minimum": 2,
    "where": 3,
}
# No `%`: NumPy and JavaScript disagree about it for negative numbers.
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
SIGNS = (ast.USub, ast.UAdd)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


class TranslationError(ValueError):
    """The source of a rule or a surface lies outside the language; the message says where."""


class Signature(NamedTuple):
    """What a method takes, passed by position, and what it returns."""

    name: str
    first: tuple[str, ...]  # the usual names; others are allowed too
    state: tuple[str, ...]  # exactly these names, so that none is taken for another
    returns: int | None  # number of values in a tuple; None for a single number


class Method(NamedTuple):
    """A method within the language.

    Attributes
    ----------
    arguments : tuple of str
        Its arguments by name, without self.
    the_rest : str or None
        Name of the argument that takes all others, as in ``*state``.
    assigned : tuple of str
        Names that it assigns to and that are not arguments, sorted.
    assignments : tuple of ast.Assign
        Its lines, each of an expression to a name, or of a tuple to as many names.
    result : ast.expr
        What it returns.
    """

    arguments: tuple[str, ...]
    the_rest: str | None
    assigned: tuple[str, ...]
    assignments: tuple[ast.Assign, ...]
    result: ast.expr


def read(
    cls: type[Any], signature: Signature, reserved: frozenset[str] = frozenset(), whose: str = ""
) -> Method:
    """Return a method of a class, found through the class as Python finds it.

    Parameters
    ----------
    cls : a dataclass, such as a subclass of Rule or Surface
    signature : Signature
        What the engine passes and expects.
    reserved : set of str
        Names that the method may not use for its own values.
    whose : str
        Who reserves them, for the message.

    Raises
    ------
    TranslationError
        The method has no source, lies outside the language, or does not take and return what the
        engine passes and expects.

    Examples
    --------
    >>> from minioptim.rules import Adagrad
    >>> step = read(Adagrad, Signature("step", ("g", "x", "t"), ("G",), 2))
    >>> step.arguments, [ast.unparse(line) for line in step.assignments]
    (('g', 'x', 't', 'G'), ['G = G + g ** 2'])
    """
    function: Callable[..., Any] = getattr(cls, signature.name)
    where = f"{cls.__name__}.{signature.name}"
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise TranslationError(f"{where}: its source cannot be read ({error})") from error
    tree = ast.parse(source).body[0]
    first_line = inspect.unwrap(function).__code__.co_firstlineno
    reader = _Reader(where, first_line, tuple(f.name for f in fields(cls)), reserved, whose)
    return reader.method(tree, signature)


def runs_as_written(function: Any) -> bool:
    """Whether the source of a method is what runs when it is called.

    It is not where a file was changed after it was imported, a decorator put another function in
    place, or ``np`` is another module than NumPy.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> from minioptim.rules import Adam
    >>> runs_as_written(Adam.step), runs_as_written(len)
    (True, False)
    """
    try:
        source = textwrap.dedent(inspect.getsource(function))
        code, module = function.__code__, function.__globals__.get("np", np)
        # Python compiles np.sqrt in another way where np is imported in the same file.
        written = [_compiled(before + source) for before in ("", "import numpy as np\n")]
    except (OSError, TypeError, ValueError, SyntaxError, AttributeError):
        return False
    return module is np and any(_parts_of(code) == _parts_of(one) for one in written)


def _parts_of(code: Any) -> tuple[Any, ...]:
    """Return what a code does, without its docstring, whose indent differs."""
    # As texts, since 2 equals 2.0, and NumPy makes a product of one power only.
    consts = [repr(value) for value in code.co_consts if not isinstance(value, str)]
    return code.co_code, consts, code.co_names, code.co_varnames


def _compiled(source: str) -> Any:
    """Return the code of the only function that a source defines."""
    [code] = [c for c in compile(source, "", "exec").co_consts if inspect.iscode(c)]
    return code


class _Reader(ast.NodeVisitor):
    """Visits every node of a method, and refuses those outside the language."""

    def __init__(
        self,
        where: str,
        first_line: int,
        hyper_parameters: tuple[str, ...],
        reserved: frozenset[str],
        whose: str,
    ) -> None:
        self.where = where
        self.first_line = first_line
        self.hyper_parameters = hyper_parameters
        self.reserved = reserved
        self.whose = whose
        self.known: set[str] = set()

    def refuse(self, node: Any, why: str) -> TranslationError:
        line = self.first_line + node.lineno - 1
        text = ast.unparse(node).splitlines()[0]
        return TranslationError(f"{self.where}, line {line}, `{text}`: {why}; {ALLOWED}")

    def generic_visit(self, node: ast.AST) -> None:
        raise self.refuse(node, f"{type(node).__name__} has no translation")

    def method(self, node: ast.stmt, signature: Signature) -> Method:
        """Return the whole method; not a ``visit_``, since methods may not be nested."""
        if not isinstance(node, ast.FunctionDef):
            raise self.refuse(node, "a method is written with def")
        spec = node.args
        special = spec.defaults or spec.posonlyargs or spec.kwonlyargs or spec.kwarg
        if node.decorator_list or special or not spec.args:
            raise self.refuse(node, "a method takes self and plain named arguments")
        arguments = tuple(self.new_name(argument) for argument in spec.args[1:])
        self.check_arguments(node, arguments, signature)
        the_rest = self.new_name(spec.vararg) if spec.vararg else None
        given = set(self.known)
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if not body or any(isinstance(line, ast.Return) for line in body[:-1]):
            raise self.refuse(node, "a method has one return, at its end")
        for line in body:
            self.visit(line)
        *lines, last = body
        if not isinstance(last, ast.Return) or last.value is None:
            raise self.refuse(last, "a method ends by returning something")
        self.check_returned(last, signature.returns)
        assignments = tuple(line for line in lines if isinstance(line, ast.Assign))
        assigned = tuple(sorted(self.known - given))
        return Method(arguments, the_rest, assigned, assignments, last.value)

    def check_arguments(
        self, node: ast.FunctionDef, named: tuple[str, ...], wanted: Signature
    ) -> None:
        """Refuse a method that the loop could not call, or would call with states mixed up."""
        count = len(wanted.first)
        the_rest = () if node.args.vararg else wanted.state  # `*state` takes all of them
        if len(named) < count or named[count:] != the_rest:
            usual = ", ".join(("self", *wanted.first, *wanted.state))
            raise self.refuse(node, f"the arguments must be ({usual})")

    def check_returned(self, node: ast.Return, count: int | None) -> None:
        found = len(node.value.elts) if isinstance(node.value, ast.Tuple) else None
        if found != count:
            wanted = "one number" if count is None else f"a tuple of {count}"
            raise self.refuse(node, f"what is returned must be {wanted}")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            raise self.refuse(node, "a method returns a value or several")
        self.one_or_several(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        self.one_or_several(value)  # first: the right side knows only earlier names
        several = isinstance(target, ast.Tuple)
        names, values = entries(target), entries(value)
        if (
            len(node.targets) > 1
            or several != isinstance(value, ast.Tuple)
            or len(names) != len(values)
        ):
            raise self.refuse(node, "a value is assigned to a name, or several to as many names")
        for name in names:
            self.new_name(name)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id not in self.known:
            raise self.refuse(node, "neither an argument nor assigned above")

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
            raise self.refuse(node, "not a real number")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = node.value.id if isinstance(node.value, ast.Name) else None
        if owner == "self" and node.attr not in self.hyper_parameters:
            raise self.refuse(node, f"the hyper-parameters are {self.hyper_parameters}")
        if owner != "self" and (owner, node.attr) != ("np", "pi"):
            raise self.refuse(node, "not a hyper-parameter of self nor a constant of np")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if not isinstance(node.op, OPERATORS):
            raise self.refuse(node, f"the operator {type(node.op).__name__} has no translation")
        self.visit(node.left)
        self.visit(node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, SIGNS):
            raise self.refuse(node, f"the operator {type(node.op).__name__} has no translation")
        self.visit(node.operand)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) != 1 or not isinstance(node.ops[0], COMPARISONS):
            raise self.refuse(node, "only one comparison of two numbers at a time is allowed")
        self.visit(node.left)
        self.visit(node.comparators[0])

    def visit_Call(self, node: ast.Call) -> None:
        name = numpy_name(node)
        if name is None:
            raise self.refuse(node, "only functions of np are called")
        if FUNCTIONS.get(name) != len(node.args) or node.keywords:
            raise self.refuse(node, f"np.{name} with these arguments has no translation")
        for argument in node.args:
            self.visit(argument)

    def one_or_several(self, node: ast.expr) -> None:
        """Visit an assigned or returned value, the one place where a tuple may stand."""
        for entry in entries(node):
            self.visit(entry)

    def new_name(self, node: Any) -> str:
        """Remember a name that an argument or an assignment introduces."""
        if not isinstance(node, (ast.arg, ast.Name)):
            raise self.refuse(node, "values may be assigned only to names")
        name = node.arg if isinstance(node, ast.arg) else node.id
        if name in self.reserved:
            raise self.refuse(node, f"a name that {self.whose} keeps for itself")
        self.known.add(name)
        return name


def entries(node: ast.expr) -> list[ast.expr]:
    """Return the entries of a tuple, or the expression itself as the only one.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> [ast.unparse(entry) for entry in entries(ast.parse("x, v", mode="eval").body)]
    ['x', 'v']
    """
    return node.elts if isinstance(node, ast.Tuple) else [node]


def numpy_name(node: ast.Call) -> str | None:
    """Return the name of the function of np that is called; None if another is.

    Raises
    ------
    Nothing.

    Examples
    --------
    >>> numpy_name(ast.parse("np.sqrt(v)", mode="eval").body)
    'sqrt'
    """
    f = node.func
    if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == "np":
        return f.attr
    return None
