"""Have Sphinx write a light site: what `book.light` can do, done as the pages are written.

Nothing of it is needed to read a page: a build without this extension shows the same, later.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from book.light import fonts, icons, images, pages, stylesheets

SHEET = "site.css"
ICON_FONT = "vendor/fontawesome/webfonts/fa-solid-900"
# The fonts of text and formulas that every page may show at once: they come with the style sheet.
AT_HAND = (
    "text/SourceSerif4.woff2",
    "katex/fonts/KaTeX_Main-Regular.woff2",
    "katex/fonts/KaTeX_Math-Italic.woff2",
)
OWN = "live/"  # the folder of style sheets that only some pages have
CACHE = "light"  # beside the site: pictures that were made smaller

logger = logging.getLogger(__name__)


class Lightening:
    """What the pages of one build have in common.

    Parameters
    ----------
    app : Sphinx
        The application, whose builder writes HTML.
    """

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.out = Path(app.outdir)
        self.static = self.out / "_static"
        self.sheets: list[str] = []
        self.sizes: dict[str, tuple[int, int]] = {}

    # Sphinx has copied the themes' files before it writes the first page.

    @cached_property
    def icon_script(self) -> str:
        """The theme's script of icons."""
        return (self.static / pages.ICONS).read_text(encoding="utf-8")

    @cached_property
    def version(self) -> str:
        """A name for what the style sheets say, so that a browser takes no old one for it."""
        sheets = [
            sheet.read_bytes()
            for sheet in sorted(self.static.rglob("*.css"))
            if sheet.name != SHEET and not self.is_own(sheet.relative_to(self.static).as_posix())
        ]
        return hashlib.sha256(b"".join(sheets)).hexdigest()[:8]

    @staticmethod
    def is_own(sheet: str) -> bool:
        """Tell whether only some pages have this style sheet."""
        return sheet.startswith(OWN)

    def page(self, html: str) -> str:
        """Return a page as it is to be written."""
        for source, name in self.app.builder.images.items():
            if name not in self.sizes and name.endswith(".png"):
                self.sizes[name] = images.size(Path(self.app.srcdir, source))
        light = pages.lighter(html, self.is_own, f"{SHEET}?v={self.version}", self.sizes)
        if self.sheets and light.sheets and light.sheets != self.sheets:
            logger.warning("the style sheets of a page are others: %s", light.sheets)
        self.sheets = light.sheets or self.sheets
        return icons.drawn(light.html, self.icon_script)

    def site(self) -> None:
        """Write the one style sheet, make the pictures small, and take away what no page uses."""
        # What a theme has for HTML among its static files is a template.
        files = [file for file in self.out.rglob("*.html") if self.static not in file.parents]
        written = [file.read_text(encoding="utf-8") for file in files]
        html = "\n".join(written)
        scripts = "".join(
            script.read_text(encoding="utf-8")
            for script in self.static.rglob("*.js")
            if script.name in html
        )
        if self.sheets:
            root = self.static.resolve()
            sheets = [stylesheets.read((root / name).resolve(), root) for name in self.sheets]
            css = stylesheets.one_of(sheets, stylesheets.words(html + scripts), html + scripts)
            used = fonts.glyphs_named(css)
            fonts.write_subset(self.static / f"{ICON_FONT}.ttf", used)
            css = fonts.with_subset(css, ICON_FONT)
            for font in AT_HAND:
                css = fonts.inside(css, font, (self.static / font).read_bytes())
            (self.static / SHEET).write_text(css, encoding="utf-8")
        self.take_away(html + scripts)
        self.make_small()

    def take_away(self, named: str) -> None:
        """Remove the files beside the pages that no page, script or style sheet names.

        A script names its map, which helps only those who look for a mistake in the theme.
        """
        css = (self.static / SHEET).read_text(encoding="utf-8")
        for file in self.static.rglob("*"):
            used = file.name in css or file.name in named or file.name.startswith("LICENSE")
            if file.is_file() and (file.suffix == ".map" or not used):
                file.unlink()
        for folder in sorted(self.static.rglob("*"), reverse=True):  # what is inside goes first
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def make_small(self) -> None:
        """Make the pictures small; what was made is kept, for the next build."""
        cache = self.out.parent / CACHE
        cache.mkdir(exist_ok=True)
        for picture in (self.out / "_images").glob("*.png"):
            content = picture.read_bytes()
            small = cache / hashlib.sha256(content).hexdigest()
            if not small.exists():
                small.write_bytes(images.smaller(content))
            picture.write_bytes(small.read_bytes())


def begin(app: Sphinx) -> None:
    """Have each page pass through the lightening, whatever its template, and then the site."""
    if app.builder.name != "html":
        return
    lightening = Lightening(app)
    render = app.builder.templates.render

    def render_lighter(template: str, context: dict[str, Any]) -> str:
        html = render(template, context)
        return lightening.page(html) if template.endswith(".html") else html

    def end(_: Sphinx, error: Exception | None) -> None:
        if error is None:
            lightening.site()

    app.builder.templates.render = render_lighter
    app.connect("build-finished", end, priority=900)  # the theme writes a style sheet then, at 500


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("builder-inited", begin)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
