"""A race to a fixed target: the steps that each of ten rules needs to a given test error.

A network and a softmax regression learn to read digits at a constant learning rate. Every rule is
tuned on ten seeds over the same 25 learning rates, and the one with the fewest steps to a target,
in the median, is judged on twenty other seeds. A seed draws the digits to train on, the initial
weights and the order. What a step costs on this machine is measured beside it. What we expected
stands in claims/race_to_target.toml.

    python -m experiments.race_to_target
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from experiments.grid import Cell, commanded
from experiments.settings import Settings, by_setting, label, store, values
from experiments.wilson_2017 import all_digits
from minioptim import rules
from minioptim.datasets import Dataset, mnist
from minioptim.losses import MLP, Model, SoftmaxRegression
from minioptim.rules import Rule
from minioptim.run import minimize
from minioptim.stepper import Stepper

NAME = "race_to_target"
RULES = (
    *("GradientDescent", "Momentum", "Nesterov", "Adagrad", "RMSProp"),
    *("Adam", "NAdam", "Adadelta", "AdaMax", "AMSGrad"),
)
MODELS = ("network", "softmax")
RATES = tuple(float(f"{10 ** (k / 4):.3g}") for k in range(-12, 13))
TUNED_ON, JUDGED_ON = range(10), range(10, 30)
HELD = 3  # at so many looks in a row the error must be on target


class Size(NamedTuple):
    """How a race of a size is run."""

    hidden: int
    batch: int
    steps: int
    look: int  # steps from one look at the test error to the next
    targets: Mapping[str, tuple[float, float]]  # the near and the far one, in per cent


SIZES = {
    "small": Size(32, 32, 640, 8, {"network": (8.0, 5.0), "softmax": (8.0, 6.0)}),
    "paper": Size(100, 128, 9380, 335, {"network": (4.0, 2.5), "softmax": (10.0, 8.0)}),
}


@cache
def drawn(size: str, seed: int) -> tuple[Dataset, Dataset]:
    """Return what a seed trains on and tests on."""
    if size == "paper":
        return mnist()
    order = np.random.default_rng(seed).permutation(len(all_digits()))
    return all_digits().part(order[:1000]), all_digits().part(order[1000:])


def model(name: str, size: str, train: Dataset) -> Model:
    """Return the loss of the network or of the softmax regression."""
    return (
        MLP(train, hidden=(SIZES[size].hidden,)) if name == "network" else SoftmaxRegression(train)
    )


def made(rule: str) -> Rule:
    """Return the rule of this name with the package's defaults."""
    new: Rule = getattr(rules, rule)()
    return new


def measure(target: float) -> str:
    """Return what the steps to a target are called."""
    return f"steps to {target:g} %"


def reached(errors: npt.NDArray[np.float64], target: float, look: int) -> list[int | None]:
    """Return the first step from which each run holds the target: errors (looks, runs) to (runs,).

    None stands for a run that never does.
    """
    on = np.asarray(sliding_window_view(errors <= target, HELD, axis=0).all(axis=-1))
    return [int(look * run.argmax()) if run.any() else None for run in on.T]


def run(cell: Cell) -> dict[str, Any]:
    """Train at each learning rate, or at the cell's own; return the steps to each target."""
    name, size, seed = cell["model"], cell["size"], cell["seed"]
    of = SIZES[size]
    train, test = drawn(size, seed)
    trained = model(name, size, train)
    rates = [cell["lr"]] if "lr" in cell else list(RATES)
    rule = replace(made(cell["rule"]), lr=rates)  # type: ignore[call-arg]
    start = trained.initial(seed) if isinstance(trained, MLP) else None
    batches = trained.minibatch(of.batch, seed)
    path = minimize(batches, rule, start, of.steps, record="x", every=of.look).x
    errors = 100 * trained.error(path, test)  # type: ignore[attr-defined]
    found = {measure(target): reached(errors, target, of.look) for target in of.targets[name]}
    return {key: each[0] for key, each in found.items()} if "lr" in cell else found


