"""What the exercises of `adamw` ask for, and how learners get it wrong. Never released."""

from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Derive: what a decay leaves where lr falls -----------------------------


def draw_left(rng: np.random.Generator) -> list[Call]:
    """Short runs, with shares so large that no approximation passes, and one of a single step."""

    def hyper() -> tuple[float, float]:
        return round(rng.uniform(0.2, 0.6), 3), round(rng.uniform(0.4, 0.9), 3)

    lengths = (1, 2, 3, 5, int(rng.integers(6, 12)))
    return [(*hyper(), steps) for steps in lengths]


def left_with(
    rate: Callable[[float, int, int], float] = lambda lr, t, steps: lr * (1 - (t - 1) / steps),
    share: Callable[[float, float], float] = lambda lr_t, c: 1 - lr_t * c,
) -> Callable[..., Any]:
    """Return the product over the steps with another rate or another share."""

    def left(lr: float, c: float, steps: int) -> float:
        x = 1.0
        for t in range(1, steps + 1):
            x = x * share(rate(lr, t, steps), c)
        return x

    return left


def left_by_rates(lr: float, c: float, steps: int) -> Any:
    """Right: all rates at once."""
    return np.prod(1 - c * np.linspace(lr, lr / steps, steps))


def left_by_logarithms(lr: float, c: float, steps: int) -> Any:
    """Right: a sum of logarithms."""
    shares = lr * c * np.arange(1, steps + 1) / steps
    return np.exp(np.log1p(-shares).sum())


def left_by_the_sum(lr: float, c: float, steps: int) -> Any:
    """The shares added up, as if each were taken from the start."""
    return 1 - lr * c * (steps + 1) / 2


LEFT = Exercise(
    name="adamw-left",
    answer="left_at_the_end",
    points=2,
    draw=draw_left,
    rtol=1e-9,
    right=(left_by_rates, left_by_logarithms, left_with()),
    wrong=(
        Mistake(
            "lr stays as it is here; in step t it is lr (1 - (t - 1)/steps).",
            left_with(rate=lambda lr, t, steps: lr),
        ),
        Mistake(
            "lr falls one step too early: the first step has the whole lr.",
            left_with(rate=lambda lr, t, steps: lr * (1 - t / steps)),
        ),
        Mistake(
            "the share of a step is lr times the decay; here it is the decay alone.",
            left_with(rate=lambda lr, t, steps: 1 - (t - 1) / steps),
        ),
        Mistake(
            "the share of a step is lr times the decay; here the decay is missing.",
            left_with(share=lambda lr_t, c: 1 - lr_t),
        ),
        Mistake(
            "each step takes its share of what is left, so the parts are multiplied, not added up.",
            left_by_the_sum,
        ),
        Mistake(
            "the exponential is what small shares come to; asked for is the exact product.",
            lambda lr, c, steps: np.exp(-lr * c * (steps + 1) / 2),
        ),
        Mistake(
            "this is the mean lr in every step: close, but the shares differ from step to step.",
            lambda lr, c, steps: (1 - lr * c * (steps + 1) / (2 * steps)) ** steps,
        ),
        Mistake(
            "that is what has gone; asked for is what is left.",
            lambda lr, c, steps: 1 - left_with()(lr, c, steps),
        ),
        Mistake(
            "the weight grows here; a decay takes its share away.",
            left_with(share=lambda lr_t, c: 1 + lr_t * c),
        ),
    ),
)

# --- Predict ----------------------------------------------------------------


def walk(
    beside: float = 0.4,
    inside: float = 0.0,
    share_of: Callable[[float], float] = lambda lr: lr,
    after: bool = False,
) -> list[float]:
    """The three points of the question, with a fault as the arguments say."""
    x, v, lr, points = 5.0, 0.0, 0.5, []
    for t, g in enumerate((3.0, -3.0, 3.0), start=1):
        slope = g + inside * x
        v = 0.5 * v + 0.5 * slope**2
        u = slope / np.sqrt(v / (1 - 0.5**t))
        old = x
        x = x - lr * u
        x = x - share_of(lr) * beside * (x if after else old)
        points.append(x)
    return points


