"""What each chapter asks to find with its live figure can be found, and is what theory says."""

import numpy as np
import pytest

from minioptim.live import figures, words

from ...book.test_site import soup
from .live import each, pages

pytestmark = pytest.mark.usefixtures("site")


def end_of(live, line):
    """Where a path ends on the page, in pixels of its view."""
    return np.array([float(n) for n in live.line(line).split("L")[-1].strip("M").split()])


def test_each_chapter_with_a_figure_asks_to_find_something():
    for figure, file in pages().items():
        section = soup(file).select_one("[data-live-figure]").find_parent("section")
        # A list of tasks, or one task in a sentence.
        assert section.find("ol") or section.find("strong", string="Find"), figure


def floor_of(lr, batch):
    """The mean of f that gradient descent with noise ends with, on the bowl of the figure."""
    variance = 4.0**2 / batch
    return sum(lr * variance / (2 * (2 - lr * curvature)) for curvature in (1, 6))


@each(["stochastic_gradient_descent"])
def test_stochastic_gradient_descent(desk, figure):
    live = desk(figure)
    assert live.said()["floor"]["floor"] == pytest.approx(floor_of(0.1, 4))
    assert live.said()["floor"]["circle"] == pytest.approx(2 * 0.1 * 4.0 / 4**0.5)
    live.set(batch=40)
    assert live.said()["floor"]["floor"] == pytest.approx(floor_of(0.1, 4) / 10)
    live.press("reset")
    ellipse, run = live.line("rest"), live.line("path")
    live.press("draw")
    assert live.line("rest") == ellipse
    assert live.line("path") != run
    live.set(decay=True)
    assert live.said()["falling"]["mean"] < floor_of(0.1, 4)


@each(["stochastic_gradient_descent"])
def test_the_noise_on_the_page_is_the_noise_in_python(desk, figure):
    live = desk(figure)
    x = figures.stochastic_gradient_descent().traces["SGD"].x
    unit = (262 - 22) / 4  # pixels of the view, by the height: the width has room to spare
    points = np.array([p.split() for p in live.line("path").strip("M").split("L")], dtype=float)
    np.testing.assert_allclose((points - points[0]) / [unit, -unit], x - x[0], atol=2e-3)


@each(["moving_averages"])
def test_moving_averages(desk, figure):
    live = desk(figure)
    live.set(beta=0.5**0.1)
    assert live.said()["memory"]["half"] == pytest.approx(10)
    assert live.said()["memory"]["window"] == pytest.approx(1 / (1 - 0.5**0.1))
    live.press("reset")
    live.set(day=5)
    assert live.said()["today"]["sum"] == pytest.approx(1 - 0.9**5)
    live.set(corrected=True)
    assert live.said()["today"]["sum"] == pytest.approx(1)


@each(["momentum"])
def test_momentum(desk, figure):
    live = desk(figure)
    live.press("optimum")
    best = (np.sqrt(20) - 1) / (np.sqrt(20) + 1)
    assert live.said()["place.rate"]["rate"] == pytest.approx(best)
    motions = [live.said()["place.rate"][one]["key"] for one in ("flat", "steep")]
    assert motions == ["motion.borders"] * 2
    a, momentum = live.place()
    assert a == pytest.approx(20 * (2 / (1 + np.sqrt(20))) ** 2, abs=0.01)
    live.page.keyboard.press("Tab")
    live.handle().focus()
    live.page.keyboard.press("Shift+ArrowUp")
    live.settle()
    place = live.said()["place.rate"]
    assert place["momentum"] == pytest.approx(momentum + 0.099, abs=1e-3)
    assert place["rate"] == pytest.approx(np.sqrt(place["momentum"]))
    live.press("plain")
    assert live.said()["place.rate"]["rate"] == pytest.approx(19 / 21)


@each(["momentum"])
def test_momentum_counts_the_steps_until_the_path_stays_near(desk, figure):
    live = desk(figure)
    distance = np.linalg.norm(figures.momentum().traces["momentum"].x, axis=1)
    count = live.said()["near"]["step"]
    assert distance[count - 1] > 0.01 * distance[0] >= distance[count:].max()
    live.press("plain")  # a rate of 19/21 in both directions
    assert live.said()["near"] == {"step": int(np.ceil(np.log(0.01) / np.log(19 / 21)))}
    live.set(condition=100)
    live.press("plain")
    assert live.said()["far"] == {"steps": 80}


