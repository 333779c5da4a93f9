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
    """The first time that cell 5 is computed, kill its process once all before it are kept."""
    if cell["k"] == 5 and _noted(cell, "begun") == 1:
        journal = Path(cell["journal"])
        _wait_until(lambda: all(f'"k": {k}}}' in journal.read_text() for k in range(5)))
        os.kill(os.getpid(), signal.SIGKILL)
    return counted(cell)


def deadly_to_a_worker(cell):
    """The same on a cluster, once the scheduler has told this worker to forget what is kept.

    A worker that dies before it is told takes results along that somebody still seems to want.
    """
    from distributed import get_worker

    if cell["k"] == 5 and not (Path(cell["folder"]) / "begun-5").exists():
        _wait_until(lambda: not get_worker().data)
    return deadly(cell)


def _wait_until(holds):
    limit = time.monotonic() + SECONDS_TO_WAIT
    while not holds():
        if time.monotonic() > limit:
            raise TimeoutError("the cells before the deadly one were never kept")
        time.sleep(0.01)


def infinite(cell):
    return cell["k"] * float("inf")
