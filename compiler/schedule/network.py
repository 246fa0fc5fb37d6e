"""From a graph to a program."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from arch.types import Type
from compiler.graph.ir import (
    Concat,
    Conv,
    Graph,
    Input,
    Map,
    MatMul,
    Node,
    Pad,
    Pool,
    Reduce,
    Reshape,
    Result,
    Slice,
    Step,
    Take,
    Tensor,
    Transpose,
)
from compiler.schedule import lives, maps, mesh, moves, padding, products, reduce, split, views
from compiler.schedule.access import BORDER
from compiler.schedule.build import Build, fused
from compiler.schedule.plan import PlacementError
from compiler.schedule.products import Product
from compiler.schedule.storage import Layout, Stored
from compiler.schedule.views import View
from compiler.schedule.windows import taps


class UnsupportedError(ValueError):
    """A node that the scheduler cannot place."""


def build(graph: Graph, config: Config, *, thrifty: bool = False) -> Build:
    """Plan and memory of a network.

    Parameters
    ----------
    thrifty
        Whether to use memory again, which may take more cycles.

    Raises
    ------
    UnsupportedError, compiler.schedule.storage.CapacityError
        In one line.
    """
    made = Build(config, padding.prepared(graph), thrifty=thrifty, multiplied=padding.multiplied(graph))
    for edge in graph.inputs:
        tensor = graph.tensors[edge.tensor]
        lane = _lane(graph, tensor)
        layout = made.layout(tensor.shape, lane, images=lane != len(tensor.shape) - 1)
        chunk = made.share(layout.rows)
        made.views[tensor.name] = views.whole(made.memory.put(tensor, layout, None, chunk=chunk))
    epilogues = fused(graph)
    for number, node in enumerate(graph.nodes):
        if node.output not in made.views:
            label = node.source or node.output
            try:
                _node(made, node, epilogues)
            except (mesh.MeshError, views.MovementError, PlacementError) as error:
                known = str(error).startswith(label)
                raise UnsupportedError(str(error) if known else f"{label}: {error}") from None
            left = [other for other in graph.nodes[number + 1 :] if other.output not in made.views]
            lives.release(made, lives.needed(graph, left))
    return made


def _node(made: Build, node: Node, epilogues: Mapping[str, Map]) -> None:
    graph = made.graph
    if isinstance(node, Reshape):
        view = made.views[node.inputs[0]]
        made.views[node.output] = View(view.stored, view.index.reshape(graph.tensors[node.output].shape))
    elif isinstance(node, Transpose):
        view = made.views[node.inputs[0]]
        made.views[node.output] = View(view.stored, view.index.transpose(node.perm))
    elif isinstance(node, Slice):
        view = made.views[node.inputs[0]]
        sizes = graph.tensors[node.output].shape
        grid = np.ix_(*(s + np.arange(n) * d for s, d, n in zip(node.start, node.step, sizes, strict=True)))
        made.views[node.output] = View(view.stored, view.index[grid])
    elif isinstance(node, Concat | Pad | Take):
        _movement(made, node)
    elif isinstance(node, Conv):
        _product(made, node, [(_conv(made, node), 0)], 1, epilogues.get(node.output))
    elif isinstance(node, MatMul):
        lane = len(graph.tensors[node.output].shape) - 1
        if node.inputs[0] in graph.constants:
            _product(made, node, _turned(made, node), lane - 1, epilogues.get(node.output))
        else:
            _product(made, node, _matmul(made, node), lane, epilogues.get(node.output))
    elif isinstance(node, Map):
        tensor = graph.tensors[node.output]
        layout = _map_layout(made, node, tensor)
        node = padding.masked(made, node, layout)
        node = replace(node, inputs=tuple(_align(made, name, layout) for name in node.inputs))
        stored = maps.schedule(made, node, tensor, layout)
        stored.clean = padding.ELEMENTS in node.inputs
        made.views[node.output] = views.whole(stored)
    elif isinstance(node, Pool | Reduce):
        _reduction(made, node)
    else:
        raise UnsupportedError(f"{node.source or node.output}: {type(node).__name__} is not scheduled yet")


def _movement(made: Build, node: Concat | Pad | Take) -> None:
    """Tensors that are cut, joined or filled: views of one stored tensor where that will do."""
    tensor = made.graph.tensors[node.output]
    view = made.views[node.inputs[0]]
    if isinstance(node, Take):
        made.views[node.output] = View(view.stored, np.take(view.index, node.indices, node.axis))
        return
    if isinstance(node, Pad):
        index = np.pad(view.index, node.pads, constant_values=BORDER)
        layout = made.layout(tensor.shape, views.lane_axis(view))
        stored = moves.lay(made, node.source or node.output, View(view.stored, index), tensor, layout, node.value)
        made.views[node.output] = views.whole(stored)
        return
    layout = made.layout(tensor.shape, views.lane_axis(view))
    names, at = [], 0
    for number, name in enumerate(node.inputs):
        part = made.views[name]
        pads = [(0, 0)] * len(tensor.shape)
        pads[node.axis] = (at, tensor.shape[node.axis] - at - part.shape[node.axis])
        at += part.shape[node.axis]
        name = f"{node.output} part {number}"
        made.views[name] = View(part.stored, np.pad(part.index, pads, constant_values=BORDER))
        names.append(_align(made, name, layout))
    raw = Type(f"u{tensor.type.bits}")
    steps = tuple(Step("Or", raw, (Result(n - 1) if n else Input(0), Input(n + 1))) for n in range(len(names) - 1))
    join = Map(tuple(names), node.output, node.source, steps or (Step("Identity", raw, (Input(0),)),))
    made.views[node.output] = views.whole(maps.schedule(made, join, tensor, layout))


def _map_layout(made: Build, node: Map, out: Tensor) -> Layout:
    """Layout of a Map's result: that of its first operand that has the lane axis whole."""
    for name in node.inputs:
        if name not in made.graph.constants:
            lane, own = _lane_of(made, name, out), made.views[name].stored.layout
            if lane is not None:
                return made.layout(out.shape, lane, images=own.shape == out.shape and own.last is not None)
    return made.layout(out.shape, len(out.shape) - 1 if out.shape else None)


