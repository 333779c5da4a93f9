"""Execute chapters and store their outputs: the one way a notebook of this book is written.

    python -m book.notebooks chapters/adam.ipynb ...

A notebook is executed from the top in a fresh kernel, stripped of what differs from run to run
or belongs to one editor, and put in place only when every cell has succeeded.
"""

import argparse
import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import nbformat
import nbformat.v4
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

KEPT_CELL_METADATA = {"mystnb", "tags"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    # Without a version: a new patch release of Python should change no notebook.
    "language_info": {"name": "python"},
}


def execute(notebook: NotebookNode, folder: Path, cell_timeout: int) -> None:
    """Run every cell, in order, in a new kernel that works in `folder`."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=cell_timeout,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        # How many messages a loop's prints arrive in is a matter of chance.
        coalesce_streams=True,
        # A kernel on this machine needs no warning that its traffic is not encrypted.
        extra_arguments=["--log-level=ERROR"],
    ).execute()


def strip(notebook: NotebookNode) -> None:
    """Keep what a reader or the build needs, so that a diff shows changes of content alone."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
        )
        for output in cell.get("outputs", []):
            # The page has no kernel to show a widget's view; the placeholder beside it stays.
            output.get("data", {}).pop(WIDGET_VIEW, None)


def drop_empty_cells(notebook: NotebookNode) -> None:
    """Remove empty code cells: they are never run, so no count or output could be asked of them."""
    notebook.cells = [
        cell for cell in notebook.cells if cell.cell_type != "code" or cell.source.strip()
    ]


def name_cells(notebook: NotebookNode) -> None:
    """Give an id to each cell without one, or with one already used; the others keep theirs."""
    used: set[str] = set()
    for cell in notebook.cells:
        if cell.get("id") in used or not cell.get("id"):
            seed = cell.source
            while (name := hashlib.sha256(seed.encode()).hexdigest()[:8]) in used:
                seed += "\n"
            cell.id = name
        used.add(cell.id)


def read(path: Path) -> NotebookNode:
    """Read a notebook as format 4.5, the first in which cells have ids."""
    # Not nbformat.read, which gives random ids to cells that lack one.
    notebook: NotebookNode = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    if notebook.nbformat != 4:
        raise ValueError(f"{path} has notebook format {notebook.nbformat}; expected 4")
    notebook.nbformat_minor = 5
    name_cells(notebook)
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Validate and put in place in one move: a crash leaves the old file whole."""
    nbformat.validate(notebook)
    draft = path.with_suffix(".draft")
    draft.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8")
    os.replace(draft, path)


def renew(path: Path, cell_timeout: int) -> str | None:
    """Execute and rewrite one notebook; return what went wrong, and then leave the file alone."""
    try:
        notebook = read(path)
        drop_empty_cells(notebook)
        execute(notebook, path.parent.resolve(), cell_timeout)
        strip(notebook)
        write(notebook, path)
    except (CellExecutionError, CellTimeoutError, nbformat.ValidationError, ValueError) as error:
        return f"{path}: {error}"
    return None


def main() -> int:
    """Renew the notebooks that the command line names; 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--cell-timeout", type=int, default=300, help="seconds for one cell")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks executed at a time")
    options = parser.parse_args()
    failed = False
    with ProcessPoolExecutor(options.jobs) as pool:
        work = partial(renew, cell_timeout=options.cell_timeout)
        for path, error in zip(options.notebooks, pool.map(work, options.notebooks), strict=True):
            print(error or f"executed {path}", file=sys.stderr if error else sys.stdout, flush=True)
            failed |= error is not None
    return failed


if __name__ == "__main__":
    sys.exit(main())
