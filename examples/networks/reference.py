"""The pinned onnxruntime session with which compiled networks are compared.

CPU provider, one thread, one level of optimization: "extended" is the lowest at which onnxruntime computes a QDQ model
in integers (below, it dequantizes and multiplies in floating point), and the highest whose layouts do not depend on the
processor. ``session.x64quantprecision`` keeps products of uint8 and int8 from saturating at 16 bits on processors
without VNNI.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

#: onnxruntime writes only errors to the console.
_ERRORS = 3


def session(model: onnx.ModelProto | Path) -> onnxruntime.InferenceSession:
    """The session of a model or of its file."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS
    options.add_session_config_entry("session.x64quantprecision", "1")
    given = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def run(model: onnx.ModelProto | Path, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Outputs of a model, by name."""
    opened = session(model)
    names = [output.name for output in opened.get_outputs()]
    # A model of one output and no control flow gives arrays, whatever the annotation of `run` allows.
    return dict(zip(names, map(np.asarray, opened.run(names, dict(inputs))), strict=True))
