"""Words with their check bits, many at once."""

import numpy as np
from numpy.typing import NDArray

from arch import secded
from arch.config import BYTE_BITS
from golden.secded import encode


def codewords(words: NDArray[np.uint8], *, ecc: bool = True) -> NDArray[np.uint8]:
    """Codewords of words: uint8[n, lanes] to uint8[n, bytes], data first, check bits above them, the rest zero.

    Without ``ecc`` they are the words.
    """
    if not ecc:
        return words
    places = np.arange(secded.check_bits(words.shape[-1] * BYTE_BITS), dtype=np.uint16)
    checks = (encode(words)[..., None] >> places & 1).astype(np.uint8)
    bits = np.unpackbits(words, axis=-1, bitorder="little")
    return np.packbits(np.concatenate([bits, checks], axis=-1), axis=-1, bitorder="little")
