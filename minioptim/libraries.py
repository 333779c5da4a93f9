"""What PyTorch, Keras and Optax call each rule, and how each differs from ours: data, no library.

Everything that names a library reads it here: the tests that run the libraries beside the rules
(``tests/parity``), the values that they gave (``tests/golden``), and the tables of the book.

A difference is not waved through with a wide tolerance. It is one sentence, and beside it stands
the rule that the library then equals to rounding: ours with other hyper-parameters, mostly a
schedule for eps, because it is eps on which no two libraries agree; or, where no hyper-parameter
does it, a variant with one thing moved (`minioptim._translations`).

>>> [peer] = [peer for peer in PEERS[rules.Adam] if peer.library == KERAS]
>>> print(peer.call(rules.Adam(lr=0.01)))
keras.optimizers.Adam(learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-8)
>>> print(peer.equals(rules.Adam(lr=0.01)))
eps_hat(Adam(lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import EllipsisType
from typing import Any

from minioptim import rules
from minioptim._translations import (
    LR_DECAY,
    VARIANTS,
    eps_beside_norm,
    eps_hat,
    eps_in_accumulator,
    eps_inside,
    first_step_undamped,
    lr_decayed,
    max_of_corrected,
    psi_infinite,
    psi_one,
    sum_as_average,
    unchanged,
    uncorrected,
    values_of,
    without_first_moment,
)
from minioptim.rules import Rule

__all__ = [
    "DEFAULTS",
    "EXAMPLES",
    "KEPT",
    "KERAS",
    "LIBRARIES",
    "MODULES",
    "OPTAX",
    "PEERS",
    "TORCH",
    "VARIANTS",
    "Absent",
    "Kept",
    "Peer",
    "argument_names",
    "eps_hat",
    "eps_inside",
    "first_step_undamped",
    "lr_decayed",
    "peers_of",
    "place_of_eps",
    "told_nothing",
    "unchanged",
    "uncorrected",
    "written",
]

TORCH, KERAS, OPTAX = LIBRARIES = ("PyTorch", "Keras", "Optax")
"""The names of the three libraries."""

MODULES = {TORCH: "torch.optim", KERAS: "keras.optimizers", OPTAX: "optax"}
"""Where each library has its optimizers."""


def _number(value: Any) -> str:
    """Return a number as the tables write it: twelve digits at most, 1e-8 rather than 1e-08."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    if math.isinf(value):
        return "np.inf"
    text = f"{value:.12g}".replace("e-0", "e-")
    return text if isinstance(value, int) or not text.isdigit() else f"{text}.0"


def written(value: Any) -> str:
    """Return a value as the code that makes it, numbers at twelve digits.

    Raises
    ------
    Nothing; what is neither a rule, a dict, a tuple nor a number is given by its ``repr``.

    Examples
    --------
    >>> written({"betas": (0.9, 0.999), "eps": 1e-08, "amsgrad": True})
    'betas=(0.9, 0.999), eps=1e-8, amsgrad=True'
    >>> written({"learning_rate": ..., "eps": 0.01})  # what must be given has no value
    'learning_rate, eps=0.01'
    """
    if isinstance(value, Rule):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        return f"{type(value).__name__}({written(given)})"
    if isinstance(value, Mapping):
        pairs = value.items()
        return ", ".join(key if v is ... else f"{key}={written(v)}" for key, v in pairs)
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))})"
    return _number(value)


