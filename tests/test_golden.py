"""The rules beside stored iterates of PyTorch, Keras and Optax; needs none of them.

`parity/peers.py` says what is compared with what, `golden/make.py` stored what the libraries did.
"""

import inspect
import json
import re
import textwrap
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from minioptim import rules

from .discovery import all_rules
from .golden.make import GOLDEN, STEPS
from .parity.peers import (
    AT_THE_LIMIT,
    HYPER,
    LIBRARIES,
    PEERS,
    TOLERANCE,
    Peer,
    all_cases,
    deviation,
    iterates,
)

STORED = json.loads(GOLDEN.read_text(encoding="utf-8"))
POINTS = {run["case"]: run["x"] for run in STORED["runs"]}
CASES = list(all_cases())
STALE = "golden.json is of another table or of other libraries: run `make golden`"


def agrees(case):
    """Tell whether our run goes through the stored points of the library's."""
    ours = iterates(case)
    size = ours.shape[-1]
    theirs = np.array([[np.nan] * size if row is None else row for row in POINTS[str(case)]])
    return deviation(ours, theirs, list(STEPS)) < TOLERANCE


def test_the_stored_runs_are_those_that_the_table_calls_for():
    assert [run["case"] for run in STORED["runs"]] == [str(case) for case in CASES], STALE
    assert len(POINTS) == len(CASES)
    assert STORED["steps"] == list(STEPS), STALE
    assert all(len(points) == len(STEPS) for points in POINTS.values())


def test_the_stored_runs_are_those_of_the_libraries_that_the_parity_environment_pins():
    pins = Path(__file__).parents[1] / "requirements" / "parity.txt"
    version = dict(re.findall(r"^([\w-]+)==(\S+)", pins.read_text(encoding="utf-8"), re.MULTILINE))
    packages = {"PyTorch": "torch", "Keras": "keras", "Optax": "optax", "JAX": "jax"}
    packages["NumPy"] = "numpy"
    assert set(LIBRARIES) < set(packages)
    pinned = {name: version[package] for name, package in packages.items()}
    assert STORED["versions"] == pinned, STALE


def test_every_rule_has_a_peer_and_for_each_library_without_one_a_reason_why():
    assert set(PEERS) == set(HYPER) == set(all_rules())
    for rule, peers in PEERS.items():
        assert {peer.library for peer in peers} == set(LIBRARIES), rule.__name__
        assert any(isinstance(peer, Peer) for peer in peers), rule.__name__


def test_every_rule_is_tried_with_several_hyper_parameters_its_defaults_among_them():
    for rule, sets in HYPER.items():
        tried = sets + AT_THE_LIMIT.get(rule, ())
        assert len(set(tried)) == len(tried) >= 5, rule.__name__
        eps = {"eps": rule().eps} if hasattr(rule, "eps") else {}
        assert rule() in [replace(one, **eps) for one in sets], rule.__name__


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.__name__)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_the_rule_goes_where_the_libraries_went(rule):
    cases = [case for case in CASES if type(case.rule) is rule]
    assert cases
    assert [str(case) for case in cases if not agrees(case)] == []


