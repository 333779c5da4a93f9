"""The loop that runs a rule on a problem, and the record it leaves.

`iterate` yields one step after the other and never stops; `minimize` takes a number of steps and
returns a `Trace`; `feed` does so for gradients that you give. Hyper-parameters of shape S make a
batch: one run per entry, all at once, each equal bit for bit to the run made alone. So it is with
every rule and problem of this package. A rule, function or problem of your own is tried out when a
batch runs, and refused if it mixes the runs; a matrix product of yours may still add in an order
that depends on the size of the batch. (`iterate`, which asks a gradient of yours for nothing but
its steps, tries the rule alone.) A run computes in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only, whole
from minioptim.engines._alone import as_arrays, check_gradient, check_rule, check_value, explain
from minioptim.problems import Gradient, Problem
from minioptim.rules import Rule

RECORDABLE = ("x", "f", "query", "grad", "state")


class Step(NamedTuple):
    """One step of a run, as `iterate` yields it; all arrays are read-only.

    Attributes
    ----------
    t : int
        The number of the step: 1, 2, 3, ...
    x : array of shape (*S, d)
        The point that the step arrived at.
    query : array of shape (*S, d)
        Where the gradient was asked for.
    grad : array of shape (*S, d)
        The gradient there.
    state : dict of name to array of shape (*S, d)
        The rule's state after the step.
    """

    t: int
    x: Array
    query: Array
    grad: Array
    state: dict[str, Array]


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    r"""What a run left behind. With ``every=1`` and n steps, x and f hold n + 1 entries.

    Attributes
    ----------
    rule : Rule
        The rule that was run.
    t : array of shape (n + 1,)
        The recorded steps, 0 first (the start) and the last step last.
    final : array of shape (*S, d)
        Where the run ended.
    diverged : bool array of shape S
        Whether x, f or a state ended as no finite number, or f above 10 (1 + \|f at the start\|),
        a rise that counts for losses of the size of 1. (A second moment that overflows is infinite
        for ever and stops the run where it is.) One that falls for ever is not flagged.
    recorded : dict
        What was asked for of x, f, query, grad and state; also reached as attributes.
    final_state : dict of name to array of shape (\*S, d)
        The rule's state where the run ended, recorded or not: given as ``x0``, a trace is continued
        from there. Coordinates are last, as in all of a trace, while a rule's own ``step`` takes
        arrays of shape (d, \*S) in a batch.
    """

    rule: Rule
    t: npt.NDArray[np.int64]
    final: Array
    diverged: npt.NDArray[np.bool_]
    recorded: Mapping[str, Any]
    final_state: Mapping[str, Array] = field(default_factory=dict)

    def __repr__(self) -> str:
        names = ", ".join(self.recorded)
        batch = f", batch of shape {self.diverged.shape}" if self.diverged.ndim else ""
        return f"Trace({self.rule!r}, {self.t[-1]} steps{batch}, recorded: {names})"

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
        """Where gradients were asked for, shape (n, *S, d): query[i] led to x[i + 1]."""
        return self._recorded("query")  # type: ignore[no-any-return]

    @property
    def grad(self) -> Array:
        """The gradients there, shape (n, *S, d)."""
        return self._recorded("grad")  # type: ignore[no-any-return]

    @property
    def state(self) -> dict[str, Array]:
        """The rule's state by name, each of shape (n + 1, *S, d); entry 0 is its start."""
        return self._recorded("state")  # type: ignore[no-any-return]

    def settled(self, below: float) -> Array:
        """Return the recorded step from which on f stays below a level, for each run.

        Parameters
        ----------
        below : float
            The level.

        Returns
        -------
        array of shape S
            Infinity where f is not below it at the end.

        Examples
        --------
        >>> from minioptim.problems import Quadratic
        >>> from minioptim.rules import GradientDescent
        >>> trace = minimize(Quadratic([2.0]), GradientDescent(lr=[0.25, 2.0]), [8.0], steps=9)
        >>> trace.f[:5, 0].tolist(), trace.settled(below=1.0).tolist()
        ([64.0, 16.0, 4.0, 1.0, 0.25], [4.0, inf])
        """
        late = ~(self.f < below)  # a NaN is not below
        steps_below = np.where(late.any(axis=0), np.argmax(late[::-1], axis=0), len(late))
        steps: Array = np.append(self.t, np.inf)
        return np.asarray(steps[len(late) - steps_below])

    def _recorded(self, name: str) -> Any:
        if name not in self.recorded:
            rarely = ", and with minibatches every=steps_per_epoch" if name == "f" else ""
            raise AttributeError(
                f"{name!r} was not recorded; recorded were {tuple(self.recorded)}: "
                f"pass record=({name!r}, ...){rarely} to minimize"
            )
        return self.recorded[name]


