"""Problems: their derivatives agree with differences, their minima with independent searches.

The surfaces are discovered, not listed: a new one is held to all of this without a line here.
"""

import inspect
import itertools
import pickle
import re
import tracemalloc
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from minioptim import GradientDescent, minimize, problems
from minioptim.problems import (
    SURFACES,
    Function,
    Himmelblau,
    Incline,
    Kinked,
    Noisy,
    Problem,
    Quadratic,
    Surface,
    points,
)

PROPERTY = settings(max_examples=30, deadline=None, derandomize=True, database=None)

each_surface = pytest.mark.parametrize("surface", [s() for s in SURFACES], ids=repr)


def random_points(surface, count, seed=0):
    low, high = np.transpose(surface.domain)
    return np.random.default_rng(seed).uniform(low, high, size=(count, 2))


def differences(function, x, width=1e-5):
    """Central differences along the last axis of x, one per coordinate, put on a new last axis."""
    slopes = []
    for j in range(x.shape[-1]):
        step = np.zeros(x.shape[-1])
        step[j] = width
        slopes.append((function(x + step) - function(x - step)) / (2 * width))
    return np.stack(slopes, axis=-1)


def assert_close_in_size(actual, expected, tolerance=1e-6):
    """Agree to a tolerance relative to the size of each point's derivatives (and to 1)."""
    axes = tuple(range(1, expected.ndim))
    size = np.maximum(1.0, np.abs(expected).max(axis=axes, keepdims=True))
    np.testing.assert_allclose(actual / size, expected / size, rtol=0, atol=tolerance)


def rotations(d):
    return st.integers(0, 2**32 - 1).map(
        lambda seed: stats.ortho_group.rvs(d, random_state=seed) if d > 1 else np.eye(1)
    )


@st.composite
def quadratics(draw):
    d = draw(st.integers(1, 6))
    eigenvalues = draw(st.lists(st.floats(-50.0, 50.0, width=32), min_size=d, max_size=d))
    return Quadratic(eigenvalues, draw(rotations(d)))


# ---------------------------------------------------------------- what is public


def test_every_surface_of_the_module_is_in_the_list_of_surfaces():
    found = [
        cls
        for _, cls in inspect.getmembers(problems, inspect.isclass)
        if issubclass(cls, Surface) and cls is not Surface
    ]
    assert set(found) == set(SURFACES)
    assert len(SURFACES) == len(found)


@each_surface
def test_a_surface_says_its_formula_and_its_source(surface):
    doc = inspect.cleandoc(type(surface).__doc__)
    assert re.match(r"\S.*[.]\n\n\.\. math::", doc)
    assert re.search(r"\(\d{4}\), \w+", surface.source)


@each_surface
def test_a_surface_is_a_frozen_value(surface):
    assert replace(surface) == surface == pickle.loads(pickle.dumps(surface))  # noqa: S301
    assert eval(repr(surface), vars(problems)) == surface  # noqa: S307
    with pytest.raises(FrozenInstanceError):
        surface.minimum = 1.0


# ---------------------------------------------------------------- derivatives


@each_surface
def test_the_gradient_agrees_with_differences_of_the_value(surface):
    x = random_points(surface, 200)
    assert_close_in_size(surface.gradient(x), differences(surface.value, x))


@each_surface
def test_the_hessian_agrees_with_differences_of_the_gradient(surface):
    x = random_points(surface, 200)
    assert_close_in_size(surface.hessian(x), differences(surface.gradient, x))


