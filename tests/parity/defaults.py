"""What each library's optimizer does when it is told nothing: the table of the book.

Only the arguments that the rules know; a hyper-parameter that must be given is ``...``.
"""

from __future__ import annotations

from types import EllipsisType

from .peers import KERAS, OPTAX, TORCH

Default = float | bool | tuple[float, float] | EllipsisType | None

DEFAULTS: dict[tuple[str, str], dict[str, Default]] = {
    (TORCH, "SGD"): {"lr": 1e-3, "momentum": 0, "dampening": 0, "nesterov": False},
    (TORCH, "Adagrad"): {"lr": 1e-2, "initial_accumulator_value": 0, "eps": 1e-10},
    (TORCH, "RMSprop"): {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "centered": False},
    (TORCH, "Adadelta"): {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
    (TORCH, "Adam"): {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False},
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
    (OPTAX, "sgd"): {"learning_rate": ..., "momentum": None, "nesterov": False},
    (OPTAX, "ema"): {"decay": ..., "debias": True},
    (OPTAX, "adagrad"): {"learning_rate": ..., "initial_accumulator_value": 0.1, "eps": 1e-7},
    (OPTAX, "rmsprop"): {
        "learning_rate": ...,
        "decay": 0.9,
        "eps": 1e-8,
        "eps_in_sqrt": True,
        "centered": False,
    },
    (OPTAX, "adadelta"): {"learning_rate": None, "rho": 0.9, "eps": 1e-6},
    (OPTAX, "adam"): {"learning_rate": ..., "b1": 0.9, "b2": 0.999, "eps": 1e-8, "eps_root": 0.0},
    (OPTAX, "adamax"): {"learning_rate": ..., "b1": 0.9, "b2": 0.999, "eps": 1e-8},
    (OPTAX, "amsgrad"): {
        "learning_rate": ...,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
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
}
