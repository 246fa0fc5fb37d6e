"""From a graph to a program."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from arch.config import Config
from compiler.graph.ir import Conv, Graph, Map, MatMul, Node, Pool, Reshape, Slice, Tensor, Transpose
from compiler.schedule import maps, products, views
from compiler.schedule.build import Build, fused
from compiler.schedule.products import Product
from compiler.schedule.views import View
from compiler.schedule.windows import taps


class UnsupportedError(ValueError):
    """A node that the scheduler cannot place."""


def build(graph: Graph, config: Config, slack: tuple[int, int] = (0, 1)) -> Build:
    """Plan and memory of a network.

    Raises
    ------
    UnsupportedError, compiler.schedule.storage.CapacityError
        In one line.
    """
    made = Build(config, graph, slack)
    for edge in graph.inputs:
        tensor = graph.tensors[edge.tensor]
        layout = made.layout(tensor.shape, _lane(graph, tensor))
        chunk = -(-layout.rows // (2 * config.planes))
        made.views[tensor.name] = views.whole(made.memory.put(tensor, layout, None, chunk=chunk))
    epilogues = fused(graph)
    for node in graph.nodes:
        if node.output not in made.views:
            _node(made, node, epilogues)
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
    elif isinstance(node, Conv | MatMul):
        product, lane = (_conv if isinstance(node, Conv) else _matmul)(made, node)
        _product(made, node, product, lane, epilogues.get(node.output))
    elif isinstance(node, Map):
        tensor = graph.tensors[node.output]
        lanes = [_lane_of(made, name, tensor) for name in node.inputs if name not in graph.constants]
        lane = next((one for one in lanes if one is not None), len(tensor.shape) - 1 if tensor.shape else None)
        made.views[node.output] = views.whole(maps.schedule(made, node, tensor, made.layout(tensor.shape, lane)))
    elif isinstance(node, Pool):
        raise UnsupportedError(f"{node.source or node.output}: pools are not scheduled yet")
    else:
        raise UnsupportedError(f"{node.source or node.output}: {type(node).__name__} is not scheduled yet")


def _lane_of(made: Build, name: str, out: Tensor) -> int | None:
    """Axis of a result across which an operand's lanes lie; None if it has no such axis of its own."""
    view = made.views[name]
    axis = _lane_axis(view)
    return None if axis is None else axis + len(out.shape) - len(view.shape)


def _lane_axis(view: View) -> int | None:
    """Axis of a view along which elements lie in neighboring lanes."""
    width = view.stored.layout.width
    for axis, size in enumerate(view.shape):
        if size > 1:
            first = view.index[tuple(slice(0, 2) if n == axis else 0 for n in range(len(view.shape)))]
            if first[1] - first[0] == 1 and first[0] // width == first[1] // width:
                return axis
    return None


def _product(made: Build, node: Node, product: Product, lane: int, epilogue: Map | None) -> None:
    graph = made.graph
    tensor = graph.tensors[node.output]
    if epilogue is not None and _fits(made, epilogue, tensor):
        result = graph.tensors[epilogue.output]
        layout = made.layout(result.shape, lane)
        stored = products.schedule(made, product, result, layout, epilogue, tensor.name)
        made.views[result.name] = views.whole(stored)
        made.views[tensor.name] = made.views[result.name]
        return
    layout = made.layout(tensor.shape, lane)
    made.views[tensor.name] = views.whole(products.schedule(made, product, tensor, layout, None, tensor.name))


def _fits(made: Build, epilogue: Map, sums: Tensor) -> bool:
    """Whether a Map can take the sums as they come: same shape, and all else is there."""
    others = [name for name in epilogue.inputs if name != sums.name]
    there = all(name in made.graph.constants or name in made.views for name in others)
    return there and made.graph.tensors[epilogue.output].shape == sums.shape


def _matmul(made: Build, node: Node) -> tuple[Product, int]:
    graph, (a, b) = made.graph, node.inputs
    if b not in graph.constants:
        raise UnsupportedError(f"{node.source or node.output}: the right-hand matrix must be constant")
    weights = graph.constants[b]
    if weights.ndim != 2:
        raise UnsupportedError(f"{node.source or node.output}: the right-hand matrix must have two axes")
    view = made.views[a]
    index = view.index.reshape(-1, view.shape[-1])
    return Product(node.source or node.output, view, index, weights), len(graph.tensors[node.output].shape) - 1


def _conv(made: Build, node: Node) -> tuple[Product, int]:
    assert isinstance(node, Conv)
    x, w = node.inputs
    view, weights = made.views[x], dense(made.graph.constants[w], node.groups)
    seen = [columns.reshape(-1, columns.shape[-1]) for columns in taps(view.index, node, weights.shape[2:])]
    # Columns in the order of the sum: tap by tap, in each its channels.
    matrix = np.moveaxis(weights, 1, -1).reshape(len(weights), -1).T
    return Product(node.source or node.output, view, np.concatenate(seen, axis=1), matrix, node.border), 1


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
    """Lane axis of an input of the network: the one along which its first consumer sums."""
    for node in graph.nodes:
        if tensor.name in node.inputs:
            if isinstance(node, Conv | Pool):
                return 1
            break
    return len(tensor.shape) - 1 if tensor.shape else None
