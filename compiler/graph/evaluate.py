"""Evaluation of a graph with NumPy in exactly the machine's arithmetic, through the golden model's numerics."""

from collections.abc import Mapping

import numpy as np

from arch.config import Config
from compiler.graph import ir, windows
from compiler.graph.bits import array_of, bits_of
from compiler.graph.check import DTYPES
from compiler.graph.products import matmul
from compiler.graph.shapes import GraphError
from golden.units.vxm import MEANING, Operation


def evaluate(graph: ir.Graph, config: Config, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs of a network.

    Parameters
    ----------
    graph
        A graph that ``compiler.graph.check`` accepts.
    config
        The machine: its vectors say where sums of fp16 products are rounded.
    inputs
        Arrays by the model's names, of the dtype and shape of their edges.

    Returns
    -------
    dict
        Arrays by the model's names.

    Raises
    ------
    GraphError
        If an input is missing, unknown or of another dtype or shape.
    """
    edges = {edge.name: edge for edge in graph.inputs}
    if unknown := sorted(set(inputs) - set(edges)):
        raise GraphError(f"there is no input {unknown[0]}; inputs are {', '.join(edges)}")
    values = {name: bits_of(array) for name, array in graph.constants.items()}
    for name, edge in edges.items():
        if name not in inputs:
            raise GraphError(f"input {name} is missing")
        values[edge.tensor] = bits_of(entering(edge, graph.tensors[edge.tensor], inputs[name]))
    last = {name: number for number, node in enumerate(graph.nodes) for name in node.inputs}
    kept = {edge.tensor for edge in graph.outputs}
    for number, node in enumerate(graph.nodes):
        values[node.output] = compute(node, graph, config, [values[name] for name in node.inputs])
        for name in set(node.inputs):
            if last[name] == number and name not in kept:
                del values[name]
    return {e.name: leaving(e, array_of(values[e.tensor], graph.tensors[e.tensor].type)) for e in graph.outputs}


def entering(edge: ir.Edge, tensor: ir.Tensor, array: np.ndarray) -> np.ndarray:
    """What the host writes for a user's array, checked."""
    if array.dtype.name != edge.dtype or array.shape != tensor.shape:
        raise GraphError(
            f"input {edge.name} must be {edge.dtype} {list(tensor.shape)}, not {array.dtype.name} {list(array.shape)}"
        )
    if edge.scale is None:
        return array
    limits = np.iinfo(DTYPES[tensor.type])
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(array.astype(np.float32) / np.float32(edge.scale))
    # NaN counts as zero, as in the machine's Cast.
    shifted = np.clip(np.nan_to_num(scaled.astype(np.float64), nan=0.0) + edge.zero, limits.min, limits.max)
    return shifted.astype(DTYPES[tensor.type])


def leaving(edge: ir.Edge, array: np.ndarray) -> np.ndarray:
    """What the host gives its user."""
    if edge.scale is None:
        return array
    values = (array.astype(np.int32) - edge.zero).astype(np.float32) * np.float32(edge.scale)
    return values.astype(edge.dtype)


def compute(node: ir.Node, graph: ir.Graph, config: Config, inputs: list[np.ndarray]) -> np.ndarray:
    """Result of one node, raw bits as uint32 of the output's shape; inputs likewise."""
    out = graph.tensors[node.output]
    types = [graph.tensors[name].type for name in node.inputs]
    if isinstance(node, ir.MatMul):
        return matmul(inputs[0], inputs[1], types[0], types[1], config)
    if isinstance(node, ir.Conv):
        return windows.conv(node, inputs[0], inputs[1], types[0], types[1], config)
    if isinstance(node, ir.Map):
        return map_steps(node.steps, inputs, out.shape)
    if isinstance(node, ir.Concat):
        return np.concatenate(inputs, axis=node.axis)
    (x,) = inputs
    if isinstance(node, ir.Reduce):
        return windows.reduce(node, x, types[0])
    if isinstance(node, ir.Pool):
        return windows.pool(node, x, types[0])
    if isinstance(node, ir.Reshape):
        return x.reshape(out.shape)
    if isinstance(node, ir.Transpose):
        return np.transpose(x, node.perm)
    if isinstance(node, ir.Slice):
        chosen = (s + d * np.arange(n) for s, d, n in zip(node.start, node.step, out.shape, strict=True))
        return x[np.ix_(*chosen)]
    if isinstance(node, ir.Pad):
        return np.pad(x, node.pads, constant_values=node.value)
    if isinstance(node, ir.Take):
        return np.take(x, node.indices, axis=node.axis)
    raise GraphError(f"{type(node).__name__} is no kind of node")


def map_steps(steps: tuple[ir.Step, ...], inputs: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Result of the last of some steps, of the given shape; inputs and result are raw bits as uint32."""
    done: list[np.ndarray] = []

    def operand(source: ir.Operand) -> np.ndarray:
        if isinstance(source, ir.Input):
            return inputs[source.number]
        return done[source.step] if isinstance(source, ir.Result) else np.asarray(source.bits, np.uint32)

    for step in steps:
        a, *others = (operand(source) for source in step.operands)
        none = np.zeros((), np.uint32)
        b, c = (*others, none, none)[:2]
        to = step.to or step.type
        with np.errstate(all="ignore"):
            done.append(MEANING[step.op](Operation(step.type.value, to.value, step.sat, a, b, c)))
    return np.broadcast_to(done[-1], shape)