def iterate(rule: Rule, grad: Gradient, x0: npt.ArrayLike | Trace) -> Iterator[Step]:
    """Yield the steps of a rule for ever; when to stop is the caller's to say.

    Parameters
    ----------
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs.
    grad : callable, (*S, d) to (*S, d)
        The gradient. Asked once a step, with a read-only array.
    x0 : array-like of shape (d,) or (*S, d), or Trace
        The start. It is copied, never changed. From a trace the run goes on where that one ended,
        with its state and its number of steps.

    Yields
    ------
    Step

    Raises
    ------
    TypeError
        ``rule`` is not a rule or ``grad`` not a function, or numbers of another kind were given.
    ValueError
        A NaN or an infinity in ``x0``, or shapes that do not fit, or a rule of your own that mixes
        the runs of a batch. What ``grad`` raises passes through, with a note of the step.

    Examples
    --------
    >>> from itertools import takewhile
    >>> from minioptim.rules import GradientDescent
    >>> steps = iterate(GradientDescent(lr=0.5), lambda x: x, [8.0])
    >>> [float(step.x[0]) for step in takewhile(lambda step: step.x[0] >= 1, steps)]
    [4.0, 2.0, 1.0]
    """
    if not callable(grad):
        raise TypeError(f"grad must be a function of x, got {grad!r}")
    return _steps(rule, grad, *_beginning(rule, x0))


