"""A page as the theme writes it, and as a browser can show it before all of it has come.

Scripts wait until the page has been read; pictures have their size, and come when they are near the
screen; the style sheets that all pages share are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.DOTALL)
HEAD = re.compile(r"(?<=<head>).*?(?=</head>)", re.DOTALL)
SHEET = re.compile(
    r'[ \t]*<link href="[^"]*"[^>]*rel="stylesheet"[^>]*/?>\n?|'
    r'[ \t]*<link rel="stylesheet"[^>]*/?>\n?'
)
HREF = re.compile(r'href="((?:\.\./)*)_static/([^"?]*)[^"]*"')
ICONS = "scripts/fontawesome.js"
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*/>\n?')
# Of the switch between versions of a book, which this one does not have; it would have to wait for
# a script.
PAGE_NAME = "DOCUMENTATION_OPTIONS.pagename"
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*/>\s*')
# The theme's colours and lines hang on whether it is light or dark. Its script would decide that
# when the page has been read, and what is shown before would change and move.
UNDECIDED = 'localStorage.getItem("theme") || "auto"'
DECIDED = (
    'localStorage.getItem("theme") || '
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
)
COMMENT = re.compile(r"[ \t]*<!--(?!\[).*?-->\n?", re.DOTALL)
IMAGE = re.compile(r'<img\b([^>]*)\bsrc="([^"]*)"([^>]*?)\s*/?>')
# Names, signs and spaces in code, which both of the book's styles set in the colour of plain code.
PLAIN = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')
BLANK = re.compile(r"\n\s*\n+")


class Head(NamedTuple):
    """The head of a page, and the style sheets that were taken out of it, in their order."""

    html: str
    sheets: list[str]


def deferred(head: str) -> str:
    """Return a head whose scripts hold nothing up.

    A script that is in the page goes before all style sheets, which it would wait for; one that is
    loaded runs when the page has been read, in its turn.

    >>> print(deferred('<link rel="stylesheet"/><script>a</script><script src="b.js"></script>'))
    <script>a</script>
    <link rel="stylesheet"/><script defer src="b.js"></script>
    """
    inside: dict[str, None] = {}

    def move(found: re.Match[str]) -> str:
        attributes, text = found[1], found[2].strip().replace(UNDECIDED, DECIDED)
        if ICONS in attributes or text.startswith(PAGE_NAME):
            return ""
        if "src=" not in attributes:
            inside[f"<script{attributes}>{text}</script>\n"] = None  # the theme writes one twice
            return ""
        return found[0] if "defer" in attributes else found[0].replace("<script", "<script defer")

    rest = SCRIPT.sub(move, head)
    return "".join(inside) + rest


def one_sheet(head: str, own: Callable[[str], bool], name: str) -> Head:
    """Return a head with one style sheet in place of those that are not a page's own.

    >>> head = '<link rel="stylesheet" href="../_static/a.css?v=1" /><title>'
    >>> one_sheet(head, own=lambda _: False, name="site.css?v=2")
    Head(html='<link rel="stylesheet" href="../_static/site.css?v=2" /><title>', sheets=['a.css'])
    """
    shared: list[str] = []

    def gather(found: re.Match[str]) -> str:
        place = HREF.search(found[0])
        if place is None or own(place[2]):
            return found[0]
        shared.append(place[2])
        first = f'<link rel="stylesheet" href="{place[1]}_static/{name}" />'
        return first if len(shared) == 1 else ""

    return Head(SHEET.sub(gather, head), shared)


def sized(body: str, sizes: Mapping[str, tuple[int, int]]) -> str:
    """Return a page whose pictures have their size, and all but the first wait to be near.

    Parameters
    ----------
    body : str
        HTML of the page.
    sizes : mapping
        Width and height in pixels of each picture, by the name of its file.

    Examples
    --------
    >>> print(sized('<img src="a.png" /><img alt="b" src="x/b.png">', {"b.png": (4, 3)}))
    <img src="a.png" /><img alt="b" src="x/b.png" width="4" height="3" loading="lazy" />
    """
    seen = 0

    def measure(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        size = sizes.get(found[2].rsplit("/", 1)[-1])
        attributes = found[1] + found[3]
        extra = ""
        if size and "width=" not in attributes:
            extra = f' width="{size[0]}" height="{size[1]}"'
        if seen > 1 and "loading=" not in attributes:
            extra += ' loading="lazy"'
        return f'<img{found[1]}src="{found[2]}"{found[3]}{extra} />'

    return IMAGE.sub(measure, body)


def without_plain_spans(body: str) -> str:
    """Return a page in which code says the kind of a word only where it has a colour of its own.

    >>> without_plain_spans('<span class="k">def</span><span class="w"> </span><span class="n">f')
    '<span class="k">def</span> <span class="n">f'
    """
    return PLAIN.sub(r"\1", body)


def lighter(
    page: str, own: Callable[[str], bool], name: str, sizes: Mapping[str, tuple[int, int]]
) -> Head:
    """Return a page that can be shown early, and the style sheets that it shares with others."""
    found = HEAD.search(page)
    if found is None:
        return Head(page, [])
    head = VIEWPORT.sub("", COMMENT.sub("", PRELOAD.sub("", found[0])))
    viewport = '\n<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
    # What says how letters are coded comes first, as it must.
    charset, _, rest = head.partition("/>")
    light = one_sheet(deferred(rest), own, name)
    before, after = page[: found.start()], page[found.end() :]
    first = f"{charset}/>{viewport}"
    whole = before + first + BLANK.sub("\n", light.html)
    whole += sized(without_plain_spans(after), sizes)
    return Head(whole, light.sheets)
