"""Pages of the built site that stay open from test to test: to load one is what takes the time."""

from collections import OrderedDict
from contextlib import contextmanager

import pytest

from book.visits import DESKTOP, Visit

from .accessibility import thin

# Tests of one page run one after the other, and ask for it in no more ways than this: over http,
# as a file, without scripts, on a phone.
MOST = 6
# A page is met as by a new reader, whatever was opened before.
AS_NEW = "try { localStorage.clear(); sessionStorage.clear(); } catch { /* a page without */ }"


def each(argument, values, ids=None):
    """Give a test each value; all that is asked of one comes together, while its page is open."""
    return pytest.mark.parametrize(argument, values, scope="module", ids=ids)


class Kept:
    """Opens pages, and keeps the last few.

    A test leaves a page as it found it: what it opened it shuts, what it printed it shows again.
    Pages that are seen alike share a profile: the style and the scripts of all pages are then read
    once, which is half of what it takes to load one. What one page stores no other one finds.

    Parameters
    ----------
    browser : Browser
        Playwright's.
    """

    def __init__(self, browser):
        self.browser = browser
        self.visits = OrderedDict()
        self.profiles = {}

    def __call__(self, address, viewport=DESKTOP, *, thinned=False, **options):
        """Return a visit to a page, as if it had just been loaded.

        With ``thinned`` the page is as `accessibility.thin` leaves it: a page that is kept whole
        is thinned, but one that is thin is never given for a whole one.
        """
        options = {"color_scheme": "light", **options}
        seen_as = (address, *viewport.values(), *sorted(options.items()))
        key = (*seen_as, thinned)
        if key not in self.visits:
            whole = self.visits.pop((*seen_as, False), None) if thinned else None
            self.visits[key] = whole or self.opened(address, viewport, options)
            if thinned:
                thin(self.visits[key])
            while len(self.visits) > MOST:
                self.visits.popitem(last=False)[1].page.close()
        self.visits.move_to_end(key)
        return self.visits[key]

    def opened(self, address, viewport, options):
        """Open a page in the profile of those that are seen as it is."""
        seen_as = (*viewport.values(), *sorted(options.items()))
        if seen_as not in self.profiles:
            profile = self.browser.new_context(viewport=viewport, **options)
            profile.add_init_script(AS_NEW)
            self.profiles[seen_as] = profile
        return Visit(self.browser, address, viewport, self.profiles[seen_as])

    def complaints(self):
        """What the pages complained of; not the thin ones, where axe asks for what is not there."""
        return [
            complaint
            for (*_, thinned), visit in self.visits.items()
            if not thinned
            for complaint in visit.complaints
        ]

    def close(self):
        for profile in self.profiles.values():
            profile.close()
        self.profiles.clear()
        self.visits.clear()


@contextmanager
def on_paper(visit):
    """Show a page as it is printed, and then on the screen again."""
    visit.page.emulate_media(media="print")
    try:
        yield
    finally:
        visit.page.emulate_media(media="null")
