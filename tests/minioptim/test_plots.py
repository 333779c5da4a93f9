import io
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from PIL import Image

from minioptim import plots, rules
from minioptim.plots import spreads
from minioptim.problems import SURFACES, Function, Noisy, Quadratic, Ravine, Rosenbrock
from minioptim.rules import Adam, ClippedNorm, GradientDescent, Momentum, Nesterov, Rule
from minioptim.run import Trace, minimize

from ..discovery import all_rules

RULES = all_rules()
BOWL = Function(lambda x: (x**2).sum(axis=-1) / 2, lambda x: x)


@pytest.fixture(autouse=True)
def own_style_and_no_figure_left() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("Agg")
        yield
        plt.close("all")


def drawn(ax: plt.Axes) -> plt.Axes:
    """Draw the figure in earnest: what Matplotlib cannot draw fails or warns only here."""
    ax.figure.canvas.draw()
    return ax


def line_named(ax: plt.Axes, label: str) -> mpl.lines.Line2D:
    (line,) = [line for line in ax.get_lines() if line.get_label() == label]
    return line


def of_points(x: list[list[float]]) -> Trace:
    """Return a trace through given points."""
    points = np.array(x, dtype=float)
    t = np.arange(len(points))
    return Trace(
        GradientDescent(lr=0.1), t, points[-1], np.array(False), {"x": points, "f": t * 1.0}
    )


# Looks


def test_every_rule_has_a_look_of_its_own_and_every_look_a_rule() -> None:
    assert set(plots.COLORS) == {kind.__name__ for kind in RULES}
    looks = [tuple(plots.style_of(kind).values()) for kind in RULES]
    assert len(set(plots.COLORS.values())) == len(RULES)
    assert len({look[:2] for look in looks}) == len(RULES)
    assert plots.OWN_LOOK[0] not in plots.COLORS.values()


def test_a_rule_and_its_class_look_the_same_only_the_name_counts() -> None:
    assert plots.style_of(Adam(lr=3.0)) == plots.style_of(Adam)
    assert plots.style_of(rules.SGD) == plots.style_of(GradientDescent)


def test_a_readers_own_rule_gets_the_neutral_look() -> None:
    @dataclass(frozen=True)
    class Mine(Momentum):
        pass

    assert plots.style_of(Mine())["color"] == plots.OWN_LOOK[0]


@pytest.mark.parametrize("wrong", ["Adam", int, None])
def test_what_is_no_rule_has_no_look(wrong: object) -> None:
    with pytest.raises(TypeError, match="rule must be a rule such as Adam"):
        plots.style_of(wrong)  # type: ignore[arg-type]


def linear(color: str) -> np.ndarray:
    """Return linear red, green and blue (IEC 61966-2-1, the sRGB standard)."""
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return CIELAB from linear sRGB, white D65: a distance of 2 is just seen side by side."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color
# vision deficiency, table 1, severity 1.
EYES = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}


def pictures() -> list[set[str]]:
    """Return the names of the rules in each picture of the book: those of a cell that draws.

    The race draws by lists, so its rules are those that it has results of.
    """
    race = json.loads((files("minioptim") / "data" / "race.json").read_text(encoding="utf-8"))
    found = [set(lrs) for lrs in race.values()]
    for path in (Path(__file__).parents[2] / "chapters").glob("**/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and "plots." in source:
                found.append({kind.__name__ for kind in RULES} & set(re.findall(r"\w+", source)))
    return [names for names in found if len(names) > 1]


@pytest.mark.parametrize("eye", EYES)
def test_rules_of_one_line_style_are_told_apart_by_every_eye(eye: str) -> None:
    pairs = {pair for names in pictures() for pair in itertools.combinations(sorted(names), 2)}
    assert len(pairs) > 45  # more than those of the race's ten
    for pair in pairs:
        a, b = (plots.style_of(getattr(rules, name)) for name in pair)
        if a["linestyle"] == b["linestyle"]:
            one, other = (lab(EYES[eye] @ linear(look["color"])) for look in (a, b))
            assert np.linalg.norm(one - other) > 15, pair


@pytest.mark.parametrize("eye", EYES)
def test_look_ahead_moves_differ_from_each_other_and_from_rules(eye: str) -> None:
    rules = (plots.COLORS["Momentum"], plots.COLORS["Nesterov"])
    for a, b in itertools.product((plots.JUMP, plots.CORRECTION), rules):
        assert np.linalg.norm(lab(EYES[eye] @ linear(a)) - lab(EYES[eye] @ linear(b))) > 15
    jump, correction = (lab(EYES[eye] @ linear(c)) for c in (plots.JUMP, plots.CORRECTION))
    assert np.linalg.norm(jump - correction) > 15


@pytest.mark.parametrize(
    "color", [*plots.COLORS.values(), plots.JUMP, plots.CORRECTION, plots.RESULT]
)
def test_colours_have_a_contrast_of_three_with_white(color: str) -> None:
    luminance = linear(color) @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 2.2, 1.4.11


def test_tints_start_at_the_colour_and_get_lighter() -> None:
    found = plots.tints("#0072b2", 5)
    lightness = [lab(linear(color))[0] for color in found]
    assert found[0] == "#0072b2"
    assert (np.diff(lightness) > 3).all()
    assert plots.tints("black", 0) == []


@pytest.mark.parametrize(
    ("color", "count", "error", "words"),
    [
        ("blackish", 2, ValueError, "color must be a colour that Matplotlib knows, got 'blackish'"),
        ("black", 1.5, TypeError, r"count must be a whole number, got 1\.5"),
        ("black", -1, ValueError, "count must be at least 0, got -1"),
    ],
)
def test_tints_of_no_colour_or_of_no_number_are_refused(
    color: str, count: int, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        plots.tints(color, count)


def test_the_style_is_legible_on_a_phone_and_reproducible() -> None:
    plots.use_style()
    width, _ = mpl.rcParams["figure.figsize"]
    # Of a page 360 pixels wide, 16 on either side are margin: CSS calls below 8 unreadable.
    scale = 328 / (width * mpl.rcParams["figure.dpi"])
    assert mpl.rcParams["font.size"] * mpl.rcParams["figure.dpi"] / 72 * scale > 8

    def svg() -> str:
        file = io.StringIO()
        figure, ax = plt.subplots()
        plots.path(minimize(Ravine(), Adam(lr=0.3), steps=9), plots.contours(Ravine(), ax))
        figure.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()

    assert svg() == svg()


def test_importing_the_package_loads_no_matplotlib() -> None:
    code = "import minioptim, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Labels


@pytest.mark.parametrize(
    ("rule", "run", "label"),
    [
        (GradientDescent(lr=0.1), (), "GradientDescent, lr = 0.1"),
        (GradientDescent(lr=[0.1, 1e-5]), 1, "GradientDescent, lr = 1e-05"),
        (GradientDescent(lr=[[0.1], [0.2]]), (1, 0), "GradientDescent, lr = 0.2"),
        (Momentum(lr=lambda t: 1 / t), (), "Momentum, lr(t)"),
        (Momentum(lr=0.1, momentum=[0.5, 0.9]), -1, "Momentum, lr = 0.1, momentum = 0.9"),
        (Momentum(lr=[[0.1], [0.2]], momentum=[0.5, 0.9]), (0, 1), None),
        (GradientDescent(lr=[0.1, 0.10001]), 1, "GradientDescent, lr = 0.10001"),
        (GradientDescent(lr=1 / 3), (), "GradientDescent, lr = 0.3333"),
        (GradientDescent(lr=lambda t: [0.1 / t, 0.2]), 1, "GradientDescent, lr(t), run 1"),
        (GradientDescent(lr=[0.1, 0.1, 0.2]), -2, "GradientDescent, lr = 0.1, run 1"),
    ],
)
def test_a_label_says_rule_and_learning_rate_and_what_varies(
    rule: Rule, run: plots.Run, label: str | None
) -> None:
    trace = minimize(Ravine(), rule, steps=2)
    assert plots.label_of(trace, run) == (label or "Momentum, lr = 0.1, momentum = 0.9")


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        (GradientDescent(lr=0.1), np.ones((3, 2))),
        (GradientDescent(lr=[0.1, 0.2]), np.ones((3, 1, 2))),
        (GradientDescent(lr=lambda t: [0.1 / t, 0.2]), [1.0, 1.0]),
        (GradientDescent(lr=0.1 + 1e-9 * np.arange(5)), [1.0, 1.0]),
        (Momentum(lr=[0.1, 0.1], momentum=[[0.9], [0.90001]]), [1.0, 1.0]),
    ],
)
def test_no_two_runs_of_a_batch_have_one_name_in_the_legend(rule: Rule, starts: object) -> None:
    trace = minimize(Ravine(), rule, starts, steps=2)
    names = [text.get_text() for text in plots.loss_curves(trace).get_legend().get_texts()]
    assert len(set(names)) == trace.diverged.size
    assert names == [plots.label_of(trace, run) for run in np.ndindex(trace.diverged.shape)]


