"""The compiled engine: the same numbers as NumPy's, in place, from the cache, or a clear error."""

import ast
import os
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest

from minioptim import Adam, GradientDescent, Momentum, NAdam, Nesterov, Rule, Stepper, minimize
from minioptim.engines.compiled import kernels, runs, stepping
from minioptim.engines.compiled.text import run_text, step_text
from minioptim.problems import SURFACES, Beale, Function, Noisy, Quadratic, Ravine, Surface
from minioptim.problems.surfaces import Bowl
from minioptim.rules import Muon
from minioptim.rules.variants import VARIANTS
from minioptim.run import RECORDABLE
from minioptim.schedules import Cosine, InverseRoot

from ..discovery import all_rules
from .test_one_idea import Everything

RULES = [*all_rules(), *VARIANTS]
each_rule = pytest.mark.parametrize("rule_class", RULES, ids=lambda rule: rule.__name__)
each_type = pytest.mark.parametrize("number", ["float32", "float64"])

# Relative, and of the whole motion of x. In float32 a step rounds differently: a multiplication by
# the reciprocal of 1 - beta^t stands in place of a division.
CLOSE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """One folder of compiled loops for the whole session, also for the processes of xdist."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.FOLDER, str(folder / "loops"))
        yield folder / "loops"


@dataclass(frozen=True)
class Anything(Rule):
    """Each construct of the language, on each side of the line between constants and the loop."""

    lr: float = 0.01
    a: float = 0.7
    b: float = 3.0

    state = ("v", "k0", "t_0")

    def query(self, y, v, k0, t_0):
        """Return a look ahead that has a docstring."""
        return y + self.a * np.where(v > 1, 1, v) / 2

    def step(self, slope, y, n, v, k0, t_0):
        c, x = self.a**n / (1 + self.b) - 2**-1, np.cos(slope) ** 2.0
        p, c = c + 2.5, -c
        x, v = v + 1e-3 * x, x - +self.b * np.sin(slope - -1) ** 3 / p
        new = np.maximum(np.minimum(v, n), -self.b) + (slope > 0.1) * c + (self.a < n) * np.pi
        q = np.where(self.a >= self.b, y, np.where(y != x, np.where(self.a, p, 7), slope))
        k0 = k0 + np.sqrt(np.abs(x)) * np.exp(-np.abs(y)) + np.log(self.b) * np.sign(new)
        size = np.abs(y) ** 0.3 + self.b**self.a - (2 + np.cos(q)) ** -2
        return y - self.lr * (slope + 1e-3 * size), np.sin(v), k0 / self.b, np.sin(new + t_0)


def assert_same(mine: Any, expected: Any, rtol: float) -> None:
    mine, expected = np.asarray(mine), np.asarray(expected)
    assert mine.shape == expected.shape
    assert mine.dtype == expected.dtype
    np.testing.assert_allclose(mine, expected, rtol=rtol, atol=1e-300 * (rtol < 1e-9))


def assert_same_trace(mine: Any, expected: Any) -> None:
    assert list(mine.recorded) == list(expected.recorded)
    assert np.array_equal(mine.t, expected.t)
    assert_same(mine.final, expected.final, 1e-12)
    assert np.array_equal(mine.diverged, expected.diverged)
    for name in mine.recorded:
        if name == "state":
            assert list(mine.state) == list(expected.state)
            for own in mine.state:
                assert_same(mine.state[own], expected.state[own], 1e-12)
                assert_same(mine.final_state[own], expected.final_state[own], 1e-12)
                assert not mine.state[own].flags.writeable
        else:
            # A gradient is a small difference of large terms; its rounding is that of the terms.
            atol = 1e-13 * np.abs(np.nan_to_num(expected.recorded[name])).max(initial=0)
            np.testing.assert_allclose(mine.recorded[name], expected.recorded[name], 1e-12, atol)
            assert mine.recorded[name].shape == expected.recorded[name].shape
            assert not mine.recorded[name].flags.writeable
    assert not mine.final.flags.writeable


def both(problem, rule, *arguments, **options):
    """Return the traces of the two engines."""
    return (
        minimize(problem, rule, *arguments, **options, engine="compiled"),
        minimize(problem, rule, *arguments, **options),
    )


# ---------------------------------------------------------------- whole runs


@pytest.mark.parametrize("rule_class", [*RULES, Anything], ids=lambda rule: rule.__name__)
def test_every_rule_leaves_the_same_trace(rule_class):
    starts = np.random.default_rng(0).uniform(-0.5, 1.5, size=(2, 3, 2))
    lr = 0.005 if "eps" in {field.name for field in fields(rule_class)} else 0.001
    rule = rule_class(**({"lr": lr} if hasattr(rule_class, "lr") else {"curvature": 30.0}))
    steps = 8 if rule_class is Anything else 40  # it is chaotic
    assert_same_trace(*both(Beale(), rule, starts, steps=steps))


@pytest.mark.parametrize("surface", [*SURFACES, Bowl, Everything], ids=lambda s: s.__name__)
def test_every_surface_leaves_the_same_trace(surface):
    given = {"lambda2": 3.0, "angle": 0.6} if surface is Bowl else {}
    mine, expected = both(surface(**given), Momentum(lr=1e-4), steps=30)
    assert_same_trace(mine, expected)


@pytest.mark.parametrize("record", [(), ("f",), ("query", "grad"), ("state", "x"), RECORDABLE])
@pytest.mark.parametrize(("steps", "every"), [(0, 1), (1, 5), (20, 1), (20, 7), (21, 7)])
def test_what_is_recorded_is_the_same(record, steps, every):
    rule = Nesterov(lr=[0.01, 0.02, 0.03])
    assert_same_trace(*both(Ravine(), rule, steps=steps, record=record, every=every))


def test_swept_hyper_parameters_and_schedules_are_the_same():
    rng = np.random.default_rng(1)
    starts = rng.uniform(-1, 1, size=(4, 1, 2))
    rule = Momentum(lr=Cosine([0.01, 0.03, 0.1], steps=50), momentum=InverseRoot(0.9))
    assert_same_trace(*both(Ravine(), rule, starts, steps=60))
    assert_same_trace(*both(Ravine(), Momentum(lr=lambda t: 0.1 / t), steps=30, every=4))
    assert_same_trace(*both(Ravine(), Momentum(lr=[[0.1], [0.2]], momentum=[0.5, 0.9]), steps=30))


def test_long_schedules_are_evaluated_in_parts_with_the_same_record(monkeypatch):
    rule = Momentum(lr=InverseRoot([0.01, 0.02, 0.03]))
    whole = minimize(Ravine(), rule, steps=50, every=3, engine="compiled")
    monkeypatch.setattr(runs, "LARGEST_TABLE", 3 * 7)
    parts = minimize(Ravine(), rule, steps=50, every=3, engine="compiled")
    for name in ("x", "f", "query", "grad"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name)), name


def test_a_trace_goes_on_in_either_engine():
    rule = Adam(lr=0.01)
    expected = minimize(Ravine(), rule, steps=50)
    begun = minimize(Ravine(), rule, steps=20, engine="compiled")
    for engine in ("arrays", "compiled"):
        longer = minimize(Ravine(), rule, begun, steps=30, engine=engine)
        assert longer.t[[0, -1]].tolist() == [20, 50]
        assert_same(longer.final, expected.final, 1e-12)
    whole = minimize(Ravine(), rule, steps=50, engine="compiled")
    assert np.array_equal(longer.final, whole.final)


def test_a_batch_equals_its_runs_alone_bit_for_bit_in_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(runs, "WORTH_A_THREAD", 100)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)
    starts = np.random.default_rng(2).uniform(-2, 2, size=(1000, 2))
    rule = Adam(lr=np.linspace(0.001, 0.3, 1000))
    batch = minimize(Beale(), rule, starts, steps=20, engine="compiled")
    for run in (0, 255, 256, 700, 999):
        alone = minimize(Beale(), Adam(lr=rule.lr[run]), starts[run], steps=20, engine="compiled")
        for name in ("x", "f", "query", "grad"):
            mine = getattr(batch, name)[:, run]
            assert np.array_equal(mine, getattr(alone, name), equal_nan=True), (name, run)


def test_a_run_that_diverges_is_flagged_alike():
    mine, expected = both(Beale(), Momentum(lr=[1e-4, 10.0]), steps=100)
    assert mine.diverged.tolist() == expected.diverged.tolist() == [False, True]
    assert np.isnan(mine.final[1]).any() == np.isnan(expected.final[1]).any()


# ---------------------------------------------------------------- steps in place

SPECIAL = (
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    5e-324,
    1e-310,
    1e-42,
    1e-38,
    1e30,
    -1e300,
    1.0,
    -2.0,
)


def gradients(number: str, count: int) -> list[np.ndarray]:
    """Return gradients whose entries are special in their first, second or third step."""
    rng = np.random.default_rng(3)
    made = rng.normal(size=(count, 3, len(SPECIAL)))
    for step in range(3):
        made[step, step] = SPECIAL
    with np.errstate(over="ignore"):
        return list(made.astype(number))


@each_type
@pytest.mark.parametrize("rule_class", [*RULES, Anything], ids=lambda rule: rule.__name__)
def test_every_rule_makes_the_same_steps_in_place(rule_class, number):
    x = np.random.default_rng(4).normal(size=(3, len(SPECIAL))).astype(number)
    given = {"curvature": 30.0} if not hasattr(rule_class, "lr") else {}
    mine = Stepper(rule_class(**given), x.copy(), engine="compiled")
    expected = Stepper(rule_class(**given), x.copy())
    tiny = np.finfo(number).tiny
    # That rule multiplies what its powers round.
    close = CLOSE[number] * (100 if rule_class is Anything else 1)
    for g in gradients(number, 12):
        assert mine.query().dtype == number
        np.testing.assert_allclose(mine.query(), expected.query(), close, close)
        mine.step(g)
        expected.step(g)
    moved = np.nan_to_num(np.abs(expected.x - x)).max()
    np.testing.assert_allclose(mine.x, expected.x, close, close * moved)
    for name, state in expected.state.items():
        assert mine.state[name].dtype == number
        np.testing.assert_allclose(mine.state[name], state, 10 * close, tiny)


@each_rule
def test_in_float64_numpy_makes_the_steps_of_a_run(rule_class):
    given = {"lr": 0.01} if hasattr(rule_class, "lr") else {"curvature": 30.0}
    trace = minimize(Ravine(), rule_class(**given), steps=20)
    stepper = Stepper(rule_class(**given), np.array(Ravine.start))
    for _ in range(20):
        stepper.step(Ravine().gradient(stepper.query()))
    assert np.array_equal(stepper.x, trace.final)
    for name, state in stepper.state.items():
        assert np.array_equal(state, trace.final_state[name])


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
@pytest.mark.parametrize("shape", [(0,), (1,), (), (2, 0, 3), (2, 3, 4)], ids=str)
def test_any_shape_is_stepped(engine, shape):
    x = np.full(shape, 2.0)
    stepper = Stepper(Adam(lr=0.1), x, engine=engine)
    stepper.step(np.full(shape, 3.0))
    np.testing.assert_allclose(x, np.full(shape, 1.9), rtol=1e-8)
    assert stepper.x is x
    assert stepper.state["m"].shape == shape
    assert stepper.t == 1


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
def test_gradients_in_any_layout_and_type_are_read_and_not_changed(engine):
    x0 = np.arange(12.0).reshape(3, 4)
    g = np.sin(x0)
    expected = Stepper(Adam(lr=0.1), x0.copy())
    expected.step(g)
    frozen = g.copy()
    frozen.flags.writeable = False
    wide = np.zeros((3, 8))
    wide[:, ::2] = g
    for given in (frozen, wide[:, ::2], np.asfortranarray(g), g.tolist(), g.astype(">f8")):
        for order in ("C", "F"):
            before = np.array(given)
            stepper = Stepper(Adam(lr=0.1), np.array(x0, order=order), engine=engine)
            stepper.step(given)
            np.testing.assert_allclose(stepper.x, expected.x, rtol=1e-12)
            assert np.array_equal(np.array(given), before)


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
def test_a_gradient_that_lies_in_the_parameters_memory_is_read_before_they_change(engine):
    memory = np.arange(10.0)
    stepper = Stepper(GradientDescent(lr=1.0), memory[1:], engine=engine)
    stepper.step(memory[:-1])
    assert memory.tolist() == [0.0, *[1.0] * 9]


@dataclass(frozen=True)
class Exchanged(Rule):
    """Its states change places, and one of them is what x becomes."""

    lr: float = 0.5

    state = ("a", "b")

    def step(self, g, x, t, a, b):
        return b, x - self.lr * g, a


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
def test_states_that_change_places_do_not_overwrite_each_other(engine):
    gradients = np.random.default_rng(3).normal(size=(9, 50))
    stepper = Stepper(Exchanged(), gradients[0].copy(), engine=engine)
    x, a, b = gradients[0], np.zeros(50), np.zeros(50)
    for g in gradients:
        stepper.step(g)
        x, a, b = b, x - 0.5 * g, a
    for mine, expected in zip((stepper.x, *stepper.state.values()), (x, a, b), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-14)


@each_type
def test_threads_change_no_bit(number, monkeypatch):
    monkeypatch.setattr(stepping, "WORTH_A_THREAD", 100)
    rng = np.random.default_rng(5)
    x = rng.normal(size=1001).astype(number)
    one = Stepper(Nesterov(), x.copy(), engine="compiled")
    three = Stepper(Nesterov(), x.copy(), engine="compiled", threads=3)
    for _ in range(3):
        g = rng.normal(size=1001).astype(number)
        assert np.array_equal(one.query(), three.query())
        one.step(g)
        three.step(g)
    assert np.array_equal(one.x, three.x)


def test_a_stepper_goes_on_from_what_was_kept():
    g = np.random.default_rng(6).normal(size=(6, 5))
    rule = NAdam(lr=InverseRoot(0.1))
    whole = Stepper(rule, np.ones(5), engine="compiled")
    for i in range(6):
        if i == 3:
            kept = (whole.t, whole.x.copy(), {n: s.copy() for n, s in whole.state.items()})
        whole.step(g[i])
    again = Stepper(rule, kept[1], engine="compiled")
    again.t = kept[0]
    for name, state in kept[2].items():
        again.state[name][...] = state
    for i in range(3, 6):
        again.step(g[i])
    assert np.array_equal(again.x, whole.x)


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
def test_a_rule_put_in_place_of_another_makes_the_next_step(engine):
    stepper = Stepper(GradientDescent(lr=1.0), np.zeros(2), engine=engine)
    stepper.step([1.0, 2.0])
    stepper.rule = GradientDescent(lr=10.0)
    stepper.step([1.0, 2.0])
    assert stepper.x.tolist() == [-11.0, -22.0]


def test_a_compiled_step_allocates_nothing_that_grows():
    x = np.ones(1_000_000, dtype=np.float32)
    stepper = Stepper(Adam(), x, engine="compiled")
    g = np.ones_like(x)
    stepper.step(g)
    tracemalloc.start()
    stepper.step(g)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000


def test_states_that_fade_do_not_stay_denormal():
    for engine, stays in (("compiled", False), ("arrays", True)):
        stepper = Stepper(Adam(lr=0.1), np.ones(4, dtype=np.float32), engine=engine)
        stepper.step(np.ones(4))
        for _ in range(1000):
            stepper.step(np.zeros(4))
        m = np.abs(stepper.state["m"])
        assert ((m > 0) & (m < np.finfo(np.float32).tiny)).any() == stays


@pytest.mark.parametrize("eps", [0.0, 1e-30])
def test_a_state_is_not_made_0_where_the_rule_would_step_elsewhere(eps):
    g = np.full(3, 1e-20, dtype=np.float32)  # its square is a denormal, and all that v holds
    steppers = [
        Stepper(Adam(lr=0.1, eps=eps), np.ones(3, dtype=np.float32), engine=engine)
        for engine in ("compiled", "arrays")
    ]
    for stepper in steppers:
        stepper.step(g)
        stepper.step(g)
        assert (stepper.x > 0).all()
    np.testing.assert_allclose(steppers[0].x, steppers[1].x, rtol=1e-5)


@each_rule
def test_float32_is_never_widened_inside_the_loop(rule_class):
    from numba import njit, types

    scope: dict[str, Any] = {}
    exec(step_text(rule_class, "float32"), scope)  # noqa: S102
    array = types.Array(types.float32, 1, "C")
    count = 2 + len(fields(rule_class))
    signature = ([types.float64] * count) + [array] * (2 + len(rule_class.state))
    compiled = njit(tuple(signature), error_model="numpy")(scope["advance"])
    [code] = compiled.inspect_llvm().values()
    assert "fptrunc" in code
    assert "fpext" not in code


def test_what_is_the_same_for_all_coordinates_is_outside_the_loop():
    loop = step_text(Adam, "float32").partition("for i in")[2]
    assert "**" in loop
    assert "** t" not in loop
    assert "p0" not in loop
    varied = run_text(Adam, Ravine, frozenset({"lr"}))
    of_a_run = varied.partition("low + r]\n")[2].partition("if now %")[0].rpartition("for r in")[2]
    assert "** t" not in of_a_run
    ast.parse(varied)


# ---------------------------------------------------------------- what is refused


class OwnGradient(Ravine):
    def gradient(self, x):
        return super().gradient(x) + 1


def branch(self, g, x, t):
    if t > 3:
        g = 2 * g
    return (x - self.lr * g,)


Branching = type("Branching", (GradientDescent,), {"step": branch})

REFUSED = {
    "another engine": (Ravine(), Adam(), {"engine": "numba"}, "engine must be one of"),
    "a quadratic": (Quadratic([1.0]), Adam(), {}, "needs a problem that is a Surface.*Quadratic"),
    "own functions": (Function(np.sum, np.cos, [1.0]), Adam(), {}, "Surface.*Function"),
    "noise": (Noisy(Ravine(), 0.1), Adam(), {}, "needs a problem that is a Surface.*Noisy"),
    "own gradient": (OwnGradient(), Adam(), {}, "OwnGradient.* with its own gradient"),
    "array as parameter": (Bowl(lambda1=np.ones(2)), Adam(), {}, "a number as lambda1 of Bowl"),
    "a layer's matrix": (Ravine(), Muon(), {}, "treats coordinates separately"),
    "a branch": (
        Ravine(),
        Branching(),
        {},
        r"cannot compile Branching.step, line \d+, `if t > 3:`",
    ),
    "progress": (Ravine(), Adam(), {"progress": True}, "progress must be False"),
}


@pytest.mark.parametrize(("problem", "rule", "options", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compiled_is_refused_with_the_way_out(problem, rule, options, why):
    with pytest.raises(ValueError, match=why) as caught:
        minimize(problem, rule, **{"engine": "compiled", "steps": 1, **options})
    if not options:
        assert 'engine="arrays" runs it' in str(caught.value)


def test_errors_of_a_schedule_name_the_step():
    rule = Momentum(lr=lambda t: -0.1 if t == 7 else 0.1)
    with pytest.raises(ValueError, match="lr must be a finite number >= 0, got -0.1") as caught:
        minimize(Ravine(), rule, steps=10, engine="compiled")
    assert any("at step 7 of" in note for note in caught.value.__notes__)


UNFIT = {
    "no rule": (Adam, np.ones(2), {}, TypeError, r"write Adam\(...\)"),
    "list": (Adam(), [1.0], {}, TypeError, r"x must be an array of float.*, got \[1.0\]"),
    "integers": (Adam(), np.ones(2, dtype=int), {}, TypeError, "got int64 of shape"),
    "half": (Adam(), np.ones(2, dtype=np.float16), {}, TypeError, "got float16"),
    "read-only": (Adam(), np.broadcast_to(1.0, (2,)), {}, ValueError, "x must be writable"),
    "strided": (Adam(), np.ones(6)[::2], {}, ValueError, "x must be contiguous"),
    "batch": (Adam(lr=[0.1, 0.2]), np.ones(2), {}, ValueError, "lr must be a number or a schedule"),
    "matrix": (Muon(), np.ones(2), {}, ValueError, "must treat coordinates separately"),
    "engine": (Adam(), np.ones(2), {"engine": "gpu"}, ValueError, "engine must be one of"),
    "threads": (Adam(), np.ones(2), {"threads": 0}, ValueError, "threads must be at least 1"),
    "branch": (Branching(), np.ones(2), {"engine": "compiled"}, ValueError, "`if t > 3:`"),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "x", "options", "kind", "why"), UNFIT.values(), ids=UNFIT)
def test_a_stepper_says_what_does_not_fit(rule, x, options, kind, why):
    with pytest.raises(kind, match=why):
        Stepper(rule, x, **options)


@pytest.mark.parametrize("engine", ["arrays", "compiled"])
def test_a_gradient_that_does_not_fit_changes_nothing(engine):
    stepper = Stepper(Adam(lr=lambda t: 0.1 if t < 2 else np.nan), np.ones(2), engine=engine)
    for g, kind, why in (
        ([1.0], ValueError, r"shape of x, \(2,\), got \(1,\)"),
        ([1j, 2.0], TypeError, "the gradient must be an array of real numbers"),
        (["a", "b"], TypeError, "the gradient must be an array of real numbers"),
    ):
        with pytest.raises(kind, match=why):
            stepper.step(g)
    assert stepper.t == 0
    assert stepper.x.tolist() == [1.0, 1.0]
    stepper.step([1.0, 2.0])
    before = stepper.x.copy(), stepper.state["m"].copy()
    with pytest.raises(ValueError, match="lr must be"):
        stepper.step([1.0, 2.0])
    assert np.array_equal(stepper.x, before[0])
    assert np.array_equal(stepper.state["m"], before[1])


def test_without_numba_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    kernels.runner.cache_clear()
    kernels.stepper.cache_clear()
    for attempt in (
        lambda: minimize(Ravine(), Adam(), engine="compiled"),
        lambda: Stepper(Adam(), np.ones(2), engine="compiled"),
    ):
        with pytest.raises(ImportError, match=r'pip install "minioptim\[fast\]"'):
            attempt()


# ---------------------------------------------------------------- what is kept on disk


def test_a_second_process_finds_the_compiled_loop(cache):
    program = (
        "import sys\n"
        "from minioptim import GradientDescent, minimize\n"
        "assert 'numba' not in sys.modules\n"
        "from minioptim.problems import Ravine\n"
        "from minioptim.engines.compiled.kernels import runner\n"
        "minimize(Ravine(), GradientDescent(), steps=3, engine='compiled')\n"
        "loop = runner(GradientDescent, Ravine, None)\n"
        "print(sum(loop.stats.cache_hits.values()), sum(loop.stats.cache_misses.values()))"
    )
    minimize(Ravine(), GradientDescent(), steps=3, engine="compiled")
    files = {file: file.stat().st_mtime_ns for file in cache.glob("*.py")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "0"]
    assert {file: file.stat().st_mtime_ns for file in files} == files
    assert not list(cache.glob("*.draft"))


def test_a_loop_whose_file_was_changed_is_written_anew(cache):
    text = "def run():\n    return 1\n"
    module = kernels._module(text)
    kept = cache / f"{module.__name__}.py"
    kept.write_text("def run():\n    return 2\n", encoding="utf-8")
    assert kernels._module(text).run() == 1
    assert kept.read_text(encoding="utf-8") == text


def test_where_nothing_can_be_kept_a_temporary_folder_serves(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv(kernels.FOLDER, str(file / "below"))  # no folder can be made there
    folder = kernels._folder()
    assert folder.is_dir()
    assert folder != file / "below"
    monkeypatch.delenv(kernels.FOLDER)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert kernels._folder() == tmp_path / "caches" / "minioptim" / "loops"


def test_a_surface_of_ones_own_is_compiled():
    @dataclass(frozen=True)
    class Trough(Surface):
        minimum = 0.0
        domain = ((-1.0, 1.0), (-1.0, 1.0))
        source = "this test"
        start = (0.5, 0.5)
        depth: float = 2.0

        def f(self, x, y):
            return self.depth * (x - y) ** 2

        def df(self, x, y):
            return 2 * self.depth * (x - y), 2 * self.depth * (y - x)

        def d2f(self, x, y):
            return 2 * self.depth, -2 * self.depth, 2 * self.depth

    for depth in (1, 2.5):
        assert_same_trace(*both(Trough(depth), Momentum(lr=0.01), [0.3, -0.2], steps=20))
