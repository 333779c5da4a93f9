r"""A formula in one line of letters, as somebody would type it into a search field.

``\frac{1}{1 - \beta}`` is read as 1/(1 − β), and found by ``1/(1-β)`` and ``1/(1-beta)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&]|[^\\{}^_&]", re.DOTALL)
GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "  # noqa: SIM905
        "phi chi psi omega Gamma Delta Theta Lambda Sigma Phi Omega".split(),
        "αβγδεζηθικλμνξπρστφχψωΓΔΘΛΣΦΩ",
        strict=True,
    )
)
SIGNS = GREEK | {
    "varepsilon": "ε", "varphi": "φ", "nabla": "∇", "partial": "∂", "infty": "∞", "sum": "∑",
    "prod": "∏", "int": "∫", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "approx": "≈", "times": "×", "cdot": "·", "odot": "⊙", "in": "∈", "to": "→", "mapsto": "↦",
    "pm": "±", "ll": "≪", "gg": "≫", "sim": "~", "propto": "∝", "dots": "…", "ldots": "…",
    "cdots": "…", "ell": "l", "top": "T", "mid": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖",
    "lvert": "|", "rvert": "|", "langle": "⟨", "rangle": "⟩", "lceil": "⌈", "rceil": "⌉",
    "lfloor": "⌊", "rfloor": "⌋", "{": "{", "}": "}", "|": "‖", "%": "%", "_": "_", "&": "&",
    "prime": "'", "circ": "∘", "forall": "∀", "exists": "∃", "Longleftrightarrow": "⇔",
    "Rightarrow": "⇒", "quad": " ", "qquad": " ", "\\": " ", " ": " ", ",": "", ";": " ", "!": "",
}  # fmt: skip
FRACTIONS = {"frac", "tfrac", "dfrac"}
ENVIRONMENT = {"begin", "end"}
COMPOSITE = re.compile(r"[^\w.]")
# What a reader would look for in a longer formula: a fraction or a root in it.
PIECE = re.compile(r"(?:\w+|\([^()]*\))\^?\w*/(?:\w+|√?\([^()]*\)|√\w+)|√(?:\w+|\([^()]*\))")
LOOKED_FOR = 40  # nobody types more letters of a formula


def group(text: str) -> str:
    """Return a part of a formula with parentheses where it needs them."""
    text = text.strip()
    return f"({text})" if COMPOSITE.search(text) else text


def _argument(tokens: Iterator[str]) -> str:
    """Return the next group, or the one sign that stands for it."""
    mark = next((mark for mark in tokens if not mark.isspace()), "")
    return _line(tokens, "}") if mark == "{" else _sign(mark, tokens)


def _sign(mark: str, tokens: Iterator[str]) -> str:
    if not mark.startswith("\\"):
        return {"&": "", "~": " ", "{": "", "}": ""}.get(mark, mark)
    name = mark[1:]
    if name in FRACTIONS:
        above, below = _argument(tokens), _argument(tokens)
        return f"{group(above)}/{group(below)}"
    if name == "sqrt":
        return f"√{group(_argument(tokens))}"
    if name in ENVIRONMENT:
        _argument(tokens)
        return ""
    if name in SIGNS:
        return SIGNS[name]
    # \left, \hat, \mathrm and the like: what they are said of follows. \max is its own name.
    following = {"max", "min", "log", "exp", "sin", "cos", "tan", "arg", "det", "sign", "tr", "dim"}
    return name if name in following else ""


def _line(tokens: Iterator[str], end: str = "") -> str:
    found = []
    for mark in tokens:
        if mark == end:
            break
        if mark == "{":
            found.append(_line(tokens, "}"))
        elif mark in {"^", "_"}:
            found.append(mark + group(_argument(tokens)))
        else:
            found.append(_sign(mark, tokens))
    return "".join(found)


def line(latex: str) -> str:
    r"""Return a formula in one line.

    >>> line(r"v_t = \frac{1}{1 - \beta}\,\hat{g}_{t+1} + \sqrt{\mathrm{lr}}")
    'v_t = 1/(1 - β)g_(t+1) + √lr'
    """
    return re.sub(r"\s+", " ", _line(iter(TOKEN.findall(latex)))).strip()


def names(latex: str) -> list[str]:
    r"""Return what a formula may be looked for by: itself if it is short, its fractions and roots.

    >>> names(r"n \approx \frac{1}{1 - \beta}")
    ['n≈1/(1-β)', '1/(1-β)']
    """
    whole = re.sub(r"[\s·]", "", line(latex)).replace("−", "-").lower()
    pieces = [whole, *PIECE.findall(whole)]
    return list(dict.fromkeys(piece for piece in pieces if 2 < len(piece) <= LOOKED_FOR))
