"""Rules that see a layer's matrix, and a rule that gives each layer of a model its own rule.

The rules of the course treat every coordinate separately. These do not: the update of one number
depends on the whole matrix that contains it. They therefore run only on arrays, are not translated,
and make the runs of a batch one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from minioptim._arguments import Array, Real, numbers, whole
from minioptim.rules.base import Rule

# Chosen to raise small singular values quickly, not to bring all of them to 1.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5


@dataclass(frozen=True)
class MatrixRule(Rule):
    r"""A rule that sees the parameters of one run at once: a layer's matrix, or the whole vector.

    Inside ``step`` and ``query``, g and x are the arrays of one run and the hyper-parameters are
    its own numbers, even in a batch of runs. Used directly, the rule sees x as a vector (d,); in
    `PerLayer` it sees each layer in the layer's shape. A state may have any shape, set by what
    `start` returns for it.
    """

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return the initial array of each state, in the order of ``state``: zeros like x."""
        return tuple(np.zeros_like(x) for _ in self.state)


def newton_schulz(M: Array, eps: float = 1e-7) -> Array:
    r"""Bring the singular values of a matrix close to 1, and keep its singular vectors.

    .. math::
        X_0 &= M / (\lVert M \rVert_F + \mathrm{eps}) \\
        X_k &= a\, X_{k-1} + b\, (X_{k-1} X_{k-1}^\top)\, X_{k-1} \\
            &\quad + c\, (X_{k-1} X_{k-1}^\top)^2\, X_{k-1}, \qquad k = 1, \dots, 5

    with a = 3.4445, b = -4.7750 and c = 2.0315. It stops after five steps: a singular value above
    0.002 of the norm ends between 0.68 and 1.21, and a smaller one ends lower. The result is
    therefore not an orthogonal matrix.

    Parameters
    ----------
    M : array of shape (p, q)
        The matrix.
    eps : float, >= 0
        Keeps the quotient finite if M is 0.

    Returns
    -------
    array of shape (p, q)

    Raises
    ------
    ValueError
        M is not a matrix.

    References
    ----------
    Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.

    Examples
    --------
    >>> newton_schulz(np.diag([4.0, 2.0, 0.001])).diagonal().round(2).tolist()
    [0.69, 1.11, 0.11]
    """
    if M.ndim != 2:
        raise ValueError(f"M must be a matrix of shape (p, q), got shape {M.shape}")
    if M.shape[0] > M.shape[1]:  # to form the smaller of the two products
        return newton_schulz(M.T, eps).T
    a, b, c = NEWTON_SCHULZ
    X = M / (np.linalg.norm(M) + eps)
    for _ in range(NEWTON_SCHULZ_STEPS):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return np.asarray(X)


