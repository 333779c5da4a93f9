"""Tables of scores: one by exercise for the teacher, and one that Moodle or Canvas imports.

A platform gets a number only for students whose every answer was graded: an empty cell leaves the
grade that is there, and a zero that means "not graded" would be wrong.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from pathlib import Path

from classroom.files import ClassroomError, write
from classroom.moodle import in_english
from classroom.record import Record, as_in_notebook, most, said_of, status, total
from classroom.submissions import identity_of, read_table

# mod/assign/feedback/offline needs Identifier, Grade and Last modified (grade).
MOODLE_COLUMNS = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]
# Canvas asks for Student, ID and Section in this order, then columns named after assignments.
CANVAS_COLUMNS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def by_exercise(records: Sequence[Record], path: Path) -> None:
    """Write the teacher's table: for each exercise a score, a status and a reason.

    Raises
    ------
    ClassroomError
        The file cannot be written.
    """
    names = [row["name"] for row in records[0]["exercises"]] if records else []
    head = ["student", "name", "id", "late", "status", "reason", "score", "of"]
    for name in names:
        head += [name, f"{name} status", f"{name} reason"]
    rows = [[*head, "notes"]]
    for record in records:
        score = total(record)
        points = most(record)
        line = [record["student"], record["name"], record["identity"]]
        line += ["late" if record["late"] else "", status(record), record["reason"]]
        line += [_number(score), _number(points)]
        for row in record["exercises"]:
            # The recheck's reason stays in the table beside the person's points.
            said = [row["reason"], f"Before: {row['machine']}" if "machine" in row else ""]
            line += [_number(row["score"]), row["status"], " ".join(filter(None, said))]
        rows.append([*line, " ".join(record["notes"])])
    _write(path, rows)


def for_moodle(records: Sequence[Record], path: Path, worksheet: Path | None) -> list[str]:
    """Write what Moodle's "Upload grading worksheet" takes; return what the teacher should know.

    Rows of students without a total stay as they are, including their comment. Moodle imports a
    comment even where the grade is empty, and replaces an existing comment by an empty one. Where
    comments go into its gradebook, a comment makes the grade newer than the worksheet, and Moodle
    then skips the worksheet's grades (process_import_grades in
    mod/assign/feedback/offline/locallib.php).

    Parameters
    ----------
    records : sequence of dict
        Everybody.
    path : Path
        Where to.
    worksheet : Path or None
        The grading worksheet as downloaded: its rows and columns are kept and filled in.

    Raises
    ------
    ClassroomError
        The worksheet is another table, or nobody has a number of Moodle's.
    """
    by_identity = {record["identity"]: record for record in records if record["identity"]}
    if not by_identity:
        raise ClassroomError(
            "nobody has a number of Moodle's: collect from Moodle's own export, or with --roster"
        )
    said = []
    if worksheet is None:
        called = columns = MOODLE_COLUMNS
        table = [
            {"Identifier": f"Participant {number}", "Full name": record["name"]}
            | {"Last modified (grade)": "-"}
            for number, record in by_identity.items()
        ]
    else:
        called, table = read_table(worksheet)
        if english := in_english(called, table):
            columns = [english[name] for name in called]
            table = [{english[name]: value for name, value in row.items()} for row in table]
        else:
            columns = called
        lacking = {"Identifier", "Grade", "Last modified (grade)"} - set(columns)
        if lacking:
            raise ClassroomError(f"{worksheet} has no column {', '.join(sorted(lacking))}")
        if "Feedback comments" not in columns:
            said.append("The worksheet has no column Feedback comments; no comments are written.")
    lines = []
    scaled = set()
    for row in table:
        who = identity_of(row)
        record = by_identity.pop(who[1], None) if who else None
        if record is not None:
            points = most(record)
            score = total(record)
            maximum = _maximum(row.get("Maximum grade", ""), points)
            if score is not None and maximum != points:
                scaled.add(f"Moodle's maximum is {maximum:g}, ours {points:g}: grades were scaled.")
                score = round(score * maximum / points, 5)
            row = {**row, "Maximum grade": row.get("Maximum grade") or _number(points)}
            if score is not None:
                row |= {"Grade": _number(score), "Feedback comments": comment(record)}
        lines.append([row.get(column, "") for column in columns])
    said += sorted(scaled)
    if by_identity:
        rest = ", ".join(record["student"] for record in by_identity.values())
        said.append(f"Not in the worksheet: {rest}.")
    _write(path, [called, *lines])
    return said


def _maximum(text: str, points: float) -> float:
    try:
        return float(text.replace(",", ".")) or points
    except ValueError:
        return points


def for_canvas(
    records: Sequence[Record],
    path: Path,
    assignment: str,
    gradebook: Path | None,
) -> list[str]:
    """Write what Canvas' gradebook imports; return what the teacher should know.

    Parameters
    ----------
    records : sequence of dict
        Everybody.
    path : Path
        Where to.
    assignment : str
        The name of the column, or of one with Canvas' number behind it: ``momentum (123)``.
    gradebook : Path or None
        The gradebook as Canvas exported it, for its numbers, sections and the column's name.

    Raises
    ------
    ClassroomError
        The gradebook is another table, or lacks the assignment.
    """
    by_identity = {record["identity"]: record for record in records if record["identity"]}
    if not any(number.isdigit() for number in by_identity):
        raise ClassroomError(
            "nobody has a number of Canvas': collect from Canvas' own export, or with --roster"
        )
    said = []
    column, columns = assignment, CANVAS_COLUMNS
    if gradebook is None:
        table = [
            {"Student": record["name"], "ID": number}
            for number, record in by_identity.items()
            if number.isdigit()
        ]
        hidden = len(by_identity) - len(table)
        if hidden:
            said.append(f"{hidden} anonymous submissions have no number and are left out.")
    else:
        found, table = read_table(gradebook)
        if not {"Student", "ID", "Section"} <= set(found):
            raise ClassroomError(f"{gradebook} has no columns Student, ID and Section")
        columns = found[: found.index("Section") + 1]
        titles = [title for title in found if _plain_title(title) == _plain_title(assignment)]
        if len(titles) != 1:
            raise ClassroomError(
                f"{gradebook} has {len(titles)} columns named {assignment}; expected 1: give the "
                f"title that Canvas shows with --title"
            )
        column = titles[0]
    points = most(records[0])
    lines = [["    Points Possible", *[""] * (len(columns) - 1), _number(points)]]
    for row in table:
        who = identity_of(row)
        if who is None:
            continue
        record = by_identity.pop(who[1], None)
        score = None if record is None else total(record)
        # An empty cell would take away a grade that is there already.
        kept = row.get(column, "") if score is None else _number(score)
        lines.append([*(row.get(name, "") for name in columns), kept])
    if gradebook is not None and by_identity:
        rest = ", ".join(record["student"] for record in by_identity.values())
        said.append(f"Not in Canvas' gradebook: {rest}.")
    _write(path, [[*columns, column], *lines])
    return said


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


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _cell(value: str) -> str:
    """Return a text that no spreadsheet reads as a formula, as students choose some texts."""
    text = str(value)
    is_formula = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text)
    return f"'{text}" if is_formula else text


def _is_number(text: str) -> bool:
    """Whether a text is a number as tables have them, or the dash of none."""
    digits, e, exponent = text.removeprefix("-").removeprefix("+").partition("e")
    fine = bool(digits) and set(digits) <= set("0123456789.,")
    return text == "-" or (fine and (not e or exponent.lstrip("+-").isdecimal()))


def _plain_title(title: str) -> str:
    """Return a title without Canvas' number, and without capitals or underscores."""
    name, _, number = title.rpartition(" (")
    if number.endswith(")") and number[:-1].isdecimal():
        title = name
    return title.casefold().replace("_", " ")


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    if path.is_dir():
        raise ClassroomError(f"{path} is a folder; expected the name of a file")
    write(path, text.getvalue().encode("utf-8", "replace"))
