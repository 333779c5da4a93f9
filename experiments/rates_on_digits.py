"""Sweep the learning rate of three rules on the digits: constant, falling, and as it comes.

The handbook's network, ten runs that differ in their initial weights and in the order of the
examples, twelve rates from 0.003 to 1.8, each 1.8 times the one before. A constant rate is read
after one epoch and after ten, a rate that falls to zero along a cosine after ten. The default rate
of each rule is read after ten epochs and after a hundred.

    python -m experiments.rates_on_digits
"""

from __future__ import annotations

import numpy as np

from experiments.store import RESULTS, write
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.rules import SGD, Adam, Momentum
from minioptim.run import minimize
from minioptim.schedules import Cosine

RESULT = RESULTS / "rates_on_digits.json"
RULES: dict[str, type[SGD | Momentum | Adam]] = {"SGD": SGD, "Momentum": Momentum, "Adam": Adam}
RATES = [float(f"{10**k:.2g}") for k in np.arange(-2.5, 0.3, 0.25)]
BATCH = 32
EPOCH = 34  # steps
EPOCHS = 10
LONG = 100  # epochs of the default rates
SEEDS = range(10)


def network() -> MLP:
    """Return the handbook's network on its training set, of 1,077 digits."""
    rest, _ = digits()
    train, _ = rest.split(test=360, seed=1)
    return MLP(train, hidden=(32,))


def losses(kind: str, rule: str, seed: int) -> list[list[float]]:
    """Return the training losses of one seed: a row a moment, a column a learning rate."""
    net, make = network(), RULES[rule]
    rates = np.array(RATES)
    made, epochs, shown = {
        "constant": (make(lr=rates), EPOCHS, [1, EPOCHS]),
        "cosine": (make(lr=Cosine(rates, steps=EPOCHS * EPOCH)), EPOCHS, [EPOCHS]),
        "default": (make(lr=np.array([make().lr])), LONG, [EPOCHS, LONG]),
    }[kind]
    start = np.tile(net.initial(seed), (1 if kind == "default" else len(RATES), 1))
    problem = net.minibatch(BATCH, seed)
    run = minimize(problem, made, start, epochs * EPOCH, record="x", every=EPOCH)
    return [row.tolist() for row in np.asarray(net.value(run.x[shown]))]


def main() -> None:
    """Run everything and write the result."""
    found: dict[str, object] = {"lr": RATES}
    for rule, make in RULES.items():
        constant, cosine, default = (
            np.array([losses(kind, rule, seed) for seed in SEEDS]).round(5)
            for kind in ("constant", "cosine", "default")
        )
        for curve in (constant[:, 0], constant[:, 1], cosine[:, 0]):
            if not 0 < np.median(curve, axis=0).argmin() < len(RATES) - 1:
                raise ValueError(f"a best lr of {rule} lies at an end of its grid")
        found[rule] = {
            "1 epoch": constant[:, 0].tolist(),
            "10 epochs": constant[:, 1].tolist(),
            "10 epochs, cosine": cosine[:, 0].tolist(),
            "default lr": float(np.asarray(make().lr)),
            "10 epochs, default": default[:, 0, 0].tolist(),
            "100 epochs, default": default[:, 1, 0].tolist(),
        }
        print(rule, *(np.median(np.array(curve), axis=0).round(3) for curve in (constant, cosine)))
    write(RESULT, found)


if __name__ == "__main__":
    main()
