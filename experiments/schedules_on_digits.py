"""Train a network on the digits with schedules, with averages, and with a rate that is estimated.

The network has one hidden layer of 32 units, and a penalty on its weights keeps the lowest loss
above 0: without one the noise of the minibatches would vanish by itself. What is measured is the
training loss with the penalty, over all training images, after 45, 90, 180, 360 and 720 steps.

A schedule is made for a run of one length, so each is run and tuned anew for each length: the
cosine, the straight line, and the rate that is constant for two thirds and then falls to 0 along a
line. A constant rate, the average of the last part of its points, and Schedule-Free make one run,
which is read at all five moments. All of them move by Adam's rule, with one grid of learning rates
for all, and are tuned on ten seeds. Twenty others judge. A read run has one learning rate for
all moments, the best at the last of them; its best for each moment is stored beside it.

DoG and Prodigy are run as they come, at a factor of 1. DoG is descent without Adam's division, so
it stands beside SGD on a constant rate and along the line, tuned in the same way on their own grid.

    python -m experiments.schedules_on_digits
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from experiments.digits import BATCH, lowest_inside, written
from experiments.store import RESULTS, about, write
from minioptim._arguments import Array
from minioptim.datasets import digits
from minioptim.losses import MLP
from minioptim.rules import SGD, Adam, Averaged, DoG, Prodigy, Rule, ScheduleFreeAdam
from minioptim.run import minimize
from minioptim.schedules import Cosine, Linear, Schedule, WarmUpStableDecay

RESULT = RESULTS / "schedules_on_digits.json"
L2 = 0.003
MOMENTS = (45, 90, 180, 360, 720)
EVERY = 5  # steps between two points that are kept
TAIL = 0.2  # the last part of a run, of which the average is taken
GRID = {"Adam": 10 ** np.arange(-2.5, -0.2, 0.25), "SGD": 10 ** np.arange(-1, 0.8, 0.25)}
TUNED_ON, REPORTED_ON = range(10), range(10, 30)

# What a schedule is, from its first rates and the length of its run.
PLANS: dict[str, Callable[[Array, int], Schedule]] = {
    "cosine": lambda lr, steps: Cosine(lr, steps=steps),
    "line": lambda lr, steps: Linear(lr, 0.0, steps),
    "late line": lambda lr, steps: WarmUpStableDecay(lr, 1, steps - steps // 3 - 1, steps // 3),
}
READ: dict[str, Callable[[Array], Rule]] = {
    "constant": lambda lr: Adam(lr=lr),
    "tail average": lambda lr: Adam(lr=lr),
    "Schedule-Free": lambda lr: ScheduleFreeAdam(lr=lr),
    "SGD": lambda lr: SGD(lr=lr),
}
ESTIMATED: dict[str, Callable[[int], Rule]] = {
    "DoG": lambda _: DoG(),
    "DoG, averaged": lambda _: Averaged(DoG(), beta=lambda t: 1 - 9 / (t + 8)),
    "Prodigy": lambda _: Prodigy(),
    "Prodigy, line": lambda steps: Prodigy(lr=Linear(1.0, 0.0, steps)),
}


def network() -> MLP:
    """Return the network on its training set, with the penalty."""
    return MLP(digits().train, hidden=(32,), l2=L2)


def points(rule: Rule, seed: int, runs: int, steps: int) -> Array:
    """Return where a rule goes from a seed's weights, on its batches: each fifth step."""
    net = network()
    start = np.broadcast_to(net.initial(seed), (runs, net.dimension))
    return minimize(net.minibatch(BATCH, seed), rule, start, steps, record=["x"], every=EVERY).x


def planned(plan: str, base: str, rates: Sequence[float], seed: int, steps: int) -> Array:
    """Return the losses at the end of a schedule's run: one for each first rate."""
    lr = PLANS[plan](np.array(rates), steps)
    rule: Rule = Adam(lr=lr) if base == "Adam" else SGD(lr=lr)
    return np.asarray(network().value(points(rule, seed, len(rates), steps)[-1]))


