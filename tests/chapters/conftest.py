"""What the tests of several chapters start from."""

import pytest

from minioptim.datasets import digits
from minioptim.losses import MLP


@pytest.fixture(scope="module")
def sets():
    """Return the digits as the handbook parts them: to train on, to choose by, to judge by."""
    rest, test = digits()
    train, validation = rest.split(test=360, seed=1)
    return train, validation, test


@pytest.fixture(scope="module")
def net(sets):
    return MLP(sets[0], hidden=(32,))
