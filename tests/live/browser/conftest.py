"""A live figure on its built page, opened anew or kept from test to test."""

import pytest

from book.visits import Visit

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
