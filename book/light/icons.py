"""Icons as drawings inside the page.

The theme names its icons and has a script of 1.5 MB put the drawings in, two thousand of them. Here
the few that a page names are taken out of that script while the site is built, in the same form.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

NAMED = re.compile(r'<(i|span) class="((?:[^"]*\s)?fa(?:s|-solid)\s[^"]*)"([^>]*)></\1>')
WORD = re.compile(r"fa-([a-z0-9-]+)")
# Of the styles that the script has, the solid one is what all of the theme's own icons are in.
DRAWING = r'["{{,]{name}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"'
OTHER = {"solid", "lg", "sm", "xs", "fw"}  # words that name no icon
TITLE = re.compile(r' title="[^"]*"')  # which a drawing does not have; the button around it does


class Drawing(NamedTuple):
    """An icon: the size of its field, and its outline as an SVG path."""

    width: int
    height: int
    outline: str


@functools.cache
def solid(script: str, name: str) -> Drawing:
    """Return the drawing of an icon in the script's solid style, which is its last.

    Raises
    ------
    LookupError
        The script has no such icon.

    Examples
    --------
    >>> solid('{bars:[448,512,["navicon"],"f0c9","M0 96"]}', "bars")
    Drawing(width=448, height=512, outline='M0 96')
    """
    found = re.findall(DRAWING.format(name=re.escape(name)), script)
    if not found:
        raise LookupError(f"the theme's script has no icon {name!r}")
    width, height, outline = found[-1]
    return Drawing(int(width), int(height), outline)


def drawn(html: str, script: str) -> str:
    """Return a page with a drawing in place of each named icon.

    Raises
    ------
    LookupError
        A page names an icon that the script does not have.

    Examples
    --------
    >>> drawn('<i class="fas fa-bars"></i>', '{bars:[448,512,[],"f0c9","M0 96"]}')
    '<svg class="svg-inline--fa fa-bars" aria-hidden="true" viewBox="0 0 448 512"><path
    fill="currentColor" d="M0 96"/></svg>'
    """

    def draw(found: re.Match[str]) -> str:
        kept = [word for word in found[2].split() if word not in {"fa", "fas", "fa-solid"}]
        name = next(name for name in WORD.findall(found[2]) if name not in OTHER)
        width, height, outline = solid(script, name)
        classes = " ".join(["svg-inline--fa", *kept])
        return (
            f'<svg class="{classes}" aria-hidden="true"{TITLE.sub("", found[3])} '
            f'viewBox="0 0 {width} {height}"><path fill="currentColor" d="{outline}"/></svg>'
        )

    return NAMED.sub(draw, html)
