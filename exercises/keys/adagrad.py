"""What the exercises of `adagrad` ask for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: how long early gradients are felt ------------------------------


def draw_recovery(rng: np.random.Generator) -> list[Call]:
    """Numbers and arrays, falling and rising slopes, slopes that grow gentler or steeper."""

    def part() -> float:
        return round(rng.uniform(0.3, 0.95), 2)

    def some(low: float, high: float, *shape: int) -> Any:
        return rng.uniform(low, high, size=shape).round(2)

    return [
        (1, float(some(20, 90)), float(some(1.5, 3)), part()),
        (int(rng.integers(3, 20)), -float(some(2, 9)), float(some(1.5, 3)), part()),
        (int(rng.integers(20, 90)), some(2, 9, 3), float(some(-3, -1.5)), part()),
        (int(rng.integers(3, 20)), some(2, 9, 2, 2), some(0.2, 0.8, 2, 2), part()),
    ]


def by_sums(n: int, steep: Any, gentle: Any, part: float) -> Any:
    """What the steep slope has added, over what one step on the gentle one adds."""
    old = sum(steep * steep for _ in range(n))
    return old / (gentle * gentle) / (1 / part**2 - 1)


RECOVERY = Exercise(
    name="adagrad-recovery",
    answer="recovery",
    points=2,
    draw=draw_recovery,
    rtol=1e-9,
    right=(
        by_sums,
        lambda n, steep, gentle, part: (
            n * (part * steep) ** 2 / (gentle**2 * (1 - part) * (1 + part))
        ),
        lambda n, steep, gentle, part: n * steep**2 * part**2 / (gentle**2 - (part * gentle) ** 2),
    ),
    wrong=(
        Mistake(
            "this adds up the gradients; G adds up their squares.",
            lambda n, steep, gentle, part: (
                n * np.abs(np.asarray(steep) / gentle) * part**2 / (1 - part**2)
            ),
        ),
        Mistake(
            "this adds up the gradients with their signs; G adds up their squares.",
            lambda n, steep, gentle, part: n * steep / gentle * part**2 / (1 - part**2),
        ),
        Mistake(
            "steep and gentle are exchanged: the steeper the old slope, the longer it is felt.",
            lambda n, steep, gentle, part: n * (gentle / steep) ** 2 * part**2 / (1 - part**2),
        ),
        Mistake(
            "n does not enter; does a longer steep stretch not leave more in G?",
            lambda n, steep, gentle, part: (steep / gentle) ** 2 * part**2 / (1 - part**2),
        ),
        Mistake(
            "n is squared too; n equal squares add up to n times one of them.",
            lambda n, steep, gentle, part: (n * steep / gentle) ** 2 * part**2 / (1 - part**2),
        ),
        Mistake(
            "this compares the sums; the steps go with their roots.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2 * part / (1 - part),
        ),
        Mistake(
            "this squares 1 - part as a whole; solve the equation for m once more.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2 * (part / (1 - part)) ** 2,
        ),
        Mistake(
            "this is the fraction upside down: the larger the part, the longer it must take.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2 * (1 - part**2) / part**2,
        ),
        Mistake(
            "this leaves out of the old run's sum what the gentle ground adds to it.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2 * part**2,
        ),
        Mistake(
            "this counts from the very beginning; m counts the steps on the gentle ground.",
            lambda n, steep, gentle, part: n + n * (steep / gentle) ** 2 * part**2 / (1 - part**2),
        ),
        Mistake(
            "this is when G is the same part of what it was; compare the lengths of two steps.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2 * (1 - part**2),
        ),
        Mistake(
            "this is when gentle and steep ground have added equally much; part does not enter.",
            lambda n, steep, gentle, part: n * (steep / gentle) ** 2,
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="adagrad-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=((1.35, 1.87, 1.87, 1.27), np.array([1.35, 1.87, 1.87, 1.27])),
    wrong=(
        Mistake(
            "this is gradient descent; here each step is divided by the root of the sum.",
            [0.05, 2.65, 2.65, -5.15],
        ),
        Mistake(
            "every step has the length lr here; that holds for the first one alone, for G adds up.",
            [1.35, 2, 2, 1.35],
        ),
        Mistake(
            "the sum is not begun anew after a gradient of 0: G stays as it is.",
            [1.35, 1.87, 1.87, 1.22],
        ),
        Mistake(
            "the gradients enter G as squares, but the step with their sign: which way is step 2?",
            [1.35, 0.83, 0.83, 0.23],
        ),
        Mistake("uphill: the step goes against the gradient.", [2.65, 2.13, 2.13, 2.73]),
        Mistake("these are the steps; asked for are the points.", [-0.65, 0.52, 0, -0.6]),
        Mistake("these are the sums G; asked for are the points.", [9, 25, 25, 169]),
        Mistake("these are the roots of G; asked for are the points.", [3, 5, 5, 13]),
        Mistake("leave the start out: the list begins with x_1.", [2, 1.35, 1.87, 1.87]),
        Mistake(
            "each step is taken from the start; it goes on from where the one before ended.",
            [1.35, 2.52, 2, 1.4],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, a coordinate that has no gradient yet, later steps, whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.1, 0.8), 3), round(rng.uniform(0.05, 0.4), 3)

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    def sums(*shape: int) -> Any:
        return rng.uniform(0.3, 4.0, size=shape).round(2)

    g, x = rng.normal(2.0, 0.4, size=2).round(2).tolist()
    rare = np.append(some(2), 0.0)
    return [
        (g, x, 1, 0.0, *hyper()),
        (-g, x, 2, float(sums()), *hyper()),
        (rare, some(3), 3, np.append(sums(2), 0.0), *hyper()),
        (some(2, 2), some(2, 2), 7, sums(2, 2), *hyper()),
        (rng.integers(1, 9, size=2), rng.integers(1, 9, size=2), 4, sums(2), *hyper()),
    ]


def in_place(g: Any, x: Any, t: int, G: Any, lr: float, eps: float) -> Any:
    """Right numbers, and the caller's arrays lost."""
    G += g**2
    x -= lr * g / (np.sqrt(G) + eps)
    return x, G


