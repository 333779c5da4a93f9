"""Questions with other numbers for each student: which of an exercise's variants is whose.

A student writes a number of their own into the answer's cell, and the number says which variant is
asked. So everybody has the same notebook, no server hands out numbers, and a regrade asks the same.
"""

from __future__ import annotations

import hashlib
from typing import Any

# Longer than any number of a student's.
LONGEST = 100


def student_number(given: Any) -> str:
    """Return a student's number in one form, whether it was typed as a number or as a text.

    "" stands for what is no number: dots, nothing, or something that is neither number nor text.

    Raises
    ------
    Nothing; whatever students may have typed has a form here.

    Examples
    --------
    >>> student_number(" 12 345"), student_number(12345), student_number(...)
    ('12345', '12345', '')
    """
    if isinstance(given, bool) or not isinstance(given, int | str):
        return ""
    try:
        text = str(given)
    except ValueError:  # an int of thousands of digits
        return ""
    return "".join(text.split()).casefold() if len(text) <= LONGEST else ""


def variant_of(name: str, number: str, count: int) -> int:
    """Return which of so many variants of an exercise a student is asked, from 0.

    Parameters
    ----------
    name : str
        The exercise's. Two exercises share no numbers, so neither do their variants.
    number : str
        As `student_number` returns it, not "".
    count : int
        How many variants there are.

    Raises
    ------
    ZeroDivisionError
        There are none.

    Examples
    --------
    >>> variant_of("a", "12345", 40) == variant_of("a", "12345", 40)
    True
    """
    mark = hashlib.sha256(f"{name}:{number}".encode("utf-8", "replace")).digest()
    return int.from_bytes(mark[:8], "big") % count
