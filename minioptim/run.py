"""Run a rule on a problem: `iterate`, `minimize`, `feed`.

`iterate` yields one step after the other and never stops; `minimize` takes a number of steps and
returns a `Trace`; `feed` does so for gradients that you give. Hyper-parameters of shape S make a
batch: one run per entry, all at once, each equal bit for bit to the run made alone. So it is with
every rule and problem of this package. A rule, function or problem of your own is tried out when a
batch runs, and refused if it mixes the runs; a matrix product of yours may still add in an order
that depends on the size of the batch. (`iterate`, which asks a gradient of yours for nothing but
its steps, tries the rule alone.) A run computes in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only, whole
from minioptim.engines._alone import check_gradient, check_value, explain
from minioptim.engines.arrays import Beginning, Made, begin
from minioptim.engines.arrays import steps as made_from
from minioptim.problems import Gradient, Problem
from minioptim.rules import Rule
from minioptim.trace import RECORDABLE, Step, Trace

__all__ = ["RECORDABLE", "Step", "Trace", "feed", "iterate", "minimize"]

# A run that diverges overflows; the trace says so, and no warning need.
QUIET: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}


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
    return _shown(grad, begin(rule, x0))


def _shown(grad: Gradient, beginning: Beginning) -> Iterator[Step]:
    """Yield the steps as the caller sees them, and silence the warnings of those alone."""
    made = made_from(grad, beginning)
    names = beginning.rule.state
    while True:
        with np.errstate(**QUIET):
            t, x, query, g, state = next(made)
        yield Step(t, x, query, g, dict(zip(names, state, strict=True)))


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
    beginning = begin(rule, x0)
    done, start = beginning.done, beginning.x
    oracle, last = problem.oracle(), done + steps
    if done and oracle != problem.gradient:
        raise ValueError(
            f"x0 must be a point: the noise of {type(problem).__name__} would begin anew, and not "
            f"go on from step {done}. To let it, pass trace.final"
        )
    check_value(problem, start)
    t = np.unique([done, *range(done - done % -every, last, every), last])
    rows: dict[str, list[Any]] = {name: [] for name in wanted}
    final, end, wants_f = start, beginning.state, "f" in wanted

    with np.errstate(**QUIET):
        first_f = last_f = _value(problem, start)
        _keep(rows, x=start, f=first_f, state=end)
        stream = islice(made_from(oracle, beginning), steps)
        for now, final, query, grad, end in _with_bar(stream, steps, progress):
            if now % every == 0 or now == last:
                if wants_f or now == last:
                    last_f = _value(problem, final)
                _keep(rows, x=final, f=last_f, query=query, grad=grad, state=end)
        left = last_f > 10 * (1 + np.abs(first_f))
        finite = np.isfinite(final).all(axis=-1) & np.isfinite(last_f)
        for at_end, at_start in zip(end, beginning.state, strict=True):
            # A state that starts at infinity may stay there.
            kept = np.isfinite(at_end) | ~np.isfinite(at_start)
            finite &= kept.all(axis=tuple(range(start.ndim - 1, kept.ndim)))
    check_gradient(problem, start, final)
    return Trace(
        rule=rule,
        t=t,
        final=final,
        diverged=np.asarray(left | ~finite),
        recorded=_recorded(rows, rule.state, (start, *beginning.state)),
        final_state=dict(zip(rule.state, end, strict=True)),
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
    for name, value in values.items():
        if name in rows:
            rows[name].append(value)


def _recorded(
    rows: Mapping[str, list[Any]], names: tuple[str, ...], like: tuple[Array, ...]
) -> dict[str, Any]:
    """Return each of the rows as an array, or those of the states as an array each."""
    shapes = [array.shape for array in like]
    recorded: dict[str, Any] = {}
    for name in (name for name in RECORDABLE if name in rows):
        if name == "state":
            by_state = zip(names, zip(*rows[name], strict=True), shapes[1:], strict=True)
            recorded[name] = {own: _stacked(held, shape) for own, held, shape in by_state}
        else:
            recorded[name] = _stacked(rows[name], shapes[0][:-1] if name == "f" else shapes[0])
    return recorded


def _stacked(rows: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Return the rows, each of the given shape, as one array."""
    if not rows:  # no step was made, so there is no query and no gradient
        return read_only(np.empty((0, *shape)))
    if len(shape) == 1:  # a single run: what `stack` does with each row takes longer than a step
        return read_only(np.concatenate(rows).reshape(-1, *shape))
    return read_only(np.stack(rows))


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


def _with_bar(stream: Iterable[Made], steps: int, progress: bool) -> Iterable[Made]:
    if not progress:
        return stream
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs the package tqdm") from error
    bar: Callable[..., Iterable[Made]] = tqdm
    return bar(stream, total=steps)
