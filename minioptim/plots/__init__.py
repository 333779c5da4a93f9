"""Pictures of runs: a `Trace` and a problem in, Matplotlib Axes out.

Nothing about optimization is computed here: a plot draws what `minioptim.run` recorded, and asks a
problem only for its values on a grid, for level lines. Each function draws into ``ax``, or into
the current Axes, as pyplot does, and returns the Axes, so that calls add up to a picture:

>>> from minioptim import Adam, minimize, plots
>>> from minioptim.problems import Ravine
>>> plots.use_style()
>>> ax = plots.contours(Ravine())
>>> ax = plots.path(minimize(Ravine(), Adam(lr=0.3), steps=60), ax)
>>> ax = plots.legend(ax)

Further keyword arguments go to the Matplotlib method that draws, which says what is wrong with
them, and win over the defaults; Matplotlib's short names, such as ``ls`` and ``lw``, do so too.
An ``ax`` that is no Axes is a TypeError. Needs Matplotlib, the extra ``plots``; ``import
minioptim`` does not load this module.
"""

from minioptim.looks import COLORS, CORRECTION, JUMP, OWN_LOOK, RESULT, style_of
from minioptim.plots.curves import loss_curves, state
from minioptim.plots.plane import Domain, animation, contours, path, queries
from minioptim.plots.runs import DRAWABLE, Run, label_of
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
    "images",
    "label_of",
    "legend",
    "loss_curves",
    "path",
    "queries",
    "state",
    "style_of",
    "tints",
    "use_style",
]
