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
    given = view.one_of(view.tensor(0), FLOAT_TYPES)
    x, (axis,) = view.build.rows(given, (view.axis(view.attribute("axis", -1), len(given.shape)),))
    grown, summed = exponentials(view, x, axis)
    steps = Steps()
    steps.reciprocal(steps.input(summed.name))
    inverse = view.build.map(steps, f"{view.wish}.inverse")
    steps = Steps()
    share = steps.op("Mul", F32, steps.input(grown.name), steps.input(inverse.name))
    steps.cast(share, F32, x.type)
    return view.build.reshape(view.build.map(steps, view.wish), given.shape)


def _mean(view: View, x: ir.Tensor, axes: tuple[int, ...], steps: Steps, square: bool = False) -> Source:
    """Append the mean of f32, or of its squares, over axes that stay with size 1."""
    build = view.build
    if square:
        squares = Steps()
        squares.op("Mul", F32, squares.input(x.name), squares.input(x.name))
        x = build.map(squares, f"{view.wish}.square")
    added = build.reduce(x, "Add", axes, f"{view.wish}.sum")
    return steps.op("Mul", F32, steps.input(added.name), 1.0 / prod(x.shape[n] for n in axes))


def _inverse(view: View, centered: ir.Tensor, axes: tuple[int, ...], wish: str) -> ir.Tensor:
    """1 / sqrt(mean square + epsilon)."""
    steps = Steps()
    variance = _mean(view, centered, axes, steps, square=True)
    steps.op("RSqrt", F32, steps.op("Add", F32, variance, view.attribute("epsilon", 1e-5)))
    return view.build.map(steps, wish)


def _normalized(view: View, centered: ir.Tensor, inverse: ir.Tensor, kind: Type, bias: int | None) -> ir.Tensor:
    """The centered values over their deviation, times the scale, plus the bias."""
    build, steps = view.build, Steps()
    result = steps.op("Mul", F32, steps.input(centered.name), steps.input(inverse.name))
    for index, op in ((1, "Mul"), (bias, "Add")):
        if index is not None and view.has(index):
            other = build.cast(view.tensor(index), F32)
            result = steps.op(op, F32, result, steps.input(other.name))
    steps.cast(result, F32, kind)
    return build.map(steps, view.wish)


def _axes(view: View, x: ir.Tensor) -> tuple[int, ...]:
    return tuple(range(view.axis(view.attribute("axis", -1), len(x.shape)), len(x.shape)))


def layer(view: View) -> Made:
    """LayerNormalization; its other outputs are the mean and the inverse of the deviation, in f32."""
    build = view.build
    given = view.one_of(view.tensor(0), FLOAT_TYPES)
    x, axes = build.rows(given, _axes(view, given))
    wide = build.cast(x, F32)
    steps = Steps()
    _mean(view, wide, axes, steps)
    mean = build.map(steps, f"{view.wish}.mean")
    steps = Steps()
    steps.op("Sub", F32, steps.input(wide.name), steps.input(mean.name))
    centered = build.map(steps, f"{view.wish}.centered")
    inverse = _inverse(view, centered, axes, f"{view.wish}.inverse")
    made = _normalized(view, centered, inverse, x.type, 2)
    small = (*given.shape[: len(given.shape) - len(axes)], *(1 for _ in axes))
    return build.reshape(made, given.shape), build.reshape(mean, small), build.reshape(inverse, small)


def rms(view: View) -> Made:
    """RMSNormalization."""
    given = view.one_of(view.tensor(0), FLOAT_TYPES)
    x, axes = view.build.rows(given, _axes(view, given))
    wide = view.build.cast(x, F32)
    inverse = _inverse(view, wide, axes, f"{view.wish}.inverse")
    return view.build.reshape(_normalized(view, wide, inverse, x.type, None), given.shape)


OPERATORS: dict[str, Rule] = {
    "LayerNormalization": layer,
    "RMSNormalization": rms,
    "SimplifiedLayerNormalization": rms,
    "Softmax": softmax,
}
