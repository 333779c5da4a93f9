"""What `moving_averages` asks for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake


def draw_beta(rng: np.random.Generator) -> float:
    """A beta that is neither 0.5, where beta and 1 - beta are the same, nor 0.9, nor near 1."""
    low, high = ((0.55, 0.85), (0.15, 0.45))[int(rng.integers(2))]
    return round(rng.uniform(low, high), 3)


# --- Derive: the weights of an average of an average ---------------------------


def draw_weights(rng: np.random.Generator) -> list[Call]:
    """The newest alone, and some ages more."""
    return [(draw_beta(rng), n) for n in (1, 2, int(rng.integers(3, 5)), int(rng.integers(5, 9)))]


def single(beta: float, n: int) -> Any:
    """The weights of one average."""
    return (1 - beta) * beta ** np.arange(n)


def from_an_impulse(beta: float, n: int) -> list[float]:
    """Both averages run on a 1 and then zeros."""
    v = r = 0.0
    weights = []
    for k in range(n):
        v = beta * v + (1 - beta) * (k == 0)
        r = beta * r + (1 - beta) * v
        weights.append(r)
    return weights


TWICE = Exercise(
    name="ewma-twice",
    answer="twice_weights",
    points=2,
    draw=draw_weights,
    rtol=1e-9,
    right=(
        from_an_impulse,
        lambda beta, n: np.convolve(single(beta, n), single(beta, n))[:n],
        lambda beta, n: [(k + 1) * (1 - beta) ** 2 * beta**k for k in range(n)],
    ),
    wrong=(
        Mistake("these are the weights of one average; it was averaged once more.", single),
        Mistake(
            "these are the squares of the weights of one average; a value comes into r by several "
            "ways, which add up.",
            lambda beta, n: single(beta, n) ** 2,
        ),
        Mistake(
            "each way has this weight; count the ways.",
            lambda beta, n: (1 - beta) * single(beta, n),
        ),
        Mistake(
            "the newest value has come into r already, with age 0; count the ways once more.",
            lambda beta, n: np.arange(n) * (1 - beta) * single(beta, n),
        ),
        Mistake(
            "both averages multiply by 1 - beta; yours does so once.",
            lambda beta, n: np.arange(1, n + 1) * single(beta, n),
        ),
        Mistake(
            "the powers of beta are right; both averages have a factor 1 - beta, which is missing.",
            lambda beta, n: np.arange(1, n + 1) * beta ** np.arange(n),
        ),
        Mistake(
            "the ages begin at 0, so the powers of beta do too.",
            lambda beta, n: np.arange(1, n + 1) * (1 - beta) * single(beta, n) * beta,
        ),
        Mistake(
            "these are the weights of one average with beta**2; twice a short memory is not one "
            "long one.",
            lambda beta, n: single(beta**2, n),
        ),
        Mistake(
            "the newest value has age 0 and comes first; yours comes last.",
            lambda beta, n: from_an_impulse(beta, n)[::-1],
        ),
        Mistake(
            "the weights need not add up to 1 before all ages are in; do not divide.",
            lambda beta, n: np.array(from_an_impulse(beta, n)) / sum(from_an_impulse(beta, n)),
        ),
        Mistake(
            "one age too many: there are n of them, and 0 is one.",
            lambda beta, n: from_an_impulse(beta, n + 1),
        ),
        Mistake(
            "this is the weight of the last age alone; all n are asked for.",
            lambda beta, n: from_an_impulse(beta, n)[-1],
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="ewma-predict",
    answer="zigzag",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([6, -2, 2], np.array([6.0, -2.0, 2.0])),
    wrong=(
        Mistake(
            "the first two are not corrected yet: divide by the sum of the weights so far.",
            [3, -1.5, 2],
        ),
        Mistake("the values cancel in a plain mean; here the newest one counts most.", [6, 0, 0]),
        Mistake(
            "the first two are right; in the long run the values do not cancel, for the newest "
            "counts most.",
            [6, -2, 0],
        ),
        Mistake(
            "the newest value counts most, also in the second: it does not cancel the first.",
            [6, 0, 2],
        ),
        Mistake("the exponent of the second correction is 2, not 1.", [6, -3, 2]),
        Mistake(
            "the first two are right; the third is |v| at the first step, and it goes on from "
            "there.",
            [6, -2, 3],
        ),
        Mistake(
            "the first two are right; the third is the factor, asked for is the size of v.",
            [6, -2, 1 / 3],
        ),
        Mistake("that would be without a memory, with beta = 0.", [6, -6, 6]),
        Mistake("the third is a size, which has no sign.", [6, -2, -2]),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first value, later ones with something remembered, arrays, whole numbers."""

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    y, v = rng.normal(2.0, 0.4, size=2).round(2).tolist()
    return [
        (y, 0.0, 1, draw_beta(rng)),
        (-y, v, 2, draw_beta(rng)),
        (some(3), some(3), 3, draw_beta(rng)),
        (some(2, 2), some(2, 2), int(rng.integers(4, 7)), draw_beta(rng)),
        (rng.integers(1, 9, size=2), rng.integers(-9, -1, size=2), 5, draw_beta(rng)),
    ]


