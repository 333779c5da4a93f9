"""Points that people give on the reading page: one file for each reader, whole at any moment.

The file is written anew, in one move, with each mark, so whatever is killed, and when, what was
given is there. Nothing is taken out of it either: what was undone stays, and says so. A second
reader has a second file, so theirs may come from another machine: put it beside the first.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, cast

from classroom.files import ClassroomError, read_json, write_json
from classroom.intake import grade_id, text_of
from classroom.record import BY_HAND, MANUAL, Record, Row, stopped

LONGEST_COMMENT = 5000
# Points given in nbgrader's formgrader count as those of a reader of this name.
FORMGRADER = "formgrader"


class Mark(TypedDict):
    """What a reader says of one answer; the last that was not undone counts.

    ``points`` is None where there is only a comment. ``answer`` is the fingerprint of what was
    read, ``at`` the time, and ``settles`` says that it has the last word where readers differ.
    """

    student: str
    question: str
    points: float | None
    comment: str
    answer: str
    at: str
    settles: bool
    undone: bool


Place = tuple[str, str]  # student, question


def folder_of(into: Path, assignment: str) -> Path:
    """Return where a class' marks of an assignment are."""
    return into / "marks" / assignment


def reader_named(name: str) -> str:
    """Return a reader's name as it is used for a file.

    Raises
    ------
    ClassroomError
        It could not be a file's, or is formgrader's.
    """
    safe = name.replace(" ", "_")
    fine = safe and len(safe) <= 60 and all(letter.isalnum() or letter in "_-" for letter in safe)
    if not fine or safe.casefold() == FORMGRADER:
        raise ClassroomError(
            f"--reader must be up to 60 letters, digits, blanks, - and _, and not {FORMGRADER}; "
            f"got {name!r}"
        )
    return safe


