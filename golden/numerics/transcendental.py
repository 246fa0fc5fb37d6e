"""exp, tanh, rsqrt and relu on raw bits.

The first three run the integer data path of `docs/decisions/0002-transcendentals.md` with the facts of
`arch.transcendental`, step for step as the hardware does: no float operation takes part, so the result is the
same on every machine. fp16 is correctly rounded (round to nearest even) for every input; fp32 is faithful,
its measured errors stand in `docs/numerics.md`.

Source of facts: special cases from IEEE 754-2019, 9.2 (rSqrt(+-0) = +-inf); the data path is our decision.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arch.transcendental import EXP, F32, PATH, RSQRT, TABLE, TANH, FloatFormat
from golden.numerics.bits import FLOATS, Bits, canonical, raw

__all__ = ["exp", "relu", "rsqrt", "tanh"]

_Int = NDArray[np.int64]
_C0, _C1, _C2, _C3 = (
    np.array(column, dtype=np.int64) for column in zip(*((r.c0, r.c1, r.c2, r.c3) for r in TABLE), strict=True)
)


def _by_exponent(facts: dict[int, int]) -> _Int:
    """Look-up table over the binades of tanh, indexed from the first."""
    return np.array([facts[exponent] for exponent in sorted(facts)], dtype=np.int64)


_TANH_INDEX_BITS = _by_exponent({b.exponent: b.index_bits for b in TANH.binades})
_TANH_BASE = _by_exponent({b.exponent: b.base for b in TANH.binades})
_TANH_SCALE = _by_exponent({b.exponent: b.scale for b in TANH.binades})


class _Decoded(NamedTuple):
    """Fields of the operand: |x| = (1 + fraction * 2**-23) * 2**exponent for finite nonzero x."""

    bits: _Int
    negative: NDArray[np.bool_]
    exponent: _Int
    fraction: _Int
    zero: NDArray[np.bool_]
    inf: NDArray[np.bool_]
    nan: NDArray[np.bool_]


def _decode(bits: ArrayLike, fmt: FloatFormat) -> _Decoded:
    """Split the fields; normalize subnormals; widen the fraction to that of fp32."""
    x = raw(bits, fmt.name).astype(np.int64)
    magnitude = x & (fmt.sign - 1)
    field = magnitude >> fmt.fraction_bits
    fraction = magnitude & ((1 << fmt.fraction_bits) - 1)
    # The leading one of a subnormal's fraction; int64 -> float64 is exact here, frexp reads its exponent.
    length = np.frexp(fraction.astype(np.float64))[1].astype(np.int64)
    shift = np.where(field == 0, fmt.fraction_bits + 1 - length, 0)
    exponent = np.where(field == 0, 1, field) - fmt.bias - shift
    fraction = (fraction << shift) & ((1 << fmt.fraction_bits) - 1)
    return _Decoded(
        x,
        (x & fmt.sign) != 0,
        exponent,
        fraction << (F32.fraction_bits - fmt.fraction_bits),
        magnitude == 0,
        magnitude == fmt.inf,
        magnitude > fmt.inf,
    )


def _polynomial(row: _Int, t: _Int) -> _Int:
    """The shared cubic: each product is truncated toward minus infinity to the coefficients' unit."""
    c2 = _C2[row] + ((_C3[row] * (t >> (PATH.t_bits - PATH.t_high_bits))) >> PATH.t_high_bits)
    c1 = _C1[row] + ((c2 * t) >> PATH.t_bits)
    return _C0[row] + ((c1 * t) >> PATH.t_bits)


def _pack(value: _Int, exponent: _Int, fmt: FloatFormat) -> _Int:
    """Round value * 2**(exponent - PATH.fraction_bits), value in [0.5, 2), once to nearest even."""
    below_one = (value >> PATH.fraction_bits) == 0
    value = np.where(below_one, value << 1, value)
    exponent = exponent - below_one
    subnormal = np.maximum(fmt.min_exponent - exponent, 0)
    drop = np.minimum(PATH.fraction_bits - fmt.fraction_bits + subnormal, PATH.value_bits + 1)
    kept = value >> drop
    rest = value & ((np.int64(1) << drop) - 1)
    half = np.int64(1) << (drop - 1)
    kept += (rest > half) | ((rest == half) & ((kept & 1) != 0))
    # The hidden one adds 1 to the exponent field, a carry out of the fraction another 1.
    field = np.maximum(exponent - fmt.min_exponent, 0)
    return np.minimum((field << fmt.fraction_bits) + kept, fmt.inf)


