"""The live figures on the built pages: each answers hand, key and finger, and can be found out."""

import functools
import re

import pytest
import site_pages
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from minioptim.interactive.figures import DESIGNS

from .live import Live
from .visits import PHONE, Visit

SITE = site_pages.SITE
PLACEHOLDER = re.compile(r'"figure":"(\w+)"')

pytestmark = pytest.mark.usefixtures("site")


@functools.cache
def pages():
    """Which page each figure is on."""
    found = {}
    for file in sorted(SITE.glob("chapters/*.html")):
        html = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for host in html.select("[data-live-figure]"):
            found[PLACEHOLDER.search(host["data-live-figure"])[1]] = file
    return found


def page_of(figure):
    return pages()[figure]


each_figure = pytest.mark.parametrize("figure", [design.figure for design in DESIGNS])


@pytest.fixture
def opened(browser):
    """Open the page of a figure, from its file: returns the figure, and closes it at the end."""
    visits = []

    def open_it(figure, **options):
        visit = Visit(browser, page_of(figure).as_uri() + options.pop("fragment", ""), **options)
        visits.append(visit)
        live = Live(visit, figure)
        live.visit = visit
        return live

    yield open_it
    for visit in visits:
        complaints = visit.complaints
        visit.context.close()
        assert complaints == []


# --- What holds for every figure ----------------------------------------------


def test_every_figure_is_on_a_page():
    assert set(pages()) == {design.figure for design in DESIGNS}


def test_a_page_without_a_figure_loads_no_script_of_the_figures():
    with_figure = set(pages().values())
    for file in SITE.glob("chapters/*.html"):
        assert ("_static/live/" in file.read_text(encoding="utf-8")) == (file in with_figure), file


@each_figure
def test_every_control_changes_the_picture(opened, figure):
    live = opened(figure)
    for slider in live.root.locator("input[type=range]").all():
        live.press("reset")
        before = live.root.locator(".live-views").inner_html()
        name = slider.get_attribute("data-control")
        low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
        now = float(slider.input_value())
        live.set_slider(name, round(low + 0.75 * (high - low) if now < (low + high) / 2 else low))
        assert live.root.locator(".live-views").inner_html() != before, name


@each_figure
def test_reset_brings_everything_back(opened, figure):
    live = opened(figure)
    before = live.root.locator(".live-views").inner_html()
    for slider in live.root.locator("input[type=range]").all():
        live.set_slider(slider.get_attribute("data-control"), slider.get_attribute("max"))
    live.press("reset")
    assert live.root.locator(".live-views").inner_html() == before


@each_figure
def test_sliders_answer_the_arrow_keys_and_say_their_value(opened, figure):
    live = opened(figure)
    slider = live.root.locator("input[type=range]").first
    slider.focus()
    before = slider.get_attribute("aria-valuetext")
    for _ in range(40):
        live.page.keyboard.press("ArrowRight")
    live.settle()
    assert slider.get_attribute("aria-valuetext") != before


@each_figure
def test_what_a_figure_says_is_announced_once_the_hand_rests(opened, figure):
    live = opened(figure)
    live.root.locator("[role=status]").filter(has_text=re.compile(r"\w")).wait_for(state="attached")
    assert live.root.locator("[role=status]").inner_text() == live.says()


@each_figure
def test_without_scripts_and_on_paper_the_still_stands_there(browser, figure):
    with Visit(browser, page_of(figure).as_uri(), java_script_enabled=False) as visit:
        still = visit.page.locator(".live-figure .live-still img").first
        assert still.is_visible()
        assert len(still.get_attribute("alt")) > 30
    with Visit(browser, page_of(figure).as_uri()) as visit:
        live = Live(visit, figure)
        still = live.root.locator(".live-still img")
        assert live.root.locator(".live").is_visible()
        assert not still.is_visible()
        visit.page.emulate_media(media="print")
        assert still.is_visible()
        assert not live.root.locator(".live").is_visible()


@each_figure
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_whole_and_axe_finds_no_fault(opened, figure, scheme):
    live = opened(figure, viewport=PHONE, color_scheme=scheme)
    width = live.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    for view in live.root.locator(".live-view").all():
        box = view.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
    smallest = live.root.locator("svg text").evaluate_all(
        "texts => Math.min(...texts.filter(t => t.textContent).map(t => t.getBoundingClientRect().height))"
    )
    assert smallest >= 9  # pixels, of the box around a letter
    found = Axe().run(live.page, context={"include": [[".live-figure"]]})
    assert found.response["violations"] == []


@each_figure
@pytest.mark.parametrize(
    "fragment",
    ["#live={}&lr=1e999", "#live={}&lr=%3Cscript%3E&__proto__=1", "#live={}&start=x,y", "#live"],
)
def test_a_malformed_address_changes_nothing(opened, figure, fragment):
    usual = opened(figure).root.locator(".live-views").inner_html()
    asked = opened(figure, fragment=fragment.format(figure))
    assert strip_ids(asked.root.locator(".live-views").inner_html()) == strip_ids(usual)


def strip_ids(text):
    """Ids are counted up in the order in which figures are made."""
    return re.sub(r"(live-\w+)-\d+", r"\1", text)


# --- Gradient descent ---------------------------------------------------------


def test_the_start_is_dragged_tapped_and_moved_by_keys(opened):
    live = opened("gradient_descent")
    before, path = live.place(), live.line("path")
    box = live.handle().bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    live.page.mouse.move(x, y)
    live.page.mouse.down()
    live.page.mouse.move(x + 60, y + 20, steps=4)
    live.page.mouse.up()
    live.settle()
    dragged = live.place()
    assert dragged[0] > before[0]
    assert dragged[1] < before[1]
    assert live.line("path") != path
    live.page.keyboard.press("ArrowUp")
    live.settle()
    assert live.place()[1] == pytest.approx(dragged[1] + 0.08)


def test_a_finger_drags_the_start(opened):
    live = opened("gradient_descent", viewport=PHONE, has_touch=True)
    before = live.place()
    box = live.handle().bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = live.page.context.new_cdp_session(live.page)
    for kind, dx in (("touchStart", 0), ("touchMove", 15), ("touchMove", 45), ("touchEnd", None)):
        points = [] if dx is None else [{"x": x + dx, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    live.settle()
    assert live.place()[0] > before[0]
    live.page.touchscreen.tap(x + 100, y + 50)
    live.settle()
    assert live.place()[1] < before[1]


def test_the_largest_lr_that_descends_and_the_best_one_can_be_found(opened):
    live = opened("gradient_descent")
    live.set_slider("lr", 697)  # 0.2000
    assert live.shown("lr") == "0.2"
    descends = live.says()
    live.set_slider("lr", 705)
    assert live.says().startswith("Divergent")
    assert not descends.startswith("Divergent")
    live.press("optimum")
    assert live.says().startswith("Fast")
    assert "ρ is 0.818" in live.says()
    live.set_slider("condition", 1000)
    live.press("optimum")
    assert "ρ is 0.98" in live.says()


def test_an_lr_that_diverges_is_drawn_as_leaving(opened):
    live = opened("gradient_descent")
    mark = live.root.locator("[data-exit=path]")
    assert not mark.is_visible()
    live.set_slider("lr", 1000)
    assert mark.is_visible()
    assert len(live.line("path")) > 20
