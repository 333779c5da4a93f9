"""Work that a student wrote somewhere else than into the cell that waits for it.

A derivation typed below the question, as comments, in a cell at the end, or in another file is
work all the same. What is found is shown to the teacher and stays open; it is never a 0 that
nobody saw. Everything here looks at a text line by line: a student chooses how long it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# Fewer letters of comment beside code say how the code works; a cell of comments alone is a text.
A_TEXT = 40
# Lines that get a notebook going are no answer to anything.
SETUP = ("import ", "from ", "%", "!", "drive.mount", "plt.rcParams", "np.random.seed")
QUOTES = ('"""', "'''")


@dataclass(frozen=True)
class Found:
    """Something that may be an answer.

    Parameters
    ----------
    where : str
        Where it stands, in words that follow "in".
    text : str
        What stands there; "" where nothing can be read.
    pictures : dict
        The pictures of its cell: name -> kind -> base64.
    is_likely : bool
        Nothing else explains it. An answer to another question may hold this one as well, and
        mostly does not: then it is read with the rest, and not listed first.
    """

    where: str
    text: str
    pictures: dict[str, dict[str, str]] = field(default_factory=dict)
    is_likely: bool = True


def added(text: str, ours: str) -> str:
    r"""Return the lines of a text that ours does not have.

    >>> added("Why?\nBecause.", "Why?")
    'Because.'
    """
    known = {line.strip() for line in ours.split("\n")}
    lines = [line.rstrip() for line in text.split("\n") if line.strip() not in known]
    return "\n".join(lines).strip()


def comments(source: str) -> str:
    r"""Return what a cell of code says in comments and in texts of several lines.

    >>> comments("a = 1\n# It is a series.\n'''\nAnd so on.\n'''")
    'It is a series.\nAnd so on.'
    """
    found, closing = [], ""
    for line in source.split("\n"):
        text = line.strip()
        if closing:
            before, end, _ = text.partition(closing)
            found.append(before)
            closing = "" if end else closing
        elif text.startswith("#"):
            found.append(text.lstrip("#"))
        elif text[:3] in QUOTES:
            inside, end, _ = text[3:].partition(text[:3])
            found.append(inside)
            closing = "" if end else text[:3]
    return "\n".join(line.strip() for line in found if line.strip())


def is_comment(source: str) -> bool:
    r"""Whether a cell of code is comments, texts and blank lines alone.

    >>> is_comment("# a\n\n# b"), is_comment("# a\nb = 1")
    (True, False)
    """
    closing = ""
    for line in source.split("\n"):
        text = line.strip()
        if closing:
            closing = "" if closing in text else closing
        elif text[:3] in QUOTES:
            closing = "" if text[:3] in text[3:] else text[:3]
        elif text and not text.startswith("#"):
            return False
    return True


def is_setup(source: str) -> bool:
    r"""Whether a cell only imports and installs.

    >>> is_setup("import math\n%matplotlib inline"), is_setup("a = 1")
    (True, False)
    """
    lines = (line.strip() for line in source.split("\n"))
    return all(line.startswith(SETUP) for line in lines if line)


def is_text(text: str) -> bool:
    """Whether a text is more than a name or a heading: long, or with a formula or a picture.

    >>> is_text("Ada Kim, 4711"), is_text("v_1 = -2")
    (False, True)
    """
    return len(text) >= A_TEXT or any(mark in text for mark in ("=", "$", "!["))


def in_words(found: Iterable[Found]) -> str:
    """Return where things were found, as part of a sentence."""
    return " and in ".join(dict.fromkeys(thing.where for thing in found))


def shown_below(text: str, found: Iterable[Found], *, is_code: bool) -> str:
    """Return an answer's text with what was found elsewhere below it, for a person to read."""
    parts = [text] if text else []
    for thing in found:
        heading = f"Not in its own cell, but in {thing.where}:"
        parts.append(f"# {heading}" if is_code else f"**{heading}**")
        if thing.text:
            parts.append(thing.text)
    return "\n\n".join(parts)
