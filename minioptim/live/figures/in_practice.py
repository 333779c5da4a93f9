"""A schedule for lr and a decay of the weights: what each does to a run with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from minioptim.live import words
from minioptim.live.controls import RESET, Button, Choice, Slider, anatomy
from minioptim.live.figure import Design, Values
from minioptim.live.noise import normal
from minioptim.problems import Function
from minioptim.problems.surfaces import Bowl
from minioptim.rules import AdamW, GradientDescent, Rule
from minioptim.run import Trace, minimize
from minioptim.schedules import Constant, Cosine, InverseRoot, Linear, Schedule, StepDecay, WarmUp

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

word = words.speaker("in_practice")

STEPS = 200
SIGMA = 2.0
GOAL = (1.2, 0.6)  # the minimum; the pull of weight decay goes to the origin
BOWL = Bowl(1.0, 6.0, 0.5)
SCHEDULES: dict[str, Schedule] = {
    "constant": Constant(1.0),
    "step": StepDecay(1.0, factor=0.1, every=80),
    "root": InverseRoot(1.0),
    "linear": Linear(1.0, 0.0, steps=STEPS),
    "cosine": Cosine(1.0, steps=STEPS),
    "warm": WarmUp(20, Cosine(1.0, steps=STEPS - 20)),
}


def _traces(values: Values) -> dict[str, Trace]:
    schedule = values["lr"] * SCHEDULES[values["schedule"]]
    rule: Rule = (
        AdamW(lr=schedule, weight_decay=values["decay"])
        if values["rule"] == "AdamW"
        else GradientDescent(lr=schedule)
    )
    # AdamW has its decay in the rule; gradient descent has the same thing as L2 in its gradient.
    penalty = values["decay"] if values["rule"] != "AdamW" else 0.0
    draws = iter(SIGMA * normal(int(values["seed"]), STEPS, 2))
    problem = Function(
        lambda x: BOWL.value(x - GOAL),
        lambda x: BOWL.gradient(x - GOAL) + penalty * x + next(draws),
    )
    return {"run": minimize(problem, rule, (-1.6, -1.0), steps=STEPS)}


def _still(values: Values, traces: dict[str, Trace]) -> Picture:
    from matplotlib import pyplot as plt

    labels = {name: word(f"controls.schedule.{name}") for name in SCHEDULES}
    t = np.arange(1, STEPS + 1)
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), layout="constrained")
    for name in SCHEDULES:
        left.plot(t, [SCHEDULES[name](int(k)) for k in t], label=labels[name], linewidth=1.2)
    left.set(xlabel=word("axes.step"), title=word("still.rates"))
    for name in ("constant", values["schedule"]):
        run = _traces(values | {"schedule": name})["run"]
        right.semilogy(run.f, linewidth=1.0, label=labels[name])
    right.set(xlabel=word("axes.step"), title=word("still.loss"))
    right.legend(loc="best")
    del traces  # the still compares two schedules; the run at the start values is one of them
    return figure


in_practice = Design(
    figure="in_practice",
    controls=(
        Choice("rule", "AdamW", ("AdamW", "GradientDescent"), names=("AdamW",)),
        Choice("schedule", "cosine", tuple(SCHEDULES)),
        Slider("lr", 0.1, low=0.005, high=0.5, log=True),
        Slider("decay", 0.0, low=0.0, high=2.0),
        Slider("seed", 1, low=1, high=99, whole=True),
        Button("draw"),
        anatomy(STEPS),
        RESET,
    ),
    rules=(AdamW, GradientDescent),
    surfaces=(Bowl,),
    traces=_traces,
    still=_still,
    facts={
        "steps": STEPS,
        "sigma": SIGMA,
        "goal": GOAL,
        "start": (-1.6, -1.0),
        "curvatures": (BOWL.lambda1, BOWL.lambda2),
        "angle": BOWL.angle,
        "schedules": {
            name: [round(float(schedule(t)), 12) for t in range(1, STEPS + 1)]
            for name, schedule in SCHEDULES.items()
        },
    },
)