@each(["momentum"])
def test_momentum_on_a_map_that_is_tapped(desk, figure):
    live = desk(figure)
    border = live.root.locator(".live-border").first
    border.scroll_into_view_if_needed()  # another figure stands above it on the page
    box = border.bounding_box()
    live.page.mouse.click(box["x"] + 0.97 * box["width"], box["y"] + 0.9 * box["height"])
    live.settle()
    assert live.said()["place.diverges"]["steep"]["key"] == "motion.leaves"


@each(["valley"])
def test_the_share_that_needs_the_fewest_steps_in_the_valley_can_be_found(desk, figure):
    live = desk(figure)
    needed = {}
    for momentum in (0.0, 0.75, 0.9):
        live.set(momentum=momentum)
        needed[momentum] = live.said()["near"]["needed"]
        distance = np.linalg.norm(figures.valley(momentum=momentum).traces["momentum"].x, axis=1)
        assert needed[momentum] == np.flatnonzero(distance > 0.01 * distance[0])[-1] + 1
    assert needed[0.75] < needed[0.9] < needed[0.0]
    live.set(momentum=1)
    assert live.said()["far"]["steps"] == 300


@each(["nesterov"])
def test_nesterov(desk, figure):
    live = desk(figure)
    live.set(moment=2)
    assert live.said()["moment.correction"] == {"t": 1}
    assert live.said()["lengths"]["apart"] == pytest.approx(0, abs=1e-12)
    for _ in range(3):
        live.press("next")
    assert live.said()["moment.correction"] == {"t": 2}
    assert live.said()["lengths"]["apart"] > 0.01
    live.set(lr=0.15)
    assert live.root.locator("[data-exit=Nesterov]").is_visible()
    assert not live.root.locator("[data-exit=Momentum]").is_visible()
    assert "diverges.nesterov" in live.said()


@each(["nesterov"])
def test_the_disc_stands_after_as_many_steps_of_nesterov_as_the_figure_says(desk, figure):
    live = desk(figure)
    close_up, paths = (live.root.locator("[data-dot=now]").nth(view) for view in (0, 1))
    line = live.root.locator("[data-mark=now]")

    def at(dot):
        return np.array([float(dot.get_attribute(name)) for name in ("cx", "cy")])

    path = live.root.locator("[data-line=Nesterov]").first.get_attribute("d")
    points = [[float(n) for n in place.split()] for place in path.strip("M").split("L")]
    start = line.first.bounding_box()["x"]
    places = {}
    for moment, made in ((3, 1), (4, 1), (5, 2), (6, 2)):
        live.set(moment=moment)
        assert at(paths) == pytest.approx(points[made], abs=0.11), moment
        assert line.first.text_content().endswith(str(made)), moment
        places[moment] = at(close_up)
    assert start != line.first.bounding_box()["x"]
    # The jump moves nothing yet, and the correction leads to where its arrow ends.
    assert (places[3] == places[4]).all()
    live.set(moment=5)
    tip = live.root.locator("[data-arrow=correction] path").last.get_attribute("transform")
    assert places[5] == pytest.approx(
        [float(n) for n in tip[len("translate(") :].split(")")[0].split()], abs=0.11
    )


@each(["nesterov_roots"])
def test_nesterovs_roots(desk, figure):
    live = desk(figure)
    live.set(a=0.5)
    said = live.said()
    assert said["near.Nesterov"] == {"rate": pytest.approx(0.45**0.5), "needed": 10}
    assert said["near.Momentum"] == {"rate": pytest.approx(0.9**0.5), "needed": 86}
    live.set(a=1.36)
    assert {"diverges.Nesterov", "near.Momentum"} == set(live.said())
    live.handle().focus()
    live.page.keyboard.press("Shift+ArrowLeft")  # a tenth of the axis
    live.settle()
    assert live.said()["near.Nesterov"]["needed"] < 5
    live.set(a=4)
    assert {"diverges.Nesterov", "diverges.Momentum"} == set(live.said())