def test_a_run_that_no_setting_explains_is_called_by_its_index() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.2]), np.ones((3, 1, 2)), steps=2)
    assert plots.label_of(trace, (2, 1)) == "GradientDescent, lr = 0.2, run (2, 1)"
    assert plots.label_of(trace, (-1, np.int64(-1))) == plots.label_of(trace, (2, 1))


def test_traces_of_one_rule_are_told_apart_by_what_differs() -> None:
    rules = [Momentum(0.10001, 0.5), Momentum(0.10002, 0.5), Momentum(0.10002, 0.9), Adam(lr=0.1)]
    traces = [minimize(Ravine(), rule, steps=2) for rule in rules]
    expected = [
        "Momentum, lr = 0.10001, momentum = 0.5",
        "Momentum, lr = 0.10002, momentum = 0.5",
        "Momentum, lr = 0.10002, momentum = 0.9",
        "Adam, lr = 0.1",
    ]
    ax = plots.loss_curves(traces, plt.subplots()[1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == expected
    ax = plt.subplots()[1]
    plots.animation(traces, Ravine(), ax).to_jshtml()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == expected


@pytest.mark.parametrize("run", [(), 2, -3, (0, 0), "0", 0.5, 1.0, True, (False,)])
def test_a_run_outside_the_batch_is_an_error_naming_the_batch(run: plots.Run) -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.2]), steps=2)
    with pytest.raises(ValueError, match=r"one run in a batch of shape \(2,\), got"):
        plots.path(trace, run=run)


def test_the_legend_is_under_the_axes_and_label_however_low() -> None:
    plots.use_style()
    for height in (2.0, 6.0):
        ax = plots.contours(Ravine(), plt.subplots(figsize=(6.4, height))[1])
        plots.legend(plots.path(minimize(Ravine(), Adam(), steps=3), ax), title="who")
        drawn(ax)
        (legend,) = ax.findobj(mpl.legend.Legend)
        below = legend.get_window_extent().y1
        assert below < ax.xaxis.label.get_window_extent().y0
        assert legend.get_title().get_text() == "who"
        assert legend.get_window_extent().y0 >= 0


@pytest.mark.parametrize("name", ["sweep.png", "sweep.svg"])
def test_a_saved_picture_holds_its_legend(tmp_path: Path, name: str) -> None:
    ax = plots.loss_curves(minimize(Ravine(), Adam(lr=[0.001, 0.01, 0.1]), steps=9))
    ax.figure.savefig(tmp_path / name)
    there, inside = ax.get_legend().get_window_extent(), ax.figure.bbox
    assert min(there.x0, there.y0) >= 0
    assert there.x1 <= inside.x1
    assert ax.bbox.height > 0.4 * inside.height


def test_a_legend_that_would_be_too_wide_has_one_column() -> None:
    trace = minimize(Ravine(), Momentum(lr=[0.01, 0.1], momentum=[[0.5], [0.9]]), steps=3)
    ax = drawn(plots.loss_curves(trace, plt.subplots(figsize=(6.4, 4.2))[1]))
    assert ax.get_legend()._ncols == 1
    assert ax.get_legend().get_window_extent().y0 >= 0


def test_margins_of_the_callers_own_stay() -> None:
    figure, ax = plt.subplots()
    figure.subplots_adjust(bottom=0.4)
    plots.loss_curves(minimize(Ravine(), Adam(), steps=3), ax)
    assert figure.get_layout_engine() is None
    # Nor is a figure too small for its legend emptied of its Axes.
    small = plt.subplots(figsize=(1.5, 1.5))[1]
    drawn(plots.loss_curves(minimize(Ravine(), Adam(), steps=3), small))


