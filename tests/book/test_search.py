"""The search of the built site leads to the chapter first. First comes `make book`."""

import json

import pytest
from docutils import nodes
from sphinx import addnodes

from book import pages as site_pages
from book.extensions.search import INDEX
from book.search import entries
from book.visits import Visit

from ..accessibility import violations

SITE = site_pages.SITE
LARGEST = 1.3e6  # bytes of the index, of which a server sends a quarter

# What somebody types, and the page that answers it.
WANTED = {
    "Nesterov": "chapters/nesterov",
    "learning rate too large": "chapters/gradient_descent",
    "1/(1-β)": "chapters/moving_averages",
    "1 / (1 - beta)": "chapters/moving_averages",
    "AdamW": "chapters/adamw",
    "spike": "chapters/long_runs",
    "warm-up": "chapters/long_runs",
    "warmup": "chapters/long_runs",
    "모멘텀이": "chapters/momentum",
    "batch size": "chapters/stochastic_gradient_descent",
    "minimize": "api/run",
}


def ask(visit, question):
    """The pages that the search lists, best first, and what it shows of them."""
    visit.page.locator("article form.bd-search input").fill(question)
    found = visit.page.locator("#search-results > ol > li")
    files = found.locator(":scope > a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return [file.removesuffix(".html") for file in files], found.all_inner_texts()


@pytest.fixture(scope="module")
def search(browser, site):
    with Visit(browser, (site / "search.html").as_uri()) as visit:
        yield visit


def test_the_page_that_answers_comes_first_also_from_files(search, site):
    assert {question: ask(search, question)[0][:1] for question in WANTED} == {
        question: [page] for question, page in WANTED.items()
    }
    assert search.foreign_requests(site.as_uri()) == []
    assert search.complaints == []


def test_nothing_is_found_where_nothing_is(search):
    assert ask(search, "zyzzyva") == ([], [])
    assert "Nothing found" in search.page.locator("#search-said").inner_text()


def test_excerpts_are_prose(search):
    shown = "\n".join(text for question in WANTED for text in ask(search, question)[1])
    for mark in ("\\frac", "\\beta", "$$", "import numpy", "Show code", "Contents"):
        assert mark not in shown


def test_a_question_in_the_address_is_answered(browser, site):
    with Visit(browser, f"{(site / 'search.html').as_uri()}?q=AdamW") as visit:
        first = visit.page.locator("#search-results > ol > li > a").first
        assert first.get_attribute("href") == "chapters/adamw.html"


def test_what_is_found_is_accessible(search):
    assert ask(search, "AdamW")[0]
    assert violations(search) == []


def test_the_index_is_one_small_file(site):
    assert (site / INDEX).stat().st_size <= LARGEST
    assert not (site / "searchindex.js").exists()
    text = (site / INDEX).read_text(encoding="utf-8")
    json.loads(text.removeprefix("globalThis.bookSearchIndex=").removesuffix(";\n"))


def test_code_output_and_solutions_are_not_read_and_what_is_asked_belongs_to_its_section():
    class solution_node(nodes.Element):  # as sphinx-exercise calls it  # noqa: N801
        pass

    page = nodes.document(None, None)
    section = nodes.section(ids=["a"])
    section += nodes.title("", "Steps")
    section += nodes.paragraph("", "", nodes.Text("Read "), nodes.math("", r"\frac{1}{\beta}"))
    label = nodes.literal("", "fig-x")
    section += nodes.paragraph("", "", addnodes.pending_xref("", label, reftype="numref"))
    section += nodes.literal_block("", "code")
    section += nodes.container("", nodes.paragraph("", "printed"), classes=["cell_output"])
    section += solution_node("", nodes.paragraph("", "solved"))
    asked = nodes.section("", nodes.paragraph("", "", nodes.Text("Why?")), ids=["exercise-content"])
    section += nodes.container("", asked)  # sphinx-exercise gives it no title
    page += section
    (entry,) = entries.of_page(page, "p.html")
    assert entry == entries.Entry("p.html", "Steps", "Steps", "", "Read 1/β the figure Why?", "1/β")


def test_a_term_leads_to_the_page_that_explains_it():
    page = nodes.document(None, None)
    item = nodes.definition_list_item()
    item += nodes.term("", "age (나이)", ids=["term-age"])
    to = addnodes.pending_xref("", nodes.inline("", "there"), refdomain="doc", reftarget="b/c")
    item += nodes.definition("", nodes.paragraph("", "", nodes.Text("How old. See "), to))
    page += addnodes.glossary("", nodes.definition_list("", item))
    (entry,) = entries.of_page(page, "g.html")
    assert (entry.heading, entry.names, entry.explained) == ("age", "나이", "b/c.html")