@each(["adagrad"])
def test_adagrad(desk, figure):
    live = desk(figure)
    said = live.said()
    assert said["rates"]["x"] / said["rates"]["y"] == pytest.approx(5, abs=0.01)
    live.set(degrees=45)
    said = live.said()
    assert said["rates"]["x"] / said["rates"]["y"] == pytest.approx(1, abs=0.1)
    assert said["ends"]["adagrad"] > said["ends"]["descent"]
    live.set(lr=3)
    said = live.said()
    assert said["ends"]["adagrad"] < said["ends"]["descent"]
    live.set(gd_lr=0.45)
    said = live.said()
    assert said["ends"]["adagrad"] > said["ends"]["descent"]
    live.press("reset")
    live.set(every=20)
    said = live.said()
    assert said["rates"]["x"] / said["rates"]["y"] == pytest.approx(6.1, abs=0.1)
    assert said["ends"]["adagrad"] < said["ends"]["descent"]
    live.set(every=5)
    ends = {name: trace.f[-1] for name, trace in figures.adagrad(every=5).traces.items()}
    assert live.said()["ends"] == pytest.approx(
        {"adagrad": ends["Adagrad"], "descent": ends["GradientDescent"]}, rel=1e-9
    )


@each(["adadelta"])
def test_adadelta(desk, figure):
    live = desk(figure)
    lines = ("GradientDescent", "Adagrad", "Adadelta", "NewtonStep")

    def unmoved():
        seen = {name: set() for name in lines}
        for scale in (0.001, 0.03, 1, 30, 1000):
            live.set(scale=scale)
            for name in lines:
                seen[name].add(live.line(name))
        return {name for name, paths in seen.items() if len(paths) == 1}

    assert unmoved() == {"NewtonStep"}
    assert live.said()["hero"]["y"] == pytest.approx(1.553, abs=0.001)  # the unit of y has stayed
    live.set(begun=True)
    assert unmoved() == {"NewtonStep", "Adadelta"}


@each(["rmsprop"])
def test_rmsprop(desk, figure):
    live = desk(figure)
    assert "noticed" not in live.said()  # it grows: no step is too short
    assert live.said()["start"]["rmsprop"] == pytest.approx(1 / np.sqrt(1 - 0.9), rel=0.01)
    live.set(factor=0.01)
    assert live.said()["noticed"]["steps"] == 77
    live.set(rho=0.81)  # 0.9 squared: half the memory
    assert live.said()["noticed"]["steps"] == pytest.approx(77 / 2, abs=0.5)
    live.set(rho=0.99)  # not settled when the change comes
    assert live.said()["noticed"]["steps"] == 749
    live.set(rho=0.81, factor=1000)
    assert live.said()["first"]["rmsprop"] == pytest.approx(1 / np.sqrt(1 - 0.81), rel=0.01)


@each(["adam"])
def test_adam(desk, figure):
    live = desk(figure)
    trace = figures.adam().traces["ravine"]
    moves = np.diff(trace.x, axis=0)
    for t in (1, 10, 27):
        live.set(step=t)
        said, g, move = live.said(), trace.grad[t - 1], moves[t - 1]
        found = said.get("uphill", said.get("downhill"))
        assert ("uphill" in said) == (g @ move > 0)
        away = np.degrees(np.arccos(-g @ move / np.hypot(*g) / np.hypot(*move)))
        assert found == {"t": t, "degrees": round(away)}
        lengths = abs(move) / 0.3
        assert said["lengths"] == pytest.approx({"along": lengths[0], "across": lengths[1]})


@each(["adam_correction"])
def test_adam_without_correction(desk, figure):
    live = desk(figure)
    for beta2, at in ((0.999, 12), (0.99, 13)):
        live.set(beta2=beta2)
        t = np.arange(1, 1001)
        length = (1 - 0.9**t) / np.sqrt(1 - beta2**t)
        moves = live.said()["moves"]
        assert moves["at"] == 1 + length.argmax() == at
        found = moves["first"], moves["longest"], moves["late"]
        assert found == pytest.approx((length[0], length.max(), length[-1]), rel=1e-5)


@each(["adam_noise"])
def test_adam_under_noise(desk, figure):
    live = desk(figure)
    wrong = []
    for ratio in (4, 1, 0.1):
        live.set(ratio=ratio)
        said = live.said()
        root = np.sqrt(1 + ratio**2)
        assert said["drift"]["expected"] == pytest.approx(ratio / root)
        assert said["drift"]["scatter"] == pytest.approx(np.sqrt(0.1 / 1.9) / root)
        wrong.append(said["wrong"]["percent"])
    assert wrong[0] == 0
    assert wrong[-1] > 10


@each(["adam_reddi"])
def test_adam_and_the_rare_large_gradient(desk, figure):
    live = desk(figure)
    assert live.said()["parts"] == pytest.approx({"down": 7.96, "up": 10.24}, abs=0.005)
    live.set(beta2=0.9995)
    assert "climbs" in live.said()
    live.set(beta2=0.9997)
    assert "falls" in live.said()


