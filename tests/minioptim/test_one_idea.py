"""One text, three machines: what a rule does on floats, arrays, in Numba and in JavaScript.

Every rule in `minioptim.rules` is found and tried, so that one which cannot be batched, compiled
or translated fails here.
"""

import importlib.util
import json
import subprocess
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit

from minioptim import rules
from minioptim.engines.javascript import (
    TranslationError,
    module_source,
    rule_source,
    surface_source,
)
from minioptim.problems import SURFACES, Beale, Quadratic, Rastrigin, Ravine, Rosenbrock, Surface
from minioptim.rules import GradientDescent, Momentum, NAdam, Nesterov, Rule
from minioptim.run import minimize

from ..discovery import all_rules
from ..node import node

RULES = all_rules()
STEPS = 300

# None is a default, so that a hyper-parameter put in another's place shows; eps is large, so that
# its place inside or outside the root does. A new name must be given a value here.
VALUES = {
    "momentum": 0.8,
    "beta": 0.8,
    "beta1": 0.8,
    "beta2": 0.95,
    "rho": 0.9,
    "eps": 1e-3,
    "psi": 0.01,
    "weight_decay": 0.1,
    "initial_accumulator": 0.1,
}
# For rules that move by the size of the gradient, and for those that divide by it (they have an
# eps). Small enough that no run crosses a valley to and fro at full step: that is a chaotic motion,
# which multiplies the last bit until two faithful machines part.
LR = {Ravine: (0.05, 0.005), Beale: (0.002, 0.01)}

# What each hyper-parameter is swept over when a batch is held against its single runs. Some of
# these diverge, and the batch must do so alike.
SWEPT = {
    "lr": (0.0, 0.003, 1.3),
    "momentum": (0.0, 0.7, 1.0),
    "beta": (0.0, 0.7, 0.99),
    "beta1": (0.0, 0.7, 0.99),
    "beta2": (0.0, 0.9, 0.9999),
    "rho": (0.0, 0.7, 0.99),
    "eps": (0.0, 1e-8, 0.1),
    "psi": (0.0, 0.03, np.inf),
    "weight_decay": (0.0, 0.01, 3.0),
    "initial_accumulator": (0.0, 0.1, 7.0),
}

every_rule = pytest.mark.parametrize("rule_class", RULES, ids=lambda rule: rule.__name__)


def _values(rule_class: type[Rule], surface: type[Surface]) -> dict[str, float]:
    names = [field.name for field in fields(rule_class)]
    return {name: LR[surface]["eps" in names] if name == "lr" else VALUES[name] for name in names}


def _path(query: Callable, step: Callable, df: Callable, start: Callable, x0: tuple) -> np.ndarray:
    """Run coordinate by coordinate on floats: shape (STEPS + 1, coordinates, 1 + states)."""
    now = [(x, *start(x)) for x in x0]
    points = [now]
    for t in range(1, STEPS + 1):
        g = df(*(query(*coordinate) for coordinate in now))
        now = [step(g[i], x, t, *state) for i, (x, *state) in enumerate(now)]
        points.append(now)
    return np.array(points)


@cache
def _path_on_floats(rule_class: type[Rule], surface: type[Surface]) -> np.ndarray:
    rule = rule_class(**_values(rule_class, surface))
    return _path(rule.query, rule.step, surface().df, rule.start, surface.start)


def _assert_same_path(path: np.ndarray, rule_class: type[Rule], surface: type[Surface]) -> None:
    expected = _path_on_floats(rule_class, surface)
    assert np.isfinite(expected).all()
    assert not np.array_equal(expected[0], expected[-1])
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=0)


@every_rule
@pytest.mark.parametrize("surface", LR)
def test_arrays_walk_the_path_that_floats_walk(rule_class, surface):
    rule = rule_class(**_values(rule_class, surface))
    trace = minimize(surface(), rule, steps=STEPS)
    path = np.stack([trace.x, *(trace.state[name] for name in rule.state)], axis=-1)
    _assert_same_path(path, rule_class, surface)


