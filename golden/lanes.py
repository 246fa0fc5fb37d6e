"""Vectors as they stand on streams, and the elements that adjacent streams make.

A vector is uint8[..., S, L]: superlane, lane; leading axes are whatever a caller batches over. An element of ``width``
bytes takes that many adjacent streams, its lowest byte on the first (docs/architecture.md, VXM).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bytes", "Elements", "darken", "join", "split"]

Bytes = NDArray[np.uint8]
Elements = NDArray[np.uint32]
_T = TypeVar("_T", np.uint8, np.uint32)


def join(parts: Bytes) -> Elements:
    """Elements of a stream group.

    Parameters
    ----------
    parts : uint8[width, ..., S, L]
        The group's streams in order, 1 to 4 of them.

    Returns
    -------
    uint32[..., S, L]
        Elements in the low bits, the rest zero.
    """
    value = parts[0].astype(np.uint32)
    for number in range(1, len(parts)):
        value |= parts[number].astype(np.uint32) << np.uint32(8 * number)
    return value


def split(elements: Elements, width: int) -> Bytes:
    """Streams of the low ``width`` bytes of elements: uint32[..., S, L] to uint8[width, ..., S, L]."""
    return np.stack([(elements >> np.uint32(8 * number)).astype(np.uint8) for number in range(width)])


def darken(vectors: NDArray[_T], lit: int) -> NDArray[_T]:
    """The same vectors, [..., S, L], with zeros in the superlanes from ``lit`` on: what a dark one reads
    and drives."""
    if lit == vectors.shape[-2]:
        return vectors
    result = vectors.copy()
    result[..., lit:, :] = 0
    return result
