"""Which chapters use a problem: the gallery names and links them.

    {used-in}`Ravine`

is read from the chapters' own code while the site is built, in the order of the contents, so that
no list of chapters is kept by hand. Where there are many, it says how many, and which is the first.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from book.pages import parts

MANY = 9
# What makes a problem without its class being named.
MADE_BY = {"Minibatch": {"minibatch()", "train()"}}


class Page(NamedTuple):
    """A notebook of the book: its chapter's name, and the names that its code uses."""

    title: str
    names: frozenset[str]


def names_in(code: str) -> frozenset[str]:
    r"""Return the names that code uses, and those that it calls with "()"; imports alone are none.

    >>> sorted(names_in("from a import Ravine, Beale\nprint(Ravine, model.minibatch(8))"))
    ['Ravine', 'minibatch()', 'model', 'print', 'print()']
    """
    tree = list(ast.walk(ast.parse(code)))
    plain = {node.id for node in tree if isinstance(node, ast.Name)}
    called = [node.func for node in tree if isinstance(node, ast.Call)]
    calls = {f"{f.id}()" for f in called if isinstance(f, ast.Name)}
    return frozenset(
        plain | calls | {f"{f.attr}()" for f in called if isinstance(f, ast.Attribute)}
    )


def read_page(path: Path) -> Page:
    """Return what a notebook's file says of itself; its title is its heading up to a colon."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    title = "".join(cells[0]["source"]).splitlines()[0].removeprefix("# ").partition(":")[0]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return Page(title, names_in(code))


def used_by(name: str, pages: Mapping[str, Page]) -> list[str]:
    """Return the pages that use a problem.

    >>> page = Page("Momentum", frozenset({"Ravine"}))
    >>> used_by("Ravine", {"chapters/momentum": page}), used_by("Beale", {"a": page})
    (['chapters/momentum'], [])
    """
    wanted = MADE_BY.get(name, {name})
    return [where for where, page in pages.items() if wanted & page.names]


class UsedIn(SphinxRole):
    """``{used-in}`Name` ``: links to the pages that use a problem."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text, and no messages."""
        root = Path(self.env.srcdir)
        pages = {}
        for chapter in (chapter for part in parts(root / "_toc.yml") for chapter in part.chapters):
            files = {page: root / f"{page}.ipynb" for page in chapter if page != self.env.docname}
            read = {page: read_page(file) for page, file in files.items() if file.exists()}
            for page in read:
                self.env.note_dependency(f"{page}.ipynb")
            # A chapter counts once, by its own name, and is linked where it first uses the problem.
            if using := used_by(self.text, read):
                pages[using[0]] = read[using[0]]._replace(title=next(iter(read.values())).title)
        found = list(pages)
        if not found:
            return [nodes.Text("no chapter yet")], []
        if len(found) >= MANY:
            text = nodes.Text(f"{len(found)} pages, first in ")
            return [text, self.link(found[0], pages[found[0]].title)], []
        between = [", "] * (len(found) - 2) + [" and "] * (len(found) > 1) + [""]
        links: list[nodes.Node] = []
        for where, after in zip(found, between, strict=True):
            links += [self.link(where, pages[where].title), nodes.Text(after)]
        return links, []

    def link(self, where: str, title: str) -> pending_xref:
        """Return a link to a page, which Sphinx resolves when all are read."""
        about = {"refdomain": "std", "reftype": "doc", "refdoc": self.env.docname}
        text = nodes.inline("", title, classes=["doc"])
        return pending_xref(
            "", text, reftarget=f"/{where}", refexplicit=True, refwarn=True, **about
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role."""
    app.add_role("used-in", UsedIn())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
