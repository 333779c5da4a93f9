"""Write the page of references again in every build.

Which works it lists depends on what the other pages cite. Sphinx writes a page again only when
its own text has changed, so a chapter that cites a new work would link to a place that is not
there.
"""

from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def pages_with_a_bibliography(_: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages to be written, by name; they need not be read again."""
    bibliographies = env.domaindata["cite"]["bibliographies"]
    return sorted({bibliography.docname for bibliography in bibliographies})


def setup(app: Sphinx) -> dict[str, Any]:
    """Register which pages must be written again."""
    app.connect("env-updated", pages_with_a_bibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
