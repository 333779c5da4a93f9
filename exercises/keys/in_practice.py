"""What the exercises of `in_practice` ask for, and how learners get it wrong. Never released."""

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from classroom.exercise import Call, Exercise, Mistake

# --- Implement: read a sweep ------------------------------------------------


def draw_sweep(rng: np.random.Generator) -> list[Call]:
    """Valleys inside, at both ends, with a tie, with nothing learnt, and with nothing broken."""

    def sweep(number: int) -> Any:
        first = round(rng.uniform(0.0001, 0.002), 5)
        return [round(first * 3**k, 5) for k in range(number)]

    def low(number: int) -> Any:
        """Losses that have learnt something, of three or more classes, and all differ."""
        return (rng.permutation(np.linspace(0.3, 1.0, number)) + rng.uniform(0, 0.05)).round(3)

    def above(classes: int, number: int) -> Any:
        """Losses a little above that of guessing: below the number of classes."""
        return (np.log(classes) + 0.01 + rng.uniform(0.02, 0.09, number).cumsum()).round(3)

    def call(losses: Any, classes: int) -> Call:
        return sweep(len(losses)), [float(loss) for loss in losses], classes

    a, b, c, d, e, f = (int(k) for k in rng.permutation(np.arange(3, 12))[:6])
    inside = low(5)
    inside[2] = 0.2
    tie = low(5)
    tie[1] = tie[3] = 0.15
    falling = np.sort(low(5))[::-1]
    guessed = above(e, 6)
    guessed[2] = round(float(np.log(e)) + 0.005, 3)
    return [
        call([*inside, *above(a, 3)], a),
        # The first rates are too small to have learnt anything.
        call([*above(b, 2), *inside, *above(b, 2)], b),
        call(falling, c),
        call([*falling[::-1], *above(d, 2)], d),
        call(guessed, e),
        call([*tie, *above(f, 2)], f),
    ]


def sweep_with(
    best: Callable[..., Any] = lambda losses: int(np.argmin(losses)),
    first: Callable[..., Any] = lambda lrs, losses, at: lrs[at],
    edge: Callable[..., Any] = lambda at, last: at in (0, last),
    guess: Callable[..., Any] = np.log,
    beyond: Callable[..., Any] = lambda lr, low: lr > low,
    pick: Callable[..., Any] = lambda broken: min(broken, default=0.0),
) -> Callable[..., Any]:
    """Return the reading of a sweep with one of its parts replaced."""

    def read(lrs: Any, losses: Any, classes: int) -> Any:
        at = best(losses)
        pairs = zip(lrs, losses, strict=True)
        broken = [lr for lr, loss in pairs if beyond(lr, lrs[at]) and loss >= guess(classes)]
        return first(lrs, losses, at), edge(at, len(lrs) - 1), pick(broken)

    return read


def by_sorting(lrs: Any, losses: Any, classes: int) -> Any:
    """Right: pairs in order of their losses."""
    best = sorted(zip(losses, lrs, strict=True))[0][1]
    beyond = [k for k, lr in enumerate(lrs) if lr > best and math.exp(losses[k]) >= classes]
    return [best, best in (lrs[0], lrs[-1]), lrs[beyond[0]] if beyond else 0]


SWEEP = Exercise(
    name="practice-sweep",
    answer="read_sweep",
    points=4,
    draw=draw_sweep,
    rtol=1e-9,
    right=(sweep_with(), by_sorting),
    wrong=(
        Mistake(
            "of two equal losses take the smaller rate: it lies further from those that break.",
            sweep_with(best=lambda losses: len(losses) - 1 - int(np.argmin(losses[::-1]))),
        ),
        Mistake(
            "this takes the run with the highest loss.",
            sweep_with(best=lambda losses: int(np.argmax(losses))),
        ),
        Mistake(
            "the first result is the rate; here it is its loss.",
            sweep_with(first=lambda lrs, losses, at: losses[at]),
        ),
        Mistake(
            "the first result is the rate; here it is its place in the list.",
            sweep_with(first=lambda lrs, losses, at: at),
        ),
        Mistake(
            "the best rate may stand at the lower end of the sweep, too.",
            sweep_with(edge=lambda at, last: at == last),
        ),
        Mistake(
            "the best rate may stand at the upper end of the sweep, too.",
            sweep_with(edge=lambda at, last: at == 0),
        ),
        Mistake(
            "the second result is True at an end of the sweep; here it is True inside.",
            sweep_with(edge=lambda at, last: at not in (0, last)),
        ),
        Mistake(
            "a rate below the best that has learnt nothing is too small, and not broken.",
            sweep_with(beyond=lambda lr, low: lr != low),
        ),
        Mistake(
            "who guesses has a loss of the logarithm of the number of classes, not the number.",
            sweep_with(guess=lambda classes: classes),
        ),
        Mistake(
            "the logarithm is the natural one here.",
            sweep_with(guess=np.log10),
        ),
        Mistake(
            "asked for is the smallest rate that broke; here it is the largest.",
            sweep_with(pick=lambda broken: max(broken, default=0.0)),
        ),
        Mistake(
            "where no rate broke, the third result is 0.",
            sweep_with(pick=lambda broken: min(broken, default=None)),
        ),
    ),
)

# --- Compare: the same seeds for both, with numbers for each student ---------


def vary_differences(rng: np.random.Generator) -> dict[str, Any]:
    """Eight differences, in tenths of a percentage point, most of one sign."""
    return {"differences": rng.normal(0.35, 0.5, size=8).round(1).tolist()}


