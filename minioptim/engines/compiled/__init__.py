"""The text of a rule, compiled by Numba into a loop as fast as memory.

`text` puts what `minioptim.engines.body` made of an equation into a loop, `kernels` has it compiled
and keeps it on disk, `runs` makes whole runs on surfaces, and `stepping` steps arrays in place.
Numba is in the extra ``fast``, and is imported when the first loop is wanted.
"""
