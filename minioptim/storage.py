"""Keep a run: in a file without pickle, or as columns for a table.

A file is NumPy's archive of arrays (``.npz``), with the rule as text. It runs no code when it is
read, so a file from somebody else is safe to load.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim import rules, schedules
from minioptim._arguments import Array, read_only
from minioptim.rules import Around, Rule, variants
from minioptim.schedules import Schedule
from minioptim.trace import Trace

FORMAT = 1
# Of what a trace recorded, all but the states, which are several arrays.
ARRAYS = ("x", "f", "query", "grad")


def save(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Write a trace to a file, whole or not at all.

    Parameters
    ----------
    trace : Trace
        The run.
    path : str or path
        The file, such as "run.npz". If it exists, it is replaced.

    Raises
    ------
    TypeError
        ``trace`` is not a trace.
    OSError
        The file cannot be written; what was there is as before.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Ravine
    >>> file = Path(tempfile.mkdtemp()) / "run.npz"
    >>> save(minimize(Ravine(), Adam(lr=0.1), steps=50), file)
    >>> trace = load(file)
    >>> trace.rule, trace.x.shape
    (Adam(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-08), (51, 2))
    >>> int(minimize(Ravine(), trace.rule, trace, steps=50).t[-1])
    100
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be a Trace, such as minimize returns, got {trace!r}")
    path = Path(path)
    about = {"format": FORMAT, "rule": _described(trace.rule), "text": repr(trace.rule)}
    about |= {"kinds": _kinds(trace.rule), "hyper_parameters": _hyper_parameters(trace.rule)}
    about["recorded"] = list(trace.recorded)
    arrays: dict[str, Any] = {"about": np.array(json.dumps(about))}
    arrays |= {"t": trace.t, "final": trace.final, "diverged": trace.diverged}
    arrays["stopped"] = trace.stopped
    arrays |= {f"recorded.{n}": trace.recorded[n] for n in ARRAYS if n in trace.recorded}
    arrays |= {f"final_state.{n}": held for n, held in trace.final_state.items()}
    arrays |= {f"recorded.state.{n}": s for n, s in trace.recorded.get("state", {}).items()}
    # Beside its place, so that it can be moved there in one step.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as to:
        try:
            np.savez(to, **arrays)
            to.close()
            os.replace(to.name, path)
        except BaseException:
            Path(to.name).unlink(missing_ok=True)
            raise


def load(path: str | os.PathLike[str], rule: Rule | None = None) -> Trace:
    """Read a trace from a file.

    Parameters
    ----------
    path : str or path
        A file that `save` wrote.
    rule : Rule, optional
        The rule of the run, as it was. It is needed if the rule, or one of its schedules, is your
        own: a file holds numbers and the names of this package, never code. To go on with another
        learning rate, pass another rule to `minimize`.

    Returns
    -------
    Trace
        It can be continued as the one that was saved, bit for bit.

    Raises
    ------
    TypeError
        ``rule`` is not a rule.
    ValueError
        The file is no such file, its rule must be given, or the rule given is another one.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Ravine
    >>> file = Path(tempfile.mkdtemp()) / "run.npz"
    >>> save(minimize(Ravine(), Adam(lr=lambda t: 0.1 / t), steps=5), file)
    >>> load(file, rule=Adam(lr=lambda t: 0.1 / t)).t.tolist()
    [0, 1, 2, 3, 4, 5]
    """
    path = Path(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            held = {name: archive[name] for name in archive.files}
        about = json.loads(str(held.pop("about")))
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}, and {FORMAT} is known")
        recorded, final_state = _sorted(held, about["recorded"])
        t, final, diverged = (held[name] for name in ("t", "final", "diverged"))
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        # NumPy's own message would advise to read it as a pickle, which runs what it holds.
        reason = str(error) if "its format" in str(error) else "it holds no trace"
        raise ValueError(f"{path} is not a file that save wrote: {reason}") from None
    found = _rebuilt(about["rule"]) if rule is None else rule
    if rule is not None and not isinstance(rule, Rule):
        hint = f": write {rule.__name__}(...)" if isinstance(rule, type) else ""
        raise TypeError(f"rule must be a rule such as Adam(), got {rule!r}{hint}")
    if found is None:
        raise ValueError(
            f"rule must be given for {path}: {about['text']} is not made of this package's parts"
        )
    _check_is_that_of(about, found, path)
    if set(found.state) != set(final_state):
        raise ValueError(
            f"rule must have the states {tuple(final_state)} for {path}, got {found!r}"
        )
    stopped = held.get("stopped", np.array(False))  # older files have none
    return Trace(found, t, read_only(final), diverged, recorded, final_state, stopped)


def columns(trace: Trace) -> dict[str, npt.NDArray[Any]]:
    r"""Return what a trace recorded as columns of a table, one row for each step and run.

    ``pandas.DataFrame(columns(trace))`` makes a data frame of them, and `csv` writes them to a
    file, as below.

    Parameters
    ----------
    trace : Trace
        The run, or a batch of runs.

    Returns
    -------
    dict of name to array of shape (rows,)
        The step ``t``; for a batch, the place of the run in it, ``run``, or ``run[0]``, ``run[1]``
        and so on if its shape has several axes; then ``lr`` if the rule has one, ``f``, ``x[0]``,
        ``x[1]``, ..., and the same for query, grad and each state. In the first row of a run, where
        no step was made yet, lr, query and grad are NaN.

    Raises
    ------
    TypeError
        ``trace`` is not a trace.

    Examples
    --------
    >>> from minioptim import SGD, minimize
    >>> from minioptim.problems import Quadratic
    >>> trace = minimize(Quadratic([1.0]), SGD(lr=[0.5, 1.0]), [8.0], steps=1, record=("x", "f"))
    >>> for name, column in columns(trace).items():
    ...     print(name, column.tolist())
    t [0, 0, 1, 1]
    run [0, 1, 0, 1]
    lr [nan, nan, 0.5, 1.0]
    f [32.0, 32.0, 8.0, 0.0]
    x[0] [8.0, 8.0, 4.0, 0.0]

    As a CSV file, the names first:

    >>> import csv
    >>> table = columns(trace)
    >>> path = Path(tempfile.mkdtemp()) / "run.csv"
    >>> with path.open("w", newline="") as file:
    ...     csv.writer(file).writerows([table, *zip(*table.values())])
    >>> print(path.read_text())
    t,run,lr,f,x[0]
    0,0,nan,32.0,8.0
    0,1,nan,32.0,8.0
    1,0,0.5,8.0,4.0
    1,1,1.0,0.0,0.0
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace must be a Trace, such as minimize returns, got {trace!r}")
    batch = trace.diverged.shape
    rows = (len(trace.t), *batch)

    def column(array: Array, lead: int = 0) -> Array:
        """Return an array of (n + 1 - lead, *S) as a column, after ``lead`` rows of NaN."""
        absent = np.full((lead, *rows[1:]), np.nan)
        return np.concatenate([absent, np.broadcast_to(array, (rows[0] - lead, *batch))]).ravel()

    steps = trace.t.reshape(-1, *(1,) * len(batch))
    table: dict[str, npt.NDArray[Any]] = {"t": np.broadcast_to(steps, rows).ravel()}
    for axis, place in enumerate(np.indices(rows)[1:]):
        table[f"run[{axis}]" if len(batch) > 1 else "run"] = place.ravel()
    if (rates := getattr(trace, "lr", None)) is not None:
        table["lr"] = column(rates, lead=1)
    if "f" in trace.recorded:
        table["f"] = column(trace.f)
    for name, array, lead in _wide(trace):
        flat = array.reshape(*array.shape[: 1 + len(batch)], -1)
        for i in range(flat.shape[-1]):
            table[f"{name}[{i}]"] = column(flat[..., i], lead)
    return table


