"""A batch equals its runs made alone for what a reader brings too, or it is a clear error."""

# ruff: noqa: ARG005 - the functions and rules here have the arguments of functions and rules

import itertools
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.optimize import approx_fprime, rosen, rosen_der

from minioptim import GradientDescent, Momentum, Rule, iterate, minimize
from minioptim.problems import Function, Noisy, Problem, Ravine, Surface
from minioptim.rules import RULES, Real

A = np.array([[2.0, 0.5], [0.5, 1.0]])


def waves(x):
    return np.sin(-2 * x[0]) * np.cos(1.5 * x[1])


def slopes_of_waves(x):
    along_x = -2 * np.cos(2 * x[0]) * np.cos(1.5 * x[1])
    return np.array([along_x, 1.5 * np.sin(2 * x[0]) * np.sin(1.5 * x[1])])


# One point at a time: right alone, and in a batch at best an error of NumPy's.
FOR_ONE_POINT = {
    "x[0], x[1]": (waves, slopes_of_waves),
    "unpacked": (lambda x: (lambda a, b: a**2 + a * b)(*x), lambda x: [2 * x[0] + x[1], x[0]]),
    "SciPy's Rosenbrock": (rosen, rosen_der),
    "a quadratic form by dot": (lambda x: np.dot(x, np.dot(A, x)), lambda x: 2 * np.dot(A, x)),
    "a sum over everything": (lambda x: (x**2).sum(), lambda x: 2 * x),
    "a norm over everything": (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "differences": (waves, lambda x: approx_fprime(x, waves)),
    "Python's own": (lambda x: float(x[0]) ** 2 + abs(x[1]), lambda x: [2 * float(x[0]), 1]),
    "a branch": (lambda x: x[0] if x[1] > 0 else -x[0], lambda x: [1 if x[1] > 0 else -1, 0]),
    "f is right, df stacks": (
        lambda x: (x[..., 0] - x[..., 1]) ** 2 + x[..., 0],
        lambda x: np.array([2 * (x[..., 0] - x[..., 1]) + 1, 2 * (x[..., 1] - x[..., 0])]),
    ),
    "f is right, df takes a norm": (
        lambda x: np.linalg.norm(x, axis=-1),
        lambda x: x / np.linalg.norm(x),
    ),
    "df is right, f is a mean": (lambda x: 0 * x[..., 0] + x.mean(), lambda x: x),
}
each_function = pytest.mark.parametrize("functions", FOR_ONE_POINT.values(), ids=FOR_ONE_POINT)

BATCHES = {
    "as many as coordinates": Momentum(lr=[0.01, 0.02]),
    "a grid of 2 x 2": Momentum(lr=[[0.01], [0.02]], momentum=[0.5, 0.9]),
    "three": Momentum(lr=[0.01, 0.02, 0.03]),
    "one more axis": Momentum(lr=[[[0.01, 0.02]]], momentum=[[[0.5]], [[0.9]]]),
}
each_batch = pytest.mark.parametrize("rule", BATCHES.values(), ids=BATCHES)
STARTS = {"unlike coordinates": [-0.75, 0.1], "equal coordinates": [1.0, 1.0]}
each_start = pytest.mark.parametrize("x0", STARTS.values(), ids=STARTS)


@each_start
@each_batch
@each_function
def test_a_batch_of_a_one_point_function_is_refused_with_help(functions, rule, x0):
    with pytest.raises(Exception) as caught:  # noqa: PT011  NumPy's own for some, with a note
        minimize(Function(*functions), rule, x0, steps=3)
    said = "".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert "each=True" in said
    assert "x[0], x[1]" in said


@each_start
@each_batch
@each_function
def test_asked_by_point_it_equals_its_runs_alone_bit_for_bit(functions, rule, x0):
    f, df = functions
    batch = minimize(Function(f, df, each=True), rule, x0, steps=5)
    shape = batch.diverged.shape
    lr, momentum = (np.broadcast_to(value, shape) for value in (rule.lr, rule.momentum))
    for run in np.ndindex(shape):
        own = Momentum(lr=lr[run], momentum=momentum[run])
        for alone in (Function(f, df, each=True), Function(f, df)):
            one = minimize(alone, own, x0, steps=5)
            for name in ("x", "f", "grad"):
                part = getattr(batch, name)[(slice(None), *run)]
                np.testing.assert_array_equal(part, getattr(one, name))


def test_what_a_function_returns_at_a_point_is_held_to_its_shape():
    for f, df, words in [
        (lambda x: x, lambda x: x, r"f must return shape \(\) at one point, got \(2,\)"),
        (lambda x: x[0], lambda x: x[0], r"df must return shape \(2,\) at one point, got \(\)"),
        (lambda x: None, lambda x: x, "what f returns must be"),
    ]:
        with pytest.raises((TypeError, ValueError), match=words):
            minimize(Function(f, df, each=True), GradientDescent(), [1.0, 2.0], steps=1)
    with pytest.raises(TypeError, match="^each must be True or False, got 'yes'"):
        Function(np.sum, np.sin, each="yes")


def test_a_function_asked_by_point_cannot_write_into_its_point():
    def writes(x):
        x[0] = 0.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        minimize(Function(np.sum, writes, each=True), GradientDescent(lr=[0.1, 0.2]), [1.0, 2.0])


class Own(Problem):
    """A problem of a reader's own, with the mistake in its gradient alone."""

    start = (1.0, 2.0)

    def value(self, x):
        return (x**2).sum(axis=-1)

    def gradient(self, x):
        return 2 * x * np.linalg.norm(x) / np.linalg.norm(x)  # right

    def oracle(self):
        return self.gradient


class OwnNorm(Own):
    def gradient(self, x):
        return x / np.linalg.norm(x)


@dataclass(frozen=True)
class OwnSurface(Surface):
    minima = ()
    minimum = 0.0
    domain = ((-1.0, 1.0), (-1.0, 1.0))
    start = (0.5, 0.25)
    source = "this test"

    def f(self, x, y):
        return x**2 + y**2 + 0 * np.sum(x) + np.max(np.abs(x))

    def df(self, x, y):
        return 2 * x, 2 * y

    def d2f(self, x, y):
        raise NotImplementedError


def test_a_problem_of_ones_own_is_tried_too_also_inside_noise():
    rule = GradientDescent(lr=[0.1, 0.2])
    minimize(Own(), rule, steps=2)
    for problem, name in [(OwnNorm(), "gradient"), (OwnSurface(), "value")]:
        for tried in (problem, Noisy(problem, 0.1)):
            with pytest.raises(ValueError, match=f"^the {name} mixes the runs of a batch"):
                minimize(tried, rule, steps=2)
            minimize(tried, GradientDescent(lr=0.1), steps=2)
            minimize(tried, GradientDescent(lr=[0.1]), steps=2)


# ---------------------------------------------------------------- what must not be refused


def test_a_product_that_adds_in_another_order_is_let_through():
    rng = np.random.default_rng(0)
    M, b = rng.normal(size=(200, 30)), rng.normal(size=200)
    least = np.linalg.lstsq(M, b, rcond=None)[0]

    def f(x):
        return ((x @ M.T - b) ** 2).sum(axis=-1)

    for precision in (np.float64, np.float32):
        P, c = M.astype(precision), b.astype(precision)
        squares = Function(f, lambda x, P=P, c=c: 2 * (x.astype(P.dtype) @ P.T - c) @ P)
        for x0 in (np.zeros(30), least):
            minimize(squares, GradientDescent(lr=np.geomspace(1e-5, 1e-3, 7)), x0, steps=500)


def test_a_gradient_with_own_draws_is_asked_by_steps_until_done():
    draws, seen = np.random.default_rng(0), []
    noisy = Function(
        lambda x: (x**2).sum(axis=-1),
        lambda x: seen.append(x.shape) or 2 * x + draws.normal(size=x.shape),
    )
    trace = minimize(noisy, GradientDescent(lr=[0.1, 0.2]), [1.0, 2.0], steps=5)
    expected = np.random.default_rng(0).normal(size=(5, 2, 2))
    np.testing.assert_allclose(trace.grad - 2 * trace.query, expected, atol=1e-12)
    assert seen[:5] == [(2, 2)] * 5


def test_prepared_gradients_that_run_out_are_let_through():
    given = iter(np.ones((4, 3, 2)))
    steady = Function(lambda x: x.sum(axis=-1), lambda x: next(given))
    rule = GradientDescent(lr=[1.0, 2.0, 3.0])
    assert minimize(steady, rule, [0.0, 0.0], steps=4).final[:, 0].tolist() == [-4, -8, -12]


def test_a_function_with_a_number_for_each_run_is_let_through():
    scale = np.array([1.0, 2.0, 3.0])
    own = Function(lambda x: scale * (x**2).sum(-1), lambda x: 2 * scale[:, None] * x)
    trace = minimize(own, GradientDescent(lr=[0.1, 0.1, 0.1]), [1.0, 1.0], steps=1)
    np.testing.assert_allclose(trace.final[:, 0], 1 - 0.2 * scale)


@pytest.mark.parametrize("far", [1e3, 1e200])
def test_runs_that_diverge_or_are_undefined_are_let_through(far):
    log = Function(lambda x: np.log(x).sum(axis=-1) - x.sum(axis=-1), lambda x: 1 / x - 1)
    minimize(log, GradientDescent(lr=[0.1, far]), [1.0, 1.0], steps=50)


# ---------------------------------------------------------------- rules


def rule_with(step, query=None, **names):
    body: dict[str, Any] = {"__annotations__": {"lr": Real}, "lr": 0.1, "step": step, **names}
    body |= {"query": query} if query else {}
    return dataclass(frozen=True)(type("Mine", (Rule,), body))


def clipped(norm, at=1.0):
    return rule_with(lambda self, g, x, t: (x - self.lr * g * np.minimum(1, at / norm(g)),))


def layerwise(axis, **keep):
    def step(self, g, x, t):  # noqa: ARG001
        sizes = [np.linalg.norm(values, axis=axis, **keep) for values in (x, g)]
        return (x - self.lr * sizes[0] / sizes[1] * g,)

    return rule_with(step)


PER_COORDINATE = np.array([1.0, 10.0])

MIXING = {
    "a norm over everything": clipped(np.linalg.norm),
    "a large norm over everything": clipped(np.linalg.norm, at=100.0),
    "the largest of everything": clipped(lambda g: np.max(np.abs(g))),
    "a norm over the last axis": clipped(lambda g: np.linalg.norm(g, axis=-1, keepdims=True)),
    "LARS over everything": layerwise(None),
    "an array for each coordinate": rule_with(
        lambda self, g, x, t: (x - self.lr * PER_COORDINATE * g,)
    ),
    "a mean in the state": rule_with(
        lambda self, g, x, t, v: (x - self.lr * g, 0.9 * v + 0.1 * g.mean()), state=("v",)
    ),
    "a look-ahead by the mean": rule_with(
        lambda self, g, x, t: (x - self.lr * g,), query=lambda self, x: x + 0.1 * x.mean()
    ),
    "only at each fifth step": rule_with(
        lambda self, g, x, t: (np.where(t % 5 == 0, x.mean(), x - self.lr * g),)
    ),
    "with a tiny lr": rule_with(lambda self, g, x, t: (x - 1e-8 * self.lr * g * g.mean(),)),
}

APART = {
    "a norm over the coordinates": clipped(lambda g: np.linalg.norm(g, axis=0, keepdims=True)),
    "LARS over the coordinates": layerwise(0, keepdims=True),
    "an array for each coordinate": rule_with(
        lambda self, g, x, t: (x - self.lr * (PER_COORDINATE * g.T).T,)
    ),
    "signs": rule_with(lambda self, g, x, t: (x - self.lr * np.sign(g),)),
}


@each_batch
@pytest.mark.parametrize("kind", MIXING.values(), ids=MIXING)
def test_a_rule_that_mixes_runs_is_refused_or_fails_with_advice(kind, rule):
    own = kind(lr=rule.lr)
    if np.ndim(own.lr) == 3:
        own = kind(lr=np.tile(own.lr, (2, 1, 1)))
    for run in (
        lambda: minimize(Ravine(), own, steps=1),
        lambda: iterate(own, Ravine().gradient, Ravine.start),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011  NumPy's own for some
            run()
        said = "".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
        assert "arrays have shape (d, *S), the coordinates first" in said
        assert "axis=0, keepdims=True" in said
        assert "(numbers * g.T).T" in said


@pytest.mark.parametrize("kind", [*MIXING.values(), *APART.values()], ids=[*MIXING, *APART])
def test_alone_a_rule_may_do_what_it_likes(kind):
    assert minimize(Ravine(), kind(lr=0.01), steps=3).x.shape == (4, 2)


@pytest.mark.parametrize("kind", APART.values(), ids=APART)
@pytest.mark.parametrize("lr", [[0.01, 0.1], [[0.01, 0.02], [0.1, 0.2]], [0.1, 0.2, 0.3]])
def test_a_rule_that_keeps_the_runs_apart_equals_them_alone(kind, lr):
    batch = minimize(Ravine(), kind(lr=lr), steps=9)
    for run in np.ndindex(np.shape(lr)):
        alone = minimize(Ravine(), kind(lr=np.array(lr)[run]), steps=9)
        np.testing.assert_allclose(batch.x[(slice(None), *run)], alone.x, rtol=1e-12)


def test_noisy_rules_and_users_of_their_fields_are_let_through():
    noise = np.random.default_rng(0)
    langevin = rule_with(lambda self, g, x, t: (x - self.lr * g + noise.normal(size=x.shape),))
    minimize(Ravine(), langevin(lr=[0.1, 0.2]), steps=3)

    @dataclass(frozen=True)
    class Halved(Rule):
        lr: Real = 0.1
        half: Any = field(init=False, default=0.0)

        def __post_init__(self):
            super().__post_init__()
            object.__setattr__(self, "twice", 2 * self.lr)

        def step(self, g, x, t):
            return (x - self.twice * g,)

    trace = minimize(Ravine(), Halved(lr=[0.1, 0.2]), steps=3)
    for run, lr in enumerate([0.1, 0.2]):
        np.testing.assert_array_equal(trace.x[:, run], minimize(Ravine(), Halved(lr), steps=3).x)


def test_our_rules_and_those_that_change_numbers_only_go_untried():
    calls = itertools.count()

    @dataclass(frozen=True)
    class Slower(Momentum):
        lr: Real = 0.001
        scale: ClassVar[Any] = None

        def __post_init__(self):
            next(calls)
            super().__post_init__()

    rule = Slower(lr=[0.1, 0.2])
    minimize(Ravine(), rule, steps=3)
    assert next(calls) == 1, "made once, and no rule for a run alone"
    for kind in RULES:
        minimize(Ravine(), kind(lr=[0.1, 0.2]), steps=1)
