"""ONNX requantization, written with the operations that the VXM has.

Source of facts: ONNX QLinearMatMul, QLinearConv and QuantizeLinear (scale, round half to even, add the zero
point, saturate); that the scale is one fp32 number per column and that the accumulator is rounded to fp32
first is how onnxruntime computes it, and our decision.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from golden.numerics import floats
from golden.numerics.bits import Bits
from golden.numerics.casts import cast

__all__ = ["output_scale", "requantize"]


def requantize(acc: ArrayLike, scale: ArrayLike, zero_point: ArrayLike, dst: str) -> Bits:
    """Bring int32 accumulators to int8 or uint8.

    Parameters
    ----------
    acc : int32 bits [N, M], unsigned array
    scale : fp32 bits, scalar or [M]
    zero_point : int or array [M]
        Integer values (not bits) in the range of `dst`.
    dst : {'i8', 'u8'}

    Returns
    -------
    uint32 array [N, M]

    Raises
    ------
    ValueError
        If `dst` is not one of the two.
    """
    if dst not in ("i8", "u8"):
        raise ValueError(f"dst must be 'i8' or 'u8', not {dst!r}")
    return cast(floats.mul(cast(acc, "i32", "f32"), scale, "f32"), "f32", dst, offset=zero_point)


def output_scale(a_scale: ArrayLike, w_scale: ArrayLike, y_scale: ArrayLike) -> NDArray[np.float32]:
    """The scale that `requantize` multiplies by: fp32 `a_scale * w_scale / y_scale`, each step rounded to
    fp32.

    Parameters
    ----------
    a_scale, w_scale, y_scale : float32 numbers or arrays [M]
        Scales of activations, weights and result.

    Returns
    -------
    float32 array, values (not bits)
    """
    a, w, y = (np.asarray(s, dtype=np.float32) for s in (a_scale, w_scale, y_scale))
    return np.asarray(a * w / y, dtype=np.float32)