# --- What a row of the table is -----------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """A library's function that computes a rule, and how it differs from it.

    Attributes
    ----------
    library, name : str
        Where it is, one of `LIBRARIES`, and what it is called there.
    arguments : dict
        What it is called with. A string names a hyper-parameter of the rule, a tuple several of
        them; all else is passed as it stands.
    difference : str
        One sentence; empty if there is none.
    as_rule : callable, rule to rule
        The rule that the peer equals, with the difference put into it.
    schedules : bool
        Whether the two agree also while the learning rate changes.
    point : str
        What the library stores as its parameter: our "x", or our "query".
    lr_by : str
        The function that multiplies by the learning rate, where this one takes none.
    """

    library: str
    name: str
    arguments: Mapping[str, Any]
    difference: str = ""
    as_rule: Callable[[Any], Any] = unchanged
    schedules: bool = True
    point: str = "x"
    lr_by: str = ""

    @property
    def dotted(self) -> str:
        """Where it is imported from.

        >>> Peer(TORCH, "SGD", {"lr": "lr"}).dotted
        'torch.optim.SGD'
        """
        return f"{MODULES[self.library]}.{self.name}"

    @property
    def plain(self) -> bool:
        """Whether it is called with the rule's hyper-parameters alone, and needs no other function.

        >>> Peer(TORCH, "SGD", {"lr": "lr", "nesterov": True}).plain
        False
        """
        given = self.arguments.values()
        return not self.lr_by and all(isinstance(name, str | tuple) for name in given)

    def arguments_for(self, rule: Rule) -> dict[str, Any]:
        """Return the arguments, with the rule's hyper-parameters put in.

        >>> Peer(TORCH, "SGD", {"lr": "lr", "nesterov": True}).arguments_for(rules.Momentum())
        {'lr': 0.01, 'nesterov': True}
        """

        def value(given: Any) -> Any:
            if isinstance(given, tuple):
                return tuple(getattr(rule, name) for name in given)
            return getattr(rule, given) if isinstance(given, str) else given

        return {name: value(given) for name, given in self.arguments.items()}

    def call(self, rule: Rule) -> str:
        """Return the code that makes the library's optimizer; ``params`` is what it trains.

        >>> Peer(TORCH, "SGD", {"lr": "lr"}).call(rules.GradientDescent(lr=0.1))
        'torch.optim.SGD(params, lr=0.1)'
        """
        given = self.arguments_for(rule)
        if not self.lr_by:
            first = "params, " if self.library == TORCH else ""
            return f"{self.dotted}({first}{written(given)})"
        module = MODULES[self.library]
        lr = {name: given.pop(name) for name, ours in self.arguments.items() if ours == "lr"}
        parts = f"{self.dotted}({written(given)}), {module}.{self.lr_by}({written(lr)})"
        return f"{module}.chain({parts})"

    def equals(self, rule: Rule) -> str:
        """Return the code that makes the rule which that optimizer equals.

        >>> Peer(OPTAX, "nadam", {}, as_rule=psi_infinite).equals(rules.NAdam(lr=0.1))
        'NAdam(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, psi=np.inf)'
        """
        translated = self.as_rule(rule)
        if any(callable(value) for value in values_of(translated)):
            return f"{self.as_rule.__name__}({written(rule)})"
        return written(translated)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a row of the table says after the two codes."""
        queries = ("its queries",) if self.point == "query" else ()
        return queries if self.schedules else (*queries, "while lr is constant")


@dataclass(frozen=True)
class Absent:
    """That a library has no such function, and why nothing in it comes close."""

    library: str
    reason: str


# --- The table ----------------------------------------------------------------------------------

# The arguments that several rules share, in each library's own names.
TORCH_SGD = {"lr": "lr", "momentum": "momentum"}
OTHER_SGD = {"learning_rate": "lr", "momentum": "momentum"}
TORCH_ADAM = {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "eps"}
KERAS_ADAM = {"learning_rate": "lr", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}
OPTAX_ADAM = {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}
TORCH_RMSPROP = {"lr": "lr", "alpha": "rho", "eps": "eps"}
KERAS_RMSPROP = {"learning_rate": "lr", "rho": "rho", "epsilon": "eps"}
OPTAX_RMSPROP = {"learning_rate": "lr", "decay": "rho", "eps": "eps"}
DECAY = {"weight_decay": "weight_decay"}
START = {"initial_accumulator_value": "initial_accumulator"}

LR_OUTSIDE = "The lr stands outside the velocity: equal only while lr is constant."
LR_INSIDE = "The lr stands inside the velocity: equal only while lr is constant."
LOOK_AHEAD = "The parameter is the look-ahead point: its iterates are our query points"
EPS_INSIDE = "Its eps is inside the root."
EPS_HAT = "Its eps is added to the uncorrected root of v (the paper's epsilon hat)."
A_SUM = "Its velocity is a sum, not an average: ours needs an lr larger by 1 / (1 - beta)."
MEAN_BESIDE = "The parameter is where the gradient is asked for: its iterates are our query points."
CONSTANT_MU = "Its momentum is beta1 throughout: psi is infinite."

