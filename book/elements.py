"""Elements of a page's HTML, found in its text: to parse a chapter takes a second, this none."""

from __future__ import annotations

import re


def first(html: str, opening: str, start: int = 0) -> tuple[int, int] | None:
    """Return where the first element that begins so starts and ends, or None.

    Raises
    ------
    ValueError
        The element does not end.

    Examples
    --------
    >>> first('a<div class="x">b<div>c</div></div>d', '<div class="x')
    (1, 35)
    """
    start = html.find(opening, start)
    if start < 0:
        return None
    name = re.split(r"[ >]", opening[1:], maxsplit=1)[0]
    depth = 0
    for found in re.compile(rf"<(/?){name}\b").finditer(html, start):
        depth += -1 if found[1] else 1
        if depth == 0:
            return start, html.index(">", found.end()) + 1
    raise ValueError(f"an element that begins {opening!r} does not end")


def without(html: str, opening: str) -> str:
    """Return HTML without the elements that begin so, with all that is in them.

    >>> without('a<div class="x">b<div>c</div></div>d', '<div class="x')
    'ad'
    """
    while found := first(html, opening):
        html = html[: found[0]] + html[found[1] :]
    return html


def inside(html: str, opening: str) -> str:
    """Return the first element that begins so, or nothing.

    >>> inside('a<section id="x">b<section>c</section></section>d', '<section id="x"')
    '<section id="x">b<section>c</section></section>'
    """
    found = first(html, opening)
    return html[slice(*found)] if found else ""
