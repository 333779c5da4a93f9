"""Reading ends, whatever was handed in: in time that grows as its size, and else by a limit."""

import ast
import json
import sys
import time
from pathlib import Path

import pytest

import classroom
from classroom import grade, reading, recheck, submissions
from classroom.inert import page_text
from classroom.intake import NotTakenError, Wanted, perhaps_defined, take
from classroom.platforms.canvas import PLATFORM as CANVAS
from classroom.platforms.moodle import PLATFORM as MOODLE
from classroom.reading import Reader
from classroom.submissions import collect
from classroom.worker import python_of

from .handed_in import DERIVE, SOUGHT, STEP, VALUE, code, data, exam, notebook, release

pytestmark = pytest.mark.timeout(600)
FOLDER = Path(classroom.__file__).parent
WANTED = [Wanted(STEP, "momentum_step"), Wanted(VALUE, "lengthening"), Wanted(DERIVE, None)]


def test_no_tool_uses_an_expression_that_could_backtrack():
    """What reads a student's text reads it by hand; so there is no expression at all."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not {"re", "regex", "fnmatch"} & set(names), path


def nameless(sources, **more):
    """Return a notebook of cells without names, so that all of them are looked through."""
    return data({"nbformat": 4, "cells": [code(source, id=None, **more) for source in sources]})


def named(sources):
    return nameless(sources, metadata={"nbgrader": {"grade_id": STEP}})


def elsewhere(count, text="# a = 1"):
    """Return a notebook without answers, and with the student's own cells of both kinds."""
    found = release()
    for kind in ("code", "markdown"):
        found["cells"] += [{**code(text, id=None), "cell_type": kind} for _ in range(count)]
    return data(found)


def taken(content):
    try:
        take(content, release(), WANTED)
    except NotTakenError:
        return


LINES = {
    "names and commas": "momentum_step,\n",
    "names and equals": "momentum_step=",
    "blanks": " \n",
    "a table": ", ".join(map(str, range(20))) + ",\n",
    "brackets": "(\n",
    "definitions": "def ",
    "walrus": "a:=",
    "help": "a?? ",
}
WORDS = r"* ** _ __ ~~ ` `` ``` $ $\begin{ $$ \( \\( \[ \begin{align} \begin{ \ \$"
OTHERS = ("![", "![a](", "![)", "[a](", "<", "&lt", "<br")
BLOCKS = ("> ", "- ", "1. a\n", "- a\n", "> a\n", "  - a\n", "| a |\n|-|\n", "$$\n", "\\[\n")
MORE = ("\\begin{align}\n", "    a\n", "# a\n", "a\n\n", "```\n", "a  \n")
MARKS = [*WORDS.split(), *OTHERS, *BLOCKS, *MORE]
READERS = {
    **{f"intake: {name}": (lambda n, t=t: taken(nameless([t * n]))) for name, t in LINES.items()},
    **{f"worker: {name}": (lambda n, t=t: python_of("(\n" + t * n)) for name, t in LINES.items()},
    **{f"page: {mark!r}": (lambda n, t=mark: page_text(t * n)) for mark in MARKS},
    "intake: work elsewhere": lambda n: taken(elsewhere(n)),
    "intake: text elsewhere": lambda n: taken(elsewhere(1, "# a = 1\n" * n)),
    "intake: quotes elsewhere": lambda n: taken(elsewhere(1, "'''\n" * n)),
    "intake: cells": lambda n: taken(nameless([f"a{k} = {k}" for k in range(n)])),
    "intake: copies of an answer": lambda n: taken(named([f"a{k}" for k in range(n)])),
    "intake: copies of ours": lambda n: taken(nameless(["import numpy as np", "b = 1"] * n)),
    "intake: copies of an answer and own": lambda n: taken(
        data({"cells": [*notebook()["cells"], *json.loads(named(["a", "b"] * n))["cells"]]})
    ),
    "intake: cut short": lambda n: taken((b'{"cells"  ' * n) + nameless(["a = 1"] * n)[:-9]),
    "intake: lists": lambda n: taken(data({"cells": [[[]]] * n})),
    "moodle's name": lambda n: MOODLE.owner("a_1_assignsubmission_" * n),
    "canvas' name": lambda n: CANVAS.owner("anon_1_" * n),
    "canvas' late name": lambda n: CANVAS.owner("LATE_1_" * n + "x"),
    "a copy's name": lambda n: submissions._copy("_1-1 copy" * n),
    "digits": lambda n: submissions._copy("-" + "1" * n),
}


