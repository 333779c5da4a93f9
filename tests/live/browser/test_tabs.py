"""One view at a time where two have no room beside each other: tabs, by hand and by key."""

import pytest

from book.visits import DESKTOP, PHONE
from minioptim.live import figures
from minioptim.live.figures import DESIGNS

from .alone import FRAMES

SCREEN = PHONE["height"]


def tabs_of(page):
    return page.locator("[role=tab]:visible")


def chosen(page):
    return page.locator("[role=tab][aria-selected=true]:visible")


each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)


@each_design
def test_a_phone_shows_one_view_at_a_time_and_each_has_a_tab(alone, design):
    page = alone(design, PHONE)
    count = tabs_of(page).count()
    assert count != 1
    for k in range(count):
        tabs_of(page).nth(k).click()
        (view,) = page.locator(".live-view:visible").all()
        tab = chosen(page)
        assert tab.inner_text() == tabs_of(page).nth(k).inner_text()
        assert view.get_attribute("id") == tab.get_attribute("aria-controls")
        assert view.get_attribute("role") == "tabpanel"
        assert view.get_attribute("aria-labelledby") == tab.get_attribute("id")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    names = tabs_of(page).all_inner_texts()
    assert len(set(names)) == count
    for row in page.locator(".live-tabs").all():  # which nobody has to scroll
        assert row.evaluate("row => row.scrollWidth <= row.clientWidth")


@each_design
def test_at_a_desk_all_views_are_shown_and_nobody_hears_of_tabs(alone, design):
    page = alone(design, DESKTOP)
    assert tabs_of(page).count() == 0
    assert page.locator("[role=tabpanel]").count() == 0
    views = page.locator(".live-views > .live-view")
    assert all(view.is_visible() for view in views.all())


@pytest.mark.parametrize("design", [figures.momentum, figures.gradient_descent])
def test_what_is_dragged_its_reading_and_a_slider_share_a_phones_screen(alone, design):
    page = alone(design, PHONE)
    handle = page.locator(".live-handle").bounding_box()
    slider = page.locator("input[type=range]").first.bounding_box()
    reading = page.locator(".live-readout").bounding_box()
    assert handle["y"] < reading["y"]
    assert reading["y"] + reading["height"] <= slider["y"]
    assert slider["y"] + slider["height"] - handle["y"] < SCREEN


def test_tabs_are_moved_through_by_keys(alone):
    page = alone(figures.momentum, PHONE)
    names = tabs_of(page).all_inner_texts()
    chosen(page).focus()
    for key, name in [("ArrowRight", 1), ("End", -1), ("ArrowRight", 0), ("ArrowLeft", -1)]:
        page.keyboard.press(key)
        assert chosen(page).inner_text() == names[name]
        assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")  # one stop for all tabs
    assert page.evaluate("document.activeElement.getAttribute('role')") == "slider"


def test_the_slider_that_takes_a_step_apart_brings_its_view(alone):
    page = alone(figures.gradient_descent, PHONE)
    assert tabs_of(page).count() == 4
    path = chosen(page).inner_text()
    slider = page.locator("[data-control=anatomy][type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.evaluate(FRAMES)
    assert tabs_of(page).count() == 5
    assert page.locator(".live-apart .live-view").is_visible()
    assert page.locator(".live-told-apart").is_visible()
    assert not page.locator(".live-told").is_visible()
    page.keyboard.press("ArrowLeft")
    page.evaluate(FRAMES)
    assert chosen(page).inner_text() == path
    assert page.locator(".live-told").is_visible()


def test_a_page_that_grows_wide_and_narrow_again_keeps_its_tab(alone):
    page = alone(figures.momentum, PHONE)
    tabs_of(page).nth(2).click()
    page.set_viewport_size(DESKTOP)
    page.evaluate(FRAMES)
    assert page.locator(".live-view:visible").count() == 5
    page.set_viewport_size(PHONE)
    page.evaluate(FRAMES)
    assert tabs_of(page).nth(2).get_attribute("aria-selected") == "true"
    assert page.locator(".live-view:visible").count() == 1
