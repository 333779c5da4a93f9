"""What runs a rule's operations one by one gives the bits of the rule's own methods on arrays."""

import importlib
import os
from dataclasses import dataclass, fields

import numpy as np
import pytest

from minioptim import Adam, GradientDescent, Momentum, Nesterov, Rule, Stepper, minimize
from minioptim import run as running
from minioptim.engines import arrays, blocks, calls, exact
from minioptim.problems import SURFACES, Beale, GoldsteinPrice, Quadratic, Ravine, Rosenbrock
from minioptim.problems.surfaces import Bowl, Saddle
from minioptim.rules.variants import VARIANTS
from minioptim.run import RECORDABLE
from minioptim.schedules import Cosine, InverseRoot

from ..discovery import all_rules

RULES = [rule for rule in (*all_rules(), *VARIANTS) if exact.of_rule(rule()) is not None]
ON = [*(surface() for surface in SURFACES), Bowl(lambda2=3.0, angle=0.6)]
each_rule = pytest.mark.parametrize("rule_class", RULES, ids=lambda rule: rule.__name__)
each_surface = pytest.mark.parametrize("surface", ON, ids=lambda surface: type(surface).__name__)

SPECIAL = (0.0, -0.0, 5e-324, -1e-310, 1e-160, 1.0, -0.3, 1e30, -1e154, 1.7e308)


def plainly(*arguments, **options):
    """Return the trace that the rule's own methods leave, on arrays."""
    with pytest.MonkeyPatch.context() as patch:
        for way in (running.floats, running.blocks):
            patch.setattr(way, "run", lambda *_: None)
        patch.setattr(arrays, "is_ours", lambda _: False)
        return minimize(*arguments, **options)


def assert_same_bits(mine, expected):
    mine, expected = np.asarray(mine), np.asarray(expected)
    assert mine.dtype == expected.dtype
    assert mine.shape == expected.shape
    assert np.array_equal(mine, expected, equal_nan=True)
    zeros = expected == 0
    assert np.array_equal(np.signbit(mine[zeros]), np.signbit(expected[zeros]))


def assert_same_trace(mine, expected):
    assert list(mine.recorded) == list(expected.recorded)
    for name in ("t", "final", "diverged", *mine.recorded):
        if name != "state":
            assert_same_bits(getattr(mine, name), getattr(expected, name))
            assert name in ("t", "diverged") or not getattr(mine, name).flags.writeable
    for of in ("state",) * ("state" in mine.recorded) + ("final_state",):
        assert list(getattr(mine, of)) == list(getattr(expected, of))
        for name, state in getattr(mine, of).items():
            assert_same_bits(state, getattr(expected, of)[name])
            assert not state.flags.writeable


