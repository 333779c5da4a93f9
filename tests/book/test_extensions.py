"""The local Sphinx extensions, on a page of a few lines."""

import gc
import io
import re
import sys

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.util.docutils import docutils_namespace
from sphinxcontrib import katex

from book.extensions import formulas, quiz

CONF = """
extensions = ["myst_parser", "book.extensions.formulas", "book.extensions.quiz"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "katex_at_build"
katex_prerender = True
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page and gives its HTML and the warnings."""

    def build_page(markdown):
        (tmp_path / "conf.py").write_text(CONF)
        (tmp_path / "index.md").write_text(f"# Page\n\n{markdown}\n")
        warnings, out = io.StringIO(), tmp_path / "out"
        folders = {"srcdir": tmp_path, "confdir": tmp_path, "outdir": out, "doctreedir": out}
        options = {"buildername": "html", "status": None, "warning": warnings, "keep_going": True}
        with docutils_namespace():  # else a second build finds the first one's nodes registered
            Sphinx(**folders, **options).build()
        return (out / "index.html").read_text(encoding="utf-8"), warnings.getvalue()

    return build_page


def test_formulas_are_set(build):
    html, warnings = build(r"Let $x \in \mathbb{R}^d$ and" + "\n\n$$\n\\|x\\|\n$$")
    assert warnings == ""
    assert html.count('class="katex"') == 2
    assert 'mathvariant="double-struck"' in html


# How many parts an element of MathML has.
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}


@pytest.mark.parametrize(
    "formula", [r"\lambda_{\max}", r"v^{\max}_t", r"\max_i a_i", r"\min\{a, \mu_{\max}\}"]
)
def test_what_is_read_aloud_of_a_formula_is_valid(build, formula):
    html, _ = build(f"${formula}$")
    math = BeautifulSoup(html, "html.parser").find("math")
    for element in math.find_all(list(PARTS)):
        assert len(element.find_all(recursive=False)) == PARTS[element.name], element


@pytest.mark.parametrize("formula", [r"$\nosuchmacro$", "$$\n\\frac{1}\n$$"])
def test_formula_that_cannot_be_set_is_a_warning_with_its_place(build, formula):
    _, warnings = build(f"A line.\n\n{formula}")
    assert "index.md:5" in warnings
    assert "KaTeX parse error" in warnings


def test_node_that_ends_at_once_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(katex.KaTeXServer, "build_command", lambda **_: ["false"])
    with pytest.raises(FileNotFoundError):
        formulas.start_node(tmp_path, timeout=60.0)


def test_node_that_is_slow_to_listen_is_waited_for(tmp_path, monkeypatch):
    late = "import socket as s, sys, time; l = s.socket(s.AF_UNIX); l.bind(sys.argv[1]);"
    late += "time.sleep(0.5); l.listen(); l.accept()"
    monkeypatch.setattr(
        katex.KaTeXServer,
        "build_command",
        lambda socket: [sys.executable, "-c", late, str(socket)],
    )
    process, connection = formulas.start_node(tmp_path, timeout=60.0)
    connection.close()
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_quiz_answer_is_set_inside_and_out(build):
    html, warnings = build(
        '<details class="quiz"><summary>(a) $\\eta = 2$</summary>\n\nNo: $1$.\n\n</details>'
    )
    assert warnings == ""
    summary = html[html.index("<summary>") : html.index("</summary>")]
    feedback = html[html.index("</summary>") : html.index("</details>")]
    assert 'class="katex"' in summary
    assert 'class="katex"' in feedback


def test_quiz_finds_formulas_in_summaries_alone():
    html = "<p>$a$</p><summary>at $x$ or $y$</summary>"
    assert [text for kind, text in quiz.pieces(html) if kind == "math"] == ["x", "y"]


def test_escaped_dollars_of_a_quiz_answer_are_no_formula(build):
    html, warnings = build(r'<details class="quiz"><summary>(a) \$5 or \$6</summary></details>')
    assert warnings == ""
    assert "<summary>(a) $5 or $6</summary>" in html


def test_a_new_citation_finds_its_work_in_a_site_built_before(tmp_path):
    """Else a chapter that is added leads to nowhere until the site is built from nothing."""
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_parser", "sphinxcontrib.bibtex", "book.extensions.references"]\n'
        'bibtex_bibfiles = ["works.bib"]\nbibtex_cite_id = "{key}"\n'
    )
    works = [f"@misc{{{key}, author={{A}}, title={{T}}, year=1990}}\n" for key in ("one", "two")]
    (tmp_path / "works.bib").write_text("".join(works))
    (tmp_path / "references.md").write_text("# References\n\n```{bibliography}\n```\n")
    pages = "# Page\n\n```{toctree}\nreferences\n```\n\n"
    for text in ("{cite}`two`", "{cite}`one` and {cite}`two`"):
        (tmp_path / "index.md").write_text(pages + text)
        out, warnings = tmp_path / "out", io.StringIO()
        folders = {"srcdir": tmp_path, "confdir": tmp_path, "outdir": out, "doctreedir": out}
        with docutils_namespace():
            Sphinx(**folders, buildername="html", status=None, warning=warnings).build()
        assert warnings.getvalue() == ""
        listed = (out / "references.html").read_text(encoding="utf-8")
        cited = re.findall(r'references\.html#(\w+)"', (out / "index.html").read_text())
        assert cited
        assert [key for key in cited if f'id="{key}"' not in listed] == []


# --- Numbers within chapters ----------------------------------------------------------------------

