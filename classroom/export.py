"""Tables of scores: one by exercise for the teacher, and one that Moodle or Canvas imports.

A platform gets a number only for those of whom everything was graded: an empty cell leaves what
is there, and a zero that means "not graded" would be a wrong mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classroom.files import ClassroomError, write
from classroom.recheck import MANUAL, NOT_GRADED
from classroom.submissions import identity_of, read_table

Record = dict[str, Any]
OPEN = (NOT_GRADED, MANUAL)

# What mod/assign/feedback/offline needs are Identifier, Grade and Last modified (grade).
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


def total(record: Record, *, open_as_zero: bool = False) -> float | None:
    """Return the sum of a record's points; None while something is open.

    Parameters
    ----------
    record : dict
        As `classroom.grade.records` returns it.
    open_as_zero : bool
        Count what was not graded, or not yet read, as 0.
    """
    rows = record["exercises"]
    if not open_as_zero and any(row["status"] in OPEN for row in rows):
        return None
    return float(sum(row["score"] or 0.0 for row in rows))


def status(record: Record) -> str:
    """Return one word or two for the whole of a record."""
    states = {row["status"] for row in record["exercises"]}
    if NOT_GRADED in states:
        return NOT_GRADED
    return MANUAL if MANUAL in states else "graded"


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
        points = sum(row["points"] for row in record["exercises"])
        line = [record["student"], record["name"], record["identity"]]
        line += ["late" if record["late"] else "", status(record), record["reason"]]
        line += [_number(score), _number(points)]
        for row in record["exercises"]:
            # What the recheck had said stays in the table beside what a person gave.
            said = [row["reason"], f"Before: {row['machine']}" if "machine" in row else ""]
            line += [_number(row["score"]), row["status"], " ".join(filter(None, said))]
        rows.append([*line, " ".join(record["notes"])])
    _write(path, rows)


def for_moodle(
    records: Sequence[Record], path: Path, worksheet: Path | None, *, open_as_zero: bool = False
) -> list[str]:
    """Write what Moodle's "Upload grading worksheet" takes; return what the teacher should know.

    Parameters
    ----------
    records : sequence of dict
        Everybody.
    path : Path
        Where to.
    worksheet : Path or None
        The grading worksheet as downloaded: its rows and columns are kept and filled in.
    open_as_zero : bool
        As in `total`.

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
        columns = MOODLE_COLUMNS
        table = [
            {"Identifier": f"Participant {number}", "Full name": record["name"]}
            | {"Last modified (grade)": "-"}
            for number, record in by_identity.items()
        ]
    else:
        columns, table = read_table(worksheet)
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
            points = sum(part["points"] for part in record["exercises"])
            score = total(record, open_as_zero=open_as_zero)
            most = _most(row.get("Maximum grade", ""), points)
            if score is not None and most != points:
                scaled.add(f"Moodle's maximum is {most:g}, ours {points:g}: grades were scaled.")
                score = round(score * most / points, 5)
            row = {**row, "Maximum grade": row.get("Maximum grade") or _number(points)}
            row["Grade"] = row.get("Grade", "") if score is None else _number(score)
            row["Feedback comments"] = comment(record)
        lines.append([row.get(column, "") for column in columns])
    said += sorted(scaled)
    if by_identity:
        rest = ", ".join(record["student"] for record in by_identity.values())
        said.append(f"Not in the worksheet: {rest}.")
    _write(path, [columns, *lines])
    return said


def _most(text: str, points: float) -> float:
    try:
        return float(text.replace(",", ".")) or points
    except ValueError:
        return points


def for_canvas(
    records: Sequence[Record],
    path: Path,
    assignment: str,
    gradebook: Path | None,
    *,
    open_as_zero: bool = False,
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
    open_as_zero : bool
        As in `total`.

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
        word = re.escape(assignment).replace("_", "[ _]")
        titles = [title for title in found if re.fullmatch(rf"{word}(?: \(\d+\))?", title, re.I)]
        if len(titles) != 1:
            raise ClassroomError(
                f"{gradebook} has {len(titles)} columns named {assignment}; expected 1: give the "
                f"title that Canvas shows with --title"
            )
        column = titles[0]
    points = sum(row["points"] for row in records[0]["exercises"])
    lines = [["    Points Possible", *[""] * (len(columns) - 1), _number(points)]]
    for row in table:
        who = identity_of(row)
        if who is None:
            continue
        record = by_identity.pop(who[1], None)
        score = None if record is None else total(record, open_as_zero=open_as_zero)
        # An empty cell would take away a grade that is there already.
        kept = row.get(column, "") if score is None else _number(score)
        lines.append([*(row.get(name, "") for name in columns), kept])
    if gradebook is not None and by_identity:
        rest = ", ".join(record["student"] for record in by_identity.values())
        said.append(f"Not in Canvas' gradebook: {rest}.")
    _write(path, [[*columns, column], *lines])
    return said


def comment(record: Record) -> str:
    """Return a record as the few lines that fit into a platform's comment."""
    lines = []
    for row in record["exercises"]:
        score = "not graded" if row["score"] is None else f"{row['score']:g}"
        lines.append(f"{row['name']}: {score} of {row['points']:g}. {row['reason']}".strip())
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _cell(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula: students choose some of them."""
    text = str(value)
    is_number = re.fullmatch(r"[-+]?[\d.,]+(?:e[-+]?\d+)?|-", text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number else text


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    if path.is_dir():
        raise ClassroomError(f"{path} is a folder; expected the name of a file")
    write(path, text.getvalue().encode("utf-8", "replace"))
