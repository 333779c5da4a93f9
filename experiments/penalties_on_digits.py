"""Train small networks on too few digits, with and without what is said to help.

Each draw has 200 digits of its own, of which 40 have a wrong label, its own initial weights and
its own order. Ten draws choose the strength of each method by the validation loss, for each of
three learning rates; twenty other draws are judged by the test loss.

    python -m experiments.penalties_on_digits
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.store import RESULTS, write
from minioptim.datasets import Dataset, digits
from minioptim.losses import MLP
from minioptim.rules import Adam, AdamW, Rule
from minioptim.run import minimize

RESULT = RESULTS / "penalties_on_digits.json"
RATES = [0.001, 0.003, 0.01]
STRENGTHS = {
    "nothing": [0.0],
    "AdamW's decay": [0.03, 0.1, 0.3, 1.0],
    "Adam with L2": [0.001, 0.003, 0.01, 0.03],
    "dropout": [0.1, 0.3, 0.5],
}
# What the twenty other draws are judged with, for each learning rate.
CHOSEN = {
    0.003: {"nothing": 0.0, "AdamW's decay": 0.03, "Adam with L2": 0.003, "dropout": 0.1},
    0.01: {"nothing": 0.0, "AdamW's decay": 0.3, "Adam with L2": 0.01, "dropout": 0.3},
}
HIDDEN = (32,)
STEPS = 400
EVERY = 10  # steps between two looks at the validation loss, for early stopping
TUNING, JUDGING = range(10), range(100, 120)


@dataclass(frozen=True)
class AdamL2(Adam):
    """Adam with the gradient of a penalty, c times the weights, added to its own."""

    c: float = 0.0

    def step(self, g, x, t, m, v):  # type: ignore[no-untyped-def]
        """Make Adam's step with the gradient of the loss and the penalty."""
        return super().step(g + self.c * x, x, t, m, v)


def sets() -> tuple[Dataset, Dataset, Dataset]:
    """Return the handbook's training, validation and test set."""
    rest, test = digits()
    train, validation = rest.split(test=360, seed=1)
    return train, validation, test


def drawn(seed: int, dropout: float) -> MLP:
    """Return the network on a training set of its own, the first 40 labels of it wrong."""
    train, _, _ = sets()
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(train), size=200, replace=False)
    labels = train.labels[rows].copy()
    labels[:40] = (labels[:40] + rng.integers(1, 10, size=40)) % 10
    data = Dataset(train.inputs[rows], labels, classes=10)
    return MLP(data, hidden=HIDDEN, dropout=dropout)


def path(method: str, lr: float, strength: float, seed: int) -> npt.NDArray[np.float64]:
    """Return the points of one run, one for every ten steps."""
    rule: Rule = {
        "AdamW's decay": AdamW(lr=lr, weight_decay=strength),
        "Adam with L2": AdamL2(lr=lr, c=strength),
    }.get(method, Adam(lr=lr))
    model = drawn(seed, strength if method == "dropout" else 0.0)
    problem, start = model.minibatch(32, seed), model.initial(seed)
    return minimize(problem, rule, start, STEPS, record="x", every=EVERY).x


def validation_loss(method: str, lr: float, strength: float, seed: int) -> float:
    """Return the validation loss at the end of one run."""
    _, validation, _ = sets()
    return float(MLP(validation, hidden=HIDDEN).value(path(method, lr, strength, seed)[-1]))


def loss_on_test(method: str, lr: float, seed: int) -> float:
    """Return the test loss of one run; stopped early, where the validation loss was lowest."""
    _, validation, test = sets()
    early = method == "early stopping"
    x = path(method, lr, 0.0 if early else CHOSEN[lr][method], seed)
    kept = MLP(validation, hidden=HIDDEN).value(x).argmin() if early else -1
    return float(MLP(test, hidden=HIDDEN).value(x[kept]))


def main() -> None:
    """Run everything and write the result."""
    tuning = {
        method: {
            str(strength): [
                [round(validation_loss(method, lr, strength, seed), 5) for lr in RATES]
                for seed in TUNING
            ]
            for strength in strengths
        }
        for method, strengths in STRENGTHS.items()
    }
    test = {
        method: [[round(loss_on_test(method, lr, seed), 5) for lr in CHOSEN] for seed in JUDGING]
        for method in ("nothing", "early stopping", *list(STRENGTHS)[1:])
    }
    write(RESULT, {"lr": RATES, "tuning": tuning, "judged at lr": list(CHOSEN), "test": test})


if __name__ == "__main__":
    main()
