"""What the exercises of `nesterov` ask for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: the largest lr of the family that looks ahead by c v ------------


def draw_limit(rng: np.random.Generator) -> list[Call]:
    """Lists and arrays of curvatures, the largest in every place; c below and above momentum."""

    def curvatures(n: int) -> Any:
        return rng.uniform(0.2, 9.0, size=n).round(2)

    def momentum() -> float:
        return round(rng.uniform(0.3, 0.95), 3)

    return [
        (np.sort(curvatures(3)), momentum(), 0.0),
        (curvatures(5), momentum(), round(rng.uniform(0.1, 0.25), 3)),
        (np.sort(curvatures(4))[::-1].copy(), momentum(), round(rng.uniform(1.0, 3.0), 3)),
        (curvatures(3).tolist(), momentum(), round(rng.uniform(0.4, 0.9), 3)),
    ]


def root_at_minus_one(curvatures: Any, momentum: float, ahead: float) -> Any:
    """The lr at which one plus trace plus determinant is 0, direction by direction."""
    limits = []
    for curvature in curvatures:
        # 1 + T + D is a straight line in lr: 2 + 2 momentum at 0.
        limits.append((2 + 2 * momentum) / (curvature + 2 * ahead * curvature))
    return min(limits)


LIMIT = Exercise(
    name="nesterov-limit",
    answer="largest_lr",
    points=2,
    draw=draw_limit,
    rtol=1e-9,
    right=(
        root_at_minus_one,
        lambda curvatures, momentum, ahead: (1 + momentum) / ((ahead + 0.5) * max(curvatures)),
        lambda curvatures, momentum, ahead: np.min(
            (2 + 2 * momentum) / (1 + 2 * ahead) / np.asarray(curvatures)
        ),
    ),
    wrong=(
        Mistake(
            "this lets the flattest direction decide; which one leaves first as lr grows?",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * ahead) * np.min(curvatures))
            ),
        ),
        Mistake(
            "this is a limit for each direction; the run converges only if all of them do.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * ahead) * np.asarray(curvatures))
            ),
        ),
        Mistake(
            "this takes an average curvature; one direction that diverges is enough.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * ahead) * np.mean(curvatures))
            ),
        ),
        Mistake(
            "this takes the first curvature of the list, wherever the largest stands.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * ahead) * curvatures[0])
            ),
        ),
        Mistake(
            "this is a limit of lr times the curvature; the curvatures do not enter.",
            lambda curvatures, momentum, ahead: (2 + 2 * momentum) / (1 + 2 * ahead),
        ),
        Mistake(
            "this is the limit of plain momentum; ahead does not enter.",
            lambda curvatures, momentum, ahead: (2 + 2 * momentum) / np.max(curvatures),
        ),
        Mistake(
            "this is the limit of Nesterov's own method, which looks ahead by momentum; here it "
            "is by ahead.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * momentum) * np.max(curvatures))
            ),
        ),
        Mistake(
            "this is the limit of gradient descent, without a velocity.",
            lambda curvatures, momentum, ahead: 2 / np.max(curvatures),
        ),
        Mistake(
            "momentum is missing: with c = 0 you must get the limit of plain momentum.",
            lambda curvatures, momentum, ahead: 2 / ((1 + 2 * ahead) * np.max(curvatures)),
        ),
        Mistake(
            "half of it: look once more at what the trace and the determinant have in common.",
            lambda curvatures, momentum, ahead: (
                (1 + momentum) / ((1 + 2 * ahead) * max(curvatures))
            ),
        ),
        Mistake(
            "ahead comes in twice in 1 + T + D, from the trace and from the determinant.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + ahead) * np.max(curvatures))
            ),
        ),
        Mistake(
            "this looks ahead by ahead times momentum times v; here c multiplies v alone.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) / ((1 + 2 * ahead * momentum) * np.max(curvatures))
            ),
        ),
        Mistake(
            "this turns the look-ahead round: the farther ahead, the smaller the limit.",
            lambda curvatures, momentum, ahead: (
                (2 + 2 * momentum) * (1 + 2 * ahead) / np.max(curvatures)
            ),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="nesterov-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=((2, 0.5, 0.75, -0.125), np.array([2.0, 0.5, 0.75, -0.125])),
    wrong=(
        Mistake(
            "this is plain momentum; in step 3 the jump lands on the other side, and the slope is "
            "asked for there.",
            [2, 0.5, -1.25, -1.125],
        ),
        Mistake(
            "these are the queries, where the slope is asked for; asked for here are the points.",
            [3, 1.5, -0.25, 0.875],
        ),
        Mistake("these are the velocities; asked for are the points.", [-1, -1.5, 0.25, -0.875]),
        Mistake("leave the start out: the list begins with x_1.", [3, 2, 0.5, 0.75]),
        Mistake("this is gradient descent; here a part of the velocity is kept.", [2, 1, 0, -1]),
        Mistake(
            "this is gradient descent, and at 0 it rests; here a part of the velocity is kept.",
            [2, 1, 0, 0],
        ),
        Mistake(
            "without friction, at momentum 1, it would be so; here half of the velocity is lost "
            "in each step.",
            [2, 0, -1, -1],
        ),
        Mistake(
            "the jump is made twice: v holds it already, and is added to x, not to q.",
            [2, 0, -0.5, 0.75],
        ),
        Mistake(
            "in step 3 the slope is right, but the old velocity is forgotten; half of it is still "
            "in v.",
            [2, 0.5, 1.5, 1.0],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_stored(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with a velocity, arrays of several shapes, whole numbers."""

    def hyper() -> tuple[float, float, float]:
        lr, momentum = round(rng.uniform(0.05, 0.5), 3), round(rng.uniform(0.3, 0.6), 3)
        return lr, momentum, round(rng.uniform(0.65, 0.85), 3)

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    g, y, v = rng.normal(2.0, 0.4, size=3).round(2).tolist()
    return [
        (g, y, 1, 0.0, *hyper()),
        (-g, y, 2, v, *hyper()),
        (some(3), some(3), 2, some(3), *hyper()),
        (some(2, 2), some(2, 2), 7, some(2, 2), *hyper()),
        (rng.integers(1, 9, size=2), rng.integers(1, 9, size=2), 3, some(2), *hyper()),
    ]


