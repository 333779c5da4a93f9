"""The work of a row done by another library, as its users would write it.

Each function imports its library when it is called, and returns what one measurement runs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minioptim.datasets import digits

Work = Callable[[], object]

EPOCHS, BATCH, HIDDEN = 20, 32, 32
LR = 0.01


def batches() -> np.ndarray:
    """Return which examples each step of twenty epochs sees, but for the last few of an epoch."""
    rng, n = np.random.default_rng(0), len(digits().train)
    whole = n - n % BATCH
    return np.concatenate([rng.permutation(n)[:whole].reshape(-1, BATCH) for _ in range(EPOCHS)])


# --- A step on one large array ------------------------------------------------------------------


def torch_step(size: int, number: str, **options: bool) -> Work:
    """Return a step of PyTorch's Adam on one tensor."""
    import torch

    torch.set_num_threads(1)
    x = torch.randn(size, dtype=getattr(torch, number), requires_grad=True)
    x.grad = torch.randn(size, dtype=x.dtype)
    return torch.optim.Adam([x], lr=1e-3, **options).step


def optax_step(size: int, number: str) -> Work:
    """Return a jitted step of Optax' Adam that gives its memory on."""
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    method = optax.adam(1e-3)
    held = jax.random.normal(jax.random.key(0), (size,), dtype=number)
    now = [held, method.init(held)]
    g = jax.random.normal(jax.random.key(1), (size,), dtype=number)

    def made(x: Any, state: Any, g: Any) -> Any:
        update, state = method.update(g, state)
        return optax.apply_updates(x, update), state

    jitted = jax.jit(made, donate_argnums=(0, 1))

    def one() -> None:
        now[:] = jitted(*now, g)
        now[0].block_until_ready()

    return one


def with_keras() -> Any:
    """Return Keras on PyTorch, one thread."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import torch

    torch.set_num_threads(1)
    return keras


def keras_step(size: int, number: str) -> Work:
    """Return a step of Keras' Adam on one variable, on PyTorch."""
    keras = with_keras()
    rng = np.random.default_rng(0)
    x = keras.Variable(rng.normal(size=size).astype(number), dtype=number)
    g = keras.ops.convert_to_tensor(rng.normal(size=size).astype(number))
    method = keras.optimizers.Adam(learning_rate=1e-3)
    method.build([x])
    return lambda: method.apply([g])


# --- Recorded steps in the plane, and many runs -------------------------------------------------


def optax_scan(steps: int) -> Work:
    """Return Adam on Rosenbrock's function in one scan, which keeps x and f."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    method = optax.adam(LR)

    def f(p: Any) -> Any:
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2

    def one(carry: Any, _: None) -> Any:
        x, state = carry
        update, state = method.update(jax.grad(f)(x), state)
        x = optax.apply_updates(x, update)
        return (x, state), (x, f(x))

    start = jnp.array([-1.2, 1.0])
    run = jax.jit(lambda x: jax.lax.scan(one, (x, method.init(x)), None, steps))
    return lambda: jax.block_until_ready(run(start))


def torch_rosenbrock(steps: int) -> Work:
    """Return Adam on Rosenbrock's function with the slopes written out, keeping x."""
    import torch

    def run() -> None:
        x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        method = torch.optim.Adam([x], lr=LR, foreach=False)
        x.grad = torch.zeros(2, dtype=torch.float64)
        kept = []
        for _ in range(steps):
            a, b = x.tolist()
            x.grad[0] = -2 * (1 - a) - 400 * a * (b - a * a)
            x.grad[1] = 200 * (b - a * a)
            method.step()
            kept.append(x.tolist())

    return run


