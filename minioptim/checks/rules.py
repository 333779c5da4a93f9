"""A rule of your own, held to what the package's rules are held to.

``python -m minioptim.checks mine.py:MyRule`` prints what is found, one line for each check.
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any, NamedTuple

import numpy as np

from minioptim._arguments import Array
from minioptim._keywords import OTHER_NAMES
from minioptim.checks.equations import evaluate
from minioptim.engines.javascript import module_source
from minioptim.engines.language import TranslationError
from minioptim.problems import Problem, Quadratic, Ravine
from minioptim.rules import MatrixRule, PerLayer, Rule
from minioptim.run import minimize

STEPS = 60
# Of the largest coordinate so far, where two machines run one text.
TOLERANCE = 1e-9
SHAPE = (2, 3)

RUNNER = """
const rule = new rules[NAME](VALUES), surface = new surfaces.Ravine();
let now = surface.start.map((x) => [x, ...rule.start(x)]);
const points = [surface.start];
for (let t = 1; t <= STEPS; t++) {
  const g = surface.df(...now.map((at) => rule.query?.(...at) ?? at[0]));
  now = now.map(([x, ...state], i) => rule.step(g[i], x, t, ...state));
  points.push(now.map(([x]) => x));
}
console.log(JSON.stringify(points));
"""


class Finding(NamedTuple):
    """What one check found.

    Attributes
    ----------
    name : str
        What was checked.
    right : bool or None
        Whether it holds; None where it was not tried.
    reason : str
        Why it does not hold or was not tried; "" where it holds.
    """

    name: str
    right: bool | None
    reason: str = ""

    def __str__(self) -> str:
        mark = {True: "✓", False: "✗", None: "–"}[self.right]
        return f"{mark} {self.name}" + (f": {self.reason}" if self.reason else "")


class NotTriedError(Exception):
    """A check does not apply to this rule, or cannot be made on this machine."""


def check_rule(rule_class: type[Rule], like: str | None = None) -> Iterator[Finding]:
    """Yield what each check finds about a rule, one after the other.

    Parameters
    ----------
    rule_class : subclass of Rule
        The class, with a default for each hyper-parameter.
    like : str, optional
        A library's function that should go the same way: "torch.optim.Adam" or "optax.adam".

    Yields
    ------
    Finding

    Raises
    ------
    TypeError
        ``rule_class`` is no class of rules.

    Examples
    --------
    >>> from minioptim.rules import Momentum
    >>> for finding in check_rule(Momentum):
    ...     print(finding.name, finding.right is False)
    hyper-parameters False
    start False
    step False
    inputs unchanged False
    batch = alone False
    equation False
    JavaScript False
    """
    if not (isinstance(rule_class, type) and issubclass(rule_class, Rule)):
        raise TypeError(f"rule_class must be a subclass of Rule, got {rule_class!r}")
    checks: dict[str, Callable[[type[Rule]], None]] = {
        "hyper-parameters": _hyper_parameters,
        "start": _start,
        "step": _step,
        "inputs unchanged": _inputs_unchanged,
        "batch = alone": _batch_is_alone,
        "equation": _equation,
        "JavaScript": _javascript,
    }
    if like is not None:
        checks[f"like {like}"] = lambda kind: _like(kind, like)
    for name, check in checks.items():
        try:
            with np.errstate(all="ignore"):
                check(rule_class)
        except NotTriedError as reason:
            yield Finding(name, None, str(reason))
        except Exception as error:  # a rule of a reader's own may do anything
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            yield Finding(name, False, kind + " ".join(str(error).split()))
        else:
            yield Finding(name, True)


def _expect(holds: Any, reason: str) -> None:
    if not holds:
        raise AssertionError(reason)


def _hyper_parameters(rule_class: type[Rule]) -> None:
    for field in fields(rule_class):
        default = field.default
        _expect(default is not MISSING, f"{field.name} has no default")
        for bad, error in ((math.nan, ValueError), ("a", TypeError)):
            try:
                rule_class(**{field.name: bad})
            except error:
                continue
            raise AssertionError(
                f"{field.name}={bad!r} is taken, with no {error.__name__}: "
                "call super().__post_init__() in your own"
            )
    rule_class()


def _start(rule_class: type[Rule]) -> None:
    rule, x = rule_class(), _arrays(rule_class, 1)[0]
    starts = rule.start(x)
    names = rule.state
    _expect(
        isinstance(starts, tuple) and len(starts) == len(names),
        f"start must return a tuple of a value for each of {names}, got {starts!r}",
    )
    for name, value in zip(names, starts, strict=True):
        _expect(not np.isnan(value).any(), f"{name} starts as NaN")
        if not isinstance(rule, MatrixRule):
            np.broadcast_to(value, x.shape)


def _step(rule_class: type[Rule]) -> None:
    rule, (g, x) = rule_class(), _arrays(rule_class, 2)
    state = _begun(rule, x)
    result = rule.step(g, x, 1, *state)
    names = ("x", *rule.state)
    _expect(
        isinstance(result, tuple) and len(result) == len(names),
        f"step must return the tuple ({', '.join(names)},), got {result!r}",
    )
    for name, value, before in zip(names, result, (x, *state), strict=True):
        found = np.shape(value)
        _expect(found == before.shape, f"{name} must keep its shape {before.shape}, got {found}")
    query = np.shape(rule.query(x, *state))
    _expect(query == x.shape, f"query must return a point of shape {x.shape}, got {query}")


def _inputs_unchanged(rule_class: type[Rule]) -> None:
    rule, (g, x) = rule_class(), _arrays(rule_class, 2)
    # Of ordinary size, for a state that is scaled while it is 0 stays as it is.
    rng = np.random.default_rng(1)
    inputs = (g, x, *(rng.uniform(0.1, 2.0, size=state.shape) for state in _begun(rule, x)))
    names = ("g", "x", *rule.state)
    kept = tuple(array.copy() for array in inputs)
    results = []
    for _ in range(2):
        given = tuple(array.copy() for array in kept)
        rule.query(*given[1:])
        results.append(rule.step(given[0], given[1], 1, *given[2:]))
        for name, array, before in zip(names, given, kept, strict=True):
            _expect(np.array_equal(array, before), f"step writes into {name}")
    for one, again in zip(*results, strict=True):
        _expect(np.array_equal(one, again), "two steps from the same place differ")


def _batch_is_alone(rule_class: type[Rule]) -> None:
    """Sweep each hyper-parameter at several starts, and make each of the runs alone."""
    problem: Problem = Ravine()
    if issubclass(rule_class, MatrixRule):
        problem = Quadratic(np.arange(1.0, 7.0))
    d = math.prod(SHAPE) if issubclass(rule_class, MatrixRule) else 2
    starts = np.random.default_rng(0).uniform(-2, 2, size=(2, 1, d))
    plain = rule_class()
    for name, value in plain.hyper_parameters().items():
        swept = np.array([value, 0.5 * value, 0.9 * value if value else 0.1])
        batch = minimize(problem, _placed(replace(plain, **{name: swept})), starts, steps=12)
        for i, j in np.ndindex(2, 3):
            rule = _placed(replace(plain, **{name: swept[j]}))
            alone = minimize(problem, rule, starts[i, 0], steps=12)
            _expect(
                np.array_equal(batch.x[:, i, j], alone.x, equal_nan=True),
                f"with {name}={swept.tolist()}, run {(i, j)} of the batch is not the run alone",
            )


def _equation(rule_class: type[Rule]) -> None:
    """Compute the docstring's equation along a run, and hold each step to it."""
    if issubclass(rule_class, MatrixRule):
        raise NotTriedError("the equation of a matrix is not read; compare it by hand")
    if ".. math::" not in (inspect.getdoc(rule_class) or ""):
        raise NotTriedError("the docstring has no equation (.. math::) to hold the step to")

    def gradient(place: float) -> float:
        return 3 * place + 1

    for rule in (_varied(rule_class), rule_class()):
        x = 2.0
        values = [float(value) for value in rule.start(x)]
        for t in range(1, 31):
            printed = evaluate(rule, gradient, x, t, dict(zip(rule.state, values, strict=True)))
            computed = rule.step(gradient(rule.query(x, *values)), x, t, *values)
            for name, mine, expected in zip(("x", *rule.state), computed, printed, strict=True):
                _expect(
                    math.isclose(mine, expected, rel_tol=1e-9, abs_tol=1e-12),
                    f"at step {t} of {rule}, {name} is {mine:.9g}, by the equation {expected:.9g}",
                )
            x, *values = map(float, computed)