def in_place(
    g: Any, y: Any, t: int, v: Any, lr: float, momentum: float, next_momentum: float
) -> Any:
    """Right numbers, and the caller's arrays lost."""
    y -= momentum * v
    v *= momentum
    v -= lr * g
    y += (1 + next_momentum) * v
    return y, v


def number_by_number(
    g: Any, y: Any, t: int, v: Any, lr: float, momentum: float, next_momentum: float
) -> Any:
    """With a loop over the coordinates, into new arrays."""
    new_y, new_v = np.zeros(np.shape(y)), np.zeros(np.shape(y))
    for i in np.ndindex(np.shape(y)):
        new_v[i] = momentum * np.asarray(v)[i] - lr * np.asarray(g)[i]
        new_y[i] = np.asarray(y)[i] - lr * np.asarray(g)[i] + next_momentum * new_v[i]
    return new_y, new_v


def stored(
    g: Any,
    y: Any,
    v: Any,
    lr: float,
    momentum: float,
    last: float,
    *,
    back: float = 1.0,
    uphill: float = 1.0,
) -> Any:
    """One step with a fault: goes back by ``back`` times the jump, and on by ``last`` times v."""
    new = momentum * v - uphill * lr * g
    return y - back * momentum * v + new + last * new, new


STORED_STEP = Exercise(
    name="nesterov-stored-step",
    answer="stored_step",
    points=4,
    draw=draw_stored,
    rtol=1e-9,
    right=(
        lambda g, y, t, v, lr, momentum, next_momentum: (
            y - lr * g + next_momentum * (momentum * v - lr * g),
            momentum * v - lr * g,
        ),
        # With a buffer b = -v / lr, as libraries keep it, and back again.
        lambda g, y, t, v, lr, momentum, next_momentum: [
            y - lr * (g + next_momentum * (g - momentum * v / lr)),
            -lr * (g - momentum * v / lr),
        ],
        number_by_number,
    ),
    wrong=(
        Mistake(
            "this goes on by the momentum of this step; y_t is where the next step will ask.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(g, y, v, lr, momentum, momentum),
        ),
        Mistake(
            "this uses next_momentum for the velocity too; v_t is made with the momentum of its "
            "own step.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, next_momentum, next_momentum
            ),
        ),
        Mistake(
            "the two momenta are exchanged: which one makes v_t, and which one looks ahead from "
            "x_t?",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, next_momentum, momentum
            ),
        ),
        Mistake(
            "this goes back by next_momentum times v; the stored point lay ahead by the old jump.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, next_momentum, back=next_momentum / momentum
            ),
        ),
        Mistake(
            "this takes y for x: the stored point already holds the old jump, and here it is made "
            "twice.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, next_momentum, back=0.0
            ),
        ),
        Mistake(
            "this is x_t, the point itself; what is stored is the look-ahead point.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(g, y, v, lr, momentum, 0.0),
        ),
        Mistake(
            "this is a step of plain momentum, which adds v to y.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, 0.0, back=0.0
            ),
        ),
        Mistake(
            "this goes back by the new velocity; v had changed before it was used.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y + (1 + next_momentum - momentum) * (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "this goes on by the old velocity; look ahead from x_t with the new one.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y - lr * g + next_momentum * v,
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "this is the copy that the chapter warns of: the formula wants the old velocity, and v "
            "is new by then.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y
                + next_momentum * momentum * (momentum * v - lr * g)
                - (1 + next_momentum) * lr * g,
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "y takes the look-ahead, but not the push of the slope that leads to x_t.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y + next_momentum * (momentum * v - lr * g),
                momentum * v - lr * g,
            ),
        ),
        Mistake(
            "y is right, but v comes back as it was; the next step would start from the wrong one.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                stored(g, y, v, lr, momentum, next_momentum)[0],
                v,
            ),
        ),
        Mistake(
            "the slope pushes the ball uphill; look at the sign of lr * g.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, next_momentum, uphill=-1.0
            ),
        ),
        Mistake(
            "this is v = momentum * v + lr * g, which papers write; here v is the change of x, so "
            "the old v enters with the other sign.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y - lr * g - next_momentum * (momentum * v + lr * g),
                momentum * v + lr * g,
            ),
        ),
        Mistake(
            "this is the form of PyTorch, with lr outside the velocity; here v is the change of x.",
            lambda g, y, t, v, lr, momentum, next_momentum: (
                y - lr * (g + next_momentum * (momentum * v + g)),
                momentum * v + g,
            ),
        ),
        Mistake(
            "this is gradient descent: nothing of the old velocity v survives the step.",
            lambda g, y, t, v, lr, momentum, next_momentum: (y - lr * g, -lr * g),
        ),
        Mistake(
            "next_momentum is always 0.9 here; use the argument.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(g, y, v, lr, momentum, 0.9),
        ),
        Mistake(
            "the two results are in another order: first y, then v.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, next_momentum
            )[::-1],
        ),
        Mistake(
            "y alone comes back; the caller needs the new v too, for the next step.",
            lambda g, y, t, v, lr, momentum, next_momentum: stored(
                g, y, v, lr, momentum, next_momentum
            )[0],
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="nesterov-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake("look at what is put into slope(...): it is x after the jump.", "a"),
        Mistake("read the lines of the loop in order: the jump uses the velocity as it was.", "b"),
        Mistake(
            "on the slope of 1 nothing can swing, and the final speed is still off; where does the "
            "0.9 too much come from?",
            "d",
        ),
    ),
)


