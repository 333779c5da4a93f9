"""Write the result of an experiment where the pages find it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def write(path: Path, found: Mapping[str, object]) -> None:
    """Write a result as JSON with an entry to a line, whole or not at all.

    A line an entry, so that a change can be read in a diff.
    """
    rows = [f'"{name}": {json.dumps(values)}' for name, values in found.items()]
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    draft.replace(path)
