"""Rules that see a matrix, and a rule for each layer: equation, libraries, batches, records."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from minioptim import Adam, GradientDescent, Momentum, feed, minimize
from minioptim.datasets import digits
from minioptim.engines.javascript import rule_source
from minioptim.losses import MLP
from minioptim.problems import Quadratic
from minioptim.rules import (
    MATRIX_RULES,
    HeavyBallMuon,
    MatrixRule,
    Muon,
    PerLayer,
    Real,
    Rule,
    newton_schulz,
)
from minioptim.run import iterate
from minioptim.schedules import InverseRoot

from ..discovery import all_matrix_rules, all_rules
from ..golden.matrix import CASES, GOLDEN, STORED, iterates
from ..parity.peers import TOLERANCE, deviation

SHAPE = (2, 3)
BOWL = Quadratic([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
START = np.array([3.0, -1.0, 2.0, 1.0, 1.5, -2.0])

each_matrix_rule = pytest.mark.parametrize(
    "rule_class", all_matrix_rules(), ids=lambda rule: rule.__name__
)


def on_matrix(rule, shape=SHAPE):
    return PerLayer([("W", shape, rule)])


def assert_same_bits(one, other):
    for name in ("x", "query", "grad"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for mine, theirs in zip(one.state.values(), other.state.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


# ---------------------------------------------------------------- the equation


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3), (1, 5)])
def test_newton_schulz_is_its_polynomial_on_the_singular_values(shape):
    M = np.random.default_rng(0).normal(size=shape)
    U, s, V = np.linalg.svd(M, full_matrices=False)
    s = s / np.linalg.norm(M)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    np.testing.assert_allclose(newton_schulz(M, eps=0.0), U * s @ V, rtol=1e-12, atol=1e-13)


def test_newton_schulz_leaves_singular_values_as_said_not_at_one():
    s = newton_schulz(np.diag(np.geomspace(0.0025, 0.9, 40)), eps=0.0).diagonal()
    one = np.array([newton_schulz(np.diag([a, np.sqrt(1 - a * a)]), 0.0) for a in (0.0021, 0.3)])
    values = np.abs(np.linalg.svd(one)[1])
    assert values.min() > 0.68
    assert max(values.max(), s.max()) < 1.21
    assert np.ptp(values) > 0.1, "they are not all 1"


def test_newton_schulz_divides_by_norm_and_eps_and_bars_vectors():
    M = np.array([[3.0, 0.0], [0.0, 4.0]])
    np.testing.assert_allclose(newton_schulz(M, eps=5.0), newton_schulz(M / 2, eps=2.5))
    assert np.array_equal(newton_schulz(np.zeros((2, 3))), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"^M must be a matrix of shape \(p, q\), got shape \(3,"):
        newton_schulz(np.ones(3))


# ---------------------------------------------------------------- the libraries


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rules_go_where_the_libraries_went(case):
    stored = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert list(stored) == [case.name for case in CASES], "run `make golden`"
    assert deviation(iterates(case), np.array(stored[case.name]), list(STORED)) < TOLERANCE


MISTAKES = {
    "lr": {"lr": 0.0201},
    "beta": {"beta": 0.94},
    "eps": {"eps": 1e-9},
    "weight_decay": {"weight_decay": 1e-9},
}


@pytest.mark.parametrize("change", MISTAKES.values(), ids=MISTAKES)
def test_the_comparison_refuses_another_number(change):
    case = next(case for case in CASES if case.name.startswith("HeavyBallMuon"))
    assert case.library == "Optax"
    stored = np.array(json.loads(GOLDEN.read_text(encoding="utf-8"))[case.name])
    wrong = replace(case, weights=replace(case.weights, **change))
    assert deviation(iterates(wrong), stored, list(STORED)) > TOLERANCE


def test_the_look_ahead_is_told_from_its_absence():
    cases = {case.name.split()[0]: case for case in CASES if case.library == "PyTorch"}
    stored = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for name, other in (("Muon", HeavyBallMuon), ("HeavyBallMuon", Muon)):
        case = cases[name]
        wrong = replace(case, weights=other(**case.weights.hyper_parameters()))
        assert deviation(iterates(wrong), np.array(stored[case.name]), list(STORED)) > 1e-4


# ---------------------------------------------------------------- a kind of its own


def test_the_packages_list_has_every_rule_for_a_matrix():
    assert list(MATRIX_RULES) == all_matrix_rules()
    assert not set(MATRIX_RULES) & set(all_rules())


@each_matrix_rule
def test_a_matrix_rule_is_not_elementwise(rule_class):
    rng = np.random.default_rng(0)
    g, x = rng.normal(size=(2, *SHAPE))
    rule = rule_class()
    whole, *_ = rule.step(g, x, 1, *rule.start(x))
    g[1, 2] += 1.0
    other, *_ = rule.step(g, x, 1, *rule.start(x))
    assert (whole[:1] != other[:1]).any(), "what moves one coordinate depends on another"


@each_matrix_rule
def test_a_step_changes_none_of_its_inputs(rule_class):
    rng = np.random.default_rng(0)
    g, x, *state = rng.normal(size=(2 + len(rule_class.state), *SHAPE))
    for array in (g, x, *state):
        array.setflags(write=False)
    first, second = (rule_class().step(g, x, 3, *state) for _ in range(2))
    for one, again in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, again)
        assert not any(np.shares_memory(one, array) for array in (g, x, *state))


@each_matrix_rule
def test_translation_is_refused_in_one_sentence(rule_class):
    with pytest.raises(TypeError, match=f"coordinate separately.*{rule_class.__name__} sees a"):
        rule_source(rule_class)


def test_a_vector_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"^Muon moves a matrix, got x of shape \(6,\).*PerLayer"):
        minimize(BOWL, Muon(), START, steps=1)


# ---------------------------------------------------------------- batches


@each_matrix_rule
@pytest.mark.parametrize("looks", ["lr", "beta"])
def test_a_batch_equals_its_runs_alone_bit_for_bit(rule_class, looks):
    values = np.array([[0.01, 0.3, 0.9]])
    starts = START + np.array([0.0, 1.0])[:, None, None]
    batch = minimize(BOWL, on_matrix(rule_class(**{looks: values})), starts, steps=9)
    assert batch.x.shape == (10, 2, 3, 6)
    assert batch.state["W.m"].shape == (10, 2, 3, *SHAPE)
    assert batch.diverged.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        rule = on_matrix(rule_class(**{looks: values[0, j]}))
        alone = minimize(BOWL, rule, starts[i, 0], steps=9)
        np.testing.assert_array_equal(batch.x[:, i, j], alone.x)
        np.testing.assert_array_equal(batch.f[:, i, j], alone.f)
        np.testing.assert_array_equal(batch.state["W.m"][:, i, j], alone.state["W.m"])
        assert batch.diverged[i, j] == alone.diverged


@dataclass(frozen=True)
class RowAndColumn(MatrixRule):
    """States of three shapes, none that of x: a mean for each row, each column, and all."""

    lr: Real = 0.1

    state = ("rows", "columns", "all")

    def start(self, x):
        return np.zeros(x.shape[0]), np.zeros(x.shape[1]), np.array(0.0)

    def step(self, g, x, t, rows, columns, all):  # noqa: A002
        rows, columns = rows + (g**2).mean(axis=1), columns + (g**2).mean(axis=0)
        all = all + (g**2).mean()  # noqa: A001
        size = np.sqrt(np.outer(rows, columns) / all)
        return x - self.lr * g / size, rows, columns, np.asarray(all)


def test_a_state_may_have_any_shape_and_is_recorded_in_it():
    rule = on_matrix(RowAndColumn(lr=[0.1, 0.2]))
    batch = minimize(BOWL, rule, START, steps=8)
    shapes = {name: state.shape for name, state in batch.state.items()}
    assert shapes == {"W.rows": (9, 2, 2), "W.columns": (9, 2, 3), "W.all": (9, 2)}
    squares = batch.grad.reshape(8, 2, *SHAPE) ** 2
    np.testing.assert_allclose(batch.state["W.rows"][-1], squares.mean(axis=-1).sum(axis=0))
    np.testing.assert_allclose(batch.state["W.all"][-1], squares.mean(axis=(-1, -2)).sum(axis=0))
    alone = minimize(BOWL, on_matrix(RowAndColumn(lr=0.2)), START, steps=8)
    np.testing.assert_array_equal(batch.x[:, 1], alone.x)
    assert alone.state["W.all"].shape == (9,)
    half = minimize(BOWL, rule, START, steps=4)
    np.testing.assert_array_equal(minimize(BOWL, rule, half, steps=4).x, batch.x[4:])


def test_a_rule_of_ones_own_for_the_whole_vector_needs_no_axes():
    @dataclass(frozen=True)
    class Normalized(MatrixRule):
        lr: Real = 0.1

        def step(self, g, x, t):
            return (x - self.lr * g / np.linalg.norm(g),)

    trace = minimize(BOWL, Normalized(lr=[0.1, 0.2]), START, steps=5)
    np.testing.assert_allclose(np.linalg.norm(np.diff(trace.x, axis=0), axis=-1), [[0.1, 0.2]] * 5)


# ---------------------------------------------------------------- a rule for each layer


@pytest.mark.parametrize("rule_class", all_rules(), ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("lr", [0.05, InverseRoot(0.05)], ids=["constant", "scheduled"])
def test_one_rule_for_all_parts_is_that_rule_on_the_vector(rule_class, lr):
    rule = rule_class(lr=lr)
    parts = PerLayer([("W", (2, 2), rule), ("b", (2,), rule)])
    layered, flat = minimize(BOWL, parts, START, steps=20), minimize(BOWL, rule, START, steps=20)
    np.testing.assert_array_equal(layered.x, flat.x)
    np.testing.assert_array_equal(layered.query, flat.query)
    for name in rule.state:
        held = [layered.state[f"{part}.{name}"] for part in ("W", "b")]
        np.testing.assert_array_equal(np.concatenate(held, axis=-1), flat.state[name])


def test_each_layer_of_a_model_moves_by_its_own_rule():
    model = MLP(digits().train, hidden=(5,))
    rule = PerLayer.of(model, weights=Muon(lr=0.1), biases=Momentum(lr=0.0), last=Adam(lr=0.01))
    trace = minimize(model.minibatch(32), rule, steps=6)
    first, last = model.layers(trace.x)
    assert (np.diff(first.b, axis=0) == 0).all()
    moves = np.linalg.svd(np.diff(first.W, axis=0))[1] / 0.1
    assert moves.max() < 1.21
    assert moves[:, 0].min() > 0.68
    assert trace.state["W1.m"].shape == (7, 64, 5)
    assert list(trace.state) == ["W1.m", "b1.v", "W2.m", "W2.v", "b2.v"]
    assert np.abs(np.diff(last.W, axis=0))[0].max() == pytest.approx(0.01)


def test_a_run_in_two_parts_is_whole_and_records_may_be_thinned():
    rule = PerLayer([("W", (2, 2), Muon(lr=InverseRoot(0.1))), ("b", (2,), Adam(lr=[0.1, 0.2]))])
    whole = minimize(BOWL, rule, START, steps=10)
    half = minimize(BOWL, rule, START, steps=4, record=())
    rest = minimize(BOWL, rule, half, steps=6)
    np.testing.assert_array_equal(rest.x, whole.x[4:])
    for name, state in whole.state.items():
        np.testing.assert_array_equal(rest.state[name], state[4:])
    thinned = minimize(BOWL, rule, START, steps=10, every=5)
    np.testing.assert_array_equal(thinned.state["W.m"], whole.state["W.m"][::5])


def test_what_is_yielded_is_read_only_and_never_overwritten():
    rule = PerLayer([("W", (2, 2), Muon()), ("b", (2,), Momentum())])
    stream = iterate(rule, BOWL.gradient, START)
    steps = [next(stream) for _ in range(3)]
    kept = [step.x.copy() for step in steps]
    next(stream)
    for step, x in zip(steps, kept, strict=True):
        np.testing.assert_array_equal(step.x, x)
        arrays = (step.x, step.query, step.grad, *step.state.values())
        assert not any(array.flags.writeable for array in arrays)


def test_a_matrix_that_diverges_is_told_run_by_run():
    rule = on_matrix(HeavyBallMuon(lr=[0.1, 1e300], weight_decay=1.0))
    assert minimize(BOWL, rule, START, steps=4).diverged.tolist() == [False, True]


def test_given_gradients_reach_the_parts():
    trace = feed(PerLayer([("b", (2,), GradientDescent(lr=1.0))]), [[1.0, 2.0]])
    assert trace.x.tolist() == [[0.0, 0.0], [-1.0, -2.0]]


PART = ("W", (2, 3), GradientDescent())


@pytest.mark.parametrize(
    ("parts", "error", "words"),
    [
        ([], ValueError, "parts must have different names, got"),
        ([PART, PART], ValueError, r"parts must have different names, got \['W', 'W'\]"),
        ([("W", (2, 0), Adam())], ValueError, "each size of a part must be at least 1, got 0"),
        ([("W", (2, 1.5), Adam())], TypeError, "each size of a part must be a whole number"),
        ([("W", 6, Adam())], TypeError, r"a part must be \(name, shape, rule\)"),
        ([("W", (2, 3))], ValueError, r"a part must be \(name, shape, rule\)"),
        ([("W", (2, 3), Adam)], TypeError, r"a part must be \(name, shape, rule\)"),
        ([(1, (2, 3), Adam())], TypeError, r"a part must be \(name, shape, rule\)"),
    ],
)
def test_parts_that_are_none_are_refused(parts, error, words):
    with pytest.raises(error, match=words):
        PerLayer(parts)


def test_parts_that_do_not_fill_x_are_refused_before_step_one():
    with pytest.raises(ValueError, match=r"^the parts hold 6 numbers, got x of shape \(3,\)"):
        iterate(PerLayer([PART]), BOWL.gradient, [1.0, 2.0, 3.0])


def test_parts_whose_batches_do_not_fit_are_refused():
    rule = PerLayer([("W", (4,), Adam(lr=[0.1, 0.2])), ("b", (2,), Adam(lr=[0.1, 0.2, 0.3]))])
    with pytest.raises(ValueError, match="must broadcast together"):
        minimize(BOWL, rule, START, steps=1)


def test_a_rule_for_each_layer_is_a_value_as_all_rules_are():
    rule = PerLayer([PART])
    assert rule == PerLayer([PART])
    assert hash(rule) == hash(PerLayer([PART]))
    assert rule != PerLayer([("V", *PART[1:])])


def test_a_step_that_returns_the_wrong_thing_is_told_so():
    def wrong(step):
        return type("Wrong", (MatrixRule,), {"step": step})()

    def run(rule):
        minimize(BOWL, rule, START, steps=1)

    with pytest.raises(ValueError, match=r"^x must have the shape \(6,\) and be float64"):
        run(wrong(lambda self, g, x, t: (x[:3],)))  # noqa: ARG005
    with pytest.raises(TypeError, match=r"Wrong.step must return the tuple \(x,\)"):
        run(wrong(lambda self, g, x, t: x))  # noqa: ARG005
    with pytest.raises(TypeError, match=r"the rule of W must return \(x,\)"):
        run(on_matrix(wrong(lambda self, g, x, t: (x, x))))  # noqa: ARG005
    assert isinstance(wrong(None), Rule)
