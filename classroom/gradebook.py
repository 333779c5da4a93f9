"""nbgrader's gradebook, for what people read: derivations, with nbgrader's formgrader.

The scores of code are put there from the ledger, which stays the record; nbgrader runs nothing.
What people give is read back from there.
"""

from __future__ import annotations

import copy
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classroom.files import ClassroomError, write, write_json
from classroom.intake import Notebook, grade_id, text_of
from classroom.recheck import MANUAL, MISSING, NOT_GRADED

READ = "read"
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


def update(
    course: Path, into: Path, assignment: str, release: Notebook, records: list[Any]
) -> None:
    """Enter everybody's scores, and lay out what formgrader shows.

    Parameters
    ----------
    course, into : Path
        The folder of the assignments, and that of the class.
    assignment : str
        Its name.
    release : dict
        Our release notebook.
    records : list of dict
        As `classroom.grade.grade` returns them.

    Raises
    ------
    ClassroomError
        The gradebook is damaged, or a file cannot be written.
    """
    config = into / "nbgrader_config.py"
    if not config.exists():
        paths = {name: str((course / name).resolve()) for name in ("source", "release")}
        write(config, CONFIG.format(root=str(into.resolve()), **paths).encode())
    for record in records:
        if record["notebook"] is not None:
            folder = into / "autograded" / record["student"] / assignment
            write_json(folder / f"{assignment}.ipynb", _shown_notebook(release, record))
    with _open(into) as gradebook:
        gradebook.update_or_create_assignment(assignment)
        gradebook.update_or_create_notebook(assignment, assignment)
        for cell in release["cells"]:
            _enter_cell(gradebook, assignment, cell)
        for record in records:
            _enter_record(gradebook, assignment, release, record)
        gradebook.db.commit()


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
    gradebook: Any, assignment: str, release: Notebook, record: dict[str, Any]
) -> None:
    student = record["student"]
    gradebook.update_or_create_student(student, last_name=record.get("name") or student)
    if record["notebook"] is None:
        return
    gradebook.update_or_create_submission(assignment, student)
    for row in record["exercises"]:
        cell = _test_of(release, row["name"])
        grade = gradebook.find_grade(cell, assignment, assignment, student)
        if row["status"] == MANUAL:
            grade.needs_manual_grade = grade.manual_score is None
        else:
            grade.auto_score = row["score"]
            # nbgrader has no word for it: somebody looks at it.
            grade.needs_manual_grade = row["status"] == NOT_GRADED and grade.manual_score is None


def _shown_notebook(release: Notebook, record: dict[str, Any]) -> Notebook:
    """Return the notebook that a grader reads: the answers, and what the recheck says of each."""
    notebook: Notebook = copy.deepcopy(record["notebook"])
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


def read(into: Path, assignment: str, records: list[Any]) -> list[Any]:
    """Return the records with the points and comments that people gave.

    Raises
    ------
    ClassroomError
        The gradebook is damaged.
    """
    if not _path(into).exists():
        return records
    from nbgrader.api import MissingEntry

    found = []
    with _open(into) as gradebook:
        for record in records:
            rows = []
            for row in record["exercises"]:
                place = (row["name"], assignment, assignment, record["student"])
                given = comment = None
                if row["status"] in (MANUAL, MISSING):
                    try:
                        given = gradebook.find_grade(*place).manual_score
                        comment = gradebook.find_comment(*place).comment
                    except MissingEntry:
                        pass
                if given is not None:
                    read_row = {"score": given, "status": READ, "reason": comment or ""}
                    rows.append({**row, **read_row})
                else:
                    rows.append(row)
            found.append({**record, "exercises": rows})
    return found
