"""What the shuffled copy gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Rows, and the factor that shuffles them.
ROWS, FACTOR = 160, 37


def inputs() -> dict[str, NDArray]:
    """x: uint8[160, 32]."""
    return {"x": np.random.default_rng(9).integers(0, 256, (ROWS, 32), np.uint8)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: uint8[160, 32]; row n is row 37n modulo 160 of x."""
    return {"y": given["x"][np.arange(ROWS) * FACTOR % ROWS]}
