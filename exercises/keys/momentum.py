"""What the exercises of `momentum` ask for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: how far it comes on a constant slope ---------------------------


def draw_displacement(rng: np.random.Generator) -> list[Call]:
    """A short run, a middling one and a long one; the slopes a number and an array."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.05, 0.5), 3), round(rng.uniform(0.3, 0.95), 3)

    return [
        (round(rng.normal(2.0, 0.4), 2), 1, *hyper()),
        (round(rng.normal(-2.0, 0.4), 2), int(rng.integers(2, 5)), *hyper()),
        (rng.normal(size=3).round(2), int(rng.integers(5, 20)), *hyper()),
        (rng.normal(size=(2, 2)).round(2), int(rng.integers(30, 90)), *hyper()),
    ]


def step_by_step(g: Any, t: int, lr: float, momentum: float) -> Any:
    """The rule itself, t times."""
    x = v = 0.0
    for _ in range(t):
        v = momentum * v - lr * g
        x = x + v
    return x


def gradient_by_gradient(g: Any, t: int, lr: float, momentum: float) -> Any:
    """The gradient of step j is still felt in t - j later steps."""
    felt = [(1 - momentum ** (t - j)) / (1 - momentum) for j in range(t)]
    return -lr * g * sum(felt)


DISPLACEMENT = Exercise(
    name="momentum-displacement",
    answer="displacement",
    points=2,
    draw=draw_displacement,
    rtol=1e-9,
    right=(
        step_by_step,
        gradient_by_gradient,
        lambda g, t, lr, momentum: (
            -lr * g * (t * (1 - momentum) - momentum * (1 - momentum**t)) / (1 - momentum) ** 2
        ),
    ),
    wrong=(
        Mistake(
            "this is t steps at the final speed; but the ball starts from rest and is slower at "
            "first.",
            lambda g, t, lr, momentum: -lr * g * t / (1 - momentum),
        ),
        Mistake(
            "this is the velocity at step t; the displacement is the sum of all velocities up to "
            "there.",
            lambda g, t, lr, momentum: -lr * g * (1 - momentum**t) / (1 - momentum),
        ),
        Mistake(
            "this is what gradient descent does in t steps; where does momentum come in?",
            lambda g, t, lr, momentum: -lr * g * t,
        ),
        Mistake(
            "the size is right; in which direction does the slope push?",
            lambda g, t, lr, momentum: (
                lr * g / (1 - momentum) * (t - momentum * (1 - momentum**t) / (1 - momentum))
            ),
        ),
        Mistake(
            "this is where the ball was one step earlier: either t is one too small, or the sum of "
            "the powers of momentum begins at momentum**0 and not, as for v_1, at momentum**1.",
            lambda g, t, lr, momentum: (
                -lr * g / (1 - momentum) * (t - (1 - momentum**t) / (1 - momentum))
            ),
        ),
        Mistake(
            "this is the limit for long runs; while t is small, momentum**t is not yet 0.",
            lambda g, t, lr, momentum: -lr * g / (1 - momentum) * (t - momentum / (1 - momentum)),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="momentum-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([2, 0, -1, -1, -0.5], np.array([2.0, 0.0, -1.0, -1.0, -0.5])),
    wrong=(
        Mistake(
            "this is gradient descent; here the velocity of the step before is kept in part.",
            [2, 1, 0.5, 0.25, 0.125],
        ),
        Mistake(
            "at x = 0 there is no slope, but the ball has a velocity; does it stop?",
            [2, 0, 0, 0, 0],
        ),
        Mistake("leave the start out: the list begins with x_1.", [4, 2, 0, -1, -1]),
        Mistake("these are the velocities; asked for are the points.", [-2, -2, -1, 0, 0.5]),
        Mistake(
            "the slope of f(x) = x**2 is 2x, not x.", [3, 1.75, 0.6875, -0.015625, -0.36328125]
        ),
        Mistake(
            "without friction, at momentum 1, it would be so; here half of the velocity is lost "
            "in each step.",
            [2, -1, -3.5, -4.25, -2.875],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with a velocity, arrays of several shapes, whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.05, 0.5), 3), round(rng.uniform(0.3, 0.8), 3)

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    g, x, v = rng.normal(2.0, 0.4, size=3).round(2).tolist()
    return [
        (g, x, 1, 0.0, *hyper()),
        (-g, x, 2, v, *hyper()),
        (some(3), some(3), 2, some(3), *hyper()),
        (some(2, 2), some(2, 2), 7, some(2, 2), *hyper()),
        (rng.integers(1, 9, size=2), rng.integers(1, 9, size=2), 3, some(2), *hyper()),
        (some(4), some(4), 40, some(4), hyper()[0], 0.0),
    ]


def in_place(g: Any, x: Any, t: int, v: Any, lr: float, momentum: float) -> Any:
    """Right numbers, and the caller's arrays lost."""
    v *= momentum
    v -= lr * g
    x += v
    return x, v


def coordinate_by_coordinate(g: Any, x: Any, t: int, v: Any, lr: float, momentum: float) -> Any:
    """With a loop over the coordinates, into new arrays."""
    new_x, new_v = np.zeros(np.shape(x)), np.zeros(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        new_v[i] = momentum * np.asarray(v)[i] - lr * np.asarray(g)[i]
        new_x[i] = np.asarray(x)[i] + new_v[i]
    return new_x, new_v


STEP = Exercise(
    name="momentum-step",
    answer="momentum_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(
        lambda g, x, t, v, lr, momentum: (
            x + momentum * v - lr * g,
            momentum * v - lr * g,
        ),
        # A list is as good as a tuple.
        lambda g, x, t, v, lr, momentum: [
            x - (lr * g - momentum * v),
            -(lr * g - momentum * v),
        ],
        coordinate_by_coordinate,
    ),
    wrong=(
        Mistake(
            "this is gradient descent: nothing of the old velocity v survives the step.",
            lambda g, x, t, v, lr, momentum: (x - lr * g, -lr * g),
        ),
        Mistake(
            "x moves, but v comes back as it was; the next step would start from the wrong one.",
            lambda g, x, t, v, lr, momentum: (x + momentum * v - lr * g, v),
        ),
        Mistake(
            "the slope pushes the ball uphill; look at the sign of lr * g.",
            lambda g, x, t, v, lr, momentum: (
                x + momentum * v + lr * g,
                momentum * v + lr * g,
            ),
        ),
        Mistake(
            "the point is right, but v has the opposite sign; here v is the change of x.",
            lambda g, x, t, v, lr, momentum: (x + momentum * v - lr * g, lr * g - momentum * v),
        ),
        Mistake(
            "this is v = momentum * v + lr * g with x = x - v, which papers write; here v is the "
            "change of x itself, so the old v must enter with the other sign.",
            lambda g, x, t, v, lr, momentum: (
                x - (momentum * v + lr * g),
                momentum * v + lr * g,
            ),
        ),
        Mistake(
            "this is form (ii), with lr outside the velocity; asked for is form (i).",
            lambda g, x, t, v, lr, momentum: (
                x - lr * (momentum * v + g),
                momentum * v + g,
            ),
        ),
        Mistake(
            "this is form (iii), an average of gradients; asked for is form (i).",
            lambda g, x, t, v, lr, momentum: (
                x - lr * (momentum * v + (1 - momentum) * g),
                momentum * v + (1 - momentum) * g,
            ),
        ),
        Mistake(
            "the push of the slope is weighted by 1 - momentum, as in an average; form (i) takes "
            "it whole.",
            lambda g, x, t, v, lr, momentum: (
                x + momentum * v - (1 - momentum) * lr * g,
                momentum * v - (1 - momentum) * lr * g,
            ),
        ),
        Mistake(
            "momentum multiplies the push of the slope too; friction acts on the old velocity "
            "alone.",
            lambda g, x, t, v, lr, momentum: (
                x + momentum * (v - lr * g),
                momentum * (v - lr * g),
            ),
        ),
        Mistake(
            "x moves by the old velocity; compute the new one first, then move by that.",
            lambda g, x, t, v, lr, momentum: (x + v, momentum * v - lr * g),
        ),
        Mistake(
            "x moves by one velocity too many: after v is new, only x + v remains to be done.",
            lambda g, x, t, v, lr, momentum: (
                x + 2 * (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "this takes a second look ahead; that is the rule of the next chapter.",
            lambda g, x, t, v, lr, momentum: (
                x + momentum * (momentum * v - lr * g) - lr * g,
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "nothing is lost to friction: momentum does not enter.",
            lambda g, x, t, v, lr, momentum: (x + v - lr * g, v - lr * g),
        ),
        Mistake(
            "momentum is always 0.9 here; use the argument.",
            lambda g, x, t, v, lr, momentum: (x + 0.9 * v - lr * g, 0.9 * v - lr * g),
        ),
        Mistake(
            "lr does not enter; how strong is the push of the slope?",
            lambda g, x, t, v, lr, momentum: (x + momentum * v - g, momentum * v - g),
        ),
        Mistake(
            "the two results are in another order: first x, then v.",
            lambda g, x, t, v, lr, momentum: (
                momentum * v - lr * g,
                x + momentum * v - lr * g,
            ),
        ),
        Mistake(
            "the second result is the old point; return the new velocity.",
            lambda g, x, t, v, lr, momentum: (x + momentum * v - lr * g, x),
        ),
        Mistake(
            "x moves by momentum times the new velocity; friction has acted on it already.",
            lambda g, x, t, v, lr, momentum: (
                x + momentum * (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "x moves against its velocity; here v is the change of x itself.",
            lambda g, x, t, v, lr, momentum: (
                x - (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "g and x are exchanged; the slope comes first, then the point.",
            lambda g, x, t, v, lr, momentum: (
                g + momentum * v - lr * x,
                momentum * v - lr * x,
            ),
        ),
        Mistake(
            "lr and momentum are exchanged.",
            lambda g, x, t, v, lr, momentum: (x + lr * v - momentum * g, lr * v - momentum * g),
        ),
        Mistake(
            "v is divided by 1 - momentum**t, which corrects an average for its start; this v is "
            "none.",
            lambda g, x, t, v, lr, momentum: (
                x + (momentum * v - lr * g) / (1 - momentum**t),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "x alone comes back; the caller needs the new v too, for the next step.",
            lambda g, x, t, v, lr, momentum: x + momentum * v - lr * g,
        ),
        Mistake(
            "v alone comes back; the caller needs the new point too.",
            lambda g, x, t, v, lr, momentum: momentum * v - lr * g,
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="momentum-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("b", " B"),
    wrong=(
        Mistake("is the last point what it should be? Then the velocity was kept.", "a"),
        Mistake("the slope at (-7, 2) is not zero, and lr = 0.1 moves the ball at once.", "c"),
        Mistake("a sign that is wrong makes a run go astray, not stand still.", "d"),
    ),
)


def slope(x: Any) -> Any:
    """The gradient of the ravine."""
    return np.array([x[0] / 10, 2 * x[1]])


def draw_path(rng: np.random.Generator) -> list[Call]:
    """One step, some steps, and a start of whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.05, 0.4), 3), round(rng.uniform(0.3, 0.95), 3)

    return [
        (rng.normal(size=2).round(2) + 3, *hyper(), 1),
        (rng.normal(size=2).round(2) - 3, *hyper(), 3),
        (rng.integers(1, 9, size=2), *hyper(), int(rng.integers(4, 7))),
    ]


def broken_path(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """As the notebook shows it: one array, changed in place, appended again and again."""
    x, v = x0, np.zeros(2)
    points = [x]
    for _ in range(steps):
        v *= momentum
        v -= lr * slope(x)
        x += v
        points.append(x)
    return np.array(points)


def copied_once(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """The caller's array is safe; the points are still one array."""
    return broken_path(np.array(x0, dtype=float), lr, momentum, steps)


def path(
    x0: Any,
    lr: float,
    momentum: float,
    steps: int,
    *,
    keep: float = 1.0,
    first: int = 0,
    ahead: float = 0.0,
    uphill: float = 1.0,
) -> Any:
    """A repaired path with one further fault, as the keywords say."""
    x, v = np.array(x0, dtype=float), np.zeros(2)
    points = [x]
    for _ in range(steps):
        v = keep * momentum * v - uphill * lr * slope(x + ahead * momentum * v)
        x = x + v
        points.append(x)
    return np.array(points[first:])


def copies(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """Right: in place, but on a copy, and a copy of each point is kept."""
    x, v = np.array(x0, dtype=float), np.zeros(2)
    points = [x.copy()]
    for _ in range(steps):
        v *= momentum
        v -= lr * slope(x)
        x += v
        points.append(x.copy())
    return points


def last_two_points(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """Right: no velocity, but the last two points."""
    points = np.zeros((steps + 1, 2))
    points[0] = before = x0
    for t in range(steps):
        x = points[t]
        points[t + 1] = x - lr * slope(x) + momentum * (x - before)
        before = x
    return points


REPAIR = Exercise(
    name="momentum-repair",
    answer="momentum_path",
    points=3,
    draw=draw_path,
    rtol=1e-9,
    right=(copies, last_two_points, path),
    wrong=(
        Mistake(
            "this is still the broken code: x += v changes the one array that all entries of the "
            "list are, and x0 with it.",
            broken_path,
        ),
        Mistake(
            "x0 is safe now, but all entries of the list are still one and the same array.",
            copied_once,
        ),
        Mistake(
            "the velocity is forgotten in each step: this is gradient descent.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps, keep=0.0),
        ),
        Mistake(
            "the start is missing: steps + 1 points are asked for, x0 the first.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps, first=1),
        ),
        Mistake(
            "rows and columns are exchanged: each row is a point.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps).T,
        ),
        Mistake(
            "the last point alone comes back; all of them are asked for, x0 the first.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps)[-1],
        ),
        Mistake(
            "the slope is taken after the jump; take it where the ball stands before the step.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps, ahead=1.0),
        ),
        Mistake(
            "the run goes uphill; look at the sign of lr * slope(x).",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps, uphill=-1.0),
        ),
        Mistake(
            "after x0 come the velocities; asked for are the points.",
            lambda x0, lr, momentum, steps: np.vstack(
                [[x0], np.diff(path(x0, lr, momentum, steps), axis=0)]
            ),
        ),
        Mistake(
            "one step too many is done: steps + 1 points are asked for, and x0 is one of them.",
            lambda x0, lr, momentum, steps: path(x0, lr, momentum, steps + 1),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="momentum-experiment",
    answer="best_momentum",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(0.8, np.float64(0.8)),
    wrong=(
        Mistake("that is the customary value; does your table agree?", 0.9),
        Mistake("that is the least number of steps; asked for is the momentum that needs it.", 157),
        Mistake("that is gradient descent, which needs the most steps here.", 0.0),
        Mistake(
            "that is what the formula gives; asked for is the momentum of the list that is best.",
            0.81,
        ),
        Mistake(
            "that formula is for the case that lr is chosen along with the momentum; here lr is 1.",
            (9 / 11) ** 2,
        ),
        Mistake("that is near; does no other momentum of your list need fewer steps?", 0.7),
        Mistake("that is a percentage; momentum is a number from 0 to 1.", 80),
        Mistake("that is the place in your list; asked for is the momentum that stands there.", 8),
    ),
)

EXERCISES = (DISPLACEMENT, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "momentum-repair": {
        "return np.array(points) -> return points": "a list of points is compared as an array is",
    },
}
