"""The book on paper: bookmarks, page numbers, links, and no answers in what is handed out."""

import io

import pytest
from pypdf import PdfReader

from book import pages as site_pages
from book import paper

TOC = site_pages.ROOT / "_toc.yml"
TWO = {"chapters/glossary", "references"}  # small, and the one does not link the other

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture(scope="module")
def pdf(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    return PdfReader(paper.make(browser, site_pages.SITE, TOC, folder, only=TWO))


def test_bookmarks_lead_to_the_chapters_and_contents_say_where(pdf):
    chapters = [mark for mark in pdf.outline if not isinstance(mark, list)]
    assert [mark.title for mark in chapters] == ["F Glossary", "I References"]
    first, second = map(pdf.get_destination_page_number, chapters)
    assert pdf.page_labels[first] == "1"
    assert pdf.page_labels[0] == "i"
    contents = pdf.pages[first - 1].extract_text()
    assert "Contents" in contents
    assert contents.split()[-1] == pdf.page_labels[second]
    goals = [
        link.get_object()["/A"]["/D"][0].get_object()
        for link in pdf.pages[first - 1]["/Annots"]
        if link.get_object().get("/A", {}).get("/S") == "/GoTo"
    ]
    assert [pdf.get_page_number(goal) for goal in goals] == [first, second]


def test_pages_carry_the_number_that_their_label_says(pdf):
    for page, label in zip(pdf.pages, pdf.page_labels, strict=True):
        if label.isdigit():
            assert label in page.extract_text().split()


def test_what_is_handed_out_has_exercises_and_no_answers():
    html, chapters = paper.book(
        site_pages.SITE, TOC, exercises=True, only={"chapters/momentum", "chapters/notation"}
    )
    assert [chapter.name for chapter in chapters] == ["chapters/momentum"]
    assert 'class="exercise' in html
    for mark in ('class="solution', "<details", 'class="quiz"', "Hint</"):
        assert mark not in html.split("<body>")[1]


def test_the_book_has_every_page_no_folded_code_and_links_within():
    names = {"chapters/momentum", "chapters/moving_averages"}
    html, chapters = paper.book(site_pages.SITE, TOC, only=names)
    assert {chapter.name for chapter in chapters} == names
    assert paper.FOLDED_CODE not in html
    assert 'class="solution' in html
    assert 'href="#chapters-moving_averages--' in html
    assert 'href="moving_averages.html' not in html


def test_a_page_without_its_title_stops_the_binding():
    from pypdf import PdfWriter

    blank = PdfWriter()
    blank.add_blank_page(100, 100)
    out = io.BytesIO()
    blank.write(out)
    one = [paper.Chapter("", "a", "A", nested=False)]
    with pytest.raises(ValueError, match="0 first bookmarks for 1 chapters"):
        paper.bound(out.getvalue(), lambda _: b"", one)
