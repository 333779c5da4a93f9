"""What `gradient_descent` asks for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: the penalty that a short run comes to ---------------------------


def draw_penalty(rng: np.random.Generator) -> list[Call]:
    """One step, some, and many; the curvature a number, arrays, whole numbers."""

    def lr() -> float:
        return round(rng.uniform(0.05, 0.3), 3)

    def some(*shape: int) -> Any:
        return rng.uniform(0.4, 2.0, size=shape).round(2)

    return [
        (round(rng.uniform(0.4, 2.0), 2), 1, lr()),
        (round(rng.uniform(0.4, 2.0), 2), int(rng.integers(2, 5)), lr()),
        (some(3), int(rng.integers(4, 9)), lr()),
        (some(2, 2), int(rng.integers(10, 14)), lr()),
        (rng.integers(1, 4, size=2), int(rng.integers(2, 6)), lr()),
    ]


def by_running(lam: Any, t: int, lr: float) -> Any:
    """The run itself with a = 1, and the penalty that has its minimum there."""
    x = 0.0 * lam
    for _ in range(t):
        x = x - lr * lam * (x - 1)
    return lam * (1 - x) / x


PENALTY = Exercise(
    name="gd-penalty",
    answer="equal_penalty",
    points=2,
    draw=draw_penalty,
    rtol=1e-9,
    right=(
        by_running,
        lambda lam, t, lr: lam / (1 / (1 - lr * lam) ** t - 1),
        lambda lam, t, lr: lam / (1 - (1 - lr * lam) ** t) - lam,
    ),
    wrong=(
        Mistake(
            "this is the part of the way that the run has made; asked for is the penalty that "
            "stops at the same place.",
            lambda lam, t, lr: 1 - (1 - lr * lam) ** t,
        ),
        Mistake(
            "upside down: with your formula a longer run is held back more.",
            lambda lam, t, lr: lam * (1 - (1 - lr * lam) ** t) / (1 - lr * lam) ** t,
        ),
        Mistake(
            "a penalty is compared with the curvature; your formula lost that factor on the way.",
            lambda lam, t, lr: (1 - lr * lam) ** t / (1 - (1 - lr * lam) ** t),
        ),
        Mistake(
            "this is lam + p, the curvature of both terms together.",
            lambda lam, t, lr: lam / (1 - (1 - lr * lam) ** t),
        ),
        Mistake(
            "this is p * x**2 without the half; the penalty has a half in front, as f has.",
            lambda lam, t, lr: lam * (1 - lr * lam) ** t / (1 - (1 - lr * lam) ** t) / 2,
        ),
        Mistake(
            "the derivative of f is lam * (x - a); the half in front of f takes the 2 away.",
            lambda lam, t, lr: lam * (1 - 2 * lr * lam) ** t / (1 - (1 - 2 * lr * lam) ** t),
        ),
        Mistake(
            "this is what it tends to in flat directions; asked for is p for any lam.",
            lambda lam, t, lr: 1 / (lr * t) + 0 * lam,
        ),
        Mistake(
            "this holds in the limit of small steps; a step of finite length multiplies the "
            "distance by another factor than exp(-lr * lam).",
            lambda lam, t, lr: lam * np.exp(-lr * lam * t) / (1 - np.exp(-lr * lam * t)),
        ),
        Mistake(
            "each step multiplies the distance by the same factor; you took the factor t times "
            "as large once, not t times.",
            lambda lam, t, lr: lam * (1 - lr * lam * t) / (lr * lam * t),
        ),
        Mistake(
            "in the numerator the distance that is left is that of one step; t steps were made.",
            lambda lam, t, lr: lam * (1 - lr * lam) / (1 - (1 - lr * lam) ** t),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="gd-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(
        [1.25, 0.5, -0.25, 0.5, -0.25, 0.5],
        np.array([1.25, 0.5, -0.25, 0.5, -0.25, 0.5]),
    ),
    wrong=(
        Mistake(
            "it does not stop at the minimum: the slope is 1 in size however near it is, so each "
            "step has the same length.",
            [1.25, 0.5, 0, 0, 0, 0],
        ),
        Mistake(
            "it stops where it comes past 0; but there too the slope is not zero.",
            [1.25, 0.5, -0.25, -0.25, -0.25, -0.25],
        ),
        Mistake(
            "left of 0 the slope is -1, so the step goes to the right.",
            [1.25, 0.5, -0.25, -1, -1.75, -2.5],
        ),
        Mistake(
            "these are steps on x**2, whose slope is 2x; on |x| it is 1 or -1.",
            [-1, 0.5, -0.25, 0.125, -0.0625, 0.03125],
        ),
        Mistake(
            "this runs uphill; the step goes against the slope.", [2.75, 3.5, 4.25, 5, 5.75, 6.5]
        ),
        Mistake(
            "leave the start out: the list begins with x_1.", [2, 1.25, 0.5, -0.25, 0.5, -0.25]
        ),
        Mistake(
            "these are the values of f, the distances from 0; asked for are the points.",
            [1.25, 0.5, 0.25, 0.5, 0.25, 0.5],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_softmax(rng: np.random.Generator) -> list[Call]:
    """All zero, small scores, whole numbers, and scores of which exp is beyond the floats."""

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    def classes(n: int, k: int) -> Any:
        # Not one class alone, or some slips would not show.
        return np.concatenate([[0, k - 1], rng.integers(0, k, size=n - 2)])

    return [
        (np.zeros((2, 3)), np.zeros(3), some(4, 2), classes(4, 3)),
        (some(3, 2), some(2), some(4, 3), classes(4, 2)),
        (some(2, 4), some(4), some(3, 2), classes(3, 4)),
        (rng.integers(-2, 3, size=(2, 3)), some(3), rng.integers(1, 4, size=(5, 2)), classes(5, 3)),
        (some(2, 3), some(3) + 2000, some(2, 2), classes(2, 3)),
    ]


def softmax_gradient(
    W: Any,
    b: Any,
    u: Any,
    y: Any,
    *,
    axis: int = 1,
    safe: bool = True,
    right_class: float = 1.0,
    constants: float = 1.0,
) -> tuple[Any, Any]:
    """The right way, by one-hot rows; the keywords each make one fault."""
    z = u @ W + constants * b
    if safe:
        z = z - z.max(axis=axis, keepdims=True)
    p = np.exp(z)
    p = p / p.sum(axis=axis, keepdims=True)
    miss = p - right_class * (np.arange(len(b)) == np.asarray(y)[:, None])
    return u.T @ miss / len(y), miss.mean(axis=0)


def picture_by_picture(W: Any, b: Any, u: Any, y: Any) -> list[Any]:
    """With a loop over the pictures and the chapter's formula for each."""
    dW, db = np.zeros(np.shape(W)), np.zeros(len(b))
    for picture, digit in zip(u, y, strict=True):
        z = picture @ W + b
        p = np.exp(z - max(z))
        p /= sum(p)
        p[digit] -= 1
        dW += np.outer(picture, p)
        db += p
    return [dW / len(y), db / len(y)]


