"""What the matrix product gives, and how its operands lie in memory."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Passes over K, vectors of A, side of a plane, lanes of a superlane.
PASSES, ROWS, SIDE, LANES = 3, 16, 32, 8


def inputs() -> dict[str, NDArray]:
    """a: int8[48, 32], A by passes; b: int8[96, 32], B by streams of the wide group."""
    random = np.random.default_rng(3)
    A = random.integers(-128, 128, (ROWS, PASSES * SIDE), np.int8)
    B = random.integers(-128, 128, (PASSES * SIDE, SIDE), np.int8)
    passes = A.reshape(ROWS, PASSES, SIDE).transpose(1, 0, 2)
    # Column 8c + i of block p is row 4p + c of slice i.
    columns = B.reshape(PASSES, SIDE, SIDE // LANES, LANES).transpose(3, 0, 2, 1)
    return {"a": passes.reshape(-1, SIDE), "b": columns.reshape(-1, SIDE)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """c: int32[16, 32], the product of the matrices that lie in a and b."""
    A = given["a"].reshape(PASSES, ROWS, SIDE).transpose(1, 0, 2).reshape(ROWS, -1)
    B = given["b"].reshape(LANES, PASSES, SIDE // LANES, SIDE).transpose(1, 3, 2, 0).reshape(-1, SIDE)
    return {"c": A.astype(np.int32) @ B.astype(np.int32)}
