"""Read a catalogue: what is said to people, apart from the code, in a file for each language."""

from __future__ import annotations

import functools
import json
from pathlib import Path

LANGUAGE = "en"
"""Of a notebook, and of a page unless its build says otherwise."""

Catalogue = dict[str, dict[str, str]]


@functools.cache
def read(folder: Path, language: str) -> Catalogue:
    """Return the texts of a language: part -> key -> text.

    Raises
    ------
    ValueError
        The folder has no catalogue of this language.

    Examples
    --------
    >>> from minioptim.live.words import FOLDER
    >>> read(FOLDER, "en")["common"]["controls.reset"]
    'Reset'
    """
    known = sorted(file.stem for file in folder.glob("*.json"))
    if language not in known:
        raise ValueError(f"language must be one of {', '.join(known)}; got {language!r}")
    found: Catalogue = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
    return found
