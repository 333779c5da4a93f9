"""What is compared with the libraries: which problems, which hyper-parameters, how closely.

What they are compared with stands in `minioptim.libraries`. No library is imported here either,
so that the live comparison (`libraries.py`, where the libraries are) and the one with stored
values (`test_golden.py`, everywhere) read the same lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minioptim import rules
from minioptim._arguments import Array
from minioptim.libraries import PEERS, Peer, peers_of
from minioptim.problems import Function, Problem, Quadratic
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
    rules.Lion: (
        rules.Lion(),
        rules.Lion(lr=0.01, weight_decay=0.1),
        rules.Lion(lr=0.05, beta1=0.5, beta2=0.9, weight_decay=1.0),
        rules.Lion(lr=2.0, beta1=0.95, beta2=0.98),
        rules.Lion(lr=DECAYING, weight_decay=0.01),
    ),
    rules.ScheduleFree: (
        rules.ScheduleFree(),
        rules.ScheduleFree(lr=0.001, beta=0.5),
        rules.ScheduleFree(lr=0.15),
        rules.ScheduleFree(lr=0.1, beta=0.98),
        rules.ScheduleFree(lr=0.3, beta=0.95),
    ),
    rules.ScheduleFreeAdam: (
        rules.ScheduleFreeAdam(),
        rules.ScheduleFreeAdam(lr=0.1, eps=1e-7),
        rules.ScheduleFreeAdam(lr=0.05, beta1=0.5, beta2=0.9, eps=1.0),
        rules.ScheduleFreeAdam(lr=2.0, beta1=0.95, beta2=0.99, eps=20.0),
        rules.ScheduleFreeAdam(lr=DECAYING, eps=1e-2),
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


# A comparison is worth what it refuses. Each line is a rule, a piece of its text, and what stands
# there in some book, course or library, or in anyone's first attempt.
MISTAKES = [
    (rules.GradientDescent, "x - self.lr", "x + self.lr"),
    (rules.GradientDescent, "* g", "* np.sign(g)"),
    (rules.Momentum, "- self.lr * g", "- self.lr * (1 - self.momentum) * g"),
    (rules.Momentum, "return x + v, v", "return x + self.momentum * v - self.lr * g, v"),
    (rules.Momentum, "v = self.momentum * v - self.lr * g\n    return x + v, v",
     "w = self.momentum * v - self.lr * g\n    return x + v, w"),
    (rules.BufferMomentum, "self.momentum * v + g", "self.momentum * v + self.lr * g"),
    (rules.BufferMomentum, "self.momentum * v + g", "self.momentum * (v + g)"),
    (rules.EWMAMomentum, "(1 - self.beta) * g", "g"),
    (rules.EWMAMomentum, "self.lr * v", "self.lr * v / (1 - self.beta**t)"),
    (rules.Nesterov, "x + self.momentum * v", "x"),
    (rules.Nesterov, "x + self.momentum * v", "x + v"),
    (rules.Nesterov, "x + self.momentum * v", "x - self.momentum * v"),
    (rules.Nesterov, "return x + v, v", "return x + self.momentum * v - self.lr * g, v"),
    (rules.Adagrad, "np.sqrt(G) + self.eps", "np.sqrt(G + self.eps)"),
    (rules.Adagrad, "G + g**2", "G + np.abs(g)"),
    (rules.Adagrad, "np.sqrt(G) + self.eps", "np.sqrt(G)"),
    (rules.Adagrad, "(self.initial_accumulator,)", "(0.0,)"),
    (rules.RMSProp, "np.sqrt(v) + self.eps", "np.sqrt(v + self.eps)"),
    (rules.RMSProp, "(1 - self.rho) * g**2", "g**2"),
    (rules.RMSProp, "np.sqrt(v) + self.eps", "np.sqrt(v / (1 - self.rho**t)) + self.eps"),
    (rules.RMSProp, "g**2", "g"),
    (rules.CenteredRMSProp, "(g - m) ** 2", "g**2"),
    (rules.CenteredRMSProp, "(g - m) ** 2", "np.abs(g - m)"),
    (rules.CenteredRMSProp, "self.rho * (s + (1", "(self.rho * s + (1"),
    (rules.CenteredRMSProp, "np.sqrt(s) + self.eps", "np.sqrt(s + self.eps)"),
    (rules.CenteredRMSProp, "self.lr * g", "self.lr * m"),
    (rules.Adadelta, "np.sqrt(d + self.eps) / np.sqrt(v + self.eps)",
     "(np.sqrt(d) + self.eps) / (np.sqrt(v) + self.eps)"),
    (rules.Adadelta, "(1 - self.rho) * delta**2", "(1 - self.rho) * (self.lr * delta) ** 2"),
    (rules.Adadelta, "delta**2", "delta"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps", "v_hat + self.eps"),
    (rules.Adam, "m / (1 - self.beta1**t)", "m"),
    (rules.Adam, "v / (1 - self.beta2**t)", "v"),
    (rules.Adam, "self.beta2**t", "self.beta2**2"),
    (rules.Adam, "self.beta1**t", "self.beta1 ** (t + 1)"),
    (rules.Adam, "self.beta2**t", "self.beta1**t"),
    (rules.Adam, "self.beta1 * m + (1 - self.beta1) * g", "self.beta2 * m + (1 - self.beta2) * g"),
    (rules.Adam, "m_hat / (np.sqrt(v_hat) + self.eps)", "m_hat / np.sqrt(v_hat) + self.eps"),
    (rules.Adam, "np.sqrt(v_hat) + self.eps",
     "np.sqrt(v_hat) + self.eps / np.sqrt(1 - self.beta2**t)"),
    (rules.Adam, "(1 - self.beta2) * g**2", "(1 - self.beta2) * m**2"),
    (rules.AdaMax, "np.abs(g)", "g"),
    (rules.AdaMax, "np.abs(g) + self.eps", "np.abs(g)"),
    (rules.AdaMax, "self.lr / (1 - self.beta1**t)", "self.lr"),
    (rules.AdaMax, "self.beta2 * u", "u"),
    (rules.AdaMax, "np.maximum(self.beta2 * u, np.abs(g) + self.eps)",
     "self.beta2 * u + (1 - self.beta2) * np.abs(g)"),
    (rules.AMSGrad, "np.maximum(v_max, v)", "v"),
    (rules.AMSGrad, "np.maximum(v_max, v)", "np.maximum(v_max, v / (1 - self.beta2**t))"),
    (rules.AMSGrad, "v_max / (1 - self.beta2**t)", "v_max"),
    (rules.AMSGrad, "np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),
    (rules.NAdam, "t * self.psi", "t"),
    (rules.NAdam, "(t + 1) * self.psi", "t * self.psi"),
    (rules.NAdam, "mu_next * m / (1 - mu_product * mu_next)", "mu_next * m / (1 - mu_product)"),
    (rules.NAdam, "(1 - mu) * g / (1 - mu_product) + ", ""),
    (rules.NAdam, "v / (1 - self.beta2**t)", "self.beta2 * v / (1 - self.beta2**t)"),
    (rules.NAdam, "np.sqrt(v_hat) + self.eps",
     "np.sqrt(v_hat) + self.eps / np.sqrt(1 - self.beta2**t)"),
    (rules.NAdam, "(0.0, 0.0, 1.0)", "(0.0, 0.0, 0.0)"),
    (rules.AdamW, "self.weight_decay * x", "self.weight_decay * (x - self.lr * adam)"),
    (rules.AdamW, "self.lr * (adam + self.weight_decay * x)",
     "(self.lr * adam + self.weight_decay * x)"),
    (rules.AdamW, "m = self", "g = g + self.weight_decay * x\n    m = self"),
    (rules.AdamW, " + self.weight_decay * x", ""),
    (rules.Lion, "np.sign(c)", "np.sign(m)"),
    (rules.Lion, "np.sign(c)", "c"),
    (rules.Lion, "self.beta2 * m + (1 - self.beta2) * g", "c"),
    (rules.Lion, "self.lr * (np.sign(c) + self.weight_decay * x)",
     "(self.lr * np.sign(c) + self.weight_decay * x)"),
    (rules.ScheduleFree, "(1 - self.beta) * z + self.beta * x", "x"),
    (rules.ScheduleFree, "(1 - self.beta) * z + self.beta * x",
     "self.beta * z + (1 - self.beta) * x"),
    (rules.ScheduleFree, "(1 - 1 / t) * x + z / t", "(1 - 1 / (t + 1)) * x + z / (t + 1)"),
    (rules.ScheduleFree, "z = z - self.lr * g", "z = self.query(x, z) - self.lr * g"),
    (rules.ScheduleFree, "(x,)", "(0.0,)"),
    (rules.ScheduleFreeAdam, "v / (1 - self.beta2**t)", "v"),
    (rules.ScheduleFreeAdam, "np.sqrt(v_hat) + self.eps", "np.sqrt(v_hat + self.eps)"),
    (rules.ScheduleFreeAdam, "(1 - 1 / t) * x + z / t",
     "self.beta1 * x + (1 - self.beta1) * z"),
    (rules.ScheduleFreeAdam, "(1 - self.beta1) * z + self.beta1 * x", "z"),
]  # fmt: skip


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
    for kind in PEERS:
        sets = [(rule, problem) for rule in HYPER[kind] for problem in PROBLEMS]
        sets += [(rule, "quadratic") for rule in AT_THE_LIMIT.get(kind, ())]
        for rule, problem in sets:
            for peer in peers_of(kind):
                if peer.schedules or not callable(rule.lr):
                    yield Case(rule, peer, problem)


# --- Our side -----------------------------------------------------------------------------------


def iterates(case: Case, steps: int = STEPS) -> Array:
    """Return what the package says that the peer's parameter is, after 0, 1, ..., steps steps."""
    problem = PROBLEMS[case.problem]
    rule = case.peer.as_rule(case.rule)
    if case.peer.point == "query":
        # The parameter after n steps is where step n + 1 asks.
        return minimize(problem, rule, steps=steps + 1, record=["query"]).query
    return minimize(problem, rule, steps=steps, record=["x"]).x


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
