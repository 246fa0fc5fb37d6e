"""onnxruntime's pools and softmax on bytes: QLinearGlobalAveragePool, QLinearAveragePool, QLinearSoftmax."""

from math import prod

import numpy as np

from arch.types import Type
from compiler.frontend import exact
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops import normalize, quantized
from compiler.frontend.ops.accumulate import BYTES, Sum, number, requantize
from compiler.frontend.ops.pool import sums
from compiler.frontend.ops.quantize import dequantized
from compiler.frontend.steps import F32, I32, Source, Steps
from compiler.graph import ir
from compiler.graph.check import DTYPES


def _input(view: View) -> tuple[ir.Tensor, quantized.Scale, quantized.Scale, Type]:
    x = view.one_of(view.tensor(0), BYTES)
    if view.attribute("channels_last", 0):
        view.refuse("channels_last is not supported")
    sx, sy = quantized.scale(view, 1), quantized.scale(view, 3)
    return x, sx, sy, sy.kind or x.type


def global_average(view: View) -> Made:
    """QLinearGlobalAveragePool: an exact sum, times sx / (sy * count) in f32."""
    x, sx, sy, kind = _input(view)
    axes = tuple(range(2, len(x.shape)))
    count = prod(x.shape[2:])
    added = view.build.reduce(view.build.cast(x, I32), "Add", axes, f"{view.wish}.sum")
    total = Sum([(added, 1)], np.asarray(-sx.offset * count))
    factor = np.asarray(sx.number / (sy.number * np.float32(count)), np.float32)
    return requantize(view.build, total, factor, sy.offset, kind, view.wish)


def average(view: View) -> Made:
    """QLinearAveragePool: f32 sums of dequantized values in order, over the count, over sy, plus zy, rounded."""
    x, sx, sy, kind = _input(view)
    steps = Steps()
    dequantized(steps, view, x, sx)
    added, counts = sums(view, view.build.map(steps, f"{view.wish}.real"))
    steps = Steps()
    total = steps.input(added.name)
    inverse = np.asarray(np.float32(1) / (counts.astype(np.float32) * sy.number), np.float32)
    if all(_product_does(n, sy, kind) for n in np.unique(counts).astype(np.float32)):
        mean: Source = steps.op("Mul", F32, total, number(view.build, steps, inverse, "inverse"))
    else:
        mean = exact.divide(steps, _over_count(view, steps, total, counts), sy.number)
    if sy.offset:
        mean = steps.op("Add", F32, mean, float(sy.offset))
    steps.cast(mean, F32, kind)
    return view.build.map(steps, view.wish)


def _reference(count: np.float32, sy: quantized.Scale, kind: Type):
    limits = np.iinfo(DTYPES[kind])

    def reference(values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            rounded = np.rint(values / count / sy.number + np.float32(sy.offset))
        return np.clip(rounded.astype(np.float64), limits.min, limits.max).astype(DTYPES[kind])

    return reference


def _product_does(count: np.float32, sy: quantized.Scale, kind: Type) -> bool:
    """Whether one multiplication gives the same at every threshold of the sums."""
    inverse = np.float32(1) / (count * sy.number)
    reference = _reference(count, sy, kind)
    values = exact.thresholds(reference, kind)
    steps = Steps()
    source: Source = steps.op("Mul", F32, steps.input("x"), inverse)
    if sy.offset:
        source = steps.op("Add", F32, source, float(sy.offset))
    steps.cast(source, F32, kind)
    return bool((exact.run(steps, kind, values) == reference(values)).all())


def _over_count(view: View, steps: Steps, total: Source, counts: np.ndarray) -> Source:
    """Exact quotient by counts of few bits, which need no halves of their own."""
    numbers = counts.astype(np.float32)
    if numbers.size == 1:
        return exact.divide(steps, total, np.float32(numbers.reshape(-1)[0]))
    inverse = number(view.build, steps, (np.float32(1) / numbers).astype(np.float32), "inverse")
    by = number(view.build, steps, numbers, "counts")
    quotient = steps.op("Mul", F32, total, inverse)
    high = steps.op("And", Type.U32, quotient, ir.Immediate(exact.UPPER))
    rest = steps.op("Sub", F32, total, steps.op("Mul", F32, high, by))
    rest = steps.op("Sub", F32, rest, steps.op("Mul", F32, steps.op("Sub", F32, quotient, high), by))
    return steps.op("Add", F32, quotient, steps.op("Mul", F32, rest, inverse))


def softmax(view: View) -> Made:
    """QLinearSoftmax, within a step: exponentials in f32 of differences from the maximum.

    onnxruntime divides not by the scale of the result, but multiplies by its reciprocal without the fraction.
    """
    x, sx, sy, kind = _input(view)
    if view.attribute("opset", 13) < 13:
        view.refuse("the Softmax of opset 12 is not supported")
    given, axis = x, view.axis(view.attribute("axis", -1), len(x.shape))
    x, (axis,) = view.build.rows(given, (axis,))
    grown, summed = normalize.exponentials(view, x, axis, float(sx.number))
    steps = Steps()
    steps.op("Mul", F32, steps.reciprocal(steps.input(summed.name)), np.floor(np.float32(1) / sy.number))
    factor = view.build.map(steps, f"{view.wish}.inverse")
    steps = Steps()
    share = steps.op("Mul", F32, steps.input(grown.name), steps.input(factor.name))
    steps.cast(share, F32, kind, sy.offset)
    return view.build.reshape(view.build.map(steps, view.wish), given.shape)


OPERATORS: dict[str, Rule] = {
    "QLinearAveragePool": average,
    "QLinearGlobalAveragePool": global_average,
    "QLinearSoftmax": softmax,
}
