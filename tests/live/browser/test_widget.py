"""A figure as a widget: traits both ways, and in a place of any width."""

import json

import pytest

from book.visits import DESKTOP
from minioptim.live import figures
from minioptim.live.page import style, widget_module

from .alone import FRAMES

BLANK = "data:text/html,<!doctype html><meta charset=utf-8><body></body>"
# A stand-in for a kernel's side of a widget: it keeps values, and tells who listens.
MODEL = """
window.makeModel = (declaration, values) => {
  const held = {declaration, values};
  const listeners = new Map();
  return {
    saved: 0,
    get: (name) => held[name],
    set(name, value) { held[name] = value; },
    save_changes() { this.saved += 1; },
    on(event, callback) { listeners.set(callback, event); },
    off(event, callback) { listeners.delete(callback); },
    fromPython(value) {
      held.values = value;
      for (const callback of listeners.keys()) callback();
    },
    listening: () => listeners.size,
  };
};
"""


@pytest.fixture
def page(browser):
    """A blank page with the style and a stand-in for widget models; it must not complain."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(BLANK)
    page.add_style_tag(content=style())
    page.add_script_tag(content=MODEL)
    yield page
    context.close()
    assert complaints == []


def load(page, design):
    """Import the module of a figure's widget, as Jupyter does, and tell it what Python said."""
    module = widget_module([design])
    page.evaluate(
        """async ([module, declaration, values]) => {
          const url = URL.createObjectURL(new Blob([module], {type: "text/javascript"}));
          window.widget = (await import(url)).default;
          window.declaration = declaration;
          window.values = values;
          window.show = (model) => {
            const el = document.body.appendChild(document.createElement("div"));
            return {el, unmount: widget.render({model, el})};
          };
        }""",
        [module, design().declaration(), json.loads(json.dumps(design().values))],
    )


def test_the_hand_sets_the_traits_and_python_moves_the_figure(page):
    load(page, figures.gradient_descent)
    page.evaluate("() => { window.model = makeModel(declaration, values); show(model); }")
    slider = page.locator("[data-control=lr]")
    slider.focus()
    page.keyboard.press("End")
    assert page.evaluate("model.get('values').lr") == 2
    assert page.evaluate("model.saved") > 0
    page.locator(".live-handle").focus()
    page.keyboard.press("ArrowRight")
    start = page.evaluate("model.get('values').start")
    assert start == pytest.approx([-1.52, 1.0])
    page.evaluate("model.fromPython({...values, lr: 0.1, start: [1, 1]})")
    page.wait_for_function(
        "JSON.parse(document.querySelector('.live-readout').dataset.said)[1].values.product === 1"
    )
    assert page.locator(".live-handle").get_attribute("aria-valuenow") == "1"


def test_what_python_sends_is_checked_as_an_address_is(page):
    load(page, figures.gradient_descent)
    page.evaluate("() => { window.model = makeModel(declaration, values); show(model); }")
    said = page.locator(".live-readout").inner_text()
    page.evaluate("model.fromPython({lr: 'fast', start: [NaN, 1], condition: null, __proto__: 1})")
    page.wait_for_timeout(100)
    assert page.locator(".live-readout").inner_text() == said


def test_a_figure_follows_the_width_of_its_place(page):
    load(page, figures.gradient_descent)
    page.evaluate("() => show(makeModel(declaration, values))")
    for width in (390, 1280, 500, 900, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(FRAMES)
        box = page.locator(".live-handle").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y)
        page.mouse.up()
        page.wait_for_timeout(50)
        moved = page.locator(".live-handle").bounding_box()
        assert moved["x"] == pytest.approx(box["x"] + 20, abs=1.5)


def test_a_widget_offers_no_link_as_its_page_is_not_the_books(page):
    load(page, figures.gradient_descent)
    page.evaluate("() => show(makeModel(declaration, values))")
    assert page.locator("[data-control=picture]").is_visible()
    assert page.locator("[data-control=share]").count() == 0
