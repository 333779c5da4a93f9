"""The defaults of `minioptim.libraries` beside the libraries' own signatures."""

import inspect

import pytest

from minioptim.libraries import DEFAULTS, MODULES, PEERS, Peer, peers_of, told_nothing

from .libraries import find, library_iterates
from .peers import TOLERANCE, Case, deviation, iterates


@pytest.mark.parametrize(("library", "name"), DEFAULTS, ids=" ".join)
def test_the_defaults_are_the_librarys_and_in_its_order(library, name):
    parameters = inspect.signature(find(f"{MODULES[library]}.{name}")).parameters
    said = DEFAULTS[library, name]
    found = {key: parameters[key].default for key in said}
    empty = inspect.Parameter.empty
    assert {key: ... if value is empty else value for key, value in found.items()} == said
    assert list(said) == [key for key in parameters if key in said]


def test_the_table_has_every_peer_and_every_argument_given_to_it():
    for kind in PEERS:
        for peer in peers_of(kind):
            missing = set(peer.arguments) - set(DEFAULTS[peer.library, peer.name])
            assert missing <= ({"learning_rate"} if peer.lr_by else set())


def told_hyper_parameters_alone():
    for kind in PEERS:
        for peer in peers_of(kind):
            if peer.plain:
                yield pytest.param(kind, peer, id=f"{kind.__name__} {peer.dotted}")


@pytest.mark.parametrize(("kind", "peer"), list(told_hyper_parameters_alone()))
def test_an_optimizer_told_nothing_is_the_rule_of_its_defaults(kind, peer):
    rule = told_nothing(kind, peer, lr=0.02)
    must_be_told = DEFAULTS[peer.library, peer.name].get("learning_rate", 0.0) in (..., None)
    needed = {"learning_rate": 0.02} if must_be_told else {}
    alone = Peer(peer.library, peer.name, needed, point=peer.point)
    # The case's rule gives the library's learning rate at each step: its own, as told nothing.
    given = {ours: DEFAULTS[peer.library, peer.name][name] for name, ours in peer.arguments.items()}
    lr = given.get("lr")
    case = Case(kind(lr=lr if isinstance(lr, float) else 0.02), alone, "quadratic")
    ours = iterates(Case(rule, alone, "quadratic"), 100)
    assert deviation(ours, library_iterates(case, 100)) < TOLERANCE
