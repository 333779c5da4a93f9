"""Which function of which library computes which rule, and where the two differ.

The table `PEERS` is the whole of it: rule, library, arguments, difference. It imports no library,
so that the live comparison (`libraries.py`, where the libraries are) and the one with stored
values (`test_golden.py`, everywhere) read the same lines.

A difference is not waved through with a wide tolerance. It is one sentence, and beside it stands
the rule, with other hyper-parameters, that the library then equals to rounding: mostly a schedule
for eps, because it is eps on which no two libraries agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from minioptim import rules
from minioptim.problems import Array, Function, Problem, Quadratic
from minioptim.rules import Rule
from minioptim.run import minimize
from minioptim.schedules import Cosine, StepDecay

STEPS = 320
TOLERANCE = 1e-12


def valley(p: Array) -> Array:
    """Return Rosenbrock's function with 1/2 in place of both his 1 and his 100: (..., 2) to (...).

    The bent valley is the same and not convex either, but its sides are no steeper than the
    quadratic's. On his, a step that suits the quadratic tumbles about, and a rounding error grows
    tenfold in a few steps: two texts of one rule part for reasons that are not the rule's.
    """
    x, y = p[..., 0], p[..., 1]
    return ((1 - x) ** 2 + (y - x**2) ** 2) / 2


def valley_gradient(p: Array) -> Array:
    """Return the gradient of `valley`."""
    x, y = p[..., 0], p[..., 1]
    return np.stack([x - 1 - 2 * x * (y - x**2), y - x**2], axis=-1)


# Condition number 1000, turned out of the axes by a reflection; plain descent is stable up to
# lr = 0.2.
PROBLEMS: dict[str, Problem] = {
    "quadratic": Quadratic([0.01, 1.0, 10.0], rotation=np.eye(3) - 2 / 3),
    "valley": Function(valley, valley_gradient, start=(-1.2, 1.0)),
}

States = Sequence[Mapping[str, Array]]


@dataclass(frozen=True)
class Peer:
    """A library's function that computes a rule, and how it differs from it.

    Attributes
    ----------
    library, name : str
        Where it is, and what it is called there.
    arguments : dict
        What it is called with. A string names a hyper-parameter of the rule, a tuple several of
        them; all else is passed as it stands.
    difference : str
        One sentence; empty if there is none.
    as_rule : callable, rule to rule
        The rule that the peer equals, with the difference put into its hyper-parameters.
    as_step : callable, (rule, states) to rule, or None
        The same for a difference that depends on the state: the rule for step ``len(states)``,
        from the states reached by all steps up to and with that one.
    schedules : bool
        Whether the two agree also while the learning rate changes.
    point : str
        What the library stores as its parameter: our "x", or our "query".
    """

    library: str
    name: str
    arguments: Mapping[str, Any]
    difference: str = ""
    as_rule: Callable[[Any], Rule] = field(default=lambda rule: rule)
    as_step: Callable[[Any, States], Rule] | None = None
    schedules: bool = True
    point: str = "x"


@dataclass(frozen=True)
class Absent:
    """That a library has no such function, and why nothing in it comes close."""

    library: str
    reason: str


# --- The differences, as hyper-parameters -------------------------------------------------------


def first_step_undamped(rule: Any) -> Rule:
    """Return the rule whose average starts as the first gradient itself: beta is 0 at t = 1."""
    return replace(rule, beta=lambda t: rule.beta if t > 1 else 0.0)


def eps_hat(rule: Any) -> Rule:
    """Return the rule with eps beside the uncorrected root of v: larger by 1/sqrt(1 - beta2^t)."""
    return replace(rule, eps=lambda t: rule.eps / math.sqrt(1 - rule.beta2**t))


def second_moment_uncorrected(rule: Any) -> Rule:
    """Return the rule that leaves v uncorrected: lr and eps larger by 1/sqrt(1 - beta2^t)."""
    return replace(eps_hat(rule), lr=lambda t: rule.at(t).lr / math.sqrt(1 - rule.beta2**t))


def eps_in_accumulator(rule: Any) -> Rule:
    """Return the rule whose sum of squares starts eps higher: eps inside the root, since G adds."""
    return replace(rule, eps=0.0, initial_accumulator=rule.initial_accumulator + rule.eps)


def eps_inside(rule: Any, mean_square: Array) -> Rule:
    """Return the rule with eps inside the root: outside, sqrt(v + eps) - sqrt(v) does the same."""
    return replace(rule, eps=np.sqrt(mean_square + rule.eps) - np.sqrt(mean_square))


def rms_eps_inside(rule: Any, states: States) -> Rule:
    """Apply `eps_inside` to the mean of squares."""
    return eps_inside(rule, states[-1]["v"])


def variance_eps_inside(rule: Any, states: States) -> Rule:
    """Apply `eps_inside` to the variance."""
    return eps_inside(rule, states[-1]["s"])


def eps_beside_norm(rule: Any, states: States) -> Rule:
    """Return the rule with eps added to u when dividing: lr smaller by u / (u + eps)."""
    u = states[-1]["u"]
    return replace(rule, eps=0.0, lr=rule.lr * u / (u + rule.eps))


def max_of_corrected(rule: Any, states: States) -> Rule:
    """Return the rule whose maximum is that of the corrected v: eps larger by what the root gains.

    The correction shrinks with t, so the maximum of the corrected v is never the smaller one.
    """
    t = np.arange(1, len(states) + 1)[:, np.newaxis]
    corrected = np.array([one["v"] for one in states]) / (1 - rule.beta2**t)
    ours = states[-1]["v_max"] / (1 - rule.beta2 ** len(states))
    gain = np.sqrt(np.max(corrected, axis=0)) - np.sqrt(ours)
    # A gain of 0 may come out as -1e-17, and no eps is negative.
    return replace(rule, eps=rule.eps + np.maximum(gain, 0.0))


# --- The table ----------------------------------------------------------------------------------

TORCH, KERAS, OPTAX = LIBRARIES = ("PyTorch", "Keras", "Optax")

# The arguments that several rules share, in each library's own names.
TORCH_ADAM = {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "eps"}
KERAS_ADAM = {"learning_rate": "lr", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}
OPTAX_ADAM = {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}
TORCH_RMSPROP = {"lr": "lr", "alpha": "rho", "eps": "eps"}
KERAS_RMSPROP = {"learning_rate": "lr", "rho": "rho", "epsilon": "eps"}
OPTAX_RMSPROP = {"learning_rate": "lr", "decay": "rho", "eps": "eps"}
KERAS_SGD = {"learning_rate": "lr", "momentum": "momentum"}

LR_OUTSIDE = "The lr stands outside the velocity: equal only while lr is constant."
LR_INSIDE = "The lr stands inside the velocity: equal only while lr is constant."
LOOK_AHEAD = "The parameter is the look-ahead point: its iterates are our query points"
EPS_INSIDE = "Its eps is inside the root."
EPS_HAT = "Its eps is added to the uncorrected root of v (the paper's epsilon hat)."

PEERS: dict[type[Rule], tuple[Peer | Absent, ...]] = {
    rules.GradientDescent: (
        Peer(TORCH, "SGD", {"lr": "lr"}),
        Peer(KERAS, "SGD", {"learning_rate": "lr"}),
        Peer(OPTAX, "sgd", {"learning_rate": "lr"}),
    ),
    rules.Momentum: (
        Peer(TORCH, "SGD", {"lr": "lr", "momentum": "momentum"}, LR_OUTSIDE, schedules=False),
        Peer(KERAS, "SGD", KERAS_SGD),
        Peer(OPTAX, "sgd", KERAS_SGD, LR_OUTSIDE, schedules=False),
    ),
    rules.BufferMomentum: (
        Peer(TORCH, "SGD", {"lr": "lr", "momentum": "momentum"}),
        Peer(KERAS, "SGD", KERAS_SGD, LR_INSIDE, schedules=False),
        Peer(OPTAX, "sgd", KERAS_SGD),
    ),
    rules.EWMAMomentum: (
        Peer(
            TORCH,
            "SGD",
            {"lr": "lr", "momentum": "beta", "dampening": "beta"},
            "Its average starts as the first gradient, undamped.",
            as_rule=first_step_undamped,
        ),
        Absent(KERAS, "Its SGD has no dampening, and none of its rules is a mean of gradients."),
        Peer(OPTAX, "ema", {"learning_rate": "lr", "decay": "beta", "debias": False}),
    ),
    rules.Nesterov: (
        Peer(
            TORCH,
            "SGD",
            {"lr": "lr", "momentum": "momentum", "nesterov": True},
            f"{LOOK_AHEAD}, while lr is constant.",
            point="query",
            schedules=False,
        ),
        Peer(KERAS, "SGD", KERAS_SGD | {"nesterov": True}, f"{LOOK_AHEAD}.", point="query"),
        Peer(
            OPTAX,
            "sgd",
            KERAS_SGD | {"nesterov": True},
            f"{LOOK_AHEAD}, while lr is constant.",
            point="query",
            schedules=False,
        ),
    ),
    rules.Adagrad: (
        Peer(
            TORCH,
            "Adagrad",
            {"lr": "lr", "eps": "eps", "initial_accumulator_value": "initial_accumulator"},
        ),
        Peer(
            KERAS,
            "Adagrad",
            {
                "learning_rate": "lr",
                "epsilon": "eps",
                "initial_accumulator_value": "initial_accumulator",
            },
            EPS_INSIDE,
            as_rule=eps_in_accumulator,
        ),
        Peer(
            OPTAX,
            "adagrad",
            {
                "learning_rate": "lr",
                "eps": "eps",
                "initial_accumulator_value": "initial_accumulator",
            },
            EPS_INSIDE,
            as_rule=eps_in_accumulator,
        ),
    ),
    rules.RMSProp: (
        Peer(TORCH, "RMSprop", TORCH_RMSPROP),
        Peer(KERAS, "RMSprop", KERAS_RMSPROP, EPS_INSIDE, as_step=rms_eps_inside),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP | {"eps_in_sqrt": False}),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP, EPS_INSIDE, as_step=rms_eps_inside),
    ),
    rules.CenteredRMSProp: (
        Peer(TORCH, "RMSprop", TORCH_RMSPROP | {"centered": True}),
        Peer(
            KERAS,
            "RMSprop",
            KERAS_RMSPROP | {"centered": True},
            EPS_INSIDE,
            as_step=variance_eps_inside,
        ),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP | {"centered": True, "eps_in_sqrt": False}),
        Peer(
            OPTAX,
            "rmsprop",
            OPTAX_RMSPROP | {"centered": True},
            EPS_INSIDE,
            as_step=variance_eps_inside,
        ),
    ),
    rules.Adadelta: (
        Peer(TORCH, "Adadelta", {"lr": "lr", "rho": "rho", "eps": "eps"}),
        Peer(KERAS, "Adadelta", {"learning_rate": "lr", "rho": "rho", "epsilon": "eps"}),
        Peer(OPTAX, "adadelta", {"learning_rate": "lr", "rho": "rho", "eps": "eps"}),
    ),
    rules.Adam: (
        Peer(TORCH, "Adam", TORCH_ADAM),
        Peer(KERAS, "Adam", KERAS_ADAM, EPS_HAT, as_rule=eps_hat),
        Peer(OPTAX, "adam", OPTAX_ADAM),
    ),
    rules.AdaMax: (
        Peer(TORCH, "Adamax", TORCH_ADAM),
        Peer(
            KERAS,
            "Adamax",
            KERAS_ADAM,
            "Its eps is added to u when dividing, not to the gradient's size.",
            as_step=eps_beside_norm,
        ),
        Peer(OPTAX, "adamax", OPTAX_ADAM),
    ),
    rules.AMSGrad: (
        Peer(TORCH, "Adam", TORCH_ADAM | {"amsgrad": True}),
        Peer(KERAS, "Adam", KERAS_ADAM | {"amsgrad": True}, EPS_HAT, as_rule=eps_hat),
        Peer(
            OPTAX,
            "amsgrad",
            OPTAX_ADAM,
            "Its maximum is that of the corrected second moment.",
            as_step=max_of_corrected,
        ),
        Peer(
            OPTAX,
            "amsgrad",
            OPTAX_ADAM | {"bias_correction_nu": False},
            "Told so, it corrects m alone.",
            as_rule=second_moment_uncorrected,
        ),
    ),
    rules.NAdam: (
        Peer(TORCH, "NAdam", TORCH_ADAM | {"momentum_decay": "psi"}),
        Peer(
            KERAS,
            "Nadam",
            KERAS_ADAM,
            "Its psi is 1.",
            as_rule=lambda rule: replace(rule, psi=1.0),
        ),
        Peer(
            OPTAX,
            "nadam",
            OPTAX_ADAM,
            "Its momentum is beta1 throughout: psi is infinite.",
            as_rule=lambda rule: replace(rule, psi=math.inf),
        ),
    ),
    rules.AdamW: (
        Peer(TORCH, "AdamW", TORCH_ADAM | {"weight_decay": "weight_decay"}),
        Peer(
            KERAS,
            "AdamW",
            KERAS_ADAM | {"weight_decay": "weight_decay"},
            EPS_HAT,
            as_rule=eps_hat,
        ),
        Peer(OPTAX, "adamw", OPTAX_ADAM | {"weight_decay": "weight_decay"}),
    ),
}

# For each rule its defaults, an ordinary choice, a large eps, for a small one would hide where it
# stands, a large lr, and one that changes. Where a rule settles into a restless cycle, rounding is
# amplified too; the numbers keep out of there. So does centred RMSProp's eps, its default being
# 1e-8: the variance is a difference of nearly equal numbers until gradients have varied.
DECAYING = Cosine(0.15, steps=STEPS)
STAIRS = StepDecay(0.1, factor=0.1, every=60)
HYPER: dict[type[Rule], tuple[Rule, ...]] = {
    rules.GradientDescent: (
        rules.GradientDescent(),
        rules.GradientDescent(lr=0.001),
        rules.GradientDescent(lr=DECAYING),
    ),
    rules.Momentum: (
        rules.Momentum(),
        rules.Momentum(lr=0.0005, momentum=0.9),
        rules.Momentum(lr=DECAYING, momentum=0.8),
        rules.Momentum(lr=STAIRS, momentum=0.95),
    ),
    rules.BufferMomentum: (
        rules.BufferMomentum(),
        rules.BufferMomentum(lr=0.0005, momentum=0.9),
        rules.BufferMomentum(lr=DECAYING, momentum=0.8),
        rules.BufferMomentum(lr=STAIRS, momentum=0.95),
    ),
    rules.EWMAMomentum: (
        rules.EWMAMomentum(),
        rules.EWMAMomentum(lr=0.003, beta=0.8),
        rules.EWMAMomentum(lr=DECAYING, beta=0.5),
    ),
    rules.Nesterov: (
        rules.Nesterov(),
        rules.Nesterov(lr=0.0003, momentum=0.9),
        rules.Nesterov(lr=DECAYING, momentum=0.5),
    ),
    rules.Adagrad: (
        rules.Adagrad(),
        rules.Adagrad(lr=0.5, eps=0.0),
        rules.Adagrad(lr=5.0, eps=0.1),
        rules.Adagrad(lr=0.1, eps=1e-3, initial_accumulator=0.1),
        rules.Adagrad(lr=DECAYING, eps=1e-7),
    ),
    rules.RMSProp: (
        rules.RMSProp(),
        rules.RMSProp(lr=0.001, rho=0.99, eps=0.0),
        rules.RMSProp(lr=0.01, rho=0.9, eps=0.1),
        rules.RMSProp(lr=0.5, rho=0.99, eps=10.0),
        rules.RMSProp(lr=DECAYING, rho=0.95, eps=1.0),
    ),
    rules.CenteredRMSProp: (
        rules.CenteredRMSProp(eps=0.05),
        rules.CenteredRMSProp(lr=0.001, rho=0.99, eps=0.01),
        rules.CenteredRMSProp(lr=0.01, rho=0.9, eps=0.1),
        rules.CenteredRMSProp(lr=0.1, rho=0.99, eps=0.5),
        rules.CenteredRMSProp(lr=DECAYING, rho=0.95, eps=0.5),
    ),
    rules.Adadelta: (
        rules.Adadelta(),
        rules.Adadelta(lr=0.001, rho=0.95, eps=1e-7),
        rules.Adadelta(lr=1.0, rho=0.9, eps=1e-6),
        rules.Adadelta(lr=10.0, rho=0.99, eps=1e-6),
        rules.Adadelta(lr=DECAYING, rho=0.99, eps=1e-3),
    ),
    rules.Adam: (
        rules.Adam(),
        rules.Adam(lr=0.1, eps=0.0),
        rules.Adam(lr=0.05, beta1=0.5, beta2=0.9, eps=0.1),
        rules.Adam(lr=2.0, beta1=0.95, beta2=0.99, eps=1e-3),
        rules.Adam(lr=DECAYING, eps=1e-2),
    ),
    rules.AdaMax: (
        rules.AdaMax(),
        rules.AdaMax(lr=0.1, eps=0.0),
        rules.AdaMax(lr=0.05, beta1=0.5, beta2=0.9, eps=0.1),
        rules.AdaMax(lr=2.0, beta1=0.95, beta2=0.99, eps=1e-3),
        rules.AdaMax(lr=DECAYING, eps=1e-2),
    ),
    rules.AMSGrad: (
        rules.AMSGrad(),
        rules.AMSGrad(lr=0.1, eps=0.0),
        rules.AMSGrad(lr=0.05, beta1=0.5, beta2=0.9, eps=0.1),
        rules.AMSGrad(lr=2.0, beta1=0.95, beta2=0.99, eps=1e-3),
        rules.AMSGrad(lr=DECAYING, eps=1e-2),
    ),
    rules.NAdam: (
        rules.NAdam(),
        rules.NAdam(lr=0.1, eps=0.0, psi=1.0),
        rules.NAdam(lr=0.05, beta1=0.5, beta2=0.9, eps=1.0, psi=math.inf),
        rules.NAdam(lr=2.0, beta1=0.95, eps=1.0, psi=0.02),
        rules.NAdam(lr=DECAYING, eps=1e-2, psi=0.0),
    ),
    rules.AdamW: (
        rules.AdamW(),
        rules.AdamW(lr=0.1, eps=0.0, weight_decay=0.0001),
        rules.AdamW(lr=0.05, beta1=0.5, beta2=0.9, eps=0.1, weight_decay=1.0),
        rules.AdamW(lr=2.0, beta1=0.95, beta2=0.99, eps=1e-3, weight_decay=0.004),
        rules.AdamW(lr=DECAYING, eps=1e-2, weight_decay=0.1),
    ),
}

# The largest lr that is stable on the quadratic, and the first that is not. The limits follow from
# its largest eigenvalue: 0.2 for plain descent, 3.8 / 10 for the heavy ball with momentum 0.9,
# ten times as much for the average, and 3.8 / 28 for Nesterov.
AT_THE_LIMIT: dict[type[Rule], tuple[Rule, ...]] = {
    rules.GradientDescent: (
        rules.GradientDescent(lr=0.199),
        rules.GradientDescent(lr=0.201),
        rules.GradientDescent(lr=2.0),
    ),
    rules.Momentum: (rules.Momentum(lr=0.379), rules.Momentum(lr=0.39)),
    rules.BufferMomentum: (rules.BufferMomentum(lr=0.379), rules.BufferMomentum(lr=0.39)),
    rules.EWMAMomentum: (rules.EWMAMomentum(lr=3.79), rules.EWMAMomentum(lr=3.9)),
    rules.Nesterov: (rules.Nesterov(lr=0.135), rules.Nesterov(lr=0.4)),
    rules.AdamW: (rules.AdamW(lr=1.9, weight_decay=1.0), rules.AdamW(lr=2.5, weight_decay=1.0)),
}


class Case(NamedTuple):
    """One comparison: a rule with its hyper-parameters, a peer of it, a problem."""

    rule: Any
    peer: Peer
    problem: str

    def __str__(self) -> str:
        given = ", ".join(f"{key}={value!r}" for key, value in self.peer.arguments.items())
        return f"{self.rule} on {self.problem} = {self.peer.library} {self.peer.name}({given})"


def all_cases() -> Iterator[Case]:
    """Yield every comparison that the two tables call for."""
    for kind, peers in PEERS.items():
        sets = [(rule, problem) for rule in HYPER[kind] for problem in PROBLEMS]
        sets += [(rule, "quadratic") for rule in AT_THE_LIMIT.get(kind, ())]
        for rule, problem in sets:
            for peer in peers:
                if isinstance(peer, Peer) and (peer.schedules or not callable(rule.lr)):
                    yield Case(rule, peer, problem)


def arguments_of(peer: Peer, rule: Rule) -> dict[str, Any]:
    """Return the arguments of the peer, with the rule's hyper-parameters put in."""

    def value(given: Any) -> Any:
        if isinstance(given, tuple):
            return tuple(getattr(rule, name) for name in given)
        return getattr(rule, given) if isinstance(given, str) else given

    return {name: value(given) for name, given in peer.arguments.items()}


