"""The glossary: in order, nothing twice, each word used in the book, each link to what is there."""

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

CHAPTERS = Path(__file__).parents[2] / "chapters"
ENTRY = re.compile(
    r"^(?P<term>[^\s(][^(\n]*?)(?: \((?P<korean>[^)\n]+)\))?\n  (?P<text>\S.*)$", re.MULTILINE
)
BODY = re.compile(r"^````\{glossary\}\n(.*?)^````$", re.S | re.M)
LINK = re.compile(r"\[[^\]]+\]\(([\w/]+\.(?:ipynb|md))\)")
LABEL = re.compile(r"^\$\$ *\(([^()\s]+)\) *$", re.M)
APPENDICES = {"cheat_sheet", "errata", "notation", "problems", "rosetta"}
HANGUL = re.compile(r"[\uac00-\ud7a3]")


class Entry(NamedTuple):
    term: str
    korean: str | None
    text: str


def entries(source):
    (body,) = BODY.findall(source)
    found = [Entry(m["term"], m["korean"], m["text"]) for m in ENTRY.finditer(body)]
    blocks = [block for block in body.split("\n\n") if block.strip()]
    assert len(found) == len(blocks), "an entry has another form"
    return found


def prose(path):
    notebook = nbformat.read(path, as_version=4)
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def order_faults(found):
    """Return the terms that stand before a smaller one or a second time."""
    names = [entry.term.casefold() for entry in found]
    return [b for a, b in pairwise(names) if a >= b]


def plain(text):
    """Return text without capitals, formulas' dollars, and the difference of hyphen and space."""
    return re.sub(r"[-\s]+", " ", text.casefold().replace("$", ""))


def unused(found, book):
    """Return the terms with which no word of the book begins; so a plural counts."""
    words = plain(book)
    patterns = {entry.term: rf"\b{re.escape(plain(entry.term))}" for entry in found}
    return [term for term, pattern in patterns.items() if not re.search(pattern, words)]


@pytest.fixture(scope="module")
def glossary():
    return (CHAPTERS / "glossary.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(glossary):
    return entries(glossary)


@pytest.fixture(scope="module")
def book():
    paths = sorted(CHAPTERS.glob("**/*.ipynb"))
    return {str(path.relative_to(CHAPTERS).with_suffix("")): prose(path) for path in paths}


def test_terms_are_in_alphabetical_order_and_none_is_there_twice(found):
    assert order_faults(found) == []
    assert len(found) > 50


def test_each_term_is_used_in_a_chapter(found, book):
    chapters = [text for slug, text in book.items() if slug not in APPENDICES]
    assert unused(found, " ".join(chapters)) == []


def test_each_entry_says_something_and_links_to_its_derivation(found, book):
    labels = {slug: set(LABEL.findall(text)) for slug, text in book.items()}
    for entry in found:
        assert 25 < len(entry.text) < 320, entry.term
        (page,) = LINK.findall(entry.text)
        ((role, label),) = re.findall(r"\{(eq|ref)\}`([^`]+)`", entry.text)
        assert (CHAPTERS / page).exists(), f"{entry.term}: {page} is not there"
        chapter = page.removesuffix(".ipynb")
        # An exercise has its label as an option, a section above its heading.
        marks = (f":label: {label}", f"({label})=\n#")
        text = book[chapter]
        known = any(mark in text for mark in marks) if role == "ref" else label in labels[chapter]
        assert known, f"{entry.term}: {label}"


def test_what_is_in_parentheses_is_korean(found):
    korean = [entry.korean for entry in found if entry.korean]
    assert all(HANGUL.search(words) for words in korean)
    given = {entry.term: entry.korean for entry in found}
    for term, words in {
        "learning rate": "학습률",
        "gradient": "기울기",
        "momentum": "모멘텀",
        "saddle": "안장점",
        "bias correction": "편향 보정",
    }.items():
        assert given[term] == words


def test_each_rule_of_the_family_is_in_the_glossary(found):
    terms = {entry.term for entry in found}
    assert {"Adagrad", "Adadelta", "RMSProp", "Adam", "AdaMax", "AMSGrad", "NAdam"} <= terms


# --- The guards catch ----------------------------------------------------------------------------

TOY = """
````{glossary}
gradient (기울기)
  The vector of slopes, of which [a chapter](toy.ipynb) tells, {eq}`toy-one`.

momentum
  What carries on.
````
"""


def test_a_term_out_of_order_or_twice_is_caught():
    assert order_faults(entries(TOY)) == []
    assert order_faults(entries(TOY.replace("momentum", "gradient"))) == ["gradient"]
    assert order_faults(entries(TOY.replace("momentum", "ascent"))) == ["ascent"]


def test_a_term_that_nobody_uses_is_caught():
    assert unused(entries(TOY), "The gradients and the momentum.") == []
    assert unused(entries(TOY), "The gradients.") == ["momentum"]


def test_an_entry_without_a_definition_is_caught():
    with pytest.raises(AssertionError, match="another form"):
        entries(TOY.replace("  What carries on.\n", ""))