@each_surface
def test_the_printed_formula_is_the_value(surface):
    """Evaluate the docstring's LaTeX, turned into Python by a few replacements."""
    latex = re.search(r"\.\. math::(.*?)(?:\n\n|\Z)", inspect.cleandoc(type(surface).__doc__), re.S)
    text = " ".join(latex[1].split()).split("=", 1)[1]
    text = re.sub(r"\\,", " ", text).replace(r"\cdot", "*").replace("[", "(").replace("]", ")")
    text = re.sub(r"\\frac\{([^}]*)\}\{([^}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\cos 2\\pi ([xy])", r"cos(2 pi \1)", text).replace("^", "**")
    tokens = re.findall(r"cos|pi|[xy]|\d+\.?\d*|\*\*|\S", text)
    python = ""
    for before, token in zip(["(", *tokens], tokens, strict=False):
        adjacent = re.match(r"[\w)]", before) and re.match(r"[\w(]", token)
        python += ("*" if adjacent and before != "cos" else "") + token
    drawn = random_points(surface, 50)
    x, y = drawn.T
    printed = eval(python, {"x": x, "y": y, "cos": np.cos, "pi": np.pi})  # noqa: S307
    np.testing.assert_allclose(surface.value(drawn), printed, rtol=1e-9)


@PROPERTY
@given(quadratics(), st.integers(0, 1000))
def test_a_quadratic_agrees_with_formula_and_differences(quadratic, seed):
    d = len(quadratic.eigenvalues)
    x = np.random.default_rng(seed).normal(size=(5, d))
    expected = 0.5 * np.einsum("ni,ij,nj->n", x, quadratic.matrix, x)
    np.testing.assert_allclose(quadratic.value(x), expected, rtol=1e-9, atol=1e-9)
    assert_close_in_size(quadratic.gradient(x), differences(quadratic.value, x, 1e-4))
    assert_close_in_size(quadratic.hessian(x), differences(quadratic.gradient, x, 1e-4))


def test_a_function_of_ones_own_is_passed_through():
    def f(x):
        return np.sin(x).sum(axis=-1)

    bowl = Function(f, np.cos, start=(1.0, 2.0))
    x = np.random.default_rng(0).normal(size=(4, 3, 2))
    np.testing.assert_array_equal(bowl.value(x), f(x))
    assert_close_in_size(bowl.gradient(x), differences(bowl.value, x))
    assert bowl.start == (1.0, 2.0)
    assert Function(f, np.cos).start is None
    assert len(bowl.minima) == 0


@pytest.mark.parametrize("problem", [*(s() for s in SURFACES), Quadratic([1.0, 2.0])], ids=repr)
def test_the_oracle_of_a_problem_without_noise_is_its_gradient(problem):
    x = np.array([0.5, -0.25])
    np.testing.assert_array_equal(problem.oracle()(x), problem.gradient(x))


def test_a_problem_needs_a_value_and_a_gradient():
    class Half(Problem):
        def value(self, x):
            return x

    with pytest.raises(TypeError, match="gradient"):
        Half()


# ---------------------------------------------------------------- minima, starts, domains


@each_surface
def test_each_minimum_is_flat_and_has_the_stated_value(surface):
    minima = np.array(surface.minima)
    assert minima.ndim == 2
    assert minima.shape[1] == 2
    np.testing.assert_allclose(surface.gradient(minima), 0.0, atol=1e-9)
    np.testing.assert_allclose(surface.value(minima), surface.minimum, rtol=0, atol=1e-12)


@each_surface
def test_at_each_minimum_the_surface_curves_upwards(surface):
    curvatures = np.linalg.eigvalsh(surface.hessian(np.array(surface.minima)))
    assert (curvatures > 0).all()


@each_surface
def test_nothing_in_the_domain_is_lower_than_the_minimum(surface):
    (x_low, x_high), (y_low, y_high) = surface.domain
    x, y = np.meshgrid(np.linspace(x_low, x_high, 801), np.linspace(y_low, y_high, 801))
    assert surface.value(np.stack([x, y], axis=-1)).min() >= surface.minimum - 1e-12


