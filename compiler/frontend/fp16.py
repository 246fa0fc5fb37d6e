"""``--cast fp16``: an fp32 model with its numbers in fp16, its inputs and outputs left as they are.

Constants are rounded to fp16, finite ones that are too large to its largest; inputs are converted once, outputs back.
Constants that operators want in another type (scales of Resize, say) do not occur among the supported operators.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_LARGEST = np.float16(np.finfo(np.float16).max)
_TO = "to"


def half(array: np.ndarray) -> np.ndarray:
    """fp32 rounded to fp16; what is finite stays finite."""
    with np.errstate(over="ignore"):
        rounded = array.astype(np.float16)
    return np.where(np.isfinite(array), np.clip(rounded, -_LARGEST, _LARGEST), rounded).astype(np.float16)


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a model whose fp32 values are fp16, with Casts at its inputs and outputs."""
    converted = onnx.ModelProto()
    converted.CopyFrom(model)
    graph = converted.graph
    del graph.value_info[:]
    for tensor in graph.initializer:
        _tensor(tensor)
    for node in graph.node:
        _attributes(node)
    constants = {tensor.name for tensor in graph.initializer}
    floats = [v for v in graph.input if v.name not in constants and _is_float(v)]
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    begin, end = [], []
    for value in floats:
        name = _fresh(f"{value.name}.fp16", taken)
        begin.append(helper.make_node("Cast", [value.name], [name], to=TensorProto.FLOAT16))
        for node in graph.node:
            for number, used in enumerate(node.input):
                if used == value.name:
                    node.input[number] = name
    for value in graph.output:
        if _is_float(value):
            name = _fresh(f"{value.name}.fp16", taken)
            for node in graph.node:
                for part in (node.input, node.output):
                    for number, used in enumerate(part):
                        if used == value.name:
                            part[number] = name
            end.append(helper.make_node("Cast", [name], [value.name], to=TensorProto.FLOAT))
    nodes = [*begin, *graph.node, *end]
    del graph.node[:]
    graph.node.extend(nodes)
    return converted


def _is_float(value: onnx.ValueInfoProto) -> bool:
    return value.type.tensor_type.elem_type == TensorProto.FLOAT


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _tensor(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT:
        tensor.CopyFrom(numpy_helper.from_array(half(numpy_helper.to_array(tensor)), tensor.name))


def _attributes(node: onnx.NodeProto) -> None:
    """Constants in attributes, and the types to which nodes convert."""
    made = []
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.TENSOR:
            _tensor(attribute.t)
        if attribute.name == _TO and node.op_type == "Cast" and attribute.i == TensorProto.FLOAT:
            attribute.i = TensorProto.FLOAT16
        if node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
            numbers = attribute.f if attribute.name == "value_float" else list(attribute.floats)
            made.append(numpy_helper.from_array(half(np.asarray(numbers, np.float32))))
    for tensor in made:
        del node.attribute[:]
        node.attribute.append(helper.make_attribute("value", tensor))
