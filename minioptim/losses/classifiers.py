"""Softmax regression and networks: models that predict the probability of each class."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minioptim._arguments import Array, whole
from minioptim.datasets import Answers, Dataset, Inputs, Labels
from minioptim.losses.base import (
    NO_DROPOUT,
    Layer,
    Model,
    OneLayer,
    check_data,
    check_options,
    dropout_mask,
)

WRITTEN = "Dataset(inputs, labels, classes), or datasets.table(..., classes=True)"


class Activation(NamedTuple):
    """A nonlinearity, its slope in terms of its own value, and the initial weights that suit it."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Any]
    weights: Callable[[np.random.Generator, int, int], Array]


def _he(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Return normal weights of variance 2 / fan_in (He et al. 2015, eq. 10)."""
    return rng.normal(scale=np.sqrt(2 / fan_in), size=(fan_in, fan_out))


def _glorot(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Return uniform weights, variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010, eq. 16)."""
    bound = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, size=(fan_in, fan_out))


ACTIVATIONS = {
    "relu": Activation(lambda z: np.maximum(z, 0), lambda h: h > 0, _he),
    "tanh": Activation(np.tanh, lambda h: 1 - h**2, _glorot),
}


class Classifier(Model):
    r"""What the models of classes share: cross-entropy, probabilities, and errors.

    .. math::
        f(x) = -\frac1n \sum_{i=1}^n \log P_\text{label}(\text{input}_i; x)
            + \frac{l2}{2} \sum_\text{layers} \lVert W \rVert^2
    """

    data: Dataset

    def predict(self, x: Array, inputs: Any) -> Labels:
        """Return the likeliest class of each input: x (..., d) and inputs (m, p) to (..., m).

        Raises
        ------
        TypeError, ValueError
            The inputs are not finite numbers or do not have p columns, or x has the wrong shape.
        """
        inputs = self._fitting(inputs)
        shape = (inputs.shape[0],)
        classes = self._for_each(x, shape, lambda x: self._scores(x, inputs).argmax(axis=1))
        return classes.astype(np.int64)

    def probabilities(self, x: Array, inputs: Any) -> Array:
        """Return the probability of each class: x (..., d) and inputs (m, p) to (..., m, k).

        They are NaN where some parameters are not finite. A class that is predicted with 0.9 need
        not be right nine times in ten: that holds for new data only as far as the model fits them.

        Raises
        ------
        TypeError, ValueError
            As for `predict`.
        """
        inputs = self._fitting(inputs)
        shape = (inputs.shape[0], self.widths[-1])
        P = self._for_each(x, shape, lambda x: _softmax(self._scores(x, inputs)))
        finite = np.asarray(np.isfinite(x).all(axis=-1))
        return np.where(finite[..., None, None], P, np.nan)

    def accuracy(self, x: Array, data: Dataset) -> Array:
        """Return the fraction of ``data`` classified right at each point: 1 - `error`.

        Raises
        ------
        TypeError, ValueError
            As for `error`.
        """
        return np.asarray(1 - self.error(x, data))

    def error(self, x: Array, data: Dataset) -> Array:
        """Return the fraction of ``data`` misclassified at each point: (..., d) to (...).

        It is NaN for a run that diverged, that is, where some parameters are not finite.

        Raises
        ------
        TypeError, ValueError
            ``data`` is not a data set, or its inputs do not fit this model.
        """
        check_data(data, Dataset, WRITTEN)
        part = (self.predict(x, data.inputs) != data.labels).mean(axis=-1)
        return np.where(np.isfinite(x).all(axis=-1), part, np.nan)

    def _losses(self, z: Array, answers: Answers) -> Array:
        # log sum exp z, with the largest z subtracted first so that no exp overflows.
        top = z.max(axis=1)
        log_sum = np.log(np.exp(z - top[:, None]).sum(axis=1))
        return np.asarray(log_sum + (top - z[np.arange(len(z)), answers]))

    def _slopes(self, z: Array, answers: Answers) -> Array:
        P = _softmax(z)
        P -= self._units.take(answers, axis=0)  # Y, a row with a single 1 for each example
        return P

    @cached_property
    def _units(self) -> Array:
        return np.eye(self.data.classes)


def _softmax(z: Array) -> Array:
    """Return the softmax of each row of z, which is written over."""
    z -= z.max(axis=-1, keepdims=True)
    P = np.exp(z)
    P /= P.sum(axis=-1, keepdims=True)
    return np.asarray(P)


