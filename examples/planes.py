"""How elements wider than a byte lie in a region: one plane of rows for each byte, the lowest first.

A stream carries one byte of an element, so each byte has a slice of its own, and the parts of a region follow each
other: rows 0..n-1 are the lowest bytes of all n vectors, the next n rows the bytes above them.
"""

import numpy as np
from numpy.typing import NDArray


def to_planes(vectors: NDArray) -> NDArray[np.uint8]:
    """Region contents uint8[bytes * n, vector] of vectors [n, vector] of any element type."""
    rows, size = vectors.shape
    parts = np.ascontiguousarray(vectors).view(np.uint8).reshape(rows, size, vectors.itemsize)
    return np.ascontiguousarray(parts.transpose(2, 0, 1)).reshape(-1, size)


def from_planes(region: NDArray[np.uint8], element: np.dtype) -> NDArray:
    """Vectors [n, vector] of an element type from region contents uint8[bytes * n, vector]."""
    rows, size = region.shape
    parts = region.reshape(element.itemsize, rows // element.itemsize, size).transpose(1, 2, 0)
    return np.ascontiguousarray(parts).view(element)[..., 0]
