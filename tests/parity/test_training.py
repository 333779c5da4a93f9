"""Models trained here and in PyTorch: the same weights, minibatches and settings, five epochs."""

from itertools import islice

import numpy as np
import pytest

from experiments.autoencoder import Autoencoder, Pictures
from minioptim import rules
from minioptim.datasets import digits
from minioptim.losses import MLP, SoftmaxRegression
from minioptim.run import minimize

from .libraries import torch

EPOCHS, BATCH, SEED = 5, 32, 3
DATA = digits().train
MODELS = {
    "softmax": SoftmaxRegression(DATA, l2=1e-3),
    "relu": MLP(DATA, hidden=(32, 16)),
    "tanh": MLP(DATA, hidden=(32,), activation="tanh", l2=1e-3),
    "autoencoder": Autoencoder(Pictures(DATA.inputs), hidden=(32, 8, 32)),
}
of = torch.optim
RULES = {
    "SGD": (rules.SGD(lr=0.1), lambda p: of.SGD(p, lr=0.1)),
    "Momentum": (rules.Momentum(lr=0.02), lambda p: of.SGD(p, lr=0.02, momentum=0.9)),
    "Adagrad": (rules.Adagrad(lr=0.03), lambda p: of.Adagrad(p, lr=0.03)),
    "Adam": (rules.Adam(lr=0.003), lambda p: of.Adam(p, lr=0.003)),
}


class Twin(torch.nn.Module):
    """The model as PyTorch writes it, with our initial weights."""

    def __init__(self, model, start):
        super().__init__()
        self.l2 = model.l2
        self.nonlinear = {"relu": torch.relu}.get(getattr(model, "activation", ""), torch.tanh)
        self.linear = torch.nn.ModuleList()
        for W, b in model.layers(start):
            layer = torch.nn.Linear(*W.shape)
            layer.weight.data, layer.bias.data = torch.tensor(W.T.copy()), torch.tensor(b.copy())
            self.linear.append(layer)
        self.gives_back = isinstance(model, Autoencoder)

    def forward(self, h):
        for layer in self.linear[:-1]:
            h = self.nonlinear(layer(h))
        return self.linear[-1](h)

    def loss(self, inputs, answers):
        z = self(torch.tensor(inputs))
        if self.gives_back:
            between = torch.nn.functional.binary_cross_entropy_with_logits
            loss = between(z, torch.tensor(answers), reduction="sum") / len(inputs)
        else:
            loss = torch.nn.functional.cross_entropy(z, torch.tensor(answers))
        return loss + self.l2 / 2 * sum((layer.weight**2).sum() for layer in self.linear)

    def flat(self):
        arrays = [a for layer in self.linear for a in (layer.weight.T, layer.bias)]
        return np.concatenate([a.detach().numpy().ravel() for a in arrays])


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("model", MODELS)
def test_training_ends_where_pytorchs_does(model, name):
    model, (rule, make) = MODELS[model], RULES[name]
    batches = model.minibatch(BATCH, seed=SEED)
    start = model.initial(SEED) if hasattr(model, "initial") else model.start
    steps = EPOCHS * batches.steps_per_epoch
    ours = minimize(batches, rule, start, steps, record=()).final

    twin = Twin(model, start)
    optimizer = make(twin.parameters())
    order, _ = np.random.default_rng(SEED).spawn(2)
    for chosen in islice(batches._batches(order), steps):
        optimizer.zero_grad()
        twin.loss(model.data.inputs[chosen], model.data.answers[chosen]).backward()
        optimizer.step()
    np.testing.assert_allclose(ours, twin.flat(), rtol=0, atol=1e-6)
    assert np.abs(ours - start).max() > 0.01  # both went somewhere
    whole = twin.loss(model.data.inputs, model.data.answers).item()
    assert float(model.value(ours)) == pytest.approx(whole, abs=1e-6)
