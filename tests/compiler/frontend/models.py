"""Small models, and what the pinned session and the compiled graph make of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from arch.config import preset
from compiler.frontend.load import translate
from compiler.frontend.session import pinned
from compiler.graph import ir
from compiler.graph.check import check
from compiler.graph.evaluate import evaluate

MACHINE = preset("small")
OPSET = 17
DTYPE = {"i8": np.int8, "u8": np.uint8}


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, np.ndarray],
    outputs: Sequence[str],
    constants: Mapping[str, Any] | None = None,
    opset: int = OPSET,
) -> onnx.ModelProto:
    """A model with inputs like the given arrays; the types of outputs are onnxruntime's business."""
    values = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in inputs.items()
    ]
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    results = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = helper.make_graph(list(nodes), "small", values, results, initializers)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), **attributes: Any) -> onnx.NodeProto:
    """A node; onnxruntime's own operators are known by their names."""
    contrib = kind in ("QGemm", "QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearConcat")
    contrib |= kind in ("QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearSoftmax", "FastGelu")
    domain = "com.microsoft" if contrib else ""
    return helper.make_node(kind, list(inputs), list(outputs), domain=domain, **attributes)


def both(made: onnx.ModelProto, inputs: Mapping[str, np.ndarray], **options: Any) -> tuple[list, list, ir.Graph]:
    """Outputs of the pinned session, those of the compiled graph, and the graph."""
    graph = translate(made, **options)
    check(graph)
    expected = pinned(made).run(None, dict(inputs))
    results = evaluate(graph, MACHINE, inputs)
    return list(expected), [results[edge.name] for edge in graph.outputs], graph


def equal(made: onnx.ModelProto, inputs: Mapping[str, np.ndarray]) -> ir.Graph:
    """Assert that the compiled graph gives the pinned session's outputs, bit for bit; the graph."""
    expected, results, graph = both(made, inputs)
    for wanted, result in zip(expected, results, strict=True):
        assert (result.dtype, result.shape) == (np.asarray(wanted).dtype, np.asarray(wanted).shape)
        np.testing.assert_array_equal(result, wanted)
    return graph


def spread(generator: np.random.Generator, shape: Sequence[int], kind: str) -> np.ndarray:
    """Random bytes, every third one an extreme."""
    limits = np.iinfo(DTYPE[kind])
    values = generator.integers(limits.min, limits.max + 1, shape)
    extremes = generator.choice([limits.min, limits.max], shape)
    return np.where(generator.random(shape) < 1 / 3, extremes, values).astype(DTYPE[kind])


def ulps(result: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Distances of fp16 results from exact values rounded to fp16, in representable numbers."""

    def order(values: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(values.astype(np.float16)).view(np.int16).astype(np.int64)
        return np.where(bits < 0, -(bits & 0x7FFF), bits)

    with np.errstate(over="ignore"):
        return np.abs(order(result) - order(exact))
