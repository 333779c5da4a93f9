"""What the tests of built pages share, wherever they stand: the site, its address, a browser.

The environments of `make parity` and `make classroom` have neither a book nor a browser, and read
this file too: so it imports both only where a test asks for them.
"""

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest

from .missing import skip_or_fail

ROOT = Path(__file__).parents[1]


# Its tests share a browser and a server, which end when the process goes on to another file.
TOGETHER = "tests/classroom/test_inert.py"


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which not every environment has
def pytest_xdist_make_scheduler(config, log):
    """With `--dist loadgroup`, run in one process, one after the other, the tests of one page.

    Its name stands last in the brackets of a test's: [desktop-chapters/adam] and [adam] are of one.
    xdist's own groups, which are marks, are nothing to pytest 9.2.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByPage(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if nodeid.startswith(TOGETHER):
                return TOGETHER
            found = re.search(r"(\w+)\]$", nodeid)
            return found[1] if found else nodeid

    return ByPage(config, log)


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
def _kept(browser):
    from .kept import Kept

    kept = Kept(browser)
    yield kept
    kept.close()


@pytest.fixture
def kept(_kept, request):
    """Return a way to open a page that another test may have opened: see `Kept`."""
    failed = request.session.testsfailed
    yield _kept
    complaints = _kept.complaints()
    if complaints or request.session.testsfailed > failed:
        _kept.close()  # who knows how they were left
    assert complaints == []


@pytest.fixture(scope="session")
def served(site):
    """The site's address over http, on a free port of this machine."""
    from book.visits import QuietHandler

    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
