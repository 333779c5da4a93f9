"""Exponentially weighted moving averages, and what their one number beta means.

The average of a series y is v_t = beta v_{t-1} + (1 - beta) y_t, from v_0 = 0. Each function
names one of the things that people call "its length"; they are not the same number.
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
        The values y, in time along the first axis. A NaN spoils what follows it.
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
        ``beta`` outside [0, 1), or a series that is not one of numbers along an axis.

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
    with np.errstate(invalid="ignore"):  # 0 times an infinity, which is a NaN
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
        ``beta`` outside [0, 1), or ``t`` not a whole number >= 0.

    Examples
    --------
    >>> weights(0.5, 3)
    array([0.5  , 0.25 , 0.125])
    """
    beta = _decay(beta)
    return (1 - beta) * beta ** np.arange(whole("t", t, at_least=0), dtype=np.float64)


def bias_correction(beta: float, t: int) -> float:
    """Return 1 - beta^t, the sum of the weights after t values.

    Of a series with constant mean c, v_t has the mean c (1 - beta^t): dividing corrects it.

    Raises
    ------
    TypeError, ValueError
        ``beta`` outside [0, 1), or ``t`` not a whole number >= 0.

    Examples
    --------
    >>> bias_correction(0.5, 2)
    0.75
    """
    return float(1 - _decay(beta) ** whole("t", t, at_least=0))


def window(beta: float) -> float:
    """Return 1 / (1 - beta), the sum of the unnormalised weights beta^k over all ages k.

    It is about the age at which a weight has fallen to 1/e of the newest, and no sharper than that.

    Raises
    ------
    TypeError, ValueError
        ``beta`` outside [0, 1).

    Examples
    --------
    >>> round(window(0.9), 10)
    10.0
    """
    return 1 / (1 - _decay(beta))


def lag(beta: float) -> float:
    """Return beta / (1 - beta), the mean age of what is averaged, in steps.

    It is how far the average of a steadily rising series runs behind it.

    Raises
    ------
    TypeError, ValueError
        ``beta`` outside [0, 1).

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
        ``beta`` outside [0, 1).

    Examples
    --------
    >>> print(f"{half_life(0.9):.2f}")
    6.58
    """
    beta = _decay(beta)
    return float(np.log(0.5) / np.log(beta)) if beta > 0 else 0.0


def effective_sample_size(beta: float) -> float:
    """Return (1 + beta) / (1 - beta): a plain mean of so many values varies as little.

    It holds for independent values of one variance, long after the start.

    Raises
    ------
    TypeError, ValueError
        ``beta`` outside [0, 1).

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
