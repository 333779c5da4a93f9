"""Name the arrows of the sidebar that fold away the pages nested in a chapter.

The theme makes each a <summary> that holds a picture alone, which nothing can read aloud.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def named(contents: str) -> str:
    """Return the contents with a name for each arrow; one that has a heading has its name.

    >>> named('<summary><span class="toctree-toggle"></span></summary>')
    '<summary aria-label="Its further pages"><span class="toctree-toggle"></span></summary>'
    >>> named('<summary><p class="caption">Part</p></summary>')
    '<summary><p class="caption">Part</p></summary>'
    """
    return contents.replace(
        '<summary><span class="toctree-toggle"',
        '<summary aria-label="Its further pages"><span class="toctree-toggle"',
    )


def name_arrows(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Have what the theme's templates call to write the sidebar name its arrows."""
    original: Callable[..., Any] | None = context.get("generate_toctree_html")
    if original is not None:
        context["generate_toctree_html"] = lambda *args, **options: named(
            str(original(*args, **options))
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what comes after the theme, whose handler has priority 500."""
    app.connect("html-page-context", name_arrows, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
