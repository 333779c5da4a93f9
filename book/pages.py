"""Check that the built site has a file for every page that _toc.yml names.

Jupyter Book can leave a page out, or the front page, and still end well.
"""

import sys
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build" / "html"


def pages(toc: Path) -> list[str]:
    """Return the pages that a table of contents names, without suffix."""
    return sorted(str(page) for page in parse_toc_yaml(toc))


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
