"""What the transposition gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Block rows, superlanes, side of a block.
STEPS, SUPERLANES, SIDE = 4, 4, 8


def inputs() -> dict[str, NDArray]:
    """x: uint8[32, 32], by slices: row 8R + i of the matrix is row 4i + R."""
    matrix = np.random.default_rng(7).integers(0, 256, (STEPS, SIDE, SUPERLANES * SIDE), np.uint8)
    return {"x": matrix.transpose(1, 0, 2).reshape(STEPS * SIDE, -1)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: uint8[32, 32], by slices as x; each block of 8 x 8 is transposed in its place."""
    blocks = given["x"].reshape(SIDE, STEPS, SUPERLANES, SIDE)  # stream, step, superlane, lane
    return {"y": blocks.transpose(3, 1, 2, 0).reshape(STEPS * SIDE, -1)}
