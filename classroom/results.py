"""How a class did: how often each answer was right, and which mistakes were made how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from classroom.record import (
    BY_HAND,
    ERROR,
    MISSING,
    OPEN,
    PARTLY,
    RIGHT,
    WRONG,
    Record,
    as_in_notebook,
    is_absent,
)

ANOTHER = "another result"


@dataclass(frozen=True)
class Result:
    """How a class did on one answer.

    Parameters
    ----------
    title, name : str
        As the notebook and as the tables call it.
    points : float
        What it is worth.
    mean : float or None
        Of the points of those that have some; None where nobody has.
    states : dict of str to int
        Status -> how many; absent students are not counted.
    mistakes : list of (str, int)
        The sentence that names a mistake -> how many made it, the most frequent first.
    """

    title: str
    name: str
    points: float
    mean: float | None
    states: dict[str, int]
    mistakes: list[tuple[str, int]]


def results(records: Sequence[Record], known: Mapping[str, Sequence[str]]) -> list[Result]:
    """Return how a class did, answer by answer, in the notebook's order.

    Parameters
    ----------
    records : sequence of Record
        Everybody's.
    known : mapping
        Of each answer that a program checks, the sentences that name its mistakes.
    """
    here = [record for record in records if not is_absent(record)]
    titles = next((dict(_titles(record)) for record in here if record["notebook"]), {})
    names = list(titles) or [row["name"] for row in (here[0]["exercises"] if here else [])]
    found = []
    for name in names:
        rows = [row for record in here for row in record["exercises"] if row["name"] == name]
        scores = [row["score"] for row in rows if row["score"] is not None]
        states = Counter(row["status"] for row in rows)
        mistakes = Counter[str]()
        for row in rows:
            # What the program said, also where a person gave points since.
            status, _, reason = row.get("machine", f"{row['status']}. {row['reason']}").partition(
                ". "
            )
            if status in (WRONG, ERROR, PARTLY):
                mistakes[_mistake(reason, status, known.get(name, ()))] += 1
        mean = fmean(scores) if scores else None
        points = rows[0]["points"] if rows else 0.0
        title = titles.get(name, name)
        found.append(Result(title, name, points, mean, dict(states), mistakes.most_common()))
    return found


def _titles(record: Record) -> list[tuple[str, str]]:
    return [(row["name"], title) for title, row in as_in_notebook(record)]


def _mistake(reason: str, status: str, known: Sequence[str]) -> str:
    r"""Return the sentence in a reason that names a mistake, or a word for what has no name.

    >>> _mistake("The sign is wrong. For f(1) it gave 2.", "wrong", ["The sign is wrong."])
    'The sign is wrong.'
    >>> _mistake("NameError: name 'a' is not defined (line 2)", "error", [])
    'error: NameError'
    """
    for sentence in known:
        if sentence in reason:
            return sentence
    if status == ERROR:
        kind = next((word for word in reason.split() if word.endswith(("Error:", "Error"))), "")
        return f"error: {kind.rstrip(':')}" if kind else "error"
    return ANOTHER


def in_words(found: Sequence[Result]) -> list[str]:
    """Return the lines to print: an answer, then its mistakes."""
    lines = []
    for result in found:
        mean = "nobody has points" if result.mean is None else f"mean {result.mean:.2f}"
        order = (RIGHT, PARTLY, BY_HAND, WRONG, ERROR, MISSING, *OPEN)
        ranks = {state: at for at, state in enumerate(order)}
        states = sorted(result.states.items(), key=lambda item: ranks.get(item[0], len(order)))
        said = ", ".join(f"{number} {state}" for state, number in states)
        lines.append(
            f"{result.title} ({result.name}): {mean} of {result.points:g}; {said or 'nobody'}"
        )
        lines += [f"  {number:4d} x {sentence}" for sentence, number in result.mistakes]
    return lines
