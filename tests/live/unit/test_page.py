"""The script of a page: what is joined, and what is refused."""

import re
import subprocess
from dataclasses import replace

import pytest

from minioptim.live import figures, page
from minioptim.live.figures import DESIGNS
from minioptim.live.page import (
    FOLDER,
    TOP_LEVEL,
    LinkError,
    kit,
    link,
    page_script,
    style,
    widget_module,
)

from ...node import node

LARGEST = 60_000  # bytes of a page's script, before compression
LARGEST_STYLE = 6_000  # of the style sheet, which all pages share

each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)


def script_of(design):
    return page_script([design])


@each_design
def test_a_figure_is_light(design):
    assert len(script_of(design).encode()) <= LARGEST


def test_the_style_is_light():
    assert len(style().encode()) <= LARGEST_STYLE


@pytest.mark.parametrize(
    "together",
    [
        (figures.gradient_descent, figures.ceiling),
        (figures.valley, figures.momentum),
    ],
    ids=["gradient descent", "momentum"],
)
def test_a_page_with_several_figures_is_light(together):
    assert len(page_script(together).encode()) <= LARGEST


@each_design
def test_a_pages_script_has_no_imports_and_asks_for_nothing(design):
    script = script_of(design)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|eval|Function)\(", script)
    namespace = "http://www.w3.org/2000/svg"
    assert set(re.findall(r"https?://[^\"'\s]+", script + style())) <= {namespace}


@each_design
def test_what_draws_a_figure_holds_no_update_rule(design):
    # A rule is translated; a second copy by hand would begin with a class or a step of its own.
    text = (FOLDER / "figures" / f"{design.figure}.mjs").read_text()
    assert not re.search(r"^\s*(class|step\s*\()", text, re.MULTILINE)


def test_every_module_that_draws_is_joined():
    assert sorted(page.DRAWING) == sorted(f.stem for f in (FOLDER / "drawing").glob("*.mjs"))


def test_no_string_runs_over_lines_as_indentation_is_taken_away():
    for file in FOLDER.rglob("*.mjs"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            # A comment may quote one name or an apostrophe; code may not leave a quote open.
            code = re.sub(r"^\s*(//|/?\*).*", "", line)
            assert code.count("`") % 2 == 0, f"{file.name}:{number}"


def test_every_drawing_has_a_design_and_every_design_a_drawing():
    drawn = {file.stem for file in (FOLDER / "figures").glob("*.mjs")}
    assert {design.figure for design in DESIGNS} == drawn


def test_all_figures_fit_on_one_page():
    assert page_script(DESIGNS)


def test_the_widget_is_the_same_text_as_an_es_module():
    design = DESIGNS[0]
    module = widget_module([design])
    assert module.splitlines()[-1].startswith("export default {render")
    assert module.startswith(kit([design]))
    assert kit([design]) in script_of(design)


def test_modules_are_joined_without_what_joins_them():
    modules = {
        "a": "// why\nexport const one = 1; // and what\nexport function two() {\n  return 2;\n}\n",
        "figures/b": 'import { one, two } from "../drawing/a.mjs";\nconst c = one + two();\n',
    }
    assert link(modules) == ("const one=1;\nfunction two(){return 2;}\nconst c=one+two();\n")


def test_what_nothing_names_is_left_out_and_what_only_that_names():
    modules = {
        "a": "export const one = 1;\nexport const two = 2;\n/** two */\nexport const three = 3;\n",
        # A comment keeps its line, and what follows it begins one as a definition does.
        "b": "function own() {\n  f(); // it's so\n  const four = one;\n  return four;\n}\n"
        "function other() {\n  return two;\n}\n",
    }
    own = link(modules, ["own"])
    assert own == "const one=1;\nfunction own(){f();// it's so\nconst four=one;return four;}\n"
    assert link(modules, ["other", "three"]).count("\n") == 3
    assert link(modules, []).strip() == ""
    assert link(modules, ["own", "other", "three"]) == link(modules)


@each_design
def test_a_pages_script_brings_all_that_it_names_and_nothing_else(design):
    script = script_of(design)
    kept = {name for name in TOP_LEVEL.findall(script) if name != "kit"}
    asked = [design.figure, *page.ASKED]
    modules = page.modules_of([design.figure])
    for name in kept - set(asked):
        assert len(re.findall(rf"\b{name}\b", script)) > 1, name
    left = set(TOP_LEVEL.findall(page.EXPORT.sub("", "\n".join(modules.values())))) - kept
    for name in left:  # as a function or a value of the page; not as a key or a variable of its own
        assert not re.search(rf"(?<![\w.$]){name}\(", script), name


WRITTEN = """\
function answer() {
  let a = 1;
  if (a > 2) a = 3;
  else
    a += 4;
  const b = [
    a - -2,
    a + +a,
    a / 2,
  ]
    .map((x) => x - 1.0)
    .filter(async (x) => x > 0.5 && "1.0")
    .join(" + ");
  const c = `${b} / ${a}`; // and what isn't taken away
  return c;
}
// the page's
console.log(answer());
"""


def test_what_is_joined_still_says_the_same():
    text = link({"a": WRITTEN})
    assert len(text.splitlines()) == 3  # a comment that may be part of a text ends its line
    done = subprocess.run([node(), "-e", text], capture_output=True, text=True, check=True)
    assert done.stdout == "6 + 9 + 1.5 / 5\n"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a": 'import { x } from "./b.mjs";\n', "b": "export const x = 1;\n"}, "not come before"),
        ({"b": "export const x = 1;\n", "a": 'import { y } from "./b.mjs";\n'}, r"\['y'\].*b does"),
        ({"b": "const x = 1;\n", "a": 'import { x } from "./b.mjs";\n'}, r"\['x'\].*b does"),
        ({"a": "const x = 1;\n", "b": "function x() {}\n"}, "b and a both define x"),
        ({"a": 'import x from "./b.mjs";\n'}, "cannot be joined: import x"),
        ({"a": "export default 3;\n"}, "cannot be joined: export default"),
        ({"a": 'export { x } from "./b.mjs";\n'}, "cannot be joined: export"),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(modules, message):
    with pytest.raises(LinkError, match=message):
        link(modules)


@pytest.mark.parametrize("name", ["no_such", "../drawing/mount", ""])
def test_an_unknown_figure_is_refused_by_its_name(name):
    with pytest.raises(ValueError, match="figures must name modules of the package, got"):
        page_script([replace(DESIGNS[0], figure=name)])
