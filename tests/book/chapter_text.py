"""What a chapter says, without its code: headings, numbered equations, prose, descriptions."""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat

ROOT = Path(__file__).parents[2]
CHAPTERS = {path.stem: path for path in sorted(ROOT.glob("chapters/*.ipynb"))}

FENCE = re.compile(r"^(```+)(.*?)\n.*?^\1$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
LABEL = re.compile(r"^\$\$ *\(([^()\s]+)\) *$", re.MULTILINE)
REFERENCE = re.compile(r"\{eq\}`(?:[^`<]*<)?([^`<>]+)>?`")


class ChapterText(NamedTuple):
    """The parts of a chapter to which one can point; in prose a line's end is a space.

    ``made`` are the labels of equations that a cell has made from the package's own.
    """

    headings: frozenset[str]
    labels: list[str]
    made: list[str]
    references: list[str]
    prose: str


def without_code(markdown):
    """Return Markdown without its blocks of code; directives, fenced with braces, stay."""
    return FENCE.sub(lambda fence: fence[0] if fence[2].startswith("{") else "", markdown)


def of(notebook):
    """Return the text of a notebook's Markdown, and the descriptions of its figures."""
    markdown = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    images = (cell.metadata.get("mystnb", {}).get("image", {}) for cell in notebook.cells)
    descriptions = [image["alt"] for image in images if "alt" in image]
    plain = without_code(markdown)
    made = "\n\n".join(
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    )
    return ChapterText(
        headings=frozenset(HEADING.findall(plain)),
        labels=LABEL.findall(plain),
        made=LABEL.findall(made),
        references=REFERENCE.findall(plain + made),
        prose=" ".join("\n".join([markdown, *descriptions]).split()),
    )


def read(path):
    """Return the text of a chapter's file."""
    return of(nbformat.read(path, as_version=4))
