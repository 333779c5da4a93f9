"""Engines run the text of a rule. A rule defines a step; an engine carries out the steps.

There are three, and all use the same source:

- `arrays`: NumPy runs ``step`` as it stands, on the coordinates of one run or of a batch of runs.
  `minioptim.minimize`, `minioptim.iterate` and `minioptim.feed` are built on it. It accepts every
  rule, including those that see a layer's matrix. As `exact` reads its operations, `calls` makes
  them into arrays that are there already; on surfaces and in `minioptim.Stepper`, `floats` and
  `blocks` make them faster still. The bits are the same.
- `javascript`: ``step`` is translated to JavaScript, one coordinate at a time, and drives a page's
  live figures. It accepts rules that treat every coordinate separately, and reports what it cannot
  translate in any other.

- `compiled`: the same text in one loop for Numba, from the extra ``fast``. It makes whole runs on
  surfaces, ``minimize(..., engine="compiled")``, and steps large arrays in place,
  `minioptim.Stepper`. It accepts the rules that can be translated.

`language` is the part of Python in which rules are written, and its reader.
"""

ENGINES = ("arrays", "compiled")
"""Those that `minimize` and `Stepper` may be asked for by name."""
