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
JOURNALS = Path(__file__).parent / "journals"


def about(seconds: float | None = None) -> dict[str, object]:
    """Return the day, the versions, the machine and the seconds of a run.

    They are stored with what the run found. The seconds are the processor's: ``seconds``, or else
    those of all processes that this one has started and ended.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(os.times().children_user if seconds is None else seconds),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "minioptim": version("minioptim"),
        "machine": machine(),
    }


def machine() -> str:
    """Return what the processor is called, how many cores it has, and the system."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.exists() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = found[0] if found else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


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
