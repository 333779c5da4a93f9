"""Draw the picture beside a link to the book, and the icon in the forms that browsers ask for.

    python -m book.card

writes them into book/icons; they are kept there, since a build needs no browser.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from book.findable import CARD_SIZE
from book.visits import QUIET, find_chromium
from minioptim import Adam, GradientDescent, Momentum, RMSProp, minimize
from minioptim.plots import style_of
from minioptim.problems import Rosenbrock

ICONS = Path(__file__).parent / "icons"
SVG = Path(__file__).parent / "assets" / "favicon.svg"
TOUCH, SMALL = 180, 32  # pixels
RULES = [GradientDescent(lr=0.0015), Momentum(lr=0.0006), RMSProp(lr=0.01), Adam(lr=0.05)]


def card() -> bytes:
    """Return the picture as PNG: four paths down the banana, and the book's name."""
    problem = Rosenbrock()
    width, height = CARD_SIZE
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100, facecolor="#0f1c2e")
    axes = figure.add_axes((0, 0, 1, 1))
    x, y = np.meshgrid(np.linspace(-3.6, 1.7, 400), np.linspace(-0.75, 2.05, 220))
    values = np.log1p(problem.f(x, y))
    axes.contourf(x, y, values, levels=24, cmap="Blues_r", alpha=0.55)
    for rule in RULES:
        path = minimize(problem, rule, np.array([-1.2, 1.0]), steps=400).x
        axes.plot(*path.T, color=style_of(rule)["color"], lw=3.5, solid_capstyle="round")
    axes.plot(1, 1, "*", color="white", ms=22)
    axes.set(xlim=(-3.6, 1.7), ylim=(-0.75, 2.05))
    axes.axis("off")
    shade = np.zeros((1, 256, 4))
    shade[..., :3] = mpl.colors.to_rgb("#0f1c2e")
    shade[..., 3] = np.linspace(1, 0, 256) ** 0.7
    axes.imshow(shade, extent=(-3.6, -0.6, -0.75, 2.05), aspect="auto", zorder=3)
    words: dict[str, Any] = {"color": "white", "transform": figure.transFigure, "zorder": 4}
    axes.text(0.055, 0.6, "Gradient Descent\nto Adam", size=46, weight="bold", **words)
    axes.text(
        0.058,
        0.45,
        "A course in which every optimizer\nis written once, as its equation",
        size=21,
        **words,
    )
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=figure.get_facecolor())
    plt.close(figure)
    return out.getvalue()


def icon(executable: str, size: int, around: str) -> Image.Image:
    """Return the icon in pixels, on a ground of the colour given, as a browser draws it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        page = browser.new_page(viewport={"width": size, "height": size})
        drawing = SVG.read_text(encoding="utf-8")
        page.set_content(f"<body style='margin:0;background:{around}'>{drawing}</body>")
        shot = page.screenshot(omit_background=True)
        browser.close()
    return Image.open(io.BytesIO(shot))


def main() -> int:
    """Write the pictures."""
    executable = find_chromium()
    if executable is None:
        print("no Chromium: install it, or put it in CHROMIUM", file=sys.stderr)
        return 1
    ICONS.mkdir(exist_ok=True)
    whole = Image.open(io.BytesIO(card())).convert("RGB")
    whole.quantize(256).save(ICONS / "card.png", optimize=True)
    icon(executable, TOUCH, "white").convert("RGB").save(
        ICONS / "apple-touch-icon.png", optimize=True
    )
    icon(executable, SMALL, "transparent").save(ICONS / "favicon.ico", sizes=[(SMALL, SMALL)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
