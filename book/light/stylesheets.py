"""One style sheet for the site, with what its pages can use and nothing else.

A rule stays if the classes and ids of one of its selectors stand somewhere in the site, be it as a
word of a text: too much is kept rather than too little. Of the themes' 600 kB a fifth stays.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import NamedTuple

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# What may hold a brace, a comma or a semicolon that means nothing.
OPAQUE = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|url\([^)"']*\)|\\."""
TOKEN = re.compile(rf"{OPAQUE}|[{{}};]", re.DOTALL)
COMMA = re.compile(rf"{OPAQUE}|[(),\[\]]", re.DOTALL)
DECLARATION = re.compile(rf"(?:{OPAQUE}|[^;])+", re.DOTALL)
UNSEEN = re.compile(r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
WORD = re.compile(r"[\w-]+")
URL = re.compile(r"""url\(\s*(["']?)([^"')]+)\1\s*\)""")
VARIABLE = re.compile(r"--[\w-]+")
USED_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
FAMILY = re.compile(r"font-family:\s*[\"']?([^\"';,}]+)")
IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*;""")
SPACE = re.compile(r"\s+")
TIGHT = re.compile(r"\s*([{};,])\s*")
# Classes that scripts put together from pieces: Bootstrap's for the notes beside a button.
MADE_BY_SCRIPTS = {"bs-tooltip-auto", "bs-tooltip-top", "bs-tooltip-bottom", "bs-tooltip-end"}
GROUPS = ("@media", "@supports", "@layer", "@container", "@scope")


class Rule(NamedTuple):
    """A rule: what stands before its braces, and what is inside; no braces, and it is None."""

    prelude: str
    inside: str | None


def words(text: str) -> set[str]:
    """Return the words that could be classes or ids.

    >>> sorted(words('<p class="a-b c">d</p>'))
    ['a-b', 'c', 'class', 'd', 'p']
    """
    return set(WORD.findall(text))


def rules(css: str) -> Iterator[Rule]:
    """Yield the rules of a style sheet without comments.

    >>> list(rules('@import "a;b"; p{color:red} @media print{a{}}'))
    [Rule(prelude='@import "a;b"', inside=None), Rule(prelude='p', inside='color:red'),
    Rule(prelude='@media print', inside='a{}')]
    """
    start = depth = 0
    opened = 0
    for found in TOKEN.finditer(css):
        mark = found[0]
        if mark == "{":
            depth += 1
            if depth == 1:
                opened = found.end()
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield Rule(css[start : opened - 1].strip(), css[opened : found.start()].strip())
                start = found.end()
        elif mark == ";" and depth == 0:
            yield Rule(css[start : found.start()].strip(), None)
            start = found.end()


def selectors(prelude: str) -> list[str]:
    """Return the selectors of a rule.

    >>> selectors("a:is(b, c), [d=','] e")
    ['a:is(b, c)', "[d=','] e"]
    """
    found, start, depth = [], 0, 0
    for mark in COMMA.finditer(prelude):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(mark[0], 0)
        if mark[0] == "," and depth == 0:
            found.append(prelude[start : mark.start()].strip())
            start = mark.end()
    return [*found, prelude[start:].strip()]


def can_match(selector: str, seen: Set[str]) -> bool:
    r"""Tell whether all classes and ids that a selector must find are among the words.

    >>> can_match("a.b:not(.c) > #d", {"b", "d"}), can_match(".b .c", {"b"})
    (True, False)
    """
    plain = UNSEEN.sub("", selector)
    names = (name.replace("\\", "") for name in NAME.findall(plain))
    return all(name in seen or name in MADE_BY_SCRIPTS for name in names)


def kept(css: str, seen: Set[str]) -> str:
    """Return a style sheet without the rules that match nothing.

    >>> kept("a,.b{x:y}.c{z:w}@media print{.c{}}", {"b"})
    'a,.b{x:y}'
    """
    out = []
    for prelude, inside in rules(css):
        if inside is None:
            out.append(f"{prelude};")
        elif prelude.startswith(GROUPS):
            if left := kept(inside, seen):
                out.append(f"{prelude}{{{left}}}")
        elif prelude.startswith("@"):
            out.append(f"{prelude}{{{inside}}}")
        elif inside and (wanted := [one for one in selectors(prelude) if can_match(one, seen)]):
            out.append(f"{','.join(wanted)}{{{inside}}}")
    return "".join(out)


def without_unused(css: str, elsewhere: str) -> str:
    """Return a style sheet without variables that nothing reads, and fonts that nothing names.

    Parameters
    ----------
    css : str
        The style sheet.
    elsewhere : str
        Text of the pages and scripts, which may read a variable too.

    Examples
    --------
    >>> without_unused("a{--b:1;--c:var(--d);--d:2;e:var(--c)}@font-face{font-family:F}", "")
    'a{--c:var(--d);--d:2;e:var(--c)}'
    """
    outside = set(VARIABLE.findall(elsewhere))
    before = None
    while css != before:
        before = css
        read = outside | set(USED_VARIABLE.findall(css))
        css = _declared(css, read)
    faces = [rule for rule in rules(css) if rule.prelude == "@font-face"]
    rest = "".join(written(rule) for rule in rules(css) if rule.prelude != "@font-face")
    named = [face for face in faces if _family(face) in rest or _family(face) in elsewhere]
    return "".join(map(written, named)) + rest


def _family(face: Rule) -> str:
    found = FAMILY.search(face.inside or "")
    return found[1].strip() if found else ""


def _declared(css: str, read: Set[str]) -> str:
    """Return a style sheet without the variables that are not read."""
    out = []
    for rule in rules(css):
        prelude, inside = rule
        if inside is None or (prelude.startswith("@") and not prelude.startswith(GROUPS)):
            out.append(written(rule))
        elif prelude.startswith(GROUPS):
            out.append(written(Rule(prelude, _declared(inside, read))))
        else:
            lines = [line.strip() for line in DECLARATION.findall(inside)]
            left = [
                line
                for line in lines
                if not line.startswith("--") or line.split(":", 1)[0].strip() in read
            ]
            if left:
                out.append(written(Rule(prelude, ";".join(left))))
    return "".join(out)


def written(rule: Rule) -> str:
    """Return a rule as it stands in a style sheet.

    >>> written(Rule("a", "b:c")), written(Rule("@charset 'x'", None))
    ('a{b:c}', "@charset 'x';")
    """
    return f"{rule.prelude};" if rule.inside is None else f"{rule.prelude}{{{rule.inside}}}"


def moved(css: str, folder: str) -> str:
    """Return a style sheet that stood in a folder, with addresses as seen from outside it.

    >>> moved("a{b:url(../c.png);d:url('e.woff2');f:url(data:x)}", "styles")
    'a{b:url(c.png);d:url(styles/e.woff2);f:url(data:x)}'
    """

    def move(found: re.Match[str]) -> str:
        if found[2].startswith(("data:", "#", "/")):
            return found[0]
        return f"url({posixpath.normpath(posixpath.join(folder, found[2]))})"

    return URL.sub(move, css)


def read(sheet: Path, folder: Path) -> str:
    """Return a style sheet with those that it imports, and addresses as seen from the folder."""
    text = sheet.read_text(encoding="utf-8")
    imported = [read((sheet.parent / name).resolve(), folder) for name in IMPORT.findall(text)]
    own = moved(IMPORT.sub("", COMMENT.sub("", text)), sheet.parent.relative_to(folder).as_posix())
    return "".join([*imported, own])


def tight(css: str) -> str:
    r"""Return a style sheet without comments and needless space.

    >>> tight("a {\n  b: c;\n}\n/* d */")
    'a{b: c;}'
    """
    parts = re.split(rf"({OPAQUE})", COMMENT.sub("", css))
    return "".join(
        part if i % 2 else TIGHT.sub(r"\1", SPACE.sub(" ", part)) for i, part in enumerate(parts)
    ).strip()


def one_of(sheets: Iterable[str], seen: Set[str], elsewhere: str) -> str:
    """Return one style sheet made of several.

    Parameters
    ----------
    sheets : iterable of str
        Their texts.
    seen : set of str
        The words of the site.
    elsewhere : str
        Text of the pages and scripts.

    Examples
    --------
    >>> one_of([".b { c: d }", ".e{f:g}"], {"b"}, "")
    '.b{c: d}'
    """
    return without_unused("".join(kept(tight(css), seen) for css in sheets), elsewhere)
