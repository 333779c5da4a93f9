"""Run the libraries once and store where they went: ``make golden``.

To be run whenever the table of peers or a library's version changes, in the parity environment;
`test_golden.py` then holds the package against the file on machines without any of the libraries.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

STEPS = (1, 2, 3, 10, 100, 320)
GOLDEN = Path(__file__).with_name("golden.json")


def main() -> None:
    """Write the file anew, whole or not at all."""
    # Here, so that this file can be read where the libraries are not installed.
    from ..parity.libraries import VERSIONS, library_iterates
    from ..parity.peers import all_cases

    lines = []
    for case in all_cases():
        with np.errstate(over="ignore", invalid="ignore"):
            points = library_iterates(case)[list(STEPS)]
        # A run that diverged has left the numbers that JSON knows.
        rows = [row.tolist() if np.isfinite(row).all() else None for row in points]
        lines.append(json.dumps({"case": str(case), "x": rows}, allow_nan=False))
    head = f'"versions": {json.dumps(VERSIONS)},\n"steps": {json.dumps(STEPS)},\n'
    text = "{\n" + head + '"runs": [\n' + ",\n".join(lines) + "\n]\n}\n"

    unfinished = GOLDEN.with_suffix(".unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, GOLDEN)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
