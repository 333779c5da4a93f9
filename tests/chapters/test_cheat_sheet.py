"""The cheat sheet: its numbers are computed here a second time, by runs and by matrices.

Its equations are the rules' own docstrings, of which `test_rules.py` shows that they compute what
``step`` computes; its cells print both.
"""

import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import minioptim
from minioptim import (
    Adagrad,
    Adam,
    AdaMax,
    BufferMomentum,
    CenteredRMSProp,
    EWMAMomentum,
    GradientDescent,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    averages,
    minimize,
)
from minioptim.problems import Function, Quadratic, Ravine
from minioptim.rules import RULES

from ..parity.rosetta import tables

ROOT = Path(__file__).parents[2]
NAMES = {rule.__name__ for rule in RULES}


@pytest.fixture(scope="module")
def sheet():
    return nbformat.read(ROOT / "chapters" / "cheat_sheet.ipynb", as_version=4)


def printed(sheet, beginning):
    """Return the output of the cell whose output begins so, each line as its words."""
    texts = [
        output.text
        for cell in sheet.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text" in output
    ]
    (found,) = [text for text in texts if text.lstrip().startswith(beginning)]
    return [line.split() for line in found.splitlines()]


def test_the_family_is_dated_as_the_references_are(sheet):
    keys = {
        "GradientDescent": "cauchy1847",
        "Momentum": "polyak1964",
        "Nesterov": "nesterov1983",
        "Adagrad": "duchi2011",
        "Adadelta": "zeiler2012",
        "RMSProp": "tieleman2012",
        "Adam": "kingma2015",
        "AdaMax": "kingma2015",
        "NAdam": "dozat2016",
        "AMSGrad": "reddi2018",
        "AdamW": "loshchilov2019",
        "Lion": "chen2023",
        "ScheduleFree": "defazio2024",
    }
    rows = printed(sheet, "1847 GradientDescent")
    assert {row[1]: row[0] for row in rows} == {name: key[-4:] for name, key in keys.items()}
    references = (ROOT / "references.bib").read_text(encoding="utf-8")
    for key in keys.values():
        entry = re.search(rf"@\w+\{{{key},(.*?)\n\}}", references, re.S)[1]
        assert re.search(rf"year\s*=\s*\{{{key[-4:]}\}}", entry)


def test_a_rules_line_says_the_rate_that_the_table_measured(sheet):
    made = [
        output["data"]["text/markdown"]
        for cell in sheet.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/markdown" in output.get("data", {})
    ]
    measures = [text for text in made if "best lr on the digits" in text]
    (rows,) = [rows for text in measures for rows in tables(text)]
    column = rows[0].index("best lr on the digits")
    measured = {row[0]: row[column] for row in rows[1:]}
    assert measured.keys() < NAMES
    text = "\n".join(cell.source for cell in sheet.cells if cell.cell_type == "markdown")
    lines = re.findall(r"^### (\w+)$.*?\*\*Typical:\*\*(.*?)\*\*Helps", text, re.M | re.S)
    said = {name: re.findall(r"digits (\d[\d.]*\d|\d)", line) for name, line in lines}
    assert {name: rates for name, rates in said.items() if rates} == {
        name: [rate] for name, rate in measured.items()
    }


# --------------------------------------------------------------------------------------- tables


def test_steps_on_a_slope_are_those_of_the_sums_written_out(sheet):
    rows = {row[0]: [float(x) for x in row[1:]] for row in printed(sheet, "slope 1")[2:]}
    assert rows.keys() == NAMES
    geometric = [(1 - 0.9**t) / 0.1 for t in (1, 10, 100)]
    leaking = [1 / math.sqrt(1 - 0.9**t) for t in (1, 10, 100)]
    centred = [1 / math.sqrt(0.9**t * (1 - 0.9**t)) for t in (1, 10, 100)]
    ones = [1.0, 1.0, 1.0]
    expected = {
        "GradientDescent": ones,
        "Momentum": geometric,
        "BufferMomentum": geometric,
        "EWMAMomentum": [x / 10 for x in geometric],
        "Nesterov": geometric,
        "Adagrad": [1, 1 / math.sqrt(10), 0.1],
        "RMSProp": leaking,
        "CenteredRMSProp": centred,
        "Adam": ones,
        "AdaMax": ones,
        "AMSGrad": ones,
    }
    for name, steps in expected.items():
        assert rows[name][:3] == pytest.approx(steps, rel=5e-3), name
        scale = 100 if rows[name][3] > 50 or name == "EWMAMomentum" else 1
        assert rows[name][3:6] == pytest.approx([scale * x for x in rows[name][:3]], rel=5e-3)
    assert rows["Adadelta"][0] == pytest.approx(math.sqrt(1e-6 / 0.05), rel=5e-3)
    assert rows["AdamW"][2] == pytest.approx(1 - 0.01 * 0.1, abs=6e-4)
    mu, after = (0.9 * (1 - 0.5 * 0.96 ** (t * 0.004)) for t in (1, 2))
    first = (1 - mu) / (1 - mu) + after * 0.1 / (1 - mu * after)
    assert rows["NAdam"][0] == pytest.approx(first, rel=5e-3)
    for name, row in rows.items():
        kept = [state for state in getattr(minioptim, name).state if state != "mu_product"]
        assert row[6] == len(kept)


