"""Reductions: ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceSumSquare; GlobalMaxPool and GlobalAveragePool."""

from collections.abc import Sequence
from math import prod

from arch.types import FLOAT_TYPES, Type
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.steps import F32, Steps
from compiler.graph import ir

_SUMMED = (*FLOAT_TYPES, Type.I32, Type.U32)


def axes_of(view: View, x: ir.Tensor) -> tuple[int, ...] | None:
    """Axes of a reduction, from an attribute or an input; None for the identity."""
    rank = len(x.shape)
    axes = view.ints(1, "axes") if view.has(1) else view.attribute("axes")
    if not axes:
        return None if view.attribute("noop_with_empty_axes", 0) else tuple(range(rank))
    return tuple(sorted({view.axis(int(n), rank) for n in axes}))


def total(view: View, x: ir.Tensor, axes: Sequence[int], factor: float = 1.0, square: bool = False) -> ir.Tensor:
    """Sum over axes, which stay with size 1: floats in f32, times a factor, rounded once to the input's type."""
    build = view.build
    wide = build.cast(x, F32) if x.type.floating else x
    if square:
        steps = Steps()
        steps.op("Mul", wide.type, steps.input(wide.name), steps.input(wide.name))
        wide = build.map(steps, f"{view.wish}.square")
    summed = build.reduce(wide, "Add", axes, f"{view.wish}.sum")
    if factor != 1.0:
        steps = Steps()
        steps.op("Mul", F32, steps.input(summed.name), factor)
        summed = build.map(steps, f"{view.wish}.scaled")
    return build.cast(summed, x.type)


def _finish(view: View, result: ir.Tensor, x: ir.Tensor, axes: Sequence[int]) -> ir.Tensor:
    """A tensor reduced over some axes, which go or stay with size 1."""
    kept = [1 if i in axes else n for i, n in enumerate(x.shape) if view.attribute("keepdims", 1) or i not in axes]
    return view.build.reshape(result, kept, view.wish)


def _sums(mean: bool, square: bool = False) -> Rule:
    def rule(view: View) -> Made:
        x = view.one_of(view.tensor(0), FLOAT_TYPES if mean else _SUMMED)
        axes = axes_of(view, x)
        if axes is None:
            return total(view, x, (), square=square) if square else x
        count, (flat, columns) = prod(x.shape[n] for n in axes), view.build.rows(x, axes)
        return _finish(view, total(view, flat, columns, 1.0 / count if mean else 1.0, square), x, axes)

    return rule


def _extreme(op: str) -> Rule:
    def rule(view: View) -> Made:
        x = view.tensor(0)
        axes = axes_of(view, x)
        if axes is None:
            return x
        flat, columns = view.build.rows(x, axes)
        return _finish(view, view.build.reduce(flat, op, columns, view.wish), x, axes)

    return rule


def _global(mean: bool) -> Rule:
    def rule(view: View) -> Made:
        x = view.tensor(0)
        axes = tuple(range(2, len(x.shape)))
        if not axes:
            view.refuse(f"needs spatial axes, its input is {list(x.shape)}")
        if not mean:
            return view.build.reduce(x, "Max", axes, view.wish)
        view.one_of(x, FLOAT_TYPES)
        return total(view, x, axes, 1.0 / prod(x.shape[2:]))

    return rule


OPERATORS: dict[str, Rule] = {
    "GlobalAveragePool": _global(mean=True),
    "GlobalMaxPool": _global(mean=False),
    "ReduceMax": _extreme("Max"),
    "ReduceMean": _sums(mean=True),
    "ReduceMin": _extreme("Min"),
    "ReduceSum": _sums(mean=False),
    "ReduceSumSquare": _sums(mean=False, square=True),
}
