"""What the exercises of `final_project` ask for, and how learners get it wrong. Never released."""

from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Predict ----------------------------------------------------------------

COSTS = Exercise(
    name="final-costs",
    answer="costs",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([46, 60, 120, 900], (46, 60, 120, 900), np.array([46, 60, 120, 900])),
    wrong=(
        Mistake(
            "in 1. each pass ends with a smaller minibatch, and its gradient counts as well.",
            [44, 60, 120, 900],
        ),
        Mistake(
            "1. is over two passes; this is the number for one of them.",
            [23, 60, 120, 900],
        ),
        Mistake(
            "in 1. it is gradients that count, not pictures.",
            [2874, 60, 120, 900],
        ),
        Mistake(
            "in 2. the jump needs no gradient; how often is one asked for in a step?",
            [46, 120, 120, 900],
        ),
        Mistake(
            "in 3. both points are asked, in every step.",
            [46, 60, 60, 900],
        ),
        Mistake(
            "in 4. every value of lr is tried with each of the first weights.",
            [46, 60, 120, 300],
        ),
        Mistake(
            "in 4. you counted the runs; each of them has 60 steps.",
            [46, 60, 120, 15],
        ),
        Mistake(
            "Adam in 4. has two averages, but both are made of the same gradient.",
            [46, 60, 120, 1800],
        ),
    ),
)

# --- Implement: the trial ---------------------------------------------------

Step = Callable[..., Any]


def draw_trials(rng: np.random.Generator) -> list[Call]:
    """Two networks, of so many that none is found again by its first weights."""
    first, second = rng.integers(2**62, size=2).tolist()
    return [(first,), (second,)]


def roots(g: Any, x: Any, t: int, a: Any, b: Any, c: Any) -> Any:
    """Right: RMSProp, corrected for its start, with an lr that falls."""
    b = 0.9 * b + 0.1 * g**2
    lr = 0.02 * (1 - (t - 1) / 60)
    return x - lr * g / (np.sqrt(b / (1 - 0.9**t)) + 1e-8), a, b, c


def adam(
    lr: float, fall: float = 0.0, eps: float = 1e-8, sign: float = 1.0, first: int = 0
) -> Step:
    """Return Adam with an lr that falls by the given part, or with a fault."""

    def step(g: Any, x: Any, t: int, a: Any, b: Any, c: Any) -> Any:
        a, b = 0.9 * a + 0.1 * g, 0.999 * b + 0.001 * g**2
        now = lr * (1 - fall * (t - 1) / 60)
        with np.errstate(all="ignore"):
            m_hat = a / (1 - np.float64(0.9) ** (t - first))
            move = m_hat / (np.sqrt(b / (1 - 0.999**t)) + eps)
        return x - sign * now * move, a, b, c

    return step


def ahead(g: Any, x: Any, t: int, a: Any, b: Any, c: Any) -> Any:
    """Right: Nesterov's method in the form that stores the query, with an lr that falls."""
    lr = 0.15 * (61 - t) / 60
    a = 0.9 * a - lr * g
    return [x + 0.9 * a - lr * g, a, b, c]


def in_place(g: Any, x: Any, t: int, a: Any, b: Any, c: Any) -> Any:
    """Right: the arguments are the step's own here, and it may change them."""
    lr = 0.15 * (61 - t) / 60
    a *= 0.9
    a -= lr * g
    x += 0.9 * a - lr * g
    return x, a, b, c


