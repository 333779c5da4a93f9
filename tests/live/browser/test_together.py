"""Many figures on one page, and a page that changes its size."""

import json

import pytest

from book.visits import DESKTOP, PHONE, Visit
from minioptim.live.figures import DESIGNS, adam, gradient_descent
from minioptim.live.page import widget_module

from .alone import FRAMES, fill

TABLET = {"width": 820, "height": 1180}
WHAT_EACH_SHOWS = """() => Object.fromEntries(
  [...document.querySelectorAll("[data-live-figure]")].map((host) => [
    JSON.parse(host.dataset.liveFigure).figure,
    host.querySelector(".live-readout").textContent
      + [...host.querySelectorAll("path")].map((path) => path.getAttribute("d")).join(),
  ]))"""


def ids_given_twice(page):
    ids = page.locator("[id]").evaluate_all("elements => elements.map(({id}) => id)")
    assert len(ids) > 10
    return sorted({one for one in ids if ids.count(one) > 1})


def hosting(page, figure):
    return page.locator(f'[data-live-figure*=\'"figure":"{figure}"\']')


@pytest.fixture
def crowded(browser):
    """A page with every figure on it, one below the other, open."""
    with Visit(browser, "about:blank") as visit:
        fill(visit.page, DESIGNS)
        yield visit.page
        assert visit.complaints == []


def test_all_figures_live_on_one_page(crowded):
    assert crowded.locator("[data-live-figure][data-live] .live").count() == len(DESIGNS)
    assert ids_given_twice(crowded) == []


def test_what_the_hand_does_to_one_changes_no_other(crowded):
    for design in DESIGNS:
        before = crowded.evaluate(WHAT_EACH_SHOWS)
        host = hosting(crowded, design.figure)
        host.scroll_into_view_if_needed()
        slider = host.locator("input[type=range]").first
        slider.focus()
        slider.press("Home")
        slider.press("PageUp")
        crowded.evaluate(FRAMES)
        after = crowded.evaluate(WHAT_EACH_SHOWS)
        assert [name for name in after if after[name] != before[name]] == [design.figure]


def test_a_figure_out_of_sight_is_drawn_when_it_comes_into_view(crowded):
    last = DESIGNS[-1].figure
    before = crowded.evaluate(WHAT_EACH_SHOWS)
    crowded.evaluate(f"() => {{ location.hash = 'live={last}&step=7'; }}")
    crowded.evaluate(FRAMES)
    assert crowded.evaluate(WHAT_EACH_SHOWS) == before
    hosting(crowded, last).scroll_into_view_if_needed()
    crowded.evaluate(FRAMES)
    after = crowded.evaluate(WHAT_EACH_SHOWS)
    readout = hosting(crowded, last).locator(".live-readout")
    assert json.loads(readout.get_attribute("data-said"))[0]["values"]["step"] == 7
    assert [name for name in after if after[name] != before[name]] == [last]


def test_play_stops_when_it_is_scrolled_out_of_sight(crowded):
    host = hosting(crowded, "race")
    host.locator("[data-control=steps]").select_option("300")
    host.locator("[data-control=speed]").select_option("0.25")
    play = host.locator("[data-control=play]")
    play.click()
    assert play.get_attribute("data-playing") == "true"
    crowded.evaluate("() => scrollTo(0, 0)")
    crowded.wait_for_function("play => play.dataset.playing === 'false'", arg=play.element_handle())
    host.scroll_into_view_if_needed()
    crowded.evaluate(FRAMES)  # out of sight not even the slider was drawn
    assert int(host.locator("[data-control=step]").input_value()) < 300


def test_figures_of_a_notebook_bring_engines_that_share_the_page(browser):
    with Visit(browser, "about:blank") as visit:
        for design in (gradient_descent, adam, gradient_descent):
            visit.page.evaluate(
                """async ([text, declaration]) => {
                  // As two cells do: the same text, loaded from two places.
                  const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
                  const widget = (await import(url)).default;
                  const el = document.body.appendChild(document.createElement("div"));
                  const values = {};
                  const get = (name) => ({declaration, values})[name];
                  widget.render({el, model: {get, set() {}, save_changes() {}, on() {}, off() {}}});
                }""",
                [widget_module([design]), design().declaration()],
            )
        assert visit.page.locator(".live").count() == 3
        assert ids_given_twice(visit.page) == []
        assert visit.complaints == []


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
def test_a_page_that_changes_its_size_keeps_every_figure_whole(crowded, size):
    crowded.set_viewport_size(size)
    crowded.evaluate(FRAMES)
    assert crowded.evaluate("document.documentElement.scrollWidth") <= size["width"]
    wide = crowded.locator(".live-view:visible > svg").evaluate_all(
        """views => views.map((view) => [view.getBoundingClientRect().width, view.clientHeight])"""
    )
    assert all(width > 250 and height > 150 for width, height in wide)


def test_the_handle_stays_under_the_mouse_whatever_the_size(crowded):
    host = hosting(crowded, "gradient_descent")
    handle, knob = host.locator(".live-handle"), host.locator(".live-knob")
    for size in (PHONE, TABLET, DESKTOP, PHONE):
        crowded.set_viewport_size(size)
        crowded.evaluate(FRAMES)
        handle.scroll_into_view_if_needed()
        view = host.locator(".live-border").first.bounding_box()
        for share in (0.3, 0.7):
            box = knob.bounding_box()
            crowded.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            crowded.mouse.down()
            x, y = view["x"] + share * view["width"], view["y"] + share * view["height"]
            crowded.mouse.move(x, y, steps=3)
            crowded.mouse.up()
            crowded.evaluate(FRAMES)
            box = knob.bounding_box()
            assert box["x"] + box["width"] / 2 == pytest.approx(x, abs=1)
            assert box["y"] + box["height"] / 2 == pytest.approx(y, abs=1)
