"""Softmax, LayerNormalization and RMSNormalization, in fp32 inside and rounded once."""

from math import prod

from arch.types import FLOAT_TYPES, Type
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.steps import F32, Source, Steps
from compiler.graph import ir


def exponentials(view: View, x: ir.Tensor, axis: int, scale: float = 1.0) -> tuple[ir.Tensor, ir.Tensor]:
    """exp(scale * (x - max)) in f32 along an axis, and their sum, a tensor each."""
    build = view.build
    peak = build.reduce(x, "Max", (axis,), f"{view.wish}.max")
    steps = Steps()
    a, b = (steps.cast(steps.input(t.name), x.type, F32) for t in (x, peak))
    difference = steps.op("Sub", F32, a, b)
    if scale != 1.0:
        difference = steps.op("Mul", F32, difference, scale)
    steps.op("Exp", F32, difference)
    grown = build.map(steps, f"{view.wish}.exp")
    return grown, build.reduce(grown, "Add", (axis,), f"{view.wish}.sum")


def softmax(view: View) -> Made:
    """Softmax: exponentials of what is below the maximum, times the reciprocal of their sum (RSqrt squared)."""
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    axis = view.axis(view.attribute("axis", -1), len(x.shape))
    grown, summed = exponentials(view, x, axis)
    steps = Steps()
    inverse = steps.reciprocal(steps.input(summed.name))
    steps.cast(steps.op("Mul", F32, steps.input(grown.name), inverse), F32, x.type)
    return view.build.map(steps, view.wish)


def _mean(view: View, x: ir.Tensor, axes: tuple[int, ...], square: bool, wish: str) -> ir.Tensor:
    """Mean of f32, or of its squares, over axes that stay with size 1."""
    build = view.build
    if square:
        steps = Steps()
        steps.op("Mul", F32, steps.input(x.name), steps.input(x.name))
        x = build.map(steps, f"{wish}.square")
    added = build.reduce(x, "Add", axes, f"{wish}.sum")
    steps = Steps()
    steps.op("Mul", F32, steps.input(added.name), 1.0 / prod(x.shape[n] for n in axes))
    return build.map(steps, wish)


def _inverse(view: View, centered: ir.Tensor, axes: tuple[int, ...], steps: Steps) -> Source:
    """Append 1 / sqrt(mean square + epsilon)."""
    variance = _mean(view, centered, axes, True, f"{view.wish}.variance")
    spread = steps.op("Add", F32, steps.input(variance.name), view.attribute("epsilon", 1e-5))
    return steps.op("RSqrt", F32, spread)


def _normalized(view: View, centered: ir.Tensor, axes: tuple[int, ...], kind: Type, bias: int | None) -> ir.Tensor:
    """x / sqrt(mean square + epsilon), times the scale, plus the bias."""
    build, steps = view.build, Steps()
    inverse = _inverse(view, centered, axes, steps)
    result = steps.op("Mul", F32, steps.input(centered.name), inverse)
    for index, op in ((1, "Mul"), (bias, "Add")):
        if index is not None and view.has(index):
            other = build.cast(view.tensor(index), F32)
            result = steps.op(op, F32, result, steps.input(other.name))
    steps.cast(result, F32, kind)
    return build.map(steps, view.wish)


def _axes(view: View, x: ir.Tensor) -> tuple[int, ...]:
    return tuple(range(view.axis(view.attribute("axis", -1), len(x.shape)), len(x.shape)))


def layer(view: View) -> Made:
    """LayerNormalization, with the mean and the inverse of the deviation, in f32, where they are read."""
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    axes = _axes(view, x)
    wide = view.build.cast(x, F32)
    mean = _mean(view, wide, axes, False, f"{view.wish}.mean")
    steps = Steps()
    steps.op("Sub", F32, steps.input(wide.name), steps.input(mean.name))
    centered = view.build.map(steps, f"{view.wish}.centered")
    made = [_normalized(view, centered, axes, x.type, 2)]
    if len(view.node.output) > 1:
        made.append(mean)
    if len(view.node.output) > 2 and view.node.output[2]:
        steps = Steps()
        _inverse(view, centered, axes, steps)
        made.append(view.build.map(steps, view.node.output[2]))
    return tuple(made)


def rms(view: View) -> Made:
    """RMSNormalization."""
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    return _normalized(view, view.build.cast(x, F32), _axes(view, x), x.type, None)


OPERATORS: dict[str, Rule] = {
    "LayerNormalization": layer,
    "RMSNormalization": rms,
    "SimplifiedLayerNormalization": rms,
    "Softmax": softmax,
}