def coordinate_by_coordinate(g: Any, x: Any, t: int, G: Any, lr: float, eps: float) -> Any:
    """With a loop over the coordinates, into new arrays."""
    new_x, new_G = np.zeros(np.shape(x)), np.zeros(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        slope = np.asarray(g)[i]
        new_G[i] = np.asarray(G)[i] + slope * slope
        new_x[i] = np.asarray(x)[i] - lr / (new_G[i] ** 0.5 + eps) * slope
    return new_x, new_G


def copied(g: Any, x: Any, t: int, G: Any, lr: float, eps: float) -> Any:
    """In place, but on copies; a list is as good as a tuple."""
    G = np.array(G, dtype=float)
    G += np.square(g)
    x = np.array(x, dtype=float)
    x -= np.multiply(g, lr) / np.add(np.sqrt(G), eps)
    return [x, G]


STEP = Exercise(
    name="adagrad-step",
    answer="adagrad_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(
        lambda g, x, t, G, lr, eps: (x - lr / (eps + (G + g * g) ** 0.5) * g, G + g * g),
        coordinate_by_coordinate,
        copied,
    ),
    wrong=(
        Mistake(
            "this is gradient descent: the sum is kept, and no step is divided by its root.",
            lambda g, x, t, G, lr, eps: (x - lr * g, G + g**2),
        ),
        Mistake(
            "the root is missing: the step is divided by the sum itself.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (G + g**2 + eps), G + g**2),
        ),
        Mistake(
            "eps stands inside the root, as in two libraries; asked for is the form outside.",
            lambda g, x, t, G, lr, eps: (x - lr * g / np.sqrt(G + g**2 + eps), G + g**2),
        ),
        Mistake(
            "eps stands inside the root and stays in G; it belongs to neither.",
            lambda g, x, t, G, lr, eps: (x - lr * g / np.sqrt(G + g**2 + eps), G + g**2 + eps),
        ),
        Mistake(
            "a coordinate that has had no gradient gets 0/0, and eps does not enter.",
            lambda g, x, t, G, lr, eps: (x - lr * g / np.sqrt(G + g**2), G + g**2),
        ),
        Mistake(
            "eps is always 1e-10 here; use the argument.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(G + g**2) + 1e-10), G + g**2),
        ),
        Mistake(
            "eps is added to the quotient; look where the fraction ends.",
            lambda g, x, t, G, lr, eps: (
                x - lr * g / np.where(G + g**2 > 0, np.sqrt(G + g**2), 1.0) + eps,
                G + g**2,
            ),
        ),
        Mistake(
            "x is divided by the root of the old sum; this step's gradient belongs to it already.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(G) + eps), G + g**2),
        ),
        Mistake(
            "x moves, but G comes back as it was: no step would ever be remembered.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(G + g**2) + eps), G),
        ),
        Mistake(
            "G is not added up: it holds this step's square alone.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(g**2) + eps), g**2),
        ),
        Mistake(
            "G adds up the gradients; should it not be their squares?",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(G + g) + eps), G + g),
        ),
        Mistake(
            "G adds up the sizes of the gradients; should it not be their squares?",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt(G + abs(g)) + eps), G + abs(g)),
        ),
        Mistake(
            "all coordinates share one sum; each needs its own.",
            lambda g, x, t, G, lr, eps: (
                x - lr * g / (np.sqrt(G + np.sum(g**2)) + eps),
                G + np.sum(g**2),
            ),
        ),
        Mistake(
            "this takes the root of the mean of the squares; here it is their sum, t has no part.",
            lambda g, x, t, G, lr, eps: (x - lr * g / (np.sqrt((G + g**2) / t) + eps), G + g**2),
        ),
        Mistake(
            "this is the next rule but one, RMSProp, with its leak; here nothing is forgotten.",
            lambda g, x, t, G, lr, eps: (
                x - lr * g / (np.sqrt(0.9 * G + 0.1 * g**2) + eps),
                0.9 * G + 0.1 * g**2,
            ),
        ),
        Mistake(
            "uphill: look at the sign of the step.",
            lambda g, x, t, G, lr, eps: (x + lr * g / (np.sqrt(G + g**2) + eps), G + g**2),
        ),
        Mistake(
            "lr does not enter; how long is the first step to be?",
            lambda g, x, t, G, lr, eps: (x - g / (np.sqrt(G + g**2) + eps), G + g**2),
        ),
        Mistake(
            "g is missing above the line; without it the step knows neither side nor size.",
            lambda g, x, t, G, lr, eps: (x - lr / (np.sqrt(G + g**2) + eps), G + g**2),
        ),
        Mistake(
            "the root of the sum comes back as G; keep the sum, and take the root for the step "
            "only.",
            lambda g, x, t, G, lr, eps: (
                x - lr * g / (np.sqrt(G + g**2) + eps),
                np.sqrt(G + g**2),
            ),
        ),
        Mistake(
            "the two results are in another order: first x, then G.",
            lambda g, x, t, G, lr, eps: (G + g**2, x - lr * g / (np.sqrt(G + g**2) + eps)),
        ),
        Mistake(
            "x alone comes back; the caller needs the new G too, for the next step.",
            lambda g, x, t, G, lr, eps: x - lr * g / (np.sqrt(G + g**2) + eps),
        ),
        Mistake(
            "the step comes back in place of the point; subtract it from x.",
            lambda g, x, t, G, lr, eps: (lr * g / (np.sqrt(G + g**2) + eps), G + g**2),
        ),
        Mistake(
            "the numbers are right, but += and -= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="adagrad-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("ac", " AC"),
    wrong=(
        Mistake("that is one of them; the first step shows the other.", "a"),
        Mistake("that is one of them; the peak of f shows the other.", "c"),
        Mistake("both are right; in the order of the alphabet, please.", "ca"),
        Mistake("there is a root in the code; look at what stands under it.", "ab"),
        Mistake("there is a root in the code; and look when the peak of f comes.", "bc"),
        Mistake("nothing is divided by zero here; look at the first step.", "ad"),
        Mistake("nothing is divided by zero here; look when the peak of f comes.", "cd"),
        Mistake("neither: there is a root, and nothing is divided by zero.", "bd"),
    ),
)