@dataclass(frozen=True)
class HeavyBallMuon(MatrixRule):
    r"""Muon without look-ahead: the step is the moving average, with singular values near 1.

    .. math::
        m_t &= \mathrm{beta}\; m_{t-1} + (1 - \mathrm{beta})\; g_t \\
        O_t &= \operatorname{NewtonSchulz}(m_t) \\
        x_t &= x_{t-1} - \mathrm{lr}\, \Big( \sqrt{\max(1, q / p)}\; O_t
            + \mathrm{weight\_decay}\; x_{t-1} \Big)

    with matrices of shape (p, q), p inputs and q outputs, and the five steps of `newton_schulz`.

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate: roughly the singular values of a step if q is at most p.
    beta : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average.
    eps : float or array of shape S, >= 0, or a schedule
        Added to the norm by which the matrix is divided before the Newton-Schulz steps.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the pull of each weight towards zero.

    State
    -----
    m : the moving average of gradients, of the shape of x; starts at 0.

    In the libraries
    ----------------
    Optax's ``muon(nesterov=False)``, except that it corrects m, which the norm cancels again.
    PyTorch's ``Muon(nesterov=False)`` rounds to 16 bits inside, takes max(norm, eps) and stores
    a layer as (q, p).

    References
    ----------
    Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.

    Examples
    --------
    >>> rule = HeavyBallMuon(lr=0.1, beta=0.5)
    >>> x, m = rule.step(g=np.diag([4.0, 2.0]), x=np.zeros((2, 2)), t=1, m=np.zeros((2, 2)))
    >>> x.diagonal().round(3).tolist(), m.diagonal().tolist()
    ([-0.069, -0.111], [2.0, 1.0])
    """

    lr: Real = 0.02
    beta: Real = 0.95
    eps: Real = 1e-7
    weight_decay: Real = 0.0

    state = ("m",)

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return zeros like x, or raise an error if x is not a matrix."""
        if np.ndim(x) != 2:
            raise ValueError(
                f"{type(self).__name__} moves a matrix, got x of shape {np.shape(x)}: "
                "give a model's layers their rules with PerLayer"
            )
        return super().start(x)

    def step(self, g: Array, x: Array, t: int, m: Array) -> tuple[Array, Array]:
        m = self.beta * m + (1 - self.beta) * g
        O = newton_schulz(m, self.eps)  # noqa: E741  the letter of the equation
        p, q = x.shape
        return x - self.lr * (np.sqrt(max(1, q / p)) * O + self.weight_decay * x), m


@dataclass(frozen=True)
class Muon(HeavyBallMuon):
    r"""Muon: momentum whose step has singular values near 1, whatever those of the gradient are.

    .. math::
        m_t &= \mathrm{beta}\; m_{t-1} + (1 - \mathrm{beta})\; g_t \\
        u_t &= \mathrm{beta}\; m_t + (1 - \mathrm{beta})\; g_t \\
        O_t &= \operatorname{NewtonSchulz}(u_t) \\
        x_t &= x_{t-1} - \mathrm{lr}\, \Big( \sqrt{\max(1, q / p)}\; O_t
            + \mathrm{weight\_decay}\; x_{t-1} \Big)

    with matrices of shape (p, q), p inputs and q outputs, and the five steps of `newton_schulz`.

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate: roughly the singular values of a step if q is at most p.
    beta : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average, and of the new average in the look-ahead.
    eps : float or array of shape S, >= 0, or a schedule
        Added to the norm by which the matrix is divided before the Newton-Schulz steps.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the pull of each weight towards zero.

    State
    -----
    m : the moving average of gradients, of the shape of x; starts at 0.

    In the libraries
    ----------------
    PyTorch's ``Muon`` is this form, except that it rounds to 16 bits inside, takes max(norm, eps),
    stores a layer as (q, p), and has the defaults lr 0.001 and weight_decay 0.1. Optax's ``muon``
    corrects m_t and g_t for the start at 0 before it adds them, which changes the direction while t
    is small.

    References
    ----------
    Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.
    Liu et al. (2025), Muon is scalable for LLM training (its weight decay).

    Examples
    --------
    >>> rule = Muon(lr=0.1, beta=0.5)
    >>> x, m = rule.step(g=np.diag([4.0, 2.0]), x=np.zeros((2, 2)), t=1, m=np.zeros((2, 2)))
    >>> x.diagonal().round(3).tolist(), m.diagonal().tolist()
    ([-0.069, -0.111], [2.0, 1.0])
    """

    def step(self, g: Array, x: Array, t: int, m: Array) -> tuple[Array, Array]:
        m = self.beta * m + (1 - self.beta) * g
        u = self.beta * m + (1 - self.beta) * g
        O = newton_schulz(u, self.eps)  # noqa: E741
        p, q = x.shape
        return x - self.lr * (np.sqrt(max(1, q / p)) * O + self.weight_decay * x), m


MATRIX_RULES: tuple[type[MatrixRule], ...] = (HeavyBallMuon, Muon)
"""Every matrix rule, in the order in which they stand."""


class Part(NamedTuple):
    """One layer of the vector x: its name, its shape, and the rule that updates it."""

    name: str
    shape: tuple[int, ...]
    rule: Rule

    @property
    def seen(self) -> tuple[int, ...]:
        """The shape in which the rule sees it: a vector, unless it is a rule for matrices."""
        return self.shape if isinstance(self.rule, MatrixRule) else (math.prod(self.shape),)


class Layered(Protocol):
    """A model whose parameters x are layers of weights and biases, one after the other."""

    @property
    def dimension(self) -> int:
        """Number of parameters, d."""

    def layers(self, x: Array) -> Sequence[tuple[Array, Array]]:
        """Return the weights and biases of each layer as views of x, in the order of x."""


@dataclass(frozen=True)
class PerLayer(MatrixRule):
    r"""Give each layer of a model its own rule; x holds the layers one after the other.

    Its states are those of the parts' rules, each prefixed with the part's name: ``W1.m`` is the m
    of the first weights. A trace records them under these names: ``trace.state["W1.m"]`` has shape
    (n + 1, \*S, p, q) for a matrix rule, and (n + 1, \*S, size of the part) for any other.

    Parameters
    ----------
    parts : sequence of (name, shape, rule)
        The parts of x in order, without gaps; each is stored row by row. Rules for matrices see
        their part in its shape, all others as a vector.

    Raises
    ------
    TypeError
        A part is not a name, a shape and a rule.
    ValueError
        Two parts have the same name, or a size is below 1. When a run begins: the parts together
        do not have as many numbers as x.

    Examples
    --------
    >>> from minioptim import Adam, minimize
    >>> from minioptim.problems import Quadratic
    >>> rule = PerLayer([("W", (2, 3), Muon(lr=0.1)), ("b", (3,), Adam(lr=0.1))])
    >>> trace = minimize(Quadratic(np.ones(9)), rule, np.ones(9), steps=4)
    >>> {name: state.shape for name, state in trace.state.items()}
    {'W.m': (5, 2, 3), 'b.m': (5, 3), 'b.v': (5, 3)}
    """

    parts: Sequence[tuple[str, tuple[int, ...], Rule]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", self._parts)
        names = [part.name for part in self._parts]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"parts must have different names, got {names}")
        own = tuple(f"{part.name}.{name}" for part in self._parts for name in part.rule.state)
        object.__setattr__(self, "state", own)

    @classmethod
    def of(cls, model: Layered, weights: Rule, biases: Rule, last: Rule | None = None) -> PerLayer:
        """Return the rule for a model with `layers`, such as a `minioptim.losses.MLP`.

        Parameters
        ----------
        model : Classifier, or anything with ``dimension`` and ``layers``
            The model. Its parts are called W1, b1, W2, b2, ...
        weights : Rule
            Updates the weights of each layer.
        biases : Rule
            Updates the biases.
        last : Rule, optional
            Updates the weights of the last layer; with Muon, Adam usually updates these.

        Raises
        ------
        TypeError, ValueError
            As for the class.

        Examples
        --------
        >>> from minioptim import Adam
        >>> from minioptim.datasets import digits
        >>> from minioptim.losses import MLP
        >>> model = MLP(digits().train, hidden=(16,))
        >>> rule = PerLayer.of(model, weights=Muon(), biases=Adam(), last=Adam())
        >>> for name, shape, its_rule in rule.parts:
        ...     print(name, shape, type(its_rule).__name__)
        W1 (64, 16) Muon
        b1 (16,) Adam
        W2 (16, 10) Adam
        b2 (10,) Adam
        """
        layers = list(model.layers(np.zeros(model.dimension)))
        parts = []
        for i, (W, b) in enumerate(layers, start=1):
            of_weights = last if last is not None and i == len(layers) else weights
            parts += [(f"W{i}", W.shape, of_weights), (f"b{i}", b.shape, biases)]
        return cls(parts)

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return the initial states of all parts, or raise an error if x does not fit the parts."""
        size = sum(math.prod(part.shape) for part in self._parts)
        if np.shape(x) != (size,):
            raise ValueError(f"the parts hold {size} numbers, got x of shape {np.shape(x)}")
        states: list[Array] = []
        for part, place in self._places:
            values = part.rule.start(x[place].reshape(part.seen))
            if len(values) != len(part.rule.state):
                raise ValueError(
                    f"{part.name}: start must return a value for each of {part.rule.state}, "
                    f"got {values!r}"
                )
            if not isinstance(part.rule, MatrixRule):
                values = tuple(np.broadcast_to(value, part.seen) for value in values)
            states += [np.array(numbers(f"the start in {part.name}", value)) for value in values]
        return tuple(states)

    def query(self, x: Array, *state: Array) -> Array:
        return np.concatenate(
            [
                np.ravel(np.broadcast_to(rule.query(x[place].reshape(part.seen), *own), part.seen))
                for part, place, rule, own in self._shared_out(state)
            ]
        )

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        points: list[Array] = []
        states: list[Array] = []
        for part, place, rule, own in self._shared_out(state):
            result = rule.step(g[place].reshape(part.seen), x[place].reshape(part.seen), t, *own)
            if not isinstance(result, tuple) or len(result) != 1 + len(own):
                names = ", ".join(("x", *rule.state))
                raise TypeError(f"the rule of {part.name} must return ({names},), got {result!r}")
            points.append(np.ravel(result[0]))
            states += result[1:]
        return (np.concatenate(points), *states)

    def hyper_parameters(self) -> dict[str, Real]:
        """Return each hyper-parameter of each part, by names such as ``W1.lr``."""
        return {
            f"{part.name}.{name}": value
            for part in self._parts
            for name, value in part.rule.hyper_parameters().items()
        }

    def at(self, t: int) -> Self:
        """Return the rule at step ``t``, with each schedule replaced by its value."""
        now = tuple(part._replace(rule=part.rule.at(t)) for part in self._parts)
        unchanged = all(new.rule is old.rule for new, old in zip(now, self._parts, strict=True))
        return self if unchanged else replace(self, parts=now)

    def of_run(self, batch: tuple[int, ...], run: tuple[int, ...]) -> Self:
        """Return the rule for a single run of a batch of shape ``batch``, made alone."""
        alone = tuple(part._replace(rule=part.rule.of_run(batch, run)) for part in self._parts)
        return replace(self, parts=alone)

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return tuple(_part(given) for given in self.parts)

    @cached_property
    def _places(self) -> list[tuple[Part, slice]]:
        """The slice of x that holds each part."""
        ends = np.cumsum([math.prod(part.shape) for part in self._parts]).tolist()
        return [
            (part, slice(begin, end))
            for part, begin, end in zip(self._parts, [0, *ends], ends, strict=False)
        ]

    @cached_property
    def _ready(self) -> list[Rule]:
        """Each part's rule in the form in which it would run on a vector of its own."""
        rules = [part.rule for part in self._parts]
        return [rule if isinstance(rule, MatrixRule) else rule.as_arrays() for rule in rules]

    def _shared_out(
        self, state: tuple[Array, ...]
    ) -> Iterator[tuple[Part, slice, Rule, tuple[Array, ...]]]:
        """Yield each part, its place in x, its rule and its own states."""
        begin = 0
        for (part, place), rule in zip(self._places, self._ready, strict=True):
            end = begin + len(rule.state)
            yield part, place, rule, state[begin:end]
            begin = end


def _part(given: Any) -> Part:
    """Return a name, a shape and a rule as a part, or raise an error that says what is wrong."""
    try:
        name, shape, rule = given
        shape = tuple(whole("each size of a part", size, at_least=1) for size in shape)
    except (TypeError, ValueError) as error:
        raise type(error)(f"a part must be (name, shape, rule), got {given!r}: {error}") from error
    if not isinstance(name, str) or not isinstance(rule, Rule):
        raise TypeError(f"a part must be (name, shape, rule), got {given!r}")
    return Part(name, shape, rule)