@each(["nadam"])
def test_nadam(desk, figure):
    live = desk(figure)
    outcomes, ratios = {}, {}
    for schedule in ("torch", "keras", "optax"):
        live.set(psi=schedule)
        said = live.said()
        ends = said["ends"]
        ratios[schedule] = said["first"]["ratio"]
        outcomes[schedule] = (ends["nadamEarly"] < ends["adamEarly"], ends["nadam"] < ends["adam"])
    assert ratios["torch"] == pytest.approx(1.06, abs=0.005)
    # With mu constant: mu m over 1 - mu^2, and what the gradient adds, over m without a look ahead.
    assert ratios["optax"] == pytest.approx(0.9 * 0.1 / (1 - 0.9**2) + 1, rel=1e-6)
    assert outcomes == {"torch": (False, True), "keras": (False, True), "optax": (True, True)}


@each(["adamw"])
def test_adamw(desk, figure):
    live = desk(figure)
    ends = []
    for size in (0.1, 10.0, 100.0):
        live.set(size=size)
        found, traces = live.said()["left"], figures.adamw(size=size).traces
        for name, trace in traces.items():
            assert found[name] == pytest.approx(trace.final[0], rel=1e-9)
        ends.append((found["beside"], found["inside"]))
    beside, inside = zip(*ends, strict=True)
    assert beside == pytest.approx([0.999**1000] * 3, abs=0.003)
    assert inside[0] < beside[0] < inside[1] < inside[2]


@each(["newton_schulz"])
def test_newton_schulz(desk, figure):
    live = desk(figure)
    spans = {}
    for coefficients in ("quintic", "cubic"):
        for k in (5, 15):
            live.set(coefficients=coefficients, k=k, s=0.9)
            found = live.said()
            traces = figures.newton_schulz(coefficients=coefficients, k=k, s=0.9).traces
            ends = traces["all"].final
            assert found["all"]["smallest"] == pytest.approx(ends.min(), rel=1e-9)
            assert found["all"]["largest"] == pytest.approx(ends.max(), rel=1e-9)
            assert found["one"]["end"] == pytest.approx(traces["one"].final[0], rel=1e-9)
            spans[coefficients, k] = ends.min()
    assert spans["cubic", 5] < 0.05 < 0.6 < min(spans["quintic", 5], spans["cubic", 15])


@each(["edge_of_stability"])
def test_edge_of_stability(desk, figure):
    live = desk(figure)
    for lr, later, key in ((0.4, "same", "edge"), (0.4, "doubled", "edge"), (0.2, "same", "below")):
        live.set(lr=lr, later=later)
        found = live.said()
        y = figures.edge_of_stability(lr=lr, later=later).traces["run"].x[:, 1]
        assert found["limit"]["limit"] == pytest.approx(2 / lr)
        assert found["limit"]["highest"] == pytest.approx(y.max(), rel=1e-6)
        assert found[key]["end"] == pytest.approx(y[-50:].mean(), rel=1e-6)
    losses = {}
    for later in ("same", "halved", "doubled"):
        live.set(lr=0.4, later=later)
        losses[later] = live.said()["loss"]["loss"]
    assert 10 * losses["halved"] < losses["same"] < losses["doubled"]


@each(["without_a_schedule"])
def test_without_a_schedule(desk, figure):
    live = desk(figure)
    found = {}
    for lr, begin in ((0.2, 200), (1.8, 100), (1.8, 297), (0.1, 0), (0.1, 270)):
        live.set(lr=lr, begin=begin, seed=3)
        said = found[lr, begin] = live.said()["ends"]
        traces = figures.without_a_schedule(lr=lr, begin=begin, seed=3).traces
        for name in ("schedule", "free"):
            assert said[name] == pytest.approx(traces[name].f[-1], rel=1e-9)
    assert found[0.2, 200]["average"] == pytest.approx(found[0.2, 200]["schedule"], rel=0.15)
    assert found[1.8, 100]["schedule"] < found[1.8, 297]["schedule"] / 2
    assert found[0.1, 270]["average"] < found[0.1, 0]["average"] / 2


