"""Moodle: folders of an export, and the grading worksheet in whatever language.

Moodle translates the names of the worksheet's columns, and takes the table back in the same
language alone (it compares them with its own words: importgradeslib.php in
mod/assign/feedback/offline). So we tell the columns by their order and by what stands in them, and
write them back as they were called.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from classroom.files import ClassroomError
from classroom.platforms import Platform, Upload
from classroom.record import Record, as_in_notebook, most, said_of, total
from classroom.tables import Table, number

IDENTIFIER, NAME, GRADE, MAXIMUM = "Identifier", "Full name", "Grade", "Maximum grade"
WHEN, COMMENTS = "Last modified (grade)", "Feedback comments"
# mod/assign/feedback/offline needs Identifier, Grade and Last modified (grade).
COLUMNS = [
    IDENTIFIER,
    NAME,
    "Email address",
    "Status",
    GRADE,
    MAXIMUM,
    "Grade can be changed",
    "Last modified (submission)",
    WHEN,
    COMMENTS,
]
# What identifies a date in any language, where a month may be a word: its digits.
DIGITS_OF_A_DATE = 4


class Moodle(Platform):
    """Moodle, 3.9 and later."""

    name = "moodle"
    title = "Moodle"
    sheet = "worksheet"
    sheet_title = "Moodle's grading worksheet"
    # Its names have a word of their own in them, so they are no other platform's.
    rank = 0

    def owner(self, top: str) -> Upload | None:
        """Return whose an entry is, and what the file is called there, or None.

        In folders "Ada Lovelace_123_assignsubmission_file" (with a last "_" before Moodle 4.1),
        else in the name of each file; see mod/assign/classes/downloader.php.

        >>> PLATFORM.owner("Ada Lovelace_123_assignsubmission_file_my_work.ipynb").file
        'my_work.ipynb'
        """
        # The first of these words: what follows the second is of the student's choosing.
        owner, mark, rest = top.partition("_assignsubmission_")
        name, _, number = owner.rpartition("_")
        plugin, _, file = rest.partition("_")
        if not mark or not name or not number.isdecimal() or not plugin.isalnum() or "/" in file:
            return None
        return Upload(name, number, file)

    def people(self, table: Table) -> list[tuple[str, str]] | None:
        """Return everybody in a worksheet."""
        english = in_english(table.columns, table.rows)
        if not english:
            return None
        named = {english[name]: name for name in table.columns}
        return [
            (row.get(named.get(NAME, ""), ""), _number_in(row[named[IDENTIFIER]]))
            for row in table.rows
        ]

    def filled_in(
        self, records: Sequence[Record], sheet: Table | None, title: str
    ) -> tuple[list[list[str]], list[str]]:
        """Return what Moodle's "Upload grading worksheet" takes.

        Rows of students without a total stay as they are, including their comment. Moodle imports
        a comment even where the grade is empty, and replaces an existing comment by an empty one.
        Where comments go into its gradebook, a comment makes the grade newer than the worksheet,
        and Moodle then skips the worksheet's grades (process_import_grades in
        mod/assign/feedback/offline/locallib.php).
        """
        del title  # a worksheet is of one assignment
        by_identity = self.by_identity(records)
        said = []
        if sheet is None:
            called = columns = COLUMNS
            rows = [
                {IDENTIFIER: f"Participant {who}", NAME: record["name"], WHEN: "-"}
                for who, record in by_identity.items()
            ]
        else:
            called = columns = sheet.columns
            rows = sheet.rows
            if english := in_english(called, rows):
                columns = [english[name] for name in called]
                rows = [{english[name]: value for name, value in row.items()} for row in rows]
            lacking = {IDENTIFIER, GRADE, WHEN} - set(columns)
            if lacking:
                raise ClassroomError(f"{sheet.path} has no column {', '.join(sorted(lacking))}")
            if COMMENTS not in columns:
                said.append(f"The worksheet has no column {COMMENTS}; no comments are written.")
        lines = []
        scaled = set()
        for row in rows:
            record = by_identity.pop(_number_in(row[IDENTIFIER]), None)
            if record is not None:
                points, score = most(record), total(record)
                maximum = _maximum(row.get(MAXIMUM, ""), points)
                if score is not None and maximum != points:
                    scaled.add(
                        f"Moodle's maximum is {maximum:g}, ours {points:g}: grades were scaled."
                    )
                    score = round(score * maximum / points, 5)
                row = {**row, MAXIMUM: row.get(MAXIMUM) or number(points)}
                if score is not None:
                    row |= {GRADE: number(score), COMMENTS: comment(record)}
            lines.append([row.get(column, "") for column in columns])
        said += sorted(scaled)
        if by_identity:
            rest = ", ".join(record["student"] for record in by_identity.values())
            said.append(f"Not in the worksheet: {rest}.")
        return [called, *lines], said

    def feedback_name(self, record: Record, assignment: str) -> str | None:
        """Return a folder and a file: Moodle knows whose a file is by the folder's name."""
        if not record["identity"].isdigit():
            return None
        owner = f"{record['name']}_{record['identity']}_assignsubmission_file_"
        return f"{owner.replace('/', ' ')}/{assignment}.html"


PLATFORM = Moodle()


def comment(record: Record) -> str:
    """Return a record that has a total as the few lines of a platform's comment, in HTML.

    Moodle stores what it imports as HTML (set_editor_text in
    mod/assign/feedback/comments/locallib.php), so a newline would be a space, and what a student
    wrote between < and > a tag.
    """
    if record["notebook"] is None:
        lines = [f"{record['reason'][:1].upper()}{record['reason'][1:]}."]
    else:
        lines = [
            f"{title}: {row['score']:g} of {row['points']:g}. {said_of(row)}"
            for title, row in as_in_notebook(record)
        ]
        if off := record.get("off"):
            lines.append(f"It came late: {off:g} points off.")
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def _number_in(text: str) -> str:
    """Return the number at the end of "Participant 123", a word that Moodle translates."""
    said = text.rstrip()
    return said[len(said.rstrip("0123456789")) :]


def _maximum(text: str, points: float) -> float:
    try:
        return float(text.replace(",", ".")) or points
    except ValueError:
        return points


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
