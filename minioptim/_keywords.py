"""The words that people bring for our arguments: one table, read where a keyword is not known.

Whoever comes from another library writes its words. Python says no more than "unexpected keyword
argument"; here the error says what the thing is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Set
from functools import lru_cache, wraps
from typing import Any, ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# What an argument is called elsewhere; of a hyper-parameter, first what the libraries call it.
OTHER_NAMES = {
    "momentum": ("mu", "gamma", "beta"),
    "beta": ("momentum", "decay", "gamma"),
    "beta1": ("b1", "beta_1"),
    "beta2": ("b2", "beta_2"),
    "rho": ("alpha", "decay", "decay_rate"),
    # Below rho, which RMSProp's alpha is in PyTorch: alpha is lr in Kingma and Ba's paper.
    "lr": ("learning_rate", "step_size", "stepsize", "eta", "eta0", "learning_rate_init", "alpha"),
    "eps": ("epsilon",),
    "psi": ("momentum_decay",),
    "initial_accumulator": ("initial_accumulator_value",),
    "weight_decay": ("wd", "decay"),
    "largest": ("max_norm", "max_delta", "clip_value", "clipnorm", "clipvalue", "global_clipnorm"),
    "every": ("every_k_schedule", "sync_period", "k", "record_every", "log_every"),
    "part": ("slow_step_size", "alpha"),
    "steps": (
        *("maxiter", "max_iter", "n_iter", "num_iters", "iterations", "num_steps", "n_steps"),
        *("T_max", "decay_steps", "total_steps"),
    ),
    "rule": ("optimizer", "optimiser", "method", "opt"),
    "problem": ("fun", "func", "function", "f", "objective", "loss", "model"),
    "x0": ("start", "init", "initial", "init_params", "params"),
    "progress": ("verbose", "disp", "progress_bar"),
    "f": ("fun", "func", "function", "value", "objective"),
    "df": ("jac", "grad", "gradient", "fprime"),
    "start": ("x0", "init", "initial"),
    "batch": ("batch_size", "size"),
    "size": ("batch_size", "batch"),
    "seed": ("random_state", "rng", "key"),
    "test": ("test_size",),
    "target": ("y", "label", "labels", "response"),
    "delimiter": ("sep", "separator"),
    "scale": ("standardize", "standardise", "normalize", "normalise"),
    "leave_out": ("drop", "exclude", "ignore"),
    "gaps": ("na", "missing", "dropna"),
    "words": ("categorical", "one_hot", "dummies"),
    "l2": ("weight_decay", "alpha", "penalty"),
    "dropout": ("dropout_rate", "p"),
    "hidden": ("hidden_layer_sizes", "hidden_sizes", "layers", "units"),
    "inputs": ("X", "x", "features", "data"),
    "labels": ("y", "targets"),
    "targets": ("y", "labels"),
    "classes": ("n_classes", "num_classes"),
    "data": ("dataset", "train"),
    "low": ("start_lr", "min_lr"),
    "high": ("end_lr", "max_lr"),
}

_TOLERANCE = (
    "say when to stop, as in stop=lambda step: abs(step.grad).max(axis=-1) < 1e-6, after at most "
    "so many steps"
)
_CLIPPING = "minioptim.rules.ClippedNorm(rule, largest=1.0) clips the gradient of any rule"
# What is no argument here, and how it is done instead.
ELSEWHERE = {
    **dict.fromkeys(("tol", "tolerance", "gtol", "ftol", "xtol", "atol", "rtol"), _TOLERANCE),
    **dict.fromkeys(("early_stopping", "patience"), _TOLERANCE),
    **dict.fromkeys(("max_norm", "clipnorm", "clipvalue", "global_clipnorm"), _CLIPPING),
    **dict.fromkeys(
        ("seeds", "n_seeds", "repeats"),
        "minioptim.training.train(model, rule, batch, steps, seeds=range(10)) makes a run for each",
    ),
    **dict.fromkeys(("lr", "learning_rate"), "a rule has it, as in Adam(lr=0.01)"),
    "momentum": "minioptim.rules has Momentum(lr, momentum), and BufferMomentum, PyTorch's form",
    "callback": "iterate(rule, grad, x0) yields each step; stop=... ends a run where it is true",
    "jac": "a problem has it: problems.Function(f, df)",
    "seed": "model.minibatch(32, seed=0) has one, and training.train has seeds=range(10)",
    "epochs": "count steps, batches.steps_per_epoch in an epoch",
    "batch_size": "model.minibatch(32) is the problem with minibatches of 32",
    "betas": "write beta1=... and beta2=...",
    "nesterov": "the rule Nesterov looks ahead",
    "amsgrad": "the rule AMSGrad is that form",
    "centered": "the rule CenteredRMSProp is that form",
    "weight_decay": "minioptim.rules has L2(rule, weight_decay) and Decoupled(rule, weight_decay)",
    "args": "give them to a function of x alone: lambda x: f(x, a)",
    "bounds": "there are none here; write the problem in a variable that is free",
    "constraints": "there are none here; add a penalty to f",
}


def refuse(what: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise an error about the first keyword that is not known, if there is one.

    Parameters
    ----------
    what : str
        What was called.
    given, known : names of arguments

    Raises
    ------
    TypeError
        It says what the argument is called here, or how the same is done.

    Examples
    --------
    >>> refuse("Adam", ["learning_rate"], ["lr", "beta1", "beta2", "eps"])
    Traceback (most recent call last):
    ...
    TypeError: Adam has no argument 'learning_rate': here it is 'lr'
    """
    word = next((word for word in given if word not in known), None)
    if word is None:
        return
    from difflib import get_close_matches  # here, since most programs do without it

    if ours := [name for name, words in OTHER_NAMES.items() if word in words and name in known]:
        way = f"here it is {ours[0]!r}"
    elif word in ELSEWHERE:
        way = ELSEWHERE[word]
    elif alike := get_close_matches(word, known, n=1):
        way = f"did you mean {alike[0]!r}?"
    else:
        way = f"it has {', '.join(known) or 'none'}"
    raise TypeError(f"{what} has no argument {word!r}: {way}")


