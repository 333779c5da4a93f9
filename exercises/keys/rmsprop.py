"""What the exercises of `rmsprop` ask for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: slopes that grow or fade by a factor at every step --------------


def draw_geometric(rng: np.random.Generator) -> list[Call]:
    """Slopes that grow, that fade slowly and that fade too fast to be followed; short and long."""

    def some(low: float, high: float) -> float:
        return round(rng.uniform(low, high), 2)

    return [
        (some(1, 5), 1, some(0.1, 0.5), some(0.3, 0.6), some(1.2, 2)),
        (-some(1, 5), int(rng.integers(2, 5)), some(0.1, 0.5), some(0.3, 0.6), some(1.2, 2)),
        (rng.choice([-2, 3], size=3), 6, some(0.1, 0.5), some(0.4, 0.6), some(0.85, 0.95)),
        (rng.normal(3, 0.4, size=(2, 2)).round(2), 25, some(0.1, 0.5), some(0.7, 0.9), 1.05),
        (-some(1, 5), int(rng.integers(3, 6)), some(0.1, 0.5), some(0.7, 0.9), some(0.3, 0.6)),
    ]


def slope_by_slope(g: Any, t: int, lr: float, rho: float, c: float) -> Any:
    """The rule itself, t times."""
    v: Any = 0.0
    for k in range(t):
        v = rho * v + (1 - rho) * (g * c**k) ** 2
    return -lr * g * c ** (t - 1) / np.sqrt(v)


def unrolled(g: Any, t: int, lr: float, rho: float, c: float) -> Any:
    """The sum left open, in units of the last slope."""
    weights = (1 - rho) * rho ** np.arange(t)
    return -lr * np.sign(g) / np.sqrt((weights * c ** (-2.0 * np.arange(t))).sum())


GEOMETRIC = Exercise(
    name="rmsprop-geometric",
    answer="geometric_move",
    points=2,
    draw=draw_geometric,
    rtol=1e-9,
    right=(
        slope_by_slope,
        unrolled,
        lambda g, t, lr, rho, c: (
            -lr
            * g
            / np.abs(g)
            * c ** (t - 1)
            * np.sqrt((c**2 - rho) / ((1 - rho) * (c ** (2 * t) - rho**t)))
        ),
    ),
    wrong=(
        Mistake(
            "this is the formula for a slope that stays; c does not enter.",
            lambda g, t, lr, rho, c: -lr * np.sign(g) / np.sqrt(1 - rho**t),
        ),
        Mistake(
            "this is the limit of long runs; while t is small, the sum has only t terms.",
            lambda g, t, lr, rho, c: (
                -lr * np.sign(g) * np.sqrt(abs(1 - rho / c**2) / (1 - rho)) + 0 * g
            ),
        ),
        Mistake(
            "the size is right; against which direction of the slope does x move?",
            lambda g, t, lr, rho, c: -slope_by_slope(g, t, lr, rho, c),
        ),
        Mistake(
            "the length is right; a slope that points the other way moves x the other way.",
            lambda g, t, lr, rho, c: -abs(slope_by_slope(g, t, lr, rho, c)),
        ),
        Mistake(
            "the average is of squares, so what a step multiplies in it is not c itself.",
            lambda g, t, lr, rho, c: (
                -lr * np.sign(g) * np.sqrt((1 - rho / c) / ((1 - rho) * (1 - (rho / c) ** t)))
            ),
        ),
        Mistake(
            "seen from the last slope, the older ones are smaller when slopes grow; yours are "
            "larger.",
            lambda g, t, lr, rho, c: (
                -lr * np.sign(g) / np.sqrt((1 - rho) * sum((rho * c**2) ** k for k in range(t)))
            ),
        ),
        Mistake(
            "the squares are only added up here; in the average they have the weight 1 - rho.",
            lambda g, t, lr, rho, c: slope_by_slope(g, t, lr, rho, c) * np.sqrt(1 - rho),
        ),
        Mistake(
            "the root is missing: divided by a mean of squares, the slope leaves its size behind.",
            lambda g, t, lr, rho, c: (
                -(slope_by_slope(g, t, lr, rho, c) ** 2) / (lr * g * c ** (t - 1))
            ),
        ),
        Mistake(
            "the size of the slope drops out of the quotient; in yours it is still a factor.",
            lambda g, t, lr, rho, c: np.abs(g) * slope_by_slope(g, t, lr, rho, c),
        ),
        Mistake(
            "the last slope is taken for g; but it is g only at t = 1.",
            lambda g, t, lr, rho, c: slope_by_slope(g, t, lr, rho, c) / c ** (t - 1),
        ),
        Mistake(
            "this is the sum of all moves up to there; asked for is the last one.",
            lambda g, t, lr, rho, c: sum(slope_by_slope(g, k, lr, rho, c) for k in range(1, t + 1)),
        ),
        Mistake(
            "your sum has one term too many: t slopes have come, the last with the weight 1 - rho.",
            lambda g, t, lr, rho, c: (
                -lr * np.sign(g) / np.sqrt((1 - rho) * sum((rho / c**2) ** k for k in range(t + 1)))
            ),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="rmsprop-predict",
    answer="predicted_moves",
    points=3,
    draw=None,
    rtol=1e-9,
    right=((-0.2, -0.2, -0.1, 0.1, 0.0), np.array([-0.2, -0.2, -0.1, 0.1, 0.0])),
    wrong=(
        Mistake(
            "this is gradient descent: the size of the slope is not divided out.",
            [-40, -0.0004, -40, 40, 0],
        ),
        Mistake(
            "the long run is right; but at the first step the average has seen only one square, "
            "with a small weight.",
            [-0.1, -0.1, -0.1, 0.1, 0],
        ),
        Mistake(
            "a slope divided by its own size leaves its size out, for the gentle one as well.",
            [-0.2, -0.000002, -0.1, 0.1, 0],
        ),
        Mistake("the lengths are right; x goes against the slope.", [0.2, 0.2, 0.1, -0.1, 0]),
        Mistake("lengths have no sign; asked for is the change of x.", [0.2, 0.2, 0.1, 0.1, 0]),
        Mistake("the weight of the first square is under a root.", [-0.4, -0.4, -0.1, 0.1, 0]),
        Mistake(
            "the weight of the first square is in the denominator: it makes the first move "
            "longer, not shorter.",
            [-0.05, -0.05, -0.1, 0.1, 0],
        ),
        Mistake(
            "nothing of the old moves carries x on: where the slope changes its sign, so does "
            "the move.",
            [-0.2, -0.2, -0.1, -0.1, -0.1],
        ),
        Mistake(
            "there is no velocity here: without a slope, what is there to divide?",
            [-0.2, -0.2, -0.1, 0.1, 0.1],
        ),
        Mistake(
            "moves do not stay as long as at the start: the average fills up in some ten steps.",
            [-0.2, -0.2, -0.2, 0.2, 0],
        ),
        Mistake(
            "the square of -400 is that of 400; nothing in the average changes when the sign does.",
            [-0.2, -0.2, -0.1, 0.2, 0],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with an average, arrays of several shapes, whole numbers."""

    def hyper() -> tuple[float, float, float]:
        return (
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.3, 0.8), 3),
            round(rng.uniform(0.01, 0.2), 3),
        )

    def some(*shape: int) -> Any:
        return (rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 3, size=shape)).round(2)

    g, x, v = rng.normal(2.0, 0.4, size=3).round(2).tolist()
    return [
        (g, x, 1, 0.0, *hyper()),
        (-g, x, 2, v, *hyper()),
        (some(3), some(3), 2, abs(some(3)), *hyper()),
        (some(2, 2), some(2, 2), 7, abs(some(2, 2)), *hyper()),
        (rng.integers(1, 9, size=2), rng.integers(1, 9, size=2), 3, abs(some(2)), *hyper()),
        (some(4), some(4), 40, abs(some(4)), hyper()[0], 0.0, hyper()[2]),
    ]