PEERS: dict[type[Rule], tuple[Peer | Absent, ...]] = {
    rules.GradientDescent: (
        Peer(TORCH, "SGD", {"lr": "lr"}),
        Peer(KERAS, "SGD", {"learning_rate": "lr"}),
        Peer(OPTAX, "sgd", {"learning_rate": "lr"}),
    ),
    rules.Momentum: (
        Peer(TORCH, "SGD", TORCH_SGD, LR_OUTSIDE, schedules=False),
        Peer(KERAS, "SGD", OTHER_SGD),
        Peer(OPTAX, "sgd", OTHER_SGD, LR_OUTSIDE, schedules=False),
    ),
    rules.BufferMomentum: (
        Peer(TORCH, "SGD", TORCH_SGD),
        Peer(KERAS, "SGD", OTHER_SGD, LR_INSIDE, schedules=False),
        Peer(OPTAX, "sgd", OTHER_SGD),
    ),
    rules.EWMAMomentum: (
        Peer(TORCH, "SGD", {"lr": "lr", "momentum": "beta"}, A_SUM, sum_as_average),
        Peer(
            TORCH,
            "SGD",
            {"lr": "lr", "momentum": "beta", "dampening": "beta"},
            "Its average starts as the first gradient, undamped.",
            first_step_undamped,
        ),
        Peer(
            KERAS,
            "SGD",
            {"learning_rate": "lr", "momentum": "beta"},
            f"{A_SUM} {LR_INSIDE}",
            sum_as_average,
            schedules=False,
        ),
        Peer(
            OPTAX,
            "ema",
            {"learning_rate": "lr", "decay": "beta", "debias": False},
            lr_by="scale_by_learning_rate",
        ),
    ),
    rules.Nesterov: (
        Peer(
            TORCH,
            "SGD",
            TORCH_SGD | {"nesterov": True},
            f"{LOOK_AHEAD}, while lr is constant.",
            point="query",
            schedules=False,
        ),
        Peer(KERAS, "SGD", OTHER_SGD | {"nesterov": True}, f"{LOOK_AHEAD}.", point="query"),
        Peer(
            OPTAX,
            "sgd",
            OTHER_SGD | {"nesterov": True},
            f"{LOOK_AHEAD}, while lr is constant.",
            point="query",
            schedules=False,
        ),
    ),
    rules.Adagrad: (
        Peer(TORCH, "Adagrad", {"lr": "lr", "eps": "eps"} | START),
        Peer(
            TORCH,
            "Adagrad",
            {"lr": "lr", "eps": "eps"} | START | {"lr_decay": LR_DECAY},
            "Told so, its lr falls by itself.",
            lr_decayed,
        ),
        Peer(
            KERAS,
            "Adagrad",
            {"learning_rate": "lr", "epsilon": "eps"} | START,
            EPS_INSIDE,
            eps_in_accumulator,
        ),
        Peer(
            OPTAX,
            "adagrad",
            {"learning_rate": "lr", "eps": "eps"} | START,
            EPS_INSIDE,
            eps_in_accumulator,
        ),
    ),
    rules.RMSProp: (
        Peer(TORCH, "RMSprop", TORCH_RMSPROP),
        Peer(KERAS, "RMSprop", KERAS_RMSPROP, EPS_INSIDE, eps_inside),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP | {"eps_in_sqrt": False}),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP, EPS_INSIDE, eps_inside),
        Peer(
            OPTAX,
            "rmsprop",
            OPTAX_RMSPROP | {"eps_in_sqrt": False, "bias_correction": True},
            "Told so, it corrects the start: Adam without a first moment.",
            without_first_moment,
        ),
    ),
    rules.CenteredRMSProp: (
        Peer(TORCH, "RMSprop", TORCH_RMSPROP | {"centered": True}),
        Peer(KERAS, "RMSprop", KERAS_RMSPROP | {"centered": True}, EPS_INSIDE, eps_inside),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP | {"eps_in_sqrt": False, "centered": True}),
        Peer(OPTAX, "rmsprop", OPTAX_RMSPROP | {"centered": True}, EPS_INSIDE, eps_inside),
    ),
    rules.Adadelta: (
        Peer(TORCH, "Adadelta", {"lr": "lr", "rho": "rho", "eps": "eps"}),
        Peer(KERAS, "Adadelta", {"learning_rate": "lr", "rho": "rho", "epsilon": "eps"}),
        Peer(OPTAX, "adadelta", {"learning_rate": "lr", "rho": "rho", "eps": "eps"}),
    ),
    rules.Adam: (
        Peer(TORCH, "Adam", TORCH_ADAM),
        Peer(KERAS, "Adam", KERAS_ADAM, EPS_HAT, eps_hat),
        Peer(OPTAX, "adam", OPTAX_ADAM),
    ),
    rules.AdaMax: (
        Peer(TORCH, "Adamax", TORCH_ADAM),
        Peer(
            KERAS,
            "Adamax",
            KERAS_ADAM,
            "Its eps is added to u when dividing, not to the gradient's size.",
            eps_beside_norm,
        ),
        Peer(OPTAX, "adamax", OPTAX_ADAM),
    ),
    rules.AMSGrad: (
        Peer(TORCH, "Adam", TORCH_ADAM | {"amsgrad": True}),
        Peer(KERAS, "Adam", KERAS_ADAM | {"amsgrad": True}, EPS_HAT, eps_hat),
        Peer(
            OPTAX,
            "amsgrad",
            OPTAX_ADAM,
            "Its maximum is that of the corrected second moment.",
            max_of_corrected,
        ),
        Peer(
            OPTAX,
            "amsgrad",
            OPTAX_ADAM | {"bias_correction_mu": False, "bias_correction_nu": False},
            "Told so, it corrects neither moment, as the paper.",
            uncorrected,
        ),
    ),
    rules.NAdam: (
        Peer(TORCH, "NAdam", TORCH_ADAM | {"momentum_decay": "psi"}),
        Peer(
            TORCH,
            "NAdam",
            TORCH_ADAM | {"momentum_decay": 1e4},
            "So large a momentum_decay makes the momentum constant.",
            psi_infinite,
        ),
        Peer(KERAS, "Nadam", KERAS_ADAM, "Its psi is 1.", psi_one),
        Peer(OPTAX, "nadam", OPTAX_ADAM, CONSTANT_MU, psi_infinite),
        Peer(OPTAX, "adam", OPTAX_ADAM | {"nesterov": True}, CONSTANT_MU, psi_infinite),
    ),
    rules.AdamW: (
        Peer(TORCH, "AdamW", TORCH_ADAM | DECAY),
        Peer(TORCH, "Adam", TORCH_ADAM | DECAY | {"decoupled_weight_decay": True}),
        Peer(KERAS, "AdamW", KERAS_ADAM | DECAY, EPS_HAT, eps_hat),
        Peer(KERAS, "Adam", KERAS_ADAM | DECAY, EPS_HAT, eps_hat),
        Peer(OPTAX, "adamw", OPTAX_ADAM | DECAY),
    ),
    rules.Lion: (
        Absent(TORCH, "No function of torch.optim steps by signs of an average."),
        Peer(
            KERAS,
            "Lion",
            {"learning_rate": "lr", "beta_1": "beta1", "beta_2": "beta2"} | DECAY,
        ),
        Peer(OPTAX, "lion", {"learning_rate": "lr", "b1": "beta1", "b2": "beta2"} | DECAY),
    ),
    rules.ScheduleFree: (
        Absent(TORCH, "None in torch.optim; the authors' package schedulefree has it."),
        Absent(KERAS, "Keras has Schedule-Free with Adam's division alone."),
        Peer(
            OPTAX,
            "contrib.schedule_free_sgd",
            {"learning_rate": "lr", "b1": "beta"},
            f"{MEAN_BESIDE} While lr rises it weighs late points more.",
            point="query",
        ),
    ),
    rules.ScheduleFreeAdam: (
        Absent(TORCH, "None in torch.optim; the authors' package schedulefree has it."),
        Peer(KERAS, "ScheduleFreeAdamW", KERAS_ADAM, MEAN_BESIDE, point="query"),
        Peer(
            OPTAX,
            "contrib.schedule_free_adamw",
            OPTAX_ADAM,
            f"{MEAN_BESIDE} While lr rises it weighs late points more.",
            point="query",
        ),
    ),
}
"""For each rule, what each library calls it: a `Peer`, or an `Absent` that says why not."""


