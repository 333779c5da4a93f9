"""What a page shows only in part, as its reader sees it: formulas, code, tables, headings."""

from typing import NamedTuple

# A box that scrolls is not enough: what stands beyond its edge is not seen. Each finding is
# [what, where it stands, by how many pixels it is cut, whether the cut edge fades].
CUT = """() => {
    const found = [];
    const name = e => {
        const near = e.closest("section[id], [id]:not(.katex)");
        return `${near ? near.id : ""}: ${e.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}`;
    };
    const seen = e => e.checkVisibility({visibilityProperty: true});
    const fades = e => parseFloat(getComputedStyle(e).getPropertyValue("--fade")) > 0;
    const note = (what, e, by) => {
        if (by > 1) found.push([what, name(e), Math.round(by), fades(e)]);
    };
    const right = document.documentElement.clientWidth;
    const article = document.querySelector("article") || document.body;
    for (const box of article.querySelectorAll(".katex-display .katex-html")) {
        if (!seen(box)) continue;
        const edge = box.getBoundingClientRect();
        const parts = [...box.querySelectorAll(":scope > .base")]
            .map(part => part.getBoundingClientRect());
        const number = box.closest("div.math")?.querySelector(".eqno")?.getBoundingClientRect();
        const under = parts.map(part => !number || part.bottom <= number.top
            || part.top >= number.bottom ? 0 : part.right - number.left);
        const beyond = parts.flatMap(part =>
            [part.right - Math.min(edge.right, right), Math.max(edge.left, 0) - part.left]);
        note("formula", box, Math.max(0, box.scrollWidth - box.clientWidth, ...under, ...beyond));
    }
    for (const formula of article.querySelectorAll(".katex:not(.katex-display > .katex)")) {
        const box = formula.closest("td, th, pre") || formula.closest("p, li, dd, h1, h2, h3, h4");
        const parts = formula.querySelectorAll(".base");
        if (!box || box.closest("table") || !seen(formula)) continue;
        const end = Math.min(box.getBoundingClientRect().right, right);
        note("formula in a line", formula,
             Math.max(0, ...[...parts].map(part => part.getBoundingClientRect().right - end)));
    }
    for (const [what, places] of [
        ["code", "pre"], ["table", ".pst-scrollable-table-container, .cell_output > .output"]])
        for (const box of article.querySelectorAll(places))
            if (seen(box)) note(what, box, box.scrollWidth - box.clientWidth);
    for (const heading of article.querySelectorAll("h1, h2, h3, h4")) {
        if (!seen(heading)) continue;
        const range = document.createRange();
        range.selectNodeContents(heading);
        note("heading", heading, range.getBoundingClientRect().right - right);
    }
    return found;
}"""

# What is far from the screen is laid out too, and what is folded away is unfolded.
LAID_OUT = """article > section > section { content-visibility: visible !important }
    details::details-content { content-visibility: visible !important; display: block !important }
    .toggle-hidden > * { visibility: visible !important; height: auto !important }"""
SETTLED = """() => document.fonts.ready.then(() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(done))))"""


class Cut(NamedTuple):
    """Something that is shown in part: its kind, its place and text, pixels, a fading edge."""

    what: str
    where: str
    by: int
    fades: bool


def cut(visit, width):
    """Return what a page shows in part on a screen of this width, and leave it as it was."""
    before = visit.page.viewport_size
    style = visit.page.add_style_tag(content=LAID_OUT)
    try:
        visit.page.set_viewport_size({"width": width, "height": before["height"]})
        visit.page.evaluate(SETTLED)
        return [Cut(*finding) for finding in visit.page.evaluate(CUT)]
    finally:
        style.evaluate("style => style.remove()")
        visit.page.set_viewport_size(before)
