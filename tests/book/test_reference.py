"""Every public name of the package stands in its reference, and leads to where it is explained."""

import importlib
import inspect
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import minioptim
from book import pages as site_pages
from book.extensions import reference
from minioptim.rules import RULES

from ..node import node

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("api/*.md"))
DESCRIBED = reference.modules_described(ROOT)

# What runs a rule and what draws a figure is for who changes the package, and may change with it.
INSIDE = {
    "minioptim.engines": "the loops behind `minimize`; the translation to JavaScript is described",
    "minioptim.live": "how a figure is made for a page; its design and the figures are described",
}


def modules():
    """The public modules of the package, and the package itself."""
    walked = pkgutil.walk_packages(minioptim.__path__, "minioptim.")
    names = [module.name for module in walked]
    return ["minioptim", *(n for n in names if not any(p.startswith("_") for p in n.split(".")))]


def expected(name):
    """Return what a reader may look up of a module: its __all__, else all that it defines.

    Of a module inside a package that has an __all__, it is what this one lists.
    """
    module = importlib.import_module(name)
    if hasattr(module, "__all__"):
        return module.__all__
    packages = reference.above(name)[1:-1]
    inside = any(name.startswith(part) for part in INSIDE) or any(map(reference.exported, packages))
    return [
        each
        for each, value in vars(module).items()
        if not inside
        and not each.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
    ]


def described():
    """Return what the pages describe: path -> value."""
    found = [one for module in DESCRIBED for one in reference.entries(module, DESCRIBED)]
    return {one.path: one.value for one in found}


def absent(names, values):
    """Return the names, as (module, name), of which no value is described."""
    there = {id(value) for value in values}
    return [
        (module, name)
        for module, name in names
        if id(value := getattr(importlib.import_module(module), name)) not in there
        and not (inspect.ismodule(value) and value.__name__ in DESCRIBED)
    ]


NAMES = [(module, name) for module in modules() for name in expected(module)]


def test_every_public_name_is_on_a_page():
    assert len(NAMES) > 200
    assert absent(NAMES, described().values()) == []


def test_a_name_that_is_missing_is_noticed():
    values = [value for path, value in described().items() if path != "minioptim.Adam"]
    assert ("minioptim", "Adam") in absent(NAMES, values)


def test_every_name_is_described_once():
    paths = [one.path for m in DESCRIBED for one in reference.entries(m, DESCRIBED)]
    assert sorted(set(paths)) == sorted(paths)
    assert sorted(set(DESCRIBED)) == sorted(DESCRIBED)


def test_every_name_has_a_line_of_its_own():
    entries = [one for module in DESCRIBED for one in reference.entries(module, DESCRIBED)]
    assert [one.path for one in entries if not reference.first_sentence(one.said)] == []


def test_every_page_is_in_the_contents_and_in_the_overview():
    contents = site_pages.pages(ROOT / "_toc.yml")
    overview = (ROOT / "api.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"api/{page.stem}" in contents
        assert f"```{{api-names}} api/{page.stem}\n" in overview
        assert f"(api/{page.stem}.md)" in overview


def test_every_rule_leads_to_a_page_of_the_book():
    pages = reference.chapters(ROOT)
    without = [r.__name__ for r in RULES if not reference.explained(pages, r.__name__)]
    assert without == []


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("GradientDescent", "chapters/gradient_descent"),
        ("Adam", "chapters/adam"),
        ("AdaMax", "chapters/further/adam"),
        ("Nesterov", "chapters/nesterov"),
        ("WarmUp", "chapters/long_runs"),
        ("ewma", "chapters/moving_averages"),
    ],
)
def test_a_rule_leads_to_the_chapter_that_shows_its_code(name, page):
    assert f"</{page}>" in reference.explained(reference.chapters(ROOT), name)


BLOCK = re.compile(r"^```(python|bash|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"# (\w+\.py)\n")


def blocks(page):
    """Return the code on a page, and what it prints: (kind, text) in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda page: page.stem)
def test_code_on_a_page_prints_what_the_page_says(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    names, printed = {"__name__": "__main__"}, ""
    for kind, text in blocks(page):
        if kind == "text":
            assert printed == text
            printed = ""
            continue
        assert printed == "", "say on the page what is printed"
        if file := FILE.match(text):
            (tmp_path / file[1]).write_text(text, encoding="utf-8")
        elif kind == "python":
            exec(text, names)  # noqa: S102
            printed = capsys.readouterr().out
        else:
            printed = command(text, tmp_path)
    assert printed == "", "say on the page what is printed"


def command(text, folder):
    """Return what a command prints that runs this Python, with node at hand."""
    program, *arguments = shlex.split(text)
    assert program == "python"
    path = os.pathsep.join([str(Path(node()).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout
