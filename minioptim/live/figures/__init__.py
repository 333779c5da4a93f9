"""The live figures of the book, one module for each, and beside it the module that draws it.

>>> from minioptim.live import figures
>>> figures.gradient_descent(lr=0.05)
LiveFigure(gradient_descent)
"""

from minioptim.live.figure import Design
from minioptim.live.figures.adadelta import adadelta
from minioptim.live.figures.adagrad import adagrad
from minioptim.live.figures.adam import adam
from minioptim.live.figures.adam_correction import adam_correction
from minioptim.live.figures.adam_noise import adam_noise
from minioptim.live.figures.adam_reddi import adam_reddi
from minioptim.live.figures.adamw import adamw
from minioptim.live.figures.ceiling import ceiling
from minioptim.live.figures.edge_of_stability import edge_of_stability
from minioptim.live.figures.gradient_descent import gradient_descent
from minioptim.live.figures.in_practice import in_practice
from minioptim.live.figures.momentum import momentum
from minioptim.live.figures.moving_averages import moving_averages
from minioptim.live.figures.nadam import nadam
from minioptim.live.figures.nesterov import nesterov
from minioptim.live.figures.nesterov_roots import nesterov_roots
from minioptim.live.figures.newton_schulz import newton_schulz
from minioptim.live.figures.opening import opening
from minioptim.live.figures.race import race
from minioptim.live.figures.rmsprop import rmsprop
from minioptim.live.figures.stochastic_gradient_descent import stochastic_gradient_descent
from minioptim.live.figures.valley import valley
from minioptim.live.figures.without_a_schedule import without_a_schedule

DESIGNS = (
    opening,
    gradient_descent,
    ceiling,
    stochastic_gradient_descent,
    moving_averages,
    valley,
    momentum,
    nesterov,
    nesterov_roots,
    adagrad,
    adadelta,
    rmsprop,
    adam,
    adam_correction,
    adam_noise,
    adam_reddi,
    nadam,
    adamw,
    newton_schulz,
    edge_of_stability,
    without_a_schedule,
    in_practice,
    race,
)
"""The design of every live figure, in the order of the book; each is called by its own name."""


def design_of(name: str) -> Design:
    """Return the design of a figure by its name.

    Raises
    ------
    ValueError
        There is no such figure.

    Examples
    --------
    >>> design_of("adam").figure
    'adam'
    """
    for design in DESIGNS:
        if design.figure == name:
            return design
    raise ValueError(f"name must be one of {[d.figure for d in DESIGNS]}, got {name!r}")
