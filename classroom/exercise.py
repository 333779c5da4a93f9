"""What an exercise is: which answer it asks for, how that is called, and how learners get it wrong.

The declarations stand in ``exercises/keys/<assignment>.py``, one for each cell that a program
can check. They are never released. From them come the data of the student's checks
(`classroom.release`), the calls of the teacher's recheck, and the tests of both. The reference
solution is not among them: it stands in the source notebook alone.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from minioptim.checks.trials import TRIALS

EXERCISES = Path(__file__).parents[1] / "exercises"

# The positional arguments of one call: floats, ints, bools, strings, lists and tuples of them, and
# float arrays. A state is an argument and a result like any other, so each call stands alone.
Call: TypeAlias = tuple[Any, ...]
Vary: TypeAlias = Callable[[np.random.Generator], dict[str, Any]]
Draw: TypeAlias = Callable[[np.random.Generator], list[Call]]


@dataclass(frozen=True)
class Mistake:
    """A wrong solution that learners really write, and the one sentence that names it.

    Parameters
    ----------
    sentence : str
        What is wrong, so that the student can fix it, without giving the answer away.
    solution : callable or value
        The wrong solution itself: a function where the exercise asks for one, else a value.

    Raises
    ------
    ValueError
        The sentence is not a single line that ends with a full stop, question or exclamation mark.

    Examples
    --------
    >>> mistake = Mistake("The velocity is not kept.", lambda g, x, v: (x - g, -g))
    >>> mistake.solution(1.0, 3.0, 0.5)
    (2.0, -1.0)
    """

    sentence: str
    solution: Any

    def __post_init__(self) -> None:
        if "\n" in self.sentence or not self.sentence.endswith((".", "?", "!")):
            raise ValueError(f"sentence must be one line and end in a stop, got {self.sentence!r}")


@dataclass(frozen=True)
class Exercise:
    """A cell that a student fills in and a program can check.

    Parameters
    ----------
    name : str
        nbgrader's ``grade_id`` of the cell that holds the answer, as in ``"momentum-step"``; the
        student's ``check`` asks for it by this name. No two assignments share a name.
    answer : str
        The name which that cell defines: a function, or a value.
    points : float
        What it is worth, > 0; the cell of its check carries the same number.
    draw : callable or None
        From a random generator, the argument lists of the calls, at least two; None if the answer
        is a value. Another generator gives other calls, and the kinds of calls stay the same.
    rtol : float
        How far a right number may be off, relative to its size.
    right : tuple
        Right solutions that differ in how they are written, at least two where ``draw`` is given.
    wrong : tuple of Mistake
        The wrong ones that have a sentence.
    vary : callable, optional
        For a value that is asked of each student with other numbers: from a random generator, the
        numbers by their names. ``right`` and the mistakes are then functions of these numbers, and
        ``draw`` is None. Results of the first of ``right`` count; the others confirm them.
    trial : str, optional
        For an answer without a single right result, such as the student's own optimizer: the
        name of a function in `minioptim.checks.trials` that calls the answer as often as it
        likes. The calls are then calls of the trial, and its return value is compared.

    Raises
    ------
    ValueError
        An argument is out of range, or two mistakes share a sentence.
    """

    name: str
    answer: str
    points: float
    draw: Draw | None
    rtol: float
    right: tuple[Any, ...]
    wrong: tuple[Mistake, ...]
    trial: str | None = None
    vary: Vary | None = None

    def __post_init__(self) -> None:
        if not self.answer.isidentifier():
            raise ValueError(f"answer must be a name of Python, got {self.answer!r}")
        if not self.points > 0:
            raise ValueError(f"points must be > 0, got {self.points}")
        if not 0 < self.rtol < 0.01:
            raise ValueError(f"rtol must be a number in (0, 0.01), got {self.rtol}")
        if self.trial is not None and self.trial not in TRIALS:
            raise ValueError(f"trial must be one of {', '.join(TRIALS)}, got {self.trial!r}")
        if self.vary is not None and (self.draw is not None or self.trial is not None):
            raise ValueError(f"{self.name} is a value with variants: draw and trial must be None")
        sentences = [mistake.sentence for mistake in self.wrong]
        if len(set(sentences)) < len(sentences):
            raise ValueError(f"the mistakes of {self.name} must have a sentence each of their own")

    def calls(self, seed: int) -> list[Call]:
        """Return the calls that a seed draws; for a value, one call without arguments."""
        return [()] if self.draw is None else self.draw(np.random.default_rng(seed))

    def called(self, answer: Any) -> Any:
        """Return what takes the arguments of the calls: the answer itself, or its trial."""
        return answer if self.trial is None else partial(TRIALS[self.trial], answer)


def assignments(folder: Path = EXERCISES) -> list[str]:
    """Return the name of each assignment that has a source notebook, sorted.

    Raises
    ------
    FileNotFoundError
        ``folder`` has no folder ``source``.

    Examples
    --------
    >>> "momentum" in assignments()
    True
    """
    sources = folder / "source"
    if not sources.is_dir():
        raise FileNotFoundError(
            f"there is no folder {sources} here: run this in the top folder of the repository"
        )
    return sorted(path.parent.name for path in sources.glob("*/*.ipynb"))


def exercises(assignment: str, folder: Path = EXERCISES) -> tuple[Exercise, ...]:
    """Return the exercises of an assignment, from its file in ``folder/keys``.

    Raises
    ------
    FileNotFoundError
        There is no such file.

    Examples
    --------
    >>> [exercise.answer for exercise in exercises("momentum")][0]
    'displacement'
    """
    path = folder / "keys" / f"{assignment}.py"
    if not path.is_file():
        raise FileNotFoundError(f"assignment must have the file {path}")
    found: tuple[Exercise, ...] = runpy.run_path(str(path))["EXERCISES"]
    return found
