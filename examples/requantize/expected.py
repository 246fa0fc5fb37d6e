"""What requantization gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Zero point of y, the immediate in the text.
ZERO = 3


def inputs() -> dict[str, NDArray]:
    """x: int32[16, 32], some of them halfway between two results; scale: float32[1, 32], one for each column."""
    random = np.random.default_rng(4)
    x = random.integers(-40_000, 40_000, (16, 32), np.int32)
    x[:4] = random.integers(-64, 64, (4, 32), np.int32)
    scale = random.uniform(0.0005, 0.01, (1, 32)).astype(np.float32)
    scale[0, ::4] = 0.5  # odd x give ties
    return {"x": x, "scale": scale}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: int8[16, 32] by the rule of ONNX QuantizeLinear; every step rounds in float32."""
    scaled = given["x"].astype(np.float32) * given["scale"]
    return {"y": np.clip(np.rint(np.maximum(scaled, 0)) + ZERO, -128, 127).astype(np.int8)}
