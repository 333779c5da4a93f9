"""Notebooks as students hand them in, and the tiny assignment that they answer."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

import pytest

from classroom import sandbox
from classroom.course import Course
from classroom.grade import set_exam
from classroom.recheck import Exam, grade_submission

from ..missing import skip_or_fail

COURSE = Path(__file__).parent / "course"
TINY = Course(COURSE).assignment("tiny")
STEP, VALUE, DERIVE = "tiny-step", "tiny-lengthening", "tiny-derive"
RIGHT = """def momentum_step(g, x, v, lr, momentum):
    v = momentum * v - lr * g
    return x + v, v"""
WRONG = RIGHT.replace("- lr", "+ lr")
ANSWERS = {STEP: RIGHT, VALUE: "lengthening = 10", DERIVE: "It is a geometric series."}


@functools.cache
def exam(seed: int = 7) -> Exam:
    return set_exam(TINY, seed)


SOUGHT = TINY.sought


def release() -> dict[str, Any]:
    path = COURSE / "release" / "tiny" / "tiny.ipynb"
    found = json.loads(path.read_text(encoding="utf-8"))
    for cell in found["cells"]:
        cell["source"] = "".join(cell["source"])
    return found


def notebook(answers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return our release with answers, the right ones unless others are given."""
    found = copy.deepcopy(release())
    for cell in found["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        source = (ANSWERS | (answers or {})).get(name)
        if source is not None:
            cell["source"] = source
    return found


def cell_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        cell
        for cell in found["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def code(source: str, **more: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "id": "own"}
    return {**cell, "execution_count": None, **more}


def data(found: dict[str, Any]) -> bytes:
    return json.dumps(found).encode()


def sandboxed() -> None:
    if reason := sandbox.why_not():
        skip_or_fail(reason)


def graded(found: dict[str, Any] | bytes, seed: int = 7) -> dict[str, dict[str, Any]]:
    """Return the rows of what was handed in, by exercise."""
    sandboxed()
    content = found if isinstance(found, bytes) else data(found)
    record = grade_submission(exam(seed), "ada", content)
    return {row["name"]: row for row in record["exercises"]}


def scores(found: dict[str, Any] | bytes) -> tuple[float | None, float | None]:
    rows = graded(found)
    return rows[STEP]["score"], rows[VALUE]["score"]


# It ends what hangs; a busy machine takes ten times as long as an idle one.
bounded = pytest.mark.timeout(600)
