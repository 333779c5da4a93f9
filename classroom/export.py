"""Tables of scores: one by exercise for the teacher, and one that Moodle or Canvas imports.

A platform gets a number only for those of whom everything was graded: an empty cell leaves what
is there, and a zero that means "not graded" would be a wrong mark.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classroom.files import ClassroomError, write
from classroom.gradebook import BY_HAND
from classroom.intake import titles
from classroom.recheck import MANUAL, MISSING, NOT_GRADED, RIGHT
from classroom.submissions import ABSENT, identity_of, read_table

Record = dict[str, Any]
OPEN = (NOT_GRADED, MANUAL)
HANDED_IN_NOTHING = "absent"
ZERO = "counted as 0"
WORDS = {
    RIGHT: "Right.",
    MISSING: "There is no answer.",
    NOT_GRADED: "This could not be graded yet; your teacher knows of it.",
    MANUAL: "Your teacher reads this answer.",
    BY_HAND: "Graded by your teacher.",
    ZERO: "Counted as 0.",
}

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


def is_absent(record: Record) -> bool:
    """Whether nothing at all was handed in."""
    return record["notebook"] is None and record["reason"] == ABSENT


def with_zeros(
    records: Sequence[Record], *, open_as_zero: bool = False, absent_as_zero: bool = False
) -> list[Record]:
    """Return the records with 0 points for what the teacher counts so.

    Parameters
    ----------
    records : sequence of dict
        As `classroom.gradebook.read` returns them; they are not changed.
    open_as_zero : bool
        Count whatever was not graded, or not yet read, as 0.
    absent_as_zero : bool
        Count all of those who handed in nothing as 0.
    """
    found = []
    for record in records:
        if open_as_zero or (absent_as_zero and is_absent(record)):
            rows = [_zero(row) if row["status"] in OPEN else row for row in record["exercises"]]
            record = {**record, "exercises": rows}
        found.append(record)
    return found


def _zero(row: dict[str, Any]) -> dict[str, Any]:
    # That somebody reads it would be no reason for a 0.
    reason = "" if row["status"] == MANUAL else row["reason"]
    return {**row, "score": 0.0, "status": ZERO, "reason": reason}


def still_open(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """Return what has no points yet: kind -> student -> how many answers.

    The kinds are ``"to be read"``, ``"NOT GRADED"`` and ``"absent"``.
    """
    found: dict[str, dict[str, int]] = {MANUAL: {}, NOT_GRADED: {}, HANDED_IN_NOTHING: {}}
    for record in records:
        for kind in (row["status"] for row in record["exercises"] if row["status"] in OPEN):
            of = found[HANDED_IN_NOTHING if is_absent(record) else kind]
            of[record["student"]] = of.get(record["student"], 0) + 1
    return found


def total(record: Record) -> float | None:
    """Return the sum of a record's points; None while something is open.

    Parameters
    ----------
    record : dict
        As `classroom.grade.records` returns it.
    """
    rows = record["exercises"]
    if any(row["status"] in OPEN for row in rows):
        return None
    return float(sum(row["score"] for row in rows))


def so_far(record: Record) -> str:
    """Return in words how many points there are, and how many are still open."""
    rows = record["exercises"]
    closed = [row for row in rows if row["status"] not in OPEN]
    got = sum(row["score"] for row in closed)
    most = sum(row["points"] for row in closed)
    said = f"{got:g} of {most:g} points" if closed else "no points"
    for kind, words in ((MANUAL, "still to be read"), (NOT_GRADED, "not graded yet")):
        if points := sum(row["points"] for row in rows if row["status"] == kind):
            said += f"{'' if ';' in said else ' so far'}; {points:g} {words}"
    return said + "."


def as_in_notebook(record: Record) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of a record in the notebook's order, each with what that calls it."""
    called = titles(record["notebook"])
    rows = {row["name"]: row for row in record["exercises"]}
    return [(title, rows[name]) for name, title in called.items() if name in rows]


def said_of(row: dict[str, Any]) -> str:
    """Return what a student is told of one answer, besides its points; never nothing."""
    reason = "" if row["status"] in (MISSING, MANUAL) else str(row["reason"])
    return " ".join(filter(None, [WORDS.get(row["status"], ""), reason]))


def status(record: Record) -> str:
    """Return one word or two for the whole of a record."""
    states = {row["status"] for row in record["exercises"]}
    if is_absent(record):
        return HANDED_IN_NOTHING
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


def for_moodle(records: Sequence[Record], path: Path, worksheet: Path | None) -> list[str]:
    """Write what Moodle's "Upload grading worksheet" takes; return what the teacher should know.

    Rows of students without a total stay as they are, their comment too. Moodle takes a comment
    also where the grade is empty, and takes an empty one for one that was there; and where comments
    go into its gradebook, a comment makes the grade newer than the worksheet, whose grades it then
    skips (process_import_grades in mod/assign/feedback/offline/locallib.php).

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
            score = total(record)
            most = _most(row.get("Maximum grade", ""), points)
            if score is not None and most != points:
                scaled.add(f"Moodle's maximum is {most:g}, ours {points:g}: grades were scaled.")
                score = round(score * most / points, 5)
            row = {**row, "Maximum grade": row.get("Maximum grade") or _number(points)}
            if score is not None:
                row |= {"Grade": _number(score), "Feedback comments": comment(record)}
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
    points = sum(row["points"] for row in records[0]["exercises"])
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
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _cell(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula: students choose some of them."""
    text = str(value)
    is_formula = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text)
    return f"'{text}" if is_formula else text


def _is_number(text: str) -> bool:
    """Whether a text is a number as tables have them, or the dash of none."""
    digits, e, exponent = text.removeprefix("-").removeprefix("+").partition("e")
    fine = bool(digits) and set(digits) <= set("0123456789.,")
    return text == "-" or (fine and (not e or exponent.lstrip("+-").isdecimal()))


def _plain_title(title: str) -> str:
    """Return a title without its number in Canvas, and without what Canvas' teachers change."""
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
