"""What the translator to JavaScript refuses, and what it writes, beyond the rules of the package.

That the package's own rules and surfaces move alike in both languages is held in
`test_one_idea.py`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pytest

from minioptim.engines.javascript import TranslationError, rule_source, surface_source
from minioptim.problems import Ravine
from minioptim.rules import GradientDescent, Momentum, Rule
from minioptim.run import minimize


@pytest.mark.parametrize(
    "name", ["Math", "Object", "NaN", "Infinity", "function", "eval", "__proto__", "two words"]
)
def test_a_class_whose_name_javascript_needs_is_refused(name: str) -> None:
    words = f"^{name} cannot be the name of a class in JavaScript"
    with pytest.raises(TranslationError, match=words):
        rule_source(type(name, (GradientDescent,), {}))
    with pytest.raises(TranslationError, match=words):
        surface_source(type(name, (Ravine,), {}))


@pytest.mark.parametrize("name", ["constructor", "__proto__"])
def test_a_hyper_parameter_with_a_name_of_javascript_is_refused(name: str) -> None:
    annotated = {name: 1.0, "__annotations__": {name: "float"}}
    mine = dataclass(frozen=True)(type("Mine", (GradientDescent,), annotated))
    with pytest.raises(TranslationError, match=rf"^Mine\.{name}: in JavaScript no hyper-parameter"):
        rule_source(mine)


def test_a_variable_may_not_hide_what_the_translation_writes() -> None:
    class Hiding(GradientDescent):
        def step(self, g, x, t):
            Infinity = 1.0
            return (np.minimum(x - g, 1e999) + Infinity,)

    with pytest.raises(TranslationError, match="`Infinity`: a name that JavaScript keeps"):
        rule_source(Hiding)


def test_a_default_not_finite_is_written_as_javascript_does() -> None:
    @dataclass(frozen=True)
    class Odd(GradientDescent):
        nothing: float = math.nan
        most: float = math.inf
        least: float = -math.inf

    fields = dict(re.findall(r"^  (\w+) = (\S+);$", rule_source(Odd), flags=re.MULTILINE))
    assert (fields["nothing"], fields["most"], fields["least"]) == ("NaN", "Infinity", "-Infinity")


class Bare(GradientDescent):
    def step(self, g, x, t):
        return x - self.lr * g


class TooMany(GradientDescent):
    def step(self, g, x, t):
        return x - self.lr * g, g


class TooFew(Momentum):
    def step(self, g, x, t, v):
        return (x + v,)


class WithoutState(Momentum):
    def step(self, g, x, t):
        return x - self.lr * g, g


class WithoutTime(GradientDescent):
    def step(self, g, x):
        return (x - self.lr * g,)


class AskedWithoutState(Momentum):
    def query(self, x):
        return x


class AskedForTwo(Momentum):
    def query(self, x, v):
        return x, v


class StartsTooMany(Momentum):
    def start(self, x):
        return 0.0, 0.0


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (Bare, r"Bare\.step, line \d+, `return x .*: what is returned must be a tuple of 1;"),
        (TooMany, r"TooMany\.step, .*: what is returned must be a tuple of 1;"),
        (TooFew, r"TooFew\.step, .*: what is returned must be a tuple of 2;"),
        (WithoutState, r"\.step, .* the arguments must be \(self, g, x, t, v\);"),
        (WithoutTime, r"\.step, .* the arguments must be \(self, g, x, t\);"),
        (AskedWithoutState, r"\.query, .* the arguments must be \(self, x, v\);"),
        (AskedForTwo, r"\.query, .* what is returned must be one number;"),
        (StartsTooMany, r"\.start, .* what is returned must be a tuple of 1;"),
    ],
)
def test_a_rule_that_the_loop_refuses_is_not_translated_either(
    mine: type[Rule], words: str
) -> None:
    with pytest.raises((TypeError, ValueError)):
        minimize(Ravine(), mine(), steps=1)
    with pytest.raises(TranslationError, match=words):
        rule_source(mine)


def test_states_in_another_order_than_they_are_named_are_refused() -> None:
    class Swapped(Rule):
        state = ("m", "v")

        def step(self, g, x, t, v, m):
            return x - g, m + g, v + g

    with pytest.raises(TranslationError, match=r"must be \(self, g, x, t, m, v\);"):
        rule_source(Swapped)


def test_starred_states_and_renamed_first_arguments_translate() -> None:
    class Free(GradientDescent):
        def step(self, slope, place, number, *state):
            return (place - self.lr * slope / number,)

    assert "step(slope, place, number, ...state) {\n    return [place - " in rule_source(Free)


def test_a_start_takes_the_point_also_where_it_does_not_read_it() -> None:
    class FromThePoint(Momentum):
        def start(self, x):
            return (2 * x,)

    assert "start(x) {\n    return [2 * x];" in rule_source(FromThePoint)
    assert "start(x) {\n    return [0.0];" in rule_source(Momentum)


def test_arguments_given_by_place_only_are_refused() -> None:
    class Strict(GradientDescent):
        def step(self, g, /, x, t):
            return (x - self.lr * g,)

    with pytest.raises(TranslationError, match="takes self and plain named arguments"):
        rule_source(Strict)


def test_a_surface_takes_two_coordinates_and_has_two_slopes() -> None:
    class Value(Ravine):
        def f(self, x, y):
            return x, y

    class Slope(Ravine):
        def df(self, x, y):
            return x

    class Line(Ravine):
        def f(self, x):
            return x

    with pytest.raises(TranslationError, match=r"Value\.f, .* must be one number;"):
        surface_source(Value)
    with pytest.raises(TranslationError, match=r"Slope\.df, .* must be a tuple of 2;"):
        surface_source(Slope)
    with pytest.raises(TranslationError, match=r"Line\.f, .* must be \(self, x, y\);"):
        surface_source(Line)
