"""Write the result of an experiment where the pages find it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


def about() -> dict[str, object]:
    """Return the day, the versions and the seconds of a run, to be stored with what it found.

    The seconds are those of the processor in all processes that this one has started and ended.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(os.times().children_user),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "minioptim": version("minioptim"),
    }


def write(path: Path, found: Mapping[str, object]) -> None:
    """Write a result as JSON, whole or not at all.

    Each entry has a line, and so has each entry of a part that holds others, so that a change can
    be read in a diff.
    """
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(_lines(found, parts=True) + "\n", encoding="utf-8")
    draft.replace(path)


def _lines(found: Mapping[str, object], *, parts: bool) -> str:
    rows = [
        f'"{name}": '
        + (_lines(v, parts=False) if parts and isinstance(v, Mapping) else json.dumps(v))
        for name, v in found.items()
    ]
    return "{\n" + ",\n".join(rows) + "\n}"
