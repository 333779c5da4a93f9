"""Follow the sharpness of a network on the digits while it is trained.

The sharpness is the largest eigenvalue of the Hessian of the loss over all examples. The network
has two hidden layers of 32 tanh units and learns the first 500 digits, from which their mean is
taken, with half the squared distance to the right answer as the loss of an example. It starts from
half of the usual initial weights, so that its sharpness begins low. Ten seeds set them.

Gradient descent over all examples runs at four learning rates, at one that changes halfway, and on
the cross-entropy in place of the squares; with minibatches it makes twice as many steps. Adam, over
all examples, has its sharpness measured after the division by the root of v too. And with the whole
initial weights, whose sharpness is high, a learning rate is tried with and without a warm-up.

    python -m experiments.sharpness_on_digits
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import Answers, Dataset, digits
from minioptim.losses import MLP
from minioptim.problems import Gradient
from minioptim.rules import Adam, GradientDescent, Rule
from minioptim.run import iterate
from minioptim.schedules import Constant, Schedule, Sequence, WarmUp
from minioptim.trace import Step

RESULT = RESULTS / "sharpness_on_digits.json"
IMAGES, HIDDEN, SCALE = 500, (32, 32), 0.5
STEPS, EVERY = 1800, 30
SEEDS = range(10)
RATES = (0.2, 0.3, 0.45, 0.7)
CHANGED = {"halved": (0.7, 0.35), "doubled": (0.35, 0.7), "cut": (0.7, 0.007)}
CROSS_ENTROPY, SURE, SURE_EVERY = 2.0, 300, 5
ADAM = (0.001, 0.002)
BETA1, BETA2 = 0.9, 0.99
SGD, BATCHES = 0.3, (8, 32)
LATE, WARM_UPS, WARMED = 1.0, (0, 100, 300), 600
CLOSE, CLOSE_STEPS = 0.45, (560, 800)
PRODUCTS = 10  # of the Hessian with a vector, for one measurement
FAR = 1e3  # a weight as large as this has left for good
NUDGE = 1e-4  # the length along which two gradients are compared


Run: TypeAlias = dict[str, list[float]]
"""What was measured -> its values every so many steps, to four digits."""


class Squares(MLP):
    """A network whose loss is half the squared distance to 1 for the right class, 0 elsewhere."""

    def _losses(self, z: Array, answers: Answers) -> Array:
        return np.asarray(((z - self._units[answers]) ** 2).sum(axis=1) / 2)

    def _slopes(self, z: Array, answers: Answers) -> Array:
        z -= self._units[answers]
        return z


def centred() -> Dataset:
    """Return the first digits, from whose pixels their mean over these digits is taken."""
    few = digits().train.part(np.arange(IMAGES))
    return Dataset(few.inputs - few.inputs.mean(axis=0), few.labels, few.classes)


def product(model: MLP, x: Array, v: Array) -> Array:
    """Return the Hessian at x times v, from the gradients at two points beside x."""
    step = NUDGE * v / np.linalg.norm(v)
    ahead, behind = model.gradient(np.stack([x + step, x - step]))
    return np.asarray((ahead - behind) * (np.linalg.norm(v) / (2 * NUDGE)))


def largest(
    of: Callable[[Array], Array], v: Array, products: int = PRODUCTS
) -> tuple[float, Array]:
    """Return the largest eigenvalue of a symmetric matrix, and its eigenvector (Lanczos 1950).

    ``of(v)`` is the matrix times v. The matrix is looked at on the span of v and its images alone,
    where it becomes a small tridiagonal one.
    """
    basis = [v / np.linalg.norm(v)]
    small = np.zeros((products, products))
    for k in range(products):
        image = of(basis[k])
        small[k, k] = image @ basis[k]
        for _ in range(2):  # once more, against rounding
            for q in basis:
                image = image - (image @ q) * q
        size = np.linalg.norm(image)
        if k + 1 == products or size < 1e-9 * abs(small).max():
            break
        small[k, k + 1] = small[k + 1, k] = size
        basis.append(image / size)
    values, vectors = np.linalg.eigh(small[: k + 1, : k + 1])
    return float(values[-1]), np.asarray(vectors[:, -1] @ np.stack(basis))


def follow(
    model: MLP,
    rule: Rule,
    gradient: Gradient,
    start: Array,
    steps: int = STEPS,
    every: int = EVERY,
) -> Run:
    """Run a rule, and measure every so many steps until a weight leaves for good.

    Of Adam the sharpness is measured "divided" too: the Hessian times the inverse root of what the
    steps are divided by, from both sides.
    """
    found: Run = {"loss": [], "sharpness": []}
    q = divided = np.random.default_rng(0).normal(size=model.dimension)
    found["sharpness"].append(rounded(largest(partial(product, model, start), q)[0]))
    found["loss"].append(rounded(model.value(start)))
    for step in iterate(rule, gradient, start):
        if not np.abs(step.x).max() < FAR:
            break
        if step.t % every == 0:
            of = partial(product, model, step.x)
            top, q = largest(of, q)
            found["sharpness"].append(rounded(top))
            found["loss"].append(rounded(model.value(step.x)))
            if isinstance(rule, Adam):
                top, divided = largest(between(of, shrink(rule, step)), divided)
                found.setdefault("divided", []).append(rounded(top))
        if step.t == steps:
            break
    return found


def shrink(rule: Adam, step: Step) -> Array:
    """Return the inverse root of what Adam divides by; 0 for a weight that never had a gradient."""
    v = step.state["v"] / (1 - rule.beta2**step.t)
    return np.asarray(np.where(v > 0, np.sqrt(v) + rule.eps, np.inf) ** -0.5)


def between(of: Callable[[Array], Array], factor: Array) -> Callable[[Array], Array]:
    """Return a matrix with a diagonal one before and behind it."""
    return lambda u: factor * of(factor * u)


def rounded(value: Array | float) -> float:
    """Return a number to the four digits that are stored."""
    return float(f"{float(value):.4g}")


def close_up() -> dict[str, object]:
    """Follow one run step by step on the edge.

    ``across`` is how far the point is from the floor of the valley, along the sharpest direction:
    the slope there divided by the curvature.
    """
    model = Squares(centred(), hidden=HIDDEN, activation="tanh")
    q = np.random.default_rng(0).normal(size=model.dimension)
    found: Run = {"loss": [], "sharpness": [], "across": []}
    for step in iterate(GradientDescent(CLOSE), model.gradient, SCALE * model.initial(0)):
        if step.t >= CLOSE_STEPS[0] - 5:  # a few steps before, to find the direction
            top, now = largest(partial(product, model, step.x), q)
            q = now if now @ q > 0 else -now
        if step.t >= CLOSE_STEPS[0]:
            found["sharpness"].append(rounded(top))
            found["loss"].append(rounded(model.value(step.x)))
            found["across"].append(rounded(model.gradient(step.x) @ q / top))
        if step.t == CLOSE_STEPS[1]:
            break
    return {"lr": CLOSE, "first step": CLOSE_STEPS[0], **found}


def descent(lr: float | Schedule, seed: int) -> Run:
    """Run gradient descent over all examples."""
    model = Squares(centred(), hidden=HIDDEN, activation="tanh")
    return follow(model, GradientDescent(lr), model.gradient, SCALE * model.initial(seed))


def sure(seed: int) -> Run:
    """Run gradient descent on the cross-entropy, and look often: it is soon over."""
    model = MLP(centred(), hidden=HIDDEN, activation="tanh")
    start = SCALE * model.initial(seed)
    return follow(model, GradientDescent(CROSS_ENTROPY), model.gradient, start, SURE, SURE_EVERY)


def changing(name: str, seed: int) -> Run:
    """Run gradient descent with a learning rate that changes halfway."""
    first, second = (Constant(lr) for lr in CHANGED[name])
    return descent(Sequence((first, second), ends=(STEPS // 2,)), seed)


def minibatches(size: int, seed: int) -> Run:
    """Run gradient descent over minibatches."""
    model = Squares(centred(), hidden=HIDDEN, activation="tanh")
    batches = model.minibatch(size, seed=seed).oracle()
    start = SCALE * model.initial(seed)
    return follow(model, GradientDescent(SGD), batches, start, 2 * STEPS, 2 * EVERY)


def adam(lr: float, seed: int) -> Run:
    """Run Adam over all examples."""
    model = Squares(centred(), hidden=HIDDEN, activation="tanh")
    rule = Adam(lr, beta1=BETA1, beta2=BETA2)
    return follow(model, rule, model.gradient, SCALE * model.initial(seed))


def warmed(warm_up: int, seed: int) -> Run:
    """Run gradient descent from the whole initial weights, with a learning rate that rises."""
    model = Squares(centred(), hidden=HIDDEN, activation="tanh")
    lr = WarmUp(warm_up, Constant(LATE)) if warm_up else LATE
    return follow(model, GradientDescent(lr), model.gradient, model.initial(seed), WARMED)


def ten(run: Callable[[int], Run]) -> dict[str, list[list[float]]]:
    """Return what a run gives, a row for each seed."""
    runs = [run(seed) for seed in SEEDS]
    return {name: [found[name] for found in runs] for name in runs[0]}


def settings() -> dict[str, Callable[[int], Run]]:
    """Return what is run, by name."""
    found: dict[str, Callable[[int], Run]] = {}
    for lr in RATES:
        found[f"descent {lr}"] = partial(descent, lr)
    found["cross-entropy"] = sure
    for name in CHANGED:
        found[name] = partial(changing, name)
    for size in BATCHES:
        found[f"batch {size}"] = partial(minibatches, size)
    for lr in ADAM:
        found[f"adam {lr}"] = partial(adam, lr)
    for warm_up in WARM_UPS:
        found[f"warm-up {warm_up}"] = partial(warmed, warm_up)
    return found


def main() -> None:
    """Run everything and write the result."""
    found: dict[str, object] = {"close up": close_up()}
    for name, run in settings().items():
        found[name] = runs = ten(run)
        ends = [sharpness[-1] for sharpness in runs["sharpness"]]
        print(name, round(time.process_time()), *ends, flush=True)
    write(RESULT, {"about": about(time.process_time()), "every": EVERY, **found})


if __name__ == "__main__":
    main()
