"""Convolutions: Conv of fp16, ConvInteger, QLinearConv; groups and depthwise too."""

import numpy as np

from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops import accumulate, quantized
from compiler.frontend.ops.accumulate import Factor, Sum
from compiler.frontend.ops.matmul import half
from compiler.frontend.ops.windows import window
from compiler.frontend.steps import F16, F32, Steps
from compiler.graph import ir


def _weights(view: View, index: int, x: ir.Tensor) -> np.ndarray:
    w = view.constant(index, "weights")
    if w.ndim != len(x.shape) or w.ndim < 3:
        view.refuse(f"weights must have the {len(x.shape)} axes of the input, at least 3, not {list(w.shape)}")
    return w


def _convolve(view: View, x: ir.Tensor, weights: np.ndarray, border: int) -> ir.Tensor:
    w = view.build.constant(weights, f"{view.wish}.w")
    geometry = window(view, x.shape[2:], weights.shape[2:])
    groups = view.attribute("group", 1)
    inputs = (x.name, w.name)
    return view.build.add(ir.Conv(inputs, f"{view.wish}.acc", groups=groups, border=border, **geometry.fields))


def _channels(values: np.ndarray, x: ir.Tensor, first: bool = False) -> np.ndarray:
    """Numbers of the result's channels as they broadcast to it, or to the weights if ``first``."""
    if values.size == 1:
        return values.reshape(())
    return values.reshape(-1, *[1] * (len(x.shape) - (1 if first else 2)))


def _integer(view: View, x: Factor, w: Factor, bias: np.ndarray | None = None) -> Sum:
    """Sums of (x - zero)(w - zero): x's zero point stands beyond the border too, so that one constant corrects all."""
    assert isinstance(x.value, ir.Tensor)
    zero = int(x.zero.reshape(-1)[0])
    total = Sum([(_convolve(view, x.value, part, zero), 1) for part in w.matrices()])
    constant = -zero * w.centered().sum(axis=tuple(range(1, w.centered().ndim)))
    if bias is not None:
        constant = constant + bias.astype(np.int64)
    total.constant = _channels(constant, x.value)
    return total


def conv(view: View) -> Made:
    """Conv of fp16: sums in f32, plus the bias in f32, rounded once."""
    x = half(view, 0)
    weights = _weights(view, 1, x)
    total = _convolve(view, x, weights, 0)
    steps = Steps()
    source = steps.input(total.name)
    if view.has(2):
        bias = _channels(view.constant(2, "bias").astype(np.float32), x)
        source = steps.op("Add", F32, source, accumulate.number(view.build, steps, bias, "bias"))
    steps.cast(source, F32, F16)
    return view.build.map(steps, view.wish)


def _input(view: View, zero: np.ndarray) -> Factor:
    view.one_of(view.tensor(0), accumulate.BYTES)
    if isinstance(view.inputs[0], np.ndarray):
        return Factor(view.tensor(0), zero)
    return quantized.factor(view, 0, zero)


def conv_integer(view: View) -> Made:
    """ConvInteger: the sums themselves."""
    zeros = [view.constant(n, "zero point").astype(np.int64) if view.has(n) else np.zeros((), np.int64) for n in (2, 3)]
    x = _input(view, zeros[0])
    _weights(view, 1, view.tensor(0))
    w = quantized.factor(view, 1, _channels(zeros[1], view.tensor(0), first=True))
    return accumulate.written(view.build, _integer(view, x, w), view.wish)


def qlinear_conv(view: View) -> Made:
    """QLinearConv, weights with a scale for each filter or for all."""
    sx, sw, sy = quantized.scale(view, 1), quantized.scale(view, 4, channels=True), quantized.scale(view, 6)
    tensor = view.tensor(0)
    if view.attribute("channels_last", 0):
        view.refuse("channels_last is not supported")
    _weights(view, 3, tensor)
    w = quantized.factor(view, 3, _channels(sw.zero, tensor, first=True))
    bias = view.constant(8, "bias") if view.has(8) else None
    total = _integer(view, _input(view, sx.zero), w, bias)
    factor = _channels((sx.number * sw.scale / sy.number).astype(np.float32), tensor)
    if sy.kind not in accumulate.BYTES:
        view.refuse("the result must be int8 or uint8")
    return accumulate.requantize(view.build, total, factor, sy.offset, sy.kind, view.wish)


OPERATORS: dict[str, Rule] = {"Conv": conv, "ConvInteger": conv_integer, "QLinearConv": qlinear_conv}