PREDICT = Exercise(
    name="adamw-predict",
    answer="predicted_x",
    points=2,
    draw=None,
    rtol=1e-9,
    right=([3.5, 3.3, 2.14], np.array([3.5, 3.3, 2.14]), walk()),
    wrong=(
        Mistake("these are Adam's points; nothing has decayed.", [4.5, 5.0, 4.5]),
        Mistake(
            "here the decay stands in the gradient, as a penalty, and is divided with it.",
            walk(beside=0.0, inside=0.4),
        ),
        Mistake(
            "the share is the decay itself here; which factor stands before it?",
            walk(share_of=lambda lr: 1.0),
        ),
        Mistake(
            "the share is taken off the new point; it belongs to the old one.", walk(after=True)
        ),
        Mistake("leave the start out: the list begins with x_1.", [5, 3.5, 3.3]),
        Mistake("these are the moves; asked for are the points.", [-1.5, -0.2, -1.16]),
        Mistake(
            "this decays the weight and does not step: what does Adam do with these gradients?",
            [4.0, 3.2, 2.56],
        ),
        Mistake("the steps go uphill; a positive gradient must make x smaller.", [4.5, 3.1, 2.98]),
        Mistake(
            "the gradients are not divided here, as in gradient descent with a decay.",
            [2.5, 3.5, 1.3],
        ),
    ),
)

# --- Implement --------------------------------------------------------------


def draw_step(rng: np.random.Generator) -> list[Call]:
    """A first step, later ones with a state, whole numbers, and an eps that is not negligible."""

    def hyper() -> tuple[float, ...]:
        return (
            round(rng.uniform(0.1, 0.5), 3),
            round(rng.uniform(0.3, 0.85), 3),
            round(rng.uniform(0.5, 0.97), 3),
            round(rng.uniform(0.1, 0.6), 3),
            round(rng.uniform(0.2, 0.9), 3),
        )

    def some(*shape: int) -> Any:
        return ((1.2 + rng.random(shape)) * rng.choice([-1, 1], shape)).round(2)

    def squares(*shape: int) -> Any:
        return rng.uniform(2.0, 6.0, size=shape).round(2)

    def whole(*shape: int) -> Any:
        return rng.integers(2, 9, size=shape)

    g, x, m = rng.normal(2.0, 0.3, size=3).round(2).tolist()
    return [
        (g, x, 1, 0.0, 0.0, *hyper()),
        (-g, x, 2, m, round(rng.uniform(0.5, 2.0), 2), *hyper()),
        (some(3), some(3), 2, some(3), squares(3), *hyper()),
        (some(2, 2), some(2, 2), 7, some(2, 2), squares(2, 2), *hyper()),
        (whole(2), whole(2), 3, some(2), squares(2), *hyper()),
        (some(3), whole(3), 4, whole(3), whole(3), *hyper()),
    ]


def step_with(
    slope: Callable[..., Any] = lambda g, x, c: g,
    m_of: Callable[..., Any] = lambda m, beta1, t: m / (1 - beta1**t),
    v_of: Callable[..., Any] = lambda v, beta2, t: v / (1 - beta2**t),
    root: Callable[..., Any] = lambda v_hat, eps: np.sqrt(v_hat) + eps,
    end: Callable[..., Any] = lambda x, lr, m_hat, root, c: x - lr * (m_hat / root + c * x),
    kept: bool = True,
) -> Callable[..., Any]:
    """Return AdamW's step with one of its parts replaced."""

    def step(
        g: Any,
        x: Any,
        t: int,
        m: Any,
        v: Any,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
    ) -> Any:
        g = slope(g, x, weight_decay)
        new_m, new_v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m_of(new_m, beta1, t), v_of(new_v, beta2, t)
        x = end(x, lr, m_hat, root(v_hat, eps), weight_decay)
        return (x, new_m, new_v) if kept else (x, m, v)

    return step  # fmt: skip


def shrink_first(g: Any, x: Any, t: int, m: Any, v: Any, *hyper: float) -> Any:
    """Right: as PyTorch writes it, the weight shrinks and then steps."""
    lr, beta1, beta2, eps, weight_decay = hyper
    x = x * (1 - lr * weight_decay)
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    return [x - lr / (1 - beta1**t) * m / ((v / (1 - beta2**t)) ** 0.5 + eps), m, v]


