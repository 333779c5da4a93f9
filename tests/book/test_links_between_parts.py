"""No chapter and no appendix stands apart: each is linked from another part of the book."""

import re
from pathlib import Path

import nbformat
import pytest

from book import pages as site_pages

from .chapter_text import CHAPTERS, ROOT, without_code

LINK = re.compile(r"\]\((?:\.{1,2}/)?(?:(?:further|papers)/)?([a-z_]+)\.(?:ipynb|md)(?:#[^)]*)?\)")


def parts_of_the_book():
    """Return part -> the names of its chapters, in the order of the contents."""
    # The references are linked by each citation.
    return {
        part.caption: [
            Path(page).name for page, *_ in part.chapters if page.startswith("chapters/")
        ]
        for part in site_pages.parts(ROOT / "_toc.yml")
    }


def text_of(slug):
    """Return the Markdown of a chapter: of its notebooks, or its own."""
    if slug not in CHAPTERS:
        return (ROOT / "chapters" / f"{slug}.md").read_text(encoding="utf-8")
    cells = [cell for path in CHAPTERS[slug] for cell in nbformat.read(path, as_version=4).cells]
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def links_in(markdown):
    """Return the pages that a text links to, but for its listings."""
    return set(LINK.findall(without_code(markdown)))


def apart(parts, links):
    """Return the pages to which no page of another part links."""
    found = []
    for pages in parts.values():
        others = [page for part in parts.values() if part != pages for page in part]
        reached = set().union(*(links[other] for other in others))
        found += [page for page in pages if page not in reached]
    return found


PARTS = parts_of_the_book()
PAGES = [page for pages in PARTS.values() for page in pages]
RULES = [*PARTS["Which way to go"], *PARTS["How far to go"]]


@pytest.fixture(scope="module")
def links():
    return {page: links_in(text_of(page)) for page in PAGES}


def test_every_page_is_linked_from_another_part(links):
    assert apart(PARTS, links) == []


@pytest.mark.parametrize("slug", RULES)
def test_a_rules_chapter_leads_to_its_names_in_the_libraries(slug, links):
    assert "rosetta" in links[slug]


def test_every_appendix_is_linked_from_a_chapter_of_the_rules(links):
    reached = set().union(*(links[slug] for slug in RULES))
    assert set(PARTS["Appendices"]) <= reached


# --- The guard catches --------------------------------------------------------


def test_links_are_read_save_those_of_listings_and_other_sites():
    markdown = (
        "[a](one.ipynb), [b](two.md#there)\n\n```text\n[c](three.md)\n```\n[d](https://e.org)"
        "[e](further/four.ipynb#x), [f](../five.ipynb), [g](papers/six.ipynb)"
    )
    assert links_in(markdown) == {"one", "two", "four", "five", "six"}


def test_a_page_linked_from_its_own_part_alone_is_caught():
    links = {"a": {"b", "c"}, "b": set(), "c": {"b"}}
    assert apart({"first": ["a", "b"], "second": ["c"]}, links) == ["a"]
    assert apart({"first": ["a"], "second": ["b", "c"]}, links) == ["a"]
