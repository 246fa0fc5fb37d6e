"""The code of words, against the definition of arch.secded, and the mask algebra against decoding."""

import numpy as np
import pytest

from arch import secded as facts
from golden.secded import Status, decode, encode, judge, mask_bytes

_LANES = pytest.mark.parametrize("lanes", [4, 8, 16])


def _words(lanes, count=20):
    return np.random.default_rng(lanes).integers(0, 256, (count, lanes), np.uint8)


@_LANES
def test_check_bits_are_the_parities_of_the_rows(lanes):
    words = _words(lanes)
    for word, check in zip(words, encode(words), strict=True):
        value = int.from_bytes(word.tobytes(), "little")
        expected = sum(((value & row).bit_count() & 1) << n for n, row in enumerate(facts.rows(8 * lanes)))
        assert int(check) == expected


@_LANES
def test_every_single_error_is_corrected(lanes):
    words, bits = _words(lanes, 3), 8 * lanes
    check = encode(words)
    for bit in range(bits + facts.check_bits(bits)):
        bad = words ^ mask_bytes(1 << bit, lanes)
        fixed, status = decode(bad, check ^ np.uint16(1 << bit >> bits))
        assert np.array_equal(fixed, words) and (status == Status.CORRECTED).all()
        assert judge(bits, 1 << bit) == (Status.CORRECTED, 0)


@_LANES
def test_every_double_error_is_flagged(lanes):
    bits = 8 * lanes
    total = bits + facts.check_bits(bits)
    for first in range(total):
        for second in range(first + 1, total, 3):
            mask = 1 << first | 1 << second
            assert judge(bits, mask) == (Status.FLAGGED, mask & ((1 << bits) - 1))


@_LANES
def test_the_algebra_of_masks_agrees_with_decoding(lanes):
    rng, bits = np.random.default_rng(1), 8 * lanes
    total = bits + facts.check_bits(bits)
    words = _words(lanes, 1)
    seen = set()
    for _ in range(600):
        places = rng.choice(total, rng.integers(0, 6), replace=False)
        mask = sum(1 << int(p) for p in places)
        fixed, status = decode(words ^ mask_bytes(mask, lanes), encode(words) ^ np.uint16(mask >> bits))
        found, residual = judge(bits, mask)
        assert status[0] == found and np.array_equal(fixed ^ words, mask_bytes(residual, lanes)[None])
        seen.add((found, bool(residual)))
    # Triple errors are at times taken for single ones: the model shows that too.
    assert {(Status.CLEAN, False), (Status.CORRECTED, True), (Status.FLAGGED, True)} <= seen


def test_a_mask_that_is_a_code_word_passes_unseen():
    word = np.zeros((1, 4), np.uint8)
    word[0, 0] = 1
    mask = 1 | int(encode(word)[0]) << 32
    assert judge(32, mask) == (Status.CLEAN, 1)