def ravine_slope(x: Any) -> Any:
    """The gradient of the ravine."""
    return np.array([x[0] / 10, 2 * x[1]])


def draw_run(rng: np.random.Generator) -> list[Call]:
    """One step, some steps, and a start of whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.05, 0.35), 3), round(rng.uniform(0.3, 0.85), 3)

    return [
        (rng.normal(size=2).round(2) + 3, *hyper(), 1),
        (rng.normal(size=2).round(2) - 3, *hyper(), 3),
        (rng.integers(1, 9, size=2), *hyper(), int(rng.integers(4, 7))),
    ]


def run(
    x0: Any,
    lr: float,
    momentum: float,
    steps: int,
    *,
    twice: float = 0.0,
    ahead: float = 1.0,
    updated_first: bool = False,
    uphill: float = 1.0,
    later: float = 0.0,
) -> tuple[Any, Any]:
    """A run with one fault, as the keywords say."""
    x, v = np.array(x0, dtype=float), np.zeros(2)
    points, queries = [x], []
    for _ in range(steps):
        jump = momentum * v
        if updated_first:
            jump = momentum * (momentum * v - lr * ravine_slope(x))
        q = x + ahead * jump
        v = momentum * v - uphill * lr * ravine_slope(q)
        x = x + twice * jump + v
        queries.append(q + later * (x - q))
        points.append(x)
    return np.array(points), np.array(queries)


def without_velocity(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """Right: a gradient step from q, and on past the new point by a part of the last move."""
    points, queries = np.zeros((steps + 1, 2)), np.zeros((steps, 2))
    points[0] = q = x0
    for t in range(steps):
        queries[t] = q
        points[t + 1] = q - lr * ravine_slope(q)
        q = points[t + 1] + momentum * (points[t + 1] - points[t])
    return points, queries


def lists(x0: Any, lr: float, momentum: float, steps: int) -> Any:
    """Right: coordinates as plain numbers, results as lists."""
    (x, y), vx, vy = x0, 0.0, 0.0
    points, queries = [[x, y]], []
    for _ in range(steps):
        queries.append([x + momentum * vx, y + momentum * vy])
        vx = momentum * vx - lr * queries[-1][0] / 10
        vy = momentum * vy - lr * queries[-1][1] * 2
        x, y = x + vx, y + vy
        points.append([x, y])
    return [points, queries]


REPAIR = Exercise(
    name="nesterov-repair",
    answer="nesterov_run",
    points=3,
    draw=draw_run,
    rtol=1e-9,
    right=(run, without_velocity, lists),
    wrong=(
        Mistake(
            "this is still the broken code: x has jumped when v, which holds the jump, is added.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, twice=1.0),
        ),
        Mistake(
            "now nothing looks ahead: this is plain momentum.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, ahead=0.0),
        ),
        Mistake(
            "this looks ahead by the whole velocity; the jump is what friction leaves of it.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, ahead=1 / momentum),
        ),
        Mistake(
            "this looks back, not ahead; look at the sign of the jump.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, ahead=-1.0),
        ),
        Mistake(
            "this asks for two slopes a step, one before the jump; the jump uses the velocity that "
            "is there already.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, updated_first=True),
        ),
        Mistake(
            "the points are right; the queries are the points after each step, not where the slope "
            "was asked for.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, later=1.0),
        ),
        Mistake(
            "the points are right; the queries are the points before each jump.",
            lambda x0, lr, momentum, steps: (
                run(x0, lr, momentum, steps)[0],
                run(x0, lr, momentum, steps)[0][:-1],
            ),
        ),
        Mistake(
            "the run goes uphill; look at the sign of lr times the slope.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps, uphill=-1.0),
        ),
        Mistake(
            "the velocity is forgotten in each step: this is gradient descent.",
            lambda x0, lr, momentum, steps: run(x0, lr, 0.0, steps),
        ),
        Mistake(
            "the start is missing among the points: there are steps + 1 of them, x0 the first.",
            lambda x0, lr, momentum, steps: (
                run(x0, lr, momentum, steps)[0][1:],
                run(x0, lr, momentum, steps)[1],
            ),
        ),
        Mistake(
            "the points alone come back; the queries are asked for too.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps)[0],
        ),
        Mistake(
            "the two results are in another order: first the points, then the queries.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps)[::-1],
        ),
        Mistake(
            "one step too many is done: steps + 1 points are asked for, and x0 is one of them.",
            lambda x0, lr, momentum, steps: run(x0, lr, momentum, steps + 1),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="nesterov-experiment",
    answer="converging",
    points=2,
    draw=None,
    rtol=1e-9,
    right=((-0.25, 3), np.array([-0.25, 3.0])),
    wrong=(
        Mistake("these are the borders themselves; asked for are two of the 21.", [-0.4, 3.1]),
        Mistake("the first that diverge, one on each side; go one back on both.", [-0.5, 3.25]),
        Mistake("the larger one is right; is old news never good enough?", [0, 3]),
        Mistake("both are right; the smaller one first.", [3, -0.25]),
        Mistake("the flat direction converges everywhere; look at the steep one too.", [-1, 4]),
        Mistake(
            "this is the formula of part 1 with lr = 1; the experiment has another.", [0, 1.25]
        ),
        Mistake("these are places in your list; asked for is what stands there.", [3, 16]),
    ),
)

EXERCISES = (LIMIT, PREDICT, STORED_STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "nesterov-repair": {
        "return (np.array(points), np.array(queries)) -> return (points, np.array(queries))": (
            "a list of points is compared as an array is"
        ),
        "return (np.array(points), np.array(queries)) -> return (np.array(points), queries)": (
            "a list of queries is compared as an array is"
        ),
    },
}
