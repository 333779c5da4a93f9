"""Each update rule is checked, documented, pure, elementwise, and equal to its printed equation.

The rules are discovered, not listed: a new one is held to all of this without a line here.
"""

import ast
import copy
import doctest
import inspect
import math
import pickle
import re
import textwrap
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minioptim
from minioptim import GradientDescent, Momentum, Nesterov, Rule, problems, rules, schedules
from minioptim.checks.equations import equation, evaluate, python_name
from minioptim.rules import AROUND, RANGES, Real

from ..discovery import all_rules

PROPERTY = settings(max_examples=20, deadline=None, derandomize=True, database=None)


RULES = all_rules()
each_rule = pytest.mark.parametrize("rule_class", RULES, ids=lambda rule: rule.__name__)
each_field = pytest.mark.parametrize(
    ("rule_class", "name"),
    [(rule, field.name) for rule in RULES for field in fields(rule)],
    ids=lambda value: getattr(value, "__name__", value),
)

# Away from 0 and of ordinary size, so that a quotient is never 0 / 0 and a square never underflows.
ordinary = st.floats(0.01, 100.0)
signed = st.builds(lambda size, sign: size * sign, ordinary, st.sampled_from([-1.0, 1.0]))


def within(name):
    """Values of a hyper-parameter, away from the ends of its range that are special cases."""
    bounded = RANGES[name].high == 1.0
    return st.floats(0.0, 0.99) if bounded else st.floats(1e-6, 2.0)


@st.composite
def configured(draw, rule_class):
    return rule_class(**{field.name: draw(within(field.name)) for field in fields(rule_class)})


@st.composite
def arguments(draw, rule_class, size):
    """A gradient, a point, a step number and a state that a run could have reached."""

    def entries(element):
        return np.array(draw(st.lists(element, min_size=size, max_size=size)))

    state = tuple(entries(reachable(name)) for name in rule_class.state)
    return entries(signed), entries(signed), draw(st.integers(1, 1000)), state


def reachable(name):
    """States of squares and sizes are positive, products of rates below 1, velocities anything."""
    if name == "mu_product":
        return st.floats(0.01, 0.9)
    return signed if name == "m" else ordinary


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


# ---------------------------------------------------------------- what is public, and documented


def test_there_are_rules_to_test():
    assert {"GradientDescent", "Adam", "NAdam"} <= {rule.__name__ for rule in RULES}


def test_the_packages_own_list_has_every_rule_in_its_order():
    assert list(rules.RULES) == RULES


@each_rule
def test_every_rule_is_exported_by_the_package(rule_class):
    assert rule_class.__name__ in minioptim.__all__
    assert getattr(minioptim, rule_class.__name__) is rule_class


def test_sgd_is_another_name_for_gradient_descent():
    assert minioptim.SGD is GradientDescent