@each_surface
def test_a_search_finds_the_listed_minima_and_no_other(surface):
    """SciPy's quasi-Newton method from a grid of starts."""
    (x_low, x_high), (y_low, y_high) = surface.domain
    axes = np.linspace(x_low, x_high, 4), np.linspace(y_low, y_high, 4)
    found = []
    for start in itertools.product(*axes):
        result = optimize.minimize(
            surface.value, start, jac=surface.gradient, method="L-BFGS-B", bounds=surface.domain
        )
        if result.fun < surface.minimum + 1e-8:
            found.append(result.x)
    distance = np.linalg.norm(np.array(found)[:, None] - np.array(surface.minima), axis=-1)
    assert distance.min(axis=1).max() < 2e-3, "a minimum that is not listed"
    assert set(distance.argmin(axis=1)) == set(range(len(surface.minima))), "one was not found"


def test_the_four_minima_of_himmelblau_solve_its_two_equations():
    def equations(p):
        return [p[0] ** 2 + p[1] - 11, p[0] + p[1] ** 2 - 7]

    # Eliminating y = 11 - x^2 leaves a quartic in x: its four roots, refined in the plane.
    quartic = np.polynomial.Polynomial([-7 + 121, 1, -22, 0, 1])
    roots = quartic.roots().real
    solved = [optimize.root(equations, (x, 11 - x**2), tol=1e-14).x for x in roots]
    np.testing.assert_allclose(
        sorted(map(tuple, Himmelblau().minima)), sorted(map(tuple, solved)), rtol=0, atol=1e-13
    )


@each_surface
def test_start_and_minima_lie_inside_the_domain(surface):
    low, high = np.transpose(surface.domain)
    for point in [surface.start, *surface.minima]:
        assert (low < point).all()
        assert (point < high).all()
    assert surface.value(np.array(surface.start)) > surface.minimum + 1e-3


# ---------------------------------------------------------------- shapes, and bits


# Each problem reads its argument by `points`: tested here by itself, and below that each method of
# each problem asks it.

in_the_plane = pytest.mark.parametrize(
    "problem",
    [*(s() for s in SURFACES), Quadratic([1.0, 3.0]), Quadratic([1.0, 3.0], 0.3)],
    ids=repr,
)


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8, np.float32, np.float64, list])
def test_points_of_any_type_become_floats(dtype):
    given = [5, 7] if dtype is list else np.array([5, 7], dtype=dtype)
    assert points(given, 2, "a bowl").dtype == np.float64
    np.testing.assert_array_equal(points(given, 2, "a bowl"), [5.0, 7.0])


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,)])
def test_points_of_another_dimension_are_refused(shape):
    with pytest.raises(ValueError, match=r"^x must have shape \(\.\.\., 2\) for a bowl") as caught:
        points(np.ones(shape), 2, "a bowl")
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("x", [["a", "b"], [None, None], [1j, 2.0]], ids=repr)
def test_points_that_are_not_numbers_are_refused(x):
    with pytest.raises(TypeError, match=r"^x must be "):
        points(x, 2, "a bowl")


@in_the_plane
@pytest.mark.parametrize("method", ["value", "gradient", "hessian"])
def test_each_method_checks_its_points(problem, method):
    ask = getattr(problem, method)
    for shape in [(), (3,), (0,)]:
        with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 2\)"):
            ask(np.ones(shape))
    with pytest.raises(TypeError, match=r"^x must be "):
        ask(["a", "b"])
    for x in ([5, 7], np.array([5, 7], dtype=np.uint8)):
        np.testing.assert_array_equal(ask(x), ask(np.array([5.0, 7.0])))


@in_the_plane
def test_a_batch_of_any_shape_goes_in_and_comes_out(problem):
    for shape in [(), (1,), (3, 4), (0,), (2, 0, 3)]:
        x = np.random.default_rng(1).normal(size=(*shape, 2))
        x.setflags(write=False)
        assert problem.value(x).shape == shape
        assert problem.gradient(x).shape == (*shape, 2)
        assert problem.hessian(x).shape == (*shape, 2, 2)


