"""The libraries' code that the chapters show runs, and prints what its comments say."""

import json
import re
import subprocess
import sys
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


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in blocks()])
def test_code_shown_in_a_chapter_prints_what_it_says(code: str) -> None:
    promised = PRINTED.findall(code)
    assert promised, "a block of code in a chapter says what it prints, '# prints 1.23'"
    # Each block in a process of its own, as a reader would run it; the back end that Keras takes
    # is the machine's business, and PyTorch is there.
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"KERAS_BACKEND": "torch", "PATH": "", "JAX_PLATFORMS": "cpu"},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split("\n")[:-1] == promised


def test_the_blocks_are_found() -> None:
    assert len(blocks()) >= 4
