"""What the exercises of `nadam` ask for, and how learners get it wrong. Never released."""

from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: the stored point without its last jump -------------------------


def draw_landed(rng: np.random.Generator) -> list[Call]:
    """After the first step and after later ones; an eps that is not negligible."""

    def some(*shape: int) -> Any:
        return (rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 2.0, size=shape)).round(2)

    def rest() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.2, 0.7), 3),
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.4, 0.85), 3),
            round(rng.uniform(0.5, 0.95), 3),
            round(rng.uniform(0.1, 0.6), 3),
        )

    def squares(*shape: int) -> Any:
        return rng.uniform(0.3, 3.0, size=shape).round(2)

    x, m = rng.uniform(0.5, 3.0, size=2).round(2).tolist()
    return [
        (x, 1, m, round(rng.uniform(0.5, 2.0), 2), *rest()),
        (-x, 2, -m, round(rng.uniform(0.5, 2.0), 2), *rest()),
        (some(3), 3, some(3), squares(3), *rest()),
        (some(2, 2), 6, some(2, 2), squares(2, 2), *rest()),
        (rng.integers(2, 9, size=2), 4, some(2), squares(2), *rest()),
    ]


def landed_with(
    sign: float = 1.0,
    mean: Callable[..., Any] = lambda m, mu_product, mu_next, t: (
        mu_next * m / (1 - mu_product * mu_next)
    ),
    squares: Callable[..., Any] = lambda v, beta2, t: v / (1 - beta2**t),
    root: Callable[..., Any] = lambda v_hat, eps: np.sqrt(v_hat) + eps,
    start: Callable[..., Any] = lambda x: x,
) -> Callable[..., Any]:
    """Return the formula with one of its parts replaced."""

    def landed(
        x: Any,
        t: int,
        m: Any,
        v: Any,
        mu_product: float,
        lr: float,
        mu_next: float,
        beta2: float,
        eps: float,
    ) -> Any:
        jump = lr * mean(m, mu_product, mu_next, t) / root(squares(v, beta2, t), eps)
        return start(x) + sign * jump

    return landed


def landed_by_parts(
    x: Any,
    t: int,
    m: Any,
    v: Any,
    mu_product: float,
    lr: float,
    mu_next: float,
    beta2: float,
    eps: float,
) -> Any:
    """Right: the jump first, its divisor with one root less."""
    late = (1 - beta2**t) ** 0.5
    m_next = mu_next * np.asarray(m)
    jump = lr * late * m_next / (np.asarray(v) ** 0.5 + late * eps)
    return (x + jump / (1 - mu_next * mu_product)).tolist()


LANDED = Exercise(
    name="nadam-landed",
    answer="landed_point",
    points=2,
    draw=draw_landed,
    rtol=1e-9,
    right=(landed_by_parts, landed_with()),
    wrong=(
        Mistake(
            "this makes the jump a second time; the stored point has made it already.",
            landed_with(sign=-1.0),
        ),
        Mistake(
            "this is the jump alone; asked for is the point without it.",
            landed_with(start=lambda x: 0.0),
        ),
        Mistake(
            "the jump belongs to step t + 1; the product below it ends one factor too early.",
            landed_with(mean=lambda m, mu_product, mu_next, t: mu_next * m / (1 - mu_product)),
        ),
        Mistake(
            "the momentum of the jump itself is missing: a whole m is taken back.",
            landed_with(mean=lambda m, mu_product, mu_next, t: m / (1 - mu_product * mu_next)),
        ),
        Mistake(
            "this takes back a step of Adam, m with its own correction; the jump is another part.",
            landed_with(mean=lambda m, mu_product, mu_next, t: m / (1 - mu_product)),
        ),
        Mistake(
            "m is not corrected for its start at 0.",
            landed_with(mean=lambda m, mu_product, mu_next, t: mu_next * m),
        ),
        Mistake(
            "below m stands one momentum alone; the momenta of all steps count.",
            landed_with(mean=lambda m, mu_product, mu_next, t: mu_next * m / (1 - mu_next)),
        ),
        Mistake(
            "a power of one momentum stands below m, as if all had been equal; they may change.",
            landed_with(
                mean=lambda m, mu_product, mu_next, t: mu_next * m / (1 - mu_next ** (t + 1))
            ),
        ),
        Mistake("v is not corrected for its start at 0.", landed_with(squares=lambda v, b, t: v)),
        Mistake(
            "v is corrected as part of a step that has not been made: when was the jump made?",
            landed_with(squares=lambda v, beta2, t: v / (1 - beta2 ** (t + 1))),
        ),
        Mistake(
            "the root is missing: the mean of squares itself is the divisor.",
            landed_with(root=lambda v_hat, eps: v_hat + eps),
        ),
        Mistake(
            "eps is inside the root; here it is added to the root.",
            landed_with(root=lambda v_hat, eps: np.sqrt(v_hat + eps)),
        ),
        Mistake(
            "eps does not enter; the step that made the jump had it in its divisor.",
            landed_with(root=lambda v_hat, eps: np.sqrt(v_hat)),
        ),
        Mistake(
            "nothing is divided by the root; coordinate by coordinate the jump was.",
            landed_with(root=lambda v_hat, eps: 1.0),
        ),
        Mistake(
            "this is the stored point itself, with the jump.",
            lambda x, t, m, v, mu_product, lr, mu_next, beta2, eps: x,
        ),
    ),
)

