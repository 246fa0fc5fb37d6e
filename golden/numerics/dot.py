"""Dot products of the MXM: the exact fp16 sum rounded once to fp32, and int8 into a wrapping int32.

Source of facts: the fused dot product is published; ours are that it is exact, that the one rounding is to
nearest even, and that an exact sum of zero is +0 whatever the signs of the products: a fixed-point
accumulator has no -0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.transcendental import F16, F32
from golden.numerics.bits import Bits, from_integer, integer_range, raw, to_float

__all__ = ["Operand", "dot_f16", "dot_i8", "operand_f16"]

_Matrix = NDArray[np.float64]

#: fp16 values are integers in units of 2**-24, of at most 40 bits: two limbs of 20.
_UNIT_BITS = 24
_LIMB = 20
#: Two products of two limbs, 40 bits each, summed this many times: 51 bits, which `_round_once` expects.
_MAX_K = 1 << 10


@dataclass(frozen=True)
class Operand:
    """One side of a dot product, split once and usable many times.

    Attributes
    ----------
    high, low : float64 arrays of one shape
        Integers with `high * 2**20 + low` = value in units of 2**-24, both of the value's sign; 0 if not
        finite.
    values : float16 array of the same shape, or None
        The values, present if any is infinite or NaN.
    """

    high: _Matrix
    low: _Matrix
    values: NDArray[np.float16] | None


def operand_f16(bits: NDArray[np.unsignedinteger]) -> Operand:
    """Split a matrix of fp16 bits, any shape, into the limbs that `dot_f16` multiplies."""
    x = raw(bits, "f16").astype(np.int64)
    field = (x & F16.inf) >> F16.fraction_bits
    fraction = x & ((1 << F16.fraction_bits) - 1)
    special = (x & F16.inf) == F16.inf
    magnitude = np.where(field == 0, fraction, (fraction | 1 << F16.fraction_bits) << np.maximum(field - 1, 0))
    magnitude = np.where(special, 0, magnitude)
    sign = np.where(x & F16.sign, -1, 1)
    high, low = sign * (magnitude >> _LIMB), sign * (magnitude & ((1 << _LIMB) - 1))
    return Operand(high.astype(np.float64), low.astype(np.float64), to_float(bits, "f16") if special.any() else None)


def _round_once(high: NDArray[np.int64], middle: NDArray[np.int64], low: NDArray[np.int64]) -> Bits:
    """Round (high * 2**40 + middle * 2**20 + low) * 2**-48 to fp32; parts of at most 51 bits."""
    low = low + ((middle & ((1 << _LIMB) - 1)) << _LIMB)
    high = high + (middle >> _LIMB) + (low >> 2 * _LIMB)
    low &= (1 << 2 * _LIMB) - 1
    # Sum = high * 2**40 + low, 0 <= low < 2**40. Within +-2**62 it fits as it is; else the low 28 bits become
    # one sticky bit, far below the last of fp32. int64 -> float32 is one rounding to nearest even.
    fits = np.abs(high) < 1 << 22
    drop = 28
    sticky = (high << (2 * _LIMB - drop)) | (low >> drop) | ((low & ((1 << drop) - 1)) != 0)
    whole = np.where(fits, (np.where(fits, high, 0) << 2 * _LIMB) | low, sticky).astype(np.float32)
    return np.ldexp(whole, np.where(fits, -2 * _UNIT_BITS, drop - 2 * _UNIT_BITS)).view(np.uint32)


def _flags(a: NDArray[np.float16], w: NDArray[np.float16]) -> tuple[NDArray[np.bool_], ...]:
    """Where a product is NaN, +inf and -inf: three arrays [N, M]."""

    def any_pair(*pairs: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> NDArray[np.bool_]:
        left = np.concatenate([p[0] for p in pairs], axis=-1).astype(np.float32)
        right = np.concatenate([p[1] for p in pairs], axis=0).astype(np.float32)
        return left @ right > 0

    inf_a, inf_w = np.isinf(a), np.isinf(w)
    nan = any_pair((inf_a, w == 0), (a == 0, inf_w))
    nan |= np.isnan(a).any(axis=-1, keepdims=True) | np.isnan(w).any(axis=0, keepdims=True)
    up_a, down_a, up_w, down_w = a > 0, a < 0, w > 0, w < 0
    plus = any_pair((inf_a & up_a, up_w), (inf_a & down_a, down_w), (up_a, inf_w & up_w), (down_a, inf_w & down_w))
    minus = any_pair((inf_a & up_a, down_w), (inf_a & down_a, up_w), (up_a, inf_w & down_w), (down_a, inf_w & up_w))
    return nan | (plus & minus), plus, minus


def dot_f16(a: NDArray[np.unsignedinteger] | Operand, w: NDArray[np.unsignedinteger] | Operand) -> Bits:
    """Fused dot products: every sum of products exact, then rounded once.

    Parameters
    ----------
    a : fp16 bits [N, K], or such an array split by `operand_f16`
    w : fp16 bits [K, M], or split likewise

    Returns
    -------
    uint32 array [N, M]
        fp32 bits. The canonical NaN if an operand is NaN, for 0 * inf and for inf - inf; +0 for an exact
        zero.

    Raises
    ------
    ValueError
        If the shapes do not fit, or K is above 1024.
    """
    a = a if isinstance(a, Operand) else operand_f16(a)
    w = w if isinstance(w, Operand) else operand_f16(w)
    _check_shapes(a.high, w.high)
    if a.high.shape[1] > _MAX_K:
        raise ValueError(f"K must be at most {_MAX_K}, not {a.high.shape[1]}")
    # Exact: limbs below 2**20, 2 * 1024 products below 2**40 stay within 2**53, in whatever order BLAS adds
    # them.
    middle = a.high @ w.low + a.low @ w.high
    bits = _round_once((a.high @ w.high).astype(np.int64), middle.astype(np.int64), (a.low @ w.low).astype(np.int64))
    if a.values is None and w.values is None:
        return bits
    nan, plus, minus = _flags(_values(a), _values(w))
    special = [np.uint32(b) for b in (F32.nan, F32.inf, F32.inf | F32.sign)]
    return np.select([nan, plus, minus], special, bits)


def _values(operand: Operand) -> NDArray[np.float16]:
    """Values whose zeros, signs and infinities are right: enough for the flags."""
    if operand.values is not None:
        return operand.values
    return np.sign(operand.high + operand.low).astype(np.float16)


def dot_i8(a: NDArray[np.unsignedinteger], w: NDArray[np.unsignedinteger], a_type: str, w_type: str) -> Bits:
    """Integer dot products, exact modulo 2**32.

    Parameters
    ----------
    a : bits [N, K]
    w : bits [K, M]
    a_type, w_type : {'i8', 'u8'}

    Returns
    -------
    uint32 array [N, M]
        int32 bits.

    Raises
    ------
    ValueError
        If a type is not one of the two or the shapes do not fit.
    """
    for name, dtype in (("a_type", a_type), ("w_type", w_type)):
        if dtype not in ("i8", "u8"):
            raise ValueError(f"{name} must be 'i8' or 'u8', not {dtype!r}")
    _check_shapes(a, w)
    bound = a.shape[1] * max(map(abs, integer_range(a_type))) * max(map(abs, integer_range(w_type)))
    # Exact in any order of addition while every partial sum fits in the significand.
    wide = np.float32 if bound <= 1 << 24 else np.float64
    x, y = (raw(m, t).view(np.int8 if t == "i8" else np.uint8).astype(wide) for m, t in ((a, a_type), (w, w_type)))
    return from_integer((x @ y).astype(np.int64), "i32")


def _check_shapes(a: NDArray, w: NDArray) -> None:
    if a.ndim != 2 or w.ndim != 2 or a.shape[1] != w.shape[0]:
        raise ValueError(f"shapes must be [N, K] and [K, M], not {list(a.shape)} and {list(w.shape)}")
