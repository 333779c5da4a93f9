"""The controls of a live figure: declared here, drawn and checked by the page.

A control is plain data. The page builds it from this data alone, and refuses any value out of
range, whether the value comes from a slider, a trait or an address.

Its label is in the catalogue (`minioptim.live.words`) under ``controls.`` and its name. Sliders and
switches with the same ``group`` are folded away together, under the text of ``groups.`` and the
name of the group. Controls that differ only in the rule that they belong to share one text, named
by ``says``, in which ``{rule}`` stands for the value of ``of``.
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
        """Return the control as plain data, for JSON, without empty fields."""
        return {"kind": self.kind, **{k: v for k, v in asdict(self).items() if v != ""}}

    def text_keys(self) -> list[str]:
        """Return the keys of the texts for its label and its options."""
        group = getattr(self, "group", "")
        label = f"controls.{getattr(self, 'says', '') or self.name}"
        return [label, *([f"groups.{group}"] if group else [])]

    def check(self, value: Any) -> Any:
        """Return the value as the page would use it, or raise a ValueError if it is invalid."""
        raise ValueError(f"{self.name} has no value to be set, got {value!r}")


@dataclass(frozen=True)
class Slider(Control):
    """A number from ``low`` to ``high``.

    With ``log`` a slider moves in equal factors; with ``toward_one``, in equal factors of 1 - value
    (decay rates differ most near 1); with ``whole``, in whole numbers.
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
    """One of several ``options``; those in ``names`` are shown to the reader unchanged."""

    kind: ClassVar[str] = "choice"
    value: str
    options: tuple[str, ...]
    names: tuple[str, ...] = ()

    def text_keys(self) -> list[str]:
        """Return the keys of the texts for its label and its options."""
        own = (option for option in self.options if option not in self.names)
        return [*super().text_keys(), *(f"controls.{self.name}.{option}" for option in own)]

    def check(self, value: Any) -> str:
        """Return the value, or raise a ValueError if it is not an option."""
        if value not in self.options:
            raise ValueError(f"{self.name} must be one of {self.options}, got {value!r}")
        return str(value)


@dataclass(frozen=True)
class Point(Control):
    """A point to drag inside ``domain``, which is one pair (low, high) per coordinate."""

    kind: ClassVar[str] = "point"
    value: tuple[float, ...]
    domain: tuple[tuple[float, float], ...]

    def text_keys(self) -> list[str]:
        """Return nothing: the figure itself labels its handle on the plane."""
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
    """A button. ``reset`` and ``share`` mean the same in every figure."""

    kind: ClassVar[str] = "button"


def anatomy(steps: int, opens: int = 0) -> Slider:
    """Return the slider that chooses which step of a path to take apart, 0 for none.

    Parameters
    ----------
    steps : int, >= 1
        Number of steps of the path.
    opens : int, >= 0, <= steps
        The step that is taken apart when the figure opens.

    Raises
    ------
    TypeError, ValueError
        ``steps`` is not a whole number, or is below 1; or ``opens`` is no step of the path.

    Examples
    --------
    >>> anatomy(60).check(12)
    12.0
    """
    high = whole("steps", steps, at_least=1)
    return Slider("anatomy", opens, low=0, high=high, whole=True)


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