def made_lean(*arguments, **options):
    """Return the trace, and see that it was not made plainly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "made_from", None)
        return minimize(*arguments, **options)


def check(*arguments, **options):
    assert_same_trace(made_lean(*arguments, **options), plainly(*arguments, **options))


def test_every_rule_that_treats_coordinates_separately_is_run_lean():
    names = {rule.__name__ for rule in RULES}
    assert {
        "Adam",
        "NAdam",
        "AdaMax",
        "AMSGrad",
        "Adadelta",
        "Nesterov",
        "NewtonStep",
        "Lion",
        "ScheduleFreeAdam",
    } <= names
    assert len(RULES) == 20


@each_surface
@each_rule
def test_every_rule_leaves_the_same_bits_on_every_surface(rule_class, surface):
    check(surface, rule_class(), steps=60)


@each_surface
@each_rule
def test_and_from_special_points(rule_class, surface):
    for start in [(a, b) for a in SPECIAL for b in SPECIAL[::3]]:
        check(surface, rule_class(), start, steps=4)


@pytest.mark.parametrize("values", [{"eps": 0.0}, {"lr": 1e300}, {"lr": 0.0}], ids=str)
@each_rule
def test_and_where_python_raises_errors(rule_class, values):
    if values.keys() <= {field.name for field in fields(rule_class)}:
        for start in ((0.0, 0.0), (0.0, 1.0), (1e-170, -0.5), (1e200, 1e200)):
            check(Ravine(), rule_class(**values), start, steps=5)
            check(Rosenbrock(), rule_class(**values), start, steps=40)


@pytest.mark.parametrize("record", [(), ("f",), ("query", "grad"), ("state", "x"), RECORDABLE])
@pytest.mark.parametrize(("steps", "every"), [(0, 1), (1, 5), (20, 1), (20, 7), (21, 7), (2500, 9)])
def test_what_is_recorded_is_the_same(record, steps, every):
    check(Rosenbrock(), Nesterov(lr=1e-4), steps=steps, record=record, every=every)


def test_schedules_and_continued_runs_are_the_same():
    for rule in (
        Adam(lr=Cosine(0.1, steps=50)),
        Momentum(lr=lambda t: 0.1 / t, momentum=InverseRoot(0.9)),
    ):
        check(Ravine(), rule, steps=70, every=4)
        check(Ravine(), rule, minimize(Ravine(), rule, steps=11), steps=12)
    check(Ravine(), Adam(), minimize(Ravine(), Adam(), steps=1), steps=2000)


# ---------------------------------------------------------------- batches of runs


@pytest.fixture
def small_blocks(monkeypatch):
    """Have a batch parted into many blocks, which three threads share, and its steps too."""
    monkeypatch.setattr(blocks, "RUNS", 7)
    monkeypatch.setattr(blocks, "MANY", 13)
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 50)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)


@pytest.mark.usefixtures("small_blocks")
@each_surface
@each_rule
def test_every_batch_leaves_the_same_bits(rule_class, surface):
    points = [(a, b) for a in SPECIAL for b in SPECIAL]
    starts = [*points, *np.random.default_rng(0).uniform(-2, 2, size=(20, 2))]
    check(surface, rule_class(), starts, steps=20)


@pytest.mark.usefixtures("small_blocks")
@each_rule
def test_a_batch_of_swept_hyper_parameters_leaves_the_same_bits(rule_class):
    rng = np.random.default_rng(1)
    given = rule_class().hyper_parameters()
    swept = {name: value * rng.uniform(0.5, 1, size=(3, 5)) for name, value in given.items()}
    check(Rosenbrock(), rule_class(**swept), steps=30, every=4)
    one = next(iter(given))
    check(Ravine(), rule_class(**{one: given[one] * np.ones((4, 1))}), np.ones((4, 6, 2)), steps=30)


@pytest.mark.parametrize("rule", [Momentum(lr=1.0, momentum=1.0), Nesterov(lr=0.1, momentum=1.0)])
def test_what_is_multiplied_by_1_stays_as_it_is(rule):
    starts = [(a, b) for a in SPECIAL for b in SPECIAL]
    check(Bowl(), rule, starts, steps=5)
    check(Saddle(), rule, starts, steps=5)


@pytest.mark.parametrize("record", [(), ("f",), ("query", "grad"), ("state", "x"), RECORDABLE])
@pytest.mark.parametrize(("steps", "every"), [(0, 1), (1, 5), (20, 1), (20, 7), (1100, 9)])
def test_what_is_recorded_of_a_batch_is_the_same(record, steps, every):
    rule = Nesterov(lr=[1e-4, 2e-4, 3e-4])
    check(Rosenbrock(), rule, steps=steps, record=record, every=every)
    check(Rosenbrock(), Momentum(lr=[1e-4]), steps=steps, record=record, every=every)


@pytest.mark.usefixtures("small_blocks")
def test_schedules_and_continued_batches_are_the_same():
    starts = np.random.default_rng(1).uniform(-1, 1, size=(4, 1, 2))
    rule = Momentum(lr=Cosine([0.01, 0.03, 0.1], steps=50), momentum=InverseRoot(0.9))
    check(Ravine(), rule, starts, steps=60, every=3)
    check(Ravine(), rule, minimize(Ravine(), rule, starts, steps=11), steps=40)
    check(Ravine(), Adam(lr=[0.1, 0.2]), minimize(Ravine(), Adam(lr=[0.1, 0.2]), steps=1), steps=9)


# ---------------------------------------------------------------- any number of coordinates


@each_rule
def test_every_rule_leaves_the_same_bits_in_five_dimensions(rule_class, monkeypatch):
    monkeypatch.setattr(calls, "MANY", 13)  # what hangs on t is computed for so many steps at once
    problem, rng = Quadratic([1.0, 4.0, 9.0, 16.0, 25.0]), np.random.default_rng(2)
    starts = [rng.choice(SPECIAL, size=(*batch, 5)) for batch in ((), (40,), (1, 6))]
    given = rule_class().hyper_parameters()
    swept = {name: value * rng.uniform(0.5, 1, size=(3, 1)) for name, value in given.items()}
    for start, values in zip([*starts, starts[2]], ({}, {}, {}, swept), strict=True):
        arguments = problem, rule_class(**values), start
        assert_same_trace(minimize(*arguments, steps=30), plainly(*arguments, steps=30))


def test_schedules_and_continued_runs_are_the_same_in_five_dimensions():
    problem = Quadratic([1.0, 4.0, 9.0, 16.0, 25.0])
    for lr in (Cosine(0.1, steps=50), Cosine([[0.01], [0.03]], steps=50)):
        rule = Adam(lr=lr)
        before = minimize(problem, rule, np.ones(5), steps=11)
        for start in (np.ones((1, 4, 5)), before):
            arguments = problem, rule, start
            assert_same_trace(minimize(*arguments, steps=40), plainly(*arguments, steps=40))


def test_the_steps_of_a_rule_of_the_package_are_made_by_calls(monkeypatch):
    made = []
    step = calls.Calls.step
    monkeypatch.setattr(calls.Calls, "step", lambda *given: made.append(given[2]) or step(*given))
    minimize(Quadratic([1.0, 4.0, 9.0]), Adam(), np.ones(3), steps=4)
    assert made == [1, 2, 3, 4]


# ---------------------------------------------------------------- large arrays in place


def stepped_plainly(rule, x, gradients):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "step_in_place", lambda *_: False)
        return stepped(rule, x, gradients)


def stepped(rule, x, gradients):
    stepper = Stepper(rule, x.copy())
    for g in gradients:
        before = g.copy()
        stepper.step(g)
        assert_same_bits(g, before)
    return stepper


@pytest.mark.parametrize("number", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 7, 100])
@each_rule
def test_every_rule_makes_the_same_steps_in_place(rule_class, size, number, monkeypatch):
    monkeypatch.setattr(blocks, "PART", 16)
    special = (*SPECIAL, np.nan, np.inf, -np.inf, 1e-42, 1e-38)
    rng = np.random.default_rng(2)
    with np.errstate(over="ignore"):
        x = rng.choice((*SPECIAL, *rng.normal(size=10)), size=size).astype(number)
        gradients = rng.choice((*special, *rng.normal(size=15)), size=(12, size)).astype(number)
    gradients.flags.writeable = False
    for values in ({}, {"eps": 0.0}):
        if values.keys() <= {field.name for field in fields(rule_class)}:
            expected = stepped_plainly(rule_class(**values), x, gradients)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(arrays, "step_in_place", None)
                mine = stepped(rule_class(**values), x, gradients)
            assert_same_bits(mine.x, expected.x)
            for name, state in mine.state.items():
                assert_same_bits(state, expected.state[name])


@dataclass(frozen=True)
class Exchanged(Rule):
    """Its states change places, and one is also what x becomes."""

    lr: float = 0.5

    state = ("a", "b", "c")

    def step(self, g, x, t, a, b, c):
        c = np.cos(c) + g
        return b, x - self.lr * g, a, np.maximum(c, np.exp(-np.abs(x))) * b


@dataclass(frozen=True)
class InFloat64(GradientDescent):
    def step(self, g, x, t):
        return (x - np.sqrt(self.lr) * g,)


def test_results_that_are_arrays_of_others_are_not_overwritten():
    gradients = np.random.default_rng(3).normal(size=(9, 50))
    for of_type in (gradients, gradients.astype(np.float32)):
        mine = stepped(Exchanged(), of_type[0], of_type)
        expected = stepped_plainly(Exchanged(), of_type[0], of_type)
        for name in ("a", "b", "c"):
            assert_same_bits(mine.state[name], expected.state[name])
        assert_same_bits(mine.x, expected.x)
    check(Ravine(), Exchanged(), [[0.3, -0.2], [1.0, 2.0]], steps=9)
    check(Ravine(), Exchanged(), [0.3, -0.2], steps=9)


def test_what_numpy_computes_in_float64_is_not_rounded_before():
    gradients = np.random.default_rng(4).normal(size=(9, 500)).astype(np.float32)
    assert not blocks.step_in_place(InFloat64(), 1, [gradients[0], gradients[1].copy()])
    mine = stepped(InFloat64(), gradients[0], gradients)
    assert_same_bits(mine.x, stepped_plainly(InFloat64(), gradients[0], gradients).x)


# ---------------------------------------------------------------- where NumPy runs the methods


@dataclass(frozen=True)
class Lean(GradientDescent):
    """Within the language, and so run as operations though it is the reader's own."""

    def step(self, g, x, t):
        """Return a step.

        It is not smooth.
        """
        return (x - self.lr * np.sign(g) * np.maximum(np.abs(g), 0.5) - 1e-3 * np.cos(x),)