def minimize(
    problem: Problem,
    rule: Rule,
    x0: npt.ArrayLike | Trace | None = None,
    steps: int = 100,
    *,
    record: Iterable[str] | None = None,
    every: int = 1,
    progress: bool = False,
) -> Trace:
    """Run a rule on a problem for a number of steps, and return the record.

    Parameters
    ----------
    problem : Problem
        What to minimise: anything with ``value``, ``gradient`` and ``oracle``.
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs.
    x0 : array-like of shape (d,) or (*S, d), or Trace, optional
        The start; the problem's own if it has one. From a trace of the same kind of rule the run
        goes on where that one ended: 50 steps and 50 more are 100, bit for bit.
    steps : int, >= 0
        How many steps, or how many more.
    record : some of "x", "f", "query", "grad", "state", optional
        What to keep; all of them if not given, but without "f" where ``problem.sampled`` says that
        f would take many times as long as the run: with minibatches, f is the loss over all the
        data. Ask for it then with an ``every``. A long run of a large model need not keep every
        point either.
    every : int, >= 1
        Keep each so-many-th step; the start and the last step are kept anyway.
    progress : bool
        Show a progress bar (needs tqdm).

    Returns
    -------
    Trace
        A run that diverges ends as a trace too, and its ``diverged`` says so.

    Raises
    ------
    TypeError, ValueError
        As for `iterate`; also where ``steps``, ``every`` or ``record`` is not what it must be,
        ``problem.value`` returns the wrong shape, a trace is to go on with another kind of rule or
        with noise that would begin anew, or the value or the gradient of a problem of your
        own mixes the runs of a batch.
    ImportError
        ``progress=True`` without tqdm.

    Examples
    --------
    >>> from minioptim.problems import Quadratic
    >>> from minioptim.rules import GradientDescent
    >>> trace = minimize(Quadratic([1.0, 4.0]), GradientDescent(lr=[0.1, 0.4, 0.6]), [1, 1], 100)
    >>> trace.x.shape
    (101, 3, 2)
    >>> trace.diverged
    array([False, False,  True])
    >>> longer = minimize(Quadratic([1.0, 4.0]), GradientDescent(lr=[0.1, 0.4, 0.6]), trace, 50)
    >>> longer.t[[0, -1]].tolist()
    [100, 150]
    """
    if isinstance(problem, type):
        raise TypeError(f"problem must be a problem, got a class: write {problem.__name__}(...)")
    for name in ("value", "gradient", "oracle"):
        if not callable(getattr(problem, name, None)):
            raise TypeError(
                f"problem must have value, gradient and oracle, got {problem!r}; "
                "problems.Function makes a problem of two functions"
            )
    steps = whole("steps", steps, at_least=0)
    every = whole("every", every, at_least=1)
    wanted = _default(problem) if record is None else _names(record)
    if x0 is None:
        x0 = getattr(problem, "start", None)
        if x0 is None:
            raise ValueError("x0 must be given: the problem has no start of its own")
    done, first, start, state = _beginning(rule, x0)
    oracle, last = problem.oracle(), done + steps
    if done and oracle != problem.gradient:
        raise ValueError(
            f"x0 must be a point: the noise of {type(problem).__name__} would begin anew, and not "
            f"go on from step {done}. To let it, pass trace.final"
        )
    check_value(problem, _shown_last(start))
    stream = _steps(rule, oracle, done, first, start, state)
    final = _shown_last(start)
    rows: dict[str, list[Any]] = {name: [] for name in wanted}

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        first_f = last_f = _value(problem, final)
        end = started = _named(rule, state)
        _keep(rows, x=final, f=first_f, state=started)
        for step in _shown(islice(stream, steps), steps, progress):
            final, end = step.x, step.state
            if step.t % every == 0 or step.t == last:
                if "f" in wanted or step.t == last:
                    last_f = _value(problem, final)
                _keep(rows, f=last_f, **step._asdict())
        left = last_f > 10 * (1 + np.abs(first_f))
        finite = np.isfinite(final).all(axis=-1) & np.isfinite(last_f)
        for name, first_state in started.items():  # one that starts at infinity may stay there
            finite &= (np.isfinite(end[name]) | ~np.isfinite(first_state)).all(axis=-1)
    check_gradient(problem, _shown_last(start), final)
    return Trace(
        rule=rule,
        t=np.unique([done, *range(done - done % -every, last, every), last]),
        final=final,
        diverged=np.asarray(left | ~finite),
        recorded={name: _stacked(rows[name], final.shape) for name in RECORDABLE if name in rows},
        final_state=end,
    )


def feed(rule: Rule, gradients: npt.ArrayLike, x0: npt.ArrayLike | None = None) -> Trace:
    r"""Hand a rule one given gradient after the other, wherever it is, and return the record.

    Parameters
    ----------
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs, which get the same gradients.
    gradients : array-like of shape (n,) or (n, d)
        One for each step; numbers are gradients of one coordinate, d = 1.
    x0 : array-like of shape (d,) or (\*S, d), optional
        The start; 0 unless told otherwise.

    Returns
    -------
    Trace
        Without f: no function is known that has these gradients.

    Raises
    ------
    TypeError, ValueError
        As for `iterate`, or the gradients are no such array.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> feed(Momentum(lr=1.0, momentum=0.5), [1.0, 0.0, 0.0]).x[:, 0].tolist()
    [0.0, -1.0, -1.5, -1.75]
    """
    given = numbers("gradients", gradients)
    if given.ndim not in (1, 2):
        raise ValueError(f"gradients must have shape (n,) or (n, d), got {given.shape}")
    rows = given[:, None] if given.ndim == 1 else given
    start = np.zeros(rows.shape[1:]) if x0 is None else x0
    return minimize(_Given(rows), rule, start, len(rows), record=("x", "query", "grad", "state"))


@dataclass(frozen=True)
class _Given(Problem):
    """Gradients that depend on the step alone, and the value 0."""

    rows: Array

    def value(self, x: Array) -> Array:
        return np.zeros(x.shape[:-1])

    def gradient(self, x: Array) -> Array:
        raise NotImplementedError("its gradients come in an order; ask the oracle")

    def oracle(self) -> Gradient:
        rows = iter(self.rows)
        return lambda x: np.broadcast_to(next(rows), x.shape)