# --- Predict ----------------------------------------------------------------


def walk(
    first: Callable[..., float] = lambda g, t: 0.5 * g / (1 - 0.5**t),
    jump: Callable[..., float] = lambda m, t: 0.5 * m / (1 - 0.5 ** (t + 1)),
    root: float = 4.0,
    sign: float = 1.0,
) -> list[float]:
    """The three points of the question, with a fault as the arguments say."""
    x, m, points = 5.0, 0.0, []
    for t, g in enumerate((4.0, 4.0, -4.0), start=1):
        m = 0.5 * m + 0.5 * g
        x = x - sign * 2.1 * (first(g, t) + jump(m, t)) / root
        points.append(x)
    return points


PREDICT = Exercise(
    name="nadam-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([2.2, -0.1, 1.24], np.array([2.2, -0.1, 1.24]), walk()),
    wrong=(
        Mistake(
            "this is Adam, with m and its own correction; where is the jump of the next step?",
            walk(first=lambda g, t: 0.0, jump=lambda m, t: m / (1 - 0.5**t)),
        ),
        Mistake(
            "each gradient is followed by lr alone, as in RMSProp; here m has a part in it.",
            walk(first=lambda g, t: g, jump=lambda m, t: 0.0),
        ),
        Mistake(
            "both parts have the denominator of step t; the jump belongs to the step after it.",
            walk(jump=lambda m, t: 0.5 * m / (1 - 0.5**t)),
        ),
        Mistake(
            "both parts have the denominator of step t + 1; the gradient belongs to step t.",
            walk(first=lambda g, t: 0.5 * g / (1 - 0.5 ** (t + 1))),
        ),
        Mistake(
            "the denominators are exchanged: to which step does each part belong?",
            walk(
                first=lambda g, t: 0.5 * g / (1 - 0.5 ** (t + 1)),
                jump=lambda m, t: 0.5 * m / (1 - 0.5**t),
            ),
        ),
        Mistake(
            "neither part is corrected for the start at 0.",
            walk(first=lambda g, t: 0.5 * g, jump=lambda m, t: 0.5 * m),
        ),
        Mistake(
            "the denominators stay as they are at the first step; what do they have to do with t?",
            walk(first=lambda g, t: g, jump=lambda m, t: 0.5 * m / 0.75),
        ),
        Mistake(
            "the whole of m is added to the gradient's part; its momentum is missing.",
            walk(jump=lambda m, t: m / (1 - 0.5 ** (t + 1))),
        ),
        Mistake(
            "nothing is divided by the root, which is as large as the gradients.", walk(root=1)
        ),
        Mistake("the mean of squares itself is the divisor, without a root.", walk(root=16)),
        Mistake("this goes uphill; a positive gradient must make x smaller.", walk(sign=-1)),
        Mistake("leave the start out: the list begins with x_1.", [5, *walk()[:2]]),
        Mistake("these are the moves; asked for are the points.", [-2.8, -2.3, 1.34]),
    ),
)

# --- Implement --------------------------------------------------------------