@pytest.mark.parametrize(
    "problem",
    [*(s() for s in SURFACES), Quadratic([1.0, 3.0], 0.3), Incline([0.1, -3.0])],
    ids=repr,
)
def test_a_point_in_a_batch_equals_the_point_alone_bit_for_bit(problem):
    x = np.random.default_rng(2).normal(size=(13, 2))
    for i, point in enumerate(x):
        np.testing.assert_array_equal(problem.value(x)[i], problem.value(point))
        np.testing.assert_array_equal(problem.gradient(x)[i], problem.gradient(point))


# ---------------------------------------------------------------- an incline, and a kink


def test_an_incline_has_its_slopes_everywhere():
    incline = Incline([2.0, -0.5])
    x = np.random.default_rng(0).normal(size=(4, 3, 2))
    np.testing.assert_allclose(incline.value(x), x @ [2.0, -0.5], rtol=1e-15)
    np.testing.assert_array_equal(incline.gradient(x), np.full(x.shape, [2.0, -0.5]))
    assert incline.start.tolist() == [0, 0]
    assert Incline(np.array([2, -0.5])) == incline


@pytest.mark.parametrize("slopes", [(), 1.0, [[1.0]], [np.nan], [1.0, np.inf]], ids=repr)
def test_slopes_that_are_no_list_of_finite_numbers_are_refused(slopes):
    with pytest.raises(ValueError, match=r"^slopes must be a list of finite numbers"):
        Incline(slopes)


def test_the_kinked_function_has_its_curvatures_and_no_jump():
    kinked, h = Kinked(), 1e-6
    for x, curvature in ((-3.0, 25), (0.9, 25), (1.5, 1), (2.5, 25)):
        x = np.array([x])
        assert_close_in_size(kinked.gradient(x), differences(kinked.value, x))
        assert_close_in_size(differences(kinked.gradient, x)[0], np.array([float(curvature)]))
    for border in ([1.0], [2.0]):
        for method in (kinked.value, kinked.gradient):
            below, above = method(np.array(border) - h), method(np.array(border) + h)
            np.testing.assert_allclose(below, above, atol=60 * h)
    assert kinked.gradient(kinked.minima[0]) == 0
    assert kinked.gradient(kinked.start) != 0


@pytest.mark.parametrize("problem", [Incline([1.0]), Kinked()], ids=repr)
def test_one_variable_means_points_of_one_coordinate(problem):
    assert problem.value(np.ones((3, 1))).shape == (3,)
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 1\)"):
        problem.value(np.ones(3))


# ---------------------------------------------------------------- quadratics


@PROPERTY
@given(quadratics())
def test_the_matrix_has_the_eigenvalues_that_were_given(quadratic):
    matrix = quadratic.matrix
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(matrix), sorted(quadratic.eigenvalues), rtol=0, atol=1e-9
    )


@PROPERTY
@given(st.integers(1, 6).flatmap(lambda d: st.tuples(st.just(d), rotations(d))))
def test_the_columns_of_the_rotation_are_the_eigenvectors(drawn):
    d, rotation = drawn
    eigenvalues = np.arange(1.0, d + 1)
    matrix = Quadratic(eigenvalues, rotation).matrix
    np.testing.assert_allclose(matrix @ rotation, rotation * eigenvalues, atol=1e-12)


@PROPERTY
@given(st.lists(st.floats(0.01, 1000.0), min_size=1, max_size=6))
def test_the_condition_number_is_that_of_the_matrix(eigenvalues):
    quadratic = Quadratic(eigenvalues)
    np.testing.assert_allclose(
        quadratic.condition_number, np.linalg.cond(quadratic.matrix), rtol=1e-9
    )
    np.testing.assert_array_equal(quadratic.minima, np.zeros((1, len(eigenvalues))))
    np.testing.assert_array_equal(quadratic.start, np.ones(len(eigenvalues)))


