"""What a site tells those who do not read it but lead to it: search engines, feeds, previews.

Pure functions. What needs the address at which the site stands is left out where none is given.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any, NamedTuple

DESCRIPTION = 155  # characters; more are cut off where a page is listed
VERSION = re.compile(
    r"^## (\S+) \((\d{4}-\d{2}-\d{2})\)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
BULLET = re.compile(r"^- ", re.MULTILINE)
CARD = "_static/card.png"
CARD_SIZE = (1200, 630)


class Page(NamedTuple):
    """A page as it is shown to somebody who has not opened it."""

    file: str
    title: str
    description: str


class Release(NamedTuple):
    """A version of the book: its number, its day, and what changed."""

    version: str
    day: str
    changes: list[str]


def described(text: str, length: int = DESCRIPTION) -> str:
    """Return whole sentences from the beginning of a text; if the first is too long, its words.

    >>> described("A step. Another step, which is longer.", 20)
    'A step.'
    >>> described("One step that is longer than there is room.", 20)
    'One step that is …'
    """
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", text)
    found = sentences[0]
    for sentence in sentences[1:]:
        if len(found) + 1 + len(sentence) > length:
            break
        found += f" {sentence}"
    return found if len(found) <= length else found[: length - 2].rsplit(" ", 1)[0] + " …"


def meta(page: Page, book: str, address: str) -> str:
    """Return the tags of a page's head; those that need an address only if there is one.

    >>> print(meta(Page("a.html", "A", "What it is."), "Book", ""))
    <meta name="description" content="What it is." />
    <meta property="og:site_name" content="Book" />
    <meta property="og:type" content="article" />
    <meta property="og:title" content="A" />
    <meta property="og:description" content="What it is." />
    >>> "https://x.example/b/a.html" in meta(Page("a.html", "A", ""), "B", "https://x.example/b/")
    True
    """
    named = {"description": page.description}
    properties = {
        "og:site_name": book,
        "og:type": "article",
        "og:title": page.title,
        "og:description": page.description,
    }
    if address:
        properties |= {
            "og:url": address + page.file,
            "og:image": address + CARD,
            "og:image:width": str(CARD_SIZE[0]),
            "og:image:height": str(CARD_SIZE[1]),
            "og:image:alt": f"{book}: the paths of four rules over a valley",
        }
        named["twitter:card"] = "summary_large_image"
    tags = [("name", *one) for one in named.items()]
    tags += [("property", *one) for one in properties.items()]
    return "\n".join(
        f'<meta {kind}="{key}" content="{escape(value)}" />' for kind, key, value in tags if value
    )


def data(thing: dict[str, Any]) -> str:
    r"""Return structured data as a page's head holds it.

    >>> print(data({"@type": "Course", "name": "</script>"}))
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Course",
    "name": "<\/script>"}</script>
    """
    text = json.dumps({"@context": "https://schema.org"} | thing, ensure_ascii=False)
    harmless = text.replace("</", "<\\/")
    return f'<script type="application/ld+json">{harmless}</script>'


def course(book: str, page: Page, chapters: list[Page], address: str) -> dict[str, Any]:
    """Return what schema.org calls a course: the book, with its chapters as parts."""
    return {
        "@type": "Course",
        "name": book,
        "description": page.description,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "provider": {"@type": "Organization", "name": "The minioptim authors"},
        "hasPart": [resource(chapter, address) for chapter in chapters],
    } | ({"url": address + page.file} if address else {})


def resource(page: Page, address: str) -> dict[str, Any]:
    """Return what schema.org calls a learning resource: a page of the book."""
    return {
        "@type": "LearningResource",
        "name": page.title,
        "description": page.description,
        "inLanguage": "en",
        "learningResourceType": "chapter",
        "isAccessibleForFree": True,
        "license": "https://creativecommons.org/licenses/by/4.0/",
    } | ({"url": address + page.file} if address else {})


def sitemap(files: list[str], address: str) -> str:
    """Return the list of all pages for those who visit them by machine.

    >>> print(sitemap(["a.html"], "https://x.example/"))
    <?xml version="1.0" encoding="UTF-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://x.example/a.html</loc></url>
    </urlset>
    """
    places = "".join(f"<url><loc>{escape(address + file)}</loc></url>\n" for file in files)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{places}</urlset>\n"
    )


def robots(address: str) -> str:
    r"""Return what machines may visit: everything.

    >>> robots(""), robots("https://x.example/")
    ('User-agent: *\nAllow: /\n',
     'User-agent: *\nAllow: /\nSitemap: https://x.example/sitemap.xml\n')
    """
    where = f"Sitemap: {address}sitemap.xml\n" if address else ""
    return f"User-agent: *\nAllow: /\n{where}"


def releases(changelog: str) -> list[Release]:
    r"""Return the versions of a changelog that have a day, as it has them, the newest first.

    >>> releases("# C\n## 2 (unreleased)\n- a\n## 1 (2026-01-02)\n\n- b\n  c\n- d\n")
    [Release(version='1', day='2026-01-02', changes=['b c', 'd'])]
    """
    return [
        Release(version, day, [" ".join(one.split()) for one in BULLET.split(text)[1:]])
        for version, day, text in VERSION.findall(changelog)
    ]


def feed(book: str, found: list[Release], address: str) -> str:
    """Return an Atom feed of the versions.

    >>> "<updated>2026-01-02T00:00:00Z" in feed(
    ...     "Book", [Release("1", "2026-01-02", ["a < b"])], "https://x.example/"
    ... )
    True
    """
    entries = "".join(
        f"<entry><id>{address}#{one.version}</id><title>{escape(f'{book} {one.version}')}</title>\n"
        f'<link href="{address}" /><updated>{one.day}T00:00:00Z</updated>\n'
        '<content type="html">'
        + escape("<ul>" + "".join(f"<li>{escape(change)}</li>" for change in one.changes) + "</ul>")
        + "</content></entry>\n"
        for one in found
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{address}</id><title>{escape(book)}</title>"
        f'<link rel="self" href="{address}feed.xml" /><link href="{address}" />\n'
        f"<author><name>The minioptim authors</name></author>"
        f"<updated>{found[0].day}T00:00:00Z</updated>\n{entries}</feed>\n"
    )


def small_page(title: str, body: str, head: str = "", base: str = "") -> str:
    """Return a page that needs no other file, for where the theme's would not do."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
{f'<base href="{escape(base)}" />' if base else ""}{head}
<title>{escape(title)}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ max-width: 34rem; margin: 15vh auto; padding: 0 1rem; font: 1.1rem/1.5 system-ui }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def front_door(title: str, first: str) -> str:
    """Return the page at the site's address, which leads on to the first one."""
    head = f'\n<meta http-equiv="refresh" content="0; url={first}" />'
    return small_page(
        title, f'<h1>{escape(title)}</h1>\n<p><a href="{first}">Begin here</a></p>', head
    )


def not_found(title: str, first: str, address: str) -> str:
    """Return the page that a server shows for one that is not there.

    It is shown at any place, so that its links are right only where the address is known.
    """
    links = (
        f'<p><a href="{first}">The first page</a>, <a href="search.html">the search</a> and '
        f'<a href="chapters/glossary.html">the glossary</a> lead on.</p>'
    )
    return small_page(
        f"Not found: {title}",
        f"<h1>This page is not here</h1>\n<p>It may have moved, or the address may have a "
        f"mistake in it.</p>\n{links}",
        '\n<meta name="robots" content="noindex" />',
        address,
    )
