"""What runs the text of a rule. A rule says what a step is; an engine makes steps of it.

There are two, and both read the same lines:

- `arrays`: NumPy runs ``step`` as it stands, on the coordinates of one run or of a batch of runs.
  `minioptim.minimize`, `minioptim.iterate` and `minioptim.feed` are made of it. It takes every
  rule, also one that sees a layer's matrix.
- `javascript`: ``step`` is read and written again in JavaScript, one coordinate at a time, and a
  page's live figures move by it. It takes rules that treat every coordinate apart, and says of any
  other what it cannot translate.

A third has its place here: one that compiles ``step`` and the loop around it. The tests already
compile every rule of the course with Numba and hold it to the same path.
"""
