"""Every rule beside every library that has it, step by step, on the same gradients."""

from dataclasses import replace

import numpy as np
import pytest

from .libraries import library_iterates
from .peers import (
    AT_THE_LIMIT,
    HYPER,
    LIBRARIES,
    PEERS,
    PROBLEMS,
    STEPS,
    TOLERANCE,
    Case,
    Peer,
    all_cases,
    all_rules,
    deviation,
    iterates,
)


def test_the_table_has_every_rule_and_says_something_of_every_library():
    assert set(PEERS) == set(all_rules())
    assert set(HYPER) == set(PEERS)
    for rule, peers in PEERS.items():
        assert {peer.library for peer in peers} == set(LIBRARIES), rule.__name__
        assert any(isinstance(peer, Peer) for peer in peers), rule.__name__


def test_every_rule_is_tried_with_several_hyper_parameters_its_defaults_among_them():
    for rule, sets in HYPER.items():
        tried = sets + AT_THE_LIMIT.get(rule, ())
        assert len(set(tried)) == len(tried) >= 5, rule.__name__
        eps = {"eps": rule().eps} if hasattr(rule, "eps") else {}
        assert rule() in [replace(one, **eps) for one in sets], rule.__name__


@pytest.mark.parametrize("case", list(all_cases()), ids=str)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_the_rule_equals_its_peer(case):
    ours, theirs = iterates(case), library_iterates(case)
    assert ours.shape == (STEPS + 1, len(PROBLEMS[case.problem].start))
    assert deviation(ours, theirs) < TOLERANCE


def stated_differences():
    for rule, peers in PEERS.items():
        for peer in peers:
            if isinstance(peer, Peer) and peer.difference:
                yield pytest.param(rule, peer, id=f"{rule.__name__} {peer.library}")


@pytest.mark.parametrize(("rule", "peer"), list(stated_differences()))
def test_a_difference_that_the_table_states_is_one(rule, peer):
    plain = Peer(peer.library, peer.name, peer.arguments)
    # The largest eps first: it shows best where it stands.
    by_eps = sorted(HYPER[rule], key=lambda one: -getattr(one, "eps", callable(one.lr)))
    cases = [Case(hyper, plain, "quadratic") for hyper in by_eps]
    assert any(deviation(iterates(c, 100), library_iterates(c, 100)) > 1e-4 for c in cases)


def test_the_comparison_uses_the_scale_of_the_run_so_far():
    ours = np.array([[1.0], [1.0], [1e9]])
    assert deviation(ours, np.add(ours, [[0.0], [1e-3], [0.0]])) == pytest.approx(1e-3)
    assert deviation(ours, np.add(ours, [[0.0], [0.0], [1e-3]])) == pytest.approx(1e-12)
    assert deviation(ours, np.add(ours, [[0.0], [0.0], [np.inf]])) == np.inf
