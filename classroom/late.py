"""Points that late work loses, by a rule of the teacher's: so much for each day begun.

Platforms say that work came late, and few say in a form that one can read how late; times of files
can be set by whoever has them. So the days come from a table of the teacher's. Who is late and not
in it has no total until they are: an extension is a row with 0 days.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classroom.files import ClassroomError
from classroom.record import Record, points_of
from classroom.tables import read_table


@dataclass(frozen=True)
class Rule:
    """What a day costs.

    Parameters
    ----------
    per_day, most : float
        Per cent of the points that the work has, in [0, 100]: for each day begun, and in all.

    Raises
    ------
    ClassroomError
        One is out of range.
    """

    per_day: float
    most: float = 100.0

    def __post_init__(self) -> None:
        for name, value in (("--late-per-day", self.per_day), ("--late-most", self.most)):
            if not 0 <= value <= 100:
                raise ClassroomError(f"{name} must be a number from 0 to 100, got {value:g}")

    def part(self, days: float) -> float:
        """Return the part of the points that work of so many days loses.

        >>> Rule(10, 50).part(1.2), Rule(10, 50).part(9), Rule(10).part(0)
        (0.2, 0.5, 0.0)
        """
        return min(self.per_day * math.ceil(days), self.most) / 100


def days_late(path: Path, assignment: str) -> dict[str, float]:
    """Return how many days late who is: student's name for files or number -> days.

    Parameters
    ----------
    path : Path
        A CSV with the columns ``student`` and ``days``; a column ``assignment`` may say of which.
    assignment : str
        Rows of other assignments are left out.

    Raises
    ------
    ClassroomError
        It is no such table, or days are no number >= 0.
    """
    table = read_table(path)
    if not {"student", "days"} <= set(table.columns):
        raise ClassroomError(f"{path} must have the columns student and days")
    found = {}
    for row in table.rows:
        if row.get("assignment", "") not in ("", assignment):
            continue
        try:
            days = float(row["days"].replace(",", "."))
        except ValueError:
            days = math.nan
        if not 0 <= days < math.inf:
            raise ClassroomError(
                f"{path}: days of {row['student']} must be a number >= 0, got {row['days']!r}"
            )
        found[row["student"].strip()] = days
    return found


def with_late(
    records: Sequence[Record], rule: Rule, days: Mapping[str, float]
) -> tuple[list[Record], list[str]]:
    """Return the records with what lateness takes off, and who is late by nobody knows how much.

    Parameters
    ----------
    records : sequence of Record
        Everybody's; they stay as they are.
    rule : Rule
        What a day costs.
    days : mapping
        As `days_late` returns it.

    Raises
    ------
    ClassroomError
        A row of the table is of nobody here.
    """
    known = {record["student"] for record in records}
    known |= {record["identity"] for record in records if record.get("identity")}
    if strangers := sorted(set(days) - known):
        raise ClassroomError(
            f"nobody here is {', '.join(strangers)}: give names as in exercises.csv, or numbers"
        )
    found: list[Record] = []
    unknown = []
    for record in records:
        late = days.get(record["student"], days.get(record.get("identity", ""), None))
        if late is None and record.get("late"):
            unknown.append(record["student"])
            found.append({**record, "off": None})
        elif late:
            off = round(rule.part(late) * points_of(record), 5)
            said = f"{math.ceil(late)} day{'s' if late > 1 else ''} late: {off:g} points off."
            found.append({**record, "off": off, "notes": [*record["notes"], said]})
        else:
            found.append(record)
    return found, unknown
