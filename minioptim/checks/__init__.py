"""Feedback at once on the course's assignments: NumPy alone, no server, nothing to set up.

>>> from minioptim.checks import check
>>> check("momentum-step", lambda g, x, t, v, lr, momentum: (x - lr * g, v))
Traceback (most recent call last):
...
minioptim.checks.feedback.NotYet: Not yet: ...
"""

from minioptim.checks.compare import Outcome, fingerprint, plain, same
from minioptim.checks.feedback import NotYet, check, report, shown
from minioptim.checks.verdict import Verdict, call, judge, only_changed

__all__ = [
    "NotYet",
    "Outcome",
    "Verdict",
    "call",
    "check",
    "fingerprint",
    "judge",
    "only_changed",
    "plain",
    "report",
    "same",
    "shown",
]
