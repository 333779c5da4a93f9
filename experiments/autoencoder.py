"""An autoencoder: a network that learns to give back its input through a narrow layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim.datasets import Answers, Examples, Inputs
from minioptim.losses import Layer, Model

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pictures(Examples):
    """Inputs in [0, 1] that are to be given back: an array of shape (n, p)."""

    inputs: Inputs
    reading: None = None

    @property
    def answers(self) -> Answers:
        """The inputs themselves."""
        return self.inputs

    def part(self, indices: Any) -> Pictures:
        """Return some of the pictures."""
        return Pictures(self.inputs[indices])


@dataclass(frozen=True)
class Autoencoder(Model):
    r"""A network with tanh layers and logistic outputs, whose answer to an input is that input.

    .. math::
        f(x) = -\frac1n \sum_{i=1}^n \sum_{j=1}^p
            a_{ij} \log y_{ij} + (1 - a_{ij}) \log (1 - y_{ij}),
        \qquad y_i = \sigma(h_{L-1} W_L + b_L)

    Parameters
    ----------
    data : Pictures
        The inputs a, in [0, 1].
    hidden : tuple of int
        The widths of the layers between, the narrowest in the middle.

    References
    ----------
    Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
    """

    data: Pictures
    hidden: tuple[int, ...]
    l2: float = 0.0
    dropout: float = 0.0

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of values in each layer, the inputs first."""
        p = self.data.inputs.shape[1]
        return (p, *self.hidden, p)

    @property
    def start(self) -> Array:
        """The initial weights of seed 0."""
        return self.initial(0)

    def initial(self, seed: int) -> Array:
        """Return Glorot's uniform weights, and zero biases: shape (d,)."""
        rng, x = np.random.default_rng(seed), np.zeros(self.dimension)
        for W, _ in self.layers(x):
            bound = np.sqrt(6 / sum(W.shape))
            W[...] = rng.uniform(-bound, bound, size=W.shape)
        return x

    def _dropped(self, inputs: Inputs, rng: np.random.Generator) -> tuple[Inputs, Iterable[Any]]:
        return inputs, repeat(None)

    def _signals(
        self, layers: list[Layer], inputs: Inputs, masks: Iterable[Any]
    ) -> tuple[list[Inputs], list[Array]]:
        signals, slopes = [inputs], []
        for W, b in layers[:-1]:
            h = np.tanh(signals[-1] @ W + b[..., None, :])
            signals.append(h)
            slopes.append(1 - h**2)
        return signals, slopes

    def _losses(self, z: Array, answers: Answers) -> Array:
        # log(1 + e^z) - a z, where no exp overflows.
        return np.asarray(
            (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - answers * z).sum(axis=1)
        )

    def _slopes(self, z: Array, answers: Answers) -> Array:
        return np.asarray((1 + np.tanh(z / 2)) / 2 - answers)