def _javascript(rule_class: type[Rule]) -> None:
    """Translate the rule, and run it beside Python where node is."""
    if issubclass(rule_class, MatrixRule):
        raise NotTriedError("a rule that sees a matrix is not translated")
    try:
        text = module_source([rule_class], [Ravine])
    except TranslationError as reason:  # a step may use whatever NumPy has
        raise NotTriedError(f"only a live figure needs it, and {reason}") from reason
    node = shutil.which("node")
    if node is None:
        raise NotTriedError("it can be translated; to run it, node must be installed")
    rule = _varied(rule_class)
    given = {name: value for name, value in rule.hyper_parameters().items() if np.isfinite(value)}
    script = RUNNER.replace("NAME", json.dumps(rule_class.__name__))
    script = script.replace("VALUES", json.dumps(given))
    done = subprocess.run(
        [node, "--input-type=module"],
        input=text + script.replace("STEPS", str(STEPS)),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    _expect(done.returncode == 0, f"node: {done.stderr.strip()}")
    _same_path(minimize(Ravine(), rule, steps=STEPS).x, json.loads(done.stdout), "JavaScript")


def _like(rule_class: type[Rule], like: str) -> None:
    """Run a library's function with the same hyper-parameters, in float64."""
    library, _, name = like.rpartition(".")
    paths = {"torch.optim": _torch_path, "optax": _optax_path, "optax.contrib": _optax_path}
    _expect(library in paths, f"name it as torch.optim.Adam or optax.adam, not {like!r}")
    if issubclass(rule_class, MatrixRule):
        raise NotTriedError("only rules on a vector are compared")
    try:
        function = getattr(importlib.import_module(library), name, None)
    except ImportError:
        raise NotTriedError(f"{library.partition('.')[0]} is not installed") from None
    _expect(function is not None, f"{library} has no {name}")
    rule = _varied(rule_class)
    theirs = paths[library](function, _arguments(rule, function))
    _same_path(minimize(Ravine(), rule, steps=STEPS).x, theirs, like)


def _arguments(rule: Rule, function: Any) -> dict[str, Any]:
    """Return the rule's hyper-parameters under the names that a library's function has for them."""
    known = inspect.signature(function).parameters
    values = rule.hyper_parameters()
    given: dict[str, Any] = {}
    if "betas" in known and {"beta1", "beta2"} <= values.keys():
        given["betas"] = (values.pop("beta1"), values.pop("beta2"))
    for own, value in values.items():
        names = [name for name in (own, *OTHER_NAMES.get(own, ())) if name in known]
        _expect(names, f"{function.__name__} has no argument for {own}")
        given[names[0]] = value
    return given


def _torch_path(function: Any, arguments: dict[str, Any]) -> Array:
    torch = importlib.import_module("torch")
    problem = Ravine()
    x = torch.tensor(problem.start, dtype=torch.float64, requires_grad=True)
    optimizer = function([x], **arguments)
    points = [np.array(problem.start)]
    for _ in range(STEPS):
        x.grad = torch.from_numpy(problem.gradient(points[-1]))
        optimizer.step()
        points.append(x.detach().numpy().copy())
    return np.stack(points)


def _optax_path(function: Any, arguments: dict[str, Any]) -> Array:
    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    jax.config.update("jax_enable_x64", True)
    problem, optimizer = Ravine(), function(**arguments)
    x = jax.numpy.asarray(np.array(problem.start))
    state, points = optimizer.init(x), [np.array(x)]
    update = jax.jit(optimizer.update)
    for _ in range(STEPS):
        change, state = update(problem.gradient(points[-1]), state, x)
        x = optax.apply_updates(x, change)
        points.append(np.array(x))
    return np.stack(points)


def _same_path(ours: Array, theirs: Any, whose: str) -> None:
    apart = np.abs(ours - np.array(theirs, dtype=np.float64)).max(axis=-1)
    allowed = TOLERANCE * np.maximum.accumulate(np.abs(ours).max(axis=-1))
    wrong = ~(apart <= allowed)
    t = int(np.argmax(wrong))
    _expect(
        not wrong.any(), f"from step {t} on it goes another way than {whose}, by {apart[t]:.2g}"
    )


def _varied(rule_class: type[Rule]) -> Rule:
    """Return the rule with other numbers than its defaults, so that none is without effect."""
    plain = rule_class()
    own = {n: 0.9 * value if value else 0.1 for n, value in plain.hyper_parameters().items()}
    if "eps" in own:
        own["eps"] = 1e-3  # large enough to show where it stands
    try:
        return replace(plain, **own)
    except ValueError:  # outside a range of the rule's own
        return plain


def _arrays(rule_class: type[Rule], count: int) -> Array:
    """Return arrays of the shape that the rule sees, with entries of ordinary size."""
    shape = SHAPE if issubclass(rule_class, MatrixRule) else (5,)
    return np.random.default_rng(0).uniform(0.1, 2.0, size=(count, *shape))


def _begun(rule: Rule, x: Array) -> tuple[Array, ...]:
    starts = rule.start(x)
    if isinstance(rule, MatrixRule):
        return tuple(map(np.asarray, starts))
    return tuple(np.array(np.broadcast_to(start, x.shape), dtype=np.float64) for start in starts)


def _placed(rule: Rule) -> Rule:
    return PerLayer([("W", SHAPE, rule)]) if isinstance(rule, MatrixRule) else rule
