"""What the shuffled copy gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Bits of a row's number.
BITS = 7


def inputs() -> dict[str, NDArray]:
    """x: uint8[128, 32]."""
    return {"x": np.random.default_rng(9).integers(0, 256, (1 << BITS, 32), np.uint8)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: uint8[128, 32]; row n of y is the row of x whose number is n with its bits reversed."""
    rows = np.arange(1 << BITS)
    order = sum((rows >> bit & 1) << (BITS - 1 - bit) for bit in range(BITS))
    return {"y": given["x"][order]}
