"""Run a rule on a problem: `iterate`, `minimize`, `feed`.

`iterate` yields one step after another and never stops; `minimize` makes a number of steps and
returns a `Trace`; `feed` does the same with gradients that you supply. Hyper-parameters of shape S
make a batch: one run per entry, all made at once, each bit for bit the same as that run made alone.
This holds for every rule and problem of this package. A rule, function or problem of your own is
checked when a batch runs, and refused if it mixes the runs; your matrix products may still add
their terms in an order that depends on the size of the batch. `iterate`, which calls your gradient
only to make steps, checks only the rule. A run computes in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, read_only, whole
from minioptim._keywords import in_our_words
from minioptim._progress import with_bar
from minioptim.engines import ENGINES, blocks, floats
from minioptim.engines._alone import check_gradient, check_value, explain
from minioptim.engines.arrays import QUIET, Beginning, begin
from minioptim.engines.arrays import steps as made_from
from minioptim.engines.record import Ended
from minioptim.problems import Gradient, Problem
from minioptim.rules import Rule
from minioptim.trace import RECORDABLE, Checkpoint, Step, Trace, rose

__all__ = ["RECORDABLE", "Checkpoint", "Step", "Trace", "feed", "iterate", "minimize"]


COORDINATES_LEFT = (
    "A point is an array of coordinates, though it has one: f must read x[..., 0], or add over them"
)


def iterate(
    rule: Rule, grad: Gradient, x0: npt.ArrayLike | Trace | Step | Checkpoint
) -> Iterator[Step]:
    """Yield the steps of a rule without end; the caller decides when to stop.

    Parameters
    ----------
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs.
    grad : callable, (*S, d) to (*S, d)
        The gradient. It is called once per step, with a read-only array.
    x0 : array-like of shape (d,) or (*S, d), Trace, Step or Checkpoint
        The start. It is copied, never changed. Given a trace, the run continues from its end,
        with its state and its step count; given a step or a checkpoint, from there.

    Yields
    ------
    Step

    Raises
    ------
    TypeError
        ``rule`` is not a rule, ``grad`` is not a function, or ``x0`` does not hold real numbers.
    ValueError
        ``x0`` holds a NaN or an infinity, shapes do not fit, or a rule of your own mixes the runs
        of a batch. An error raised by ``grad`` passes through, with a note of the step.

    Examples
    --------
    >>> from itertools import takewhile
    >>> from minioptim.rules import GradientDescent
    >>> steps = iterate(GradientDescent(lr=0.5), lambda x: x, [8.0])
    >>> [float(step.x[0]) for step in takewhile(lambda step: step.x[0] >= 1, steps)]
    [4.0, 2.0, 1.0]
    """
    if not callable(grad):
        way = ": pass its gradient" if callable(getattr(grad, "gradient", None)) else ""
        raise TypeError(f"grad must be a function of x, got {grad!r}{way}")
    return _shown(grad, begin(rule, x0))


def _shown(grad: Gradient, beginning: Beginning) -> Iterator[Step]:
    """Yield the steps as the caller sees them, silencing warnings only while a step is made."""
    made = made_from(grad, beginning)
    names = beginning.rule.state
    while True:
        with np.errstate(**QUIET):
            t, x, query, g, state = next(made)
        yield Step(t, x, query, g, dict(zip(names, state, strict=True)))


@in_our_words
def minimize(
    problem: Problem,
    rule: Rule,
    x0: npt.ArrayLike | Trace | Step | Checkpoint | None = None,
    steps: int = 100,
    *,
    stop: Callable[[Step], Any] | None = None,
    record: Iterable[str] | None = None,
    every: int = 1,
    progress: bool = False,
    engine: str = "arrays",
) -> Trace:
    """Run a rule on a problem for a number of steps, and return the trace.

    Parameters
    ----------
    problem : Problem
        What to minimise: anything with ``value``, ``gradient`` and ``oracle``.
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs.
    x0 : array-like of shape (d,) or (*S, d), Trace, Step or Checkpoint, optional
        The start; by default the problem's own, if it has one. Given a trace of the same kind of
        rule, the run continues from its end: 50 steps and 50 more equal 100, bit for bit, with
        minibatches and noise, too. Given a step or a checkpoint, it continues from there.
    steps : int, >= 0
        How many steps to make at most, or how many more after a trace.
    stop : callable, `Step` to bool or to bool array of shape S, optional
        For a tolerance, or to stop early: called after each step, as in
        ``stop=lambda step: abs(step.grad).max(axis=-1) < 1e-6``. The run ends with the first step
        for which it returns True; ``trace.stopped`` says whether it did. A batch ends when it is
        true of all its runs at once; until then all of them go on. A run whose point is no longer
        finite waits for nothing, and keeps no other waiting. Not with ``engine="compiled"``.
    record : some of "x", "f", "query", "grad", "state", optional
        What to record. By default everything, but without "f" if ``problem.sampled`` says that f
        would take many times as long as the run: with minibatches, f is the loss over all the
        data. To record it then, set ``every`` too. A long run of a large model need not record
        every point either.
    every : int, >= 1
        Record one step in every ``every``; the start and the last step are always recorded.
    progress : bool
        Show a progress bar (needs tqdm, the extra ``progress``). Not with ``engine="compiled"``.
    engine : "arrays" or "compiled"
        What makes the steps: NumPy, for every problem and rule; or one compiled loop, for a
        `Surface` and a rule that treats coordinates separately (needs the extra ``fast``). The
        compiled trace is the same but for rounding, a few units of the last digit in each step. It
        makes all steps in one call, without ``stop`` and ``progress``.
        The first run of a rule on a surface takes seconds, since it is compiled; the code is kept
        in the user's cache folder, or in that of the environment variable MINIOPTIM_CACHE.

    Returns
    -------
    Trace
        A run that diverges returns a trace too, whose ``diverged`` says so.

    Raises
    ------
    TypeError, ValueError
        As for `iterate`; also if ``steps``, ``every`` or ``record`` is invalid,
        ``problem.value`` returns the wrong shape, a trace is to be continued with another kind of
        rule or with noise that would restart, ``stop`` returns something else, the value or the
        gradient of a problem of your own mixes the runs of a batch, or ``engine`` cannot run them.
    ImportError
        ``progress=True`` without tqdm, or ``engine="compiled"`` without Numba.

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
    if isinstance(problem, Rule):
        raise TypeError(f"problem comes first, and then rule: write minimize(problem, {problem!r})")
    for name in ("value", "gradient", "oracle"):
        if not callable(getattr(problem, name, None)):
            way = (
                "from a function of your own, problems.Function(f, start=..., each=True) makes one"
            )
            raise TypeError(f"problem must have value, gradient and oracle, got {problem!r}: {way}")
    if isinstance(rule, (list, tuple)):
        raise TypeError(
            f"rule must be one rule, got {len(rule)} in a {type(rule).__name__}: call minimize for "
            "each, and draw their traces by plots.loss_curves([one, other])"
        )
    steps = whole("steps", steps, at_least=0)
    every = whole("every", every, at_least=1)
    wanted = _default(problem) if record is None else _names(record)
    _check_engine(engine, problem, rule, progress)
    if stop is not None:
        _check_stop(stop, engine)
    if x0 is None:
        x0 = getattr(problem, "start", None)
        if x0 is None:
            raise ValueError("x0 must be given: the problem has no start of its own")
    beginning = begin(rule, x0)
    done, start = beginning.done, beginning.x
    oracle, last = _oracle(problem, done), done + steps
    if oracle is None:
        raise ValueError(
            f"x0 must be a point, not a trace: the noise of {type(problem).__name__} would restart "
            f"instead of continuing from step {done}. To allow that, pass trace.final"
        )
    check_value(problem, start)
    between = np.arange(done - done % every + every, last, every, dtype=np.int64)
    t = np.append(np.int64(done), np.append(between, last) if steps else between)
    final, end, recorded = start, beginning.state, dict[str, Any]()
    stopped = np.zeros(start.shape[:-1], dtype=bool)

    with np.errstate(**QUIET):
        first_f = last_f = _value(problem, start)
        made = _in_one_call(engine, start)
        watched = progress or stop is not None
        ended = None if watched else made(problem, beginning, t, every, wanted, first_f)
        if ended is not None:
            final, last_f, end, recorded = ended
        else:
            rows: dict[str, list[Any]] = {name: [] for name in wanted}
            _keep(rows, x=start, f=first_f, state=end)
            stream = islice(made_from(oracle, beginning), steps)
            for now, final, query, grad, end in with_bar(stream, steps, progress):
                if stop is not None:
                    step = Step(now, final, query, grad, dict(zip(rule.state, end, strict=True)))
                    stopped = _stopped(stop, step)
                # A run that diverged must not keep the others going.
                ends = bool((stopped | ~np.isfinite(final).all(axis=-1)).all()) and stop is not None
                if ends:
                    last, t = now, np.append(t[t < now], np.int64(now))
                if now % every == 0 or now == last:
                    if "f" in rows or now == last:
                        last_f = _value(problem, final)
                    _keep(rows, x=final, f=last_f, query=query, grad=grad, state=end)
                if ends:
                    break
            recorded = _recorded(rows, rule.state, (start, *beginning.state))
        left = rose(last_f, first_f)
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
        recorded=recorded,
        final_state=dict(zip(rule.state, end, strict=True)),
        stopped=stopped,
    )