# Level lines


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_is_drawn_with_its_minima_on_its_domain(surface: type) -> None:
    problem = surface()
    ax = drawn(plots.contours(problem))
    assert (ax.get_xlim(), ax.get_ylim()) == problem.domain
    assert ax.get_aspect() == 1
    np.testing.assert_array_equal(np.stack(ax.get_lines()[0].get_data(), axis=1), problem.minima)
    fill, lines = ax.collections
    np.testing.assert_array_equal(lines.levels, fill.levels)
    assert len(lines.levels) == 12
    assert lines.levels[0] > problem.minimum


def test_level_lines_of_a_bowl_are_equally_far_apart() -> None:
    ax = plots.contours(BOWL, domain=((-1, 1), (-1, 1)), levels=9)
    # The first 8 shares are below pi/4, where the circles lie within the square.
    radius = np.sqrt(2 * ax.collections[1].levels)[:8]
    share = (np.arange(1, 9) / 10) ** 2
    np.testing.assert_allclose(radius, np.sqrt(share * 4 / np.pi), rtol=0.02)


def test_level_lines_do_not_ask_for_the_scale_of_f() -> None:
    rosenbrock = Rosenbrock()
    log = Function(lambda x: np.log(1e-3 + rosenbrock.value(x)), rosenbrock.gradient)
    one = plots.contours(rosenbrock, plt.subplots()[1]).collections[1]
    other = plots.contours(log, plt.subplots()[1], rosenbrock.domain).collections[1]
    np.testing.assert_allclose(np.log(1e-3 + one.levels), other.levels, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("levels", [1, [1.0], 1.0, [2.0, 2.0]])
def test_one_level_is_one_line_without_shades(levels: object) -> None:
    ax = drawn(plots.contours(Ravine(), levels=levels))
    (lines,) = ax.collections
    assert len(lines.levels) == 1
    (piece,) = lines.get_paths()
    values = Ravine().value(piece.vertices[:-1])
    np.testing.assert_allclose(values, lines.levels[0], rtol=0.01)


@pytest.mark.parametrize("upper_part", [0.9, -0.9])
def test_a_step_has_an_edge_line_though_its_quantiles_coincide(upper_part: float) -> None:
    step = Function(lambda x: np.where(x[..., 0] > upper_part, 7.0, 3.0), lambda x: 0 * x)
    ax = drawn(plots.contours(step, domain=((-1, 1), (-1, 1)), levels=5))
    (lines,) = ax.collections
    assert lines.levels.tolist() == [5.0]
    np.testing.assert_allclose(lines.get_paths()[0].vertices[:, 0], upper_part, atol=2 / 300)


def test_a_plain_with_a_pit_keeps_the_lines_of_the_pit() -> None:
    pit = Function(lambda x: np.minimum((x**2).sum(axis=-1), 1.0), lambda x: x)
    ax = drawn(plots.contours(pit, domain=((-2, 2), (-2, 2)), levels=9))
    levels = ax.collections[-1].levels
    assert 1 < len(levels) < 9
    assert 0 < levels.min() < levels.max() < 1


def test_given_levels_and_keywords_win() -> None:
    ax = plots.contours(Ravine(), levels=[4, 1], cmap="viridis", linewidths=3)
    lines = ax.collections[1]
    assert lines.levels.tolist() == [1.0, 4.0]
    assert set(lines.get_linewidth()) == {3}
    assert lines.get_cmap().name == "viridis"


def test_lines_are_thin_where_they_would_fill_the_page() -> None:
    widths = {}
    for surface in SURFACES:
        lines = plots.contours(surface(), plt.subplots()[1]).collections[1]
        (widths[surface.__name__],) = set(np.atleast_1d(lines.get_linewidth()))
    assert widths.pop("Rastrigin") < min(widths.values())
    assert len(set(widths.values())) == 1


def test_a_problem_without_domain_is_drawn_on_a_given_one() -> None:
    ax = drawn(plots.contours(Quadratic([1.0, 9.0], rotation=0.3), domain=((-3, 1), (0, 2))))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3, 1), (0, 2))


def test_values_that_are_not_finite_leave_holes_in_level_lines() -> None:
    hole = Function(lambda x: np.where(x[..., 0] > 0, x[..., 1], np.nan), lambda x: x)
    ax = drawn(plots.contours(hole, domain=((-1, 1), (-1, 1))))
    assert np.isfinite(ax.collections[1].levels).all()
    assert min(path.vertices[:, 0].min() for path in ax.collections[1].get_paths()) > 0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"problem": Ravine}, TypeError, "problem must be a problem .* write Ravine()"),
        ({"problem": "Ravine"}, TypeError, "problem must be a problem"),
        ({"problem": Quadratic([1.0, 2.0, 3.0])}, ValueError, "two coordinates to be drawn, got 3"),
        ({"problem": BOWL}, ValueError, "domain must be given"),
        ({"problem": BOWL, "domain": ((1, 0), (0, 1))}, ValueError, "low < high, got"),
        ({"problem": BOWL, "domain": (0, 1)}, ValueError, "low < high, got"),
        ({"problem": BOWL, "domain": ((0, np.inf), (0, 1))}, ValueError, "low < high, got"),
        ({"problem": Ravine(), "levels": 0}, ValueError, "levels must be at least 1, got 0"),
        ({"problem": Ravine(), "levels": "many"}, TypeError, "levels must be a number of lines"),
        ({"problem": Ravine(), "levels": True}, TypeError, "levels must be a number of lines"),
        ({"problem": Ravine(), "levels": []}, ValueError, "levels must be at least one finite"),
        ({"problem": Ravine(), "levels": [1, np.nan]}, ValueError, "levels must be at least one"),
        ({"problem": Ravine(), "ax": plt}, TypeError, "ax must be one Matplotlib Axes"),
    ],
)
def test_level_lines_of_the_wrong_kind_are_refused(
    arguments: dict, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        plots.contours(**arguments)


def test_a_function_without_two_coordinates_or_shape_is_refused() -> None:
    square = ((-1, 1), (-1, 1))
    with pytest.raises(ValueError, match="one value at each point of the plane, got shape"):
        plots.contours(Function(lambda x: x, lambda x: x), domain=square)
    for value in (7.0, np.nan):
        flat = Function(lambda x, value=value: np.full(x.shape[:-1], value), lambda x: 0 * x)
        with pytest.raises(ValueError, match=f"vary over the domain, got {value}"):
            plots.contours(flat, domain=square)


# Paths


def test_a_path_is_the_traces_points_between_a_ring_and_a_disc() -> None:
    trace = minimize(Ravine(), Adam(lr=0.3), steps=40)
    ax = drawn(plots.path(trace, plots.contours(Ravine()), linewidth=5))
    line = line_named(ax, "Adam, lr = 0.3")
    np.testing.assert_array_equal(np.stack(line.get_data(), axis=1), trace.x)
    assert (line.get_color(), line.get_marker()) == (plots.COLORS["Adam"], "P")
    assert line.get_linewidth() == 5
    start, end = ax.get_lines()[-2:]
    assert np.ravel(start.get_data()).tolist() == trace.x[0].tolist()
    assert np.ravel(end.get_data()).tolist() == trace.x[-1].tolist()
    assert start.get_markerfacecolor() != end.get_markerfacecolor()
    assert not ax.texts


def test_a_path_of_a_batch_is_that_of_the_run_asked_for() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[[0.1, 0.2], [0.3, 0.4]]), steps=5)
    ax = plots.path(trace, run=(1, 0), label="this", color="red")
    np.testing.assert_array_equal(line_named(ax, "this").get_xdata(), trace.x[:, 1, 0, 0])
    assert line_named(ax, "this").get_color() == "red"


