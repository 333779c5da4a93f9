r"""The losses of small models on data, as problems whose gradient may come from a minibatch.

A model's parameters are one flat vector x of shape (d,): each layer's weights W, row by row, and
its biases b, one layer after the other. A rule can then update all of them in a single step, which
is faster than a step for each array. From the inputs h_0 of an example, a network with L layers
computes the probability of each class,

.. math::
    h_i = \phi(h_{i-1} W_i + b_i) \quad (i < L), \qquad
    P = \operatorname{softmax}(h_{L-1} W_L + b_L),

and its loss is the mean over the examples of :math:`-\log P_\text{label}`, with a penalty on the
weights. Softmax regression is the network with one layer. `LeastSquares` has one layer with one
output, which it holds to a target instead of a class.

`Model.minibatch` makes the problem of stochastic gradient descent: the same loss, with a
gradient that looks at a few examples at a time.
"""

from minioptim.losses.base import Layer, Minibatch, Model
from minioptim.losses.classifiers import MLP, Classifier, SoftmaxRegression
from minioptim.losses.squares import LeastSquares

__all__ = [
    "MLP",
    "Classifier",
    "Layer",
    "LeastSquares",
    "Minibatch",
    "Model",
    "SoftmaxRegression",
]
