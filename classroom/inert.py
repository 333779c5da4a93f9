r"""What a student wrote, as HTML that does nothing.

nbgrader's formgrader hands Markdown to a page that has the teacher's rights, and HTML within it
goes through as it is. So what a student wrote is not handed on: it is read here, and written anew
from a short list of elements. No element has an address, a name, a style or an event; there is
not even a link, which shows as it was typed, as HTML does. Every letter that could mean something
to Markdown, HTML or MathJax is written as its number, and all stands on one line, which begins
with a tag: that Markdown passes on unread.

MathJax reads the page as well. It is told to skip all but formulas, and a formula is one only if
each of its commands is on a list; else its source is shown.

Whatever the text, the time grows as its length: nothing is tried twice.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

Pictures = Mapping[str, Mapping[str, str]]

# A photo of a derivation; no SVG, which can hold a program.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
# Lists and quotations within each other, beyond which they are text.
DEEPEST = 5
# MathJax skips the first and reads the second, in all its versions.
SKIPPED, READ = "tex2jax_ignore mathjax_ignore", "tex2jax_process mathjax_process"

FORMULAS = {r"\\[": r"\\]", r"\\(": r"\\)", r"\[": r"\]", r"\(": r"\)", "$$": "$$", "$": "$"}
SHOWN_APART = frozenset(("$$", r"\[", r"\\["))
_ENVIRONMENTS = """
    Bmatrix Vmatrix align align* alignat alignat* aligned array bmatrix cases displaymath eqnarray
    eqnarray* equation equation* gather gather* gathered math matrix multline multline* pmatrix
    smallmatrix split vmatrix
    """
ENVIRONMENTS = frozenset(_ENVIRONMENTS.split())
# None that names an address, a class, a style or a letter by its number, or that defines another.
_COMMANDS = r"""
    Alpha Beta Gamma Delta Epsilon Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi
    omicron pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega digamma
    aleph beth ell hbar hslash imath jmath wp Re Im partial nabla infty emptyset varnothing prime
    forall exists nexists neg lnot top bot angle triangle square Box Diamond blacksquare
    frac dfrac tfrac cfrac over atop choose binom dbinom tbinom sqrt root of
    sum prod coprod int iint iiint oint bigcup bigcap bigsqcup bigvee bigwedge bigoplus bigotimes
    bigodot limits nolimits displaylimits displaystyle textstyle scriptstyle scriptscriptstyle
    lim limsup liminf sup inf max min arg argmax argmin det dim exp log ln lg sin cos tan cot sec
    csc sinh cosh tanh coth arcsin arccos arctan gcd deg hom ker Pr mod bmod pmod pod operatorname
    le leq leqslant ge geq geqslant lt gt ne neq ll gg lll ggg equiv approx approxeq sim simeq cong
    propto prec succ preceq succeq subset supset subseteq supseteq subsetneq supsetneq in ni notin
    not mid nmid parallel perp models vdash dashv doteq triangleq coloneqq lesssim gtrsim asymp
    to gets mapsto longmapsto rightarrow leftarrow leftrightarrow longrightarrow longleftarrow
    Rightarrow Leftarrow Leftrightarrow Longrightarrow Longleftarrow Longleftrightarrow
    longleftrightarrow implies impliedby iff uparrow downarrow updownarrow Uparrow Downarrow
    nearrow searrow swarrow nwarrow hookrightarrow hookleftarrow rightharpoonup leftharpoonup
    rightleftharpoons leadsto xrightarrow xleftarrow
    pm mp times div cdot cdotp ast star circ bullet oplus ominus otimes oslash odot dagger ddagger
    cup cap setminus sqcup sqcap vee wedge land lor uplus amalg wr diamond bigcirc smallsetminus
    therefore because colon ldots cdots dots dotsc dotsb dotsm dotsi vdots ddots ldotp
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm
    langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert Vert lbrace rbrace lbrack
    rbrack lgroup rgroup backslash
    hat widehat bar overline underline tilde widetilde vec dot ddot dddot acute grave check breve
    mathring overrightarrow overleftarrow overbrace underbrace overset underset stackrel substack
    boxed cancel bcancel xcancel phantom hphantom vphantom smash mathstrut strut
    mathrm mathbf mathbb mathcal mathfrak mathsf mathtt mathit mathscr mathnormal boldsymbol bm
    pmb bf rm it sf tt cal text textbf textit textrm textsf texttt textnormal mbox hbox
    mathbin mathrel mathop mathord mathopen mathclose mathpunct mathinner
    quad qquad thinspace medspace thickspace negthinspace enspace space nonumber notag tag hline
    cr newline qed tiny small normalsize large Large
    begin end
    """
COMMANDS = frozenset(_COMMANDS.split())


def page_text(text: str, pictures: Pictures | None = None) -> str:
    r"""Return a text in Markdown as one line of HTML, which Markdown leaves as it is.

    Parameters
    ----------
    text : str
        Whatever was handed in.
    pictures : mapping, optional
        The pictures that belong to it: name -> kind -> base64. Those that the text does not show
        follow it.

    Examples
    --------
    >>> page_text("*now* <b>")
    '<div class="tex2jax_ignore mathjax_ignore"><p><em>now</em> &#60;b&#62;</p></div>'
    """
    writer = _Writer(pictures or {})
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = writer.blocks(lines, 0)
    rest = [name for name in writer.pictures if name not in writer.shown]
    body += "".join(f"<p>{writer.picture(name, name)}</p>" for name in rest)
    return f'<div class="{SKIPPED}">{body}</div>'


def letters(text: str) -> str:
    r"""Return a text as HTML in which only letters, digits and blanks stand for themselves.

    >>> letters('a "b"\n')
    'a &#34;b&#34;&#10;'
    """
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter.isalnum() or letter == " ":
        return letter
    if letter == "\n":
        return "&#10;"
    if letter == "\t":
        return " "
    # A control letter, or half of a pair of surrogates, is none that HTML can name.
    number = ord(letter)
    if number < 32 or 127 <= number < 160 or 0xD800 <= number < 0xE000:
        return "\ufffd"
    return f"&#{number};"


def is_formula(body: str) -> bool:
    r"""Whether MathJax may read this: each command and environment is on our lists.

    >>> is_formula(r"\frac{a}{b} < \|x\|"), is_formula(r"\href{javascript:a}{b}")
    (True, False)
    """
    at = body.find("\\")
    while at >= 0:
        end = at + 1
        # As TeX reads it: Latin letters alone make a name.
        while end < len(body) and body[end].isascii() and body[end].isalpha():
            end += 1
        command = body[at + 1 : end]
        if command and command not in COMMANDS:
            return False
        if command in ("begin", "end"):
            close = body.find("}", end, end + 20)
            if close < 0 or body[end] != "{" or body[end + 1 : close] not in ENVIRONMENTS:
                return False
        at = body.find("\\", max(end, at + 2))
    return True


class _Writer:
    """Writes one text; remembers which of its pictures were shown."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.shown: set[str] = set()

    # --- Blocks: each takes lines from a place on, and says where the next one begins -----------

    def blocks(self, lines: Sequence[str], depth: int) -> str:
        found, at = [], 0
        closing = _Closing(lines)
        while at < len(lines):
            line = lines[at]
            bare = line.strip()
            if not bare:
                at += 1
            elif bare.startswith(("```", "~~~")):
                block, at = _code(lines, at)
                found.append(block)
            elif level := _level(bare):
                found.append(f"<h{level}>{self.inline(bare.strip('#').strip())}</h{level}>")
                at += 1
            elif _is_rule(bare):
                found.append("<hr>")
                at += 1
            elif _is_table(lines, at):
                block, at = self.table(lines, at)
                found.append(block)
            elif bare.startswith(">") and depth < DEEPEST:
                end = at
                while end < len(lines) and lines[end].lstrip().startswith(">"):
                    end += 1
                inner = [line.lstrip()[1:].removeprefix(" ") for line in lines[at:end]]
                found.append(f"<blockquote>{self.blocks(inner, depth + 1)}</blockquote>")
                at = end
            elif _marker(line) and depth < DEEPEST:
                block, at = self.items(lines, at, depth)
                found.append(block)
            elif line.startswith(("    ", "\t")):
                end = at
                while end < len(lines) and lines[end].startswith(("    ", "\t")):
                    end += 1
                found.append(_code_of([line.removeprefix("    ") for line in lines[at:end]]))
                at = end
            else:
                end = self._end_of_paragraph(lines, at, closing)
                text = "\n".join(line.lstrip() for line in lines[at:end])
                found.append(f"<p>{self.inline(text.rstrip())}</p>")
                at = end
        return "".join(found)

    def _end_of_paragraph(self, lines: Sequence[str], at: int, closing: _Closing) -> int:
        end = at
        while end < len(lines):
            bare = lines[end].strip()
            if not bare or (end > at and _begins_another(lines, end)):
                break
            # A formula that stands by itself may have empty lines in it.
            end = max(end + 1, closing.after(end, bare))
        return end

    def items(self, lines: Sequence[str], at: int, depth: int) -> tuple[str, int]:
        first, width = _marker(lines[at]) or ("", 0)
        margin = width - len(lines[at][:width].lstrip()) + 2
        ordered = first[0].isdigit()
        found = []
        while at < len(lines) and (mark := _marker(lines[at])):
            word, width = mark
            if word[0].isdigit() != ordered:
                break
            inner = [lines[at][width:]]
            at += 1
            while at < len(lines):
                line = lines[at]
                indent = len(line) - len(line.lstrip())
                blank = not line.strip()
                below = lines[at + 1] if at + 1 < len(lines) else ""
                if blank and not below.startswith(("  ", "\t")):
                    break
                if not blank and indent < margin and _begins_another(lines, at):
                    break
                inner.append(line[min(indent, width) :])
                at += 1
            found.append(f"<li>{self.blocks(inner, depth + 1)}</li>")
            # An empty line between two of a list's items does not end it.
            if at + 1 < len(lines) and not lines[at].strip() and _marker(lines[at + 1]):
                at += 1
        if ordered:
            return f'<ol start="{int(first[:9])}">{"".join(found)}</ol>', at
        return f"<ul>{''.join(found)}</ul>", at

    def table(self, lines: Sequence[str], at: int) -> tuple[str, int]:
        end = at + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        rows = []
        for kind, line in [("th", lines[at]), *(("td", line) for line in lines[at + 2 : end])]:
            cells = "".join(f"<{kind}>{self.inline(cell)}</{kind}>" for cell in _cells(line))
            rows.append(f"<tr>{cells}</tr>")
        return f"<table>{''.join(rows)}</table>", end

    # --- Within a block --------------------------------------------------------------------------

    def inline(self, text: str) -> str:
        """Return what stands in one block."""
        out: list[str] = []
        plain: list[str] = []
        opened: dict[str, int] = {}  # emphasis that may be closed: how it is marked -> where
        finder = _Finder(text)

        def flush() -> None:
            if plain:
                out.append(letters(html.unescape("".join(plain))))
                plain.clear()

        at = 0
        while at < len(text):
            letter = text[at]
            found = self._element(text, at, finder) if letter in "\\$`!<\n" else None
            if found:
                element, at = found
                flush()
                out.append(element)
            elif letter == "\\" and text[at + 1 : at + 2] in PUNCTUATION and at + 1 < len(text):
                # As a number, so that it is no half of "&lt;".
                flush()
                out.append(letters(text[at + 1]))
                at += 2
            elif letter in "*_~":
                mark = letter * 2 if text.startswith(letter * 2, at) else letter
                flush()
                _emphasis(text, at, mark, out, opened)
                at += len(mark)
            else:
                plain.append(letter)
                at += 1
        flush()
        return "".join(out)

    def _element(self, text: str, at: int, finder: _Finder) -> tuple[str, int] | None:
        """Return the formula, code, picture or end of line that begins here, and its end."""
        if text[at] == "\n":
            return "<br>", at + 1
        if text[at] == "<":
            for tag in ("<br>", "<br/>", "<br />"):
                if text[at : at + len(tag)].lower() == tag:
                    return "<br>", at + len(tag)
            return None
        if text[at] == "`":
            run = next((n for n in (3, 2, 1) if text.startswith("`" * n, at)), 1)
            end = finder.find("`" * run, at + run)
            if end < 0:
                return None
            return f"<code>{letters(text[at + run : end])}</code>", end + run
        if text[at] == "!":
            return self._image(text, at, finder)
        if text.startswith(r"\begin{", at):
            close = text.find("}", at, at + 30)
            name = text[at + 7 : close] if close >= 0 else ""
            end = finder.find(rf"\end{{{name}}}", at) if name in ENVIRONMENTS else -1
            if end >= 0:
                end += len(rf"\end{{{name}}}")
                return _formula(text[at:end], text[at:end]), end
            return None
        for opening, closing in FORMULAS.items():
            if text.startswith(opening, at):
                start = at + len(opening)
                end = finder.find(closing, start, escapes=closing[0] == "$")
                if end <= start:
                    return None
                body = text[start:end]
                # Between two backslashes and a bracket as between one.
                marks = [mark.replace("\\\\", "\\") for mark in (opening, closing)]
                return _formula(body, body.join(marks)), end + len(closing)
        return None

    def _image(self, text: str, at: int, finder: _Finder) -> tuple[str, int] | None:
        if not text.startswith("![", at) or ")" in finder.absent:
            return None
        middle = finder.find("](", at + 2)
        end = finder.find(")", middle + 2) if middle >= 0 else -1
        if end < 0:
            return None
        address, alt = text[middle + 2 : end].strip(), text[at + 2 : middle]
        prefix, _, name = address.partition(":")
        for candidate in (name, unquote(name), *name.split(" ")[:1]):
            if prefix == "attachment" and candidate in self.pictures:
                return self.picture(candidate, alt), end + 1
        return letters(text[at : end + 1]), end + 1

    def picture(self, name: str, alt: str) -> str:
        """Return a picture with its data in it; of a name that has none, the name."""
        self.shown.add(name)
        kinds = self.pictures[name]
        for kind in PICTURES:
            data = "".join(kinds[kind].split()) if kind in kinds else ""
            if data and BASE64.issuperset(data):
                return f'<img alt="{letters(alt)}" src="data:{kind};base64,{data}">'
        return letters(f"[{name}]")