@pytest.mark.parametrize("d", [7, 300, 2001, 5000])
def test_in_many_dimensions_a_batch_equals_single_points(d):
    rng = np.random.default_rng(d)
    quadratic, x = Quadratic(rng.normal(size=d)), rng.normal(size=(3, 2, d))
    for i in np.ndindex(3, 2):
        np.testing.assert_array_equal(quadratic.value(x)[i], quadratic.value(x[i]))
        np.testing.assert_array_equal(quadratic.gradient(x)[i], quadratic.gradient(x[i]))
    np.testing.assert_allclose(
        quadratic.value(x), (quadratic.eigenvalues * x**2).sum(axis=-1) / 2, rtol=1e-9
    )


def test_a_million_dimensions_take_no_matrix():
    d = 1_000_000
    wide = Quadratic(np.linspace(1.0, 2.0, d))
    tracemalloc.start()
    trace = minimize(wide, GradientDescent(lr=0.5), steps=2, record=())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(trace.final, (1 - 0.5 * np.array(wide.eigenvalues)) ** 2)
    assert peak < 50 * 8 * d, "a few vectors, no matrix"
    for ask in (lambda: wide.matrix, lambda: wide.hessian(np.ones(d))):
        with pytest.raises(ValueError, match="in 1,000,000 dimensions would have 1,000,000,000,0"):
            ask()
    large = np.broadcast_to(0.0, (100_000, 100_000))  # an array of one number, 75 GB if copied
    with pytest.raises(ValueError, match="up to 2,000 dimensions"):
        Quadratic(np.ones(100_000), rotation=large)


@pytest.mark.parametrize("eigenvalues", [[1.0, 0.0], [1.0, -1.0], [-2.0]])
def test_without_a_least_point_there_is_no_minimum(eigenvalues):
    quadratic = Quadratic(eigenvalues)
    assert quadratic.minima.shape == (0, len(eigenvalues))
    assert quadratic.condition_number == np.inf


def test_an_angle_turns_the_axes_counter_clockwise():
    # A valley along the first axis, turned by 90 degrees, runs along the second.
    turned = Quadratic([1.0, 10.0], rotation=np.pi / 2)
    np.testing.assert_allclose(turned.matrix, [[10.0, 0.0], [0.0, 1.0]], atol=1e-12)
    # By 30 degrees, the flat direction points up and to the right.
    flat = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    tilted = Quadratic([1.0, 10.0], rotation=np.pi / 6)
    np.testing.assert_allclose(tilted.gradient(flat), flat, atol=1e-12)


def test_a_quadratic_is_a_frozen_value():
    quadratic = Quadratic([1, 2], 0.3)
    assert quadratic.eigenvalues == (1.0, 2.0)
    assert quadratic == Quadratic((1.0, 2.0), 0.3) == replace(quadratic)
    assert quadratic != Quadratic([1, 2], 0.4)
    assert eval(repr(quadratic), vars(problems)) == quadratic  # noqa: S307
    assert hash(quadratic) == hash(Quadratic([1, 2], 0.3))
    copied = pickle.loads(pickle.dumps(quadratic))  # noqa: S301
    np.testing.assert_array_equal(copied.matrix, quadratic.matrix)
    with pytest.raises(ValueError, match="read-only"):
        quadratic.matrix[0, 0] = 5.0
    with pytest.raises(FrozenInstanceError):
        quadratic.rotation = 0.0


def test_quadratics_with_a_matrix_for_a_rotation_can_be_compared():
    assert Quadratic([1, 2], np.eye(2)) == Quadratic([1, 2], np.eye(2))


def test_a_quadratic_copies_what_it_was_given():
    eigenvalues, rotation = np.array([1.0, 2.0]), np.eye(2)
    quadratic = Quadratic(eigenvalues, rotation)
    eigenvalues[0] = 9.0
    rotation[:] = 0.0
    assert quadratic.eigenvalues == (1.0, 2.0)
    np.testing.assert_array_equal(replace(quadratic).matrix, np.diag([1.0, 2.0]))


