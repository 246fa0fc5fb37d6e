"""Dot products against Python integers: ties, cancellation, infinities, every length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.numerics.dot import dot_f16, dot_i8, operand_f16
from tests.golden.numerics.oracles import ALL_F16, INF, NAN, SIGN, signed

ONE, TWO, MAX, MIN = 0x3C00, 0x4000, 0x7BFF, 0x0001
NEGATIVE = 0x8000


def _units(bits: int) -> int:
    """A finite fp16 value in units of 2**-24."""
    magnitude = bits & 0x7FFF
    field, fraction = magnitude >> 10, magnitude & 0x3FF
    number = fraction if field == 0 else (fraction | 0x400) << (field - 1)
    return -number if bits & NEGATIVE else number


def _round(total: int) -> int:
    """A number in units of 2**-48 to fp32 bits, half to even."""
    magnitude = abs(total)
    if magnitude == 0:
        return 0
    drop = max(magnitude.bit_length() - 24, 0)
    kept, rest = magnitude >> drop, magnitude & ((1 << drop) - 1)
    if drop:
        half = 1 << (drop - 1)
        kept += rest > half or (rest == half and kept & 1)
    exponent = drop
    while kept < 1 << 23:
        kept, exponent = kept << 1, exponent - 1
    return ((exponent - 48 + 23 + 127 - 1) << 23) + kept | (SIGN["f32"] if total < 0 else 0)


def _expected(row: list[int], column: list[int]) -> int:
    """One fused dot product, by the rules of IEEE 754 for infinities and NaN."""
    total, infinities = 0, set()
    for a, w in zip(row, column, strict=True):
        sizes = a & 0x7FFF, w & 0x7FFF
        if max(sizes) > INF["f16"] or (max(sizes) == INF["f16"] and min(sizes) == 0):
            return NAN["f32"]
        if max(sizes) == INF["f16"]:
            infinities.add((a ^ w) & NEGATIVE)
        else:
            total += _units(a) * _units(w)
    if len(infinities) == 2:
        return NAN["f32"]
    if infinities:
        return INF["f32"] | infinities.pop() << 16
    return _round(total)


def _check(a: np.ndarray, w: np.ndarray) -> None:
    rows, columns = a.tolist(), w.T.tolist()
    expected = [[_expected(row, column) for column in columns] for row in rows]
    np.testing.assert_array_equal(dot_f16(a, w), np.array(expected, dtype=np.uint32))


def _random(shape, seed, *, finite=True):
    bits = np.random.default_rng(seed).integers(0, 1 << 16, shape, dtype=np.uint16)
    return np.where(bits & 0x7C00 == 0x7C00, bits & 0xBFFF, bits).astype(np.uint16) if finite else bits


def test_every_fp16_value_times_one():
    with np.errstate(invalid="ignore"):
        expected = ALL_F16.astype(np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
    expected = np.where(INF["f16"] < (ALL_F16 & 0x7FFF), NAN["f32"], expected)
    expected[NEGATIVE] = 0  # an exact zero is +0
    np.testing.assert_array_equal(dot_f16(ALL_F16[:, None], np.array([[ONE]], dtype=np.uint16))[:, 0], expected)


@pytest.mark.parametrize("k", [1, 2, 3, 7, 16, 63, 64, 160, 319, 320, 1024])
def test_lengths(k):
    _check(_random((9, k), k), _random((k, 7), k + 1))


def test_every_length_up_to_the_array():
    for k in range(1, 321):
        _check(_random((1, k), k), _random((k, 2), k + 1))


@pytest.mark.parametrize("n", [1, 2, 300, 3000])
def test_batches(n):
    a, w = _random((n, 20), 3), _random((20, 3), 4)
    _check(a, w)
    np.testing.assert_array_equal(dot_f16(operand_f16(a), operand_f16(w)), dot_f16(a, w))


def test_extremes_of_magnitude():
    for k in (1, 160, 320, 1024):
        for a, w in ((MAX, MAX), (MAX, MAX | NEGATIVE), (MIN, MIN), (MIN, MIN | NEGATIVE), (MAX, MIN)):
            _check(np.full((1, k), a, dtype=np.uint16), np.full((k, 1), w, dtype=np.uint16))


def _power(exponent: int) -> int:
    """Bits of 2**exponent."""
    return (exponent + 15) << 10 if exponent >= -14 else 1 << (exponent + 24)


@pytest.mark.parametrize("sign", [0, NEGATIVE])
@pytest.mark.parametrize("last", [0, MIN, MIN | NEGATIVE])
@pytest.mark.parametrize("odd", [0, 1])
def test_tie_broken_by_the_smallest_product(odd, last, sign):
    """2**e * (1 + odd ulp + half an ulp), and a product of 2**-48 that decides."""
    for exponent in range(-20, 31):
        powers = [exponent, exponent - 24] + ([exponent - 23] if odd else [])
        row = [_power(p // 2) for p in powers] + [MIN]
        column = [_power(p - p // 2) for p in powers] + [last]
        a, w = np.array([row], dtype=np.uint16), np.array([[c ^ sign] for c in column], dtype=np.uint16)
        total = sum(_units(int(x)) * _units(int(y)) for x, y in zip(a[0], w[:, 0], strict=True))
        tie = ((1 << 24) + 2 * odd + 1) << (exponent + 24)
        assert abs(total) == tie + (0 if last == 0 else -1 if last & NEGATIVE else 1)
        _check(a, w)


def test_massive_cancellation():
    generator = np.random.default_rng(11)
    for _ in range(100):
        half = _random(160, generator.integers(1 << 30))
        other = _random(160, generator.integers(1 << 30))
        row = np.concatenate([half, half])
        column = np.concatenate([other, other ^ NEGATIVE])
        order = generator.permutation(320)
        row, column = row[order], column[order]
        _check(row[None], column[:, None])  # exactly zero
        row[generator.integers(320)] ^= 1
        _check(row[None], column[:, None])
        row[7], column[7] = MIN, MIN
        _check(row[None], column[:, None])


def test_exact_zero_is_positive():
    a = np.array([[NEGATIVE, 0, ONE, ONE]], dtype=np.uint16)
    assert dot_f16(a[:, :2], np.array([[ONE], [NEGATIVE]], dtype=np.uint16)) == 0
    assert dot_f16(a[:, 2:], np.array([[TWO], [TWO | NEGATIVE]], dtype=np.uint16)) == 0
    assert dot_f16(np.zeros((2, 0), np.uint16), np.zeros((0, 3), np.uint16)).tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("share", [0.3, 0.05, 0.002])
def test_infinities_and_nan(share):
    generator = np.random.default_rng(12)
    special = np.array([0x7C00, 0xFC00, 0x7E00, 0x7C01, 0, NEGATIVE, 0x7C00, 0xFC00], dtype=np.uint16)
    for seed in range(40):
        k = int(generator.integers(1, 60))
        a, w = _random((5, k), 2 * seed), _random((k, 5), 2 * seed + 1)
        for matrix in (a, w):
            hit = generator.random(matrix.shape) < share
            matrix[hit] = generator.choice(special, int(hit.sum()))
        _check(a, w)


VALUES = st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, MIN, MAX, ONE, TWO, 0x0400, 0x7C00, 0x7E00, 0x3C01]))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12))
def test_any_values(pairs):
    a, w = (np.array(column, dtype=np.uint16) for column in zip(*pairs, strict=True))
    _check(a[None], w[:, None])


@pytest.mark.parametrize("w_type", ["i8", "u8"])
@pytest.mark.parametrize("a_type", ["i8", "u8"])
@pytest.mark.parametrize("k", [1, 16, 258, 259, 320, 1031, 2000])
def test_int8(k, a_type, w_type):
    generator = np.random.default_rng(k)
    a, w = (generator.integers(0, 256, shape, dtype=np.uint8) for shape in ((4, k), (k, 5)))
    a[0], a[1], w[:, 0], w[:, 1] = 0x80, 0xFF, 0x80, 0xFF  # the extremes of both types
    w[-1, 1] = 0xFE  # an odd sum, which a float32 that is too short loses
    expected = [
        [
            sum(signed(x, a_type) * signed(y, w_type) for x, y in zip(row, column, strict=True)) & 0xFFFFFFFF
            for column in w.T
        ]
        for row in a
    ]
    np.testing.assert_array_equal(dot_i8(a, w, a_type, w_type), np.array(expected, dtype=np.uint32))


def test_int8_wraps():
    k = 33_100  # 255 * 255 * k exceeds 2**31
    a = np.full((1, k), 255, dtype=np.uint8)
    assert dot_i8(a, a.T, "u8", "u8").view(np.int32) == 255 * 255 * k - (1 << 32)


def test_arguments_are_checked():
    matrix = np.zeros((2, 3), dtype=np.uint16)
    with pytest.raises(ValueError, match=r"shapes must be \[N, K\] and \[K, M\], not \[2, 3\] and \[2, 3\]"):
        dot_f16(matrix, matrix)
    with pytest.raises(ValueError, match="K must be at most 1024, not 1025"):
        dot_f16(np.zeros((1, 1025), np.uint16), np.zeros((1025, 1), np.uint16))
    with pytest.raises(ValueError, match="w_type must be 'i8' or 'u8', not 'i16'"):
        dot_i8(matrix, matrix.T, "i8", "i16")