def compared_with(
    middle: Callable[..., Any] = np.mean,
    spread: Callable[..., Any] = lambda d: np.std(d, ddof=1),
    error: Callable[..., Any] = lambda s, n: s / np.sqrt(n),
) -> Callable[..., Any]:
    """Return the three numbers with one of them got otherwise."""

    def compared(differences: list[float]) -> list[float]:
        s = spread(differences)
        return [float(middle(differences)), float(s), float(error(s, len(differences)))]

    return compared


def by_statistics(differences: list[float]) -> list[float]:
    """Right: Python's own module."""
    s = statistics.stdev(differences)
    return [statistics.fmean(differences), s, math.sqrt(s**2 / len(differences))]


COMPARE = Exercise(
    name="practice-compare",
    answer="compared",
    points=3,
    draw=None,
    rtol=1e-9,
    vary=vary_differences,
    right=(compared_with(), by_statistics),
    wrong=(
        Mistake(
            "the standard deviation is divided by n here; with so few values divide by n - 1.",
            compared_with(spread=np.std),
        ),
        Mistake(
            "the standard error divides by the root of n; here it divides by n.",
            compared_with(error=lambda s, n: s / n),
        ),
        Mistake(
            "the standard error divides by the root of n; here it is the root of n - 1.",
            compared_with(error=lambda s, n: s / np.sqrt(n - 1)),
        ),
        Mistake(
            "the standard error is the standard deviation here; which one shrinks with more seeds?",
            compared_with(error=lambda s, n: s),
        ),
        Mistake(
            "two standard errors are a rule for judging; asked for is one.",
            compared_with(error=lambda s, n: 2 * s / np.sqrt(n)),
        ),
        Mistake("the first number is the median; asked for is the mean.", compared_with(np.median)),
        Mistake("the first number is the sum; asked for is the mean.", compared_with(np.sum)),
        Mistake(
            "the first number is the mean of the sizes; signs count.",
            compared_with(lambda d: np.mean(np.abs(d))),
        ),
        Mistake(
            "the second number is the variance; asked for is its root.",
            compared_with(
                spread=lambda d: np.var(d, ddof=1), error=lambda s, n: np.sqrt(s) / np.sqrt(n)
            ),
        ),
        Mistake(
            "the sign of the mean is turned: the differences are first minus second.",
            compared_with(lambda d: -np.mean(d)),
        ),
    ),
)

# --- Plan: how many random draws --------------------------------------------


def draw_draws(rng: np.random.Generator) -> list[Call]:
    """Counts that lie a little above and a little below a whole number, by turns."""
    calls = []
    for k in range(6):
        share = round(rng.uniform(0.02, 0.2), 3)
        part = rng.uniform(0.15, 0.4) if k % 2 else rng.uniform(0.6, 0.85)
        count = int(rng.integers(6, 40)) + part
        calls.append((share, float(1 - (1 - share) ** count)))
    return calls


def draws(share: float, probability: float) -> int:
    """Right: the logarithm of what may be missed."""
    return math.ceil(math.log(1 - probability) / math.log(1 - share))


def draws_by_counting(share: float, probability: float) -> int:
    """Right: one draw after the other."""
    return next(n for n in range(100_000) if 1 - (1 - share) ** n >= probability)


DRAWS = Exercise(
    name="practice-draws",
    answer="draws_needed",
    points=2,
    draw=draw_draws,
    rtol=1e-9,
    right=(draws, draws_by_counting),
    wrong=(
        Mistake(
            "this is a draw too few: with it the probability is not reached yet.",
            lambda share, probability: draws(share, probability) - 1,
        ),
        Mistake(
            "rounded to the nearest whole number, it may be too few: round up.",
            lambda share, probability: round(math.log(1 - probability) / math.log(1 - share)),
        ),
        Mistake(
            "draws come in whole numbers: round up.",
            lambda share, probability: math.log(1 - probability) / math.log(1 - share),
        ),
        Mistake(
            "the chances are added up here; two draws may hit both, or neither.",
            lambda share, probability: math.ceil(probability / share),
        ),
        Mistake(
            "that many draws hit once on the average; asked for is a probability.",
            lambda share, probability: math.ceil(1 / share),
        ),
        Mistake(
            "this is when all draws have missed with the probability; asked for is a hit.",
            lambda share, probability: math.ceil(math.log(probability) / math.log(1 - share)),
        ),
        Mistake(
            "the share is that of the good settings; a draw misses with 1 - share.",
            lambda share, probability: math.ceil(math.log(1 - probability) / math.log(share)),
        ),
    ),
)

# --- Diagnose ---------------------------------------------------------------

DIAGNOSE = Exercise(
    name="practice-diagnose",
    answer="diagnosis",
    points=2,
    draw=None,
    rtol=1e-9,
    right=("c", " C"),
    wrong=(
        Mistake("then other seeds would scatter around the first number, and they do not.", "a"),
        Mistake("all settings are equally good here, so no finer search finds a better one.", "b"),
        Mistake("nothing is trained here at all: look at where the errors come from.", "d"),
        Mistake("one of the four letters, please, as a word of one letter.", "e"),
    ),
)

EXERCISES = (SWEEP, COMPARE, DRAWS, DIAGNOSE)

# Mutants of a reference that are right all the same: exercise -> change of a line -> the reason.
EQUIVALENT = {
    "practice-sweep": {
        "broken = lrs[(losses >= np.log(classes)) & (lrs > lrs[at])] -> "
        "broken = lrs[(losses > np.log(classes)) & (lrs > lrs[at])]": (
            "no loss with three digits is a logarithm"
        ),
        "lrs, losses = (np.array(lrs), np.array(losses)) -> "
        "lrs, losses = (np.array(lrs), losses)": "compared with a number of NumPy's, a list is one",
    },
    "practice-draws": {
        "while 1 - missed < probability: -> while 1 - missed <= probability:": (
            "no draw of the probability hits a whole number"
        ),
    },
}
