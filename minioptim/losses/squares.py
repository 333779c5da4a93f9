"""Linear regression: a model that predicts a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minioptim._arguments import Array
from minioptim.datasets import Answers, RegressionData
from minioptim.losses.base import OneLayer, check_data, check_options

WRITTEN = "RegressionData(inputs, targets), or datasets.table(..., classes=False)"


@dataclass(frozen=True)
class LeastSquares(OneLayer):
    r"""Linear regression by least squares; with l2, ridge regression. Convex.

    .. math::
        f(w, b) = \frac{1}{2 n} \sum_{i=1}^n (w^\top \text{input}_i + b - \text{target}_i)^2
            + \frac{l2}{2} \lVert w \rVert^2

    The parameters x are the p weights and then the bias b, which is not penalised. In other texts
    the penalty is added to the sum instead of half the mean; scikit-learn's ``alpha`` is n l2.

    Parameters
    ----------
    data : RegressionData
        The examples. Inputs of about one size make it converge faster; `datasets.table` scales.
    l2 : float, >= 0
        Strength of the penalty on the weights.
    dropout : float in [0, 1)
        Fraction of the inputs that the gradient of a minibatch sets to 0; the others are divided
        by the fraction kept. `value` and `gradient` use no dropout.

    Raises
    ------
    TypeError, ValueError
        A parameter of the wrong type or out of range.

    References
    ----------
    Hoerl and Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems.

    Examples
    --------
    >>> from minioptim import GradientDescent, minimize
    >>> data = RegressionData([[0.0], [1.0], [2.0], [3.0]], targets=[1.0, 3.0, 5.0, 7.0])
    >>> model = LeastSquares(data)
    >>> trace = minimize(model, GradientDescent(lr=0.3), steps=300)
    >>> trace.final.round(3)  # the line 2 input + 1
    array([2., 1.])
    >>> model.predict(trace.final, [[10.0]]).round(3)
    array([21.])
    >>> bool(model.error(trace.final, data) < 0.001)
    True

    Your own table is read by ``datasets.table("houses.csv", target="price", scale=True)``, and
    minibatches are made as for the classifiers: ``model.minibatch(32)``.
    """

    data: RegressionData
    l2: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_options(self, RegressionData, WRITTEN)

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.data.inputs.shape[1], 1)

    def predict(self, x: Array, inputs: Any) -> Array:
        """Return the number predicted for each input: x (..., d) and inputs (m, p) to (..., m).

        Raises
        ------
        TypeError, ValueError
            The inputs are not finite numbers or do not have p columns, or x has the wrong shape.
        """
        inputs = self._fitting(inputs)
        return self._for_each(x, (inputs.shape[0],), lambda x: self._scores(x, inputs)[:, 0])

    @np.errstate(over="ignore", invalid="ignore")
    def error(self, x: Array, data: RegressionData) -> Array:
        """Return the root of the mean squared residual on ``data``: (..., d) to (...).

        It is in the units of the targets, without the penalty, and NaN for a run that diverged,
        that is, where some parameters are not finite. Predicting the mean of the targets for all
        has the error ``data.targets.std()``.

        Raises
        ------
        TypeError, ValueError
            ``data`` is no regression data, or its inputs do not fit this model.
        """
        check_data(data, RegressionData, WRITTEN)
        residuals = self.predict(x, data.inputs) - data.targets
        error = np.sqrt((residuals**2).mean(axis=-1))
        return np.where(np.isfinite(x).all(axis=-1), error, np.nan)

    def _losses(self, z: Array, answers: Answers) -> Array:
        return np.asarray((z[:, 0] - answers) ** 2 / 2)

    def _slopes(self, z: Array, answers: Answers) -> Array:
        z -= answers[:, None]
        return z