class Cubed(GradientDescent):
    def step(self, g, x, t):
        return (x - self.lr * g**3,)


class FloatSquared(GradientDescent):
    def step(self, g, x, t):
        return (x - self.lr * g**2.0,)


class Chosen(GradientDescent):
    def step(self, g, x, t):
        return (x - self.lr * np.where(g > 0, 1, -1),)


class Compared(GradientDescent):
    def step(self, g, x, t):
        return (x - self.lr * ((g > 0) + (x > 0)),)


class Branching(GradientDescent):
    def step(self, g, x, t):
        if t > 3:
            g = 2 * g
        return (x - self.lr * g,)


class Constant(Momentum):
    def step(self, g, x, t, v):
        return x - self.lr * g, self.lr


class Decayed(GradientDescent):
    """With a power of Python's own numbers, which is computed step by step."""

    def step(self, g, x, t):
        return (x - self.lr * t**-0.3 * np.exp(-t / 7) * g,)


class OwnGradient(Ravine):
    def gradient(self, x):
        return super().gradient(x) + 1


def test_a_rule_of_ones_own_is_run_lean_if_it_can_be():
    check(Rosenbrock(), Lean(lr=1e-3), steps=60)
    check(Rosenbrock(), Decayed(lr=1e-4), steps=60)


