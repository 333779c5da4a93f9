"""What the exercises of `adadelta` ask for, and how learners get it wrong. Never released."""

from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: one eps for each root -------------------------------------------


def draw_convert(rng: np.random.Generator) -> list[Call]:
    """Larger and smaller units of x and of the loss; the averages numbers and arrays."""

    def some(*shape: int) -> Any:
        return rng.uniform(0.5, 4, size=shape).round(2)

    def unit() -> float:
        return round(rng.choice([rng.uniform(0.2, 0.7), rng.uniform(1.5, 6)]), 2)

    return [
        (*some(4).tolist(), unit(), unit()),
        (*some(4).tolist(), unit(), unit()),
        (some(3), some(3), *some(2).tolist(), unit(), unit()),
        (some(2, 2), some(2, 2), some(2, 2), some(2, 2), unit(), unit()),
    ]


CONVERT = Exercise(
    name="adadelta-convert",
    answer="converted",
    points=2,
    draw=draw_convert,
    rtol=1e-9,
    right=(
        lambda v, d, eps_v, eps_d, s, c: (
            v * s**2 * c**2,
            d / s**2,
            eps_v * s**2 * c**2,
            eps_d / s**2,
        ),
        lambda v, d, eps_v, eps_d, s, c: [
            (s * c * np.sqrt(v)) ** 2,
            (np.sqrt(d) / s) ** 2,
            (s * c * np.sqrt(eps_v)) ** 2,
            (np.sqrt(eps_d) / s) ** 2,
        ],
    ),
    wrong=(
        Mistake(
            "the averages are converted, and each eps is not; what is it added to?",
            lambda v, d, eps_v, eps_d, s, c: ((c * s) ** 2 * v, d / s**2, eps_v, eps_d),
        ),
        Mistake(
            "each eps is converted, and the averages are not; a run may begin with some.",
            lambda v, d, eps_v, eps_d, s, c: (v, d, (c * s) ** 2 * eps_v, eps_d / s**2),
        ),
        Mistake(
            "the unit of x is accounted for; slopes feel the unit of the loss as well.",
            lambda v, d, eps_v, eps_d, s, c: (s**2 * v, d / s**2, s**2 * eps_v, eps_d / s**2),
        ),
        Mistake(
            "this is the other way round, from u to x; remember u = x / s.",
            lambda v, d, eps_v, eps_d, s, c: (
                v / (c * s) ** 2,
                d * s**2,
                eps_v / (c * s) ** 2,
                eps_d * s**2,
            ),
        ),
        Mistake(
            "slopes and lengths would be converted so; but these are their squares.",
            lambda v, d, eps_v, eps_d, s, c: (c * s * v, d / s, c * s * eps_v, eps_d / s),
        ),
        Mistake(
            "lengths are in metres, and the loss does not enter into them; c is in yours.",
            lambda v, d, eps_v, eps_d, s, c: (
                (c * s) ** 2 * v,
                (c / s) ** 2 * d,
                (c * s) ** 2 * eps_v,
                (c / s) ** 2 * eps_d,
            ),
        ),
        Mistake(
            "if the unit of x is s times as large, are slopes smaller or larger? The chain rule "
            "says it.",
            lambda v, d, eps_v, eps_d, s, c: (
                (c / s) ** 2 * v,
                d / s**2,
                (c / s) ** 2 * eps_v,
                eps_d / s**2,
            ),
        ),
        Mistake(
            "in a larger unit, is the number of a length larger or smaller?",
            lambda v, d, eps_v, eps_d, s, c: (
                (c * s) ** 2 * v,
                d * s**2,
                (c * s) ** 2 * eps_v,
                eps_d * s**2,
            ),
        ),
        Mistake(
            "s enters as it should, but c belongs to the slope too, and is squared with it.",
            lambda v, d, eps_v, eps_d, s, c: (
                c * s**2 * v,
                d / s**2,
                c * s**2 * eps_v,
                eps_d / s**2,
            ),
        ),
        Mistake(
            "the two eps have changed places: one is added to v, the other to d.",
            lambda v, d, eps_v, eps_d, s, c: (
                (c * s) ** 2 * v,
                d / s**2,
                eps_v / s**2,
                (c * s) ** 2 * eps_d,
            ),
        ),
        Mistake(
            "the four results are in another order: v, d, then the eps of v and that of d.",
            lambda v, d, eps_v, eps_d, s, c: (
                (c * s) ** 2 * v,
                (c * s) ** 2 * eps_v,
                d / s**2,
                eps_d / s**2,
            ),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------

PREDICT = Exercise(
    name="adadelta-predict",
    answer="predicted_steps",
    points=3,
    draw=None,
    rtol=1e-9,
    right=((-0.03, -0.06, -0.06, 0.06, 0.0), np.array([-0.03, -0.06, -0.06, 0.06, 0.0])),
    wrong=(
        Mistake(
            "so RMSProp would come back, its average filling up; but the numerator has seen the "
            "long step too.",
            [-0.03, -0.06, -0.03, 0.03, 0],
        ),
        Mistake(
            "so the numerator alone would have it from the third step on; the average of squared "
            "slopes fills up as well.",
            [-0.03, -0.06, -0.12, 0.24, 0],
        ),
        Mistake(
            "when the slope jumps, the average has its square with a small weight only; the size "
            "does not drop out at once.",
            [-0.03, -0.03, -0.03, 0.03, 0],
        ),
        Mistake(
            "however steep it is, a step is bounded by earlier steps: the slope's size is "
            "divided out.",
            [-0.03, -300000, -300000, 300000, 0],
        ),
        Mistake("the weight of the new square is under a root.", [-0.03, -0.12, -0.12, 0.12, 0]),
        Mistake(
            "the weight of the new square is in the denominator: it makes the step longer.",
            [-0.03, -0.015, -0.015, 0.015, 0],
        ),
        Mistake("the lengths are right; x goes against the slope.", [0.03, 0.06, 0.06, -0.06, 0]),
        Mistake("lengths have no sign; asked for is the change of x.", [0.03, 0.06, 0.06, 0.06, 0]),
        Mistake(
            "only sizes are remembered, no direction: where the slope changes its sign, so does "
            "the step.",
            [-0.03, -0.06, -0.06, -0.06, 0],
        ),
        Mistake(
            "the quotient of the averages is finite at the last step, and it is multiplied by "
            "the slope there.",
            [-0.03, -0.06, -0.06, 0.06, 0.06],
        ),
        Mistake(
            "where a slope changes its sign, its square does not, and no average notices.",
            [-0.03, -0.06, -0.06, 0.12, 0],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with averages, arrays of several shapes, whole numbers."""

    def hyper() -> tuple[float, float, float]:
        return (
            round(rng.uniform(0.3, 0.8), 3),
            round(rng.uniform(0.3, 0.8), 4),
            round(rng.uniform(0.05, 0.4), 3),
        )

    def some(*shape: int) -> Any:
        return (rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 3, size=shape)).round(2)

    g, x, v, d = rng.normal(2.0, 0.4, size=4).round(2).tolist()
    return [
        (g, x, 1, 0.0, 0.0, *hyper()),
        (-g, x, 2, v, d, *hyper()),
        (some(3), some(3), 2, abs(some(3)), abs(some(3)), *hyper()),
        (some(2, 2), some(2, 2), 7, abs(some(2, 2)), abs(some(2, 2)), *hyper()),
        (
            rng.integers(1, 9, size=2),
            rng.integers(1, 9, size=2),
            3,
            abs(some(2)),
            abs(some(2)),
            *hyper(),
        ),
        (some(4), some(4), 40, abs(some(4)), abs(some(4)), 1.0, 0.0, hyper()[2]),
    ]


def step(
    g: Any,
    x: Any,
    t: int,
    v: Any,
    d: Any,
    lr: float,
    rho: float,
    eps: float,
    *,
    square: Any = np.square,
    new: Any = None,
    ratio: Any = lambda v, d, eps: np.sqrt(d + eps) / np.sqrt(v + eps),
    memory: Any = lambda delta, **_: delta**2,
) -> Any:
    """The rule, with the one fault that the keywords say."""
    new = 1 - rho if new is None else new
    v_new = rho * v + new * square(g)
    delta = -ratio(v_new, d, eps) * g
    return x + lr * delta, v_new, rho * d + new * memory(delta, lr=lr, x=x, g=g)


def in_place(g: Any, x: Any, t: int, v: Any, d: Any, lr: float, rho: float, eps: float) -> Any:
    """Right numbers, and the caller's arrays lost."""
    v *= rho
    v += (1 - rho) * g**2
    delta = -np.sqrt((d + eps) / (v + eps)) * g
    d *= rho
    d += (1 - rho) * delta**2
    x += lr * delta
    return x, v, d


def coordinate_by_coordinate(
    g: Any, x: Any, t: int, v: Any, d: Any, lr: float, rho: float, eps: float
) -> Any:
    """With a loop over the coordinates, into new arrays."""
    new_x, new_v, new_d = (np.zeros(np.shape(x)) for _ in range(3))
    for i in np.ndindex(np.shape(x)):
        slope, old_v, old_d = (np.asarray(a)[i] for a in (g, v, d))
        new_v[i] = rho * old_v + (1 - rho) * slope * slope
        delta = slope * ((old_d + eps) / (new_v[i] + eps)) ** 0.5
        new_d[i] = rho * old_d + (1 - rho) * delta * delta
        new_x[i] = np.asarray(x)[i] - lr * delta
    return new_x, new_v, new_d


def new_d_first(g: Any, x: Any, t: int, v: Any, d: Any, lr: float, rho: float, eps: float) -> Any:
    """The step is made a second time, with the average that has seen it."""
    _, v, d = step(g, x, t, v, d, lr, rho, eps)
    return x - lr * np.sqrt(d + eps) / np.sqrt(v + eps) * g, v, d


def old_v(g: Any, x: Any, t: int, v: Any, d: Any, lr: float, rho: float, eps: float) -> Any:
    """Divided by the average of the step before."""
    delta = -np.sqrt(d + eps) / np.sqrt(v + eps) * g
    return (
        x + lr * delta,
        rho * v + (1 - rho) * g**2,
        rho * d + (1 - rho) * delta**2,
    )


STEP = Exercise(
    name="adadelta-step",
    answer="adadelta_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(
        step,
        # A list is as good as a tuple.
        lambda *a: [*step(*a, ratio=lambda v, d, eps: ((d + eps) / (v + eps)) ** 0.5)],
        coordinate_by_coordinate,
    ),
    wrong=(
        Mistake(
            "this is RMSProp: the sizes of earlier steps do not enter.",
            lambda *a: step(*a, ratio=lambda v, d, eps: 1 / np.sqrt(v + eps)),
        ),
        Mistake(
            "both averages are sums here: nothing is ever forgotten.",
            lambda g, x, t, v, d, lr, rho, eps: step(g, x, t, v, d, lr, 1.0, eps, new=1.0),
        ),
        Mistake(
            "the new squares come in whole, so that the average of a constant is not that "
            "constant.",
            lambda *a: step(*a, new=1.0),
        ),
        Mistake(
            "rho and 1 - rho are exchanged: here rho is the weight of the old averages.",
            lambda g, x, t, v, d, lr, rho, eps: step(g, x, t, v, d, lr, 1 - rho, eps),
        ),
        Mistake(
            "the numerator has today's step in it already; when the step is computed, only "
            "earlier ones are known.",
            new_d_first,
        ),
        Mistake(
            "the denominator lags one step behind; the slope of today is known, and enters first.",
            old_v,
        ),
        Mistake(
            "eps stands outside of both roots; in this rule it stands inside.",
            lambda *a: step(*a, ratio=lambda v, d, eps: (np.sqrt(d) + eps) / (np.sqrt(v) + eps)),
        ),
        Mistake(
            "eps is only in the denominator; what length has the first step?",
            lambda *a: step(*a, ratio=lambda v, d, eps: np.sqrt(d) / np.sqrt(v + eps)),
        ),
        Mistake(
            "eps is only in the numerator; the other root has it too.",
            lambda *a: step(*a, ratio=lambda v, d, eps: np.sqrt(d + eps) / np.sqrt(v)),
        ),
        Mistake(
            "eps is always 1e-6 here; use the argument.",
            lambda *a: step(*a, ratio=lambda v, d, eps: np.sqrt((d + 1e-6) / (v + 1e-6))),
        ),
        Mistake(
            "the roots are missing: a quotient of squares has not the unit of x over that of g.",
            lambda *a: step(*a, ratio=lambda v, d, eps: (d + eps) / (v + eps)),
        ),
        Mistake(
            "numerator and denominator are exchanged.",
            lambda *a: step(*a, ratio=lambda v, d, eps: np.sqrt(v + eps) / np.sqrt(d + eps)),
        ),
        Mistake(
            "d averages squared steps as they are before lr; with lr in it, its feedback is "
            "spoiled.",
            lambda *a: step(*a, memory=lambda delta, lr, **_: (lr * delta) ** 2),
        ),
        Mistake(
            "d averages steps with their signs; asked for are their squares.",
            lambda *a: step(*a, memory=lambda delta, **_: delta),
        ),
        Mistake(
            "d averages squared points in the place of squared steps.",
            lambda *a: step(*a, memory=lambda delta, x, **_: x**2),
        ),
        Mistake(
            "d averages squared slopes, as v does; it is to remember the steps.",
            lambda *a: step(*a, memory=lambda delta, g, **_: g**2),
        ),
        Mistake(
            "all coordinates share one v; each has its own.",
            lambda *a: step(*a, square=lambda g: np.mean(g**2)),
        ),
        Mistake(
            "x goes uphill; look at the sign of the step.",
            lambda g, x, t, v, d, lr, rho, eps: step(g, x, t, v, d, -lr, rho, eps),
        ),
        Mistake(
            "lr does not enter; it multiplies the step, outside of d.",
            lambda g, x, t, v, d, lr, rho, eps: step(g, x, t, v, d, 1.0, rho, eps),
        ),
        Mistake(
            "rho is always 0.9, as in PyTorch; use the argument.",
            lambda g, x, t, v, d, lr, rho, eps: step(g, x, t, v, d, lr, 0.9, eps),
        ),
        Mistake(
            "d comes back as it was; the next step would take its length from the wrong one.",
            lambda g, x, t, v, d, lr, rho, eps: (*step(g, x, t, v, d, lr, rho, eps)[:2], d),
        ),
        Mistake(
            "v comes back as it was; the next step would start from the wrong one.",
            lambda g, x, t, v, d, lr, rho, eps: (
                step(g, x, t, v, d, lr, rho, eps)[0],
                v,
                step(g, x, t, v, d, lr, rho, eps)[2],
            ),
        ),
        Mistake(
            "v and d have changed places among the results: first x, then v, then d.",
            lambda *a: tuple(step(*a)[i] for i in (0, 2, 1)),
        ),
        Mistake(
            "x alone comes back; the caller needs both averages, for the next step.",
            lambda *a: step(*a)[0],
        ),
        Mistake(
            "x and v come back; d is part of the state too.",
            lambda *a: step(*a)[:2],
        ),
        Mistake(
            "the step comes back in the place of the new point.",
            lambda g, x, *rest: step(g, 0 * x, *rest),
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="adadelta-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake("put the start into slope and see.", "a"),
        Mistake("that would make steps too long; and v has today's slope in it.", "b"),
        Mistake(
            "the new one would have to know the step before it is made; the order is the paper's.",
            "d",
        ),
    ),
)


def slope(x: Any) -> Any:
    """The gradient of the ravine."""
    return np.array([x[0] / 10, 2 * x[1]])


def draw_path(rng: np.random.Generator) -> list[Call]:
    """One step, some steps, and a start of whole numbers."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.3, 0.8), 3), round(rng.uniform(0.05, 0.3), 3)

    return [
        (rng.normal(4, 0.4, size=2).round(2), *hyper(), 1),
        (rng.normal(-4, 0.4, size=2).round(2), *hyper(), 3),
        (rng.integers(5, 9, size=2), *hyper(), int(rng.integers(4, 7))),
    ]


def path(
    x0: Any,
    rho: float,
    eps: float,
    steps: int,
    *,
    lr: float = 1.0,
    d0: float = 0.0,
    keep: bool = False,
    first: int = 0,
    **faults: Any,
) -> Any:
    """A path, with the one fault that the keywords say."""
    x, v, d = np.array(x0, dtype=float), np.zeros(2), np.full(2, d0)
    points = [x]
    for t in range(1, steps + 1):
        x, v, new_d = step(slope(x), x, t, v, d, lr, rho, eps, **faults)
        d = d if keep else new_d
        points.append(x)
    return np.array(points[first:])


def friendly(v: Any, d: Any, eps: float) -> Any:
    """The quotient of the broken code."""
    return np.sqrt(d) / (np.sqrt(v) + eps)


def copies(x0: Any, rho: float, eps: float, steps: int) -> Any:
    """Right: in place, but on a copy, and a copy of each point is kept."""
    x, v, d = np.array(x0, dtype=float), np.zeros(2), np.zeros(2)
    points = [x.copy()]
    for t in range(steps):
        x, v, d = in_place(slope(x), x, t, v, d, 1.0, rho, eps)
        points.append(x.copy())
    return points


def filled(x0: Any, rho: float, eps: float, steps: int) -> Any:
    """Right: eps is put into the averages themselves, where it stays."""
    v = d = np.full(2, eps)
    points = np.zeros((steps + 1, 2))
    points[0] = x0
    for t in range(steps):
        g = slope(points[t])
        v = rho * v + (1 - rho) * (g**2 + eps)
        delta = np.sqrt(d / v) * g
        d = rho * d + (1 - rho) * (delta**2 + eps)
        points[t + 1] = points[t] - delta
    return points.tolist()


REPAIR = Exercise(
    name="adadelta-repair",
    answer="adadelta_path",
    points=2,
    draw=draw_path,
    rtol=1e-9,
    right=(path, copies, filled),
    wrong=(
        Mistake(
            "this is still the broken code: it stands where it started.",
            lambda *a: path(*a, ratio=friendly),
        ),
        Mistake(
            "it moves, but eps stands outside of the roots.",
            lambda *a: path(*a, ratio=lambda v, d, eps: (np.sqrt(d) + eps) / (np.sqrt(v) + eps)),
        ),
        Mistake(
            "it moves, but the denominator is still the friend's, with eps outside of the root.",
            lambda *a: path(*a, ratio=lambda v, d, eps: np.sqrt(d + eps) / (np.sqrt(v) + eps)),
        ),
        Mistake(
            "eps has moved from one root to the other; both have it.",
            lambda *a: path(*a, ratio=lambda v, d, eps: np.sqrt(d + eps) / np.sqrt(v)),
        ),
        Mistake(
            "a first length is given to d alone; then the leak of d lets it fade, and nothing "
            "fills it up.",
            lambda x0, rho, eps, steps: path(x0, rho, eps, steps, d0=eps, ratio=friendly),
        ),
        Mistake(
            "d starts at 1 and not at 0; that is a first length of your own.",
            lambda *a: path(*a, d0=1.0),
        ),
        Mistake(
            "d starts at eps and has eps added besides: the first step is too long.",
            lambda x0, rho, eps, steps: path(x0, rho, eps, steps, d0=eps),
        ),
        Mistake(
            "d is never renewed: every step takes the same length as yardstick, as in RMSProp.",
            lambda *a: path(*a, keep=True),
        ),
        Mistake(
            "the roots are gone.",
            lambda *a: path(*a, ratio=lambda v, d, eps: (d + eps) / (v + eps)),
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
            "one step too many is done: steps + 1 points are asked for, and x0 is one of them.",
            lambda x0, rho, eps, steps: path(x0, rho, eps, steps + 1),
        ),
        Mistake(
            "the run goes uphill; look at the sign of the step.",
            lambda *a: path(*a, lr=-1.0),
        ),
        Mistake(
            "all entries of the list are one and the same array.",
            lambda x0, rho, eps, steps: np.array([path(x0, rho, eps, steps)[-1]] * (steps + 1)),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="adadelta-experiment",
    answer="best_eps",
    points=2,
    draw=None,
    rtol=1e-9,
    right=((1e-5, 1e-7), np.array([1e-5, 1e-7])),
    wrong=(
        Mistake(
            "the first is right; but nobody converts an eps when the unit changes, so the best "
            "one is not the same.",
            [1e-5, 1e-5],
        ),
        Mistake(
            "the first is right; in the numerator eps is the square of a length, not a length.",
            [1e-5, 1e-6],
        ),
        Mistake(
            "the first is right; that would be the conversion for the other root, in which eps "
            "does not count here.",
            [1e-5, 1e-3],
        ),
        Mistake(
            "the first is right; is a length in tens of metres a larger number, or a smaller one?",
            [1e-5, 1e-4],
        ),
        Mistake("both are the paper's eps or made from it; does your table agree?", [1e-6, 1e-8]),
        Mistake("that is the paper's eps, twice; does your table agree?", [1e-6, 1e-6]),
        Mistake("the two are in another order: first metres.", [1e-7, 1e-5]),
        Mistake("two are asked for: one in metres, one in tens of metres.", 1e-5),
        Mistake(
            "the run arrives soonest so, but it swings as wide as the disturbance, or wider.",
            [1, 1],
        ),
        Mistake("these are places in your list; asked for are the eps that stand there.", [5, 3]),
    ),
)

EXERCISES = (CONVERT, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "adadelta-repair": {
        "return np.array(points) -> return points": "a list of points is compared as an array is",
    },
}
