"""Take pictures of every page: on a desktop, on a phone, in the dark, and on paper.

    python -m book.screenshots [PAGE ...]

puts them into _build/screenshots, one folder a kind, for somebody to look at.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from book.pages import ROOT, SITE, pages
from book.visits import DESKTOP, PHONE, QUIET, Visit, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OUT = ROOT / "_build" / "screenshots"
KINDS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP, "color_scheme": "light"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
}
TALLEST = 16_000  # pixels; a browser paints no higher picture


def take(browser: Browser, name: str) -> None:
    """Take all pictures of one page."""
    address = (SITE / f"{name}.html").as_uri()
    file = name.replace("/", "-")
    for kind, options in KINDS.items():
        folder = OUT / kind
        folder.mkdir(parents=True, exist_ok=True)
        with Visit(browser, address, **options) as visit:
            height = visit.page.evaluate("document.documentElement.scrollHeight")
            # All of it is laid out, and pictures come, when the window is as high as the page.
            visit.page.set_viewport_size(
                {"width": options["viewport"]["width"], "height": min(height, TALLEST)}
            )
            visit.page.wait_for_load_state("networkidle")
            visit.page.screenshot(path=folder / f"{file}.png")
    paper = OUT / "paper"
    paper.mkdir(parents=True, exist_ok=True)
    with Visit(browser, address, color_scheme="dark") as visit:
        visit.page.pdf(path=paper / f"{file}.pdf", prefer_css_page_size=True)


def main() -> int:
    """Take the pictures of all pages, or of those named."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as chapters/adam")
    asked = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print("no Chromium: install it, or put it in CHROMIUM", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        for name in asked.pages or pages(ROOT / "_toc.yml"):
            take(browser, name)
        browser.close()
    print(f"The pictures are in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
