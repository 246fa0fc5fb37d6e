"""Outside oracles and test values shared by the tests of this folder.

SoftFloat computes IEEE 754 operations, MPFR (gmpy2) the transcendentals, Python integers and fractions the rest.
"""

import math
from collections.abc import Callable, Iterable

import gmpy2
import numpy as np
import softfloatpy
from numpy.typing import NDArray

NAN = {"f16": 0x7E00, "f32": 0x7FC00000}
INF = {"f16": 0x7C00, "f32": 0x7F800000}
SIGN = {"f16": 0x8000, "f32": 0x80000000}
INTEGER_TYPES = ("i8", "i16", "i32", "u8", "u16", "u32")
FLOAT_TYPES = ("f16", "f32")
ALL_F16 = np.arange(1 << 16, dtype=np.uint32)

_SOFT = {"f16": softfloatpy.Float16, "f32": softfloatpy.Float32}
_SOFT_BYTES = {"f16": 2, "f32": 4}

_POSITIVE_EDGES = {
    # zero, smallest and largest subnormals, smallest normals, neighbors of 1, 1.5, 2, 3, ties at the last place,
    # large values, infinity, quiet and signaling NaN
    "f16": [
        0x0000,
        0x0001,
        0x0002,
        0x0003,
        0x01FF,
        0x0200,
        0x03FE,
        0x03FF,
        0x0400,
        0x0401,
        0x07FF,
        0x0800,
        0x0801,
        0x1000,
        0x1400,
        0x1401,
        0x37FF,
        0x3800,
        0x3801,
        0x3BFF,
        0x3C00,
        0x3C01,
        0x3E00,
        0x4000,
        0x4001,
        0x4200,
        0x5BFF,
        0x6400,
        0x67FF,
        0x77FF,
        0x7800,
        0x7BFE,
        0x7BFF,
        0x7C00,
        0x7C01,
        0x7DFF,
        0x7E00,
        0x7FFF,
    ],
    "f32": [
        0x00000000,
        0x00000001,
        0x00000002,
        0x00000003,
        0x003FFFFF,
        0x00400000,
        0x007FFFFE,
        0x007FFFFF,
        0x00800000,
        0x00800001,
        0x00FFFFFF,
        0x01000000,
        0x01000001,
        0x0B800000,
        0x0C000001,
        0x1FFFFFFF,
        0x20000000,
        0x33000000,
        0x33000001,
        0x33800000,
        0x34000000,
        0x3EFFFFFF,
        0x3F000000,
        0x3F000001,
        0x3F7FFFFF,
        0x3F800000,
        0x3F800001,
        0x3FC00000,
        0x40000000,
        0x40400000,
        0x4B7FFFFF,
        0x4B800000,
        0x5F800000,
        0x7EFFFFFF,
        0x7F000000,
        0x7F7FFFFE,
        0x7F7FFFFF,
        0x7F800000,
        0x7F800001,
        0x7FBFFFFF,
        0x7FC00000,
        0x7FFFFFFF,
    ],
}
#: Values at which conversions and rounding change, as bits, both signs.
EDGES = {
    dtype: np.array(bits + [b | SIGN[dtype] for b in bits], dtype=np.uint32) for dtype, bits in _POSITIVE_EDGES.items()
}


def width(dtype: str) -> int:
    """Bits of a type."""
    return int(dtype[1:])


def random_bits(dtype: str, count: int, seed: int) -> NDArray[np.uint32]:
    """Seeded uniform bits of a type."""
    return np.random.default_rng(seed).integers(0, 1 << width(dtype), count, dtype=np.uint32)


def edge_pairs(dtype: str) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """All pairs of edge values."""
    a, b = np.meshgrid(EDGES[dtype], EDGES[dtype])
    return a.ravel(), b.ravel()


def near_pairs(dtype: str, count: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Seeded pairs with exponents a few apart: cancellation, ties and carries, which uniform bits rarely meet."""
    a = random_bits(dtype, count, seed)
    generator = np.random.default_rng(seed + 1)
    fraction = {"f16": 10, "f32": 23}[dtype]
    apart = generator.integers(-fraction - 3, fraction + 4, count) << fraction
    b = (a.astype(np.int64) + apart) ^ generator.integers(0, 4, count) ^ (generator.integers(0, 2, count) * SIGN[dtype])
    return a, (b & ((1 << width(dtype)) - 1)).astype(np.uint32)


def soft(dtype: str, bits: int) -> object:
    """A SoftFloat number from bits."""
    return _SOFT[dtype].from_bytes(int(bits).to_bytes(_SOFT_BYTES[dtype], "big"))


def soft_bits(number: object, dtype: str) -> int:
    """Bits of a SoftFloat number, its NaN made canonical."""
    bits = int.from_bytes(number.to_bytes(), "big")
    return NAN[dtype] if (bits & (SIGN[dtype] - 1)) > INF[dtype] else bits


def soft_map(function: Callable, dst: str, src: str, *columns: Iterable[int]) -> NDArray[np.uint32]:
    """Apply a SoftFloat function with a float result element by element."""
    return np.array(
        [soft_bits(function(*(soft(src, bits) for bits in row)), dst) for row in zip(*columns, strict=True)],
        dtype=np.uint32,
    )


def value(bits: int, dtype: str) -> float:
    """A float value, exact in Python's float."""
    return float(np.uint16(bits).view(np.float16) if dtype == "f16" else np.uint32(bits).view(np.float32))


def values(bits: NDArray[np.uint32], dtype: str) -> NDArray[np.float64]:
    """Float values, exact in float64."""
    with np.errstate(invalid="ignore"):
        return (bits.astype(np.uint16).view(np.float16) if dtype == "f16" else bits.view(np.float32)).astype(np.float64)


def signed(bits: int, dtype: str) -> int:
    """The integer that bits of an integer type mean."""
    bits = int(bits)
    return bits - (1 << width(dtype)) if dtype[0] == "i" and bits >> (width(dtype) - 1) else bits


def limits(dtype: str) -> tuple[int, int]:
    """Range of an integer type."""
    n = width(dtype)
    return (-(1 << n - 1), (1 << n - 1) - 1) if dtype[0] == "i" else (0, (1 << n) - 1)


def wrap(number: int, dtype: str) -> int:
    """Bits of an integer, modulo."""
    return number & ((1 << width(dtype)) - 1)


def clamp(number: int, dtype: str) -> int:
    """Bits of an integer, saturated."""
    low, high = limits(dtype)
    return wrap(min(max(number, low), high), dtype)


def mpfr_bits(name: str, bits: int, dtype: str) -> int:
    """exp, tanh or rsqrt of one number, correctly rounded by MPFR with the exponent range of the type."""
    precision, low, high = {"f16": (11, -23, 16), "f32": (24, -148, 128)}[dtype]
    x = value(bits, dtype)
    if math.isnan(x):
        return NAN[dtype]
    if name == "rsqrt" and x == 0:  # MPFR gives +inf for both zeros, IEEE 754 the sign of the zero
        return INF[dtype] | (int(bits) & SIGN[dtype])
    function = {"exp": gmpy2.exp, "tanh": gmpy2.tanh, "rsqrt": gmpy2.rec_sqrt}[name]
    with gmpy2.context(precision=precision, emin=low, emax=high, subnormalize=True):
        result = float(function(gmpy2.mpfr(x)))
    with np.errstate(over="ignore"):
        rounded = np.float16(result).view(np.uint16) if dtype == "f16" else np.float32(result).view(np.uint32)
    return NAN[dtype] if math.isnan(result) else int(rounded)