@each(["in_practice"])
def test_in_practice(desk, figure):
    live = desk(figure)
    lowest = {}
    for schedule in ("constant", "step", "root", "linear", "cosine", "warm"):
        live.set(schedule=schedule)
        lowest[schedule] = live.said()["mean"]["mean"]
    assert min(lowest, key=lowest.get) == "cosine"
    live.press("reset")
    for rule in ("AdamW", "GradientDescent"):
        live.set(decay=1, rule=rule)
        final = figures.in_practice(decay=1.0, rule=rule).traces["run"].final
        assert live.said()["size"]["size"] == pytest.approx(np.hypot(*final), rel=1e-9)
        assert live.said()["size"]["size"] < live.said()["size"]["goal"]


# --- The race -----------------------------------------------------------------


def heights(live):
    """F above the minimum by rule, lowest first; None where a rule has left."""
    return {one["values"]["rule"]: one["values"].get("f") for one in live.said()["order"]["order"]}


DESCENT, MOMENTUM = (
    words.text(words.COMMON, f"rules.{name}") for name in ("GradientDescent", "Momentum")
)


@each(["race"])
def test_race(desk, figure):
    live = desk(figure)
    places = heights(live)
    assert next(iter(places)) == "RMSProp"
    assert places["RMSProp"] < 2e-4  # the last digit of its lr decides how far
    assert list(places)[-1] == DESCENT
    descent = figures.race().traces["GradientDescent"].f[-1]
    assert places[DESCENT] == pytest.approx(descent, rel=1e-6)
    box = live.root.locator(".live-border").first.bounding_box()
    # Left of the start, at its height of 1.5, on a picture that is 9 high and centred at 0.
    unit, winners = box["height"] / 9, []
    for x in (0.2, -1.0, 0.8):
        across = box["x"] + box["width"] / 2 + x * unit
        live.page.mouse.click(across, box["y"] + (4.5 - 1.5) * unit)
        live.settle()
        winners.append(next(iter(heights(live))))
    assert winners == ["Adagrad", "Adam", "Nesterov"]
    live.press("reset")
    live.control("surface").select_option("Rosenbrock")
    live.settle()
    gone = {rule for rule, f in heights(live).items() if f is None}
    assert gone >= {DESCENT, MOMENTUM, "Nesterov"}
    live.press("tuned")
    places = heights(live)
    assert None not in places.values()
    assert list(places)[-1] == DESCENT


@each(["race"])
def test_the_race_is_played_paused_and_scrubbed(desk, figure):
    live = desk(figure)
    step = live.control("step")
    live.press("play")
    live.page.wait_for_function("document.querySelector('[data-control=step]').value > 5")
    live.press("play")
    paused = int(step.input_value())
    assert 5 < paused <= 100
    live.page.wait_for_timeout(200)
    assert int(step.input_value()) == paused
    before = end_of(live, "Adam")
    live.set(step=30)
    assert not np.array_equal(end_of(live, "Adam"), before)
    order = live.said()["order"]
    assert (order["step"], order["steps"], order["surface"]) == (30, 100, "Beale")


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
    assert {"copied", "shared"} & live.said().keys()  # not every browser lets a page copy
    assert live.control("play").get_attribute("data-playing") == "false"


# --- A step taken apart -------------------------------------------------------


@each(["momentum"])
def test_a_step_of_momentum_taken_apart(desk, figure):
    live = desk(figure)
    live.set(anatomy=8)
    trace = figures.momentum().traces["momentum"]
    step, memory = trace.x[8] - trace.x[7], 0.8 * trace.state["v"][7]
    assert parts(live)["anatomy.remembered"]["ratio"] == pytest.approx(
        np.hypot(*memory) / np.hypot(*step), rel=1e-9
    )


def parts(live):
    """What is said of the step, by the key of each part."""
    return {part["key"]: part["values"] for part in live.said()["anatomy.step"]["parts"]}


@each(["adagrad"])
def test_a_step_of_adagrad_taken_apart(desk, figure):
    live = desk(figure)
    live.set(anatomy=8)
    assert parts(live)["anatomy.turned"] == {"degrees": 45}
    live.set(degrees=45)
    assert parts(live)["anatomy.turned"] == {"degrees": 2}


# --- Without a schedule -------------------------------------------------------


@each(["without_a_schedule"])
def test_the_rates_fill_their_view(desk, figure):
    ticks = (
        desk(figure).root.locator(".live-view").first.locator(".live-tick-y").all_text_contents()
    )
    assert [float(tick) for tick in (ticks[0], ticks[-1])] == [0, 2]
