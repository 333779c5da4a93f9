"""The table of defaults beside the libraries' own signatures."""

import inspect

import pytest

from .defaults import DEFAULTS
from .libraries import keras, optax, torch
from .peers import KERAS, OPTAX, PEERS, TORCH, Peer

MODULES = {TORCH: torch.optim, KERAS: keras.optimizers, OPTAX: optax}


def signature(library, name):
    return inspect.signature(getattr(MODULES[library], name)).parameters


@pytest.mark.parametrize(("library", "name"), DEFAULTS, ids=" ".join)
def test_the_defaults_are_those_of_the_table(library, name):
    parameters = signature(library, name)
    found = {key: parameters[key].default for key in DEFAULTS[library, name]}
    assert {
        key: ... if value is inspect.Parameter.empty else value for key, value in found.items()
    } == DEFAULTS[library, name]


def test_the_table_has_every_peer_and_every_argument_that_it_is_given():
    for peers in PEERS.values():
        for peer in peers:
            if not isinstance(peer, Peer):
                continue
            missing = set(peer.arguments) - set(DEFAULTS[peer.library, peer.name])
            # `ema` is an average; the learning rate is put behind it.
            assert missing <= ({"learning_rate"} if peer.name == "ema" else set())
