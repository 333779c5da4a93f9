"""Run stages of the Makefile one after the other, and end with a table of what came of each.

    python tools/stages.py check site classroom+locks ...

A stage that fails does not keep the others from running. Stages with a plus between them run side
by side: one waits while the other computes. What they print goes through as it comes, of the second
of two when it has ended, and the closing lines of pytest and of node's test runner are added up.
Needs Python alone: the environments are made by the stages.
"""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

# "=== 3 failed, 12 passed, 1 skipped in 4.56s ===", with or without the rulers.
PYTEST = re.compile(r"^[= ]*(?:\d+ [a-z]+(?:, )?)+ in \d+\.\d+s\b.*$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
# What our own checks print: "6 passed, 0 failed".
PLAIN = re.compile(r"^\d+ passed, \d+ failed$")
# node --test: "# pass 41", or with another sign in front where its output is a terminal.
NODE = re.compile(r"^\S (pass|fail|skipped) (\d+)$")

FAILED = {"failed", "error", "errors", "fail"}
PASSED = {"passed", "pass"}


class Stage(NamedTuple):
    """What came of a stage."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    code: int  # what make returned

    @property
    def verdict(self) -> str:
        """Return one word for the table."""
        return "failed" if self.code else "passed"


def counts(line: str) -> list[tuple[str, int]]:
    """Return the counts in a closing line as pairs such as ("passed", 12); none if it is another.

    >>> counts("==== 1 failed, 12 passed in 4.56s ====")
    [('failed', 1), ('passed', 12)]
    >>> counts("# pass 41")
    [('pass', 41)]
    >>> counts("a line about 3 passed tests")
    []
    """
    if found := NODE.match(line):
        return [(found[1], int(found[2]))]
    if PYTEST.match(line) or PLAIN.match(line):
        return [(word, int(number)) for number, word in COUNT.findall(line)]
    return []


def run(name: str, held: list[str] | None = None) -> Stage:
    """Make a stage, let its output through or keep it in a list, and count."""
    make = os.environ.get("MAKE", "make")
    begin = time.monotonic()

    def say(text: str) -> None:
        if held is None:
            print(text, end="", flush=True)
        else:
            held.append(text)

    say(f"\n===== {name} =====\n")
    passed = failed = skipped = 0
    with subprocess.Popen(
        [make, "--no-print-directory", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            say(line)
            # Colours, where a runner uses them, are no part of a count.
            for word, number in counts(re.sub(r"\x1b\[[0-9;]*m", "", line).strip()):
                passed += number * (word in PASSED)
                failed += number * (word in FAILED)
                skipped += number * (word == "skipped")
    code = process.returncode
    # Linters and builds count nothing: one that stops its stage is one failure.
    failed = max(failed, int(code != 0))
    return Stage(name, passed, failed, skipped, time.monotonic() - begin, code)


def run_together(names: str) -> list[Stage]:
    """Run stages with a plus between them side by side; what all but the first say comes last."""
    first, *others = names.split("+")
    held: list[list[str]] = [[] for _ in others]
    with ThreadPoolExecutor(max(len(others), 1)) as pool:
        waited_for = pool.map(run, others, held)
        stages = [run(first), *waited_for]
    for text in held:
        print("".join(text), end="", flush=True)
    return stages


def table(stages: list[Stage]) -> str:
    """Return the table, and under it one line for whoever reads that alone."""
    rows = [["stage", "", "passed", "failed", "skipped", "seconds"]]
    rows += [
        [each.name, each.verdict, *map(str, each[1:4]), f"{each.seconds:.0f}"] for each in stages
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        name, verdict, *numbers = (
            cell.rjust(width) if at > 1 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([name, verdict, *numbers]))
    passed = sum(stage.passed for stage in stages)
    failed = sum(stage.failed for stage in stages)
    skipped = sum(stage.skipped for stage in stages)
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed, {skipped} skipped"])


def main(names: list[str]) -> int:
    """Run the stages; 1 if any failed."""
    stages = [stage for together in names for stage in run_together(together)]
    print(f"\n{table(stages)}", flush=True)
    return int(any(stage.code for stage in stages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