@every_rule
def test_numba_compiles_the_text_and_walks_the_same_path(rule_class):
    query, step = njit(rule_class.query), njit(rule_class.step)
    # The methods as they stand, with a namedtuple of the hyper-parameters as `self`.
    make_self = namedtuple(rule_class.__name__, [field.name for field in fields(rule_class)])
    for surface in LR:
        values = _values(rule_class, surface)
        me, df = make_self(**values), njit(surface.df)
        path = _path(
            lambda *args, me=me: query(me, *args),
            lambda *args, me=me: step(me, *args),
            lambda *args, df=df: df((), *args),
            rule_class(**values).start,
            surface.start,
        )
        _assert_same_path(path, rule_class, surface)


@dataclass(frozen=True)
class Everything(Surface):
    """Each construct of the language, in places where a slip in parentheses would show."""

    minima = ()
    minimum = -np.inf
    domain = ((-1.5, 2.0), (0.1, 3.0))
    start = (0, 1)
    source = "this test"
    a: float = 0.7

    def f(self, x: float, y: float) -> float:
        """Return a number that nobody needs."""
        p = -(x - (y - self.a)) - -x - (-y) * +2 / (x * (3 / y))
        q, r = x - y + (x - (y + 1e-3)), 2 / (x - 7) / (y + 1) / (p / 3)
        q, p = p, q
        return p - (q + r) ** 3 + y**self.a - (x - y) ** 2 / (p * (2 * q**2)) + 12 / self.a**2

    def df(self, x: float, y: float) -> tuple[float, float]:
        swell = np.sqrt(np.abs(x)) + np.exp(-x) * np.log(y) - np.cos(np.pi * x) + np.sin(y)
        bounded = np.maximum(np.minimum(x, y), -1 / 2) + np.sign(x - 1) * 2**-1 + (x > 1) * y
        chosen = np.where(x + 1 <= y, np.where(x != y, x, 2), -y - 1) * 3 - np.where(x > 1, y, x)
        strict = np.where(y >= 1, x, y) + np.where(x < 0, 1, x) + np.where(x == y, 1, y)
        return swell - bounded, chosen + strict**2.0

    def d2f(self, x: float, y: float) -> tuple[float, float, float]:
        raise NotImplementedError


