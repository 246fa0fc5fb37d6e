"""Arrays and their raw bits: the golden model computes on uint32, whatever the type."""

import numpy as np

from arch.types import Type
from compiler.graph.check import DTYPES

_RAW = {1: np.uint8, 2: np.uint16, 4: np.uint32}


def bits_of(array: np.ndarray) -> np.ndarray:
    """Bits of an array of any type of the machine, as uint32 of the same shape."""
    return np.ascontiguousarray(array).view(_RAW[array.itemsize]).astype(np.uint32).reshape(array.shape)


def array_of(bits: np.ndarray, kind: Type) -> np.ndarray:
    """Array of the dtype of ``kind`` with those bits."""
    return np.ascontiguousarray(bits.astype(_RAW[kind.bytes])).view(DTYPES[kind]).reshape(bits.shape)


def immediate(value: float | np.floating, kind: Type) -> int:
    """Bits of a number in a type, as an immediate has them; integers must be in its range."""
    return int(bits_of(np.asarray(value).astype(DTYPES[kind]))[()])
