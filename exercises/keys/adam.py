"""What the exercises of `adam` ask for, and how learners get it wrong. Never released."""

from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: gradients that change their sign -------------------------------


def draw_zigzag(rng: np.random.Generator) -> list[Call]:
    """The first steps, odd and even, where the corrections still count; numbers and arrays."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.05, 0.5), 3), round(rng.uniform(0.4, 0.9), 3)

    def some(*shape: int) -> Any:
        return ((1.5 + rng.random(shape)) * rng.choice([-1, 1], shape)).round(2)

    return [
        (round(rng.uniform(1.5, 4.0), 2), 1, *hyper()),
        (-round(rng.uniform(1.5, 4.0), 2), 2, *hyper()),
        (round(rng.uniform(0.1, 0.6), 2), 3, *hyper()),
        (some(3), 4, *hyper()),
        (some(2, 2), 5, *hyper()),
    ]


def zigzag_by_the_rule(g: Any, t: int, lr: float, beta1: float) -> Any:
    """Adam itself, t times, with some beta2."""
    m = v = 0.0
    for step in range(1, t + 1):
        g_now = g if step % 2 else -g
        m = beta1 * m + (1 - beta1) * g_now
        v = 0.99 * v + 0.01 * g_now**2
    return -lr * m / (1 - beta1**t) / np.sqrt(v / (1 - 0.99**t))


def zigzag_by_weights(g: Any, t: int, lr: float, beta1: float) -> Any:
    """The mean of the signs with Adam's weights, the newest first."""
    age = np.arange(t)
    weights = beta1**age / (beta1**age).sum()
    newest = g / abs(g) * (1 if t % 2 else -1)
    return -lr * newest * (weights * (-1) ** age).sum()


def zigzag_moves_so_far(g: Any, t: int, lr: float, beta1: float) -> Any:
    """All moves added up."""
    return sum(zigzag_by_the_rule(g, step, lr, beta1) for step in range(1, t + 1))


