"""Checks of what a reader wrote: an assignment's answers, a gradient, a rule of one's own.

Feedback is given at once, with NumPy alone, no server and nothing to set up.

>>> from minioptim.checks import check
>>> check("momentum-step", lambda g, x, t, v, lr, momentum: (x - lr * g, v))
Traceback (most recent call last):
...
minioptim.checks.feedback.NotYet: Not yet: ...
"""

from minioptim.checks.compare import Outcome, fingerprint, natural, plain, same
from minioptim.checks.feedback import NotYet, check, report, shown, shown_apart, your_numbers
from minioptim.checks.gradients import check_gradient
from minioptim.checks.variants import student_number, variant_of
from minioptim.checks.verdict import Verdict, call, judge, only_changed

__all__ = [
    "NotYet",
    "Outcome",
    "Verdict",
    "call",
    "check",
    "check_gradient",
    "fingerprint",
    "judge",
    "natural",
    "only_changed",
    "plain",
    "report",
    "same",
    "shown",
    "shown_apart",
    "student_number",
    "variant_of",
    "your_numbers",
]
