"""Muon beside the libraries: what is compared, and where they went: ``make golden``.

Run in the parity environment, it stores the libraries' points; `test_matrix.py` then holds the
package against them on machines without any of the libraries.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minioptim import Adam, minimize
from minioptim._arguments import Array
from minioptim.problems import Function
from minioptim.rules import HeavyBallMuon, Muon, PerLayer, Rule
from minioptim.schedules import Cosine

GOLDEN = Path(__file__).with_name("matrix.json")
STEPS = 60
STORED = (1, 2, 3, 10, 30, 60)
BETA = 0.9


@dataclass(frozen=True)
class Fit:
    """Least squares with a bias, f(W, b) = |A W + b - C|^2 / 2; x is W row by row, and then b."""

    inputs: int
    outputs: int

    @property
    def data(self) -> tuple[Array, Array]:
        """A and C: nothing drawn, so that they are the same everywhere."""
        i, j = np.ogrid[:7, : self.inputs]
        k = np.arange(self.outputs)
        return np.cos(i + 2.0 * j * j), np.sin(3.0 * i[:, 0][:, None] + k * k)

    @property
    def start(self) -> Array:
        """The first point."""
        return np.cos(np.arange(self.inputs * self.outputs + self.outputs) ** 2.0) * 3

    def gradient(self, x: Array) -> Array:
        """Return the gradient at x."""
        A, C = self.data
        W = x[: -self.outputs].reshape(self.inputs, self.outputs)
        residual = A @ W + x[-self.outputs :] - C
        return np.concatenate([(A.T @ residual).ravel(), residual.sum(axis=0)])


@dataclass(frozen=True)
class Case:
    """A rule for W and one for b, and the function of a library that goes the same way."""

    name: str
    fit: Fit
    weights: Rule
    biases: Rule
    library: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> PerLayer:
        """Both rules, each for its part."""
        shape = (self.fit.inputs, self.fit.outputs)
        return PerLayer([("W", shape, self.weights), ("b", (self.fit.outputs,), self.biases)])


def corrected(t: int) -> float:
    """Return what our eps is where Optax adds 0.01 to the norm of its corrected average."""
    return 0.01 * (1 - BETA**t)


FITS = (Fit(4, 3), Fit(3, 5), Fit(4, 4))
ADAM = Adam(lr=0.02, eps=0.01)
# PyTorch takes max(norm, eps), so it is compared without eps.
CASES = [
    case
    for fit in FITS
    for case in (
        Case(
            f"HeavyBallMuon {fit} = Optax",
            fit,
            HeavyBallMuon(lr=0.02, beta=BETA, eps=corrected, weight_decay=0.1),
            ADAM,
            "Optax",
            {"nesterov": False, "beta": BETA, "eps": 0.01, "weight_decay": 0.1},
        ),
        Case(
            f"HeavyBallMuon {fit} = PyTorch",
            fit,
            HeavyBallMuon(lr=0.02, eps=0.0),
            ADAM,
            "PyTorch",
            {"nesterov": False, "weight_decay": 0.0},
        ),
        Case(
            f"Muon {fit} = PyTorch",
            fit,
            Muon(lr=0.02, beta=BETA, eps=0.0, weight_decay=0.1),
            ADAM,
            "PyTorch",
            {"momentum": BETA, "weight_decay": 0.1},
        ),
        Case(
            f"Muon scheduled {fit} = PyTorch",
            fit,
            Muon(lr=Cosine(0.05, steps=STEPS + 1), eps=0.0),
            ADAM,
            "PyTorch",
            {"weight_decay": 0.0},
        ),
    )
]


def iterates(case: Case) -> Array:
    """Return where our run goes: shape (STEPS + 1, d)."""
    problem = Function(lambda x: np.zeros(x.shape[:-1]), case.fit.gradient)
    return minimize(problem, case.rule, case.fit.start, STEPS, record=("x",)).x


def main() -> None:
    """Write the file anew, whole or not at all."""
    # Here, so that this file can be read where the libraries are not installed.
    from ..parity.matrix import library_iterates

    stored = {case.name: library_iterates(case)[list(STORED)].tolist() for case in CASES}
    lines = [f"{json.dumps(name)}: {json.dumps(points)}" for name, points in stored.items()]
    unfinished = GOLDEN.with_suffix(".unfinished")
    try:
        unfinished.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        os.replace(unfinished, GOLDEN)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
