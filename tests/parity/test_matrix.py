"""Muon beside PyTorch and Optax as they are installed here, at every step."""

import pytest

from ..golden.matrix import CASES, iterates
from .matrix import library_iterates
from .peers import TOLERANCE, deviation


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_libraries_go_where_our_rules_go(case):
    assert deviation(iterates(case), library_iterates(case)) < TOLERANCE
