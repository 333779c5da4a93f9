"""What arguments must be: one check for each kind, so that all error messages read alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from minioptim._keywords import InOurWords

Array: TypeAlias = npt.NDArray[np.float64]

Real: TypeAlias = Any
"""A float, an array or a batch of arrays: a rule's text does not ask which."""


class Value(InOurWords):
    """A frozen dataclass whose fields may be arrays: compared by them, and read-only when copied.

    A dataclass compares its fields as a tuple, which arrays refuse, and a copy or a pickle makes
    arrays that can be written to, past every check of the constructor.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # In the class itself, or the decorator would write its own.
        for name in ("__eq__", "__hash__"):
            if name not in vars(cls):
                setattr(cls, name, getattr(Value, name))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _comparable(self) == _comparable(other)

    def __hash__(self) -> int:
        return hash(_comparable(self))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take over what was copied or unpickled."""
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        vars(self).update(state)


def _comparable(value: Any) -> tuple[Any, ...]:
    """Return a value's fields, each array as its shape and numbers."""
    held = (getattr(value, field.name) for field in fields(value) if field.compare)
    return tuple(
        (entry.shape, tuple(entry.ravel().tolist())) if isinstance(entry, np.ndarray) else entry
        for entry in held
    )


def numbers(name: str, values: Any, expected: str = "an array of real numbers") -> Array:
    """Return ``values`` as float64, the same array if it is one, or say that they are no numbers.

    Integers are converted too: their powers would overflow in silence.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} must be {expected}, got {shown(values)}") from error
    if array.dtype.kind not in "iuf":
        # Of a trace the end is meant, and of a data set the inputs.
        held = [each for each in ("final", "inputs") if hasattr(values, each)]
        way = f": pass its {held[0]}, an array" if held else f" of type {array.dtype}"
        raise TypeError(f"{name} must be {expected}, got {shown(values)}{way}")
    if array.dtype == np.float64:
        return array
    with np.errstate(over="ignore"):  # a long double may end as an infinity
        return array.astype(np.float64, copy=False)


def shown(value: Any) -> str:
    """Return how a value is written in an error: a large array by its shape alone."""
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"an array of shape {value.shape}"
    return repr(value)


def constant(name: str, values: Any, expected: str) -> Real:
    """Return ``values`` as a float, or as a read-only float64 array of the callee's own."""
    array = numbers(name, values, f"{expected} or an array of them")
    if array.size == 0:
        raise ValueError(f"{name} must be {expected} or an array of them, got an empty one")
    if array.ndim == 0:
        return float(array)
    return read_only(array.copy())


def read_only(array: Array) -> Array:
    """Return the array itself, which cannot be written to any more."""
    array.setflags(write=False)
    return array


def whole(name: str, value: Any, at_least: int) -> int:
    """Return ``value`` as an int, or say that it is no whole number or too small a one."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}")
    return int(value)


def within(name: str, value: Any, low: float, high: float) -> float:
    """Return ``value`` as a float, or say that it is no number or lies outside [low, high]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name} must be a number in [{low}, {high}], got {value!r}")
    if not (low <= value <= high and np.isfinite(value)):
        raise ValueError(f"{name} must be a finite number in [{low}, {high}], got {value}")
    return float(value)
