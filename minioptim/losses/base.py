"""What all models share: the loss over examples, its gradient, and minibatches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, repeat
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, shown, whole, within
from minioptim.datasets import (
    Answers,
    Dataset,
    Examples,
    Inputs,
    RegressionData,
    Split,
    as_inputs,
)
from minioptim.problems import Gradient, Problem, points

Indices: TypeAlias = npt.NDArray[np.int64]

LARGEST = np.finfo(np.float64).max
NO_DROPOUT = repeat(None)

SEEDS = "for several, minioptim.training.train(model, rule, batch, steps, seeds) makes a run each"

# How many examples are processed at once, to limit the memory taken by hidden activations.
CHUNK = 4096
# How many values of layers are held at once for a stack of points: about what a cache holds.
SIGNALS = 2**17


class Layer(NamedTuple):
    """A layer's parameters: weights of shape (..., fan_in, fan_out), biases (..., fan_out)."""

    W: Array
    b: Array


def _transposed(matrices: Array) -> Array:
    """Return each of a stack of matrices transposed, as a view."""
    return matrices.swapaxes(-1, -2)


class Model(Problem):
    r"""What all models share: the loss, its gradient, and minibatches.

    .. math::
        f(x) = \frac1n \sum_{i=1}^n \mathrm{loss}_i(x)
            + \frac{l2}{2} \sum_\text{layers} \lVert W \rVert^2

    `value` and `gradient` use all examples, without dropout. For each point of a batch the matrix
    products have the shapes that they have for that point alone: the order in which a product adds
    its terms depends on them, and each run of a batch must be bit for bit that run made alone.

    Attributes
    ----------
    data : Examples
        The examples: a `Dataset` for a classifier, `RegressionData` for `LeastSquares`.
    l2 : float
        Strength of the penalty on the weights; biases are not penalised.
    dropout : float
        Fraction of a layer's values that the gradient of a minibatch drops.
    """

    data: Examples
    l2: float
    dropout: float

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Number of values in each layer, the inputs first and the outputs last."""

    @cached_property
    def dimension(self) -> int:
        """Number of parameters, d."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.widths))

    def layers(self, x: Array) -> list[Layer]:
        """Return the weights and biases of each layer as views of x, of shape (..., d)."""
        return self._layers(self._points(x))

    def _layers(self, x: Array) -> list[Layer]:
        batch = x.shape[:-1]
        return [
            Layer(x[..., of_W].reshape(*batch, *shape), x[..., of_b])
            for of_W, shape, of_b in self._places
        ]

    @cached_property
    def _places(self) -> list[tuple[slice, tuple[int, int], slice]]:
        """Where in x each layer's weights are, their shape, and where its biases are."""
        places, begin = [], 0
        for fan_in, fan_out in pairwise(self.widths):
            middle, end = begin + fan_in * fan_out, begin + (fan_in + 1) * fan_out
            places.append((slice(begin, middle), (fan_in, fan_out), slice(middle, end)))
            begin = end
        return places

    def value(self, x: Array) -> Array:
        """Return the loss over all examples at each point: shape (..., d) to shape (...)."""
        return self._for_each(x, (), lambda x: self._loss(x, self.data.inputs, self.data.answers))

    def gradient(self, x: Array) -> Array:
        """Return the gradient of `value` at each point: shape (..., d) to shape (..., d)."""
        return self._gradients(x, self.data.inputs, self.data.answers)

    def gradient_on(self, indices: npt.ArrayLike, x: Array) -> Array:
        """Return the gradient of the loss over some of the examples only, without dropout.

        Parameters
        ----------
        indices : array-like of int, shape (m,)
            Which examples; an index that occurs twice counts twice.
        x : array of shape (..., d)
            The points at which to evaluate it.

        Raises
        ------
        TypeError, ValueError
            ``indices`` is empty or holds an invalid index, or x has the wrong shape.
        """
        chosen = self._chosen(indices)
        return self._gradients(x, self.data.inputs[chosen], self.data.answers[chosen])

    def per_example_gradients(self, x: Array, indices: npt.ArrayLike | None = None) -> Array:
        """Return the gradient of each example's own loss: shape (m, ..., d).

        Their mean over all examples is `gradient`. Their variance divided by b is the variance of
        the gradient of a minibatch of b independent draws.

        Parameters
        ----------
        x : array of shape (..., d)
            The points at which to evaluate them.
        indices : array-like of int, shape (m,), optional
            Which examples; all by default, which takes n times the memory of x.

        Raises
        ------
        TypeError, ValueError
            As for `gradient_on`.
        """
        chosen = self._chosen(np.arange(len(self.data)) if indices is None else indices)
        return np.stack([self.gradient_on([i], x) for i in chosen])

    def minibatch(self, size: int, seed: int = 0, replace: bool = False) -> Minibatch:
        """Return the same problem with gradients from minibatches of ``size``: see `Minibatch`."""
        return Minibatch(self, size, seed, replace)

    def _points(self, x: Array) -> Array:
        return points(x, self.dimension, f"this {type(self).__name__}")

    def _chosen(self, indices: npt.ArrayLike) -> Indices:
        chosen = np.asarray(indices)
        n = len(self.data)
        if chosen.ndim != 1 or chosen.size == 0:
            raise ValueError(f"indices must have shape (m,) with m >= 1, got {chosen.shape}")
        if chosen.dtype.kind not in "iu":
            raise TypeError(f"indices must be whole numbers, got an array of type {chosen.dtype}")
        wrong = chosen[(chosen < 0) | (chosen >= n)]
        if wrong.size:
            raise ValueError(f"indices must lie in 0, ..., {n - 1}, got {wrong[0]}")
        return chosen.astype(np.int64)

    def _fitting(self, inputs: Any) -> Inputs:
        """Return inputs to predict from, of shape (m, p)."""
        inputs = as_inputs(inputs)
        if inputs.shape[1] != self.widths[0]:
            raise ValueError(f"inputs must have {self.widths[0]} columns, got {inputs.shape[1]}")
        return inputs

    # A diverging run overflows here too, even outside the loop; the returned values show it.
    @np.errstate(over="ignore", invalid="ignore")
    def _for_each(self, x: Array, shape: tuple[int, ...], of: Callable[[Array], Any]) -> Array:
        """Return ``of(point)``, of the given shape, for each point of x, which is (..., d)."""
        x = self._points(x)
        results = np.empty((*x.shape[:-1], *shape))
        for run in np.ndindex(x.shape[:-1]):
            # Contiguous: some versions of NumPy (2.0) multiply strided matrices by another
            # routine, which is slower and rounds differently.
            results[run] = of(np.ascontiguousarray(x[run]))
        return results

    @np.errstate(over="ignore", invalid="ignore")
    def _gradients(
        self, x: Array, inputs: Inputs, answers: Answers, masks: Iterable[Any] = NO_DROPOUT
    ) -> Array:
        """Return the gradient at each point of x, which is (..., d)."""
        x = self._points(x)
        gradients = np.empty(x.shape)
        points, into = (array.reshape(-1, self.dimension) for array in (x, gradients))
        pieces: Iterable[Any] = range(len(points))  # a sparse matrix multiplies one at a time
        if isinstance(inputs, np.ndarray):
            together = max(1, SIGNALS // (len(inputs) * sum(self.widths)))
            pieces = (slice(begin, begin + together) for begin in range(0, len(points), together))
        for piece in pieces:
            some = np.ascontiguousarray(points[piece])
            self._gradient(some, inputs, answers, masks, into[piece])
        return gradients

    def _noisy_gradients(self, x: Array, indices: Indices, rng: np.random.Generator) -> Array:
        """Return the gradient over some examples, with one dropout mask for all points of x."""
        inputs, masks = self._dropped(self.data.inputs[indices], rng)
        return self._gradients(x, inputs, self.data.answers[indices], masks)

    # Of the methods below, `_scores`, `_losses` and `_loss` work at one point, x of shape (d,); the
    # others at a stack of points too, x of shape (m, d), unless the inputs are sparse.

    @abstractmethod
    def _losses(self, z: Array, answers: Answers) -> Array:
        """Return the loss of each example: outputs (n, k) to (n,)."""

    @abstractmethod
    def _slopes(self, z: Array, answers: Answers) -> Array:
        """Return the slope of each example's loss along its outputs (..., n, k), written over z."""

    @abstractmethod
    def _dropped(self, inputs: Inputs, rng: np.random.Generator) -> tuple[Inputs, Iterable[Any]]:
        """Apply dropout: return the inputs, and a factor for each value of each hidden layer."""

    @abstractmethod
    def _signals(
        self, layers: list[Layer], inputs: Inputs, masks: Iterable[Any]
    ) -> tuple[list[Inputs], list[Array]]:
        """Return the input of each layer, and the slope of each hidden layer's values."""

    def _outputs(self, layers: list[Layer], last: Inputs) -> Array:
        W, b = layers[-1]
        z: Array = last @ W
        z += b[..., None, :]
        # Infinite outputs would give inf - inf below; the largest float gives as large a loss.
        np.maximum(z, -LARGEST, out=z)
        return np.minimum(z, LARGEST, out=z)

    def _scores(self, x: Array, inputs: Inputs) -> Array:
        layers = self.layers(x)
        z = np.empty((inputs.shape[0], self.widths[-1]))
        for begin in range(0, len(z), CHUNK):
            chunk = slice(begin, begin + CHUNK)
            signals, _ = self._signals(layers, inputs[chunk], NO_DROPOUT)
            z[chunk] = self._outputs(layers, signals[-1])
        return z

    def _loss(self, x: Array, inputs: Inputs, answers: Answers) -> Array:
        z = self._scores(x, inputs)
        loss = np.mean(self._losses(z, answers))
        if self.l2 > 0:
            loss = loss + self.l2 / 2 * sum((W**2).sum() for W, _ in self.layers(x))
        return np.asarray(loss)

    def _gradient(
        self, x: Array, inputs: Inputs, answers: Answers, masks: Iterable[Any], gradient: Array
    ) -> None:
        """Write the gradient at x to an array of the shape of x."""
        layers = self._layers(x)
        signals, slopes = self._signals(layers, inputs, masks)
        z = self._outputs(layers, signals[-1])
        delta = self._slopes(z, answers)
        delta /= len(answers)

        for i, (into_W, into_b) in reversed(list(enumerate(self._layers(gradient)))):
            into_W[...] = (inputs.T if i == 0 else _transposed(signals[i])) @ delta
            if self.l2 > 0:
                into_W += self.l2 * layers[i].W
            delta.sum(axis=-2, out=into_b)
            if i > 0:
                delta = delta @ _transposed(layers[i].W)
                delta *= slopes[i - 1]


class OneLayer(Model):
    """A model whose outputs are linear in its inputs: one layer, which starts from zeros."""

    @property
    def start(self) -> Array:
        """Zeros: the same output for all inputs."""
        return np.zeros(self.dimension)

    def unflatten(self, x: Array) -> Layer:
        """Return W (..., p, k) and b (..., k) as views of x (..., d)."""
        return self.layers(x)[0]

    def _dropped(self, inputs: Inputs, rng: np.random.Generator) -> tuple[Inputs, Iterable[Any]]:
        if self.dropout == 0:
            return inputs, NO_DROPOUT
        if isinstance(inputs, np.ndarray):
            return inputs * dropout_mask(inputs.shape, self.dropout, rng), NO_DROPOUT
        # A sparse array needs draws for its nonzero entries only. The rows are already a copy.
        inputs.data *= dropout_mask(inputs.data.shape, self.dropout, rng)
        return inputs, NO_DROPOUT

    def _signals(
        self, layers: list[Layer], inputs: Inputs, masks: Iterable[Any]
    ) -> tuple[list[Inputs], list[Array]]:
        return [inputs], []


@dataclass(frozen=True)
class Minibatch(Problem):
    """A model's loss, whose oracle looks at a few examples at a time.

    `value` and `gradient`, by which a run is judged, use all examples and no dropout. `oracle`,
    which the loop calls, gives a noisy gradient that is right on average over the random draws.
    Since ``value`` takes many times as long as a step, `minimize` records f only if it is named in
    ``record``, best once an epoch, with ``every=batches.steps_per_epoch``.

    Parameters
    ----------
    model : Model
        The loss over all examples.
    size : int, from 1 to n
        Examples in each minibatch. 1 is the classical stochastic gradient.
    seed : int, >= 0
        Seed of the random draws. Two oracles of the same problem draw the same minibatches.
    replace : bool
        False: pass after pass over all examples, each in a new random order; the last minibatch of
        a pass is smaller if ``size`` does not divide n. True: every example is drawn independently.

    Raises
    ------
    TypeError, ValueError
        A parameter of the wrong type or out of range.

    References
    ----------
    Robbins and Monro (1951), A stochastic approximation method.

    Examples
    --------
    >>> from minioptim import SGD, minimize
    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> train, test = digits()
    >>> loss = SoftmaxRegression(train)
    >>> batches = loss.minibatch(32, seed=0)
    >>> trace = minimize(batches, SGD(lr=0.5), steps=5 * batches.steps_per_epoch, record=())
    >>> bool(loss.error(trace.final, test) < 0.1)
    True
    """

    sampled: ClassVar[bool] = True

    model: Model
    size: int
    seed: int = 0
    replace: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.model, Model):
            raise TypeError(f"model must be a model such as an MLP, got {self.model!r}")
        n = len(self.model.data)
        if whole("size", self.size, at_least=1) > n:
            raise ValueError(f"size must be at most the {n} examples, got {self.size}")
        if not isinstance(self.seed, str) and isinstance(self.seed, Iterable):
            raise TypeError(f"seed must be one whole number, got {self.seed!r}: {SEEDS}")
        whole("seed", self.seed, at_least=0)
        if not isinstance(self.replace, (bool, np.bool_)):
            raise TypeError(f"replace must be True or False, got {self.replace!r}")

    @property
    def start(self) -> Array:
        """The start of the model."""
        return np.asarray(self.model.start)

    @property
    def steps_per_epoch(self) -> int:
        """Number of minibatches in one pass over the data, a smaller last one included."""
        return -(-len(self.model.data) // self.size)

    def value(self, x: Array) -> Array:
        """Return the loss over all examples at each point: shape (..., d) to shape (...)."""
        return self.model.value(x)

    def gradient(self, x: Array) -> Array:
        """Return the gradient over all examples at each point: shape (..., d) to (..., d)."""
        return self.model.gradient(x)

    def oracle(self) -> Gradient:
        """Return a new noisy gradient whose draws start from the seed; each run needs its own.

        Every point of a batch of runs sees the same examples and the same dropout at each step
        ("common random numbers"), so that runs differ by their rules and not by chance.
        """
        return self.oracle_after(0)

    def oracle_after(self, steps: int) -> Gradient:
        """Return the oracle as it is after a number of steps, so that a run can go on."""
        # Separate streams, so that dropout does not change which examples are drawn.
        order, noise = np.random.default_rng(self.seed).spawn(2)
        batches = self._batches(order)
        for indices in islice(batches, steps):
            if self.model.dropout > 0:
                self.model._dropped(self.model.data.inputs[indices], noise)
        return lambda x: self.model._noisy_gradients(x, next(batches), noise)

    def _batches(self, rng: np.random.Generator) -> Iterator[Indices]:
        n = len(self.model.data)
        while True:
            if self.replace:
                yield rng.integers(n, size=self.size)
            else:
                order = rng.permutation(n)
                for begin in range(0, n, self.size):
                    yield order[begin : begin + self.size]


def dropout_mask(shape: tuple[int, ...], dropout: float, rng: np.random.Generator) -> Array:
    """Return factors: 0 with probability ``dropout``, otherwise the value that makes the mean 1.

    Dividing during training ("inverted dropout") means that prediction needs no change.

    Raises
    ------
    ValueError
        ``shape`` is negative.

    Examples
    --------
    >>> sorted(set(dropout_mask((100,), 0.5, np.random.default_rng(0)).tolist()))
    [0.0, 2.0]
    """
    kept = 1 - dropout
    return (rng.random(shape) < kept) / kept


def check_options(model: Model, kind: type[Examples], written: str) -> None:
    """Refuse data of another kind, and an l2 or a dropout out of range.

    Raises
    ------
    TypeError, ValueError
        What the message names.

    Examples
    --------
    >>> from minioptim.datasets import digits
    >>> from minioptim.losses import SoftmaxRegression
    >>> SoftmaxRegression(digits().train, dropout=1.0)
    Traceback (most recent call last):
    ...
    ValueError: dropout must be below 1, which would leave nothing, got 1.0
    """
    check_data(model.data, kind, written)
    within("l2", model.l2, 0, np.inf)
    if within("dropout", model.dropout, 0, 1) == 1:
        raise ValueError("dropout must be below 1, which would leave nothing, got 1.0")


def check_data(data: Any, kind: type[Examples], written: str) -> None:
    """Refuse data that are not of a kind, and say how that is written.

    Raises
    ------
    TypeError
        ``data`` is something else.

    Examples
    --------
    >>> from minioptim.datasets import Dataset, digits
    >>> check_data(digits().train, Dataset, "Dataset(inputs, labels, classes)")
    """
    if isinstance(data, kind):
        return
    if isinstance(data, Split):
        written = "take one of the two, split.train or split.test"
    elif isinstance(data, RegressionData):
        written += ". What predicts a number is LeastSquares"
    elif isinstance(data, Dataset):
        written += ". What predicts a class is SoftmaxRegression or an MLP"
    raise TypeError(f"data must be a {kind.__name__}, got {shown(data)}: {written}")
