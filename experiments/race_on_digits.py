"""Race the ten rules on the small digits: a network and a softmax regression, three epochs each.

Every rule gets the same work. It is tuned on ten seeds, over eleven learning rates from 0.01 to
1000 and six more around the best of these, and the learning rate with the lowest median of the
final training loss is reported on twenty other seeds. In every run lr falls along a straight line
to 0. Two more runs of the network ask what else could have been chosen: each rule at its default
learning rate, and five rules on a grid of three learning rates to a decade, with none between.

    python -m experiments.race_on_digits
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np

from experiments.digits import Ends, best_inside, ends, medians, written
from experiments.store import RESULTS, about, write
from minioptim import rules
from minioptim.rules import Rule

RESULT = RESULTS / "race_on_digits.json"
MODELS = ("network", "softmax")
RULES = (
    *("GradientDescent", "Momentum", "Nesterov", "Adagrad", "RMSProp"),
    *("Adam", "NAdam", "Adadelta", "AdaMax", "AMSGrad"),
)
EPOCHS = 3
COARSE = np.logspace(-2, 3, 11)  # two to a decade
FINER = 10 ** (np.array([-3, -2, -1, 1, 2, 3]) / 8)  # up to the best one's neighbours
THIRDS = np.logspace(-5 / 3, 0, 6)  # three to a decade, where the five below are best
FIVE = ("Nesterov", "Momentum", "Adam", "AMSGrad", "NAdam")
TUNED_ON, REPORTED_ON, DEFAULT_ON = range(10), range(10, 30), range(10, 20)


def made(rule: str) -> Rule:
    """Return the rule of this name with the package's defaults."""
    new: Rule = getattr(rules, rule)()
    return new


def tuned(name: str, rule: str) -> dict[str, Ends]:
    """Tune a rule on a model by the race's protocol, and run it on the reported seeds."""
    coarse = ends(name, made(rule), written(COARSE), TUNED_ON, EPOCHS)
    around = written(COARSE[best_inside(coarse)] * FINER)
    finer = ends(name, made(rule), around, TUNED_ON, EPOCHS)
    tried = dict(zip(coarse["lr"] + finer["lr"], [*medians(coarse), *medians(finer)], strict=True))
    lr = min(tried, key=lambda rate: tried[rate])
    reported = ends(name, made(rule), [lr], REPORTED_ON, EPOCHS)
    return {"coarse": coarse, "finer": finer, "reported": reported}


def default(rule: str) -> Ends:
    """Return runs of the network at the rule's default learning rate."""
    plain = made(rule)
    return ends("network", plain, [plain.lr], DEFAULT_ON, EPOCHS)  # type: ignore[attr-defined]


def on_thirds(rule: str) -> dict[str, Ends]:
    """Tune a rule on the network over `THIRDS` alone, and run it on the reported seeds."""
    tuning = ends("network", made(rule), written(THIRDS), TUNED_ON, EPOCHS)
    lr = tuning["lr"][int(medians(tuning).argmin())]
    reported = ends("network", made(rule), [lr], REPORTED_ON, EPOCHS)
    return {"tuning": tuning, "reported": reported}


def main() -> None:
    """Run everything and write the result."""
    with ProcessPoolExecutor() as pool:
        raced = {name: {rule: pool.submit(tuned, name, rule) for rule in RULES} for name in MODELS}
        at_default = {rule: pool.submit(default, rule) for rule in RULES}
        thirds = {rule: pool.submit(on_thirds, rule) for rule in FIVE}
        found: dict[str, dict[str, object]] = {
            "seeds": {
                "tuned on": list(TUNED_ON),
                "reported on": list(REPORTED_ON),
                "default on": list(DEFAULT_ON),
            },
            **{name: {rule: job.result() for rule, job in raced[name].items()} for name in MODELS},
            "default": {rule: job.result() for rule, job in at_default.items()},
            "thirds": {rule: job.result() for rule, job in thirds.items()},
        }
    write(RESULT, {"about": about(), **found})


if __name__ == "__main__":
    main()
