"""Check a rule of your own: ``python -m minioptim.checks mine.py:MyRule``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

from minioptim.checks.rules import check_rule
from minioptim.rules import Rule


def main(arguments: list[str] | None = None) -> int:
    """Print what each check finds; 0 if all hold, 1 if one does not, 2 if there is no such rule.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the command line, if not given.

    Raises
    ------
    SystemExit
        The arguments are none of this command's.

    Examples
    --------
    >>> main(["minioptim.rules:Nowhere"])
    2
    """
    parser = argparse.ArgumentParser(prog="python -m minioptim.checks", description=__doc__)
    parser.add_argument("rule", help="a file or a module, and the class: mine.py:MyRule")
    parser.add_argument("--like", help="what should go the same way: torch.optim.Adam, optax.adam")
    options = parser.parse_args(arguments)
    try:
        rule_class = find_rule(options.rule)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    right = True
    for finding in check_rule(rule_class, options.like):
        print(finding, flush=True)
        right &= finding.right is not False
    return 0 if right else 1


def find_rule(where: str) -> type[Rule]:
    """Return the class that is named by its file or module, or say why there is none.

    Parameters
    ----------
    where : str
        Such as "mine.py:MyRule" or "package.module:MyRule".

    Raises
    ------
    ValueError
        It has another form, the file cannot be read or run, or has no such rule.

    Examples
    --------
    >>> find_rule("minioptim.rules:Adam").__name__
    'Adam'
    """
    place, _, name = where.rpartition(":")
    if not place or not name:
        raise ValueError(f"write the file and the class as mine.py:MyRule, not {where!r}")
    try:
        module = _run_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # a reader's file may do anything
        where = _line(error, place)
        raise ValueError(
            f"{place} cannot be read: {where}{type(error).__name__}: {error}"
        ) from error
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, Rule)):
        kind = "has no class" if found is None else "has no rule (a subclass of Rule) called"
        raise ValueError(f"{place} {kind} {name}")
    return found


def _line(error: BaseException, place: str) -> str:
    """Return which line of a file an error came from, with its text; "" if it is not from there."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if Path(frame.filename) == Path(place)]
    return f"line {lines[-1].lineno}, {lines[-1].line!r}: " if lines else ""


def _run_file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # a dataclass looks for its own module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    raise SystemExit(main())
