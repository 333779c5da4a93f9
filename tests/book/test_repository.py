"""Committed files speak of the project alone, and the locks lock."""

import re
import subprocess
from pathlib import Path

import katex_formulas
import pytest
import quiz
from sphinxcontrib import katex

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements" / name for name in ("book.txt", "test.txt")]

# Put together from pieces, so that this file does not find itself.
REGISTRIES = ["py" + "pi.org", "files.pythonhosted" + ".org", "registry.npm" + "js"]
HOMES = ["/" + "root/", "/" + "work/", "/" + "Users/", "/" + "home/"]
TRACE = re.compile(
    "|".join(map(re.escape, REGISTRIES)) + r"|(?<![\w.~}-])(" + "|".join(HOMES) + r")\w"
)
TEXT = {".bib", ".cfg", ".cff", ".css", ".html", ".ipynb", ".js", ".json", ".md", ".mjs", ".py"} | {
    ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml", ""
}  # fmt: skip


def committed_files():
    """Every file of the repository, and those not yet added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.splitlines() if (path := ROOT / name).is_file()]


def traces(text):
    """What in a text is an address of a package registry, or a path of somebody's machine."""
    return [match.group() for match in TRACE.finditer(text)]


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    files = [path for path in committed_files() if path.suffix in TEXT]
    assert ROOT / "Makefile" in files
    found = {str(path): traces(path.read_text(encoding="utf-8")) for path in files}
    assert {path: trace for path, trace in found.items() if trace} == {}


def test_check_of_traces_catches():
    for trace in REGISTRIES:
        assert traces(f"see https://{trace}/simple") == [trace]
    for home in HOMES:
        assert traces(f'File "{home}x/y.py"') == [f"{home}x"]
    assert traces("a/b~/c, work/x, https://example.org/home/page, ./tests/root/x") == []


def pins(lock):
    """A lock's pins, as name -> (version, number of hashes)."""
    found = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock):
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", entry):
            found[match[1]] = (match[2], entry.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_has_hashes_for_every_pin(path):
    lock = path.read_text(encoding="utf-8")
    requirements = [line for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    found = pins(lock)
    assert len(found) == len(requirements) > 50
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


def test_locks_agree():
    book, test = (pins(path.read_text(encoding="utf-8")) for path in LOCKS)
    assert {name: pin for name, pin in book.items() if test.get(name) != pin} == {}


def test_jupyter_book_is_version_1():
    version, _ = pins(LOCKS[0].read_text(encoding="utf-8"))["jupyter-book"]
    assert version.startswith("1.")


def test_pins_are_read():
    lock = "# a\na-b==1.0 ; x < '3' \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\nc==2\n"
    assert pins(lock) == {"a-b": ("1.0", 2), "c": ("2", 0)}


def test_style_sheet_is_of_the_katex_that_sets_the_formulas():
    readme = (ROOT / "assets" / "katex" / "README.md").read_text(encoding="utf-8")
    assert f"`katex` {katex.katex_version}," in readme


def test_node_for_the_formulas_comes_with_the_lock():
    assert katex_formulas.NODE.is_file()


def test_quiz_leaves_html_as_it_is_where_there_is_no_formula():
    html = '<details class="quiz"><summary>(a) it costs \\$5</summary>'
    assert "".join(text for _, text in quiz.pieces(html)) == html


def test_quiz_finds_formulas_in_summaries_alone():
    html = "<p>$a$</p><summary>at $x$ or $y$</summary>"
    assert [text for kind, text in quiz.pieces(html) if kind == "math"] == ["x", "y"]
