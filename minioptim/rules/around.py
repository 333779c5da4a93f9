r"""Rules around a rule: clipping, weight decay, frozen parts, averages, Lookahead, accumulation.

Each holds another rule and changes what goes into its step or what comes out, so that the text of
a rule stays its equation, and any of them can be combined with any rule. They are imported from
``minioptim.rules``: ``ClippedNorm(AdamW(lr=0.001), largest=1.0)``. They are nested from the outside
in: of ``ClippedNorm(L2(rule, ...), ...)`` the gradient is clipped first, and then the penalty is
added.

In the equations, :math:`g_t` and :math:`x_{t-1}` are what the outer rule receives, and
:math:`\operatorname{rule}(g, x)` is the point to which the inner rule steps from x with gradient g.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from minioptim._arguments import Array, Real, numbers, read_only, whole
from minioptim.rules.base import NOT_NEGATIVE, Rule, checked
from minioptim.rules.matrix import MatrixRule


@dataclass(frozen=True)
class Around(MatrixRule):
    r"""The base of all rules that hold a rule.

    One of your own is a frozen dataclass whose first field is ``rule``, with a ``step`` that calls
    ``self.inner.step``. What it remembers beyond the inner rule is named in ``own_state`` and
    follows the inner rule's state; a schedule may take the place of each hyper-parameter. It sees
    the parameters of one run at once, so a norm is simply the norm; the runs of a batch are made
    one by one.

    Parameters
    ----------
    rule : Rule
        The rule inside.

    Attributes
    ----------
    inner : Rule
        The rule inside, in the form in which its step is called.

    Raises
    ------
    TypeError
        ``rule`` is not a rule, or a hyper-parameter is not a number, an array of numbers or a
        schedule.
    ValueError
        A hyper-parameter lies outside its range, or a state would have the name of another.
    """

    rule: Rule

    own_state: ClassVar[tuple[str, ...]] = ()
    # Fields that are no hyper-parameters: the same for all runs of a batch, and at each step.
    # An array among them has the shape of x.
    constants: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            hint = f": write {self.rule.__name__}(...)" if isinstance(self.rule, type) else ""
            raise TypeError(f"rule must be a rule such as Adam(), got {self.rule!r}{hint}")
        for name, value in self._own().items():
            if not callable(value):
                object.__setattr__(self, name, checked(name, value))
        if twice := set(self.rule.state) & set(self.own_state):
            raise ValueError(
                f"{type(self).__name__} cannot hold a rule whose state has the name "
                f"{twice.pop()!r} already, got {self.rule!r}"
            )
        object.__setattr__(self, "state", (*self.rule.state, *self.own_state))

    @cached_property
    def inner(self) -> Rule:
        """The rule inside, in the form in which it runs on a vector of its own."""
        return self.rule if isinstance(self.rule, MatrixRule) else self.rule.as_arrays()

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return the initial arrays: those of the rule inside, then those of `own_start`."""
        for name in self.constants:
            _fits(name, getattr(self, name), x)
        values = self.rule.start(x)
        if not isinstance(self.rule, MatrixRule):
            values = tuple(np.broadcast_to(value, np.shape(x)) for value in values)
        return (*values, *self.own_start(x))

    def own_start(self, x: Array) -> tuple[Array, ...]:
        """Return the initial array of each of ``own_state``: zeros like x."""
        return tuple(np.zeros_like(x) for _ in self.own_state)

    def query(self, x: Array, *state: Array) -> Array:
        return np.asarray(self.inner.query(x, *self.inside(state)))

    def inside(self, state: tuple[Array, ...]) -> tuple[Array, ...]:
        """Return the states of the rule inside, which come first."""
        return state[: len(self.rule.state)]

    def hyper_parameters(self) -> dict[str, Real]:
        """Return its own hyper-parameters, and the inner rule's by names such as ``rule.lr``."""
        inside = self.rule.hyper_parameters().items()
        return self._own() | {f"rule.{name}": value for name, value in inside}

    def at(self, t: int) -> Self:
        """Return the rule at step ``t``, with each schedule replaced by its value."""
        own = self._own()
        now = {name: value(t) for name, value in own.items() if callable(value)}
        rule = self.rule.at(self.inner_step(t))
        if not now and rule is self.rule:
            return self
        try:
            return replace(self, rule=rule, **now)
        except (TypeError, ValueError) as error:
            error.add_note(f"(given by the schedule in {self!r} at t={t})")
            raise

    def inner_step(self, t: int) -> int:
        """Return which step of the rule inside step ``t`` belongs to."""
        return t

    def of_run(self, batch: tuple[int, ...], run: tuple[int, ...]) -> Self:
        """Return the rule for a single run of a batch of shape ``batch``, made alone."""
        own = {name: np.broadcast_to(value, batch)[run] for name, value in self._own().items()}
        return replace(self, rule=self.rule.of_run(batch, run), **own)

    def _own(self) -> dict[str, Real]:
        others = {"rule", *self.constants}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in others}