def move(g: Any, x: Any, v: Any, lr: float, eps: float, by: Any = None) -> Any:
    """The new point and the average, the step divided by that or by another number."""
    return x - lr * g / (np.sqrt(v if by is None else by) + eps), v


def averaged(g: Any, v: Any, rho: float) -> Any:
    """The new average."""
    return v + (1 - rho) * (g**2 - v)


def in_place(g: Any, x: Any, t: int, v: Any, lr: float, rho: float, eps: float) -> Any:
    """Right numbers, and the caller's arrays lost."""
    v *= rho
    v += (1 - rho) * g**2
    x -= lr * g / (np.sqrt(v) + eps)
    return x, v


def coordinate_by_coordinate(
    g: Any, x: Any, t: int, v: Any, lr: float, rho: float, eps: float
) -> Any:
    """With a loop over the coordinates, into new arrays."""
    new_x, new_v = np.zeros(np.shape(x)), np.zeros(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        slope, old = np.asarray(g)[i], np.asarray(v)[i]
        new_v[i] = rho * old + (1 - rho) * slope * slope
        new_x[i] = np.asarray(x)[i] - lr / (new_v[i] ** 0.5 + eps) * slope
    return new_x, new_v


STEP = Exercise(
    name="rmsprop-step",
    answer="rmsprop_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(
        lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), lr, eps),
        # A list is as good as a tuple.
        lambda g, x, t, v, lr, rho, eps: [*move(g, x, averaged(g, v, rho), lr, eps)],
        coordinate_by_coordinate,
    ),
    wrong=(
        Mistake(
            "this is gradient descent: the slope is not divided by anything.",
            lambda g, x, t, v, lr, rho, eps: (x - lr * g, averaged(g, v, rho)),
        ),
        Mistake(
            "this is Adagrad: squares are added up, and nothing is ever forgotten.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, v + g**2, lr, eps),
        ),
        Mistake(
            "the new square comes in whole, so that the average of a constant is not that "
            "constant.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, rho * v + g**2, lr, eps),
        ),
        Mistake(
            "rho and 1 - rho are exchanged: here rho is the weight of the old average.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, 1 - rho), lr, eps),
        ),
        Mistake(
            "the slope enters the average as it is; what is averaged here is another thing.",
            lambda g, x, t, v, lr, rho, eps: (
                x - lr * g / (np.sqrt(abs(averaged_plain(g, v, rho))) + eps),
                averaged_plain(g, v, rho),
            ),
        ),
        Mistake(
            "x is right, but v comes back as it was; the next step would start from the wrong one.",
            lambda g, x, t, v, lr, rho, eps: (move(g, x, averaged(g, v, rho), lr, eps)[0], v),
        ),
        Mistake(
            "x moves by the old average; compute the new one first, then divide by that.",
            lambda g, x, t, v, lr, rho, eps: (
                move(g, x, v, lr, eps)[0],
                averaged(g, v, rho),
            ),
        ),
        Mistake(
            "the old average does not enter: this is a step along the sign of the slope.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, (1 - rho) * g**2, lr, eps),
        ),
        Mistake(
            "the root is missing: a slope divided by squares of slopes does not leave lr's unit.",
            lambda g, x, t, v, lr, rho, eps: (
                x - lr * g / (averaged(g, v, rho) + eps),
                averaged(g, v, rho),
            ),
        ),
        Mistake(
            "eps stands inside the root, as in Keras; in this rule it stands outside.",
            lambda g, x, t, v, lr, rho, eps: (
                x - lr * g / np.sqrt(averaged(g, v, rho) + eps),
                averaged(g, v, rho),
            ),
        ),
        Mistake(
            "the argument eps makes no difference: it is forgotten, or written as a fixed number.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), lr, 0.0),
        ),
        Mistake(
            "eps is added to the quotient and not to the root: parentheses are missing.",
            lambda g, x, t, v, lr, rho, eps: (
                x - (lr * g / np.sqrt(averaged(g, v, rho)) + eps),
                averaged(g, v, rho),
            ),
        ),
        Mistake(
            "this is the corrected form; asked for is the rule that does not divide by the sum "
            "of the weights.",
            lambda g, x, t, v, lr, rho, eps: move(
                g, x, averaged(g, v, rho), lr, eps, averaged(g, v, rho) / (1 - rho**t)
            ),
        ),
        Mistake(
            "the average that comes back is a corrected one; it would be corrected again in the "
            "next step.",
            lambda g, x, t, v, lr, rho, eps: move(
                g, x, averaged(g, v, rho) / (1 - rho**t), lr, eps
            ),
        ),
        Mistake(
            "all coordinates share one average; each has its own.",
            lambda g, x, t, v, lr, rho, eps: move(
                g, x, averaged(np.sqrt(np.mean(g**2)), v, rho), lr, eps
            ),
        ),
        Mistake(
            "what is averaged is the squared norm, one number for all coordinates; each "
            "coordinate has its own square.",
            lambda g, x, t, v, lr, rho, eps: move(
                g, x, averaged(np.sqrt(np.sum(g**2)), v, rho), lr, eps
            ),
        ),
        Mistake(
            "x goes uphill; look at the sign of the move.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), -lr, eps),
        ),
        Mistake(
            "lr does not enter; how long is a move in the long run?",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), 1.0, eps),
        ),
        Mistake(
            "rho is always 0.9 here; use the argument.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, 0.9), lr, eps),
        ),
        Mistake(
            "the second result is the root; what is kept is the average under it.",
            lambda g, x, t, v, lr, rho, eps: (
                move(g, x, averaged(g, v, rho), lr, eps)[0],
                np.sqrt(averaged(g, v, rho)),
            ),
        ),
        Mistake(
            "the two results are in another order: first x, then v.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), lr, eps)[::-1],
        ),
        Mistake(
            "x alone comes back; the caller needs the new v too, for the next step.",
            lambda g, x, t, v, lr, rho, eps: move(g, x, averaged(g, v, rho), lr, eps)[0],
        ),
        Mistake(
            "the move comes back in the place of the new point.",
            lambda g, x, t, v, lr, rho, eps: move(g, 0 * x, averaged(g, v, rho), lr, eps),
        ),
        Mistake(
            "the numbers are right, but +=, -= and *= change the caller's own arrays; make new "
            "ones.",
            in_place,
        ),
    ),
)


