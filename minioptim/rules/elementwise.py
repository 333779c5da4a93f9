"""The rules of the course, easiest first. Each is written once, as its equation.

A rule is a frozen set of hyper-parameters with two pure methods. ``step`` takes a gradient ``g``,
the point ``x``, the number ``t`` of the step (1, 2, 3, ...) and the state, and returns the new
point followed by the new state. ``query`` says where the gradient is to be asked for: at ``x``,
unless the rule looks ahead.

Both treat every coordinate alike and apart, so the same text runs on a Python float, on an array
of coordinates and on a batch of runs. A hyper-parameter out of its range is refused when the rule
is made, as `Rule` says, and ``lr`` is the learning rate everywhere. A hyper-parameter may be a
schedule, a function of t; the loop has put its value in place before ``step`` runs.
"""

from dataclasses import dataclass

import numpy as np

from minioptim._arguments import Real
from minioptim.rules.base import Rule

# Why a hyper-parameter cannot be a schedule.
OF_THE_START = {"initial_accumulator": "the state starts from it, before there is a step"}
OF_THE_CORRECTION = dict.fromkeys(("beta1", "beta2"), "the correction is that of a constant one")


@dataclass(frozen=True)
class GradientDescent(Rule):
    r"""Gradient descent: step against the gradient.

    .. math:: x_t = x_{t-1} - \mathrm{lr}\; g_t

    With a noisy gradient it is stochastic gradient descent; ``SGD`` is another name for it.

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate (Greek eta, or alpha). Units: those of x squared over those of f.

    State
    -----
    None.

    In the libraries
    ----------------
    The same in PyTorch (``SGD``), Keras (``SGD``) and Optax (``sgd``) with momentum 0.

    References
    ----------
    Cauchy (1847), Méthode générale pour la résolution des systèmes d'équations simultanées.

    Examples
    --------
    >>> rule = GradientDescent(lr=0.1)
    >>> print(*rule.step(g=4.0, x=2.0, t=1))
    1.6
    """

    lr: Real = 0.01

    def step(self, g: Real, x: Real, t: int) -> tuple[Real]:
        return (x - self.lr * g,)


SGD = GradientDescent


@dataclass(frozen=True)
class Momentum(Rule):
    r"""Heavy-ball momentum: a velocity that keeps a part of itself and is pushed downhill.

    .. math::
        v_t &= \mathrm{momentum}\; v_{t-1} - \mathrm{lr}\; g_t \\
        x_t &= x_{t-1} + v_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate.
    momentum : float or array of shape S, in [0, 1], or a schedule
        Part of the velocity that survives a step; 1 is a ball without friction.

    State
    -----
    v : the velocity, the last change of x; starts at 0.

    In the libraries
    ----------------
    Keras' ``SGD(momentum=...)`` is this form. PyTorch and Optax keep the learning rate out of the
    velocity (`BufferMomentum`): equal while ``lr`` is constant, different once it changes.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods, eq. (9).
    Sutskever et al. (2013), On the importance of initialization and momentum, eqs. (1)-(2).

    Examples
    --------
    >>> rule = Momentum(lr=0.1, momentum=0.5)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, v=-1.0))
    1.1 -0.9
    """

    lr: Real = 0.01
    momentum: Real = 0.9

    state = ("v",)

    def step(self, g: Real, x: Real, t: int, v: Real) -> tuple[Real, Real]:
        v = self.momentum * v - self.lr * g
        return x + v, v


@dataclass(frozen=True)
class BufferMomentum(Rule):
    r"""Momentum with the learning rate outside the running sum of gradients.

    .. math::
        v_t &= \mathrm{momentum}\; v_{t-1} + g_t \\
        x_t &= x_{t-1} - \mathrm{lr}\; v_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate.
    momentum : float or array of shape S, in [0, 1], or a schedule
        Part of the buffer that survives a step.

    State
    -----
    v : the buffer, a sum of gradients in which the older weigh less; starts at 0.

    In the libraries
    ----------------
    PyTorch's ``SGD(momentum=...)`` with dampening 0 and Optax' ``trace`` are this form. Keras is
    `Momentum`. With dampening, PyTorch leaves the first gradient undamped.

    References
    ----------
    PyTorch documentation, ``torch.optim.SGD``, note on the form of momentum.

    Examples
    --------
    >>> rule = BufferMomentum(lr=0.1, momentum=0.5)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, v=10.0))
    1.1 9.0
    """

    lr: Real = 0.01
    momentum: Real = 0.9

    state = ("v",)

    def step(self, g: Real, x: Real, t: int, v: Real) -> tuple[Real, Real]:
        v = self.momentum * v + g
        return x - self.lr * v, v