def feed(rule: Rule, gradients: npt.ArrayLike, x0: npt.ArrayLike | None = None) -> Trace:
    r"""Feed a rule the given gradients one by one, whatever its iterates, and return the trace.

    Parameters
    ----------
    rule : Rule
        The rule; hyper-parameters of shape S make a batch of runs, which get the same gradients.
    gradients : array-like of shape (n,) or (n, d)
        One gradient per step; with shape (n,), d = 1.
    x0 : array-like of shape (d,) or (\*S, d), optional
        The start; 0 by default.

    Returns
    -------
    Trace
        It has no f, because no function with these gradients is known.

    Raises
    ------
    TypeError, ValueError
        As for `iterate`; also if ``gradients`` is not such an array.

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
    start = np.zeros(rows.shape[1:]) if x0 is None else numbers("x0", x0)
    if start.ndim and start.shape[-1] != rows.shape[1]:
        raise ValueError(
            f"x0 must have the {rows.shape[1]} coordinates of the gradients, got {start.shape}"
        )
    return minimize(_Given(rows), rule, start, len(rows), record=("x", "query", "grad", "state"))


@dataclass(frozen=True)
class _Given(Problem):
    """Gradients that depend on the step alone, and the value 0."""

    rows: Array

    def value(self, x: Array) -> Array:
        return np.zeros(x.shape[:-1])

    def gradient(self, x: Array) -> Array:
        raise NotImplementedError("its gradients come in a fixed order: call the oracle")

    def oracle(self) -> Gradient:
        rows = iter(self.rows)
        return lambda x: np.broadcast_to(next(rows), x.shape)


def _keep(rows: Mapping[str, list[Any]], **values: Any) -> None:
    """Append each value to its row, if it is to be recorded."""
    for name, value in values.items():
        if name in rows:
            rows[name].append(value)


def _recorded(
    rows: Mapping[str, list[Any]], names: tuple[str, ...], like: tuple[Array, ...]
) -> dict[str, Any]:
    """Return each row as one array; for the states, one array for each state."""
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
    if not rows:  # no step was made, so there is no query or gradient
        return read_only(np.empty((0, *shape)))
    if len(shape) == 1:  # a single run: `stack` would spend longer on each row than a step takes
        return read_only(np.concatenate(rows).reshape(-1, *shape))
    return read_only(np.stack(rows))


def _value(problem: Problem, x: Array) -> Array:
    # Contiguous: a sum over a strided view adds in another order than one over a single point.
    x = np.ascontiguousarray(x)
    try:
        f = numbers("the problem's value", problem.value(x))
        if f.shape != x.shape[:-1]:
            hint = f". {COORDINATES_LEFT}" if f.shape == x.shape else ""
            raise ValueError(
                f"the problem's value must have shape {x.shape[:-1]}, got {f.shape}{hint}"
            )
    except Exception as error:
        explain(error, problem.value, x, ())
        own = np.shape(getattr(problem, "start", ()))
        if own and own[-1] != x.shape[-1]:
            error.add_note(
                f"(x0 has {x.shape[-1]} coordinates, the problem's own start has {own[-1]})"
            )
        raise
    return f


def _default(problem: Problem) -> tuple[str, ...]:
    """Return what is recorded by default: whatever costs little compared with a step."""
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


def _check_engine(engine: str, problem: Problem, rule: Rule, progress: bool) -> None:
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {ENGINES}, got {engine!r}")
    if engine == "compiled":
        # Here, since most programs do without it, and what it imports takes as long as the rest.
        from minioptim.engines.compiled import runs

        if progress:
            raise ValueError(
                'progress must be False with engine="compiled", whose steps are made in one call'
            )
        runs.check(problem, rule)


def _in_one_call(engine: str, start: Array) -> Callable[..., Ended | None]:
    """Return what makes a whole run in one call, or says with None that it cannot."""
    if engine == "compiled":
        from minioptim.engines.compiled import runs

        return runs.run
    return floats.run if start.ndim == 1 else blocks.run


def _check_stop(stop: Any, engine: str) -> None:
    if not callable(stop):
        raise TypeError(f"stop must be a function of a step, got {stop!r}")
    if engine != "arrays":
        raise ValueError(
            f"stop must be None with engine={engine!r}, whose steps are made in one call"
        )


def _stopped(stop: Callable[[Step], Any], step: Step) -> npt.NDArray[np.bool_]:
    """Return of which runs ``stop`` is true at this step, shape S."""
    try:
        answer = np.asarray(stop(step))
        if answer.dtype != bool or answer.shape not in ((), step.x.shape[:-1]):
            raise ValueError(
                "stop must return True or False, or an array of them of the shape of the batch, "
                f"{step.x.shape[:-1]}, got {answer!r}"
            )
    except Exception as error:
        error.add_note(f"(raised by stop after step {step.t})")
        if isinstance(error, AttributeError) and error.obj is step:
            error.add_note(f"(a step has {', '.join(step._fields)}; f is problem.value(step.x))")
        raise
    return np.broadcast_to(answer, step.x.shape[:-1])


def _oracle(problem: Problem, done: int) -> Gradient | None:
    """Return the gradient function of a run that made some steps; None if it cannot go on."""
    if not done:
        return problem.oracle()
    # A problem from outside may have value, gradient and oracle alone.
    after = getattr(problem, "oracle_after", None)
    if after is not None:
        found: Gradient | None = after(done)
        return found
    return problem.gradient if problem.oracle() == problem.gradient else None
