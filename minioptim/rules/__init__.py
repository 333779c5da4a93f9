"""The update rules: of the course in `elementwise`, for a layer's matrix in `matrix`.

Rules that hold a rule, such as clipping and Lookahead, are in `around`.

`base` has what they share, and `variants` has rules changed in one place to show what it is for.
"""

from minioptim._arguments import Real
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
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
)
from minioptim.rules.matrix import (
    MATRIX_RULES,
    HeavyBallMuon,
    MatrixRule,
    Muon,
    PerLayer,
    newton_schulz,
)

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
    "EWMAMomentum",
    "Frozen",
    "GradientDescent",
    "HeavyBallMuon",
    "Lookahead",
    "MatrixRule",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "PerLayer",
    "RMSProp",
    "Range",
    "Real",
    "Rule",
    "Scaled",
    "newton_schulz",
]
