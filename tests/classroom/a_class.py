"""A class of synthetic students: right, wrong, faulty and hostile, with what is known of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .handed_in import RIGHT, STEP, VALUE, WRONG, cell_of, data, notebook

# What a student hands in, and what it must score: function, value. None is NOT GRADED.
KINDS: tuple[tuple[str, bytes, tuple[float | None, float | None]], ...] = (
    ("right", data(notebook()), (2.0, 1.0)),
    ("also-right", data(notebook({STEP: RIGHT.replace("- lr * g", "+ -lr * g")})), (2.0, 1.0)),
    ("wrong", data(notebook({STEP: WRONG, VALUE: "lengthening = 9"})), (0.0, 0.0)),
    ("half", data(notebook({STEP: WRONG})), (0.0, 1.0)),
    ("fails", data(notebook({STEP: RIGHT.replace("momentum * v", "momentum / 0")})), (0.0, 1.0)),
    ("no-python", data(notebook({VALUE: "lengthening = ("})), (2.0, 0.0)),
    ("exits", data(notebook({STEP: "import os\nos._exit(0)"})), (None, 1.0)),
    ("killed", data(notebook({VALUE: "import os\nos.kill(os.getpid(), 9)"})), (2.0, None)),
    ("forks", data(notebook({STEP: "import os\nwhile True: os.fork()"})), (0.0, 1.0)),
    ("takes-memory", data(notebook({STEP: "x = bytearray(6 * 10**9)"})), (0.0, 1.0)),
    ("truncated", json.dumps(notebook())[:-900].encode(), (2.0, 1.0)),
    ("no-notebook", b"%PDF", (None, None)),
)


def nameless() -> bytes:
    found = notebook()
    for name in (STEP, VALUE):
        cell_of(found, name)["metadata"] = {}
    return data(found)


ALL_KINDS = (*KINDS, ("nameless", nameless(), (2.0, 1.0)))


def hand_in(export: Path, count: int) -> dict[str, tuple[float | None, float | None]]:
    """Write as many submissions as Moodle exports them; return who must score what."""
    known = {}
    for number, (kind, content, score) in zip(range(count), _endless(), strict=False):
        folder = export / f"{kind}_{1000 + number}_assignsubmission_file"
        folder.mkdir(parents=True)
        (folder / "tiny.ipynb").write_bytes(content)
        known[f"{kind}-{1000 + number}"] = score
    return known


def _endless() -> Iterator[tuple[str, bytes, tuple[float | None, float | None]]]:
    while True:
        yield from ALL_KINDS


def scored(records: list[dict]) -> dict[str, tuple[float | None, float | None]]:
    """Return who scored what."""
    found = {}
    for record in records:
        rows = {row["name"]: row["score"] for row in record["exercises"]}
        found[record["student"]] = (rows[STEP], rows[VALUE])
    return found
