"""The other side: what PyTorch and Optax make of a layer's matrix and biases, in float64."""

from __future__ import annotations

from typing import Any
from unittest import mock

import jax
import numpy as np
import optax
import torch

from minioptim._arguments import Array

from ..golden.matrix import STEPS, Case
from . import libraries  # noqa: F401  sets both libraries to float64


def library_iterates(case: Case) -> Array:
    """Return the library's W and b, laid out as our x, after 0, 1, ..., STEPS steps."""
    points = {"PyTorch": _torch, "Optax": _optax}[case.library](case)
    assert points.dtype == np.float64
    return points


def _torch(case: Case) -> Array:
    """Return PyTorch's run, its layer stored as outputs by inputs and its rounding taken out."""
    p, q = case.fit.inputs, case.fit.outputs
    points = [case.fit.start]
    W = torch.tensor(points[0][:-q].reshape(p, q).T.copy(), requires_grad=True)
    b = torch.tensor(points[0][-q:], requires_grad=True)
    adam = {"lr": case.biases.lr, "eps": case.biases.eps}
    muon = torch.optim.Muon([W], **case.arguments, eps=1e-300)
    both = (muon, torch.optim.Adam([b], **adam))
    # It computes the Newton-Schulz steps in 16 bits; here with all that it is given.
    with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
        for t in range(1, STEPS + 1):
            muon.param_groups[0]["lr"] = case.weights.at(t).lr
            g = case.fit.gradient(points[-1])
            W.grad = torch.tensor(g[:-q].reshape(p, q).T.copy())
            b.grad = torch.tensor(g[-q:])
            for optimizer in both:
                optimizer.step()
            held = (W.detach().numpy().T.ravel(), b.detach().numpy())
            points.append(np.concatenate(held))
    return np.stack(points)


def _optax(case: Case) -> Array:
    p, q = case.fit.inputs, case.fit.outputs
    optimizer = optax.contrib.muon(case.weights.lr, **case.arguments)

    def apart(x: Array) -> Any:
        return {"W": jax.numpy.asarray(x[:-q].reshape(p, q)), "b": jax.numpy.asarray(x[-q:])}

    @jax.jit
    def step(g: Any, state: Any, held: Any) -> Any:
        updates, state = optimizer.update(g, state, held)
        return optax.apply_updates(held, updates), state

    points = [case.fit.start]
    held = apart(points[0])
    state = optimizer.init(held)
    for _ in range(STEPS):
        held, state = step(apart(case.fit.gradient(points[-1])), state, held)
        points.append(np.concatenate([np.ravel(held["W"]), held["b"]]))
    return np.stack(points)
