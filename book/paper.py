"""Print the whole book as one PDF, from the built site, with the browser that tests it.

    python -m book.paper               # _build/paper/book.pdf
    python -m book.paper --exercises   # the exercises alone, without hints, answers and solutions

The pages' own HTML goes onto paper, in the order of _toc.yml, with what only a screen can do taken
out: folded code, links to a heading, and figures that move, in whose place stands their still.
Links lead to the page of the PDF. Nothing hangs on whether the system is light or dark.
"""

from __future__ import annotations

import argparse
import io
import os
import posixpath
import re
import sys
from collections.abc import Callable, Iterable
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import minioptim
from book.elements import inside, without
from book.pages import ROOT, SITE, parts
from book.visits import QUIET, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OUT = ROOT / "_build" / "paper"
ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.DOTALL)
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
HEADERLINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
# Read by machines; on the page its letters lie under those that are seen.
MATHML = re.compile(r'<span class="katex-mathml">.*?</math></span>', re.DOTALL)
ID = re.compile(r'(<[^>]*?\s)(id|aria-labelledby|for)="([^"]*)"')
TWICE = re.compile(r"(.{4,})\1$")
HREF = re.compile(r'\shref="([^"]*)"')
SRC = re.compile(r'\ssrc="([^":]*)"')
FOLDED_CODE = '<details class="admonition hide'
LIVE = "<div data-live-figure="
FOLDS = ['<div class="solution', '<details class="quiz"', "<details"]
EXERCISES = '<section id="exercises">'
LINK = "https://contents.invalid/"  # stands for the n-th title until the PDF is one

SHEET = """
@page { size: A4; margin: 18mm 18mm 20mm }
html, body { height: auto; overflow: visible; color-scheme: light }
body { font-size: 10.5pt; line-height: 1.42; color: #000; background: #fff }
.bd-article { padding: 0 !important; max-width: none }
.chapter { break-before: page }
.chapter > .part { margin: 0; font-size: 10pt; color: #444 }
h1 { font-size: 22pt; margin: 0 0 6mm } h2 { font-size: 15pt } h3 { font-size: 12.5pt }
h1, h2, h3, h4 { break-after: avoid; color: #000 }
p, li { orphans: 2; widows: 2 }
a { color: #0b4a8f; text-decoration: none }
pre { font-size: 8.4pt !important; line-height: 1.3 }
.highlight, .cell_output pre, pre { break-inside: auto }
table { font-size: 9pt; break-inside: auto } tr { break-inside: avoid }
img { max-width: 100%; max-height: 190mm; height: auto; break-inside: avoid }
.katex-display { break-inside: avoid; overflow: visible }
.copybtn, .toggle-button, button { display: none !important }
details > summary { list-style: none }
"""
FRONT = """
body { font: 11pt/1.5 system-ui, sans-serif; color: #000 }
.title { height: 235mm; display: flex; flex-direction: column; justify-content: center }
.title h1 { font-size: 34pt; line-height: 1.1; margin: 0 0 8mm } .title p { margin: 0; color: #333 }
h2 { font-size: 18pt; break-before: page }
h3 { font-size: 11pt; margin: 5mm 0 1mm; break-after: avoid }
a { display: flex; color: #000; text-decoration: none }
a .dots { flex: 1; border-bottom: 1px dotted #888; margin: 0 2mm 1.4mm }
a.nested { padding-left: 7mm; font-size: 10pt }
"""
SUBTITLES = {
    "book": "A course on gradient-based optimizers",
    "exercises": "The exercises, without their solutions",
}
FOOTER = (
    '<div style="width:100%;text-align:center;font:9px sans-serif;color:#000">'
    '<span class="pageNumber"></span></div>'
)


class Chapter(NamedTuple):
    """A page of the book: its part if it is the first of it, its name, title and place in order."""

    part: str
    name: str
    title: str
    nested: bool


def place(name: str, anchor: str = "") -> str:
    """Return the one name in the PDF of a place in a page.

    >>> place("chapters/adam", "rule"), place("intro")
    ('chapters-adam--rule', 'intro--')
    """
    return f"{name.replace('/', '-')}--{anchor}"


