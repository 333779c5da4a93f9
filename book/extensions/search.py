"""Give the site a search that works from files, and finds the chapter before the mention.

In place of Sphinx's index comes the one that `book.search` makes, over which MiniSearch ranks: it
weighs headings above text, and rare words above common ones. `assets/search` holds it, unchanged,
from the package `minisearch` 7.2.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import run
from typing import Any

from sphinx.application import Sphinx

from book.extensions.formulas import NODE
from book.search import entries

ASSETS = Path(__file__).parents[1] / "assets" / "search"
MAKER = Path(entries.__file__).with_name("index.cjs")
INDEX = "_static/search/index.js"


def index(found: list[entries.Entry]) -> str:
    """Return the index over entries, as JSON."""
    once = {one.place: one for one in found}.values()
    documents = [
        one._asdict() | {"excerpt": shortened(one.text)} for one in entries.lead_on(list(once))
    ]
    made = run(
        [NODE, MAKER, ASSETS],
        input=json.dumps(documents),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return made.stdout


def shortened(text: str, length: int = entries.EXCERPT) -> str:
    """Return the beginning of a text, to the end of a word.

    >>> shortened("the step is too large", 12)
    'the step is …'
    """
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(" ", 1)[0] + " …"


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Write the index as a script, which a page opened from a file may load."""
    if error is not None or app.builder.name != "html":
        return
    found = [
        entry
        for page in sorted(app.env.found_docs)
        for entry in entries.of_page(app.env.get_doctree(page), f"{page}.html")
    ]
    file = Path(app.outdir, INDEX)
    file.parent.mkdir(parents=True, exist_ok=True)
    Path(app.outdir, "searchindex.js").unlink(missing_ok=True)  # an earlier build's
    file.write_text(f"globalThis.bookSearchIndex={index(found)};\n", encoding="utf-8")


def replace_page(app: Sphinx) -> None:
    """Have Sphinx make no index of its own."""
    if app.builder.name == "html":
        app.builder.search = False  # type: ignore[attr-defined]


def page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """Return the page of the search, which Sphinx writes with its own index only."""
    return [("search", {}, "search.html")] if app.builder.name == "html" else []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("builder-inited", replace_page)
    app.connect("html-collect-pages", page)
    app.connect("build-finished", write_index, priority=800)  # before unused files are taken away
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
