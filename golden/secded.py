"""The SECDED code of words, vectorized; and what it makes of an error mask (facts: arch.secded)."""

import enum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from arch import secded
from golden.lanes import Bytes

__all__ = ["Status", "decode", "encode", "judge", "mask_bytes"]

Check = NDArray[np.uint16]


class Status(enum.IntEnum):
    """What a consumer finds: nothing, a single error that it corrects, or one that it can only flag."""

    CLEAN = 0
    CORRECTED = 1
    FLAGGED = 2


@cache
def _matrix(data_bits: int) -> NDArray[np.uint16]:
    """Column of the parity-check matrix of each data bit: uint16[data_bits]."""
    return np.array(secded.columns(data_bits), np.uint16)


def encode(words: Bytes) -> Check:
    """Check bits of words, uint8[..., L] to uint16[...]."""
    bits = np.unpackbits(words, axis=-1, bitorder="little").astype(bool)
    return np.bitwise_xor.reduce(np.where(bits, _matrix(bits.shape[-1]), np.uint16(0)), axis=-1)


def decode(words: Bytes, check: Check) -> tuple[Bytes, NDArray[np.int_]]:
    """Words as a consumer uses them, and the :class:`Status` of each.

    Parameters
    ----------
    words : uint8[..., L]
    check : uint16[...]
        Check bits as they came.

    Returns
    -------
    uint8[..., L]
        Single errors corrected, others raw.
    int[...]
        Status.
    """
    matrix = _matrix(words.shape[-1] * 8)
    syndrome = encode(words) ^ check
    hit = matrix == syndrome[..., None]
    in_check = (syndrome != 0) & (syndrome & (syndrome - np.uint16(1)) == 0)
    fixed = words ^ np.packbits(hit, axis=-1, bitorder="little")
    status = np.where(hit.any(axis=-1) | in_check, Status.CORRECTED, Status.FLAGGED)
    return fixed, np.where(syndrome == 0, Status.CLEAN, status)


@cache
def judge(data_bits: int, mask: int) -> tuple[Status, int]:
    """What a consumer makes of a word whose code word differs from the right one by ``mask``.

    The code is linear, so this does not depend on the data.

    Parameters
    ----------
    data_bits
        Data bits of the word; check bits stand above them in the mask.
    mask
        Bits that are wrong.

    Returns
    -------
    Status
        CLEAN also for a mask that is itself a code word: nobody can tell.
    int
        Data bits still wrong in what the consumer uses.
    """
    columns = secded.columns(data_bits)
    data, syndrome = mask & ((1 << data_bits) - 1), mask >> data_bits
    for bit in range(data_bits):
        if data >> bit & 1:
            syndrome ^= columns[bit]
    if syndrome == 0:
        return Status.CLEAN, data
    if syndrome in columns:
        return Status.CORRECTED, data ^ 1 << columns.index(syndrome)
    return (Status.CORRECTED if syndrome & (syndrome - 1) == 0 else Status.FLAGGED), data


def mask_bytes(mask: int, lanes: int) -> Bytes:
    """Data bits of a mask as bytes, uint8[L]."""
    return np.frombuffer((mask & ((1 << 8 * lanes) - 1)).to_bytes(lanes, "little"), np.uint8)
