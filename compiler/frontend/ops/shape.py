"""Operators that move elements or rename their axes: Reshape, Flatten, Transpose, Concat, Slice, Pad, Gather, ..."""

from collections.abc import Sequence
from math import prod

import numpy as np

from compiler.frontend.context import Made, Rule, View
from compiler.graph import ir
from compiler.graph.bits import immediate


def reshape(view: View) -> Made:
    """Reshape to a constant shape."""
    x, wanted = view.tensor(0), view.ints(1, "shape")
    if not view.attribute("allowzero", 0):
        wanted = [x.shape[n] if size == 0 and n < len(x.shape) else size for n, size in enumerate(wanted)]
    if wanted.count(-1) == 1:
        rest = -prod(wanted)
        wanted = [x.size // rest if size == -1 and rest > 0 else size for size in wanted]
    if prod(wanted) != x.size or min(wanted, default=1) < 1:
        view.refuse(f"cannot give {list(x.shape)} the shape {wanted}")
    return view.build.reshape(x, wanted, view.wish)


def flatten(view: View) -> Made:
    """Flatten to two axes."""
    x, axis = view.tensor(0), view.attribute("axis", 1)
    axis = axis if axis == len(x.shape) else view.axis(axis, len(x.shape))
    return view.build.reshape(x, (prod(x.shape[:axis]), prod(x.shape[axis:])), view.wish)


def _axes(view: View, count: int) -> list[int]:
    axes = view.ints(1, "axes") if view.has(1) else view.attribute("axes")
    return sorted(view.axis(int(n), count) for n in axes or [])


def squeeze(view: View) -> Made:
    """Squeeze: axes of size 1 go."""
    x = view.tensor(0)
    axes = _axes(view, len(x.shape)) or [n for n, size in enumerate(x.shape) if size == 1]
    if any(x.shape[n] != 1 for n in axes):
        view.refuse(f"axes {axes} of {list(x.shape)} are not all of size 1")
    return view.build.reshape(x, [size for n, size in enumerate(x.shape) if n not in axes], view.wish)


def unsqueeze(view: View) -> Made:
    """Unsqueeze: axes of size 1 come."""
    x = view.tensor(0)
    given = view.ints(1, "axes") if view.has(1) else view.attribute("axes") or []
    shape = list(x.shape)
    for axis in sorted(view.axis(int(n), len(x.shape) + len(given)) for n in given):
        shape.insert(axis, 1)
    return view.build.reshape(x, shape, view.wish)


def transpose(view: View) -> Made:
    """Transpose."""
    x = view.tensor(0)
    return view.build.transpose(x, view.attribute("perm") or range(len(x.shape))[::-1], view.wish)


def concat(view: View) -> Made:
    """Concat."""
    tensors = [view.tensor(n) for n in range(len(view.inputs))]
    axis = view.axis(view.attribute("axis", 0), len(tensors[0].shape))
    if len(tensors) == 1:
        return tensors[0]
    return view.build.add(ir.Concat(tuple(t.name for t in tensors), view.wish, axis=axis))


def cut(view: View, x: ir.Tensor, ranges: Sequence[tuple[int, int, int]], wish: str) -> ir.Tensor:
    """Elements (start, step, count) of each axis."""
    if all(r == (0, 1, size) for r, size in zip(ranges, x.shape, strict=True)):
        return x
    starts, steps, counts = zip(*ranges, strict=True)
    if min(counts) < 1:
        view.refuse(f"the result has an empty axis: {list(counts)}")
    return view.build.add(ir.Slice((x.name,), wish, start=starts, step=steps), (counts, x.type))


def slices(view: View) -> Made:
    """Slice with constant bounds."""
    x = view.tensor(0)
    rank = len(x.shape)
    starts, ends = view.ints(1, "starts"), view.ints(2, "ends")
    axes = view.ints(3, "axes") if view.has(3) else list(range(len(starts)))
    strides = view.ints(4, "steps") if view.has(4) else [1] * len(starts)
    ranges = [(0, 1, size) for size in x.shape]
    for start, end, axis, step in zip(starts, ends, axes, strides, strict=True):
        n = view.axis(axis, rank)
        if step == 0:
            view.refuse("steps must not be 0")
        chosen = range(x.shape[n])[slice(start, end, step)]
        ranges[n] = (chosen.start, chosen.step, len(chosen))
    return cut(view, x, [(a, b, c) if c != 1 else (a, 1, c) for a, b, c in ranges], view.wish)


def split(view: View) -> Made:
    """Split into as many Slices as there are outputs."""
    x = view.tensor(0)
    axis = view.axis(view.attribute("axis", 0), len(x.shape))
    count = len(view.node.output)
    part = -(-x.shape[axis] // count)
    sizes = view.ints(1, "split") if view.has(1) else [min(part, x.shape[axis] - part * n) for n in range(count)]
    if len(sizes) != count or sum(sizes) != x.shape[axis]:
        view.refuse(f"cannot split {x.shape[axis]} elements into {sizes}")
    parts, first = [], 0
    for size, name in zip(sizes, view.node.output, strict=True):
        ranges = [(0, 1, n) for n in x.shape]
        ranges[axis] = (first, 1, size)
        parts.append(cut(view, x, ranges, name))
        first += size
    return tuple(parts)


def pad(view: View) -> Made:
    """Pad with a constant; negative pads cut, reflections and edges take."""
    x = view.tensor(0)
    rank = len(x.shape)
    flat = view.ints(1, "pads")
    axes = [view.axis(n, rank) for n in view.ints(3, "axes")] if view.has(3) else list(range(rank))
    pairs = [(0, 0)] * rank
    for n, axis in enumerate(axes):
        pairs[axis] = (flat[n], flat[n + len(axes)])
    mode = view.attribute("mode", "constant")
    if mode not in ("constant", "edge", "reflect", "wrap"):
        view.refuse(f"mode {mode} is unknown")
    if mode != "constant":
        for axis, pair in enumerate(pairs):
            if pair != (0, 0):
                indices = np.pad(np.arange(x.shape[axis]), np.maximum(pair, 0), mode=mode)
                indices = indices[max(-pair[0], 0) : len(indices) - max(-pair[1], 0)]
                x = view.build.add(ir.Take((x.name,), view.wish, indices=indices.astype(np.int64), axis=axis))
        return x
    value = view.scalar(2, "value", 0.0)
    kept = [(max(-a, 0), 1, size - max(-a, 0) - max(-b, 0)) for (a, b), size in zip(pairs, x.shape, strict=True)]
    x = cut(view, x, kept, f"{view.wish}.cut")
    grown = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if not any(map(any, grown)):
        return x
    return view.build.add(ir.Pad((x.name,), view.wish, pads=grown, value=immediate(value, x.type)))


def gather(view: View) -> Made:
    """Gather at constant indices."""
    x, indices = view.tensor(0), view.constant(1, "indices").astype(np.int64)
    axis = view.axis(view.attribute("axis", 0), len(x.shape))
    size = x.shape[axis]
    if indices.size == 0 or indices.min() < -size or indices.max() >= size:
        view.refuse(f"indices must be some of {-size}..{size - 1}")
    return view.build.add(ir.Take((x.name,), view.wish, indices=indices % size, axis=axis))


def expand(view: View) -> Made:
    """Expand: axes of size 1 are repeated."""
    x = view.tensor(0)
    wanted = np.broadcast_shapes(x.shape, tuple(view.ints(1, "shape")))
    x = view.build.reshape(x, (*[1] * (len(wanted) - len(x.shape)), *x.shape))
    for axis, size in enumerate(wanted):
        if x.shape[axis] != size:
            x = view.build.add(ir.Take((x.name,), view.wish, indices=np.zeros(size, np.int64), axis=axis))
    return x


OPERATORS: dict[str, Rule] = {
    "Concat": concat,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Pad": pad,
    "Reshape": reshape,
    "Slice": slices,
    "Split": split,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
