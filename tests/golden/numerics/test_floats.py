"""Float arithmetic against SoftFloat: every fp16 input of unary operations, edges and random bits of binary ones."""

import numpy as np
import pytest
import softfloatpy

from golden.numerics import floats
from tests.golden.numerics.oracles import (
    ALL_F16,
    EDGES,
    FLOAT_TYPES,
    INF,
    NAN,
    SIGN,
    edge_pairs,
    near_pairs,
    random_bits,
    soft,
    soft_map,
    value,
)

COUNT = 40_000
PAIRS = {
    "edges": edge_pairs,
    "random": lambda dtype: (random_bits(dtype, COUNT, 1), random_bits(dtype, COUNT, 2)),
    "near": lambda dtype: near_pairs(dtype, COUNT, 3),
}


@pytest.fixture(params=PAIRS)
def pairs(request):
    """One of the sets of operand pairs, as a function of the type."""
    return PAIRS[request.param]


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
@pytest.mark.parametrize("name", ["add", "sub", "mul"])
def test_arithmetic(name, dtype, pairs):
    a, b = pairs(dtype)
    expected = soft_map(getattr(softfloatpy, f"{dtype}_{name}"), dtype, dtype, a, b)
    np.testing.assert_array_equal(getattr(floats, name)(a, b, dtype), expected)


@pytest.mark.parametrize("name", ["add", "sub", "mul"])
def test_arithmetic_on_subnormals(name):
    """Operands and results around the smallest normal numbers of fp32, where the result is recomputed."""
    generator = np.random.default_rng(5)
    a = generator.integers(0, 0x02000000, COUNT, dtype=np.uint32)
    b = (
        generator.integers(0, 0x02000000, COUNT, dtype=np.uint32)
        if name != "mul"
        else generator.integers(0x30000000, 0x42000000, COUNT, dtype=np.uint32)
    )
    b |= generator.integers(0, 2, COUNT, dtype=np.uint32) << np.uint32(31)
    expected = soft_map(getattr(softfloatpy, f"f32_{name}"), "f32", "f32", a, b)
    np.testing.assert_array_equal(getattr(floats, name)(a, b, "f32"), expected)


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
def test_comparisons(dtype, pairs):
    a, b = pairs(dtype)
    equal, below, below_or_equal = (
        np.array([bool(function(soft(dtype, x), soft(dtype, y))) for x, y in zip(a, b, strict=True)], dtype=np.uint32)
        for function in (getattr(softfloatpy, f"{dtype}_{name}") for name in ("eq", "lt_quiet", "le_quiet"))
    )
    np.testing.assert_array_equal(floats.eq(a, b, dtype), equal)
    np.testing.assert_array_equal(floats.ne(a, b, dtype), 1 - equal)
    np.testing.assert_array_equal(floats.lt(a, b, dtype), below)
    np.testing.assert_array_equal(floats.gt(b, a, dtype), below)
    np.testing.assert_array_equal(floats.le(a, b, dtype), below_or_equal)
    np.testing.assert_array_equal(floats.ge(b, a, dtype), below_or_equal)


def _extreme(a: int, b: int, dtype: str, largest: bool) -> int:
    """IEEE 754-2019 minimum or maximum in words of SoftFloat's comparison."""
    a, b = int(a), int(b)
    if any((x & (SIGN[dtype] - 1)) > INF[dtype] for x in (a, b)):
        return NAN[dtype]
    if value(a, dtype) == 0 == value(b, dtype):
        return a & b if largest else a | b
    below = bool(getattr(softfloatpy, f"{dtype}_lt_quiet")(soft(dtype, a), soft(dtype, b)))
    return b if below == largest else a


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
@pytest.mark.parametrize("name", ["minimum", "maximum"])
def test_minimum_maximum(name, dtype, pairs):
    a, b = pairs(dtype)
    expected = [_extreme(x, y, dtype, name == "maximum") for x, y in zip(a, b, strict=True)]
    np.testing.assert_array_equal(getattr(floats, name)(a, b, dtype), expected)


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
def test_neg_and_abs(dtype):
    bits = ALL_F16 if dtype == "f16" else np.concatenate([EDGES["f32"], random_bits("f32", COUNT, 4)])
    expected = soft_map(getattr(softfloatpy, f"{dtype}_neg"), dtype, dtype, bits)
    np.testing.assert_array_equal(floats.neg(bits, dtype), expected)
    nan = (bits & (SIGN[dtype] - 1)) > INF[dtype]
    np.testing.assert_array_equal(floats.absolute(bits, dtype), np.where(nan, NAN[dtype], bits & (SIGN[dtype] - 1)))


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
def test_shapes_broadcast_and_stay(dtype):
    one = {"f16": 0x3C00, "f32": 0x3F800000}[dtype]
    two = {"f16": 0x4000, "f32": 0x40000000}[dtype]
    a = np.full((3, 1), one, dtype=np.uint32)
    b = np.full((1, 5), one, dtype=np.uint32)
    for function in (floats.add, floats.sub, floats.mul, floats.minimum, floats.eq):
        result = function(a, b, dtype)
        assert result.shape == (3, 5)
        assert result.dtype == np.uint32
    assert floats.add(np.uint32(one), np.uint32(one), dtype) == two
    assert floats.neg(a[:0], dtype).shape == (0, 1)


def test_bits_above_the_type_are_ignored():
    assert floats.add(np.uint32(0xABCD3C00), np.uint32(0x12343C00), "f16") == 0x4000


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="bits must be an unsigned array, not float32"):
        floats.add(np.ones(2, dtype=np.float32), np.ones(2, dtype=np.float32), "f32")
    with pytest.raises(ValueError, match="type must be one of f16, f32, not 'f64'"):
        floats.add(np.uint32(1), np.uint32(1), "f64")
