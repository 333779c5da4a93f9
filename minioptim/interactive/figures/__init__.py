"""The live figures of the book, one module for each, and beside it the module that draws it.

>>> from minioptim.interactive import figures
>>> figures.gradient_descent(lr=0.05)
LiveFigure(gradient_descent)
"""

from minioptim.interactive.figure import Design
from minioptim.interactive.figures.adadelta import adadelta
from minioptim.interactive.figures.adagrad import adagrad
from minioptim.interactive.figures.adam import adam
from minioptim.interactive.figures.gradient_descent import gradient_descent
from minioptim.interactive.figures.in_practice import in_practice
from minioptim.interactive.figures.momentum import momentum
from minioptim.interactive.figures.moving_averages import moving_averages
from minioptim.interactive.figures.nadam import nadam
from minioptim.interactive.figures.nesterov import nesterov
from minioptim.interactive.figures.race import race
from minioptim.interactive.figures.rmsprop import rmsprop
from minioptim.interactive.figures.stochastic_gradient_descent import stochastic_gradient_descent

DESIGNS = (
    gradient_descent,
    stochastic_gradient_descent,
    moving_averages,
    momentum,
    nesterov,
    adagrad,
    adadelta,
    rmsprop,
    adam,
    nadam,
    in_practice,
    race,
)


def design_of(name: str) -> Design:
    """Return the design of a figure by its name.

    Raises
    ------
    ValueError
        There is no such figure.

    Examples
    --------
    >>> design_of("adam").title
    "Adam's step, live"
    """
    for design in DESIGNS:
        if design.figure == name:
            return design
    raise ValueError(f"name must be one of {[d.figure for d in DESIGNS]}, got {name!r}")
