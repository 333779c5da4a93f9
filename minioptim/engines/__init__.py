"""Engines run the text of a rule. A rule defines a step; an engine carries out the steps.

There are two, and both use the same source:

- `arrays`: NumPy runs ``step`` as it stands, on the coordinates of one run or of a batch of runs.
  `minioptim.minimize`, `minioptim.iterate` and `minioptim.feed` are built on it. It accepts every
  rule, including those that see a layer's matrix.
- `javascript`: ``step`` is translated to JavaScript, one coordinate at a time, and drives a page's
  live figures. It accepts rules that treat every coordinate separately, and reports what it cannot
  translate in any other.

A third would belong here: one that compiles ``step`` and the loop around it. The tests already
compile every rule of the course with Numba and require the same path.
"""
