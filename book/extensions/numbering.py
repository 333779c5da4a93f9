"""Number chapters, and equations, figures, tables and exercises within their chapter.

Sphinx counts all of a kind through the whole book. Here the third equation of the fourth chapter is
(4.3), and the first of the page nested in that chapter (4.A1); the appendices have letters, (A.1).
Chapters are counted through the parts of _toc.yml that have a caption, but not through the part on
the book's use. Sphinx's own numbers are what references, captions and titles read, so these are put
in their place.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.pages import UNNUMBERED, Part, parts

LETTERED = "Appendices"

# Of each page, kind and id, as Sphinx keeps them; a reference joins a number's parts by dots.
Numbers = dict[str, dict[str, dict[str, tuple[Any, ...]]]]


def prefixes(contents: list[Part]) -> dict[str, tuple[str, str]]:
    """Return the number of each page's chapter, and the letter that its own numbers begin with.

    >>> book = [Part("One", [["a", "a/further"], ["b"]]), Part("Appendices", [["c"]])]
    >>> prefixes([*book, Part("", [["references"]])])
    {'a': ('1', ''), 'a/further': ('1', 'A'), 'b': ('2', ''), 'c': ('A', '')}
    """
    found: dict[str, tuple[str, str]] = {}
    numerals, letters = map(str, count(1)), iter(ascii_uppercase)
    for part in contents:
        for chapter in part.chapters if part.caption not in {"", UNNUMBERED} else []:
            number = next(letters if part.caption == LETTERED else numerals)
            found |= {
                page: (number, own)
                for page, own in zip(chapter, ["", *ascii_uppercase], strict=False)
            }
    return found


def within(numbers: Numbers, prefix: dict[str, tuple[str, str]]) -> Numbers:
    """Return numbers counted anew on each page that has a prefix.

    >>> within({"p": {"figure": {"x": (7,), "y": (9,)}}}, {"p": ("4", "A")})
    {'p': {'figure': {'x': ('4', 'A1'), 'y': ('4', 'A2')}}}
    """
    found = dict(numbers)
    for page in numbers.keys() & prefix.keys():
        chapter, own = prefix[page]
        found[page] = {
            kind: {
                name: (chapter, f"{own}{n}")
                for n, name in enumerate(sorted(counted, key=counted.__getitem__), start=1)
            }
            for kind, counted in numbers[page].items()
        }
    return found


def number_heading(env: BuildEnvironment, page: str, number: str) -> None:
    """Put a chapter's number before its title, on its page and in the contents."""
    first, *others = env.tocs[page].findall(nodes.reference)
    first["secnumber"] = (number,)
    # Sphinx gives a heading without an entry the number of its page.
    numbers: dict[str, tuple[Any, ...]] = {other["anchorname"]: () for other in others}
    env.toc_secnumbers[page] = numbers | {"": (number,)}


class Numbering(NamedTuple):
    """What a build leaves to the next one: Sphinx's numbers, and what was put in their place."""

    sphinx: Numbers
    prefixes: dict[str, tuple[str, str]]
    numbers: Numbers


def last(env: BuildEnvironment) -> Numbering:
    """Return what the build before has left."""
    return getattr(env, "numbering", Numbering({}, {}, {}))


def restore(_: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give Sphinx its own numbers back, to compare its new ones with.

    Else it would find every number changed, and write all pages again in each build.
    """
    env.toc_fignumbers = dict(last(env).sphinx)
    return []


def renumber(_: Sphinx, env: BuildEnvironment) -> list[str]:
    """Put the numbers in place; if any changed, return all pages, since each may refer to it."""
    page_prefixes = prefixes(parts(Path(env.srcdir, "_toc.yml")))
    new = Numbering(env.toc_fignumbers, page_prefixes, within(env.toc_fignumbers, page_prefixes))
    for page, (number, own) in page_prefixes.items():
        if page in env.tocs and not own:
            number_heading(env, page, number)
    changed = new[1:] != last(env)[1:]
    env.numbering = new  # type: ignore[attr-defined]  # kept from build to build, as Sphinx's own
    env.toc_fignumbers = dict(new.numbers)  # Sphinx takes out a page that it reads again
    return sorted(env.found_docs) if changed else []


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what comes before and after Sphinx's own numbering, which has priority 500."""
    app.connect("env-get-updated", restore, priority=100)
    app.connect("env-get-updated", renumber, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
