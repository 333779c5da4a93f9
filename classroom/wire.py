"""Plain data as JSON, for the pipe between the grader and a student's process.

Numbers, strings, None, lists, tuples, dicts and arrays of numbers; nothing that runs code when it
is read, as a pickle would. What a student's process sends is decoded here into new objects of
exactly those kinds: an array arrives as `numpy.ndarray`, whatever subclass it was over there.
Arrays travel as their bytes in base64: a trial sends thousands of long ones, and as decimals they
would take longer than the runs.

(The data of the students' checks, `minioptim.checks.feedback.encoded`, are a file that people read
and compare, so there arrays are decimals.)

This file is also read by the student's process, so it imports NumPy and the standard library only.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Rational
from typing import Any

import numpy as np

# An answer is a few numbers or an array of a problem's size; more is a mistake or an attack.
# A state of the final project may keep every gradient of a run: 60 of 3466 numbers.
MOST_ENTRIES = 250_000
# Of keys that collide, reading takes the square of their number.
MOST_KEYS = 200
DEEPEST = 20
KINDS = "biuf"  # NumPy's letters for booleans, integers and floats


class NotPlainError(TypeError):
    """Something that is no plain data was to be sent or had been received.

    Attributes
    ----------
    kind : str
        The type of what was to be sent; "" where that is not the matter.
    """

    kind = ""


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as what `json.dumps` writes without loss.

    Parameters
    ----------
    value : None, bool, int, float, str, list, tuple, dict, NumPy scalar or array of numbers
        Also a fraction or a decimal number, and a set of one thing, which is sent as a list. An
        array may have any shape, with at most ``MOST_ENTRIES`` entries; one of objects is sent as
        the list of them. A dict has at most ``MOST_KEYS`` keys.
    depth : int
        How deep in lists it stands.

    Raises
    ------
    NotPlainError
        It is something else, or too large.

    Examples
    --------
    >>> encode((1.5, np.array([1.0, 2.0])))
    {'tuple': [1.5, {'array': 'AAAAAAAA8D8AAAAAAAAAQA==', 'dtype': '<f8', 'shape': [2]}]}
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
        if _entries(value.shape) > MOST_ENTRIES:
            raise NotPlainError(
                f"an array of shape {value.shape}; expected up to {MOST_ENTRIES} entries"
            )
        if value.dtype.kind == "O":  # a pair of arrays that differ in length
            return encode(value.tolist(), depth + 1)
        if value.dtype.kind not in KINDS:
            raise NotPlainError(f"an array of {value.dtype}; expected numbers")
        array = np.asarray(value)
        if array.dtype.itemsize > 8:  # a long double, whose format depends on the machine
            array = array.astype(float)
        return {
            "array": base64.b64encode(array.tobytes()).decode("ascii"),
            "dtype": array.dtype.str,
            "shape": list(array.shape),
        }
    if isinstance(value, list | tuple) and len(value) > MOST_ENTRIES:
        raise NotPlainError(f"{len(value)} entries; expected up to {MOST_ENTRIES}")
    if isinstance(value, list):
        return {"list": [encode(item, depth + 1) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        if len(value) > MOST_KEYS:
            raise NotPlainError(f"a dict of {len(value)} keys; expected up to {MOST_KEYS}")
        pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, bool | int | float | str):  # a subclass: only what it stands for counts
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return encode(base(value), depth)
    if isinstance(value, Rational | Decimal):
        return encode(float(value), depth)
    if isinstance(value, set | frozenset) and len(value) == 1:
        return {"list": [encode(item, depth + 1) for item in value]}
    error = NotPlainError(f"a result of type {type(value).__name__}; expected numbers or arrays")
    error.kind = str(type(value).__name__)
    raise error


def _entries(shape: Sequence[int]) -> int:
    """Return how long an array is as nested lists: of shape (a, b, 0) it has a * b empty ones."""
    return math.prod(max(length, 1) for length in shape)


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
        case {"array": str(text), "dtype": str(dtype), "shape": list(shape)}:
            return _array(text, dtype, shape)
        case {"list": list(items)}:
            return [decode(item, depth + 1) for item in items]
        case {"tuple": list(items)}:
            return tuple(decode(item, depth + 1) for item in items)
        case {"dict": list(pairs)} if len(pairs) <= MOST_KEYS:
            try:
                return {decode(k, depth + 1): decode(v, depth + 1) for k, v in pairs}
            except (TypeError, ValueError) as error:
                raise NotPlainError("a dict of another form") from error
    raise NotPlainError("a message of another form")


def _array(text: str, dtype: str, shape: list[Any]) -> np.ndarray[Any, Any]:
    if not all(type(n) is int and 0 <= n <= MOST_ENTRIES for n in shape) or len(shape) > DEEPEST:
        raise NotPlainError("an array of an impossible shape")
    try:
        kind, content = np.dtype(dtype), base64.b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise NotPlainError(f"an array that cannot be read: {error}") from error
    if kind.kind not in KINDS or kind.itemsize > 8:
        raise NotPlainError(f"an array of {kind}; expected numbers")
    if _entries(shape) > MOST_ENTRIES or math.prod(shape) * kind.itemsize != len(content):
        raise NotPlainError("an array whose shape is not that of its entries")
    if kind.kind == "b":  # any byte but 0 is true; NumPy itself expects 0 and 1 alone
        return np.array(np.frombuffer(content, np.uint8) != 0).reshape(shape)
    return np.array(np.frombuffer(content, kind)).reshape(shape)
