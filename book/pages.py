"""Check that the built site has a file for every page that _toc.yml names.

Jupyter Book can leave a page out, or the front page, and still end well.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from sphinx_external_toc.parsing import parse_toc_yaml

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
