"""Whoever reads a page by other means, or with weak eyes, can. First comes `make book`.

axe looks at a page that was thinned, and no other test can use that page any more. So this file
comes last of those that open pages: before it, they share one.
"""

import pytest

from book import pages as site_pages

from ..accessibility import OF_LOOKS, violations
from ..kept import each
from .test_site import from_file, from_server

each_page = each("page", site_pages.pages(site_pages.ROOT / "_toc.yml"))

pytestmark = pytest.mark.usefixtures("site")


def all_drawn(visit):
    """Bring each live figure into view, which draws it."""
    for figure in visit.page.locator(".live-figure").all():
        figure.locator(".live").wait_for()
        figure.scroll_into_view_if_needed()
    return visit


@each_page
def test_page_is_accessible(kept, page):
    assert violations(all_drawn(from_file(kept, page, thinned=True))) == []


# What a phone shows otherwise than a desktop is the theme's, and of one kind on all pages, and the
# figures' tabs, which axe sees whole on each page in tests/live/browser/test_figures.py.
WHOLE = {"intro", "chapters/momentum", "chapters/cheat_sheet", "api/rules"}


@each_page
def test_page_is_accessible_on_a_phone_in_the_dark(kept, served, page):
    rules = None if page in WHOLE else OF_LOOKS
    assert violations(all_drawn(from_server(kept, served, page, thinned=True)), rules=rules) == []