def averaged_plain(g: Any, v: Any, rho: float) -> Any:
    """Momentum's average, of slopes with their signs."""
    return rho * v + (1 - rho) * g


# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="rmsprop-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("d", " D"),
    wrong=(
        Mistake("if nothing were kept, every move of every weight would have one length.", "a"),
        Mistake("there is a root; what is it taken of?", "b"),
        Mistake(
            "that makes the first moves too long, for all weights alike; here two hardly move.", "c"
        ),
    ),
)


def slope(x: Any) -> Any:
    """The gradient of the three weights."""
    return np.array([100.0, 1.0, 0.01]) * x


def draw_path(rng: np.random.Generator) -> list[Call]:
    """One step, some steps, and a start of whole numbers."""

    def hyper() -> tuple[float, float, float]:
        return (
            round(rng.uniform(0.05, 0.3), 3),
            round(rng.uniform(0.3, 0.8), 3),
            round(rng.uniform(0.01, 0.05), 3),
        )

    return [
        (rng.normal(4, 0.4, size=3).round(2), *hyper(), 1),
        (rng.normal(-4, 0.4, size=3).round(2), *hyper(), 3),
        (rng.integers(5, 9, size=3), *hyper(), int(rng.integers(4, 7))),
    ]


def path(
    x0: Any,
    lr: float,
    rho: float,
    eps: float,
    steps: int,
    *,
    square: Any = np.square,
    keep: float = 1.0,
    new: Any = None,
    inside: float = 0.0,
    root: Any = np.sqrt,
    corrected: bool = False,
    first: int = 0,
) -> Any:
    """A path, with the one fault that the keywords say."""
    x, v = np.array(x0, dtype=float), np.zeros(3)
    points = [x]
    for t in range(1, steps + 1):
        g = slope(x)
        v = keep * rho * v + (1 - rho if new is None else new) * square(g)
        seen = v / (1 - rho**t) if corrected else v
        x = x - lr * g / (root(seen + inside * eps) + (1 - inside) * eps)
        points.append(x)
    return np.array(points[first:])