def sections(rule_class):
    """Return the numpydoc sections of a docstring by title; "" is what stands above them."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(rule_class.__doc__), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@each_rule
def test_a_docstring_says_all_that_a_reader_needs_in_one_order(rule_class):
    found = sections(rule_class)
    assert list(found) == [
        "",
        "Parameters",
        "State",
        "In the libraries",
        "References",
        "Examples",
    ]
    assert all(text.strip() for text in found.values())
    assert re.match(r"\S.*[.]\n\n", found[""]), "the first line is one sentence"
    assert ".. math::" in found[""]
    assert re.search(r"\(\d{4}\)|documentation", found["References"])


def test_what_all_rules_raise_is_said_once_where_it_is_checked():
    said = sections(Rule)["Raises"]
    assert "TypeError" in said
    assert "ValueError" in said


@each_rule
def test_a_docstring_describes_hyper_parameters_and_their_ranges(rule_class):
    described = {}
    for names, text in re.findall(
        r"^(\w[\w, ]*) : (.*)$", sections(rule_class)["Parameters"], re.M
    ):
        described |= dict.fromkeys(names.split(", "), text)
    assert list(described) == [field.name for field in fields(rule_class)]
    for name, text in described.items():
        expected = RANGES[name]
        stated = (
            ">= 0" if expected.high == np.inf else f"[0, 1{']' if expected.includes_high else ')'}"
        )
        assert stated in text, f"{name}: {text}"
        assert "array of shape S" in text, name


@each_rule
def test_a_docstring_describes_each_state_in_order(rule_class):
    described = re.findall(r"^(\w+) : ", sections(rule_class)["State"], re.M)
    assert tuple(described) == rule_class.state
    if not rule_class.state:
        assert sections(rule_class)["State"].strip() == "None."


@each_rule
def test_a_docstring_has_an_example_that_runs(rule_class):
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(rule_class, rule_class.__name__, globs=dict(vars(rules)))
    assert any("step(" in line.source for line in example.examples)
    failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False).run(example)
    assert failed == 0


# ---------------------------------------------------------------- the equation, and its letters


def code(rule_class, *methods):
    return ast.parse(
        "\n".join(textwrap.dedent(inspect.getsource(getattr(rule_class, m))) for m in methods)
    )


def hyper_parameters_read(rule_class, *methods):
    return {
        node.attr
        for node in ast.walk(code(rule_class, *methods))
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"
    }


@each_rule
def test_the_equation_names_just_the_hyper_parameters_read(rule_class):
    names = re.findall(r"\\mathrm\{([^}]*)\}", " ".join(equation(rule_class)))
    assert {name.replace(r"\_", "_") for name in names} == hyper_parameters_read(
        rule_class, "step", "query"
    )


@each_rule
def test_each_hyper_parameter_is_read_somewhere(rule_class):
    read = hyper_parameters_read(rule_class, "step", "query", "start")
    assert {field.name for field in fields(rule_class)} <= read


@each_rule
def test_the_code_names_each_letter_that_the_equation_defines(rule_class):
    tree = code(rule_class, "step")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for line in equation(rule_class):
        letter = re.match(r"(.*?)_t &?=", line)
        assert letter, f"{line} does not define a letter at step t"
        assert python_name(letter[1]) in names, letter[1]


@each_rule
def test_step_takes_g_x_t_and_the_states_by_name(rule_class):
    assert tuple(inspect.signature(rule_class.step).parameters) == (
        "self",
        "g",
        "x",
        "t",
        *rule_class.state,
    )


@each_rule
@PROPERTY
@given(data=st.data())
def test_the_printed_equation_computes_what_step_computes(rule_class, data):
    rule = data.draw(configured(rule_class))
    _, (x,), t, state = data.draw(arguments(rule_class, size=1))
    t = min(t, 30)
    state = {name: float(value[0]) for name, value in zip(rule.state, state, strict=True)}
    if "mu_product" in state:
        # The one state that the equation writes out: the product of mu over the steps so far.
        mu = [rule.beta1 * (1 - 0.5 * 0.96 ** (i * rule.psi)) for i in range(1, t)]
        state["mu_product"] = math.prod(mu)

    def gradient(place):
        return 3 * place + 1

    x = float(x)
    computed = rule.step(gradient(rule.query(x, *state.values())), x, t, *state.values())
    printed = evaluate(rule, gradient, x, t, state)
    np.testing.assert_allclose(computed, printed, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- two pure elementwise methods


@each_rule
@PROPERTY
@given(data=st.data())
def test_a_step_changes_no_input_and_depends_on_nothing_else(rule_class, data):
    rule = data.draw(configured(rule_class))
    g, x, t, state = data.draw(arguments(rule_class, size=3))
    before = copy.deepcopy((g, x, state))
    frozen = [read_only(s) for s in state]
    query = rule.query(read_only(x), *frozen)
    first = rule.step(read_only(g), read_only(x), t, *frozen)
    second = rule.step(g, x, t, *state)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(query, rule.query(x, *state))
    np.testing.assert_equal((g, x, state), before)
    assert not any(np.shares_memory(first[0], array) for array in (g, x, *state))


@each_rule
@PROPERTY
@given(data=st.data())
def test_a_step_returns_the_point_and_then_each_state(rule_class, data):
    rule = data.draw(configured(rule_class))
    g, x, t, state = data.draw(arguments(rule_class, size=2))
    result = rule.step(g, x, t, *state)
    assert isinstance(result, tuple)
    assert len(result) == 1 + len(rule.state)
    assert all(np.shape(entry) == x.shape for entry in result)
    assert np.isfinite(result).all()


@each_rule
@PROPERTY
@given(data=st.data())
def test_each_coordinate_is_treated_alike_and_apart(rule_class, data):
    rule = data.draw(configured(rule_class))
    g, x, t, state = data.draw(arguments(rule_class, size=5))
    order = data.draw(st.permutations(range(5)))
    whole = rule.step(g, x, t, *state)
    permuted = rule.step(g[order], x[order], t, *(s[order] for s in state))
    for one, other in zip(whole, permuted, strict=True):
        np.testing.assert_array_equal(one[order], other)
    np.testing.assert_array_equal(
        rule.query(x, *state)[order], rule.query(x[order], *(s[order] for s in state))
    )
    for i in range(5):
        alone = rule.step(float(g[i]), float(x[i]), t, *(float(s[i]) for s in state))
        # Not bit for bit: Python and NumPy raise to a power by different routines.
        np.testing.assert_allclose([entry[i] for entry in whole], alone, rtol=1e-13, atol=1e-14)


@each_rule
def test_states_start_at_zero_unless_the_docstring_differs(rule_class):
    stated = re.findall(
        r"^(\w+) : .*?(?:starts at ([^;.,]+)|not corrected for its start at (0))",
        sections(rule_class)["State"],
        re.M | re.S,
    )
    rule = rule_class()
    start = dict(zip(rule.state, rule.start(0.25), strict=True))
    assert list(start) == [name for name, *_ in stated]
    for name, *place in stated:
        word = "".join(place).split(" and ")[0].strip()
        if word == "x":
            expected = 0.25
        else:
            expected = getattr(rule, word.strip("`")) if word.startswith("``") else float(word)
        assert start[name] == expected, name


@pytest.mark.parametrize("slope", [1e-3, 1.0, 1e8])
@pytest.mark.parametrize("change", [0.0, 1e-9])
def test_the_centred_variance_is_right_while_gradients_agree(slope, change):
    """The definition, v - m^2 of exact fractions, on gradients that are equal or nearly so."""
    rule, rho = rules.CenteredRMSProp(lr=0.0), Fraction(0.9)
    m = s = 0.0
    mean = square = Fraction(0)
    for t in range(1, 401):
        g = slope * (1 + change * (t % 3))
        _, m, s = rule.step(g, 0.0, t, m, s)
        mean = rho * mean + (1 - rho) * Fraction(g)
        square = rho * square + (1 - rho) * Fraction(g) ** 2
        # In steps of 2^-300, far below what is asked for, or the fractions would grow for ever.
        mean, square = (Fraction(round(value * 2**300), 2**300) for value in (mean, square))
    # 1 - rho is rounded to a float by the rule, and so are g - m and all the rest.
    assert s == pytest.approx(float(square - mean**2), rel=1e-6 if change else 1e-10)


def test_adagrad_starts_as_told_and_nadam_at_an_empty_product():
    assert rules.Adagrad(initial_accumulator=0.25).start(0.0) == (0.25,)
    assert rules.NAdam().start(0.0) == (0.0, 0.0, 1.0)


@each_rule
def test_only_a_rule_that_looks_ahead_asks_elsewhere_than_at_x(rule_class):
    state = [2.0] * len(rule_class.state)
    asked = rule_class().query(3.0, *state)
    ahead = {
        "Nesterov": 3.0 + 0.9 * 2.0,
        "ScheduleFree": 0.1 * 2.0 + 0.9 * 3.0,
        "ScheduleFreeAdam": 0.1 * 2.0 + 0.9 * 3.0,
    }
    assert asked == pytest.approx(ahead.get(rule_class.__name__, 3.0), rel=1e-15)


# ---------------------------------------------------------------- values, as dataclasses are


@each_rule
def test_a_rule_is_frozen(rule_class):
    with pytest.raises(FrozenInstanceError):
        rule_class().lr = 1.0


@each_rule
@PROPERTY
@given(data=st.data())
def test_a_rule_can_be_copied_pickled_printed_and_compared(rule_class, data):
    rule = data.draw(configured(rule_class))
    same = [
        replace(rule),
        copy.deepcopy(rule),
        pickle.loads(pickle.dumps(rule)),  # noqa: S301
        eval(repr(rule), dict(vars(rules))),  # noqa: S307
    ]
    assert all(other == rule and hash(other) == hash(rule) for other in same)
    assert replace(rule, lr=rule.lr + 1) != rule
    assert len(repr(rule)) < 200


HOLDING_ARRAYS = {
    **{rule.__name__: partial(rule, lr=[0.1, 0.2]) for rule in RULES},
    "a schedule": partial(schedules.Linear, [0.1, 0.2], 0.0, steps=3),
    "a rule of a schedule": lambda: GradientDescent(lr=schedules.Constant([0.1, 0.2])),
    "Noisy": lambda: problems.Noisy(problems.Quadratic([1.0, 2.0], 0.3), sigma=[0.1, 0.2]),
    "Function": lambda: problems.Function(np.sum, np.sin, start=np.array([0.1, 0.2])),
}


def arrays_in(value):
    """Yield the arrays that a value holds, also in the values inside it."""
    for held in vars(value).values():
        if isinstance(held, np.ndarray):
            yield held
        elif is_dataclass(held):
            yield from arrays_in(held)


@pytest.mark.parametrize("make", HOLDING_ARRAYS.values(), ids=HOLDING_ARRAYS)
def test_what_holds_arrays_is_compared_and_read_only_in_copies(make):
    value = make()
    if isinstance(value, problems.Noisy):
        value.gradient(np.ones(2))  # it keeps its matrix from now on
    copied = [
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value)),  # noqa: S301
        make(),
    ]
    for other in copied:
        assert other == value
        assert hash(other) == hash(value)
        assert value in [None, other]
    for other in copied[:3]:
        assert list(arrays_in(other))
        assert not any(array.flags.writeable for array in arrays_in(other))


def test_rules_of_other_arrays_are_other_rules():
    rule = GradientDescent(lr=[0.1, 0.2])
    for lr in ([0.1, 0.3], [0.1], 0.1, [[0.1, 0.2]], [[0.1], [0.2]], abs):
        assert rule != GradientDescent(lr=lr)
        assert rule not in [GradientDescent(lr=lr)]
    assert hash(GradientDescent(lr=[0.0])) == hash(GradientDescent(lr=[-0.0])), "they are equal"


def test_rules_with_the_same_numbers_are_still_different_rules():
    assert Momentum(0.1, 0.9) != Nesterov(0.1, 0.9)


# ---------------------------------------------------------------- hyper-parameters are checked


@each_field
def test_each_hyper_parameter_has_a_range_and_its_default_inside(rule_class, name):
    assert name in RANGES
    default = getattr(rule_class(), name)
    assert isinstance(default, float)
    assert RANGES[name].holds(default)


def test_no_range_is_left_without_a_rule():
    used = {field.name for rule in (*RULES, *AROUND) for field in fields(rule)}
    assert RANGES.keys() <= used


OUTSIDE = [math.nan, -math.inf, -1.0, -5e-324, -1]
TOO_HIGH = {
    "lr": [math.inf],
    "momentum": [math.inf, 1.5, np.nextafter(1.0, 2.0)],
    "beta": [math.inf, 1.0, 1],
    "beta1": [math.inf, 1.0, 1],
    "beta2": [math.inf, 1.0, 1],
    "rho": [math.inf, 1.0, 1],
    "eps": [math.inf],
    "psi": [],
    "weight_decay": [math.inf],
    "initial_accumulator": [math.inf],
}


@each_field
def test_bad_numbers_are_refused_by_name_value_and_expectation(rule_class, name):
    for value in OUTSIDE + TOO_HIGH[name]:
        for given_as in (value, [0.5, value], np.array([[0.5], [value]])):
            with pytest.raises(ValueError, match=f"^{name} must be ") as caught:
                rule_class(**{name: given_as})
            assert RANGES[name].words in str(caught.value)
            assert str(float(value)) in str(caught.value)


def test_the_ends_of_the_ranges_are_allowed():
    assert GradientDescent(lr=0).lr == 0.0
    assert GradientDescent(lr=1e300).lr == 1e300, "divergence is a lesson"
    assert Momentum(momentum=1).momentum == 1.0
    assert rules.RMSProp(rho=0).rho == 0.0
    assert rules.NAdam(psi=math.inf).psi == math.inf


WRONG_KINDS = [
    None,
    "0.1",
    b"1",
    True,
    np.True_,
    1j,
    np.complex128(1j),
    object(),
    {0.1: 1},
    {0.1},
    [True, False],
    ["0.1"],
    [None],
    [1j],
    np.array([0.1], dtype=object),
    np.array(["a"]),
    np.timedelta64(1, "D"),
]


@each_field
def test_a_ragged_list_is_refused_by_name(rule_class, name):
    with pytest.raises(ValueError, match=f"^{name} must be "):
        rule_class(**{name: [0.1, [0.2, 0.3]]})


@each_field
def test_what_is_not_a_number_is_refused_by_name_and_value(rule_class, name):
    for value in WRONG_KINDS:
        with pytest.raises(TypeError, match=f"^{name} must be ") as caught:
            rule_class(**{name: value})
        assert RANGES[name].words in str(caught.value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [[], np.zeros((0, 3))], ids=["list", "array"])
def test_a_sweep_over_no_values_is_refused(value):
    with pytest.raises(ValueError, match=r"^lr must .*\b0\b"):
        GradientDescent(lr=value)


def test_a_number_beyond_floats_is_refused_without_a_warning():
    with pytest.raises((TypeError, ValueError), match=r"^lr must be a finite number >= 0"):
        GradientDescent(lr=10**400)
    if np.finfo(np.longdouble).max > np.finfo(np.float64).max:
        with pytest.raises(ValueError, match=r"^lr must be a finite number >= 0, got inf"):
            GradientDescent(lr=np.longdouble("1e4000"))


@pytest.mark.parametrize(
    "value", [1, np.int8(1), np.float16(1), np.float32(1), np.array(1), True - 0]
)
def test_a_real_number_of_any_type_becomes_a_float(value):
    lr = GradientDescent(lr=value).lr
    assert type(lr) is float
    assert lr == 1.0


@PROPERTY
@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_an_array_is_copied_and_kept_read_only(values):
    given_values = np.array(values)
    rule = GradientDescent(lr=given_values)
    given_values[0] = -1.0
    np.testing.assert_array_equal(rule.lr, values)
    with pytest.raises(ValueError, match="read-only"):
        rule.lr[0] = 1.0
    assert GradientDescent(lr=read_only(np.array(values))).lr.dtype == np.float64


@each_rule
def test_an_unknown_hyper_parameter_is_named_by_the_error(rule_class):
    with pytest.raises(TypeError, match=rf"{rule_class.__name__}.*learning_rate"):
        rule_class(learning_rate=0.1)
    with pytest.raises(TypeError, match="positional arguments"):
        rule_class(*[0.5] * (len(fields(rule_class)) + 1))


# ---------------------------------------------------------------- schedules in place of numbers


def may_be_scheduled(rule_class, name):
    """Whether the docstring offers a schedule; that it does where it should is tested below."""
    text = sections(rule_class)["Parameters"]
    return "a schedule" in re.search(rf"^.*\b{name}\b.* : (.*)$", text, re.M)[1]


def test_only_what_enters_corrections_or_starts_is_unscheduled():
    refused = {f.name for rule in RULES for f in fields(rule) if not may_be_scheduled(rule, f.name)}
    assert refused == {"beta1", "beta2", "initial_accumulator"}
    for rule in RULES:
        corrected = re.findall(r"self\.(\w+)\*\*t", inspect.getsource(rule.step))
        assert not any(may_be_scheduled(rule, name) for name in corrected), rule


@each_field
def test_a_schedule_becomes_its_value_at_the_step_or_is_refused(rule_class, name):
    if not may_be_scheduled(rule_class, name):
        for schedule in (lambda t: 0.5 / t, schedules.Constant(0.5)):
            with pytest.raises(TypeError, match=f"^{name} must be .*, not a schedule") as caught:
                rule_class(**{name: schedule})
            assert RANGES[name].words in str(caught.value)
        return
    rule = rule_class(**{name: lambda t: 0.5 / t})
    assert rule.at(10) == rule_class(**{name: 0.05})
    assert callable(getattr(rule, name)), "the rule itself is unchanged"
    assert rule_class().at(10) == rule_class()


def test_ones_own_rule_may_schedule_what_ours_keep_constant():
    @dataclass(frozen=True)
    class Lion(Rule):
        beta1: Real = 0.9

    assert Lion(beta1=lambda t: 1 - 1 / t).at(2) == Lion(beta1=0.5)


@pytest.mark.parametrize(
    ("bad", "error"),
    [(math.nan, ValueError), (-1.0, ValueError), (None, TypeError), ("a", TypeError)],
)
def test_a_bad_value_of_a_schedule_is_told_with_its_step(bad, error):
    rule = Momentum(lr=lambda t: bad if t == 3 else 0.1)
    rule.at(2)
    with pytest.raises(error, match="^lr must be a finite number") as caught:
        rule.at(3)
    assert any("schedule" in note and "t=3" in note for note in caught.value.__notes__)


def test_a_schedule_that_gives_another_schedule_is_refused():
    # What a forgotten call does: lr=Constant in place of lr=Constant(0.1).
    with pytest.raises(TypeError, match="^lr must be a finite number"):
        GradientDescent(lr=schedules.Constant).at(1)


# ---------------------------------------------------------------- rules that a reader writes


def test_a_rule_of_ones_own_needs_a_dataclass_and_a_step():
    @dataclass(frozen=True)
    class SignDescent(Rule):
        lr: Real = 0.1

        def step(self, g, x, t):
            return (x - self.lr * np.sign(g),)

    assert SignDescent(lr=0.5).step(3.0, 2.0, 1) == (1.5,)
    with pytest.raises(ValueError, match=r"^lr must be a finite number >= 0, got -1"):
        SignDescent(lr=-1)


def test_a_rule_without_a_step_says_so():
    @dataclass(frozen=True)
    class Still(Rule):
        lr: Real = 0.1

    with pytest.raises(NotImplementedError, match="Still has no step"):
        Still().step(1.0, 1.0, 1)


def test_a_hyper_parameter_of_ones_own_may_be_any_finite_number():
    @dataclass(frozen=True)
    class Sharpened(Rule):
        gamma: Real = -0.5

        def step(self, g, x, t):
            return (x + self.gamma * g,)

    assert Sharpened(gamma=-2).step(1.0, 1.0, 1) == (-1.0,)
    with pytest.raises(ValueError, match=r"^gamma must be a finite number, got nan"):
        Sharpened(gamma=math.nan)
    with pytest.raises(TypeError, match="^gamma must be a finite number"):
        Sharpened(gamma="a")