def step(y: Any, v: Any, beta: float) -> Any:
    """The average without its correction."""
    return beta * v + (1 - beta) * y


def corrected_by(factor: Any) -> Any:
    """A step whose average is divided by `factor(beta, t)`."""

    def average_step(y: Any, v: Any, t: int, beta: float) -> tuple[Any, Any]:
        new = step(y, v, beta)
        return new, new / np.float64(factor(beta, t))

    return average_step


def in_place(y: Any, v: Any, t: int, beta: float) -> tuple[Any, Any]:
    """Right numbers, and the caller's v lost."""
    v *= beta
    v += (1 - beta) * y
    return v, v / (1 - beta**t)


def sum_of_weights(y: Any, v: Any, t: int, beta: float) -> list[Any]:
    """Right: the sum of the weights added up one by one."""
    total = 0.0
    for k in range(t):
        total += (1 - beta) * beta**k
    return [step(y, v, beta), step(y, v, beta) / total]


def from_the_last_corrected(y: Any, v: Any, t: int, beta: float) -> tuple[Any, Any]:
    """Right: the corrected average moves a part of the way that depends on t."""
    part = (1 - beta) / (1 - beta**t)
    # At t = 1 nothing was seen before, and v is the 0 that it started from.
    before = v / (1 - beta ** (t - 1)) if t > 1 else 0 * v
    average = before + part * (y - before)
    return average * (1 - beta**t), average