@dataclass(frozen=True)
class ClippedNorm(Around):
    r"""Shorten a gradient that is longer than a limit, and keep its direction.

    .. math::
        x_t = \operatorname{rule}\Big( g_t \min\Big(1,
            \frac{\mathrm{largest}}{\lVert g_t \rVert}\Big),\; x_{t-1} \Big)

    Parameters
    ----------
    rule : Rule
        The rule inside.
    largest : float or array of shape S, > 0, or a schedule
        The largest norm that it receives. Around a `PerLayer` the norm is that of all parameters,
        inside one that of the layer.

    Raises
    ------
    TypeError, ValueError
        As for `Around`.

    In the libraries
    ----------------
    ``optax.clip_by_global_norm`` is this form. PyTorch's ``clip_grad_norm_`` divides by the norm
    plus 1e-6.

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks,
    algorithm 1.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(ClippedNorm(SGD(lr=1.0), largest=1.0), [[3.0, 4.0], [0.0, 0.5]]).x.tolist()
    [[0.0, 0.0], [-0.6, -0.8], [-0.6, -1.3]]
    """

    largest: Real = 1.0

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        norm = np.linalg.norm(g)
        if norm > self.largest:
            g = g / norm * self.largest
        return self.inner.step(g, x, t, *state)


@dataclass(frozen=True)
class ClippedValue(Around):
    r"""Bring each coordinate of the gradient into an interval around 0.

    .. math::
        x_t = \operatorname{rule}\big( \max(-\mathrm{largest}, \min(\mathrm{largest}, g_t)),\;
            x_{t-1} \big)

    Parameters
    ----------
    rule : Rule
        The rule inside.
    largest : float or array of shape S, > 0, or a schedule
        The largest absolute value that it receives.

    Raises
    ------
    TypeError, ValueError
        As for `Around`.

    In the libraries
    ----------------
    ``optax.clip`` and PyTorch's ``clip_grad_value_``.

    References
    ----------
    Mikolov (2012), Statistical language models based on neural networks, section 3.2.2.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(ClippedValue(SGD(lr=1.0), largest=1.0), [[3.0, -0.5]]).final.tolist()
    [-1.0, 0.5]
    """

    largest: Real = 1.0

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        return self.inner.step(np.clip(g, -self.largest, self.largest), x, t, *state)


@dataclass(frozen=True)
class L2(Around):
    r"""Add the gradient of a penalty on the parameters, as if it belonged to the loss.

    .. math::
        x_t = \operatorname{rule}(g_t + \mathrm{weight\_decay}\; q_t,\; x_{t-1}),

    where :math:`q_t` is the point at which the gradient was evaluated, :math:`x_{t-1}` for most
    rules. The run is the one that the rule makes on
    :math:`f(x) + \frac{\mathrm{weight\_decay}}{2} \lVert x \rVert^2`.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the penalty.

    Raises
    ------
    TypeError, ValueError
        As for `Around`.

    In the libraries
    ----------------
    ``weight_decay`` of PyTorch's ``SGD`` and ``Adam``; ``optax.add_decayed_weights`` before a rule.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithms 1 and 2.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(L2(SGD(lr=0.5), weight_decay=0.5), [0.0, 0.0], [8.0]).x[:, 0].tolist()
    [8.0, 6.0, 4.5]
    """

    weight_decay: Real = 0.01

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        return self.inner.step(g + self.weight_decay * self.query(x, *state), x, t, *state)


@dataclass(frozen=True)
class Decoupled(Around):
    r"""Shrink the parameters beside the rule's step, which does not see it.

    .. math::
        x_t = \operatorname{rule}(g_t, x_{t-1})
            - \mathrm{lr}\; \mathrm{weight\_decay}\; x_{t-1}

    with the learning rate of the rule inside. Around `Adam` it is `AdamW`.

    Parameters
    ----------
    rule : Rule
        The rule inside, which has a learning rate ``lr``.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the decay.

    Raises
    ------
    TypeError, ValueError
        As for `Around`; also if the rule inside has no ``lr``.

    In the libraries
    ----------------
    ``optax.add_decayed_weights`` between a rule's direction and its learning rate.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithms 1 and 2.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(Decoupled(SGD(lr=0.5), weight_decay=0.5), [0.0, 0.0], [8.0]).x[:, 0].tolist()
    [8.0, 6.0, 4.5]
    """

    weight_decay: Real = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not hasattr(self.rule, "lr"):
            raise ValueError(
                f"rule must have a learning rate lr, got {self.rule!r}; "
                "of nested rules, let Decoupled be the innermost"
            )

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        new, *rest = self.inner.step(g, x, t, *state)
        lr: Any = vars(self.inner)["lr"]
        return (new - lr * self.weight_decay * x, *rest)