def _select(default: _Int, *cases: tuple[NDArray[np.bool_], ArrayLike]) -> Bits:
    """The first case that holds, else the default."""
    conditions, values = zip(*cases, strict=True)
    return np.select(conditions, values, default).astype(np.uint32)


def exp(bits: ArrayLike, dtype: str) -> Bits:
    """e**x.

    Parameters
    ----------
    bits : array of unsigned, any shape
    dtype : {'f16', 'f32'}

    Returns
    -------
    uint32 array of the same shape
        +inf on overflow and for +inf, gradual underflow, +0 for -inf, canonical NaN for NaN.
    """
    fmt = FLOATS[dtype]
    x = _decode(bits, fmt)
    range_bits = EXP.index_bits + PATH.t_bits
    significand = x.fraction | 1 << F32.fraction_bits
    shift = F32.fraction_bits + EXP.log2e_fraction_bits - range_bits - x.exponent
    huge = x.exponent >= EXP.overflow_exponent
    product = (significand * EXP.log2e) >> np.clip(shift, 0, 63)
    product = np.where(x.negative, -product, product)
    f = product & ((1 << range_bits) - 1)
    value = _polynomial(EXP.base + (f >> PATH.t_bits), f & ((1 << PATH.t_bits) - 1))
    result = _pack(value, product >> range_bits, fmt)
    return _select(result, (x.nan, fmt.nan), (x.zero, fmt.one), (huge, np.where(x.negative, 0, fmt.inf)))


def rsqrt(bits: ArrayLike, dtype: str) -> Bits:
    """1 / sqrt(x).

    Parameters
    ----------
    bits : array of unsigned, any shape
    dtype : {'f16', 'f32'}

    Returns
    -------
    uint32 array of the same shape
        +-inf for +-0, +0 for +inf, canonical NaN for NaN and whatever is below zero.
    """
    fmt = FLOATS[dtype]
    x = _decode(bits, fmt)
    odd = x.exponent & 1
    rest_bits = F32.fraction_bits - RSQRT.index_bits
    row = RSQRT.base + (odd << RSQRT.index_bits) + (x.fraction >> rest_bits)
    t = (x.fraction & ((1 << rest_bits) - 1)) << (PATH.t_bits - rest_bits)
    result = _pack(_polynomial(row, t), -(x.exponent >> 1), fmt)
    return _select(result, (x.nan, fmt.nan), (x.zero, x.bits | fmt.inf), (x.negative, fmt.nan), (x.inf, 0))


def tanh(bits: ArrayLike, dtype: str) -> Bits:
    """Hyperbolic tangent.

    Parameters
    ----------
    bits : array of unsigned, any shape
    dtype : {'f16', 'f32'}

    Returns
    -------
    uint32 array of the same shape
        Odd: the sign of x is kept; x itself where |x| is tiny, +-1 for +-inf, canonical NaN for NaN.
    """
    fmt = FLOATS[dtype]
    x = _decode(bits, fmt)
    first, last = TANH.binades[0].exponent, TANH.binades[-1].exponent
    sign = np.where(x.negative, fmt.sign, 0)
    tiny = x.zero | (x.exponent < first)
    binade = np.clip(x.exponent, first, last) - first
    rest_bits = F32.fraction_bits - _TANH_INDEX_BITS[binade]
    index = x.fraction >> rest_bits
    one = (x.exponent > TANH.one_exponent) | ((x.exponent == TANH.one_exponent) & (index >= TANH.one_index))
    row = np.where(one, 0, _TANH_BASE[binade] + index)
    t = (x.fraction & ((np.int64(1) << rest_bits) - 1)) << (PATH.t_bits - rest_bits)
    result = _pack(_polynomial(row, t), -_TANH_SCALE[binade], fmt) | sign
    return _select(result, (x.nan, fmt.nan), (tiny, x.bits), (one, fmt.one | sign))


def relu(bits: ArrayLike, dtype: str) -> Bits:
    """max(x, +0) for floats: +0 for -0 and below, the canonical NaN for NaN.

    Parameters
    ----------
    bits : array of unsigned, any shape
    dtype : {'f16', 'f32'}

    Returns
    -------
    uint32 array of the same shape
    """
    fmt = FLOATS[dtype]
    x = canonical(bits, dtype)
    return np.where((x & fmt.sign) != 0, np.uint32(0), x)
