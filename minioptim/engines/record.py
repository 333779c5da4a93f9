"""What runs leave that are made by one call: the arrays that they fill, and how these are shown."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, read_only
from minioptim.engines.arrays import Beginning


class Ended(NamedTuple):
    """What runs leave.

    Attributes
    ----------
    x : array of shape (*S, d)
        Where they ended.
    f : array of shape S
        The value there.
    state : tuple of arrays of shape (*S, d)
        The rule's state there.
    recorded : dict
        Those of x, f, query, grad and state that were to be recorded, as `Trace.recorded` has them.
    """

    x: Array
    f: Array
    state: tuple[Array, ...]
    recorded: dict[str, Any]


class Record(NamedTuple):
    """The arrays to be filled: a row for each recorded step, none if it is not wanted.

    Attributes
    ----------
    x : array of shape (n + 1, runs, d)
    state : tuple of such arrays
    f : array of shape (n + 1, runs)
    query, grad : arrays of shape (n, runs, d)
    """

    x: Array
    state: tuple[Array, ...]
    f: Array
    query: Array
    grad: Array

    def shown(
        self, record: tuple[str, ...], batch: tuple[int, ...], states: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return what a trace holds, with the shape of the batch in place of the count of runs."""
        found: dict[str, Any] = {
            name: _shown(getattr(self, name), batch)
            for name in ("x", "f", "query", "grad")
            if name in record
        }
        if "state" in record:
            held = zip(states, self.state, strict=True)
            found["state"] = {name: _shown(array, batch) for name, array in held}
        return found


def empty(
    beginning: Beginning, t: npt.NDArray[np.int64], record: tuple[str, ...], first_f: Array
) -> Record:
    """Return the record of runs that are still to be made, in which the start is written.

    Parameters
    ----------
    beginning : Beginning
    t : array of shape (n + 1,)
        The steps to be recorded.
    record : tuple of str
        Which of x, f, query, grad and state are recorded.
    first_f : array of shape S
        The value at the start.

    Raises
    ------
    MemoryError
        The record is too large.

    Examples
    --------
    >>> from minioptim.engines.arrays import begin
    >>> from minioptim.rules import GradientDescent
    >>> made = empty(begin(GradientDescent(), [4.0, 1.0]), np.arange(3), ("x",), np.array(1.8))
    >>> made.x.shape, made.f.shape, made.x[0].tolist()
    ((3, 1, 2), (0, 1), [[4.0, 1.0]])
    """
    *batch, d = beginning.x.shape
    count = math.prod(batch)

    def rows(name: str, *shape: int, but: int = 0) -> Array:
        return np.empty((len(t) - but if name in record else 0, count, *shape))

    made = Record(
        rows("x", d),
        tuple(rows("state", d) for _ in beginning.state),
        rows("f"),
        rows("query", d, but=1),
        rows("grad", d, but=1),
    )
    made.f[:1] = np.reshape(first_f, count)
    for array, start in zip((made.x, *made.state), (beginning.x, *beginning.state), strict=True):
        array[:1] = start.reshape(count, d)
    return made


def _shown(array: Array, batch: tuple[int, ...]) -> Array:
    return read_only(array.reshape(len(array), *batch, *array.shape[2:]))
