"""A bar for long work, by tqdm where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def with_bar(each: Iterable[T], total: int, progress: bool) -> Iterable[T]:
    """Return what is gone through, with a bar of ``total`` ticks if ``progress``.

    Raises
    ------
    ImportError
        A bar is asked for and tqdm is not installed.

    Examples
    --------
    >>> list(with_bar("abc", total=3, progress=False))
    ['a', 'b', 'c']
    """
    if not progress:
        return each
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(
            "progress=True needs the package tqdm: pip install minioptim[progress]"
        ) from error
    bar: Callable[..., Iterable[T]] = tqdm
    return bar(each, total=total)