def test_steps_of_a_long_path_are_not_marked_one_by_one() -> None:
    for steps, marker in ((99, "o"), (100, "")):
        trace = minimize(Ravine(), GradientDescent(lr=0.1), steps=steps)
        ax = plots.path(trace, plt.subplots()[1], label="run")
        assert line_named(ax, "run").get_marker() in (marker, marker or "None")


def test_a_run_that_diverges_ends_in_an_arrow_at_the_border() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=1.3), steps=2000)
    assert not np.isfinite(trace.x).all()
    ax = drawn(plots.path(trace, plots.contours(Ravine()), label="run"))
    x, y = line_named(ax, "run").get_data()
    count = int(np.argmax(np.abs(trace.x[:, 1]) > 5))
    np.testing.assert_array_equal(np.stack([x, y], axis=1)[:-1], trace.x[:count])
    assert abs(y[-1]) == pytest.approx(5)  # the border
    (inside, outside) = trace.x[count - 1 : count + 1]
    part = (y[-1] - inside[1]) / (outside[1] - inside[1])
    assert 0 < part < 1
    assert x[-1] == pytest.approx(inside[0] + part * (outside[0] - inside[0]))
    (arrow,) = ax.texts
    assert arrow.xy == (x[-1], y[-1])
    assert arrow.xyann == (x[-2], y[-2])
    assert (ax.get_xlim(), ax.get_ylim()) == Ravine.domain
    assert len(x) - 1 not in line_named(ax, "run").get_markevery()


def test_a_run_that_goes_out_and_comes_back_is_drawn_whole() -> None:
    points = [[0.0, 0.0], [0.0, 99.0], [1.0, 1.0]]
    ax = drawn(plots.path(of_points(points), plots.contours(Ravine()), label="run"))
    np.testing.assert_array_equal(np.stack(line_named(ax, "run").get_data(), axis=1), points)
    assert not ax.texts


@pytest.mark.parametrize(
    ("last", "border"),
    [
        ([np.inf, 0.0], (10.0, 1.0)),
        ([-np.inf, np.nan], (-10.0, 1.0)),
        ([np.inf, -np.inf], (6.0, -5.0)),
        ([1e300, 1.0], (10.0, 1.0)),
        ([np.nan, 7.0], (0.0, 5.0)),
    ],
)
def test_a_jump_to_infinity_points_where_it_went(
    last: list[float], border: tuple[float, float]
) -> None:
    trace = of_points([[-1.0, 1.0], [0.0, 1.0], last])
    ax = drawn(plots.path(trace, plots.contours(Ravine())))
    (arrow,) = ax.texts
    assert arrow.xy == pytest.approx(border)


def test_a_run_that_stops_being_a_number_ends_in_a_cross() -> None:
    trace = of_points([[-1.0, 1.0], [0.5, 1.0], [np.nan, np.nan]])
    ax = drawn(plots.path(trace, plots.contours(Ravine())))
    assert ax.get_lines()[-1].get_marker() == "x"
    assert np.ravel(ax.get_lines()[-1].get_data()).tolist() == [0.5, 1.0]
    assert not ax.texts


def test_axes_that_follow_data_end_diverging_runs_in_a_cross() -> None:
    trace = of_points([[-1.0, 1.0], [0.5, 1.0], [1e200, 1.0], [np.inf, 1.0]])
    ax = drawn(plots.path(trace))
    assert ax.get_lines()[-1].get_marker() == "x"
    assert ax.get_xlim()[1] < 1


def test_a_run_that_never_enters_the_picture_is_no_error() -> None:
    trace = of_points([[-50.0, 1.0], [-60.0, 1.0], [np.inf, 1.0]])
    ax = drawn(plots.path(trace, plots.contours(Ravine())))
    assert ax.get_xlim() == (-10, 10)


def test_paths_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="two coordinates, got 3 from a run of GradientDescent"):
        plots.path(minimize(Quadratic([1.0, 2.0, 3.0]), GradientDescent(), steps=2))
    with pytest.raises(TypeError, match="trace must be a Trace, as minimize returns it"):
        plots.path(np.zeros((3, 2)))  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="'x' was not recorded"):
        plots.path(minimize(Ravine(), GradientDescent(), steps=2, record=["f"]))


def test_the_runs_of_a_batch_are_drawn_together_in_tints() -> None:
    trace = minimize(Ravine(), Adam(lr=[[0.1], [0.2]]), np.ones((2, 3, 2)), steps=9)
    ax = drawn(plots.path(trace, label=None))
    named = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    assert [line.get_color() for line in named] == plots.tints(plots.COLORS["Adam"], 6)
    for line, run in zip(named, np.ndindex(2, 3), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), trace.x[:, *run])
    alone = plots.path(trace, plt.subplots()[1], run=(1, 0)).get_lines()[0]
    assert alone.get_color() == named[3].get_color()
    with pytest.raises(ValueError, match=r"label must be of one run: say which, run=\.\.\."):
        plots.path(trace, label="mine")


