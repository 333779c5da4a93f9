"""A course and its assignments, read from disk once and handed on.

A command makes one `Course`. Whoever needs a notebook, the exercises or the fingerprints of the
other assignments asks the `Assignment`, which reads each file when it is first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from classroom.exercise import EXERCISES, Exercise, assignments, exercises
from classroom.files import ClassroomError
from classroom.intake import Notebook, Sought, Wanted, fingerprints_of_others, grade_id
from classroom.release import reference_in, source


class Course:
    """The assignments in a folder.

    Parameters
    ----------
    folder : Path
        With ``source``, ``release`` and ``keys``.

    Examples
    --------
    >>> Course().assignment("momentum").exercises[0].answer
    'displacement'
    """

    def __init__(self, folder: Path = EXERCISES) -> None:
        self.folder = folder
        self._releases: dict[str, Notebook] = {}
        self._assignments: dict[str, Assignment] = {}

    def assignment(self, name: str) -> Assignment:
        """Return an assignment that was released.

        Raises
        ------
        ClassroomError
            There is none of this name, or its release notebook is damaged.
        """
        if name not in self._assignments:
            self.release(name)  # a name that is mistyped is found out here
            self._assignments[name] = Assignment(self, name)
        return self._assignments[name]

    def sources(self) -> list[str]:
        """Return the names of the assignments that can be released.

        Raises
        ------
        FileNotFoundError
            The folder has none.
        """
        return assignments(self.folder)

    def released(self) -> list[str]:
        """Return the names of the assignments that were released."""
        return sorted(path.stem for path in self.folder.glob("release/*/*.ipynb"))

    def release(self, name: str) -> Notebook:
        """Return a release notebook.

        Raises
        ------
        ClassroomError
            It is absent or damaged.
        """
        if name not in self._releases:
            self._releases[name] = self._read(name)
        return self._releases[name]

    def _read(self, name: str) -> Notebook:
        path = self.folder / "release" / name / f"{name}.ipynb"
        try:
            notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if not (self.folder / "release").is_dir():
                raise ClassroomError(
                    f"there is no folder {self.folder / 'release'} here: run this in the top "
                    f"folder of the repository, or say with --course where the assignments are"
                ) from None
            raise ClassroomError(
                f"there is no assignment {name} in {self.folder}/release; "
                f"known: {', '.join(self.released()) or 'none'}"
            ) from None
        except (OSError, ValueError) as error:
            raise ClassroomError(f"{path} could not be read: {error}") from error
        return notebook


@dataclass(frozen=True)
class Assignment:
    """One assignment, as `Course.assignment` returns it.

    Parameters
    ----------
    course : Course
        Where it is from.
    name : str
        As its files are called.
    """

    course: Course
    name: str

    @property
    def release(self) -> Notebook:
        """The notebook that students got."""
        return self.course.release(self.name)

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """What a program checks.

        Raises
        ------
        ClassroomError
            The file of the keys is missing.
        """
        try:
            return exercises(self.name, self.course.folder)
        except FileNotFoundError as error:
            raise ClassroomError(str(error)) from error

    @cached_property
    def source(self) -> Any:
        """Our notebook with the solutions and the rubrics."""
        return source(self.name, self.course.folder)

    @cached_property
    def reference(self) -> dict[str, Any]:
        """The right answers; to get them runs the solutions."""
        return reference_in(self.source, self.exercises, self.name)

    @cached_property
    def manual(self) -> tuple[tuple[str, float], ...]:
        """What people grade, and its points."""
        return manual_parts(self.release, self.exercises)

    @property
    def answers(self) -> tuple[tuple[str, float], ...]:
        """All that has points, and how many: what a program checks, then what people grade."""
        checked = tuple((exercise.name, float(exercise.points)) for exercise in self.exercises)
        return (*checked, *self.manual)

    @cached_property
    def others(self) -> dict[str, str]:
        """The fingerprints that identify the course's other assignments."""
        names = [name for name in self.course.released() if name != self.name]
        others = {name: self.course.release(name) for name in names}
        return fingerprints_of_others(self.release, others)

    @cached_property
    def sought(self) -> Sought:
        """What to take from a notebook that was handed in."""
        wanted = [Wanted(exercise.name, exercise.answer) for exercise in self.exercises]
        wanted += [Wanted(name, None) for name, _ in self.manual]
        return Sought(self.release, tuple(wanted), self.others)


def manual_parts(release: Notebook, exercises: Sequence[Exercise]) -> tuple[tuple[str, float], ...]:
    """Return what people grade: the answers with points that no program checks."""
    checked = {exercise.name for exercise in exercises}
    found = []
    for cell in release["cells"]:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        name = grade_id(cell)
        if marks.get("grade") and marks.get("solution") and name and name not in checked:
            found.append((name, float(marks.get("points", 0))))
    return tuple(found)
