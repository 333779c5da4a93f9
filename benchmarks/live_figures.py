"""How long a live figure takes from the hand to the picture, and what its page loads for it.

Needs a built site (`make book`), Chromium on PATH or in CHROMIUM, and a machine with little else to
do. Then, for all figures or for those that are named:

    .venv/bin/python -m benchmarks.live_figures [--moves 200] [FIGURE ...]

Each figure is dragged by the mouse in its built page. What is printed, in ms:

redraw
    From when the page is told of a move until the picture that answers it has been painted and
    handed on: script, style, layout, paint. Median, and what 95 of 100 redraws keep to.
work
    What one move costs the page's thread, by that thread's own clock: it hardly depends on what
    else the machine does. Asking for the next frame is in it.
rate
    From a picture to the next when the mouse does not wait: with what is done elsewhere, such as
    turning lines into pixels. The screen's own rate is the least that it can be.

The race is dragged at its heaviest: twelve rules, 300 steps each.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from book.visits import DESKTOP, QUIET, find_chromium
from minioptim.live.figures import DESIGNS
from minioptim.live.figures.race import RULES

SITE = Path(__file__).parent.parent / "_build" / "html"
MEDIAN, TAIL = 16.0, 33.0  # ms of a redraw: a frame of a usual screen, and two
BYTES = 60_000  # of script and style, before compression
WARM_UP = 20  # moves; what runs often is compiled first

# The controls that are dragged, where it is not the start and the first slider.
DRAGGED = {"race": ("start", "lr_Adam", "step")}
ADDRESS = {
    "race": "#live=race&steps=300&step=300"
    + "".join(f"&show_{rule.__name__}=true" for rule in RULES[:12]),
}

# A message sent while a frame is prepared arrives once that frame has been painted.
CLOCK = """() => {
  window.redraws = [];
  let began = 0;
  const painted = new MessageChannel();
  painted.port2.onmessage = () => {
    redraws.push([began, performance.now()]);
    began = 0;
  };
  addEventListener("pointermove", () => {
    if (began) return;
    began = performance.now();
    requestAnimationFrame(() => painted.port1.postMessage(0));
  }, true);
}"""
REST = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TAKE = "() => redraws.splice(0)"

FIGURES = """() => [...document.querySelectorAll("[data-live-figure]")]
  .map((host) => JSON.parse(host.dataset.liveFigure).figure)"""
LOADED = """() => [...document.querySelectorAll("script[src], link[rel=stylesheet]")]
  .map((element) => new URL(element.src || element.href).pathname)
  .filter((path) => path.includes("/_static/live/"))"""


def percentile(values: list[float], percent: int) -> float:
    """Return the value that this many of 100 values keep to."""
    return statistics.quantiles(values, n=100)[percent - 1]


@dataclass(frozen=True)
class Result:
    """What one drag took, in ms: ``redraw`` and ``rate`` for each picture, ``work`` on average."""

    redraw: list[float]
    work: float
    rate: list[float]

    def __str__(self) -> str:
        median, tail = statistics.median(self.redraw), percentile(self.redraw, 95)
        missed = "" if median <= MEDIAN and tail <= TAIL else "   MISSED"
        return (
            f"{median:7.1f}{tail:7.1f}{self.work:9.1f}"
            f"{statistics.median(self.rate):9.1f}{percentile(self.rate, 95):7.1f}{missed}"
        )


def drag(page: Page, grip: Locator, moves: int) -> Result:
    """Drag by the middle of ``grip`` and look around; see Result."""
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box() or {}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def move(k: int) -> None:
        page.mouse.move(x + 70 * math.sin(k / 15), y + 40 * math.sin(k / 11))

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return sum(1000 * m["value"] for m in metrics if m["name"] == "TaskDuration")

    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(WARM_UP):
        move(k)
    page.evaluate(REST)
    page.evaluate(TAKE)
    before = worked()
    for k in range(moves):
        move(k)
        page.evaluate(REST)
    work = (worked() - before) / moves
    redraw = [painted - began for began, painted in page.evaluate(TAKE)]
    pictures: list[float] = []
    k = 0
    while len(pictures) < moves:
        for _ in range(20):
            move(k := k + 1)
        pictures += [painted for _, painted in page.evaluate(TAKE)]
    page.mouse.up()
    rate = [after - now for now, after in itertools.pairwise(pictures)]
    return Result(redraw, work, rate)


def report(page: Page, figure: str, moves: int) -> None:
    """Drag what can be dragged in a figure of the open page, and print what it took."""
    root = page.locator(f'.live-figure:has([data-live-figure*=\'"figure":"{figure}"\'])')
    root.locator(".live").wait_for()
    for group in root.locator("details").all():
        group.evaluate("group => { group.open = true; }")
    sliders = root.locator("input[type=range]")
    names = DRAGGED.get(figure)
    if names is None:
        first = sliders.first.get_attribute("data-control") or ""
        names = ("start",) * bool(root.locator(".live-handle").count()) + (first,)
    for name in names:
        grip = root.locator(f"input[data-control={name}]")
        grip = grip if grip.count() else root.locator(".live-handle").first
        print(f"{figure:28}{name:14}{drag(page, grip, moves)}", flush=True)


def loaded(page: Page) -> int:
    """Return the bytes of script and style that the page loads for its figures."""
    return sum(Path(name).stat().st_size for name in page.evaluate(LOADED))


def main() -> None:
    """Measure the figures that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    known = [design.figure for design in DESIGNS]
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(known))
    parser.add_argument("--moves", type=int, default=200, help="moves of each drag")
    options = parser.parse_args()
    if unknown := sorted(set(options.figures) - set(known)):
        parser.error(f"FIGURE must be one of {known}, got {unknown}")
    wanted = options.figures or known
    pages = [
        file for file in sorted(SITE.glob("chapters/**/*.html")) if "/live/" in file.read_text()
    ]
    if not pages:
        parser.error(f"{SITE} has no page with a live figure; run `make book` first")

    sizes = []
    print(f"{'figure':28}{'dragged':14}{'redraw':>7}{'95 %':>7}{'work':>9}{'rate':>9}{'95 %':>7}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        for file in pages:
            page = browser.new_page(viewport=DESKTOP)
            page.goto(file.as_uri())
            figures = page.evaluate(FIGURES)
            sizes.append((file.stem, loaded(page)))
            for figure in (figure for figure in figures if figure in wanted):
                page.goto("about:blank")  # a new fragment alone would load nothing
                page.goto(file.as_uri() + ADDRESS.get(figure, ""))
                page.evaluate(CLOCK)
                report(page, figure, options.moves)
            page.close()
        browser.close()
    print("\npage                            bytes of script and style")
    for name, size in sizes:
        print(f"{name:28}{size:9}{'   MISSED' * (size > BYTES)}")


if __name__ == "__main__":
    main()