class _Finder:
    """Finds what closes something; what is not there is looked for once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.absent: set[str] = set()

    def find(self, what: str, start: int, *, escapes: bool = False) -> int:
        """Return where it is next, or -1; with ``escapes``, not behind a backslash."""
        if what in self.absent:
            return -1
        at = self.text.find(what, start)
        while escapes and at > 0 and self.text[at - 1] == "\\":
            at = self.text.find(what, at + 1)
        if at < 0:
            self.absent.add(what)
        return at


class _Closing:
    """Where formulas of several lines end."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.absent: set[str] = set()

    def after(self, at: int, bare: str) -> int:
        """Return the line behind the formula that begins with this one, or 0."""
        closing = next((FORMULAS[mark] for mark in SHOWN_APART if bare.startswith(mark)), None)
        if bare.startswith(r"\begin{") and bare[7 : bare.find("}")] in ENVIRONMENTS:
            closing = rf"\end{{{bare[7 : bare.find('}')]}}}"
        if closing is None or closing in self.absent or closing in bare[2:]:
            return 0
        for end in range(at + 1, len(self.lines)):
            if closing in self.lines[end]:
                return end + 1
        self.absent.add(closing)
        return 0


def _formula(body: str, source: str) -> str:
    if not is_formula(body):
        return f"<code>{letters(source)}</code>"
    return f'<span class="{READ}">{letters(source)}</span>'


