"""What `stochastic_gradient_descent` asks for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: the variance of one weighted draw --------------------------------


def draw_variance(rng: np.random.Generator) -> list[Call]:
    """Some gradients of both signs, some of one; all equal chances, and unequal ones."""

    def chances(n: int) -> Any:
        parts = rng.permutation(np.array([1, 2, 3, 4, 6, 9])[:n])
        return parts / parts.sum()

    return [
        (rng.normal(size=2).round(2), chances(2)),
        (rng.normal(size=3).round(2) + 3, chances(3)),
        (rng.normal(size=6).round(2), chances(6)),
        (rng.integers(-9, 9, size=5), chances(5)),
        (rng.normal(size=4).round(2), np.full(4, 0.25)),
    ]


def value_by_value(g: Any, p: Any) -> float:
    """By the definition: the mean squared distance of what may be drawn."""
    mean, total = sum(g) / len(g), 0.0
    for value, chance in zip(g, p, strict=True):
        total += chance * (value / (len(g) * chance) - mean) ** 2
    return total


def weighted(g: Any, p: Any) -> Any:
    """The values that may be drawn, with their factors."""
    return g / (len(g) * p)


VARIANCE = Exercise(
    name="sgd-variance",
    answer="drawn_variance",
    points=2,
    draw=draw_variance,
    rtol=1e-9,
    right=(
        value_by_value,
        lambda g, p: p @ (weighted(g, p) - g.mean()) ** 2,
        lambda g, p: np.average(weighted(g, p) ** 2, weights=p) - np.mean(g) ** 2,
    ),
    wrong=(
        Mistake(
            "this is the variance of g as it is drawn; without the factor of part (a) the draw is "
            "not right on average.",
            lambda g, p: p @ g**2 - (p @ g) ** 2,
        ),
        Mistake(
            "this is the variance with equal chances; p does not enter.",
            lambda g, p: g.var() + 0 * p.sum(),
        ),
        Mistake(
            "this is the mean square of the estimate; the variance is counted from its mean.",
            lambda g, p: p @ weighted(g, p) ** 2,
        ),
        Mistake(
            "what is taken off is the square of the mean of g as p draws it; but the estimate is "
            "unbiased.",
            lambda g, p: p @ weighted(g, p) ** 2 - (p @ g) ** 2,
        ),
        Mistake(
            "the factor is too large: it makes the draw right for the sum of the gradients, not "
            "for their mean.",
            lambda g, p: (g**2 / p).sum() - g.sum() ** 2,
        ),
        Mistake(
            "the square of 1/n stands before the sum; yours is 1/n alone.",
            lambda g, p: (g**2 / p).sum() / len(g) - g.mean() ** 2,
        ),
        Mistake(
            "the values are right; in their mean each counts with the chance that it is drawn.",
            lambda g, p: ((weighted(g, p) - g.mean()) ** 2).mean(),
        ),
        Mistake(
            "this is the standard deviation, the root of what is asked for.",
            lambda g, p: np.sqrt(np.maximum(p @ (weighted(g, p) - g.mean()) ** 2, 0)),
        ),
        Mistake(
            "the square of the mean is missing a square.",
            lambda g, p: p @ weighted(g, p) ** 2 - g.mean(),
        ),
        Mistake(
            "what is drawn often counts more with your factor; it must count less.",
            lambda g, p: p @ (len(g) * p * g - g.mean()) ** 2,
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="sgd-predict",
    answer="two_points",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([2, 4], np.array([2.0, 4.0])),
    wrong=(
        Mistake(
            "at 3 the mean of the slopes is zero, but each step sees one slope alone; is that "
            "zero?",
            [3, 3],
        ),
        Mistake("the points are right; first comes the one after a step on f_1.", [4, 2]),
        Mistake("so it would be with lr = 1, which goes all the way to each example.", [0, 6]),
        Mistake("these are the first two points; go on until they come again.", [1.5, 3.75]),
        Mistake(
            "the second step does not begin at 3, but where the first one has led.", [1.5, 4.5]
        ),
        Mistake("with one half in front, the slope of f_1 is x, not 2x.", [0, 0]),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_epoch(rng: np.random.Generator) -> list[Call]:
    """Batches of one, of all, and such that something is left over."""

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    def classes(n: int) -> Any:
        return rng.permutation(np.arange(n) % 2)

    def lr() -> float:
        return round(rng.uniform(0.3, 1.5), 2)

    def backwards(n: int) -> Any:
        # A draw of so few may well come out as they stand.
        return np.arange(n)[::-1].copy()

    return [
        (np.zeros(2), some(4, 2), classes(4), rng.permutation(4), 4, lr()),
        (some(3), some(3, 3), classes(3), backwards(3), 1, lr()),
        (some(2), some(7, 2), classes(7), rng.permutation(7), 3, lr()),
        (some(3), some(8, 3), classes(8), rng.permutation(8), 5, lr()),
        (rng.integers(1, 3, size=2), some(5, 2), classes(5), backwards(5), 2, lr()),
    ]


def one_epoch(
    x: Any,
    u: Any,
    y: Any,
    order: Any,
    b: int,
    lr: float,
    *,
    stay: bool = False,
    whole: bool = False,
    sum_up: bool = False,
    by_b: bool = False,
    straight: bool = False,
) -> Any:
    """The right way; each keyword makes one fault."""
    n = len(order) // b * b if whole else len(order)
    start = x
    for begin in range(0, n, b):
        batch = np.asarray(order)[begin : begin + b]
        at = start if stay else x
        score = u[batch] @ at
        p = score if straight else 1 / (1 + np.exp(-score))
        total = ((p - y[batch])[:, None] * u[batch]).sum(axis=0)
        x = x - lr * (total if sum_up else total / b if by_b else total / len(batch))
    return x


def picture_by_picture(x: Any, u: Any, y: Any, order: Any, b: int, lr: float) -> list[float]:
    """With loops over the pictures, the coordinates and the batches."""
    x, kept = [float(value) for value in x], list(order)
    while kept:
        batch, kept = kept[:b], kept[b:]
        g = [0.0] * len(x)
        for i in batch:
            p = 1 / (1 + np.exp(-sum(w * value for w, value in zip(x, u[i], strict=True))))
            g = [old + (p - y[i]) * value for old, value in zip(g, u[i], strict=True)]
        x = [old - lr * slope / len(batch) for old, slope in zip(x, g, strict=True)]
    return x


def sorted_first(x: Any, u: Any, y: Any, order: Any, b: int, lr: float) -> Any:
    """Put inputs and labels in order once, then cut both."""
    u, y, x = u[order], y[order], np.array(x, dtype=float)
    for begin in range(0, len(y), b):
        some, right = u[begin : begin + b], y[begin : begin + b]
        x -= lr * np.mean((np.tanh(some @ x / 2) / 2 + 0.5 - right)[:, None] * some, axis=0)
    return x


EPOCH = Exercise(
    name="sgd-epoch",
    answer="epoch",
    points=5,
    draw=draw_epoch,
    rtol=1e-9,
    right=(one_epoch, picture_by_picture, sorted_first),
    wrong=(
        Mistake(
            "this is one step over all pictures; x must move after each batch.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, len(y), lr),
        ),
        Mistake(
            "all gradients are taken where the epoch begins; each batch must ask where x is now.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, lr, stay=True),
        ),
        Mistake(
            "the last, smaller batch is lost.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, lr, whole=True),
        ),
        Mistake(
            "the last, smaller batch is divided by b; a mean is divided by how many there are.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, lr, by_b=True),
        ),
        Mistake(
            "this adds the gradients of a batch up; asked for is their mean.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, lr, sum_up=True),
        ),
        Mistake(
            "the pictures come as they stand in u; order does not enter.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, np.arange(len(y)), b, lr),
        ),
        Mistake(
            "the labels are in the new order and the pictures in the old one; they must go "
            "together.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y[order], np.arange(len(y)), b, lr),
        ),
        Mistake(
            "the pictures are in the new order and the labels in the old one; they must go "
            "together.",
            lambda x, u, y, order, b, lr: one_epoch(x, u[order], y, np.arange(len(y)), b, lr),
        ),
        Mistake(
            "only the first batch is used; an epoch goes through all of them.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order[:b], b, lr),
        ),
        Mistake(
            "each picture makes a step of its own; b does not enter.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, 1, lr),
        ),
        Mistake(
            "the run goes uphill; look at the sign of the step, or of p - y.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, -lr),
        ),
        Mistake(
            "this fits the score itself to y; the probability 1 / (1 + exp(-score)) is missing.",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, lr, straight=True),
        ),
        Mistake(
            "this is the probability that it is not an 8: look at the sign in the exponent.",
            lambda x, u, y, order, b, lr: -one_epoch(-x, u, y, order, b, -lr),
        ),
        Mistake(
            "lr does not enter: how far does a step go?",
            lambda x, u, y, order, b, lr: one_epoch(x, u, y, order, b, 1.0),
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="sgd-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("d", " D"),
    wrong=(
        Mistake(
            "they are random numbers, so any order is a random one; and the teeth of the saw stand "
            "at the same places.",
            "a",
        ),
        Mistake("the chapter has a proof that it converges, and a table.", "b"),
        Mistake("that is so while lr stays the same; what is the floor when lr tends to 0?", "c"),
    ),
)


def draw_repair(rng: np.random.Generator) -> list[Call]:
    """A few numbers once, twice, three times."""

    def lr() -> float:
        return round(rng.uniform(0.3, 0.9), 2)

    def start() -> float:
        return round(rng.normal(), 2)

    return [
        (rng.normal(2.0, 1.0, size=3).round(2), start(), lr(), 1),
        (rng.normal(-2.0, 1.0, size=2).round(2), start(), lr(), 3),
        (rng.normal(5.0, 2.0, size=4).round(2), start(), lr(), 2),
        (rng.integers(1, 9, size=3), 0, lr(), int(rng.integers(3, 6))),
    ]


def broken_run(a: Any, x0: float, lr: float, epochs: int) -> Any:
    """As the notebook shows it, but for the picture."""
    x, ends = x0, []
    for _ in range(epochs):
        for t, value in enumerate(a, start=1):
            x = x - lr / np.sqrt(t) * (x - value)
        ends.append(x)
    return ends


def all_points(a: Any, x0: float, lr: float, epochs: int, falls: Any = None) -> Any:
    """The points of the whole run, x0 not among them; `falls` is lr as a function of t."""
    x, points = x0, []
    for t, value in enumerate(np.tile(a, epochs), start=1):
        x = x - (lr / t**0.5 if falls is None else falls(t)) * (x - value)
        points.append(x)
    return np.array(points)


def ends_of(a: Any, x0: float, lr: float, epochs: int, falls: Any = None) -> Any:
    """Right if `falls` is not given: all points, of which every len(a)-th is kept."""
    return all_points(a, x0, lr, epochs, falls)[len(a) - 1 :: len(a)]


def counted_on(a: Any, x0: float, lr: float, epochs: int) -> list[Any]:
    """Right: t from the numbers of the epoch and of the measurement."""
    x, ends = x0, []
    for e in range(epochs):
        for i in range(len(a)):
            now = lr * (e * len(a) + i + 1) ** -0.5
            x = (1 - now) * x + now * a[i]
        ends.append(x)
    return ends


def by_epoch(a: Any, x0: float, lr: float, epochs: int) -> list[Any]:
    """The rate falls, but only between epochs."""
    x, ends = x0, []
    for e in range(1, epochs + 1):
        for value in a:
            x = x - lr / np.sqrt(e) * (x - value)
        ends.append(x)
    return ends


def full_gradients(a: Any, x0: float, lr: float, epochs: int) -> list[Any]:
    """One step an epoch, on the mean of all."""
    x, ends = x0, []
    for e in range(1, epochs + 1):
        x = x - lr / np.sqrt(e) * (x - np.mean(a))
        ends.append(x)
    return ends


REPAIR = Exercise(
    name="sgd-repair",
    answer="mean_by_steps",
    points=3,
    draw=draw_repair,
    rtol=1e-9,
    right=(ends_of, counted_on),
    wrong=(
        Mistake(
            "this is still the broken code: at the beginning of an epoch lr is as large as ever.",
            broken_run,
        ),
        Mistake("t counts the epochs here; it should count the steps.", by_epoch),
        Mistake(
            "lr stays the same, and so does the trembling.",
            lambda a, x0, lr, epochs: ends_of(a, x0, lr, epochs, lambda t: lr),
        ),
        Mistake(
            "lr falls like 1/t; asked for is one over the root.",
            lambda a, x0, lr, epochs: ends_of(a, x0, lr, epochs, lambda t: lr / t),
        ),
        Mistake(
            "the first step has t = 1; yours has t = 2.",
            lambda a, x0, lr, epochs: ends_of(a, x0, lr, epochs, lambda t: lr / np.sqrt(t + 1)),
        ),
        Mistake(
            "the first step has t = 1; yours has t = 0, which has no inverse.",
            lambda a, x0, lr, epochs: ends_of(
                a, x0, lr, epochs, lambda t: lr / np.sqrt(np.float64(t - 1))
            ),
        ),
        Mistake(
            "this is one step an epoch, on the mean of all measurements; that is batch gradient "
            "descent.",
            full_gradients,
        ),
        Mistake(
            "every point comes back; asked for are those at the ends of the epochs.",
            all_points,
        ),
        Mistake(
            "the last point alone comes back; asked for is one for each epoch.",
            lambda a, x0, lr, epochs: all_points(a, x0, lr, epochs)[-1],
        ),
        Mistake(
            "the start is among them; asked for are the ends of the epochs alone.",
            lambda a, x0, lr, epochs: np.append(x0, ends_of(a, x0, lr, epochs)),
        ),
        Mistake(
            "each epoch starts at x0 again; the run should go on where it is.",
            lambda a, x0, lr, epochs: [
                all_points(a, x0, lr, 1, lambda t, e=e: lr / np.sqrt(e * len(a) + t))[-1]
                for e in range(epochs)
            ],
        ),
        Mistake(
            "the run goes away from the measurements; look at the sign of the step.",
            lambda a, x0, lr, epochs: ends_of(a, x0, lr, epochs, lambda t: -lr / np.sqrt(t)),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="sgd-experiment",
    answer="best_lr",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(0.05, np.float64(0.05)),
    wrong=(
        Mistake("the floor is lowest there; but after 100 steps is the run down on it?", 0.005),
        Mistake("that is best for a budget of 1,000 steps; here there are 100.", 0.01),
        Mistake("its floor is low; look at what is left of the start at 10.", 0.02),
        Mistake("nothing is left of the start; but look at the variance, and go on.", 0.1),
        Mistake("that forgets the start soonest, and trembles most.", 0.5),
        Mistake("that is the place in the list; asked for is the lr that stands there.", 4),
    ),
)

EXERCISES = (VARIANCE, PREDICT, EPOCH, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "sgd-repair": {
        "return np.array(ends) -> return ends": "a list of points is compared as an array is",
    },
}
