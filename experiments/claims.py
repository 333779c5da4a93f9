"""What the papers claim, written down before the runs, and the verdicts by a stated rule.

A file of `claims/` belongs to a paper. A claim has parts, and a part compares two measures, which
have a number for each seed:

- *lower*: the first, times ``by``, is below the second in so many seeds that a fair coin would show
  as many heads once in forty series or more rarely. Of ten seeds these are nine, of twenty fifteen.
- *close*: the ratio of the two medians lies between 1 / (1 + ``within``) and 1 + ``within``.

A claim whose parts all hold is *reproduced*, one of which some hold is reproduced *in part*, and
one of which none does is *not reproduced*. A claim without parts was *not tried*.

A part of the kind *lower* is *turned round* if the sides exchanged pass the same test: the second
measure is below the first (and below the first times ``by``, if that is the smaller) in so many
seeds. A claim is *turned round* if none of its parts holds and all of the kind *lower*, of which it
has one at least, are turned round. "Not reproduced" is then left for what the seeds do not decide,
and for measures that should be close and are not.

Nothing was published that our own questions could reproduce, so of these the same four verdicts
are *holds*, *holds in part*, *does not hold* and *turned round*.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

CLAIMS = Path(__file__).parent / "claims"
RARE = 1 / 40
NOT_TRIED = "not tried"
TURNED = "turned round"
# Of each kind of part: what the second measure and the margin are called, and the margin if unsaid.
KINDS = (("lower", "than", "by", 1.0), ("close", "to", "within", None))

Measures: TypeAlias = Mapping[str, Sequence[float | None]]
"""A number for each seed; None stands for one that is not finite, a run that diverged."""


@dataclass(frozen=True)
class Part:
    """A comparison of two measures.

    Parameters
    ----------
    kind : "lower" or "close"
        Which of the two rules decides.
    first : str
        A measure's name.
    second : str or float
        Another's, or a number.
    margin : float
        Of "lower" the factor ``by``, of "close" ``within``.

    Raises
    ------
    ValueError
        The margin is not positive.
    """

    kind: str
    first: str
    second: str | float
    margin: float

    def __post_init__(self) -> None:
        if not self.margin > 0:
            raise ValueError(f"the margin of {self.first!r} must be above 0, got {self.margin}")

    def says(self) -> str:
        """Return the comparison as a sentence."""
        second = self.second if isinstance(self.second, str) else f"{self.second:g}"
        if self.kind == "close":
            return f"{self.first} within {self.margin:.0%} of {second}"
        times = "" if self.margin == 1 else f"{self.margin:g} times "
        return f"{times}{self.first} below {second}"


@dataclass(frozen=True)
class Claim:
    """A paper's claim in our words.

    Parameters
    ----------
    name : str
        Such as Z1.
    source : str
        The table, figure or section of the paper.
    says : str
        The claim.
    published : str
        The numbers or the order that the paper shows. It begins with "nothing" if the question is
        our own.
    parts : tuple of Part
        What decides; none if it was not tried.
    why : str
        Why it was not tried.
    """

    name: str
    source: str
    says: str
    published: str
    parts: tuple[Part, ...]
    why: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is a question of our own, so that there is nothing to reproduce."""
        return self.published.startswith("nothing")


@dataclass(frozen=True)
class Deviation:
    """What we do otherwise than the paper: its name such as D1, the paper's way and ours."""

    name: str
    paper: str
    here: str


class Paper(NamedTuple):
    """What is written down of a paper before its runs."""

    title: str
    claims: list[Claim]
    deviations: list[Deviation]


class Judged(NamedTuple):
    """A part, whether it holds or its contrary, and what decided: seeds of all, or the ratio."""

    part: Part
    holds: bool
    turned: bool
    shown: str


class Verdict(NamedTuple):
    """A claim and what came of it."""

    claim: Claim
    verdict: str
    parts: list[Judged]


def read(name: str) -> Paper:
    """Return what is written down of a paper, by the name of its file.

    Raises
    ------
    ValueError
        An entry is missing or unknown, or two have one name.
    """
    return parsed(tomllib.loads((CLAIMS / f"{name}.toml").read_text(encoding="utf-8")))


