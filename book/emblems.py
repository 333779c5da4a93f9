"""The small picture of each chapter on the front page: a run of its rule, in lines without words.

Every picture is an SVG of 160 x 90, computed by the package: its paths are where the rules went.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from minioptim import (
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Lion,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    ScheduleFree,
    feed,
    iterate,
    minimize,
)
from minioptim.averages import ewma
from minioptim.looks import style_of
from minioptim.problems import Quadratic
from minioptim.problems.surfaces import Narrows
from minioptim.rules import L2, Rule, newton_schulz
from minioptim.schedules import Cosine

WIDTH, HEIGHT = 160, 90
MARGIN = 10
FAINT, GREY = "level", "other"  # classes of the style sheet: level lines, and what is compared with

Points = Sequence[Sequence[float]] | np.ndarray[Any, Any]
Box = tuple[float, float, float, float]  # left, right, bottom, top


class Pen:
    """Draws in a window of the plane.

    Parameters
    ----------
    box : (left, right, bottom, top)
        The window, which fills the picture.
    """

    def __init__(self, box: Box) -> None:
        self.left, self.right, self.bottom, self.top = box
        self.parts: list[str] = []

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the window is in the picture."""
        across = (x - self.left) / (self.right - self.left)
        up = (y - self.bottom) / (self.top - self.bottom)
        return (
            round(MARGIN + across * (WIDTH - 2 * MARGIN), 1),
            round(HEIGHT - MARGIN - up * (HEIGHT - 2 * MARGIN), 1),
        )

    def line(self, points: Points, look: str) -> None:
        """Draw a line, in a colour or in the look of a class."""
        places = " ".join(f"{x:g},{y:g}" for x, y in (self.place(*p) for p in points))
        style = f'stroke="{look}"' if look.startswith("#") else f'class="{look}"'
        self.parts.append(f'<polyline points="{places}" {style}/>')

    def dot(self, point: Sequence[float], color: str, radius: float = 3.5) -> None:
        """Draw a dot."""
        x, y = self.place(*point)
        fill = f'fill="{color}"' if color.startswith("#") else f'class="{color}"'
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" {fill}/>')

    def bowl(self, curvatures: np.ndarray[Any, Any], heights: Sequence[float]) -> None:
        """Draw level lines of a bowl about the origin."""
        turn = np.linspace(0, 2 * np.pi, 49)
        for height in heights:
            a, b = np.sqrt(2 * height / curvatures)
            self.line(np.column_stack([a * np.cos(turn), b * np.sin(turn)]), FAINT)

    def svg(self) -> str:
        """Return the picture."""
        return (
            f'<svg class="emblem" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" '
            f'fill="none">{"".join(self.parts)}</svg>'
        )


def color(rule: type[Rule]) -> str:
    """Return the colour that a rule has in all pictures."""
    return str(style_of(rule)["color"])


CURVATURES = np.array([1.0, 12.0])
START = (-9.0, 1.6)


def valley(*rules: Rule, main: int = 1, steps: int = 24, noise: float = 0.0) -> str:
    """Return the last rules in a narrow valley, with those before them to compare with."""
    pen = Pen((-10.0, 3.0, -2.6, 2.6))
    pen.bowl(CURVATURES, (2.0, 8.0, 20.0, 40.0))
    draw = np.random.default_rng(3)
    for place, rule in enumerate(rules):
        run = iterate(rule, lambda x: CURVATURES * x + noise * draw.normal(size=2), START)
        x = np.array([START, *(step.x for step in islice(run, steps))])
        look = color(type(rule)) if place >= len(rules) - main else GREY
        pen.line(x, look)
        pen.dot(x[-1], look)
    return pen.svg()


def curves(
    *lines: tuple[Sequence[float] | np.ndarray[Any, Any], str], dot: int | None = None
) -> str:
    """Return curves over their steps; the last may have a dot at one of them."""
    values = np.concatenate([np.asarray(y, dtype=float) for y, _ in lines])
    pen = Pen((0, max(len(y) for y, _ in lines) - 1, values.min(), values.max()))
    for y, look in lines:
        pen.line(np.column_stack([np.arange(len(y)), y]), look)
    if dot is not None:
        y, look = lines[-1]
        pen.dot((dot % len(y), y[dot]), look)
    return pen.svg()


