"""Pictures in fewer bytes: a diagram has few colours, and a palette holds them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

# What no eye sees: in the mean over the picture, of 255.
LARGEST_MEAN_ERROR = 0.5


def size(path: Path) -> tuple[int, int]:
    """Return the width and height of a picture in pixels, without reading all of it."""
    with Image.open(path) as image:
        return image.size


def smaller(content: bytes) -> bytes:
    """Return a PNG with a palette of 256 colours, where that shows the same in fewer bytes.

    A picture with transparency, or one whose colours are too many for a palette, stays as it is.
    """
    with Image.open(io.BytesIO(content)) as image:
        if image.mode not in {"RGB", "RGBA"}:
            return content
        if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
            return content
        plain = image.convert("RGB")
    few = plain.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    error = np.abs(np.asarray(few.convert("RGB"), dtype=int) - np.asarray(plain, dtype=int))
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    if error.max(axis=-1).mean() > LARGEST_MEAN_ERROR or len(out.getvalue()) >= len(content):
        return content
    return out.getvalue()
