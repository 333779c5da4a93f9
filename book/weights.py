"""Measure what a page's first view costs a reader: what is transferred, and how long they wait.

    python -m book.weights [--slow] [PAGE ...]

prints a line for each page of _toc.yml, or for those named. Sizes are of the files that a browser
asks for before anybody scrolls, raw and as a server that compresses would send them; they are the
same on every machine. Times hang on the machine: with ``--slow`` its processor is slowed four times
and its line carries 1.6 Mbit/s, as a cheap phone on a poor line.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from book.pages import ROOT, SITE, pages
from book.visits import DESKTOP, QUIET, QuietHandler, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".txt"}
SLOWED = 4
SLOW_LINE = {
    "offline": False,
    "latency": 150,  # ms
    "downloadThroughput": 1.6e6 / 8,  # bytes a second
    "uploadThroughput": 750e3 / 8,
}

# When the largest thing was painted, how much moved by itself, and when the last font of a formula
# arrived. The page is left alone meanwhile.
OBSERVE = """() => {
    window.seen = {lcp: 0, cls: 0};
    const watch = (type, take) =>
        new PerformanceObserver(list => list.getEntries().forEach(take))
            .observe({type, buffered: true});
    watch("largest-contentful-paint", entry => { window.seen.lcp = entry.startTime; });
    watch("layout-shift", entry => { window.seen.cls += entry.value; });
}"""
RESULT = """() => ({
    ...window.seen,
    fonts: Math.max(0, ...performance.getEntriesByType("resource")
        .filter(entry => /KaTeX_[^/]*$/.test(entry.name)).map(entry => entry.responseEnd)),
    nodes: document.querySelectorAll("*").length,
})"""


class CompressingHandler(QuietHandler):
    """Serves files as a server on the network does: what is text, compressed."""

    def send_head(self) -> io.BytesIO | io.BufferedReader | None:
        """Send the header of an answer, and return its body."""
        path = Path(self.translate_path(self.path))
        if not (path.is_file() and path.suffix in COMPRESSED):
            return super().send_head()  # type: ignore[return-value]  # a file, opened for bytes
        body = compressed(path)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


@functools.cache
def compressed(path: Path) -> bytes:
    """Return what a server sends of a file: text compressed, the rest as it is."""
    content = path.read_bytes()
    return gzip.compress(content, 6, mtime=0) if path.suffix in COMPRESSED else content


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine, and yield its address."""
    handler = functools.partial(CompressingHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Weight(NamedTuple):
    """What a page's first view transfers, in bytes."""

    files: int
    raw: int
    sent: int


class FirstView(NamedTuple):
    """A page as it is first seen: its weight, times in ms, and its number of elements."""

    weight: Weight
    lcp: float  # when the largest thing was painted
    cls: float  # how much moved by itself
    formulas: float  # when the last font of a formula arrived; 0 where there is none
    nodes: int


def weight_of(site: Path, home: str, requests: list[str]) -> Weight:
    """Return the weight of the site's files that were asked for, each counted once."""
    files = {
        site / unquote(urlsplit(url.removeprefix(home)).path)
        for url in requests
        if url.startswith(home)
    }
    found = [file for file in files if file.is_file()]
    return Weight(
        len(found),
        sum(file.stat().st_size for file in found),
        sum(len(compressed(file)) for file in found),
    )


def first_view(
    browser: Browser,
    site: Path,
    home: str,
    page: str,
    viewport: ViewportSize = DESKTOP,
    *,
    slow: bool = False,
) -> FirstView:
    """Open a page as nobody has before, touch nothing, and return what that cost."""
    context = browser.new_context(viewport=viewport)
    tab = context.new_page()
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.add_init_script(f"({OBSERVE})()")
    if slow:
        session = context.new_cdp_session(tab)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    tab.goto(f"{home}{page}.html", wait_until="load", timeout=120_000)
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(500)
    seen = tab.evaluate(RESULT)
    context.close()
    weight = weight_of(site, home, requests)
    return FirstView(weight, seen["lcp"], seen["cls"], seen["fonts"], seen["nodes"])


def main() -> int:
    """Print what the first view of each page costs."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as chapters/adam")
    parser.add_argument("--slow", action="store_true", help="a cheap phone on a poor line")
    asked = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print("no Chromium: install it, or put it in CHROMIUM", file=sys.stderr)
        return 1
    print(f"{'page':<45} files   raw kB  sent kB  LCP ms    CLS  formulas ms  elements")
    with serve(SITE) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        for page in asked.pages or pages(ROOT / "_toc.yml"):
            view = first_view(browser, SITE, home, page, slow=asked.slow)
            files, raw, sent = view.weight
            print(
                f"{page:<45} {files:5} {raw / 1e3:8.0f} {sent / 1e3:8.0f} {view.lcp:7.0f} "
                f"{view.cls:6.3f} {view.formulas:12.0f} {view.nodes:9}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
