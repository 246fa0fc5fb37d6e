"""Conversions against SoftFloat and Python integers; from fp16 and 8- and 16-bit integers every input."""

import math

import numpy as np
import pytest
import softfloatpy
from hypothesis import given
from hypothesis import strategies as st

from golden.numerics.casts import cast
from tests.golden.numerics.oracles import (
    ALL_F16,
    EDGES,
    FLOAT_TYPES,
    INTEGER_TYPES,
    clamp,
    near_pairs,
    random_bits,
    signed,
    soft_bits,
    soft_map,
    value,
    width,
)

COUNT = 30_000
OFFSETS = (0, 1, -1, 3, 127, -128, 255, 2**31 - 1, -(2**31))


def _around(numbers, spread=3):
    return sorted({n + d for n in numbers for d in range(-spread, spread + 1)})


def _inputs(dtype: str) -> np.ndarray:
    """Every input up to 16 bits; else edges, ties of every width and random bits."""
    if width(dtype) <= 16:
        return np.arange(1 << width(dtype), dtype=np.uint32)
    if dtype == "f32":
        # Ties of the conversions to integers and to fp16, each with its neighbors.
        halves = np.array([n + h for n in _around([0, 127, 255, 32767, 65535, 65519, 8388607]) for h in (0, 0.5)])
        limits = np.array(
            [2.0**31, 2.0**32, 2.0**40, 2.0**41, 65504, 65520, 2.0**-24, 2.0**-25, 3 * 2.0**-25, 2.0**-14]
        )
        exact = np.concatenate([halves, limits]).astype(np.float32).view(np.uint32).astype(np.int64)
        neighbors = np.concatenate([exact + d for d in (-1, 0, 1)]) & 0xFFFFFFFF
        near_half = ALL_F16[::3].astype(np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
        moderate = (
            np.random.default_rng(7).integers(0x3E000000, 0x50000000, COUNT)
            | np.random.default_rng(8).integers(0, 2, COUNT) << 31
        )
        parts = [
            EDGES["f32"],
            neighbors,
            near_half | 0x1000,
            near_half | 0x0FFF,
            near_half | 0x1001,
            moderate,
            random_bits("f32", COUNT, 9),
        ]
    else:
        powers = _around([1 << n for n in range(32)] + [3 << n for n in range(31)])
        ties = [((1 << 24) + 2 * k + 1) << n for k in range(5) for n in range(8)] + [65504, 65519, 65520, 65521]
        values = np.array([*powers, *ties], dtype=np.int64)
        parts = [
            np.concatenate([values, -values]) & 0xFFFFFFFF,
            random_bits(dtype, COUNT, 10),
            random_bits(dtype, COUNT, 11) >> np.uint32(12),
        ]
    return np.unique(np.concatenate(parts).astype(np.uint32))


INPUTS = {dtype: _inputs(dtype) for dtype in (*INTEGER_TYPES, *FLOAT_TYPES)}


def _whole(bits: int, src: str) -> int | float:
    """Python's rounding is half to even, on exact values; infinities stay."""
    if src in INTEGER_TYPES:
        return signed(bits, src)
    number = value(bits, src)
    return 0 if math.isnan(number) else number if math.isinf(number) else round(number)


def _expected(whole: int | float, dst: str, offset: int) -> int:
    return clamp(whole + offset if isinstance(whole, int) else (1 << 99 if whole > 0 else -1 << 99), dst)


@pytest.mark.parametrize("dst", INTEGER_TYPES)
@pytest.mark.parametrize("src", [*INTEGER_TYPES, *FLOAT_TYPES])
def test_to_integer(src, dst):
    bits = INPUTS[src]
    whole = [_whole(b, src) for b in bits]
    np.testing.assert_array_equal(cast(bits, src, dst), [_expected(w, dst, 0) for w in whole])
    for offset in OFFSETS[1:]:
        np.testing.assert_array_equal(
            cast(bits[::7], src, dst, offset), [_expected(w, dst, offset) for w in whole[::7]]
        )


@pytest.mark.parametrize("src", FLOAT_TYPES)
def test_to_integer_rounds_as_softfloat(src):
    bits = INPUTS[src]
    rounded = soft_map(lambda x: getattr(softfloatpy, f"{src}_round_to_int")(x), src, src, bits)
    numbers = np.array([value(b, src) for b in rounded])
    inside = np.abs(numbers) < 2**31
    np.testing.assert_array_equal(cast(bits, src, "i32")[inside].view(np.int32), numbers[inside])


@pytest.mark.parametrize("dst", FLOAT_TYPES)
@pytest.mark.parametrize("src", INTEGER_TYPES)
def test_integer_to_float(src, dst):
    make = softfloatpy.Int32 if src[0] == "i" else softfloatpy.UInt32
    function = getattr(softfloatpy, f"{'i32' if src[0] == 'i' else 'ui32'}_to_{dst}")
    expected = [soft_bits(function(make.from_int(signed(b, src))), dst) for b in INPUTS[src]]
    np.testing.assert_array_equal(cast(INPUTS[src], src, dst), expected)


@pytest.mark.parametrize(("src", "dst"), [("f16", "f32"), ("f32", "f16")])
def test_float_to_float(src, dst):
    bits = np.concatenate([INPUTS[src], near_pairs(src, COUNT, 12)[1]])
    expected = soft_map(getattr(softfloatpy, f"{src}_to_{dst}"), dst, src, bits)
    np.testing.assert_array_equal(cast(bits, src, dst), expected)


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
def test_to_the_same_float_makes_nan_canonical(dtype):
    expected = soft_map(lambda x: x, dtype, dtype, INPUTS[dtype])
    np.testing.assert_array_equal(cast(INPUTS[dtype], dtype, dtype), expected)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["i32", "u32", "f32"]),
    st.sampled_from(INTEGER_TYPES),
    st.integers(-(2**31), 2**31 - 1),
)
def test_offset_is_exact(bits, src, dst, offset):
    assert cast(np.uint32(bits), src, dst, offset) == _expected(_whole(bits, src), dst, offset)


def test_offsets_per_column():
    half = np.array([[0x3F000000, 0x3FC00000, 0x40200000]], dtype=np.uint32)  # 0.5, 1.5, 2.5: ties
    rows = np.repeat(half, 2, axis=0)
    result = cast(rows, "f32", "u8", np.array([1, 3, 255]))
    np.testing.assert_array_equal(result, [[1, 5, 255]] * 2)
    np.testing.assert_array_equal(cast(rows, "f32", "i8", np.array([-1, -3, -128])), [[0xFF, 0xFF, 0x82]] * 2)


def test_nan_becomes_the_offset():
    nan = np.array([0x7FC00000, 0xFF800001], dtype=np.uint32)
    np.testing.assert_array_equal(cast(nan, "f32", "i8", 5), [5, 5])
    np.testing.assert_array_equal(cast(nan, "f32", "i8", 300), [127, 127])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("f32", "f16", 1), ValueError, "offset must be 0 for a cast to f16, not 1"),
        (("f32", "i8", 2**31), ValueError, "offset must fit in int32, not 2147483648..2147483648"),
        (("f32", "i8", 0.5), TypeError, "offset must be of integers, not float64"),
        (("f64", "i8"), ValueError, "src must be one of .*, not 'f64'"),
        (("f32", "i64"), ValueError, "dst must be one of .*, not 'i64'"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        cast(np.zeros(2, dtype=np.uint32), *arguments)
