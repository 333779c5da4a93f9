"""The gallery: no public problem is forgotten, and each printed formula is the code's.

A surface's formula is read from the LaTeX that the reader sees and compared with the package.
"""

import inspect
import re
from itertools import chain
from pathlib import Path

import nbformat
import numpy as np
import pytest
import sympy as sp
from sympy.parsing.sympy_parser import (
    convert_xor,
    implicit_multiplication_application,
    parse_expr,
    standard_transformations,
)

from minioptim import SGD, Momentum, losses, minimize, problems
from minioptim.datasets import Dataset, RegressionData, digits
from minioptim.losses import MLP, LeastSquares, SoftmaxRegression
from minioptim.problems import SURFACES, Incline, Kinked, Noisy, Problem, Quadratic, Surface

CHAPTERS = Path(__file__).parents[2] / "chapters"
EQUATION = re.compile(r"^\$\$\n(.*?)\n\$\$ \((prob-[a-z-]+)\)$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
TRANSFORMATIONS = (*standard_transformations, implicit_multiplication_application, convert_xor)
X, Y = sp.symbols("x y", real=True)


def label(kind):
    """Return the label of a surface's equation."""
    return "prob-" + re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


LABELS = {kind: label(kind) for kind in SURFACES}


def sections():
    """Return heading -> everything below it, Markdown and code, in order."""
    notebook = nbformat.read(CHAPTERS / "problems.ipynb", as_version=4)
    found, heading = {}, None
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (match := HEADING.search(cell.source)):
            heading = match[1]
        if heading:
            found[heading] = found.get(heading, "") + "\n" + cell.source
    return found


def equations():
    notebook = nbformat.read(CHAPTERS / "problems.ipynb", as_version=4)
    return {
        label: body
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for body, label in EQUATION.findall(cell.source)
    }


def right_side(latex):
    """Return what stands right of the first equals sign in LaTeX as a SymPy expression in x, y."""
    text = latex.replace(r"\begin{aligned}", "").replace(r"\end{aligned}", "")
    text = text.split("=", 1)[1]
    text = re.sub(r"\\(big|qquad|quad)\b|&|\{\}", "", text)  # what only sets the formula
    for old, new in ((r"\\", " "), (r"\cdot", "*"), ("[", "("), ("]", ")")):
        text = text.replace(old, new)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", re.sub(r"\^2\b", "**2", text))
    text = text.replace(r"\cos", "cos").replace(r"\pi", "pi").replace("\n", " ")
    text = re.sub(r"\bx y\b", "x*y", text)
    assert "\\" not in text, text
    return parse_expr(text, {"x": X, "y": Y}, TRANSFORMATIONS)


def public_problems():
    return {
        name: kind
        for name, kind in chain(vars(problems).items(), vars(losses).items())
        if inspect.isclass(kind)
        and issubclass(kind, Problem)
        and not inspect.isabstract(kind)
        and not name.startswith("_")
    }


@pytest.fixture(scope="module")
def gallery():
    return sections()


@pytest.fixture(scope="module")
def formulas():
    return equations()


# -------------------------------------------------------------------------------- nobody is missing


def faults(name, gallery):
    """Return what the gallery lacks of a problem."""
    spelt = "Goldstein" if name == "GoldsteinPrice" else name
    own = [text for heading, text in gallery.items() if spelt in re.findall(r"\w+", heading)]
    if len(own) != 1:
        return [f"{len(own)} sections for {name}"]
    parts = (
        f"{name}(" if name != "Minibatch" else ".minibatch(",
        f"**Used in** {{used-in}}`{name}`",
        "**Source:**",
    )
    return [f"{name}: {part} is missing" for part in (*parts, "**For:**") if part not in own[0]]


@pytest.mark.parametrize("name", public_problems())
def test_each_public_problem_has_a_section_with_use_and_source(name, gallery):
    assert faults(name, gallery) == []


@pytest.mark.parametrize("lost", ["## Beale", "**For:**", "**Source:**", "Beale("])
def test_what_is_left_out_is_missed(lost, gallery):
    assert faults("Novel", gallery) == ["0 sections for Novel"]
    thinner = {head: text.replace(lost, "") for head, text in gallery.items()}
    if lost == "## Beale":
        del thinner["Beale"]
    assert len(faults("Beale", thinner)) == 1


def test_every_surface_of_the_package_is_listed():
    public = {kind for kind in public_problems().values() if issubclass(kind, Surface)}
    assert public == set(SURFACES)


# ----------------------------------------------------------------------------------------- surfaces


@pytest.mark.equation(*LABELS.values())
@pytest.mark.parametrize("kind", SURFACES, ids=lambda kind: kind.__name__)
def test_a_surfaces_printed_formula_is_its_code(kind, formulas):
    surface, formula = kind(), right_side(formulas[LABELS[kind]])
    points = np.random.default_rng(0).uniform(-2, 2, size=(40, 2))
    slopes = [sp.diff(formula, symbol) for symbol in (X, Y)]
    printed = sp.lambdify((X, Y), [formula, *slopes])
    for (x, y), value, slope in zip(
        points, surface.value(points), surface.gradient(points), strict=True
    ):
        f, *df = printed(x, y)
        assert value == pytest.approx(f, rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(slope, df, rtol=1e-8, atol=1e-7)


@pytest.mark.parametrize("kind", SURFACES, ids=lambda kind: kind.__name__)
def test_curvatures_shown_are_the_printed_formulas_at_a_minimum(kind, formulas):
    surface, formula = kind(), right_side(formulas[LABELS[kind]])
    hessian = sp.lambdify((X, Y), sp.hessian(formula, (X, Y)))
    gradient = sp.lambdify((X, Y), [sp.diff(formula, X), sp.diff(formula, Y)])
    for point in np.asarray(surface.minima):
        np.testing.assert_allclose(gradient(*point), 0.0, atol=1e-10)
        curvatures = np.linalg.eigvalsh(np.array(hessian(*point), dtype=float))
        assert curvatures[0] > 0
        shown = np.linalg.eigvalsh(surface.hessian(point))
        np.testing.assert_allclose(shown, curvatures, rtol=1e-8)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("x^2", "x^3"), ("+ y^2", "- y^2"), ("{20}", "{2}"), ("y^2", "x y")],
)
def test_the_reader_of_formulas_tells_one_from_another(wrong, right, formulas):
    body = formulas["prob-ravine"]
    assert right_side(body) == X**2 / 20 + Y**2
    assert right_side(body.replace(wrong, right)) != right_side(body)