def momentum_at(t: int, beta1: float, psi: float) -> float:
    """The schedule that the notebook gives."""
    return beta1 * (1 - 0.5 * 0.96 ** (t * psi))


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with a state, whole numbers, and an eps that is not negligible."""

    def hyper() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.4, 0.9), 3),
            round(rng.uniform(0.5, 0.97), 3),
            round(rng.uniform(0.1, 0.6), 3),
            round(rng.uniform(0.5, 4.0), 2),
        )

    def product() -> float:
        return round(rng.uniform(0.1, 0.7), 3)

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    def squares(*shape: int) -> Any:
        return rng.uniform(0.3, 3.0, size=shape).round(2)

    def whole(*shape: int) -> Any:
        return rng.integers(2, 9, size=shape)

    g, x, m = rng.normal(2.0, 0.4, size=3).round(2).tolist()
    return [
        (g, x, 1, 0.0, 0.0, 1.0, *hyper()),
        (-g, x, 2, m, round(rng.uniform(0.5, 2.0), 2), product(), *hyper()),
        (some(3), some(3), 2, some(3), squares(3), product(), *hyper()),
        (some(2, 2), some(2, 2), 7, some(2, 2), squares(2, 2), product(), *hyper()),
        (whole(2), whole(2), 3, some(2), squares(2), product(), *hyper()),
        (some(3), whole(3), 4, whole(3), whole(3), product(), *hyper()),
    ]


def step_with(
    mu_of: Callable[..., float] = momentum_at,
    mu_next_of: Callable[..., float] = lambda t, beta1, psi: momentum_at(t + 1, beta1, psi),
    gradient: Callable[..., Any] = lambda g, mu: (1 - mu) * g,
    below: Callable[..., float] = lambda product, mu, mu_next, t: 1 - product * mu,
    jump: Callable[..., Any] = lambda m, old_m, mu, mu_next, beta1: mu_next * m,
    below_jump: Callable[..., float] = lambda product, mu, mu_next, t: 1 - product * mu * mu_next,
    first: Callable[..., Any] = lambda m, g, beta1, mu: beta1 * m + (1 - beta1) * g,
    square: Callable[..., Any] = lambda g: g**2,
    v_of: Callable[..., Any] = lambda v, beta2, t: v / (1 - beta2**t),
    root: Callable[..., Any] = lambda v_hat, eps: np.sqrt(v_hat) + eps,
    carried: Callable[..., float] = lambda product, mu, mu_next: product * mu,
    result: Callable[..., Any] = lambda x, m, v, product, m_bar: (x, m, v, product),
    sign: float = 1.0,
) -> Callable[..., Any]:
    """Return NAdam's step with one of its parts replaced."""

    def step(
        g: Any,
        x: Any,
        t: int,
        m: Any,
        v: Any,
        mu_product: float,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        psi: float,
    ) -> Any:
        mu, mu_next = mu_of(t, beta1, psi), mu_next_of(t, beta1, psi)
        old_m, m = m, first(m, g, beta1, mu)
        v = beta2 * v + (1 - beta2) * square(g)
        now = mu_product, mu, mu_next, t
        m_bar = gradient(g, mu) / below(*now)
        m_bar = m_bar + jump(m, old_m, mu, mu_next, beta1) / below_jump(*now)
        x = x - sign * lr * m_bar / root(v_of(v, beta2, t), eps)
        return result(x, m, v, carried(mu_product, mu, mu_next), m_bar)

    return step


RIGHT_STEP = step_with()


def jump_and_correction(
    g: Any,
    x: Any,
    t: int,
    m: Any,
    v: Any,
    mu_product: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    psi: float,
) -> Any:
    """Right: the two parts one after the other, the averages as differences."""
    early, late = (beta1 - beta1 / 2 * 0.96 ** (psi * n) for n in (t, t + 1))
    m = m - (1 - beta1) * (m - g)
    v = v - (1 - beta2) * (v - g * g)
    rate = lr / ((v / (1 - beta2**t)) ** 0.5 + eps)
    corrected = x - rate * g * (1 - early) / (1 - early * mu_product)
    return [corrected - rate * m * late / (1 - early * late * mu_product), m, v, early * mu_product]


def coordinate_by_coordinate(
    g: Any,
    x: Any,
    t: int,
    m: Any,
    v: Any,
    mu_product: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    psi: float,
) -> Any:
    """Right: a loop over the coordinates, into new arrays."""
    new = [np.zeros(np.shape(x)) for _ in range(3)]
    for i in np.ndindex(np.shape(x)):
        g_i, x_i, m_i, v_i = (float(np.asarray(array)[i]) for array in (g, x, m, v))
        new[0][i], new[1][i], new[2][i], product = RIGHT_STEP(
            g_i, x_i, t, m_i, v_i, mu_product, lr, beta1, beta2, eps, psi
        )
    return new[0], new[1], new[2], product