def weight_by_weight(x0: Any, lr: float, rho: float, eps: float, steps: int) -> Any:
    """Right: three runs, one after the other, put side by side."""
    points = np.zeros((steps + 1, 3))
    for i, steep in enumerate((100.0, 1.0, 0.01)):
        x, v = float(x0[i]), 0.0
        points[0, i] = x
        for t in range(1, steps + 1):
            v = rho * v + (1 - rho) * (steep * x) ** 2
            x -= lr * steep * x / (v**0.5 + eps)
            points[t, i] = x
    return points.tolist()


def copies(x0: Any, lr: float, rho: float, eps: float, steps: int) -> Any:
    """Right: in place, but on a copy, and a copy of each point is kept."""
    x, v = np.array(x0, dtype=float), np.zeros(3)
    points = [x.copy()]
    for _ in range(steps):
        g = slope(x)
        v *= rho
        v += (1 - rho) * g**2
        x -= lr * g / (np.sqrt(v) + eps)
        points.append(x.copy())
    return points


def one_array(x0: Any, lr: float, rho: float, eps: float, steps: int) -> Any:
    """The right points, but each entry of the list is the last of them."""
    return np.array([path(x0, lr, rho, eps, steps)[-1]] * (steps + 1))


REPAIR = Exercise(
    name="rmsprop-repair",
    answer="rmsprop_path",
    points=2,
    draw=draw_path,
    rtol=1e-9,
    right=(path, weight_by_weight, copies),
    wrong=(
        Mistake(
            "this is still the broken code: one number stands for the squares of all three slopes.",
            lambda *a: path(*a, square=lambda g: np.mean(g**2)),
        ),
        Mistake(
            "a sum over the coordinates in place of a mean is still one number for all three.",
            lambda *a: path(*a, square=lambda g: np.sum(g**2)),
        ),
        Mistake(
            "the largest square still rules all three coordinates.",
            lambda *a: path(*a, square=lambda g: np.max(g**2)),
        ),
        Mistake(
            "the average is started afresh in each step.",
            lambda *a: path(*a, keep=0.0),
        ),
        Mistake(
            "squares are only added up: this is Adagrad.",
            lambda x0, lr, rho, eps, steps: path(x0, lr, 1.0, eps, steps, new=1.0),
        ),
        Mistake(
            "the root is gone: a slope divided by squares of slopes is longest where it is gentle.",
            lambda *a: path(*a, root=np.positive),
        ),
        Mistake(
            "the coordinates are right, but eps has moved inside the root.",
            lambda *a: path(*a, inside=1.0),
        ),
        Mistake(
            "eps is gone; it was no part of the fault.",
            lambda x0, lr, rho, eps, steps: path(x0, lr, rho, 0.0, steps),
        ),
        Mistake(
            "the start of the average is corrected; that was not the fault, and the rule asked "
            "for does not do it.",
            lambda *a: path(*a, corrected=True),
        ),
        Mistake(
            "the start is missing: steps + 1 points are asked for, x0 the first.",
            lambda *a: path(*a, first=1),
        ),
        Mistake(
            "the last point alone comes back; all of them are asked for, x0 the first.",
            lambda *a: path(*a)[-1],
        ),
        Mistake(
            "all entries of the list are one and the same array.",
            one_array,
        ),
        Mistake(
            "one step too many is done: steps + 1 points are asked for, and x0 is one of them.",
            lambda x0, lr, rho, eps, steps: path(x0, lr, rho, eps, steps + 1),
        ),
        Mistake(
            "the run goes uphill; look at the sign of the move.",
            lambda x0, lr, rho, eps, steps: path(x0, -lr, rho, eps, steps),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="rmsprop-experiment",
    answer="best_rho",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(0.99, np.float64(0.99)),
    wrong=(
        Mistake(
            "that is the customary value; ten steps come round again, and how far back does it "
            "look?",
            0.9,
        ),
        Mistake(
            "its mean is nearer to 0, but the result counts the swings as well; does your table "
            "agree?",
            0.999,
        ),
        Mistake(
            "the longest memory is not the best here: what is in the average at the end?", 0.9999
        ),
        Mistake("that is sign descent, which ends at another place than the minimum.", 0.0),
        Mistake("that remembers hardly more than one step; look at the mean of x.", 0.5),
        Mistake("that is the place in your list; asked for is the rho that stands there.", 3),
        Mistake(
            "that is the place in your list, from 1; asked for is the rho that stands there.", 4
        ),
    ),
)

EXERCISES = (GEOMETRIC, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "rmsprop-geometric": {
        "return -length * np.sign(g) -> return -length / np.sign(g)": (
            "a sign is 1 or -1, so it is its own reciprocal"
        ),
    },
    "rmsprop-repair": {
        "return np.array(points) -> return points": "a list of points is compared as an array is",
    },
}
