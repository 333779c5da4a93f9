"""The look of each rule in every picture of the book, still or live.

This is a table of colours, line styles and markers. It draws nothing, so that looking up a colour
does not need Matplotlib.
"""

from __future__ import annotations

from typing import Any

from minioptim.rules import Around, Rule

# Each rule has one look throughout the book. A family shares a hue: grey for gradient descent,
# blues and greens for momentum, oranges and browns for adaptive steps, purples and reds for Adam.
# Hues alone fail readers who see no difference between red and green, so lightness, line style and
# marker vary too; each colour keeps a contrast of 3 to 1 with white, the minimum that WCAG
# requires.
_LOOKS: dict[str, tuple[str, str, str]] = {
    "GradientDescent": ("#3b3b3b", "-", "o"),
    "Momentum": ("#0072b2", "-", "s"),
    "BufferMomentum": ("#2f96cf", "--", "s"),
    "EWMAMomentum": ("#1b3f7a", "-.", "s"),
    "Nesterov": ("#009e73", "-", "^"),
    "Adagrad": ("#c17f00", "-", "D"),
    "RMSProp": ("#b84300", "--", "v"),
    "CenteredRMSProp": ("#7a3803", ":", "v"),
    "Adadelta": ("#857b00", "-.", "d"),
    "Adam": ("#b0106f", "-", "P"),
    "AdaMax": ("#7d0a2b", ":", "X"),
    "AMSGrad": ("#8f63c9", "-.", "<"),
    "NAdam": ("#54208f", "--", ">"),
    "AdamW": ("#e0589b", ":", "P"),
    "Lion": ("#2020e0", ":", "*"),
    "ScheduleFree": ("#00708a", "-", "p"),
    "ScheduleFreeAdam": ("#194c33", "-.", "h"),
}
COLORS: dict[str, str] = {name: color for name, (color, _, _) in _LOOKS.items()}
"""The colour of each rule, by its name: the same in every picture of the book."""

OWN_LOOK = ("#6b7280", "-", "o")
"""The colour, line style and marker of a rule that is not of the package."""
JUMP, CORRECTION, RESULT = "#6b3e00", "#e34a33", "#1a7f37"
"""The moves of a look-ahead step, in colours that no momentum rule uses."""


def style_of(rule: Rule | type[Rule]) -> dict[str, Any]:
    """Return the colour, line style and marker that a rule has in all pictures.

    Parameters
    ----------
    rule : Rule or subclass of Rule
        It is looked up by the name of its class; a rule not in `COLORS` gets a neutral grey. A
        rule that holds a rule looks like the one inside.

    Returns
    -------
    dict with "color", "linestyle" and "marker"
        Keyword arguments for ``ax.plot``.

    Raises
    ------
    TypeError
        ``rule`` is not a rule.

    Examples
    --------
    >>> from minioptim import Adam
    >>> style_of(Adam(lr=0.1))
    {'color': '#b0106f', 'linestyle': '-', 'marker': 'P'}
    """
    while isinstance(rule, Around):
        rule = rule.rule
    kind = rule if isinstance(rule, type) else type(rule)
    if not issubclass(kind, Rule):
        raise TypeError(f"rule must be a rule such as Adam(), got {rule!r}")
    color, linestyle, marker = _LOOKS.get(kind.__name__, OWN_LOOK)
    return {"color": color, "linestyle": linestyle, "marker": marker}