def picked_in_place(W: Any, b: Any, u: Any, y: Any) -> tuple[Any, Any]:
    """Subtract the 1 at pairs of row and column; logarithms keep the large scores in hand."""
    z = u @ W + b
    p = np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    return np.einsum("ij,ik->jk", u, p), p.sum(axis=0)


def whole_columns(W: Any, b: Any, u: Any, y: Any) -> tuple[Any, Any]:
    """The right p, and then p[:, y], which is not one entry in each row."""
    z = u @ W + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[:, y] -= 1
    return u.T @ p / len(y), p.mean(axis=0)


def each_for_itself(W: Any, b: Any, u: Any, y: Any) -> tuple[Any, Any]:
    """A logistic function for each class."""
    miss = 1 / (1 + np.exp(-(u @ W + b))) - np.eye(len(b))[y]
    return u.T @ miss / len(y), miss.mean(axis=0)


def in_place(W: Any, b: Any, u: Any, y: Any) -> tuple[Any, Any]:
    """Right numbers, and the caller's parameters moved by a step."""
    dW, db = softmax_gradient(W, b, u, y)
    b -= db
    return dW, db


def times(dW: Any, db: Any, by: Any, by_b: Any) -> tuple[Any, Any]:
    """Both gradients, each times a factor."""
    return dW * by, db * by_b


