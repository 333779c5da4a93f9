"""What there is to test, found rather than listed: what is new is held to all of it by itself."""

from __future__ import annotations

from types import ModuleType

from minioptim.rules import MatrixRule, PerLayer, Rule, elementwise, matrix


def all_rules() -> list[type[Rule]]:
    """Return every rule that treats coordinates apart, in the order in which they stand."""
    return _defined_in(elementwise)


def all_matrix_rules() -> list[type[Rule]]:
    """Return every rule that sees a layer's matrix, in the order in which they stand."""
    return [rule for rule in _defined_in(matrix) if rule not in (MatrixRule, PerLayer)]


def _defined_in(module: ModuleType) -> list[type[Rule]]:
    found = [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, Rule)]
    return [rule for rule in dict.fromkeys(found) if rule.__module__ == module.__name__]