def _align(made: Build, name: str, layout: Layout) -> str:
    """Name of an operand whose elements lie in the lanes of a layout: it is laid out anew if they do not."""
    if name in made.graph.constants:
        return name
    view = made.operand(name, layout, None, 0)
    try:
        for block in range(layout.blocks):
            views.aligned(view, layout, block)
        return name
    except views.MovementError:
        own = made.views[name]
    lane = None if layout.lane is None else layout.lane - (len(layout.shape) - len(own.shape))
    while lane is not None and lane < 0:
        own, lane = View(own.stored, own.index[None]), lane + 1
    index = own.index
    if lane is not None:
        index = np.broadcast_to(index, [layout.width if n == lane else size for n, size in enumerate(index.shape)])
    target = Layout(index.shape, lane, layout.block, layout.last if index.shape == layout.shape else None)
    alias = f"{name} in lanes {target.shape} {target.lane} {target.last}"
    if alias not in made.views:
        tensor = Tensor(alias, index.shape, own.stored.tensor.type)
        made.views[alias] = views.whole(moves.lay(made, name, View(own.stored, index), tensor, target))
    return alias


def _reduction(made: Build, node: Pool | Reduce) -> None:
    tensor, name = made.graph.tensors[node.output], node.inputs[0]
    view, border = made.views[name], 0
    if isinstance(node, Pool):
        lane, border = 1, node.border
        view = _with_lane(made, name, 1, images=True)
        seen = taps(view.index, node, node.kernel)
        found = [np.moveaxis(tap, -1, 1) for tap in seen]
    else:
        lane = views.lane_axis(view)
        if lane in node.axes:
            kept = [n for n in range(len(view.shape)) if n not in node.axes]
            if not kept:
                # Every element in a row of its own.
                view, lane = View(view.stored, view.index.reshape(-1, *(1,) * len(view.shape))), len(view.shape)
            else:
                lane = max(kept, key=lambda n: view.shape[n])
            layout = made.layout(view.shape, lane)
            copy = Tensor(f"{name} laid out", view.shape, view.stored.tensor.type)
            view = views.whole(moves.lay(made, name, view, copy, layout))
            if not kept:
                view, lane = View(view.stored, view.index.reshape(made.graph.tensors[name].shape)), None
        moved = np.moveaxis(view.index, node.axes, range(len(node.axes)))
        flat = moved.reshape(-1, *moved.shape[len(node.axes) :])
        found = [np.expand_dims(part, tuple(sorted(node.axes))) for part in flat]
    layout = made.layout(tensor.shape, lane, images=isinstance(node, Pool))
    label = node.source or node.output
    made.views[node.output] = views.whole(
        reduce.schedule(made, label, node.op, view, found, tensor, layout, border=border)
    )


