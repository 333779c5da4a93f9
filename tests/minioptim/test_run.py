"""The loop: what it records, what it refuses, and that it computes what stepping by hand does."""

import copy
import itertools
import math
import pickle
import sys
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minioptim import (
    SGD,
    Adagrad,
    Adam,
    Checkpoint,
    GradientDescent,
    Momentum,
    NAdam,
    Nesterov,
    Rule,
    Trace,
)
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.problems import SURFACES, Function, Noisy, Problem, Quadratic, Ravine, Rosenbrock
from minioptim.rules import Real
from minioptim.run import RECORDABLE, feed, iterate, minimize
from minioptim.schedules import Constant, InverseRoot, Linear

from ..discovery import all_rules

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None)

RULES = all_rules()
MODEL = MLP(digits()[1], hidden=(4,))
SPOTTY = MLP(digits()[1], hidden=(4,), dropout=0.5)
each_rule = pytest.mark.parametrize("rule_class", RULES, ids=lambda rule: rule.__name__)


def first(count, rule, grad, x0):
    return list(itertools.islice(iterate(rule, grad, x0), count))


class Counting(Problem):
    """A bowl that counts how often it is asked, and for how many oracles."""

    start = (1.0, -2.0)

    def __init__(self):
        self.values = self.gradients = self.oracles = 0

    def value(self, x):
        self.values += 1
        return (x**2).sum(axis=-1)

    def gradient(self, x):
        self.gradients += 1
        return 2 * x

    def oracle(self):
        self.oracles += 1
        return self.gradient


# ---------------------------------------------------------------- the loop computes what it says


@each_rule
@pytest.mark.parametrize("scheduled", [False, True], ids=["constant", "scheduled"])
def test_a_run_is_what_stepping_by_hand_gives(rule_class, scheduled):
    rule = rule_class(lr=InverseRoot(5e-4) if scheduled else 5e-4)
    if scheduled and hasattr(rule, "momentum"):
        rule = replace(rule, momentum=Linear(0.5, 0.9, steps=10))
    problem = Rosenbrock()
    trace = minimize(problem, rule, steps=20)
    x = np.array(problem.start)
    state = tuple(np.full(2, s) for s in rule.start(x))
    for t in range(1, 21):
        now = rule.at(t)
        query = now.query(x, *state)
        g = problem.gradient(query)
        x, *state = now.step(g, x, t, *state)
        # By hand the hyper-parameters are floats: their powers differ from NumPy's in the last bit.
        close = {"rtol": 1e-9, "atol": 1e-12}
        np.testing.assert_allclose(trace.query[t - 1], query, **close)
        np.testing.assert_allclose(trace.grad[t - 1], g, **close)
        np.testing.assert_allclose(trace.x[t], x, **close)
        for name, value in zip(rule.state, state, strict=True):
            np.testing.assert_allclose(trace.state[name][t], value, **close)


@each_rule
def test_iterate_and_minimize_are_one_computation(rule_class):
    problem = Ravine()
    trace = minimize(problem, rule_class(), steps=15)
    for step in first(15, rule_class(), problem.gradient, problem.start):
        np.testing.assert_array_equal(step.x, trace.x[step.t])
        np.testing.assert_array_equal(step.query, trace.query[step.t - 1])
        np.testing.assert_array_equal(step.grad, trace.grad[step.t - 1])
        assert list(step.state) == list(rule_class.state)
        for name, value in step.state.items():
            np.testing.assert_array_equal(value, trace.state[name][step.t])


def test_each_query_led_to_the_next_point():
    problem = Quadratic([1.0, 25.0])
    rule = Nesterov(lr=0.01, momentum=0.8)
    trace = minimize(problem, rule, steps=30)
    np.testing.assert_array_equal(trace.grad, problem.gradient(trace.query))
    np.testing.assert_array_equal(trace.f, problem.value(trace.x))
    v = trace.state["v"]
    np.testing.assert_array_equal(trace.query, trace.x[:-1] + 0.8 * v[:-1])
    np.testing.assert_allclose(np.diff(trace.x, axis=0), v[1:], atol=1e-14)


def test_gradient_descent_on_a_quadratic_follows_the_closed_form():
    trace = minimize(Quadratic([1.0, 5.0]), GradientDescent(lr=0.3), [2.0, -1.0], steps=25)
    t = np.arange(26)[:, None]
    np.testing.assert_allclose(trace.x, [2.0, -1.0] * (1 - 0.3 * np.array([1.0, 5.0])) ** t)


def test_iterate_is_lazy_and_endless():
    asked = []

    def gradient(x):
        asked.append(x.copy())
        return x

    stream = iterate(GradientDescent(lr=0.5), gradient, [8.0])
    assert asked == []
    assert next(stream).t == 1
    assert len(asked) == 1
    assert next(itertools.islice(stream, 5000, None)).t == 5002


def test_gradients_are_asked_once_a_step_and_oracles_once_a_run():
    problem = Counting()
    minimize(problem, Nesterov(lr=0.1), steps=7)
    assert (problem.oracles, problem.gradients, problem.values) == (1, 7, 8)
    for steps in (7, 100):
        problem = Counting()
        minimize(problem, Nesterov(lr=[0.1, 0.2]), steps=steps)
        assert problem.oracles == 1
        assert problem.gradients == steps + 6, "twice at the batch and at its points, for the trial"


def test_a_noisy_problem_starts_its_noise_anew_with_each_run():
    class Noisy(Counting):
        def oracle(self):
            rng = np.random.default_rng(0)
            return lambda x: 2 * x + rng.normal(size=x.shape)

    once, again = (minimize(Noisy(), GradientDescent(), steps=5) for _ in range(2))
    np.testing.assert_array_equal(once.x, again.x)
    assert len(np.unique(once.grad - 2 * once.query)) == 10


def test_value_is_asked_only_for_what_is_recorded():
    problem = Counting()
    minimize(problem, GradientDescent(), steps=100, record=("x",))
    assert problem.values == 2, "the start and the end, for diverged"
    problem = Counting()
    minimize(problem, GradientDescent(), steps=100, every=25)
    assert problem.values == 5


def test_a_value_dear_beside_a_step_is_recorded_only_when_asked():
    problem = Counting()
    problem.sampled = True
    trace = minimize(problem, GradientDescent(), steps=100)
    assert problem.values == 2, "the start and the end, for diverged"
    assert list(trace.recorded) == ["x", "query", "grad", "state"]
    with pytest.raises(AttributeError, match=r"'f' was not recorded.*record=\('f', .*every="):
        _ = trace.f
    asked = minimize(problem, GradientDescent(), steps=100, record=("x", "f"), every=50)
    assert asked.f.shape == (3,)
    assert problem.values == 2 + 3


# ---------------------------------------------------------------- batches


@each_rule
@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
def test_a_batch_of_runs_equals_its_single_runs_bit_for_bit(rule_class, surface):
    sweep = {
        field.name: np.geomspace(0.001, 0.1, 5) * (1 if field.name in ("lr", "eps") else 9)
        for field in fields(rule_class)
    }
    batch = minimize(surface(), rule_class(**sweep), steps=12)
    for i in range(5):
        alone = minimize(surface(), rule_class(**{k: v[i] for k, v in sweep.items()}), steps=12)
        for name in ("x", "f", "query", "grad"):
            np.testing.assert_array_equal(getattr(batch, name)[:, i], getattr(alone, name))
        for name in rule_class.state:
            np.testing.assert_array_equal(batch.state[name][:, i], alone.state[name])
        assert batch.diverged[i] == alone.diverged