def _wide(trace: Trace) -> Iterator[tuple[str, Array, int]]:
    """Yield what was recorded for each coordinate: a name, an array, and how many rows it lacks."""
    for name, lead in (("x", 0), ("query", 1), ("grad", 1)):
        if name in trace.recorded:
            yield name, trace.recorded[name], lead
    for name, array in trace.recorded.get("state", {}).items():
        yield name, array, 0


def _sorted(
    held: Mapping[str, Array], recorded: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the record and the final states from the arrays of a file."""

    def below(prefix: str) -> dict[str, Array]:
        found = {name: array for name, array in held.items() if name.startswith(prefix)}
        return {name.removeprefix(prefix): read_only(array) for name, array in found.items()}

    states, single = below("recorded.state."), below("recorded.")
    record = {name: states if name == "state" else single[name] for name in recorded}
    return record, below("final_state.")


# ---------------------------------------------------------------- rules as text


def _kinds(rule: Rule) -> list[str]:
    """Return the name of a rule's class, and of those of the rules inside."""
    inside = _kinds(rule.rule) if isinstance(rule, Around) else []
    return [type(rule).__name__, *inside]


def _hyper_parameters(rule: Rule) -> dict[str, Any]:
    return {name: _described(value) for name, value in rule.hyper_parameters().items()}


def _check_is_that_of(about: Mapping[str, Any], rule: Rule, path: Path) -> None:
    """Refuse a rule that is not the one of a file, as far as the file tells."""
    if about.get("kinds", _kinds(rule)) != _kinds(rule):
        raise ValueError(f"rule must be that of {path}, {about['text']}, got {rule!r}")
    for name, value in _hyper_parameters(rule).items():
        kept = about.get("hyper_parameters", {}).get(name)
        if None not in (kept, value) and kept != value:
            raise ValueError(
                f"rule must be that of {path}, whose {name} is {_rebuilt(kept)!r}, got {rule!r}"
            )


def _known() -> dict[str, type[Any]]:
    """Return the package's rules and schedules by their names."""
    return {
        name: cls
        for module in (rules, variants, schedules)
        for name, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, (Rule, Schedule)) and cls.__module__.startswith("minioptim.")
    }


def _described(value: Any) -> Any:
    """Return a rule, or what one holds, as JSON; null for what is not of this package."""
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        return {"array": np.asarray(value).tolist()}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_described(entry) for entry in value]}
    if _known().get(type(value).__name__) is type(value):
        held = {f.name: _described(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, "fields": held}
    return None


def _rebuilt(described: Any) -> Any:
    """Return what `_described` described; None if a part of it is not of this package."""
    if not isinstance(described, dict):
        return described
    if "array" in described:
        return np.array(described["array"])
    if "tuple" in described:
        entries = [_rebuilt(entry) for entry in described["tuple"]]
        return None if any(entry is None for entry in entries) else tuple(entries)
    cls = _known().get(described["class"])
    held = {name: _rebuilt(value) for name, value in described["fields"].items()}
    return None if cls is None or any(value is None for value in held.values()) else cls(**held)