@pytest.mark.equation("cheat-averages")
def test_the_lengths_of_an_average_follow_from_its_weights(sheet):
    for beta, life, window, lag, sample, *sums in printed(sheet, "sum of weights")[2:]:
        beta, life, window, lag, sample, *sums = map(
            float, (beta, life, window, lag, sample, *sums)
        )
        weights = (1 - beta) * beta ** np.arange(400_000)
        assert beta**life == pytest.approx(0.5, abs=3e-3)
        assert life == pytest.approx(math.log(0.5) / math.log(beta), abs=6e-3)
        assert 1 / weights[0] == pytest.approx(window) == pytest.approx(averages.window(beta))
        assert (weights * np.arange(400_000)).sum() == pytest.approx(lag, rel=1e-6)
        assert 1 / (weights**2).sum() == pytest.approx(sample, rel=1e-6)
        for t, total in zip((1, 10, 100, 1000), sums, strict=True):
            assert weights[:t].sum() == pytest.approx(total, abs=6e-5)


def radius_of(matrix):
    return np.abs(np.linalg.eigvals(matrix)).max()


def momentum_radius(rule):
    """Return the largest root of a rule with one state on f = x^2 / 2."""
    rows = [rule.step(rule.query(x, v), x, 1, v) for x, v in ((1.0, 0.0), (0.0, 1.0))]
    return radius_of(rows)


def adam_radius(a, beta):
    """Return that of Adam, its root held fixed: m <- beta m + (1 - beta) x, x <- x - a m."""
    return radius_of([[1 - a * (1 - beta), -a * beta], [1 - beta, beta]])


def nadam_radius(a, beta):
    """Return that of NAdam with mu = beta: x <- x - a ((1 - beta) x + beta m), m the new one."""
    return radius_of([[1 - a * (1 - beta + beta * (1 - beta)), -a * beta**2], [1 - beta, beta]])


@pytest.mark.equation("cheat-limits")
@pytest.mark.parametrize("b", [0.5, 0.9, 0.99])
def test_each_limit_is_where_a_root_leaves_the_unit_circle(b, sheet):
    rows = printed(sheet, "momentum or beta")
    column = [float(x) for x in rows[0][3:]].index(b) - 3
    shown = {" ".join(row[:-3]): float(row[column]) for row in rows[1:]}
    kinds = {
        "GradientDescent": (2.0, [lambda a: abs(1 - a)]),
        "Momentum": (
            2 + 2 * b,
            [
                lambda a: momentum_radius(Momentum(lr=a, momentum=b)),
                lambda a: momentum_radius(BufferMomentum(lr=a, momentum=b)),
            ],
        ),
        "Nesterov": (
            (2 + 2 * b) / (1 + 2 * b),
            [lambda a: momentum_radius(Nesterov(lr=a, momentum=b))],
        ),
        "EWMAMomentum, Adam": (
            2 * (1 + b) / (1 - b),
            [
                lambda a: momentum_radius(EWMAMomentum(lr=a, beta=b)),
                lambda a: adam_radius(a, b),
            ],
        ),
        "NAdam, mu = beta1": (2 * (1 + b) / (1 + b - 2 * b**2), [lambda a: nadam_radius(a, b)]),
    }
    assert shown.keys() == kinds.keys()
    for name, (limit, radii) in kinds.items():
        assert shown[name] == pytest.approx(limit, abs=6e-4), name
        for radius in radii:
            assert radius(0.999 * limit) < 1 < radius(1.001 * limit), name


