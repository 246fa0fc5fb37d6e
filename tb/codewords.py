"""Words with their check bits, many at once."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from arch import secded
from arch.config import BYTE_BITS


def codewords(words: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codewords of words: uint8[n, lanes] to uint8[n, bytes], data first, check bits above them, the rest zero."""
    bits = np.unpackbits(words, axis=-1, bitorder="little")
    checks = bits @ _columns(words.shape[-1] * BYTE_BITS) & 1
    return np.packbits(np.concatenate([bits, checks], axis=-1), axis=-1, bitorder="little")


@cache
def _columns(word_bits: int) -> NDArray[np.uint8]:
    """uint8[data bits, check bits]: which check bits each data bit enters."""
    masks = np.array(secded.columns(word_bits), np.int64)
    return (masks[:, None] >> np.arange(secded.check_bits(word_bits)) & 1).astype(np.uint8)
