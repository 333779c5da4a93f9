"""Chapters are in the form that the course promises, and the guards of that form do catch."""

import copy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book import notebook_lint, notebooks
from book import pages as site_pages

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(ROOT.glob("chapters/**/*.ipynb"))


# --- The chapters -------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_chapter_has_no_fault(path):
    assert notebook_lint.file_faults(path) == []


def test_table_of_contents_names_each_chapter_and_no_other():
    named = {page for page in site_pages.pages(ROOT / "_toc.yml") if page.startswith("chapters/")}
    pages = [*CHAPTERS, *ROOT.glob("chapters/*.md")]
    assert named == {str(path.relative_to(ROOT).with_suffix("")) for path in pages}


# --- A notebook to tamper with ------------------------------------------------


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A notebook of three cells, as the writer leaves it."""
    path = tmp_path_factory.mktemp("written") / "good.ipynb"
    cells = [new_code_cell("x = 2"), new_code_cell("print(x + 1)"), new_code_cell("x * 2")]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Good"), *cells]), path)
    assert notebooks.renew(path, cell_timeout=60) is None
    return path


@pytest.fixture
def good(written):
    return nbformat.read(written, as_version=4)


def test_what_the_writer_leaves_has_no_fault(written):
    assert notebook_lint.file_faults(written) == []


# --- The lint catches ---------------------------------------------------------


def skip_count(cells):
    cells[2].execution_count = 7


def forget_execution(cells):
    cells[2].update(outputs=[], execution_count=None)


def store_error(cells):
    cells[3].outputs = [new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])]


def store_warning(cells):
    cells[1].outputs = [new_output("stream", name="stderr", text="RuntimeWarning: overflow")]


def show_figure(cells, alt):
    cells[3].outputs = [new_output("display_data", {"image/png": "aGk=\n"})]
    cells[3].metadata["mystnb"] = {"image": {"alt": alt}}


def caption(cells, **figure):
    """Show a picture in two cells, and caption that of the second."""
    for cell in cells[2:4]:
        cell.outputs = [new_output("display_data", {"image/png": "aGk=\n"})]
        cell.metadata["mystnb"] = {"image": {"alt": "A line that goes up to the right."}}
    cells[2].metadata.mystnb["figure"] = {"name": "fig-one", "caption": "A line."}
    if figure:
        cells[3].metadata.mystnb["figure"] = figure


def caption_two_things(cells):
    caption(cells, name="fig-two", caption="Another.")
    cells[3].outputs.append(new_output("display_data", {"text/plain": "3"}))


def caption_nothing(cells):
    caption(cells, name="fig-two", caption="Another.")
    cells[3].outputs = []


def show_widget(cells):
    view = {notebooks.WIDGET_VIEW: {"model_id": "1"}}
    cells[3].outputs = [new_output("display_data", view)]


def show_html(cells, html):
    cells[3].outputs = [new_output("display_data", {"text/html": html})]


def show_text(cells, text):
    cells[3].outputs = [new_output("stream", name="stdout", text=text)]


FOLD = "```{dropdown} **Decide.**\nThink.\n```"
NAMELESS = "| | along |\n|---|---|\n| x | 1 |"


def write_nameless_column(cells):
    cells[0].source += f"\n\n{NAMELESS}"


def write(cells, text):
    cells[0].source += f"\n\n{text}"


def show_nameless_column(cells):
    cells[3].outputs = [new_output("display_data", {"text/markdown": NAMELESS})]


def tag(cells, name):
    cells[3].metadata["tags"] = [name]


FAULTS = {
    "count": (skip_count, "counts are [1, 7, 3]"),
    "not executed": (forget_execution, "counts are [1, None, 3]"),
    "error": (store_error, "ends in ZeroDivisionError"),
    "warning": (store_warning, "prints to stderr"),
    "no description": (lambda cells: show_figure(cells, ""), "figure without a description"),
    "poor description": (lambda cells: show_figure(cells, "plot"), "figure without a description"),
    "no caption": (caption, "without mystnb.figure.caption"),
    "no name": (lambda cells: caption(cells, caption="A line."), "without mystnb.figure.name"),
    "two things": (caption_two_things, "shows 2 things"),
    "no picture": (caption_nothing, "shows no picture"),
    "widget view": (show_widget, "widget view"),
    "other host": (
        lambda cells: show_html(cells, "<script src='https://x.invalid/a.js'></script>"),
        "another host",
    ),
    "path": (lambda cells: show_text(cells, "/home/" + "ada/course/x.npz"), "on other machines"),
    "address": (lambda cells: show_text(cells, "<f at 0x7f3bc1240fe0>"), "on other machines"),
    "nameless column": (write_nameless_column, "has a table with a column without a name"),
    "fence too many": (
        lambda cells: write(cells, f"plt.show()\n```\n\nSee {{numref}}`fig-a`.\n\n{FOLD}"),
        "a block of code with {numref}` in it",
    ),
    "fence too many in a fold": (
        lambda cells: write(cells, f"````{{dropdown}} **Why?**\n```\nBy (1).\n{FOLD}\n````"),
        "a block of code with ```{ in it",
    ),
    "fence too few": (lambda cells: write(cells, FOLD[:-4]), "a block that nothing closes"),
    "code as prose": (lambda cells: write(cells, "plt.show()"), "code as prose: plt.show()"),
    "code as prose in a fold": (
        lambda cells: write(cells, FOLD.replace("Think.", "import numpy as np")),
        "code as prose: import numpy",
    ),
    "shown nameless": (show_nameless_column, "shows a table with a column without a name"),
    "look-away tag": (lambda cells: tag(cells, "nbval-ignore-output"), "nbval-ignore-output"),
    "error tag": (lambda cells: tag(cells, "raises-exception"), "raises-exception"),
    "look-away comment": (
        lambda cells: cells[3].update(source="# NBVAL" + "_IGNORE_OUTPUT\nx"),
        "silences a check",
    ),
    "empty cell": (lambda cells: cells[3].update(source=""), "is empty"),
    "times": (lambda cells: cells[3].metadata.update(execution={}), "times of execution"),
    "twice the same id": (lambda cells: cells[3].update(id=cells[2].id), "id of their own"),
    "unknown kind of cell": (lambda cells: cells[3].update(cell_type="poem"), "not a valid"),
}


def test_lint_lets_pass_what_has_captions_throughout_or_none(good):
    show_figure(good.cells, "A line that goes up to the right.")
    assert notebook_lint.faults(good) == []
    caption(good.cells, name="fig-two", caption="Another.")
    assert notebook_lint.faults(good) == []


@pytest.mark.parametrize("head", ["| steps | rule |", r"| rule | largest \|x\| | y |"])
def test_lint_lets_pass_columns_that_have_names(head, good):
    columns = head.replace(r"\|", "").count("|") - 1
    good.cells[0].source += f"\n\n{head}\n{'|---' * columns}|\n{'| 1 ' * columns}|\n| | 2 |"
    assert notebook_lint.faults(good) == []


@pytest.mark.parametrize(
    "text",
    [
        FOLD,
        f"````{{grid}} 2\n{FOLD}\n````",
        f":::{{grid-item}}\n{FOLD}\n:::",
        "```python\nplt.show()\n```",
        "```{code-block} python\nplt.show()\n```",
        "See {numref}`fig-a`, where `plt.show()` draws.",
        "```text\n{a: 1}\n```",
    ],
)
def test_lint_lets_pass_markup_that_the_page_reads(text, good):
    write(good.cells, text)
    assert notebook_lint.faults(good) == []


@pytest.mark.parametrize("name", FAULTS)
def test_lint_catches(name, good):
    damage, message = FAULTS[name]
    damage(good.cells)
    assert [fault for fault in notebook_lint.faults(good) if message in fault]


@pytest.mark.parametrize(
    ("key", "message"),
    [("widgets", "widget state"), ("jupytext", "copy"), ("allow_errors", "allows errors")],
)
def test_lint_catches_notebook_metadata(key, message, good):
    good.metadata[key] = {}
    assert [fault for fault in notebook_lint.faults(good) if message in fault]


def test_lint_catches_a_file_that_another_program_wrote(good, tmp_path):
    path = tmp_path / "other.ipynb"
    path.write_text(nbformat.writes(good, indent=4), encoding="utf-8")
    assert notebook_lint.file_faults(path) == ["was not written by `make notebooks`"]


def test_lint_catches_a_paired_copy_and_a_huge_file(written, tmp_path, monkeypatch):
    path = tmp_path / "twin.ipynb"
    path.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
    path.with_suffix(".py").touch()
    monkeypatch.setattr(notebook_lint, "LARGEST_FILE", 100)
    size, pair = notebook_lint.file_faults(path)
    assert "at most 100" in size
    assert "twin.py" in pair


# --- nbval catches ------------------------------------------------------------


def change_stream(cells):
    cells[2].outputs[0].text = "4\n"


def change_result(cells):
    cells[3].outputs[0].data["text/plain"] = "5"


def drop_output(cells):
    cells[2].outputs = []


def invent_output(cells):
    cells[1].outputs = [new_output("stream", name="stdout", text="hello\n")]


def fail_as_stored(cells):
    store_error(cells)
    cells[3].source = "1 / 0"


TAMPERED = [change_stream, change_result, drop_output, invent_output, fail_as_stored]


def test_nbval_fails_tampered_notebooks_and_passes_the_good_one(good, tmp_path):
    nbformat.write(good, tmp_path / "good.ipynb")
    for damage in TAMPERED:
        tampered = copy.deepcopy(good)
        damage(tampered.cells)
        nbformat.write(tampered, tmp_path / f"{damage.__name__}.ipynb")
    report = tmp_path / "report.xml"
    # Another process, because pytest cannot run inside pytest with other plugins.
    pytest_alone = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    subprocess.run(
        [*pytest_alone, "--nbval", "--nbval-current-env", "--junitxml", report, tmp_path],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        timeout=300,
    )
    cases = ElementTree.parse(report).iter("testcase")  # noqa: S314  (our own file)
    failed = {
        Path(case.get("classname")).stem for case in cases if case.find("failure") is not None
    }
    assert failed == {damage.__name__ for damage in TAMPERED}


# --- The writer ---------------------------------------------------------------


def test_writing_twice_changes_nothing(written):
    before = written.read_bytes()
    assert notebooks.renew(written, cell_timeout=60) is None
    assert written.read_bytes() == before


def test_writer_leaves_a_failing_notebook_alone(good, tmp_path):
    path = tmp_path / "failing.ipynb"
    good.cells[3].source = "1 / 0"
    nbformat.write(good, path)
    before = path.read_bytes()
    assert "ZeroDivisionError" in notebooks.renew(path, cell_timeout=60)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_writer_stops_a_cell_that_does_not_end(good, tmp_path):
    path = tmp_path / "endless.ipynb"
    good.cells[3].source = "while True: pass"
    nbformat.write(good, path)
    assert "timed out" in notebooks.renew(path, cell_timeout=1)


def test_writer_keeps_what_the_build_reads_and_strips_the_rest(good):
    good.metadata["widgets"] = {}
    good.cells[1].metadata.update(tags=["hide-input"], execution={}, collapsed=True)
    show_widget(good.cells)
    notebooks.strip(good)
    assert good.metadata == notebooks.NOTEBOOK_METADATA
    assert good.cells[1].metadata == {"tags": ["hide-input"]}
    assert good.cells[3].outputs[0].data == {}


def test_cells_keep_their_ids_and_get_one_that_is_not_taken():
    notebook = new_notebook()
    notebook.cells = [new_code_cell("x", id="mine") for _ in range(3)]
    del notebook.cells[2]["id"]
    notebooks.name_cells(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert ids[0] == "mine"
    assert len(set(ids)) == 3
