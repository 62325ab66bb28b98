"""How alike two pictures of a page are."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WINDOW = 7  # pixels


def similarity(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The mean structural similarity of two grey pictures of one size, values 0 to 255."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean1, mean2 = _means(one), _means(other)
    var1 = _means(one * one) - mean1 * mean1
    var2 = _means(other * other) - mean2 * mean2
    both = _means(one * other) - mean1 * mean2
    alike = (2 * mean1 * mean2 + c1) * (2 * both + c2)
    return float(np.mean(alike / ((mean1 * mean1 + mean2 * mean2 + c1) * (var1 + var2 + c2))))


def _means(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros((grey.shape[0] + 1, grey.shape[1] + 1))
    np.cumsum(np.cumsum(grey, axis=0), axis=1, out=sums[1:, 1:])
    w = WINDOW
    return (sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]) / (w * w)


def grey(picture: bytes) -> NDArray[np.float64]:
    """The picture in grey values from 0 to 255."""
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image.convert("L"), dtype=np.float64)
