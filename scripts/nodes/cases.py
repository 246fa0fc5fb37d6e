"""onnx's own backend tests of single operators: which of them concern us, and in which form they are compiled.

Source of the cases: ``onnx.backend.test.case.node`` of the pinned onnx.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper, version_converter

from compiler.frontend.model import OLDEST
from compiler.frontend.ops.table import RULES

#: Operators that the front end computes while compiling, wherever their inputs are constant.
FOLDED = frozenset(("Constant", "ConstantOfShape", "Range", "Shape", "Size"))
#: Inputs that must be constant for the machine; the tests have them as inputs.
CONSTANT: Mapping[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    "Conv": (1, 2),
    "ConvInteger": (1, 2, 3),
    "DequantizeLinear": (1, 2),
    "Dropout": (1, 2),
    "Expand": (1,),
    "Gather": (1,),
    "MatMulInteger": (2, 3),
    "Pad": (1, 2, 3),
    "Pow": (1,),
    "QLinearConv": (1, 2, 3, 4, 5, 6, 7, 8),
    "QLinearMatMul": (1, 2, 4, 5, 6, 7),
    "QuantizeLinear": (1, 2),
    "ReduceMax": (1,),
    "ReduceMean": (1,),
    "ReduceMin": (1,),
    "ReduceSum": (1,),
    "ReduceSumSquare": (1,),
    "Reshape": (1,),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Unsqueeze": (1,),
    "Where": (0,),
}


@dataclass(frozen=True)
class Case:
    """One test.

    Attributes
    ----------
    name
        onnx's.
    operator
        What it is a test of.
    model
        With the inputs that must be constant made so.
    inputs, outputs
        Arrays by name.
    single
        Whether it computes in fp32, and is cast to fp16.
    """

    name: str
    operator: str
    model: onnx.ModelProto
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    single: bool


def cases() -> list[Case]:
    """All tests whose operators are supported or folded."""
    from onnx.backend.test.case.node import collect_testcases

    supported = {operator for domain, operator in RULES if not domain} | FOLDED
    with warnings.catch_warnings():
        # onnx divides by zero and overflows on purpose while it makes its cases.
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    result = []
    for case in found:
        model = case.model
        if model is None:
            continue
        kinds = {node.op_type for node in model.graph.node}
        if kinds - FOLDED and kinds <= supported:
            result.extend(bound(case.name, model, sets, number) for number, sets in enumerate(case.data_sets or ()))
    return sorted(result, key=lambda case: case.name)


def bound(name: str, given_model: onnx.ModelProto, sets: tuple, number: int) -> Case:
    """A test with its constants in place."""
    model = _renewed(given_model)
    graph = model.graph
    given, wanted = sets
    values = {value.name: array for value, array in zip(graph.input, given, strict=False)}
    fixed = {node.input[n] for node in graph.node for n in CONSTANT.get(node.op_type, ()) if n < len(node.input)}
    fixed &= set(values)
    if len(fixed) == len(values):
        fixed -= {next(iter(values))}
    graph.initializer.extend(_initializer(values[name], name) for name in sorted(fixed))
    kept = [value for value in graph.input if value.name not in fixed]
    del graph.input[:]
    graph.input.extend(kept)
    operator = next(n.op_type for n in graph.node if n.op_type not in FOLDED)
    if "expanded" in name:
        operator = f"{operator}, expanded"
    kinds = {value.type.tensor_type.elem_type for value in graph.input}
    quantized = any("Linear" in n.op_type or "Integer" in n.op_type for n in graph.node)
    outputs = {value.name: _array(array) for value, array in zip(graph.output, wanted, strict=False)}
    inputs = {key: _array(array) for key, array in values.items() if key not in fixed}
    suffix = f" #{number + 1}" if number else ""
    single = TensorProto.FLOAT in kinds and not quantized
    return Case(name + suffix, operator, model, inputs, outputs, single)


def _renewed(given: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of the model, of the oldest opset that the front end takes if it is older."""
    model = onnx.ModelProto()
    model.CopyFrom(given)
    if next((o.version for o in model.opset_import if not o.domain), OLDEST) < OLDEST:
        return version_converter.convert_version(model, OLDEST)
    return model


def _array(value: Any) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def _initializer(array: Any, name: str) -> TensorProto:
    if isinstance(array, TensorProto):
        made = TensorProto()
        made.CopyFrom(array)
        made.name = name
        return made
    return numpy_helper.from_array(np.asarray(array), name)
