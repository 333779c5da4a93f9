"""Share the runs of a batch out among threads."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from contextvars import copy_context


def share_out(work: Callable[[int, int], object], count: int, block: int, most: int) -> None:
    """Call ``work(low, high)`` for all of ``count`` runs, in as many threads as there are cores.

    Parameters
    ----------
    work : callable
        It gives up the lock of the interpreter most of the time, as NumPy does.
    count : int
        How many runs there are.
    block : int
        The runs are parted at multiples of this.
    most : int
        In how many threads at most.

    Raises
    ------
    Exception
        What ``work`` raises.

    Examples
    --------
    >>> share_out(lambda low, high: print(low, high), 1000, 256, most=1)
    0 1000
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = min(cores or 1, count // block, most)
    if parts < 2:
        work(0, count)
        return
    # Here, since most runs do without it, and it imports as much as a tenth of NumPy.
    from concurrent.futures import ThreadPoolExecutor

    blocks = -(-count // block)
    ends = [min(count, blocks * part // parts * block) for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        # What NumPy does about an overflow belongs to a context; a thread begins with a new one.
        made = [
            pool.submit(copy_context().run, work, low, high)
            for low, high in itertools.pairwise(ends)
        ]
        for one in made:
            one.result()
