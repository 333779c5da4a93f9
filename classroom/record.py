"""What is known of one submission: a row for each answer, and questions that several rooms ask.

A record is plain data. `classroom.recheck` makes it, `classroom.ledger` keeps it as JSON, people
add their points (`classroom.gradebook`, `classroom.marks`), and pages and tables show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from classroom.intake import Notebook, titles

RIGHT, WRONG, ERROR, MISSING, NOT_GRADED = "right", "wrong", "error", "no answer", "NOT GRADED"
PARTLY = "right in part"
MANUAL = "to be read"
BY_HAND = "graded by hand"
ZERO = "counted as 0"
OPEN = (NOT_GRADED, MANUAL)
# The reason and the status of those who handed in nothing.
ABSENT = "nothing was handed in"
HANDED_IN_NOTHING = "absent"
WORDS = {
    RIGHT: "Right.",
    MISSING: "There is no answer.",
    NOT_GRADED: "This could not be graded yet; your teacher knows of it.",
    MANUAL: "Your teacher reads this answer.",
    BY_HAND: "Graded by your teacher.",
    ZERO: "Counted as 0.",
}


class Row(TypedDict):
    """One answer.

    ``name`` and ``points`` are the exercise's; ``score`` is None while the answer is open;
    ``reason`` is a sentence or more, and may be empty. ``machine`` is there once people gave
    points: the status and the reason of before. ``asked_of`` is the number that the student gave,
    where everybody is asked with numbers of their own.
    """

    name: str
    points: float
    score: float | None
    status: str
    reason: str
    machine: NotRequired[str]
    asked_of: NotRequired[str]


class Record(TypedDict):
    """One submission.

    ``student`` is a name for files. ``notebook`` is our release with the student's answers, or None
    where nothing could be graded. ``name``, ``identity``, ``late``, ``platform`` and ``upload`` are
    what `classroom.submissions` knows. ``off`` are the points that lateness takes, None while it is
    not known how late it was. ``key`` is of the ledger, and ``again`` asks for another try.
    """

    student: str
    status: str
    reason: str
    notes: list[str]
    exercises: list[Row]
    notebook: Notebook | None
    name: NotRequired[str]
    identity: NotRequired[str]
    late: NotRequired[bool]
    upload: NotRequired[str]
    platform: NotRequired[str]
    off: NotRequired[float | None]
    key: NotRequired[str]
    again: NotRequired[bool]


def is_absent(record: Record) -> bool:
    """Whether nothing at all was handed in."""
    return record["notebook"] is None and record["reason"] == ABSENT


def with_zeros(
    records: Sequence[Record], *, open_as_zero: bool = False, absent_as_zero: bool = False
) -> list[Record]:
    """Return the records with 0 points for the answers that the teacher counts as 0.

    Parameters
    ----------
    records : sequence of Record
        With the points that people gave; they are not changed.
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


def _zero(row: Row) -> Row:
    # "Somebody reads this answer" would not explain a 0.
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


def stopped(rows: Sequence[Row]) -> str:
    """Return in words which answers of a record were not graded, or ""."""
    names = [row["name"] for row in rows if row["status"] == NOT_GRADED]
    return f"not graded: {', '.join(names)}" if names else ""


def most(record: Record) -> float:
    """Return the points that a record could have."""
    return float(sum(row["points"] for row in record["exercises"]))


def points_of(record: Record) -> float:
    """Return the points that a record's answers have so far."""
    return float(sum(row["score"] or 0.0 for row in record["exercises"]))


def total(record: Record) -> float | None:
    """Return a record's points without what lateness takes off; None while something is open."""
    off = record.get("off", 0.0)
    if off is None or any(row["status"] in OPEN for row in record["exercises"]):
        return None
    return points_of(record) - off


def so_far(record: Record) -> str:
    """Return in words how many points there are, and how many are still open."""
    rows = record["exercises"]
    closed = [row for row in rows if row["status"] not in OPEN]
    got = sum(row["score"] or 0.0 for row in closed)
    said = f"{got:g} of {sum(row['points'] for row in closed):g} points" if closed else "no points"
    for kind, words in ((MANUAL, "still to be read"), (NOT_GRADED, "not graded yet")):
        if points := sum(row["points"] for row in rows if row["status"] == kind):
            said += f"{'' if ';' in said else ' so far'}; {points:g} {words}"
    if off := record.get("off"):
        said += f"; {off:g} off, as it came late"
    return said + "."


def as_in_notebook(record: Record) -> list[tuple[str, Row]]:
    """Return a record's rows in the notebook's order, each with its title there."""
    called = titles(record["notebook"] or {"cells": []})
    rows = {row["name"]: row for row in record["exercises"]}
    return [(title, rows[name]) for name, title in called.items() if name in rows]


def said_of(row: Row) -> str:
    """Return what a student is told about one answer besides its points; it is never empty."""
    reason = "" if row["status"] in (MISSING, MANUAL) else str(row["reason"])
    return " ".join(filter(None, [WORDS.get(row["status"], ""), reason, asked_in(row)]))


def asked_in(row: Row) -> str:
    """Return in words with whose numbers an answer was asked, or ""."""
    of = row.get("asked_of", "")
    return f"Asked with the numbers of student {of}." if of else ""


def of_one_number(records: Sequence[Record]) -> list[tuple[str, str, list[str]]]:
    """Return (number, answer, students) where several students were asked with one number's."""
    who: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for row in record["exercises"]:
            if of := row.get("asked_of"):
                who.setdefault((of, row["name"]), []).append(record["student"])
    return [(*place, students) for place, students in sorted(who.items()) if len(students) > 1]


def status(record: Record) -> str:
    """Return the status of a whole record, in a word or two."""
    states = {row["status"] for row in record["exercises"]}
    if is_absent(record):
        return HANDED_IN_NOTHING
    if NOT_GRADED in states:
        return NOT_GRADED
    return MANUAL if MANUAL in states else "graded"
