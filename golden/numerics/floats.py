"""IEEE 754 arithmetic on raw bits of f16 and f32.

Round to nearest even, subnormals kept. Every NaN result is the canonical quiet NaN, that of neg and abs too
(our decision: one rule without exceptions; IEEE 754 would let their payload through).

The results do not depend on the CPU's flush-to-zero and denormals-are-zero modes, which other libraries
switch on:

- f16 is computed in float32, where every f16 value and every product of two is a normal number. float32 has
  24 >= 2 * 11 + 2 bits, so rounding first to it and then to f16 equals one rounding (Figueroa, "When is double
  rounding innocuous?", 1995); NumPy converts to half in integers or by an instruction that ignores both modes.
- f32 uses the CPU's float32 operation, and recomputes in float64 the few elements where an operand or the
  result is subnormal (inf * subnormal too, which such a CPU takes for inf * 0). There 53 >= 2 * 24 + 2 bits make
  the double rounding innocuous, and a subnormal result is rounded in units of the last place.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arch.transcendental import F32
from golden.numerics.bits import FLOATS, Bits, canonical, from_float, is_nan, raw, to_float

__all__ = ["absolute", "add", "eq", "ge", "gt", "le", "lt", "maximum", "minimum", "mul", "ne", "neg", "sub"]

_Operation = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]

_HIDDEN = 1 << F32.fraction_bits
_SUBNORMAL_UNIT = F32.min_exponent - F32.fraction_bits


def _exact(bits: Bits) -> NDArray[np.float64]:
    """Values of f32 bits, not NaN, as float64, without handing a subnormal to the CPU."""
    field = (bits & F32.inf) >> F32.fraction_bits
    fraction = (bits & (_HIDDEN - 1)) + np.where(field == 0, 0, _HIDDEN)
    value = np.ldexp(fraction.astype(np.float64), np.maximum(field, 1).astype(np.int32) - 1 + _SUBNORMAL_UNIT)
    value = np.where(field == F32.inf >> F32.fraction_bits, np.inf, value)
    return np.where((bits & F32.sign) != 0, -value, value)


def _patch(result: Bits, where: NDArray[np.bool_], a: Bits, b: Bits, operation: _Operation) -> None:
    """Recompute in place the chosen elements, whose operands are not NaN."""
    wide = operation(_exact(a[where]), _exact(b[where]))
    # In units of the smallest subnormal a result below 2**-125 is a number below 2**24: rint rounds it to
    # nearest even as IEEE 754 rounds in that range, and the number is its own bit pattern.
    small = np.abs(wide) < 2.0 ** (F32.min_exponent + 1)
    units = np.rint(np.ldexp(np.where(small, wide, 0.0), -_SUBNORMAL_UNIT))
    magnitude = np.abs(units).astype(np.uint32)
    tiny = magnitude | np.where(np.signbit(wide), np.uint32(F32.sign), np.uint32(0))
    with np.errstate(over="ignore"):
        normal = np.where(small, 0.0, wide).astype(np.float32).view(np.uint32)
    result[where] = np.where(small, tiny, normal)


def _binary(a: ArrayLike, b: ArrayLike, dtype: str, operation: _Operation) -> Bits:
    x, y = np.broadcast_arrays(canonical(a, dtype), canonical(b, dtype))
    with np.errstate(all="ignore"):
        if dtype == "f16":
            wide = operation(to_float(x, dtype).astype(np.float32), to_float(y, dtype).astype(np.float32))
            return from_float(wide.astype(np.float16), dtype)
        result = np.array(from_float(operation(to_float(x, dtype), to_float(y, dtype)), dtype))
    inf, magnitude = np.uint32(F32.inf), np.uint32(F32.sign - 1)
    ordered = ((x & magnitude) <= inf) & ((y & magnitude) <= inf)
    # A subnormal operand, or a result so small that the CPU may have flushed it.
    subnormal = ((x & inf) == 0) & ((x & magnitude) != 0) | ((y & inf) == 0) & ((y & magnitude) != 0)
    suspect = (result & magnitude) <= 2 * _HIDDEN
    both = ((x & magnitude) != 0) & ((y & magnitude) != 0)
    where = ordered & (subnormal | (suspect & both))
    if where.any():
        _patch(result, where, x, y, operation)
    return result


def add(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a + b.

    Parameters
    ----------
    a, b : arrays of unsigned, shapes that broadcast
    dtype : {'f16', 'f32'}

    Returns
    -------
    uint32 array of the common shape
    """
    return _binary(a, b, dtype, np.add)


def sub(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a - b; parameters and result as for `add`."""
    return _binary(a, b, dtype, np.subtract)


def mul(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a * b; parameters and result as for `add`."""
    return _binary(a, b, dtype, np.multiply)


def neg(a: ArrayLike, dtype: str) -> Bits:
    """Flip the sign bit (IEEE 754 negate), but a NaN becomes the canonical one."""
    flipped = raw(a, dtype).astype(np.uint32) ^ np.uint32(FLOATS[dtype].sign)
    return canonical(flipped, dtype)


def absolute(a: ArrayLike, dtype: str) -> Bits:
    """Clear the sign bit (IEEE 754 abs), but a NaN becomes the canonical one."""
    return canonical(raw(a, dtype).astype(np.uint32) & np.uint32(FLOATS[dtype].sign - 1), dtype)


def _ordered(bits: ArrayLike, dtype: str) -> NDArray[np.int64]:
    """Map bits to integers in the order of the values, -0 just below +0."""
    fmt = FLOATS[dtype]
    x = raw(bits, dtype).astype(np.int64)
    return np.where(x & fmt.sign, ~(x & (fmt.sign - 1)), x)


def minimum(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """IEEE 754-2019 `minimum`: NaN if either is, and -0 < +0; parameters and result as for `add`."""
    return _pick(a, b, dtype, np.less)


def maximum(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """IEEE 754-2019 `maximum`: NaN if either is, and -0 < +0; parameters and result as for `add`."""
    return _pick(a, b, dtype, np.greater)


def _pick(a: ArrayLike, b: ArrayLike, dtype: str, better: np.ufunc) -> Bits:
    chosen = np.where(better(_ordered(a, dtype), _ordered(b, dtype)), raw(a, dtype), raw(b, dtype)).astype(np.uint32)
    return np.where(is_nan(a, dtype) | is_nan(b, dtype), np.uint32(FLOATS[dtype].nan), chosen)


def _compare(a: ArrayLike, b: ArrayLike, dtype: str, relation: np.ufunc) -> Bits:
    """0 or 1; unordered gives 0. Both zeros map to one number first."""
    x, y = _ordered(a, dtype), _ordered(b, dtype)
    holds = relation(np.where(x == -1, 0, x), np.where(y == -1, 0, y))
    return (holds & ~is_nan(a, dtype) & ~is_nan(b, dtype)).astype(np.uint32)


def eq(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a == b, else 0; -0 equals +0, NaN equals nothing."""
    return _compare(a, b, dtype, np.equal)


def ne(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where not a == b, else 0: the one comparison that holds for NaN."""
    return np.uint32(1) - eq(a, b, dtype)


def lt(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a < b, else 0."""
    return _compare(a, b, dtype, np.less)


def le(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a <= b, else 0."""
    return _compare(a, b, dtype, np.less_equal)


def gt(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a > b, else 0."""
    return _compare(a, b, dtype, np.greater)


def ge(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a >= b, else 0."""
    return _compare(a, b, dtype, np.greater_equal)
