"""Have a site that is found: descriptions, previews, structured data, sitemap, feed, 404.

What needs the site's address takes it from one value, ``html: {baseurl: ...}`` in _config.yml or
BOOK_ADDRESS in the environment, which goes first: a build that is published knows its address.
Where there is none, all of that is left out rather than wrong.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from book import findable
from book.findable import Page
from book.pages import pages, parts
from book.search import entries

LEADS = "What it does."  # how the paragraph begins that says a chapter in a sentence
AT_THE_ROOT = ["favicon.ico", "apple-touch-icon.png"]  # where browsers look without being told


def take_address(_: Sphinx, config: Config) -> None:
    """Give Sphinx the address, with a stroke at its end."""
    address = os.environ.get("BOOK_ADDRESS") or config.html_baseurl
    config.html_baseurl = f"{address.rstrip('/')}/" if address else ""


def description(document: nodes.document) -> str:
    """Return what a page is about: what its rule does, or how it begins."""
    found = []
    for paragraph in document.findall(nodes.paragraph):
        if not entries.unread(paragraph.parent):
            read = entries.Read([], [])
            entries.read(paragraph, read)
            found.append(read.text)
    chosen = next((text for text in found if text.startswith(LEADS)), next(iter(found), ""))
    return findable.described(chosen.removeprefix(LEADS).strip())


def page_of(env: BuildEnvironment, name: str) -> Page:
    """Return a page of the book as those see it who have not opened it."""
    title = entries.text_of(env.titles[name])
    return Page(f"{name}.html", title, description(env.get_doctree(name)))


def describe(
    app: Sphinx, name: str, _template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Put what a page is into its head."""
    if app.builder.name != "html" or name not in app.env.found_docs or tree is None:
        return
    book, address = app.config.project, app.config.html_baseurl
    page = page_of(app.env, name)
    chapters = [
        chapter for part in parts(Path(app.srcdir, "_toc.yml")) for chapter, *_ in part.chapters
    ]
    tags = [findable.meta(page, book, address)]
    if name == app.config.root_doc:
        of_book = [page_of(app.env, chapter) for chapter in chapters]
        tags.append(findable.data(findable.course(book, page, of_book, address)))
    elif name in chapters:
        part = {"isPartOf": {"@type": "Course", "name": book}}
        tags.append(findable.data(findable.resource(page, address) | part))
    path = context["pathto"]
    tags.append(f'<link rel="apple-touch-icon" href="{path("apple-touch-icon.png", 1)}" />')
    tags.append(f'<link rel="icon" href="{path("favicon.ico", 1)}" sizes="32x32" />')
    if address and published(app):
        tags.append(
            f'<link rel="alternate" type="application/atom+xml" href="{path("feed.xml", 1)}" '
            f'title="{book}: what is new" />'
        )
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])


def published(app: Sphinx) -> list[findable.Release]:
    """Return the versions that have a day."""
    changelog = Path(app.srcdir, "CHANGELOG.md")
    return findable.releases(changelog.read_text(encoding="utf-8")) if changelog.is_file() else []


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write what stands beside the pages."""
    if error is not None or app.builder.name != "html":
        return
    book, address, out = app.config.project, app.config.html_baseurl, Path(app.outdir)
    first = f"{app.config.root_doc}.html"
    files = [f"{name}.html" for name in pages(Path(app.srcdir, "_toc.yml"))]
    texts = {
        ".nojekyll": "",  # GitHub's server drops folders that begin with _ unless it is there
        "index.html": findable.front_door(book, first),
        "404.html": findable.not_found(book, first, address),
        "robots.txt": findable.robots(address),
    }
    if address:
        texts["sitemap.xml"] = findable.sitemap(files, address)
        if found := published(app):
            texts["feed.xml"] = findable.feed(book, found, address)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    for name in {"sitemap.xml", "feed.xml"} - texts.keys():
        (out / name).unlink(missing_ok=True)
    icons = Path(__file__).parents[1] / "icons"
    for name in AT_THE_ROOT:
        shutil.copyfile(icons / name, out / name)
    if address:
        shutil.copyfile(icons / "card.png", out / findable.CARD)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", take_address, priority=900)
    app.connect("html-page-context", describe, priority=900)
    app.connect("build-finished", write_files, priority=950)  # after unused files are taken away
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