def tuning(size: str) -> list[dict[str, Any]]:
    """Return the cells that the rules are tuned by, all learning rates in one."""
    return [
        {"model": name, "rule": rule, "seed": seed, "size": size}
        for name in MODELS
        for rule in RULES
        for seed in TUNED_ON
    ]


def at(name: str, rule: str, lr: float) -> dict[str, Any]:
    """Return a setting that is judged."""
    return {"model": name, "rule": rule, "lr": lr}


def default(rule: str) -> float:
    """Return a rule's own learning rate."""
    lr: float = made(rule).hyper_parameters()["lr"]
    return lr


def judging(best: Mapping[str, float], size: str) -> list[dict[str, Any]]:
    """Return the cells that they are judged by: at the best learning rates and the default."""
    settings = [at(*competitor(who)[:2], lr) for who, lr in best.items()]
    settings += [at(name, rule, default(rule)) for name in MODELS for rule in RULES]
    once = {label(each): each for each in settings}.values()
    return [{**each, "seed": seed, "size": size} for each in once for seed in JUDGED_ON]


def who(name: str, rule: str, target: float) -> str:
    """Return what a competitor is called, such as "Adam, network: steps to 5 %"."""
    return f"{rule}, {name}: {measure(target)}"


def competitor(called: str) -> tuple[str, str, str]:
    """Return the model, the rule and the measure of a competitor."""
    rule, _, rest = called.partition(", ")
    name, _, measured = rest.partition(": ")
    return name, rule, measured


def best_rates(settings: Settings, size: str) -> dict[str, float]:
    """Return each competitor's learning rate: the lowest median, of equal ones the lowest mean.

    In the mean a run that never holds the target counts twice its steps.
    """
    chosen = {}
    for name in MODELS:
        for rule in RULES:
            for target in SIZES[size].targets[name]:
                steps = values(settings, label({"model": name, "rule": rule}), measure(target))
                means = np.minimum(steps, 2 * SIZES[size].steps).mean(axis=0)
                order = np.lexsort([means, np.median(steps, axis=0)])
                chosen[who(name, rule, target)] = RATES[order[0]]
    return chosen


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare: the steps of each competitor, tuned and by default."""
    judged, found = result["judged"], {}
    for called, lr in result["best"].items():
        name, rule, measured = competitor(called)
        found[called] = values(judged, label(at(name, rule, lr)), measured).tolist()
        plain = values(judged, label(at(name, rule, default(rule))), measured).tolist()
        found[called.replace(rule, f"{rule} at its default", 1)] = plain
    return found


ENGINES = ("arrays", "compiled")
ROUNDS, CALLS = 300, 10


def microseconds(call: Callable[[], object]) -> float:
    """Return what a call costs, by the quickest of several rounds: a busy machine only adds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(CALLS):
            call()
        rounds.append((time.perf_counter() - begin) / CALLS)
    return round(1e6 * min(rounds), 1)


def costs(size: str) -> dict[str, dict[str, float]]:
    """Measure the parts of a step in microseconds: the gradient, and each rule by two engines.

    These hang on the machine, unlike all else that is stored.
    """
    found = {}
    for name in MODELS:
        trained = model(name, size, drawn(size, 0)[0])
        x = np.full(trained.dimension, 0.01)
        examples = np.arange(SIZES[size].batch)
        g = trained.gradient_on(examples, x)
        found[name] = {"gradient": microseconds(partial(trained.gradient_on, examples, x))}
        for rule, engine in product(RULES, ENGINES):
            slow = replace(made(rule), lr=1e-6)  # type: ignore[call-arg]
            stepper = Stepper(slow, x.copy(), engine=engine)
            stepper.step(g)  # compiles
            found[name][f"{rule}, {engine}"] = microseconds(partial(stepper.step, g))
    return found


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        tried = tuning(size)
        tuned = by_setting(tried, grid.compute(tried))
        best = best_rates(tuned, size)
        last = judging(best, size)
        found = {
            "seeds": {"tuned on": list(TUNED_ON), "judged on": list(JUDGED_ON)},
            "rates": list(RATES),
            "best": best,
            "tuned": tuned,
            "judged": by_setting(last, grid.compute(last)),
            "microseconds": costs(size),
        }
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
