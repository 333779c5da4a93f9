"""The colours and dashes of the rules for a page, the same as in all pictures of the book."""

from __future__ import annotations

from collections.abc import Iterable

from minioptim.looks import style_of
from minioptim.rules import Rule

DASHES = {"-": "", "--": "7 3", "-.": "8 3 2 3", ":": "2 3"}


def looks(rules: Iterable[type[Rule]]) -> dict[str, dict[str, str]]:
    """Return {name of a rule: {"color", "dash"}}, from `minioptim.looks.style_of`.

    Raises
    ------
    TypeError
        An entry of ``rules`` is not a rule.

    Examples
    --------
    >>> from minioptim.rules import RMSProp
    >>> looks([RMSProp])
    {'RMSProp': {'color': '#b84300', 'dash': '7 3'}}
    """
    styles = {rule.__name__: style_of(rule) for rule in rules}
    return {
        name: {"color": style["color"], "dash": DASHES[style["linestyle"]]}
        for name, style in styles.items()
    }
