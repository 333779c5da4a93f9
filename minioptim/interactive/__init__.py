"""The name that `minioptim.live` had before, for notebooks that were handed out with it.

>>> from minioptim.interactive import figures
>>> figures.adam()
LiveFigure(adam)
"""

from minioptim.live import figures

__all__ = ["figures"]
