"""How long a live figure takes to draw anew while the hand moves, in a real browser.

    make book && .venv/bin/python benchmarks/live_figures.py

The race is set to twelve rules and 300 steps. A slider, then the start, is moved once a frame. For
each move the time is what the page's thread works until the next one, by its processor's clock, so
that other programs do not count: script, style, layout, and the list of what is to be painted, from
the browser's own trace. (Filling the pixels is another thread's.) The other figures follow as they
stand on their pages.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from minioptim.interactive.figures import DESIGNS

SITE = Path(__file__).parents[1] / "_build" / "html"
MOVES = 200
RACERS = 12
# What the main thread does for a frame; a task holds the script, and the rest follow it.
WORK = {"RunTask", "ThreadControllerImpl::RunTask"}

MOVE_SLIDER = """async ([name, moves]) => {
  const input = document.querySelector(`[data-control="${name}"]`);
  const [low, high] = [Number(input.min), Number(input.max)];
  for (let k = 0; k < moves; k += 1) {
    await new Promise(requestAnimationFrame);
    input.value = String(Math.round(low + (high - low) * (0.3 + 0.4 * ((k * 37) % moves) / moves)));
    performance.mark("move");
    input.dispatchEvent(new Event("input"));
  }
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}"""


def find_chromium() -> str | None:
    """Return the path of a Chromium, from CHROMIUM or the PATH."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def traced(browser: Browser, page: Page, act: Any) -> list[float]:
    """Return the milliseconds of main-thread work in each frame while ``act`` runs."""
    session: CDPSession = browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    done: list[bool] = []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: done.append(True))
    categories = ["toplevel", "devtools.timeline", "blink.user_timing"]
    session.send("Tracing.start", {"traceConfig": {"includedCategories": categories}})
    act()
    session.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    marks = [e for e in events if e["name"] == "move" and "blink.user_timing" in e["cat"]]
    thread = (marks[0]["pid"], marks[0]["tid"])
    tasks = [
        e for e in events if e["name"] in WORK and "tdur" in e and (e["pid"], e["tid"]) == thread
    ]
    starts = sorted(mark["ts"] for mark in marks)
    frames = []
    for begin, end in zip(starts, [*starts[1:], starts[-1] + 50_000], strict=True):
        # The work from one move to the next: drawing, and the frame that shows it.
        frames.append(sum(t["tdur"] for t in tasks if begin <= t["ts"] < end) / 1000)
    return frames


def told(name: str, frames: list[float]) -> str:
    """Return a line of the table."""
    ordered = sorted(frames)
    p95 = ordered[int(0.95 * len(ordered))]
    return f"{name:44s} {statistics.median(frames):8.1f} {p95:8.1f} {max(frames):8.1f}"


def slid(browser: Browser, page: Page, name: str) -> list[float]:
    """Return the times of a slider's moves."""
    return traced(browser, page, lambda: page.evaluate(MOVE_SLIDER, [name, MOVES]))


def drag(page: Page) -> None:
    """Drag the start round a circle, a move a frame."""
    box = page.locator(".live-handle").first.bounding_box()
    if box is None:
        raise RuntimeError("the figure has no handle that is on the screen")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(
        "document.querySelector('.live-handle').addEventListener('pointermove', "
        "() => performance.mark('move'), {capture: true})"
    )
    for k in range(MOVES):
        page.mouse.move(x - 40 + 40 * (k % 20) / 20, y + 30 * (k % 7) / 7)
        page.evaluate("new Promise(requestAnimationFrame)")
    page.mouse.up()


def open_page(browser: Browser, figure: str) -> Page:
    """Return the page of a chapter with its figure in sight."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto((SITE / "chapters" / f"{figure}.html").as_uri())
    page.locator(".live-views").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    return page


def loaded(figure: str) -> int:
    """Return the bytes of script and style that a figure adds to its page, uncompressed."""
    folder = SITE / "_static" / "live"
    return sum((folder / name).stat().st_size for name in (f"chapters_{figure}.js", "live.css"))


def main() -> int:
    """Print the table."""
    executable = find_chromium()
    if executable is None or not (SITE / "index.html").is_file():
        print("This needs Chromium, and the site: run `make book` first.", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--disable-gpu"])
        print(f"ms of main-thread work for a move, {MOVES} moves{'':15s}median     95 %  longest")
        page = open_page(browser, "race")
        page.locator(".live-group summary").click()
        boxes = page.locator("[data-control^=show_]").all()
        for box in boxes[:RACERS]:
            box.check()
        page.locator("[data-control=steps]").select_option("300")
        page.locator("[data-control=step]").evaluate(
            "input => { input.value = input.max; input.dispatchEvent(new Event('input')); }"
        )
        page.locator(".live-group summary").click()
        page.locator(".live-views").scroll_into_view_if_needed()
        print(told("race, 12 rules x 300 steps: lr of one", slid(browser, page, "lr_Adam")))
        print(told("race, 12 rules x 300 steps: scrubbing", slid(browser, page, "step")))
        dragged = traced(browser, page, lambda: drag(page))
        print(told("race, 12 rules x 300 steps: dragging", dragged))
        page.close()
        for design in DESIGNS:
            page = open_page(browser, design.figure)
            sliders = page.locator(".live-controls > .live-slider input")
            name = sliders.first.get_attribute("data-control")
            print(told(f"{design.figure}: {name}", slid(browser, page, str(name))))
            page.close()
        browser.close()
    print("\nscript and style on the page, bytes before compression")
    for design in DESIGNS:
        print(f"{design.figure:44s} {loaded(design.figure):8,d}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
