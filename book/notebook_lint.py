"""Check the form of chapters: what a comparison of outputs cannot see.

    python -m book.notebook_lint chapters/adam.ipynb ...

nbval executes a chapter again and compares text. It does not mind a cell that was run out of
order, a figure that nobody can read aloud, or a mark that tells it to look away; this does.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import nbformat.v4
from nbformat import NotebookNode

from book.notebooks import WIDGET_VIEW

LARGEST_FILE = 1_500_000  # bytes; a page must open on a phone
SHORTEST_ALT = 30  # characters; "a plot" tells nothing

IMAGE_TYPES = {"image/png", "image/jpeg", "image/svg+xml"}
# Tags and comments that make the build or nbval accept an error or skip a comparison.
LOOK_AWAY_TAG = re.compile(r"nbval-.*|raises-exception|skip-execution|ignore-output")
LOOK_AWAY_COMMENT = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE_)")

# These differ from machine to machine or from run to run.
LOCAL_PATH = re.compile(r"(?<![\w.])(/home/|/root/|/Users/|/tmp/|/var/folders/|[A-Z]:\\Users)")
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
# A column without a name in the head of a Markdown table: a screen reader has nothing to say.
NAMELESS_COLUMN = re.compile(r"^\|(?:.*(?<!\\)\|)? *\|.*\n\|[ :|-]+$", re.MULTILINE)
OTHER_HOST = re.compile(r"""\b(src|href)\s*=\s*["']?(https?:)?//""")
# Where a block of Markdown begins or ends: its fence, and what the block is called.
FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,}|:{3,})(?P<name>.*)")
DIRECTIVE = re.compile(r"\{(?!code|literalinclude|math)[\w:-]+\}.*")  # with Markdown in it
# What a reader must never see as it stands: a role, or the beginning of a directive.
RAW_MARKUP = re.compile(r"\{[\w:-]+\}`|(?:`{3}|:{3})\{")
# A statement of Python that stands where prose should, from a cell that was cut in two.
STRAY_CODE = re.compile(r"[a-z_]\w*(?:\.\w+)+\(.*\)|import \w[\w., ]*|from [\w.]+ import .+")


def faults(notebook: NotebookNode) -> list[str]:
    """Return what is wrong with a notebook, a sentence for each fault."""
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        return ["has cells without an id of their own"]  # validation would repair that, silently
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"is not a valid notebook: {error.message}"]
    found = list(metadata_faults(notebook))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"was not executed in order from the top: its counts are {counts}")
    # A notebook either captions its pictures or does not.
    captioned = any("figure" in cell.metadata.get("mystnb", {}) for cell in code)
    for position, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "markdown":
            continue
        if NAMELESS_COLUMN.search(cell.source):
            found.append(f"cell {position} has a table with a column without a name")
        found += [f"cell {position} {fault}" for fault in markup_faults(cell.source)]
    for position, cell in enumerate(code, start=1):
        more = figure_faults(cell) if captioned else ()
        for fault in (*source_faults(cell), *output_faults(cell), *more):
            found.append(f"code cell {position} {fault}")
    return found


def metadata_faults(notebook: NotebookNode) -> Iterator[str]:
    """Find widget state, pairing, and permission to fail in a notebook's own metadata."""
    for key, reason in {
        "widgets": "stores widget state",
        "jupytext": "is paired with a copy",
    }.items():
        if key in notebook.metadata:
            yield reason
    if "allow_errors" in str(notebook.metadata):
        yield "allows errors"


def markup_faults(markdown: str) -> Iterator[str]:
    """Find in Markdown what the page would show raw: fences that do not pair, code among prose.

    A fence too many turns everything around: the text behind it becomes a block of code, with its
    references and folds unread. No error is raised, and outputs compare as before.
    """
    mark, name, body = "", "", list[str]()  # of the block that is open, if one is
    for line in markdown.splitlines():
        fence = FENCE.fullmatch(line)
        if not mark and fence:
            mark, name, body = fence["mark"], fence["name"].strip(), []
        elif not mark:
            if STRAY_CODE.fullmatch(line):
                yield f"shows code as prose: {line}"
        elif fence and fence["mark"].startswith(mark) and not fence["name"].strip():
            if DIRECTIVE.fullmatch(name):
                yield from markup_faults("\n".join(body))
            elif raw := RAW_MARKUP.search("\n".join(body)):
                yield f"shows a block of code with {raw.group()} in it, which is markup"
            mark = ""
        else:
            body.append(line)
    if mark:
        yield f"has a block that nothing closes: {mark}{name}"


def source_faults(cell: NotebookNode) -> Iterator[str]:
    """Find what in a code cell's source or tags silences a check."""
    if not cell.source.strip():
        yield "is empty"
    if LOOK_AWAY_COMMENT.search(cell.source):
        yield "has a comment that silences a check"
    for tag in cell.metadata.get("tags", []):
        if LOOK_AWAY_TAG.fullmatch(tag):
            yield f"has the tag {tag}"
    if "execution" in cell.metadata:
        yield "stores times of execution"


def output_faults(cell: NotebookNode) -> Iterator[str]:
    """Find errors, warnings, unreadable figures and local traces in a code cell's outputs."""
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"ends in {output.ename}"
        if output.get("name") == "stderr":
            yield f"prints to stderr: {output.text.strip()[:80]}"
        data = output.get("data", {})
        if WIDGET_VIEW in data:
            yield "stores a widget view"
        if IMAGE_TYPES & data.keys():
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt) < SHORTEST_ALT:
                yield f"shows a figure without a description (mystnb.image.alt is {alt!r})"
        texts = [output.get("text", ""), *(data[kind] for kind in data if kind.startswith("text/"))]
        for text in texts:
            if match := LOCAL_PATH.search(text) or ADDRESS.search(text):
                yield f"shows {match.group()}, which differs on other machines"
            if OTHER_HOST.search(text):
                yield "loads something from another host"
        if NAMELESS_COLUMN.search(data.get("text/markdown", "")):
            yield "shows a table with a column without a name"


def figure_faults(cell: NotebookNode) -> Iterator[str]:
    """Find what a picture lacks that has a number and a caption, in a notebook with captions."""
    shown = [output.data for output in cell.outputs if "data" in output]
    pictured = any(IMAGE_TYPES & data.keys() for data in shown)
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if figure and not pictured:
        yield "has a caption (mystnb.figure) and shows no picture"
    if figure and len(shown) > 1:
        yield f"has a caption and shows {len(shown)} things, each of which would be that figure"
    if pictured:
        for key in ("name", "caption"):
            if not figure.get(key, "").strip():
                yield f"shows a picture without mystnb.figure.{key}, which others here have"


def file_faults(path: Path) -> list[str]:
    """Return what is wrong with a notebook file."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.v4.reads(text)
    found = faults(notebook)
    if len(text.encode()) > LARGEST_FILE:
        found.append(f"has {len(text.encode())} bytes; at most {LARGEST_FILE}")
    if text != nbformat.writes(notebook).rstrip("\n") + "\n":
        found.append("was not written by `make notebooks`")
    copies = [path.with_suffix(suffix) for suffix in (".py", ".md", ".myst")]
    found += [f"has a copy beside it: {copy.name}" for copy in copies if copy.exists()]
    return found


def main() -> int:
    """Check the notebooks that the command line names; 1 if any has a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    found = [
        f"{path}: {fault}" for path in parser.parse_args().notebooks for fault in file_faults(path)
    ]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
