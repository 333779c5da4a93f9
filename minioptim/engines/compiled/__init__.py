"""The text of a rule, compiled by Numba into a loop as fast as memory.

`text` writes the loop from the source of ``step``, `kernels` has it compiled and keeps it on disk,
`runs` makes whole runs on surfaces, and `stepping` steps arrays in place. Numba is in the extra
``fast`` and is imported when the first loop is wanted.
"""
