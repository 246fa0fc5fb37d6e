"""What the rotations give."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Rows of blocks, superlanes, side of a block.
ROWS, SUPERLANES, SIDE = 8, 2, 4


def inputs() -> dict[str, NDArray]:
    """x: uint8[8, 32], a block of 4 x 4 in each superlane, row by row."""
    return {"x": np.random.default_rng(6).integers(0, 256, (ROWS, SUPERLANES * SIDE**2), np.uint8)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: uint8[128, 32]; rows 8(4r + c) and on are the blocks rolled up by r and left by c."""
    blocks = given["x"].reshape(ROWS, SUPERLANES, SIDE, SIDE)
    turned = [np.roll(blocks, (-r, -c), axis=(2, 3)) for r in range(SIDE) for c in range(SIDE)]
    return {"y": np.stack(turned).reshape(-1, SUPERLANES * SIDE**2)}