# --- Our side -----------------------------------------------------------------------------------


def iterates(case: Case, steps: int = STEPS) -> Array:
    """Return what the package says that the peer's parameter is, after 0, 1, ..., steps steps."""
    problem = PROBLEMS[case.problem]
    if case.peer.as_step is not None:
        return _iterates_by_state(case, case.peer.as_step, steps)
    rule = case.peer.as_rule(case.rule)
    if case.peer.point == "query":
        # The parameter after n steps is where step n + 1 asks.
        return minimize(problem, rule, steps=steps + 1, record=["query"]).query
    return minimize(problem, rule, steps=steps, record=["x"]).x


def _iterates_by_state(case: Case, as_step: Callable[[Any, States], Rule], steps: int) -> Array:
    """Step twice: once for the state, which no eps enters, and then for the point."""
    problem = PROBLEMS[case.problem]
    x = np.asarray(problem.start, dtype=np.float64)
    state = case.rule.start(0.0)
    points, states = [x], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for t in range(1, steps + 1):
            g = np.asarray(problem.gradient(x))
            now = case.rule.at(t)
            _, *new = replace(now, eps=0.0).step(g, x, t, *state)
            states.append(dict(zip(case.rule.state, new, strict=True)))
            x, *_ = as_step(now, states).step(g, x, t, *state)
            state = tuple(new)
            points.append(x)
    return np.stack(points)


def deviation(ours: Array, theirs: Array, rows: Any = slice(None)) -> float:
    """Return by how much two runs of shape (n, d) differ, relative to how far they have been.

    The error at a point is divided by the largest coordinate of our run up to there, the start
    included. So a coordinate may pass through 0, and the last steps of a run that diverges do not
    excuse the first.

    Parameters
    ----------
    ours : array of shape (n, d)
        Our run, whole.
    theirs : array of shape (m, d)
        The library's, whole or some rows of it.
    rows : index of m rows
        Which rows of ours they are.

    Returns
    -------
    float
        The largest relative error; infinity if one run overflows at another row than the other.
    """
    size = np.maximum.accumulate(np.abs(ours).max(axis=-1))[rows]
    ours = ours[rows]
    finite = np.isfinite(theirs).all(axis=-1)
    if (np.isfinite(ours).all(axis=-1) != finite).any():
        return math.inf
    return float((np.abs(ours - theirs).max(axis=-1)[finite] / size[finite]).max())