@pytest.mark.parametrize("rule_class", [Cubed, FloatSquared, Chosen, Compared, Branching, Constant])
def test_what_might_round_otherwise_runs_as_it_stands(rule_class):
    rule = rule_class(lr=1e-3)
    assert exact.of_rule(rule) is None
    if rule_class is Constant:
        with pytest.raises(ValueError, match="v must have the shape of x"):
            minimize(Ravine(), rule, steps=3)
    else:
        assert_same_trace(minimize(Ravine(), rule, steps=9), plainly(Ravine(), rule, steps=9))


@pytest.mark.parametrize("problem", [OwnGradient(), Bowl(lambda1=np.float64(2.0))], ids=repr)
def test_a_surface_that_is_more_than_its_formulas_is_asked_itself(problem):
    assert exact.of_rule(Adam(), problem, 2) is None
    assert_same_trace(minimize(problem, Adam(), steps=9), plainly(problem, Adam(), steps=9))


def test_a_method_put_in_place_of_another_is_what_runs(monkeypatch):
    before = minimize(Ravine(), Adam(), steps=9)

    class OtherAdam(Adam):
        def step(self, g, x, t, m, v):
            return [x - g, m, v][0], m, v

    class OtherRavine(Ravine):
        def df(self, x, y):
            return [x, y][0], y

    monkeypatch.setattr(Adam, "step", OtherAdam.step)
    monkeypatch.setattr(Ravine, "df", OtherRavine.df)
    assert exact.of_rule(Adam(), Ravine(), 2) is None
    after = minimize(Ravine(), Adam(), steps=9)
    assert after.final.tolist() == [0.0, 0.0]
    assert before.final.tolist() != [0.0, 0.0]