def read(name: str, rates: Sequence[float], seed: int) -> Array:
    """Return the losses of one run at all moments: shape (moments, rates)."""
    net, lr = network(), np.array(rates)
    x = points(READ[name](lr), seed, len(rates), MOMENTS[-1])
    rows = [moment // EVERY for moment in MOMENTS]
    if name != "tail average":
        return np.asarray(net.value(x[rows]))
    tails = [x[row - round(TAIL * row) + 1 : row + 1].mean(axis=0) for row in rows]
    return np.asarray(net.value(np.array(tails)))


def estimated(name: str, seed: int, steps: int) -> tuple[float, list[float]]:
    """Return the loss at the end, and the rate that was estimated at each fifth step."""
    net = network()
    rule = ESTIMATED[name](steps)
    record = ["x", "state"]
    run = minimize(
        net.minibatch(BATCH, seed), rule, net.initial(seed), steps, record=record, every=EVERY
    )
    end = run.final_state["average"] if "average" in run.state else run.final
    if "d" in run.state:
        rate = run.state["d"][1:]
    else:
        rate = run.state["r"][1:] / np.sqrt(run.state["G"][1:])
    return float(net.value(end)), [float(f"{value:.4g}") for value in np.ravel(rate)]


def over(seeds: Iterable[int], losses: Callable[[int], Array]) -> Array:
    """Return what was measured with each seed, infinite where a run overflowed."""
    found = np.array([losses(seed) for seed in seeds])
    return np.where(np.isfinite(found), found, np.inf)


def stored(losses: Array) -> list[object]:
    """Return losses as they are stored: five digits, and None where a run overflowed."""
    flat = [float(f"{f:.5g}") if np.isfinite(f) else None for f in losses.ravel()]
    rows: list[object] = np.array(flat, dtype=object).reshape(losses.shape).tolist()
    return rows


def tuned_for_each(plan: str, base: str) -> dict[str, object]:
    """Tune and judge a schedule for each length of the run."""
    rates = written(GRID[base])
    best, tuning, judged = [], [], []
    for steps in MOMENTS:
        tried = over(TUNED_ON, lambda seed, n=steps: planned(plan, base, rates, seed, n))  # type: ignore[misc]
        place = lowest_inside(rates, np.median(tried, axis=0))
        best.append(rates[place])
        tuning.append(stored(tried))
        one = [rates[place]]
        ends = over(REPORTED_ON, lambda seed, n=steps, lr=one: planned(plan, base, lr, seed, n))  # type: ignore[misc]
        judged.append(stored(ends[:, 0]))
    return {"lr": best, "tuning": tuning, "loss": judged}


def tuned_once(name: str, base: str) -> dict[str, object]:
    """Tune and judge a run that is read at all moments; rows are moments."""
    rates = written(GRID[base])
    tried = over(TUNED_ON, lambda seed: read(name, rates, seed))
    places = [lowest_inside(rates, row) for row in np.median(tried, axis=0)]
    ends = over(REPORTED_ON, lambda seed: read(name, [rates[place] for place in places], seed))
    each = ends[:, range(len(MOMENTS)), range(len(MOMENTS))]
    return {
        "lr": rates[places[-1]],
        "lr of each": [rates[place] for place in places],
        "tuning": stored(tried.swapaxes(0, 1)),
        "loss": stored(ends[:, :, -1].T),
        "loss of each": stored(each.T),
    }


def judged_as_it_comes(name: str) -> dict[str, object]:
    """Judge a rule that estimates its rate, for each length of the run."""
    ends, rates = [], []
    for steps in MOMENTS:
        runs = [estimated(name, seed, steps) for seed in REPORTED_ON]
        ends.append([end for end, _ in runs])
        rates = [rate for _, rate in runs]
    return {"loss": stored(np.array(ends)), "rate": rates}


TASKS: dict[str, tuple[Callable[..., dict[str, object]], tuple[str, ...]]] = {
    **{plan: (tuned_for_each, (plan, "Adam")) for plan in PLANS},
    "SGD, line": (tuned_for_each, ("line", "SGD")),
    **{name: (tuned_once, (name, "SGD" if name == "SGD" else "Adam")) for name in READ},
    **{name: (judged_as_it_comes, (name,)) for name in ESTIMATED},
}


def done(name: str) -> dict[str, object]:
    """Return what one task found."""
    task, arguments = TASKS[name]
    return task(*arguments)


def main() -> None:
    """Run everything in two processes and write the result."""
    with ProcessPoolExecutor(2) as pool:
        found = dict(zip(TASKS, pool.map(done, TASKS), strict=True))
    seeds = {"tuned on": list(TUNED_ON), "reported on": list(REPORTED_ON)}
    head = {"about": about(), "seeds": seeds, "moments": list(MOMENTS)}
    write(RESULT, {**head, "rates": {k: written(v) for k, v in GRID.items()}, **found})


if __name__ == "__main__":
    main()
