"""QuantizeLinear, DequantizeLinear and Cast."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from onnx import helper

from arch.types import FLOAT_TYPES, Type
from compiler.frontend import exact
from compiler.frontend.build import TYPE_OF
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops import quantized
from compiler.frontend.ops.accumulate import BYTES, number
from compiler.frontend.steps import F32, I32, Source, Steps
from compiler.graph import ir

#: Integers that are quantized to, and ONNX's numbers of them.
_SHORT = (*BYTES, Type.I16, Type.U16)
_OUTPUTS: Mapping[int, Type] = MappingProxyType({2: Type.U8, 3: Type.I8, 4: Type.U16, 5: Type.I16})


def quantize(view: View) -> Made:
    """QuantizeLinear, exactly (``compiler.frontend.exact``)."""
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    scale = quantized.scale(view, 1, channels=True)
    steps = Steps()
    a = steps.cast(steps.input(x.name), x.type, F32)
    kind = scale.kind or Type.U8
    to = view.attribute("output_dtype", 0)
    if kind not in _SHORT or to not in (0, *_OUTPUTS):
        found = f"ONNX's type {to}" if kind in _SHORT else kind.value
        view.refuse(f"quantizes to integers of 8 or 16 bits, not {found}")
    if scale.kind is None:
        kind = _OUTPUTS.get(to, kind)
    if scale.scale.size == scale.zero.size == 1:
        exact.quantize(steps, a, scale.number, scale.offset, kind, view.context.loose)
        return view.build.map(steps, view.wish)

    def numbers(array: np.ndarray, wish: str) -> Source:
        return number(view.build, steps, array, wish)

    scales, zeros = (_along(view, x, array) for array in (scale.scale, scale.zero))
    exact.quantize_each(steps, a, scales, zeros, kind, numbers, view.context.loose)
    return view.build.map(steps, view.wish)


def dequantize(view: View) -> Made:
    """DequantizeLinear: the difference from the zero point, exact, times the scale in f32."""
    x = view.one_of(view.tensor(0), (*_SHORT, I32))
    scale = quantized.scale(view, 1, channels=True)
    to = TYPE_OF[view.constant(1, "scale").dtype]
    steps = Steps()
    scale = replace(scale, scale=_along(view, x, scale.scale), zero=_along(view, x, scale.zero))
    source = dequantized(steps, view, x, scale)
    steps.cast(source, F32, to)
    return view.build.map(steps, view.wish)


def _along(view: View, x: ir.Tensor, array: np.ndarray) -> np.ndarray:
    """Parameters of channels, or of blocks along an axis, so that they broadcast to the tensor."""
    if array.size == 1:
        return array
    axis, block = view.axis(view.attribute("axis", 1), len(x.shape)), view.attribute("block_size", 0)
    if block:
        return np.repeat(array, block, axis).take(range(x.shape[axis]), axis)
    return array.reshape([size if n == axis else 1 for n, size in enumerate(x.shape)])


def dequantized(steps: Steps, view: View, x: ir.Tensor, scale: quantized.Scale) -> Source:
    """Append (x - zero) * scale in f32; both broadcast to x."""
    source: Source = steps.input(x.name)
    zero = scale.zero.astype(np.int32)
    if x.type is I32 and zero.any():
        source = steps.op("Sub", I32, source, number(view.build, steps, zero, "zero"))
    source = steps.op("Cast", x.type, source, to=F32)
    if x.type is not I32 and zero.any():
        source = steps.op("Sub", F32, source, number(view.build, steps, zero.astype(np.float32), "zero"))
    return steps.op("Mul", F32, source, number(view.build, steps, scale.scale, "scale"))


def cast(view: View) -> Made:
    """Cast as ONNX means it: floats are cut off toward zero, integers wrap."""
    x = view.tensor(0)
    try:
        to = TYPE_OF[helper.tensor_dtype_to_np_dtype(view.attribute("to"))]
    except KeyError:
        view.refuse(f"the machine has no elements of ONNX's type {view.attribute('to')}")
    if to is x.type:
        return x
    steps = Steps()
    source = steps.input(x.name)
    if x.type.floating and not to.floating:
        _truncate(steps, steps.cast(source, x.type, F32), to)
    elif x.type.floating or to.floating or (to.bits > x.type.bits and (to.signed or not x.type.signed)):
        steps.cast(source, x.type, to)
    elif to.bits == x.type.bits:
        steps.op("Identity", to, source)
    else:
        _wrap(steps, source, x.type, to)
    return view.build.map(steps, view.wish)


def _truncate(steps: Steps, x: Source, to: Type) -> None:
    """Round the magnitude, take one back where that went up, and give it the sign."""
    magnitude = steps.op("Abs", F32, x)
    rounded = steps.op("Cast", F32, magnitude, to=I32)
    up = steps.op("Gt", F32, steps.op("Cast", I32, rounded, to=F32), magnitude)
    cut = steps.op("Sub", I32, rounded, steps.op("Cast", Type.U8, up, to=I32))
    signed = steps.op("Select", I32, steps.op("Neg", I32, cut), cut, steps.op("Lt", F32, x, 0.0))
    steps.cast(signed, I32, to)


def _wrap(steps: Steps, source: Source, kind: Type, to: Type) -> None:
    """Low bits of an integer: shifted to the top and back, so that the machine's Cast has nothing to saturate."""
    wide = Type.I32 if to.signed else Type.U32
    if kind.bits < to.bits:
        steps.op("Identity", to, steps.op("Cast", kind, source, to=Type.I32 if to.bits == 32 else Type.I16))
        return
    if kind.bits != 32:
        source = steps.op("Cast", kind, source, to=Type.I32 if kind.signed else Type.U32)
    room = 32 - to.bits
    steps.op("Cast", wide, steps.op("Shr", wide, steps.op("Shl", wide, source, room), room), to=to)


OPERATORS: dict[str, Rule] = {"Cast": cast, "DequantizeLinear": dequantize, "QuantizeLinear": quantize}