@pytest.mark.parametrize(
    ("x0", "hyper", "batch"),
    [
        ((2,), {}, ()),
        ((2,), {"lr": (3,)}, (3,)),
        ((3, 2), {}, (3,)),
        ((3, 2), {"lr": (3,)}, (3,)),
        ((1, 2), {"lr": (3,)}, (3,)),
        ((2,), {"lr": (3, 1), "momentum": (1, 4)}, (3, 4)),
        ((4, 2), {"lr": (3, 1)}, (3, 4)),
        ((5, 3, 4, 2), {"lr": (3, 1), "momentum": (4,)}, (5, 3, 4)),
        ((2,), {"lr": (2,)}, (2,)),
    ],
    ids=str,
)
def test_settings_and_starts_of_shape_s_make_a_batch_of_shape_s(x0, hyper, batch):
    rule = Momentum(**{name: np.full(shape, 0.1) for name, shape in hyper.items()})
    trace = minimize(Ravine(), rule, np.ones(x0), steps=4)
    assert trace.x.shape == (5, *batch, 2)
    assert trace.f.shape == (5, *batch)
    assert trace.query.shape == trace.grad.shape == (4, *batch, 2)
    assert trace.state["v"].shape == (5, *batch, 2)
    assert trace.final.shape == (*batch, 2)
    assert trace.diverged.shape == batch
    (step,) = first(1, rule, Ravine().gradient, np.ones(x0))
    assert step.x.shape == step.query.shape == step.grad.shape == step.state["v"].shape
    assert step.x.shape == (*batch, 2)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_schedule_of_shape_s_makes_a_batch_as_an_array_does(d):
    # With d = 3, a schedule of shape (3,) must not be taken for one rate per coordinate.
    lr = np.array([0.1, 0.2, 0.3])
    problem = Quadratic(np.arange(1.0, d + 1))
    scheduled = minimize(problem, GradientDescent(lr=Constant(lr)), steps=4)
    given_as_array = minimize(problem, GradientDescent(lr=lr), steps=4)
    assert scheduled.x.shape == (5, 3, d)
    np.testing.assert_array_equal(scheduled.x, given_as_array.x)


def test_a_schedule_whose_shape_changes_is_refused():
    rule = GradientDescent(lr=lambda t: 0.1 if t < 3 else np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="shape") as caught:
        minimize(Ravine(), rule, steps=5)
    assert any("step 3" in note for note in caught.value.__notes__)


def test_shapes_that_do_not_broadcast_are_refused_with_both():
    for x0, rule in [
        ([1.0, 2.0], Momentum(lr=[0.1, 0.2], momentum=[0.1, 0.2, 0.3])),
        (np.ones((3, 2)), Momentum(lr=[0.1, 0.2])),
    ]:
        with pytest.raises(ValueError, match=r"batch of x0, \((3,)?\).*must broadcast") as caught:
            minimize(Ravine(), rule, x0)
        assert "(2,)" in str(caught.value)
        assert "Momentum" in str(caught.value)


def test_a_batch_of_very_many_runs_is_one_run():
    rates = np.linspace(0.0, 0.5, 50_000)
    trace = minimize(Quadratic([1.0]), GradientDescent(lr=rates), steps=3, record="f")
    np.testing.assert_allclose(trace.final[:, 0], (1 - rates) ** 3)


# ---------------------------------------------------------------- a run goes on


@each_rule
@pytest.mark.parametrize("lr", [0.01, [0.01, 0.02], Linear([0.01, 0.02], 0.001, steps=20)], ids=str)
def test_a_run_in_two_parts_is_the_whole_run_bit_for_bit(rule_class, lr):
    """Also as many runs as coordinates, where arrays turned the wrong way would not show."""
    rule, problem = rule_class(lr=lr), Rosenbrock()
    whole = minimize(problem, rule, steps=30)
    half = minimize(problem, rule, steps=13, record=())
    rest = minimize(problem, rule, half, steps=17)
    assert rest.t.tolist() == list(range(13, 31))
    for name in ("x", "f"):
        np.testing.assert_array_equal(getattr(rest, name), getattr(whole, name)[13:])
    for name in rule.state:
        np.testing.assert_array_equal(rest.state[name], whole.state[name][13:])
        np.testing.assert_array_equal(rest.final_state[name], whole.final_state[name])
        np.testing.assert_array_equal(whole.final_state[name], whole.state[name][-1])
    (step,) = first(1, rule, problem.gradient, half)
    assert step.t == 14
    np.testing.assert_array_equal(step.x, whole.x[14])
    thin = minimize(problem, rule, half, steps=17, every=5)
    assert thin.t.tolist() == [13, 15, 20, 25, 30]
    np.testing.assert_array_equal(thin.x, whole.x[thin.t])


def test_runs_go_on_beside_diverged_ones_at_a_new_lr_or_0_steps():
    rates = [0.1, 1e200]
    bowl = Quadratic([1.0])
    half = minimize(bowl, Momentum(lr=rates), [1.0], steps=5)
    assert half.diverged.tolist() == [False, True]
    whole = minimize(bowl, Momentum(lr=rates), [1.0], steps=10)
    np.testing.assert_array_equal(minimize(bowl, Momentum(lr=rates), half, 5).final, whole.final)
    still = minimize(bowl, Momentum(lr=rates), half, steps=0)
    assert still.t.tolist() == [5]
    alone = minimize(bowl, Momentum(lr=0.1), [1.0], steps=5)
    fanned = minimize(bowl, Momentum(lr=[0.1, 0.01, 0.0]), alone, steps=1)
    np.testing.assert_allclose(fanned.final[2], alone.final + 0.9 * alone.final_state["v"])


def test_a_trace_that_cannot_go_on_says_why_and_what_to_pass():
    half = minimize(Ravine(), Momentum(), steps=3)
    for other in (Adam(), Nesterov(), GradientDescent()):
        with pytest.raises(ValueError, match="kind of rule that made it, Momentum, .*trace.final"):
            minimize(Ravine(), other, half)


class Louder(Quadratic):
    """Its gradients get larger from call to call."""

    def oracle(self):
        calls = itertools.count(1)
        return lambda x: next(calls) * x


def test_a_run_whose_noise_cannot_go_on_says_so():
    loud = Louder([1.0, 2.0])
    half = minimize(loud, Momentum(lr=0.1), [1.0, 2.0], steps=3)
    with pytest.raises(ValueError, match="the noise of Louder would restart.*trace.final"):
        minimize(loud, Momentum(lr=0.1), half)


@pytest.mark.parametrize("rates", [0.1, [0.1, 0.2, 0.3]], ids=["alone", "batch"])
@pytest.mark.parametrize(
    ("problem", "x0"),
    [
        (Noisy(Ravine(), 0.1), None),
        (MODEL.minibatch(150, seed=3), None),
        (MODEL.minibatch(150, seed=3, replace=True), None),
        (SPOTTY.minibatch(150, seed=3), None),
    ],
    ids=["noisy", "minibatch", "replace", "dropout"],
)
def test_noise_goes_on_where_it_stopped(problem, x0, rates):
    whole = minimize(problem, Adam(lr=rates), x0, steps=9)
    for done in (1, 3, 5):
        half = minimize(problem, Adam(lr=rates), x0, steps=done)
        assert np.array_equal(minimize(problem, Adam(lr=rates), half, 9 - done).final, whole.final)


