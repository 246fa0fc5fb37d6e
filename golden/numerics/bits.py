"""Raw bits: how values of each type travel in unsigned arrays.

A lane element is a uint32; a type narrower than 32 bits uses the low bits. Inputs may carry anything above
them (it is ignored); results are zero-extended. Every function of this package takes and gives such arrays.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arch.transcendental import F16, F32, FloatFormat

__all__ = [
    "FLOATS",
    "INTEGERS",
    "Bits",
    "canonical",
    "from_float",
    "from_integer",
    "integer_range",
    "is_nan",
    "raw",
    "to_float",
    "to_integer",
]

Bits = NDArray[np.uint32]

FLOATS: dict[str, FloatFormat] = {"f16": F16, "f32": F32}
#: Width and signedness of the integer types.
INTEGERS: dict[str, tuple[int, bool]] = {
    "i8": (8, True),
    "i16": (16, True),
    "i32": (32, True),
    "u8": (8, False),
    "u16": (16, False),
    "u32": (32, False),
}
_UNSIGNED = {8: np.uint8, 16: np.uint16, 32: np.uint32}
_SIGNED = {8: np.int8, 16: np.int16, 32: np.int32}


def _float_format(dtype: str) -> FloatFormat:
    if dtype not in FLOATS:
        raise ValueError(f"type must be one of {', '.join(FLOATS)}, not {dtype!r}")
    return FLOATS[dtype]


def _integer_layout(dtype: str) -> tuple[int, bool]:
    if dtype not in INTEGERS:
        raise ValueError(f"type must be one of {', '.join(INTEGERS)}, not {dtype!r}")
    return INTEGERS[dtype]


def raw(bits: ArrayLike, dtype: str) -> NDArray[np.unsignedinteger]:
    """Drop what lies above the type: an unsigned array of exactly the type's width, same shape.

    Raises
    ------
    TypeError
        If `bits` is an array, but not an unsigned one.
    """
    array = np.asarray(bits)
    if array.dtype.kind != "u":
        if isinstance(bits, np.ndarray):
            raise TypeError(f"bits must be an unsigned array, not {array.dtype}")
        array = array.astype(np.uint32)
    width = FLOATS[dtype].bits if dtype in FLOATS else _integer_layout(dtype)[0]
    return array.astype(_UNSIGNED[width], copy=False)


def integer_range(dtype: str) -> tuple[int, int]:
    """Smallest and largest value of an integer type."""
    width, signed = _integer_layout(dtype)
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def to_integer(bits: ArrayLike, dtype: str) -> NDArray[np.int64]:
    """Values of integer bits, as int64 of the same shape."""
    width, signed = _integer_layout(dtype)
    array = np.ascontiguousarray(raw(bits, dtype)).reshape(np.shape(bits))
    return (array.view(_SIGNED[width]) if signed else array).astype(np.int64)


def from_integer(values: NDArray[np.int64], dtype: str) -> Bits:
    """Bits of the values modulo 2**width, zero-extended to uint32."""
    width, _ = _integer_layout(dtype)
    return values.astype(_UNSIGNED[width]).astype(np.uint32)


def to_float(bits: ArrayLike, dtype: str) -> NDArray[np.floating]:
    """The same bits seen as NumPy float16 or float32."""
    _float_format(dtype)
    array = np.ascontiguousarray(raw(bits, dtype)).reshape(np.shape(bits))
    return array.view(np.float16 if dtype == "f16" else np.float32)


def is_nan(bits: ArrayLike, dtype: str) -> NDArray[np.bool_]:
    """Where the bits are any NaN."""
    fmt = _float_format(dtype)
    return (raw(bits, dtype) & (fmt.sign - 1)) > fmt.inf


def canonical(bits: ArrayLike, dtype: str) -> Bits:
    """Replace every NaN by the canonical quiet NaN and zero-extend."""
    fmt = _float_format(dtype)
    array = raw(bits, dtype).astype(np.uint32)
    return np.where((array & (fmt.sign - 1)) > fmt.inf, np.uint32(fmt.nan), array)


def from_float(values: NDArray[np.floating], dtype: str) -> Bits:
    """Bits of a NumPy float16 or float32 array, NaNs canonical, zero-extended."""
    fmt = _float_format(dtype)
    if values.dtype.itemsize * 8 != fmt.bits:
        raise TypeError(f"values must be {fmt.bits}-bit floats, not {values.dtype}")
    array = np.ascontiguousarray(values).reshape(values.shape)
    return canonical(array.view(_UNSIGNED[fmt.bits]), dtype)
