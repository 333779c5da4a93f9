"""Each numbered equation of the race, and what its tables and exercises claim.

The chapter's own functions are taken from its cells and held against formulas written here anew.
"""

import ast
import inspect
import json
import re
import textwrap
from importlib.resources import files
from itertools import combinations, islice, product
from math import comb
from pathlib import Path

import nbformat
import numpy as np
import pytest

from minioptim import iterate, minimize, rules
from minioptim.problems import Beale, Function, Plateau, Quadratic, Ravine, Saddle
from minioptim.rules import Adadelta, Adagrad, Adam, GradientDescent, Momentum, Nesterov
from minioptim.schedules import Linear

CHAPTERS = Path(__file__).parents[2] / "chapters"
NOTEBOOKS = (CHAPTERS / "race.ipynb", CHAPTERS / "further" / "race.ipynb")
RACING = (
    *("GradientDescent", "Momentum", "Nesterov", "Adagrad", "RMSProp"),
    *("Adam", "NAdam", "Adadelta", "AdaMax", "AMSGrad"),
)


@pytest.fixture(scope="module")
def pages():
    """The cells of the chapter and of its second page."""
    return [nbformat.read(path, as_version=4).cells for path in NOTEBOOKS]


@pytest.fixture(scope="module")
def cells(pages):
    return [cell for page in pages for cell in page if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def chapter(cells):
    """The chapter's own small functions and constants, by name, without running the chapter."""
    wanted = {"ranks", "best_of", "chosen", "scores", "starts", "GRID"}
    names = {"np": np, "comb": comb, "minimize": minimize, "Linear": Linear}
    for cell in cells:
        for node in ast.parse(cell.source).body:
            defined = getattr(node, "name", None)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple | ast.Name):
                target = node.targets[0]
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                defined = next((n.id for n in parts if getattr(n, "id", "") in wanted), None)
                if {getattr(n, "id", "") for n in parts} == {"STEPS", "FLOOR"}:
                    defined = "GRID"
            if defined in wanted:
                exec(compile(ast.Module([node], []), "race", "exec"), names)  # noqa: S102
    assert wanted <= names.keys()
    return names


def test_what_both_pages_define_is_the_same_on_both(pages):
    defined = [
        {
            node.name: ast.unparse(node)
            for cell in page
            if cell.cell_type == "code"
            for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef)
        }
        for page in pages
    ]
    shared = defined[0].keys() & defined[1].keys()
    assert {"starts", "scores", "chosen", "ranks", "losses", "first_below"} <= shared
    for name in shared:
        assert defined[0][name] == defined[1][name], name


def _rows(markdown):
    """Return the rows of a Markdown table, without the line below its head."""
    lines = [line.strip().strip("|").split("|") for line in markdown.splitlines()]
    return [[cell.strip(" *") for cell in line] for k, line in enumerate(lines) if k != 1]


def _tables(cells):
    """Return the computed tables: their headings, and {first cell: the others}."""
    found = []
    for cell in cells:
        for output in cell.outputs:
            if "text/markdown" in output.get("data", {}):
                head, *rows = _rows(output.data["text/markdown"])
                found.append((head, {row[0]: row[1:] for row in rows}))
    return found


def _table(cells, *headings):
    """Return the one table with all these headings."""
    (rows,) = (rows for head, rows in _tables(cells) if {*headings} <= {*head})
    return rows


def _per_parameter(kind):
    """Return how many numbers of state differ from coordinate to coordinate."""
    g = np.random.default_rng(0).normal(size=(3, 5))
    pushes = iter(g)
    *_, last = islice(iterate(kind(), lambda _: next(pushes), np.zeros(5)), 3)
    return sum(np.ptp(value) > 0 for value in last.state.values())


@pytest.mark.equation("race-memory")
def test_the_table_of_state_and_traffic_counts_what_a_run_keeps(cells):
    table = _table(cells, "s", "bytes")
    assert table.keys() == {*RACING}
    for name, (s, moved, *_) in table.items():
        assert int(s) == _per_parameter(getattr(rules, name))
        # read: x, g, state; written: x, state; four bytes each
        assert int(moved) == 4 * ((2 + int(s)) + (1 + int(s))) == 4 * (3 + 2 * int(s))
    gigabytes = [4 * (2 + s) * 1.5 for s in range(4)]
    assert gigabytes == [12, 18, 24, 30]
    assert int(table["Adam"][1]) * 1.5 == 42