@pytest.mark.parametrize("rates", [0.1, [0.1, 0.2, 0.3]], ids=["alone", "batch"])
def test_a_run_goes_on_from_a_step_and_from_what_was_kept_of_it(rates):
    whole = minimize(Ravine(), Adam(lr=rates), steps=9)
    step = next(itertools.islice(iterate(Adam(lr=rates), Ravine().gradient, Ravine().start), 3, 4))
    assert step.t == 4
    state = {name: held.tolist() for name, held in step.state.items()}
    for kept in (step, Checkpoint(step.x.tolist(), state, 4)):
        rest = minimize(Ravine(), Adam(lr=rates), kept, 5)
        assert np.array_equal(rest.final, whole.final)
        assert rest.t.tolist() == [4, 5, 6, 7, 8, 9]
        again = next(iterate(Adam(lr=rates), Ravine().gradient, kept))
        assert np.array_equal(again.x, whole.x[5])


@pytest.mark.parametrize(
    ("kept", "error", "message"),
    [
        (Checkpoint([1.0, 2.0], {}, 3), ValueError, r"x0 must hold the states \('v',\)"),
        (Checkpoint([1.0, 2.0], {"v": [0.0]}, 3), ValueError, "v of x0 must have the shape of"),
        (Checkpoint([1.0, 2.0], {"v": ["a", "b"]}, 3), TypeError, "v of x0 must be"),
        (Checkpoint(["a"], {"v": [0.0]}, 3), TypeError, "x of x0 must be"),
        (Checkpoint([1.0, 2.0], {"v": [0.0, 0.0]}, 3.5), TypeError, "t of x0 must be a whole"),
        (Checkpoint([1.0, 2.0], {"v": [0.0, 0.0]}, -1), ValueError, "t of x0 must be at least 0"),
    ],
)
def test_what_was_kept_wrongly_is_named(kept, error, message):
    with pytest.raises(error, match=f"^{message}"):
        minimize(Ravine(), Momentum(), kept)


# ---------------------------------------------------------------- stopping


def test_a_run_ends_with_the_first_step_for_which_stop_is_true():
    seen = []

    def small(step):
        seen.append(step.t)
        return np.abs(step.grad).max() < 1e-3

    whole = minimize(Quadratic([1.0, 3.0]), Momentum(lr=0.1), [5.0, 5.0], 500)
    first = int(np.flatnonzero(np.abs(whole.grad).max(axis=-1) < 1e-3)[0]) + 1
    run = minimize(Quadratic([1.0, 3.0]), Momentum(lr=0.1), [5.0, 5.0], 500, stop=small)
    assert seen == list(range(1, first + 1))
    assert run.t.tolist() == list(range(first + 1))
    for name in ("x", "f", "query", "grad"):
        mine, theirs = getattr(run, name), getattr(whole, name)
        assert np.array_equal(mine, theirs[: len(mine)])
        assert len(mine) == first + (name in ("x", "f"))
    rest = minimize(Quadratic([1.0, 3.0]), Momentum(lr=0.1), run, 500 - first)
    assert np.array_equal(rest.final, whole.final)


@pytest.mark.parametrize("at", [1, 4, 6, 7, 8])
def test_the_last_step_of_a_stopped_run_is_recorded_once(at):
    run = minimize(Ravine(), Momentum(), steps=8, every=3, stop=lambda step: step.t >= at)
    assert run.t.tolist() == [*range(0, at, 3), at]
    assert len(run.x) == len(run.f) == len(run.query) + 1 == len(run.t)
    assert np.array_equal(run.final, minimize(Ravine(), Momentum(), steps=at).final)


def test_a_batch_ends_when_all_its_runs_may():
    rates = [0.1, 0.2, 0.5]
    run = minimize(
        Quadratic([1.0]), SGD(lr=rates), [8.0], 99, stop=lambda s: np.abs(s.x[..., 0]) < 1.0
    )
    slowest = minimize(Quadratic([1.0]), SGD(lr=0.1), [8.0], 99)
    assert run.t[-1] == np.flatnonzero(slowest.x[:, 0] < 1.0)[0]
    assert np.array_equal(run.x[:, 0], slowest.x[: len(run.t)])


def test_a_run_that_is_no_longer_finite_holds_no_other_up():
    run = minimize(
        Quadratic([1.0]), SGD(lr=[0.5, 1e200]), [8.0], 99, stop=lambda s: np.abs(s.x[..., 0]) < 1.0
    )
    assert run.diverged.tolist() == [False, True]
    assert run.stopped.tolist() == [True, False]
    assert run.t[-1] == 4


def test_a_run_that_diverges_alone_does_not_wait_for_its_stop():
    run = minimize(Quadratic([1.0]), SGD(lr=1e200), [8.0], 10_000, stop=lambda s: s.x[0] == 0)
    assert (run.t[-1], bool(run.diverged), bool(run.stopped)) == (2, True, False)


@pytest.mark.parametrize("lr", [0.1, [0.1, 0.2]])
def test_a_trace_says_whether_it_was_stopped(lr):
    def run(steps, **more):
        return minimize(Quadratic([1.0]), SGD(lr=lr), [8.0], steps, **more)

    def small(step):
        return abs(step.x).max(axis=-1) < 4.0

    assert run(99, stop=small).stopped.all()
    assert "steps, stopped" in repr(run(99, stop=small))
    assert run(7, stop=small).stopped.all()  # with the last step
    for early in (run(2, stop=small), run(99), run(0, stop=small)):
        assert early.stopped.tolist() == np.zeros(np.shape(lr), dtype=bool).tolist()
        assert "stopped" not in repr(early)


# ---------------------------------------------------------------- joining


@pytest.mark.parametrize(("first", "every"), [(20, 1), (17, 5), (0, 1)])
@pytest.mark.parametrize("record", [None, ("x", "grad"), ("f",)])
@pytest.mark.parametrize("rule", [Adam(lr=[0.1, 0.2]), Nesterov(lr=0.001)], ids=["batch", "one"])
def test_a_run_and_its_continuation_are_joined(rule, record, first, every):
    options = {"record": record, "every": every}
    one = minimize(Rosenbrock(), rule, steps=first, **options)
    then = minimize(Rosenbrock(), rule, one, steps=40 - first, **options)
    joined, whole = one + then, minimize(Rosenbrock(), rule, steps=40, **options)
    kept = np.isin(joined.t, whole.t)  # the join is recorded, too
    assert joined.t[kept].tolist() == whole.t.tolist()
    assert np.array_equal(joined.final, whole.final)
    for name in whole.recorded.keys() & {"x", "f"}:
        assert np.array_equal(getattr(joined, name)[kept], getattr(whole, name))
        assert not getattr(joined, name).flags.writeable
    for name in whole.recorded.keys() & {"query", "grad"}:
        assert np.array_equal(getattr(joined, name)[kept[1:]], getattr(whole, name))
    for name, array in whole.recorded.get("state", {}).items():
        assert np.array_equal(joined.state[name][kept], array)
    assert np.array_equal(minimize(Rosenbrock(), rule, joined, 5).final, (then + _on(then)).final)


def _on(trace):
    options = {"record": tuple(trace.recorded)}
    return minimize(Rosenbrock(), trace.rule, trace, steps=5, **options)


