"""How light the built site is, and what makes it so. First comes `make book`."""

import io

import numpy as np
import pytest
from PIL import Image

from book import pages as site_pages
from book import weights
from book.extensions.light import SHEET
from book.light import fonts, icons, images, pages, stylesheets
from book.visits import Visit

from ..kept import each
from .test_site import from_server

SITE = site_pages.SITE
PAGES = site_pages.pages(site_pages.ROOT / "_toc.yml")
MOST_SENT, MOST_RAW = 700e3, 1.6e6  # bytes of a first view, compressed and not
MOST_MOVED = 0.02  # cumulative layout shift


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


# --- What a reader loads --------------------------------------------------------


@each("page", PAGES)
def test_page_is_light(site, kept, served, page):
    # Other tests may have scrolled the page, and so loaded more than a first view does.
    weight = weights.weight_of(site, served, from_server(kept, served, page).requests)
    assert weight.raw <= MOST_RAW
    assert weight.sent <= MOST_SENT


@pytest.mark.parametrize(
    "page", ["intro", "chapters/gradient_descent", "chapters/adam", "chapters/notation"]
)
def test_nothing_moves_by_itself(site, browser, served, page):
    # What a page lacks room for moves at each visit; a font that a busy machine has late, at some.
    visits = (weights.first_view(browser, site, served, page).cls for _ in range(4))
    assert any(cls < MOST_MOVED for cls in visits)


TOP = """id => new Promise(done => {
    let last, same = 0;
    const look = () => {
        const now = document.getElementById(id).getBoundingClientRect().top;
        same = now === last ? same + 1 : 0;
        last = now;
        if (same > 30) done(now); else requestAnimationFrame(look);
    };
    look();
})"""


def test_a_link_into_a_page_leads_there_though_not_all_was_laid_out(browser, served):
    with Visit(browser, f"{served}chapters/gradient_descent.html") as visit:
        visit.page.locator(".bd-sidebar-secondary a[href='#exercises']").click()
        visit.page.wait_for_function("scrollY > 0")
        assert 0 <= visit.page.evaluate(TOP, "exercises") <= 150


def test_weight_and_movement_are_seen(browser, tmp_path):
    (tmp_path / "big.js").write_text("//" + "x" * 2_000_000)
    picture = np.random.default_rng(0).integers(0, 255, (600, 900, 3), dtype=np.uint8)
    (tmp_path / "late.png").write_bytes(png(picture))
    (tmp_path / "bad.html").write_text(
        """<html><body><img id="late"><p style="height: 500px">pushed down</p>
        <script>setTimeout(() => { late.src = "late.png"; }, 200)</script>
        <script src="big.js"></script></body></html>"""
    )
    with weights.serve(tmp_path) as home:
        view = weights.first_view(browser, tmp_path, home, "bad")
    assert view.weight.raw > MOST_RAW
    assert view.weight.sent > MOST_SENT
    assert view.weight.files == 3
    assert view.cls > MOST_MOVED


def test_the_site_ships_one_style_sheet_and_no_script_of_icons(site):
    static = site / "_static"
    assert (static / SHEET).is_file()
    assert not (static / pages.ICONS).exists()
    assert not list(static.rglob("*.map"))
    css = (static / SHEET).read_text(encoding="utf-8")
    assert "@import" not in css
    # Of each theme and extension something that pages need, and that came last in its file.
    for kept in (".headerlink", ".bs-tooltip-auto", ".toggle-hidden", ".cell_output", ".katex"):
        assert kept in css


# --- What makes it light --------------------------------------------------------


def test_a_style_sheet_brings_those_that_it_imports(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text("p { background: url(plus.png) }")
    theme = tmp_path / "styles" / "theme.css"
    theme.write_text('/* a */ @import "../basic.css"; b { src: url("../f.woff"); d: url(e.png) }')
    text = stylesheets.read(theme, tmp_path)
    assert stylesheets.tight(text) == (
        "p{background: url(plus.png)}b{src: url(f.woff);d: url(styles/e.png)}"
    )


def test_what_a_brace_or_comma_in_a_string_means_is_nothing():
    css = """a[b="}"]{content:"{;,"}.c::after{content:'\\'}'}.d\\:e,.f{g:h}"""
    assert stylesheets.kept(css, {"c", "d:e"}) == (
        """a[b="}"]{content:"{;,"}.c::after{content:'\\'}'}.d\\:e{g:h}"""
    )


def test_an_icon_that_the_theme_does_not_have_stops_the_build():
    with pytest.raises(LookupError, match="no-such"):
        icons.drawn('<i class="fa-solid fa-no-such"></i>', "{}")


def test_the_icon_font_keeps_the_icons_asked_for(tmp_path):
    from fontTools import fontBuilder, ttLib
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    names = [".notdef", "bell", "book"]
    font = fontBuilder.FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({0xF0F3: "bell", 0xF02D: "book"})
    font.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    font.setupHorizontalHeader()
    font.setupPost()
    font.save(tmp_path / "icons.ttf")
    fonts.write_subset(tmp_path / "icons.ttf", fonts.glyphs_named('a{content:"\\f0f3"}'))
    assert list(ttLib.TTFont(tmp_path / "icons.woff").getBestCmap()) == [0xF0F3]


def test_a_diagram_is_smaller_with_a_palette_and_looks_the_same():
    rows, columns = np.mgrid[:300, :400]
    diagram = np.full((300, 400, 3), 255, dtype=np.uint8)
    diagram[(rows // 7 + columns // 11) % 3 == 0] = (31, 119, 180)
    diagram[:, :40] = np.linspace(0, 255, 40, dtype=np.uint8)[:, None]
    content = png(np.dstack([diagram, np.full((300, 400), 255, dtype=np.uint8)]))
    small = images.smaller(content)
    assert len(small) < len(content)
    shown = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))
    assert np.abs(shown.astype(int) - diagram).max() <= 2


def test_what_a_palette_would_change_stays_as_it_is():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    see_through = np.zeros((8, 8, 4), dtype=np.uint8)
    for picture in (noise, see_through):
        assert images.smaller(png(picture)) == png(picture)


def test_all_scripts_wait_and_what_is_not_needed_is_gone():
    head = """<html><head><meta charset="utf-8" /><meta name="viewport" content="a" />
    <!-- why --><script>theme()</script><link rel="stylesheet" href="_static/a.css" />
    <link rel="preload" as="script" href="b.js" /><script src="_static/scripts/fontawesome.js?v">
    </script><script src="b.js"></script><script>twice</script><script>twice</script>
    <script>DOCUMENTATION_OPTIONS.pagename = 'x';</script></head><body></body></html>"""
    light = pages.lighter(head, lambda _: False, "site.css", {})
    assert light.sheets == ["a.css"]
    found = [line.strip() for line in light.html.splitlines() if line.strip()]
    assert found == [
        '<html><head><meta charset="utf-8" />',
        '<meta name="viewport" content="width=device-width, initial-scale=1" />',
        "<script>theme()</script>",
        "<script>twice</script>",
        '<link rel="stylesheet" href="_static/site.css" />'
        '<script defer src="b.js"></script></head><body></body></html>',
    ]