def _emphasis(text: str, at: int, mark: str, out: list[str], opened: dict[str, int]) -> None:
    """Close what this mark opened, or remember it as one that may open."""
    tag = {1: "em", 2: "strong"}[len(mark)] if mark[0] != "~" else "del"
    before, after = text[at - 1 : at] if at else "", text[at + len(mark) : at + len(mark) + 1]
    # x_t has none, and "~" alone is a blank in TeX.
    within = mark[0] == "_"
    closes = before.strip() and not (within and after.isalnum())
    opens = after.strip() and not (within and before.isalnum()) and mark != "~"
    if closes and mark in opened and opened[mark] < len(out) - 1:
        start = opened.pop(mark)
        out[start] = f"<{tag}>"
        out.append(f"</{tag}>")
        for other in [other for other, place in opened.items() if place > start]:
            del opened[other]
        return
    if opens:
        opened[mark] = len(out)
    out.append(letters(mark))


def _level(bare: str) -> int:
    """Return the level of a heading, or 0."""
    level = len(bare[:7]) - len(bare[:7].lstrip("#"))
    return level if 1 <= level <= 6 and bare[level : level + 1] in ("", " ") else 0


def _is_rule(bare: str) -> bool:
    kinds = set(bare) - {" "}
    return len(kinds) == 1 and kinds <= set("-*_") and len(bare) >= 3