# --------------------------------------------------------------------------------------- the others


@pytest.mark.equation("prob-quadratic")
@pytest.mark.parametrize("d", [1, 2, 4])
def test_a_quadratic_is_half_the_double_sum(d):
    rng = np.random.default_rng(d)
    q, _ = np.linalg.qr(rng.normal(size=(d, d)))
    eigenvalues = rng.uniform(0.1, 9.0, size=d)
    A = sum(lam * np.outer(v, v) for lam, v in zip(eigenvalues, q.T, strict=True))
    bowl = Quadratic(eigenvalues, rotation=q)
    for x in rng.normal(size=(5, d)):
        double = sum(x[i] * A[i, j] * x[j] for i in range(d) for j in range(d))
        assert bowl.value(x) == pytest.approx(double / 2)
    shown = np.linalg.eigvalsh(bowl.hessian(np.zeros(d)))
    np.testing.assert_allclose(shown, np.sort(eigenvalues))


@pytest.mark.equation("prob-incline")
def test_an_incline_is_the_sum_and_its_slope_the_same_everywhere():
    s = np.array([2.0, -0.5, 7.0])
    for x in np.random.default_rng(0).normal(size=(5, 3)):
        assert Incline(s).value(x) == pytest.approx(sum(s[i] * x[i] for i in range(3)))
        np.testing.assert_array_equal(Incline(s).gradient(x), s)