def peers_of(kind: type[Rule]) -> list[Peer]:
    """Return the functions that compute a rule, without what is absent.

    Raises
    ------
    KeyError
        The table has no such rule.

    Examples
    --------
    >>> [peer.dotted for peer in peers_of(rules.AdaMax)]
    ['torch.optim.Adamax', 'keras.optimizers.Adamax', 'optax.adamax']
    """
    return [peer for peer in PEERS[kind] if isinstance(peer, Peer)]


def place_of_eps(kind: type[Rule], peer: Peer) -> str:
    """Return where eps stands in the library, in a word or two; empty if the rule has none.

    Raises
    ------
    TypeError
        ``kind`` is no rule.

    Examples
    --------
    >>> [place_of_eps(rules.Adam, peer) for peer in peers_of(rules.Adam)]
    ['outside', 'uncorrected', 'outside']
    """
    names = {field.name for field in fields(kind)}
    if "eps" not in names:
        return ""
    moved: dict[Callable[[Any], Any], str] = {
        eps_inside: "inside",
        eps_in_accumulator: "inside",
        eps_hat: "uncorrected",
        eps_beside_norm: "beside u",
    }
    ours = {rules.Adadelta: "inside both", rules.AdaMax: "beside the gradient"}
    return moved.get(peer.as_rule) or ours.get(kind, "outside")


