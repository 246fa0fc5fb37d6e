"""onnxruntime as the front end uses it: the pinned session, its optimized form of a model, and single nodes.

The pinned session is what a compiled network must equal (docs/networks.md): CPU provider, one thread, optimization
level "extended", and no products that saturate at 16 bits.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

from compiler.frontend.errors import NetworkError, describe

#: Fusions of float operators into contrib operators: they change no integer result, and their parts are supported.
DISABLED = (
    "AttentionFusion",
    "BiasDropoutFusion",
    "BiasGeluFusion",
    "BiasSoftmaxFusion",
    "ConvActivationFusion",
    "DynamicQuantizeMatMulFusion",
    "EmbedLayerNormFusion",
    "FastGeluFusion",
    "GatherSliceToSplitFusion",
    "GemmActivationFusion",
    "MatMulActivationFusion",
    "MatMulIntegerToFloatFusion",
    "MatMulScaleFusion",
    "MatmulTransposeFusion",
    "QuickGeluFusion",
    "SkipLayerNormFusion",
)
_FATAL = 4
_EXTENDED = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
_NONE = ort.GraphOptimizationLevel.ORT_DISABLE_ALL


def _options(level: Any) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    # int8 activations stay int8 as the model says; by default x86 turns some of them, not all, into uint8.
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    return options


def _open(model: onnx.ModelProto, options: ort.SessionOptions, **rest: Any) -> ort.InferenceSession:
    for domain in model.opset_import:
        if domain.domain in ("", "ai.onnx") and domain.version > NEWEST:
            model = onnx.ModelProto.FromString(model.SerializeToString())
            next(d for d in model.opset_import if d.domain == domain.domain).version = NEWEST
    try:
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"], **rest)
    except Exception as error:  # its exceptions have no common base
        raise NetworkError(f"onnxruntime refuses the model: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()).removeprefix("[ONNXRuntimeError] : ")
    return text.split(" Encountered following errors")[0]


def has_int8_activations(model: onnx.ModelProto) -> bool:
    """Whether an activation is quantized to int8; weights do not count."""
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    constant = set(kinds)
    for node in model.graph.node:
        quantizes = node.op_type == "QuantizeLinear" and node.input[0] not in constant
        computes = node.op_type.startswith("QLinear") or node.op_type == "QGemm"
        zero = node.input[1:2] if node.op_type == "QLinearConcat" else node.input[2:3]
        if (quantizes or computes) and any(kinds.get(name) == onnx.TensorProto.INT8 for name in zero):
            return True
    return False


def pinned(model: onnx.ModelProto) -> ort.InferenceSession:
    """The session that a compiled network of ``model`` must equal."""
    options = _options(_EXTENDED)
    if not has_int8_activations(model):
        # uint8 by int8 products must not saturate where a processor has no instruction for them. With int8
        # activations onnxruntime has no such remedy, and its test must find that the processor needs none.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return _open(model, options)


def optimized(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model as onnxruntime runs it: QDQ patterns fused, constants folded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optimized.onnx"
        options = _options(_EXTENDED)
        options.optimized_model_filepath = str(path)
        _open(model, options, disabled_optimizers=list(DISABLED))
        return onnx.load(str(path))


def run_nodes(
    nodes: Sequence[onnx.NodeProto],
    values: Mapping[str, np.ndarray],
    outputs: Sequence[str],
    opsets: Mapping[str, int],
) -> list[np.ndarray]:
    """What onnxruntime computes for some nodes, without optimization, ``values`` being their inputs."""
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in values.items()
    ]
    given = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = helper.make_graph(list(nodes), "part", inputs, given)
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
    session = _open(model, _options(_NONE))
    try:
        return [np.asarray(array) for array in session.run(list(outputs), dict(values))]
    except Exception as error:  # its exceptions have no common base
        raise NetworkError(f"onnxruntime cannot compute {describe(nodes[-1])}: {_reason(error)}") from None


#: Version of the file format of models made here, and newest opset shown to onnxruntime, which lags behind onnx: later
#: opsets added element types that the machine lacks, and changed no operator that it has.
IR_VERSION = 10
NEWEST = 23
