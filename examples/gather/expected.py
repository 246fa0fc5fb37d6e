"""What the look-up gives."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Superlanes, lanes, rows of the table, look-ups.
SUPERLANES, LANES, TABLE, LOOKUPS = 4, 8, 64, 16
#: The table's bank, bit 12 of an address.
BANK = 1


def inputs() -> dict[str, NDArray]:
    """index: uint8[16, 32], an address in lanes 0 and 1 of each superlane; table: uint8[64, 32]."""
    random = np.random.default_rng(5)
    addresses = random.integers(0, TABLE, (LOOKUPS, SUPERLANES)) | BANK << 12
    index = np.zeros((LOOKUPS, SUPERLANES, LANES), np.uint8)
    index[..., 0], index[..., 1] = addresses & 0xFF, addresses >> 8
    table = random.integers(0, 256, (TABLE, SUPERLANES * LANES), np.uint8)
    return {"index": index.reshape(LOOKUPS, -1), "table": table}


def expected(given: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """y: uint8[16, 32], the part of the table's row that each superlane's index names."""
    index = given["index"].reshape(LOOKUPS, SUPERLANES, LANES)
    offsets = index[..., 0].astype(int) + 256 * (index[..., 1].astype(int) & 0x0F)
    table = given["table"].reshape(TABLE, SUPERLANES, LANES)
    return {"y": table[offsets, np.arange(SUPERLANES)].reshape(LOOKUPS, -1)}