def on_paper(article: str, name: str, names: Iterable[str]) -> str:
    """Return a page's article for paper, with names and links that are right in the whole book.

    Parameters
    ----------
    article : str
        HTML.
    name : str
        The page's, without suffix.
    names : iterable of str
        The pages of the book.

    Examples
    --------
    >>> on_paper('<h1 id="a">A<a class="headerlink" href="#a">#</a></h1><a href="../b.html#c">b</a>'
    ...          '<img src="../i.png"><a href="_static/x.zip">x</a>', "d/a", ["d/a", "b"])
    '<h1 id="d-a--a">A</h1><a href="#b--c">b</a><img src="../html/i.png"><a>x</a>'
    """
    known, folder = set(names), posixpath.dirname(name)

    def lead(found: re.Match[str]) -> str:
        if re.match(r"[a-z]+:", found[1]):
            return found[0]
        path, _, anchor = found[1].partition("#")
        target = posixpath.normpath(posixpath.join(folder, path)) if path else f"{name}.html"
        page = target.removesuffix(".html")
        return f' href="#{place(page, anchor)}"' if page in known else ""

    html = MATHML.sub("", HEADERLINK.sub("", article))
    html = without(without(html, FOLDED_CODE), LIVE)
    html = ID.sub(
        lambda found: (
            f'{found[1]}{found[2]}="{" ".join(place(name, one) for one in found[3].split())}"'
        ),
        html,
    )
    html = HREF.sub(lead, html)
    return SRC.sub(
        lambda found: f' src="../html/{posixpath.normpath(posixpath.join(folder, found[1]))}"', html
    ).replace(' loading="lazy"', "")


def exercises_of(article: str) -> str:
    """Return a page's exercises without hints, answers and solutions; nothing if it has none."""
    found = inside(article, EXERCISES)
    for fold in FOLDS:
        found = without(found, fold)
    return found


def title_of(article: str) -> str:
    """Return the title of a page, as HTML, without what leads to it.

    >>> title_of('<h1><span>5 </span>Momentum<a class="headerlink" href="#m">#</a></h1>')
    '<span>5 </span>Momentum'
    """
    found = TITLE.search(article)
    return HEADERLINK.sub("", found[1]) if found else ""


def article_of(site: Path, name: str) -> str:
    """Return the article of a built page, with the style that is its own."""
    found = ARTICLE.search((site / f"{name}.html").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{name}.html of the built site has no article; run `make book` first")
    return STYLE.sub("", found[1])


def book(
    site: Path, toc: Path, *, exercises: bool = False, only: set[str] | None = None
) -> tuple[str, list[Chapter]]:
    """Return the book as one page of HTML, and its chapters in order.

    Parameters
    ----------
    site : Path
        The built site.
    toc : Path
        _toc.yml.
    exercises : bool
        Whether to take the exercises alone.
    only : set of str, optional
        The pages to take; all if not given.
    """
    contents = parts(toc)
    names = ["intro"] if not exercises else []
    names += [name for part in contents for chapter in part.chapters for name in chapter]
    names = [name for name in names if only is None or name in only]
    first = {part.chapters[0][0]: part.caption for part in contents if part.chapters}
    nested = {name for part in contents for chapter in part.chapters for name in chapter[1:]}
    chapters, bodies = [], []
    for name in names:
        article = article_of(site, name)
        title = title_of(article)
        if exercises:
            article = exercises_of(article)
            if not article:
                continue
            article = f"<h1>{title}</h1>{article}"
        chapter = Chapter(first.get(name, ""), name, title, name in nested)
        chapters.append(chapter)
        part = f'<p class="part">{chapter.part}</p>' if chapter.part else ""
        bodies.append(
            f'<div class="chapter" id="{place(name)}">{part}{on_paper(article, name, names)}</div>'
        )
    html = (
        '<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head>'
        '<meta charset="utf-8"><title>Gradient Descent to Adam</title>'
        '<link rel="stylesheet" href="../html/_static/site.css">'
        f'<style>{SHEET}</style></head><body><article class="bd-article">'
        f"{''.join(bodies)}</article></body></html>"
    )
    return html, chapters


def front(chapters: list[Chapter], pages: list[int], version: str, subtitle: str) -> str:
    """Return the title page and the contents, with the page on which each chapter begins."""
    lines = []
    for n, (chapter, page) in enumerate(zip(chapters, pages, strict=True)):
        if chapter.part:
            lines.append(f"<h3>{chapter.part}</h3>")
        kind = ' class="nested"' if chapter.nested else ""
        lines.append(
            f'<a{kind} href="{LINK}{n}"><span>{TAG.sub("", chapter.title)}</span>'
            f'<span class="dots"></span><span>{page}</span></a>'
        )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Contents</title>'
        f"<style>@page {{ size: A4; margin: 22mm 24mm }}{FRONT}</style></head><body>"
        f'<div class="title"><h1>Gradient Descent to Adam</h1><p>{subtitle}</p>'
        f"<p>Version {version}. The text is under CC BY 4.0, the code under the MIT license.</p>"
        f"</div><h2>Contents</h2>{''.join(lines)}</body></html>"
    )


