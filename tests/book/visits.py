"""A browser on the built site: how it is found, and what it sees and complains of."""

import http.server
import os
import shutil

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

# Chromium asks its maker's hosts for updates unless told not to.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium():
    names = ["chromium", "chromium-browser", "google-chrome"]
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Visit:
    """A page opened in a fresh profile, with what it asked for and what it complained of."""

    def __init__(self, browser, address, viewport=DESKTOP, **options):
        self.context = browser.new_context(viewport=viewport, **options)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self.listen)
        self.page.goto(address, wait_until="load")

    def listen(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def foreign_requests(self, home):
        """Requests to anywhere but home, once the page has come to rest."""
        self.page.wait_for_load_state("networkidle")
        return [url for url in self.requests if not url.startswith((home, "data:", "blob:"))]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
