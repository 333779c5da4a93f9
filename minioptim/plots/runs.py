"""What a picture needs from a trace: one run of a batch, its drawable points, its label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minioptim._arguments import Array
from minioptim.rules import Around, Rule
from minioptim.run import Trace

Run: TypeAlias = int | tuple[int, ...]
"""Which run of a batch: its index, a number or a tuple of them."""

DRAWABLE = 1e100
"""The largest coordinate that is drawn: beyond it Matplotlib's arithmetic may overflow."""


def label_of(trace: Trace, run: Run = ()) -> str:
    """Return the label of a run in a legend: its rule, and what distinguishes it.

    That is the learning rate, each hyper-parameter that varies over the batch, with as many digits
    as its values need to differ, and the name of each that follows a schedule, as a function of t.
    A run that shares all of these with another run of the batch gets its index too.

    Parameters
    ----------
    trace : Trace
        The trace of the run or of a batch of runs.
    run : int or tuple of int
        Which run of a batch of shape S; () if there is one run only.

    Raises
    ------
    TypeError, ValueError
        ``trace`` is not a trace, or ``run`` does not name one of its runs.

    Examples
    --------
    >>> from minioptim import Momentum, minimize
    >>> from minioptim.problems import Ravine
    >>> trace = minimize(Ravine(), Momentum(lr=0.1, momentum=[0.5, 0.9]), steps=3)
    >>> label_of(trace, run=1)
    'Momentum, lr = 0.1, momentum = 0.9'
    >>> two_starts = minimize(Ravine(), Momentum(lr=0.1), [[-7, 2], [7, 2]], steps=3)
    >>> label_of(two_starts, run=1)
    'Momentum, lr = 0.1, run 1'
    """
    return _label(trace, _index(trace, run), [trace])


def _label(trace: Trace, index: tuple[int, ...], among: Sequence[Trace]) -> str:
    """Return what distinguishes a run from the other runs of its rule in the same picture."""
    batch = trace.diverged.shape
    rules = [other.rule for other in among if type(other.rule) is type(trace.rule)]
    parts = [_name(trace.rule)]
    alike = np.ones(batch, dtype=bool)  # runs of this batch with the same hyper-parameters
    for name, value in trace.rule.hyper_parameters().items():
        if callable(value):
            parts.append(f"{name}(t)")
            continue
        # Of rules that hold rules, others may hold other ones.
        held: list[Any] = [rule.hyper_parameters().get(name, value) for rule in rules]
        constants = [v for v in held if not callable(v)]
        different = np.unique(np.concatenate([np.ravel(v) for v in constants]))
        values = np.broadcast_to(value, batch)
        alike &= values == values[index]
        if name.rpartition(".")[2] == "lr" or different.size > 1:
            parts.append(f"{name} = {values[index]:.{_digits(different)}g}")
    if alike.sum() > 1:
        parts.append(f"run {index[0] if len(index) == 1 else index}")
    return ", ".join(parts)


def _name(rule: Rule) -> str:
    """Return the name of a rule's class, and in parentheses that of a rule that it holds."""
    name = type(rule).__name__
    return f"{name}({_name(rule.rule)})" if isinstance(rule, Around) else name


def _digits(different: Array) -> int:
    """Return how many digits distinguish the values: 4, or 17, enough for any two floats."""
    return next(n for n in range(4, 18) if len({f"{v:.{n}g}" for v in different}) == len(different))


def _traces(traces: Trace | Iterable[Trace]) -> list[Trace]:
    several = list(traces) if isinstance(traces, Iterable) else [traces]
    if not several:
        raise ValueError("traces must be at least one trace, got none")
    return [_trace(trace) for trace in several]


def _trace(trace: Trace) -> Trace:
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be a Trace, as minimize returns it, got {trace!r}")
    return trace


def _index(trace: Trace, run: Run) -> tuple[int, ...]:
    """Return ``run`` as a tuple counted from 0, after checking that it names one run."""
    batch = _trace(trace).diverged.shape
    index = run if isinstance(run, tuple) else (run,)
    if len(index) != len(batch) or any(
        isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not -size <= i < size
        for i, size in zip(index, batch, strict=True)
    ):
        raise ValueError(
            f"run must be the index of one run in a batch of shape {batch}, got {run!r}"
        )
    return tuple(int(i) % size for i, size in zip(index, batch, strict=True))


def _one_run(trace: Trace, name: str, run: Run) -> Array:
    index = _index(trace, run)
    return _pick(getattr(trace, name), index)


def _pick(recorded: Array, index: tuple[Any, ...]) -> Array:
    """Return one run of a batch's recorded array, over all recorded steps."""
    one: Array = recorded[(slice(None), *index)]
    return one


def _drawable(values: Array) -> Array:
    """Return a copy in which NaN, which Matplotlib skips, replaces what cannot be drawn."""
    return np.where(np.abs(values) <= DRAWABLE, values, np.nan)