def named(bookmark: Any, titles: list[str]) -> None:
    """Name the bookmarks below one: the first ones as told, those below them as their headings.

    The browser writes a heading twice that it has moved to a new page.
    """
    from pypdf.generic import NameObject, TextStringObject

    told, child = iter(titles), bookmark.get("/First")
    while child is not None:
        mark = child.get_object()
        title = next(told, TWICE.sub(r"\1", " ".join(mark["/Title"].split())))
        mark[NameObject("/Title")] = TextStringObject(title)
        named(mark, [])
        child = mark.get("/Next")


def bound(body: bytes, make_front: Callable[[list[int]], bytes], chapters: list[Chapter]) -> bytes:
    """Return one PDF of a body and what stands before it, whose links lead into the body.

    Parameters
    ----------
    body : bytes
        PDF of the chapters, with a bookmark for each heading.
    make_front : callable, list of int to bytes
        Prints title and contents, given the page on which each chapter begins.
    chapters : list of Chapter
        In their order.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.constants import PageLabelStyle
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject

    reader = PdfReader(io.BytesIO(body))
    starts = [
        reader.get_destination_page_number(mark)
        for mark in reader.outline
        if not isinstance(mark, list)
    ]
    if len(starts) != len(chapters):
        raise ValueError(f"the PDF has {len(starts)} first bookmarks for {len(chapters)} chapters")
    numbers = [start + 1 for start in starts if start is not None]
    before = PdfReader(io.BytesIO(make_front(numbers)))
    writer = PdfWriter(clone_from=reader)
    length = len(before.pages)
    for n, page in enumerate(before.pages):
        writer.insert_page(page, n)
    for page in writer.pages[:length]:
        for annotation in page.get("/Annots", []):
            action = annotation.get_object().get("/A", {})
            to = str(action.get("/URI", ""))
            if to.startswith(LINK):
                goal = writer.pages[length + numbers[int(to.removeprefix(LINK))] - 1]
                annotation.get_object()[NameObject("/A")] = DictionaryObject(
                    {
                        NameObject("/S"): NameObject("/GoTo"),
                        NameObject("/D"): ArrayObject(
                            [goal.indirect_reference, NameObject("/Fit")]
                        ),
                    }
                )
    titles = [unescape(TAG.sub("", chapter.title)) for chapter in chapters]
    named(writer.root_object["/Outlines"], titles)
    writer.set_page_label(0, length - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(length, len(writer.pages) - 1, style=PageLabelStyle.DECIMAL)
    writer.add_metadata({"/Title": "Gradient Descent to Adam", "/Author": "The minioptim authors"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def make(
    browser: Browser,
    site: Path,
    toc: Path,
    out: Path,
    *,
    exercises: bool = False,
    only: set[str] | None = None,
) -> Path:
    """Print the book, or its exercises, and return the file.

    Parameters
    ----------
    browser : Browser
        Playwright's.
    site, toc, out : Path
        The built site, _toc.yml, and the folder for the PDF.
    exercises, only
        As of `book`.

    Raises
    ------
    ValueError
        A page of the site lacks what a page has.
    """
    html, chapters = book(site, toc, exercises=exercises, only=only)
    name = "exercises" if exercises else "book"
    out.mkdir(parents=True, exist_ok=True)
    # Beside the site, so that pictures are found; a PDF elsewhere is no other.
    source = site.parent / "paper" / f"{name}-{os.getpid()}.html"
    source.parent.mkdir(exist_ok=True)
    source.write_text(html, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(0)
    page.goto(source.as_uri())
    body = page.pdf(
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER,
        outline=True,
        tagged=True,
    )

    def print_front(pages: list[int]) -> bytes:
        subtitle = SUBTITLES[name]
        page.set_content(front(chapters, pages, minioptim.__version__, subtitle))
        return page.pdf(prefer_css_page_size=True)

    whole = bound(body, print_front, chapters)
    context.close()
    source.unlink()
    file = out / f"{name}.pdf"
    draft = file.with_suffix(".unfinished")
    draft.write_bytes(whole)
    draft.replace(file)
    return file


def main() -> int:
    """Print the book and say where it is."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--exercises", action="store_true", help="these alone, to hand out")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as chapters/adam")
    asked = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print("no Chromium: install it, or put it in CHROMIUM", file=sys.stderr)
        return 1
    only = set(asked.pages) or None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        file = make(browser, SITE, ROOT / "_toc.yml", OUT, exercises=asked.exercises, only=only)
        browser.close()
    print(f"The {'exercises are' if asked.exercises else 'book is'} in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
