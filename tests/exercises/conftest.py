"""Kernels for the assignments' notebooks, which start at once."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from .assigned import ENVIRONMENT, ROOT


@pytest.fixture(scope="session", autouse=True)
def warm_kernels():
    """Let Jupyter find a kernel that has imported before it starts: see tools/warm_kernel.py."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", os.pathsep.join([folder, os.environ.get("JUPYTER_PATH", "")]))
        command = [sys.executable, str(ROOT / "tools" / "warm_kernel.py"), folder]
        with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE) as server:
            while not (Path(folder) / "kernels/warm/kernel.json").exists():
                assert server.poll() is None, "there are no kernels"
                time.sleep(0.05)
            yield
