"""An unusual form of a right answer is right, or is told what to change; no mistake is named."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from minioptim.checks import feedback

PATH = [2, 0, -1, -1, -0.5]
PRINTED = "(b) The list holds the same array 31 times."


def step(g, x, v, lr, momentum):
    v = momentum * v - lr * g
    return x + v, v


def momentum_step(made):
    """Return a step whose two results are made into something else."""

    def answer(g, x, _t, v, lr, momentum):
        return made(*step(g, x, v, lr, momentum))

    return answer


class State:
    def __init__(self, x, v):
        self.x, self.v = x, v


def report_of_one(validation, test):
    return np.array([test[validation.mean(axis=1).argmin()].mean()])


ACCEPTED = {
    "tuple for a list": ("momentum-predict", tuple(PATH)),
    "array": ("momentum-predict", np.array(PATH)),
    "float32 array": ("momentum-predict", np.array(PATH, np.float32)),
    "whole numbers where they are": ("momentum-predict", [2, 0, -1, -1, -0.5]),
    "column": ("momentum-predict", np.array(PATH)[:, None]),
    "row": ("momentum-predict", np.array([PATH])),
    "fractions": ("momentum-predict", [Fraction(x) for x in PATH]),
    "decimals": ("momentum-predict", [Decimal(x) for x in PATH]),
    "number of NumPy": ("momentum-experiment", np.float32(0.8).item()),
    "list of one": ("momentum-experiment", [0.8]),
    "array of one": ("momentum-experiment", np.array([0.8])),
    "fraction": ("momentum-experiment", Fraction(4, 5)),
    "option as printed": ("momentum-diagnose", PRINTED),
    "option with a stop": ("momentum-diagnose", "b. The list"),
    "option in brackets": ("momentum-diagnose", " (B) "),
    "option in a list": ("momentum-diagnose", ["b"]),
    "option in a tuple": ("momentum-diagnose", ("b",)),
    "option in a set": ("momentum-diagnose", {"b"}),
    "list of results": ("momentum-step", momentum_step(lambda x, v: [x, v])),
    "array of results": ("momentum-step", momentum_step(lambda x, v: np.array([x, v]))),
    "arrays of one": ("final-report", report_of_one),
}
# What is right inside, and what is to be changed: the state, and words of the sentence.
TOLD = {
    "dict": ("momentum-predict", dict(enumerate(PATH)), "inside", ["dict", "list of 5 numbers"]),
    "numbers in quotes": ("momentum-predict", str(PATH), "inside", ["list of 5 numbers"]),
    "number in quotes": ("momentum-experiment", "0.8", "inside", ["number"]),
    "table": ("momentum-predict", [PATH[:2], PATH[2:]], "inside", ["list of 5 numbers"]),
    "four of five": ("momentum-predict", PATH[:4], "form", ["of 4", "of 5"]),
    "generator": ("momentum-predict", (x for x in PATH), "form", ["generator", "of 5"]),
    "the option's text": ("momentum-diagnose", "The list holds one array.", "form", ["a letter"]),
    "all options": ("momentum-diagnose", ["a", "b"], "form", ["a letter"]),
    "dict of results": (
        "momentum-step", momentum_step(lambda x, v: {"x": x, "v": v}), "inside", ["dict"],
    ),
    "object of results": ("momentum-step", momentum_step(State), "form", ["State"]),
    "generator of results": (
        "momentum-step", momentum_step(lambda *r: (a for a in r)), "form", ["generator"],
    ),
    "float32": (
        "momentum-step", momentum_step(lambda x, v: (np.float32(x), v)), "single", ["float32"],
    ),
    "rounded": (
        "momentum-step", momentum_step(lambda x, v: (np.round(x, 4), v)), "digits", ["digits"],
    ),
}  # fmt: skip
# Plausible and wrong: a mistake of another is not named, and nothing is praised.
WRONG = {
    "prediction": ("momentum-predict", [2, 0, -1, -1, 0.5]),
    "experiment": ("momentum-experiment", 0.6),
    "option": ("momentum-diagnose", "bb"),
    "norm of the gradient": (
        "momentum-step",
        lambda g, x, _t, v, lr, m: step(g / np.linalg.norm(g), x, v, lr, m),
    ),
    "lr that falls": ("momentum-step", lambda g, x, t, v, lr, m: step(g, x, v, lr / t, m)),
    "average without lr": (
        "momentum-step",
        lambda g, x, _t, v, lr, m: (x + lr * (m * v - (1 - m) * g), m * v - (1 - m) * g),
    ),
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_an_unusual_form_of_the_right_answer_is_right(kind, capsys):
    feedback.check(*ACCEPTED[kind])
    assert "is right" in capsys.readouterr().out


@pytest.mark.parametrize("kind", TOLD)
def test_a_right_answer_that_is_not_taken_is_told_what_to_change(kind):
    name, answer, state, words = TOLD[kind]
    data = {key: item for group in feedback._assignments().values() for key, item in group.items()}
    verdict, _ = feedback._verdict(name, data[name], answer)
    assert (verdict.right, verdict.state) == (False, state)
    assert all(word in verdict.sentence for word in words), verdict.sentence


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_given_no_other_mistakes_name(kind):
    name, answer = WRONG[kind]
    with pytest.raises(feedback.NotYet) as told:
        feedback.check(name, answer)
    data = {key: item for group in feedback._assignments().values() for key, item in group.items()}
    assert not any(sentence in str(told.value) for sentence in data[name]["mistakes"].values())
