"""The rules beside stored iterates of PyTorch, Keras and Optax; needs none of them.

`minioptim.libraries` says what is compared with what, `parity/peers.py` with which numbers, and
`golden/make.py` stored what the libraries did.
"""

import inspect
import json
import re
import sys
import textwrap
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from minioptim import rules
from minioptim.libraries import EXAMPLES, LIBRARIES, PEERS, peers_of

from ..discovery import all_rules
from ..golden.make import GOLDEN, STEPS
from ..parity.peers import (
    AT_THE_LIMIT,
    HYPER,
    MISTAKES,
    TOLERANCE,
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


def test_the_stored_runs_are_of_the_libraries_pinned_for_parity():
    pins = Path(__file__).parents[2] / "requirements" / "parity.txt"
    locked = pins.read_text(encoding="utf-8")
    version = dict(re.findall(r"^([\w-]+)==([^\s;]+)", locked, re.MULTILINE))
    packages = {"PyTorch": "torch", "Keras": "keras", "Optax": "optax", "JAX": "jax"}
    packages["NumPy"] = "numpy"
    assert set(LIBRARIES) < set(packages)
    pinned = {name: version[package] for name, package in packages.items()}
    assert STORED["versions"] == pinned, STALE


def test_every_rule_has_a_peer_and_where_none_is_a_reason_why():
    assert set(PEERS) == set(HYPER) == set(EXAMPLES) == set(all_rules())
    for rule, peers in PEERS.items():
        assert {peer.library for peer in peers} == set(LIBRARIES), rule.__name__
        assert peers_of(rule), rule.__name__


def test_every_rule_is_tried_with_several_settings_and_defaults():
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


def with_a_mistake(rule, right, wrong):
    """Return the rule with a piece of its text replaced."""
    for name in ("start", "query", "step"):
        text = textwrap.dedent(inspect.getsource(getattr(rule, name)))
        if right in text:
            namespace = {}
            exec(text.replace(right, wrong), vars(sys.modules[rule.__module__]).copy(), namespace)  # noqa: S102
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
def test_the_comparison_accepts_a_rule_replaced_by_its_own_text():
    assert not refused(with_a_mistake(rules.NAdam, "g**2", "g**2"))


def test_no_rule_is_left_without_a_mistake_to_refuse():
    assert {rule for rule, _, _ in MISTAKES} == set(all_rules())
