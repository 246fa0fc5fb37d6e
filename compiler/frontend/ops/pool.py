"""Pools with windows: MaxPool and AveragePool."""

import numpy as np

from arch.types import FLOAT_TYPES
from compiler.frontend.context import Made, Rule, View
from compiler.frontend.ops.accumulate import number
from compiler.frontend.ops.windows import Window, window
from compiler.frontend.steps import F32, Steps
from compiler.graph import ir, shapes
from compiler.graph.bits import immediate
from compiler.graph.check import DTYPES


def geometry(view: View, x: ir.Tensor) -> Window:
    """Geometry of a pool on its input."""
    kernel = tuple(int(n) for n in view.attribute("kernel_shape") or ())
    return window(view, x.shape[2:], kernel)


def max_pool(view: View) -> Made:
    """MaxPool; the least number of the type stands beyond the border."""
    x = view.tensor(0)
    if len(view.node.output) > 1 and view.node.output[1]:
        view.refuse("the output Indices is not supported")
    least = -np.inf if x.type.floating else np.iinfo(DTYPES[x.type]).min
    shape = geometry(view, x)
    fields = {"kernel": shape.kernel, "border": immediate(least, x.type), **shape.fields}
    return view.build.add(ir.Pool((x.name,), view.wish, op="Max", **fields))


def sums(view: View, x: ir.Tensor) -> tuple[ir.Tensor, np.ndarray]:
    """Sums of the windows of an f32 tensor, row by row, and how many elements each counts: (1, 1, *out) or ()."""
    shape = geometry(view, x)
    fields = {"kernel": shape.kernel, "border": 0, **shape.fields}
    added = view.build.add(ir.Pool((x.name,), f"{view.wish}.sum", op="Add", **fields))
    counts = np.asarray(1)
    lasts = []
    for n, size in enumerate(x.shape[2:]):
        before, after = shape.pads[n]
        inside = np.zeros(before + size + after, np.int64)
        # With count_include_pad the declared pads count, what ceil_mode adds does not.
        first, behind = (0, shape.declared[n][1]) if view.attribute("count_include_pad", 0) else (before, 0)
        inside[first : before + size + behind] = 1
        firsts = np.arange(added.shape[2 + n]) * shape.strides[n]
        taps = np.arange(shape.kernel[n]) * shape.dilations[n]
        lasts.append(inside[firsts[:, None] + taps].sum(axis=1))
    for along in lasts:
        counts = np.multiply.outer(counts, along)
    counts = counts.reshape(1, 1, *added.shape[2:])
    if (counts == counts.flat[0]).all():
        counts = counts.reshape(-1)[:1].reshape(())
    if (counts == 0).any():
        raise shapes.GraphError(f"{view.wish}: a window lies beyond the border altogether")
    return added, counts


def average_pool(view: View) -> Made:
    """AveragePool of floats: sums in f32 times the reciprocal of the count, rounded once."""
    x = view.one_of(view.tensor(0), FLOAT_TYPES)
    added, counts = sums(view, view.build.cast(x, F32))
    steps = Steps()
    inverse = np.asarray(1.0 / counts, np.float32)
    result = steps.op("Mul", F32, steps.input(added.name), number(view.build, steps, inverse, "inverse"))
    steps.cast(result, F32, x.type)
    return view.build.map(steps, view.wish)


OPERATORS: dict[str, Rule] = {"AveragePool": average_pool, "MaxPool": max_pool}
