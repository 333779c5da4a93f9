"""A figure alone on a blank page, of any width: no build of the site is needed."""

import html
import json

from minioptim.live.page import page_script, style

BLANK = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
FRAMES = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"""


def placeholder(design):
    data = json.dumps(design().declaration(), separators=(",", ":"))
    return f"<div data-live-figure='{html.escape(data)}'></div>"


def fill(page, designs, mistake=("", "")):
    """Put figures on a page that is open, one below the other; a mistake is (right, wrong)."""
    right, wrong = mistake
    script = page_script(designs)
    assert right in script
    page.set_content(BLANK + "".join(map(placeholder, designs)))
    page.add_style_tag(content=style())
    page.add_script_tag(content=script.replace(right, wrong))
    page.evaluate(FRAMES)
