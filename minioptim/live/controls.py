"""What the hand can set in a live figure: declared here, drawn and checked by the page.

A control is plain data. The page builds it from this and nothing else, and refuses any value that
lies outside it, whether that comes from a slider, a trait or an address.

What the reader sees beside it stands in the catalogue (`minioptim.live.words`), under
``controls.`` and its name. Sliders and switches with the same ``group`` are folded away together,
under the text of ``groups.`` and that name. Where controls differ by the rule that each is for,
they share one text: that of ``says``, in which ``{rule}`` is what they are ``of``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from minioptim._arguments import whole


@dataclass(frozen=True)
class Control:
    """A control by name."""

    kind: ClassVar[str]
    name: str

    def declared(self) -> dict[str, Any]:
        """Return the control as plain data, for JSON, without what is left empty."""
        return {"kind": self.kind, **{k: v for k, v in asdict(self).items() if v != ""}}

    def text_keys(self) -> list[str]:
        """Return the keys of the texts that its label and its options need."""
        group = getattr(self, "group", "")
        label = f"controls.{getattr(self, 'says', '') or self.name}"
        return [label, *([f"groups.{group}"] if group else [])]

    def check(self, value: Any) -> Any:
        """Return the value as the page would take it, or raise a ValueError that says what fits."""
        raise ValueError(f"{self.name} has no value to be set, got {value!r}")


@dataclass(frozen=True)
class Slider(Control):
    """A number from ``low`` to ``high``.

    With ``log`` a slider goes in equal factors, with ``toward_one`` in equal factors of 1 - value
    (decay rates differ most near 1), with ``whole`` in whole numbers.
    """

    kind: ClassVar[str] = "slider"
    value: float
    low: float
    high: float
    log: bool = False
    toward_one: bool = False
    whole: bool = False
    group: str = ""
    says: str = ""
    of: str = ""

    def check(self, value: Any) -> float:
        """Return the number, or raise a ValueError if it lies outside."""
        number = float(value) if type(value) in (int, float) else math.nan
        if not self.low <= number <= self.high:
            raise ValueError(
                f"{self.name} must be a number from {self.low:g} to {self.high:g}, got {value!r}"
            )
        if self.whole and not number.is_integer():
            raise ValueError(f"{self.name} must be a whole number, got {value!r}")
        return number


@dataclass(frozen=True)
class Switch(Control):
    """On or off."""

    kind: ClassVar[str] = "switch"
    value: bool
    group: str = ""
    says: str = ""
    of: str = ""

    def check(self, value: Any) -> bool:
        """Return the value, or raise a ValueError if it is neither True nor False."""
        if not isinstance(value, bool):
            raise ValueError(f"{self.name} must be True or False, got {value!r}")
        return value


@dataclass(frozen=True)
class Choice(Control):
    """One of several ``options``; ``names`` are those that the reader sees as they are."""

    kind: ClassVar[str] = "choice"
    value: str
    options: tuple[str, ...]
    names: tuple[str, ...] = ()

    def text_keys(self) -> list[str]:
        """Return the keys of the texts that its label and its options need."""
        own = (option for option in self.options if option not in self.names)
        return [*super().text_keys(), *(f"controls.{self.name}.{option}" for option in own)]

    def check(self, value: Any) -> str:
        """Return the value, or raise a ValueError if it is no option."""
        if value not in self.options:
            raise ValueError(f"{self.name} must be one of {self.options}, got {value!r}")
        return str(value)


@dataclass(frozen=True)
class Point(Control):
    """A point that is dragged, inside ``domain``: one pair (low, high) for each coordinate."""

    kind: ClassVar[str] = "point"
    value: tuple[float, ...]
    domain: tuple[tuple[float, float], ...]

    def text_keys(self) -> list[str]:
        """Return nothing: its handle on the plane has a label, which the figure gives it."""
        return []

    def check(self, value: Any) -> tuple[float, ...]:
        """Return the point, or raise a ValueError if it lies outside the domain."""
        try:
            point = tuple(float(v) for v in value)
        except (TypeError, ValueError):
            point = ()
        inside = all(low <= v <= high for v, (low, high) in zip(point, self.domain, strict=False))
        if len(point) != len(self.domain) or not inside:
            raise ValueError(f"{self.name} must be a point inside {self.domain}, got {value!r}")
        return point


@dataclass(frozen=True)
class Button(Control):
    """Something to press. ``reset`` and ``share`` mean the same in every figure."""

    kind: ClassVar[str] = "button"


def anatomy(steps: int) -> Slider:
    """Return the slider that chooses a step of a path to be taken apart, 0 for none.

    Parameters
    ----------
    steps : int, >= 1
        Of the path.

    Raises
    ------
    TypeError, ValueError
        ``steps`` is no whole number, or below 1.

    Examples
    --------
    >>> anatomy(60).check(12)
    12.0
    """
    high = whole("steps", steps, at_least=1)
    return Slider("anatomy", 0, low=0, high=high, whole=True)


RESET = Button("reset")
SHARE = Button("share")


def by_name(controls: Sequence[Control]) -> dict[str, Control]:
    """Return the controls by their names.

    Raises
    ------
    ValueError
        Two have the same name.

    Examples
    --------
    >>> list(by_name([RESET, SHARE]))
    ['reset', 'share']
    """
    found = {control.name: control for control in controls}
    if len(found) < len(controls):
        raise ValueError(
            f"controls must have different names, got {[control.name for control in controls]}"
        )
    return found
