"""A live figure on a built page, as a hand meets it."""

import re

from .visits import Visit


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
        self.page = visit.page
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

    def press(self, name):
        self.control(name).click()
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def line(self, name):
        """The `d` of a line; of the first view that has one of this name."""
        return self.root.locator(f"[data-line='{name}']").first.get_attribute("d")

    def says(self):
        return self.root.locator(".live-readout").inner_text()

    def shown(self, name):
        """The text beside a slider."""
        return self.root.locator(f".live-slider:has([data-control={name}]) output").inner_text()

    def handle(self):
        return self.root.locator(".live-handle").first

    def place(self):
        """Where the handle stands, as numbers."""
        text = self.handle().get_attribute("aria-valuetext").replace("\N{MINUS SIGN}", "-")
        return [float(number) for number in re.findall(r"= (-?[\d.]+)", text)]


def open_figure(browser, address, figure, **options):
    """Return a visit and its figure; use the visit as a context manager."""
    visit = Visit(browser, address, **options)
    return visit, Live(visit, figure)
