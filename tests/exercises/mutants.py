"""Mutants of a reference solution: its text with one small thing changed.

What a mutant does must differ from what the reference does; if the calls of an exercise do not
show it, neither would they show a student's slip of the same kind.
"""

import ast
import copy
import sys

SWAPPED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
# Lines that a mutant may run in one call; those that never end are stopped.
LINES = 200_000


def replacements(node):
    """Yield what may stand in a node's place."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in SWAPPED:
                yield ast.BinOp(left, SWAPPED[type(op)](), right)
            yield left
            yield right
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in SWAPPED:
            yield ast.Compare(left, [SWAPPED[type(op)]()], [right])
        case ast.Call(func=function, args=[first, *_]):
            yield first
            if isinstance(function, ast.Name) and function.id == "range":
                longer = ast.BinOp(node.args[-1], ast.Add(), ast.Constant(1))
                yield ast.Call(function, [*node.args[:-1], longer], [])
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Assign() | ast.AugAssign():
            yield ast.Pass()


def mutants(source, name):
    """Yield (description, program) for each mutant of the function `name` in a program's text.

    The description is the function's changed line, before and after, as `ast.unparse` writes it.
    """
    tree = ast.parse(source)
    before = ast.unparse(_function(tree, name)).splitlines()
    count = sum(1 for _ in ast.walk(_function(tree, name)))
    seen = set()
    for index in range(count):
        for number in range(len(list(replacements(_node(tree, name, index))))):
            changed = copy.deepcopy(tree)
            old = _node(changed, name, index)
            new = list(replacements(old))[number]
            _Replace(old, new).visit(changed)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text in seen:
                continue
            seen.add(text)
            after = ast.unparse(_function(changed, name)).splitlines()
            pairs = zip(before, after, strict=True)
            lines = [(a.strip(), b.strip()) for a, b in pairs if a != b]
            if lines:
                yield " -> ".join(lines[0]), text


def bounded(function):
    """Return the function, with an end to what it may run."""

    def run(*arguments):
        left = LINES

        def count(_frame, _event, _argument):
            nonlocal left
            left -= 1
            if left < 0:
                raise TimeoutError("it runs on and on")
            return count

        before = sys.gettrace()
        sys.settrace(count)
        try:
            return function(*arguments)
        finally:
            sys.settrace(before)

    return run


def _function(tree, name):
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    return found[-1]  # the one that counts when a name is defined again


def _node(tree, name, index):
    return list(ast.walk(_function(tree, name)))[index]


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)
