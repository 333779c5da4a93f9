"""The way from the book to the graded assignments: to what is released, and to nothing else."""

import functools
import json
import re

import nbformat
import pytest

from classroom.exercise import assignments

from .test_site import CHAPTERS, FURTHER, ROOT, SITE, built, soup

pytestmark = pytest.mark.usefixtures("site")

BOX = re.compile(r"^```\{assignment\} (\w+)$", re.MULTILINE)
# A line so short may stand anywhere: `return x`, a bracket.
TELLING = 16  # characters


def boxes(page):
    """Assignments that a chapter's notebook leads to."""
    notebook = nbformat.read(ROOT / f"{page}.ipynb", as_version=4)
    return [name for cell in notebook.cells for name in BOX.findall(cell.source)]


@functools.cache
def lines(path):
    """Each line of a notebook, of code or prose."""
    cells = nbformat.read(path, as_version=4).cells
    return {line.strip() for cell in cells for line in cell.source.split("\n")}


def solution_lines():
    """Each line of a solution, of code or prose, that no student is given: assignment -> lines."""
    exercises = ROOT / "exercises"
    # What a chapter says, or a rule that it prints, or another assignment shows as given or broken
    # code, is nobody's secret.
    told = set().union(*(lines(ROOT / f"{page}.ipynb") for page in [*CHAPTERS, *FURTHER]))
    rules = (ROOT / "minioptim" / "rules" / "elementwise.py").read_text(encoding="utf-8")
    told |= {line.strip() for line in rules.splitlines()}
    told |= set().union(*(lines(path) for path in exercises.glob("release/*/*.ipynb")))
    return {
        name: {
            line
            for line in lines(exercises / "source" / name / f"{name}.ipynb") - told
            if len(line) >= TELLING
        }
        for name in assignments()
    }


def test_every_assignment_is_reached_from_one_chapter():
    reached = [name for page in CHAPTERS for name in boxes(page)]
    assert sorted(reached) == sorted(assignments())


@pytest.mark.parametrize("page", [page for page in CHAPTERS if boxes(page)])
def test_a_box_downloads_the_release_as_it_is(page):
    links = soup(built(page)).select(".assignment a.download")
    names = boxes(page)
    assert len(links) == len(names)
    for name, link in zip(names, links, strict=True):
        file = (built(page).parent / link["href"]).resolve()
        released = ROOT / "exercises" / "release" / name / f"{name}.ipynb"
        assert file.read_bytes() == released.read_bytes()


def test_there_are_solutions_to_look_for():
    assert all(len(lines) >= 5 for lines in solution_lines().values())


def test_no_line_of_a_solution_is_in_the_site_or_in_the_package():
    files = [f for f in SITE.rglob("*") if f.suffix in {".html", ".ipynb", ".md", ".js", ".txt"}]
    files += [f for f in (ROOT / "minioptim" / "checks").rglob("*") if f.suffix in {".py", ".json"}]
    # A page writes <, > and & in its own way, and puts colours between the words of code.
    texts = {}
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        texts[file] = text if file.suffix != ".html" else re.sub(r"<[^>]+>", "", text)
    markers = [str(file) for file, text in texts.items() if "BEGIN " + "SOLUTION" in text]
    assert markers == []
    notebooks = {f: t for f, t in texts.items() if f.suffix in {".ipynb", ".json"}}
    leaks = [
        (file.name, line)
        for lines in solution_lines().values()
        for line in lines
        for file, text in notebooks.items()
        if json.dumps(line)[1:-1] in text and "exercises" not in file.parts
    ]
    assert leaks == []
