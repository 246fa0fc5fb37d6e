"""Integer operations against Python integers: every pair of 8-bit values, edges and random bits of the others."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.numerics import integers
from tests.golden.numerics.oracles import INTEGER_TYPES, clamp, random_bits, signed, width, wrap

ARITHMETIC = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}
LOGIC = {"bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor}
ORDER = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}


def _shift(a: int, b: int, dtype: str, left: bool) -> int:
    """Shift in Python integers; `a` is the value, `b` the amount read as unsigned."""
    return wrap(a << b if left else a >> b, dtype) if b < width(dtype) else (0 if left else wrap(-(a < 0), dtype))


def _operands(dtype: str):
    if width(dtype) == 8:
        a, b = np.meshgrid(np.arange(256, dtype=np.uint32), np.arange(256, dtype=np.uint32))
        return a.ravel(), b.ravel()
    top = 1 << width(dtype) - 1
    edges = np.array(
        [0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, top // 2, top - 2, top - 1, top, top + 1, 2 * top - 2, 2 * top - 1],
        dtype=np.uint32,
    )
    a, b = np.meshgrid(edges, edges)
    return (
        np.concatenate([a.ravel(), random_bits(dtype, 10_000, 1)]),
        np.concatenate([b.ravel(), random_bits(dtype, 10_000, 2)]),
    )


@pytest.fixture(scope="module", params=INTEGER_TYPES)
def case(request):
    """Type, operand bits, operand values."""
    dtype = request.param
    a, b = _operands(dtype)
    return dtype, a, b, [signed(x, dtype) for x in a], [signed(y, dtype) for y in b]


@pytest.mark.parametrize("saturate", [False, True])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic(name, saturate, case):
    dtype, a, b, x, y = case
    bring = clamp if saturate else wrap
    expected = [bring(ARITHMETIC[name](p, q), dtype) for p, q in zip(x, y, strict=True)]
    np.testing.assert_array_equal(getattr(integers, name)(a, b, dtype, saturate=saturate), expected)


@pytest.mark.parametrize("saturate", [False, True])
def test_neg_and_abs(saturate, case):
    dtype, a, _, x, _ = case
    bring = clamp if saturate else wrap
    np.testing.assert_array_equal(integers.neg(a, dtype, saturate=saturate), [bring(-p, dtype) for p in x])
    np.testing.assert_array_equal(integers.absolute(a, dtype, saturate=saturate), [bring(abs(p), dtype) for p in x])


def test_order(case):
    dtype, a, b, x, y = case
    for name, relation in ORDER.items():
        np.testing.assert_array_equal(
            getattr(integers, name)(a, b, dtype), [int(relation(p, q)) for p, q in zip(x, y, strict=True)]
        )
    for name, choose in (("minimum", min), ("maximum", max)):
        np.testing.assert_array_equal(
            getattr(integers, name)(a, b, dtype), [wrap(choose(p, q), dtype) for p, q in zip(x, y, strict=True)]
        )


def test_logic(case):
    dtype, a, b, _, _ = case
    for name, function in LOGIC.items():
        np.testing.assert_array_equal(
            getattr(integers, name)(a, b, dtype), [function(int(p), int(q)) for p, q in zip(a, b, strict=True)]
        )
    np.testing.assert_array_equal(integers.bitwise_not(a, dtype), [wrap(~int(p), dtype) for p in a])


@pytest.mark.parametrize("left", [True, False])
def test_shifts(left, case):
    dtype, a, b, x, _ = case
    function = integers.shl if left else integers.shr
    for amount in (b, b % (width(dtype) + 2)):
        expected = [_shift(p, int(q), dtype, left) for p, q in zip(x, amount, strict=True)]
        np.testing.assert_array_equal(function(a, amount, dtype), expected)


def test_shift_amounts_from_the_width_on():
    assert integers.shl(np.uint32(0xFF), np.uint32(8), "u8") == 0
    assert integers.shr(np.uint32(0xFF), np.uint32(8), "u8") == 0
    assert integers.shr(np.uint32(0x80), np.uint32(0xFF), "i8") == 0xFF
    assert integers.shr(np.uint32(0x40), np.uint32(0xFF), "i8") == 0


@given(st.sampled_from(INTEGER_TYPES), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_bits_above_the_type_are_ignored(dtype, a, b):
    mask = (1 << width(dtype)) - 1
    for function in (integers.add, integers.mul, integers.minimum, integers.bitwise_xor, integers.shl, integers.shr):
        whole = function(np.uint32(a), np.uint32(b), dtype)
        assert whole == function(np.uint32(a & mask), np.uint32(b & mask), dtype)
        assert whole <= mask


def test_type_is_checked():
    with pytest.raises(ValueError, match="type must be one of i8, i16, i32, u8, u16, u32, not 'f16'"):
        integers.add(np.uint32(1), np.uint32(1), "f16")