@dataclass(frozen=True)
class Scaled(Around):
    r"""Multiply each coordinate's step by a factor: a learning rate for each coordinate.

    .. math::
        x_t = x_{t-1} + \mathrm{factors} \odot
            \big( \operatorname{rule}(g_t, x_{t-1}) - x_{t-1} \big)

    A rule that looks ahead looks that much less far ahead, too.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    factors : array-like of the shape of x in a single run, each >= 0
        The factors: the learning rate of a coordinate is its factor times ``rule.lr``. They are
        the same for all runs of a batch. A factor for each layer is a `PerLayer` with a rule each.

    Raises
    ------
    TypeError, ValueError
        As for `Around`; also if a factor is negative or not finite, and when a run begins if the
        factors do not have the shape of x.

    In the libraries
    ----------------
    PyTorch's and Optax's groups of parameters with a learning rate each.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(Scaled(SGD(lr=0.5), factors=[1.0, 10.0]), [[1.0, 1.0]]).final.tolist()
    [-0.5, -5.0]
    """

    factors: Any = 1.0

    constants = ("factors",)

    def __post_init__(self) -> None:
        super().__post_init__()
        factors = numbers("factors", self.factors)
        wrong = factors[~NOT_NEGATIVE.holds(factors)]
        if wrong.size:
            raise ValueError(f"factors must be finite numbers >= 0, got {wrong.flat[0]}")
        object.__setattr__(self, "factors", read_only(factors.copy()))

    def query(self, x: Array, *state: Array) -> Array:
        return np.asarray(x + self.factors * (super().query(x, *state) - x))

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        new, *rest = self.inner.step(g, x, t, *state)
        return (x + self.factors * (new - x), *rest)


@dataclass(frozen=True)
class Frozen(Around):
    """Leave some coordinates where they are; the rule inside receives 0 as their gradient.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    mask : array-like of bool, of the shape of x in a single run
        True for each coordinate that is kept. To freeze a layer, give it the rule
        ``Frozen(rule, True)`` in a `PerLayer`.

    Raises
    ------
    TypeError, ValueError
        As for `Around`; also if ``mask`` does not hold True and False, and when a run begins if it
        does not have the shape of x.

    In the libraries
    ----------------
    ``optax.set_to_zero`` for a group of parameters; PyTorch's ``requires_grad_(False)``.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(Frozen(SGD(lr=0.5), [True, False]), [[1.0, 1.0]], [8.0, 8.0]).final.tolist()
    [8.0, 7.5]
    """

    mask: Any = True

    constants = ("mask",)

    def __post_init__(self) -> None:
        super().__post_init__()
        mask = np.array(self.mask)
        if mask.dtype != bool:
            raise TypeError(f"mask must hold True and False, got {self.mask!r}")
        mask.setflags(write=False)
        object.__setattr__(self, "mask", mask)

    def query(self, x: Array, *state: Array) -> Array:
        return np.where(self.mask, x, super().query(x, *state))

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        new, *rest = self.inner.step(np.where(self.mask, 0.0, g), x, t, *state)
        return (np.where(self.mask, x, new), *rest)


@dataclass(frozen=True)
class Averaged(Around):
    r"""Keep an average of the points beside the run, which it does not change.

    .. math::
        a_t = \mathrm{beta}\; a_{t-1} + (1 - \mathrm{beta})\; x_t

    The average is a state: ``trace.state["average"]`` and ``trace.final_state["average"]``.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    beta : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average. With the schedule ``lambda t: 1 - 1 / t`` it is the mean of all
        points after the start.

    State
    -----
    average : starts at the start of the run.

    Raises
    ------
    TypeError, ValueError
        As for `Around`.

    In the libraries
    ----------------
    PyTorch's ``AveragedModel`` with ``get_ema_multi_avg_fn``; ``optax.incremental_update``.

    References
    ----------
    Polyak and Juditsky (1992), Acceleration of stochastic approximation by averaging.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> trace = feed(Averaged(SGD(lr=1.0), beta=lambda t: 1 - 1 / t), [-1.0, -1.0, -1.0])
    >>> trace.x[:, 0].tolist(), trace.final_state["average"].round(9).tolist()
    ([0.0, 1.0, 2.0, 3.0], [2.0])
    """

    beta: Real = 0.99

    own_state = ("average",)

    def own_start(self, x: Array) -> tuple[Array, ...]:
        return (np.array(x),)

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        *own, average = state
        new, *rest = self.inner.step(g, x, t, *own)
        return (new, *rest, self.beta * average + (1 - self.beta) * new)