@dataclass(frozen=True)
class SoftmaxRegression(OneLayer, Classifier):
    r"""Softmax regression: logistic regression for k classes. Convex.

    .. math::
        f(W, b) = -\frac1n \sum_{i=1}^n
            \log \operatorname{softmax}(W^\top \text{input}_i + b)_\text{label}
            + \frac{l2}{2} \lVert W \rVert^2

    Parameters
    ----------
    data : Dataset
        The examples.
    l2 : float, >= 0
        Strength of the penalty on the weights.
    dropout : float in [0, 1)
        Fraction of the inputs that the gradient of a minibatch sets to 0; the others are divided
        by the fraction kept. `value` and `gradient` use no dropout.

    Raises
    ------
    TypeError, ValueError
        A parameter of the wrong type or out of range.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, section 6.1 (the experiment).

    Examples
    --------
    >>> from minioptim.datasets import digits
    >>> loss = SoftmaxRegression(digits().train)
    >>> loss.dimension
    650
    >>> print(f"{loss.value(loss.start):.4f} = ln 10")
    2.3026 = ln 10

    Trained, judged on other digits, and asked about one of them:

    >>> from minioptim import Adam, minimize
    >>> train, test = digits()
    >>> x = minimize(loss.minibatch(32), Adam(lr=0.01), steps=450, record=()).final
    >>> bool(loss.accuracy(x, test) > 0.9)
    True
    >>> P = loss.probabilities(x, test.inputs[:1])
    >>> P.shape, bool(P.argmax() == loss.predict(x, test.inputs[:1])[0] == test.labels[0])
    ((1, 10), True)
    """

    data: Dataset
    l2: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_options(self, Dataset, WRITTEN)

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.data.inputs.shape[1], self.data.classes)


@dataclass(frozen=True)
class MLP(Classifier):
    """A multilayer perceptron: softmax regression on top of hidden layers. Not convex.

    Parameters
    ----------
    data : Dataset
        The examples.
    hidden : tuple of int, >= 1
        The width of each hidden layer. With none, this is softmax regression with another start.
    activation : "relu" or "tanh"
        The nonlinearity of the hidden layers.
    l2 : float, >= 0
        Strength of the penalty on the weights of all layers.
    dropout : float in [0, 1)
        Fraction of each hidden layer's values that the gradient of a minibatch sets to 0; the
        others are divided by the fraction kept. `value` and `gradient` use no dropout.

    Raises
    ------
    TypeError, ValueError
        A parameter of the wrong type or out of range.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors.
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    Examples
    --------
    >>> from minioptim.datasets import digits
    >>> loss = MLP(digits().train, hidden=(32, 16))
    >>> [layer.W.shape for layer in loss.layers(loss.start)]
    [(64, 32), (32, 16), (16, 10)]
    """

    data: Dataset
    hidden: tuple[int, ...] = (64,)
    activation: str = "relu"
    l2: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_options(self, Dataset, WRITTEN)
        if not isinstance(self.hidden, (tuple, list)):
            raise TypeError(f"hidden must be a tuple of widths such as (64,), got {self.hidden!r}")
        widths = tuple(whole("each width in hidden", width, at_least=1) for width in self.hidden)
        if self.activation not in tuple(ACTIVATIONS):
            raise ValueError(
                f"activation must be one of {tuple(ACTIVATIONS)}, got {self.activation!r}"
            )
        if self.dropout and not widths:
            raise ValueError(f"dropout must be 0 without hidden layers, got {self.dropout}")
        object.__setattr__(self, "hidden", widths)

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.data.inputs.shape[1], *self.hidden, self.data.classes)

    @property
    def start(self) -> Array:
        """The initial weights of seed 0, ``initial(0)``."""
        return self.initial(0)

    def initial(self, seed: int = 0) -> Array:
        """Return random initial weights, scaled to keep the size of signals, and zero biases.

        The weights are He's (normal) for relu, and Glorot's (uniform) for tanh.

        Parameters
        ----------
        seed : int, >= 0
            Seed of the random weights.

        Returns
        -------
        array of shape (d,)

        Raises
        ------
        TypeError, ValueError
            ``seed`` is not a whole number >= 0.

        References
        ----------
        He et al. (2015), Delving deep into rectifiers, eq. (10). Glorot and Bengio (2010),
        Understanding the difficulty of training deep feedforward neural networks, eq. (16).
        """
        rng = np.random.default_rng(whole("seed", seed, at_least=0))
        x = np.zeros(self.dimension)
        for W, _ in self.layers(x):
            W[...] = ACTIVATIONS[self.activation].weights(rng, *W.shape)
        return x

    def _dropped(self, inputs: Inputs, rng: np.random.Generator) -> tuple[Inputs, Iterable[Any]]:
        if self.dropout == 0:
            return inputs, NO_DROPOUT
        n = inputs.shape[0]
        return inputs, [dropout_mask((n, width), self.dropout, rng) for width in self.hidden]

    def _signals(
        self, layers: list[Layer], inputs: Inputs, masks: Iterable[Any]
    ) -> tuple[list[Inputs], list[Array]]:
        activation = ACTIVATIONS[self.activation]
        signals, slopes = [inputs], []
        for (W, b), mask in zip(layers[:-1], masks, strict=False):
            z = signals[-1] @ W
            z += b[..., None, :]
            h = activation.value(z)
            slope = activation.slope(h)
            if mask is not None:
                h, slope = h * mask, slope * mask
            signals.append(h)
            slopes.append(slope)
        return signals, slopes
