"""Pictures of one coordinate and of many: what stands where, and what is refused."""

import matplotlib as mpl

mpl.use("agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt

from minioptim import SGD, Momentum, feed, minimize, plots
from minioptim.problems import Function, Quadratic

BOWL = Quadratic([1.0])


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_a_line_is_the_function_on_the_interval(ax):
    plots.line(BOWL, ax, (-2, 4))
    x, f = ax.lines[0].get_data()
    np.testing.assert_allclose(f, x**2 / 2)
    assert (x[0], x[-1]) == ax.get_xlim() == (-2, 4)


def test_a_descent_joins_the_points_of_its_run_on_the_graph(ax):
    trace = minimize(BOWL, SGD(lr=[0.1, 1.5]), [4.0], 8)
    plots.descent(trace, ax, run=1)
    joined, start, end = ax.lines
    np.testing.assert_array_equal(joined.get_xdata(), trace.x[:, 1, 0])
    np.testing.assert_array_equal(joined.get_ydata(), trace.f[:, 1])
    assert start.get_xdata() == trace.x[:1, 1, 0]
    assert end.get_xdata() == trace.x[-1:, 1, 0]
    assert joined.get_label() == "GradientDescent, lr = 1.5"


def test_a_projection_keeps_the_distances_of_a_run_that_lies_in_a_plane(ax):
    """A run on a bowl that is flat but for two directions, in a space of nine."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(9, 2)))[0]
    curved = basis * [1.0, 30.0] @ basis.T
    bowl = Function(
        lambda x: (x @ curved * x).sum(axis=-1) / 2, lambda x: x @ curved, start=rng.normal(size=9)
    )
    trace = minimize(bowl, Momentum(lr=0.01), steps=60)
    plots.projection(trace, bowl, ax, points=5)
    path = max(ax.lines, key=lambda line: len(line.get_xdata())).get_xydata()
    apart = np.linalg.norm(trace.x[:, None] - trace.x[None], axis=-1)
    seen = np.linalg.norm(path[:, None] - path[None], axis=-1)
    np.testing.assert_allclose(seen, apart, atol=1e-9)
    assert np.allclose(path[-1], 0)
    assert (path[0] >= 0).all(), "a singular vector's sign must not hang on the library"
    shares = [int(axis.split("(")[1].split(" ")[0]) for axis in (ax.get_xlabel(), ax.get_ylabel())]
    assert sum(shares) in (99, 100, 101)
    assert shares[0] >= shares[1]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda ax: plots.line(BOWL, ax, (1, 1)), "domain must be two numbers"),
        (lambda ax: plots.line(BOWL, ax, (1, 2, 3)), "domain must be two numbers"),
        (lambda ax: plots.line(BOWL, ax, (0, np.inf)), "domain must be two numbers"),
        (
            lambda ax: plots.descent(minimize(Quadratic([1.0, 2.0]), SGD(), [1.0, 1.0], 2), ax),
            "trace must be of a problem of one coordinate, got 2",
        ),
        (lambda ax: plots.projection(minimize(BOWL, SGD(), [1.0], 2), ax=ax), "two coordinates or"),
        (lambda ax: plots.projection(feed(SGD(), np.zeros((3, 4))), ax=ax), "trace must move"),
        (
            lambda ax: plots.projection(feed(SGD(), np.full((3, 4), np.inf)), ax=ax),
            "trace must be finite",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(draw, message, ax):
    with pytest.raises(ValueError, match=message):
        draw(ax)