def _operations(function, varying):
    """Count, in the text of a method, the operations on anything that varies by coordinate."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))

    def varies(node):
        return any(isinstance(n, ast.Name) and n.id in varying for n in ast.walk(node))

    count = 0
    for statement in tree.body[0].body:
        for node in ast.walk(statement):
            operation = isinstance(node, ast.BinOp | ast.UnaryOp) or (
                isinstance(node, ast.Call) and ast.unparse(node.func).startswith("np.")
            )
            count += operation and varies(node)
        if isinstance(statement, ast.Assign) and varies(statement.value):
            varying = {*varying, statement.targets[0].id}
    return count


def test_numbers_that_count_themselves_agree_with_the_source(cells):
    for name, row in _table(cells, "s", "bytes").items():
        kind = getattr(rules, name)
        varying = {"g", "x", *kind.state} - {"mu_product"}
        counted = _operations(kind.step, varying)
        if kind.query is not rules.Rule.query:
            counted += _operations(kind.query, varying)
        assert int(row[-1]) == counted, name
        assert int(row[-1]) == sum(int(number or 0) for number in row[2:-1]), name


def test_the_chapters_table_of_costs_sums_up_what_the_rules_counted(cells, pages):
    (prose,) = (cell.source for page in pages for cell in page if "(race-memory)" in cell.source)
    _, *rows = _rows(prose[prose.index("| $s$") :].split("\n\n")[0])
    counted = _table(cells, "s", "bytes")
    named = []
    for s, names, moved, operations in rows:
        who = [name.replace("gradient descent", "GradientDescent") for name in names.split(", ")]
        who = [name[0].upper() + name[1:] for name in who]
        named += who
        assert {counted[name][0] for name in who} == {s}
        assert {counted[name][1] for name in who} == {moved}
        all_of_them = sorted(int(counted[name][-1]) for name in who)
        low, *high = map(int, operations.split(" to "))
        assert (low, (high or [low])[0]) == (all_of_them[0], all_of_them[-1])
    assert {*named} == {*RACING}


@pytest.mark.equation("race-score")
def test_scores_are_the_final_gap_of_a_falling_lr_or_the_floor(chapter):
    surface, T, lr = Ravine(), 100, np.array([0.01, 0.5, 1.0, 30.0])
    curvature, start = np.array([0.1, 2.0]), np.array([-7.0, 2.0])
    falling = lr[:, None] * (1 - (np.arange(1, T + 1) - 1) / T)
    factors = np.prod(1 - falling[..., None] * curvature, axis=1)
    gap = 0.5 * (curvature * (factors * start) ** 2).sum(axis=1)
    got = chapter["scores"](surface, GradientDescent, lr, start)
    np.testing.assert_allclose(got, np.maximum(gap, 1e-8), rtol=1e-9)
    assert got[3] > 1e10
    assert chapter["scores"](surface, GradientDescent, 2.2, [0.0, 0.0]) == 1e-8
    assert np.isinf(chapter["scores"](Beale(), GradientDescent, 10.0, [1.0, 1.5]))


def test_starts_lie_within_a_twentieth_and_seeds_share_none(chapter):
    for surface in (Beale(), Saddle()):
        tuned, shown = chapter["starts"](surface, 1, 15), chapter["starts"](surface, 2, 31)
        size = np.ptp(surface.domain, axis=1)
        assert (np.abs(tuned - surface.start) <= 0.05 * size).all()
        assert not set(map(tuple, tuned)) & set(map(tuple, shown))


def test_of_equally_low_scores_the_middle_one_is_chosen(chapter):
    assert chapter["chosen"](np.array([3.0, 1.0, 1.0, 1.0, 2.0])) == 2
    assert chapter["chosen"](np.array([np.inf, 5.0, 4.0])) == 2


def test_the_live_race_starts_from_the_chapters_rates(cells):
    # Running the chapter writes the file; this holds that the two were committed together.
    found = json.loads((files("minioptim") / "data" / "race.json").read_text(encoding="utf-8"))
    ((head, rows),) = ((head, rows) for head, rows in _tables(cells) if head[0] == "tuned lr")
    assert list(rows) == [*RACING]
    columns = dict(zip(head[1:], zip(*rows.values(), strict=True), strict=True))
    assert len(columns) == len(found) == 7
    for surface, lrs in found.items():
        (printed,) = (
            column for name, column in columns.items() if surface.startswith(name.strip("."))
        )
        assert list(lrs) == list(rows)
        assert [float(f"{lr:.2g}") for lr in lrs.values()] == [*map(float, printed)]


@pytest.mark.equation("race-width")
def test_width_counts_lrs_to_twice_the_best_or_start_over_100(cells, chapter):
    grid, surface = chapter["GRID"], Ravine()
    x0 = chapter["starts"](surface, 1, 15)
    # GD on the ravine has a closed form, so that no run of the package is needed for its scores.
    curvature = np.array([0.1, 2.0])
    lr = grid[:, None] * (1 - np.arange(100) / 100)
    factors = np.prod(1 - lr[..., None] * curvature, axis=1)
    with np.errstate(over="ignore"):
        ends = 0.5 * (curvature * (factors[:, None] * x0) ** 2).sum(axis=-1)
    c = np.maximum(np.median(ends, axis=1), 1e-8)
    c0 = np.median(0.5 * (curvature * x0**2).sum(axis=1))
    width = sum(score <= max(2 * min(c), c0 / 100) for score in c) / 3
    assert f"{width:.1f}" == _table(cells, "width, decades")["GradientDescent"][0]
    assert np.isclose(grid[3] / grid[0], 10)


@pytest.mark.equation("race-rank")
def test_ranks_are_places_and_equals_share_the_mean_of_theirs(chapter):
    c = np.array([[3.0, 1.0], [1.0, 1.0], [np.inf, 1.0], [1.0, 0.5]])
    got = chapter["ranks"](c)
    for seed in range(2):
        column = c[:, seed].tolist()
        places = [
            np.mean([i + 1 for i, other in enumerate(sorted(column)) if other == own])
            for own in column
        ]
        assert got[:, seed].tolist() == places
        by_formula = [
            1 + sum(o < own for o in column) + (sum(o == own for o in column) - 1) / 2
            for own in column
        ]
        assert by_formula == places
    assert (got.sum(axis=0) == 4 * 5 / 2).all()


def test_a_lead_needs_as_many_runs_as_a_sign_test_asks_for():
    for runs, needed, once_in in ((20, 17, 390), (31, 24, 300)):
        both_sides = 2 * sum(comb(runs, k) for k in range(needed, runs + 1)) / 2**runs
        assert 1 / both_sides == pytest.approx(once_in, rel=0.01)
    # And the quiz's 13 of 20: about once in four.
    assert 2 * sum(comb(20, k) for k in range(13, 21)) / 2**20 == pytest.approx(0.25, abs=0.02)


def test_a_rule_is_tied_unless_the_leader_is_lower_in_17_of_20(cells):
    (source,) = (cell.source for cell in cells if "def tied(" in cell.source)
    (tied,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == "tied")
    names = {"np": np, "RULES": ("first", "16", "17", "equal")}
    exec(compile(ast.Module([tied], []), "race", "exec"), names)  # noqa: S102
    for runs, needed in ((20, 17), (31, 24)):
        first = np.full(runs, 1.0)
        names["reported"] = {("here", "first"): first, ("here", "equal"): first}
        for rule, behind in (("16", needed - 1), ("17", needed)):
            names["reported"]["here", rule] = np.where(np.arange(runs) < behind, 2.0, 0.5)
        assert names["tied"]("here").tolist() == [True, True, False, True]


@pytest.mark.equation("race-budget")
def test_the_expected_best_of_b_is_the_mean_over_all_choices(chapter):
    c = np.array([0.9, 0.2, 2.3, 2.3, 0.5, 1.1, 0.2])
    curve = [chapter["best_of"](c, b) for b in range(1, 8)]
    for b, got in enumerate(curve, start=1):
        assert got == pytest.approx(np.mean([min(draw) for draw in combinations(c, b)]))
    assert curve[0] == pytest.approx(c.mean())
    assert curve[-1] == pytest.approx(c.min())
    assert (np.diff(curve) <= 1e-12).all()


def test_draws_with_replacement_have_their_weights_and_no_gain(chapter):
    c = np.sort([0.9, 0.2, 2.3, 0.5, 1.1])
    n = len(c)
    for b in (1, 2, 3, 4):
        weights = -np.diff(((n - np.arange(n + 1)) / n) ** b)
        mean = np.mean([min(draw) for draw in product(c, repeat=b)])
        assert weights @ c == pytest.approx(mean)
        assert mean >= chapter["best_of"](c, b) - 1e-12


@pytest.mark.equation("race-inclusion")
def test_momentum_0_is_descent_so_tuning_both_cannot_be_worse(chapter):
    x0 = chapter["starts"](Ravine(), 1, 15)
    grid = chapter["GRID"][:, None]

    def lowest(kind):
        return np.median(chapter["scores"](Ravine(), kind, grid, x0), axis=1).min()

    plain = minimize(Ravine(), GradientDescent(lr=0.3), steps=20).x
    np.testing.assert_array_equal(
        minimize(Ravine(), Momentum(lr=0.3, momentum=0.0), steps=20).x, plain
    )
    each = {mu: lowest(lambda lr, mu=mu: Momentum(lr, mu)) for mu in (0.0, 0.5, 0.9)}
    assert each[0.0] == lowest(GradientDescent)
    assert min(each.values()) <= lowest(GradientDescent)
    assert each[0.9] > 100 * each[0.0] > 100 * each[0.5]


def test_a_turn_of_bowl_and_start_changes_no_rule_of_vectors():
    spin = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    start = np.array([1.0, 0.6])
    for rule, same in (
        (GradientDescent(lr=0.01), True),
        (Momentum(lr=0.01), True),
        (Nesterov(lr=0.01), True),
        (Adagrad(lr=0.5), False),
        (Adam(lr=0.5), False),
    ):
        straight = minimize(Quadratic([1.0, 100.0]), rule, start, 30).f
        turned = minimize(Quadratic([1.0, 100.0], rotation=0.5), rule, spin @ start, 30).f
        assert np.allclose(straight, turned, rtol=1e-9) == same


def test_the_ravine_has_no_scale_for_descent_and_one_for_adam():
    near, far = np.array([-7.0, 2.0]), np.array([-70.0, 20.0])
    for rule in (GradientDescent(lr=0.95), Momentum(lr=0.1)):
        f = [minimize(Ravine(), rule, start, 30).f[-1] for start in (near, far)]
        assert f[1] == pytest.approx(100 * f[0])
    for rule, reach in ((Adam(lr=0.3), 10), (Adagrad(lr=1.5), 1.5 * 2 * np.sqrt(30))):
        assert abs(minimize(Ravine(), rule, far, 30).x[-1, 0] - far[0]) < reach


def test_the_first_race_ends_as_printed_by_written_out_equations(cells):
    printed = _table(cells, "drawn", "turned")
    side = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    for column, turn in enumerate((np.eye(2), side)):
        curvature = turn @ np.diag([0.1, 2.0]) @ turn.T
        for name in ("GradientDescent", "Momentum", "Adagrad", "Adam"):
            x, a, b = turn @ [-7.0, 2.0], np.zeros(2), np.zeros(2)
            for t in range(1, 31):
                g = curvature @ x
                if name == "GradientDescent":
                    x = x - 0.95 * g
                elif name == "Momentum":
                    a = 0.9 * a - 0.1 * g
                    x = x + a
                elif name == "Adagrad":
                    a = a + g * g
                    x = x - 1.5 * g / np.sqrt(a)
                else:
                    a, b = 0.9 * a + 0.1 * g, 0.999 * b + 0.001 * g * g
                    x = x - 0.3 * a / (1 - 0.9**t) / np.sqrt(b / (1 - 0.999**t))
            shown = printed[name.replace("GradientDescent", "SGD")]
            f = 500 * x @ curvature @ x  # a thousand times the loss
            assert shown[column] == (f"{f:.0f}" if f > 100 else f"{f:.1f}")


def test_far_on_the_plain_the_slope_is_2_over_distance_cubed():
    for r in (5.0, 50.0):
        slope = np.linalg.norm(Plateau().gradient(np.array([-0.8 * r, 0.6 * r])))
        assert slope == pytest.approx(2 / r**3, rel=2.1 / r**2)


def test_the_numbers_of_the_exercises_on_luck_hold():
    # A rank among ten: mean 5.5, variance (10^2 - 1) / 12; nine of them in a mean.
    places = np.arange(1, 11)
    assert places.var() == (10**2 - 1) / 12 == 8.25
    assert f"{np.sqrt(8.25 / 9):.2f}" == "0.96"
    # One rule's chance of such a mean, from the sum's exact distribution. That of the best of ten
    # is at most ten times this, and at least what ten independent rules would have.
    for weights, total, printed in (([1] * 9, 26, 3), ([1] * 5, 13, 13), ([4] + [1] * 5, 26, 31)):
        ways = np.ones(1)
        for weight in weights:
            rank = np.zeros(10 * weight + 1)
            rank[weight::weight] = 0.1
            ways = np.convolve(ways, rank)
        chance = ways[: total + 1].sum()
        assert 1 - (1 - chance) ** 10 - 0.01 < printed / 100 < 10 * chance + 0.005
    # The lowest of five normal numbers, by integrating x times its density.
    x = np.linspace(-8, 8, 4001)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    above = 1 - np.cumsum(density) * (x[1] - x[0])
    lowest = (x * 5 * density * above**4).sum() * (x[1] - x[0])
    assert lowest == pytest.approx(-1.163, abs=0.003)


def test_every_rule_of_the_race_is_in_the_map_and_wins_somewhere(cells):
    (examples,) = (cell for cell in cells if "EXAMPLES = {" in cell.source)
    asked = re.findall(r"^    (\w+): \(", examples.source, re.MULTILINE)
    won = re.findall(r": (\w+) is first", examples.outputs[0].text)
    assert won == asked
    assert {*won} == {*RACING}


def test_on_a_plain_flatter_than_its_eps_adadelta_is_descent():
    far = np.array([-40.0, 30.0])
    assert np.linalg.norm(Plateau().gradient(far)) < np.sqrt(Adadelta().eps) / 10
    alike = (Adadelta(lr=1000.0), GradientDescent(lr=1000.0))
    one, other = (minimize(Plateau(), rule, far, 300).x for rule in alike)
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert 40 < np.linalg.norm(one[-1]) < 46


def test_a_saddle_turned_by_45_degrees_ends_what_division_gains():
    side = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    turned = Function(
        lambda x: Saddle().value(x @ side.T), lambda x: Saddle().gradient(x @ side.T) @ side
    )
    start, lr = np.array([1.5, 1e-9]), np.logspace(-6, 3, 28)

    def fewest(problem, kind, x0):
        below = minimize(problem, kind(lr=lr), x0, 100, record="f").f < -0.2
        return np.where(below.any(axis=0), below.argmax(axis=0), 101).min()

    assert fewest(turned, GradientDescent, start @ side) == fewest(Saddle(), GradientDescent, start)
    for kind in (Adagrad, Adam):
        assert fewest(turned, kind, start @ side) > 5 * fewest(Saddle(), kind, start)


def test_after_the_last_gradient_a_step_is_what_memory_makes(cells):
    # m_31 = 0.9 m_30 with m_30 = 1 - 0.9^30, and v_31 = 0.999 v_30, each over its own weight.
    corrected = 0.9 * (1 - 0.9**30) / (1 - 0.9**31)
    root = np.sqrt((1 - 0.999**30) / (1 - 0.999**31))
    mu = [0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in range(1, 33)]
    m = 1 - 0.9**30
    before = (1 - mu[29]) / (1 - np.prod(mu[:30])) + mu[30] * m / (1 - np.prod(mu[:31]))
    after = mu[31] * 0.9 * m / (1 - np.prod(mu[:32]))
    adam, amsgrad = corrected / (root * np.sqrt(0.999)), corrected / root
    expected = {"Momentum": 0.9, "Nesterov": 0.9, "AdaMax": corrected / 0.999}
    expected |= {"Adam": adam, "NAdam": after / before / (root * np.sqrt(0.999))}
    expected |= {"AMSGrad": amsgrad}
    for name, (*_, times, share) in _table(cells, "step at g = 0").items():
        assert float(share) == pytest.approx(expected.get(name, 0.0), abs=6e-3), name
        assert int(times.strip("× ")) == (
            100 if name in {"GradientDescent", "Momentum", "Nesterov"} else 1
        )


def test_a_momentum_step_shrinks_areas_by_its_factor_at_any_lr():
    # So no falling lr can make every swing smaller than 0.9^50 after 100 steps.
    for lr in (1e-3, 0.15, 1.0, 3.5):
        whole = np.eye(2)
        for t in range(1, 101):
            a = lr * (1 - (t - 1) / 100)
            # (x, v) on x^2 / 2
            whole = np.array([[1 - a, 0.9], [-a, 0.9]]) @ whole
            assert np.linalg.det([[1 - a, 0.9], [-a, 0.9]]) == pytest.approx(0.9)
        assert np.linalg.svd(whole)[1][0] >= 0.9**50


def test_on_rastrigin_rules_stay_in_their_dent_at_middling_lrs(cells):
    rows = _table(cells, "lrs with a gap of 8.0")
    assert rows.keys() == {*RACING}
    for name, (count, low, high, start) in rows.items():
        assert int(count) >= 4, name
        assert float(low) < float(high)
        assert float(start) > 20