STEP = Exercise(
    name="ewma-step",
    answer="average_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(
        corrected_by(lambda beta, t: 1 - beta**t),
        sum_of_weights,
        from_the_last_corrected,
    ),
    wrong=(
        Mistake(
            "the second result is not corrected: divide by the sum of the weights.",
            corrected_by(lambda beta, t: 1.0),
        ),
        Mistake(
            "the correction has the exponent 2 at every step; the exponent is the number of the "
            "step.",
            corrected_by(lambda beta, t: 1 - beta**2),
        ),
        Mistake(
            "the correction is that of the first step at every step; t does not enter.",
            corrected_by(lambda beta, t: 1 - beta),
        ),
        Mistake(
            "this is beta times t; the sum of the weights contains a power of beta.",
            corrected_by(lambda beta, t: 1 - beta * t),
        ),
        Mistake(
            "the exponent is one too small: the first value has t = 1.",
            corrected_by(lambda beta, t: 1 - beta ** (t - 1)),
        ),
        Mistake(
            "the exponent is one too large: the first value has t = 1.",
            corrected_by(lambda beta, t: 1 - beta ** (t + 1)),
        ),
        Mistake(
            "this divides by what is missing, beta**t; divide by what is there.",
            corrected_by(lambda beta, t: beta**t),
        ),
        Mistake(
            "the correction makes the average larger, not smaller: divide.",
            corrected_by(lambda beta, t: 1 / (1 - beta**t)),
        ),
        Mistake(
            "the corrected average comes back as v; the next step would start from it, and correct "
            "it once more.",
            lambda y, v, t, beta: (step(y, v, beta) / (1 - beta**t),) * 2,
        ),
        Mistake(
            "beta is the weight of the old average; here it is that of the new value.",
            lambda y, v, t, beta: (step(v, y, beta), step(v, y, beta) / (1 - beta**t)),
        ),
        Mistake(
            "beta is the weight of the old average, in v as in the correction; here 1 - beta is.",
            lambda y, v, t, beta: corrected_by(lambda b, t: 1 - b**t)(y, v, t, 1 - beta),
        ),
        Mistake(
            "this is a sum, not an average: with which weight does the new value come in?",
            lambda y, v, t, beta: (beta * v + y, (beta * v + y) / (1 - beta**t)),
        ),
        Mistake(
            "this is a sum with a correction of its own; its second result is right, but v is "
            "1 / (1 - beta) times too large.",
            lambda y, v, t, beta: (
                step(y, v, beta) / (1 - beta),
                step(y, v, beta) / (1 - beta**t),
            ),
        ),
        Mistake(
            "beta is always 0.9 here; use the argument.",
            lambda y, v, t, beta: corrected_by(lambda b, t: 1 - b**t)(y, v, t, 0.9),
        ),
        Mistake(
            "the correction is made with the old v; make the new one first.",
            lambda y, v, t, beta: (step(y, v, beta), v / (1 - beta**t)),
        ),
        Mistake(
            "v comes back as it was; the next step would forget this value.",
            lambda y, v, t, beta: (v, step(y, v, beta) / (1 - beta**t)),
        ),
        Mistake(
            "the two results are in another order: first v, then the corrected average.",
            lambda y, v, t, beta: (step(y, v, beta) / (1 - beta**t), step(y, v, beta)),
        ),
        Mistake(
            "v alone comes back; the corrected average is asked for too.",
            lambda y, v, t, beta: step(y, v, beta),
        ),
        Mistake(
            "the corrected average alone comes back; the next step needs the new v.",
            lambda y, v, t, beta: step(y, v, beta) / (1 - beta**t),
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own v; make a new one.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="ewma-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("b", " B"),
    wrong=(
        Mistake("the cellar has the same temperature all the year; behind what could it lag?", "a"),
        Mistake(
            "rounding errors are about 1e-14 here, and they would be there on the last day too.",
            "c",
        ),
        Mistake(
            "chance of a tenth of a degree does not make a spread of several degrees, day by day "
            "less.",
            "d",
        ),
    ),
)


def draw_variance(rng: np.random.Generator) -> list[Call]:
    """A short series and longer ones; the last of whole numbers."""
    return [
        (rng.normal(3.0, 1.0, size=2).round(2), draw_beta(rng)),
        (rng.normal(-2.0, 1.0, size=4).round(2), draw_beta(rng)),
        (rng.normal(2.0, 2.0, size=7).round(2), draw_beta(rng)),
        (rng.integers(1, 9, size=5), draw_beta(rng)),
    ]


def two_averages(series: Any, beta: float, together: Any) -> list[Any]:
    """Run v and s; `together(v, s, total)` makes an estimate of them."""
    v = s = 0.0
    found = []
    for t, value in enumerate(series, start=1):
        v, s = step(value, v, beta), step(value**2, s, beta)
        found.append(together(v, s, 1 - beta**t))
    return found


def right_from_two(v: float, s: float, total: float) -> float:
    """Both averages corrected."""
    return s / total - (v / total) ** 2


def by_the_weights(series: Any, beta: float) -> list[Any]:
    """Right: from the definition, anew after each value."""
    found = []
    for t in range(1, len(series) + 1):
        w = beta ** np.arange(t)[::-1]
        mean = np.average(series[:t], weights=w)
        found.append(np.average((series[:t] - mean) ** 2, weights=w))
    return found


def by_deviations(series: Any, beta: float) -> Any:
    """Right: West's recursion, from the mean before and the mean after."""
    mean, squares, total, found = 0.0, 0.0, 0.0, np.zeros(len(series))
    for i, value in enumerate(series):
        total = beta * total + 1
        before, mean = mean, mean + (value - mean) / total
        squares = beta * squares + (value - before) * (value - mean)
        found[i] = squares / total
    return found


def from_todays_mean(series: Any, beta: float) -> list[float]:
    """Average the squared distance of each value from the corrected mean of its own day."""
    v = s = 0.0
    found = []
    for t, value in enumerate(series, start=1):
        v = step(value, v, beta)
        s = step((value - v / (1 - beta**t)) ** 2, s, beta)
        found.append(s / (1 - beta**t))
    return found


def corrected_in_place(series: Any, beta: float) -> list[float]:
    """The corrected averages are what the next step starts from."""
    v = s = 0.0
    found = []
    for t, value in enumerate(series, start=1):
        v = step(value, v, beta) / (1 - beta**t)
        s = step(value**2, s, beta) / (1 - beta**t)
        found.append(s - v**2)
    return found


REPAIR = Exercise(
    name="ewma-repair",
    answer="running_variance",
    points=3,
    draw=draw_variance,
    rtol=1e-9,
    right=(by_the_weights, by_deviations),
    wrong=(
        Mistake(
            "this is still the broken code: one division for the difference of two terms that are "
            "too small by different factors.",
            lambda series, beta: two_averages(series, beta, lambda v, s, total: (s - v**2) / total),
        ),
        Mistake(
            "nothing is corrected now; both averages start at 0.",
            lambda series, beta: two_averages(series, beta, lambda v, s, total: s - v**2),
        ),
        Mistake(
            "the squares are corrected, but the mean that is squared is not.",
            lambda series, beta: two_averages(series, beta, lambda v, s, total: s / total - v**2),
        ),
        Mistake(
            "the mean is corrected, but the average of the squares is not.",
            lambda series, beta: two_averages(
                series, beta, lambda v, s, total: s - (v / total) ** 2
            ),
        ),
        Mistake(
            "the average of the squares is divided by the square of the correction; it is one "
            "average, with one correction.",
            lambda series, beta: two_averages(
                series, beta, lambda v, s, total: (s - v**2) / total**2
            ),
        ),
        Mistake(
            "the corrected averages are what the next step starts from; keep the uncorrected ones.",
            corrected_in_place,
        ),
        Mistake(
            "each value is compared with the mean of its own day; asked for is the variance about "
            "the mean of today.",
            from_todays_mean,
        ),
        Mistake(
            "this is the mean of the squares; the square of the mean is still to be taken off.",
            lambda series, beta: two_averages(series, beta, lambda v, s, total: s / total),
        ),
        Mistake(
            "this is the standard deviation, the root of what is asked for.",
            lambda series, beta: np.sqrt(np.maximum(by_deviations(series, beta), 0)),
        ),
        Mistake(
            "the sign is turned round: the mean of the squares is never below the square of the "
            "mean.",
            lambda series, beta: -by_deviations(series, beta),
        ),
        Mistake(
            "this is the plain variance of the values so far; the older ones should count less.",
            lambda series, beta: [np.var(series[: t + 1]) for t in range(len(series))],
        ),
        Mistake(
            "the last estimate alone comes back; asked for is one after each value.",
            lambda series, beta: by_deviations(series, beta)[-1],
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="ewma-experiment",
    answer="best_beta",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(0.8, np.float64(0.8)),
    wrong=(
        Mistake("that is the customary value; does your table agree?", 0.9),
        Mistake(
            "this is nearest to the value of the same day, which it has seen; a forecast is "
            "compared with the next one.",
            0.5,
        ),
        Mistake("that is the smoothest; look at how late it is.", 0.98),
        Mistake("near it; the next row of the table is lower still.", 0.7),
        Mistake("that is the place in the list; asked for is the beta that stands there.", 4),
    ),
)

EXERCISES = (TWICE, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "ewma-repair": {
        "return np.array(variances) -> return variances": "a list is compared as an array is",
        "v = beta * v + (1 - beta) * value -> v = beta * v - (1 - beta) * value": (
            "v has the other sign, and only its square is used"
        ),
    },
}