NUMBERED = """
extensions = [
    "myst_parser", "sphinx_external_toc", "sphinx_exercise", "book.extensions.numbering"
]
external_toc_path = "_toc.yml"
myst_enable_extensions = ["dollarmath"]
numfig = True
numfig_format = {"figure": "Figure %s", "table": "Table %s"}
html_secnumber_suffix = " "
"""
PAGE = """# {name}

## One

$$ x $$ ({name}-x)

$$ y $$ ({name}-y)

## Two

```{{figure}} dot.png
:name: {name}-dot

A dot.
```

```{{exercise}}
:label: {name}-find

Find.
```

```{{solution}} {name}-find

There.
```

```{{table}} Numbers
:name: {name}-table

| a |
|---|
| 1 |
```
"""
REFERENCES = """
By {{eq}}`{to}-y`, {{numref}}`{to}-dot`, {{numref}}`{to}-table` and {{ref}}`{to}-find`.
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Return a function that builds the chapters of parts, and gives a function to read a page."""
    # sphinx-external-toc asks every object in this process what it is, and fails at what others
    # left there: weak references to what is gone. So it is shown what it looks for alone.
    every = gc.get_objects
    monkeypatch.setattr(
        gc, "get_objects", lambda: [o for o in every() if issubclass(type(o), TocTreeCollector)]
    )
    (tmp_path / "conf.py").write_text(NUMBERED)
    (tmp_path / "index.md").write_text("# Book\n")
    (tmp_path / "dot.png").write_bytes(b"")

    def build_book(parts, refers):
        """Build parts, caption -> {chapter: its further pages}; pages refer as the second says."""
        toc = ["format: jb-book", "root: index", "parts:"]
        for caption, chapters in parts.items():
            toc += [f"- caption: {caption}", "  chapters:"]
            for chapter, further in chapters.items():
                toc.append(f"  - file: {chapter}")
                if further:
                    toc += ["    sections:", *(f"    - file: {page}" for page in further)]
                for name in (chapter, *further):
                    text = PAGE.format(name=name)
                    if name in refers:
                        text += REFERENCES.format(to=refers[name])
                    file = tmp_path / f"{name}.md"
                    if not file.exists() or file.read_text() != text:  # else it is read again
                        file.write_text(text)
        (tmp_path / "_toc.yml").write_text("\n".join(toc))
        warnings, out = io.StringIO(), tmp_path / "out"
        folders = {"srcdir": tmp_path, "confdir": tmp_path, "outdir": out, "doctreedir": out}
        with docutils_namespace():
            app = Sphinx(**folders, buildername="html", status=None, warning=warnings)
            app.connect("doctree-resolved", lambda _app, _tree, page: written.append(page))
            written = []
            app.build()
        assert warnings.getvalue() == ""
        texts = {file.stem: file.read_text(encoding="utf-8") for file in out.glob("*.html")}
        return {name: BeautifulSoup(text, "html.parser") for name, text in texts.items()}, written

    return build_book


def numbers_on(page):
    """Return the numbers that a page shows: of equations, captions and titles, and references."""
    own = [span.get_text() for span in page.select(".eqno, .caption-number")]
    said = page.find_all("p", string=None)
    (by,) = [p.get_text() for p in said if p.get_text().startswith("By ")] or [""]
    return [text.replace("#", "").replace("\N{PILCROW SIGN}", "").strip() for text in own], by


PARTS = {"Rules": {"one": ["more"], "two": []}, "Appendices": {"extra": []}}
REFERS = {"one": "more", "more": "extra", "extra": "two", "two": "one"}


def test_numbers_are_counted_within_the_chapter(book):
    pages, _ = book(PARTS, REFERS)
    for name, first, to in [
        ("one", "1.", "1.A"),
        ("more", "1.A", "A."),
        ("two", "2.", "1."),
        ("extra", "A.", "2."),
    ]:
        own, by = numbers_on(pages[name])
        assert own == [
            *(f"({first}1)", f"({first}2)"),
            *(f"Figure {first}1", f"Exercise {first}1", f"Table {first}1"),
        ]
        assert by == f"By ({to}2), Figure {to}1, Table {to}1 and Exercise {to}1."
        assert f"Exercise {first}1" in pages[name].select_one(".solution").get_text()


def test_a_chapters_number_stands_before_its_title_and_no_other_heading(book):
    pages, _ = book(PARTS, REFERS)
    headings = {
        name: [
            heading.get_text().rstrip("#\N{PILCROW SIGN}")
            for heading in page.select(".body :is(h1, h2)")
        ]
        for name, page in pages.items()
    }
    assert headings["two"] == ["2 two", "One", "Two"]
    assert headings["extra"] == ["A extra", "One", "Two"]
    assert headings["more"] == ["more", "One", "Two"]


def test_a_new_chapter_renumbers_what_is_after_it_and_what_refers_to_it(book):
    book(PARTS, REFERS)
    more = {"Rules": {"zero": [], **PARTS["Rules"]}, "Appendices": PARTS["Appendices"]}
    pages, _ = book(more, REFERS)
    assert numbers_on(pages["more"])[0][0] == "(2.A1)"
    assert numbers_on(pages["one"])[1] == "By (2.A2), Figure 2.A1, Table 2.A1 and Exercise 2.A1."
    # This page's own numbers are what they were.
    assert numbers_on(pages["extra"])[0][0] == "(A.1)"
    assert numbers_on(pages["extra"])[1] == "By (3.2), Figure 3.1, Table 3.1 and Exercise 3.1."


def test_a_page_that_did_not_change_is_not_written_again(book, tmp_path):
    book(PARTS, REFERS)
    (tmp_path / "two.md").write_text("")  # so that it is read again
    _, written = book(PARTS, REFERS)
    assert "two" in written
    assert "extra" not in written