@pytest.mark.parametrize(
    "eigenvalues",
    [[], 5.0, [[1.0]], [np.nan], [1.0, np.inf], None, [None], "ab", ["1"], [1j], [True], [1, [2]]],
    ids=repr,
)
def test_eigenvalues_are_a_list_of_finite_numbers(eigenvalues):
    with pytest.raises((TypeError, ValueError), match="^eigenvalues must be ") as caught:
        Quadratic(eigenvalues)
    assert repr(eigenvalues) in str(caught.value)


@pytest.mark.parametrize(
    "rotation",
    [
        np.nan,
        np.inf,
        None,
        "a",
        1j,
        True,
        [1, [0]],
        [[1, 0]],
        np.ones((2, 2)),
        np.eye(3),
        [1.0, 0.0],
    ],
    ids=repr,
)
def test_a_rotation_is_an_orthogonal_matrix_or_an_angle(rotation):
    with pytest.raises((TypeError, ValueError), match="^rotation must be ") as caught:
        Quadratic([1.0, 2.0], rotation)
    assert repr(rotation) in str(caught.value)


@pytest.mark.parametrize("d", [1, 3])
def test_an_angle_is_refused_outside_the_plane(d):
    with pytest.raises(ValueError, match=rf"orthogonal matrix of shape \({d}, {d}\), got 0.3"):
        Quadratic([1.0] * d, rotation=0.3)


def test_the_slope_of_a_surface_may_be_a_constant():
    class Plane(Surface):
        def f(self, x, y):
            return x + 2 * y

        def df(self, x, y):
            return 1, 2

        def d2f(self, x, y):
            return 0, 0, 0

    x = np.zeros((3, 2))
    np.testing.assert_array_equal(Plane().gradient(x), [[1.0, 2.0]] * 3)
    np.testing.assert_array_equal(Plane().gradient(x[0]), [1.0, 2.0])
    assert Plane().hessian(x).dtype == np.float64


@pytest.mark.parametrize("name", ["f", "df"])
def test_what_is_no_function_is_refused_by_name(name):
    functions = {"f": np.sum, "df": np.cos} | {name: 3}
    with pytest.raises(TypeError, match=f"^{name} must be a function of x, got 3"):
        Function(**functions)


def test_noise_has_its_moments_and_restarts_with_each_oracle():
    noisy = Noisy(Quadratic([1.0, 4.0]), sigma=[0.5, 2.0], seed=3)
    x = np.broadcast_to([2.0, 1.0], (40_000, 2))
    noise = noisy.oracle()(x) - noisy.gradient(x)
    # Of 40,000 draws the mean has a standard error of sigma / 200, the deviation of sigma / 283.
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=5 * 2.0 / 200)
    np.testing.assert_allclose(noise.std(axis=0), [0.5, 2.0], rtol=5 / 283)
    np.testing.assert_array_equal(noisy.oracle()(x), noisy.oracle()(x))
    assert not np.array_equal(noisy.oracle()(x), Noisy(noisy.problem, noisy.sigma).oracle()(x))
    np.testing.assert_array_equal(noisy.start, noisy.problem.start)
    np.testing.assert_array_equal(noisy.minima, noisy.problem.minima)
    np.testing.assert_array_equal(noisy.value(x), noisy.problem.value(x))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("problem", 3, TypeError),
        ("sigma", -1.0, ValueError),
        ("sigma", np.nan, ValueError),
        ("sigma", "a", TypeError),
        ("seed", -1, ValueError),
        ("seed", 0.5, TypeError),
    ],
)
def test_noise_of_the_wrong_kind_is_refused_by_name(name, value, error):
    arguments = {"problem": Quadratic([1.0]), "sigma": 1.0, "seed": 0} | {name: value}
    with pytest.raises(error, match=f"^{name} must be"):
        Noisy(**arguments)
