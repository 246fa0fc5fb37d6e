"""Codewords of many words at once: data bits, and above them the parity of those that each check bit covers."""

import numpy as np
import pytest

from arch import secded
from tb.codewords import codewords


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_codewords(lanes: int):
    words = np.random.default_rng(lanes).integers(0, 256, (20, lanes), dtype=np.uint8)
    words[0] = 0
    bits = lanes * 8
    for word, found in zip(words, codewords(words), strict=True):
        value = int.from_bytes(word.tobytes(), "little")
        checks = sum(((value & mask).bit_count() & 1) << n for n, mask in enumerate(secded.rows(bits)))
        assert int.from_bytes(found.tobytes(), "little") == value | checks << bits