def steps(read, size):
    """Return how many lines of Python and calls of C a reader took: no clock, and no load."""
    count = 0

    def line(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return line

    def call(_frame, event, _argument):
        nonlocal count
        count += event == "c_call"

    sys.settrace(line)
    sys.setprofile(call)
    try:
        read(size)
    finally:
        sys.setprofile(None)
        sys.settrace(None)
    return count


@pytest.mark.parametrize("name", READERS)
def test_the_steps_of_reading_grow_as_the_size(name):
    once, four_times = (steps(READERS[name], size) for size in (100, 400))
    assert four_times < 5 * once + 500


# Of this size, a reader that grows as the size takes seconds at most, and one that grows as its
# square takes many minutes: only the second meets the limit, on a slow machine as on a fast one.
LONG = 100_000


@pytest.mark.parametrize("name", READERS)
def test_what_is_long_is_read_within_the_limit(name):
    """What a step costs inside of Python is no step, so the steps alone do not tell."""
    start = time.process_time()
    READERS[name](LONG)
    assert time.process_time() - start < reading.CPU_SECONDS


HARD = {
    "ten thousand names": "momentum_step,\n" * 10_000,
    "a table": "\n".join(", ".join(map(str, range(20))) for _ in range(2000)),
}


@pytest.mark.parametrize("name", HARD)
def test_a_long_cell_is_read_at_once(name, monkeypatch):
    monkeypatch.setattr(reading, "CPU_SECONDS", 1)
    found = notebook()
    cells = [{**cell, "metadata": {}, "id": None} for cell in found["cells"]]
    content = data({"nbformat": 4, "cells": [*cells, code(HARD[name])]})
    with Reader() as reader:
        intake = reader.ask(take, content, release(), WANTED)
    assert STEP not in intake.missing
    assert perhaps_defined(HARD[name]) == set()


# --- What does not end ---------------------------------------------------------------------------

ENDLESS = (sum, range(10**18))


def test_what_does_not_end_is_ended_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(reading, "CPU_SECONDS", 1)
    with Reader() as reader:
        for _ in range(2):
            with pytest.raises(NotTakenError, match="did not end within 1 s of processor time"):
                reader.ask(*ENDLESS)
            assert reader.ask(sum, [1, 2]) == 3


def test_each_reading_has_its_whole_time(monkeypatch):
    monkeypatch.setattr(reading, "CPU_SECONDS", 2)
    with Reader() as reader:
        sums = {reader.ask(sum, range(10**7)) for _ in range(20)}
    assert len(sums) == 1


def test_what_takes_all_memory_is_ended_and_the_next_is_read():
    with Reader() as reader:
        with pytest.raises(NotTakenError, match="takes more than 4096 MB of memory"):
            reader.ask(bytearray, 8 * 1024**3)
        assert reader.ask(sum, [1, 2]) == 3


class Endless(Reader):
    """Reads without end what one student handed in."""

    def ask(self, function, *arguments):
        hard = any(b"endless" in part for part in map(repr_of, arguments))
        return super().ask(*ENDLESS) if hard else super().ask(function, *arguments)


def repr_of(argument):
    return argument if isinstance(argument, bytes) else repr(argument).encode()


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setattr(reading, "CPU_SECONDS", 1)
    for module in (submissions, grade, recheck):
        monkeypatch.setattr(module, "Reader", Endless)


@pytest.mark.usefixtures("endless")
def test_collecting_names_who_is_not_read_to_the_end_and_goes_on(tmp_path):
    for student in ("ada", "endless", "finn"):
        path = tmp_path / "export" / student / "tiny.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data(notebook()))
    students, _ = collect(tmp_path / "export", tmp_path / "class", "tiny", SOUGHT)
    problems = {student.student: student.problem for student in students}
    assert "did not end within" in problems.pop("endless")
    assert problems == {"ada": "", "finn": ""}


@pytest.mark.usefixtures("endless")
def test_a_notebook_that_is_not_read_to_the_end_is_not_graded(tmp_path):
    found = notebook({STEP: "# endless"})
    record = recheck.grade_submission(exam(), "ada", data(found))
    assert record["status"] == "NOT GRADED"
    assert "did not end within 1 s" in record["reason"]
    path = tmp_path / "collected" / "tiny" / "ada" / "submission.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data(found))
    said = dict(grade.to_look_at(tmp_path, "tiny", [submissions.Student("ada", "Ada")], SOUGHT))
    assert "did not end within 1 s" in said["ada"]
