"""Check that the built site has a file for every page that _toc.yml names.

Jupyter Book can leave a page out, or the front page, and still end well.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from sphinx_external_toc.parsing import parse_toc_yaml

# Parts whose pages are no chapters of the course; those of the first have no number.
UNNUMBERED = "Using the book"
BESIDE = (UNNUMBERED, "The papers, run again", "Appendices")

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"


def pages(toc: Path) -> list[str]:
    """Return the pages that a table of contents names, without suffix."""
    return sorted(str(page) for page in parse_toc_yaml(toc))


class Part(NamedTuple):
    """A part of the book: for each of its chapters the chapter's page, then those nested in it."""

    caption: str
    chapters: list[list[str]]


def parts(toc: Path) -> list[Part]:
    """Return the parts that a table of contents names, in its order."""
    contents = parse_toc_yaml(toc)

    def nested(page: str) -> list[str]:
        below = contents[page].child_files() if page in contents else []
        return [page, *(name for child in below for name in nested(child))]

    return [
        Part(part.caption or "", [nested(page) for page in part.files()])
        for part in contents.root.subtrees
    ]


def chapters(toc: Path) -> list[list[str]]:
    """Return the course's chapters in their order: each one's page, then those nested in it."""
    return [one for part in parts(toc) if part.caption not in BESIDE for one in part.chapters]


def place_of(page: str, course: list[list[str]]) -> tuple[int, int, bool] | None:
    """Return which chapter a page belongs to, of how many, and whether it is nested in it.

    >>> place_of("b/further", [["a"], ["b", "b/further"]])
    (2, 2, True)
    """
    for number, chapter in enumerate(course, start=1):
        if page in chapter:
            return number, len(course), page != chapter[0]
    return None


def missing(site: Path, names: list[str]) -> list[str]:
    """Return the files that a site lacks: its front page's, or a named page's."""
    files = ["index.html", *(f"{name}.html" for name in names)]
    return [file for file in files if not (site / file).is_file()]


def main() -> int:
    """Report on the built site; 1 if a page is missing."""
    absent = missing(SITE, pages(ROOT / "_toc.yml"))
    for file in absent:
        print(f"missing from the built site: {file}", file=sys.stderr)
    if not absent:
        index = SITE / "index.html"
        print(f"The site is in {SITE}. Open {index.as_uri()}")
    return bool(absent)


if __name__ == "__main__":
    sys.exit(main())