def test_a_rule_around_a_rule_looks_like_the_one_inside() -> None:
    rule = ClippedNorm(Adam(lr=0.1), largest=1.0)
    assert plots.style_of(rule) == plots.style_of(Adam)
    traces = [minimize(Ravine(), each, steps=9) for each in (rule.rule, rule)]
    colors = [line.get_color() for line in plots.loss_curves(traces).get_lines()]
    assert colors == plots.tints(plots.COLORS["Adam"], 2)


# Curves of the loss


def test_loss_curves_are_f_above_the_floor_on_a_log_scale() -> None:
    traces = [minimize(Ravine(), rule, steps=30) for rule in (GradientDescent(lr=0.1), Adam())]
    ax = drawn(plots.loss_curves(traces, floor=-1.5))
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "f + 1.5"
    for line, trace in zip(ax.get_lines(), traces, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), trace.t)
        np.testing.assert_array_equal(line.get_ydata(), trace.f + 1.5)
        assert line.get_color() == plots.style_of(trace.rule)["color"]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["GradientDescent, lr = 0.1", "Adam, lr = 0.001"]


@pytest.mark.parametrize(("floor", "label"), [(0.0, "f"), (3, "f − 3"), (-0.25, "f + 0.25")])
def test_the_axis_says_what_was_subtracted(floor: float, label: str) -> None:
    trace = minimize(Ravine(), GradientDescent(lr=0.1), steps=3)
    assert plots.loss_curves(trace, floor=floor).get_ylabel() == label


def test_runs_of_one_rule_are_told_apart_by_tints_and_labels() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.2, 0.3]), steps=9)
    ax = plots.loss_curves([trace, minimize(Ravine(), Adam(), steps=9)])
    colors = [line.get_color() for line in ax.get_lines()]
    assert colors == [*plots.tints(plots.COLORS["GradientDescent"], 3), plots.COLORS["Adam"]]
    for k, lr in enumerate(("0.1", "0.2", "0.3")):
        line = line_named(ax, f"GradientDescent, lr = {lr}")
        np.testing.assert_array_equal(line.get_ydata(), trace.f[:, k])


def test_given_labels_name_the_curves_in_their_order() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[0.1, 0.2]), steps=9)
    ax = plots.loss_curves([trace, minimize(Ravine(), Adam(), steps=9)], labels=list("abc"))
    np.testing.assert_array_equal(line_named(ax, "b").get_ydata(), trace.f[:, 1])


@pytest.mark.parametrize("floor", [1e6, 1e300])
def test_without_a_value_above_the_floor_the_scale_stays_linear(floor: float) -> None:
    ax = drawn(plots.loss_curves(minimize(Ravine(), Adam(), steps=9), floor=floor))
    assert ax.get_yscale() == "linear"
    plots.loss_curves(minimize(Ravine(), Adam(), steps=9), ax)
    assert drawn(ax).get_yscale() == "log"


def test_an_exploding_loss_leaves_at_the_top_and_flattens_none() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=[0.5, 3.0]), steps=900)
    assert not np.isfinite(trace.f).all()
    ax = drawn(plots.loss_curves(trace))
    low, high = ax.get_ylim()
    assert high == pytest.approx(100 * trace.f[0, 0])
    assert low == pytest.approx(1e-16 * trace.f[0, 0])
    assert not np.isinf(ax.get_lines()[1].get_ydata()).any()


def test_a_scale_fixed_by_the_caller_stays() -> None:
    _, ax = plt.subplots()
    ax.set_ylim(1e-3, 7.0)
    plots.loss_curves(minimize(Ravine(), GradientDescent(lr=3.0), steps=99), ax)
    assert ax.get_ylim() == (1e-3, 7.0)


def test_a_loss_at_or_below_the_floor_leaves_at_the_bottom() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=0.5), steps=40)
    below = trace.f <= 1.0
    assert 0 < below.sum() < below.size
    ax = drawn(plots.loss_curves(trace, floor=1.0))
    (line,) = ax.get_lines()
    heights = line.get_transform().transform(line.get_xydata())[:, 1]
    np.testing.assert_array_equal(heights < ax.bbox.y0, below)


def test_a_loss_below_zero_is_seen_whole() -> None:
    """The best runs must not be the ones that vanish."""
    well = Function(lambda x: (x**2).sum(axis=-1) - 0.7, start=[1.0])
    trace = minimize(well, GradientDescent(lr=[0.001, 0.3]), steps=30)
    assert (trace.f[-1] < 0).tolist() == [False, True]
    ax = drawn(plots.loss_curves(trace))
    assert ax.get_yscale() == "linear"
    for line in ax.get_lines():
        heights = line.get_transform().transform(line.get_xydata())[:, 1]
        assert ((ax.bbox.y0 <= heights) & (heights <= ax.bbox.y1)).all()
    assert plots.loss_curves(trace, plt.subplots()[1], floor=-0.7).get_yscale() == "log"


def test_a_curve_that_cannot_be_seen_is_told_of() -> None:
    at_minimum = np.array([[[1.0, 1.0]], [[0.0, 0.0]]])
    trace = minimize(BOWL, GradientDescent(lr=[0.1, 0.2]), at_minimum, steps=5)
    ax = drawn(plots.loss_curves(trace))
    assert [text.get_text() for text in ax.texts] == ["2 of 4 curves have no value above 0"]
    assert plots.loss_curves(minimize(BOWL, Adam(), [1.0, 1.0], steps=5)).texts[1:] == []


def test_loss_curves_of_the_wrong_kind_are_refused() -> None:
    trace = minimize(Ravine(), GradientDescent(lr=0.1), steps=3)
    for wrong in (3, [trace, 3]):
        with pytest.raises(TypeError, match="trace must be a Trace"):
            plots.loss_curves(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="traces must be at least one"):
        plots.loss_curves([])
    with pytest.raises(ValueError, match="labels must be one for each of 1 curves"):
        plots.loss_curves(trace, labels=["a", "b"])
    with pytest.raises(ValueError, match="floor must be a finite number, got nan"):
        plots.loss_curves(trace, floor=np.nan)
    for floor in ("a", True):
        with pytest.raises(TypeError, match=f"floor must be a finite number, got {floor!r}"):
            plots.loss_curves(trace, floor=floor)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"floor must be a finite number, got \[0\.0, 1\.0\]"):
        plots.loss_curves(trace, floor=[0.0, 1.0])  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="'f' was not recorded"):
        plots.loss_curves(minimize(Ravine(), GradientDescent(), steps=2, record=["x"]))


