"""What happens to a test on a machine that lacks the program it needs."""

import os
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """Skip where somebody works, fail where a change is judged (CI is set): nothing goes unseen."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
