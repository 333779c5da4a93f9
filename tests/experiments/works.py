"""What the cells of a test's grid compute, in whichever process."""

import os
import signal
import time
from pathlib import Path

import numpy as np

SECONDS_TO_WAIT = 60


def _noted(cell, what):
    """Leave a mark that anybody can count, and return how many there are of it."""
    marks = Path(cell["folder"]) / f"{what}-{cell['k']}"
    with marks.open("ab") as file:
        file.write(b".")
    return marks.stat().st_size


def counted(cell):
    """Sum a few random numbers, and count how often this was done."""
    _noted(cell, "ran")
    return summed(cell)


def summed(cell):
    drawn = np.random.default_rng(cell["k"]).normal(size=(200, 200))
    return {"sum": float((drawn @ drawn).sum()), "pair": (1, 2.5)}


def stopping(cell):
    """Fail where a file asks for it, as a run that somebody stops there."""
    if (Path(cell["folder"]) / f"stop-{cell['k']}").exists():
        raise RuntimeError("stopped")
    return counted(cell)


def deadly(cell):
    """The first time that cell 5 is computed, kill its process once all before it are kept.

    The scheduler has then told this worker to forget them; a worker that dies before it is told
    takes results along that somebody still seems to want.
    """
    if cell["k"] == 5 and _noted(cell, "begun") == 1:
        from distributed import get_worker

        journal, limit = Path(cell["journal"]), time.monotonic() + SECONDS_TO_WAIT
        worker = get_worker()
        while worker.data or not all(f'"k": {k}}}' in journal.read_text() for k in range(5)):
            if time.monotonic() > limit:
                raise TimeoutError("the cells before the deadly one were never kept")
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    return counted(cell)


def infinite(cell):
    return cell["k"] * float("inf")
