"""Tables of what takes how long, from the file that ``make bench`` writes.

    ```{timings} memory
    ```

is the table of one group of measurements, and ``{timings-made}`` a line that says on what machine,
when and with which versions all of them were made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

RESULT = Path("benchmarks", "results", "engines.json")
MEMORY = "memory"  # the group for which the memory of a step is shown

logger = logging.getLogger(__name__)


def time(seconds: float) -> str:
    """Return a time with two or three digits, in a unit that suits it.

    >>> time(0.0000123), time(0.0456), time(1.234), time(250.0)
    ('12 µs', '46 ms', '1.2 s', '250 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            number = seconds / size
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def ratio(value: float) -> str:
    """Return a ratio with two digits, or whole.

    >>> ratio(0.256), ratio(3.14159), ratio(123.4)
    ('0.26', '3.1', '123')
    """
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1.95 else f"{value:.2f}"


def table(group: dict[str, Any]) -> str:
    """Return a group of measurements as a Markdown table, its units marked.

    >>> row = {"seconds": 0.02, "ratio": 1.0, "quartiles": [1.0, 1.0], "memory": None}
    >>> group = {"key": "a", "name": "a step", "rows": {"bound": row | {"unit": "bound"}}}
    >>> print(table(group | {"absent": ["Optax"]}))
    **A step.**
    <BLANKLINE>
    | what | time | times |
    |:--|--:|--:|
    | bound (unit) | 20 ms | 1.00 (1.00 to 1.00) |
    <BLANKLINE>
    Not installed, and so left out: Optax.
    """
    shown = group["key"] == MEMORY
    heading = "| what | time | times |" + (" of its own |" if shown else "")
    lines = [heading, "|:--|--:|--:|" + ("--:|" if shown else "")]
    for name, row in group["rows"].items():
        low, high = map(ratio, row["quartiles"])
        mark = " (unit)" if name == row["unit"] else ""
        line = (
            f"| {name}{mark} | {time(row['seconds'])} | {ratio(row['ratio'])} ({low} to {high}) |"
        )
        if shown:
            line += " – |" if row["memory"] is None else f" {row['memory'] / 1e6:.0f} MB |"
        lines.append(line)
    title = group["name"]
    parts = [f"**{title[0].upper()}{title[1:]}.**", "\n".join(lines)]
    if group["absent"]:
        parts.append(f"Not installed, and so left out: {', '.join(group['absent'])}.")
    return "\n\n".join(parts)


def made(record: dict[str, Any]) -> str:
    """Return how the measurements were made.

    >>> about = {"date": "2026-11-30", "processor": "A processor", "cores": 2, "rounds": 5}
    >>> about |= {"system": "Linux", "python": "3.11.7", "clock": "wall"}
    >>> about["versions"] = {"numpy": "2"}
    >>> print(made(about))
    Measured on 2026-11-30 with 5 rounds on A processor (2 cores, Linux), Python 3.11.7, numpy 2.
    """
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    of = "" if record["clock"] == "wall" else " Times are the processor's, because others used it."
    return (
        f"Measured on {record['date']} with {record['rounds']} rounds on {record['processor']} "
        f"({record['cores']} cores, {record['system']}), Python {record['python']}, {versions}.{of}"
    )


class Timings(SphinxDirective):
    """``{timings} key``: the table of a group; ``{timings-made}``: how all were made."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table or the line, or what to do where nothing was measured yet."""
        path = Path(self.env.srcdir, RESULT)
        self.env.note_dependency(str(path))
        if not path.is_file():
            return self.parse_text_to_nodes("Not measured yet: `make bench` does it.")
        record = json.loads(path.read_text(encoding="utf-8"))
        if not self.arguments:
            return self.parse_text_to_nodes(made(record))
        groups = {group["key"]: group for group in record["groups"]}
        if self.arguments[0] not in groups:
            logger.warning("no %s in %s", self.arguments[0], RESULT, location=self.get_location())
            return []
        return self.parse_text_to_nodes(table(groups[self.arguments[0]]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("timings", Timings)
    app.add_directive("timings-made", Timings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
