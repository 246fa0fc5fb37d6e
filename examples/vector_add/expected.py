"""What the addition gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def inputs() -> dict[str, NDArray]:
    """a and b: int8[32, 32]."""
    random = np.random.default_rng(2)
    return {name: random.integers(-128, 128, (32, 32), np.int8) for name in ("a", "b")}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """c = a + b, clipped to int8."""
    exact = given["a"].astype(np.int16) + given["b"]
    return {"c": np.clip(exact, -128, 127).astype(np.int8)}
