"""What the tests of the built pages share: the site, its address, a browser."""

import functools
import http.server
import threading
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from book import pages as site_pages

from ..missing import skip_or_fail
from .live import Live, page_of
from .visits import QUIET, QuietHandler, Visit, find_chromium

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


@pytest.fixture
def opened(browser):
    """Open the page of a live figure anew, from its file; it must not complain."""
    visits = []

    def open_it(figure, fragment="", **options):
        visits.append(Visit(browser, page_of(figure).as_uri() + fragment, **options))
        return Live(visits[-1], figure)

    yield open_it
    for visit in visits:
        visit.context.close()
        assert visit.complaints == []


@pytest.fixture(scope="module")
def _desks(browser):
    """The figures' pages at a desk, each opened once: that is what takes the time."""
    visits = {}

    def visit_of(figure):
        if figure not in visits:
            visits[figure] = Visit(browser, page_of(figure).as_uri())
        return visits[figure]

    yield visit_of
    for visit in visits.values():
        visit.context.close()


@pytest.fixture
def desk(_desks):
    """Return a live figure at a desk, as it starts; its page is kept from test to test."""
    used = []

    def at_desk(figure):
        visit = _desks(figure)
        used.append(visit)
        live = Live(visit, figure)
        live.press("reset")
        return live

    yield at_desk
    for visit in used:
        assert visit.complaints == []
