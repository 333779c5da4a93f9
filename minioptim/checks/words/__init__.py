"""What the checks say to students, apart from the code: a catalogue for each language.

``en.json`` maps a module of `minioptim.checks` to its texts by key. A text names its values,
``"it raises {error}."``, so that a translation may put them in any order. Another language is
another file with the same keys and names. The sentences of known mistakes are the assignments' own
and stand in their keys.
"""

from __future__ import annotations

from pathlib import Path

from minioptim._catalogues import LANGUAGE, Catalogue, read

FOLDER = Path(__file__).parent


def catalogue(language: str = LANGUAGE) -> Catalogue:
    """Return the texts of a language: module -> key -> text.

    Raises
    ------
    ValueError
        There is no catalogue of this language.

    Examples
    --------
    >>> catalogue("en")["verdict"]["raises"]
    'it raises {error}.'
    """
    return read(FOLDER, language)


def said(module: str, key: str, **values: object) -> str:
    """Return a module's text with its values put in.

    Raises
    ------
    KeyError
        There is no such text, or it asks for a value that is not given.

    Examples
    --------
    >>> said("verdict", "raises", error="ValueError: no")
    'it raises ValueError: no.'
    """
    return catalogue()[module][key].format(**values)
