"""The book's contents for a newcomer: a card for each chapter, and a term's plan for a teacher.

    ```{chapter-cards}
    ```

shows every chapter of the course with its question, its picture and its minutes, and

    ```{term-plan}
    ```

a week for each. Question and minutes are read off the chapters, their order off _toc.yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book.emblems import EMBLEMS
from book.pages import BESIDE, Part, parts

from .assignments import FOLDER

MINUTES = re.compile(r"\b(\d+)(?: to (\d+))?(?= minutes|\.)")
QUESTION = "A question: "
KEPT = "chapter_card"  # among the metadata of a page

logger = logging.getLogger(__name__)


class Card(NamedTuple):
    """What is said of a chapter: its title, its question, and how long it takes."""

    title: str
    question: str
    minutes: str


def minutes_in(text: str) -> str:
    """Return how long a chapter takes, from the box at its top.

    >>> minutes_in("You need vectors. The main text takes a little under 40 minutes, and more.")
    '40'
    >>> minutes_in("The main text takes 30 to 35 minutes, the rest ten.")
    '30–35'
    >>> minutes_in("One answer takes two minutes, all of it 30.")
    '30'
    """
    found = MINUTES.findall(text)
    return "–".join(filter(None, found[0])) if found else ""


def question_in(heading: str) -> str:
    """Return the question of a chapter, from the heading of its first section.

    >>> question_in("A question: why forget the last step?")
    'Why forget the last step?'
    >>> question_in("Four questions, answered at once")
    'Four questions, answered at once'
    """
    text = heading.removeprefix(QUESTION)
    return text[0].upper() + text[1:]


def read_card(app: Sphinx, document: nodes.document) -> None:
    """Keep what a page says of itself, if a box at its top says how long it takes."""
    boxes = [box for box in document.findall(nodes.Admonition) if "in-short" in box["classes"]]
    sections = list(document.findall(nodes.section))
    if not boxes or len(sections) < 2:
        return
    titles = [str(section[0].astext()) for section in sections[:2]]
    minutes = minutes_in(boxes[0].astext().rsplit("You need", 1)[-1])
    card = Card(titles[0], question_in(titles[1]), minutes)
    app.env.metadata[app.env.docname][KEPT] = card


def course(app: Sphinx) -> list[Part]:
    """Return the parts whose pages are the course's chapters."""
    return [part for part in parts(Path(app.srcdir, "_toc.yml")) if part.caption not in BESIDE]


def cards(app: Sphinx, part: Part) -> Iterator[tuple[str, Card]]:
    """Return page and card of each chapter of a part.

    A chapter that says nothing of itself is a warning, which stops the build.
    """
    for page, *_ in part.chapters:
        card = app.env.metadata[page].get(KEPT)
        if card is None:
            logger.warning("a chapter has no box with its minutes, or no section", location=page)
        else:
            yield page, card


def as_cards(app: Sphinx, page: str) -> str:
    """Return the HTML of all cards, as seen from a page."""
    out, number = [], 0
    for part in course(app):
        out.append(f'<h3 class="part">{escape(part.caption)}</h3>\n<ul class="chapter-cards">')
        for chapter, card in cards(app, part):
            number += 1
            to = app.builder.get_relative_uri(page, chapter)
            slug = chapter.rsplit("/", 1)[-1]
            if slug not in EMBLEMS:
                logger.warning("%s has no picture: draw one in book/emblems.py", chapter)
            time = f" · {card.minutes} min" if card.minutes else ""
            out.append(
                f'<li><a href="{to}">{EMBLEMS.get(slug, str)()}'
                f'<span class="card-number">Chapter {number}{time}</span>'
                f'<span class="card-title">{escape(card.title)}</span>'
                f'<span class="card-question">{escape(card.question)}</span></a></li>'
            )
        out.append("</ul>")
    return "\n".join(out)


def as_plan(app: Sphinx, page: str) -> str:
    """Return the HTML of a term's plan: a week for each chapter."""
    rows: list[str] = []
    for chapter, card in (one for part in course(app) for one in cards(app, part)):
        name = chapter.rsplit("/", 1)[-1]
        to = app.builder.get_relative_uri(page, chapter)
        graded = Path(app.srcdir, FOLDER, name).is_dir()
        rows.append(
            f'<tr><td>{len(rows) + 1}</td><td><a href="{to}">{escape(card.title)}</a></td>'
            f"<td>{escape(card.question)}</td><td>{card.minutes}</td>"
            f"<td>{'yes' if graded else ''}</td></tr>"
        )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Week", "Chapter", "Its question", "Minutes to read", "Graded assignment")
    )
    return (
        '<div class="pst-scrollable-table-container" tabindex="0"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


MADE = {"chapter-cards": as_cards, "term-plan": as_plan}


class Overview(SphinxDirective):
    """``{chapter-cards}`` or ``{term-plan}``: a place to be filled when all pages were read."""

    def run(self) -> list[nodes.Node]:
        """Return the place, and have the page written anew with any chapter."""
        for chapter in Path(self.env.srcdir, "chapters").glob("*.ipynb"):
            self.env.note_dependency(str(chapter))
        return [nodes.raw("", "", format="html", overview=self.name)]


def fill(app: Sphinx, document: nodes.document, page: str) -> None:
    """Fill the places."""
    for place in document.findall(nodes.raw):
        if "overview" in place:
            place += nodes.Text(MADE[place["overview"]](app, page))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for name in MADE:
        app.add_directive(name, Overview)
    app.connect("doctree-read", read_card)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
