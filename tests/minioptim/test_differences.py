"""Gradients by differences, and gradients held to them: each mistake is found and named."""

import re

import numpy as np
import pytest
import sympy

from minioptim import SGD, Adam, minimize
from minioptim.checks import check_gradient
from minioptim.datasets import digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.problems import SURFACES, Function, Noisy, Quadratic, Ravine, differences


def f(x):
    return (x**4).sum(axis=-1) + 3 * x[..., 0] * x[..., 1] + np.sin(x[..., 1])


def df(x):
    g = 4 * x**3
    g[..., 0] += 3 * x[..., 1]
    g[..., 1] += 3 * x[..., 0] + np.cos(x[..., 1])
    return g


POINTS = np.random.default_rng(0).normal(size=(4, 3))

# --- By differences -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 3)])
def test_differences_have_ten_digits_at_one_point_and_at_many(shape):
    x = np.resize(POINTS, shape)
    given = x.copy()
    np.testing.assert_allclose(differences(f)(x), df(x), atol=1e-9)
    np.testing.assert_array_equal(x, given)


@pytest.mark.parametrize("size", [1e-9, 1e6])
def test_the_step_grows_with_the_coordinate_and_does_not_vanish_with_it(size):
    x = size * np.array([1.0, -2.0])
    slope = differences(lambda x: (x**2).sum(axis=-1))(x)
    np.testing.assert_allclose(slope, 2 * x, rtol=1e-9, atol=1e-9)


def test_a_smaller_step_reaches_where_the_function_is_defined():
    def log(x):
        return np.log(x).sum(axis=-1)

    with np.errstate(invalid="ignore"):
        assert np.isnan(differences(log)(np.array([1e-7]))).all()
    np.testing.assert_allclose(differences(log, step=1e-12)(np.array([1e-7])), [1e7], rtol=1e-6)


def test_a_batch_of_runs_by_differences_equals_its_single_runs():
    for problem in (Function(f), Function(lambda x: float(f(x)), each=True)):
        rates = [0.01, 0.02]
        batch = minimize(problem, SGD(lr=rates), POINTS[0], steps=20)
        for i, lr in enumerate(rates):
            alone = minimize(problem, SGD(lr=lr), POINTS[0], steps=20)
            np.testing.assert_array_equal(batch.x[:, i], alone.x)
        exact = minimize(Function(f, df), SGD(lr=rates), POINTS[0], steps=20)
        np.testing.assert_allclose(batch.x, exact.x, atol=1e-8)


def test_a_function_that_adds_over_a_whole_batch_is_refused_without_a_gradient_too():
    with pytest.raises(ValueError, match="at one point of shape|works for a single point|shape"):
        minimize(Function(lambda x: (x**2).sum()), SGD(lr=[0.1, 0.2]), [1.0, 2.0], steps=3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: differences(3), TypeError, "f must be a function of x, got 3"),
        (lambda: differences(f, step=0), ValueError, "step must be a finite number above 0, got 0"),
        (lambda: differences(f, step="a"), TypeError, "step must be"),
        (lambda: differences(np.sin)(POINTS), ValueError, r"f must return shape \(4,\) .*\(4, 3\)"),
        (lambda: Function(None), TypeError, "f must be a function of x, got None"),
        (lambda: Function(f, 3), TypeError, "df must be a function of x, got 3"),
        (lambda: check_gradient(f), TypeError, "problems.Function"),
        (lambda: check_gradient(Function(f, df)), ValueError, "x must be given"),
        (lambda: check_gradient(Function(f, df), []), ValueError, "x must be finite points"),
        (lambda: check_gradient(Function(f, df), [np.nan]), ValueError, "x must be finite points"),
        (
            lambda: check_gradient(Function(f, lambda x: x[:2]), POINTS),
            ValueError,
            r"gradient must return shape \(3,\) at one point, got \(2,\)",
        ),
        (
            lambda: check_gradient(Function(lambda x: x, df), POINTS),
            ValueError,
            r"value must return one number at one point, got shape \(3,\)",
        ),
        (
            lambda: check_gradient(Function(lambda x: np.inf * x[..., 0], df), POINTS),
            ValueError,
            "value must be finite where it is checked, got -?inf at",
        ),
    ],
)
def test_bad_arguments_are_named_with_their_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- What others return ---------------------------------------------------------------------


