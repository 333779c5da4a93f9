"""The live figure of gradient descent: what its chapter asks to find can be found."""

import numpy as np
import pytest

from book.visits import PHONE
from minioptim.live import figures

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
    live.set(condition=100, lr=0.03)
    assert "near" not in live.said()


@each(["gradient_descent"])
def test_the_steps_to_a_hundredth_are_counted(desk, figure):
    live = desk(figure)
    for condition in (10, 100):
        live.set(condition=condition)
        live.press("optimum")
        rate = (condition - 1) / (condition + 1)  # of both directions at once
        assert live.said()["near"] == {"step": int(np.ceil(np.log(0.01) / np.log(rate)))}
    live.set(lr=0.001)
    assert live.said()["far"] == {"steps": 400}


@each(["gradient_descent"])
def test_a_step_is_shown_beside_the_way_to_the_minimum(desk, figure):
    live = desk(figure)
    live.set(anatomy=3)
    x = figures.gradient_descent().traces["gradient descent"].x
    step, way = x[3] - x[2], -x[2]
    cosine = step @ way / np.linalg.norm(step) / np.linalg.norm(way)
    (told,) = live.said()["anatomy.step"]["parts"]
    assert told["key"] == "aim"
    assert told["values"]["degrees"] == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.5)


@each(["ceiling"])
def test_the_ceiling_promises_most_at_lr_of_one_and_nothing_from_two_on(desk, figure):
    live = desk(figure)
    steepest = 2 * 0.14 + 0.55 * 1.3**2  # of 0.14 x^2 + 0.55 sin(1.3 x)
    for x in (4.75, 2.0, 0.4):
        slope = 2 * 0.14 * x + 0.55 * 1.3 * np.cos(1.3 * x)
        promised = {}
        for lr in (0.5, 1.0, 1.5):
            live.set(x=x, lr=lr)
            promised[lr] = live.said()["promise"]["promised"]
            to = figures.ceiling(x=x, lr=lr).traces["gradient descent"].final[0]
            heights = [0.14 * at**2 + 0.55 * np.sin(1.3 * at) for at in (x, to)]
            assert live.said()["falls"]["by"] == pytest.approx(heights[0] - heights[1])
            assert live.said()["falls"]["by"] >= promised[lr]
        assert promised[1.0] == pytest.approx(slope**2 / (2 * steepest)) == max(promised.values())
        live.set(lr=2)
        assert "none" in live.said()


@each(["ceiling"])
def test_the_ring_stays_on_the_curve(desk, figure):
    live = desk(figure)
    live.handle().focus()
    live.page.keyboard.press("Shift+ArrowLeft")
    live.settle()
    x, height = live.place()
    assert x < 4.75
    assert height == pytest.approx(0.14 * x**2 + 0.55 * np.sin(1.3 * x), abs=0.01)


@each(["gradient_descent"])
def test_an_lr_that_diverges_is_drawn_as_leaving(desk, figure):
    live = desk(figure)
    mark = live.root.locator("[data-exit=path]")
    assert not mark.is_visible()
    live.set(lr=2)
    assert mark.is_visible()
    assert len(live.line("path")) > 20
