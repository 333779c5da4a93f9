"""A figure that is taken off the page leaves nothing behind, however often it comes and goes."""

from dataclasses import dataclass

import pytest

from book.visits import Visit
from minioptim.live.figures import DESIGNS, race
from minioptim.live.page import kit, style

CYCLES = 420
ROOM = 1000  # bytes of heap a cycle: the browser itself keeps some; a figure is a hundredfold

# On the book's pages nothing can reach the engine from outside. So the figures come and go on a
# blank page, in a module that is the page's script and this.
COMING_AND_GOING = """
const nextFrame = () => new Promise(requestAnimationFrame);
export async function cycles(count, declarations) {
  for (let k = 0; k < count; k += 1) {
    const declaration = declarations[k % declarations.length];
    const host = document.body.appendChild(document.createElement("div"));
    const unmount = mount(host, declaration, kit, pageModel(declaration));
    // Now and then it comes into view, as the observer sees it, and is drawn by what the hand does.
    const seen = k % 5 === 0;
    if (seen) { await nextFrame(); await nextFrame(); }
    for (const slider of host.querySelectorAll("input[type=range]")) {
      slider.value = Number(slider.min) + ((k % 7) / 7) * (slider.max - slider.min);
      slider.dispatchEvent(new Event("input"));
    }
    for (const handle of host.querySelectorAll(".live-handle")) {
      handle.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
    }
    host.querySelector("[data-control=play]")?.click();
    if (k % 10 === 0) await nextFrame();
    unmount(); // a redraw, an announcement and the next frame of the play may be waiting
    if (host.childNodes.length || host.attributes.length) throw Error("not all gone");
    host.remove();
  }
  await nextFrame();
}
"""


@dataclass(frozen=True)
class Held:
    """What a page holds once its garbage is collected."""

    heap: int
    nodes: int
    listeners: int


class Stage:
    """A blank page on which figures come and go.

    Parameters
    ----------
    visit : Visit
        The page, open.
    script : str
        The text of `kit`.
    designs : list of Design
        The figures, in turn.
    """

    def __init__(self, visit, script, designs):
        self.page = visit.page
        self.session = visit.context.new_cdp_session(self.page)
        self.session.send("Performance.enable")
        self.page.add_style_tag(content=style())
        self.page.evaluate(
            """async ([text, declarations]) => {
              const {cycles} = await import("data:text/javascript," + encodeURIComponent(text));
              window.comeAndGo = (count) => cycles(count, declarations);
            }""",
            [script + COMING_AND_GOING, [design().declaration() for design in designs]],
        )

    def held_after(self, cycles):
        self.page.evaluate("(count) => comeAndGo(count)", cycles)
        for _ in range(3):  # what one collection frees may hold what the next one frees
            self.session.send("HeapProfiler.collectGarbage")
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        found = {metric["name"]: int(metric["value"]) for metric in metrics}
        return Held(found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"])


@pytest.fixture
def stage(browser):
    visits = []

    def set_up(designs, mistake=("", "")):
        right, wrong = mistake
        script = kit(designs)
        assert right in script
        visits.append(Visit(browser, "about:blank"))
        return Stage(visits[-1], script.replace(right, wrong), designs)

    yield set_up
    for visit in visits:
        visit.context.close()
        assert visit.complaints == []


def growth(stage, cycles, first=120):
    """What a page holds after so many cycles more than before them."""
    # What is made once is made first: code, and what browsers cache.
    before = stage.held_after(first)
    after = stage.held_after(cycles)
    return Held(
        after.heap - before.heap, after.nodes - before.nodes, after.listeners - before.listeners
    )


def test_figures_that_come_and_go_leave_nothing_behind(stage):
    left = growth(stage([*DESIGNS]), CYCLES, first=15 * len(DESIGNS))
    assert left.nodes == 0
    assert left.listeners == 0
    assert left.heap < ROOM * CYCLES


def test_a_listener_that_is_left_behind_is_seen(stage):
    left = growth(stage([race], ('removeEventListener("hashchange",onHash);', "")), cycles=40)
    assert left.listeners == 40


def test_a_figure_that_is_left_behind_is_seen(stage):
    left = growth(stage([race], ("stopListening();", "")), cycles=40)
    assert left.nodes > 1000
    assert left.heap > ROOM * 40
