r"""The equation in a rule's docstring, read and computed: the second statement of what it does.

The LaTeX of the docstrings is small: letters with a hat or a bar, at step t or t - 1, fractions,
roots, powers, sizes, max, and hyper-parameters as ``\mathrm{name}`` or Greek letters. It is turned
into Python line by line; what lies outside it is an error, and not a guess.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from minioptim.rules import Rule

LETTER = r"(?:\\(?:hat|bar|tilde) ?[a-zA-Z]|\\(?:Delta|mu)|[a-zA-Z]\^\{\\max\}|[a-zA-Z])"
FUNCTIONS: dict[str, Callable[..., float]] = {
    "frac": lambda above, below: above / below,
    "sqrt": math.sqrt,
    "max": max,
    "abs": abs,
    "sign": lambda a: float(a > 0) - float(a < 0),
}
# Greek letters of hyper-parameters, which may stand in place of \mathrm{name}.
GREEK = {"beta": "beta", "rho": "rho", "psi": "psi", "eta": "lr", "epsilon": "eps"}
GREEK |= {"varepsilon": "eps", "gamma": "gamma", "lambda": "weight_decay"}
CALLED = {*FUNCTIONS, "product", "mu", "gradient"}


def equation(rule_class: type[Rule]) -> list[str]:
    r"""Return the lines of the first equation in a rule's docstring, each one equality.

    Parameters
    ----------
    rule_class : subclass of Rule

    Raises
    ------
    ValueError
        The docstring has no ``.. math::``.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> print(equation(Momentum)[1])
    x_t &= x_{t-1} + v_t
    """
    text = inspect.cleandoc(rule_class.__doc__ or "") + "\n\n"
    found = re.search(r"\.\. math::(.*?)\n\n", text.replace("math::\n\n", "math::\n"), re.S)
    if not found:
        raise ValueError(f"the docstring of {rule_class.__name__} has no equation (.. math::)")
    return [" ".join(line.split()) for line in found[1].split(r"\\")]


def python_name(letter: str) -> str:
    r"""Return what the code calls a LaTeX letter.

    Parameters
    ----------
    letter : str
        Such as ``\hat m`` or ``v^{\max}``.

    Raises
    ------
    TypeError
        ``letter`` is no text.

    Examples
    --------
    >>> python_name(r"\hat m"), python_name(r"v^{\max}"), python_name(r"\Delta")
    ('m_hat', 'v_max', 'delta')
    """
    if accented := re.fullmatch(r"\\(hat|bar|tilde) ?([a-zA-Z])", letter):
        return f"{accented[2]}_{accented[1]}"
    if raised := re.fullmatch(r"([a-zA-Z])\^\{\\([a-z]+)\}", letter):
        return f"{raised[1]}_{raised[2]}"
    return letter.lstrip("\\").lower() if letter.startswith("\\") else letter


def to_python(latex: str) -> str:
    r"""Translate one side of an equality to a Python expression.

    A letter at step t becomes its name, one at step t - 1 its name with ``_old``; mu, a function of
    t alone, becomes a call.

    Parameters
    ----------
    latex : str

    Raises
    ------
    ValueError
        Something in it is none of what the docstrings are written with.

    Examples
    --------
    >>> to_python(r"x_{t-1} - \mathrm{lr}\; \frac{g_t}{\sqrt{v_t} + \mathrm{eps}}")
    'x_old-lr*frac(g,sqrt(v)+eps)'
    >>> to_python(r"\beta_1 m_{t-1} + (1 - \beta_1)\, g_t + \varepsilon")
    'beta1*m_old+(1-beta1)*g+eps'
    """
    text = re.sub(r"\\([;,]|[Bb]ig)(?![a-z])", " ", latex)
    text = re.sub(
        r"\\mathrm\{([^}]*)\}",
        lambda name: f" {name[1].replace('_', '').replace(chr(92), '_')} ",
        text,
    )
    text = re.sub(
        rf"\\({'|'.join(GREEK)})(?![a-z])(?:_\{{?(\d)\}}?)?",
        lambda letter: f" {GREEK[letter[1]]}{letter[2] or ''} ",
        text,
    )
    text = re.sub(r"\\prod_\{i \\le ([^}]*)\} ?\\mu_i", r" product(\1) ", text)
    text = re.sub(r"\\mu_(?:\{([^}]*)\}|t)", lambda at: f" mu({at[1] or 't'}) ", text)
    text = re.sub(rf"({LETTER})_\{{t-1\}}", lambda letter: f" {python_name(letter[1])}_old ", text)
    text = re.sub(rf"({LETTER})_t", lambda letter: f" {python_name(letter[1])} ", text)
    text = text.replace(r"\nabla f", " gradient ").replace(r"\cdot", "*").replace(r"\max", " max ")
    text = re.sub(r"\\operatorname\{sign\}", " sign ", text)
    text = re.sub(r"\|([^|]*)\|", r" abs(\1) ", text)
    text = re.sub(r"\^(\w)", r"**\1", text).replace("^", "**")
    text = text.replace(r"\frac", " frac ").replace(r"\sqrt", " sqrt ")
    text = text.replace("}{", ", ").replace("} {", ", ")
    text = re.sub(
        r"\s+", " ", text.replace("{", "(").replace("}", ")").replace("[", "(").replace("]", ")")
    )
    if "\\" in text:
        raise ValueError(f"{latex!r} is not understood from {text[text.index(chr(92)) :]!r} on")
    tokens = re.findall(r"[A-Za-z_]\w*|\d+\.?\d*|\*\*|\S", text)
    result = ""
    for before, token in zip(["(", *tokens], tokens, strict=False):
        ends = re.match(r"[\w)]", before) and before not in CALLED
        result += ("*" if ends and re.match(r"[\w(]", token) else "") + token
    return result


def evaluate(
    rule: Rule,
    gradient: Callable[[float], float],
    x: float,
    t: int,
    state: Mapping[str, float],
) -> list[float]:
    """Return the new point and the new states as the rule's printed equation has them.

    Parameters
    ----------
    rule : Rule
        Its hyper-parameters are numbers.
    gradient : callable, float to float
        Asked at x, or where the equation says so.
    x : float
        The point, one coordinate.
    t : int, >= 1
        The number of the step.
    state : mapping of name to float
        The states before it.

    Raises
    ------
    ValueError
        The equation is not understood, or does not define the new point or a state.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> evaluate(Momentum(lr=0.1, momentum=0.5), lambda x: 2 * x, 2.0, 2, {"v": -1.0})
    [1.1, -0.9]
    """
    known: dict[str, Any] = {**FUNCTIONS, **rule.hyper_parameters()}
    known |= {f"{name}_old": value for name, value in state.items()}
    known |= {"x_old": x, "t": t, "gradient": gradient, "g": gradient(x)}
    known["product"] = lambda n: math.prod(known["mu"](i) for i in range(1, n + 1))
    for line in equation(type(rule)):
        left, _, right = (side.strip() for side in re.split(r"&?(=)", line, maxsplit=1))
        body = to_python(right)
        try:
            if left == r"\mu_t":
                known["mu"] = lambda n, body=body: eval(body, {}, {**known, "t": n})  # noqa: S307
            else:
                known[to_python(left)] = eval(body, {}, known)  # noqa: S307
        except (NameError, SyntaxError, TypeError) as error:
            raise ValueError(f"the line {line!r} is not understood: {error}") from error
    if "mu_product" in state:
        known["mu_product"] = known["product"](t)
    for name in ("x", *state):
        if name not in known:
            raise ValueError(f"the equation of {type(rule).__name__} does not define {name}_t")
    return [float(known[name]) for name in ("x", *state)]
