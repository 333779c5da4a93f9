"""What the tests of built pages share, wherever they stand: the site, its address, a browser.

The environments of `make parity` and `make classroom` have neither a book nor a browser, and read
this file too: so it imports both only where a test asks for them.
"""

import functools
import http.server
import threading
from pathlib import Path

import pytest

from .missing import skip_or_fail

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def site():
    """The folder of the built site, whole."""
    from book import pages as site_pages

    pages = site_pages.pages(ROOT / "_toc.yml")
    if absent := site_pages.missing(site_pages.SITE, pages):
        pytest.fail(f"the built site lacks {absent}; run `make book` first")
    return site_pages.SITE


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    from book.visits import QUIET, find_chromium

    executable = find_chromium() or skip_or_fail("no Chromium: install it, or put it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(site):
    """The site's address over http, on a free port of this machine."""
    from book.visits import QuietHandler

    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
