"""Train the network on the small digits with Adam and with NAdam in three libraries' schedules.

Two Adams with a smaller beta1 are controls: they give the newest gradient the weight that it has in
NAdam, 0.19 with a constant momentum and 0.595 with PyTorch's early one, and look ahead at nothing.
Every rule runs for five epochs, with a learning rate that falls to 0 and with a constant one. Its
learning rate is the one with the lowest median of the final training loss over ten seeds, of a grid
of eight; forty other seeds, the same for all rules, judge it there.

    python -m experiments.nadam_on_digits
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from experiments.digits import Ends, best_inside, ends, written
from experiments.store import RESULTS, about, write
from minioptim.rules import Adam, NAdam, Rule

RESULT = RESULTS / "nadam_on_digits.json"
RULES: Mapping[str, Rule] = {
    "Adam": Adam(),
    "NAdam, PyTorch": NAdam(psi=0.004),
    "NAdam, Keras": NAdam(psi=1.0),
    "NAdam, Optax": NAdam(psi=math.inf),
    "Adam, 0.81": Adam(beta1=0.81),
    "Adam, 0.405": Adam(beta1=0.405),
}
SCHEDULES = {"falling": True, "constant": False}
EPOCHS = 5
GRID = 10 ** np.arange(-2.5, -0.7, 0.25)
TUNED_ON, REPORTED_ON = range(10), range(10, 50)


def tuned(rule: str, *, falling: bool) -> dict[str, Ends]:
    """Tune a rule on the grid, and run it at its best learning rate on the reported seeds."""
    tuning = ends("network", RULES[rule], written(GRID), TUNED_ON, EPOCHS, falling=falling)
    lr = tuning["lr"][best_inside(tuning)]
    reported = ends("network", RULES[rule], [lr], REPORTED_ON, EPOCHS, falling=falling)
    return {"tuning": tuning, "reported": reported}


def main() -> None:
    """Run everything and write the result."""
    with ProcessPoolExecutor() as pool:
        running = {
            name: {rule: pool.submit(tuned, rule, falling=falling) for rule in RULES}
            for name, falling in SCHEDULES.items()
        }
        found: dict[str, dict[str, object]] = {
            "seeds": {"tuned on": list(TUNED_ON), "reported on": list(REPORTED_ON)},
            **{
                name: {rule: job.result() for rule, job in jobs.items()}
                for name, jobs in running.items()
            },
        }
    write(RESULT, {"about": about(), **found})


if __name__ == "__main__":
    main()