def _marker(line: str) -> tuple[str, int] | None:
    """Return the mark of a list's item, and how long it is with the blanks around it; or None."""
    bare = line.lstrip()
    word, blank, _ = bare[:12].partition(" ")
    number = word[:-1].isascii() and word[:-1].isdigit() and word[-1:] in (".", ")")
    if blank and (word in ("-", "*", "+") or number):
        return word[:-1] if number else word, len(line) - len(bare) + len(word) + 1
    return None


def _begins_another(lines: Sequence[str], at: int) -> bool:
    bare = lines[at].strip()
    return bool(
        bare.startswith((">", "```", "~~~"))
        or _level(bare)
        or _marker(lines[at])
        or _is_table(lines, at)
    )


def _is_table(lines: Sequence[str], at: int) -> bool:
    if "|" not in lines[at] or at + 1 == len(lines):
        return False
    below = set(lines[at + 1].strip())
    return below <= set("|-: ") and {"|", "-"} <= below


def _cells(line: str) -> list[str]:
    """Return a row's cells; a bar behind a backslash parts nothing."""
    hidden = line.strip().replace(r"\|", "\0")
    cells = hidden.removeprefix("|").removesuffix("|").split("|")
    return [cell.replace("\0", "|").strip() for cell in cells]


def _code(lines: Sequence[str], at: int) -> tuple[str, int]:
    fence = lines[at].strip()[:3]
    end = at + 1
    while end < len(lines) and not lines[end].strip().startswith(fence):
        end += 1
    return _code_of(lines[at + 1 : end]), end + 1


def _code_of(lines: Sequence[str]) -> str:
    return f"<pre><code>{letters(chr(10).join(lines))}</code></pre>"
