"""The pinned onnxruntime session: it computes in integers, exactly, and nothing in it depends on a choice of ours."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from compiler.frontend.session import pinned
from examples.networks import accuracy
from examples.networks.catalog import network
from examples.networks.quantize import FORMATS, quantize
from examples.networks.reference import run
from examples.networks.writer import Writer, constants

#: Greatest values of activations and weights, and a length whose sums pass 16 bits many times.
U8, I8, LENGTH = 255, 127, 64


def extremes() -> onnx.ModelProto:
    """uint8[n, 64] x int8[64, 2] of the greatest and the least weights, exact in int32."""
    w = Writer()
    weights = np.tile(np.array([[I8, -I8 - 1]], np.int8), (LENGTH, 1))
    sums = w.node("MatMulInteger", "sums", ["x", w.constant("weights", weights)])
    elements = {"x": np.uint8, sums: np.int32}
    return w.model("extremes", {"x": ["n", LENGTH]}, {sums: ["n", 2]}, elements=elements)


def numpy_scores(model: onnx.ModelProto, pixels: np.ndarray) -> np.ndarray:
    """The perceptron's QOperator form by its definition: int32 sums, then every step rounded in float32."""
    c = constants(model)
    zero = {name: int(array) for name, array in c.items() if name.endswith("_zero_point") and array.ndim == 0}
    x = np.clip(np.rint(pixels / c["pixels_scale"]) + zero["pixels_zero_point"], 0, U8).astype(np.uint8)
    scale, offset = c["pixels_scale"], zero["pixels_zero_point"]
    for number, out in enumerate(("sums1", "sums2", "scores"), 1):
        sums = (x.astype(np.int32) - offset) @ c[f"layer{number}.weight_quantized"].astype(np.int32)
        sums += c[f"layer{number}.bias_quantized"]
        factor = scale * c[f"layer{number}.weight_scale"] / c[f"{out}_scale"]
        scale, offset = c[f"{out}_scale"], zero[f"{out}_zero_point"]
        x = np.clip(np.rint(sums.astype(np.float32) * factor) + offset, 0, U8).astype(np.uint8)
    return (x.astype(np.int32) - offset).astype(np.float32) * scale


def test_products_do_not_saturate():
    found = run(extremes(), {"x": np.full((3, LENGTH), U8, np.uint8)})["sums"]
    np.testing.assert_array_equal(found, [[LENGTH * U8 * I8, -LENGTH * U8 * (I8 + 1)]] * 3)


def test_both_quantized_forms_of_the_perceptron_are_its_definition_bit_for_bit():
    chosen = network("mlp")
    pixels = chosen.inputs(accuracy.images()[0])["pixels"]
    expected = numpy_scores(chosen.load("qoperator"), pixels)
    for form in FORMATS:
        np.testing.assert_array_equal(accuracy.scores(chosen, form), expected)


def test_both_quantized_forms_of_the_convolutional_network_agree_bit_for_bit():
    chosen = network("cnn")
    np.testing.assert_array_equal(accuracy.scores(chosen, "qdq"), accuracy.scores(chosen, "qoperator"))


@pytest.mark.parametrize("name", ["mlp", "cnn"])
@pytest.mark.parametrize("level", ["ORT_ENABLE_EXTENDED", "ORT_ENABLE_ALL"])
def test_threads_and_higher_levels_change_no_bit_of_a_quantized_network(name: str, level: str):
    chosen = network(name)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    opened = onnxruntime.InferenceSession(str(chosen.path("qdq")), options, providers=["CPUExecutionProvider"])
    (found,) = opened.run(None, chosen.inputs(accuracy.images()[0]))
    np.testing.assert_array_equal(found, accuracy.scores(chosen, "qdq"))


def test_the_session_is_pinned():
    opened = pinned(extremes())
    options = opened.get_session_options()
    assert opened.get_providers() == ["CPUExecutionProvider"]
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.x64quantprecision") == "1"
    assert options.graph_optimization_level == onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED


def test_a_file_gives_what_its_model_gives(tmp_path: Path):
    path, x = tmp_path / "model.onnx", {"x": np.ones((1, LENGTH), np.uint8)}
    onnx.save(extremes(), path)
    np.testing.assert_array_equal(run(path, x)["sums"], run(extremes(), x)["sums"])


def test_quantizing_leaves_the_given_model_alone():
    model = network("mlp").load("float")
    before = model.SerializeToString()
    made = quantize(model, [np.ones((2, 64), np.float32)], "qdq", per_channel=False)
    assert model.SerializeToString() == before
    assert constants(made)["layer1.weight_scale"].ndim == 0


def test_a_constant_is_written_once():
    w = Writer()
    w.shape("axes", 1)
    with pytest.raises(ValueError, match="constant 'axes' is there already"):
        w.shape("axes", 2)
