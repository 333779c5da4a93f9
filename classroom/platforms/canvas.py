"""Canvas: files of an export, and its gradebook as a CSV.

Canvas never translates the names of columns, and looks for them in English when it takes the table
back (lib/gradebook_exporter.rb and lib/gradebook_importer.rb). What hangs on a user's language are
the separator, a semicolon where numbers have a decimal comma, and those numbers; and a course may
show last and first names in two columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from classroom.files import ClassroomError
from classroom.platforms import Platform, Upload
from classroom.record import Record, most, total
from classroom.tables import Table, number

# Canvas asks for Student, ID and Section in this order, then columns named after assignments.
COLUMNS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
NAME, IN_TWO = ("Student",), ("LastName", "FirstName")
TEST_STUDENT = "Student, Test"
POINTS_POSSIBLE = "    Points Possible"
# A number of Canvas' has at most so many digits.
DIGITS = 18


class Canvas(Platform):
    """Canvas by Instructure."""

    name = "canvas"
    title = "Canvas"
    sheet = "gradebook"
    sheet_title = "Canvas' exported gradebook"

    def owner(self, top: str) -> Upload | None:
        """Return whose a file is, whether it is late, its number and its name, or None.

        See lib/content_zipper.rb.

        >>> found = PLATFORM.owner("lovelaceada_LATE_123_4567_momentum-1.ipynb")
        >>> found.name, found.identity, found.late, found.number, found.file
        ('lovelaceada', '123', True, 4567, 'momentum-1.ipynb')
        """
        words = top.split("_")
        for at in range(1, len(words) - 2):
            behind = at + (2 if words[at] == "anon" else 1)
            identity, upload = "_".join(words[at:behind]), "".join(words[behind : behind + 1])
            if words[at] != "anon" and not identity.isdecimal():
                continue
            if not upload.isdecimal() or len(upload) > DIGITS:
                continue
            late = at > 1 and words[at - 1] == "LATE"
            name = "_".join(words[: at - late])
            file = "_".join(words[behind + 1 :])
            if name and file:
                return Upload(name, identity, file, late, int(upload), top)
        return None

    def people(self, table: Table) -> list[tuple[str, str]] | None:
        """Return everybody in a gradebook, without Canvas' own test student."""
        if _names(table.columns) is None or "ID" not in table.columns:
            return None
        found = [(_name(row), row["ID"].strip()) for row in table.rows if _is_student(row)]
        return [who for who in found if who[0] != TEST_STUDENT]

    def filled_in(
        self, records: Sequence[Record], sheet: Table | None, title: str
    ) -> tuple[list[list[str]], list[str]]:
        """Return what Canvas' gradebook imports.

        ``title`` is the name of the column, or of one with Canvas' number behind it, as in
        ``momentum (123)``. The separator is a comma, which Canvas finds out by itself.
        """
        by_identity = self.by_identity(records)
        said = []
        column, columns = title, COLUMNS
        if sheet is None:
            rows = [
                {"Student": record["name"], "ID": who}
                for who, record in by_identity.items()
                if who.isdigit()
            ]
            if hidden := len(by_identity) - len(rows):
                said.append(f"{hidden} anonymous submissions have no number and are left out.")
        else:
            column, columns, rows = _column(sheet, title), _columns(sheet), sheet.rows
        lines = [[POINTS_POSSIBLE, *[""] * (len(columns) - 1), number(most(records[0]))]]
        for row in rows:
            if not _is_student(row):
                continue
            record = by_identity.pop(row["ID"].strip(), None)
            score = None if record is None else total(record)
            # An empty cell would take away a grade that is there already.
            kept = row.get(column, "") if score is None else number(score)
            lines.append([*(row.get(name, "") for name in columns), kept])
        if sheet is not None and by_identity:
            rest = ", ".join(record["student"] for record in by_identity.values())
            said.append(f"Not in Canvas' gradebook: {rest}.")
        return [[*columns, column], *lines], said

    def feedback_name(self, record: Record, assignment: str) -> str | None:
        """Return the upload's own name: Canvas finds student and file by the numbers in it.

        These are the first two between the "_" of a name (infer_comment_context_from_filename in
        app/models/assignment.rb).
        """
        del assignment  # it is in the upload's name already
        upload = record.get("upload", "")
        return f"{upload}.html" if upload else None


PLATFORM = Canvas()


def _names(columns: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns that hold a name; None in a table that is none of Canvas'."""
    return next((names for names in (NAME, IN_TWO) if set(names) <= set(columns)), None)


def _name(row: Mapping[str, str]) -> str:
    """Return a name as Canvas sorts it: the last one first.

    >>> _name({"LastName": "Lovelace", "FirstName": "Ada"})
    'Lovelace, Ada'
    """
    return ", ".join(row[part] for part in _names(list(row)) or ())


def _is_student(row: Mapping[str, str]) -> bool:
    first = next(iter(_names(list(row)) or ("",)))
    return bool(row["ID"].strip()) and "Points Possible" not in row.get(first, "")


def _columns(sheet: Table) -> list[str]:
    if _names(sheet.columns) is None or not {"ID", "Section"} <= set(sheet.columns):
        raise ClassroomError(f"{sheet.path} has no columns Student, ID and Section")
    return sheet.columns[: sheet.columns.index("Section") + 1]


def _column(sheet: Table, title: str) -> str:
    titles = [name for name in sheet.columns if _plain(name) == _plain(title)]
    if len(titles) == 1:
        return titles[0]
    _columns(sheet)  # of a table that is none of Canvas', this is not the first thing to say
    raise ClassroomError(
        f"{sheet.path} has {len(titles)} columns named {title}; expected 1: give the title that "
        f"Canvas shows with --title"
    )


def _plain(title: str) -> str:
    """Return a title without Canvas' number, and without capitals or underscores."""
    name, _, digits = title.rpartition(" (")
    if digits.endswith(")") and digits[:-1].isdecimal():
        title = name
    return title.casefold().replace("_", " ")
