"""What several runs of one kind have in common: their median, and a band around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from minioptim._arguments import Array, numbers
from minioptim.looks import style_of
from minioptim.plots.curves import _cut_scale
from minioptim.plots.runs import DRAWABLE, _label, _traces
from minioptim.plots.style import _axes, _merged, legend, tints
from minioptim.run import Trace

# Numbers above 0 that span so large a factor are shown on a logarithmic scale.
WIDE = 20.0
BANDS = {(0.25, 0.75): "middle half", (0.0, 1.0): "range"}


def spread(
    runs: npt.ArrayLike | Iterable[Trace],
    over: npt.ArrayLike | None = None,
    ax: Axes | None = None,
    labels: Sequence[str] | None = None,
    band: tuple[float, float] = (0.25, 0.75),
    **kwargs: Any,
) -> Axes:
    """Draw the median of runs that differ by chance, and a band that holds the middle half of them.

    A value that is not finite counts as larger than all others, since its run diverged: where half
    of the runs did, the median has a gap. An axis is logarithmic if its numbers are above 0 and
    span a factor of 20 or more; that of the steps never is. Over steps the scale stops where that
    of `loss_curves` does.

    Parameters
    ----------
    runs : array-like of shape (n, m), or n traces with ``f``, n >= 2
        A value for each of n runs, such as one for each seed, with each of m settings. Or the
        traces of n runs of one rule, recorded at the same steps; of a batch, each run gets a median
        and a band of its own. Another rule is drawn into the same Axes by another call.
    over : array-like of shape (m,)
        The settings, such as learning rates; not with traces, which are drawn over their steps.
    ax : Axes, optional
        The current Axes by default.
    labels : list of str, optional
        One for each line: with an array there is one line. By default a trace's are `label_of` its
        runs, and an array's line has none.
    band : (low, high), 0 <= low < high <= 1
        The quantiles between which the band lies; (0, 1) is the whole range.
    **kwargs
        For ``ax.plot``.

    Raises
    ------
    TypeError
        ``runs``, ``over`` or ``band`` does not hold numbers.
    ValueError
        There are fewer than two runs, shapes do not fit, the traces are of several rules or of
        several steps, or the number of labels is wrong.
    AttributeError
        ``f`` was not recorded.

    Examples
    --------
    The loss at the end over the learning rate, for ten starts:

    >>> from matplotlib import pyplot as plt
    >>> from minioptim import Momentum, minimize
    >>> from minioptim.problems import Ravine
    >>> lrs = [0.01, 0.03, 0.1, 0.3]
    >>> starts = np.random.default_rng(0).normal(size=(10, 1, 2))
    >>> trace = minimize(Ravine(), Momentum(lr=lrs), starts, steps=50)
    >>> ax = spread(trace.f[-1], over=lrs, ax=plt.subplots()[1])
    >>> text = ax.set(xlabel="learning rate", title="after 50 steps")
    >>> ax.get_xscale(), ax.get_ylabel()
    ('log', 'median and middle half of 10 runs')

    The loss over the steps, of minibatches in ten orders:

    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> model = SoftmaxRegression(digits().train)
    >>> traces = [
    ...     minimize(
    ...         model.minibatch(32, seed=seed), Momentum(lr=[0.01, 0.1]), steps=20, record=("f",)
    ...     )
    ...     for seed in range(10)
    ... ]
    >>> ax = spread(traces, ax=plt.subplots()[1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Momentum, lr = 0.01', 'Momentum, lr = 0.1']
    """
    low, high = _quantiles(band)
    settings = over is not None
    where, values, looks = _of_numbers(runs, over) if settings else _of_traces(runs)
    if len(values) < 2:
        raise ValueError(f"runs must be two or more to be spread, got {len(values)}")
    if labels is not None:
        if isinstance(labels, str) or len(labels) != len(looks):
            raise ValueError(f"labels must be one for each of {len(looks)} lines, got {labels!r}")
        looks = [look | {"label": label} for look, label in zip(looks, labels, strict=True)]

    ax = _axes(ax)
    ordered = np.sort(np.where(np.abs(values) <= DRAWABLE, values, np.inf), axis=0)
    lower, middle, upper = (_quantile(ordered, share) for share in (low, 0.5, high))
    finite = np.concatenate([each[np.isfinite(each)] for each in (lower, middle, upper)])
    # Where it holds runs that diverged, the band ends at the largest number that is drawn.
    upper = np.minimum(upper, finite.max(initial=-np.inf))
    for k, look in enumerate(looks):
        (line,) = ax.plot(where, _or_gap(middle[k]), **_merged(look, kwargs, Line2D))
        ax.fill_between(
            where, _or_gap(lower[k]), _or_gap(upper[k]), color=line.get_color(), alpha=0.2, lw=0
        )
    if settings and _is_wide(where):
        ax.set_xscale("log")
    if _is_wide(finite):
        ax.set_yscale("log")
    if not settings:
        _cut_scale(ax, middle[:, 0])
        ax.set_xlabel("step t")
    what = BANDS.get((low, high), f"{100 * low:g} to {100 * high:g} %")
    ax.set_ylabel(f"{'' if settings else 'f: '}median and {what} of {len(values)} runs")
    return legend(ax) if ax.get_legend_handles_labels()[1] else ax


def _of_traces(runs: Any) -> tuple[Array, Array, list[dict[str, Any]]]:
    """Return the steps, f of shape (runs, lines, steps), and the look of each line."""
    if isinstance(runs, np.ndarray):
        raise ValueError("over must be given with numbers: the setting of each column")
    traces = _traces(runs)
    first = traces[0]
    for trace in traces:
        if trace.rule != first.rule or trace.diverged.shape != first.diverged.shape:
            raise ValueError(
                "traces must be of one rule; draw those of another by another call, got "
                f"{first.rule!r} and {trace.rule!r}"
            )
        if not np.array_equal(trace.t, first.t):
            raise ValueError("traces must all have recorded the same steps")
    values = np.stack([np.moveaxis(t.f, 0, -1).reshape(-1, len(t.t)) for t in traces])
    own = style_of(first.rule) | {"marker": ""}
    colors = tints(own["color"], values.shape[1])
    names = [_label(first, run, [first]) for run in np.ndindex(first.diverged.shape)]
    looks = [
        own | {"color": color, "label": name} for color, name in zip(colors, names, strict=True)
    ]
    return first.t.astype(np.float64), values, looks


def _of_numbers(runs: Any, over: Any) -> tuple[Array, Array, list[dict[str, Any]]]:
    """Return the settings in order, the values of shape (runs, 1, settings), and the look."""
    where = numbers("over", over, "a number for each setting")
    values = numbers("runs", runs, "an array of numbers of shape (runs, settings)")
    if values.ndim != 2 or where.shape != values.shape[1:]:
        raise ValueError(
            "runs must have shape (n, m) for over of shape (m,), a row for each run, got "
            f"{values.shape} and {where.shape}"
        )
    order = np.argsort(where, kind="stable")
    return where[order], values[:, None, order], [{"marker": "."}]


def _quantiles(band: Any) -> tuple[float, float]:
    ends = numbers("band", band, "two quantiles (low, high)")
    if ends.shape != (2,) or not 0 <= ends[0] < ends[1] <= 1:
        raise ValueError(f"band must be (low, high) with 0 <= low < high <= 1, got {band!r}")
    return float(ends[0]), float(ends[1])


def _quantile(ordered: Array, share: float) -> Array:
    """Return a quantile along the first axis of what is in order, in which there are infinities.

    NumPy's own gives NaN beside an infinity, also where that has no weight.
    """
    place = share * (len(ordered) - 1)
    below, weight = int(place), place - int(place)
    if not weight:
        return np.asarray(ordered[below])
    low, high = ordered[below], ordered[below + 1]
    return np.asarray(low + weight * (high - np.where(np.isinf(low), 0, low)))


def _or_gap(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _is_wide(values: Array) -> bool:
    return bool(values.size and values.min() > 0 and values.max() >= WIDE * values.min())
