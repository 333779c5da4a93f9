"""Plain data as JSON, for the pipe between the grader and a student's process.

Numbers, strings, None, lists, tuples, dicts and arrays of numbers; nothing that runs code when it
is read, as a pickle would. What a student's process sends is decoded here into new objects of
exactly those kinds: an array arrives as `numpy.ndarray`, whatever subclass it was over there.

This file is also read by the student's process, so it imports NumPy and the standard library only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# An answer is a few numbers or an array of a problem's size; more is a mistake or an attack.
MOST_ENTRIES = 200_000
DEEPEST = 20
KINDS = "biuf"  # NumPy's letters for booleans, integers and floats


class NotPlainError(TypeError):
    """Something that is no plain data was to be sent or had been received."""


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as what `json.dumps` writes without loss.

    Parameters
    ----------
    value : None, bool, int, float, str, list, tuple, dict, NumPy scalar or array of numbers
        An array may have any shape, with at most ``MOST_ENTRIES`` entries.
    depth : int
        How deep in lists it stands.

    Raises
    ------
    NotPlainError
        It is something else, or too large.

    Examples
    --------
    >>> encode((1.5, np.array([1.0, 2.0])))
    {'tuple': [1.5, {'array': [1.0, 2.0], 'dtype': 'float64', 'shape': [2]}]}
    """
    if depth > DEEPEST:
        raise NotPlainError(f"lists more than {DEEPEST} deep")
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, str, float):
        return value
    if type(value) is int:
        # JSON has no limit, but Python refuses to read an integer of thousands of digits.
        if abs(value) >= 2**63:
            raise NotPlainError("an integer beyond 64 bits")
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise NotPlainError(f"an array of {value.dtype}; expected numbers")
        if value.size > MOST_ENTRIES:
            raise NotPlainError(f"an array of {value.size} entries; expected up to {MOST_ENTRIES}")
        array = np.asarray(value)
        return {
            "array": array.ravel().tolist(),
            "dtype": str(array.dtype),
            "shape": list(array.shape),
        }
    if isinstance(value, list | tuple | dict) and len(value) > MOST_ENTRIES:
        raise NotPlainError(f"{len(value)} entries; expected up to {MOST_ENTRIES}")
    if isinstance(value, list):
        return {"list": [encode(item, depth + 1) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, bool | int | float | str):  # a subclass: only what it stands for counts
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return encode(base(value), depth)
    raise NotPlainError(f"a result of type {type(value).__name__}; expected numbers or arrays")


def decode(message: Any, depth: int = 0) -> Any:
    """Return what `encode` was given; anything not of its form is refused.

    Raises
    ------
    NotPlainError
        The message is not what `encode` makes.

    Examples
    --------
    >>> decode(encode({"x": [1, (2.5, None)]}))
    {'x': [1, (2.5, None)]}
    """
    if depth > DEEPEST + 1:
        raise NotPlainError(f"lists more than {DEEPEST} deep")
    if message is None or type(message) in (bool, int, float, str):
        return message
    if not isinstance(message, dict):
        raise NotPlainError("a message of another form")
    match message:
        case {"array": list(flat), "dtype": str(dtype), "shape": list(shape)}:
            return _array(flat, dtype, shape)
        case {"list": list(items)}:
            return [decode(item, depth + 1) for item in items]
        case {"tuple": list(items)}:
            return tuple(decode(item, depth + 1) for item in items)
        case {"dict": list(pairs)}:
            try:
                return {decode(k, depth + 1): decode(v, depth + 1) for k, v in pairs}
            except (TypeError, ValueError) as error:
                raise NotPlainError("a dict of another form") from error
    raise NotPlainError("a message of another form")


def _array(flat: list[Any], dtype: str, shape: list[Any]) -> np.ndarray[Any, Any]:
    sizes_are_right = all(type(n) is int and 0 <= n <= MOST_ENTRIES for n in shape)
    if not sizes_are_right or len(shape) > DEEPEST or math.prod(shape) != len(flat):
        raise NotPlainError("an array whose shape is not that of its entries")
    if not all(type(entry) in (bool, int, float) for entry in flat):
        raise NotPlainError("an array of something else than numbers")
    try:
        kind = np.dtype(dtype)
        if kind.kind not in KINDS:
            raise NotPlainError(f"an array of {kind}; expected numbers")
        return np.array(flat, dtype=kind).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotPlainError(f"an array that cannot be read: {error}") from error
