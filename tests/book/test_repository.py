"""Committed files speak of the project alone, the locks lock, and the README tells the truth."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sphinxcontrib import katex

from book.extensions import formulas

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements" / f"{name}.txt" for name in ("book", "test", "classroom", "parity")]

# An absolute path in somebody's home.
HOME = re.compile(r"(?<![\w.~}-])/(?:home|Users|root)/\w+")
# An option or a key that says where packages come from: that is for the machine to know.
SOURCE = re.compile(
    r"(?<!no-emit-)(?:extra-)?index-url|--index\b|find-links|trusted-host"
    r"|\bregistry\s*=|\"resolved\"\s*:|@\s*(?:git\+)?https?://"
)
SETTINGS = {".cfg", ".ini", ".json", ".lock", ".toml", ".txt", ".yaml", ".yml", ""}
TEXT = {".bib", ".cfg", ".cff", ".css", ".html", ".ipynb", ".js", ".json", ".md", ".mjs", ".py"} | {
    ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml", ""
}  # fmt: skip


def committed_files():
    """Every file of the repository, and those not yet added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.splitlines() if (path := ROOT / name).is_file()]


def found_in_files(pattern, suffixes):
    """What a pattern finds in the committed files of some kinds: path -> matches, if any."""
    files = [path for path in committed_files() if path.suffix in suffixes]
    assert ROOT / "Makefile" in files
    found = {str(path): pattern.findall(path.read_text(encoding="utf-8")) for path in files}
    return {path: matches for path, matches in found.items() if matches}


def test_no_file_has_a_path_in_a_home():
    assert found_in_files(HOME, TEXT) == {}


def test_no_setting_says_where_packages_come_from():
    assert found_in_files(SOURCE, SETTINGS) == {}


def test_checks_of_files_catch():
    for home in ("home", "Users", "root"):
        assert HOME.findall(f'File "/{home}/ada/y.py"') == [f"/{home}/ada"]
    assert HOME.findall("a/b~/c, work/x, https://example.org/home/page, ./tests/root/x") == []
    for setting in (
        "--index-url https://example.org/simple",
        'extra-index-url = ["https://example.org"]',
        "--index https://example.org",
        "registry=https://example.org/",
        '"resolved": "https://example.org/a.tgz"',
        "a @ https://example.org/a.whl",
    ):
        assert SOURCE.search(setting), setting
    assert not SOURCE.search("uv pip compile --no-emit-index-url --find-all")


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
    # Nothing else stands there: no option, no address, no file.
    line = re.compile(r"#.*|[\w.-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [text for text in lock.splitlines() if not line.fullmatch(text)] == []
    found = pins(lock)
    assert len(found) == len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) > 50
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


def test_pytorch_without_cuda_is_the_one_that_parity_locks():
    requirements = ROOT / "requirements"
    without = (requirements / "torch-cpu.txt").read_text(encoding="utf-8")
    (line,) = [line for line in without.splitlines() if not line.startswith("#")]
    locked, _ = pins((requirements / "parity.txt").read_text(encoding="utf-8"))["torch"]
    assert re.fullmatch(rf"torch=={re.escape(locked)}( --hash=sha256:[0-9a-f]{{64}})+", line)


def test_locks_agree():
    book, test, *others = (pins(path.read_text(encoding="utf-8")) for path in LOCKS)
    assert {name: pin for name, pin in book.items() if test.get(name) != pin} == {}
    for lock in others:
        shared = lock.keys() & test.keys()
        assert {name: lock[name][0] for name in shared} == {name: test[name][0] for name in shared}


def test_jupyter_book_is_version_1():
    version, _ = pins(LOCKS[0].read_text(encoding="utf-8"))["jupyter-book"]
    assert version.startswith("1.")


def test_pins_are_read():
    lock = "# a\na-b==1.0 ; x < '3' \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\nc==2\n"
    assert pins(lock) == {"a-b": ("1.0", 2), "c": ("2", 0)}


def test_style_sheet_is_of_the_katex_that_sets_the_formulas():
    readme = (ROOT / "book" / "assets" / "katex" / "README.md").read_text(encoding="utf-8")
    assert f"`katex` {katex.katex_version}," in readme


def test_the_reading_page_sets_formulas_with_the_same_katex():
    ours = ROOT / "classroom" / "page" / "katex.min.js"
    assert ours.read_bytes() == Path(katex.__file__).with_name("katex.min.js").read_bytes()


def test_node_for_the_formulas_comes_with_the_lock():
    assert formulas.NODE.is_file()


README_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_python_in_the_readme_runs(tmp_path):
    blocks = README_BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        # As a reader runs it, from elsewhere; a warning would be an error to them too.
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        picture = re.search(r'savefig\("(.*?)"\)', block)
        assert done.stdout or (tmp_path / picture[1]).stat().st_size


def test_targets_of_the_documents_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        named = re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)
        assert "lock" in named
        assert set(named) <= targets, name
