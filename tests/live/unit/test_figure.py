"""A live figure as a notebook meets it."""

import html
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from book.extensions import live_figures
from minioptim.live import figures
from minioptim.live.controls import RESET, Button, Choice, Point, Slider, Switch, by_name
from minioptim.live.figure import PLACEHOLDER, LiveFigure
from minioptim.live.figures import DESIGNS, design_of
from minioptim.problems import Quadratic
from minioptim.problems.surfaces import Bowl
from minioptim.run import Trace

LARGEST_STILL = 100_000  # bytes: it is stored in the notebook and shown on paper

# What these programs show of a bundle: the first type that it has, of those they know.
SHOWN_BY = {
    # rendermime/src/factories.ts, by defaultRank; widget views only where the extension is.
    "JupyterLab": ("text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png"),
    # utils/base.py, display_data_priority
    "nbconvert": ("text/html", "application/pdf", "text/latex", "image/svg+xml", "image/png"),
}

each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.figure)


def declared(bundle):
    text = re.fullmatch(r"<div data-live-figure='([^']*)'>.*</div>", bundle[PLACEHOLDER])[1]
    return json.loads(html.unescape(text))


@each_design
def test_a_notebook_stores_a_placeholder_and_a_picture_for_all(design):
    bundle = design()._repr_mimebundle_()
    for program, known in SHOWN_BY.items():
        assert next(kind for kind in known if kind in bundle) == "image/png", program
    assert bundle["text/plain"] == f"LiveFigure({design.figure})"
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert len(bundle["image/png"]) < LARGEST_STILL
    said = declared(bundle)
    assert said["figure"] == said["id"] == design.figure
    assert said["rules"] == [rule.__name__ for rule in design.rules]
    assert set(said["looks"]) == set(said["rules"])


@each_design
def test_the_same_figure_gives_the_same_text(design):
    first, second = (design()._repr_mimebundle_() for _ in range(2))
    assert first[PLACEHOLDER] == second[PLACEHOLDER]


def site_in(language):
    return SimpleNamespace(config=SimpleNamespace(language=language))


def test_the_build_reads_a_stored_placeholder_as_html():
    bundle = figures.adam()._repr_mimebundle_()
    placeholder = bundle[PLACEHOLDER]
    quoted = f'what is written, "{PLACEHOLDER}": too, stays'
    outputs = [new_output("display_data", {PLACEHOLDER: placeholder})]
    notebook = new_notebook(cells=[new_code_cell(quoted, outputs=outputs)])
    source = [nbformat.writes(notebook)]
    live_figures.as_html(site_in("en"), "a page", source)
    (cell,) = nbformat.reads(source[0], as_version=4).cells
    assert cell.source == quoted
    assert cell.outputs[0].data == {"text/html": placeholder}


@each_design
def test_every_control_starts_where_it_may_stand(design):
    for name, control in by_name(design.controls).items():
        if hasattr(control, "value"):
            assert control.check(control.value) == control.value, name


@each_design
def test_python_makes_the_runs_that_the_figure_shows(design):
    traces = design().traces
    assert traces
    assert all(isinstance(trace, Trace) for trace in traces.values())


def test_values_that_are_named_are_where_the_figure_starts():
    figure = figures.gradient_descent(lr=0.2, start=(1, -1))
    assert figure.values["lr"] == 0.2
    assert figure.traces["gradient descent"].x[0].tolist() == [1, -1]
    said = {c["name"]: c.get("value") for c in declared(figure._repr_mimebundle_())["controls"]}
    assert said["lr"] == 0.2
    assert said["start"] == [1, -1]


def test_a_name_that_is_no_control_is_refused_with_the_controls():
    with pytest.raises(TypeError, match="has no control 'rate'; it has lr, condition, start"):
        figures.gradient_descent(rate=0.2)
    with pytest.raises(ValueError, match="optimum has no value to be set, got 1"):
        figures.gradient_descent(optimum=1)


@pytest.mark.parametrize(
    ("control", "value", "message"),
    [
        (Slider("lr", 0.1, low=0.0, high=1.0), 2, "lr must be a number from 0 to 1, got 2"),
        (Slider("lr", 0.1, low=0.0, high=1.0), float("nan"), "from 0 to 1, got nan"),
        (Slider("lr", 0.1, low=0.0, high=1.0), True, "from 0 to 1, got True"),
        (Slider("n", 1, low=0, high=9, whole=True), 2.5, "n must be a whole number, got 2.5"),
        (Switch("on", value=True), 1, "on must be True or False, got 1"),
        (Choice("s", "a", ("a", "b")), "c", "must be one of .*'a', 'b'.*'c'"),
        (Point("p", (0, 0), ((-1, 1), (-1, 1))), (2, 0), "p must be a point inside"),
        (Point("p", (0, 0), ((-1, 1), (-1, 1))), (0, 0, 0), "p must be a point inside"),
        (Point("p", (0, 0), ((-1, 1), (-1, 1))), "here", "p must be a point inside"),
    ],
)
def test_a_control_refuses_what_it_cannot_show(control, value, message):
    with pytest.raises(ValueError, match=message):
        control.check(value)


def test_controls_have_different_names():
    with pytest.raises(ValueError, match="controls must have different names, got"):
        by_name([RESET, Button("reset")])


def test_an_unknown_design_is_refused():
    with pytest.raises(ValueError, match="name must be one of .*got 'nothing'"):
        design_of("nothing")


def test_old_notebooks_find_the_figures_under_their_old_name():
    from minioptim.interactive import figures as as_they_were_called

    assert as_they_were_called is figures


def test_the_bowl_is_the_quadratic_that_it_says():
    bowl, quadratic = Bowl(0.5, 8.0, 0.7), Quadratic([0.5, 8.0], rotation=0.7)
    x = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(bowl.value(x), quadratic.value(x), rtol=1e-12)
    np.testing.assert_allclose(bowl.gradient(x), quadratic.gradient(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(bowl.hessian(x), quadratic.hessian(x), rtol=1e-12, atol=1e-12)


def test_figures_load_no_matplotlib_or_widgets_until_shown():
    code = (
        "import sys; from minioptim.live import figures; figures.gradient_descent(); "
        "print([m for m in ('matplotlib', 'anywidget', 'traitlets') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# --- With anywidget -----------------------------------------------------------


def test_in_a_notebook_the_traits_and_the_traces_follow_the_hand():
    pytest.importorskip("anywidget")
    figure = figures.gradient_descent()
    widget = figure.widget()
    assert widget.declaration == figure.declaration()
    widget.values = {**widget.values, "lr": 0.15, "start": [1.0, 1.0]}  # as the page's script does
    assert figure.values["lr"] == 0.15
    assert figure.traces["gradient descent"].x[0].tolist() == [1, 1]
    assert figure.widget() is widget


def test_a_widget_adds_its_view_to_the_same_placeholder():
    pytest.importorskip("anywidget")
    bundle = figures.gradient_descent()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert isinstance(figures.gradient_descent(), LiveFigure)
