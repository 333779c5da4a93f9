"""What the tests of the built pages share: the site, its address, a browser."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
import site_pages
from playwright.sync_api import sync_playwright

from ..missing import skip_or_fail
from .visits import QUIET, QuietHandler, find_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site():
    """The folder of the built site, whole."""
    pages = site_pages.pages(ROOT / "_toc.yml")
    if absent := site_pages.missing(site_pages.SITE, pages):
        pytest.fail(f"the built site lacks {absent}; run `make book` first")
    return site_pages.SITE


@pytest.fixture(scope="session")
def browser():
    executable = find_chromium() or skip_or_fail("no Chromium: install it, or put it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(site):
    """The site's address over http, on a free port of this machine."""
    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
