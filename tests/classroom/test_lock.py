"""The lock of these tools: hashes for all, the same versions as the book's, no host's name."""

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parents[2] / "requirements"


def pins(name):
    """Return a lock's pins, as name -> (version, number of hashes)."""
    found = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", (LOCKS / name).read_text(encoding="utf-8")):
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", entry):
            found[match[1]] = (match[2], entry.count("--hash=sha256:"))
    return found


def test_every_pin_has_hashes_and_nothing_else_stands_there():
    line = re.compile(r"#.*|[\w.-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    text = (LOCKS / "classroom.txt").read_text(encoding="utf-8")
    assert [found for found in text.splitlines() if not line.fullmatch(found)] == []
    assert [name for name, (_, hashes) in pins("classroom.txt").items() if not hashes] == []


@pytest.mark.parametrize(
    "name", ["nbgrader", "distributed", "tqdm", "ipykernel", "flit-core", "playwright"]
)
def test_the_lock_has_what_the_tools_need(name):
    assert name in pins("classroom.txt")


def test_versions_are_those_of_the_books_tests():
    book, ours = pins("test.txt"), pins("classroom.txt")
    assert {name: pin for name, pin in ours.items() if book.get(name, pin) != pin} == {}
