"""Give each page with live figures their script and style, and every figure its still picture.

A notebook's output offers a live figure as a placeholder and as a picture. The page takes both: the
picture is what stands there without JavaScript and on paper. A page without a figure gets nothing.

A page in Markdown has no cell, and declares its figure itself:

    ```{live-figure} opening
    :alt: What the still picture shows
    ```
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from minioptim.live import figure, words
from minioptim.live.figures import design_of
from minioptim.live.page import page_script, style

STILLS = "_build/stills"  # pictures that no notebook holds

PLACEHOLDER = re.compile(r"data-live-figure='([^']*)'")


def figures_in(text: str) -> list[str]:
    """Return the names of the live figures in a piece of HTML, each once, in order."""
    declared = (json.loads(html.unescape(found)) for found in PLACEHOLDER.findall(text))
    return list(dict.fromkeys(entry["figure"] for entry in declared))


def as_html(app: Sphinx, _page: str, source: list[str]) -> None:
    """Let MyST-NB read a notebook's placeholders as HTML, which they are, in the site's language.

    They are stored under a name of their own, for programs that would show them and no picture. In
    JSON a quotation mark inside a text has a backslash, so what is replaced can only be a name.
    """
    hint = html.escape(words.text(words.COMMON, "hint", app.config.language), quote=False)
    inside = json.dumps(hint, ensure_ascii=False)[1:-1]  # the notebook is JSON
    text = source[0].replace(f'"{figure.PLACEHOLDER}":', '"text/html":')
    source[0] = text.replace(f"<p>{figure.HINT}</p></div>", f"<p>{inside}</p></div>")


class KeepStill(SphinxPostTransform):
    """Keep a live figure's picture beside its HTML, where MyST-NB would keep one of the two."""

    default_priority = 3  # before myst_nb chooses, at 4

    def run(self, **_: Any) -> None:
        """Replace every bundle that holds a live figure by its HTML and its picture."""
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            offers = {child.get("mime_type"): child for child in bundle.children}
            live = offers.get("text/html")
            if live is None or "data-live-figure" not in live.astext():
                continue
            still = nodes.container("", *offers["image/png"].children, classes=["live-still"])
            both = nodes.container("", *live.children, still, classes=["live-figure"])
            bundle.replace_self(both)


class MarkdownFigure(SphinxDirective):
    """``{live-figure} name``: a live figure as it opens, and its still picture."""

    required_arguments = 1
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012  # docutils' own form

    def run(self) -> list[nodes.Node]:
        """Return the placeholder, and the picture drawn anew."""
        shown = design_of(self.arguments[0])()
        name = f"{STILLS}/{self.arguments[0]}.png"
        still = Path(self.env.srcdir, name)
        still.parent.mkdir(parents=True, exist_ok=True)
        still.write_bytes(shown.picture())
        declared = shown.declaration()
        data = html.escape(json.dumps(declared, ensure_ascii=False, separators=(",", ":")))
        hint = html.escape(words.text(words.COMMON, "hint", self.config.language), quote=False)
        live = f"<div data-live-figure='{data}'><p>{hint}</p></div>"
        image = nodes.image("", uri=f"/{name}", alt=self.options["alt"])
        pictures = nodes.container("", image, classes=["live-still"])
        own = f"live-{self.arguments[0]}"  # room for it, in the style sheet
        place = nodes.raw("", live, format="html")
        return [nodes.container("", place, pictures, classes=["live-figure", own])]


def add_script(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Write the page's own script and the style of all, and put them on this page alone."""
    names = figures_in(context.get("body", ""))
    if not names:
        return
    designs = [design_of(name) for name in names]
    folder = Path(app.outdir, "_static", "live")
    folder.mkdir(parents=True, exist_ok=True)
    file = f"live/{page.replace('/', '_')}.js"
    (folder.parent / file).write_text(page_script(designs, app.config.language), encoding="utf-8")
    (folder / "live.css").write_text(style(), encoding="utf-8")
    app.add_js_file(file, defer="defer")
    app.add_css_file("live/live.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("live-figure", MarkdownFigure)
    app.connect("source-read", as_html)
    app.add_post_transform(KeepStill)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