RULE = Exercise(
    name="final-rule",
    answer="my_step",
    points=8,
    draw=draw_trials,
    rtol=1e-9,
    trial="digits_goal",
    right=(ahead, in_place, roots, adam(0.04, fall=0.95)),
    wrong=(
        Mistake(
            "no coordinate of x is finite: is something 0 at t = 1 that you divide by? Or is the "
            "very first step without bounds?",
            adam(0.02, first=1),
        ),
        Mistake(
            "x is not finite where the gradient is 0: some pixels are empty in all pictures; what "
            "do you divide by there?",
            adam(0.02, eps=0.0),
        ),
        Mistake(
            "x is no longer finite: the steps grow from one to the next; how long may they be?",
            lambda g, x, t, a, b, c: (-1e9 * x, a, b, c),
        ),
        Mistake(
            "x comes back as it was; the step is computed, but nobody takes it.",
            lambda g, x, t, a, b, c: (x, 0.9 * a + 0.1 * g, b, c),
        ),
        Mistake(
            "it has learnt nothing; does it go downhill, and are the steps not far too long or "
            "too short?",
            adam(0.02, sign=-1.0),
        ),
        Mistake(
            "it learns, but is far from the goal after 60 gradients; does it creep, or do its "
            "steps swing?",
            adam(0.0007),
        ),
        Mistake(
            "it is on its way, but not there after 60 gradients; use run_digits to see whether it "
            "creeps, swings, or ends on a floor of noise.",
            adam(0.002),
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="final-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake("the mean hides that, but it does not make the number too good.", "a"),
        Mistake("with more runs the harm is smaller, but does it ever end?", "b"),
        Mistake("look again at what axis=1 runs over.", "d"),
        Mistake("one of the four letters, please, as a word of one letter.", "e"),
    ),
)


def draw_report(rng: np.random.Generator) -> list[Call]:
    """Tables in which three settings are best: in the mean, in a single run, and in the test."""
    calls = []
    for shape in ((4, 3), (3, 4), (5, 3), (6, 4)):
        validation, test = rng.uniform(0.12, 0.2, size=(2, *shape))
        steady, lucky, other = rng.permutation(shape[0])[:3]
        validation[steady] -= 0.06
        validation[lucky, 0] = 0.03
        test[other] -= 0.08
        calls.append((validation.round(3), test.round(3)))
    return calls


def chosen_by_a_loop(validation: Any, test: Any) -> Any:
    """Right: settings one by one."""
    best, number = np.inf, None
    for choice, shown in zip(validation, test, strict=True):
        if sum(choice) < best:
            best, number = sum(choice), sum(shown) / len(shown)
    return number


REPORT = Exercise(
    name="final-report",
    answer="honest_report",
    points=2,
    draw=draw_report,
    rtol=1e-9,
    right=(
        chosen_by_a_loop,
        lambda validation, test: test.mean(axis=1)[validation.sum(axis=1).argmin()],
    ),
    wrong=(
        Mistake(
            "this is still the broken code: the test's numbers choose, and are reported.",
            lambda validation, test: test.mean(axis=1).min(),
        ),
        Mistake(
            "now the validation's numbers choose and are reported; that is as much too good.",
            lambda validation, test: validation.mean(axis=1).min(),
        ),
        Mistake(
            "chosen by the test, reported from the validation; it must be the other way round.",
            lambda validation, test: validation[test.mean(axis=1).argmin()].mean(),
        ),
        Mistake(
            "this is the mean over all settings; report the one that you would use.",
            lambda validation, test: test.mean(),
        ),
        Mistake(
            "the setting is right, but its luckiest run is reported.",
            lambda validation, test: test[validation.mean(axis=1).argmin()].min(),
        ),
        Mistake(
            "the setting is chosen by its one best run; choose by the mean.",
            lambda validation, test: test[validation.min(axis=1).argmin()].mean(),
        ),
        Mistake(
            "this is the worst setting of the validation: the numbers are errors.",
            lambda validation, test: test[validation.mean(axis=1).argmax()].mean(),
        ),
        Mistake(
            "rows and columns are exchanged: a row is a setting.",
            lambda validation, test: test[:, validation.mean(axis=0).argmin()].mean(),
        ),
        Mistake(
            "this is the number of the setting; report its error.",
            lambda validation, test: validation.mean(axis=1).argmin(),
        ),
        Mistake(
            "all runs of the setting come back; report their mean.",
            lambda validation, test: test[validation.mean(axis=1).argmin()],
        ),
        Mistake(
            "the single best run of the validation is looked up in the test; choose a setting.",
            lambda validation, test: test.ravel()[validation.argmin()],
        ),
    ),
)

EXERCISES = (COSTS, RULE, DIAGNOSE, REPORT)
