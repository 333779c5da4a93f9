"""Answers of two students that are alike beyond what a class has in common: a hint, no proof.

Two who learned together, or from the same page, write alike too. So nothing here touches a mark,
and nothing says who copied from whom; somebody who knows the students looks at both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

# So many words in a row; what so many students wrote is nobody's.
RUN = 6
COMMON = 4
# Fewer runs of words that nobody else has are chance.
LEAST = 8
LONGEST = 50_000


@dataclass(frozen=True)
class Pair:
    """Two students, and what they share.

    Parameters
    ----------
    students : (str, str)
        In alphabetical order.
    name : str
        Of the answer.
    share : float
        Which part of the rarer runs of words of the shorter answer the other has too, in (0, 1].
    shared : int
        How many runs that are.
    """

    students: tuple[str, str]
    name: str
    share: float
    shared: int


def words(text: str) -> list[str]:
    """Return the words and the signs of a text, without what layout changes.

    >>> words("v = -lr * g_t  # Speed")
    ['v', '=', '-', 'lr', '*', 'g_t', '#', 'speed']
    """
    found: list[str] = []
    joined = False
    for letter in text[:LONGEST].casefold():
        if letter.isspace():
            joined = False
        elif letter.isalnum() or letter == "_":
            if joined:
                found[-1] += letter
            else:
                found.append(letter)
            joined = True
        else:
            found.append(letter)
            joined = False
    return found


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + RUN]) for at in range(len(found) - RUN + 1)}


def alike(
    answers: Mapping[str, Mapping[str, str]], released: Mapping[str, str], least: float = 0.6
) -> list[Pair]:
    """Return the pairs whose answers to the same question share most of what others do not have.

    Parameters
    ----------
    answers : mapping
        Student -> answer's name -> text.
    released : mapping
        Name -> the text that everybody was given.
    least : float
        Of `Pair.share`, in (0, 1].
    """
    found = [pair for name in released for pair in _of_one(name, answers, released[name], least)]
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.students))


def _of_one(
    name: str, answers: Mapping[str, Mapping[str, str]], released: str, least: float
) -> Iterator[Pair]:
    given = _runs(released)
    who: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for student, texts in answers.items():
        for run in _runs(texts.get(name, "")) - given:
            who[run].append(student)
    own: dict[str, int] = defaultdict(int)
    both: dict[tuple[str, str], int] = defaultdict(int)
    for students in who.values():
        if len(students) > COMMON:
            continue
        for student in students:
            own[student] += 1
        for first, second in combinations(sorted(students), 2):
            both[first, second] += 1
    for pair, shared in both.items():
        share = shared / min(own[student] for student in pair)
        if shared >= LEAST and share >= least:
            yield Pair(pair, name, share, shared)