def in_place(
    g: Any,
    x: Any,
    t: int,
    m: Any,
    v: Any,
    mu_product: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    psi: float,
) -> Any:
    """Right numbers, and the caller's arrays lost."""
    mu, mu_next = momentum_at(t, beta1, psi), momentum_at(t + 1, beta1, psi)
    mu_product *= mu
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g**2
    m_bar = (1 - mu) * g / (1 - mu_product) + mu_next * m / (1 - mu_product * mu_next)
    x -= lr * m_bar / (np.sqrt(v / (1 - beta2**t)) + eps)
    return x, m, v, mu_product


def old_state(g: Any, x: Any, t: int, m: Any, v: Any, mu_product: float, *hyper: float) -> Any:
    """The move is made with the right averages, which are not returned."""
    return RIGHT_STEP(g, x, t, m, v, mu_product, *hyper)[0], m, v, mu_product


def defaults(
    g: Any, x: Any, t: int, m: Any, v: Any, mu_product: float, lr: float, *hyper: float
) -> Any:
    """The hyper-parameters of PyTorch, whatever was asked for."""
    return RIGHT_STEP(g, x, t, m, v, mu_product, lr, 0.9, 0.999, 1e-8, 0.004)


def betas_exchanged(
    g: Any,
    x: Any,
    t: int,
    m: Any,
    v: Any,
    mu_product: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    psi: float,
) -> Any:
    """Each average with the other one's weight."""
    return RIGHT_STEP(g, x, t, m, v, mu_product, lr, beta2, beta1, eps, psi)


