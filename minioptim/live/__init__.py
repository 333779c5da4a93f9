"""The live figures: what they are in Python, what draws them on a page, and what they say.

Each module imports only those before it::

    words (texts), controls, looks, noise  <-  figure  <-  figures, page  <-  widget

``drawing/`` holds the ES modules that all figures share, ``figures/`` one for each beside its
design in Python. The rules and surfaces that move them are translated, never copied.
"""
