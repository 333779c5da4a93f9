"""Pictures of runs: they take a `Trace` and a problem, and return Matplotlib Axes.

Nothing about optimization is computed here: a plot draws what `minioptim.run` recorded, and
evaluates a problem only on a grid, for level lines. Like pyplot, each function draws into ``ax`` or
the current Axes, and returns the Axes, so that several calls build up one picture:

>>> from minioptim import Adam, minimize, plots
>>> from minioptim.problems import Ravine
>>> plots.use_style()
>>> ax = plots.contours(Ravine())
>>> ax = plots.path(minimize(Ravine(), Adam(lr=0.3), steps=60), ax)
>>> ax = plots.legend(ax)

Further keyword arguments go to the Matplotlib method that draws, which reports errors in them. They
override the defaults, also under Matplotlib's short names such as ``ls`` and ``lw``. An ``ax`` that
is not an Axes raises a TypeError. This module needs Matplotlib, the extra ``plots``; ``import
minioptim`` does not load it.
"""

from minioptim.looks import COLORS, CORRECTION, JUMP, OWN_LOOK, RESULT, style_of
from minioptim.plots.curves import loss_curves, state
from minioptim.plots.dimensions import descent, line, projection
from minioptim.plots.plane import Domain, animation, contours, path, queries
from minioptim.plots.runs import DRAWABLE, Run, label_of
from minioptim.plots.spreads import spread
from minioptim.plots.style import STYLE, legend, tints, use_style
from minioptim.plots.tiles import images

__all__ = [
    "COLORS",
    "CORRECTION",
    "DRAWABLE",
    "JUMP",
    "OWN_LOOK",
    "RESULT",
    "STYLE",
    "Domain",
    "Run",
    "animation",
    "contours",
    "descent",
    "images",
    "label_of",
    "legend",
    "line",
    "loss_curves",
    "path",
    "projection",
    "queries",
    "spread",
    "state",
    "style_of",
    "tints",
    "use_style",
]
