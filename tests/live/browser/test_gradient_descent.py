"""The live figure of gradient descent: what its chapter asks to find can be found."""

import pytest

from book.visits import PHONE

from .live import each

pytestmark = pytest.mark.usefixtures("site")


@each(["gradient_descent"])
def test_the_start_is_dragged_tapped_and_moved_by_keys(desk, figure):
    live = desk(figure)
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
    scrolled = live.page.evaluate("scrollY")

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    for k in range(1, 9):  # a browser that takes it for scrolling ends it after the second move
        touch("touchMove", (x + 6 * k, y + 8 * k))
    touch("touchEnd")
    live.settle()
    assert live.page.evaluate("scrollY") == scrolled
    after = live.handle().bounding_box()
    assert after["x"] - box["x"] == pytest.approx(48, abs=1)
    assert after["y"] - box["y"] == pytest.approx(64, abs=1)
    assert live.place()[0] > before[0]
    live.page.touchscreen.tap(x + 100, y + 50)
    live.settle()
    assert live.place()[1] < before[1]


@each(["gradient_descent"])
def test_the_largest_lr_that_descends_and_the_best_can_be_found(desk, figure):
    live = desk(figure)
    live.set(lr=0.2)
    assert "regime.edge" in live.said()
    live.set(lr=0.201)
    assert "regime.divergent" in live.said()
    live.press("optimum")
    assert "regime.best" in live.said()
    assert live.said()["rates"]["rate"] == pytest.approx(9 / 11)
    live.set(lr=0.1)
    assert "regime.clears" in live.said()
    live.set(condition=100)
    live.press("optimum")
    assert live.said()["rates"]["rate"] == pytest.approx(99 / 101)


@each(["gradient_descent"])
def test_an_lr_that_diverges_is_drawn_as_leaving(desk, figure):
    live = desk(figure)
    mark = live.root.locator("[data-exit=path]")
    assert not mark.is_visible()
    live.set(lr=2)
    assert mark.is_visible()
    assert len(live.line("path")) > 20
