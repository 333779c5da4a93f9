"""The libraries' code that the chapters show runs, and prints what its comments say."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).parents[2] / "chapters"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PRINTED = re.compile(r"# prints (.+)$", re.MULTILINE)


def blocks() -> list[tuple[str, str]]:
    """Return (chapter and number, code) of each block of Python in the chapters' prose."""
    found = []
    for path in sorted(CHAPTERS.glob("**/*.ipynb")):
        name = path.relative_to(CHAPTERS).with_suffix("")
        prose = "\n\n".join(
            "".join(cell["source"])
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "markdown"
        )
        found += [(f"{name}-{n}", code) for n, code in enumerate(BLOCK.findall(prose), 1)]
    return found


# PyTorch and Keras take seconds to import. So a process imports them and nothing more, and runs
# each block in a fork of itself, which is as new as a process of its own. What a block has to
# import it must import all the same: a fork has no names.
FORKS = """
import importlib, json, os, sys, traceback
for name in sys.argv[1:]:
    importlib.import_module(name)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitpid(child, 0)[1], flush=True)
        continue
    for number, path in ((1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    failed = 0
    try:
        exec(asked["code"], {"__name__": "__main__"})
    except BaseException:
        traceback.print_exc()
        failed = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(failed)
"""
# The back end that Keras takes is the machine's business, and PyTorch is there.
ENVIRONMENT = {"KERAS_BACKEND": "torch", "PATH": "", "JAX_PLATFORMS": "cpu"}
# PyTorch's optimizers import its compiler at their first step. Keras, on this back end, has both.
SLOW = {"keras": ("torch._dynamo", "keras"), "torch": ("torch._dynamo",)}


@pytest.fixture(scope="session")
def forks() -> Iterator[Callable[[str, Path], tuple[int, str, str]]]:
    """Return what runs a block as a reader would, and tells its exit, output and errors."""
    running: dict[tuple[str, ...], subprocess.Popen[str]] = {}

    def run(code: str, folder: Path) -> tuple[int, str, str]:
        # JAX starts threads, which a fork would be without: those who use it import it themselves.
        used = next((names for name, names in SLOW.items() if f"import {name}" in code), ())
        if used not in running:
            running[used] = subprocess.Popen(
                [sys.executable, "-c", FORKS, *used],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=ENVIRONMENT,
            )
        process = running[used]
        assert process.stdin is not None
        assert process.stdout is not None
        out, err = folder / "out", folder / "err"
        print(json.dumps({"code": code, "out": str(out), "err": str(err)}), file=process.stdin)
        process.stdin.flush()
        exit_status = int(process.stdout.readline())
        return exit_status, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    yield run
    for process in running.values():
        process.communicate()


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in blocks()])
def test_code_shown_in_a_chapter_prints_what_it_says(
    code: str, forks: Callable[[str, Path], tuple[int, str, str]], tmp_path: Path
) -> None:
    promised = PRINTED.findall(code)
    assert promised, "a block of code in a chapter says what it prints, '# prints 1.23'"
    exit_status, out, err = forks(code, tmp_path)
    assert exit_status == 0, err
    assert out.split("\n")[:-1] == promised


def test_the_blocks_are_found() -> None:
    assert len(blocks()) >= 4
