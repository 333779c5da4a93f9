"""The models of the papers' experiments: their gradients, and what they compute."""

import numpy as np
import pytest

from experiments.autoencoder import Autoencoder, Pictures
from minioptim.checks import check_gradient
from minioptim.datasets import digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.problems import Function

PICTURES = Pictures(digits().train.inputs[:40])


def test_the_gradient_of_an_autoencoder_is_that_of_its_value():
    assert check_gradient(Autoencoder(PICTURES, hidden=(6, 3, 6))) < 1e-6
    assert check_gradient(Autoencoder(PICTURES, hidden=(5,), l2=0.1)) < 1e-6


@pytest.mark.parametrize(
    "model",
    [
        MLP(digits().train, hidden=(8, 8), activation="tanh", dropout=0.5),
        SoftmaxRegression(digits().train, l2=1e-3, dropout=0.5),
    ],
    ids=["network", "softmax"],
)
def test_the_gradient_with_dropout_is_that_of_the_loss_with_the_same_values_dropped(model):
    indices = np.arange(30)
    answers = model.data.answers[indices]

    def dropped():
        return model._dropped(model.data.inputs[indices], np.random.default_rng(5))

    def value(x):
        inputs, masks = dropped()
        layers = model.layers(x)
        signals, _ = model._signals(layers, inputs, masks)
        penalty = model.l2 / 2 * sum((W**2).sum() for W, _ in layers)
        return model._losses(model._outputs(layers, signals[-1]), answers).mean() + penalty

    def gradient(x):
        inputs, masks = dropped()
        return model._gradients(x, inputs, answers, masks)

    at = np.random.default_rng(1).normal(scale=0.3, size=model.dimension)
    assert check_gradient(Function(value, gradient, each=True), at) < 1e-6
    assert not np.allclose(gradient(at), model.gradient_on(indices, at))


def test_the_loss_is_the_cross_entropy_of_each_value_summed_over_a_picture():
    model = Autoencoder(PICTURES, hidden=(6, 3, 6))
    x = model.initial(2)
    h = PICTURES.inputs
    *inner, last = model.layers(x)
    for W, b in inner:
        h = np.tanh(h @ W + b)
    y = 1 / (1 + np.exp(-(h @ last.W + last.b)))
    a = PICTURES.inputs
    by_hand = -(a * np.log(y) + (1 - a) * np.log(1 - y)).sum(axis=1).mean()
    assert float(model.value(x)) == pytest.approx(by_hand, rel=1e-12)
    batch = model.minibatch(len(PICTURES), seed=0).oracle()(x)  # all examples, in another order
    np.testing.assert_allclose(batch, model.gradient(x), rtol=1e-9)