@dataclass(frozen=True)
class EWMAMomentum(Rule):
    r"""Momentum as a moving average: step along the exponentially weighted mean of gradients.

    .. math::
        v_t &= \mathrm{beta}\; v_{t-1} + (1 - \mathrm{beta})\; g_t \\
        x_t &= x_{t-1} - \mathrm{lr}\; v_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate. To match `Momentum` with the same rate of decay, ``lr / (1 - beta)`` of it.
    beta : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average.

    State
    -----
    v : the moving average of gradients, not corrected for its start at 0.

    In the libraries
    ----------------
    Adam's first moment has this form. In PyTorch it is ``SGD(momentum=beta, dampening=beta)``
    but for the first gradient, which enters undamped and fades from the buffer as beta^t; in
    Optax it is ``ema(decay, debias=False)``.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, Algorithm 1 (its ``m``).

    Examples
    --------
    >>> rule = EWMAMomentum(lr=0.5, beta=0.5)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, v=10.0))
    -1.5 7.0
    """

    lr: Real = 0.01
    beta: Real = 0.9

    state = ("v",)

    def step(self, g: Real, x: Real, t: int, v: Real) -> tuple[Real, Real]:
        v = self.beta * v + (1 - self.beta) * g
        return x - self.lr * v, v


@dataclass(frozen=True)
class Nesterov(Momentum):
    r"""Nesterov's accelerated gradient: momentum that asks for the gradient after its jump.

    .. math::
        g_t &= \nabla f(x_{t-1} + \mathrm{momentum}\; v_{t-1}) \\
        v_t &= \mathrm{momentum}\; v_{t-1} - \mathrm{lr}\; g_t \\
        x_t &= x_{t-1} + v_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate.
    momentum : float or array of shape S, in [0, 1], or a schedule
        Part of the velocity that survives a step.

    State
    -----
    v : the velocity, the last change of x; starts at 0.

    In the libraries
    ----------------
    PyTorch, Keras and Optax store the look-ahead point, x + momentum v, as the parameter: the
    same sequence seen from its query points. Their iterates equal this rule's queries; those of
    PyTorch and Optax, whose velocity is that of `BufferMomentum`, only while ``lr`` is constant.

    References
    ----------
    Nesterov (1983), A method for solving the convex programming problem with convergence rate
    O(1/k^2). Sutskever et al. (2013), On the importance of initialization and momentum,
    eqs. (3)-(4).

    Examples
    --------
    >>> rule = Nesterov(lr=0.1, momentum=0.5)
    >>> rule.query(2.0, -1.0)
    1.5
    >>> print(*rule.step(g=3.0, x=2.0, t=2, v=-1.0))
    1.2 -0.8
    """

    def query(self, x: Real, v: Real) -> Real:
        return x + self.momentum * v


@dataclass(frozen=True)
class Adagrad(Rule):
    r"""Adagrad: each coordinate's step is divided by the root of its own sum of squares.

    .. math::
        G_t &= G_{t-1} + g_t^2 \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{g_t}{\sqrt{G_t} + \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x: the length of a coordinate's first step.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while G is 0. Outside the root.
    initial_accumulator : float or array of shape S, >= 0
        What G starts from.

    State
    -----
    G : the sum of squared gradients; starts at ``initial_accumulator``.

    In the libraries
    ----------------
    PyTorch: eps outside, start 0. Keras and Optax: eps inside the root, start 0.1.

    References
    ----------
    Duchi, Hazan and Singer (2011), Adaptive subgradient methods for online learning and
    stochastic optimization, fig. 1 (the diagonal form).

    Examples
    --------
    >>> rule = Adagrad(lr=0.1, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, G=9.0))
    1.92 25.0
    """

    lr: Real = 0.01
    eps: Real = 1e-10
    initial_accumulator: Real = 0.0

    state = ("G",)
    never_scheduled = OF_THE_START

    def start(self, x: Real) -> tuple[Real, ...]:
        return (self.initial_accumulator,)

    def step(self, g: Real, x: Real, t: int, G: Real) -> tuple[Real, Real]:
        G = G + g**2
        return x - self.lr * g / (np.sqrt(G) + self.eps), G


