"""What the appendix on the libraries says: its rows, and the tables of its text.

Imports no library, so that the tests that have none can read it too.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np

from minioptim import _translations, rules
from minioptim.libraries import EXAMPLES, PEERS, peers_of, unchanged, written
from minioptim.rules import Rule

NOTEBOOK = Path(__file__).parents[2] / "chapters" / "rosetta.ipynb"
CONSTANT_ONLY = "while lr is constant"
QUERIES = "its queries"


class Row(NamedTuple):
    """A row of the tables of calls: under which heading, and its texts.

    ``plain`` is the rule that has nothing translated; empty where the row's own is that.
    """

    section: str
    library: str
    call: str
    rule: str
    remarks: frozenset[str]
    plain: str = ""

    def __str__(self) -> str:
        return f"{self.call} = {', '.join([self.rule, *sorted(self.remarks)])}"


# The texts that are run are this repository's own.


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """Return the value of an expression of the page, with these names defined."""
    return eval(text, dict(names))  # noqa: S307


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
    return [
        Row(
            *(kind.__name__, peer.library, peer.call(EXAMPLES[kind]), peer.equals(EXAMPLES[kind])),
            frozenset(peer.remarks),
            written(EXAMPLES[kind]) if peer.as_rule is not unchanged else "",
        )
        for kind in PEERS
        for peer in peers_of(kind)
    ]


# What the texts of the rows are made of.
NAMES: dict[str, Any] = dict(inspect.getmembers(rules)) | vars(_translations) | {"np": np}


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
