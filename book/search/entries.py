"""What the search knows of a page: an entry for each section, term and name on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes

from book.search import latex

# What is not read: code and what it prints, what is folded away as an answer, and marks of Sphinx.
UNREAD = (
    nodes.literal_block,
    nodes.doctest_block,
    nodes.raw,
    nodes.comment,
    nodes.system_message,
    nodes.image,
    nodes.target,
    addnodes.toctree,
    addnodes.index,
)
UNREAD_CLASSES = {"cell_input", "cell_output", "solution", "toctree-wrapper"}
NAMED = {"numref": "the figure", "eq": "the formula", "ref": "the section"}
EXCERPT = 160  # characters
SENTENCE = re.compile(r"(?<=\.) ")
KOREAN = re.compile(r"^(.*?)\s*\(([^()]*[가-힣][^()]*)\)$")


class Entry(NamedTuple):
    """A place in the book, and what it can be found by."""

    place: str  # the page's file, and the place in it
    page: str  # the title of the page
    heading: str  # of the section; the page's own is its title
    names: str  # by which the same thing goes elsewhere
    text: str
    formulas: str  # each without spaces
    explained: str = ""  # of a term: the file of the page that the glossary sends its reader to
    terms: str = ""  # of a page: the terms that it explains, as the glossary has them


class Read(NamedTuple):
    """What was read of a part of a page."""

    words: list[str]
    formulas: list[str]

    @property
    def text(self) -> str:
        """The words, as they are read on."""
        text = re.sub(r"\s+", " ", "".join(self.words)).strip()
        return re.sub(r" (?=[.,;:])", "", text)


def unread(node: nodes.Node) -> bool:
    """Tell whether nobody looks for what a node holds."""
    if isinstance(node, UNREAD) or "solution" in type(node).__name__:
        return True
    return isinstance(node, nodes.Element) and bool(UNREAD_CLASSES & set(node.get("classes", ())))


def titled(node: nodes.Node) -> bool:
    """Tell whether a node is a section with a title: what an exercise asks is in one without."""
    return isinstance(node, nodes.section) and any(
        isinstance(child, nodes.title) for child in node.children
    )


def read(node: nodes.Node, into: Read) -> None:
    """Read a node, without the sections and terms in it that have entries of their own."""
    if isinstance(node, nodes.Text):
        into.words.append(str(node))
    elif isinstance(node, addnodes.pending_xref) and not node.get("refexplicit"):
        # It has no words yet but a label, which says nothing; a name of the package is its own.
        own = node.get("refdomain") == "py"
        into.words.append(node.astext() if own else NAMED.get(node.get("reftype", ""), ""))
    elif isinstance(node, nodes.math | nodes.math_block):
        into.formulas.extend(latex.names(node.astext()))
        if isinstance(node, nodes.math):
            into.words.append(latex.line(node.astext()))
    elif not unread(node):
        for child in node.children:
            apart = isinstance(child, nodes.title | addnodes.glossary | addnodes.desc)
            if not (apart or titled(child)):
                read(child, into)
        if not isinstance(node, nodes.Inline):
            into.words.append(" ")


def text_of(node: nodes.Node) -> str:
    """Return the text of a title or term."""
    into = Read([], [])
    for child in node.children:
        read(child, into)
    return into.text


def entry(node: nodes.Element, place: str, page: str, heading: str, names: str = "") -> Entry:
    """Return the entry of a part of a page."""
    into = Read([], [])
    read(node, into)
    return Entry(place, page, heading, names, into.text, " ".join(dict.fromkeys(into.formulas)))


def explained_in(definition: nodes.Element) -> str:
    """Return the file of the page that a term's definition leads to first, or nothing."""
    links = definition.findall(lambda node: isinstance(node, addnodes.pending_xref))
    return next((f"{to['reftarget']}.html" for to in links if to["refdomain"] == "doc"), "")


def with_terms(heading: str) -> tuple[str, str]:
    """Return a glossary's term, and its Korean name.

    >>> with_terms("momentum (모멘텀)"), with_terms("age")
    (('momentum', '모멘텀'), ('age', ''))
    """
    found = KOREAN.match(heading)
    return (found[1], found[2]) if found else (heading, "")


def of_page(document: nodes.document, file: str) -> Iterator[Entry]:
    """Yield the entries of a page: its own, each section's, each term's, each documented name's.

    Parameters
    ----------
    document : document
        The page as Sphinx keeps it.
    file : str
        Where it is in the site.
    """
    title = next(document.findall(nodes.title), None)
    page = text_of(title) if title is not None else file
    for node in document.findall(nodes.Element):
        if titled(node):
            first = isinstance(node.parent, nodes.document)
            heading = next(text_of(c) for c in node.children if isinstance(c, nodes.title))
            yield entry(node, file if first else f"{file}#{node['ids'][0]}", page, heading)
        elif isinstance(node, nodes.definition_list_item) and isinstance(
            node.parent.parent, addnodes.glossary
        ):
            for term in node.findall(nodes.term):
                heading, korean = with_terms(text_of(term))
                yield entry(node[-1], f"{file}#{term['ids'][0]}", page, heading, korean)._replace(
                    explained=explained_in(node[-1])
                )
        elif isinstance(node, addnodes.desc) and node["domain"] == "py":
            for signature in node.findall(addnodes.desc_signature):
                if signature.parent is node and signature["ids"]:
                    name = signature["ids"][0]
                    described = entry(node[-1], f"{file}#{name}", page, name.split(".")[-1], name)
                    yield described._replace(text=SENTENCE.split(described.text, 1)[0], formulas="")


def lead_on(entries: list[Entry]) -> list[Entry]:
    """Return entries in which a page is also found by the terms that the glossary says it explains.

    >>> term = Entry("glossary.html#a", "Glossary", "diverge", "발산", "To leave.", "", "gd.html")
    >>> page = Entry("gd.html", "Gradient descent", "Gradient descent", "", "", "")
    >>> [entry.terms for entry in lead_on([term, page])]
    ['', 'diverge 발산: To leave.']
    """
    terms: dict[str, list[str]] = {}
    for one in entries:
        if one.explained:
            told = f"{one.heading} {one.names}: {one.text}"
            terms.setdefault(one.explained, []).append(told)
    return [one._replace(terms=" ".join(terms.get(one.place, []))) for one in entries]
