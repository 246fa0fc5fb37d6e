"""Bad models: one clear line each."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from compiler.frontend.errors import NetworkError, UnsupportedError
from compiler.frontend.load import load_network, translate
from compiler.graph.evaluate import evaluate
from compiler.graph.shapes import GraphError
from tests.compiler.frontend.models import MACHINE, model, node

F, H, I = np.float32, np.float16, np.int64  # noqa: E741 - indices of ONNX
X = np.zeros((2, 3), H)


def refusal(made, **options) -> str:
    with pytest.raises(NetworkError) as caught:
        translate(made, **options)
    text = str(caught.value)
    assert "\n" not in text and len(text) <= 400
    return text


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b"not a model at all", b"\x08\x07\x12\x04test"])
def test_files_that_hold_no_model(tmp_path: Path, data: bytes):
    path = tmp_path / "bad.onnx"
    path.write_bytes(data)
    with pytest.raises(NetworkError, match=r"bad\.onnx: is no valid ONNX model: [^\n]+$"):
        load_network(path)


def test_files_cut_short(tmp_path: Path):
    whole = model([node("MatMul", ["x", "w"])], {"x": X}, ["y"], {"w": np.ones((3, 500), H)}).SerializeToString()
    path = tmp_path / "cut.onnx"
    for size in (1, 10, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(NetworkError, match=r"cut\.onnx: [^\n]+$"):
            load_network(path)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(NetworkError, match=r"none\.onnx: No such file or directory$"):
        load_network(tmp_path / "none.onnx")


def test_an_operator_that_is_not_supported():
    made = model([helper.make_node("Hardmax", ["x"], ["y"], name="chooser")], {"x": X}, ["y"])
    assert refusal(made) == "node 'chooser' (Hardmax): operator Hardmax is not supported"
    text = refusal(model([node("Selu", ["x"])], {"x": X}, ["y"]))
    assert text == "the node that gives 'y' (Selu): operator Selu is not supported"


def test_other_domains_and_control_flow():
    made = model([helper.make_node("Magic", ["x"], ["y"], domain="example.org")], {"x": X}, ["y"])
    assert "operators of domain 'example.org' are not supported" in refusal(made)
    branch = helper.make_graph([node("Neg", ["x"])], "b", [], [onnx.ValueInfoProto(name="y")])
    made = model(
        [helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)],
        {"x": X, "c": np.array(True)},
        ["y"],
    )
    assert refusal(made).endswith("(If): control flow is not supported")


@pytest.mark.parametrize("op", ["MatMul", "Gemm"])
def test_an_fp32_model_is_told_both_ways_out(op):
    text = refusal(model([node(op, ["x", "w"])], {"x": X.astype(F)}, ["y"], {"w": np.ones((3, 4), F)}))
    assert "superlane quantize" in text and "--cast fp16" in text


def test_an_fp32_product_within_a_quantized_model():
    nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("MatMul", ["x", "w"])]
    constants = {"w": np.ones((3, 4), F), "s": F(1), "z": np.uint8(0)}
    text = refusal(model(nodes, {"x": X.astype(F)}, ["q", "y"], constants))
    assert "(MatMul): computes in fp32: quantize the model (superlane quantize) or convert it" in text


def _open(sizes):
    made = model([node("Relu", ["x"])], {"x": X}, ["y"])
    del made.graph.input[0].type.tensor_type.shape.dim[:]
    for size in sizes:
        dim = made.graph.input[0].type.tensor_type.shape.dim.add()
        if isinstance(size, str):
            dim.dim_param = size
        else:
            dim.dim_value = size
    return made


def test_open_sizes_are_bound_or_refused():
    assert refusal(_open(["batch", 3])) == "input x: axis 0 has the open size 'batch': bind it with --dim batch=N"
    assert translate(_open(["batch", 3]), {"batch": 5}).tensors["x"].shape == (5, 3)
    assert "--dim n: the model has no open size of that name" in refusal(_open(["batch", 3]), dims={"batch": 1, "n": 2})
    assert "axis 0 must be at least 1, not 0" in refusal(_open(["batch", 3]), dims={"batch": 0})


@pytest.mark.parametrize("size", [0, -1])
def test_empty_axes(size):
    assert refusal(_open([2, size])) == f"input x: axis 1 must be at least 1, not {size}"


def test_open_sizes_without_a_name():
    made = _open([2, 3])
    made.graph.input[0].type.tensor_type.shape.dim[0].ClearField("dim_value")
    text = "input x: axis 0 is open and has no name: only sizes that are fixed, or bound by name, will do"
    assert refusal(made) == text


@pytest.mark.parametrize("nodes", [[], [node("Relu", ["x"])]])
def test_outputs_that_are_inputs(nodes):
    made = model(nodes, {"x": X}, [*(["y"] if nodes else []), "x"])
    assert refusal(made) == "output x is an input, too: put an Identity between them"
    made = model([*nodes, node("Identity", ["x"], ["same"])], {"x": X}, [*(["y"] if nodes else []), "same"])
    assert [edge.name for edge in translate(made).outputs][-1] == "same"


def test_inputs_that_nothing_reads_are_left_out():
    made = model([node("Relu", ["x"])], {"x": X, "z": np.zeros(0, I)}, ["y"])
    assert [edge.name for edge in translate(made).inputs] == ["x"]


def test_an_output_that_a_rule_does_not_give():
    made = model([node("MaxPool", ["x"], ["y", "i"], kernel_shape=[1])], {"x": X[None]}, ["y", "i"])
    assert refusal(made) == "the node that gives 'y' (MaxPool): the output Indices is not supported"
    made = model([node("Dropout", ["x"], ["y", "m"])], {"x": X}, ["y", "m"])
    assert refusal(made) == "the node that gives 'y' (Dropout): output 'm' is not supported"


def test_a_scalar_of_unknown_rank():
    made = model([node("Relu", ["x"])], {"x": X}, ["y"])
    made.graph.input[0].type.tensor_type.ClearField("shape")
    assert "input x has no shape" in refusal(made)


@pytest.mark.parametrize("kind", [np.uint8, F])
def test_constants_that_are_empty(kind):
    constants = {"s": F(1), "z": np.zeros(0, kind)}
    made = model([node("QuantizeLinear", ["x", "s", "z"])], {"x": X.astype(F)}, ["y"], constants)
    text = refusal(made)
    assert text == "constant 'z' has an empty axis: [0]" or text.startswith("shapes or types contradict")


def test_nan_among_the_weights():
    weights = np.ones((3, 4), F)
    weights[1, 2] = np.nan
    nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["d"])]
    nodes.append(node("MatMul", ["d", "w"]))
    constants = {"w": weights, "s": F(1), "z": np.uint8(0)}
    assert refusal(model(nodes, {"x": X.astype(F)}, ["y"], constants)) == "constant 'w' holds NaN"


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, np.nan])
def test_scales_that_are_none(scale):
    constants = {"s": F(scale), "z": np.uint8(0)}
    made = model([node("QuantizeLinear", ["x", "s", "z"])], {"x": X.astype(F)}, ["y"], constants)
    text = refusal(made)
    assert "must hold finite floats above 0" in text or text == "constant 's' holds NaN"


def test_types_and_shapes_that_contradict():
    made = model([node("MatMul", ["x", "w"])], {"x": X}, ["y"], {"w": np.ones((4, 4), H)})
    assert refusal(made).startswith("shapes or types contradict each other: ")
    made = model([node("Add", ["x", "w"])], {"x": X}, ["y"], {"w": np.ones(3, np.int8)})
    assert refusal(made).startswith("shapes or types contradict each other: ")


def test_types_that_the_machine_lacks():
    made = model([node("Identity", ["x"])], {"x": np.zeros(3, I)}, ["y"])
    assert refusal(made) == "input x: the machine has no elements of int64"
    made = model([node("Cast", ["x"], to=TensorProto.DOUBLE)], {"x": X}, ["y"])
    assert "the machine has no elements of ONNX's type 11" in refusal(made)


def test_an_old_opset():
    made = model([node("Relu", ["x"])], {"x": X}, ["y"], opset=11)
    assert refusal(made) == f"the model's opset is 11; supported are 13 to {onnx.defs.onnx_opset_version()}"


def test_things_that_must_be_constant():
    made = model([node("Gather", ["x", "i"])], {"x": X, "i": np.zeros(2, np.int32)}, ["y"])
    assert refusal(made) == "the node that gives 'y' (Gather): indices must be constant"
    made = model([node("Conv", ["x", "w"])], {"x": np.zeros((1, 1, 4), H), "w": np.zeros((1, 1, 2), H)}, ["y"])
    assert refusal(made) == "the node that gives 'y' (Conv): weights must be constant"
    assert refusal(model([node("Constant", [], value_int=3)], {}, ["y"])).startswith("output y depends on no input")


def test_reasons_name_the_node():
    made = model([node("Slice", ["x", "a", "b"])], {"x": X}, ["y"], {"a": I([2]), "b": I([2])})
    with pytest.raises(UnsupportedError, match="result has an empty axis"):
        translate(made)
    made = model([node("Pow", ["x", "e"])], {"x": X}, ["y"], {"e": H(2.5)})
    assert "(Pow): exponent must be 0.5, 1, 2 or 3, not 2.5" in refusal(made)


def test_casts():
    made = model([node("Relu", ["x"])], {"x": X.astype(F)}, ["y"])
    assert refusal(made, cast="int4") == "--cast must be fp16, not 'int4'"
    constants = {"s": F(1), "z": np.uint8(0)}
    made = model([node("QuantizeLinear", ["x", "s", "z"])], {"x": X.astype(F)}, ["y"], constants)
    assert refusal(made, cast="fp16") == "--cast fp16 is for fp32 models; this one is quantized"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "input x is missing"),
        ({"x": X, "z": X}, "there is no input z; inputs are x"),
        ({"x": X.astype(F)}, r"input x must be float16 \[2, 3\], not float32 \[2, 3\]"),
        ({"x": X.T}, r"input x must be float16 \[2, 3\], not float16 \[3, 2\]"),
    ],
)
def test_inputs_of_another_kind(inputs, message):
    graph = translate(model([node("Relu", ["x"])], {"x": X}, ["y"]))
    with pytest.raises(GraphError, match=message):
        evaluate(graph, MACHINE, inputs)


def test_operators_of_onnxruntime_that_onnx_does_not_check():
    x = np.zeros((1, 2, 4, 4), np.uint8)
    scales = {"s": F(1), "z": np.uint8(0)}
    names = ["x", "s", "z", "s", "z"]
    huge = node("QLinearAveragePool", names, kernel_shape=[2, 2], pads=[0, 0, 2**40, 0])
    text = refusal(model([huge], {"x": x}, ["y"], scales))
    assert text.startswith("the node that gives 'y' (com.microsoft.QLinearAveragePool): ") or "onnxruntime" in text
    made = node("QLinearSigmoid", names[:4])
    text = refusal(model([made], {"x": x}, ["y"], scales))
    assert text == "the node that gives 'y' (com.microsoft.QLinearSigmoid): has 4 inputs, not 5"
    made = node("QLinearConcat", ["s", "z", "x", "s"])
    assert "has 4 inputs, not 2 and 3 for each part" in refusal(model([made], {"x": x}, ["y"], scales))
    made = node("QLinearConv", ["x", "s", "z", "w", "s", "zs", "s", "z"])
    constants = {**scales, "w": np.zeros((2, 2, 1, 1), np.uint8), "zs": np.zeros(3, np.uint8)}
    assert "QLinearConv" in refusal(model([made], {"x": x}, ["y"], constants))


def test_a_constant_part_that_onnxruntime_cannot_compute():
    nodes = [node("GlobalAveragePool", ["c"], ["t"]), node("Add", ["x", "t"])]
    text = refusal(model(nodes, {"x": np.zeros((2, 3), H)}, ["y"], {"c": np.zeros((2, 3), H)}))
    assert "(GlobalAveragePool)" in text or "contradict" in text