# The parts of the package, those with what people look for most first.
_PARTS = ("rules", "problems", "losses", "datasets", "training", "schedules", "averages", "search")


def homes_of(name: str) -> str:
    """Return where in the package a name is, as the end of an error's sentence; "" if nowhere.

    Examples
    --------
    >>> homes_of("Function")
    ': from minioptim.problems import Function'
    """
    from importlib import import_module  # here, since an error alone asks for it

    parts = {part: import_module(f"minioptim.{part}") for part in _PARTS}
    found = [part for part, module in parts.items() if hasattr(module, name)]
    return f": from minioptim.{found[0]} import {name}" if found else ""


def in_our_words(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that says what its arguments are called if it is given another's word.

    Parameters
    ----------
    function : callable

    Raises
    ------
    TypeError
        When it is called with a keyword that it does not have.

    Examples
    --------
    >>> in_our_words(lambda lr=0.1: lr)(lr=0.5)
    0.5
    """
    known = inspect.signature(function).parameters

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        if not kwargs.keys() <= known.keys():
            refuse(function.__name__, kwargs, known)
        return function(*args, **kwargs)

    return called


class _Signature:
    """The signature of a class, that of its ``__init__``; `InOurWords` would hide it."""

    def __get__(self, instance: object, owner: type[Any]) -> inspect.Signature:
        if instance is not None:  # an instance that can be called has a signature of its own
            raise AttributeError("__signature__")
        found = inspect.signature(owner.__init__)
        takes = [] if owner.__init__ is object.__init__ else list(found.parameters.values())[1:]
        return found.replace(parameters=takes)


def untyped_numbers(cls: type[Any]) -> list[str]:
    """Return the names to which a class gives a number without a type: a dataclass ignores them."""
    typed = inspect.get_annotations(cls)
    return [
        name
        for name, value in vars(cls).items()
        if isinstance(value, (int, float)) and not name.startswith("_") and name.islower()
        if name not in typed and not isinstance(value, bool)
    ]


class InOurWords:
    """A class that says what its arguments are called if it is given another's word."""

    __signature__ = _Signature()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if kwargs:
            called: Any = cls
            known = _parameters(called)
            if known is not None and not kwargs.keys() <= known:
                unknown, untyped = kwargs.keys() - known, untyped_numbers(called)
                if unknown & {*inspect.get_annotations(called), *untyped}:  # a field, no argument
                    way = f", and a type with {untyped[0]}: float" if untyped else ""
                    raise TypeError(
                        f"write @dataclass(frozen=True) above class {cls.__name__}{way}"
                    )
                refuse(cls.__name__, kwargs, known)
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__} takes no arguments")
        return super().__new__(cls)


@lru_cache(maxsize=256)
def _parameters(cls: type[Any]) -> Set[str] | None:
    """Return the names of what a class takes, in order; None if it takes any keyword."""
    takes = inspect.signature(cls).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values()):
        return None
    return takes.keys()
