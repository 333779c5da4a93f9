"""The libraries' rules, made from ours: with other hyper-parameters, or with one thing moved.

`minioptim.libraries` says which of them a library's function equals.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import numpy as np

from minioptim import rules
from minioptim._arguments import Real

# --- Where no hyper-parameter of ours makes it: variants -----------------------------------------


class RMSPropInside(rules.RMSProp):
    """RMSProp with eps inside the root."""

    def step(self, g: Real, x: Real, t: int, v: Real) -> tuple[Real, Real]:
        v = self.rho * v + (1 - self.rho) * g**2
        return x - self.lr * g / np.sqrt(v + self.eps), v


class CenteredRMSPropInside(rules.CenteredRMSProp):
    """Centred RMSProp with eps inside the root."""

    def step(self, g: Real, x: Real, t: int, m: Real, s: Real) -> tuple[Real, Real, Real]:
        s = self.rho * (s + (1 - self.rho) * (g - m) ** 2)
        m = self.rho * m + (1 - self.rho) * g
        return x - self.lr * g / np.sqrt(s + self.eps), m, s


class AdaMaxBeside(rules.AdaMax):
    """AdaMax with eps added to u where it divides, not to the gradient's size."""

    def step(self, g: Real, x: Real, t: int, m: Real, u: Real) -> tuple[Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        u = np.maximum(self.beta2 * u, np.abs(g))
        return x - self.lr / (1 - self.beta1**t) * m / (u + self.eps), m, u


class AMSGradOfCorrected(rules.AMSGrad):
    """AMSGrad whose maximum is that of the corrected second moment."""

    def step(
        self, g: Real, x: Real, t: int, m: Real, v: Real, v_max: Real
    ) -> tuple[Real, Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v_max = np.maximum(v_max, v / (1 - self.beta2**t))
        return x - self.lr * m_hat / (np.sqrt(v_hat) + self.eps), m, v, v_max


VARIANTS = (RMSPropInside, CenteredRMSPropInside, AdaMaxBeside, AMSGradOfCorrected)
"""The rules with one thing moved that a library equals, and we do not offer."""


def eps_inside(rule: Any) -> Any:
    """Return the rule with eps inside the root."""
    return (RMSPropInside if "v" in rule.state else CenteredRMSPropInside)(*values_of(rule))


def eps_beside_norm(rule: Any) -> Any:
    """Return the rule with eps added to u when dividing."""
    return AdaMaxBeside(*values_of(rule))


def max_of_corrected(rule: Any) -> Any:
    """Return the rule whose maximum is that of the corrected second moment."""
    return AMSGradOfCorrected(*values_of(rule))


def values_of(rule: rules.Rule) -> list[Any]:
    """Return the hyper-parameters of a rule, in their order."""
    return [getattr(rule, field.name) for field in fields(rule)]


# --- The differences that a hyper-parameter can make --------------------------------------------


def unchanged(rule: Any) -> Any:
    """Return the rule itself."""
    return rule


def eps_hat(rule: Any) -> Any:
    """Return the rule with eps beside the root that is not corrected: Keras' Adam and family."""
    return replace(rule, eps=lambda t: rule.eps / np.sqrt(1 - rule.beta2**t))


def uncorrected(rule: Any) -> Any:
    """Return the rule without either correction: lr and eps change as the corrections would."""

    def lr(t: int) -> Any:
        return rule.at(t).lr * (1 - rule.beta1**t) / np.sqrt(1 - rule.beta2**t)

    return replace(eps_hat(rule), lr=lr)


def eps_in_accumulator(rule: Any) -> Any:
    """Return the rule whose sum of squares starts eps higher: eps inside the root, since G adds."""
    return replace(rule, eps=0.0, initial_accumulator=rule.initial_accumulator + rule.eps)


def first_step_undamped(rule: Any) -> Any:
    """Return the rule whose average starts as the first gradient itself: beta is 0 at t = 1."""
    return replace(rule, beta=lambda t: rule.beta if t > 1 else 0.0)


def sum_as_average(rule: Any) -> Any:
    """Return the average with lr over 1 - beta: a sum of gradients with the rule's own lr."""
    if callable(rule.lr):
        return replace(rule, lr=lambda t: rule.lr(t) / (1 - rule.beta))
    return replace(rule, lr=rule.lr / (1 - rule.beta))


LR_DECAY = 0.01


def lr_decayed(rule: Any) -> Any:
    """Return the rule whose lr falls like 1 / (1 + 0.01 (t - 1))."""
    return replace(rule, lr=lambda t: rule.at(t).lr / (1 + LR_DECAY * (t - 1)))


def without_first_moment(rule: Any) -> Any:
    """Return Adam without a first moment: RMSProp, corrected for its start."""
    return rules.Adam(lr=rule.lr, beta1=0.0, beta2=rule.rho, eps=rule.eps)


def psi_one(rule: Any) -> Any:
    """Return the rule with psi 1."""
    return replace(rule, psi=1.0)


def psi_infinite(rule: Any) -> Any:
    """Return the rule with a constant momentum."""
    return replace(rule, psi=math.inf)