def averaged() -> str:
    """Return noisy values as dots, and what an average of them remembers."""
    draw = np.random.default_rng(1).normal(size=60) * 0.16
    values = np.exp(-np.arange(60) / 18) + draw
    average = ewma(values, 0.85, corrected=True)
    pen = Pen((0, 59, values.min(), values.max()))
    for at, value in enumerate(values):
        pen.dot((at, value), "speck", radius=1.6)
    pen.line(np.column_stack([np.arange(60), average]), color(Momentum))
    pen.dot((59, average[-1]), color(Momentum))
    return pen.svg()


def jump() -> str:
    """Return momentum's path and Nesterov's in the same valley."""
    return valley(Momentum(0.07, 0.75), Nesterov(0.07, 0.75), steps=22)


def sizes(rule: Rule, gradients: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the logarithm of the length of each step that a rule makes of gradients."""
    x = feed(rule, gradients[:, None], [0.0]).x[:, 0]
    steps: np.ndarray[Any, Any] = np.log10(np.abs(np.diff(x)) + 1e-12)
    return steps


def leak() -> str:
    """Return how long the steps of Adagrad and RMSProp are when gradients become small."""
    gradients = np.where(np.arange(240) < 80, 1.0, 0.01)
    adagrad, rmsprop = Adagrad(1.0), RMSProp(0.06, 0.95)
    return curves(
        (np.maximum(sizes(adagrad, gradients), -3.6), GREY),
        (np.maximum(sizes(rmsprop, gradients), -3.6), color(RMSProp)),
        dot=-1,
    )


def sweep() -> str:
    """Return the loss that each learning rate of a sweep ends with."""
    lrs = np.geomspace(0.003, 0.164, 22)
    ends = minimize(Quadratic(CURVATURES), GradientDescent(lrs), START, steps=30).f[-1]
    y = np.log10(ends)
    return curves((np.minimum(y, 1.6), color(GradientDescent)), dot=int(np.argmin(y)))


def spike() -> str:
    """Return a loss that one bad gradient throws back."""
    steps = np.arange(1, 141)
    calm = 1.1 * np.exp(-steps / 45) + 0.25
    draw = np.random.default_rng(2).normal(size=140) * 0.02
    hit = np.where(steps > 70, 0.9 * np.exp(-(steps - 71) / 14), 0.0)
    return curves((calm + draw + hit, color(Adam)))


def units() -> str:
    """Return one valley walked in two units of length."""
    pen = Pen((-10.0, 3.0, -2.6, 2.6))
    pen.bowl(CURVATURES, (2.0, 8.0, 20.0, 40.0))
    for scale, look in ((1.0, GREY), (6.0, color(Adadelta))):
        bowl = Quadratic(CURVATURES * [scale**2, 1.0])
        rule = Adadelta(lr=30.0, rho=0.95, eps=1e-6)
        x = minimize(bowl, rule, (START[0] / scale, START[1]), steps=80).x * [scale, 1.0]
        pen.line(x, look)
        pen.dot(x[-1], look)
    return pen.svg()


def decay() -> str:
    """Return a weight with large gradients, under a penalty inside Adam and under AdamW's decay."""
    pen = Pen((0, 300, -0.1, 1.1))
    for rule in (L2(Adam(0.003), 3.0), AdamW(0.003, weight_decay=3.0)):
        noise = iter(np.random.default_rng(5).normal(scale=30.0, size=300))
        run = iterate(rule, lambda x, noise=noise: next(noise) + 0 * x, [1.0])  # type: ignore[misc]
        x = np.array([1.0, *(float(step.x[0]) for step in islice(run, 300))])
        look = color(AdamW) if isinstance(rule, AdamW) else GREY
        pen.line(np.column_stack([np.arange(301), x]), look)
        pen.dot((300, x[-1]), look)
    return pen.svg()


def lifted() -> str:
    """Return the singular values of an update before and after Newton-Schulz steps."""
    before = np.geomspace(1.0, 0.02, 12)
    after = newton_schulz(np.diag(before)).diagonal()
    pen = Pen((0, 11, 0.0, 1.3))
    pen.line(np.column_stack([np.arange(12), before]), GREY)
    pen.line(np.column_stack([np.arange(12), after]), color(Lion))
    for at, value in enumerate(after):
        pen.dot((at, value), color(Lion))
    return pen.svg()


def ranked() -> str:
    """Return a list of scores as a leaderboard draws it, with the baseline in grey."""
    pen = Pen((0, 1, 0, 6))
    for place, score in enumerate((0.33, 0.4, 0.52, 0.63, 0.92), start=1):
        look = GREY if place == 2 else color(Adam)
        pen.line(np.array([[0.0, place], [score, place]]), GREY)
        pen.dot((score, place), look, radius=5)
    return pen.svg()


def narrowing() -> str:
    """Return the curvature that gradient descent meets in a valley that narrows, and 2 / lr."""
    lr, steps = 0.4, 450
    y = minimize(Narrows(), GradientDescent(lr), steps=steps).x[:, 1]
    pen = Pen((0, steps, 1.5, 7.0))
    pen.line([(0, 2 / lr), (steps, 2 / lr)], GREY)
    pen.line(np.column_stack([np.arange(steps + 1), y]), color(GradientDescent))
    pen.dot((steps, y[-1]), color(GradientDescent))
    return pen.svg()


def mean_of_all() -> str:
    """Return a noisy run at a constant rate, and Schedule-Free's mean of it."""
    noise = iter(np.random.default_rng(4).normal(scale=0.9, size=80))
    rule = ScheduleFree(0.6)
    run = iterate(rule, lambda x: x + next(noise), [2.0])
    steps = list(islice(run, 80))
    pen = Pen((0, 80, -1.2, 2.2))
    pen.line([(0, 2.0), *((step.t, step.state["z"][0]) for step in steps)], GREY)
    pen.line([(0, 2.0), *((step.t, step.x[0]) for step in steps)], color(ScheduleFree))
    pen.dot((80, steps[-1].x[0]), color(ScheduleFree))
    return pen.svg()


EMBLEMS: dict[str, Callable[[], str]] = {
    "gradient_descent": lambda: valley(GradientDescent(0.152)),
    "stochastic_gradient_descent": lambda: valley(GradientDescent(0.09), steps=40, noise=5.0),
    "learning_rate_schedules": lambda: curves(
        ([1.0] * 30 + [0.4] * 30 + [0.16] * 30 + [0.064] * 10, GREY),
        ([Cosine(1.0, steps=100)(t) for t in range(1, 101)], color(GradientDescent)),
        dot=60,
    ),
    "moving_averages": averaged,
    "momentum": lambda: valley(GradientDescent(0.152), Momentum(0.06, 0.7), steps=26),
    "nesterov": jump,
    "adagrad": lambda: valley(GradientDescent(0.152), Adagrad(1.6), steps=30),
    "adadelta": units,
    "rmsprop": leak,
    "adam": lambda: valley(Momentum(0.07, 0.75), Adam(0.6), steps=30),
    "adamw": decay,
    "signs_and_matrices": lifted,
    "without_a_schedule": mean_of_all,
    "nadam": lambda: valley(Adam(0.8), NAdam(0.8), steps=26),
    "in_practice": sweep,
    "long_runs": spike,
    "edge_of_stability": narrowing,
    "race": lambda: valley(
        GradientDescent(0.152),
        Momentum(0.06, 0.7),
        Nesterov(0.07, 0.75),
        Adam(0.6),
        main=4,
        steps=20,
    ),
    "comparisons": ranked,
}
"""What draws the picture of each chapter, by the last part of its page's name."""
