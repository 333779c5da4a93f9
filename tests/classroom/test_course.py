"""A command reads each file of the course, and each submission, at most once."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from classroom import __main__ as command
from classroom import grade as grading

from .a_class import hand_in
from .handed_in import COURSE, bounded

pytestmark = bounded


@pytest.fixture
def opened(monkeypatch):
    """Count which files this process reads; students' code runs in others."""
    found = Counter()

    def counted(owner, name):
        read = getattr(owner, name)

        def reading(path, *arguments, **options):
            found[Path(path).resolve()] += 1
            return read(path, *arguments, **options)

        monkeypatch.setattr(owner, name, reading)

    counted(Path, "read_text")
    counted(runpy, "run_path")
    counted(grading, "read_bytes")
    return found


def test_no_file_is_read_twice_by_a_command(tmp_path, opened):
    pytest.importorskip("nbgrader")
    hand_in(tmp_path / "export", 2)
    into = tmp_path / "class"
    steps = {
        "collect": [tmp_path / "export", "--quiet"],
        "grade": ["--jobs", "1", "--quiet", "--unsafe"],
        "feedback": ["--quiet"],
        "export": [],
        "results": [],
        "similar": [],
    }
    for step, more in steps.items():
        opened.clear()
        words = [step, "tiny", *more, "--course", COURSE, "--class", into]
        assert command.main([*map(str, words)]) == 0
        parts = {
            path.relative_to(COURSE): n for path, n in opened.items() if COURSE in path.parents
        }
        assert parts, f"{step} reads no file of the course: what was counted?"
        assert {path: times for path, times in parts.items() if times > 1} == {}
        handed_in = [n for path, n in opened.items() if path.name == "submission.ipynb"]
        assert handed_in == [1, 1]
