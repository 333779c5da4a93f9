"""Every rule beside every library that has it, step by step, on the same gradients."""

import numpy as np
import pytest

from minioptim.libraries import PEERS, Peer, peers_of

from .libraries import library_iterates
from .peers import HYPER, PROBLEMS, STEPS, TOLERANCE, Case, all_cases, deviation, iterates


@pytest.mark.parametrize("case", list(all_cases()), ids=str)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_the_rule_equals_its_peer(case):
    ours, theirs = iterates(case), library_iterates(case)
    assert ours.shape == (STEPS + 1, len(PROBLEMS[case.problem].start))
    assert deviation(ours, theirs) < TOLERANCE


def stated_differences():
    for rule in PEERS:
        for peer in peers_of(rule):
            if peer.difference:
                yield pytest.param(rule, peer, id=f"{rule.__name__} {peer.call(rule())}")


@pytest.mark.parametrize(("rule", "peer"), list(stated_differences()))
def test_a_difference_that_the_table_states_is_one(rule, peer):
    plain = Peer(peer.library, peer.name, peer.arguments, lr_by=peer.lr_by)
    # The largest eps first: it shows best where it stands.
    by_eps = sorted(HYPER[rule], key=lambda one: -getattr(one, "eps", callable(one.lr)))
    cases = [Case(hyper, plain, "quadratic") for hyper in by_eps]
    assert any(deviation(iterates(c, 100), library_iterates(c, 100)) > 1e-4 for c in cases)


def test_the_comparison_uses_the_scale_of_the_run_so_far():
    ours = np.array([[1.0], [1.0], [1e9]])
    assert deviation(ours, np.add(ours, [[0.0], [1e-3], [0.0]])) == pytest.approx(1e-3)
    assert deviation(ours, np.add(ours, [[0.0], [0.0], [1e-3]])) == pytest.approx(1e-12)
    assert deviation(ours, np.add(ours, [[0.0], [0.0], [np.inf]])) == np.inf
