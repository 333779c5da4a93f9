"""The live figures on the built pages: each answers hand, key and finger, and can be found out."""

import numpy as np
import pytest
from playwright.sync_api import expect

from book.extensions.live_figures import figures_in
from book.visits import PHONE
from minioptim.live.figures import DESIGNS

from ...accessibility import violations
from ...kept import on_paper
from .live import Live, each, each_figure, each_page, figures_on, page_of, pages

pytestmark = pytest.mark.usefixtures("site")


# --- What holds for every figure ----------------------------------------------


def test_every_figure_is_on_a_page():
    assert set(pages()) == {design.figure for design in DESIGNS}


def test_a_page_without_a_figure_loads_no_script_of_the_figures(site):
    for file in site.glob("chapters/**/*.html"):
        text = file.read_text(encoding="utf-8")
        assert ("_static/live/" in text) == bool(figures_in(text)), file


@each_figure
def test_every_control_changes_the_picture(desk, figure):
    live = desk(figure)
    # Those that are folded away may belong to a rule that is not shown.
    for slider in live.root.locator(".live-controls > .live-slider input[type=range]").all():
        name = slider.get_attribute("data-control")
        low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
        seen = set()
        for share in (0.0, 0.3, 0.75):
            live.press("reset")
            live.set_slider(name, round(low + share * (high - low)))
            seen.add(str(live.drawn()))
        assert len(seen) == 3, name


WITH_PATH = [
    design.figure
    for design in DESIGNS
    if any(control.name == "anatomy" and control.kind == "slider" for control in design.controls)
]


@each(WITH_PATH)
def test_a_step_of_a_path_can_be_taken_apart(desk, figure):
    live = desk(figure)
    view = live.close_up()
    live.set_slider("anatomy", 0)  # a chapter may open with a step taken apart
    assert not view.is_visible()
    place = live.control("anatomy").bounding_box()["y"]
    live.set_slider("anatomy", 3)
    assert view.is_visible()
    # What opens may not push the slider from under the hand.
    assert live.control("anatomy").bounding_box()["y"] == pytest.approx(place, abs=1)
    arrows = view.locator("[data-arrow]:visible")
    names = {arrow.get_attribute("data-arrow") for arrow in arrows.all()}
    assert "result" in names
    assert len(names) > 1
    assert live.said()["anatomy.step"]["t"] == 3
    labels = view.locator(".live-legend li:visible")
    assert labels.count() == len(names)
    on_the_path = live.root.locator("[data-dot=apart]")
    marked = figure in {"adagrad", "momentum", "nadam"}
    assert on_the_path.count() == marked
    assert on_the_path.is_visible() == marked
    live.set_slider("anatomy", 0)
    assert not view.is_visible()
    assert not on_the_path.is_visible()


SURFACES = {design.figure: design.surfaces for design in DESIGNS}
UNLIKE = {"edge_of_stability"}  # its plane has a scale for each axis, and no arrows


@each_figure
def test_a_unit_is_as_wide_as_high_where_level_lines_are_drawn(desk, figure):
    live = desk(figure)
    if figure in WITH_PATH:
        live.set_slider("anatomy", 3)  # a close-up too
    units = live.units()
    assert bool(units) == bool(SURFACES[figure])
    if figure in UNLIKE:
        assert live.root.locator("[data-arrow]").count() == 0
        return
    for title, across, up in units:
        # Only then is an arrow of -g at right angles to the level lines.
        assert across == pytest.approx(up, rel=0.01), title


@each(["race"])
@pytest.mark.parametrize("surface", ["Ravine", "Rosenbrock"])
def test_so_it_is_in_the_race_on_wide_and_off_centre_surfaces(desk, surface, figure):
    live = desk(figure)
    live.control("surface").select_option(surface)
    live.settle()
    ((_, across, up),) = live.units()
    assert across == pytest.approx(up, rel=0.01)


@each(["race"])
def test_in_the_race_a_step_of_any_rule_shown_can_be_taken_apart(desk, figure):
    live = desk(figure)
    view = live.close_up()
    seen = {}
    for rule in ("Adam", "Momentum", "RMSProp"):
        live.control("anatomy").select_option(rule)
        live.set_slider("step", 12)
        arrows = view.locator("[data-arrow]:visible")
        seen[rule] = {arrow.get_attribute("data-arrow") for arrow in arrows.all()}
    # Of a divisor there is nothing to be seen in momentum, and RMSProp remembers no gradient.
    assert seen == {
        "Adam": {"gradient", "unscaled", "memory", "result"},
        "Momentum": {"memory", "added", "result"},
        "RMSProp": {"gradient", "unscaled", "result"},
    }
    live.control("anatomy").select_option("NAdam")
    live.settle()
    assert not view.is_visible()
    assert live.said()["absent"] == {"rule": "NAdam"}


def test_what_has_left_is_said_and_no_step_of_it_is_drawn(opened):
    live = opened(
        "race",
        fragment="#live=race&surface=Rosenbrock&anatomy=GradientDescent&step=12&lr_GradientDescent=1",
    )
    assert live.said()["anatomy.left"] == {"t": 12}
    assert not live.close_up().is_visible()


