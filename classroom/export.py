"""Tables of scores: one by exercise for the teacher, and one that a platform imports.

A platform gets a number only for students whose every answer was graded: an empty cell leaves the
grade that is there, and a zero that means "not graded" would be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classroom.platforms import Platform
from classroom.record import Record, asked_in, most, status, total
from classroom.tables import number, read_table, write_table


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
        line += [number(score), number(points)]
        for row in record["exercises"]:
            # The recheck's reason stays in the table beside the person's points.
            said = [
                row["reason"],
                asked_in(row),
                f"Before: {row['machine']}" if "machine" in row else "",
            ]
            line += [number(row["score"]), row["status"], " ".join(filter(None, said))]
        rows.append([*line, " ".join(record["notes"])])
    write_table(path, rows)


def for_platform(
    platform: Platform, records: Sequence[Record], path: Path, sheet: Path | None, title: str
) -> list[str]:
    """Write the table that a platform imports; return what the teacher should know.

    Parameters
    ----------
    platform : Platform
        Of `classroom.platforms`.
    records : sequence of Record
        Everybody's.
    path : Path
        Where to.
    sheet : Path or None
        The platform's own table, to be filled in: its rows and columns are kept.
    title : str
        The assignment's, as the platform shows it.

    Raises
    ------
    ClassroomError
        The sheet is another table, or nobody has a number of this platform's.
    """
    table = None if sheet is None else read_table(sheet)
    rows, said = platform.filled_in(records, table, title)
    write_table(path, rows)
    return said
