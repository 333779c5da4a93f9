"""The results of a run: its single steps, or the record of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, read_only
from minioptim.rules import Rule

RECORDABLE = ("x", "f", "query", "grad", "state")
"""What a run can record; `minimize` takes these names."""


class Step(NamedTuple):
    """One step of a run, as `iterate` yields it; all arrays are read-only.

    Attributes
    ----------
    t : int
        The number of the step: 1, 2, 3, ...
    x : array of shape (*S, d)
        The point that the step arrived at.
    query : array of shape (*S, d)
        The point at which the gradient was evaluated.
    grad : array of shape (*S, d)
        The gradient there.
    state : dict of name to array of shape (*S, d)
        The rule's state after the step. For a `MatrixRule`, other shapes may follow S.
    """

    t: int
    x: Array
    query: Array
    grad: Array
    state: dict[str, Array]


class Checkpoint(NamedTuple):
    """Where a run stands: what `minimize` and `iterate` need to go on, bit for bit.

    A `Step` or a `Trace` serves as well; this is for points and states kept by other means.

    Attributes
    ----------
    x : array-like of shape (*S, d)
        The point.
    state : mapping of name to array-like of shape (*S, d)
        The rule's state there, a value for each name in ``rule.state``.
    t : int, >= 0
        How many steps were made.

    Examples
    --------
    >>> from minioptim import Momentum, minimize
    >>> from minioptim.problems import Quadratic
    >>> kept = Checkpoint([8.0], {"v": [-2.0]}, t=10)
    >>> minimize(Quadratic([1.0]), Momentum(lr=0.5, momentum=0.5), kept, steps=1).t.tolist()
    [10, 11]
    """

    x: Any
    state: Mapping[str, Any]
    t: int


class States(dict[str, Array]):
    """The recorded states of a rule: an array by each name, and not one array."""

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        """Refuse to become an array, as which ``np.savez`` would pickle it in silence."""
        raise TypeError(
            "the states are several arrays, by name: save(trace, path) writes the whole run, "
            "and np.savez(path, **trace.state) the states alone"
        )


# What users of other libraries ask of the result of a run, and where it is.
_ELSEWHERE = {
    **dict.fromkeys(("loss", "losses", "values", "history", "fun"), "its values are f"),
    **dict.fromkeys(("xs", "points", "path", "params"), "its points are x, and the end is final"),
    **dict.fromkeys(("steps", "nit"), "its steps are t"),
    **dict.fromkeys(("success", "converged"), "diverged and stopped say how it ended"),
    "best": "its points are x, and their values f: trace.x[trace.f.argmin()]",
    "save": "minioptim.save(trace, path) writes it",
    **dict.fromkeys(
        ("to_csv", "to_dict", "to_frame", "to_pandas"),
        "minioptim.columns(trace) makes columns, for pandas.DataFrame and others",
    ),
}


def rose(f: Array, start: Array) -> npt.NDArray[np.bool_]:
    """Return for which runs f rose so far above its start that they count as diverged.

    Parameters
    ----------
    f, start : arrays of shape S

    Raises
    ------
    ValueError
        The shapes differ.

    Examples
    --------
    >>> rose(np.array([21.0, 19.0]), np.array([1.0, 1.0])).tolist()
    [True, False]
    """
    return np.asarray(f > 10 * (1 + np.abs(start)))


def _joined(one: Array, other: Array) -> Array:
    return read_only(np.concatenate([one, other]))


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    r"""The record of a run. With ``every=1`` and n steps, x and f hold n + 1 entries.

    Attributes
    ----------
    rule : Rule
        The rule that was run.
    t : array of shape (n + 1,)
        The recorded steps, 0 first (the start) and the last step last.
    final : array of shape (*S, d)
        Where the run ended.
    diverged : bool array of shape S
        Whether x, f or a state is not finite at the end, or f is above
        10 (1 + \|f at the start\|), a rise that is meaningful for losses of order 1. A second
        moment that overflows stays infinite, and the run no longer moves. A run in which f falls
        without bound is not flagged.
    recorded : dict
        Those of x, f, query, grad and state that were recorded; also available as attributes.
    stopped : bool array of shape S
        Whether ``stop`` was true of the run at its last step; False without it. A batch ends by it
        when each of its runs has stopped or is no longer finite.
    final_state : dict of name to array of shape (\*S, d)
        The rule's state at the end of the run, recorded or not; a trace passed as ``x0`` continues
        from it. Coordinates come last, as everywhere in a trace, while in a batch a rule's own
        ``step`` takes arrays of shape (d, \*S).

    Examples
    --------
    A run and its continuation are joined by ``+``, if they are of one rule:

    >>> from minioptim import Momentum, minimize
    >>> from minioptim.problems import Ravine
    >>> first = minimize(Ravine(), Momentum(lr=0.1), steps=30)
    >>> then = minimize(Ravine(), Momentum(lr=0.1), first, steps=20)
    >>> then
    Trace(Momentum(lr=0.1, momentum=0.9), steps 30 to 50, recorded: x, f, query, grad, state)
    >>> (first + then).f.shape
    (51,)
    """

    rule: Rule
    t: npt.NDArray[np.int64]
    final: Array
    diverged: npt.NDArray[np.bool_]
    recorded: Mapping[str, Any]
    final_state: Mapping[str, Array] = field(default_factory=dict)
    stopped: npt.NDArray[np.bool_] = field(default_factory=lambda: np.array(False))

    def __post_init__(self) -> None:
        stopped = np.array(np.broadcast_to(self.stopped, self.diverged.shape))
        object.__setattr__(self, "stopped", stopped)
        if "state" in self.recorded:
            recorded = {**self.recorded, "state": States(self.recorded["state"])}
            object.__setattr__(self, "recorded", recorded)

    def __repr__(self) -> str:
        names = ", ".join(self.recorded)
        begin, end = self.t[[0, -1]].tolist()
        steps = f"steps {begin} to {end}" if begin else f"{end} steps"
        batch = f", batch of shape {self.diverged.shape}" if self.diverged.ndim else ""
        stopped = ", stopped" if self.stopped.all() else ""
        return f"Trace({self.rule!r}, {steps}{stopped}{batch}, recorded: {names})"

    def __eq__(self, other: object) -> bool:
        """Whether both are of one rule, and all that they hold is the same, bit for bit."""
        if not isinstance(other, Trace):
            return NotImplemented
        one, two = self._held(), other._held()
        return (
            self.rule == other.rule
            and one.keys() == two.keys()
            and all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)
        )

    def __hash__(self) -> int:
        return hash((self.t.tobytes(), self.final.shape))

    def _held(self) -> dict[str, Any]:
        """Return all arrays by their names."""
        states = (("state", self.recorded.get("state", {})), ("final_state", self.final_state))
        return {
            **{name: value for name, value in self.recorded.items() if name != "state"},
            **{f"{which}.{name}": value for which, held in states for name, value in held.items()},
            **{name: getattr(self, name) for name in ("t", "final", "diverged", "stopped")},
        }

    def __getattr__(self, name: str) -> Any:
        """Say what it is called here, when another library's word is asked for."""
        if isinstance(own := vars(Trace).get(name), property):  # it has said itself why not
            return own.__get__(self)
        way = _ELSEWHERE.get(name)
        raise AttributeError(f"a trace has no {name!r}" + (f": {way}" if way else ""))

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take over what was copied or unpickled: read-only, as it was."""
        held = [*state.values(), *state["recorded"].values(), *state["final_state"].values()]
        for array in (*held, *state["recorded"].get("state", {}).values()):
            if isinstance(array, np.ndarray):
                read_only(array)
        vars(self).update(state)

    def __add__(self, later: Trace) -> Trace:
        """Return this run and its continuation as one trace.

        Whether it diverged is judged from this run's start, if f was recorded.

        Raises
        ------
        ValueError
            The other trace does not begin where this one ends, is of another rule, or recorded
            something else.
        """
        if not isinstance(later, Trace):
            return NotImplemented
        if later.t[0] != self.t[-1] or later.final.shape != self.final.shape:
            raise ValueError(
                f"a trace is joined with its continuation, from step {self.t[-1]} on, got {later!r}"
            )
        if later.rule != self.rule:
            raise ValueError(
                f"joined traces must be of one rule, got {self.rule!r} and {later.rule!r}; "
                "draw them side by side, plots.loss_curves([one, other])"
            )
        if set(later.recorded) != set(self.recorded):
            raise ValueError(
                "joined traces must have recorded the same, got "
                f"{tuple(self.recorded)} and {tuple(later.recorded)}"
            )
        if "x" in self.recorded and not np.array_equal(later.x[0], self.final, equal_nan=True):
            raise ValueError("a trace is joined with its continuation, got one from another point")
        recorded: dict[str, Any] = {}
        for name, one in self.recorded.items():
            other = later.recorded[name]
            if name == "state":
                recorded[name] = {own: _joined(one[own], other[own][1:]) for own in one}
            else:
                recorded[name] = _joined(one, other if name in ("query", "grad") else other[1:])
        diverged = later.diverged
        if "f" in self.recorded:
            diverged = (diverged & ~rose(later.f[-1], later.f[0])) | rose(later.f[-1], self.f[0])
        return Trace(
            rule=later.rule,
            t=np.append(self.t, later.t[1:]),
            final=later.final,
            diverged=diverged,
            recorded=recorded,
            final_state=later.final_state,
            stopped=later.stopped,
        )

    @property
    def x(self) -> Array:
        """The points, shape (n + 1, *S, d)."""
        return self._recorded("x")  # type: ignore[no-any-return]

    @property
    def f(self) -> Array:
        """The problem's value at each x, shape (n + 1, *S)."""
        return self._recorded("f")  # type: ignore[no-any-return]

    @property
    def query(self) -> Array:
        """Where gradients were evaluated, shape (n, *S, d): query[i] led to x[i + 1]."""
        return self._recorded("query")  # type: ignore[no-any-return]

    @property
    def grad(self) -> Array:
        """The gradients at these points, shape (n, *S, d)."""
        return self._recorded("grad")  # type: ignore[no-any-return]

    @property
    def state(self) -> dict[str, Array]:
        """The rule's state by name, each of shape (n + 1, *S, d); entry 0 is its start.

        For a `MatrixRule`, other shapes may stand in place of d.
        """
        return self._recorded("state")  # type: ignore[no-any-return]

    @property
    def lr(self) -> Array:
        """The learning rate of each recorded step after the start, shape (n, *S).

        Of a rule that holds a rule it is that of the rule inside. A rule with several or none, such
        as `PerLayer`, has no such attribute.
        """
        names = [n for n in self.rule.hyper_parameters() if n.rpartition(".")[2] == "lr"]
        if len(names) != 1:
            raise AttributeError(f"{type(self.rule).__name__} has no single learning rate")
        batch = self.diverged.shape
        rates = [self.rule.at(int(t)).hyper_parameters()[names[0]] for t in self.t[1:]]
        return np.array([np.broadcast_to(rate, batch) for rate in rates]).reshape(-1, *batch)

    def settled(self, below: float) -> Array:
        """Return, for each run, the first recorded step from which f stays below a level.

        Parameters
        ----------
        below : float
            The level.

        Returns
        -------
        array of shape S
            Infinity where f is not below the level at the end.

        Raises
        ------
        TypeError
            ``below`` is not a number.

        Examples
        --------
        >>> from minioptim import GradientDescent, minimize
        >>> from minioptim.problems import Quadratic
        >>> trace = minimize(Quadratic([2.0]), GradientDescent(lr=[0.25, 2.0]), [8.0], steps=9)
        >>> trace.f[:5, 0].tolist(), trace.settled(below=1.0).tolist()
        ([64.0, 16.0, 4.0, 1.0, 0.25], [4.0, inf])
        """
        if np.asarray(below).dtype.kind not in "iuf" or np.ndim(below):
            raise TypeError(f"below must be a number, got {below!r}")
        late = ~(self.f < below)  # a NaN is not below
        steps_below = np.where(late.any(axis=0), np.argmax(late[::-1], axis=0), len(late))
        steps: Array = np.append(self.t, np.inf)
        return np.asarray(steps[len(late) - steps_below])

    def _recorded(self, name: str) -> Any:
        if name not in self.recorded:
            rarely = ", and with minibatches every=steps_per_epoch" if name == "f" else ""
            never = "; a trace of feed has no f, since no function is known" if name == "f" else ""
            raise AttributeError(
                f"{name!r} was not recorded; recorded were {tuple(self.recorded)}: "
                f"pass record=({name!r}, ...){rarely} to minimize{never}"
            )
        return self.recorded[name]
