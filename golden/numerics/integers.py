"""Integer arithmetic, logic, shifts and comparisons on raw bits of i8 to u32.

Source of facts: the operations are published (add, subtract and multiply saturating or modulo, no flags); the
rest are our decisions: saturation is to the type's own range, the modulo result is the low bits, the
saturated negation and absolute value of the most negative number is the most positive, and the saturated
negation of an unsigned number is 0.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from golden.numerics.bits import INTEGERS, Bits, from_integer, integer_range, raw, to_integer

__all__ = [
    "absolute",
    "add",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "eq",
    "ge",
    "gt",
    "le",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "neg",
    "shl",
    "shr",
    "sub",
]


def _finish(values: NDArray[np.int64], dtype: str, saturate: bool) -> Bits:
    """Bring exact values into the type."""
    return from_integer(np.clip(values, *integer_range(dtype)) if saturate else values, dtype)


def add(a: ArrayLike, b: ArrayLike, dtype: str, *, saturate: bool = False) -> Bits:
    """a + b.

    Parameters
    ----------
    a, b : arrays of unsigned, shapes that broadcast
    dtype : str
        An integer type.
    saturate : bool
        Clamp to the range of the type; otherwise keep the low bits.

    Returns
    -------
    uint32 array of the common shape
    """
    return _finish(to_integer(a, dtype) + to_integer(b, dtype), dtype, saturate)


def sub(a: ArrayLike, b: ArrayLike, dtype: str, *, saturate: bool = False) -> Bits:
    """a - b; parameters and result as for `add`."""
    return _finish(to_integer(a, dtype) - to_integer(b, dtype), dtype, saturate)


def mul(a: ArrayLike, b: ArrayLike, dtype: str, *, saturate: bool = False) -> Bits:
    """a * b, low half or saturated; parameters and result as for `add`."""
    if dtype != "u32":
        return _finish(to_integer(a, dtype) * to_integer(b, dtype), dtype, saturate)
    # The one product that int64 cannot hold.
    product = raw(a, dtype).astype(np.uint64) * raw(b, dtype).astype(np.uint64)
    return (np.minimum(product, 0xFFFFFFFF) if saturate else product).astype(np.uint32)


def neg(a: ArrayLike, dtype: str, *, saturate: bool = False) -> Bits:
    """-a; parameters and result as for `add`."""
    return _finish(-to_integer(a, dtype), dtype, saturate)


def absolute(a: ArrayLike, dtype: str, *, saturate: bool = False) -> Bits:
    """|a|; parameters and result as for `add`."""
    return _finish(np.abs(to_integer(a, dtype)), dtype, saturate)


def minimum(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """The smaller of a and b, as the type orders them; parameters and result as for `add`."""
    return from_integer(np.minimum(to_integer(a, dtype), to_integer(b, dtype)), dtype)


def maximum(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """The larger of a and b, as the type orders them; parameters and result as for `add`."""
    return from_integer(np.maximum(to_integer(a, dtype), to_integer(b, dtype)), dtype)


def bitwise_and(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a AND b; parameters and result as for `add`."""
    return (raw(a, dtype) & raw(b, dtype)).astype(np.uint32)


def bitwise_or(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a OR b; parameters and result as for `add`."""
    return (raw(a, dtype) | raw(b, dtype)).astype(np.uint32)


def bitwise_xor(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a XOR b; parameters and result as for `add`."""
    return (raw(a, dtype) ^ raw(b, dtype)).astype(np.uint32)


def bitwise_not(a: ArrayLike, dtype: str) -> Bits:
    """NOT a, within the type's width; parameters and result as for `add`."""
    return (~raw(a, dtype)).astype(np.uint32)


def _amount(b: ArrayLike, dtype: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Shift amounts clamped to the width, and where they reach it. Read as unsigned (our decision)."""
    amount = raw(b, dtype).astype(np.int64)
    width, _ = INTEGERS[dtype]
    return np.minimum(amount, width), amount >= width


def shl(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a shifted left by b, modulo; 0 from the type's width on; parameters and result as for `add`."""
    amount, over = _amount(b, dtype)
    return from_integer(np.where(over, 0, raw(a, dtype).astype(np.int64) << amount), dtype)


def shr(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """a shifted right by b: arithmetic if the type is signed, logical if not; parameters and result as for
    `add`.

    From the type's width on, only copies of the sign (0 for an unsigned type) remain.
    """
    amount, _ = _amount(b, dtype)
    return from_integer(to_integer(a, dtype) >> amount, dtype)


def _compare(a: ArrayLike, b: ArrayLike, dtype: str, relation: Callable[..., NDArray[np.bool_]]) -> Bits:
    return relation(to_integer(a, dtype), to_integer(b, dtype)).astype(np.uint32)


def eq(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a == b, else 0."""
    return _compare(a, b, dtype, np.equal)


def ne(a: ArrayLike, b: ArrayLike, dtype: str) -> Bits:
    """1 where a != b, else 0."""
    return _compare(a, b, dtype, np.not_equal)


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
