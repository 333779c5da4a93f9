"""Duchi, Hazan and Singer (2011), Adaptive subgradient methods: the regret and its bound.

Examples come one by one: each is predicted, its loss is counted, and one step is made. The regret
is the sum of these losses less that of the best fixed point in hindsight. Adagrad, with a sum of
squared gradients for each coordinate, is held against the same with one sum for all, on sparse
documents, on sparser ones, and on digits. With --size paper it learns from real sentences
alone, those of the data set `film_sentences`. What the paper claims and how this differs stands in
claims/duchi_2011.toml.

The problem that the claims call dense is not: half of the values of the digits are 0. The one
called signed, added after the claims were judged, has the same digits from -1 to 1, and there 97 in
100 values are not 0. No claim is judged by it.

Afterwards each rule also tries a quarter of a decade less and more than its best learning rate. No
claim is judged by these.

    python -m experiments.duchi_2011
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse
from scipy.special import expit

from experiments.grid import Cell, Grid, commanded
from experiments.settings import Settings, by_setting, finite, label, store, values
from minioptim.datasets import Dataset, bag_of_words, digits, film_sentences
from minioptim.rules import Adagrad

NAME = "duchi_2011"
SEEDS, FRESH = range(10), range(10, 20)
RULES = ("Adagrad", "one rate")
PROBLEMS = ("sparse", "rare", "dense")
AFTERWARDS = "signed"
FACTORS = tuple(float(f"{10 ** (k / 2):.3g}") for k in range(-6, 3))  # of the theory's η
FINE = tuple(float(f"{10 ** (k / 4):.3g}") for k in range(-12, 5))  # and what lies between them
BY_THEORY = FACTORS.index(1.0)
WORDS, SIZES_OF_RARE = 2000, (250, 500, 1000, 2000, 4000)
DOCUMENTS, LENGTH = 4000, 50
WIDTH = 2.0  # of the box along each coordinate: the theory's D
Array = npt.NDArray[np.float64]
Step = Callable[[Array, Array, int, npt.NDArray[np.intp]], Array]


class Stream(NamedTuple):
    """Examples in the order in which they come, and others to test on; signs are -1 or 1."""

    inputs: sparse.csr_array
    signs: Array
    test_inputs: sparse.csr_array
    test_signs: Array


def stream(problem: str, words: int, size: str, seed: int) -> Stream:
    """Return the examples of a problem."""
    if problem in ("dense", AFTERWARDS):
        train, test = digits()
        if problem == AFTERWARDS:
            train, test = _signed(train), _signed(test)
        return _stream(train, test, train.labels % 2, test.labels % 2, seed)
    if problem == "sparse" and size == "paper":
        train, test = film_sentences()
    else:
        exponent = 1.0 if problem == "sparse" else 2.0
        documents = bag_of_words(
            DOCUMENTS + 2000, words, LENGTH, seed=seed, exponent=exponent, telling=100
        )
        test, train = (
            documents.part(np.arange(2000)),
            documents.part(np.arange(2000, len(documents))),
        )
    return _stream(_there(train), _there(test), train.labels, test.labels, seed)


def _signed(images: Dataset) -> Dataset:
    """Return images with values from -1 to 1, of which few are 0."""
    return Dataset(2 * images.inputs - 1, images.labels, images.classes)


def _there(documents: Dataset) -> Dataset:
    """Return documents with a 1 for each word that occurs, however often."""
    return Dataset((documents.inputs > 0).astype(float), documents.labels, classes=2)


def _stream(train: Dataset, test: Dataset, classes: Any, test_classes: Any, seed: int) -> Stream:
    order = np.random.default_rng(seed).permutation(len(train))
    return Stream(
        sparse.csr_array(train.inputs)[order],
        2.0 * classes[order] - 1,
        sparse.csr_array(test.inputs),
        2.0 * test_classes - 1,
    )


def in_hindsight(examples: Stream) -> tuple[float, float]:
    """Return the least sum of losses in the box, and by how much it may be lower still.

    The loss is convex: nowhere in the box is it lower than the tangent plane at the point that was
    found, whose least value lies in a corner.
    """
    signed = sparse.diags_array(examples.signs) @ examples.inputs
    dimension = signed.shape[1]

    def loss(x: Array) -> tuple[float, Array]:
        margins = signed @ x
        return float(np.logaddexp(0, -margins).sum()), np.asarray(-(signed.T @ expit(-margins)))

    half = WIDTH / 2
    found = optimize.minimize(
        loss,
        np.zeros(dimension),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-half, half)] * dimension,
        options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-5},
    )
    value, gradient = loss(found.x)
    return float(value), float(gradient @ found.x + half * np.abs(gradient).sum())


def online(examples: Stream, step: Step, rates: int = len(FACTORS)) -> tuple[Array, Array, Array]:
    """Learn from the examples one by one, once for each of so many learning rates.

    Returns
    -------
    x : array of shape (d, rates)
        The points after the last step.
    losses : array of shape (rates,)
        The sum of the losses before each step.
    squares : array of shape (d, rates)
        The sum of squared gradients of each coordinate.
    """
    inputs, dimension = examples.inputs, examples.inputs.shape[1]
    x, squares = np.zeros((2, dimension, rates))
    losses = np.zeros(rates)
    half = WIDTH / 2
    for t, sign in enumerate(examples.signs):
        # Where the input is 0 so is the gradient, and both rules stay where they are.
        entries = slice(inputs.indptr[t], inputs.indptr[t + 1])
        at, given = inputs.indices[entries], inputs.data[entries]
        margin = sign * (given @ x[at])
        losses += np.logaddexp(0, -margin)
        g = -sign * np.outer(given, expit(-margin))
        squares[at] += g**2
        x[at] = np.clip(step(g, x[at], t + 1, at), -half, half)
    return x, losses, squares


def per_coordinate(dimension: int, factors: Sequence[float] = FACTORS) -> Step:
    """Return Adagrad at each learning rate."""
    rule = Adagrad(lr=WIDTH / np.sqrt(2) * np.array(factors))
    sums = np.zeros((dimension, len(factors)))

    def step(g: Array, x: Array, t: int, at: npt.NDArray[np.intp]) -> Array:
        new, sums[at] = rule.step(g, x, t, sums[at])
        return np.asarray(new)

    return step


def for_all(dimension: int, factors: Sequence[float] = FACTORS) -> Step:
    """Return the same step with one sum for all coordinates."""
    rates = WIDTH * np.sqrt(dimension) / np.sqrt(2) * np.array(factors)
    total = np.zeros(len(factors))

    def step(g: Array, x: Array, _: int, __: npt.NDArray[np.intp]) -> Array:
        total[:] += (g**2).sum(axis=0)
        return np.asarray(x - rates * g / np.sqrt(total))

    return step


def run(cell: Cell) -> dict[str, list[float | None]]:
    """Return the regret, its bound and the test error of both rules at each learning rate.

    A cell may name the learning rates of each rule, as multiples of the theory's.
    """
    examples = stream(cell["problem"], cell["words"], cell["size"], cell["seed"])
    least, lower = in_hindsight(examples)
    dimension = examples.inputs.shape[1]
    found: dict[str, list[float | None]] = {"lower still, at most": [finite(lower)]}
    for rule, made in zip(RULES, (per_coordinate, for_all), strict=True):
        factors = cell.get("factors", {}).get(rule, FACTORS)
        x, losses, squares = online(examples, made(dimension, factors), len(factors))
        if rule == "Adagrad":
            bound = np.sqrt(2) * WIDTH * np.sqrt(squares).sum(axis=0)
        else:
            bound = np.sqrt(2) * WIDTH * np.sqrt(dimension) * np.sqrt(squares.sum(axis=0))
        wrong = (examples.test_inputs @ x) * examples.test_signs[:, None] <= 0
        found[f"{rule} regret"] = [finite(float(each)) for each in losses - least]
        found[f"{rule} bound"] = [finite(float(each)) for each in bound]
        found[f"{rule} error"] = [finite(float(each)) for each in 100 * wrong.mean(axis=0)]
    return found


def posed(problem: str, words: int = WORDS) -> dict[str, Any]:
    """Return a setting: a problem, and its number of words, which digits and sentences ignore."""
    return {"problem": problem, "words": words}


SETTINGS = [posed(problem) for problem in PROBLEMS]
SETTINGS += [posed("rare", words) for words in SIZES_OF_RARE if words != WORDS]
SETTINGS += [posed(AFTERWARDS)]


def cells(size: str) -> list[dict[str, Any]]:
    """Return all that is computed: with real words, these alone, as the rest has no other size."""
    settings = SETTINGS if size == "small" else [posed("sparse")]
    return [{**each, "seed": seed, "size": size} for each in settings for seed in (*SEEDS, *FRESH)]


def best(settings: Settings, problem: str, rule: str, words: int = WORDS) -> int:
    """Return the place of the learning rate with the lowest median regret over ten seeds."""
    regret = values(settings, label(posed(problem, words)), f"{rule} regret")[: len(SEEDS)]
    return int(np.median(regret, axis=0).argmin())


def beside(factor: float) -> list[float]:
    """Return the multiples a quarter of a decade below and above.

    Examples
    --------
    >>> beside(0.1)
    [0.0562, 0.178]
    """
    at = FINE.index(factor)
    return [FINE[at - 1], FINE[at + 1]]


def afterwards(grid: Grid, settings: Settings, every: Sequence[Cell]) -> dict[str, Any]:
    """Compute what lies beside the best learning rates; no claim is judged by it."""
    factors = {
        label(each): {
            rule: beside(FACTORS[best(settings, each["problem"], rule, each["words"])])
            for rule in RULES
        }
        for each in every
    }
    found = grid.compute([{**each, "factors": factors[label(each)]} for each in every])
    return {"factors beside": factors, "settings beside": by_setting(every, found)}


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare, all of it on the last ten seeds."""
    settings, found = result["settings"], {}

    def of(problem: str, words: int, measured: str) -> Any:
        return values(settings, label(posed(problem, words)), measured)[len(SEEDS) :]

    for rule in RULES:
        for problem in PROBLEMS:
            at = best(settings, problem, rule)
            regret = of(problem, WORDS, f"{rule} regret")
            found[f"{rule}, {problem}: regret"] = regret[:, at]
            found[f"{rule}, {problem}: regret by the theory"] = regret[:, BY_THEORY]
            found[f"{rule}, {problem}: bound"] = of(problem, WORDS, f"{rule} bound")[:, BY_THEORY]
            found[f"{rule}, {problem}: test error"] = of(problem, WORDS, f"{rule} error")[:, at]
        few, many = (
            of("rare", words, f"{rule} bound")[:, BY_THEORY]
            for words in (SIZES_OF_RARE[0], SIZES_OF_RARE[-1])
        )
        found[f"{rule}, rare: growth of the bound"] = many / few
    return {name: each.tolist() for name, each in found.items()}


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        every = cells(size)
        settings = by_setting(every, grid.compute(every))
        seeds = {"tuned on": list(SEEDS), "judged on": list(FRESH)}
        found = {"seeds": seeds, "factors": list(FACTORS), "settings": settings}
        store(path, grid, NAME, {**found, **afterwards(grid, settings, every)})


if __name__ == "__main__":
    main()