@pytest.mark.equation("cheat-rates")
@pytest.mark.parametrize("kappa", [10.0, 100.0])
def test_steps_for_a_digit_are_those_that_a_run_needs(kappa, sheet):
    table = {row[0]: row[1:] for row in printed(sheet, "kappa")}
    column = table["kappa"].index(f"{kappa:.0f}")
    root = math.sqrt(kappa)
    tuned = {
        "GradientDescent": GradientDescent(lr=2 / (1 + kappa)),
        "Nesterov": Nesterov(lr=1 / kappa, momentum=(root - 1) / (root + 1)),
        "Momentum": Momentum(lr=(2 / (1 + root)) ** 2, momentum=((root - 1) / (root + 1)) ** 2),
    }
    assert table.keys() == {"kappa", *tuned}
    for name, rule in tuned.items():
        radius = 0.0
        for curvature in (1.0, kappa):
            if name == "GradientDescent":
                radius = max(radius, abs(1 - rule.lr * curvature))
                continue
            units = ((1.0, 0.0), (0.0, 1.0))
            rows = [rule.step(curvature * rule.query(x, v), x, 1, v) for x, v in units]
            radius = max(radius, radius_of(rows))  # rounding splits a double root a little
        steps = math.log(10) / -math.log(radius)
        assert float(table[name][column]) == pytest.approx(steps, rel=1e-2, abs=0.05)


# ---------------------------------------------------------------------------- learning rates


def paths_agree(one, other, problem, other_problem=None, scale=1.0, steps=30, start=(1.0, -2.0)):
    a = minimize(problem, one, start, steps=steps).x
    there = minimize(other_problem or problem, other, scale * np.array(start), steps=steps).x
    return np.allclose(there / scale, a, rtol=1e-7, atol=1e-12)


def test_learning_rates_translate_as_the_last_table_says():
    bowl, n, c = Quadratic([0.5, 3.0]), 7.0, 100.0
    summed = Function(lambda x: n * bowl.value(x), lambda x: n * bowl.gradient(x))
    small = Function(lambda x: bowl.value(x / c), lambda x: bowl.gradient(x / c) / c)
    lr, beta, eps = 0.1, 0.9, 1e-3
    assert paths_agree(Momentum(lr, beta), BufferMomentum(lr, beta), bowl)
    assert paths_agree(Momentum(lr, beta), EWMAMomentum(lr / (1 - beta), beta), bowl)
    assert paths_agree(GradientDescent(lr), GradientDescent(lr / n), bowl, summed)
    assert paths_agree(GradientDescent(lr), GradientDescent(lr * c**2), bowl, small, c)
    for kind in (Adagrad, RMSProp, CenteredRMSProp, Adam, AdaMax, NAdam):
        plain, larger = kind(lr=lr, eps=eps), kind(lr=lr, eps=n * eps)
        assert paths_agree(plain, larger, bowl, summed), kind
        assert paths_agree(plain, kind(lr=c * lr, eps=eps / c), bowl, small, c), kind
        assert not paths_agree(plain, kind(lr=lr / n, eps=n * eps), bowl, summed), kind


def test_on_a_slope_momentum_goes_as_far_as_a_longer_rate():
    slope = Function(lambda x: x.sum(axis=-1), np.ones_like)
    for kind in (Momentum, Nesterov):
        x = minimize(slope, kind(lr=0.1 * (1 - 0.9), momentum=0.9), [0.0], steps=400).x
        assert x[-1, 0] - x[-2, 0] == pytest.approx(-0.1)


def test_adam_without_momentum_is_rmsprop_with_a_rising_rate():
    rho = 0.99
    adam = Adam(lr=0.3, beta1=0.0, beta2=rho, eps=0.0)
    rising = RMSProp(lr=lambda t: 0.3 * math.sqrt(1 - rho**t), rho=rho, eps=0.0)
    assert paths_agree(adam, rising, Ravine(), start=Ravine.start)


def test_floors_and_keras_eps_translate_as_the_table_says():
    eps = 1e-4
    assert math.sqrt(eps**2) == pytest.approx(eps)  # inside, against outside
    m, v, t = 0.3, 0.02, 1
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    ours = (m / c1) / (math.sqrt(v / c2) + eps)
    keras = math.sqrt(c2) / c1 * m / (math.sqrt(v) + eps * math.sqrt(c2))
    assert ours == pytest.approx(keras)
    assert math.sqrt(c2) == pytest.approx(0.0316, abs=5e-5)
