"""What the live figures say, apart from the code that draws them: a catalogue for each language.

``en.json`` maps each figure to its texts by key, and ``common`` to those that several share. A text
names its values, ``"f is {f} after {steps} steps"``, so that a translation may put them in any
order. Another language is another file with the same keys and names; the site's build takes the one
that the setting ``language`` of ``_config.yml`` names.

A key stands in the code as it is, ``word("views.loss")``, so that what a page needs can be read off
its script, and a key that the catalogue lacks stops the build. The still pictures, which Python
draws, ask in the same way; what they alone say has a key that begins ``still.``, and no page
carries it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from minioptim._catalogues import LANGUAGE, Catalogue, read

FOLDER = Path(__file__).parent
COMMON = "common"
KEY = re.compile(r'\b(?:word|said)\(\s*(?:"([\w.]+)"|`([\w.]+\.)\$\{)')
NAME = re.compile(r"\{(\w+)\}")


class MissingWordsError(KeyError):
    """The catalogue lacks a text, or a text one of its values; the message says which."""

    def __str__(self) -> str:
        return str(self.args[0])


def catalogue(language: str = LANGUAGE) -> Catalogue:
    """Return the texts of a language: {figure or "common": {key: text}}.

    Raises
    ------
    ValueError
        There is no catalogue of this language.

    Examples
    --------
    >>> catalogue("en")["common"]["controls.reset"]
    'Reset'
    """
    return read(FOLDER, language)


def text(figure: str, key: str, language: str = LANGUAGE) -> str:
    """Return a figure's text by its key: its own, or else the one that several share.

    Raises
    ------
    ValueError
        There is no catalogue of this language.
    MissingWordsError
        It has no such text.

    Examples
    --------
    >>> text("adam", "title")
    'Adam in a ravine, step by step, live'
    """
    words = catalogue(language)
    for part in (figure, COMMON):
        if key in words.get(part, {}):
            return words[part][key]
    raise MissingWordsError(f"{language}.json has no {key!r} for {figure}, nor in {COMMON}")


class Word(Protocol):
    """What a figure says under a key, the values that the text names filled in."""

    def __call__(self, key: str, **values: object) -> str:
        """Return the text."""


def speaker(figure: str, language: str = LANGUAGE) -> Word:
    """Return ``word(key, **values)`` of a figure, as the page's script has it.

    Raises
    ------
    ValueError, MissingWordsError
        When `word` is called: as for `text`, or a value that the text names is not given.

    Examples
    --------
    >>> word = speaker("nesterov")
    >>> word("marks.made", made=3)
    'steps made: 3'
    """

    def word(key: str, **values: object) -> str:
        def shown(name: re.Match[str]) -> str:
            if name[1] not in values:
                raise MissingWordsError(f"{key} names {name[0]}, which is not given")
            return str(values[name[1]])

        return NAME.sub(shown, text(figure, key, language))

    return word


def keys_in(script: str) -> set[str]:
    """Return the keys that a script asks for; one that ends in a dot stands for all it begins.

    Raises
    ------
    TypeError
        ``script`` is no text.

    Examples
    --------
    >>> sorted(keys_in('word("views.loss"), said(`motion.${name}`)'))
    ['motion.', 'views.loss']
    """
    return {exact or beginning for exact, beginning in KEY.findall(script)}


def texts(figure: str, keys: Iterable[str], language: str = LANGUAGE) -> dict[str, str]:
    """Return a figure's texts by key, as its page needs them.

    Raises
    ------
    ValueError
        There is no catalogue of this language.
    MissingWordsError
        It has no text for a key, or none that begins as asked for.

    Examples
    --------
    >>> texts("momentum", ["title", "motion."])["motion.flips"]
    'flips'
    """
    words = catalogue(language)
    wanted: set[str] = set()
    for key in keys:
        known = {*words.get(figure, {}), *words[COMMON]} if key[-1] == "." else {key}
        begun = {one for one in known if one.startswith(key)}
        if not begun:
            raise MissingWordsError(f"{language}.json has nothing that begins {key!r} for {figure}")
        wanted |= begun
    return {key: text(figure, key, language) for key in sorted(wanted)}