# Spreads


def test_a_spread_is_the_median_and_the_middle_half() -> None:
    values = np.array([[1.0, 30.0], [2.0, 10.0], [3.0, 20.0], [4.0, 50.0], [9.0, 40.0]])
    ax = drawn(plots.spread(values[:, ::-1], over=[0.3, 0.01], labels=["Adam"]))
    (line,), (band,) = ax.get_lines(), ax.collections
    assert line.get_xydata().tolist() == [[0.01, 3.0], [0.3, 30.0]]
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == {(0.01, 2.0), (0.01, 4.0), (0.3, 20.0), (0.3, 40.0)}
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_ylabel() == "median and middle half of 5 runs"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Adam"]
    whole = plots.spread(values - 5, [1, 2], plt.subplots()[1], band=(0, 1), color="red")
    assert whole.get_yscale() == whole.get_xscale() == "linear"
    assert whole.get_ylabel() == "median and range of 5 runs"
    assert whole.get_legend() is None
    assert {y for _, y in whole.collections[0].get_paths()[0].vertices} == {-4, 4, 5, 45}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n", [2, 5, 10])
def test_quantiles_are_numpys_where_all_is_finite(share: float, n: int) -> None:
    ordered = np.sort(np.random.default_rng(n).normal(size=(n, 3)), axis=0)
    found = spreads._quantile(ordered, share)
    np.testing.assert_allclose(found, np.quantile(ordered, share, axis=0), rtol=1e-14)


def test_a_run_that_diverged_counts_as_the_largest() -> None:
    values = [[1.0, 1.0, 5.0], [2.0, np.nan, np.inf], [3.0, 3.0, np.nan], [4.0, 4.0, 1e300]]
    ax = drawn(plots.spread(values, [1, 2, 3], band=(0, 1)))
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), [2.5, 3.5, np.nan])
    assert ax.dataLim.y0 == 1.0
    assert ax.dataLim.y1 == 5.0  # the band ends at the largest number that is drawn


def test_traces_of_several_seeds_are_spread_over_their_steps() -> None:
    starts = np.random.default_rng(0).normal(size=(7, 2))
    rule = Momentum(lr=[0.05, 0.1])
    traces = [minimize(Ravine(), rule, start, steps=20, every=5) for start in starts]
    ax = drawn(plots.spread(traces))
    f = np.stack([trace.f for trace in traces])
    for k, line in enumerate(ax.get_lines()):
        assert line.get_label() == plots.label_of(traces[0], k)
        np.testing.assert_array_equal(line.get_xdata(), traces[0].t)
        np.testing.assert_array_equal(line.get_ydata(), np.median(f[:, :, k], axis=0))
    colors = [line.get_color() for line in ax.get_lines()]
    assert colors == plots.tints(plots.COLORS["Momentum"], 2)
    assert ax.get_xlabel() == "step t"
    assert ax.get_ylabel() == "f: median and middle half of 7 runs"


def test_a_spread_with_runs_that_explode_shows_the_others() -> None:
    starts = np.random.default_rng(0).uniform(1, 2, size=(5, 2))
    rule = GradientDescent(lr=[0.5, 3.0])
    traces = [minimize(Ravine(), rule, start, steps=99) for start in starts]
    ax = drawn(plots.spread(traces))
    assert ax.get_ylim()[1] == pytest.approx(100 * np.median([t.f[0, 0] for t in traces]))


def test_a_spread_of_the_wrong_kind_is_refused() -> None:
    trace = minimize(Ravine(), Adam(), steps=4)
    for wrong, message in [
        (lambda: plots.spread([trace]), "runs must be two or more to be spread, got 1"),
        (lambda: plots.spread([[1.0, 2.0]], [1, 2]), "two or more to be spread, got 1"),
        (lambda: plots.spread(np.ones((3, 2))), "over must be given with numbers"),
        (lambda: plots.spread(np.ones((3, 2)), [1, 2, 3]), r"got \(3, 2\) and \(3,\)"),
        (lambda: plots.spread([1.0, 2.0], [1, 2]), "a row for each run"),
        (lambda: plots.spread(np.ones((3, 2)), [1, 2], band=(1, 0)), "band must be"),
        (lambda: plots.spread(np.ones((3, 2)), [1, 2], labels="ab"), "labels must be one for"),
        (
            lambda: plots.spread([trace, minimize(Ravine(), Adam(lr=0.1), steps=4)]),
            "traces must be of one rule",
        ),
        (
            lambda: plots.spread([trace, minimize(Ravine(), Adam(), steps=5)]),
            "recorded the same steps",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            wrong()


# States


def test_a_state_is_drawn_by_coordinate() -> None:
    trace = minimize(Ravine(), Adam(lr=[0.1, 0.3]), steps=20)
    ax = drawn(plots.state(trace, "v", run=1))
    for j in (0, 1):
        line = line_named(ax, f"v[{j}]")
        np.testing.assert_array_equal(line.get_xdata(), trace.t)
        np.testing.assert_array_equal(line.get_ydata(), trace.state["v"][:, 1, j])
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2
    alone = plots.state(trace, "m", plt.subplots()[1], coordinate=1, run=0, color="red")
    (line,) = alone.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), trace.state["m"][:, 0, 1])
    assert (line.get_label(), line.get_color()) == ("m[1]", "red")


def test_a_state_that_overflows_is_drawn_as_far_as_it_goes() -> None:
    trace = minimize(Ravine(), Momentum(lr=9.0), steps=2000)
    ax = drawn(plots.state(trace, "v"))
    assert not np.isinf(ax.get_lines()[1].get_ydata()).any()


def test_an_unknown_state_is_an_error_that_lists_the_known() -> None:
    trace = minimize(Ravine(), Adam(), steps=2)
    with pytest.raises(ValueError, match=r"state of Adam, which has \('m', 'v'\), got 'velocity'"):
        plots.state(trace, "velocity")
    with pytest.raises(ValueError, match=r"coordinate must be among 0, \.\.\., 1, got 2"):
        plots.state(trace, "m", coordinate=2)
    with pytest.raises(ValueError, match=r"coordinate must be among 0, \.\.\., 1, got True"):
        plots.state(trace, "m", coordinate=True)
    with pytest.raises(ValueError, match="which has none, got 'v'"):
        plots.state(minimize(Ravine(), GradientDescent(), steps=2), "v")
    with pytest.raises(AttributeError, match="'state' was not recorded"):
        plots.state(minimize(Ravine(), Adam(), steps=2, record=["x"]), "m")