def test_a_joined_run_diverged_as_seen_from_its_own_start():
    def on(x0, steps):
        return minimize(Quadratic([1.0]), SGD(lr=2.05), x0, steps)

    first = on([8.0], 20)
    then = on(first, 20)
    assert not first.diverged
    assert not then.diverged
    assert (first + then).diverged == on([8.0], 40).diverged
    assert on(on([8.0], 10), 30).f[-1] > 10 * (1 + first.f[0])


@pytest.mark.parametrize(
    ("later", "says"),
    [
        ({"x0": None}, "from step 3 on, got"),
        ({"rule": SGD(lr=0.5)}, "must be of one rule"),
        ({"record": "x"}, "recorded the same"),
        ({"x0": Checkpoint([0.0, 0.0], {}, 3)}, "from another point"),
    ],
)
def test_what_is_no_continuation_is_not_joined(later, says):
    one = minimize(Ravine(), SGD(), steps=3)
    then = minimize(Ravine(), **{"rule": SGD(), "x0": one, "steps": 3} | later)
    with pytest.raises(ValueError, match=says):
        one + then
    with pytest.raises(TypeError, match="unsupported operand"):
        one + 3


@pytest.mark.parametrize(
    ("stop", "error", "message"),
    [
        (1e-6, TypeError, "^stop must be a function of a step, got 1e-06"),
        (lambda step: step.x, ValueError, "^stop must return True or False, or an array"),
        (lambda step: None, ValueError, "^stop must return True or False"),  # noqa: ARG005
        (lambda step: np.array([True, False, True]), ValueError, "^stop must return"),  # noqa: ARG005
    ],
)
def test_what_cannot_stop_a_run_is_named(stop, error, message):
    with pytest.raises(error, match=message):
        minimize(Ravine(), SGD(lr=[0.1, 0.2]), steps=3, stop=stop)


def test_an_error_in_stop_passes_through_with_the_step():
    with pytest.raises(ZeroDivisionError) as caught:
        minimize(Ravine(), SGD(), steps=3, stop=lambda step: 1 / (step.t - 2) > 5)
    assert "after step 2" in caught.value.__notes__[0]


# ---------------------------------------------------------------- the trace


@PROPERTY
@given(
    steps=st.integers(0, 12),
    every=st.integers(1, 15),
    record=st.sets(st.sampled_from(RECORDABLE)),
    batch=st.sampled_from([(), (3,)]),
)
def test_a_thinned_record_is_the_full_one_thinned(steps, every, record, batch):
    rule = Momentum(lr=np.full(batch, 0.1))
    full = minimize(Ravine(), rule, steps=steps)
    thin = minimize(Ravine(), rule, steps=steps, every=every, record=record)
    np.testing.assert_array_equal(full.t, np.arange(steps + 1))
    kept = [t for t in range(steps + 1) if t % every == 0 or t == steps]
    assert thin.t.tolist() == kept, "the start and the last step are there, none twice"
    np.testing.assert_array_equal(thin.final, full.x[-1])
    np.testing.assert_array_equal(thin.diverged, full.diverged)
    assert list(thin.recorded) == [name for name in RECORDABLE if name in record]
    before = [t - 1 for t in kept[1:]]
    for name in record - {"state"}:
        rows = before if name in ("query", "grad") else kept
        expected = getattr(full, name)[np.array(rows, dtype=int)]
        np.testing.assert_array_equal(getattr(thin, name), expected)
        assert getattr(thin, name).shape == expected.shape
    if "state" in record:
        np.testing.assert_array_equal(thin.state["v"], full.state["v"][kept])


@pytest.mark.parametrize("name", RECORDABLE)
def test_what_was_not_recorded_says_how_to_record_it(name):
    trace = minimize(Ravine(), Adam(), steps=2, record=[n for n in RECORDABLE if n != name])
    with pytest.raises(AttributeError, match=rf"'{name}' was not recorded.*pass record=\('{name}'"):
        getattr(trace, name)
    assert not hasattr(trace, name)


def test_no_steps_leave_the_start_alone():
    trace = minimize(Ravine(), Adam(), [3.0, 4.0], steps=0)
    np.testing.assert_array_equal(trace.x, [[3.0, 4.0]])
    np.testing.assert_array_equal(trace.final, [3.0, 4.0])
    np.testing.assert_array_equal(trace.f, [16.45])
    assert trace.query.shape == trace.grad.shape == (0, 2)
    assert trace.state["m"].shape == (1, 2)
    assert not trace.diverged


def test_the_states_are_recorded_from_their_start():
    adagrad = minimize(Ravine(), Adagrad(initial_accumulator=[0.0, 0.1]), steps=3)
    np.testing.assert_array_equal(adagrad.state["G"][0], [[0.0, 0.0], [0.1, 0.1]])
    nadam = minimize(Ravine(), NAdam(), steps=3)
    np.testing.assert_array_equal(nadam.state["mu_product"][0], [1.0, 1.0])
    np.testing.assert_array_equal(nadam.state["m"][0], [0.0, 0.0])
    assert minimize(Ravine(), GradientDescent(), steps=3).state == {}


def test_the_problems_start_is_the_default_and_may_be_replaced():
    np.testing.assert_array_equal(minimize(Ravine(), Adam(), steps=1).x[0], Ravine.start)
    np.testing.assert_array_equal(minimize(Ravine(), Adam(), (1, 2), steps=1).x[0], [1.0, 2.0])
    with pytest.raises(ValueError, match="x0 must be given"):
        minimize(Function(lambda x: x.sum(-1), lambda x: x), Adam())


def test_anything_with_value_gradient_and_oracle_is_a_problem():
    bowl = SimpleNamespace(value=lambda x: x.sum(-1), gradient=abs, oracle=lambda: abs)
    assert minimize(bowl, Adam(), [1.0], steps=1).x.shape == (2, 1)
    with pytest.raises(ValueError, match="x0 must be given"):
        minimize(bowl, Adam())


def test_a_trace_is_frozen_and_can_be_pickled_and_compared():
    trace = minimize(Ravine(), Adam(), steps=3)
    with pytest.raises(FrozenInstanceError):
        trace.final = None
    copied = pickle.loads(pickle.dumps(trace))  # noqa: S301
    assert isinstance(copied, Trace)
    assert copied.rule == trace.rule
    np.testing.assert_array_equal(copied.x, trace.x)
    assert trace in [copied, trace], "comparing it with another trace is no error"


def test_runs_compute_in_float64_whatever_numbers_they_are_given():
    for dtype in (np.float16, np.float32, np.int8, np.uint8, np.longdouble, int):
        trace = minimize(Ravine(), Adam(), np.array([3, 4], dtype=dtype), steps=3)
        np.testing.assert_array_equal(trace.x, minimize(Ravine(), Adam(), [3.0, 4.0], steps=3).x)
        assert trace.x.dtype == np.float64
    (step,) = first(1, GradientDescent(), lambda x: x.astype(np.float32), [1.0])
    assert step.grad.dtype == np.float64


def test_negative_zero_is_a_place_like_any_other():
    trace = minimize(Quadratic([1.0]), Adam(), [-0.0], steps=3)
    assert (trace.x == 0).all()


# ---------------------------------------------------------------- who may write to what


def test_the_callers_start_is_neither_changed_nor_followed():
    x0 = np.array([1.0, 2.0])
    stream = iterate(Momentum(lr=0.1), lambda x: x, x0)
    next(stream)
    x0[:] = 99.0
    assert (next(stream).x < 2).all()
    frozen = np.array([1.0, 2.0])
    frozen.setflags(write=False)
    first(3, Momentum(lr=0.1), lambda x: x, frozen)