STEP = Exercise(
    name="nadam-step",
    answer="nadam_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(jump_and_correction, coordinate_by_coordinate, step_with(square=np.square)),
    wrong=(
        Mistake(
            "both parts have the denominator of step t; m's part is the jump of the step after.",
            step_with(below_jump=lambda product, mu, mu_next, t: 1 - product * mu),
        ),
        Mistake(
            "both parts have the denominator of step t + 1; the gradient's part belongs to step t.",
            step_with(below=lambda product, mu, mu_next, t: 1 - product * mu * mu_next),
        ),
        Mistake(
            "the two denominators are exchanged: to which step does each part belong?",
            step_with(
                below=lambda product, mu, mu_next, t: 1 - product * mu * mu_next,
                below_jump=lambda product, mu, mu_next, t: 1 - product * mu,
            ),
        ),
        Mistake(
            "both denominators lack a factor: the product that comes in ends before this step's "
            "momentum.",
            step_with(
                below=lambda product, mu, mu_next, t: 1 - product,
                below_jump=lambda product, mu, mu_next, t: 1 - product * mu,
            ),
        ),
        Mistake(
            "the momentum is raised to a power, as if it had always been what it is now; it "
            "changes from step to step.",
            step_with(
                below=lambda product, mu, mu_next, t: 1 - mu**t,
                below_jump=lambda product, mu, mu_next, t: 1 - mu_next ** (t + 1),
            ),
        ),
        Mistake(
            "the momenta of the steps before are lost: the denominators begin anew at each step.",
            step_with(
                below=lambda product, mu, mu_next, t: 1 - mu,
                below_jump=lambda product, mu, mu_next, t: 1 - mu * mu_next,
            ),
        ),
        Mistake(
            "neither part is corrected for the start at 0.",
            step_with(
                below=lambda product, mu, mu_next, t: 1.0,
                below_jump=lambda product, mu, mu_next, t: 1.0,
            ),
        ),
        Mistake(
            "the jump has this step's momentum, above and below; it is the jump of the next step.",
            step_with(mu_next_of=momentum_at),
        ),
        Mistake(
            "the jump is made with this step's momentum, and corrected with the next one's.",
            step_with(jump=lambda m, old_m, mu, mu_next, beta1: mu * m),
        ),
        Mistake(
            "psi does not enter: the momentum is beta1 at every step.",
            step_with(
                mu_of=lambda t, beta1, psi: beta1,
                mu_next_of=lambda t, beta1, psi: beta1,
            ),
        ),
        Mistake(
            "the schedule counts from 0: the momenta are those of one step earlier.",
            step_with(
                mu_of=lambda t, beta1, psi: momentum_at(t - 1, beta1, psi),
                mu_next_of=momentum_at,
            ),
        ),
        Mistake(
            "m decays by the scheduled momentum, as in the derivation; the rule of the libraries "
            "has another weight there.",
            step_with(first=lambda m, g, beta1, mu: mu * m + (1 - mu) * g),
        ),
        Mistake(
            "the jump is made with the old m; the new gradient must be in it already.",
            step_with(jump=lambda m, old_m, mu, mu_next, beta1: mu_next * old_m),
        ),
        Mistake(
            "the momentum before m is missing in the jump.",
            step_with(jump=lambda m, old_m, mu, mu_next, beta1: m),
        ),
        Mistake(
            "beta1 stands before m in the jump; the momentum of the next step belongs there.",
            step_with(jump=lambda m, old_m, mu, mu_next, beta1: beta1 * m),
        ),
        Mistake(
            "the whole gradient is added to the jump; only a part of it is this step's share.",
            step_with(gradient=lambda g, mu: g),
        ),
        Mistake(
            "m_bar is the jump alone; the new gradient has a part of its own.",
            step_with(gradient=lambda g, mu: 0 * g),
        ),
        Mistake(
            "m_bar is the gradient's part alone; the jump of the next step is missing.",
            step_with(jump=lambda m, old_m, mu, mu_next, beta1: 0 * m),
        ),
        Mistake(
            "m takes in the whole gradient; an average takes in a part.",
            step_with(first=lambda m, g, beta1, mu: beta1 * m + g),
        ),
        Mistake(
            "v averages the gradients here; it must average their squares.",
            step_with(square=lambda g: g),
        ),
        Mistake("v is not corrected for its start at 0.", step_with(v_of=lambda v, beta2, t: v)),
        Mistake(
            "v is corrected for step t + 1, as the jump is; v is not looked at ahead of time.",
            step_with(v_of=lambda v, beta2, t: v / (1 - beta2 ** (t + 1))),
        ),
        Mistake(
            "eps is inside the root; here it is added to the root.",
            step_with(root=lambda v_hat, eps: np.sqrt(v_hat + eps)),
        ),
        Mistake(
            "eps does not enter; what is divided by while all gradients are 0?",
            step_with(root=lambda v_hat, eps: np.sqrt(v_hat)),
        ),
        Mistake(
            "the root is missing: the mean of squares itself is the divisor.",
            step_with(root=lambda v_hat, eps: v_hat + eps),
        ),
        Mistake("beta1 and beta2 are exchanged.", betas_exchanged),
        Mistake("beta1, beta2, eps and psi are always the defaults; use the arguments.", defaults),
        Mistake("the step goes uphill; look at its sign.", step_with(sign=-1.0)),
        Mistake(
            "x is right, but the product comes back with the next momentum in it, which the next "
            "step would put in again.",
            step_with(carried=lambda product, mu, mu_next: product * mu * mu_next),
        ),
        Mistake(
            "x is right, but the product comes back as it was; the next step needs this one's "
            "momentum in it.",
            step_with(carried=lambda product, mu, mu_next: product),
        ),
        Mistake(
            "x is right, but the last result is this step's momentum alone; which others go with "
            "it?",
            step_with(carried=lambda product, mu, mu_next: mu),
        ),
        Mistake(
            "x is right, but m_bar comes back in the place of m; it holds a jump too many to be "
            "averaged on.",
            step_with(result=lambda x, m, v, product, m_bar: (x, m_bar, v, product)),
        ),
        Mistake(
            "x moves, but m, v and the product come back as they were; the next step would start "
            "from the wrong ones.",
            old_state,
        ),
        Mistake(
            "x, m and v come back; NAdam has a third state, which the next step needs.",
            step_with(result=lambda x, m, v, product, m_bar: (x, m, v)),
        ),
        Mistake(
            "x alone comes back; the caller needs the new state too, for the next step.",
            step_with(result=lambda x, m, v, product, m_bar: x),
        ),
        Mistake(
            "the state is right and comes back first; the order is x, m, v, mu_product.",
            step_with(result=lambda x, m, v, product, m_bar: (m, v, product, x)),
        ),
        Mistake(
            "x, v, m come back; the order is x, m, v, mu_product.",
            step_with(result=lambda x, m, v, product, m_bar: (x, v, m, product)),
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="nadam-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("d", " D"),
    wrong=(
        Mistake("each array has a place of its own in those two lists; look at the indices.", "a"),
        Mistake("the number of the step changes in the outer loop alone.", "b"),
        Mistake("all gradients are 1 here: a later one would make no difference.", "c"),
        Mistake("one of the four letters, please, as a word of one letter.", "e"),
    ),
)


def draw_run(rng: np.random.Generator) -> list[Call]:
    """Two or three arrays of different shapes, two to four steps, and one of whole numbers."""

    def hyper() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.4, 0.9), 3),
            round(rng.uniform(0.5, 0.97), 3),
            round(rng.uniform(0.1, 0.6), 3),
            round(rng.uniform(0.5, 4.0), 2),
        )

    def arrays(*shapes: tuple[int, ...]) -> list[Any]:
        return [rng.normal(size=shape).round(2) for shape in shapes]

    def whole(*shapes: tuple[int, ...]) -> list[Any]:
        return [rng.integers(1, 9, size=shape) for shape in shapes]

    calls: list[Call] = []
    for steps, shapes in ((2, ((1,), (1,))), (3, ((2,), (3,))), (4, ((2, 2), (2,), (1,)))):
        calls.append((arrays(*shapes), [arrays(*shapes) for _ in range(steps)], *hyper()))
    return [*calls, (whole((2,), (2,)), [whole((2,), (2,)) for _ in range(3)], *hyper())]


