"""A live figure on its built page, opened anew or kept from test to test."""

import pytest

from book.visits import DESKTOP, Visit

from .alone import fill
from .live import Live, page_of


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


@pytest.fixture
def address_of(site, served):
    """Return the address of a figure's page over http."""
    return lambda figure: f"{served}{page_of(figure).relative_to(site)}"


@pytest.fixture
def desk(kept):
    """Return a live figure at a desk, as it starts, on a page that may have been open."""

    def at_desk(figure):
        live = Live(kept(page_of(figure).as_uri()), figure)
        live.press("reset")
        return live

    return at_desk


@pytest.fixture
def alone(browser):
    """Open a page with one figure, which needs no built site; it must not complain."""
    visits = []

    def open_it(design, viewport=DESKTOP, address="about:blank", mistake=("", ""), **options):
        visits.append(Visit(browser, address, viewport, **options))
        fill(visits[-1].page, [design], mistake)
        return visits[-1].page

    yield open_it
    for visit in visits:
        visit.context.close()
        assert visit.complaints == []
