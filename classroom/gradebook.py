"""nbgrader's gradebook, for what people read: derivations, with nbgrader's formgrader.

The scores of code are copied there from the ledger, which remains the record; nbgrader runs
nothing. Points that people give are read back from there and have the last word, also on code that
was not graded or that the recheck found wrong.
"""

from __future__ import annotations

import copy
import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from classroom.course import Assignment
from classroom.files import ClassroomError, read_json, write, write_json
from classroom.inert import page_text
from classroom.intake import Notebook, grade_id, text_of
from classroom.record import BY_HAND, MANUAL, NOT_GRADED, Record, Row, stopped

# In a shown cell's metadata: what its text was before it was made inert.
HANDED_IN = "handed_in"
CONFIG = """# Where nbgrader finds this class: formgrader reads the derivations with it.
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.release_directory = {release!r}
"""


def _path(into: Path) -> Path:
    return into / "gradebook.db"


@contextmanager
def _open(into: Path) -> Iterator[Any]:
    """Open the gradebook, or say in one line what is wrong with it."""
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SAWarning, SQLAlchemyError

    path = _path(into)
    # nbgrader calls alembic by its name.
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        with warnings.catch_warnings():
            # nbgrader's own way with its tables.
            warnings.simplefilter("ignore", SAWarning)
            with Gradebook(f"sqlite:///{path.resolve()}") as gradebook:
                yield gradebook
    except (FileNotFoundError, CalledProcessError) as error:
        raise ClassroomError(
            f"nbgrader cannot start alembic to make the tables of {path} ({error}). The scores "
            f"of code are safe in {into / 'grades'}; create the environment again and run grade"
        ) from error
    except (SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", error)).splitlines()[0]
        raise ClassroomError(
            f"{path} is damaged or cannot be written ({said}). The scores of code are safe in "
            f"{into / 'grades'}; restore the file from a copy, or move it away and run grade again"
        ) from error
    finally:
        os.environ["PATH"] = before


def _marks(cell: dict[str, Any]) -> dict[str, Any]:
    marks: dict[str, Any] = cell.get("metadata", {}).get("nbgrader", {})
    return marks


def _test_of(release: Notebook, name: str) -> str:
    """Return the cell that carries an exercise's points: itself, or the next graded one."""
    cells = [cell for cell in release["cells"] if grade_id(cell)]
    at = next(at for at, cell in enumerate(cells) if grade_id(cell) == name)
    graded = (str(grade_id(cell)) for cell in cells[at:] if _marks(cell).get("grade"))
    return next(graded, name)


def update(assignment: Assignment, into: Path, records: list[Record]) -> list[tuple[str, str]]:
    """Enter everybody's scores, and lay out what formgrader shows.

    Points that somebody gave stay. If the answer has changed since they were given, formgrader
    shows it again.

    Parameters
    ----------
    assignment : Assignment
        Of the course.
    into : Path
        The folder of the class.
    records : list of Record
        As `classroom.grade.grade` returns them.

    Returns
    -------
    list of (student, name)
        The answers that changed after they were graded by hand.

    Raises
    ------
    ClassroomError
        The gradebook is damaged, or a file cannot be written.
    """
    name, release = assignment.name, assignment.release
    config = into / "nbgrader_config.py"
    if not config.exists():
        course = assignment.course.folder
        paths = {part: str((course / part).resolve()) for part in ("source", "release")}
        write(config, CONFIG.format(root=str(into.resolve()), **paths).encode())
    changed = []
    with _open(into) as gradebook:
        gradebook.update_or_create_assignment(name)
        gradebook.update_or_create_notebook(name, name)
        for cell in release["cells"]:
            _enter_cell(gradebook, name, cell)
        for record in records:
            before = read_json(_shown(into, name, record["student"]))
            answers = _enter_record(gradebook, name, release, record, before)
            changed += [(record["student"], answer) for answer in answers]
        gradebook.db.commit()
    # After the gradebook: what is shown is also what the next text is compared with.
    for record in records:
        if record["notebook"] is not None:
            path = _shown(into, name, record["student"])
            write_json(path, _shown_notebook(release, record))
    return changed


def _shown(into: Path, assignment: str, student: str) -> Path:
    return into / "autograded" / student / assignment / f"{assignment}.ipynb"


def _enter_cell(gradebook: Any, assignment: str, cell: dict[str, Any]) -> None:
    name, marks = grade_id(cell), _marks(cell)
    if name is None:
        return
    kind = cell["cell_type"]
    if marks.get("grade"):
        points = float(marks.get("points", 0))
        gradebook.update_or_create_grade_cell(
            name, assignment, assignment, max_score=points, cell_type=kind
        )
    if marks.get("solution"):
        gradebook.update_or_create_solution_cell(name, assignment, assignment)
    gradebook.update_or_create_source_cell(
        name,
        assignment,
        assignment,
        cell_type=kind,
        source=text_of(cell),
        locked=bool(marks.get("locked")),
    )


def _enter_record(
    gradebook: Any,
    assignment: str,
    release: Notebook,
    record: Record,
    before: Notebook | None,
) -> list[str]:
    """Enter one student's scores; return what changed after it was graded by hand."""
    student = record["student"]
    gradebook.update_or_create_student(student, last_name=record.get("name") or student)
    if record["notebook"] is None:
        return []
    gradebook.update_or_create_submission(assignment, student)
    now, then = _fingerprints(record["notebook"]), _fingerprints(before)
    changed = []
    for row in record["exercises"]:
        cell = _test_of(release, row["name"])
        grade = gradebook.find_grade(cell, assignment, assignment, student)
        grade.auto_score = None if row["status"] == MANUAL else row["score"]
        if grade.manual_score is None:
            # nbgrader has no status for NOT GRADED, so a person is asked to look at the answer.
            grade.needs_manual_grade = row["status"] in (MANUAL, NOT_GRADED)
        elif row["name"] in then and then[row["name"]] != now[row["name"]]:
            grade.needs_manual_grade = True
            changed.append(row["name"])
    return changed


def _fingerprints(notebook: Notebook | None) -> dict[str | None, str]:
    """Return a fingerprint of each answer as handed in, which may differ from what is shown."""
    return {
        grade_id(cell): cell["metadata"].get(HANDED_IN) or _fingerprint(text_of(cell))
        for cell in (notebook or {"cells": []})["cells"]
    }


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _shown_notebook(release: Notebook, record: Record) -> Notebook:
    """Return the notebook that a grader reads: the answers, and what the recheck says of each.

    Code and outputs are shown as text. Any other text that differs from ours is made inert.
    """
    notebook: Notebook = copy.deepcopy(record["notebook"] or {"cells": []})
    ours = {text_of(cell) for cell in release["cells"]}
    for cell in notebook["cells"]:
        pictures, text = cell.pop("attachments", None), text_of(cell)
        if cell["cell_type"] != "code" and (pictures or text not in ours):
            cell["metadata"][HANDED_IN] = _fingerprint(text)
            cell["source"] = page_text(text, pictures)
    said = {
        _test_of(release, row["name"]): row
        for row in record["exercises"]
        if row["status"] != MANUAL
    }
    for cell in notebook["cells"]:
        row = said.get(grade_id(cell) or "")
        if row is not None and cell["cell_type"] == "code":
            score = "not graded" if row["score"] is None else f"{row['score']:g}"
            text = f"{row['status']}: {score} of {row['points']:g}. {row['reason']}".strip()
            output = {"output_type": "stream", "name": "stdout", "text": text + "\n"}
            cell["outputs"] = [output]
    return notebook


def read(into: Path, assignment: str, records: list[Record]) -> list[Record]:
    """Return the records with the points and comments that people gave, for whatever answer.

    A row that has points by hand has the status ``"graded by hand"``, the comment as its reason,
    and under ``machine`` the status and reason that it had before.

    Raises
    ------
    ClassroomError
        The gradebook is damaged.
    """
    if not _path(into).exists():
        return records
    with _open(into) as gradebook:
        return [_with_hand(gradebook, assignment, record) for record in records]


def _with_hand(gradebook: Any, assignment: str, record: Record) -> Record:
    # Formgrader does not show a student without a notebook, so nobody can have given points.
    if record["notebook"] is None:
        return record
    rows = []
    for row in record["exercises"]:
        # The notebook of a record is our release, so it says where the points sit.
        cell = _test_of(record["notebook"], row["name"])
        given = _given(gradebook, (assignment, assignment, record["student"]), cell, row)
        rows.append(row if given is None else given)
    return {**record, "exercises": rows, "reason": stopped(rows)}


def _given(gradebook: Any, place: tuple[str, str, str], cell: str, row: Row) -> Row | None:
    """Return a row with what a person gave, or None if nobody gave points."""
    from nbgrader.api import MissingEntry

    try:
        grade = gradebook.find_grade(cell, *place)
    except MissingEntry:
        return None
    if grade.manual_score is None and not grade.extra_credit:
        return None
    score = row["score"] if grade.manual_score is None else grade.manual_score
    if score is None:
        return None  # extra credit alone, and the answer itself is still open
    comments = []
    # Formgrader has the place for a comment at the answer, for points at the check below it.
    for name in dict.fromkeys((row["name"], cell)):
        try:
            comments.append(gradebook.find_comment(name, *place).comment)
        except MissingEntry:
            continue
    return {
        **row,
        "score": score + (grade.extra_credit or 0.0),
        "status": BY_HAND,
        "reason": " ".join(comment for comment in comments if comment),
        "machine": f"{row['status']}. {row['reason']}".strip(),
    }
