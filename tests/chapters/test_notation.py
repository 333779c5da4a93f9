"""The tables of letters beside the package: every name is there, and no other.

Its columns of the libraries come from `minioptim.libraries`, and are compared with the libraries in
`tests/parity`.
"""

import re
from dataclasses import fields
from pathlib import Path

import nbformat
import numpy as np
import pytest
import sympy as sp

from book import pages as site_pages
from minioptim import EWMAMomentum, Momentum, minimize
from minioptim.libraries import KEPT, LIBRARIES
from minioptim.problems import Quadratic

from ..discovery import all_rules
from ..parity.rosetta import tables

NOTEBOOK = Path(__file__).parents[2] / "chapters" / "notation.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def found(notebook):
    """Return the tables of the page by the first cell of their header and the number of columns."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for cell in notebook.cells:
        made = (output.get("data", {}) for output in cell.get("outputs", []))
        text += "".join(f"\n\n{data['text/markdown']}" for data in made if "text/markdown" in data)
    by_header = {}
    for header, *body in tables(text):
        by_header.setdefault(f"{header[0]}{len(header)}", []).extend(body)
    return by_header


def test_what_libraries_keep_is_said_once_of_every_rules_states():
    said = [(kind, kept.state) for kept in KEPT for kind in kept.kinds]
    assert len(said) == len(set(said))
    assert set(said) == {(rule, name) for rule in all_rules() for name in rule.state}


def test_every_state_and_hyper_parameter_of_formulas_has_a_row(found):
    ours = " ".join(row[1] for row in found["Meaning4"])
    for name in {name for rule in all_rules() for name in rule.state} - {"v_max", "mu_product"}:
        assert re.search(rf"\${name}_t\$", ours), name
    own = {field.name for rule in all_rules() for field in fields(rule)}
    for name in own - {"psi", "initial_accumulator"}:
        assert re.search(rf"\$, `{name}`", ours), name


# Letters that a formula may hold, beside the Latin ones. Not here: signs, such as partial or top.
GREEK = "alpha beta gamma delta varepsilon eta theta kappa lambda mu rho sigma tau varphi psi omega"
NAMED = {f"\\{name}" for name in (*GREEK.split(), "Delta", "Phi", "ell")}


def letters(formula):
    """Return the letters of a formula, without words and what draws it."""
    formula = re.sub(r"\\(?:text|mathrm|operatorname|begin|end) *\{[^}]*\}", " ", formula)
    found = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", formula))
    return {one for one in found if len(one) == 1 or one in NAMED}


def letters_of_rows(found):
    """Return the letters that a table of this page tells the meaning of."""
    cells = [row[1] for row in found["Meaning4"]]
    cells += [row[0] for row in (*found["Symbol2"], *found["Letter3"])]
    return set().union(
        *(letters(formula) for formula in re.findall(r"\$([^$]+)\$", " ".join(cells)))
    )


def chapters_on_rules():
    """Return the pages of the parts that come before `Putting it to work`."""
    for _, chapters in site_pages.parts(NOTEBOOK.parents[1] / "_toc.yml")[:2]:
        for pages in chapters:
            yield from pages


@pytest.mark.parametrize("page", [*chapters_on_rules()])
def test_each_letter_of_a_displayed_formula_has_a_row(page, found):
    cells = nbformat.read(NOTEBOOK.parents[1] / f"{page}.ipynb", as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    formulas = re.findall(r"^\$\$(.*?)\$\$", text, re.M | re.S)
    assert formulas
    known = letters_of_rows(found)
    assert [(one, f) for f in formulas for one in sorted(letters(f) - known)] == []


def test_a_letter_without_a_row_is_found():
    assert letters(r"\mathrm{lr}\, \mu \text{ or } \frac{q_t}{\sqrt 2}") == {r"\mu", "q", "t"}
    rows = {"Meaning4": [["", "$x_t$"]], "Symbol2": [[r"$\mu$", "$q$"]], "Letter3": []}
    assert letters_of_rows(rows) == {"x", "t", r"\mu"}


def test_each_letter_with_two_meanings_has_two(found):
    for letter, one, other in found["Letter3"]:
        assert letter.startswith("$")
        assert one
        assert other
        assert one != other


# Names that the detailed tables do not have: arguments of a step, and what counts the steps.
OF_A_STEP = [
    {"params", "grad", "step"},
    {"trainable_variables", "grads", "iterations"},
    {"params", "updates", "count"},
]


def overview_faults(found):
    """Return how the one table of all names differs from the detailed ones."""
    faults = []
    letters = {row[0]: row for row in found["Meaning4"]}
    decays = [row for row in found["Meaning4"] if row[0] == "its decay"]
    for meaning, ours, papers, _, *libraries in found["Meaning7"]:
        if meaning in letters:
            alike = decays if meaning == "its decay" else [letters[meaning]]
            if [ours, papers] not in [row[1:3] for row in alike]:
                faults.append(f"{meaning}: other letters than below")
        elif meaning != "the number of the step":
            faults.append(f"{meaning}: not below")
        for column, cell in enumerate(libraries):
            rows = found["This book4"] + found["State: rules4"]
            known = set(re.findall(r"`(\w+)", " ".join(row[column + 1] for row in rows)))
            names = set(re.findall(r"`(\w+)`", cell))
            if not names or names - known - OF_A_STEP[column]:
                faults.append(f"{meaning}, {LIBRARIES[column]}: {cell}")
    return faults


def test_the_one_table_has_every_column_and_fits_the_others(found):
    assert len(found["Meaning7"]) >= 12
    assert all(cell for row in found["Meaning7"] for cell in row)
    assert overview_faults(found) == []


@pytest.mark.parametrize(("old", "new"), [("`beta_1`", "`beta1`"), ("Zeiler", "Ziegler")])
def test_a_name_that_is_not_below_is_found(found, old, new):
    changed = [[cell.replace(old, new) for cell in row] for row in found["Meaning7"]]
    assert overview_faults(found | {"Meaning7": changed})


# --- What the page says -------------------------------------------------------


@pytest.mark.equation("note-sign")
def test_a_velocity_of_the_other_sign_is_the_same_rule():
    bowl = Quadratic([1.0, 10.0])
    run = minimize(bowl, Momentum(lr=0.02, momentum=0.7), [3.0, -1.0], steps=30)
    theta, v = np.array([3.0, -1.0]), np.zeros(2)
    for t in range(1, 31):
        v = 0.7 * v + 0.02 * bowl.gradient(theta)
        theta = theta - v
        np.testing.assert_allclose(theta, run.x[t], rtol=1e-12)
        np.testing.assert_allclose(-v, run.state["v"][t], rtol=1e-12)
    # With the wrong sign in one place only, it climbs.
    theta, v = np.array([3.0, -1.0]), np.zeros(2)
    for _ in range(30):
        v = 0.7 * v + 0.02 * bowl.gradient(theta)
        theta = theta + v
    assert bowl.value(theta) > 100 * bowl.value(np.array([3.0, -1.0]))


@pytest.mark.equation("note-average")
def test_a_series_average_becomes_a_rule_if_it_is_of_gradients():
    bowl = Quadratic([1.0])
    run = minimize(bowl, EWMAMomentum(lr=0.3, beta=0.8), [2.0], steps=20)
    x, v = 2.0, 0.0
    for t in range(1, 21):
        a = x  # the gradient of x^2 / 2
        v = 0.8 * v + 0.2 * a
        x = x - 0.3 * v
        assert x == pytest.approx(run.x[t, 0], rel=1e-12)


def test_the_two_slides_with_two_letters_write_one_sum():
    momentum, lr, g1, g2, g3 = sp.symbols("momentum lr g1 g2 g3")
    recursion = 0
    for g in (g1, g2, g3):
        recursion = momentum * recursion + lr * g
    unrolled = lr * g3 + momentum * lr * g2 + momentum**2 * lr * g1
    assert sp.expand(recursion - unrolled) == 0