def _keep(rows: Mapping[str, list[Any]], **values: Any) -> None:
    """Add the values that are wanted to their rows."""
    for name in rows.keys() & values.keys():
        rows[name].append(values[name])


def _stacked(rows: list[Any], shape: tuple[int, ...]) -> Any:
    """Return the rows as one array, or those of the states as one array each."""
    if not rows:  # no step was made, so there is no query and no gradient
        return np.empty((0, *shape))
    if isinstance(rows[0], dict):
        return {name: read_only(np.stack([row[name] for row in rows])) for name in rows[0]}
    return read_only(np.stack(rows))


def _steps(
    rule: Rule, grad: Gradient, done: int, first: Rule, x: Array, state: tuple[Array, ...]
) -> Iterator[Step]:
    """Run on arrays with the coordinates first, shape (d, *S).

    So a hyper-parameter of shape S meets them by NumPy's own broadcasting, and each coordinate of
    a batch is contiguous. What the caller sees has the coordinates last, as a view.
    """
    unscheduled = as_arrays(first) if first is rule else None
    t = done
    while True:
        t += 1
        # A rule of the reader's own that writes into its inputs would change steps already yielded.
        for array in (x, *state):
            read_only(array)
        try:
            scheduled = first if t == done + 1 else rule.at(t)
            now = unscheduled or as_arrays(_same_batch(scheduled, x.shape[1:]))
            # A run that diverges overflows; the trace says so, and no warning need.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                query = np.array(np.broadcast_to(now.query(x, *state), x.shape))
                shown = _shown_last(query)
                g = _gradient(grad, shown)
                result = now.step(np.moveaxis(g, -1, 0), x, t, *state)
                x, *new = _stepped(rule, result, x.shape)
                state = tuple(new)
        except StopIteration as error:  # which would end the steps in silence
            raise RuntimeError(f"nothing left to compute step {t} of {rule!r} from") from error
        except Exception as error:
            error.add_note(f"(at step {t} of {rule!r})")
            raise
        yield Step(t, _shown_last(x), shown, read_only(g), _named(rule, state))


def _same_batch(now: Rule, batch: tuple[int, ...]) -> Rule:
    """Return the rule of this step, or say that a schedule left the shape of the batch."""
    for hyper in fields(now):
        shape = np.shape(getattr(now, hyper.name))
        if len(shape) > len(batch) or np.broadcast_shapes(shape, batch) != batch:
            raise ValueError(
                f"{hyper.name} must keep a shape that fits the batch {batch}, got {shape}"
            )
    return now


def _stepped(rule: Rule, result: Any, shape: tuple[int, ...]) -> tuple[Array, ...]:
    """Return what a step returned, or say what it must return: a reader may write a rule too."""
    names = ("x", *rule.state)
    if not isinstance(result, tuple) or len(result) != len(names):
        raise TypeError(
            f"{type(rule).__name__}.step must return the tuple ({', '.join(names)},), "
            f"got {result!r}"
        )
    for name, value in zip(names, result, strict=True):
        found = np.asarray(value)
        if found.shape != shape or found.dtype != np.float64:
            raise ValueError(
                f"{name} must have the shape of x, {shape} with the coordinates first, and be "
                f"float64 when {type(rule).__name__}.step returns it; "
                f"got {found.dtype} of shape {found.shape}"
            )
    return result


def _beginning(rule: Rule, x0: npt.ArrayLike | Trace) -> tuple[int, Rule, Array, tuple[Array, ...]]:
    """Return the steps done before, the rule at the next, and x and state of shape (d, *S)."""
    if not isinstance(rule, Rule):
        hint = f": write {rule.__name__}(...)" if isinstance(rule, type) else ""
        raise TypeError(f"rule must be a rule such as GradientDescent(), got {rule!r}{hint}")
    if isinstance(x0, Trace):
        done = int(x0.t[-1])
        first = rule.at(done + 1)
        x, state = _end_of(x0, first)
    else:
        done = 0
        first = rule.at(1)  # a schedule may give an array of shape S too
        x = _start_point(_point(x0), first)
        state = _start_state(rule, x)
    check_rule(first, x, state)
    return done, first, x, state


