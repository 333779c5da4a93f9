"""Sutskever et al. (2013), tables 1 to 3 in small: momentum that rises, and the scale of the start.

An autoencoder of the small digits is trained by SGD, and by momentum in Nesterov's form and in the
classical one, whose factor rises to 0.9, 0.99, 0.995 or 0.999 and is 0.9 in the last 1,000 updates.
Then the initial weights are scaled. Eight learning rates are tried for each row on five seeds, and
the best is judged on ten others. What the paper claims and how this differs stands in
claims/sutskever_2013.toml.

Afterwards the rows of table 2 whose factor is kept to the end are tuned for themselves. Each of
these, and each row of table 1, also tries a quarter of a decade less and more than its best
learning rate, and is judged anew. No claim is judged by these.

    python -m experiments.sutskever_2013
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.autoencoder import Autoencoder, Pictures
from experiments.grid import Cell, Grid, commanded
from experiments.settings import Settings, by_setting, finite, label, store, values
from minioptim.datasets import digits, mnist
from minioptim.rules import GradientDescent, Momentum, Nesterov, Rule
from minioptim.run import minimize

NAME = "sutskever_2013"
FORMS: Mapping[str, type[Nesterov | Momentum]] = {"Nesterov": Nesterov, "classical": Momentum}
TOPS = (0.9, 0.99, 0.995, 0.999)
SCALES = (0.25, 0.5, 2.0, 4.0)
OF_SCALES = 0.99  # the largest factor with which the scale is tried, in Nesterov's form
RATES = tuple(float(f"{10 ** (k / 2):.3g}") for k in range(-8, 0))
FINE = tuple(float(f"{10 ** (k / 4):.3g}") for k in range(-16, -1))  # and what lies between them
TUNED_ON, JUDGED_ON = range(5), range(10, 20)
CONNECTIONS = 15
LAST, AT_LAST = 1000, 0.9
BATCH = {"small": 32, "paper": 200}
STEPS = {"small": 4000, "paper": 750_000}
RISE = {"small": 5, "paper": 250}


@cache
def model(size: str) -> Autoencoder:
    """Return what is trained."""
    if size == "paper":
        widths = (1000, 500, 250, 30, 250, 500, 1000)
        return Autoencoder(Pictures(mnist().train.inputs), hidden=widths)
    return Autoencoder(Pictures(digits().train.inputs), hidden=(32, 8, 32))


@cache
def lowest(size: str) -> float:
    """Return the loss of a perfect answer: the entropy of greys, which no network gets below."""
    a = model(size).data.inputs
    with np.errstate(divide="ignore", invalid="ignore"):
        entropies = -np.where(a > 0, a * np.log(a), 0) - np.where(a < 1, (1 - a) * np.log1p(-a), 0)
    return float(entropies.sum(axis=1).mean())


def sparse(of: Autoencoder, scale: float, seed: int) -> npt.NDArray[np.float64]:
    """Return initial weights with few connections into each unit, made for tanh."""
    rng, x = np.random.default_rng(seed), np.zeros(of.dimension)
    for W, b in of.layers(x):
        b[...] = 0.5
        for unit in W.T:
            some = rng.choice(len(unit), size=min(CONNECTIONS, len(unit)), replace=False)
            unit[some] = scale * 0.25 * rng.normal(size=len(some))
    return x


def factor(t: int, top: float, size: str, *, kept: bool) -> float:
    """Return the momentum of step t, which rises to ``top`` and, if not kept, falls at the end.

    Examples
    --------
    >>> [factor(t, 0.99, "small", kept=False) for t in (1, 5, 20, 3000, 3001)]
    [0.5, 0.75, 0.9, 0.99, 0.9]
    """
    if t > STEPS[size] - LAST and not kept:
        return min(top, AT_LAST)
    return min(1 - 0.5 / (t // RISE[size] + 1), top)


def made(cell: Cell, lr: npt.ArrayLike) -> Rule:
    """Return the rule of a cell."""
    if cell["form"] == "SGD":
        return GradientDescent(lr=lr)
    top, size, kept = cell["top"], cell["size"], cell["kept"]
    return FORMS[cell["form"]](lr=lr, momentum=lambda t: factor(t, top, size, kept=kept))


def run(cell: Cell) -> dict[str, Any]:
    """Train at each learning rate, or at the cell's own; return the error at the end."""
    size, seed = cell["size"], cell["seed"]
    trained = model(size)
    rates = cell.get("lr", RATES)
    start = sparse(trained, cell["scale"], seed)
    batches = trained.minibatch(BATCH[size], seed)
    x = minimize(batches, made(cell, rates), start, STEPS[size], record=()).final
    error = trained.value(x) - lowest(size)
    return {"error": [finite(float(e)) for e in error] if error.ndim else finite(float(error))}


def row(form: str, top: float = 0.0, scale: float = 1.0, *, kept: bool = False) -> dict[str, Any]:
    """Return a row of a table."""
    return {"form": form, "top": top, "scale": scale, "kept": kept}


ROWS: Mapping[str, dict[str, Any]] = {
    "SGD": row("SGD"),
    **{f"{form}, {top:g}": row(form, top) for form in FORMS for top in TOPS},
    **{f"scale {scale:g}": row("Nesterov", OF_SCALES, scale) for scale in SCALES},
}


