"""What the appendix on the libraries says, read from its text: rows, tables, translations.

Imports no library, so that the tests that have none can read it too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from minioptim.rules import Rule

NOTEBOOK = Path(__file__).parents[2] / "chapters" / "rosetta.ipynb"
CONSTANT_ONLY = "while lr is constant"
QUERIES = "its queries"
REMARKS = {QUERIES, CONSTANT_ONLY}
CELL = re.compile(r"`(?P<call>[^`]+)`<br>= `(?P<rule>[^`]+)`(?P<remarks>[^`]*)")


class Row(NamedTuple):
    """A row of the tables of calls: under which heading, and its three texts."""

    section: str
    library: str
    call: str
    rule: str
    remarks: frozenset[str]

    def __str__(self) -> str:
        return f"{self.call} = {', '.join([self.rule, *sorted(self.remarks)])}"


class RowError(ValueError):
    """The text of a row is not of the form that its readers, and the tests, rely on."""


# The texts that are run are this repository's own.


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """Return the value of an expression of the page, with these names defined."""
    return eval(text, dict(names))  # noqa: S307


def run(source: str, names: dict[str, Any]) -> None:
    """Run a cell of the page; what it defines is added to the names."""
    exec(source, names)  # noqa: S102


def cells() -> list[Any]:
    """Return the cells of the notebook."""
    return list(nbformat.read(NOTEBOOK, as_version=4).cells)


def tables(markdown: str) -> Iterator[list[list[str]]]:
    """Yield the tables of a text, each as rows of cells, the header first."""
    for block in re.findall(r"(?:^\|.*\|\n?)+", markdown, re.MULTILINE):
        lines = [line.strip().strip("|").split("|") for line in block.strip().splitlines()]
        yield [[cell.strip() for cell in line] for line in lines[:1] + lines[2:]]


def table(heading: str) -> list[list[str]]:
    """Return the one table under a heading, without its header."""
    text = "\n\n".join(cell.source for cell in cells() if cell.cell_type == "markdown")
    section = re.split(r"^#+ ", text.split(f"## {heading}\n", 1)[1], flags=re.MULTILINE)[0]
    (found,) = tables(section)
    return found[1:]


def rows() -> list[Row]:
    """Return the rows of the tables of calls, in the order of the page."""
    found, section = [], ""
    inside = False
    for cell in cells():
        if cell.cell_type != "markdown":
            continue
        for line in cell.source.splitlines():
            if line.startswith("## "):
                inside = line == "## The rules"
            if line.startswith("### "):
                section = line[4:]
        if inside:
            for _, *body in tables(cell.source):
                found += [row(section, *texts) for texts in body]
    return found


def row(section: str, library: str, text: str) -> Row:
    """Return a row from its two texts.

    Raises
    ------
    RowError
        The second is not `` `call`<br>= `rule` `` and remarks.
    """
    match = CELL.fullmatch(text)
    remarks = frozenset(filter(None, match["remarks"].split(", "))) if match else frozenset()
    if not match or not remarks <= REMARKS:
        raise RowError(f"{section}, {library}: {text}")
    return Row(section, library, match["call"], match["rule"], remarks)


def translations() -> dict[str, Any]:
    """Return the names that the notebook has defined when its tables begin."""
    names: dict[str, Any] = {}
    for cell in cells():
        if cell.source.startswith("## The rules"):
            return names
        if cell.cell_type == "code":
            run(cell.source, names)
    raise AssertionError('the notebook has no heading "## The rules"')


class _Falling(ast.NodeTransformer):
    """Multiply the learning rate in a text by ``fall``, a function of t = 1, 2, 3, ..."""

    def __init__(self, keyword: str, schedule: str) -> None:
        self.keyword, self.schedule = keyword, schedule

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        if node.arg == self.keyword and isinstance(node.value, ast.Constant):
            text = self.schedule.format(node.value.value)
            node.value = ast.parse(text, mode="eval").body
        return node


def with_falling_lr(text: str) -> str:
    """Return the text of a rule, or of a call of Optax, whose lr is multiplied by ``fall``."""
    tree = ast.parse(text, mode="eval")
    tree = _Falling("lr", "lambda t: {} * fall(t)").visit(tree)
    # Optax counts from 0.
    tree = _Falling("learning_rate", "lambda count: {} * fall(count + 1)").visit(tree)
    return ast.unparse(tree)


def numbers(text: str) -> list[ast.Constant]:
    """Return the numbers in an expression, in the order of the text."""
    found = [
        node
        for node in ast.walk(ast.parse(text, mode="eval"))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    ]
    return sorted(found, key=lambda node: node.col_offset)


def changed(text: str) -> Iterator[str]:
    """Yield the expression once for each number in it, that one smaller by a tenth, or not 0."""
    for node in numbers(text):
        value = node.value * 0.9 if node.value else 1e-3
        yield f"{text[: node.col_offset]}{value!r}{text[node.end_col_offset :]}"


def rule_of(text: str, names: dict[str, Any]) -> Rule:
    """Return the rule that a text stands for."""
    rule = evaluate(text, names)
    assert isinstance(rule, Rule)
    return rule
