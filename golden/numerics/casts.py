"""Conversions between all eight types on raw bits.

Source of facts: rounding and overflow to infinity from IEEE 754 (round to nearest even); ours are the
saturation of integer results, NaN -> 0 and the offset, which is the zero point of a requantization (ONNX
QuantizeLinear: round, add the zero point, saturate).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from golden.numerics.bits import FLOATS, INTEGERS, Bits, from_float, from_integer, integer_range, to_float, to_integer

__all__ = ["cast"]

#: Beyond every integer type by more than any offset can bring back.
_FAR = 2.0**40


def _exact_integer(bits: ArrayLike, src: str) -> NDArray[np.int64]:
    """Values as integers: floats round half to even, NaN gives 0, infinities and the like +-2**40."""
    if src in INTEGERS:
        return to_integer(bits, src)
    # A CPU that flushes subnormals makes them zero here, which is what they round to.
    with np.errstate(invalid="ignore"):
        value = to_float(bits, src).astype(np.float64)
    value = np.clip(np.where(np.isnan(value), 0.0, value), -_FAR, _FAR)
    return np.rint(value).astype(np.int64)


def _checked_offset(offset: ArrayLike) -> NDArray[np.int64]:
    values = np.asarray(offset)
    if values.dtype.kind not in "iu":
        raise TypeError(f"offset must be of integers, not {values.dtype}")
    low, high = integer_range("i32")
    if values.size and (values.min() < low or values.max() > high):
        raise ValueError(f"offset must fit in int32, not {values.min()}..{values.max()}")
    return values.astype(np.int64)


def _to_float(bits: ArrayLike, src: str, dst: str) -> Bits:
    """One rounding to nearest even: integers through float64, which holds them exactly; NumPy rounds once."""
    wide = to_integer(bits, src).astype(np.float64) if src in INTEGERS else to_float(bits, src)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return from_float(wide.astype(np.float16 if dst == "f16" else np.float32), dst)


def cast(bits: ArrayLike, src: str, dst: str, offset: ArrayLike = 0) -> Bits:
    """Convert from one type to another.

    Parameters
    ----------
    bits : array of unsigned, any shape
    src, dst : str
        Types; equal ones are allowed (and make a NaN canonical).
    offset : int or array of integers within int32, shape that broadcasts
        Added exactly to the (rounded) integer before saturation; only for an integer `dst`.

    Returns
    -------
    uint32 array of the common shape

    Raises
    ------
    ValueError
        If a type is unknown, the offset does not fit in int32, or `dst` is a float and there is an offset.
    """
    for name, dtype in (("src", src), ("dst", dst)):
        if dtype not in FLOATS and dtype not in INTEGERS:
            raise ValueError(f"{name} must be one of {', '.join([*INTEGERS, *FLOATS])}, not {dtype!r}")
    added = _checked_offset(offset)
    if dst in FLOATS:
        if added.any():
            raise ValueError(f"offset must be 0 for a cast to {dst}, not {offset!r}")
        return _to_float(bits, src, dst)
    return from_integer(np.clip(_exact_integer(bits, src) + added, *integer_range(dst)), dst)