@each_rule
def test_what_is_yielded_is_read_only_and_never_overwritten(rule_class):
    steps, copies = [], []
    for step in itertools.islice(iterate(rule_class(lr=0.1), lambda x: 2 * x, [1.0, 2.0]), 6):
        steps.append(step)
        copies.append(copy.deepcopy((step.x, step.query, step.grad, step.state)))
        for array in (step.x, step.query, step.grad, *step.state.values()):
            assert not array.flags.writeable
    for step, kept in zip(steps, copies, strict=True):
        np.testing.assert_equal((step.x, step.query, step.grad, step.state), kept)


def test_one_buffer_for_all_gradients_does_not_spoil_the_record():
    buffer = np.empty(2)

    def gradient(x):
        buffer[:] = 2 * x
        return buffer

    bowl = Function(lambda x: (x**2).sum(axis=-1), gradient)
    trace = minimize(bowl, GradientDescent(lr=0.1), [1.0, 2.0], steps=5)
    np.testing.assert_array_equal(trace.grad, 2 * trace.query)
    steps = first(5, GradientDescent(lr=0.1), gradient, [1.0, 2.0])
    np.testing.assert_array_equal([step.grad for step in steps], trace.grad)
    assert buffer.flags.writeable, "the caller's own array stays theirs"


def test_a_gradient_that_returns_its_own_input_is_copied():
    steps = first(3, GradientDescent(lr=0.5), lambda x: x, [8.0])
    assert [float(step.grad[0]) for step in steps] == [8.0, 4.0, 2.0]
    assert not np.shares_memory(steps[0].grad, steps[0].query)


def test_a_gradient_or_a_value_that_changes_its_input_fails():
    x0 = np.array([1.0, 2.0])

    def doubling(x):
        x *= 2
        return x

    with pytest.raises(ValueError, match="read-only") as caught:
        first(1, GradientDescent(), doubling, x0)
    assert any("step 1" in note for note in caught.value.__notes__)
    with pytest.raises(ValueError, match="read-only"):
        minimize(Function(lambda x: doubling(x).sum(-1), lambda x: x), GradientDescent(), x0)
    np.testing.assert_array_equal(x0, [1.0, 2.0])


def test_a_rule_of_ones_own_that_writes_into_its_inputs_fails():
    # It would change the steps that were yielded before.
    @dataclass(frozen=True)
    class InPlace(Rule):
        lr: Real = 0.1
        state = ("v",)

        def step(self, g, x, t, v):
            v *= 0.9
            v -= self.lr * g
            return x + v, v

    with pytest.raises(ValueError, match="read-only") as caught:
        first(2, InPlace(), lambda x: x, [1.0, 2.0])
    assert any("step 1" in note for note in caught.value.__notes__)


def test_ones_own_rule_cannot_change_the_recorded_gradient():
    @dataclass(frozen=True)
    class Halving(Rule):
        lr: Real = 0.1

        def step(self, g, x, t):
            g *= 0.5
            return (x - self.lr * g,)

    with pytest.raises(ValueError, match="read-only") as caught:
        minimize(Ravine(), Halving(), steps=2)
    assert any("step 1" in note for note in caught.value.__notes__)


def test_a_rule_that_writes_into_what_it_returned_fails():
    @dataclass(frozen=True)
    class Reusing(Rule):
        lr: Real = 0.1

        def __post_init__(self):
            super().__post_init__()
            object.__setattr__(self, "place", np.empty(2))

        def step(self, g, x, t):
            np.subtract(x, self.lr * g, out=self.place)
            return (self.place,)

    with pytest.raises(ValueError, match="read-only") as caught:
        first(2, Reusing(), lambda x: x, [1.0, 2.0])
    assert any("step 2" in note for note in caught.value.__notes__)


