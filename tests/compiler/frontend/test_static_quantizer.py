"""Whole networks through onnxruntime's static quantizer, in every form, against the pinned session, bit for bit."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from compiler.frontend.errors import NetworkError
from compiler.frontend.quantize import quantize
from compiler.frontend.session import pinned
from compiler.graph import ir
from compiler.graph.evaluate import evaluate
from tests.compiler.frontend.models import MACHINE, both, equal, model, node

F = np.float32
SHAPE = (1, 1, 8, 8)


def _constants(generator, **shapes):
    return [numpy_helper.from_array(generator.normal(0, 0.3, s).astype(F), name) for name, s in shapes.items()]


def network(head=()) -> onnx.ModelProto:
    """Convolutions, depthwise too, a residual, gates, pools, a Gemm and a MatMul; ``head`` stands at the end."""
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"]),
        node("MaxPool", ["r1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], group=4),
        node("Add", ["c2", "p1"], ["a1"]),
        node("Sigmoid", ["a1"], ["s1"]),
        node("Mul", ["s1", "a1"], ["m1"]),
        node("AveragePool", ["m1"], ["ap"], kernel_shape=[2, 2]),
        node("Tanh", ["ap"], ["th"]),
        node("GlobalAveragePool", ["ap"], ["g1"]),
        node("GlobalAveragePool", ["th"], ["g2"]),
        node("Concat", ["g1", "g2"], ["cat"], axis=1),
        node("Flatten", ["cat"], ["flat"]),
        node("Gemm", ["flat", "w3", "b3"], ["g"], transB=1),
        node("Relu", ["g"], ["r2"]),
        node("MatMul", ["r2", "w4"], ["mm"]),
        node("Add", ["mm", "b4"], ["t" if head else "y"]),
        *head,
    ]
    shapes = {"w1": (4, 1, 3, 3), "b1": (4,), "w2": (4, 1, 3, 3), "b2": (4,), "w3": (6, 8), "b3": (6,)}
    constants = _constants(np.random.default_rng(0), **shapes, w4=(6, 5), b4=(5,))
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 5))]
    graph = helper.make_graph(nodes, "network", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def samples(count=12, seed=0):
    return np.random.default_rng(seed).normal(size=(count, *SHAPE[1:])).astype(F)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "network.onnx"
    onnx.save(network(), str(path))
    return path


@pytest.mark.parametrize("form", ["qdq", "qoperator"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("activations", ["u8", "i8"])
def test_every_form_of_a_network(plain, form, per_channel, activations):
    made = quantize(plain, {"": samples()}, form, per_channel, activations)
    graph = equal(made, {"x": samples(1, seed=1)})
    session = pinned(made)
    for size in (0.2, 1, 5, 100):
        for x in samples(4, seed=2)[:, None] * F(size):
            (wanted,) = session.run(None, {"x": x})
            (result,) = evaluate(graph, MACHINE, {"x": x}).values()
            np.testing.assert_array_equal(result, wanted)
    assert graph.inputs[0].scale is not None and graph.outputs[0].scale is not None


def test_a_softmax_at_the_end_is_within_a_step(tmp_path):
    onnx.save(network([node("Softmax", ["t"], axis=-1)]), str(tmp_path / "n.onnx"))
    made = quantize(tmp_path / "n.onnx", {"x": samples()})
    (wanted,), (result,), graph = both(made, {"x": samples(1, seed=3)})
    scale = graph.outputs[0].scale
    assert scale is not None and np.abs(result - wanted).max() <= scale * 1.001


def test_layer_normalization_and_gelu_between_quantized_products(tmp_path):
    """They stay in fp32, and what they give is quantized within a step; so does the product that follows."""
    nodes = [
        node("MatMul", ["x", "w1"], ["a"]),
        node("LayerNormalization", ["a", "g", "b"], ["n"], axis=-1),
        node("Gelu", ["n"], ["t"]),
        node("MatMul", ["t", "w2"], ["y"]),
    ]
    generator = np.random.default_rng(0)
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (3, 16))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (3, 7))],
        _constants(generator, w1=(16, 30), g=(30,), b=(30,), w2=(30, 7)),
    )
    path = tmp_path / "block.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), str(path))
    data = generator.normal(size=(12, 16)).astype(F)
    (wanted,), (result,), made = both(quantize(path, {"x": data}), {"x": data[:3]})
    assert any(isinstance(n, ir.Reduce) for n in made.nodes)
    scale = made.outputs[0].scale
    assert scale is not None and np.abs(result - wanted).max() <= scale * 1.001


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"": np.zeros((3, 1, 8, 7), F)}, r"--data of input x must be numbers \[count, 1, 8, 8\], not float32"),
        ({"z": samples()}, r"--data must give the inputs x, as NAME=FILE.npy each"),
        ({"": samples() * np.nan}, r"must be finite numbers"),
        ({"": samples(0)}, r"must be finite numbers, at least one sample"),
        ({"": samples().astype("U8")}, r"must be numbers"),
    ],
)
def test_bad_samples(plain, data, message):
    with pytest.raises(NetworkError, match=message):
        quantize(plain, data)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers(plain, tmp_path, value):
    made = onnx.load(str(plain))
    weights = numpy_helper.to_array(made.graph.initializer[0]).copy()
    weights.flat[1] = value
    made.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, made.graph.initializer[0].name))
    onnx.save(made, str(tmp_path / "n.onnx"))
    with pytest.raises(NetworkError, match=r"n\.onnx: constant '\w+' holds (NaN$|an infinity: no scale)"):
        quantize(tmp_path / "n.onnx", {"": samples()})


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.STRING, TensorProto.BOOL])
def test_models_of_other_types(plain, tmp_path, kind):
    made = onnx.load(str(plain))
    made.graph.input[0].type.tensor_type.elem_type = kind
    onnx.save(made, str(tmp_path / "n.onnx"))
    name = TensorProto.DataType.Name(kind).lower()
    with pytest.raises(NetworkError, match=f"input x is of type {name}: only models in fp32 are quantized"):
        quantize(tmp_path / "n.onnx", {"": samples()})


def test_a_model_without_inputs(tmp_path):
    made = model([node("Constant", [], value_float=1.0)], {}, ["y"])
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, []))
    onnx.save(made, str(tmp_path / "n.onnx"))
    with pytest.raises(NetworkError, match="has no inputs: there is nothing to quantize"):
        quantize(tmp_path / "n.onnx", {})


def test_bad_options_and_models(plain, tmp_path):
    with pytest.raises(NetworkError, match="--format must be one of qdq, qoperator, not 'x'"):
        quantize(plain, {"": samples()}, form="x")
    onnx.save(quantize(plain, {"": samples()}), str(tmp_path / "q.onnx"))
    with pytest.raises(NetworkError, match=r"q\.onnx: is quantized already"):
        quantize(tmp_path / "q.onnx", {"": samples()})
