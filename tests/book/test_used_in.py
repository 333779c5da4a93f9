"""The gallery's list of the chapters that use a problem, on a book of a few lines."""

import io

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from book.extensions import used_in

CONF = 'extensions = ["myst_parser", "book.extensions.used_in"]\n'
TOC = "format: jb-book\nroot: index\nparts:\n- caption: one\n  chapters:\n"


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a book of chapters, given as name -> code."""

    def build_book(chapters, page):
        (tmp_path / "conf.py").write_text(CONF)
        files = "".join(  # a page named further/... is nested under the one before it
            f"    sections: [file: chapters/{name}]\n"
            if name.startswith("further/")
            else f"  - file: chapters/{name}\n"
            for name in chapters
        )
        (tmp_path / "_toc.yml").write_text(TOC + files)
        gallery, text = tmp_path / "index.md", f"# Gallery\n\n{page}\n"
        if not gallery.exists() or gallery.read_text() != text:  # else it would be read again
            gallery.write_text(text)
        (tmp_path / "chapters" / "further").mkdir(parents=True, exist_ok=True)
        for name, code in chapters.items():
            heading = f"# {name.title()}: all of it"
            cells = [new_markdown_cell(heading), new_code_cell(code)]
            nbformat.write(new_notebook(cells=cells), tmp_path / "chapters" / f"{name}.ipynb")
            # What Sphinx reads here: no notebooks, so that nothing else is needed.
            (tmp_path / "chapters" / f"{name}.md").write_text(
                f"---\norphan: true\n---\n{heading}\n"
            )
        warnings, out = io.StringIO(), tmp_path / "out"
        folders = {"srcdir": tmp_path, "confdir": tmp_path, "outdir": out, "doctreedir": out}
        options = {"buildername": "html", "status": None, "warning": warnings}
        with docutils_namespace():
            Sphinx(**folders, **options).build()
        html = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
        return html.find("div", class_="body"), warnings.getvalue()

    return build_book


def said(body):
    """Return the text of the page's one paragraph."""
    return " ".join(body.find("p").get_text().split())


def test_pages_that_use_a_problem_are_linked_in_contents_order(build):
    chapters = {
        "zeta": "run(Ravine())",
        "alpha": "from problems import Ravine, Beale\nf = Beale",
        "beta": "for kind in (Ravine, Beale):\n    kind()",
        "gamma": "kind = problems.Ravine\nRavine",
    }
    body, warnings = build(chapters, "**Used in** {used-in}`Ravine`.")
    assert warnings == ""
    assert said(body) == "Used in Zeta, Beta and Gamma."
    links = [link["href"] for link in body.find("p").find_all("a")]
    assert links == [f"chapters/{name}.html" for name in ("zeta", "beta", "gamma")]


def test_a_new_use_is_found_though_the_gallery_did_not_change(build):
    page = "**Used in** {used-in}`Ravine`."
    assert said(build({"alpha": "Ravine()", "beta": "1"}, page)[0]) == "Used in Alpha."
    body, _ = build({"alpha": "Ravine()", "beta": "Ravine()"}, page)
    assert said(body) == "Used in Alpha and Beta."


def test_a_chapter_counts_once_and_is_linked_where_it_uses_the_problem(build):
    chapters = {"alpha": "Ravine()", "further/alpha": "Ravine()", "beta": "1"}
    body, warnings = build(chapters | {"further/beta": "Ravine()"}, "Used in {used-in}`Ravine`.")
    assert warnings == ""
    assert said(body) == "Used in Alpha and Beta."
    links = [link["href"] for link in body.find("p").find_all("a")]
    assert links == ["chapters/alpha.html", "chapters/further/beta.html"]


def test_where_there_are_many_their_number_and_the_first_is_said(build):
    chapters = {f"c{n}": "Ravine()" for n in range(used_in.MANY)}
    body, _ = build(chapters, "Used in {used-in}`Ravine`.")
    assert said(body) == f"Used in {used_in.MANY} pages, first in C0."


def test_a_problem_that_nobody_uses_yet_is_no_fault(build):
    body, warnings = build({"alpha": "1"}, "Used in {used-in}`Ravine`.")
    assert warnings == ""
    assert said(body) == "Used in no chapter yet."


def test_minibatches_are_found_by_the_calls_that_make_them():
    pages = {
        "a": used_in.Page("A", used_in.names_in("train, test = digits()")),
        "b": used_in.Page("B", used_in.names_in("train(model)")),
        "c": used_in.Page("C", used_in.names_in("model.minibatch(32)")),
    }
    assert used_in.used_by("Minibatch", pages) == ["b", "c"]
