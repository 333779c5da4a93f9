"""What each chapter asks to find with its live figure can be found, and is what theory says."""

import re

import numpy as np
import pytest

from minioptim.interactive import figures

from .live import pages

pytestmark = pytest.mark.usefixtures("site")

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def numbers(text):
    """The numbers in what a figure says, as floats."""
    text = text.replace("\N{MINUS SIGN}", "-")
    text = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "e" + m[1].translate(SUPERSCRIPTS), text)
    return [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


def end_of(live, line):
    """Where a path ends on the page, in pixels of its view."""
    return np.array([float(n) for n in live.line(line).split("L")[-1].strip("M").split()])


def test_each_chapter_with_a_figure_asks_to_find_something():
    for figure, file in pages().items():
        html = file.read_text(encoding="utf-8")
        place = html.index("data-live-figure")
        assert re.search(r"<strong>Find</strong>", html[place - 20_000 : place]), figure


def test_stochastic_gradient_descent(desk):
    live = desk("stochastic_gradient_descent")
    assert "stays at 0.248" in live.says()
    live.set_slider("batch", 665)  # b = 40
    assert live.shown("batch") == "40"
    assert "stays at 0.0248" in live.says()
    live.press("reset")
    ellipse, run = live.line("rest"), live.line("path")
    live.press("draw")
    assert live.line("rest") == ellipse
    assert live.line("path") != run
    live.control("decay").check()
    live.settle()
    assert "no floor" in live.says()
    assert numbers(live.says())[-1] < 0.248


def test_the_noise_on_the_page_is_the_noise_in_python(desk):
    live = desk("stochastic_gradient_descent")
    x = figures.stochastic_gradient_descent().traces["SGD"].x
    unit = (262 - 22) / 4  # pixels of the view, by the height: the width has room to spare
    points = np.array([p.split() for p in live.line("path").strip("M").split("L")], dtype=float)
    np.testing.assert_allclose((points - points[0]) / [unit, -unit], x - x[0], atol=2e-3)


def test_moving_averages(desk):
    live = desk("moving_averages")
    live.set_slider("beta", 587)  # 0.933
    assert live.shown("beta").startswith("0.933")
    window, half_life = numbers(live.says())[2:4]
    assert half_life == pytest.approx(10, abs=0.03)
    assert window == pytest.approx(1 / (1 - 0.5**0.1), rel=0.01)
    live.press("reset")
    live.set_slider("day", 5)
    assert "have the sum 0.41;" in live.says()
    live.control("corrected").check()
    live.settle()
    assert "have the sum 1;" in live.says()


def test_momentum(desk):
    live = desk("momentum")
    live.press("optimum")
    assert "rate ρ = 0.635" in live.says()
    a, momentum = live.place()
    assert a == pytest.approx(20 * (2 / (1 + np.sqrt(20))) ** 2, abs=0.01)
    live.page.keyboard.press("Tab")
    live.handle().focus()
    live.page.keyboard.press("Shift+ArrowUp")
    live.settle()
    assert live.place()[1] == pytest.approx(momentum + 0.099, abs=1e-3)
    assert numbers(live.says())[2] == pytest.approx(np.sqrt(live.place()[1]), abs=1e-3)
    live.press("plain")
    assert "rate ρ = 0.905" in live.says()


def test_momentum_on_a_map_that_is_tapped(desk):
    live = desk("momentum")
    box = live.root.locator(".live-border").first.bounding_box()
    live.page.mouse.click(box["x"] + 0.97 * box["width"], box["y"] + 0.9 * box["height"])
    live.settle()
    assert "it diverges" in live.says()
    assert "the steep one leaves" in live.says()


def test_nesterov(desk):
    live = desk("nesterov")
    live.set_slider("moment", 2)
    assert live.says().startswith("Step 1, the correction.")
    assert "plain momentum would end 0 away" in live.says()
    for _ in range(3):
        live.press("next")
    assert live.says().startswith("Step 2, the correction.")
    assert "would end 0 away" not in live.says()
    live.set_slider("lr", 831)
    assert live.shown("lr") == "0.15"
    assert live.root.locator("[data-exit=Nesterov]").is_visible()
    assert not live.root.locator("[data-exit=Momentum]").is_visible()


def test_adagrad(desk):
    live = desk("adagrad")
    _, x, y, *_ = numbers(live.says())
    assert x / y == pytest.approx(5, abs=0.01)
    live.set_slider("degrees", 500)
    _, x, y, adagrad, plain = numbers(live.says())
    assert x / y == pytest.approx(1, abs=0.1)
    assert adagrad > plain
    live.set_slider("degrees", 0)
    live.set_slider("every", 20)
    _, x, y, adagrad, plain = numbers(live.says())
    assert x / y == pytest.approx(6.1, abs=0.1)
    assert adagrad < plain
    live.set_slider("every", 5)
    ends = {name: trace.f[-1] for name, trace in figures.adagrad(every=5).traces.items()}
    said = dict(zip(("Adagrad", "GradientDescent"), numbers(live.says())[-2:], strict=True))
    assert said == pytest.approx(ends, rel=5e-3)


def test_adadelta(desk):
    live = desk("adadelta")
    lines = ("GradientDescent", "Adagrad", "RMSProp", "Adadelta", "NewtonStep")

    def unmoved():
        seen = {name: set() for name in lines}
        for notch in (0, 250, 500, 750, 1000):
            live.set_slider("scale", notch)
            for name in lines:
                seen[name].add(live.line(name))
        return {name for name, paths in seen.items() if len(paths) == 1}

    assert unmoved() == {"NewtonStep"}
    live.control("begun").check()
    assert unmoved() == {"NewtonStep", "Adadelta"}


def test_rmsprop(desk):
    live = desk("rmsprop")
    assert live.says().endswith("It takes RMSProp 77 steps to be back at half of lr.")
    live.set_slider("rho", 361)  # 0.81
    assert live.shown("rho").startswith("0.81")
    assert numbers(live.says())[-1] == pytest.approx(77 / 2, abs=0.5)
    live.set_slider("rho", 1000)  # 0.99: not settled when the change comes
    assert live.says().endswith("It takes RMSProp 749 steps to be back at half of lr.")
    live.set_slider("rho", 361)
    live.set_slider("factor", 1000)
    assert numbers(live.says())[0] == pytest.approx(1 / np.sqrt(1 - 0.81), rel=0.01)


def test_adam(desk):
    live = desk("adam")
    assert live.says().startswith("First step 1 lr, longest 1 lr at step 1,")
    live.control("corrected").uncheck()
    live.settle()
    assert "longest 6.57 lr at step 12" in live.says()
    live.press("reset")
    live.set_slider("eps", 889)
    assert numbers(live.says())[0] == pytest.approx(0.5, abs=0.01)


def test_the_step_of_adam_after_a_lone_gradient():
    # 0.1 / (1 - 0.9^50) over the root of 0.001 / (1 - 0.999^50), both from averages near 0.
    expected = 0.1 / (1 - 0.9**50) / np.sqrt(0.001 / (1 - 0.999**50))
    x = figures.adam(kind="lone").traces["steps"].x[:, 0]
    assert abs(x[50] - x[49]) == pytest.approx(expected, rel=1e-3)
    assert expected == pytest.approx(0.70, abs=0.005)


def test_nadam(desk):
    live = desk("nadam")
    assert "is 1.06 times as long" in live.says()
    outcomes = {}
    for schedule in ("torch", "keras", "optax"):
        live.control("psi").select_option(schedule)
        live.settle()
        _, adam_30, nadam_30, _, adam, nadam, _ = numbers(live.says())
        outcomes[schedule] = (nadam_30 < adam_30, nadam < adam)
    assert "is 1.47 times as long" in live.says()
    assert outcomes == {"torch": (False, True), "keras": (False, True), "optax": (True, True)}


def test_in_practice(desk):
    live = desk("in_practice")
    lowest = {}
    for schedule in ("constant", "step", "root", "linear", "cosine", "warm"):
        live.control("schedule").select_option(schedule)
        live.settle()
        lowest[schedule] = numbers(live.says())[1]
    assert min(lowest, key=lowest.get) == "cosine"
    live.press("reset")
    live.set_slider("decay", 500)
    assert "end with size 0.507" in live.says()
    live.control("rule").select_option("GradientDescent")
    live.settle()
    assert "end with size 0.81" in live.says()


# --- The race -----------------------------------------------------------------


def test_race(desk):
    live = desk("race")
    places = live.says().partition("lowest first: ")[2].split(", ")
    assert places[0].startswith("RMSProp")
    assert numbers(places[0])[0] < 2e-4  # the last digit of its lr decides how far
    assert live.says().endswith("GradientDescent 0.0997.")
    box = live.root.locator(".live-border").first.bounding_box()
    live.page.mouse.click(box["x"] + 0.39 * box["width"], box["y"] + 0.55 * box["height"])
    live.settle()
    places = live.says().partition("lowest first: ")[2].split(", ")
    assert places[0].startswith("Adam ")
    assert places[-1].startswith("RMSProp ")
    live.press("reset")
    live.control("surface").select_option("Rosenbrock")
    live.settle()
    for name in ("GradientDescent", "Momentum", "Nesterov"):
        assert f"{name} left" in live.says()
    live.press("tuned")
    live.press("home")
    assert "left" not in live.says()


def test_the_race_is_played_paused_and_scrubbed(desk):
    live = desk("race")
    step = live.control("step")
    live.press("play")
    live.page.wait_for_function("document.querySelector('[data-control=step]').value > 5")
    live.press("play")
    paused = int(step.input_value())
    assert 5 < paused <= 100
    live.page.wait_for_timeout(200)
    assert int(step.input_value()) == paused
    before = end_of(live, "Adam")
    live.set_slider("step", 30)
    assert not np.array_equal(end_of(live, "Adam"), before)
    assert live.says().startswith("Step 30 of 100 on Beale")


def test_whoever_wants_no_motion_sees_the_end_at_once(opened):
    live = opened("race", reduced_motion="reduce")
    live.set_slider("step", 0)
    live.press("play")
    assert live.control("step").input_value() == "100"


def test_a_race_is_shared_by_its_address(opened):
    live = opened("race")
    live.control("surface").select_option("Himmelblau")
    live.root.locator(".live-group summary").click()
    live.control("show_NAdam").check()
    live.set_slider("lr_NAdam", 500)
    live.set_slider("step", 42)
    live.handle().focus()
    live.page.keyboard.press("ArrowRight")
    live.settle()
    said, drawn = live.says(), live.drawn()
    live.press("share")
    fragment = live.page.evaluate("location.hash")
    assert fragment.startswith("#live=race&")
    other = opened("race", fragment=fragment)
    assert other.says() == said
    assert sorted(other.drawn()) == sorted(drawn)  # made in another order


def test_a_race_that_plays_stands_still_to_be_shared(opened):
    live = opened("race")
    live.set_slider("step", 0)
    live.press("play")
    live.press("share")
    assert "The address of this page" in live.says()
    assert live.control("play").inner_text() == "Play"


def test_a_step_of_momentum_taken_apart(desk):
    live = desk("momentum")
    live.set_slider("anatomy", 8)
    assert live.says().endswith("Step 8 would be 2.91 times as long with g = 0.")


def test_a_step_of_adagrad_taken_apart(desk):
    live = desk("adagrad")
    live.set_slider("anatomy", 8)
    assert "turned by 45° by the division" in live.says()
    live.set_slider("degrees", 500)
    assert live.shown("degrees") == "45"
    assert "turned by 2° by the division" in live.says()


def test_a_step_of_adam_taken_apart(desk):
    live = desk("adam")
    live.set_slider("anatomy", 40)
    assert live.says().endswith(
        "Step 40 points 170° away from −g; it is turned by 14° by the division; "
        "it would be 1.13 times as long with g = 0."
    )