def _lane_of(made: Build, name: str, out: Tensor) -> int | None:
    """Axis of a result across which an operand's lanes lie; None if it has no such axis of its own."""
    view = made.views[name]
    axis = views.lane_axis(view)
    return None if axis is None else axis + len(out.shape) - len(view.shape)


def _product(made: Build, node: Node, parts: Sequence[tuple[Product, int]], lane: int, epilogue: Map | None) -> None:
    """Schedule products that together give the rows of one tensor, each from a row on.

    A Map behind it takes the sums as they leave the MXM, as far as ALUs can hold it and memory brings what it reads.
    """
    tensor = made.graph.tensors[node.output]
    layout = made.layout(tensor.shape, lane, images=isinstance(node, Conv))
    epilogue = epilogue and padding.masked(made, epilogue, layout)
    if epilogue is not None and _fits(made, epilogue, tensor):
        names = tuple(name if name == tensor.name else _align(made, name, layout) for name in epilogue.inputs)
        first, *rest = split.parts(made.config, replace(epilogue, inputs=names))
        if not any(tensor.name in part.inputs for part in rest):
            result = made.graph.tensors[epilogue.output]
            kind = mesh.result_of(first.steps[-1])
            partial = Tensor(first.output, result.shape, kind) if rest else result
            stored = Stored(partial, layout, [[]], loose=not rest and _loose(made, partial))
            try:
                for product, row in parts:
                    products.schedule(made, product, stored, row, first, tensor.name)
            except (PlacementError, mesh.MeshError):
                pass
            else:
                made.views[partial.name] = views.whole(stored)
                if rest:
                    stored = maps.in_parts(made, rest, result, layout)
                    made.views[result.name] = views.whole(stored)
                stored.clean = padding.ELEMENTS in epilogue.inputs
                return
    stored = Stored(tensor, layout, [[]], loose=_loose(made, tensor))
    for product, first in parts:
        products.schedule(made, product, stored, first, None, tensor.name)
    made.views[tensor.name] = views.whole(stored)


def _loose(made: Build, tensor: Tensor) -> bool:
    """Whether only the host reads a result."""
    return not any(tensor.name in node.inputs for node in made.graph.nodes)


def _fits(made: Build, epilogue: Map, sums: Tensor) -> bool:
    """Whether a Map can take the sums as they come: same shape, and all else is there."""
    there = all(n == sums.name or n in made.graph.constants or n in made.views for n in epilogue.inputs)
    return there and made.graph.tensors[epilogue.output].shape == sums.shape