def _end_of(trace: Trace, rule: Rule) -> tuple[Array, tuple[Array, ...]]:
    """Return where a trace ended and its state there, for a rule that goes on from it."""
    if type(rule) is not type(trace.rule) or set(trace.final_state) != set(rule.state):
        raise ValueError(
            f"a trace goes on with the kind of rule that made it, {type(trace.rule).__name__}, "
            f"got {rule!r}; to begin a new run where it ended, pass trace.final"
        )
    x = _start_point(trace.final, rule)
    batch = x.shape[1:]
    states = (np.broadcast_to(trace.final_state[name], (*batch, len(x))) for name in rule.state)
    return x, tuple(np.array(np.moveaxis(state, -1, 0), order="C") for state in states)


def _point(x0: npt.ArrayLike) -> Array:
    """Return the start, of shape (d,) or (*S, d), or say what is wrong with it."""
    x = numbers("x0", x0)
    if x.ndim == 0:
        raise ValueError(f"x0 must have shape (d,) or (*S, d), got {x0!r}: write [{x0!r}]")
    if x.size == 0:
        raise ValueError(f"x0 must have at least one coordinate, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"x0 must be finite, got {x[~np.isfinite(x)].flat[0]} in {x0!r}")
    return x


def _start_point(x: Array, rule: Rule) -> Array:
    """Return a copy of the start, coordinates first and one for each run: shape (d, *S)."""
    hyper = [np.shape(getattr(rule, field.name)) for field in fields(rule)]
    try:
        batch = np.broadcast_shapes(x.shape[:-1], *hyper)
    except ValueError as error:
        raise ValueError(
            f"the batch of x0, {x.shape[:-1]}, and of the hyper-parameters of {rule!r} "
            f"must broadcast together, got {hyper}"
        ) from error
    return np.array(np.moveaxis(np.broadcast_to(x, (*batch, x.shape[-1])), -1, 0), order="C")


def _start_state(rule: Rule, x: Array) -> tuple[Array, ...]:
    starts = rule.start()
    if len(starts) != len(rule.state):
        raise ValueError(f"start must return a value for each of {rule.state}, got {starts!r}")
    return tuple(
        np.array(np.broadcast_to(numbers(f"the start of {name}", start), x.shape))
        for name, start in zip(rule.state, starts, strict=True)
    )


def _named(rule: Rule, state: Iterable[Array]) -> dict[str, Array]:
    return dict(zip(rule.state, map(_shown_last, state), strict=True))


def _gradient(grad: Gradient, x: Array) -> Array:
    try:
        g = np.array(numbers("the gradient", grad(x)))  # the function may use its array again
        if g.shape != x.shape:
            raise ValueError(f"the gradient must have the shape of x, {x.shape}, got {g.shape}")
    except Exception as error:
        explain(error, grad, x, x.shape[-1:])
        raise
    return g


def _value(problem: Problem, x: Array) -> Array:
    # Contiguous, for a sum over a strided view adds in another order than over a single point.
    x = np.ascontiguousarray(x)
    try:
        f = numbers("the problem's value", problem.value(x))
        if f.shape != x.shape[:-1]:
            raise ValueError(f"the problem's value must have shape {x.shape[:-1]}, got {f.shape}")
    except Exception as error:
        explain(error, problem.value, x, ())
        raise
    return f


def _default(problem: Problem) -> tuple[str, ...]:
    """Return what is recorded of a problem if nothing is said: what costs little beside a step."""
    sampled = getattr(problem, "sampled", False)
    return tuple(name for name in RECORDABLE if not (sampled and name == "f"))


def _names(record: Iterable[str]) -> tuple[str, ...]:
    if not isinstance(record, Iterable):
        raise TypeError(f"record must be some of {RECORDABLE}, got {record!r}")
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in RECORDABLE:
            raise ValueError(f"record must be some of {RECORDABLE}, got {name!r}")
    return names


def _shown_last(array: Array) -> Array:
    """Return a read-only view with the coordinates last, as callers see points."""
    return read_only(np.moveaxis(array, 0, -1))


def _shown(stream: Iterable[Step], steps: int, progress: bool) -> Iterable[Step]:
    if not progress:
        return stream
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs the package tqdm") from error
    bar: Callable[..., Iterable[Step]] = tqdm
    return bar(stream, total=steps)
