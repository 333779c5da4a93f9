"""minioptim: gradient-based optimizers, each written once, as its equation.

>>> from minioptim import Adam, minimize
>>> from minioptim.problems import Ravine
>>> trace = minimize(Ravine(), Adam(lr=0.3), steps=100)
>>> trace.x.shape
(101, 2)
"""

from typing import TYPE_CHECKING

from minioptim.rules import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdaMax,
    AdamW,
    AMSGrad,
    BufferMomentum,
    CenteredRMSProp,
    EWMAMomentum,
    GradientDescent,
    Lion,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
    Rule,
    ScheduleFree,
    ScheduleFreeAdam,
)
from minioptim.run import Checkpoint, Step, Trace, feed, iterate, minimize
from minioptim.stepper import Stepper

if TYPE_CHECKING:
    from minioptim.storage import columns, load, save
else:

    def __getattr__(name):
        """Import what keeps traces when it is asked for: it takes a third as long as NumPy does."""
        if name in ("columns", "load", "save"):
            from minioptim import storage

            return getattr(storage, name)
        from minioptim._keywords import homes_of

        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{homes_of(name)}")


__version__ = "0.1.0"

__all__ = [
    "SGD",
    "AMSGrad",
    "AdaMax",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "BufferMomentum",
    "CenteredRMSProp",
    "Checkpoint",
    "EWMAMomentum",
    "GradientDescent",
    "Lion",
    "Momentum",
    "NAdam",
    "Nesterov",
    "RMSProp",
    "Rule",
    "ScheduleFree",
    "ScheduleFreeAdam",
    "Step",
    "Stepper",
    "Trace",
    "columns",
    "feed",
    "iterate",
    "load",
    "minimize",
    "save",
]