@dataclass(frozen=True)
class RMSProp(Rule):
    r"""RMSProp: Adagrad with a leak, a moving average in place of the sum.

    .. math::
        v_t &= \mathrm{rho}\; v_{t-1} + (1 - \mathrm{rho})\; g_t^2 \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{g_t}{\sqrt{v_t} + \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x: about the length of a coordinate's step.
    rho : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.

    State
    -----
    v : the moving average of squared gradients; starts at 0 and is not corrected for that.

    In the libraries
    ----------------
    PyTorch: eps outside, its ``alpha`` is rho, 0.99. Keras: eps inside, rho 0.9. Optax: eps
    inside unless told otherwise, its ``decay`` is rho, 0.9.

    References
    ----------
    Tieleman and Hinton (2012), Lecture 6.5 of Neural Networks for Machine Learning.

    Examples
    --------
    >>> rule = RMSProp(lr=0.1, rho=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, v=28.0))
    1.92 25.0
    """

    lr: Real = 0.001
    rho: Real = 0.9
    eps: Real = 1e-8

    state = ("v",)

    def step(self, g: Real, x: Real, t: int, v: Real) -> tuple[Real, Real]:
        v = self.rho * v + (1 - self.rho) * g**2
        return x - self.lr * g / (np.sqrt(v) + self.eps), v


@dataclass(frozen=True)
class CenteredRMSProp(Rule):
    r"""RMSProp about the mean: divide by the standard deviation of the gradient.

    .. math::
        s_t &= \mathrm{rho}\, \big( s_{t-1} + (1 - \mathrm{rho})\, (g_t - m_{t-1})^2 \big) \\
        m_t &= \mathrm{rho}\; m_{t-1} + (1 - \mathrm{rho})\; g_t \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{g_t}{\sqrt{s_t} + \mathrm{eps}}

    On paper s is the mean square less the squared mean, v - m^2 with the v of `RMSProp`. That
    difference loses its digits as gradients agree: after some 285 equal ones, with rho = 0.9,
    none is left. The variance's own recursion subtracts before it squares, and keeps them until
    g - m itself is rounding.

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x.
    rho : float or array of shape S, in [0, 1), or a schedule
        Weight of the old averages.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while the variance is 0. Outside the root.

    State
    -----
    m : the moving average of gradients; starts at 0.
    s : the variance about it, the moving average of squares less m squared; starts at 0.

    In the libraries
    ----------------
    PyTorch's and Keras' ``RMSprop(centered=True)``, Optax' ``rmsprop(centered=True)``. PyTorch: eps
    outside; Keras, and Optax unless told otherwise: inside. They keep v, and take the root of
    v - m^2 as it comes, which rounding can carry below 0.

    References
    ----------
    Graves (2013), Generating sequences with recurrent neural networks, eqs. (38)-(41).
    Finch (2009), Incremental calculation of weighted mean and variance.

    Examples
    --------
    >>> rule = CenteredRMSProp(lr=0.1, rho=0.75, eps=0.0)
    >>> print(*rule.step(g=8.0, x=2.0, t=2, m=0.0, s=4.0))
    1.7934... 2.0 15.0
    """

    lr: Real = 0.001
    rho: Real = 0.9
    eps: Real = 1e-8

    state = ("m", "s")

    def step(self, g: Real, x: Real, t: int, m: Real, s: Real) -> tuple[Real, Real, Real]:
        s = self.rho * (s + (1 - self.rho) * (g - m) ** 2)  # m is the old mean here
        m = self.rho * m + (1 - self.rho) * g
        return x - self.lr * g / (np.sqrt(s) + self.eps), m, s