def test_a_surface_beyond_the_largest_number_is_drawn_quietly(opened):
    opened("race", fragment="#live=race&surface=Beale&anatomy=Nesterov&step=2&lr_Nesterov=1000")


def test_a_path_that_diverges_leaves_along_the_steep_direction(opened):
    live = opened("gradient_descent", fragment="#live=gradient_descent&lr=0.5")
    pieces = [piece.split("L") for piece in live.line("path").split("M")[1:]]
    lines = [[[float(n) for n in at.split()] for at in piece] for piece in pieces]
    x0, y0, x1, y1 = (n for at in lines[-1][-2:] for n in at)
    # The bowl is turned by 0.5.
    steep = np.arctan2(np.cos(0.5), np.sin(0.5))
    assert abs(np.arctan2(abs(y1 - y0), abs(x1 - x0)) - steep) < 0.01


def test_whoever_follows_a_shared_address_sees_the_figure(opened):
    live = opened("race", fragment="#live=race&surface=Himmelblau&step=30")
    top = live.root.evaluate("element => element.getBoundingClientRect().top")
    assert -1 <= top < live.page.viewport_size["height"]
    live.press("reset")
    assert live.page.evaluate("location.hash") == ""


@each_figure
def test_reset_brings_everything_back(desk, figure):
    live = desk(figure)
    before, said = live.drawn(), live.said()
    for slider in live.root.locator("input[type=range]").all():
        live.set_slider(slider.get_attribute("data-control"), slider.get_attribute("max"))
    live.press("reset")
    assert live.drawn() == before
    assert live.said() == said


@each_figure
def test_sliders_answer_the_arrow_keys_and_say_their_value(desk, figure):
    live = desk(figure)
    for slider in live.root.locator(".live-controls > .live-slider input[type=range]").all():
        slider.focus()
        before = slider.get_attribute("aria-valuetext")
        at_the_end = slider.input_value() == slider.get_attribute("max")
        for _ in range(60):  # one notch may be less than what the text tells apart
            live.page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
            live.settle()
            if slider.get_attribute("aria-valuetext") != before:
                break
        else:
            pytest.fail(f"nothing new is said of {slider.get_attribute('data-control')}")


@each_figure
def test_what_a_figure_says_is_announced_once_the_hand_rests(desk, figure):
    live = desk(figure)
    expect(live.root.locator("[role=status]")).to_have_text(live.says())


@each_figure
def test_without_scripts_the_still_stands_there(kept, figure):
    visit = kept(page_of(figure).as_uri(), java_script_enabled=False)
    still = visit.page.locator(".live-figure .live-still img").first
    assert still.is_visible()
    assert len(still.get_attribute("alt")) > 30


@each_figure
def test_on_paper_the_still_stands_there(desk, figure):
    live = desk(figure)
    still = live.root.locator(".live-still img")
    assert live.root.locator(".live").is_visible()
    assert not still.is_visible()
    with on_paper(live.visit):
        assert still.is_visible()
        assert not live.root.locator(".live").is_visible()


@each_page
def test_a_phone_shows_all_whole_and_axe_is_content_by_day(kept, address_of, page):
    # Over http: axe reads the style sheets, and a browser keeps files from one another. By night
    # it looks at the whole page, figures and all, in tests/book/test_accessible.py.
    address = address_of(figures_on(page)[0])
    visit = kept(address, PHONE, color_scheme="dark", thinned=True)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for live in [Live(visit, figure) for figure in figures_on(page)]:
        for view in live.views_one_by_one():
            box = view.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            smallest = view.locator("svg text").evaluate_all(
                """texts => Math.min(...texts.map(text => text.ownerSVGElement.getScreenCTM().a
                  * parseFloat(getComputedStyle(text).fontSize)))"""
            )
            assert smallest >= 9.5  # pixels
    visit.page.emulate_media(color_scheme="light")
    visit.page.wait_for_selector("html[data-theme=light]")
    assert violations(visit, ".live-figure") == []
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_selector("html[data-theme=dark]")


HOSTILE = (
    "#live={}&lr=1e999&start=x,y&beta=-1&surface=constructor",
    "#live={}&lr=%3Cscript%3E&__proto__=1&reset=1",
    "#live={}&%E0%A4%A",
)


# An address is read by one module for all figures: to open two pages anew is enough.
@each(["race", "momentum"])
def test_a_page_opened_at_a_malformed_address_is_as_ever(desk, opened, figure):
    asked = opened(figure, fragment=HOSTILE[0].format(figure))
    assert asked.drawn() == desk(figure).drawn()


@each_figure
def test_a_malformed_address_changes_nothing(desk, figure):
    live = desk(figure)
    usual = live.drawn()
    for fragment in HOSTILE:
        live.page.evaluate("hash => { location.hash = hash; }", fragment.format(figure))
        live.settle()
        assert live.drawn() == usual
