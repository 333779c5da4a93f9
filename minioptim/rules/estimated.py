"""Rules that estimate their learning rate from how far the run has come.

Both take a norm or an inner product over all parameters, so they see the whole vector of a run, as
the rules in `matrix` see a layer's matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minioptim._arguments import Array, Real
from minioptim.rules.matrix import MatrixRule


@dataclass(frozen=True)
class DoG(MatrixRule):
    r"""Distance over gradients: descent whose learning rate is measured on the way.

    .. math::
        r_t &= \max(r_{t-1},\; \lVert x_{t-1} - x_0 \rVert), \qquad
            r_0 = \mathrm{first}\, (1 + \lVert x_0 \rVert) \\
        G_t &= G_{t-1} + \lVert g_t \rVert^2 \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{r_t}{\sqrt{G_t + \mathrm{eps}}}\; g_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        A factor of the learning rate that is found; 1 is meant.
    first : float or array of shape S, > 0
        The distance that is taken for travelled before the first step, in parts of the size of x.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while all gradients are 0. Inside the root.

    State
    -----
    x0 : where the run started.
    r : the largest distance from there so far; starts at ``first`` (1 + norm of x0).
    G : the sum of the squared norms of the gradients; starts at 0.

    In the libraries
    ----------------
    Optax' ``contrib.dog`` is this form. The authors advise to use an average of the points.

    References
    ----------
    Ivgi, Hinder and Carmon (2023), DoG is SGD's best friend, eq. (DoG).

    Examples
    --------
    >>> rule = DoG(lr=5.0, first=0.5, eps=0.0)
    >>> x, x0, r, G = np.array([0.0, 0.0]), *rule.start(np.array([0.0, 0.0]))
    >>> x, x0, r, G = rule.step(np.array([3.0, 4.0]), x, 1, x0, r, G)
    >>> x.tolist(), float(r), float(G)
    ([-1.5, -2.0], 0.5, 25.0)
    """

    lr: Real = 1.0
    first: Real = 1e-6
    eps: Real = 1e-8

    state = ("x0", "r", "G")
    never_scheduled = {"first": "the state starts from it, before there is a step"}  # noqa: RUF012

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return the start, the first distance, and no gradients yet."""
        return np.array(x), np.asarray(self.first * (1 + np.linalg.norm(x))), np.zeros(())

    def step(
        self, g: Array, x: Array, t: int, x0: Array, r: Array, G: Array
    ) -> tuple[Array, Array, Array, Array]:
        r = np.maximum(r, np.linalg.norm(x - x0))
        G = G + np.sum(g**2)
        return x - self.lr * r / np.sqrt(G + self.eps) * g, x0, r, G


@dataclass(frozen=True)
class Prodigy(MatrixRule):
    r"""Prodigy: Adam, whose learning rate is a distance that grows with the evidence for it.

    .. math::
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; d_{t-1}\, g_t \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; (d_{t-1}\, g_t)^2 \\
        a_t &= \mathrm{lr}\; d_{t-1}\,
            \frac{\sqrt{1 - \mathrm{beta2}^t}}{1 - \mathrm{beta1}^t} \\
        r_t &= \sqrt{\mathrm{beta2}}\; r_{t-1}
            + a_t\, d_{t-1}\, \langle g_t,\, x_0 - x_{t-1} \rangle \\
        s_t &= \sqrt{\mathrm{beta2}}\; s_{t-1} + a_t\, d_{t-1}\, g_t \\
        d_t &= \max(d_{t-1},\; r_t / \lVert s_t \rVert_1) \\
        x_t &= x_{t-1} - a_t\; \frac{m_t}{\sqrt{v_t} + d_t\, \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        A factor of the learning rate that is found; 1 is meant, or a schedule that falls from 1.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weights of the old averages. The correction is that of constant ones.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.
    first : float or array of shape S, > 0
        The first d, which should be too small.

    State
    -----
    m, v : the moments of d g; start at 0.
    s : a decaying sum of gradients; starts at 0.
    x0 : where the run started.
    d : the learning rate that has been found; starts at ``first``. It never falls.
    r : a decaying sum of how far the gradients lead away from x0; starts at 0.

    In the libraries
    ----------------
    Optax' ``contrib.prodigy`` is this form. The authors' package leaves out the correction unless
    it is asked for.

    References
    ----------
    Mishchenko and Defazio (2024), Prodigy: an expeditiously adaptive parameter-free learner,
    Algorithm 4.

    Examples
    --------
    >>> rule = Prodigy(first=0.5)
    >>> x = np.array([1.0, 1.0])
    >>> x, m, v, s, x0, d, r = rule.step(np.array([3.0, -4.0]), x, 1, *rule.start(x))
    >>> x.round(6).tolist(), float(d)
    ([0.5, 1.5], 0.5)
    """

    lr: Real = 1.0
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8
    first: Real = 1e-6

    state = ("m", "v", "s", "x0", "d", "r")
    never_scheduled = {  # noqa: RUF012
        "beta1": "the correction is that of a constant one",
        "beta2": "the correction is that of a constant one",
        "first": "the state starts from it, before there is a step",
    }

    def start(self, x: Array) -> tuple[Array, ...]:
        """Return moments and sums at 0, the start, and the first d."""
        zero = np.zeros_like(x)
        return zero, zero.copy(), zero.copy(), np.array(x), np.array(self.first), np.zeros(())

    def step(
        self,
        g: Array,
        x: Array,
        t: int,
        m: Array,
        v: Array,
        s: Array,
        x0: Array,
        d: Array,
        r: Array,
    ) -> tuple[Array, ...]:
        m = self.beta1 * m + (1 - self.beta1) * d * g
        v = self.beta2 * v + (1 - self.beta2) * (d * g) ** 2
        a = self.lr * d * np.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        r = np.sqrt(self.beta2) * r + a * d * np.sum(g * (x0 - x))
        s = np.sqrt(self.beta2) * s + a * d * g
        length = np.abs(s).sum()
        found = r / length if length > 0 else 0.0  # no gradient so far says nothing
        d = np.maximum(d, found)
        return x - a * m / (np.sqrt(v) + d * self.eps), m, v, s, x0, d, r
