"""Requantization against onnxruntime: random accumulators, ties, saturation, odd zero points."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from golden.numerics import floats
from golden.numerics.casts import cast
from golden.numerics.dot import dot_i8
from golden.numerics.requantize import output_scale, requantize

NUMPY = {"i8": np.int8, "u8": np.uint8}
ONNX = {"i8": TensorProto.INT8, "u8": TensorProto.UINT8}


def _session(operator: str, inputs: dict[str, int], constants: dict[str, np.ndarray], order: list[str], dst: str):
    """A model of one operator, run on one thread without optimization or 16-bit saturation of products."""
    shape = [None] * (2 if operator == "QLinearMatMul" else 1)
    graph = helper.make_graph(
        [helper.make_node(operator, order, ["y"])],
        "one",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind in inputs.items()],
        [helper.make_tensor_value_info("y", ONNX[dst], shape)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _check_matmul(a, w, a_scale, w_scale, y_scale, a_zero, y_zero, types):
    """Golden dot product and requantization equal QLinearMatMul."""
    a_type, w_type, y_type = types
    constants = {
        "w": w,
        "a_scale": np.float32(a_scale),
        "a_zero": NUMPY[a_type](a_zero),
        "w_scale": w_scale.astype(np.float32),
        "w_zero": np.zeros(w_scale.shape, NUMPY[w_type]),
        "y_scale": np.float32(y_scale),
        "y_zero": NUMPY[y_type](y_zero),
    }
    constants = {name: np.asarray(array) for name, array in constants.items()}
    order = ["a", "a_scale", "a_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero"]
    expected = _session("QLinearMatMul", {"a": ONNX[a_type]}, constants, order, y_type).run(None, {"a": a})[0]
    correction = a_zero * w.astype(np.int64).sum(axis=0)
    acc = dot_i8(a.view(np.uint8), w.view(np.uint8), a_type, w_type).view(np.int32) - correction
    acc = acc.astype(np.int32).view(np.uint32)
    scale = output_scale(np.float32(a_scale), w_scale, np.float32(y_scale)).view(np.uint32)
    result = requantize(acc, scale, y_zero, y_type).astype(np.uint8)
    np.testing.assert_array_equal(result.view(NUMPY[y_type]), expected)
    return acc.view(np.int32), expected


def _random(generator, shape, dtype):
    return generator.integers(*{"i8": (-128, 128), "u8": (0, 256)}[dtype], shape).astype(NUMPY[dtype])


@pytest.mark.parametrize("types", [("u8", "i8", "u8"), ("i8", "i8", "i8"), ("u8", "u8", "u8")], ids="-".join)
@pytest.mark.parametrize("seed", range(6))
def test_qlinearmatmul(types, seed):
    """Scales per column, any zero points."""
    generator = np.random.default_rng(seed)
    k, m = [(1, 1), (5, 3), (16, 8), (64, 33), (160, 17), (320, 20)][seed]
    a, w = _random(generator, (37, k), types[0]), _random(generator, (k, m), types[1])
    scales = generator.uniform(0.001, 0.1, m).astype(np.float32)
    y_scale = np.float32(0.02 * np.sqrt(k) * generator.uniform(0.5, 2))
    low, high = (-128, 127) if types[2] == "i8" else (0, 255)
    for y_zero in (low, high, 1 + low, 3, int(generator.integers(low, high))):
        a_zero = int(_random(generator, 1, types[0])[0])
        _check_matmul(a, w, 0.037, scales, y_scale, a_zero, y_zero, types)


@pytest.mark.parametrize("types", [("u8", "i8", "u8"), ("i8", "i8", "i8")], ids="-".join)
@pytest.mark.parametrize("y_zero", [0, 1, 3, 64, 127])
def test_ties_go_to_the_even_number_before_the_zero_point(types, y_zero):
    """Accumulators times 1/2, 1/4, 1/8: rounded, then the zero point; an odd one shows the order."""
    a = np.arange(256).astype(np.uint8).view(NUMPY[types[0]])[:, None]
    w = np.array([[1, -1, 3, -5, 1, 1]], dtype=np.int8)
    scales = np.array([0.5, 0.5, 0.5, 0.25, 0.25, 0.125])
    acc, _ = _check_matmul(a, w, 1.0, scales, 1.0, 0, y_zero, types)
    assert (np.abs(acc * scales % 1) == 0.5).sum() > 300


def test_order_of_the_scale_s_factors():
    """With y_scale = 2 * fp32(a_scale * w_scale) only (a * w) / y is exactly 1/2 and gives ties."""
    generator = np.random.default_rng(2)
    a = np.arange(256, dtype=np.uint8)[:, None]
    others = 0
    for _ in range(60):
        a_scale, w_scale = generator.uniform(0.01, 0.1, 2).astype(np.float32)
        y_scale = 2 * (a_scale * w_scale)
        others += a_scale * (w_scale / y_scale) != 0.5
        assert output_scale(a_scale, w_scale, y_scale) == 0.5
        _check_matmul(a, np.ones((1, 1), np.int8), a_scale, np.array([w_scale]), y_scale, 0, 3, ("u8", "i8", "u8"))
    assert others > 5  # else the scales would not tell the two orders apart


@pytest.mark.parametrize("dst", ["i8", "u8"])
@pytest.mark.parametrize("scale", [0.25, 2.0, 2.0**-9])
def test_quantize_linear(dst, scale):
    """Casting with an offset is QuantizeLinear; a power of two makes its division our multiplication."""
    generator = np.random.default_rng(1)
    ties = np.arange(-700, 700) * 0.5 * scale
    edges = [np.inf, -np.inf, 1e30, -1e30, 1e-45, -0.0, 2.0**31 * scale, -(2.0**31) * scale]
    x = np.concatenate(
        [ties, np.nextafter(ties.astype(np.float32), np.float32(1e9)), edges, generator.normal(0, 100 * scale, 5000)]
    ).astype(np.float32)
    inverse = np.float32(1 / scale).view(np.uint32)
    for zero in (0, 1, 3, 101, 127) if dst == "u8" else (-128, -7, 0, 5, 127):
        constants = {"scale": np.asarray(np.float32(scale)), "zero": np.asarray(NUMPY[dst](zero))}
        session = _session("QuantizeLinear", {"x": TensorProto.FLOAT}, constants, ["x", "scale", "zero"], dst)
        expected = session.run(None, {"x": x})[0]
        result = cast(floats.mul(x.view(np.uint32), inverse, "f32"), "f32", dst, offset=zero)
        np.testing.assert_array_equal(result.astype(np.uint8).view(NUMPY[dst]), expected)


def test_accumulators_above_24_bits_round_to_fp32_first():
    """16777217 * 0.5 is 8388608 after that rounding; seen through a zero point far below it."""
    acc = np.array([[(1 << 24) + 1, (1 << 24) + 3]], dtype=np.uint32)
    scale = np.float32(2.0**-18).view(np.uint32)
    np.testing.assert_array_equal(requantize(acc, scale, 0, "u8"), [[64, 64]])
    product = floats.mul(cast(acc, "i32", "f32"), np.float32(0.5).view(np.uint32), "f32")
    np.testing.assert_array_equal(product.view(np.float32), [[8388608.0, 8388610.0]])


def test_per_column_zero_points_and_scales():
    acc = np.array([[3, 3, 3], [1000, 1000, 1000]], dtype=np.uint32)
    scale = np.array([0.5, 1.0, 2.0], dtype=np.float32).view(np.uint32)
    np.testing.assert_array_equal(requantize(acc, scale, np.array([0, 1, 5]), "i8"), [[2, 4, 11], [127, 127, 127]])


def test_destination_is_checked():
    with pytest.raises(ValueError, match="dst must be 'i8' or 'u8', not 'i16'"):
        requantize(np.zeros(1, np.uint32), np.uint32(0), 0, "i16")