@dataclass(frozen=True)
class Adadelta(Rule):
    r"""Adadelta: the step carries the units of x, by the ratio of two root mean squares.

    .. math::
        v_t &= \mathrm{rho}\; v_{t-1} + (1 - \mathrm{rho})\; g_t^2 \\
        \Delta_t &= -\frac{\sqrt{d_{t-1} + \mathrm{eps}}}{\sqrt{v_t + \mathrm{eps}}}\; g_t \\
        d_t &= \mathrm{rho}\; d_{t-1} + (1 - \mathrm{rho})\; \Delta_t^2 \\
        x_t &= x_{t-1} + \mathrm{lr}\; \Delta_t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Multiplies the step; 1 is the paper's method, which has no learning rate.
    rho : float or array of shape S, in [0, 1), or a schedule
        Weight of the old averages.
    eps : float or array of shape S, >= 0, or a schedule
        Inside both roots. The first step is about sqrt(eps / (1 - rho)) long, so it acts as the
        learning rate at the start.

    State
    -----
    v : the moving average of squared gradients, E[g^2]; starts at 0.
    d : the moving average of squared steps, E[dx^2], before ``lr``; starts at 0.

    In the libraries
    ----------------
    The same text, other defaults: PyTorch lr 1, rho 0.9, eps 1e-6; Keras lr 0.001, rho 0.95, eps
    1e-7, so that its steps are a thousand times shorter; Optax rho 0.9, eps 1e-6, and a
    ``learning_rate`` that must be given: without it the step goes uphill.

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, Algorithm 1.

    Examples
    --------
    >>> rule = Adadelta(lr=1.0, rho=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=2, v=28.0, d=0.25))
    1.6 25.0 0.2275
    """

    lr: Real = 1.0
    rho: Real = 0.95
    eps: Real = 1e-6

    state = ("v", "d")

    def step(self, g: Real, x: Real, t: int, v: Real, d: Real) -> tuple[Real, Real, Real]:
        v = self.rho * v + (1 - self.rho) * g**2
        delta = -np.sqrt(d + self.eps) / np.sqrt(v + self.eps) * g
        d = self.rho * d + (1 - self.rho) * delta**2
        return x + self.lr * delta, v, d