STEP = Exercise(
    name="adamw-step",
    answer="adamw_step",
    points=4,
    draw=draw_step,
    rtol=1e-9,
    right=(step_with(), shrink_first),
    wrong=(
        Mistake(
            "this is Adam: nothing is taken off the weight.",
            step_with(end=lambda x, lr, m_hat, root, c: x - lr * m_hat / root),
        ),
        Mistake(
            "the decay is in the gradient, and Adam divides it: this is L2, which AdamW avoids.",
            step_with(
                slope=lambda g, x, c: g + c * x,
                end=lambda x, lr, m_hat, root, c: x - lr * m_hat / root,
            ),
        ),
        Mistake(
            "the decay is in the gradient and beside the division; one of them is too many.",
            step_with(slope=lambda g, x, c: g + c * x),
        ),
        Mistake(
            "the decay is divided by the root here; it must stand beside the quotient.",
            step_with(end=lambda x, lr, m_hat, root, c: x - lr * (m_hat + c * x) / root),
        ),
        Mistake(
            "the share taken off is lr times the decay; here it is the decay alone.",
            step_with(end=lambda x, lr, m_hat, root, c: x - lr * m_hat / root - c * x),
        ),
        Mistake(
            "the share is taken off the new point; in the rule it is taken off the old one.",
            step_with(end=lambda x, lr, m_hat, root, c: (x - lr * m_hat / root) * (1 - lr * c)),
        ),
        Mistake(
            "the weight is pushed away from zero: look at the sign of the decay.",
            step_with(end=lambda x, lr, m_hat, root, c: x - lr * (m_hat / root - c * x)),
        ),
        Mistake(
            "every weight is pulled by the same amount; the pull is proportional to the weight.",
            step_with(end=lambda x, lr, m_hat, root, c: x - lr * (m_hat / root + c * np.sign(x))),
        ),
        Mistake(
            "no bias correction: both averages start from 0.",
            step_with(m_of=lambda m, beta1, t: m, v_of=lambda v, beta2, t: v),
        ),
        Mistake(
            "eps stands inside the root; it belongs outside.",
            step_with(root=lambda v_hat, eps: np.sqrt(v_hat + eps)),
        ),
        Mistake(
            "the root is missing in the divisor.",
            step_with(root=lambda v_hat, eps: v_hat + eps),
        ),
        Mistake(
            "x is right, but the averages are returned as they came in.",
            step_with(kept=False),
        ),
    ),
)

# --- Translate: the same number of windows ----------------------------------


def draw_translate(rng: np.random.Generator) -> list[Call]:
    """Two runs whose rates and lengths all differ."""
    return [
        (
            round(rng.uniform(0.01, 0.2), 3),
            round(rng.uniform(0.001, 0.01), 4),
            int(rng.integers(1, 9)) * 1000,
            round(rng.uniform(0.0001, 0.0009), 5),
            int(rng.integers(10, 90)) * 1000,
        )
        for _ in range(4)
    ]


def translated(c: float, lr: float, steps: int, new_lr: float, new_steps: int) -> float:
    """Keep the number of windows in the run."""
    return c * lr * steps / (new_lr * new_steps)


def by_the_window(c: float, lr: float, steps: int, new_lr: float, new_steps: int) -> float:
    """Right: the window first."""
    windows = steps * lr * c
    new_window = new_steps / windows
    return 1 / (new_lr * new_window)


TRANSLATE = Exercise(
    name="adamw-translate",
    answer="translated_decay",
    points=2,
    draw=draw_translate,
    rtol=1e-9,
    right=(translated, by_the_window),
    wrong=(
        Mistake(
            "this keeps the window in steps; the new run has another length.",
            lambda c, lr, steps, new_lr, new_steps: c * lr / new_lr,
        ),
        Mistake(
            "the length of the run is right; the share of a step depends on lr, too.",
            lambda c, lr, steps, new_lr, new_steps: c * steps / new_steps,
        ),
        Mistake(
            "a smaller lr needs a larger decay: the ratio of the rates stands upside down.",
            lambda c, lr, steps, new_lr, new_steps: c * new_lr / lr * steps / new_steps,
        ),
        Mistake(
            "a longer run needs a smaller decay: the ratio of the lengths stands upside down.",
            lambda c, lr, steps, new_lr, new_steps: c * lr / new_lr * new_steps / steps,
        ),
        Mistake(
            "both ratios stand upside down.",
            lambda c, lr, steps, new_lr, new_steps: c * new_lr * new_steps / (lr * steps),
        ),
        Mistake(
            "that is the number of windows; asked for is the decay that gives it.",
            lambda c, lr, steps, new_lr, new_steps: c * lr * steps,
        ),
        Mistake(
            "that is the new window in steps; asked for is the decay that gives it.",
            lambda c, lr, steps, new_lr, new_steps: new_steps / (c * lr * steps),
        ),
        Mistake(
            "the decay is not changed, and with it the run sees another number of windows.",
            lambda c, lr, steps, new_lr, new_steps: c,
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="adamw-diagnose",
    answer="diagnosis",
    points=2,
    draw=None,
    rtol=1e-9,
    right=("b", " B"),
    wrong=(
        Mistake("then both weights would shrink, and the second with them, only too slowly.", "a"),
        Mistake("then no weight would shrink at all, and the first one does.", "c"),
        Mistake("a short memory of the squares changes the noise, and holds no weight back.", "d"),
        Mistake("one of the four letters, please, as a word of one letter.", "e"),
    ),
)

EXERCISES = (LEFT, PREDICT, STEP, TRANSLATE, DIAGNOSE)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "adamw-left": {
        f"for t in range(1, steps + 1): -> for t in range(1, {longer}):": (
            "one step more would have a rate of 0"
        )
        for longer in ("steps + 2", "steps + 1 + 1")
    },
}
