"""Where to begin a search for a learning rate."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, whole
from minioptim._keywords import in_our_words
from minioptim.problems import Problem
from minioptim.rules import Rule
from minioptim.run import iterate


class RangeTest(NamedTuple):
    """What a learning-rate range test found.

    Attributes
    ----------
    lrs : array of shape (m,)
        The learning rate of each recorded step, rising.
    losses : array of shape (m,)
        The problem's value after that step; the last may be huge or not finite.
    suggestion : float
        A learning rate to begin a sweep around; NaN if the test did not show one.
    advice : str
        What was found, in words.
    """

    lrs: Array
    losses: Array
    suggestion: float
    advice: str


@in_our_words
def range_test(
    problem: Problem,
    rule: Rule,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    *,
    x0: npt.ArrayLike | None = None,
    every: int = 1,
) -> RangeTest:
    r"""Raise the learning rate from step to step in one run, and record the loss.

    .. math:: \mathrm{lr}_t = \mathrm{low} \, (\mathrm{high} / \mathrm{low})^{(t - 1) / (n - 1)}

    The loss hardly moves at first, then falls, and rises again where the learning rate is too
    large. The test ends once the loss is above 10 (1 + \|f at the start\|). Suggested is a third of
    the learning rate at the lowest loss.

    It costs one short run, and tells what a short run can: the order of magnitude. On this
    package's digits, with softmax regression and a network of 32 hidden units, nine pairs of model
    and rule, and ten runs each that differed in the order of the examples (and the network's in
    their initial weights), the best learning rate of a sweep over five epochs was from a quarter to
    thirteen times what was suggested. Where so few steps solve the whole problem, such as a
    quadratic in a few dimensions, the lowest loss comes late, and the suggestion may be ten times
    too large. So sweep around it; do not train with it unseen.

    Parameters
    ----------
    problem : Problem
        What to minimise. The loss is its ``value``: of minibatches, the loss over all the data,
        which needs no smoothing but costs more than a step.
    rule : Rule
        The rule, of a single run; its learning rate is replaced, also that of a rule inside a rule.
    low, high : float, 0 < low < high
        The first and the last learning rate.
    steps : int, >= 2
        How many steps to make at most. With minibatches, take an epoch or more: with too few steps
        the loss has no time to fall before the learning rate is too large.
    x0 : array-like of shape (d,), optional
        The start; by default the problem's own.
    every : int, >= 1
        Record the loss at one step in every ``every``, which saves time on much data.

    Returns
    -------
    RangeTest

    Raises
    ------
    TypeError, ValueError
        An argument is invalid, or the rule has no learning rate or makes a batch.

    References
    ----------
    Smith (2017), Cyclical learning rates for training neural networks, section 3.3. There the
    learning rate rises linearly, and what is read off it are the bounds of a cycle.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> batches = SoftmaxRegression(digits().train).minibatch(32)
    >>> found = range_test(batches, Adam(), steps=100)
    >>> print(found.advice.partition(":")[0])
    Sweep around 0.2

    To draw it:

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> lines = ax.semilogx(found.lrs, found.losses)
    >>> text = ax.set(xlabel="learning rate", ylabel="loss", ylim=(0, 1.5 * found.losses[0]))

    And the sweep, which decides: a batch of runs, one for each learning rate, drawn by
    ``plots.loss_curves`` and compared at the end.

    >>> lrs = found.suggestion * np.array([0.1, 0.3, 1, 3, 10])
    >>> epoch = batches.steps_per_epoch
    >>> trace = minimize(batches, Adam(lr=lrs), steps=3 * epoch, record=("f",), every=epoch)
    >>> from minioptim.plots import loss_curves
    >>> ax = loss_curves(trace, plt.subplots()[1])
    >>> best = lrs[np.argmin(trace.f[-1])]
    >>> bool(lrs[0] < best < lrs[-1])
    True
    >>> plt.close("all")

    The best must not be the first or the last: widen the sweep if it is. ``trace.lr`` has the
    learning rate of each recorded step of any run, for drawing a schedule.
    """
    for name in ("value", "oracle"):
        if not callable(getattr(problem, name, None)):
            raise TypeError(f"problem must be a problem with value and oracle, got {problem!r}")
    low, high = _rate("low", low), _rate("high", high)
    if low >= high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    steps, every = whole("steps", steps, at_least=2), whole("every", every, at_least=1)
    start = numbers("x0", getattr(problem, "start", None) if x0 is None else x0, "a point (d,)")
    if start.ndim != 1:
        raise ValueError(f"x0 must be one point of shape (d,), got shape {start.shape}")
    rising = np.geomspace(low, high, steps)
    swept = _with_lr(rule, lambda t: rising[min(t, steps) - 1])
    lrs: list[float] = []
    losses: list[float] = []
    with np.errstate(all="ignore"):
        first = float(problem.value(start))
        for step in islice(iterate(swept, problem.oracle(), start), steps):
            if step.x.shape != start.shape:
                raise ValueError(f"rule must make a single run, not a batch, got {rule!r}")
            if step.t % every and step.t < steps:
                continue
            lrs.append(float(rising[step.t - 1]))
            losses.append(float(problem.value(step.x)))
            if not losses[-1] <= 10 * (1 + abs(first)):
                break
    suggestion, advice = _advice(np.array(lrs), np.array(losses), first)
    return RangeTest(np.array(lrs), np.array(losses), suggestion, advice)


def _rate(name: str, value: Any) -> float:
    rate = numbers(name, value, "a finite number above 0")
    if rate.ndim or not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}")
    return float(rate)


def _with_lr(rule: Rule, lr: Any) -> Rule:
    """Return the rule with another learning rate, be it inside another rule."""
    if not isinstance(rule, Rule):
        raise TypeError(f"rule must be a rule such as Adam(), got {rule!r}")
    names = {field.name for field in fields(rule)}
    inner = getattr(rule, "rule", None)
    changed: dict[str, Any] = {}
    if "lr" in names:
        changed = {"lr": lr}
    elif "rule" in names and isinstance(inner, Rule):
        changed = {"rule": _with_lr(inner, lr)}
    if changed:
        return replace(rule, **changed)
    raise ValueError(f"rule must have a learning rate lr, got {rule!r}")


def _advice(lrs: Array, losses: Array, first: float) -> tuple[float, str]:
    """Return where to begin a sweep, and why."""
    finite = np.where(np.isfinite(losses), losses, np.inf)
    lowest = int(np.argmin(finite))
    if not finite[lowest] < first:
        return np.nan, (
            f"The loss, {first:.4g} at the start, never fell: begin with a smaller low than "
            f"{lrs[0]:.3g}, or look for a mistake with checks.check_gradient."
        )
    if lowest == len(lrs) - 1:
        return np.nan, (
            f"The loss still fell at the largest learning rate, {lrs[-1]:.3g}: raise high."
        )
    suggestion = float(f"{lrs[lowest] / 3:.1g}")
    return suggestion, (
        f"Sweep around {suggestion:g}: the loss was lowest, {losses[lowest]:.4g}, at the learning "
        f"rate {lrs[lowest]:.3g}, and rose after it."
    )
