"""The other side: what PyTorch, Keras and Optax make of the same gradients, in float64."""

from __future__ import annotations

import os
from typing import Any

# Keras chooses its backend when it is imported. With NumPy it runs the update rules of its own
# source as they are written; with PyTorch it has a second, fused text of each.
os.environ["KERAS_BACKEND"] = "numpy"

import jax
import keras
import numpy as np
import optax
import torch
from keras.src.backend.common import dtypes

from minioptim._arguments import Array
from minioptim.libraries import KERAS, OPTAX, TORCH
from minioptim.problems import Problem

from .peers import PROBLEMS, STEPS, Case

# NAdam keeps the product of its momenta in the default type, not in that of the parameters.
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
keras.config.set_floatx("float64")
# Keras rounds every float64 result to float32 unless its backend is TensorFlow (also when floatx
# is float64, as above). This is the entry that TensorFlow has in its table of promotions.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
jax.config.update("jax_enable_x64", True)

VERSIONS = {
    TORCH: torch.__version__.split("+")[0],
    KERAS: keras.__version__,
    OPTAX: optax.__version__,
    "JAX": jax.__version__,
    "NumPy": np.__version__,
}


MODULES = {
    "torch.optim": torch.optim,
    "keras.optimizers": keras.optimizers,
    "optax": optax,
    "optax.contrib": optax.contrib,
}


def find(dotted: str) -> Any:
    """Return the function or class that a dotted name of `minioptim.libraries` stands for."""
    module, _, name = dotted.rpartition(".")
    return getattr(MODULES[module], name)


def library_iterates(case: Case, steps: int = STEPS) -> Array:
    """Return the library's parameter after 0, 1, ..., steps steps: shape (steps + 1, d)."""
    run = {TORCH: _torch, KERAS: _keras, OPTAX: _optax}[case.peer.library]
    points = run(case, PROBLEMS[case.problem], steps)
    assert points.dtype == np.float64
    return points


def _torch(case: Case, problem: Problem, steps: int) -> Array:
    x = torch.tensor(np.array(problem.start), dtype=torch.float64, requires_grad=True)
    optimizer = find(case.peer.dotted)([x], **case.peer.arguments_for(case.rule.at(1)))
    points = [x.detach().numpy().copy()]
    for t in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = case.rule.at(t).lr
        x.grad = torch.from_numpy(problem.gradient(points[-1]))
        optimizer.step()
        points.append(x.detach().numpy().copy())
    return np.stack(points)


def _keras(case: Case, problem: Problem, steps: int) -> Array:
    x = keras.Variable(np.array(problem.start), dtype="float64")
    optimizer = find(case.peer.dotted)(**case.peer.arguments_for(case.rule.at(1)))
    points = [np.array(x.value)]
    for t in range(1, steps + 1):
        optimizer.learning_rate = case.rule.at(t).lr
        optimizer.apply([problem.gradient(points[-1])], [x])
        points.append(np.array(x.value))
    return np.stack(points)


def _optax(case: Case, problem: Problem, steps: int) -> Array:
    arguments = case.peer.arguments_for(case.rule.at(1))
    if callable(case.rule.lr):
        # A schedule of Optax counts from 0, and is traced, so it cannot be a function of ours.
        values = jax.numpy.asarray([case.rule.lr(t) for t in range(1, steps + 1)])
        arguments["learning_rate"] = lambda count: values[count]
    then = []
    if case.peer.lr_by:
        then = [getattr(optax, case.peer.lr_by)(arguments.pop("learning_rate"))]
    optimizer = optax.chain(find(case.peer.dotted)(**arguments), *then)

    @jax.jit
    def step(g: Any, state: Any, x: Any) -> Any:
        update, state = optimizer.update(g, state, x)
        return optax.apply_updates(x, update), state

    x = jax.numpy.asarray(np.array(problem.start, dtype=np.float64))
    state = optimizer.init(x)
    points = [np.array(x)]
    for _ in range(steps):
        x, state = step(problem.gradient(points[-1]), state, x)
        points.append(np.array(x))
    return np.stack(points)