def test_a_rule_of_ones_own_is_held_to_its_shapes_at_every_step():
    @dataclass(frozen=True)
    class Later(Rule):
        lr: Real = 0.1
        state = ("v",)

        def step(self, g, x, t, v):
            return x - self.lr * g, v if t < 4 else v.sum()

    with pytest.raises(ValueError, match=r"^v must have the shape of x, \(2,\)") as caught:
        minimize(Ravine(), Later(), steps=9)
    assert any("step 4" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("own", [False, True], ids=["the package's", "one's own"])
def test_a_rule_without_schedules_is_asked_for_its_values_once(own, monkeypatch):
    kind = type("Own", (GradientDescent,), {"step": lambda self, g, x, t: (x - g,)})  # noqa: ARG005
    asked = []
    at = Rule.at
    monkeypatch.setattr(Rule, "at", lambda self, t: (asked.append(t), at(self, t))[1])
    minimize(Ravine(), kind() if own else GradientDescent(), steps=5)
    assert asked == [1]


def test_the_steps_silence_no_warnings_but_their_own():
    before = np.geterr()
    stream = iterate(GradientDescent(lr=1e300), lambda x: x * 1e200, [1.0])
    next(stream)
    next(stream)
    assert np.geterr() == before
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.array([1e300]) * 1e300


# ---------------------------------------------------------------- divergence is told, not raised


def test_a_run_that_diverges_ends_in_a_trace_that_says_so():
    # Stable below lr = 2 / 10; warnings are errors here, so none is raised either.
    rates = [0.05, 0.19, 0.21, 1.0, 1e10, 1e300]
    for every in (1, 7, 1000):
        trace = minimize(Quadratic([1.0, 10.0]), GradientDescent(lr=rates), steps=400, every=every)
        assert trace.diverged.tolist() == [False, False, True, True, True, True]
        assert np.isfinite(trace.final[:2]).all()
        assert not np.isfinite(trace.final[-1]).any()


@each_rule
def test_no_rule_warns_while_it_overflows(rule_class):
    trace = minimize(Rosenbrock(), rule_class(lr=[1e-4, 1e150]), [[2.0, 2.0], [1e200, 1e3]], 30)
    assert trace.diverged.tolist() == [False, True]


def test_a_start_at_the_floats_end_overflows_without_a_warning():
    assert minimize(Quadratic([1.0]), GradientDescent(), [1e308], steps=2).diverged


def test_a_gradient_nan_or_infinite_ends_in_a_diverged_run():
    for bad in (math.nan, math.inf, -math.inf):
        bowl = Function(lambda x: (x**2).sum(-1), lambda x, bad=bad: np.where(x > 1, bad, x))
        trace = minimize(bowl, GradientDescent(), [[0.5, 0.5], [0.5, 2.0]], steps=3)
        assert trace.diverged.tolist() == [False, True]


@each_rule
def test_a_run_whose_memory_overflows_diverges_and_no_neighbour(rule_class):
    """Gradients of 1e160 square to infinity; whatever remembers the square stands still."""
    flat = Function(lambda x: 0 * x[..., 0], lambda x: np.where(x > 0, 1e160, 1.0))
    trace = minimize(flat, rule_class(lr=1e-170), [[1.0], [-1.0]], steps=3)
    at_end = [np.isfinite(trace.state[name][-1, 0]).all() for name in rule_class.state]
    assert trace.diverged.tolist() == [not all(at_end), False]
    squares = {"G", "v", "v_max", "s"} & set(rule_class.state) and hasattr(rule_class, "eps")
    assert trace.diverged[0] == bool(squares), "momentum's v is no square"


def test_a_state_that_starts_at_infinity_is_no_divergence():
    @dataclass(frozen=True)
    class Least(Rule):
        state = ("least",)

        def start(self, x):
            return (math.inf,)

        def step(self, g, x, t, least):
            return x - 0.1 * g, np.where(x > 1, np.minimum(least, np.abs(g)), least)

    assert not minimize(Ravine(), Least(), [0.5, 2.0], steps=3).diverged


def test_a_value_that_is_nan_or_grown_tenfold_counts_as_diverged():
    nowhere = Function(lambda x: np.log(-(x**2).sum(-1)), lambda x: x)
    assert minimize(nowhere, GradientDescent(), [1.0], steps=1).diverged
    # One step of GD on x^2 / 2 with lr = 1 + s scales x by -s, and f by s^2.
    start = 2.0
    f0 = start**2 / 2
    s = np.sqrt(10 * (1 + f0) / f0) * np.array([0.999, 1.001])
    trace = minimize(Quadratic([1.0]), GradientDescent(lr=1 + s), [start], steps=1)
    assert trace.diverged.tolist() == [False, True]


def test_endless_climbs_have_diverged_and_endless_descents_not():
    slope = Function(lambda x: -x.sum(-1), lambda x: -np.ones_like(x))
    assert not minimize(slope, GradientDescent(lr=1e3), [0.0], steps=10).diverged
    wrong = Function(lambda x: -x.sum(-1), np.ones_like)
    assert minimize(wrong, GradientDescent(lr=1e3), [0.0], steps=10).diverged


# ---------------------------------------------------------------- what is refused, and how


BAD_STARTS = [
    (3, ValueError, r"got 3: write \[3\]"),
    (np.float64(3), ValueError, "got .*3.0"),
    ([], ValueError, r"at least one coordinate, got shape \(0,\)"),
    ([[]], ValueError, r"at least one coordinate, got shape \(1, 0\)"),
    (np.zeros((0, 2)), ValueError, r"got shape \(0, 2\)"),
    ([math.nan, 1.0], ValueError, "finite, got nan"),
    ([1.0, -math.inf], ValueError, "finite, got -inf"),
    (["a", "b"], TypeError, "real numbers, got .*U1"),
    ("ab", TypeError, "real numbers"),
    ([True, False], TypeError, "real numbers, got .*bool"),
    ([1j, 1.0], TypeError, "real numbers, got .*complex"),
    ([None, 1.0], TypeError, "real numbers, got .*object"),
    ({}, TypeError, "real numbers, got .*object"),
    (np.array([1, 2], dtype=object), TypeError, "real numbers, got .*object"),
    (np.array(["2020-01-01"], dtype="M8[D]"), TypeError, "real numbers, got .*datetime"),
    ([[1.0], [1.0, 2.0]], (TypeError, ValueError), r"array of real numbers, got \[\[1.0\]"),
    ([10**400, 1], (TypeError, ValueError), "real numbers|finite"),
]


@pytest.mark.parametrize(("x0", "error", "words"), BAD_STARTS, ids=lambda value: repr(value)[:40])
def test_a_start_that_is_no_array_of_finite_numbers_is_refused(x0, error, words):
    for run in (
        lambda: iterate(GradientDescent(), abs, x0),
        lambda: minimize(Quadratic([1.0, 1.0]), GradientDescent(), x0),
    ):
        with pytest.raises(error, match=f"^x0 must .*{words}"):
            run()


def test_a_start_beyond_the_floats_is_refused_without_a_warning():
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("this platform's long double is a double")
    with pytest.raises(ValueError, match="^x0 must be finite"):
        iterate(GradientDescent(), abs, np.full(2, np.longdouble("1e4000")))


def test_bad_arguments_are_refused_before_the_first_step():
    with pytest.raises(TypeError, match="rule must be a rule.*write Adam"):
        iterate(Adam, abs, [1.0])
    with pytest.raises(TypeError, match="rule must be a rule.*got 'adam'"):
        minimize(Ravine(), "adam")
    with pytest.raises(TypeError, match="grad must be a function of x, got 3"):
        iterate(Adam(), 3, [1.0])
    with pytest.raises(TypeError, match="problem must have value.*Function"):
        minimize(lambda x: x, Adam(), [1.0])
    with pytest.raises(TypeError, match=r"problem must .*write Ravine\("):
        minimize(Ravine, Adam())


@pytest.mark.parametrize("name", ["steps", "every"])
def test_numbers_of_steps_are_whole_and_not_too_small(name):
    least = {"steps": 0, "every": 1}[name]
    for bad in (1.5, 10.0, "3", None, True, np.float64(3), [3]):
        with pytest.raises(TypeError, match=f"^{name} must be a whole number, got "):
            minimize(Ravine(), Adam(), **{name: bad})
    for low in (least - 1, -100):
        with pytest.raises(ValueError, match=f"^{name} must be at least {least}, got {low}"):
            minimize(Ravine(), Adam(), **{name: low})
    assert minimize(Ravine(), Adam(), **{"steps": 4, name: np.int64(2)}).t[-1] in (2, 4)


@pytest.mark.parametrize("record", ["z", ("x", "loss"), "xf", [["x"]], (1,)], ids=repr)
def test_only_what_can_be_recorded_may_be_asked_for(record):
    with pytest.raises(ValueError, match=r"^record must be some of \('x', 'f',"):
        minimize(Ravine(), Adam(), record=record)


@pytest.mark.parametrize("record", [5, 1.5, True])
def test_a_record_that_is_no_list_of_names_is_refused(record):
    with pytest.raises(TypeError, match="^record must be some of"):
        minimize(Ravine(), Adam(), record=record)


def test_one_name_may_stand_for_a_tuple_of_one():
    assert list(minimize(Ravine(), Adam(), steps=1, record="f").recorded) == ["f"]
    assert list(minimize(Ravine(), Adam(), steps=1, record=("f", "f")).recorded) == ["f"]


@pytest.mark.parametrize(
    ("gradient", "error", "words"),
    [
        (lambda x: x[:1], ValueError, r"shape of x, \(2,\), got \(1,\)"),
        (lambda x: x[None], ValueError, r"shape of x, \(2,\), got \(1, 2\)"),
        (lambda x: 1.0, ValueError, r"shape of x, \(2,\), got \(\)"),  # noqa: ARG005
        (lambda x: None, TypeError, "real numbers, got .*object"),  # noqa: ARG005
        (lambda x: x * 1j, TypeError, "real numbers, got .*complex"),
        (lambda x: x > 0, TypeError, "real numbers, got .*bool"),
        (lambda x: ["a", "b"], TypeError, "real numbers, got .*U1"),  # noqa: ARG005
        (lambda x: x.astype(object), TypeError, "real numbers, got .*object"),
        (lambda x: [1.0, [2.0]], (TypeError, ValueError), "array of real numbers, got "),  # noqa: ARG005
    ],
    ids=["short", "long", "scalar", "none", "complex", "bool", "strings", "objects", "ragged"],
)
def test_a_gradient_that_is_not_like_x_is_refused_with_the_step(gradient, error, words):
    with pytest.raises(error, match=f"^the gradient must .*{words}") as caught:
        first(1, Adam(), gradient, [1.0, 2.0])
    assert any("at step 1 of Adam(" in note for note in caught.value.__notes__)


def test_what_a_gradient_raises_passes_with_a_note_of_the_step():
    def failing(x):
        if x[0] < 0.5:
            raise KeyError("the data set ended")
        return x

    bowl = Function(lambda x: (x**2).sum(-1), failing)
    with pytest.raises(KeyError, match="the data set ended") as caught:
        minimize(bowl, GradientDescent(lr=0.5), [2.0])
    assert caught.value.__notes__ == ["(at step 4 of GradientDescent(lr=0.5))"]


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (lambda x: x, ValueError, r"shape \(3,\), got \(3, 2\)"),
        (lambda x: 1.0, ValueError, r"shape \(3,\), got \(\)"),  # noqa: ARG005
        (lambda x: x.sum(-1) * 1j, TypeError, "real numbers"),
        (lambda x: None, TypeError, "real numbers"),  # noqa: ARG005
    ],
    ids=["per coordinate", "one for all", "complex", "none"],
)
def test_a_value_that_is_not_one_number_a_run_is_refused(value, error, words):
    with pytest.raises(error, match=f"^the problem's value must .*{words}"):
        minimize(Function(value, lambda x: x), Adam(), np.ones((3, 2)))


