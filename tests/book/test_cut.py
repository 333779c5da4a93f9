"""Nothing on a page is cut off: what a reader sees on five screens. First comes `make book`."""

import pytest

from book import pages as site_pages
from book.visits import DESKTOP, PHONE, Visit

from ..kept import each
from .cut import cut
from .test_site import from_file, from_server

PAGES = site_pages.pages(site_pages.ROOT / "_toc.yml")
# The longest formulas and the widest tables stand here.
WIDEST = ["chapters/further/nesterov", "chapters/cheat_sheet", "chapters/problems"]
MAY_SCROLL = {"table", "code"}  # if its edge fades, so that it is seen to go on

pytestmark = pytest.mark.usefixtures("site")


def unseen(found, narrow):
    """What is shown in part and must not be: on a narrow screen, what does not even fade."""
    return [one for one in found if not (one.fades and (one.what in MAY_SCROLL or narrow))]


@each("page", PAGES)
def test_nothing_is_cut_on_a_desktop(kept, page):
    found = unseen(cut(from_file(kept, page), DESKTOP["width"]), narrow=False)
    assert found == []


@each("page", PAGES)
def test_nothing_is_cut_on_a_phone(kept, served, page):
    found = unseen(cut(from_server(kept, served, page), PHONE["width"]), narrow=True)
    assert found == []


@each("page", WIDEST)
@pytest.mark.parametrize("width", [360, 768, 1920])
def test_nothing_is_cut_on_other_screens(kept, width, page):
    assert unseen(cut(from_file(kept, page), width), narrow=width < 600) == []


BAD = """<!DOCTYPE html><title>bad</title><style>
  .katex-html { display: block; overflow-x: auto } .base { display: inline-block }
  div.math { position: relative } .eqno { position: absolute; right: 0; top: 0 }
  pre, .pst-scrollable-table-container { overflow-x: auto } h2 { white-space: nowrap }
</style><article><h2 id="wide"><span style="font-size: 90px">SoftmaxRegression</span></h2>
<div class="math" id="scrolls"><span class="katex-display"><span class="katex">
  <span class="katex-html"><span class="base" style="width: 800px">a</span></span></span></span>
</div><div class="math" id="under"><span class="eqno">(1)</span><span class="katex-display">
  <span class="katex"><span class="katex-html"><span class="base" style="width: 100%">b</span>
  </span></span></span></div>
<div class="math" id="fits"><span class="eqno">(2)</span><span class="katex-display">
  <span class="katex"><span class="katex-html"><span class="base" style="width: 9em">c</span>
  </span></span></span></div>
<p id="line"><span class="katex"><span class="base" style="width: 700px">d</span></span></p>
<pre id="listing">LISTING</pre>
<div class="pst-scrollable-table-container" id="cells"><table style="width: 900px"><tr><td>e
</table></div></article>"""


def test_what_is_cut_is_seen(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(BAD.replace("LISTING", "x" * 400))
    with Visit(browser, page.as_uri(), PHONE) as visit:
        found = cut(visit, PHONE["width"])
        assert {(one.what, one.where.split(":")[0]) for one in found} == {
            ("heading", "wide"),
            ("formula", "scrolls"),
            ("formula", "under"),
            ("formula in a line", "line"),
            ("code", "listing"),
            ("table", "cells"),
        }
        assert unseen(found, narrow=True) == found  # nothing fades there
        assert visit.page.viewport_size == PHONE
