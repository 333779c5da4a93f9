"""Functions to minimise, with their minima and the point where a run starts.

A problem has ``value`` and ``gradient``, which take one point of shape (d,) or a batch of points
of shape (..., d). A `Surface` is a problem in the plane, given by formulas in two coordinates x
and y that hold for floats and arrays alike. A problem knows nothing of update rules.
"""

from minioptim.problems.differences import differences
from minioptim.problems.general import (
    LARGEST_MATRIX,
    Function,
    Gradient,
    Incline,
    Kinked,
    Noisy,
    Problem,
    Quadratic,
    points,
)
from minioptim.problems.surfaces import (
    SURFACES,
    Beale,
    GoldsteinPrice,
    Himmelblau,
    Plateau,
    Rastrigin,
    Ravine,
    Rosenbrock,
    Saddle,
    Surface,
)

__all__ = [
    "LARGEST_MATRIX",
    "SURFACES",
    "Beale",
    "Function",
    "GoldsteinPrice",
    "Gradient",
    "Himmelblau",
    "Incline",
    "Kinked",
    "Noisy",
    "Plateau",
    "Problem",
    "Quadratic",
    "Rastrigin",
    "Ravine",
    "Rosenbrock",
    "Saddle",
    "Surface",
    "differences",
    "points",
]