def run_with(
    step: Callable[..., Any] = RIGHT_STEP,
    product: str = "an array's own",
    number: Callable[..., int] = lambda t, i, count: t,
    shared: bool = False,
    forgetful: bool = False,
    copied: bool = True,
    trained: Callable[..., Any] = range,
    result: Callable[..., Any] = lambda x, x0, path: x,
) -> Callable[..., Any]:
    """Return the run with one fault as the arguments say."""

    def run(
        x0: Any, gradients: Any, lr: float, beta1: float, beta2: float, eps: float, psi: float
    ) -> Any:
        x = list(x0) if copied else x0
        count = len(x)
        m, v = [0.0] * count, [0.0] * count
        common, own = 1.0, [1.0] * count
        path = [list(x)]
        for t, g in enumerate(gradients, start=1):
            if product == "of this step alone":
                own = [1.0] * count
            if product == "twice a step":
                common *= momentum_at(t, beta1, psi)
                own = [common] * count
            if forgetful:
                m, v = [0.0] * count, [0.0] * count
            for i in trained(count):
                before = common if product == "common" else own[i]
                k = 0 if shared else i
                now = number(t, i, count)
                x[i], m[k], v[k], after = step(
                    g[i], x[i], now, m[k], v[k], before, lr, beta1, beta2, eps, psi
                )
                if product == "common":
                    common = after
                else:
                    own[i] = after
            path.append(list(x))
        return result(x, x0, path)

    return run


def array_by_array(x0: Any, gradients: Any, *hyper: float) -> Any:
    """Right: the loops exchanged, each array with a run of its own."""
    ends = []
    for x, *own in zip(x0, *gradients, strict=True):
        m = v = 0.0
        product = 1.0
        for t, g in enumerate(own, start=1):
            x, m, v, product = RIGHT_STEP(g, x, t, m, v, product, *hyper)
        ends.append(x)
    return ends


def one_product_for_all(
    x0: Any, gradients: Any, lr: float, beta1: float, beta2: float, eps: float, psi: float
) -> Any:
    """Right: one product, which every array gets as it was before the step."""
    x, m, v, product = tuple(x0), (0.0,) * len(x0), (0.0,) * len(x0), 1.0
    for t, g in enumerate(gradients, start=1):
        rows = [
            RIGHT_STEP(*of, product, lr, beta1, beta2, eps, psi)
            for of in zip(g, x, [t] * len(x), m, v, strict=True)
        ]
        x, m, v, products = zip(*rows, strict=True)
        product = products[0]
    return x