def _matmul(made: Build, node: Node) -> list[tuple[Product, int]]:
    """Products of a MatMul: one, or one for each matrix of its leading axes."""
    graph, (a, b) = made.graph, node.inputs
    label, out = node.source or node.output, graph.tensors[node.output].shape
    left = padding.clean(made, _with_lane(made, a, -1))
    weights = graph.constants.get(b)
    if weights is not None and weights.ndim == 2:
        return [(Product(label, left, left.index.reshape(-1, left.shape[-1]), weights), 0)]
    leading, rows = out[:-2], out[-2]
    index = np.broadcast_to(left.index, (*leading, *left.shape[-2:])).reshape(-1, *left.shape[-2:])
    if weights is not None:
        each = np.broadcast_to(weights, (*leading, *weights.shape[-2:])).reshape(-1, *weights.shape[-2:])
        return [(Product(label, left, one, w), n * rows) for n, (one, w) in enumerate(zip(index, each, strict=True))]
    right = _with_lane(made, b, -2)
    other = np.broadcast_to(right.index, (*leading, *right.shape[-2:])).reshape(-1, *right.shape[-2:])
    return [
        (Product(label, left, one, right, w), n * rows) for n, (one, w) in enumerate(zip(index, other, strict=True))
    ]


def _turned(made: Build, node: Node) -> list[tuple[Product, int]]:
    """Product of a MatMul whose left-hand matrix is constant: the transposed product, its rows the columns."""
    graph, (a, b) = made.graph, node.inputs
    label, weights = node.source or node.output, made.graph.constants[a]
    if weights.ndim != 2 or b in graph.constants:
        raise UnsupportedError(
            f"{label}: a constant left-hand matrix must have two axes, and the other must be computed"
        )
    right = padding.clean(made, _with_lane(made, b, -2))
    index = np.moveaxis(right.index, -2, -1)
    return [(Product(label, right, index.reshape(-1, index.shape[-1]), np.ascontiguousarray(weights.T)), 0)]


def _with_lane(made: Build, name: str, axis: int, *, images: bool = False) -> View:
    """A view whose elements along an axis lie in neighboring lanes, from lane 0 on; laid out anew if they do not."""
    view = made.views[name]
    layout = made.layout(view.shape, axis % len(view.shape), images=images)
    try:
        for block in range(layout.blocks):
            views.aligned(view, layout, block)
    except views.MovementError:
        if axis == -1:
            try:
                found = views.columns(view, view.index.reshape(-1, view.shape[-1]))
                if view.stored.tensor.type is not Type.F16 or products.in_order(made.config, found):
                    return view
            except views.MovementError:
                pass
        tensor = Tensor(f"{name} laid out", view.shape, view.stored.tensor.type)
        view = views.whole(moves.lay(made, name, view, tensor, layout))
    return view


def _conv(made: Build, node: Conv) -> Product:
    x, w = node.inputs
    view = padding.clean(made, _with_lane(made, x, 1, images=True))
    weights = dense(made.graph.constants[w], node.groups)
    seen = [np.moveaxis(tap, 0, -2).reshape(-1, tap.shape[-1]) for tap in taps(view.index, node, weights.shape[2:])]
    # Columns in the order of the sum: tap by tap, in each its channels.
    matrix = np.moveaxis(weights, 1, -1).reshape(len(weights), -1).T
    return Product(node.source or node.output, view, np.concatenate(seen, axis=1), matrix, border=node.border)


def dense(weights: NDArray, groups: int) -> NDArray:
    """Weights [F, C, *k] of a convolution in groups, [F, C / groups, *k], with zeros between groups."""
    if groups == 1:
        return weights
    filters, channels = weights.shape[0] // groups, weights.shape[1]
    full = np.zeros((weights.shape[0], channels * groups, *weights.shape[2:]), weights.dtype)
    for group in range(groups):
        rows = slice(group * filters, (group + 1) * filters)
        full[rows, group * channels : (group + 1) * channels] = weights[rows]
    return full


def _lane(graph: Graph, tensor: Tensor) -> int | None:
    """Lane axis of an input of the network: the one along which its first consumer behind Maps sums."""
    names = {tensor.name}
    for node in graph.nodes:
        if names & set(node.inputs):
            if isinstance(node, Conv | Pool):
                return 1
            if not isinstance(node, Map) or graph.tensors[node.output].shape != tensor.shape:
                break
            names.add(node.output)
    return len(tensor.shape) - 1 if tensor.shape else None
