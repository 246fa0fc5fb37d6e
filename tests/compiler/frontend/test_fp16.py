"""``--cast fp16``: fp32 models in fp16."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from compiler.frontend.fp16 import half, to_fp16
from compiler.frontend.load import load_network, translate
from compiler.graph.evaluate import evaluate
from tests.compiler.frontend.models import MACHINE, model, node

F = np.float32


def test_numbers_that_do_not_fit_become_the_largest():
    assert half(F([1e9, -1e9, np.inf, 1e-9, 1.0002])).tolist() == [65504, -65504, np.inf, 0, 1]


def _block():
    """Attention of one head, a residual, a norm, and constants of every kind."""
    generator = np.random.default_rng(0)
    constants = {n: generator.normal(0, 0.2, (16, 16)).astype(F) for n in ("q", "k", "v", "o")}
    constants["g"] = generator.normal(1, 0.1, 16).astype(F)
    nodes = [
        node("MatMul", ["x", "q"], ["a"]),
        node("MatMul", ["x", "k"], ["b"]),
        node("Transpose", ["b"], ["bt"], perm=[1, 0]),
        node("MatMul", ["a", "bt"], ["s"]),
        helper.make_node("Constant", [], ["root"], value_float=4.0),
        node("Div", ["s", "root"], ["d"]),
        node("Softmax", ["d"], ["p"], axis=-1),
        node("MatMul", ["x", "v"], ["c"]),
        node("MatMul", ["p", "c"], ["h"]),
        node("MatMul", ["h", "o"], ["r"]),
        node("Add", ["r", "x"], ["t"]),
        node("LayerNormalization", ["t", "g"], ["y"], axis=-1),
    ]
    x = generator.normal(size=(5, 16)).astype(F)
    made = model(nodes, {"x": x}, ["y"], constants)
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", 1, [5, 16]))
    return made, x


def test_a_transformer_block():
    made, x = _block()
    (wanted,) = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"]).run(
        None, {"x": x}
    )
    graph = translate(made, cast="fp16")
    assert [(e.dtype, e.scale) for e in (*graph.inputs, *graph.outputs)] == [("float32", None)] * 2
    (result,) = evaluate(graph, MACHINE, {"x": x}).values()
    assert result.dtype == F
    # Eight roundings to fp16 on the way, of numbers around 1.
    assert np.abs(result - wanted).max() < 8 * 2.0**-10


def test_the_converted_model_is_valid_and_the_given_one_untouched():
    made, _ = _block()
    before = made.SerializeToString()
    converted = to_fp16(made)
    onnx.checker.check_model(converted, full_check=True)
    assert made.SerializeToString() == before
    kinds = {t.data_type for t in converted.graph.initializer}
    assert kinds == {onnx.TensorProto.FLOAT16}


def test_a_model_without_constants():
    x = F([[-1, 2.0001]])
    made = model([node("Relu", ["x"])], {"x": x}, ["y"])
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", 1, [1, 2]))
    assert evaluate(translate(made, cast="fp16"), MACHINE, {"x": x})["y"].tolist() == [[0, 2]]


def test_from_a_file(tmp_path):
    made, x = _block()
    path = tmp_path / "block.onnx"
    onnx.save(made, str(path))
    graph = load_network(path, cast="fp16")
    assert graph.name == "small" and evaluate(graph, MACHINE, {"x": x})["y"].shape == (5, 16)
    with pytest.raises(ValueError, match=r"block\.onnx: the model computes in fp32"):
        load_network(path)
