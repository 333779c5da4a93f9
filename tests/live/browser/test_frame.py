"""What every figure's frame offers: numbers that can be typed, a link, a picture, a hint."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from book.visits import PHONE
from minioptim.live import figures, words
from minioptim.live.figures import DESIGNS

from .alone import FRAMES

SVG = "{http://www.w3.org/2000/svg}"

each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)


def said(page):
    pieces = json.loads(page.locator(".live-readout").get_attribute("data-said"))
    return {piece["key"]: piece["values"] for piece in pieces}


def field(page, name):
    return page.locator(f"[data-field={name}]")


def type_in(page, name, text):
    field(page, name).fill(text)
    field(page, name).press("Enter")
    page.evaluate(FRAMES)


# --- Numbers ------------------------------------------------------------------


@each_design
def test_every_slider_has_a_number_with_a_name_of_its_own(alone, design):
    page = alone(design)
    sliders = page.locator("input[type=range]")
    names = [slider.get_attribute("data-control") for slider in sliders.all()]
    labels = [field(page, name).get_attribute("aria-label") for name in names]
    assert len(set(labels)) == len(names)
    values = design().values
    for name in names:
        assert float(field(page, name).input_value()) == pytest.approx(values[name], rel=1e-3)


def test_a_number_is_typed_and_the_figure_follows(alone):
    page = alone(figures.gradient_descent)
    for text, lr in [("1e-3", 0.001), ("0,12345", 0.12345), (" .5 ", 0.5), ("2.", 2)]:
        type_in(page, "lr", text)
        assert said(page)["rates"]["product"] == pytest.approx(10 * lr)
        assert "field.kept" not in said(page)
        assert float(field(page, "lr").input_value()) == lr
    assert page.locator("[data-control=lr]").input_value() == "1000"


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [("lr", "7", 2), ("lr", "\N{MINUS SIGN}1", 0.001), ("anatomy", "2.6", 3)],
)
def test_a_number_out_of_range_is_brought_inside_and_this_is_said(alone, name, text, kept):
    page = alone(figures.gradient_descent)
    type_in(page, name, text)
    assert float(field(page, name).input_value()) == kept
    assert said(page)["field.kept"]["now"] == kept
    assert "rates" in said(page)  # beside what came of it
    type_in(page, "lr", "0.1")
    assert "field.kept" not in said(page)


@pytest.mark.parametrize("text", ["", "fast", "0x1", "1e999", "NaN", "Infinity", "1;2", "<b>1</b>"])
def test_what_is_no_number_changes_nothing_and_this_is_said(alone, text):
    page = alone(figures.gradient_descent)
    type_in(page, "lr", text)
    assert said(page)["rates"]["product"] == pytest.approx(0.5)
    assert said(page)["field.kept"]["now"] == 0.05
    assert field(page, "lr").input_value() == "0.05"


def test_what_is_being_typed_stays_while_the_figure_moves(alone):
    page = alone(figures.gradient_descent)
    field(page, "lr").press_sequentially("9")
    half = field(page, "lr").input_value()
    page.evaluate("location.hash = 'live=gradient_descent&condition=20'")
    page.evaluate(FRAMES)
    assert field(page, "lr").input_value() == half != "0.05"
    field(page, "lr").press("Escape")
    assert field(page, "lr").input_value() == "0.05"


# --- A link -------------------------------------------------------------------


@pytest.fixture
def home(tmp_path):
    """The address of a page from a file."""
    file = tmp_path / "page.html"
    file.write_text("<!doctype html>", encoding="utf-8")
    return file.as_uri()


def test_a_link_from_a_file_holds_the_state_and_is_copied(alone, home):
    page = alone(figures.momentum, address=home, permissions=["clipboard-read", "clipboard-write"])
    type_in(page, "condition", "50")
    page.locator("[data-control=share]").click()
    page.wait_for_function("document.querySelector('.live-note').textContent")
    assert "copied" in said(page)
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url == f"{home}#live=momentum&condition=50"
    other = alone(figures.momentum, address=link)
    assert field(other, "condition").input_value() == "50"
    assert said(other)["place.rate"] == said(page)["place.rate"]


def test_where_nothing_can_be_copied_the_address_is_offered(alone, home):
    page = alone(figures.momentum, address=home)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error('no')); }")
    page.locator("[data-control=share]").click()
    page.wait_for_function("document.querySelector('.live-note').textContent")
    assert "shared" in said(page)
    assert page.url == f"{home}#live=momentum"


def test_a_link_of_the_text_sets_the_figure_as_often_as_it_is_followed(alone, home):
    page = alone(figures.gradient_descent, address=home)
    page.evaluate(
        """() => document.body.insertAdjacentHTML("beforeend",
          `<p style="margin-top: 3000px"><a href="#live=gradient_descent&amp;lr=0.2">x</a></p>`)"""
    )
    for _ in range(2):
        page.locator("a[href]").click()
        page.wait_for_function("scrollY < 1000")
        page.evaluate(FRAMES)
        assert "regime.edge" in said(page)
        type_in(page, "lr", "0.05")
        assert "regime.slow" in said(page)


# --- A picture ----------------------------------------------------------------


def drawing(file):
    return ET.parse(file).getroot()  # noqa: S314  # written by the page that is tested


def saved(page, tmp_path):
    with page.expect_download() as download:
        page.locator("[data-control=picture]").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


@each_design
def test_a_picture_is_saved_with_its_title_settings_and_licence(alone, design, tmp_path):
    page = alone(design, color_scheme="dark")
    file = saved(page, tmp_path)
    assert file.name == f"{design.figure}.svg"
    root = drawing(file)
    texts = [element.text for element in root.findall(f"{SVG}text")]
    assert texts[0] == words.text(design.figure, "title")
    assert texts[-1] == words.text(words.COMMON, "licence")
    shown = page.locator(".live-controls > .live-slider label").all_inner_texts()
    settings = " ".join(texts[1:-1])
    assert all(label in settings for label in shown)
    views = page.locator(".live-view:visible").count()
    assert len(root.findall(f"{SVG}svg[@role]")) == views


def test_a_picture_needs_nothing_else_and_is_read_by_every_program(alone, tmp_path):
    text = saved(alone(figures.momentum), tmp_path).read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert all(url.startswith("#") for url in re.findall(r"url\(\"?([^)\"]*)", text))
    assert not re.search(r"oklab|oklch|color-mix|var\(|currentColor|<script|<foreignObject", text)


def test_a_phone_saves_all_views_and_the_state_as_it_stands(alone, tmp_path):
    page = alone(figures.momentum, PHONE)
    type_in(page, "condition", "33")
    root = drawing(saved(page, tmp_path))
    assert len(root.findall(f"{SVG}svg[@role]")) == 5
    assert "33" in " ".join(element.text for element in root.findall(f"{SVG}text"))


# --- A hint -------------------------------------------------------------------


def test_what_can_be_dragged_says_so_until_it_was(alone):
    page = alone(figures.gradient_descent)
    assert page.locator(".live-hint").is_visible()
    page.locator(".live-handle").focus()
    assert page.locator(".live-hint").is_visible()
    page.keyboard.press("ArrowUp")
    assert page.locator(".live-hint").count() == 0
    page.locator("[data-control=reset]").click()
    assert page.locator(".live-hint").count() == 0


@pytest.mark.parametrize("place", ["0.005,0.99", "4,0", "0.005,0", "4,0.99"])
def test_the_hint_stays_inside_the_picture(alone, place):
    page = alone(figures.momentum)
    page.evaluate("place => { location.hash = `live=momentum&place=${place}`; }", place)
    page.evaluate(FRAMES)
    hint = page.locator(".live-hint").bounding_box()
    view = page.locator(".live-view > svg").first.bounding_box()
    assert view["x"] <= hint["x"]
    assert hint["x"] + hint["width"] <= view["x"] + view["width"]
    assert view["y"] <= hint["y"]
    assert hint["y"] + hint["height"] <= view["y"] + view["height"]
