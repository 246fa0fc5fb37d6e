"""SXM: moves of bytes between lanes, superlanes and streams, over any leading batch shape.

The caller hands operands with zeros in dark superlanes and clears those of the results (:func:`golden.lanes.darken`);
only Permute asks which are lit, for it ignores the maps of the dark.
"""

import numpy as np
from numpy.typing import NDArray

from golden.lanes import Bytes

__all__ = ["distribute", "permute", "rotate", "select", "shift", "transpose"]

#: A map entry of Permute: lowest bit and bits of the in, middle and out fields (arch.isa.sxm.PERMUTE's paragraph).
_IN, _MIDDLE, _OUT = (0, 4), (4, 5), (9, 4)
_USED_BITS = 13


def shift(vector: Bytes, n: int, north: bool) -> Bytes:
    """Element i of uint8[..., S, L] moves to i + n (north) or i - n; vacated elements are zero."""
    flat = vector.reshape(*vector.shape[:-2], -1)
    result = np.zeros_like(flat)
    kept = flat.shape[-1] - n
    if kept > 0:
        target, source = (slice(n, None), slice(0, kept)) if north else (slice(0, kept), slice(n, None))
        result[..., target] = flat[..., source]
    return result.reshape(vector.shape)


def select(north: Bytes, south: Bytes, mask: Bytes) -> Bytes:
    """Per lane ``north`` where the mask is 0, else ``south``; all uint8[..., S, L]."""
    return np.where(mask == 0, north, south)


def permute(vector: Bytes, table: NDArray[np.uint16], lit: int) -> tuple[Bytes, NDArray[np.bool_]]:
    """Three-stage permutation of all elements.

    Parameters
    ----------
    vector : uint8[..., S, L]
    table : uint16[..., S, L]
        Map entries; those of dark superlanes are ignored.
    lit
        Superlanes that are powered; the others read and give zero.

    Returns
    -------
    uint8[..., S, L]
        References out of range give zero, the others select as they say.
    bool[...]
        Whether each stage selects each of its inputs at most once and no unused bit is set, over the lit superlanes.
    """
    S, L = vector.shape[-2:]
    inner, middle, outer = (
        ((table >> np.uint16(base)) & np.uint16((1 << bits) - 1)).astype(np.intp) for base, bits in (_IN, _MIDDLE, _OUT)
    )
    powered = np.broadcast_to(np.arange(S)[:, None] < lit, (S, L))
    wires = np.where(powered, _take(vector, inner, -1), 0)
    crossed = np.where(powered, _take(wires, middle, -2), 0)
    result = np.where(powered, _take(crossed, outer, -1), 0).astype(np.uint8)
    lit_part = (Ellipsis, slice(0, lit), slice(None))
    ok = (table[lit_part] >> np.uint16(_USED_BITS) == 0).all(axis=(-1, -2))
    ok &= _distinct(inner[lit_part], L, -1) & _distinct(middle[lit_part], S, -2) & _distinct(outer[lit_part], L, -1)
    return result, ok


def _take(values: Bytes, index: NDArray[np.intp], axis: int) -> Bytes:
    """Values at an index along an axis; zero where it is out of range."""
    size = values.shape[axis]
    return np.where(index < size, np.take_along_axis(values, np.minimum(index, size - 1), axis), 0)


def _distinct(index: NDArray[np.intp], size: int, axis: int) -> NDArray[np.bool_]:
    """Whether indices are in range and distinct along an axis (-1 or -2), everywhere: bool over the leading axes."""
    ordered = np.sort(index, axis=axis)
    repeated = (np.diff(ordered, axis=axis) == 0).any(axis=(-1, -2))
    return (index < size).all(axis=(-1, -2)) & ~repeated


def distribute(group: Bytes, table: Bytes) -> Bytes:
    """Lane l of each stream of uint8[8, ..., S, L] becomes its lane ``table[..., S, l]``; zero out of range."""
    index = np.broadcast_to(table.astype(np.intp), group.shape)
    return _take(group, index, -1).astype(np.uint8)


def rotate(vector: Bytes, n: int) -> Bytes:
    """All n * n rotations of the n x n block in the first lanes of uint8[..., S, L]: uint8[n * n, ..., S, L].

    Result r * n + c holds at place (i, j) the element ((i + r) mod n, (j + c) mod n); further lanes are zero.
    """
    block = vector[..., : n * n].reshape(*vector.shape[:-1], n, n)
    result = np.zeros((n * n, *vector.shape), np.uint8)
    for number in range(n * n):
        moved = np.roll(block, (-(number // n), -(number % n)), axis=(-2, -1))
        result[number, ..., : n * n] = moved.reshape(*vector.shape[:-1], n * n)
    return result


def transpose(group: Bytes) -> Bytes:
    """Exchange streams and lanes: lane l of result i is lane i of source l; uint8[L, ..., S, L] both ways."""
    return np.ascontiguousarray(np.swapaxes(group, 0, -1))
