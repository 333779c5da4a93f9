"""Grade a class of synthetic students and say what it costs.

    python -m benchmarks.grading --assignment momentum --submissions 200 --jobs 2

Right, empty, wrong, faulty and hostile answers are mixed in one Moodle export; what each must score
is known beforehand, and compared. Halfway the grader is killed, and run again.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classroom.exercise import EXERCISES, Exercise, exercises
from classroom.intake import grade_id
from classroom.ledger import Ledger

# What stands in place of an answer, and what it scores: all points, nothing, or NOT GRADED.
# How often: of a class, few are hostile, and a loop costs as much as fifty honest submissions.
KINDS: tuple[tuple[str, int, str], ...] = (
    ("right", 60, "all"),
    ("empty", 12, "nothing"),
    ("def {answer}(*arguments):\n    return 'no number'\n", 10, "nothing"),
    ("{answer} = 1e300", 6, "nothing"),
    ("this is no Python (", 4, "nothing"),
    ("raise RuntimeError", 4, "nothing"),
    ("import os\nos._exit(0)", 3, "open"),
    ("import os\nwhile True: os.fork()", 2, "nothing"),
    ("kept = bytearray(6 * 10**9)", 2, "nothing"),
    ("import os\nos.kill(os.getpid(), 9)", 2, "open"),
    ("while True: pass", 1, "open"),
)
DAMAGE = ("none", "none", "none", "nameless", "latin-1", "format", "large")


def answered(
    release: dict[str, Any], source: dict[str, Any], asked: tuple[Exercise, ...], rng: random.Random
) -> tuple[bytes, dict[str, float | None]]:
    """Return what a student hands in, and what each exercise of it must score."""
    notebook = copy.deepcopy(release)
    solved = {grade_id(cell): cell["source"] for cell in source["cells"]}
    by_name = {exercise.name: exercise for exercise in asked}
    known: dict[str, float | None] = {}
    damage = rng.choice(DAMAGE)
    for cell in notebook["cells"]:
        name = grade_id(cell) or ""
        if name not in by_name:
            continue
        exercise = by_name[name]
        (text, _, outcome), *_ = rng.choices(KINDS, [often for _, often, _ in KINDS])
        if text == "right":
            cell["source"] = solved[name]
        elif text != "empty":
            cell["source"] = text.format(answer=exercise.answer)
        known[name] = {"all": float(exercise.points), "nothing": 0.0, "open": None}[outcome]
        if damage == "large":
            output = {"output_type": "stream", "name": "stdout", "text": "x" * 2_000_000}
            cell["outputs"] = [output]
    if damage == "nameless" and all(score for score in known.values()):
        for cell in notebook["cells"]:
            cell["metadata"] = {}
    if damage == "format":
        notebook["nbformat"] = 99
    text = json.dumps(notebook, ensure_ascii=False)
    encoding = "latin-1" if damage == "latin-1" and text.isascii() else "utf-8"
    return text.encode(encoding), known


def hand_in(
    export: Path, assignment: str, count: int, course: Path
) -> Iterator[tuple[str, dict[str, float | None]]]:
    """Write an export of Moodle's form; yield each student and what is known of them."""
    asked = exercises(assignment, course)
    release, source = (
        json.loads((course / kind / assignment / f"{assignment}.ipynb").read_text("utf-8"))
        for kind in ("release", "source")
    )
    rng = random.Random(0)  # noqa: S311 (a class that is the same every time)
    for number in range(1000, 1000 + count):
        folder = export / f"Student_{number}_assignsubmission_file"
        folder.mkdir(parents=True)
        content, known = answered(release, source, asked, rng)
        (folder / f"{assignment}.ipynb").write_bytes(content)
        yield f"Student-{number}", known


def memory_of(session: int) -> int:
    """Return the KiB of the grader and its processes, without the students' behind their walls."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            numbers = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(numbers[3]) == session:
            total += int(numbers[21]) * resource.getpagesize() // 1024
    return total


def run(command: list[str], stop_at: tuple[Path, int] | None = None) -> int:
    """Run a step; with ``stop_at``, kill it when a folder has so many files. Return peak KiB."""
    process = subprocess.Popen(command, start_new_session=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        if stop_at is not None and len(list(stop_at[0].glob("*.json"))) >= stop_at[1]:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.2)
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{' '.join(command)} failed")
    return peak


def _cpu() -> float:
    """Return the processor time of all processes that ended and were waited for."""
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ours.ru_utime + ours.ru_stime


def main() -> int:
    """Print seconds per submission and memory; 1 if a score is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--assignment", default="momentum")
    parser.add_argument("--course", type=Path, default=EXERCISES)
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        into, export = folder / "class", folder / "export"
        known = dict(hand_in(export, options.assignment, options.submissions, options.course))
        base = [sys.executable, "-m", "classroom"]
        where = ["--course", str(options.course), "--class", str(into), "--quiet"]
        run([*base, "collect", options.assignment, str(export), *where])
        ledger = Ledger(into, options.assignment)
        command = [*base, "grade", options.assignment, "--jobs", str(options.jobs), *where]
        start = time.monotonic()
        records = ledger.folder / "records"
        half = run(command, (records, options.submissions // 2))
        kept = {path: path.stat().st_mtime_ns for path in records.glob("*.json")}
        used = _cpu()
        whole = run(command)
        used, seconds = _cpu() - used, time.monotonic() - start
        again = [path for path, when in kept.items() if path.stat().st_mtime_ns != when]
        wrong = list(_differences(ledger, known))
    count = len(known)
    print(f"{count} submissions of {options.assignment}, {options.jobs} processes")
    # A machine that does other things as well takes longer.
    print(f"{seconds / count:.2f} s a submission; load average {os.getloadavg()[1]:.1f}")
    left = max(count - len(kept), 1)
    print(f"{used / left:.2f} s of processor for each of the {left} left, without students' code")
    print(f"killed after {len(kept)}; of these {len(again)} were graded again")
    print(
        f"memory of its processes: {half // 1024} MB at most until killed, then {whole // 1024} MB"
    )
    print(f"{count - len(wrong)} of {count} have the scores that are known of them")
    print(*wrong, sep="\n")
    return bool(wrong or again)


def _differences(ledger: Ledger, known: dict[str, dict[str, float | None]]) -> Iterator[str]:
    for student, scores in known.items():
        record = ledger.record(student)
        if record is None:
            yield f"{student} has no record"
            continue
        found = {row["name"]: row["score"] for row in record["exercises"] if row["name"] in scores}
        if found != scores:
            yield f"{student}: {found}, expected {scores}: {record['reason']}"


if __name__ == "__main__":
    sys.exit(main())
