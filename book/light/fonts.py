"""The fonts of a page: the icons that it uses, and the face of the text, at hand at once."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from fontTools import subset, ttLib

NAMED = re.compile(r"\\([ef][0-9a-f]{3})\b")
FACE = re.compile(r"@font-face\{[^}]*\}")
SOURCE = re.compile(r"src:[^;}]*")


def glyphs_named(css: str) -> set[int]:
    r"""Return the code points of icons that a style sheet names; they are for private use.

    >>> sorted(map(hex, glyphs_named(r'a{content:"\f0f3"}b{content:"\2014"}')))
    ['0xf0f3']
    """
    return {int(code, 16) for code in NAMED.findall(css)}


def write_subset(font: Path, glyphs: set[int]) -> None:
    """Write a font with these glyphs alone, as WOFF beside the whole one."""
    with ttLib.TTFont(font) as whole:
        options = subset.Options(layout_features=[], name_IDs=[], notdef_outline=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=glyphs)
        subsetter.subset(whole)
        whole.flavor = "woff"
        whole.save(font.with_suffix(".woff"))


def with_subset(css: str, font: str) -> str:
    """Return a style sheet that loads the subset of a font.

    >>> with_subset("@font-face{font-family:F;src:url(f/g.woff2),url(f/g.ttf)}", "f/g")
    '@font-face{font-family:F;src:url(f/g.woff) format("woff")}'

    Its sisters in the same folder, which nothing is drawn with, are left out.

    >>> with_subset("@font-face{font-family:F;src:url(f/h.woff2)}a{b:c}", "f/g")
    'a{b:c}'
    """
    folder = font.rpartition("/")[0]

    def replace(face: re.Match[str]) -> str:
        if f"{font}." not in face[0]:
            return "" if f"{folder}/" in face[0] else face[0]
        return SOURCE.sub(f'src:url({font}.woff) format("woff")', face[0])

    return FACE.sub(replace, css)


def inside(css: str, name: str, font: bytes) -> str:
    """Return a style sheet that holds a font itself.

    Text that is set before its font has come moves when it comes; this font comes with the style.

    >>> inside('@font-face{src:url("f/g.woff2") format("woff2")}', "f/g.woff2", b"wOF2")
    '@font-face{src:url(data:font/woff2;base64,d09GMg==) format("woff2")}'
    """
    data = f"data:font/woff2;base64,{base64.b64encode(font).decode()}"
    return re.sub(rf"""url\(["']?{re.escape(name)}["']?\)""", f"url({data})", css)
