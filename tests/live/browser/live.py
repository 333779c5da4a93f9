"""A live figure on a built page, as a hand meets it."""

import functools
import json
import re

from book import pages as site_pages
from book.extensions.live_figures import figures_in
from minioptim.live.figures import DESIGNS

from ... import kept


@functools.cache
def pages():
    """The file of the page that each figure is on, by the figure's name."""
    found = {}
    for page in site_pages.pages(site_pages.ROOT / "_toc.yml"):
        file = site_pages.SITE / f"{page}.html"
        for figure in figures_in(file.read_text(encoding="utf-8")):
            found[figure] = file
    return found


def page_of(figure):
    return pages()[figure]


def named(figure):
    """The name of a figure and, last, of its page: tests of one page are run together."""
    return f"{figure} on {page_of(figure).stem}" if figure in pages() else figure


each = functools.partial(kept.each, "figure", ids=named)
each_figure = each([design.figure for design in DESIGNS])
each_page = kept.each("page", sorted(set(pages().values())), ids=lambda page: page.stem)


def figures_on(page):
    """The names of a page's figures, from top to bottom."""
    return figures_in(page.read_text(encoding="utf-8"))


class Live:
    """One figure of an open page: its controls, its lines, what it says.

    Parameters
    ----------
    visit : Visit
        The page, open.
    figure : str
        The name of the figure's design.
    """

    def __init__(self, visit, figure):
        self.visit = visit
        self.page = visit.page
        self.figure = figure
        self.asked = {}
        self.root = self.page.locator(".live-figure").filter(
            has=self.page.locator(f'[data-live-figure*=\'"figure":"{figure}"\']')
        )
        self.root.locator(".live").wait_for()
        self.root.scroll_into_view_if_needed()

    def control(self, name):
        return self.root.locator(f"[data-control={name}]")

    def set_slider(self, name, notch):
        """Move a slider to a notch, as dragging it does."""
        self.control(name).evaluate(
            "(input, notch) => { input.value = notch; input.dispatchEvent(new Event('input')); }",
            notch,
        )
        self.settle()

    def set(self, **values):
        """Set controls to values, as an address does; what was set before since a reset stays."""
        self.asked |= values

        def written(value):
            if isinstance(value, bool):
                return str(value).lower()
            return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

        fields = "".join(f"&{name}={written(value)}" for name, value in self.asked.items())
        self.page.evaluate("hash => { location.hash = hash; }", f"live={self.figure}{fields}")
        self.settle()

    def press(self, name):
        self.control(name).click()
        if name == "reset":
            self.asked = {}
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def line(self, name):
        """The `d` of a line; of the first view that has one of this name."""
        return self.root.locator(f"[data-line='{name}']").first.get_attribute("d")

    def units(self):
        """What each view with level lines draws 1 as, by its ticks: [title, pixels across, up]."""
        return self.root.evaluate(
            """root => [...root.querySelectorAll(".live-view")]
              .filter(view => view.checkVisibility() && view.querySelector(".live-levels path"))
              .map(view => {
                const unit = (name, middle) => {
                  const [first, ...others] = [...view.querySelectorAll(name)].map(tick => {
                    const value = Number(tick.textContent.replace("\u2212", "-"));
                    return [value, middle(tick.getBoundingClientRect())];
                  });
                  const last = others.at(-1);
                  return Math.abs((last[1] - first[1]) / (last[0] - first[0]));
                };
                return [
                  view.querySelector(".live-title").textContent,
                  unit(".live-tick-x", box => box.x + box.width / 2),
                  unit(".live-tick-y", box => box.y + box.height / 2),
                ];
              })"""
        )

    def says(self):
        """The text under the figure, for the tests of how it is shown and spoken."""
        return self.root.locator(".live-readout").inner_text()

    def said(self):
        """What the text is made of: the values by the key of each piece, infinity by its name."""
        pieces = json.loads(self.root.locator(".live-readout").get_attribute("data-said"))
        return {piece["key"]: piece["values"] for piece in pieces}

    def views_one_by_one(self):
        """The views of a narrow figure, each while it is shown; then the first again."""
        self.settle()  # that it is narrow it learns once it is laid out
        tabs = self.root.locator("[role=tab]:visible").all()
        for tab in [*tabs, *tabs[:1]] or [None]:
            if tab:
                tab.click()
            (view,) = self.root.locator(".live-view:visible").all()
            yield view

    def close_up(self):
        """The view of one step taken apart."""
        return self.root.locator(".live-apart .live-view")

    def shown(self, name):
        """The text beside a slider."""
        return self.root.locator(f".live-slider:has([data-control={name}]) output").inner_text()

    def handle(self):
        handle = self.root.locator(".live-handle").first
        handle.scroll_into_view_if_needed()
        return handle

    def drawn(self):
        """What the figure shows: its lines and marks that are visible, and what it says.

        Without the hint at a handle, which is gone once the hand has followed it.
        """
        return self.root.locator(".live-body").evaluate(
            """body => [...body.querySelectorAll("svg path, svg circle, svg text, .live-readout")]
              .filter(e => getComputedStyle(e).visibility === "visible")
              .filter(e => !e.closest("defs, [hidden], .live-hint"))
              .map(e => [e.getAttribute("d"), e.getAttribute("cx"), e.textContent].join("|"))
              .filter(text => text !== "||")"""
        )

    def place(self):
        """Where the handle stands, as numbers."""
        text = self.handle().get_attribute("aria-valuetext").replace("\N{MINUS SIGN}", "-")
        return [float(number) for number in re.findall(r"= (-?[\d.]+)", text)]