@pytest.mark.parametrize(
    ("bad", "error"),
    [(math.nan, ValueError), (-0.1, ValueError), (math.inf, ValueError), (None, TypeError)],
    ids=repr,
)
def test_a_schedule_that_turns_bad_is_named_with_name_and_step(bad, error):
    rule = Momentum(lr=lambda t: bad if t == 4 else 0.1)
    with pytest.raises(error, match=f"^lr must be a finite number >= 0.*{bad}") as caught:
        minimize(Ravine(), rule, steps=9)
    assert any("schedule" in note and "t=4" in note for note in caught.value.__notes__)


def test_a_start_of_a_state_cannot_be_a_schedule():
    with pytest.raises(TypeError, match="^initial_accumulator must be a finite number >= 0"):
        Adagrad(initial_accumulator=lambda t: 1.0 / t)


def test_a_momentum_schedule_is_held_to_the_range_of_momentum():
    rule = Momentum(momentum=Linear(0.5, 1.5, steps=4))
    with pytest.raises(ValueError, match=r"^momentum must be a number in \[0, 1\], got 1.25"):
        minimize(Ravine(), rule, steps=9)


# ---------------------------------------------------------------- mistakes in a rule of one's own


def rule_with(step, names=()):
    body = {"__annotations__": {"lr": Real}, "lr": 0.1, "state": names, "step": step}
    return dataclass(frozen=True)(type("Own", (Rule,), body))()


@pytest.mark.parametrize(
    "rule",
    [
        rule_with(lambda self, g, x, t: x - self.lr * g),  # noqa: ARG005
        rule_with(lambda self, g, x, t: (np.sum(x),)),  # noqa: ARG005
        rule_with(lambda self, g, x, t, v: (x,), ("v",)),  # noqa: ARG005
        rule_with(lambda self, g, x, t, v: (x, v, v), ("v",)),  # noqa: ARG005
        rule_with(lambda self, g, x, t, v: (x, np.sum(v)), ("v",)),  # noqa: ARG005
        rule_with(lambda self, g, x, t: (x * 1j,)),  # noqa: ARG005
    ],
    ids=["no tuple", "a sum", "state missing", "one too many", "state summed", "complex"],
)
def test_a_wrong_step_is_told_what_to_return_and_at_which_step(rule):
    with pytest.raises(
        (TypeError, ValueError), match="must (return|have the shape|be an array)"
    ) as caught:
        first(1, rule, lambda x: x, [1.0, 2.0])
    assert any("step 1" in note for note in caught.value.__notes__)


# ---------------------------------------------------------------- the progress bar


def test_a_progress_bar_is_shown_when_asked_and_changes_nothing(capsys):
    quiet = minimize(Ravine(), Adam(), steps=5)
    assert capsys.readouterr().err == ""
    shown = minimize(Ravine(), Adam(), steps=5, progress=True)
    assert "5/5" in capsys.readouterr().err
    np.testing.assert_array_equal(shown.x, quiet.x)


def test_a_progress_bar_without_tqdm_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="progress=True needs the package tqdm"):
        minimize(Ravine(), Adam(), steps=1, progress=True)


# ---------------------------------------------------------------- rules of a reader's own


def test_a_class_without_the_decorator_is_told_to_write_it():
    class Halved(GradientDescent):
        lr = 0.5

    class Another(Rule):
        lr: float = 0.1

    for own in (Halved, Another):
        with pytest.raises(TypeError, match=f"@dataclass.* above class {own.__name__}"):
            own()


def test_a_start_that_takes_no_point_is_told_to_take_it():
    @dataclass(frozen=True)
    class Older(Rule):
        state = ("v",)

        def start(self):
            return (0.0,)

    with pytest.raises(TypeError, match=r"^Older.start must take x: write def start\(self, x\)"):
        Older()


def test_a_state_may_start_from_the_point():
    @dataclass(frozen=True)
    class Averaged(Rule):
        lr: Real = 0.1
        state = ("z",)

        def start(self, x):
            return (x,)

        def step(self, g, x, t, z):
            z = z - self.lr * g
            return x + (z - x) / t, z

    trace = minimize(Ravine(), Averaged(lr=[0.1, 0.2]), [[1.0, 2.0], [3.0, 4.0]], steps=2)
    assert trace.state["z"][0].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert not np.shares_memory(trace.state["z"], trace.x)


def test_state_that_is_no_tuple_of_names_is_refused():
    @dataclass(frozen=True)
    class NoTuple(Rule):
        state = "v"

    @dataclass(frozen=True)
    class Annotated(Rule):
        state: tuple = ("v",)

    for own in (NoTuple, Annotated):
        with pytest.raises(TypeError, match=f"{own.__name__}.state must be a tuple of names"):
            own()


def test_a_rule_may_keep_what_it_computes_from_its_settings():
    @dataclass(frozen=True)
    class Own(Rule):
        lr: float = 0.1

        def __post_init__(self):
            super().__post_init__()
            object.__setattr__(self, "half", self.lr / 2)

        def step(self, g, x, t):
            return (x - self.half * g,)

    assert minimize(Quadratic([1.0]), Own(), [8.0], steps=1).final == 8 * (1 - 0.05)


def test_a_start_for_another_number_of_states_is_refused():
    @dataclass(frozen=True)
    class Own(Rule):
        state = ("v",)

        def start(self, x):
            return (0.0, 0.0)

    with pytest.raises(ValueError, match=r"start must return a value for each of \('v',\)"):
        minimize(Quadratic([1.0]), Own(), [8.0])


def test_a_schedule_is_asked_once_a_step():
    asked = []

    def lr(t):
        asked.append(t)
        return 0.1

    minimize(Ravine(), GradientDescent(lr=lr), steps=4)
    assert asked == [1, 2, 3, 4]


def test_a_gradient_that_runs_out_is_an_error_with_its_step():
    left = iter([np.ones(1)])
    with pytest.raises(RuntimeError, match="nothing left to compute step 2 of "):
        list(itertools.islice(iterate(GradientDescent(), lambda x: next(left), [1.0]), 3))  # noqa: ARG005


def test_for_a_function_that_sums_batches_equal_single_runs():
    f = Function(lambda x: (x**2).sum(axis=-1), lambda x: 2 * x)
    x0 = np.random.default_rng(0).normal(size=9)
    together = minimize(f, GradientDescent(lr=[0.1, 0.2]), x0, steps=9)
    for run, lr in enumerate([0.1, 0.2]):
        alone = minimize(f, GradientDescent(lr=lr), x0, steps=9)
        np.testing.assert_array_equal(together.f[:, run], alone.f)


