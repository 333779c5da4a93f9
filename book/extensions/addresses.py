"""Where this book is on the web, from one place of the configuration, and what follows from it.

    repository: {url: "https://github.com/OWNER/NAME", branch: main}    # in _config.yml
    html: {baseurl: "https://OWNER.github.io/NAME"}                      # where the site is

The foot of each page, the links that open a page in Colab, Binder or Codespaces, and the commands
that install the package are made from these two. Where they are empty, a page links what the site
itself holds, and no link leads to a place that nobody named.

    ```{launch}
    ```

says how to run a chapter elsewhere, and

    ```{wheel}
    ```

how to install the package from a file that the build puts into the site.
"""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from flit_core import buildapi
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

import minioptim
from book.pages import chapters, place_of

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
EXAMPLE = "chapters/gradient_descent.ipynb"
TEXT, CODE = "CC BY 4.0", "MIT"  # LICENSE-CONTENT and LICENSE
WHEELS = "_static/wheels"


class Home(NamedTuple):
    """Where the book is: its repository and branch, and its site; each may be empty."""

    repository: str
    branch: str
    site: str

    @property
    def name(self) -> str:
        """Owner and name of a repository on GitHub; empty for one elsewhere.

        >>> Home("https://github.com/owner/name/", "main", "").name
        'owner/name'
        """
        found = GITHUB.match(self.repository)
        return found[1] if found else ""

    def about(self, file: str) -> list[tuple[str, str]]:
        """Return (label, address) of where a file of the repository is read, mended, spoken of.

        >>> Home("", "main", "").about("intro.md")
        []
        >>> for label, address in Home("https://github.com/o/n", "main", "").about("intro.md"):
        ...     print(label, address)
        Source https://github.com/o/n/blob/main/intro.md
        Edit this page https://github.com/o/n/edit/main/intro.md
        Report an error https://github.com/o/n/issues/new?title=intro.md
        """
        if not self.name:
            return []
        top = f"https://github.com/{self.name}"
        return [
            ("Source", f"{top}/blob/{self.branch}/{file}"),
            ("Edit this page", f"{top}/edit/{self.branch}/{file}"),
            ("Report an error", f"{top}/issues/new?title={file}"),
        ]

    def launches(self, file: str) -> list[tuple[str, str]]:
        """Return (label, address) of where a notebook of the repository can be run.

        >>> [label for label, _ in Home("https://github.com/o/n", "main", "").launches("a.ipynb")]
        ['Colab', 'Binder', 'Codespaces']
        """
        if not self.name:
            return []
        blob = f"github/{self.name}/blob/{self.branch}/{file}"
        binder = f"gh/{self.name}/{self.branch}?urlpath=lab/tree/{file}"
        return [
            ("Colab", f"https://colab.research.google.com/{blob}"),
            ("Binder", f"https://mybinder.org/v2/{binder}"),
            ("Codespaces", f"https://codespaces.new/{self.name}"),
        ]


def home(config: Config) -> Home:
    """Return where the configuration says that the book is."""
    theme = config.html_theme_options
    return Home(
        theme.get("repository_url") or "",
        theme.get("repository_branch") or "main",
        (config.html_baseurl or "").rstrip("/"),
    )


def link(label: str, address: str) -> str:
    """Return a link."""
    return f'<a href="{escape(address)}">{escape(label)}</a>'


def add_foot(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Put below each page its licence and version, how to cite it, and where it comes from."""
    pathto = context["pathto"]
    version = minioptim.__version__
    entries = [
        link(f"Text {TEXT}, code {CODE}", pathto("cite").removesuffix("#") + "#licences"),
        link(f"Version {version}", pathto("whats_new")),
        link("How to cite", pathto("cite")),
        link("Run it", pathto("run_it")),
    ]
    if page in app.env.found_docs:
        about = home(app.config).about(str(app.env.doc2path(page, base=False)))
        local = ("Source", pathto(f"_sources/{context['sourcename']}", True))
        entries += [link(*entry) for entry in about or [local]]
    items = "".join(f"<li>{entry}</li>" for entry in entries)
    context["theme_extra_footer"] = f'<ul class="colophon">{items}</ul>'


def add_place(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Say above a chapter's title which of the chapters it is."""
    found = place_of(page, chapters(Path(app.srcdir, "_toc.yml")))
    if found is None or "body" not in context:
        return
    number, of, nested = found
    more = " · going further" if nested else ""
    place = (
        f'<p class="place" style="--done: {number / of:.4f}">Chapter {number} of {of}{more}</p>\n'
    )
    context["body"] = context["body"].replace("<h1", f"{place}<h1", 1)


class Launch(SphinxDirective):
    """``{launch}``: links that open a chapter elsewhere, or why there are none."""

    def run(self) -> list[nodes.Node]:
        """Return a list of links, or a sentence."""
        where = home(self.config)
        links = where.launches(EXAMPLE)
        if not links:
            return self.parse_text_to_nodes(
                "This copy of the book does not say where its repository is, so there is nothing "
                "to open. Whoever publishes it writes the address into `repository` in "
                "`_config.yml`, and the links to Colab, Binder and Codespaces stand here."
            )
        text = "\n".join(f"- [Open the first chapter in {label}]({to})" for label, to in links)
        wheel = f"{where.site}/{WHEELS}/{wheel_name()}" if where.site else ""
        package = wheel or f"git+https://github.com/{where.name}"
        return self.parse_text_to_nodes(
            f"{text}\n\nIn Colab, run this in a cell of its own first:\n\n"
            f"```python\n%pip install {package}\n```"
        )


def wheel_name() -> str:
    """Return the name of the file that holds the package.

    >>> wheel_name().endswith("-py3-none-any.whl")
    True
    """
    return f"minioptim-{minioptim.__version__}-py3-none-any.whl"


class Wheel(SphinxDirective):
    """``{wheel}``: the package as a file of the site, and the command that installs it."""

    def run(self) -> list[nodes.Node]:
        """Return the link and the command."""
        up = "../" * self.env.docname.count("/")
        name = wheel_name()
        download = nodes.raw("", f"<p>{link(name, f'{up}{WHEELS}/{name}')}</p>", format="html")
        command = f"```bash\npython -m pip install {name}\n```"
        return [download, *self.parse_text_to_nodes(command)]


def build_wheel(app: Sphinx, error: Exception | None) -> None:
    """Put the package into the site."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, WHEELS)
    folder.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    try:
        os.chdir(app.srcdir)  # where the backend looks for pyproject.toml
        name = buildapi.build_wheel(str(folder))
        folder.joinpath(name).chmod(0o644)  # a server must be able to read it
    finally:
        os.chdir(here)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_directive("launch", Launch)
    app.add_directive("wheel", Wheel)
    app.connect("html-page-context", add_foot)
    app.connect("html-page-context", add_place)
    # After what is not named in a page was taken out of the site, at 900.
    app.connect("build-finished", build_wheel, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