@pytest.mark.equation("prob-kinked")
def test_the_kinked_slope_is_as_printed_and_f_is_its_integral():
    u = sp.symbols("u", real=True)
    slope = sp.Piecewise((25 * u, u < 1), (u + 24, u < 2), (25 * u - 24, True))
    for x in (-3, sp.Rational(1, 2), sp.Rational(3, 2), 2, 3):
        there = np.array([float(x)])
        assert Kinked().gradient(there)[0] == float(slope.subs(u, x))
        assert Kinked().value(there) == pytest.approx(float(sp.integrate(slope, (u, 0, x))))


def test_the_three_points_follow_from_each_other_as_set():
    # x <- x - lr f'(x) + momentum (x - the point before), exactly: a cycle of three points.
    a, b, c = sp.symbols("a b c")
    slopes = {a: 25 * a, b: 25 * b, c: 25 * c - 24}
    lr, momentum = sp.Rational(1, 9), sp.Rational(4, 9)
    cycle = sp.solve(
        [
            old - lr * slopes[old] + momentum * (old - before) - new
            for before, old, new in ((a, b, c), (b, c, a), (c, a, b))
        ],
        [a, b, c],
    )
    assert [round(float(cycle[x]), 3) for x in (a, b, c)] == [0.647, -1.802, 2.116]
    end = minimize(Kinked(), Momentum(lr=1 / 9, momentum=4 / 9), steps=200).x[-3:, 0]
    np.testing.assert_allclose(end, [float(cycle[x]) for x in (a, b, c)], rtol=1e-9)


@pytest.mark.equation("prob-noisy")
def test_noise_is_normal_independent_and_only_in_the_oracle():
    x = np.array([1.0, -2.0])
    ask = Noisy(Quadratic([1.0, 3.0]), sigma=0.5, seed=1).oracle()
    noise = np.array([ask(x) for _ in range(20_000)]) - [1.0, -6.0]
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=4 * 0.5 / np.sqrt(20_000))
    np.testing.assert_allclose(np.cov(noise.T), 0.25 * np.eye(2), atol=0.01)
    assert (noise[:, 0] ** 4).mean() == pytest.approx(3 * 0.5**4, rel=0.1)
    assert (noise[1:, 0] * noise[:-1, 0]).mean() == pytest.approx(0.0, abs=0.01)


def test_the_noise_floor_shown_is_that_of_the_recursion():
    # x <- (1 - lr) x - lr sigma xi has the variance lr^2 sigma^2 / (1 - (1 - lr)^2).
    variance = (0.1 * 0.5) ** 2 / (1 - 0.9**2)
    run = minimize(Noisy(Quadratic([1.0]), sigma=0.5), SGD(lr=0.1), [5.0], 5000, record="x")
    assert run.x[100:].std() == pytest.approx(np.sqrt(variance), rel=0.1)


@pytest.fixture(scope="module")
def few():
    rng = np.random.default_rng(3)
    return Dataset(inputs=rng.normal(size=(7, 3)), labels=rng.integers(0, 4, size=7), classes=4)


def log_softmax(z):
    return z - np.log(np.exp(z).sum())


@pytest.mark.equation("prob-squares")
def test_least_squares_are_half_the_mean_squared_residual_plus_penalty(few):
    y = np.arange(7.0)
    model = LeastSquares(RegressionData(few.inputs, y), l2=0.3)
    x = np.random.default_rng(0).normal(size=model.dimension)
    w, b = x[:-1], x[-1]
    terms = [(w @ a + b - target) ** 2 for a, target in zip(few.inputs, y, strict=True)]
    assert model.value(x) == pytest.approx(np.mean(terms) / 2 + 0.15 * w @ w)


