"""Moodle's grading worksheet in whatever language: which column is which.

Moodle translates the names of the columns, and takes the table back in the same language alone
(it compares them with its own words: importgradeslib.php in mod/assign/feedback/offline). So we
tell the columns by their order and by what stands in them, and write them back as they were called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

IDENTIFIER, NAME, GRADE, MAXIMUM = "Identifier", "Full name", "Grade", "Maximum grade"
WHEN, COMMENTS = "Last modified (grade)", "Feedback comments"
# What identifies a date in any language, where a month may be a word: its digits.
DIGITS_OF_A_DATE = 4


def in_english(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return how a worksheet's columns are called in English: its name -> the English one.

    A table that is no worksheet of Moodle's gives an empty dict.

    >>> rows = [{"ID": "Teilnehmer7", "Name": "Ada", "Note": "", "Bestnote": "20,00", "Geht": "Ja",
    ...          "Abgabe": "3. Mai 2026", "Bewertung": "-", "Feedback": ""}]
    >>> in_english(list(rows[0]), rows)["Note"]
    'Grade'
    """
    if IDENTIFIER in columns:
        return {name: name for name in columns}
    if len(columns) < len((IDENTIFIER, NAME, GRADE, MAXIMUM, WHEN)) + 2:
        return {}
    values = {name: [row.get(name, "").strip() for row in rows] for name in columns}
    first = {text.rstrip("0123456789") for text in values[columns[0]]}
    numbered = all(text[-1:].isdecimal() for text in values[columns[0]])
    if len(first) != 1 or not numbered or not "".join(first).strip():
        return {}
    same = [
        at
        for at, name in enumerate(columns)
        if at > 1 and len(set(values[name])) == 1 and _is_positive(values[name][0])
    ]
    if len(same) != 1:
        return {}
    (most,) = same
    # Behind it: may be changed, when handed in, the online text if any, when graded, comments.
    dates = [at for at in range(most + 3, len(columns)) if all(map(_is_date, values[columns[at]]))]
    if not dates:
        return {}
    found = {columns[0]: IDENTIFIER, columns[1]: NAME}
    found |= {columns[most - 1]: GRADE, columns[most]: MAXIMUM, columns[dates[-1]]: WHEN}
    if dates[-1] + 1 < len(columns):
        found[columns[dates[-1] + 1]] = COMMENTS
    return {name: found.get(name, name) for name in columns}


def _is_positive(text: str) -> bool:
    whole, _, part = text.replace(",", ".").partition(".")
    digits = whole + part
    return digits.isdecimal() and int(digits) > 0


def _is_date(text: str) -> bool:
    return text == "-" or sum(letter.isdecimal() for letter in text) >= DIGITS_OF_A_DATE