# Queries


def test_queries_are_a_jump_to_them_and_a_correction_to_the_next() -> None:
    trace = minimize(Ravine(), Nesterov(lr=0.1, momentum=0.9), steps=20)
    ax = drawn(plots.queries(trace, plots.contours(Ravine()), steps=[2, 5], width=0.01))
    jump, correction = ax.collections[-2:]
    assert (jump.get_label(), correction.get_label()) == ("jump", "correction")
    before, ahead, after = trace.x[[1, 4]], trace.query[[1, 4]], trace.x[[2, 5]]
    np.testing.assert_array_equal(jump.get_offsets(), before)
    np.testing.assert_array_equal(np.stack([jump.U, jump.V], axis=1), ahead - before)
    np.testing.assert_array_equal(correction.get_offsets(), ahead)
    np.testing.assert_array_equal(np.stack([correction.U, correction.V], axis=1), after - ahead)
    look_ahead = 0.9 * trace.state["v"][[1, 4]]
    np.testing.assert_allclose(np.stack([jump.U, jump.V], axis=1), look_ahead, rtol=1e-12)
    assert (jump.width, jump.scale, jump.angles) == (0.01, 1, "xy")


def test_all_steps_are_drawn_if_none_are_named() -> None:
    trace = minimize(Ravine(), Nesterov(lr=0.1), steps=7)
    ax = drawn(plots.queries(trace))
    assert len(ax.collections[0].get_offsets()) == 7


def test_tips_of_arrows_are_in_sight() -> None:
    trace = minimize(Ravine(), Nesterov(lr=0.5), steps=1)
    ax = drawn(plots.queries(trace))
    for value, (low, high) in zip(trace.x[1], (ax.get_xlim(), ax.get_ylim()), strict=True):
        assert low < value < high


def test_a_rule_that_asks_where_it_stands_jumps_nowhere() -> None:
    ax = drawn(plots.queries(minimize(Ravine(), Adam(), steps=4)))
    assert not ax.collections[0].U.any()


def test_arrows_that_are_not_finite_are_left_out() -> None:
    trace = minimize(Ravine(), Nesterov(lr=30.0), steps=600)
    ax = drawn(plots.queries(trace, plots.contours(Ravine())))
    lengths = np.hypot(ax.collections[-1].U, ax.collections[-1].V)
    assert 0 < len(lengths) < 600
    assert np.isfinite(lengths).all()


def test_queries_of_the_wrong_kind_are_refused() -> None:
    trace = minimize(Ravine(), Nesterov(), steps=6)
    for steps in ([0], [7], [1.5]):
        with pytest.raises(ValueError, match=r"steps must be among 1, ..., 6, got"):
            plots.queries(trace, steps=steps)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pass every=1"):
        plots.queries(minimize(Ravine(), Nesterov(), steps=6, every=2))
    with pytest.raises(AttributeError, match="'query' was not recorded"):
        plots.queries(minimize(Ravine(), Nesterov(), steps=6, record=["x"]))


# Images


def test_images_stand_in_rows_on_one_scale_centred_at_zero() -> None:
    weights = np.arange(5 * 6, dtype=float).reshape(5, 6) - 20
    ax = drawn(plots.images(weights, shape=(2, 3), columns=2, labels="abcde"))
    (image,) = ax.images
    sheet = np.ma.filled(image.get_array(), np.nan)
    assert image.get_clim() == (-20, 20)
    found = []
    for label in ax.texts:
        x, y = label.get_position()
        top, side = int(np.ceil(y)), int(x) - 1
        found.append((label.get_text(), sheet[top : top + 2, side : side + 3].ravel().tolist()))
    assert found == [(name, row.tolist()) for name, row in zip("abcde", weights, strict=True)]
    assert np.isfinite(sheet).sum() == weights.size
    assert len({label.get_position()[1] for label in ax.texts}) == 3


def test_one_image_zeros_and_whole_numbers_are_images_too() -> None:
    for pixels, limit in ((np.zeros(64), 1.0), (np.full((1, 64), -3), 3.0)):
        ax = drawn(plots.images(pixels, ax=plt.subplots()[1]))
        assert ax.images[0].get_clim() == (-limit, limit)
    ax = drawn(
        plots.images([1.0, np.nan, np.inf, -2.0], (2, 2), plt.subplots()[1], cmap="gray", vmin=0)
    )
    assert ax.images[0].get_clim() == (0, 2)
    assert ax.images[0].get_cmap().name == "gray"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"array": np.zeros((2, 63))}, ValueError, r"shape \(n, 64\) .* got \(2, 63\)"),
        ({"array": np.zeros((2, 8, 8))}, ValueError, r"got \(2, 8, 8\)"),
        ({"array": np.zeros((0, 64))}, ValueError, r"got \(0, 64\)"),
        ({"array": ["a"] * 64}, TypeError, "array must be one of real numbers"),
        ({"array": np.zeros((2, 64)), "labels": "a"}, ValueError, "one for each of 2 images"),
        ({"array": np.zeros((2, 64)), "columns": 0}, ValueError, "columns must be at least 1"),
        ({"array": np.zeros((2, 64)), "columns": 1.5}, TypeError, "columns must be a whole number"),
    ],
)
def test_images_of_the_wrong_kind_are_refused(
    arguments: dict, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        plots.images(**arguments)


# Films


def test_a_film_shows_the_path_grow_and_ends_at_its_end(tmp_path: Path) -> None:
    traces = [
        minimize(Ravine(), rule, steps=10) for rule in (Adam(lr=0.3), GradientDescent(lr=5.0))
    ]
    _, ax = plt.subplots(figsize=(2, 1.5))
    film = plots.animation(traces, Ravine(), ax, every=4, interval=200, labels=["a", "b"])
    seen = []

    def look(*_: int) -> None:
        seen.append((ax.get_title(), len(line_named(ax, "a").get_xdata())))

    film.save(tmp_path / "race.gif", writer="pillow", progress_callback=look)
    assert seen == [("t = 0", 1), ("t = 4", 5), ("t = 8", 9), ("t = 10", 11)]
    with Image.open(tmp_path / "race.gif") as gif:
        assert gif.n_frames == 4
    for name, trace in zip("ab", traces, strict=True):
        points = np.stack(line_named(ax, name).get_data(), axis=1)
        np.testing.assert_array_equal(points, trace.x)
    assert (ax.get_xlim(), ax.get_ylim()) == Ravine.domain


def test_a_film_of_a_run_that_overflows_is_drawn(tmp_path: Path) -> None:
    trace = minimize(BOWL, GradientDescent(lr=20.0), [1.0, 1.0], steps=400)
    assert not np.isfinite(trace.x).all()
    film = plots.animation(
        trace, BOWL, plt.subplots(figsize=(2, 2))[1], every=200, domain=((-9, 9), (-9, 9))
    )
    film.save(tmp_path / "film.gif", writer="pillow")


def test_films_of_the_wrong_kind_are_refused() -> None:
    trace = minimize(Ravine(), Adam(), steps=4)
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        plots.animation(trace, Ravine(), every=0)
    with pytest.raises(TypeError, match=r"every must be a whole number, got 1\.5"):
        plots.animation(trace, Ravine(), every=1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="recorded the same steps"):
        plots.animation([trace, minimize(Ravine(), Adam(), steps=5)], Ravine())
    with pytest.raises(ValueError, match="labels must be one for each of 1 runs"):
        plots.animation(trace, Ravine(), labels=[])


def test_an_animation_shows_each_run_of_a_batch():
    trace = minimize(Ravine(), Adam(lr=[0.1, 0.2]), steps=4)
    ax = plt.figure().gca()
    film = plots.animation([trace, minimize(Ravine(), Momentum(), steps=4)], Ravine(), ax)
    film.to_jshtml()  # draws each frame; the last one stays
    ends = [line.get_xydata()[-1] for line in ax.lines[-3:]]
    np.testing.assert_array_equal(ends[:2], trace.final)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "Adam, lr = 0.1",
        "Adam, lr = 0.2",
        "Momentum, lr = 0.01",
    ]


