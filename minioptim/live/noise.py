"""The same random numbers as on the page, so that Python can repeat the runs that a reader sees.

A page cannot run NumPy's generators, and it draws new numbers when a reader asks for them. This is
therefore the page's generator in Python, and a test compares every bit. It is meant for pictures;
for anything else use NumPy's generators.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from minioptim._arguments import Array

MASK = 0xFFFFFFFF  # JavaScript's integer products and shifts use 32 bits


def uniform(seed: int) -> Callable[[], float]:
    """Return a function that gives the next number in (0, 1): mulberry32, by Tommy Ettinger.

    Parameters
    ----------
    seed : int
        Only its lowest 32 bits are used.

    Raises
    ------
    TypeError
        ``seed`` is not a whole number.

    Examples
    --------
    >>> draw = uniform(1)
    >>> [round(draw(), 4) for _ in range(3)]
    [0.6271, 0.0027, 0.5274]
    """
    a = seed & MASK

    def draw() -> float:
        nonlocal a
        a = (a + 0x6D2B79F5) & MASK
        t = ((a ^ (a >> 15)) * (a | 1)) & MASK
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK
        return ((t ^ (t >> 14)) + 0.5) / 4294967296

    return draw


def normal(seed: int, *shape: int) -> Array:
    """Return an array of normal numbers in the order in which the page draws them (Box-Muller).

    Parameters
    ----------
    seed : int
        As for `uniform`.
    *shape : int
        Shape of the array.

    Raises
    ------
    TypeError
        ``seed`` is not a whole number.

    Examples
    --------
    >>> normal(1, 2).round(3)
    array([0.966, 1.123])
    """
    draw = uniform(seed)

    def one() -> float:
        radius = math.sqrt(-2 * math.log(draw()))
        return radius * math.cos(2 * math.pi * draw())

    return np.array([one() for _ in range(math.prod(shape))]).reshape(shape)