REPAIR = Exercise(
    name="nadam-repair",
    answer="nadam_run",
    points=3,
    draw=draw_run,
    rtol=1e-9,
    right=(array_by_array, one_product_for_all, run_with()),
    wrong=(
        Mistake(
            "this is still the broken code: the second array gets a product that already holds "
            "this step's momentum.",
            run_with(product="common"),
        ),
        Mistake(
            "now every step begins with a product of 1; the momenta of the steps before are lost.",
            run_with(product="of this step alone"),
        ),
        Mistake(
            "this step's momentum is multiplied in twice: once before the call, and once within.",
            run_with(product="twice a step"),
        ),
        Mistake(
            "the arrays now share m and v; each has averages of its own.", run_with(shared=True)
        ),
        Mistake(
            "m and v begin again from 0 at each step.",
            run_with(forgetful=True),
        ),
        Mistake(
            "t is counted on for each array; it must count the steps.",
            run_with(number=lambda t, i, count: (t - 1) * count + i + 1),
        ),
        Mistake(
            "t is one too large: the first step has the number 1.",
            run_with(number=lambda t, i, count: t + 1),
        ),
        Mistake("only the first array is trained.", run_with(trained=lambda count: range(1))),
        Mistake("the last array is left out.", run_with(trained=lambda count: range(count - 1))),
        Mistake(
            "these are the ways from the start; asked for are the arrays themselves.",
            run_with(result=lambda x, x0, path: [a - b for a, b in zip(x, x0, strict=True)]),
        ),
        Mistake(
            "these are the arrays of all steps; asked for are those of the end.",
            run_with(result=lambda x, x0, path: path),
        ),
        Mistake(
            "these are the arrays before the last step.",
            run_with(result=lambda x, x0, path: path[-2]),
        ),
        Mistake(
            "the numbers are right, but the caller's list x0 now holds the new arrays; fill a list "
            "of your own.",
            run_with(copied=False),
        ),
        Mistake(
            "this is Adam for each array; the jump of the next step is missing.",
            run_with(
                step=step_with(
                    mu_of=lambda t, beta1, psi: beta1,
                    gradient=lambda g, mu: 0 * g,
                    jump=lambda m, old_m, mu, mu_next, beta1: m,
                    below_jump=lambda product, mu, mu_next, t: 1 - mu**t,
                )
            ),
        ),
    ),
)

# --- Experiment -------------------------------------------------------------


def delay(psi: float, step: Callable[..., Any] = RIGHT_STEP) -> int:
    """The gradients of -1 until a move goes the new way."""
    x, m, v, product = 0.0, 0.0, 0.0, 1.0
    for t in range(1, 300):
        g = 1.0 if t <= 200 else -1.0
        old = x
        x, m, v, product = step(g, x, t, m, v, product, 1.0, 0.9, 0.999, 0.0, psi)
        if x > old:
            return t - 200
    raise AssertionError(f"no turn with psi = {psi}")


PSI = (0.004, 0.05, 0.1, 0.2, 1.0)

EXPERIMENT = Exercise(
    name="nadam-experiment",
    answer="delays",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(
        [delay(psi) for psi in PSI],
        np.array([1.0, 2.0, 4.0, 5.0, 6.0]),
        tuple(delay(psi, jump_and_correction) for psi in PSI),
    ),
    wrong=(
        Mistake(
            "count the gradient that turns the move, too: Adam's delay is 7 by that count.",
            [delay(psi) - 1 for psi in PSI],
        ),
        Mistake(
            "these are the numbers of the steps; count from the first gradient of -1.",
            [delay(psi) + 200 for psi in PSI],
        ),
        Mistake(
            "this is Adam, five times; does psi enter?",
            [7] * 5,
        ),
        Mistake(
            "this is constant momentum, five times; does psi enter?",
            [delay(np.inf)] * 5,
        ),
        Mistake(
            "the five are right, but in the other order; the first belongs to PyTorch's psi.",
            [delay(psi) for psi in reversed(PSI)],
        ),
        Mistake(
            "here m decays by the scheduled momentum; in the libraries, and in your step, it does "
            "not.",
            [
                delay(psi, step_with(first=lambda m, g, beta1, mu: mu * m + (1 - mu) * g))
                for psi in PSI
            ],
        ),
        Mistake(
            "every move turns at once here; which part of the step still remembers the old "
            "direction?",
            [1] * 5,
        ),
        Mistake(
            "the jump has no momentum before m here, so that it weighs too much.",
            [delay(psi, step_with(jump=lambda m, old_m, mu, mu_next, beta1: m)) for psi in PSI],
        ),
        Mistake("a list of five whole numbers is asked for, one for each psi.", delay(0.004)),
    ),
)

EXERCISES = (LANDED, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)
