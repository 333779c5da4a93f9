"""The end points of training runs, one for each seed: the raw data of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array
from minioptim._keywords import in_our_words
from minioptim._progress import with_bar
from minioptim.losses import Minibatch, Model
from minioptim.rules import Rule
from minioptim.run import minimize


@in_our_words
def train(
    model: Model,
    rule: Rule,
    batch: int,
    steps: int,
    seeds: Iterable[int],
    start: Callable[[int], npt.ArrayLike] | None = None,
    *,
    progress: bool = False,
) -> Array:
    r"""Train a model once with each seed, and return the final parameters.

    Parameters
    ----------
    model : Model
        The model to train, such as an `MLP`.
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs for each seed.
    batch : int, >= 1
        Examples in a minibatch; each example is drawn once per epoch.
    steps : int, >= 0
        Number of steps.
    seeds : iterable of int
        Seeds of the order of the examples, one for each run.
    start : callable, seed to array-like of shape (d,), optional
        The initial weights for a seed, such as `MLP.initial`; by default the model's own start.
    progress : bool
        Show a progress bar that counts seeds (needs tqdm, the extra ``progress``).

    Returns
    -------
    array of shape (number of seeds, \*S, d)
        Final parameters, as ``model.value`` and ``model.error`` take them.

    Raises
    ------
    TypeError, ValueError
        As for `minioptim.minimize`; also if ``model`` is no model, or ``seeds`` are not several.
    ImportError
        ``progress=True`` without tqdm.

    Examples
    --------
    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> from minioptim.rules import GradientDescent
    >>> model = SoftmaxRegression(digits()[0])
    >>> ends = train(model, GradientDescent(lr=[0.1, 1.0]), batch=32, steps=45, seeds=range(3))
    >>> ends.shape, model.value(ends).mean(axis=0).round(1).tolist()
    ((3, 2, 650), [1.6, 0.5])

    From a sweep of the learning rate to its picture:

    >>> from matplotlib import pyplot as plt
    >>> from minioptim.plots import spread
    >>> from minioptim.rules import Momentum
    >>> lrs = [0.01, 0.1, 1.0]
    >>> ends = train(model, Momentum(lr=lrs), batch=32, steps=45, seeds=range(10))
    >>> ax = spread(model.value(ends), lrs, plt.subplots()[1], labels=["Momentum"])
    >>> text = ax.set(xlabel="learning rate", title="loss after one epoch")
    >>> ax.get_ylabel()
    'median and middle half of 10 runs'

    ``ax.figure.savefig("sweep.png")`` keeps it. The loss along the way is drawn from traces, one of
    `minimize` for each seed: see `minioptim.plots.spread`.
    """
    if not isinstance(model, Model):
        hint = ", and batch is the size of its minibatches" if isinstance(model, Minibatch) else ""
        raise TypeError(f"model must be a model such as MLP(data){hint}, got {model!r}")
    if isinstance(seeds, (str, int)) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds must be several whole numbers, such as range(10), got {seeds!r}")
    seeds = list(seeds)
    if not seeds:
        raise ValueError("seeds must hold at least one seed, got none")
    ends = [
        minimize(
            model.minibatch(batch, seed=seed),
            rule,
            None if start is None else start(seed),
            steps,
            record=(),
        ).final
        for seed in with_bar(seeds, len(seeds), progress)
    ]
    return np.stack(ends)
