"""A browser on the built site: how it is found, and what it sees and complains of."""

from __future__ import annotations

import http.server
import os
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

# Chromium asks its maker's hosts for updates unless told not to.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """Return the path of Chromium: what CHROMIUM says, or on PATH; None if there is none."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and prints nothing of it."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class Visit:
    """An open page, with what it asked for and what it complained of.

    Parameters
    ----------
    browser : Browser
        Playwright's.
    address : str
        Of the page.
    viewport : dict
        Its ``width`` and ``height`` in CSS pixels.
    context : BrowserContext, optional
        A profile made before: what its pages share is read and understood once.
    **options
        Further options of Playwright's ``new_context``, for a fresh profile.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        viewport: ViewportSize = DESKTOP,
        context: BrowserContext | None = None,
        **options: Any,
    ) -> None:
        self.context = context or browser.new_context(viewport=viewport, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.listen)
        self.page.goto(address, wait_until="load")

    def listen(self, message: ConsoleMessage) -> None:
        """Keep an error or a warning of the console."""
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def foreign_requests(self, home: str) -> list[str]:
        """Return the requests to anywhere but home, once the page has come to rest."""
        self.page.wait_for_load_state("networkidle")
        return [url for url in self.requests if not url.startswith((home, "data:", "blob:"))]

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()
