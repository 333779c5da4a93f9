"""A student hands in last week's notebook: nobody is graded by what two assignments share."""

import itertools
import json

import pytest

from classroom.course import Course
from classroom.intake import NotTakenError

COURSE = Course()
NAMES = COURSE.sources()
SOUGHT = {name: COURSE.assignment(name).sought for name in NAMES}


def take_for(name, content):
    return SOUGHT[name].take(content)


@pytest.mark.parametrize("with_metadata", [True, False])
def test_every_assignment_is_told_from_every_other(with_metadata):
    for ours in NAMES:
        notebook = COURSE.release(ours)
        if not with_metadata:
            bare = [{**cell, "metadata": {}} for cell in notebook["cells"]]
            notebook = {**notebook, "cells": bare}
        content = json.dumps(notebook).encode()
        assert take_for(ours, content).missing
        others = itertools.islice(itertools.cycle(NAMES), NAMES.index(ours) + 1, None)
        for other in itertools.islice(others, 2):
            with pytest.raises(NotTakenError, match=f"this looks like {ours}"):
                take_for(other, content)
