"""What softmax gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Elements of a row, groups of rows that take turns, lanes.
ELEMENTS, GROUPS, LANES = 16, 8, 32


def inputs() -> dict[str, NDArray]:
    """x: float32[128, 32]; vector 8j + g holds element j of the 32 rows of group g."""
    return {"x": np.random.default_rng(8).normal(0, 4, (ELEMENTS * GROUPS, LANES)).astype(np.float32)}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: float32[128, 32], computed in float64 and rounded once, but for the difference.

    The difference is rounded to float32 as everywhere where softmax is computed in float32: at 16 from the maximum that
    alone is an error of 1e-6 in the exponential.
    """
    x = given["x"].reshape(ELEMENTS, GROUPS, LANES)
    powers = np.exp((x - x.max(axis=0)).astype(np.float64))
    return {"y": (powers / powers.sum(axis=0)).reshape(-1, LANES).astype(np.float32)}