# A comparison is worth what it refuses. Each line is a rule, a piece of its text, and what stands
# there in some book, course or library, or in anyone's first attempt.
MISTAKES = [
    (rules.GradientDescent, "x - self.lr", "x + self.lr"),
    (rules.GradientDescent, "* g", "* np.sign(g)"),
    (rules.Momentum, "- self.lr * g", "- self.lr * (1 - self.momentum) * g"),
    (rules.Momentum, "return x + v, v", "return x + self.momentum * v - self.lr * g, v"),
    (rules.Momentum, "v = self.momentum * v - self.lr * g\n    return x + v, v",
     "w = self.momentum * v - self.lr * g\n    return x + v, w"),
    (rules.BufferMomentum, "self.momentum * v + g", "self.momentum * v + self.lr * g"),
    (rules.BufferMomentum, "self.momentum * v + g", "self.momentum * (v + g)"),
    (rules.EWMAMomentum, "(1 - self.beta) * g", "g"),
    (rules.EWMAMomentum, "self.lr * v", "self.lr * v / (1 - self.beta**t)"),
    (rules.Nesterov, "x + self.momentum * v", "x"),
    (rules.Nesterov, "x + self.momentum * v", "x + v"),
    (rules.Nesterov, "x + self.momentum * v", "x - self.momentum * v"),
    (rules.Nesterov, "return x + v, v", "return x + self.momentum * v - self.lr * g, v"),
    (rules.Adagrad, "np.sqrt(G) + self.eps", "np.sqrt(G + self.eps)"),
    (rules.Adagrad, "G + g**2", "G + np.abs(g)"),
    (rules.Adagrad, "np.sqrt(G) + self.eps", "np.sqrt(G)"),
    (rules.Adagrad, "(self.initial_accumulator,)", "(0.0,)"),
    (rules.RMSProp, "np.sqrt(v) + self.eps", "np.sqrt(v + self.eps)"),
    (rules.RMSProp, "(1 - self.rho) * g**2", "g**2"),
    (rules.RMSProp, "np.sqrt(v) + self.eps", "np.sqrt(v / (1 - self.rho**t)) + self.eps"),
    (rules.RMSProp, "g**2", "g"),
    (rules.CenteredRMSProp, "(g - m) ** 2", "g**2"),
    (rules.CenteredRMSProp, "(g - m) ** 2", "np.abs(g - m)"),
    (rules.CenteredRMSProp, "self.rho * (s + (1", "(self.rho * s + (1"),
    (rules.CenteredRMSProp, "np.sqrt(s) + self.eps", "np.sqrt(s + self.eps)"),
    (rules.CenteredRMSProp, "self.lr * g", "self.lr * m"),
    (rules.Adadelta, "np.sqrt(d + self.eps) / np.sqrt(v + self.eps)",
     "(np.sqrt(d) + self.eps) / (np.sqrt(v) + self.eps)"),
    (rules.Adadelta, "(1 - self.rho) * delta**2", "(1 - self.rho) * (self.lr * delta) ** 2"),
    (rules.Adadelta, "delta**2", "delta"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps", "v_hat + self.eps"),
    (rules.Adam, "m / (1 - self.beta1**t)", "m"),
    (rules.Adam, "v / (1 - self.beta2**t)", "v"),
    (rules.Adam, "self.beta2**t", "self.beta2**2"),
    (rules.Adam, "self.beta1**t", "self.beta1 ** (t + 1)"),
    (rules.Adam, "self.beta2**t", "self.beta1**t"),
    (rules.Adam, "self.beta1 * m + (1 - self.beta1) * g", "self.beta2 * m + (1 - self.beta2) * g"),
    (rules.Adam, "m_hat / (np.sqrt(v_hat) + self.eps)", "m_hat / np.sqrt(v_hat) + self.eps"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps",
     "np.sqrt(v_hat) + self.eps / np.sqrt(1 - self.beta2**t)"),
    (rules.Adam, "(1 - self.beta2) * g**2", "(1 - self.beta2) * m**2"),
    (rules.AdaMax, "np.abs(g)", "g"),
    (rules.AdaMax, "np.abs(g) + self.eps", "np.abs(g)"),
    (rules.AdaMax, "self.lr / (1 - self.beta1**t)", "self.lr"),
    (rules.AdaMax, "self.beta2 * u", "u"),
    (rules.AdaMax, "np.maximum(self.beta2 * u, np.abs(g) + self.eps)",
     "self.beta2 * u + (1 - self.beta2) * np.abs(g)"),
    (rules.AMSGrad, "np.maximum(v_max, v)", "v"),
    (rules.AMSGrad, "np.maximum(v_max, v)", "np.maximum(v_max, v / (1 - self.beta2**t))"),
    (rules.AMSGrad, "v_max / (1 - self.beta2**t)", "v_max"),
    (rules.AMSGrad, "np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),
    (rules.NAdam, "t * self.psi", "t"),
    (rules.NAdam, "(t + 1) * self.psi", "t * self.psi"),
    (rules.NAdam, "mu_next * m / (1 - mu_product * mu_next)", "mu_next * m / (1 - mu_product)"),
    (rules.NAdam, "(1 - mu) * g / (1 - mu_product) + ", ""),
    (rules.NAdam, "v / (1 - self.beta2**t)", "self.beta2 * v / (1 - self.beta2**t)"),
    (rules.NAdam, "np.sqrt(v_hat) + self.eps",
     "np.sqrt(v_hat) + self.eps / np.sqrt(1 - self.beta2**t)"),
    (rules.NAdam, "(0.0, 0.0, 1.0)", "(0.0, 0.0, 0.0)"),
    (rules.AdamW, "self.weight_decay * x", "self.weight_decay * (x - self.lr * adam)"),
    (rules.AdamW, "self.lr * (adam + self.weight_decay * x)",
     "(self.lr * adam + self.weight_decay * x)"),
    (rules.AdamW, "m = self", "g = g + self.weight_decay * x\n    m = self"),
    (rules.AdamW, " + self.weight_decay * x", ""),
]  # fmt: skip


def with_a_mistake(rule, right, wrong):
    """Return the rule with a piece of its text replaced."""
    for name in ("start", "query", "step"):
        text = textwrap.dedent(inspect.getsource(getattr(rule, name)))
        if right in text:
            namespace = {}
            exec(text.replace(right, wrong), vars(rules).copy(), namespace)  # noqa: S102
            return type(rule.__name__, (rule,), {name: namespace[name]})
    raise AssertionError(f"the text of {rule.__name__} has no {right!r}")


def refused(rule):
    """Tell whether some stored run is not met by ``rule``, a subclass of the rule it stands for."""
    for case in CASES:
        if type(case.rule) is rule.__base__:
            given = {field.name: getattr(case.rule, field.name) for field in fields(case.rule)}
            # The class keeps the name that its stored points are found by.
            if not agrees(case._replace(rule=rule(**given))):
                return True
    return False


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    MISTAKES,
    ids=[f"{rule.__name__}: {wrong or 'no ' + right}" for rule, right, wrong in MISTAKES],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_comparison_refuses_a_rule_with_a_mistake(rule, right, wrong):
    assert refused(with_a_mistake(rule, right, wrong))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_comparison_accepts_a_rule_whose_text_was_replaced_by_itself():
    assert not refused(with_a_mistake(rules.NAdam, "g**2", "g**2"))


def test_no_rule_is_left_without_a_mistake_to_refuse():
    assert {rule for rule, _, _ in MISTAKES} == set(all_rules())
