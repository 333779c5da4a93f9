"""The update rules: of the course in `elementwise`, for a layer's matrix in `matrix`.

Rules that estimate their learning rate are in `estimated`.

Rules that hold a rule, such as clipping and Lookahead, are in `around`.

`base` has what they share, and `variants` has rules changed in one place to show what it is for.
"""

from typing import TYPE_CHECKING

from minioptim._arguments import Real
from minioptim.rules.base import RANGES, Range, Rule
from minioptim.rules.elementwise import (
    RULES,
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
    ScheduleFree,
    ScheduleFreeAdam,
)
from minioptim.rules.estimated import DoG, Prodigy
from minioptim.rules.matrix import (
    MATRIX_RULES,
    HeavyBallMuon,
    MatrixRule,
    Muon,
    PerLayer,
    newton_schulz,
)

if TYPE_CHECKING:
    from minioptim.rules.around import (
        AROUND,
        L2,
        Accumulated,
        Around,
        Averaged,
        ClippedNorm,
        ClippedValue,
        Decoupled,
        Frozen,
        Lookahead,
        Scaled,
    )
else:

    def __getattr__(name):
        """Import the rules around a rule when one is asked for: most programs do without them."""
        if name == "around" or name in __all__:
            from importlib import import_module

            around = import_module("minioptim.rules.around")
            return around if name == "around" else getattr(around, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        """List them too, for whoever completes a name or goes through all rules."""
        return sorted({*globals(), *__all__})


__all__ = [
    "AROUND",
    "L2",
    "MATRIX_RULES",
    "RANGES",
    "RULES",
    "SGD",
    "AMSGrad",
    "Accumulated",
    "AdaMax",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Around",
    "Averaged",
    "BufferMomentum",
    "CenteredRMSProp",
    "ClippedNorm",
    "ClippedValue",
    "Decoupled",
    "DoG",
    "EWMAMomentum",
    "Frozen",
    "GradientDescent",
    "HeavyBallMuon",
    "Lion",
    "Lookahead",
    "MatrixRule",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "PerLayer",
    "Prodigy",
    "RMSProp",
    "Range",
    "Real",
    "Rule",
    "Scaled",
    "ScheduleFree",
    "ScheduleFreeAdam",
    "newton_schulz",
]