def test_a_file_changed_after_its_import_is_not_taken_for_what_runs(tmp_path, monkeypatch):
    text = (
        "from dataclasses import dataclass\n"
        "import numpy as np\n"
        "from minioptim import Rule\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Rule):\n"
        "    lr: float = 0.5\n"
        "    def step(self, g, x, t):\n"
        "        return (x - self.lr * 2 * np.abs(g),)\n"
    )
    for name, imported, now, lean in (
        ("as_it_was", text, text, True),
        ("changed", text, text.replace("self.lr *", "self.lr +"), False),
        ("another_type", text, text.replace("* 2 *", "* 2.0 *"), False),
        ("other_np", text.replace("import numpy as np", "import math as np"), None, False),
    ):
        file = tmp_path / f"{name}.py"
        file.write_text(imported, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        rule = importlib.import_module(name).Mine()
        file.write_text(now or imported, encoding="utf-8")
        assert (exact.of_rule(rule) is not None) == lean, name


def test_a_progress_bar_shows_each_step():
    assert_same_trace(
        minimize(Ravine(), Adam(), steps=9, progress=True), minimize(Ravine(), Adam(), steps=9)
    )


def test_what_a_schedule_raises_is_raised_with_the_step():
    rule = Momentum(lr=lambda t: -0.1 if t == 7 else 0.1)
    for attempt in (minimize, plainly):
        with pytest.raises(ValueError, match="lr must be a finite number >= 0") as caught:
            attempt(Ravine(), rule, steps=10)
        assert [note for note in caught.value.__notes__ if "at step 7 of" in note]


def test_constants_of_many_steps_are_those_of_each_step_alone():
    for rule_class in RULES:
        equations = exact.of_rule(rule_class(), Ravine(), 2)
        assert equations.together
        # The squares of these differ from their second powers in the last bit.
        odd = {"beta1": 0.9315894611749433, "beta2": 0.6551209377794778}
        given = {name: odd[name] for name in odd if name in rule_class().hyper_parameters()}
        now = rule_class(**given).as_arrays()
        fixed = equations.at_start(now, Ravine())
        many = exact.at_many_steps(equations, now, Ravine(), fixed, range(1, 400))
        for t in range(1, 400):
            alone = equations.at_step(now, Ravine(), t, *fixed)
            one_by_one = [np.asarray(value).item() for value in alone]
            assert [values[t - 1] for values in many] == one_by_one
        check(Ravine(), rule_class(**given), steps=5)
        check(Ravine(), rule_class(**given), np.ones((3, 2)), steps=5)


@dataclass(frozen=True)
class Clipped(GradientDescent):
    def step(self, g, x, t):
        return (x - self.lr * np.minimum(np.maximum(g, -0.0), 0.5),)


@dataclass(frozen=True)
class ClippedBelow(GradientDescent):
    def step(self, g, x, t):
        return (np.maximum(np.minimum(0.5, x - g), -0.5),)


@pytest.mark.parametrize("rule_class", [Clipped, ClippedBelow])
def test_the_larger_of_nan_and_of_zeros_is_that_of_numpy(rule_class):
    ends = (*SPECIAL, -1e200)
    met_nan = False
    for start in [(a, b) for a in ends for b in ends]:
        for surface in (Beale(), GoldsteinPrice(), Ravine(), Saddle()):
            check(surface, rule_class(lr=0.1), start, steps=4)
            with np.errstate(all="ignore"):
                met_nan |= bool(np.isnan(surface.gradient(start)).any())
    assert met_nan
