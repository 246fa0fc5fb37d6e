"""The border of a network: what the user gives and gets, and the quantization that the host does there."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import onnx

from arch.types import Type
from compiler.frontend.build import TYPE_OF, Builder
from compiler.frontend.context import Value
from compiler.frontend.errors import NetworkError
from compiler.frontend.model import dtype_of
from compiler.graph import ir

_BYTES = (Type.I8, Type.U8)


def inputs(graph: onnx.GraphProto, build: Builder, values: dict[str, Value]) -> list[ir.Edge]:
    """Make the input tensors, into ``values``.

    An input that is only quantized, in one way, is quantized by the host.
    """
    edges = []
    constants = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in constants:
            continue
        dtype = dtype_of(value)
        shape = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        quantization = _quantization(graph, value.name, values)
        if quantization is not None:
            scale, zero, kind, outputs = quantization
            tensor = build.tensor(value.name, shape, kind)
            values.update({name: tensor for name in outputs})
            edges.append(ir.Edge(tensor.name, value.name, dtype.name, scale, zero))
            continue
        if dtype not in TYPE_OF:
            raise NetworkError(f"input {value.name}: the machine has no elements of {dtype.name}")
        tensor = build.tensor(value.name, shape, TYPE_OF[dtype])
        values[value.name] = tensor
        edges.append(ir.Edge(tensor.name, value.name, dtype.name))
    return edges


def _quantization(
    graph: onnx.GraphProto, name: str, values: Mapping[str, Value]
) -> tuple[float, int, Type, list[str]] | None:
    """Scale, zero point, type and results of the QuantizeLinear that read an input, if they alone do, all alike."""
    readers = [node for node in graph.node if name in node.input]
    found = set()
    for node in readers:
        if node.op_type != "QuantizeLinear" or any(v.name == name for v in graph.output):
            return None
        parameters = _parameters(node, values)
        if parameters is None or parameters[2] not in _BYTES:
            return None
        found.add(parameters)
    if len(found) != 1:
        return None
    scale, zero, kind = found.pop()
    return scale, zero, kind, [node.output[0] for node in readers]


def _parameters(node: onnx.NodeProto, values: Mapping[str, Value]) -> tuple[float, int, Type] | None:
    """Scale, zero point and its type of a (De)QuantizeLinear with one of each in fp32."""
    scale = values.get(node.input[1])
    zero = values.get(node.input[2]) if len(node.input) > 2 and node.input[2] else np.zeros((), np.uint8)
    if not isinstance(scale, np.ndarray) or not isinstance(zero, np.ndarray) or scale.dtype != np.float32:
        return None
    plain = scale.size == zero.size == 1 and zero.dtype in TYPE_OF
    if not plain or any(a.name == "output_dtype" and a.i for a in node.attribute):
        return None
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        return None
    return float(scale.reshape(())), int(zero.reshape(())), TYPE_OF[zero.dtype]


def host_dequantized(graph: onnx.GraphProto, values: Mapping[str, Value]) -> dict[str, onnx.NodeProto]:
    """DequantizeLinear nodes that nothing but an output of the network reads, by that output: the host's work."""
    readers: dict[str, int] = defaultdict(int)
    for node in graph.node:
        for name in node.input:
            readers[name] += 1
    outputs = {value.name for value in graph.output}
    return {
        node.output[0]: node
        for node in graph.node
        if node.op_type == "DequantizeLinear"
        and node.output[0] in outputs
        and not readers[node.output[0]]
        and _parameters(node, values) is not None
    }


def is_bytes(value: Value) -> bool:
    """Whether the host can dequantize a value."""
    return isinstance(value, ir.Tensor) and value.type in _BYTES


def outputs(
    graph: onnx.GraphProto, build: Builder, values: Mapping[str, Value], host: Mapping[str, onnx.NodeProto]
) -> list[ir.Edge]:
    """Edges of the outputs."""
    edges = []
    given = {value.name for value in graph.input}
    for value in graph.output:
        if value.name in given:
            raise NetworkError(f"output {value.name} is an input, too: put an Identity between them")
        if value.name in host:
            node = host[value.name]
            tensor = values[node.input[0]]
            parameters = _parameters(node, values)
            if isinstance(tensor, ir.Tensor) and is_bytes(tensor) and parameters is not None:
                edges.append(ir.Edge(tensor.name, value.name, "float32", parameters[0], parameters[1]))
                continue
        tensor = values[value.name]
        if isinstance(tensor, np.ndarray):
            raise NetworkError(f"output {value.name} depends on no input: there is nothing to compute")
        edges.append(ir.Edge(tensor.name, value.name, _name(tensor)))
    return edges


def _name(tensor: ir.Tensor) -> str:
    return next(dtype.name for dtype, kind in TYPE_OF.items() if kind is tensor.type)
