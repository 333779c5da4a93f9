"""What a paper's experiment stores of its cells: for each setting, what its seeds gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from experiments import claims
from experiments.grid import Cell, Found, Grid
from experiments.store import about, write

Settings: TypeAlias = Mapping[str, Mapping[str, list[Any]]]
"""Setting -> what was measured -> a list with an entry for each seed."""


def label(cell: Cell) -> str:
    """Return a setting's name: all that a cell says but its seed and its size.

    Examples
    --------
    >>> label({"rule": "SGD", "lr": 0.1, "seed": 3, "size": "small"})
    'rule=SGD lr=0.1'
    """
    return " ".join(f"{name}={value}" for name, value in cell.items() if name not in NO_SETTING)


NO_SETTING = ("seed", "size")


def by_setting(cells: Sequence[Cell], found: Sequence[Found]) -> dict[str, dict[str, list[Any]]]:
    """Return what cells gave, a list for each setting in the order of its cells."""
    grouped: dict[str, dict[str, list[Any]]] = {}
    for cell, each in zip(cells, found, strict=True):
        setting = grouped.setdefault(label(cell), {})
        for name, value in each.items():
            setting.setdefault(name, []).append(value)
    return grouped


def tuned_and_judged(
    grid: Grid,
    cells: Sequence[Cell],
    best: Callable[[Settings], Mapping[str, Cell]],
    seeds: Sequence[int],
    fresh: Sequence[int],
    size: str,
) -> dict[str, object]:
    """Compute cells, run the best settings again with fresh seeds, and return what is stored.

    Two names may have the same best setting: it is run once.
    """
    settings = by_setting(cells, grid.compute(cells))
    chosen = best(settings)
    once = {label(each): each for each in chosen.values()}.values()
    again = [{**each, "seed": seed, "size": size} for each in once for seed in fresh]
    judged = by_setting(again, grid.compute(again))
    return {
        "seeds": {"tuned on": list(seeds), "judged on": list(fresh)},
        "best": {name: label(each) for name, each in chosen.items()},
        "settings": settings,
        "fresh": {name: judged[label(each)] for name, each in chosen.items()},
    }


def values(settings: Settings, name: str, measured: str) -> npt.NDArray[np.float64]:
    """Return a measure of a setting for each seed, infinite where a run diverged."""
    found = np.array(settings[name][measured], dtype=np.float64)  # None becomes nan
    return np.where(np.isnan(found), np.inf, found)


def finite(value: float, digits: int = 5) -> float | None:
    """Return a number with so many digits, as it is stored; None if it is not finite."""
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def store(path: Path, grid: Grid, paper: str, found: Mapping[str, object]) -> None:
    """Write a paper's result with what it was made by, and by which claims it is judged."""
    digest = claims.digest(claims.read(paper))
    write(path, {"about": about(grid.seconds), "claims": digest, **found})
