"""Small images in rows: weights, digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from minioptim._arguments import whole
from minioptim.plots.style import _axes, _merged


def images(
    array: npt.ArrayLike,
    shape: tuple[int, int] = (8, 8),
    ax: Axes | None = None,
    labels: Sequence[object] | None = None,
    columns: int = 5,
    **kwargs: Any,
) -> Axes:
    """Draw rows of small images, red above 0, blue below, white at 0.

    All share one scale, from minus to plus the largest magnitude. To add its colour bar, call
    ``ax.figure.colorbar(ax.images[0], ax=ax)``.

    Parameters
    ----------
    array : array-like of shape (n, height * width), or one image of shape (height * width,)
        The images.
    shape : (height, width)
        Size of each image in pixels.
    ax : Axes, optional
        The current Axes by default.
    labels : list, optional
        What to write above each image.
    columns : int, >= 1
        Images per row.
    **kwargs
        For ``ax.imshow``, for example ``cmap="gray_r"``, or ``vmin`` and ``vmax``.

    Raises
    ------
    TypeError
        ``array`` has entries that are not real numbers, or ``columns`` is not a whole number.
    ValueError
        ``array`` has the wrong shape, ``columns`` is below 1, or the number of labels is wrong.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> weights = np.linspace(-1, 1, 10 * 64).reshape(10, 64)
    >>> ax = images(weights, ax=plt.subplots()[1], labels=range(10))
    >>> [text.get_text() for text in ax.texts][:3]
    ['0', '1', '2']
    """
    pixels = np.asarray(array)
    height, width = shape
    if pixels.dtype.kind not in "iufb":
        raise TypeError(f"array must be one of real numbers, got one of type {pixels.dtype}")
    if pixels.ndim not in (1, 2) or pixels.shape[-1] != height * width or pixels.size == 0:
        raise ValueError(
            f"array must have shape (n, {height * width}) for images of shape {shape}, "
            f"got {pixels.shape}"
        )
    columns = whole("columns", columns, at_least=1)
    tiles = pixels.reshape(-1, height, width).astype(np.float64)
    if labels is not None and len(labels) != len(tiles):
        raise ValueError(f"labels must be one for each of {len(tiles)} images, got {labels!r}")

    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    # NaN between the images leaves a blank gap. Labels need more room than a gap alone.
    above = 1 if labels is None else max(2, height // 3)
    sheet = np.full((rows * (height + above), columns * (width + 1) - 1), np.nan)
    corners = [
        (k // columns * (height + above) + above, k % columns * (width + 1))
        for k in range(len(tiles))
    ]
    for tile, (top, side) in zip(tiles, corners, strict=True):
        sheet[top : top + height, side : side + width] = tile
    limit = np.max(np.abs(tiles), where=np.isfinite(tiles), initial=0.0) or 1.0

    ax = _axes(ax)
    scale: dict[str, Any] = {"cmap": "RdBu_r"}
    if "norm" not in kwargs:  # a norm has its own scale
        scale |= {"vmin": -limit, "vmax": limit}
    ax.imshow(sheet, **_merged(scale, kwargs, AxesImage))
    for label, (top, side) in zip(labels if labels is not None else (), corners, strict=False):
        ax.text(side + (width - 1) / 2, top - 0.7, str(label), ha="center", va="bottom")
    ax.set_axis_off()
    return ax