KEPT: Mapping[str, dict[str, Any]] = {
    f"Nesterov, {top:g}, kept": row("Nesterov", top, kept=True) for top in TOPS if top > AT_LAST
}
AFTERWARDS = {**{name: each for name, each in ROWS.items() if each["scale"] == 1}, **KEPT}


def cells(size: str) -> list[dict[str, Any]]:
    """Return what the rows are tuned by, all learning rates in one cell."""
    return [{**each, "seed": seed, "size": size} for each in ROWS.values() for seed in TUNED_ON]


def cells_kept(size: str) -> list[dict[str, Any]]:
    """Return the same for the rows whose factor is kept."""
    return [{**each, "seed": seed, "size": size} for each in KEPT.values() for seed in TUNED_ON]


def best(settings: Settings, rows: Mapping[str, Mapping[str, Any]] = ROWS) -> dict[str, float]:
    """Return the learning rate of each row with the lowest median error."""
    return {
        name: RATES[int(np.median(values(settings, label(each), "error"), axis=0).argmin())]
        for name, each in rows.items()
    }


def beside(lr: float) -> tuple[float, float]:
    """Return the learning rates a quarter of a decade below and above.

    Examples
    --------
    >>> beside(0.01)
    (0.00562, 0.0178)
    """
    at = FINE.index(lr)
    return FINE[at - 1], FINE[at + 1]


def cells_beside(chosen: Mapping[str, float], size: str) -> list[dict[str, Any]]:
    """Return what the rows of `AFTERWARDS` try beside their best learning rates."""
    return [
        {**each, "lr": lr, "seed": seed, "size": size}
        for name, each in AFTERWARDS.items()
        for lr in beside(chosen[name])
        for seed in TUNED_ON
    ]


def best_afterwards(
    chosen: Mapping[str, float], settings: Settings, finer: Settings
) -> dict[str, float]:
    """Return the best of the chosen learning rates and of those beside them."""
    found = {}
    for name, each in AFTERWARDS.items():
        lr = chosen[name]
        tried = values(settings, label(each), "error")[:, RATES.index(lr)]
        medians = {lr: np.median(tried)}
        for near in beside(lr):
            medians[near] = np.median(values(finer, label({**each, "lr": near}), "error"))
        found[name] = min(medians, key=lambda rate: float(medians[rate]))
    return found


def judged(chosen: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Return the settings that are judged; those of Nesterov's form with the factor kept, too."""
    found = {name: {**ROWS[name], "lr": lr} for name, lr in chosen.items()}
    kept = {
        f"{name}, kept": {**setting, "kept": True}
        for name, setting in found.items()
        if setting["form"] == "Nesterov" and setting["scale"] == 1 and setting["top"] > AT_LAST
    }
    return {**found, **kept}


def judging(chosen: Mapping[str, float], size: str) -> list[dict[str, Any]]:
    """Return their cells."""
    return [
        {**each, "seed": seed, "size": size}
        for each in judged(chosen).values()
        for seed in JUDGED_ON
    ]


def judging_afterwards(chosen: Mapping[str, float], size: str) -> list[dict[str, Any]]:
    """Return the cells by which the rows of `AFTERWARDS` are judged."""
    return [
        {**AFTERWARDS[name], "lr": lr, "seed": seed, "size": size}
        for name, lr in chosen.items()
        for seed in JUDGED_ON
    ]


def afterwards(grid: Grid, chosen: Mapping[str, float], settings: Settings, size: str) -> Any:
    """Compute what no claim is judged by."""
    kept_cells = cells_kept(size)
    kept = by_setting(kept_cells, grid.compute(kept_cells))
    coarse = {**chosen, **best(kept, KEPT)}
    near = cells_beside(coarse, size)
    finer = by_setting(near, grid.compute(near))
    fine = best_afterwards(coarse, {**settings, **kept}, finer)
    last = judging_afterwards(fine, size)
    return {
        "settings, kept": kept,
        "settings beside": finer,
        "best afterwards": fine,
        "judged afterwards": by_setting(last, grid.compute(last)),
    }


def measures(result: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return what the claims compare: the errors on ten fresh seeds."""
    found = {}
    for name, setting in judged(result["best"]).items():
        of = name.removesuffix(", kept")
        words = f"{of}: error, the factor kept" if of != name else f"{name}: error"
        found[words] = values(result["judged"], label(setting), "error").tolist()
    return found


def main() -> None:
    """Run everything and write the result."""
    with commanded(f"experiments.{NAME}:run", __doc__) as (grid, path, size):
        every = cells(size)
        settings = by_setting(every, grid.compute(every))
        chosen = best(settings)
        last = judging(chosen, size)
        found = {
            "seeds": {"tuned on": list(TUNED_ON), "judged on": list(JUDGED_ON)},
            "rates": list(RATES),
            "best": chosen,
            "settings": settings,
            "judged": by_setting(last, grid.compute(last)),
            **afterwards(grid, chosen, settings, size),
        }
        store(path, grid, NAME, found)


if __name__ == "__main__":
    main()