def jax_vmap(starts: Any, rates: Any, steps: int) -> Work:
    """Return momentum on x^2 / 20 + y^2, a scan for each run, batched by vmap."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    curvatures = jnp.array([0.1, 2.0])

    def run(x: Any, lr: Any) -> Any:
        def one(carry: Any, _: None) -> Any:
            x, v = carry
            v = 0.9 * v - lr * curvatures * x
            return (x + v, v), None

        return jax.lax.scan(one, (x, jnp.zeros(2)), None, steps)[0][0]

    all_runs = jax.jit(jax.vmap(run))
    given = jnp.asarray(starts), jnp.asarray(rates)
    return lambda: jax.block_until_ready(all_runs(*given))


# --- Twenty epochs on the digits ----------------------------------------------------------------


def torch_digits(hidden: int) -> Work:
    """Return twenty epochs of a network with one hidden layer, or none, by PyTorch's Adam."""
    import torch

    torch.set_num_threads(1)
    data, order = digits().train, torch.as_tensor(batches())
    inputs = torch.as_tensor(data.inputs, dtype=torch.float32)
    labels = torch.as_tensor(data.labels)
    loss = torch.nn.CrossEntropyLoss()

    def run() -> None:
        widths = [(64, hidden), (hidden, 10)] if hidden else [(64, 10)]
        layers = [torch.nn.Linear(*width) for width in widths]
        model = torch.nn.Sequential(layers[0], *([torch.nn.ReLU(), layers[1]] if hidden else []))
        method = torch.optim.Adam(model.parameters(), lr=LR)
        for chosen in order:
            method.zero_grad()
            loss(model(inputs[chosen]), labels[chosen]).backward()
            method.step()

    return run


def optax_digits(hidden: int) -> Work:
    """Return the same by Optax, all steps in one compiled scan."""
    import jax
    import jax.numpy as jnp
    import optax

    data, order = digits().train, jnp.asarray(batches())
    inputs, labels = jnp.asarray(data.inputs, dtype="float32"), jnp.asarray(data.labels)
    method = optax.adam(LR)
    widths = [(64, hidden), (hidden, 10)] if hidden else [(64, 10)]
    rng = np.random.default_rng(0)
    weights = [
        (jnp.asarray(rng.normal(scale=0.1, size=width), dtype="float32"), jnp.zeros(width[1]))
        for width in widths
    ]

    def loss(weights: Any, chosen: Any) -> Any:
        signal = inputs[chosen]
        for place, (W, b) in enumerate(weights):
            signal = signal @ W + b
            if place + 1 < len(weights):
                signal = jax.nn.relu(signal)
        losses = optax.softmax_cross_entropy_with_integer_labels(signal, labels[chosen])
        return losses.mean()

    def one(carry: Any, chosen: Any) -> Any:
        weights, state = carry
        update, state = method.update(jax.grad(loss)(weights, chosen), state)
        return (optax.apply_updates(weights, update), state), None

    run = jax.jit(lambda weights: jax.lax.scan(one, (weights, method.init(weights)), order)[0])
    return lambda: jax.block_until_ready(run(weights))


def keras_digits(hidden: int) -> Work:
    """Return the same by Keras' ``fit``, on PyTorch."""
    keras = with_keras()
    data = digits().train

    def run() -> None:
        layers = [keras.layers.Dense(hidden, activation="relu")] if hidden else []
        model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=keras.optimizers.Adam(learning_rate=LR), loss=loss)
        model.fit(data.inputs, data.labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)

    return run


def sklearn_digits(hidden: int) -> Work:
    """Return the same by scikit-learn's MLPClassifier, which without a hidden layer is softmax."""
    from sklearn.neural_network import MLPClassifier

    data = digits().train
    method = MLPClassifier(
        hidden_layer_sizes=(hidden,) if hidden else (),
        batch_size=BATCH,
        learning_rate_init=LR,
        alpha=0.0,
        max_iter=EPOCHS,
        tol=0.0,
        n_iter_no_change=EPOCHS + 1,
        random_state=0,
    )
    warnings.simplefilter("ignore")  # that it has not converged in twenty epochs
    return lambda: method.fit(data.inputs, data.labels)


def sklearn_one_by_one() -> Work:
    """Return twenty epochs of scikit-learn's SGDClassifier, which steps after each example."""
    from sklearn.linear_model import SGDClassifier

    data = digits().train
    method = SGDClassifier(loss="log_loss", max_iter=EPOCHS, tol=None, random_state=0)
    return lambda: method.fit(data.inputs, data.labels)
