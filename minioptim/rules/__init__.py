"""The update rules: of the course in `elementwise`, for a layer's matrix in `matrix`.

`base` has what they share, and `variants` has rules changed in one place to show what it is for.
"""

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
    "MATRIX_RULES",
    "RANGES",
    "RULES",
    "SGD",
    "AMSGrad",
    "AdaMax",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "BufferMomentum",
    "CenteredRMSProp",
    "EWMAMomentum",
    "GradientDescent",
    "HeavyBallMuon",
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
    "newton_schulz",
]
