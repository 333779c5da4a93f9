"""What is wrong with a page's HTML: names given twice, what stands where it must not."""

import re
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# What closes a paragraph, and may not stand where words are meant to stand.
BLOCKS = set(
    "address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 "  # noqa: SIM905
    "h4 h5 h6 header hr main nav ol p pre section table ul".split()
)
WORDS_ONLY = {"p", "span", "summary", "h1", "h2", "h3", "h4", "button", "label", "em", "strong"}
INTERACTIVE = {"a", "button", "input", "select", "textarea", "details"}
# A formula is set by KaTeX, and most of a page.
FORMULA = re.compile(r'<span class="katex-mathml">.*?</math></span>', re.DOTALL)
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


class Reader(HTMLParser):
    """Reads a page and keeps what is wrong with it."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.faults = [], set(), []

    def note(self, what):
        self.faults.append(f"{what}, line {self.getpos()[0]}")

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if "id" in named:
            if not named["id"] or named["id"] in self.ids:
                self.note(f"id {named['id']!r} twice or empty")
            self.ids.add(named["id"])
        parent = next((one for one in reversed(self.open) if one in WORDS_ONLY), None)
        if tag in BLOCKS and parent and not (parent == "summary" and tag in HEADINGS):
            self.note(f"<{tag}> in <{parent}>")
        if tag in INTERACTIVE and {"a", "button"} & set(self.open):
            self.note(f"<{tag}> in a link or button")
        if tag == "style" and "body" in self.open:
            self.note("<style> in the body")
        if tag == "img" and "alt" not in named:
            self.note("<img> without alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            self.note(f"</{tag}>")
        elif self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.note(f"</{tag}> closes {self.open[-1:]}")
            if tag in self.open:
                while self.open.pop() != tag:
                    pass


def faults(html):
    """Return what is wrong with a page."""
    reader = Reader()
    reader.feed(FORMULA.sub("", html))
    reader.close()
    if reader.open:
        reader.note(f"never closed: {reader.open}")
    if not re.match(r"\s*<!DOCTYPE html>", html, re.IGNORECASE):
        reader.note("no <!DOCTYPE html>")
    return reader.faults