@dataclass(frozen=True)
class Adam(Rule):
    r"""Adam: momentum's mean over RMSProp's root, both corrected for their start at zero.

    .. math::
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; g_t^2 \\
        \hat m_t &= m_t / (1 - \mathrm{beta1}^t) \\
        \hat v_t &= v_t / (1 - \mathrm{beta2}^t) \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{\hat m_t}{\sqrt{\hat v_t} + \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate (the paper's alpha), in units of x: a step's length while gradients agree.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weights of the old averages. The correction is that of constant ones.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root, added to the corrected one.

    State
    -----
    m : the first moment, the moving average of gradients; starts at 0.
    v : the second moment, the moving average of squared gradients; starts at 0.

    In the libraries
    ----------------
    PyTorch and Optax are this form. Keras adds its eps to the uncorrected root ("epsilon hat"),
    so its effective eps is eps / sqrt(1 - beta2^t).

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, Algorithm 1.

    Examples
    --------
    >>> rule = Adam(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, v=0.0))
    1.9 2.0 4.0
    """

    lr: Real = 0.001
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8

    state = ("m", "v")
    never_scheduled = OF_THE_CORRECTION

    def step(self, g: Real, x: Real, t: int, m: Real, v: Real) -> tuple[Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return x - self.lr * m_hat / (np.sqrt(v_hat) + self.eps), m, v


@dataclass(frozen=True)
class AdaMax(Rule):
    r"""AdaMax: Adam with the largest recent gradient in place of the root mean square.

    .. math::
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        u_t &= \max(\mathrm{beta2}\; u_{t-1},\; |g_t| + \mathrm{eps}) \\
        x_t &= x_{t-1} - \frac{\mathrm{lr}}{1 - \mathrm{beta1}^t}\; \frac{m_t}{u_t}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x: about the length of the longest step.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weight of the old average, and decay of the old maximum.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps u above 0. The paper has none and divides by 0 where a gradient stays 0.

    State
    -----
    m : the moving average of gradients; starts at 0.
    u : the exponentially weighted infinity norm of the gradients; starts at 0.

    In the libraries
    ----------------
    PyTorch and Optax add eps to the gradient's size as here; Keras adds it to u when dividing.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, Algorithm 2.

    Examples
    --------
    >>> rule = AdaMax(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, u=8.0))
    1.9333... 2.0 6.0
    """

    lr: Real = 0.002
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8

    state = ("m", "u")
    never_scheduled = OF_THE_CORRECTION

    def step(self, g: Real, x: Real, t: int, m: Real, u: Real) -> tuple[Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        u = np.maximum(self.beta2 * u, np.abs(g) + self.eps)
        return x - self.lr / (1 - self.beta1**t) * m / u, m, u


@dataclass(frozen=True)
class AMSGrad(Rule):
    r"""AMSGrad: Adam whose second moment, before its correction, may not fall.

    .. math::
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; g_t^2 \\
        v^{\max}_t &= \max(v^{\max}_{t-1}, v_t) \\
        \hat m_t &= m_t / (1 - \mathrm{beta1}^t) \\
        \hat v_t &= v^{\max}_t / (1 - \mathrm{beta2}^t) \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{\hat m_t}{\sqrt{\hat v_t} + \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weights of the old averages. The correction is that of constant ones.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.

    State
    -----
    m : the moving average of gradients; starts at 0.
    v : the moving average of squared gradients; starts at 0.
    v_max : the largest v so far; starts at 0.

    In the libraries
    ----------------
    PyTorch and Keras take the maximum of the uncorrected v, as here; Optax that of the corrected
    one, so that it cannot fall either. Here it can, by the correction, while t is small. Keras
    also adds eps as in its Adam. The paper corrects neither m nor v.

    References
    ----------
    Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, Algorithm 2.

    Examples
    --------
    >>> rule = AMSGrad(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, v=0.0, v_max=16.0))
    1.95 2.0 4.0 16.0
    """

    lr: Real = 0.001
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8

    state = ("m", "v", "v_max")
    never_scheduled = OF_THE_CORRECTION

    def step(
        self, g: Real, x: Real, t: int, m: Real, v: Real, v_max: Real
    ) -> tuple[Real, Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        v_max = np.maximum(v_max, v)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v_max / (1 - self.beta2**t)
        return x - self.lr * m_hat / (np.sqrt(v_hat) + self.eps), m, v, v_max


@dataclass(frozen=True)
class NAdam(Rule):
    r"""NAdam: Adam that looks ahead, with next step's momentum put on this step's mean.

    .. math::
        \mu_t &= \mathrm{beta1}\, (1 - 0.5 \cdot 0.96^{t\,\mathrm{psi}}) \\
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; g_t^2 \\
        \bar m_t &= \frac{(1 - \mu_t)\; g_t}{1 - \prod_{i \le t} \mu_i}
            + \frac{\mu_{t+1}\; m_t}{1 - \prod_{i \le t+1} \mu_i} \\
        \hat v_t &= v_t / (1 - \mathrm{beta2}^t) \\
        x_t &= x_{t-1} - \mathrm{lr}\; \frac{\bar m_t}{\sqrt{\hat v_t} + \mathrm{eps}}

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weights of the old averages; beta1 is where the momentum mu ends.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.
    psi : float or array of shape S, >= 0, or a schedule
        How fast mu rises from beta1 / 2 to beta1; with infinity it is beta1 from the start.

    State
    -----
    m : the moving average of gradients; starts at 0.
    v : the moving average of squared gradients; starts at 0.
    mu_product : the product of all mu so far; starts at 1.

    In the libraries
    ----------------
    The libraries differ in the schedule of mu alone: PyTorch has psi = 0.004, Keras psi = 1,
    Optax a constant beta1 (psi = infinity).

    References
    ----------
    Dozat (2016), Incorporating Nesterov momentum into Adam, Algorithm 2.

    Examples
    --------
    >>> rule = NAdam(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0, psi=float("inf"))
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, v=0.0, mu_product=1.0))
    1.8666... 2.0 4.0 0.5
    """

    lr: Real = 0.002
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8
    psi: Real = 0.004

    state = ("m", "v", "mu_product")
    never_scheduled = OF_THE_CORRECTION

    def start(self, x: Real) -> tuple[Real, ...]:
        return (0.0, 0.0, 1.0)

    def step(
        self, g: Real, x: Real, t: int, m: Real, v: Real, mu_product: Real
    ) -> tuple[Real, Real, Real, Real]:
        mu = self.beta1 * (1 - 0.5 * 0.96 ** (t * self.psi))
        mu_next = self.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * self.psi))
        mu_product = mu_product * mu
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        m_bar = (1 - mu) * g / (1 - mu_product) + mu_next * m / (1 - mu_product * mu_next)
        v_hat = v / (1 - self.beta2**t)
        return x - self.lr * m_bar / (np.sqrt(v_hat) + self.eps), m, v, mu_product


@dataclass(frozen=True)
class AdamW(Rule):
    r"""AdamW: Adam, and apart from it a pull of each coordinate towards zero.

    .. math::
        m_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; g_t^2 \\
        \hat m_t &= m_t / (1 - \mathrm{beta1}^t) \\
        \hat v_t &= v_t / (1 - \mathrm{beta2}^t) \\
        x_t &= x_{t-1} - \mathrm{lr}\, \Big( \frac{\hat m_t}{\sqrt{\hat v_t} + \mathrm{eps}}
            + \mathrm{weight\_decay}\; x_{t-1} \Big)

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate; it scales the decay too, as in the libraries.
    beta1, beta2 : float or array of shape S, in [0, 1)
        Weights of the old averages. The correction is that of constant ones.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the pull. It is not divided by the second moment, as a penalty in f would be.

    State
    -----
    m : the moving average of gradients; starts at 0.
    v : the moving average of squared gradients; starts at 0.

    In the libraries
    ----------------
    The default of weight_decay differs: PyTorch 0.01, Keras 0.004, Optax 0.0001. Keras also adds
    eps as in its Adam.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, Algorithm 2.

    Examples
    --------
    >>> rule = AdamW(lr=0.1, beta1=0.5, beta2=0.75, eps=0.0, weight_decay=0.5)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0, v=0.0))
    1.8 2.0 4.0
    """

    lr: Real = 0.001
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8
    weight_decay: Real = 0.01

    state = ("m", "v")
    never_scheduled = OF_THE_CORRECTION

    def step(self, g: Real, x: Real, t: int, m: Real, v: Real) -> tuple[Real, Real, Real]:
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        adam = m_hat / (np.sqrt(v_hat) + self.eps)
        return x - self.lr * (adam + self.weight_decay * x), m, v


@dataclass(frozen=True)
class Lion(Rule):
    r"""Lion: step by the signs of an average, so that every coordinate moves equally far.

    .. math::
        c_t &= \mathrm{beta1}\; m_{t-1} + (1 - \mathrm{beta1})\; g_t \\
        m_t &= \mathrm{beta2}\; m_{t-1} + (1 - \mathrm{beta2})\; g_t \\
        x_t &= x_{t-1} - \mathrm{lr}\, \big( \operatorname{sign}(c_t)
            + \mathrm{weight\_decay}\; x_{t-1} \big)

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate, in units of x: how far each coordinate moves in a step.
    beta1 : float or array of shape S, in [0, 1), or a schedule
        Weight of the average in what the sign is taken of; the newest gradient has the rest.
    beta2 : float or array of shape S, in [0, 1), or a schedule
        Weight of the old average.
    weight_decay : float or array of shape S, >= 0, or a schedule
        Strength of the pull towards zero, beside the sign as in `AdamW`.

    State
    -----
    m : the moving average of gradients; starts at 0. No sign hangs on a correction, so none is
        made.

    In the libraries
    ----------------
    Keras and Optax are this form; PyTorch has none. The default of weight_decay is none in Keras
    and 0.001 in Optax.

    References
    ----------
    Chen et al. (2023), Symbolic discovery of optimization algorithms, Algorithm 2.

    Examples
    --------
    >>> rule = Lion(lr=0.5, beta1=0.5, beta2=0.75)
    >>> print(*rule.step(g=4.0, x=2.0, t=1, m=0.0))
    1.5 1.0
    """

    lr: Real = 0.0001
    beta1: Real = 0.9
    beta2: Real = 0.99
    weight_decay: Real = 0.0

    state = ("m",)

    def step(self, g: Real, x: Real, t: int, m: Real) -> tuple[Real, Real]:
        c = self.beta1 * m + (1 - self.beta1) * g
        m = self.beta2 * m + (1 - self.beta2) * g
        return x - self.lr * (np.sign(c) + self.weight_decay * x), m


@dataclass(frozen=True)
class ScheduleFree(Rule):
    r"""Schedule-Free descent: x is the mean of all points of a run that never slows down.

    .. math::
        g_t &= \nabla f\big( (1 - \mathrm{beta})\; z_{t-1} + \mathrm{beta}\; x_{t-1} \big) \\
        z_t &= z_{t-1} - \mathrm{lr}\; g_t \\
        x_t &= (1 - 1/t)\; x_{t-1} + z_t / t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate of z. It is meant to be constant.
    beta : float or array of shape S, in [0, 1), or a schedule
        Where the gradient is asked for: 0 is at z, and the nearer to 1, the nearer to the mean x.

    State
    -----
    z : the point that makes the steps; starts at x.

    In the libraries
    ----------------
    Optax stores the point of the query as the parameter, and gives x by
    ``schedule_free_eval_params``. It weighs each z by the square of the largest lr so far, which
    makes a difference only while lr rises.

    References
    ----------
    Defazio et al. (2024), The road less scheduled, eqs. (3)-(5).

    Examples
    --------
    >>> rule = ScheduleFree(lr=0.5, beta=0.75)
    >>> rule.query(4.0, 2.0)
    3.5
    >>> print(*rule.step(g=4.0, x=4.0, t=2, z=2.0))
    2.0 0.0
    """

    lr: Real = 0.01
    beta: Real = 0.9

    state = ("z",)

    def start(self, x: Real) -> tuple[Real, ...]:
        return (x,)

    def query(self, x: Real, z: Real) -> Real:
        return (1 - self.beta) * z + self.beta * x

    def step(self, g: Real, x: Real, t: int, z: Real) -> tuple[Real, Real]:
        z = z - self.lr * g
        return (1 - 1 / t) * x + z / t, z


@dataclass(frozen=True)
class ScheduleFreeAdam(Rule):
    r"""Schedule-Free Adam: `ScheduleFree` with Adam's division, and a mean in place of momentum.

    .. math::
        g_t &= \nabla f\big( (1 - \mathrm{beta1})\; z_{t-1} + \mathrm{beta1}\; x_{t-1} \big) \\
        v_t &= \mathrm{beta2}\; v_{t-1} + (1 - \mathrm{beta2})\; g_t^2 \\
        \hat v_t &= v_t / (1 - \mathrm{beta2}^t) \\
        z_t &= z_{t-1} - \mathrm{lr}\; \frac{g_t}{\sqrt{\hat v_t} + \mathrm{eps}} \\
        x_t &= (1 - 1/t)\; x_{t-1} + z_t / t

    Parameters
    ----------
    lr : float or array of shape S, >= 0, or a schedule
        Learning rate of z, in units of x. It is meant to be constant.
    beta1 : float or array of shape S, in [0, 1), or a schedule
        Where the gradient is asked for: 0 is at z, and the nearer to 1, the nearer to the mean x.
    beta2 : float or array of shape S, in [0, 1)
        Weight of the old average of squares. The correction is that of a constant one.
    eps : float or array of shape S, >= 0, or a schedule
        Keeps the quotient finite while v is 0. Outside the root.

    State
    -----
    z : the point that makes the steps; starts at x.
    v : the second moment, the moving average of squared gradients; starts at 0.

    In the libraries
    ----------------
    Keras and Optax store the point of the query as the parameter. Keras weighs all z equally, as
    here; Optax weighs each by the square of the largest lr so far, which makes a difference only
    while lr rises.

    References
    ----------
    Defazio et al. (2024), The road less scheduled, Algorithm 1.

    Examples
    --------
    >>> rule = ScheduleFreeAdam(lr=0.5, beta1=0.75, beta2=0.75, eps=0.0)
    >>> rule.query(4.0, 2.0, 0.0)
    3.5
    >>> print(*rule.step(g=4.0, x=2.0, t=1, z=2.0, v=0.0))
    1.5 1.5 4.0
    """

    lr: Real = 0.0025
    beta1: Real = 0.9
    beta2: Real = 0.999
    eps: Real = 1e-8

    state = ("z", "v")
    never_scheduled = {"beta2": OF_THE_CORRECTION["beta2"]}  # noqa: RUF012

    def start(self, x: Real) -> tuple[Real, ...]:
        return (x, 0.0)

    def query(self, x: Real, z: Real, v: Real) -> Real:
        return (1 - self.beta1) * z + self.beta1 * x

    def step(self, g: Real, x: Real, t: int, z: Real, v: Real) -> tuple[Real, Real, Real]:
        v = self.beta2 * v + (1 - self.beta2) * g**2
        v_hat = v / (1 - self.beta2**t)
        z = z - self.lr * g / (np.sqrt(v_hat) + self.eps)
        return (1 - 1 / t) * x + z / t, z, v


RULES: tuple[type[Rule], ...] = (
    GradientDescent,
    Momentum,
    BufferMomentum,
    EWMAMomentum,
    Nesterov,
    Adagrad,
    RMSProp,
    CenteredRMSProp,
    Adadelta,
    Adam,
    AdaMax,
    AMSGrad,
    NAdam,
    AdamW,
    Lion,
    ScheduleFree,
    ScheduleFreeAdam,
)
"""Every rule of the course once, in the order in which they stand."""
