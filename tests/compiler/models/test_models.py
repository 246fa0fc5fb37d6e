"""The cases themselves: they are what their names say, onnxruntime runs them, and in integers where they promise it."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from examples.networks.reference import run
from examples.networks.writer import constants
from tests.compiler.models import CASES, HALF, INTEGER, Case

#: Operators that multiply; in floating point their last bits follow no rule.
PRODUCTS = {"MatMul", "Gemm", "Conv", "FusedConv", "FusedGemm", "FusedMatMul"}

#: What the compiler takes at least, with its fusions by onnxruntime (QGemm and the like) beside.
OPERATORS = frozenset(
    [
        "MatMul",
        "Gemm",
        "MatMulInteger",
        "QLinearMatMul",
        "Conv",
        "QLinearConv",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Relu",
        "Clip",
        "Tanh",
        "Sigmoid",
        "Gelu",
        "Exp",
        "Sqrt",
        "Softmax",
        "LayerNormalization",
        "RMSNormalization",
        "ReduceSum",
        "ReduceMax",
        "ReduceMean",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Transpose",
        "Reshape",
        "Flatten",
        "Concat",
        "Slice",
        "Pad",
        "Gather",
        "QuantizeLinear",
        "DequantizeLinear",
        "Cast",
        "Constant",
    ]
)


def ids(cases: tuple[Case, ...]) -> list[str]:
    return [case.name for case in cases]


def executed(model: onnx.ModelProto, folder: Path) -> set[str]:
    """Operators of the model as onnxruntime runs it."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return {node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node}


def test_every_operator_that_is_promised_has_a_case():
    found = {node.op_type for case in CASES for node in case.model.graph.node}
    assert sorted(OPERATORS - found) == []


def test_names_are_unique_and_odd_sizes_are_among_them():
    assert len(set(ids(CASES))) == len(CASES)
    shapes = [case.shape for case in CASES]
    assert {shape[0] for shape in shapes} >= {1, 2, 33, 40}
    assert {shape[1] for shape in shapes if len(shape) == 2} >= {1, 13, 30}
    assert any(shape[2:] == (1, 1) for shape in shapes)


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_onnxruntime_runs_it_and_its_results_differ(case: Case):
    (found,) = run(case.model, case.inputs).values()
    declared = case.model.graph.output[0].type.tensor_type
    assert found.dtype == onnx.helper.tensor_dtype_to_np_dtype(declared.elem_type)
    assert list(found.shape) == [dim.dim_value for dim in declared.shape.dim]
    assert np.isfinite(found.astype(np.float64)).all()
    if case.name != "softmax-2x3x1-fp16":  # shares of one are all 1
        assert len(np.unique(found)) > min(4, found.size // 2)


@pytest.mark.parametrize("case", INTEGER, ids=ids(INTEGER))
def test_products_of_quantized_cases_are_of_integers(case: Case, tmp_path: Path):
    assert not executed(case.model, tmp_path) & PRODUCTS


@pytest.mark.parametrize(
    ("form", "activations", "scales"),
    [
        ("qdq", np.uint8, (13,)),
        ("qoperator", np.uint8, (13,)),
        ("per-tensor", np.uint8, ()),
        ("signed", np.int8, (13,)),
    ],
)
def test_forms_are_what_their_names_say(form: str, activations: type, scales: tuple[int, ...]):
    case = next(case for case in INTEGER if case.name == f"gemm-1x30x13-{form}")
    found = constants(case.model)
    assert found["x_zero_point"].dtype == activations
    assert (found["y.w_quantized"].dtype, found["y.w_scale"].shape) == (np.int8, scales)
    assert ("QGemm" in {node.op_type for node in case.model.graph.node}) == (form == "qoperator")


@pytest.mark.parametrize("case", HALF[:1] + INTEGER[:1], ids=ids(HALF[:1] + INTEGER[:1]))
def test_a_case_is_the_same_in_every_run(case: Case):
    again = Case(case.name, case.shape, case.body, case.form, case.exact, case.opset)
    assert again.model == case.model
    np.testing.assert_array_equal(again.inputs["x"], case.inputs["x"])
    other = Case("other", case.shape, case.body, case.form, case.exact, case.opset)
    assert not np.array_equal(other.inputs["x"], case.inputs["x"])


def test_inputs_of_quantized_cases_saturate():
    case = next(case for case in INTEGER if case.name == "gemm-33x32x32-qdq")
    assert np.abs(case.inputs["x"]).max() / constants(case.model)["x_scale"] > 128
