"""What a step, a run, a training and a start cost, here and in the libraries that everybody has.

    python -m benchmarks.engines [--peers .venv-parity/bin/python] [--rounds 5] [--cpu] [--quick]

Each row of a group (`benchmarks.rows`) is a process of its own. They wait while one of them works,
and take turns in every round, so that whatever else the machine does meets all of them. A row's
ratio is the median of the rounds' ratios to its unit, another row, with the quartiles. The bound of
a step is the time in which NumPy passes over arrays as many and as large as the step's, reads what
it reads and writes what it writes: adds the gradient to the parameters, and changes the sign of
each state. It is measured, and can be beaten a little. A process keeps to one core, but for the row
that says two threads.

A row whose modules this interpreter lacks runs in that of ``--peers``; one that neither has is
left out and named. On a machine that others load, ``--cpu`` counts the processor's time, of all
threads together: then a process that waits for its turn is not taken for a slow one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.rows import ROOT, Group, Row, groups

RESULT = Path(__file__).parent / "results" / "engines.json"
DISTRIBUTIONS = ("minioptim", "numpy", "numba", "scikit-learn", "torch", "jax", "optax", "keras")
MODULES = {"scikit-learn": "sklearn"}
ASK = """
import importlib.util, json, sys
from importlib import metadata
found = {}
for name, module in json.loads(sys.argv[1]).items():
    if importlib.util.find_spec(module):
        found[module] = metadata.version(name)
print(json.dumps(found))
"""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Interpreter:
    """A Python, and which of the modules it has, in which version.

    Parameters
    ----------
    path : str
        Of the program.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        names = {name: MODULES.get(name, name) for name in DISTRIBUTIONS}
        command = [path, "-c", ASK, json.dumps(names)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        self.versions: dict[str, str] = json.loads(done.stdout)

    def has(self, row: Row) -> bool:
        """Whether it has what a row needs."""
        return set(row.needs) <= self.versions.keys()


class Process:
    """A row in its process, which measures when it is asked."""

    def __init__(self, python: str, group: str, row: str, options: list[str], threads: int) -> None:
        environment = {**os.environ, **dict.fromkeys(ONE_THREAD, str(threads))}
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.rows", group, row, *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def warm(self) -> int | None:
        """Wait until it is warm, and return the bytes that a call takes for itself at most."""
        memory: int | None = self._answer()["memory"]
        return memory

    def seconds(self) -> float:
        """Return the seconds of one measurement."""
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> Any:
        assert self.process.stdout is not None  # noqa: S101
        line = self.process.stdout.readline()
        if not line:
            _, why = self.process.communicate()
            raise RuntimeError(f"{' '.join(self.process.args[3:])} ended:\n{why}")  # type: ignore[index]
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def measured(
    key: str, group: Group, pythons: list[Interpreter], rounds: int, options: list[str]
) -> dict[str, Any]:
    """Return of each row the median of its seconds and of its ratio to its unit, with quartiles."""
    chosen = {n: next((p for p in pythons if p.has(row)), None) for n, row in group.rows.items()}
    running = {
        name: Process(python.path, key, name, options, group.rows[name].threads)
        for name, python in chosen.items()
        if python is not None
    }
    memory = {name: process.warm() for name, process in running.items()}
    times: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, process in running.items():
            times[name].append(process.seconds())
    for process in running.values():
        process.close()
    rows = {}
    for name, taken in times.items():
        unit = group.unit_of(name)
        about = {"unit": unit, "memory": memory[name]}
        rows[name] = summary(taken, times.get(unit, taken)) | about
    absent = [name for name, python in chosen.items() if python is None]
    return {"key": key, "name": group.name, "rows": rows, "absent": absent}


def summary(taken: list[float], unit: list[float]) -> dict[str, Any]:
    """Return the medians and quartiles of a row's rounds.

    >>> summary([2.0, 4.0, 6.0], [2.0, 2.0, 2.0])
    {'seconds': 4.0, 'ratio': 2.0, 'quartiles': [1.0, 3.0]}
    """
    ratios = [mine / one for mine, one in zip(taken, unit, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {"seconds": statistics.median(taken), "ratio": middle, "quartiles": [low, high]}


def processor() -> str:
    """Return the processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def main() -> None:
    """Measure, print a table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="a Python that has the other libraries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--cpu", action="store_true", help="count the processor's time")
    parser.add_argument("--only", nargs="*", default=[], help="keys of groups")
    parser.add_argument("--json", type=Path, default=RESULT)
    given = parser.parse_args()
    begun = time.monotonic()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    pythons = [Interpreter(sys.executable)]
    if given.peers and Path(given.peers).exists():
        pythons.append(Interpreter(given.peers))
    options = [f"--{name}" for name in ("quick", "cpu") if getattr(given, name)]
    found = []
    for key, group in groups(given.quick, given.cpu).items():
        if given.only and key not in given.only:
            continue
        found.append(measured(key, group, pythons, given.rounds, options))
        show(found[-1])
    versions = {n: v for python in reversed(pythons) for n, v in python.versions.items()}
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.monotonic() - begun),
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": load,
        "clock": "processor" if given.cpu else "wall",
        "rounds": given.rounds,
        "python": platform.python_version(),
        "system": platform.system(),
        "versions": dict(sorted(versions.items())),
        "groups": found,
    }
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"\n{record['seconds']} s; written to {given.json}")


def show(group: dict[str, Any]) -> None:
    """Print a group."""
    units = dict.fromkeys(row["unit"] for row in group["rows"].values())
    print(f"\n{group['name']} (ratio to: {' / '.join(units)})")
    for name, row in group["rows"].items():
        low, high = row["quartiles"]
        memory = f"{row['memory'] / 1e6:10.1f} MB" if row["memory"] is not None else ""
        ratio = f"{row['ratio']:9.2f}  ({low:.2f} to {high:.2f})"
        print(f"  {name:28}{ratio}{row['seconds'] * 1e3:12.3f} ms{memory}", flush=True)
    if group["absent"]:
        print(f"  not installed, left out: {', '.join(group['absent'])}")


if __name__ == "__main__":
    main()
