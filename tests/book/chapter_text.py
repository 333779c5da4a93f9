"""The places of a chapter to which one can point: its sections, and the labels inside them."""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat
from docutils.nodes import make_id

ROOT = Path(__file__).parents[2]
# The notebooks of each chapter: its own page, and Going further if it has one.
CHAPTERS = {
    path.stem: [path, *path.parent.glob(f"further/{path.name}")]
    for path in sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("chapters/papers/*.ipynb")])
}

FENCE = re.compile(r"^(```+)(.*?)\n.*?^\1$", re.DOTALL | re.MULTILINE)
EQUATION = r"^\$\$ *\((?P<equation>[^()\s]+)\) *$"
PLACE = re.compile(
    rf"^#+ +(?P<heading>.+?) *$|{EQUATION}|^:label: *(?P<directive>\S+) *$", re.MULTILINE
)
REFERENCE = re.compile(r"\{eq\}`(?:[^`<]*<)?([^`<>]+)>?`")
# A cell's tag with this beginning is a label: neither Jupyter nor the site shows it, and it moves
# with the cell.
TAG = "src-"


class ChapterText(NamedTuple):
    """What a chapter has; sections are named as in an address, by their heading's slug.

    ``places`` holds (label, slug of its section) for equations, exercises and tagged cells;
    ``labels`` those of the equations alone, ``made`` those of equations that a cell has printed.
    """

    sections: list[str]
    places: list[tuple[str, str]]
    labels: list[str]
    made: list[str]
    references: list[str]


def without_code(markdown):
    """Return Markdown without its blocks of code; directives, fenced with braces, stay."""
    return FENCE.sub(lambda fence: fence[0] if fence[2].startswith("{") else "", markdown)


def of(*notebooks):
    """Return the places of a chapter's notebooks and their references to equations."""
    sections, places, labels, made, references = [], [], [], [], []
    section = ""
    for cell in (cell for notebook in notebooks for cell in notebook.cells):
        plain = without_code(cell.source) if cell.cell_type == "markdown" else ""
        found = list(PLACE.finditer(plain))
        tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith(TAG)]
        if found and found[0]["heading"] and not plain[: found[0].start()].strip():
            section = make_id(found.pop(0)["heading"])
            sections.append(section)
        places += [(tag, section) for tag in tags]
        for match in found:
            if match["heading"]:
                section = make_id(match["heading"])
                sections.append(section)
            else:
                places.append((match["equation"] or match["directive"], section))
        labels += [match["equation"] for match in found if match["equation"]]
        printed = "\n\n".join(
            output.data["text/markdown"]
            for output in cell.get("outputs", [])
            if "text/markdown" in output.get("data", {})
        )
        new = [match["equation"] for match in PLACE.finditer(printed) if match["equation"]]
        places += [(label, section) for label in new]
        made += new
        references += REFERENCE.findall(plain + printed)
    return ChapterText(sections, places, labels, made, references)


def read(slug):
    """Return the places of a chapter, on whichever of its pages they stand."""
    return of(*(nbformat.read(path, as_version=4) for path in CHAPTERS[slug]))