@pytest.mark.equation("prob-softmax")
def test_softmax_regression_is_mean_log_probability_plus_penalty(few):
    model = SoftmaxRegression(few, l2=0.3)
    x = np.random.default_rng(0).normal(size=model.dimension)
    W, b = model.unflatten(x)
    terms = [
        log_softmax(W.T @ a + b)[label] for a, label in zip(few.inputs, few.labels, strict=True)
    ]
    assert model.value(x) == pytest.approx(-np.mean(terms) + 0.15 * (W**2).sum())


@pytest.mark.equation("prob-softmax-hessian")
def test_the_hessian_at_the_start_is_a_kronecker_product(few):
    k, model = few.classes, SoftmaxRegression(few)
    a = np.column_stack([few.inputs, np.ones(len(few))])
    H = np.kron(a.T @ a / len(few), np.eye(k) / k - np.ones((k, k)) / k**2)
    step = 1e-5 * np.eye(model.dimension)
    differences = np.array([(model.gradient(e) - model.gradient(-e)) / 2e-5 for e in step])
    # The package keeps all weights first and the biases last, which is this order too.
    np.testing.assert_allclose(differences, H, atol=1e-8)
    second = np.linalg.eigvalsh(a.T @ a / len(few)) / k
    expected = np.sort(np.concatenate([np.repeat(second, k - 1), np.zeros(a.shape[1])]))
    np.testing.assert_allclose(np.linalg.eigvalsh(H), expected, atol=1e-12)


def test_the_curvatures_of_the_digits_are_counted_right():
    train, _ = digits()
    varying = np.ptp(train.inputs, axis=0) > 0
    a = np.column_stack([train.inputs[:, varying], np.ones(len(train))])
    assert np.linalg.matrix_rank(a) == varying.sum() + 1 == 62


@pytest.mark.equation("prob-mlp")
@pytest.mark.parametrize(
    ("activation", "phi"), [("relu", lambda z: np.maximum(z, 0)), ("tanh", np.tanh)]
)
def test_a_perceptron_is_softmax_on_top_of_its_layers(few, activation, phi):
    model = MLP(few, hidden=(5, 2), activation=activation, l2=0.2)
    x = np.random.default_rng(1).normal(size=model.dimension)
    *hidden, top = model.layers(x)
    terms = []
    for h, label in zip(few.inputs, few.labels, strict=True):
        for W, b in hidden:
            h = phi(W.T @ h + b)
        terms.append(log_softmax(top.W.T @ h + top.b)[label])
    penalty = 0.1 * sum((layer.W**2).sum() for layer in (*hidden, top))
    assert model.value(x) == pytest.approx(-np.mean(terms) + penalty)


@pytest.mark.equation("prob-minibatch")
def test_a_minibatch_is_the_mean_of_its_examples_gradients(few):
    model = SoftmaxRegression(few)
    x = np.random.default_rng(2).normal(size=model.dimension)
    each = model.per_example_gradients(x)
    batch = [1, 4, 6]
    np.testing.assert_allclose(model.gradient_on(batch, x), each[batch].mean(axis=0))
    ask = model.minibatch(3, seed=0).oracle()
    passed = 3 * ask(x) + 3 * ask(x) + 1 * ask(x)  # 7 = 3 + 3 + 1 examples, each once
    np.testing.assert_allclose(passed / 7, model.gradient(x), atol=1e-12)


def test_exchanging_two_hidden_units_changes_no_value(few):
    model = MLP(few, hidden=(3,))
    x = np.random.default_rng(4).normal(size=model.dimension)
    (W1, b1), (W2, b2) = model.layers(x)
    order = [1, 0, 2]
    parts = (W1[:, order], b1[order], W2[order], b2)
    other = np.concatenate([part.ravel() for part in parts])
    assert not np.array_equal(x, other)
    assert model.value(other) == pytest.approx(float(model.value(x)))