@dataclass(frozen=True)
class Lookahead(Around):
    r"""Let the rule run ahead for some steps, then go part of the way after it, and start again.

    .. math::
        x_t = \begin{cases}
            s_t = s_{t-1} + \mathrm{part}\,
                \big(\operatorname{rule}(g_t, x_{t-1}) - s_{t-1}\big)
                & \text{if } t \text{ is a multiple of } \mathrm{every} \\
            \operatorname{rule}(g_t, x_{t-1}) & \text{else, with } s_t = s_{t-1}
        \end{cases}

    The state of the rule inside goes on.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    every : int, >= 1
        Number of steps that it runs ahead.
    part : float or array of shape S, in [0, 1], or a schedule
        The part of the way.

    State
    -----
    slow : the point where the rule inside started its last run ahead.

    Raises
    ------
    TypeError, ValueError
        As for `Around`; also if ``every`` is not such a number.

    In the libraries
    ----------------
    ``optax.lookahead``, which keeps the two points apart.

    References
    ----------
    Zhang, Lucas, Hinton and Ba (2019), Lookahead optimizer: k steps forward, 1 step back,
    algorithm 1.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(Lookahead(SGD(lr=1.0), every=2, part=0.5), [-1.0] * 4).x[:, 0].tolist()
    [0.0, 1.0, 1.0, 2.0, 2.0]
    """

    every: int = 5
    part: Real = 0.5

    own_state = ("slow",)
    constants = ("every",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "every", whole("every", self.every, at_least=1))

    def own_start(self, x: Array) -> tuple[Array, ...]:
        return (np.array(x),)

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        *own, slow = state
        fast, *rest = self.inner.step(g, x, t, *own)
        if t % self.every:
            return (fast, *rest, slow)
        slow = slow + self.part * (fast - slow)
        return (slow, *rest, slow)


@dataclass(frozen=True)
class Accumulated(Around):
    r"""Collect the gradients of several steps, and make one step with their mean.

    .. math::
        x_{k t} = \operatorname{rule}\Big( \frac1k \sum_{i=1}^{k} g_{k (t - 1) + i},\;
            x_{k (t - 1)} \Big), \qquad k = \mathrm{every};

    in between, x and the state of the rule inside stay as they are. With minibatches of B
    examples it makes the steps of minibatches of k B. The rule inside counts its own steps: its
    schedules and corrections see t, not k t.

    Parameters
    ----------
    rule : Rule
        The rule inside.
    every : int, >= 1
        Number of gradients in a step, k.

    State
    -----
    collected : the sum of the gradients since the last step, divided by k.

    Raises
    ------
    TypeError, ValueError
        As for `Around`; also if ``every`` is not such a number.

    In the libraries
    ----------------
    ``optax.MultiSteps``; in PyTorch, several ``backward`` before a ``step``.

    Examples
    --------
    >>> from minioptim import SGD, feed
    >>> feed(Accumulated(SGD(lr=1.0), every=2), [-1.0, -3.0, -2.0, -2.0]).x[:, 0].tolist()
    [0.0, 0.0, 2.0, 2.0, 4.0]
    """

    every: int = 2

    own_state = ("collected",)
    constants = ("every",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "every", whole("every", self.every, at_least=1))

    def inner_step(self, t: int) -> int:
        return (t - 1) // self.every + 1

    def step(self, g: Array, x: Array, t: int, *state: Array) -> tuple[Array, ...]:
        *own, collected = state
        collected = collected + g / self.every
        if t % self.every:
            return (x, *own, collected)
        stepped = self.inner.step(collected, x, self.inner_step(t), *own)
        return (*stepped, np.zeros_like(collected))


AROUND: tuple[type[Around], ...] = (
    ClippedNorm,
    ClippedValue,
    L2,
    Decoupled,
    Scaled,
    Frozen,
    Averaged,
    Lookahead,
    Accumulated,
)
"""Every rule that holds a rule and is to be used, in the order in which they stand."""


def _fits(name: str, array: Any, x: Array) -> None:
    """Raise an error unless an array is one value, or has one for each coordinate."""
    shape = np.shape(array)
    if shape and shape != np.shape(x):
        raise ValueError(f"{name} must have the shape of x, {np.shape(x)}, got {shape}")