def parsed(table: Mapping[str, Any]) -> Paper:
    """Return a paper from the table of its file.

    Raises
    ------
    ValueError
        As for `read`.
    """
    claims = [_claim(entry) for entry in table["claim"]]
    deviations = [Deviation(**entry) for entry in table.get("deviation", [])]
    names = [claim.name for claim in claims] + [each.name for each in deviations]
    if len(set(names)) < len(names):
        raise ValueError(f"claims and deviations must differ in name, got {names}")
    return Paper(table["paper"], claims, deviations)


def _claim(entry: Mapping[str, Any]) -> Claim:
    fields = {**entry, "parts": tuple(_part(part) for part in entry.get("parts", []))}
    try:
        claim = Claim(**fields)
    except TypeError as error:
        raise ValueError(f"the claim {entry.get('name')!r}: {error}") from None
    if bool(claim.parts) == bool(claim.why):
        raise ValueError(f"the claim {claim.name} must have parts, or say why it was not tried")
    return claim


def _part(entry: Mapping[str, Any]) -> Part:
    for kind, other, margin, default in KINDS:
        rest = dict(entry)
        first, second = rest.pop(kind, None), rest.pop(other, None)
        given = rest.pop(margin, default)
        if isinstance(first, str) and isinstance(second, (str, int, float)) and given and not rest:
            return Part(kind, first, second, float(given))
    raise ValueError(
        f"a part must be {{lower, than}} with or without by, or {{close, to, within}}, got {entry}"
    )


def digest(paper: Paper) -> str:
    """Return a fingerprint of what decides, so that a result can tell by which claims it ran."""
    decides = [
        [claim.name, *([p.kind, p.first, p.second, p.margin] for p in claim.parts)]
        for claim in paper.claims
    ]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]


def needed(seeds: int) -> int:
    """Return in how many of so many seeds a measure must be lower to count as lower.

    Raises
    ------
    ValueError
        So few seeds can show nothing.

    Examples
    --------
    >>> needed(10), needed(20)
    (9, 15)
    """
    series, total = 0, 2**seeds
    for most in range(seeds, -1, -1):
        series += math.comb(seeds, most)
        if series > RARE * total:
            if most == seeds:
                break
            return most + 1
    raise ValueError(f"a comparison needs at least six seeds, got {seeds}")


def judge(paper: Paper, measures: Measures) -> list[Verdict]:
    """Return the verdict on each claim of a paper.

    Raises
    ------
    ValueError
        A measure is missing, or two that are compared differ in their number of seeds.
    """
    return [_verdict(claim, measures) for claim in paper.claims]


def _verdict(claim: Claim, measures: Measures) -> Verdict:
    parts = [_judged(part, measures) for part in claim.parts]
    hold = sum(each.holds for each in parts)
    turned = [each.turned for each in parts if each.part.kind == "lower"]
    if not parts:
        verdict = NOT_TRIED
    elif hold == len(parts):
        verdict = "holds" if claim.ours else "reproduced"
    elif hold:
        verdict = "holds in part" if claim.ours else "in part"
    elif turned and all(turned):
        verdict = TURNED
    else:
        verdict = "does not hold" if claim.ours else "not reproduced"
    return Verdict(claim, verdict, parts)


def _judged(part: Part, measures: Measures) -> Judged:
    first = _values(part.first, measures)
    if isinstance(part.second, str):
        second = _values(part.second, measures)
    else:
        second = np.full(first.shape, float(part.second))
    if first.shape != second.shape:
        raise ValueError(
            f"{part.first!r} and {part.second!r} must have the same seeds, got {len(first)} and "
            f"{len(second)}"
        )
    if part.kind == "lower":
        enough = needed(len(first))
        below = int((part.margin * first < second).sum())
        above = int((second < min(1.0, part.margin) * first).sum())
        return Judged(part, below >= enough, above >= enough, f"{below} of {len(first)} seeds")
    a, b = np.median(first), np.median(second)
    ratio = float(a / b) if np.isfinite(a) and np.isfinite(b) and b else math.inf
    holds = 1 / (1 + part.margin) <= ratio <= 1 + part.margin
    return Judged(part, holds, False, f"ratio {ratio:.2f}")


def _values(name: str, measures: Measures) -> npt.NDArray[np.float64]:
    if name not in measures:
        raise ValueError(f"there is no measure {name!r}; there are {sorted(measures)}")
    found = np.array(measures[name], dtype=np.float64)  # None becomes nan
    return np.where(np.isnan(found), np.inf, found)