@pytest.fixture(scope="module")
def in_javascript(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return all paths and all surfaces' values, from one process of node."""
    module = tmp_path_factory.mktemp("javascript") / "module.mjs"
    module.write_text(module_source(RULES, [*SURFACES, Everything]), encoding="utf-8")
    runs = [
        {
            "rule": rule_class.__name__,
            "values": _values(rule_class, surface),
            "surface": surface.__name__,
            "steps": STEPS,
        }
        for rule_class in RULES
        for surface in LR
    ]
    evaluations = [
        {"surface": surface.__name__, "points": _points(surface).tolist()}
        for surface in (*SURFACES, Everything)
    ]
    task = {"module": module.as_uri(), "runs": runs, "evaluations": evaluations}
    done = subprocess.run(
        [node(), str(Path(__file__).parent / "one_idea" / "run.mjs")],
        input=json.dumps(task),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return {
        "paths": {
            (run["rule"], run["surface"]): path
            for run, path in zip(runs, answer["paths"], strict=True)
        },
        "values": {
            evaluation["surface"]: values
            for evaluation, values in zip(evaluations, answer["values"], strict=True)
        },
    }


def _points(surface: type[Surface]) -> np.ndarray:
    low, high = np.transpose(surface.domain)
    return np.random.default_rng(0).uniform(low, high, size=(50, 2))


@every_rule
@pytest.mark.parametrize("surface", LR)
def test_javascript_walks_the_same_path(rule_class, surface, in_javascript):
    path = in_javascript["paths"][rule_class.__name__, surface.__name__]
    _assert_same_path(np.array(path), rule_class, surface)


@pytest.mark.parametrize("surface", [*SURFACES, Everything])
def test_surfaces_have_the_same_values_and_slopes_in_javascript(surface, in_javascript):
    here = surface()
    expected = np.array([(here.f(x, y), *here.df(x, y)) for x, y in _points(surface).tolist()])
    # A slope may be a small difference of large terms; its rounding is that of the terms.
    scale = np.abs(expected).max(axis=0)
    np.testing.assert_array_less(
        np.abs(np.array(in_javascript["values"][surface.__name__]) - expected),
        1e-12 * np.abs(expected) + 1e-14 * scale,
    )


@every_rule
def test_a_batch_equals_its_single_runs_bit_for_bit(rule_class):
    rng = np.random.default_rng(0)
    problems = (Ravine(), Rosenbrock(), Rastrigin(), Quadratic([0.5, 2.0, 30.0], _rotation(rng)))
    for problem in problems:
        starts = rng.uniform(-2, 2, size=(2, 1, len(problem.start)))
        for name in (field.name for field in fields(rule_class)):
            swept = SWEPT[name]
            batch = minimize(problem, rule_class(**{name: swept}), starts, steps=25)
            assert batch.x.shape == (26, 2, 3, starts.shape[-1])
            for i in range(2):
                for j, value in enumerate(swept):
                    one = minimize(problem, rule_class(**{name: value}), starts[i, 0], steps=25)
                    _assert_same_bits(batch, one, (slice(None), i, j))


def _assert_same_bits(batch: Any, one: Any, run: tuple) -> None:
    for name in ("x", "f", "query", "grad"):
        mine, alone = getattr(batch, name)[run], getattr(one, name)
        assert np.array_equal(mine, alone, equal_nan=True), (name, one.rule)
    for name in one.state:
        assert np.array_equal(batch.state[name][run], one.state[name], equal_nan=True), one.rule
    assert batch.diverged[run[1:]] == one.diverged


def _rotation(rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(3, 3)))[0]


# The translator itself.


def test_a_names_square_is_a_product_and_other_powers_are_calls():
    @dataclass(frozen=True)
    class Powers(GradientDescent):
        state = ("v",)

        def step(self, g, x, t, v):
            a = g**2 / x**2 - self.lr**2
            b = (g + x) ** 2
            return a**3 - b**2.0, g**t

    text = rule_source(Powers)
    assert "a = g * g / (x * x) - this.lr * this.lr;" in text
    assert "b = Math.pow(g + x, 2);" in text
    assert "return [Math.pow(a, 3) - Math.pow(b, 2.0), Math.pow(g, t)];" in text


def test_translation_is_the_same_text_each_time():
    first = module_source(RULES, SURFACES)
    assert module_source(RULES, SURFACES) == first
    assert all(ord(character) < 128 for character in first)


def test_methods_are_found_where_python_finds_them():
    step_of_momentum = rule_source(Momentum).partition("step(")[2]
    assert rule_source(Nesterov).partition("step(")[2] == step_of_momentum
    assert "query(" not in rule_source(Momentum)  # it asks at x
    assert "query(x, v) {\n    return x + this.momentum * v;" in rule_source(Nesterov)
    assert "start(x) {\n    return [0.0, 0.0, 1.0];" in rule_source(NAdam)
    assert "start(x) {\n    return [this.initial_accumulator];" in rule_source(rules.Adagrad)


def test_an_infinite_default_is_written_as_javascript_writes_it():
    @dataclass(frozen=True)
    class Settled(NAdam):
        psi: float = np.inf

    assert "  psi = Infinity;\n" in rule_source(Settled)


def _rule_with(folder: Path, *body: str) -> type[Rule]:
    """Return a rule whose ``step`` has this body, its first line line 6 of a file."""
    head = (
        "import numpy as np",
        "from minioptim.rules import GradientDescent",
        "THRESHOLD = 1.0",
        "class Mine(GradientDescent):",
        "    def step(self, g, x, t):",
    )
    file = folder / "mine.py"
    file.write_text("\n".join([*head, *(" " * 8 + line for line in body), ""]), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("mine", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Mine


OUTSIDE = {
    "if": (6, "If has no translation", ["if g > 1:", "    g = 1.0", "return (x - g,)"]),
    "if expression": (7, "IfExp has", ["a = 1", "return (x - (g if g > 0 else a),)"]),
    "loop": (6, "For has no translation", ["for i in g:", "    x = x - i", "return (x,)"]),
    "in place": (6, "AugAssign has no translation", ["x -= self.lr * g", "return (x,)"]),
    "remainder": (6, "the operator Mod has no translation", ["return (x % 2,)"]),
    "not": (6, "the operator Not has no translation", ["return (not x,)"]),
    "chain": (6, "one comparison", ["return (np.where(0 < g < 1, g, x),)"]),
    "norm": (6, "only functions of np are called", ["return (x - g / np.linalg.norm(g),)"]),
    "sum over coordinates": (6, "np.sum with these arguments", ["return (x - np.sum(g),)"]),
    "keyword": (6, "np.sqrt with these arguments", ["return (np.sqrt(g, where=g > 0),)"]),
    "too few": (6, "np.where with these arguments", ["return (np.where(g > 0),)"]),
    "built-in": (6, "only functions of np are called", ["return (abs(g),)"]),
    "super": (6, "only functions of np are called", ["return super().step(g, x, t)"]),
    "typing error": (6, "the hyper-parameters are ('lr',)", ["return (x - self.lt * g,)"]),
    "constant of np": (6, "nor a constant of np", ["return (x - np.e * g,)"]),
    "global": (6, "neither an argument nor assigned above", ["return (x - THRESHOLD,)"]),
    "too early": (6, "neither an argument nor", ["a = b", "b = 2", "return (a,)"]),
    "text": (6, "not a real number", ["return ('x',)"]),
    "truth": (6, "not a real number", ["return (x - True,)"]),
    "tuple as number": (6, "Tuple has no translation", ["return 2 * (x, g)"]),
    "two targets": (6, "several to as many names", ["a = b = x", "return (a,)"]),
    "unpacking": (6, "several to as many names", ["a, b = x", "return (a,)"]),
    "attribute": (6, "only to names", ["self.lr = x", "return (x,)"]),
    "function inside": (6, "FunctionDef has", ["def f():", "    return x", "return (x,)"]),
    "return of nothing": (6, "returns a value or several", ["return"]),
    "return twice": (5, "one return, at its end", ["return (x,)", "return (g,)"]),
    "no return": (6, "ends by returning", ["x = x - g"]),
    "JavaScript's word": (6, "JavaScript keeps for itself", ["new = x - g", "return (new,)"]),
}


@pytest.mark.parametrize(("line", "why", "body"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_is_outside_the_language_is_refused_with_the_place(line, why, body, tmp_path):
    mine = _rule_with(tmp_path, *body)
    with pytest.raises(TranslationError) as caught:
        rule_source(mine)
    message = str(caught.value)
    assert message.startswith(f"Mine.step, line {line}, `")
    assert why in message
    assert "; allowed are named arguments, assignments" in message


def test_a_rule_that_branches_on_g_fails_on_arrays_as_translated(tmp_path):
    clipped = _rule_with(tmp_path, "if g > 1:", "    g = 1.0", "return (x - self.lr * g,)")
    with pytest.raises(ValueError, match="truth value of an array") as caught:
        minimize(Ravine(), clipped(lr=0.1), steps=3)
    assert "at step 1 of" in caught.value.__notes__[0]
    with pytest.raises(TranslationError, match="`if g > 1:`: If has no translation"):
        rule_source(clipped)
    with_minimum = _rule_with(tmp_path, "return (x - self.lr * np.minimum(g, 1),)")
    assert "Math.min(g, 1)" in rule_source(with_minimum)


def test_a_rule_without_a_step_a_source_or_a_default_is_refused():
    @dataclass(frozen=True)
    class NoDefault(Rule):
        lr: float

    with pytest.raises(TranslationError, match=r"^Rule\.step, line \d+, `def step"):
        rule_source(Rule)
    sourceless = type("Sourceless", (GradientDescent,), {"step": np.add})
    with pytest.raises(TranslationError, match=r"Sourceless\.step: its source cannot be read"):
        rule_source(sourceless)
    step = lambda self, g, x, t: (x - self.lr * g / t,)  # noqa: E731  what is to be refused
    lambda_step = type("Short", (GradientDescent,), {"step": step})
    with pytest.raises(TranslationError, match="a method is written with def"):
        rule_source(lambda_step)
    no_default = type("Plain", (NoDefault,), {"step": GradientDescent.step})
    with pytest.raises(TranslationError, match=r"Plain\.lr must have a number as default: none"):
        rule_source(no_default)


def test_an_instance_or_another_class_is_refused():
    with pytest.raises(TypeError, match="rule_class must be a subclass of Rule, not an instance"):
        rule_source(Momentum())
    with pytest.raises(TypeError, match="surface_class must be a subclass of Surface"):
        surface_source(Momentum)


def test_two_rules_of_one_name_are_refused():
    @dataclass(frozen=True)
    class Adam(GradientDescent):
        """A namesake."""

    with pytest.raises(ValueError, match="rules must have different names"):
        module_source([rules.Adam, Adam], [])