SOFTMAX = Exercise(
    name="gd-softmax",
    answer="softmax_gradient",
    points=5,
    draw=draw_softmax,
    rtol=1e-9,
    right=(softmax_gradient, picture_by_picture, picked_in_place),
    wrong=(
        Mistake(
            "this is the gradient of the sum of the losses; asked for is that of their mean.",
            lambda W, b, u, y: times(*softmax_gradient(W, b, u, y), len(y), len(y)),
        ),
        Mistake(
            "W's gradient is right and b's is a sum over the pictures; that is a mean too.",
            lambda W, b, u, y: times(*softmax_gradient(W, b, u, y), 1, len(y)),
        ),
        Mistake(
            "the mean is taken over the pictures, not over pictures and classes.",
            lambda W, b, u, y: times(*softmax_gradient(W, b, u, y), 1 / len(b), 1 / len(b)),
        ),
        Mistake(
            "the sign is turned round: this is the way down, asked for is the gradient.",
            lambda W, b, u, y: times(*softmax_gradient(W, b, u, y), -1, -1),
        ),
        Mistake(
            "right for small scores, but exp of a large one is infinite; see the hint.",
            lambda W, b, u, y: softmax_gradient(W, b, u, y, safe=False),
        ),
        Mistake(
            "the probabilities must add up to 1 for each picture; yours do so for each class.",
            lambda W, b, u, y: softmax_gradient(W, b, u, y, axis=0),
        ),
        Mistake(
            "the right classes do not enter: where is the 1 that is taken off at y?",
            lambda W, b, u, y: softmax_gradient(W, b, u, y, right_class=0.0),
        ),
        Mistake(
            "the constants b are missing from the scores.",
            lambda W, b, u, y: softmax_gradient(W, b, u, y, constants=0.0),
        ),
        Mistake(
            "p[:, y] is whole columns; in each row the 1 is taken off at one place.",
            whole_columns,
        ),
        Mistake(
            "this gives each class a probability of its own, which need not add up to 1.",
            each_for_itself,
        ),
        Mistake(
            "b's gradient is missing.",
            lambda W, b, u, y: softmax_gradient(W, b, u, y)[0],
        ),
        Mistake(
            "the two gradients are in another order: first W's, then b's.",
            lambda W, b, u, y: softmax_gradient(W, b, u, y)[::-1],
        ),
        Mistake(
            "W's gradient is turned on its side; it has the shape of W.",
            lambda W, b, u, y: (softmax_gradient(W, b, u, y)[0].T, softmax_gradient(W, b, u, y)[1]),
        ),
        Mistake(
            "this makes a step; asked for are the gradients alone.",
            lambda W, b, u, y: tuple(
                old - new for old, new in zip((W, b), softmax_gradient(W, b, u, y), strict=True)
            ),
        ),
        Mistake(
            "the numbers are right, but the caller's b has been moved; a gradient moves nothing.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="gd-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake(
            "the chapter's proof turns the coordinates to the eigenvectors, so it holds for every "
            "symmetric A.",
            "a",
        ),
        Mistake("for (1, 1), A @ x is 1.9 times x: that is an eigenvalue above 1.", "b"),
        Mistake("the curve falls from beginning to end; what would make it turn?", "d"),
    ),
)


def draw_descent(rng: np.random.Generator) -> list[Call]:
    """Two and three dimensions, one step and several, a start of whole numbers."""

    def symmetric(d: int) -> Any:
        half = rng.uniform(0.2, 0.9, size=(d, d)).round(2)
        return (half + half.T).round(2)

    def lr() -> float:
        return round(rng.uniform(0.1, 0.6), 3)

    return [
        (symmetric(2), rng.normal(size=2).round(2) + 2, lr(), 1),
        (symmetric(3), rng.normal(size=3).round(2) - 2, lr(), 3),
        (symmetric(3), rng.integers(1, 9, size=3), lr(), int(rng.integers(4, 7))),
    ]


def coordinates_in_turn(A: Any, x0: Any, lr: float, steps: int, *, backwards: bool = False) -> Any:
    """As the notebook shows it, or from the last coordinate to the first."""
    points = [np.array(x0, dtype=float)]
    for _ in range(steps):
        x = points[-1].copy()
        for i in sorted(range(len(x)), reverse=backwards):
            x[i] -= lr * (A[i] @ x)
        points.append(x)
    return np.array(points)


def path(A: Any, x0: Any, lr: float, steps: int, *, first: int = 0) -> Any:
    """Right, into an array that is there before."""
    points = np.zeros((steps + 1, len(x0)))
    points[0] = x0
    for t in range(steps):
        points[t + 1] = points[t] - lr * points[t] @ A
    return points[first:]


def old_and_new(A: Any, x0: Any, lr: float, steps: int) -> Any:
    """Right: coordinate by coordinate, but every slope at the old point."""
    points = [list(x0)]
    for _ in range(steps):
        old = points[-1]
        points.append([old[i] - lr * float(A[i] @ np.array(old)) for i in range(len(old))])
    return points


def by_powers(A: Any, x0: Any, lr: float, steps: int) -> Any:
    """Right: each point from the first one."""
    factor = np.eye(len(x0)) - lr * A
    return [np.linalg.matrix_power(factor, t) @ x0 for t in range(steps + 1)]


def one_array(A: Any, x0: Any, lr: float, steps: int) -> Any:
    """The slopes are right; all entries of the list are one array."""
    x = np.array(x0, dtype=float)
    points = [x]
    for _ in range(steps):
        x -= lr * (A @ x)
        points.append(x)
    return np.array(points)


def callers_array(A: Any, x0: Any, lr: float, steps: int) -> Any:
    """Right points where it can; the start is moved."""
    points = [x0.copy()]
    for _ in range(steps):
        x0 -= lr * (A @ x0)
        points.append(x0.copy())
    return np.array(points)


REPAIR = Exercise(
    name="gd-repair",
    answer="descent",
    points=3,
    draw=draw_descent,
    rtol=1e-9,
    right=(path, old_and_new, by_powers),
    wrong=(
        Mistake(
            "this is still the broken code: x[i] is changed, and the next slope is taken there.",
            coordinates_in_turn,
        ),
        Mistake(
            "now the last coordinate goes first; the others still take their slope at a point "
            "that has moved.",
            lambda A, x0, lr, steps: coordinates_in_turn(A, x0, lr, steps, backwards=True),
        ),
        Mistake(
            "each coordinate sees its own curvature alone; the slope along i contains the others "
            "too.",
            lambda A, x0, lr, steps: path(np.diag(np.diag(A)), x0, lr, steps),
        ),
        Mistake(
            "this divides each slope by A[i, i]; that is another method.",
            lambda A, x0, lr, steps: old_and_new(A / np.diag(A)[:, None], x0, lr, steps),
        ),
        Mistake(
            "the gradient of x @ A @ x / 2 is A @ x; the half takes the 2 away.",
            lambda A, x0, lr, steps: path(2 * A, x0, lr, steps),
        ),
        Mistake(
            "the run goes uphill; look at the sign of the step.",
            lambda A, x0, lr, steps: path(-A, x0, lr, steps),
        ),
        Mistake(
            "the start is missing: steps + 1 points are asked for, x0 the first.",
            lambda A, x0, lr, steps: path(A, x0, lr, steps, first=1),
        ),
        Mistake(
            "the last point alone comes back; all of them are asked for, x0 the first.",
            lambda A, x0, lr, steps: path(A, x0, lr, steps)[-1],
        ),
        Mistake(
            "one step too many is done: steps + 1 points are asked for, and x0 is one of them.",
            lambda A, x0, lr, steps: path(A, x0, lr, steps + 1),
        ),
        Mistake(
            "the slope is taken at the start for all steps; each step needs that of its own point.",
            lambda A, x0, lr, steps: [x0 - t * lr * (A @ x0) for t in range(steps + 1)],
        ),
        Mistake(
            "all entries of the list are one and the same array, which ends at the last point.",
            one_array,
        ),
        Mistake(
            "x0 is the caller's array, and -= moves it; make a new one at each step.",
            callers_array,
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="gd-experiment",
    answer="best_steps",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(100, np.int64(100), 100.0),
    wrong=(
        Mistake(
            "that is where the loss on the 40 pictures is least; look at the test pictures.", 3000
        ),
        Mistake("too short: the loss on the test pictures is still falling there.", 10),
        Mistake("near it; the next row of the table is lower still.", 30),
        Mistake("it has risen again by then; is your lr 1, and are there 40 pictures?", 300),
        Mistake("with all training pictures a long run does no harm; take the first 40.", 1000),
    ),
)

EXERCISES = (PENALTY, PREDICT, SOFTMAX, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "gd-repair": {
        "return np.array(points) -> return points": "a list of points is compared as an array is",
    },
}
