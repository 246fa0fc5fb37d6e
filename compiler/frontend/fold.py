"""Constant subgraphs: what depends on no input is computed now, by onnxruntime."""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper

from compiler.frontend.context import Value, View
from compiler.frontend.errors import NetworkError, describe
from compiler.frontend.session import run_nodes
from compiler.graph import ir


def folded(node: onnx.NodeProto, values: Mapping[str, Value], opsets: Mapping[str, int]) -> list[np.ndarray] | None:
    """Outputs of a node whose inputs are all constant, or of Shape and Size of any; None of others."""
    inputs = {name: values[name] for name in node.input if name}
    if node.op_type in ("Shape", "Size") and inputs:
        shape = np.array(next(iter(inputs.values())).shape, np.int64)
        if node.op_type == "Size":
            return [np.array(shape.prod(), np.int64)]
        bounds = {a.name: a.i for a in node.attribute}
        return [shape[bounds.get("start", 0) : bounds.get("end", len(shape))]]
    if any(isinstance(value, ir.Tensor) for value in inputs.values()):
        return None
    if node.op_type == "Constant" and node.attribute[0].name == "value":
        return [numpy_helper.to_array(node.attribute[0].t)]
    constants = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    results = run_nodes([node], constants, [name for name in node.output if name], opsets)
    if any(array.dtype.kind == "f" and np.isnan(array).any() for array in results):
        raise NetworkError(f"{describe(node)}: its constant result holds NaN")
    return results


def has_constant_inputs(view: View) -> bool:
    """Whether a node depends on no input of the network."""
    return not any(isinstance(value, ir.Tensor) for value in view.inputs)