def ravine_slope(x: Any) -> Any:
    """The gradient of the ravine."""
    return np.array([x[0] / 10, 2 * x[1]])


def draw_run(rng: np.random.Generator) -> list[Call]:
    """One epoch or some, of one step or some; a start of whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.2, 0.9), 3), round(rng.uniform(0.05, 0.4), 3)

    return [
        (rng.normal(size=2).round(2) + 4, *hyper(), 1, 2),
        (rng.normal(size=2).round(2) - 4, *hyper(), 3, 1),
        (rng.integers(2, 9, size=2), *hyper(), 2, int(rng.integers(2, 4))),
    ]


def run(
    x0: Any,
    lr: float,
    eps: float,
    epochs: int,
    steps: int,
    *,
    shared: bool = False,
    forgets: bool = False,
    restarts: bool = False,
    power: float = 0.5,
    inside: bool = False,
    late: bool = False,
    uphill: float = 1.0,
) -> Any:
    """A run with one fault, as the keywords say."""
    x, G = np.array(x0, dtype=float), np.zeros(2)
    points = [x]
    for _ in range(epochs):
        if forgets:
            G = np.zeros(2)
        if restarts:
            x = np.array(x0, dtype=float)
        for _ in range(steps):
            g = ravine_slope(x)
            before, G = G, G + (g @ g if shared else g**2)
            used = before if late else G
            root = (used + eps) ** power if inside else used**power + eps
            x = x - uphill * lr * g / root
            points.append(x)
    return np.array(points)


def with_epochs(x0: Any, lr: float, eps: float, epochs: int, steps: int) -> Any:
    """Right: both loops kept, the sums from plain numbers, a list of lists."""
    (x, y), Gx, Gy = x0, 0.0, 0.0
    points = [[x, y]]
    for _ in range(epochs):
        for _ in range(steps):
            gx, gy = x / 10, 2 * y
            Gx, Gy = Gx + gx**2, Gy + gy**2
            x, y = x - lr * gx / (Gx**0.5 + eps), y - lr * gy / (Gy**0.5 + eps)
            points.append([x, y])
    return points


def all_gradients(x0: Any, lr: float, eps: float, epochs: int, steps: int) -> Any:
    """Right: every gradient is kept, and the squares are added up anew at each step."""
    points, seen = np.zeros((epochs * steps + 1, 2)), []
    points[0] = x0
    for t in range(epochs * steps):
        seen.append(ravine_slope(points[t]))
        points[t + 1] = points[t] - lr * seen[-1] / (np.linalg.norm(seen, axis=0) + eps)
    return points


REPAIR = Exercise(
    name="adagrad-repair",
    answer="adagrad_run",
    points=3,
    draw=draw_run,
    rtol=1e-9,
    right=(with_epochs, all_gradients, run),
    wrong=(
        Mistake(
            "this is still the broken code; neither of its two faults is repaired.",
            lambda *call: run(*call, shared=True, forgets=True),
        ),
        Mistake(
            "each coordinate has its own sum now, but each epoch still begins it anew.",
            lambda *call: run(*call, forgets=True),
        ),
        Mistake(
            "the sum goes on from epoch to epoch now, but it is still one for both coordinates.",
            lambda *call: run(*call, shared=True),
        ),
        Mistake(
            "now each epoch begins at x0 again; the point goes on from where it is.",
            lambda *call: run(*call, restarts=True),
        ),
        Mistake(
            "now the root is missing.",
            lambda *call: run(*call, power=1.0),
        ),
        Mistake(
            "eps has moved under the root; it was right outside.",
            lambda *call: run(*call, inside=True),
        ),
        Mistake(
            "eps is left out; it is an argument.",
            lambda x0, lr, eps, epochs, steps: run(x0, lr, 0.0, epochs, steps),
        ),
        Mistake(
            "the step is divided by the root of the old sum, without this step's gradient.",
            lambda *call: run(*call, late=True),
        ),
        Mistake(
            "the run goes uphill; look at the sign of the step.",
            lambda *call: run(*call, uphill=-1.0),
        ),
        Mistake(
            "the start is missing: epochs * steps + 1 points are asked for, x0 the first.",
            lambda *call: run(*call)[1:],
        ),
        Mistake(
            "the last point alone comes back; all of them are asked for, x0 the first.",
            lambda *call: run(*call)[-1],
        ),
        Mistake(
            "this is one epoch, and no more.",
            lambda x0, lr, eps, epochs, steps: run(x0, lr, eps, 1, steps),
        ),
        Mistake(
            "these are the points at the ends of the epochs; all of them are asked for.",
            lambda x0, lr, eps, epochs, steps: run(x0, lr, eps, epochs, steps)[::steps],
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="adagrad-experiment",
    answer="largest_c",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(1 / 8, np.float64(0.125)),
    wrong=(
        Mistake("there it is still less than twice as many; go one row on.", 0.25),
        Mistake("that is far less than twice as many; compare the two columns.", 0.5),
        Mistake("there the two starts are nearly level; compare the two columns.", 1),
        Mistake("there it is so too, but already at a larger c.", 0.0625),
        Mistake("there it is so too, but at a larger c already: look farther up.", 0.03125),
        Mistake("that is the smallest c of the table; where does it begin?", 0.015625),
        Mistake("that is 1/c; asked for is c.", 8),
        Mistake("that is a number of steps; asked for is the c that needs it.", 160),
        Mistake("that is the place in your list; asked for is the c that stands there.", 3),
        Mistake("that is where G starts; asked for is c.", 0.1),
    ),
)

EXERCISES = (RECOVERY, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "adagrad-repair": {
        "return np.array(points) -> return points": "a list of points is compared as an array is",
    },
}