ZIGZAG = Exercise(
    name="adam-zigzag",
    answer="zigzag_move",
    points=2,
    draw=draw_zigzag,
    rtol=1e-9,
    right=(zigzag_by_the_rule, zigzag_by_weights),
    wrong=(
        Mistake(
            "the size of the gradients must drop out: sqrt(v_hat) is as large as they are.",
            lambda g, t, lr, beta1: abs(g) * zigzag_by_the_rule(g, t, lr, beta1),
        ),
        Mistake(
            "this is lr at every step, as with beta1 = 0; m averages gradients that nearly cancel.",
            lambda g, t, lr, beta1: (-1) ** t * lr * np.sign(g),
        ),
        Mistake(
            "m is not corrected here: the first move must be as long as lr.",
            lambda g, t, lr, beta1: (1 - beta1**t) * zigzag_by_the_rule(g, t, lr, beta1),
        ),
        Mistake(
            "this is the limit for long runs; at the first steps the powers of beta1 still count.",
            lambda g, t, lr, beta1: (-1) ** t * lr * np.sign(g) * (1 - beta1) / (1 + beta1),
        ),
        Mistake(
            "the size is right; but the moves must change their sign as the gradients do.",
            lambda g, t, lr, beta1: -lr * np.sign(g) * abs(zigzag_by_the_rule(1.0, t, 1.0, beta1)),
        ),
        Mistake(
            "the size is right; in which direction does the first gradient push?",
            lambda g, t, lr, beta1: -zigzag_by_the_rule(g, t, lr, beta1),
        ),
        Mistake(
            "the sign of g itself is lost: the moves also depend on which sign comes first.",
            lambda g, t, lr, beta1: zigzag_by_the_rule(abs(g), t, lr, beta1),
        ),
        Mistake(
            "the terms of the sum change their sign, so its ratio is -beta1: below it stands not "
            "1 - beta1.",
            lambda g, t, lr, beta1: (
                (-1) ** t * lr * np.sign(g) * (1 - (-beta1) ** t) / (1 - beta1**t)
            ),
        ),
        Mistake(
            "this is the scatter for gradients that are pure noise; these change their sign by "
            "plan.",
            lambda g, t, lr, beta1: (
                (-1) ** t * lr * np.sign(g) * np.sqrt((1 - beta1) / (1 + beta1))
            ),
        ),
        Mistake(
            "this is x_t - x_0, all moves together; asked for is the last one.",
            zigzag_moves_so_far,
        ),
        Mistake(
            "lr does not enter; how long is a step while gradients agree?",
            lambda g, t, lr, beta1: zigzag_by_the_rule(g, t, 1.0, beta1),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------


def walk(
    beta1: float = 0.5, root: float = 0.5, frozen: bool = False, corrected: bool = True
) -> list[float]:
    """The three points of the question, with a fault as the arguments say."""
    x, m, v, points = 3.0, 0.0, 0.0, []
    for count, g in enumerate((5.0, -1.0, -3.0), start=1):
        t = 1 if frozen else count
        m, v = beta1 * m + (1 - beta1) * g, 0.5 * v + 0.5 * g**2
        q = (1 - beta1**t) / (1 - 0.5**t) ** root if corrected else 1.0
        x = x - 2.1 * m / v**root / q
        points.append(x)
    return points


PREDICT = Exercise(
    name="adam-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([0.9, 0.2, 1.1], np.array([0.9, 0.2, 1.1]), walk()),
    wrong=(
        Mistake(
            "this follows each gradient's own sign, as RMSProp does; here m still remembers the "
            "first.",
            walk(beta1=0.0),
        ),
        Mistake("the averages are not corrected for their start at 0.", walk(corrected=False)),
        Mistake("the averages are corrected as if each step were the first.", walk(frozen=True)),
        Mistake("the root is missing in the divisor.", walk(root=1.0)),
        Mistake(
            "every gradient is followed by a full lr; is that so when they disagree?",
            [0.9, 3.0, 5.1],
        ),
        Mistake("leave the start out: the list begins with x_1.", [3, 0.9, 0.2]),
        Mistake("these are the moves; asked for are the points.", [-2.1, -0.7, 0.9]),
        Mistake("this goes uphill; a positive gradient must make x smaller.", [5.1, 5.8, 4.9]),
        Mistake("this is gradient descent with this lr; nothing is divided.", [-7.5, -5.4, 0.9]),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with a state, whole numbers, and an eps that is not negligible."""

    def hyper() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.3, 0.85), 3),
            round(rng.uniform(0.5, 0.97), 3),
            round(rng.uniform(0.1, 0.6), 3),
        )

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).round(2)

    def squares(*shape: int) -> Any:
        return rng.uniform(0.3, 3.0, size=shape).round(2)

    def whole(*shape: int) -> Any:
        return rng.integers(2, 9, size=shape)

    g, x, m = rng.normal(2.0, 0.4, size=3).round(2).tolist()
    return [
        (g, x, 1, 0.0, 0.0, *hyper()),
        (-g, x, 2, m, round(rng.uniform(0.5, 2.0), 2), *hyper()),
        (some(3), some(3), 2, some(3), squares(3), *hyper()),
        (some(2, 2), some(2, 2), 7, some(2, 2), squares(2, 2), *hyper()),
        (whole(2), whole(2), 3, some(2), squares(2), *hyper()),
        (some(3), whole(3), 4, whole(3), whole(3), *hyper()),
    ]


def step_with(
    m_of: Callable[..., Any] = lambda m, beta1, t: m / (1 - beta1**t),
    v_of: Callable[..., Any] = lambda v, beta2, t: v / (1 - beta2**t),
    root: Callable[..., Any] = lambda v_hat, eps, beta2, t: np.sqrt(v_hat) + eps,
    square: Callable[..., Any] = lambda g: g**2,
    first: Callable[..., Any] = lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
    second: Callable[..., Any] = lambda v, g2, beta2: beta2 * v + (1 - beta2) * g2,
    result: Callable[..., Any] = lambda x, m, v, m_hat, v_hat: (x, m, v),
    sign: float = 1.0,
) -> Callable[..., Any]:
    """Return Adam's step with one of its parts replaced."""

    def step(
        g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
    ) -> Any:
        m, v = first(m, g, beta1), second(v, square(g), beta2)
        m_hat, v_hat = m_of(m, beta1, t), v_of(v, beta2, t)
        return result(x - sign * lr * m_hat / root(v_hat, eps, beta2, t), m, v, m_hat, v_hat)

    return step


def one_factor(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """Right: both corrections in one factor, and eps scaled with them."""
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    late = (1 - beta2**t) ** 0.5
    return [x - lr * late / (1 - beta1**t) * m / (v**0.5 + late * eps), m, v]


def coordinate_by_coordinate(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """Right: a loop over the coordinates, into new arrays."""
    new = [np.zeros(np.shape(x)) for _ in range(3)]
    for i in np.ndindex(np.shape(x)):
        gi = np.asarray(g)[i]
        new[1][i] = beta1 * np.asarray(m)[i] + (1 - beta1) * gi
        new[2][i] = beta2 * np.asarray(v)[i] + (1 - beta2) * gi * gi
        divisor = np.sqrt(new[2][i] / (1 - beta2**t)) + eps
        new[0][i] = np.asarray(x)[i] - lr * new[1][i] / (1 - beta1**t) / divisor
    return new[0], new[1], new[2]


def in_place(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """Right numbers, and the caller's arrays lost."""
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g**2
    x -= lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return x, m, v


def old_state(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """The move is made with the right averages, which are not returned."""
    return step_with()(g, x, t, m, v, lr, beta1, beta2, eps)[0], m, v


def squares_of(part: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step that averages the squares of something else than g: of part(g, m)."""

    def step(
        g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
    ) -> Any:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * part(g, m) ** 2
        return x - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v

    return step


def betas_exchanged(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """Each average with the other one's weight."""
    return step_with()(g, x, t, m, v, lr, beta2, beta1, eps)


def defaults(
    g: Any, x: Any, t: int, m: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float
) -> Any:
    """The hyper-parameters of the paper, whatever was asked for."""
    return step_with()(g, x, t, m, v, lr, 0.9, 0.999, 1e-8)


STEP = Exercise(
    name="adam-step",
    answer="adam_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(one_factor, coordinate_by_coordinate, step_with(square=np.square)),
    wrong=(
        Mistake(
            "no bias correction: both averages start from 0, and each lacks a part of its own.",
            step_with(m_of=lambda m, beta1, t: m, v_of=lambda v, beta2, t: v),
        ),
        Mistake(
            "m is corrected for its start, v is not.",
            step_with(v_of=lambda v, beta2, t: v),
        ),
        Mistake(
            "v is corrected for its start, m is not.",
            step_with(m_of=lambda m, beta1, t: m),
        ),
        Mistake(
            "the correction is always that of the first step; which power of beta is missing by "
            "now?",
            step_with(
                m_of=lambda m, beta1, t: m / (1 - beta1), v_of=lambda v, beta2, t: v / (1 - beta2)
            ),
        ),
        Mistake(
            "the exponent in the corrections is always 2 here; it is the number of the step.",
            step_with(
                m_of=lambda m, beta1, t: m / (1 - beta1**2),
                v_of=lambda v, beta2, t: v / (1 - beta2**2),
            ),
        ),
        Mistake(
            "the corrections count one step too many: t begins at 1, not at 0.",
            step_with(
                m_of=lambda m, beta1, t: m / (1 - beta1 ** (t + 1)),
                v_of=lambda v, beta2, t: v / (1 - beta2 ** (t + 1)),
            ),
        ),
        Mistake(
            "beta * t stands in the corrections where a power should be.",
            step_with(
                m_of=lambda m, beta1, t: m / (1 - beta1 * t),
                v_of=lambda v, beta2, t: v / (1 - beta2 * t),
            ),
        ),
        Mistake(
            "eps is inside the root; here it is added to the root.",
            step_with(root=lambda v_hat, eps, beta2, t: np.sqrt(v_hat + eps)),
        ),
        Mistake(
            "eps is added to the uncorrected root, as in Keras; here it belongs to the corrected "
            "one.",
            step_with(
                root=lambda v_hat, eps, beta2, t: np.sqrt(v_hat) + eps / np.sqrt(1 - beta2**t)
            ),
        ),
        Mistake(
            "eps does not enter; what is divided by while all gradients are 0?",
            step_with(root=lambda v_hat, eps, beta2, t: np.sqrt(v_hat)),
        ),
        Mistake(
            "the root is missing: the mean of squares itself is the divisor.",
            step_with(root=lambda v_hat, eps, beta2, t: v_hat + eps),
        ),
        Mistake(
            "the correction of v stands outside of the root; v_hat is corrected first.",
            step_with(v_of=lambda v, beta2, t: v / (1 - beta2**t) ** 2),
        ),
        Mistake(
            "v averages the gradients here; it must average their squares.",
            step_with(square=lambda g: g),
        ),
        Mistake(
            "v averages the sizes of the gradients here; it must average their squares.",
            step_with(square=np.abs),
        ),
        Mistake(
            "v averages the square of m here; it must average the square of the gradient.",
            squares_of(lambda g, m: m),
        ),
        Mistake(
            "v averages the square of g - m, as in AdaBelief; here it is the square of g.",
            squares_of(lambda g, m: g - m),
        ),
        Mistake(
            "m and v take in the whole gradient and the whole square; an average takes in a part.",
            step_with(
                first=lambda m, g, beta1: beta1 * m + g,
                second=lambda v, g2, beta2: beta2 * v + g2,
            ),
        ),
        Mistake(
            "v takes in the whole square, as Adagrad's sum does; an average takes in a part.",
            step_with(second=lambda v, g2, beta2: beta2 * v + g2),
        ),
        Mistake(
            "m takes in the whole gradient; an average takes in a part.",
            step_with(first=lambda m, g, beta1: beta1 * m + g),
        ),
        Mistake(
            "beta1 and 1 - beta1 are exchanged, and so are beta2 and 1 - beta2: which part of an "
            "old average stays?",
            step_with(
                first=lambda m, g, beta1: (1 - beta1) * m + beta1 * g,
                second=lambda v, g2, beta2: (1 - beta2) * v + beta2 * g2,
            ),
        ),
        Mistake("beta1 and beta2 are exchanged.", betas_exchanged),
        Mistake("beta1, beta2 and eps are always the defaults; use the arguments.", defaults),
        Mistake(
            "the gradient itself is divided, as in RMSProp; where does m come in?",
            lambda g, x, t, m, v, lr, beta1, beta2, eps: (
                x - lr * g / (np.sqrt((beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)) + eps),
                beta1 * m + (1 - beta1) * g,
                beta2 * v + (1 - beta2) * g**2,
            ),
        ),
        Mistake("the step goes uphill; look at its sign.", step_with(sign=-1.0)),
        Mistake(
            "x is right, but the corrected averages come back; the next step would correct them "
            "again.",
            step_with(result=lambda x, m, v, m_hat, v_hat: (x, m_hat, v_hat)),
        ),
        Mistake(
            "x moves, but m and v come back as they were; the next step would start from the "
            "wrong ones.",
            old_state,
        ),
        Mistake(
            "m and v are right and come back first; the order is x, m, v.",
            step_with(result=lambda x, m, v, m_hat, v_hat: (m, v, x)),
        ),
        Mistake(
            "x, v, m come back; the order is x, m, v.",
            step_with(result=lambda x, m, v, m_hat, v_hat: (x, v, m)),
        ),
        Mistake(
            "x alone comes back; the caller needs the new m and v too, for the next step.",
            step_with(result=lambda x, m, v, m_hat, v_hat: x),
        ),
        Mistake(
            "the numbers are right, but += and *= change the caller's own arrays; make new ones.",
            in_place,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="adam-diagnose",
    answer="diagnosis",
    points=1,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake("then each epoch would be like the first, where every move is as long as lr.", "a"),
        Mistake("then the moves of the first epoch would be wrong as well.", "b"),
        Mistake("with gradients that are all 1 every beta2 gives the same moves.", "d"),
        Mistake("one of the four letters, please, as a word of one letter.", "e"),
    ),
)


def draw_moves(rng: np.random.Generator) -> list[Call]:
    """Two and three epochs, of unequal lengths too, and one of whole numbers."""

    def hyper() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.05, 0.5), 3),
            round(rng.uniform(0.3, 0.85), 3),
            round(rng.uniform(0.5, 0.97), 3),
            round(rng.uniform(0.1, 0.6), 3),
        )

    return [
        (rng.normal(size=(2, 3, 1)).round(2), *hyper()),
        (rng.normal(size=(3, 2, 2)).round(2), *hyper()),
        ([rng.normal(size=(n, 2)).round(2) for n in (3, 1, 2)], *hyper()),
        (rng.integers(1, 9, size=(2, 2, 3)), *hyper()),
    ]


def moves_with(
    restart: Callable[..., Any] = lambda epoch, batch, count: count,
    reset: bool = False,
    by_place: bool = False,
    corrected: bool = True,
    result: Callable[..., Any] = lambda moves, lr, shapes: moves,
    sign: float = -1.0,
) -> Callable[..., Any]:
    """Return the moves' function with one fault as the arguments say."""

    def moves(gradients: Any, lr: float, beta1: float, beta2: float, eps: float) -> Any:
        m: Any = 0.0
        v: Any = 0.0
        made, count = [], 0
        for number, epoch in enumerate(gradients, start=1):
            if reset:
                m = v = 0.0
            for batch, g in enumerate(epoch, start=1):
                count += 1
                t = restart(number, batch, count)
                if by_place:
                    t = (number - 1) * len(epoch) + batch
                m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
                hats = (m / (1 - beta1**t), v / (1 - beta2**t)) if corrected else (m, v)
                made.append(sign * lr * hats[0] / (np.sqrt(hats[1]) + eps))
        return result(np.array(made), lr, [len(epoch) for epoch in gradients])

    return moves


def moves_of_all_at_once(gradients: Any, lr: float, beta1: float, beta2: float, eps: float) -> Any:
    """Right: one long list of gradients, and products of beta carried along."""
    m, v, left1, left2, made = 0.0, 0.0, 1.0, 1.0, []
    for g in np.concatenate(list(gradients)):
        left1, left2 = left1 * beta1, left2 * beta2
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        made.append(list(-lr * m / (1 - left1) / (np.sqrt(v / (1 - left2)) + eps)))
    return made


REPAIR = Exercise(
    name="adam-repair",
    answer="adam_moves",
    points=3,
    draw=draw_moves,
    rtol=1e-9,
    right=(moves_of_all_at_once, moves_with()),
    wrong=(
        Mistake(
            "this is still the broken code: t is 1 again at the start of each epoch.",
            moves_with(restart=lambda epoch, batch, count: batch),
        ),
        Mistake(
            "now m and v start again too; the moves of equal gradients look right, but at each "
            "epoch all that was learnt about the slopes is lost.",
            moves_with(restart=lambda epoch, batch, count: batch, reset=True),
        ),
        Mistake("t goes on, but m and v start again from 0 in each epoch.", moves_with(reset=True)),
        Mistake(
            "the corrections are gone altogether; it was t that was wrong, not they.",
            moves_with(corrected=False),
        ),
        Mistake(
            "t counts the epochs here; it must count the steps.",
            moves_with(restart=lambda epoch, batch, count: epoch),
        ),
        Mistake(
            "t is counted on after its use, so it is 0 at the first step, where nothing is there "
            "to correct.",
            moves_with(restart=lambda epoch, batch, count: count - 1),
        ),
        Mistake(
            "t is made of the epoch and its length; epochs may have different lengths, so count.",
            moves_with(by_place=True),
        ),
        Mistake(
            "t is counted on twice in a step, or begins at 2.",
            moves_with(restart=lambda epoch, batch, count: count + 1),
        ),
        Mistake(
            "these are the points of a run from 0; asked for are the moves.",
            moves_with(result=lambda moves, lr, shapes: moves.cumsum(axis=0)),
        ),
        Mistake(
            "the moves are divided by lr, as in the plot; asked for are the moves themselves.",
            moves_with(result=lambda moves, lr, shapes: moves / lr),
        ),
        Mistake(
            "these are the moves of the last epoch alone.",
            moves_with(result=lambda moves, lr, shapes: moves[-shapes[-1] :]),
        ),
        Mistake("the moves go uphill; look at their sign.", moves_with(sign=1.0)),
    ),
)

# --- Experiment -------------------------------------------------------------

EXPERIMENT = Exercise(
    name="adam-experiment",
    answer="largest_beta2",
    points=2,
    draw=None,
    rtol=1e-9,
    right=(0.8, np.float64(0.8)),
    wrong=(
        Mistake("there the moves shrink, if slowly; look at the last steps.", 0.9),
        Mistake(
            "that is where they grow fastest; asked for is the largest beta2 that does it.", 0.5
        ),
        Mistake("that is one that grows; does none above it?", 0.7),
        Mistake("that is one that grows; do none above it?", 0.6),
        Mistake("there the moves shrink from the second step on.", 0.99),
        Mistake("those are the defaults; do the moves really grow there?", 0.999),
        Mistake(
            "that is where it would change, by a formula; asked for is one of the seven.", 0.81
        ),
        Mistake("that is the place in your list; asked for is the beta2 that stands there.", 4),
    ),
)

EXERCISES = (ZIGZAG, PREDICT, STEP, DIAGNOSE, REPAIR, EXPERIMENT)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "adam-zigzag": {
        "return (-1) ** t * lr * np.sign(g) * part -> return (-1) ** t * lr / np.sign(g) * part": (
            "1 over a sign is the sign"
        ),
    },
    "adam-repair": {
        "return np.array(moves) -> return moves": "a list of moves is compared as an array is",
    },
}