class Marks:
    """The marks of one reader.

    Parameters
    ----------
    into : Path
        The class' folder.
    assignment, reader : str
        Whose marks of what.

    Raises
    ------
    ClassroomError
        The file is damaged.
    """

    def __init__(self, into: Path, assignment: str, reader: str) -> None:
        self.reader = reader
        self.path = folder_of(into, assignment) / f"{reader}.json"
        self.marks = _read(self.path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from writing to the same file.

        Raises
        ------
        ClassroomError
            Somebody does, or the folder cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.with_suffix(".lock").open("w")
        except OSError as error:
            raise ClassroomError(
                f"{self.path.parent} cannot be written: {error.strerror}"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ClassroomError(
                    f"{self.reader} is reading this assignment already; another reader needs a "
                    f"name of their own: --reader NAME"
                ) from None
            # Another page may have written between the reading above and the lock.
            self.marks = _read(self.path)
            yield

    def now(self) -> dict[Place, Mark]:
        """Return what counts: for each answer the last mark that was not undone."""
        return _now(self.marks)

    def give(
        self,
        place: Place,
        points: float | None,
        comment: str,
        answer: str,
        *,
        settles: bool = False,
    ) -> Mark:
        """Keep a mark, and return it once it is on disk.

        Raises
        ------
        ClassroomError
            It could not be written; then it does not count.
        """
        student, question = place
        mark: Mark = {
            "student": student, "question": question, "points": points,
            "comment": comment[:LONGEST_COMMENT], "answer": answer,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "settles": settles, "undone": False,
        }  # fmt: skip
        self._keep([*self.marks, mark])
        return mark

    def undo(self) -> Mark | None:
        """Undo the last mark that was not undone yet, and return it; None where there is none."""
        for at in range(len(self.marks) - 1, -1, -1):
            mark = self.marks[at]
            if not mark["undone"]:
                self._keep([*self.marks[:at], {**mark, "undone": True}, *self.marks[at + 1 :]])
                return mark
        return None

    def _keep(self, marks: list[Mark]) -> None:
        write_json(self.path, {"reader": self.reader, "marks": marks})
        self.marks = marks


def _read(path: Path) -> list[Mark]:
    content = read_json(path)
    if content is None and not path.exists():
        return []
    marks = content.get("marks") if isinstance(content, dict) else None
    if not isinstance(marks, list) or not all(_is_mark(mark) for mark in marks):
        raise ClassroomError(f"{path} is damaged; restore it from a copy, or move it away")
    return cast("list[Mark]", marks)


def _is_mark(mark: object) -> bool:
    return isinstance(mark, dict) and mark.keys() >= Mark.__annotations__.keys()


def _now(marks: Sequence[Mark]) -> dict[Place, Mark]:
    return {(mark["student"], mark["question"]): mark for mark in marks if not mark["undone"]}


def everybodys(into: Path, assignment: str) -> dict[str, dict[Place, Mark]]:
    """Return what each reader says: reader -> answer -> mark.

    Raises
    ------
    ClassroomError
        A file is damaged.
    """
    paths = sorted(folder_of(into, assignment).glob("*.json"))
    return {path.stem: _now(_read(path)) for path in paths}


def fingerprint_of(record: Record, name: str) -> str:
    """Return what tells one version of an answer from another: its text and its pictures."""
    for cell in (record["notebook"] or {"cells": []})["cells"]:
        if grade_id(cell) == name:
            text = f"{text_of(cell)}\0{sorted(cell.get('attachments', {}).items())!r}"
            return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    return ""


def opinions(record: Record, row: Row, readers: dict[str, dict[Place, Mark]]) -> dict[str, Mark]:
    """Return who gave points for an answer: reader -> mark. Formgrader may be among them."""
    place = record["student"], row["name"]
    found = {reader: marks[place] for reader, marks in readers.items() if place in marks}
    if row["status"] == BY_HAND:
        found[FORMGRADER] = {
            "student": place[0], "question": place[1], "points": row["score"],
            "comment": row["reason"], "answer": fingerprint_of(record, place[1]), "at": "",
            "settles": False, "undone": False,
        }  # fmt: skip
    return {reader: mark for reader, mark in found.items() if mark["points"] is not None}


def agreed(given: dict[str, Mark]) -> list[Mark] | None:
    """Return the marks that count, which have the same points; None where readers differ.

    Somebody who settles has the last word, the last of them if there are several.
    """
    settling = [mark for mark in given.values() if mark["settles"]]
    if settling:
        return [max(settling, key=lambda mark: mark["at"])]
    if len({mark["points"] for mark in given.values()}) > 1:
        return None
    return list(given.values())


def with_marks(records: Sequence[Record], readers: dict[str, dict[Place, Mark]]) -> list[Record]:
    """Return the records with the points and comments that people gave.

    Parameters
    ----------
    records : sequence of Record
        With what formgrader has, as `classroom.gradebook.read` returns them; they stay unchanged.
    readers : dict
        As `everybodys` returns it.

    Returns
    -------
    list of Record
        A row with points by hand has the status ``"graded by hand"``. Where readers differ it
        stays open, and the reason says how.
    """
    found = []
    for record in records:
        rows = [_row(row, opinions(record, row, readers)) for row in record["exercises"]]
        reason = record["reason"]
        if rows != record["exercises"] and record["notebook"] is not None:
            reason = stopped(rows)
        found.append({**record, "exercises": rows, "reason": reason})
    return cast("list[Record]", found)


def _row(row: Row, given: dict[str, Mark]) -> Row:
    if not given or list(given) == [FORMGRADER]:
        return row
    machine = row.get("machine", f"{row['status']}. {row['reason']}".strip())
    counts = agreed(given)
    if counts is None:
        said = ", ".join(f"{reader} {mark['points']:g}" for reader, mark in given.items())
        reason = f"Readers differ: {said}."
        return {**row, "score": None, "status": MANUAL, "reason": reason, "machine": machine}
    comments = dict.fromkeys(mark["comment"].strip() for mark in counts)
    reason = " ".join(filter(None, comments))
    score = counts[0]["points"]
    return {**row, "score": score, "status": BY_HAND, "reason": reason, "machine": machine}


def changed(
    records: Sequence[Record], readers: dict[str, dict[Place, Mark]]
) -> list[tuple[str, str]]:
    """Return the answers that were handed in anew after they were read: (student, name)."""
    return [
        (record["student"], row["name"])
        for record in records
        for row in record["exercises"]
        if record["notebook"] is not None
        and any(
            mark["answer"] != fingerprint_of(record, row["name"])
            for reader, mark in opinions(record, row, readers).items()
            if reader != FORMGRADER
        )
    ]
