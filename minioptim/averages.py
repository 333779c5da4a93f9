"""Exponentially weighted moving averages, and the meaning of their parameter beta.

The average of a series y is v_t = beta v_{t-1} + (1 - beta) y_t, from v_0 = 0. Several
different numbers are called "the length" of this average; each has a function here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from minioptim._arguments import Array, numbers, whole


def ewma(series: npt.ArrayLike, beta: float, *, corrected: bool = False) -> Array:
    r"""Return the exponentially weighted moving average of a series.

    .. math:: v_t = \beta\, v_{t-1} + (1 - \beta)\, y_t, \qquad \hat v_t = v_t / (1 - \beta^t)

    Parameters
    ----------
    series : array-like of shape (n, ...)
        The values y, with time along the first axis. A NaN makes all later averages NaN.
    beta : float in [0, 1)
        Weight of the old average.
    corrected : bool
        Divide by the sum of the weights, `bias_correction`, as Adam does.

    Returns
    -------
    array of shape (n, ...)
        The average after each value.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1), or ``series`` is not an array of numbers with an axis.

    References
    ----------
    Roberts (1959), Control chart tests based on geometric moving averages; for the correction,
    Kingma and Ba (2015), section 3.

    Examples
    --------
    >>> ewma([8.0, 8.0, 8.0], beta=0.5)
    array([4., 6., 7.])
    >>> ewma([8.0, 8.0, 8.0], beta=0.5, corrected=True)
    array([8., 8., 8.])
    """
    beta = _decay(beta)
    y = numbers("series", series)
    if y.ndim == 0:
        raise ValueError(f"series must have shape (n, ...), got the number {series!r}")
    averages = np.empty(y.shape, dtype=np.float64)
    v = np.zeros(y.shape[1:])
    with np.errstate(invalid="ignore"):  # 0 times infinity is NaN
        for t, value in enumerate(y, start=1):
            v = beta * v + (1 - beta) * value
            averages[t - 1] = v / bias_correction(beta, t) if corrected else v
    return averages


def weights(beta: float, t: int) -> Array:
    """Return the weight of each of the last t values in v_t, the newest first.

    They are (1 - beta) beta^k for ages k = 0, ..., t - 1 and add up to `bias_correction`.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1), or ``t`` is not a whole number >= 0.

    Examples
    --------
    >>> weights(0.5, 3)
    array([0.5  , 0.25 , 0.125])
    """
    beta = _decay(beta)
    return (1 - beta) * beta ** np.arange(whole("t", t, at_least=0), dtype=np.float64)


def bias_correction(beta: float, t: int) -> float:
    """Return 1 - beta^t, the sum of the weights after t values.

    If a series has the constant mean c, v_t has the mean c (1 - beta^t): division corrects it.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1), or ``t`` is not a whole number >= 0.

    Examples
    --------
    >>> bias_correction(0.5, 2)
    0.75
    """
    return float(1 - _decay(beta) ** whole("t", t, at_least=0))


def window(beta: float) -> float:
    """Return 1 / (1 - beta), the sum of the unnormalised weights beta^k over all ages k.

    It is roughly the age at which a weight has fallen to 1/e of the newest, no sharp cut-off.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1).

    Examples
    --------
    >>> round(window(0.9), 10)
    10.0
    """
    return 1 / (1 - _decay(beta))


def lag(beta: float) -> float:
    """Return beta / (1 - beta), the weighted mean age of the averaged values, in steps.

    It is how many steps the average of a steadily rising series lags behind the series.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1).

    Examples
    --------
    >>> lag(0.75)
    3.0
    """
    beta = _decay(beta)
    return beta / (1 - beta)


def half_life(beta: float) -> float:
    """Return ln(1/2) / ln(beta), the age at which a weight is half of the newest, in steps.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1).

    Examples
    --------
    >>> print(f"{half_life(0.9):.2f}")
    6.58
    """
    beta = _decay(beta)
    return float(np.log(0.5) / np.log(beta)) if beta > 0 else 0.0


def effective_sample_size(beta: float) -> float:
    """Return (1 + beta) / (1 - beta), the number of values whose plain mean has the same variance.

    This holds for independent values of equal variance, long after the start.

    Raises
    ------
    TypeError, ValueError
        ``beta`` is outside [0, 1).

    Examples
    --------
    >>> round(effective_sample_size(0.9), 10)
    19.0
    """
    beta = _decay(beta)
    return (1 + beta) / (1 - beta)


def _decay(beta: float) -> float:
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.integer, np.floating)):
        raise TypeError(f"beta must be a number in [0, 1), got {beta!r}")
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be a number in [0, 1), got {beta}")
    return float(beta)
