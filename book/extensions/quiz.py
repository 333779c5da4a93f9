r"""Set the formulas in the answers of a quick quiz.

An answer is written as plain HTML, which notebooks show as well as the book does:

    <details class="quiz"><summary>(a) $\eta = 2$</summary>

    Feedback, in *Markdown* with $formulas$.

    </details>

Markdown reads nothing inside the line of a tag, so this extension looks there for `$...$`, and for
`\$`, a dollar that is no formula's.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

SUMMARY = re.compile(r"(<summary>.*?</summary>)", re.DOTALL)
FORMULA = re.compile(r"(?<!\\)\$([^$]+)\$")


def pieces(html: str) -> list[tuple[str, str]]:
    r"""Split HTML into ("raw", html) and, for formulas in a summary, ("math", latex).

    >>> pieces("<summary>at $x$</summary> $y$")
    [('raw', '<summary>at '), ('math', 'x'), ('raw', '</summary>'), ('raw', ' $y$')]
    """
    found = []
    for part in SUMMARY.split(html):
        if not SUMMARY.fullmatch(part):
            found.append(("raw", part))
            continue
        # re.split with one group alternates: text, formula, text, ...
        for index, text in enumerate(FORMULA.split(part)):
            found.append(("math", text) if index % 2 else ("raw", text.replace(r"\$", "$")))
    return [(kind, text) for kind, text in found if text]


class SetSummaryFormulas(SphinxTransform):
    """Replace each formula in a raw <summary> by a math node, which the writer sets."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        """Walk through the page's raw HTML."""
        for raw in list(self.document.findall(nodes.raw)):
            if raw["format"] == "html" and "<summary>" in raw.astext():
                raw.replace_self([self.node(raw, *piece) for piece in pieces(raw.astext())])

    def node(self, raw: nodes.raw, kind: str, text: str) -> nodes.Node:
        """Make one piece's node, at the source line of the HTML it came from."""
        if kind == "raw":
            piece: nodes.Element = nodes.raw(text, text, format="html")
        else:
            piece = nodes.math(text, text)
        piece.source, piece.line = raw.source, raw.line
        return piece


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_transform(SetSummaryFormulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