def test_a_trace_is_printed_in_one_line_and_cannot_be_changed():
    trace = minimize(Ravine(), Adam(lr=[0.1, 0.3]), steps=5)
    assert repr(trace).endswith("5 steps, batch of shape (2,), recorded: x, f, query, grad, state)")
    for array in (trace.x, trace.f, trace.query, trace.grad, *trace.state.values()):
        assert not array.flags.writeable


# ---------------------------------------------------------------- given gradients


@each_rule
def test_given_gradients_move_a_rule_as_stepping_by_hand_does(rule_class):
    gradients = np.random.default_rng(0).normal(size=(9, 2))
    rule = rule_class(lr=0.1)
    x = np.array([1.0, -1.0])
    points, state = [x], [np.full(2, start) for start in rule.start(x)]
    for t, g in enumerate(gradients, start=1):
        x, *state = rule.step(g, x, t, *state)
        points.append(x)
    trace = feed(rule, gradients, x0=[1.0, -1.0])
    np.testing.assert_allclose(trace.x, points, rtol=1e-13)
    np.testing.assert_array_equal(trace.grad, gradients)
    for name, last in zip(rule.state, state, strict=True):
        np.testing.assert_allclose(trace.state[name][-1], last, rtol=1e-13)


def test_numbers_are_gradients_of_one_coordinate_from_start_0():
    trace = feed(GradientDescent(lr=0.5), [2.0, -4.0])
    assert trace.x.tolist() == [[0], [-1], [1]]


def test_each_run_and_each_step_of_a_schedule_has_its_own_lr():
    together = feed(GradientDescent(lr=[1.0, 2.0]), [1.0, 1.0])
    assert together.x[..., 0].tolist() == [[0, 0], [-1, -2], [-2, -4]]
    assert feed(GradientDescent(lr=lambda t: t), [1.0, 1.0]).x[:, 0].tolist() == [0, -1, -3]


def test_no_gradients_leave_the_start_alone():
    assert feed(Adam(), []).x.tolist() == [[0]]


@pytest.mark.parametrize("gradients", [1.0, np.ones((2, 2, 2))], ids=repr)
def test_gradients_of_another_shape_are_refused(gradients):
    with pytest.raises(ValueError, match=r"^gradients must have shape \(n,\) or \(n, d\), got "):
        feed(Adam(), gradients)


# ---------------------------------------------------------------- for good below a level


def visiting(*heights):
    """A run of which f takes these values, one after the other; a row of them for a batch."""
    heights = np.array(heights, dtype=float)
    climbs = iter(np.diff(heights, axis=0))
    f = Function(lambda x: x[..., 0], lambda x: -next(climbs).reshape(x.shape))
    start = heights[0].reshape(*heights.shape[1:], 1)
    return minimize(f, GradientDescent(lr=1.0), start, len(heights) - 1)


@pytest.mark.parametrize(
    ("heights", "step"),
    [
        ((4, 2, 0, 0), 2),
        ((4, 0, 4, 0), 3),
        ((0, 0, 0, 0), 0),
        ((0, 0, 0, 4), np.inf),
        ((4, 1, 1, 0), 3),  # at the level is not below it
        ((4, 0, 0, np.nan), np.inf),
    ],
)
def test_a_run_settles_at_the_step_after_which_it_never_rises(heights, step):
    assert visiting(*heights).settled(below=1.0) == step


def test_runs_settle_alone_and_thinned_ones_at_a_recorded_step():
    batch = visiting((4, 4), (0, 4), (0, 4))
    assert batch.settled(below=1.0).tolist() == [1, np.inf]
    thin = minimize(Quadratic([1.0]), GradientDescent(lr=0.5), [8.0], 20, every=10)
    assert thin.settled(below=1.0) == 10


# ---------------------------------------------------------------- messages


def test_feed_says_whose_coordinates_do_not_fit():
    with pytest.raises(ValueError, match=r"^x0 must have the 2 coordinates of the gradients, got"):
        feed(SGD(), np.ones((3, 2)), [0.0, 0.0, 0.0])
    assert feed(SGD(), np.ones((3, 2)), np.zeros((4, 2))).x.shape == (4, 4, 2)


def test_a_trace_of_feed_says_why_it_has_no_f():
    with pytest.raises(AttributeError, match="a trace of feed has no f"):
        _ = feed(SGD(), [1.0]).f


@pytest.mark.parametrize("below", [[1.0, 2.0], "1", None])
def test_a_level_is_a_number(below):
    with pytest.raises(TypeError, match="^below must be a number, got"):
        minimize(Ravine(), SGD(), steps=2).settled(below)


# ---------------------------------------------------------------- what is mistaken for something


def test_a_problem_and_a_rule_in_the_wrong_order_are_told_so():
    with pytest.raises(TypeError, match=r"problem comes first.*minimize\(problem, Adam"):
        minimize(Adam(), Ravine())
    with pytest.raises(TypeError, match="pass its gradient$"):
        next(iterate(Adam(), Ravine(), [1.0, 2.0]))


def test_a_start_of_other_dimension_is_named_where_the_function_fails():
    bowl = Function(lambda x: x[0] ** 2 + x[1] ** 2, start=[1.0, 1.0], each=True)
    with pytest.raises(IndexError) as caught:
        minimize(bowl, Adam(), [1.0], steps=3)
    assert any("x0 has 1 coordinates, the problem's own start has 2" in n for n in notes(caught))


def test_a_rule_that_keeps_its_state_in_itself_is_told_how_it_is_kept():
    @dataclass(frozen=True)
    class Remembers(Rule):
        lr: float = 0.1

        def step(self, g, x, t):
            self.m = g
            return (x - self.lr * g,)

    with pytest.raises(FrozenInstanceError) as caught:
        minimize(Ravine(), Remembers(), steps=3)
    assert any('state = ("m",)' in note for note in notes(caught))


def notes(caught):
    return caught.value.__notes__


# ---------------------------------------------------------------- a trace, as users meet it


def test_traces_are_equal_if_all_that_they_hold_is():
    whole = minimize(Ravine(), Adam(lr=[0.1, 0.2]), steps=20)
    first = minimize(Ravine(), Adam(lr=[0.1, 0.2]), steps=8)
    joined = first + minimize(Ravine(), Adam(lr=[0.1, 0.2]), first, steps=12)
    assert joined == whole
    assert hash(joined) == hash(whole)
    assert whole != first
    assert whole != minimize(Ravine(), Adam(lr=[0.1, 0.2]), steps=20, record=("x",))
    assert whole != minimize(Ravine(), Adam(lr=[0.1, 0.3]), steps=20)
    assert whole != 1
    nudged = copy.deepcopy(whole)
    state = nudged.state["v"].copy()
    state[3, 1, 0] = np.nextafter(state[3, 1, 0], 1)
    nudged.recorded["state"]["v"] = state
    assert nudged != whole


def test_a_trace_says_what_other_libraries_words_are_here():
    trace = minimize(Ravine(), Adam(), steps=2, record=("x",))
    with pytest.raises(AttributeError, match="^a trace has no 'losses': its values are f$"):
        trace.losses  # noqa: B018
    with pytest.raises(AttributeError, match="^a trace has no 'nothing'$"):
        trace.nothing  # noqa: B018
    # What a property says of itself is not hidden by it.
    with pytest.raises(AttributeError, match=r"^'f' was not recorded"):
        trace.f  # noqa: B018