# --- What each does when told nothing -----------------------------------------------------------

Default = float | bool | tuple[float, float] | EllipsisType | None

# Only the arguments that concern the rules, in the library's order; ``...`` must be given.
DEFAULTS: dict[tuple[str, str], dict[str, Default]] = {
    (TORCH, "SGD"): {"lr": 1e-3, "momentum": 0, "dampening": 0, "nesterov": False},
    (TORCH, "Adagrad"): {"lr": 1e-2, "lr_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10},
    (TORCH, "RMSprop"): {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "centered": False},
    (TORCH, "Adadelta"): {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
    (TORCH, "Adam"): {
        "lr": 1e-3,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "amsgrad": False,
        "decoupled_weight_decay": False,
    },
    (TORCH, "Adamax"): {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    (TORCH, "NAdam"): {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "momentum_decay": 4e-3},
    (TORCH, "AdamW"): {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2},
    (KERAS, "SGD"): {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    (KERAS, "Adagrad"): {
        "learning_rate": 1e-3,
        "initial_accumulator_value": 0.1,
        "epsilon": 1e-7,
    },
    (KERAS, "RMSprop"): {"learning_rate": 1e-3, "rho": 0.9, "epsilon": 1e-7, "centered": False},
    (KERAS, "Adadelta"): {"learning_rate": 1e-3, "rho": 0.95, "epsilon": 1e-7},
    (KERAS, "Adam"): {
        "learning_rate": 1e-3,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
        "weight_decay": None,
    },
    (KERAS, "Adamax"): {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    (KERAS, "Nadam"): {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
    (KERAS, "AdamW"): {
        "learning_rate": 1e-3,
        "weight_decay": 4e-3,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
    },
    (KERAS, "Lion"): {
        "learning_rate": 1e-3,
        "beta_1": 0.9,
        "beta_2": 0.99,
        "weight_decay": None,
    },
    (KERAS, "ScheduleFreeAdamW"): {
        "learning_rate": 0.0025,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-8,
    },
    (OPTAX, "sgd"): {"learning_rate": ..., "momentum": None, "nesterov": False},
    (OPTAX, "ema"): {"decay": ..., "debias": True},
    (OPTAX, "adagrad"): {"learning_rate": ..., "initial_accumulator_value": 0.1, "eps": 1e-7},
    (OPTAX, "rmsprop"): {
        "learning_rate": ...,
        "decay": 0.9,
        "eps": 1e-8,
        "eps_in_sqrt": True,
        "centered": False,
        "bias_correction": False,
    },
    (OPTAX, "adadelta"): {"learning_rate": None, "rho": 0.9, "eps": 1e-6},
    (OPTAX, "adam"): {
        "learning_rate": ...,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
        "eps_root": 0.0,
        "nesterov": False,
    },
    (OPTAX, "adamax"): {"learning_rate": ..., "b1": 0.9, "b2": 0.999, "eps": 1e-8},
    (OPTAX, "amsgrad"): {
        "learning_rate": ...,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
        "bias_correction_mu": True,
        "bias_correction_nu": True,
    },
    (OPTAX, "nadam"): {"learning_rate": ..., "b1": 0.9, "b2": 0.999, "eps": 1e-8},
    (OPTAX, "adamw"): {
        "learning_rate": ...,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
        "weight_decay": 1e-4,
    },
    (OPTAX, "lion"): {"learning_rate": ..., "b1": 0.9, "b2": 0.99, "weight_decay": 1e-3},
    (OPTAX, "contrib.schedule_free_sgd"): {"learning_rate": 1.0, "b1": 0.9},
    (OPTAX, "contrib.schedule_free_adamw"): {
        "learning_rate": 0.0025,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
    },
}
"""What each function of a library does when told nothing; ``...`` must be given."""


def told_nothing(kind: type[Rule], peer: Peer, lr: float = 1e-3) -> Any:
    """Return the rule that a function equals when it is told nothing, but lr where it must be.

    Raises
    ------
    KeyError
        The table of defaults lacks the function, or one of its arguments.

    Examples
    --------
    >>> torch, *_ = peers_of(rules.RMSProp)
    >>> told_nothing(rules.RMSProp, torch)
    RMSProp(lr=0.01, rho=0.99, eps=1e-08)
    """
    hyper: dict[str, Any] = {}
    for argument, ours in peer.arguments.items():
        value = DEFAULTS[peer.library, peer.name][argument]
        if value in (..., None):  # what is None does nothing, but an lr must be given
            value = lr if ours == "lr" else 0.0
        pairs = zip(ours, value, strict=True) if isinstance(ours, tuple) else [(ours, value)]  # type: ignore[arg-type]
        hyper |= dict(pairs)
    return peer.as_rule(kind(**hyper))


# --- What each keeps ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """What the libraries call a state.

    Attributes
    ----------
    state, meaning : str
        Its name in ours, and what it is.
    kinds : tuple of rules
        Those that keep it.
    names : tuple of str
        Its name in each of `LIBRARIES`, and after it what makes it ours, if it is not the same.
        Without a name of its own, a word that says so.
    """

    state: str
    meaning: str
    kinds: tuple[type[Rule], ...]
    names: tuple[str, str, str]


MOMENTS = (rules.Adam, rules.AMSGrad, rules.NAdam, rules.AdamW)

KEPT = (
    Kept(
        "v",
        "the velocity",
        (rules.Momentum, rules.Nesterov),
        ("`momentum_buffer` times −lr", "`momentum`", "`trace` times −lr"),
    ),
    Kept(
        "v",
        "the buffer",
        (rules.BufferMomentum,),
        ("`momentum_buffer`", "`momentum` over −lr", "`trace`"),
    ),
    Kept(
        "v",
        "the average of gradients",
        (rules.EWMAMomentum,),
        ("`momentum_buffer` times 1 − beta", "`momentum` times −(1 − beta) over lr", "`ema`"),
    ),
    Kept(
        "G", "the sum of squares", (rules.Adagrad,), ("`sum`", "`accumulator`", "`sum_of_squares`")
    ),
    Kept("v", "the mean of squares", (rules.RMSProp,), ("`square_avg`", "`velocity`", "`nu`")),
    Kept(
        "m",
        "the mean of gradients",
        (rules.CenteredRMSProp,),
        ("`grad_avg`", "`average_gradient`", "`mu`"),
    ),
    Kept(
        "s",
        "the variance",
        (rules.CenteredRMSProp,),
        ("`square_avg` less $m^2$", "`velocity` less $m^2$", "`nu` less $m^2$"),
    ),
    Kept(
        "v",
        "the mean of squares",
        (rules.Adadelta,),
        ("`square_avg`", "`accumulated_grad`", "`e_g`"),
    ),
    Kept(
        "d",
        "the mean of squared steps",
        (rules.Adadelta,),
        ("`acc_delta`", "`accumulated_delta_var`", "`e_x`"),
    ),
    Kept(
        "m",
        "the first moment",
        (*MOMENTS, rules.AdaMax),
        ("`exp_avg`", "`momentum`", "`mu`"),
    ),
    Kept(
        "m",
        "the average of gradients",
        (rules.Lion,),
        ("no such rule", "`momentum`", "`mu`"),
    ),
    Kept(
        "z",
        "the point that steps",
        (rules.ScheduleFree,),
        ("no such rule", "no such rule", "`z`"),
    ),
    Kept(
        "z",
        "the point that steps",
        (rules.ScheduleFreeAdam,),
        ("no such rule", "`momentum`", "`z`"),
    ),
    Kept(
        "v",
        "the second moment",
        MOMENTS,
        ("`exp_avg_sq`", "`velocity`", "`nu`"),
    ),
    Kept(
        "v",
        "the second moment",
        (rules.ScheduleFreeAdam,),
        ("no such rule", "`velocity`", "`nu`"),
    ),
    Kept("u", "the largest recent gradient", (rules.AdaMax,), ("`exp_inf`", "`norm`", "`nu`")),
    Kept(
        "v_max",
        "the largest second moment",
        (rules.AMSGrad,),
        (
            "`max_exp_avg_sq`",
            "`velocity_hat`",
            r"`nu_max`, the maximum of the corrected $\hat v$",
        ),
    ),
    Kept(
        "mu_product",
        "the product of momenta",
        (rules.NAdam,),
        ("`mu_product`", "without a name", "none"),
    ),
)
"""What the libraries call the states that a rule keeps."""


# --- The tables of the book ---------------------------------------------------------------------

# The settings with which the table writes each rule: an eps that the libraries' readers know, and
# no number that could be another without the steps being others.
EXAMPLES: dict[type[Rule], Rule] = {
    rules.GradientDescent: rules.GradientDescent(lr=0.1),
    rules.Momentum: rules.Momentum(lr=0.1, momentum=0.9),
    rules.BufferMomentum: rules.BufferMomentum(lr=0.1, momentum=0.9),
    rules.EWMAMomentum: rules.EWMAMomentum(lr=0.1, beta=0.9),
    rules.Nesterov: rules.Nesterov(lr=0.1, momentum=0.9),
    rules.Adagrad: rules.Adagrad(lr=0.1, eps=1e-7),
    rules.RMSProp: rules.RMSProp(lr=0.01, rho=0.9, eps=1e-8),
    rules.CenteredRMSProp: rules.CenteredRMSProp(lr=0.01, rho=0.9, eps=1e-8),
    rules.Adadelta: rules.Adadelta(lr=1.0, rho=0.95, eps=1e-6),
    rules.Adam: rules.Adam(lr=0.01),
    rules.AdaMax: rules.AdaMax(lr=0.01),
    rules.AMSGrad: rules.AMSGrad(lr=0.01, beta2=0.99),
    rules.NAdam: rules.NAdam(lr=0.01),
    rules.AdamW: rules.AdamW(lr=0.01, weight_decay=0.1),
    rules.Lion: rules.Lion(lr=0.001, weight_decay=0.1),
    rules.ScheduleFree: rules.ScheduleFree(lr=0.1),
    rules.ScheduleFreeAdam: rules.ScheduleFreeAdam(lr=0.01),
}
"""The settings with which the book's table writes each rule."""


def argument_names(hyper: str, library: str) -> str:
    """Return the arguments of a library that set a hyper-parameter, as a cell of a table.

    Raises
    ------
    Nothing; a name that no rule or library has gives "none".

    Examples
    --------
    >>> argument_names("rho", TORCH)
    '`alpha`; in Adadelta `rho`'
    >>> argument_names("beta1", TORCH)
    '`betas[0]`'
    >>> argument_names("psi", OPTAX)
    'none'
    """
    found: dict[str, list[str]] = {}
    for kind in PEERS:
        for peer in (peer for peer in peers_of(kind) if peer.library == library):
            named = [
                f"`{argument}[{ours.index(hyper)}]`" if isinstance(ours, tuple) else f"`{argument}`"
                for argument, ours in peer.arguments.items()
                if hyper == ours or (isinstance(ours, tuple) and hyper in ours)
            ]
            if named and kind.__name__ not in found.setdefault(" and ".join(named), []):
                found[" and ".join(named)].append(kind.__name__)
    if not found:
        return "none"
    (first, kinds), *others = found.items()
    parts = [
        f"or {names}" if set(their) & set(kinds) else f"in {' and '.join(their)} {names}"
        for names, their in others
    ]
    return "; ".join([first, *parts])
