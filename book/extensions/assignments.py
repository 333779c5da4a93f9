"""The box that leads from a chapter's exercises to its graded assignment.

    ```{assignment} momentum
    ```

links the release notebook, the one without solutions, and never anything else. Where the
configuration says where the repository is (`book.extensions.addresses`), the box has launch links.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .addresses import home

FOLDER = "exercises/release"

logger = logging.getLogger(__name__)


def path_of(name: str) -> str:
    """Return where an assignment's release notebook is in the repository.

    >>> path_of("momentum")
    'exercises/release/momentum/momentum.ipynb'
    """
    return f"{FOLDER}/{name}/{name}.ipynb"


class AssignmentBox(SphinxDirective):
    """``{assignment} name``: a box with the download, and launch links where configured."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the box, or a warning if there is no such release."""
        name = self.arguments[0]
        file = path_of(name)
        if not Path(self.env.srcdir, file).is_file():
            logger.warning("no assignment is released as %s", file, location=self.get_location())
            return []
        self.env.note_dependency(file)
        text = nodes.paragraph()
        text += nodes.strong("", "Graded assignment. ")
        text += nodes.Text("In several parts, each with feedback at once: ")
        download = download_reference("", "", reftarget=f"/{file}", refdoc=self.env.docname)
        download += nodes.literal("", f"{name}.ipynb", classes=["xref", "download"])
        text += download
        text += nodes.Text(". It needs nothing but the book's package.")
        for label, address in home(self.config).launches(file):
            text += nodes.Text(" ")
            text += nodes.reference("", f"Open in {label}", refuri=address)
            text += nodes.Text(".")
        return [nodes.container("", text, classes=["assignment"])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("assignment", AssignmentBox)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