def test_labels_tell_runs_of_rules_around_rules_apart():
    trace = minimize(Ravine(), ClippedNorm(Adam(lr=[0.1, 0.2]), largest=1.0), steps=4)
    ax = plots.loss_curves(trace)
    found = [text.get_text() for text in ax.get_legend().get_texts()]
    assert found == ["ClippedNorm(Adam), rule.lr = 0.1", "ClippedNorm(Adam), rule.lr = 0.2"]


def test_a_noisy_surface_is_drawn_where_the_surface_is():
    ax = plots.contours(Noisy(Ravine(), 0.1))
    assert ax.get_xlim() == Ravine.domain[0]


# All of them


def test_matplotlibs_short_names_win_over_the_defaults_too() -> None:
    trace = minimize(Ravine(), Nesterov(lr=0.1), steps=5)
    short = {"ls": ":", "lw": 5, "c": "red", "ms": 9}
    for draw in (
        plots.path,
        plots.loss_curves,
        lambda trace, ax, **kwargs: plots.state(trace, "v", ax, **kwargs),
    ):
        line = drawn(draw(trace, ax=plt.subplots()[1], **short)).get_lines()[0]
        found = (line.get_linestyle(), line.get_linewidth(), line.get_color())
        assert (*found, line.get_markersize()) == (":", 5, "red", 9)
    arrows = drawn(plots.queries(trace, plt.subplots()[1], fc="red", lw=2)).collections
    assert [to_rgb(a.get_facecolor()[0]) for a in arrows] == [(1, 0, 0), (1, 0, 0)]
    assert [a.get_linewidth().tolist() for a in arrows] == [[2], [2]]
    ax = plt.subplots()[1]
    ax.plot([1, 2], label="one")
    ax.plot([2, 1], label="two")
    assert plots.legend(ax).get_legend()._ncols == 2
    assert plots.legend(ax, ncol=1).get_legend()._ncols == 1
    with pytest.raises(TypeError, match="'lw' and 'linewidth', which are aliases"):
        plots.path(trace, lw=1, linewidth=2)


def test_a_norm_of_images_stands_in_place_of_the_common_scale() -> None:
    norm = mpl.colors.Normalize(-7, 5)
    assert drawn(plots.images(np.arange(64.0), norm=norm)).images[0].get_clim() == (-7, 5)


def test_what_is_no_axes_is_refused_by_name() -> None:
    trace = minimize(Ravine(), Nesterov(), steps=2)
    for draw in (
        lambda ax: plots.legend(ax),
        lambda ax: plots.path(trace, ax),
        lambda ax: plots.loss_curves(trace, ax),
        lambda ax: plots.state(trace, "v", ax),
        lambda ax: plots.queries(trace, ax),
        lambda ax: plots.images(np.zeros(64), ax=ax),
        lambda ax: plots.animation(trace, Ravine(), ax),
    ):
        with pytest.raises(TypeError, match="ax must be one Matplotlib Axes, got 'here'"):
            draw("here")


def test_no_plot_changes_what_it_is_given() -> None:
    trace = minimize(Ravine(), Nesterov(lr=30.0), steps=600)
    assert not np.isfinite(trace.state["v"]).all()
    copies = {name: np.copy(trace.recorded[name]) for name in ("x", "f", "query", "grad")}
    v = trace.state["v"].copy()
    weights, levels = np.arange(64.0), np.array([4.0, 1.0])
    plots.path(trace, plots.contours(Ravine(), levels=levels))
    plots.queries(trace)
    for draw in (plots.loss_curves, lambda trace, ax: plots.state(trace, "v", ax)):
        draw(trace, ax=plt.subplots()[1])
    plots.images(weights, ax=plt.subplots()[1])
    for name, copy in copies.items():
        np.testing.assert_array_equal(trace.recorded[name], copy)
    np.testing.assert_array_equal(trace.state["v"], v)
    np.testing.assert_array_equal(weights, np.arange(64.0))
    assert levels.tolist() == [4.0, 1.0]


def test_without_axes_calls_add_up_in_the_current_ones() -> None:
    trace = minimize(Ravine(), Nesterov(lr=0.1), steps=5)
    ax = plots.contours(Ravine())
    assert plots.path(trace) is plots.queries(trace) is plots.legend() is ax