class ArrayLike:
    """What looks like an array to NumPy, as the arrays of other libraries do."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


@pytest.mark.parametrize("each", [True, False])
def test_a_gradient_may_return_what_looks_like_an_array(each):
    rule, x0 = Adam(lr=0.1), POINTS if not each else POINTS[0]
    own = Function(lambda x: ArrayLike(f(x)), lambda x: ArrayLike(df(x.copy())), each=each)
    trace = minimize(own, rule, x0, steps=10)
    np.testing.assert_array_equal(trace.x, minimize(Function(f, df), rule, x0, steps=10).x)
    assert check_gradient(own, POINTS) < 1e-8


def test_a_gradient_of_sympy_s_goes_the_way_of_the_formula():
    a, b = sympy.symbols("a b")
    formula = a**2 / 2 + 5 * b**2
    symbolic = Function(
        sympy.lambdify([(a, b)], formula),
        sympy.lambdify([(a, b)], [formula.diff(a), formula.diff(b)]),
        each=True,
    )
    bowl, rule = Quadratic([1.0, 10.0]), SGD(lr=[0.05, 0.1])
    mine, theirs = (minimize(p, rule, [2.0, 1.0], steps=20) for p in (symbolic, bowl))
    np.testing.assert_allclose(mine.x, theirs.x, rtol=1e-12, atol=1e-14)
    assert check_gradient(symbolic, [2.0, 1.0]) < 1e-8


# --- Held to them ---------------------------------------------------------------------------


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
def test_the_gradients_of_the_package_pass(surface):
    assert check_gradient(surface()) < 1e-6
    assert check_gradient(Noisy(surface(), sigma=1.0)) < 1e-6


@pytest.mark.parametrize("make", [SoftmaxRegression, MLP])
def test_the_gradients_of_models_pass(make):
    model = make(digits().train.split(100)[1], l2=0.1)
    assert check_gradient(model.minibatch(8)) < 1e-6


def broken(name, x):
    g = df(x)
    if name == "one sign":
        g[..., 2] *= -1
    elif name == "no constant":
        g[..., 0] += 1.5
    elif name == "penalty":
        g += 0.3 * x
    elif name == "infinite":
        g[..., 1] = np.nan
    elif name == "missing":
        g[..., 1] = 0
    elif name == "order":
        g = g[..., [1, 0, 2]]
    elif name == "odd":
        g[..., 1] += np.cos(x[..., 0])
    else:
        g *= {"sign": -1, "factor": 2, "mean": 3}[name]
    return g


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("sign", "The sign is wrong in all coordinates"),
        ("one sign", "The sign is wrong in coordinate 2"),
        ("factor", "It is 2 times what it should be in all coordinates"),
        ("mean", "It is 3 times what it should be in all coordinates"),
        ("missing", "It is 0 in coordinate 1: is a term missing?"),
        ("order", "slopes of other coordinates in coordinates 0, 1"),
        ("no constant", "off by 1.5 at every point in coordinate 0"),
        ("penalty", "off by 0.3 x in all coordinates: a penalty"),
        ("infinite", "It is not finite"),
        ("odd", ""),
    ],
)
def test_a_mistake_is_found_and_named(name, likely):
    wrong = Function(f, lambda x: broken(name, x))
    with pytest.raises(ValueError, match="the gradient is not that of the value") as caught:
        check_gradient(wrong, POINTS)
    said = str(caught.value)
    assert likely in said if likely else said.endswith(tuple("0123456789"))
    # Both numbers, of the coordinate that it names.
    which, mine, right = re.search(
        r"coordinate (\d) is (\S+), by differences (-?[\d.e-]*\d)", said
    ).groups()
    at = next(i for i, x in enumerate(POINTS) if f"{x[0]:.6g}"[:6] in said)
    assert float(right) == pytest.approx(df(POINTS[at])[int(which)], rel=1e-5)
    theirs = float(broken(name, POINTS[at])[int(which)])
    assert float(mine) == pytest.approx(theirs, rel=1e-5, nan_ok=True)


def test_a_small_coordinate_is_held_as_strictly_as_a_large_one():
    steep = Quadratic([1e-5, 1e5])
    wrong = Function(steep.value, lambda x: steep.gradient(x) * [1.001, 1.0])
    assert check_gradient(steep) < 1e-8
    with pytest.raises(ValueError, match="coordinate 0"):
        check_gradient(wrong, [300.0, 1e-3])


def test_a_kink_is_no_wrong_gradient():
    absolute = Function(lambda x: np.abs(x).sum(axis=-1), lambda x: np.where(x >= 0, 1.0, -1.0))
    assert check_gradient(absolute, [1.0, -2.0]) < 1e-8
    with pytest.raises(ValueError, match="kink at x = .* along coordinate 1"):
        check_gradient(absolute, [1.0, 0.0])


def test_in_many_dimensions_a_wrong_coordinate_that_is_not_tried_is_found():
    d = 1000
    bowl = Quadratic(np.ones(d))
    assert check_gradient(bowl) < 1e-6
    for i in range(0, d, 400):
        wrong = Function(bowl.value, lambda x, i=i: x * np.where(np.arange(d) == i, -1.0, 1.0))
        with pytest.raises(ValueError, match="by differences"):
            check_gradient(wrong, np.ones(d))


def test_a_ravine_s_gradient_may_be_checked_at_a_point_of_one_s_own():
    assert check_gradient(Ravine(), [1.0, 2.0]) < 1e-8
