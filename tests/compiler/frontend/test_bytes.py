"""onnxruntime's operators on bytes, and quantizing: all operands, bit for bit."""

import numpy as np
import pytest

from compiler.graph import ir
from tests.compiler.frontend.models import DTYPE, both, equal, model, node, spread

F = np.float32
#: Scales and zero points (as a share of the range) of a, b and the result: rounding ties, large ratios, random ones.
ADDITIONS = {
    "ties": ((0.5, 0.25, 1.0), (0, 0, 0)),
    "odd zero": ((0.5, 0.5, 1.0), (3, 5, 7)),
    "same": ((0.013, 0.013, 0.013), (128, 100, 3)),
    "random": ((0.0231, 0.0179, 0.0357), (17, 201, 99)),
    "small": ((0.00071, 0.031, 0.0297), (255, 0, 128)),
    "large": ((1.7, 0.003, 0.011), (128, 128, 128)),
}


def _all_pairs(kind):
    values = np.arange(256, dtype=np.uint8).view(DTYPE[kind])
    return np.repeat(values, 256).reshape(256, 256), np.tile(values, 256).reshape(256, 256)


def _binary(op, kind, case):
    scales, zeros = ADDITIONS[case]
    constants = {f"s{n}": F(s) for n, s in zip("aby", scales, strict=True)}
    constants |= {f"z{n}": np.uint8(z).astype(np.uint8).view(DTYPE[kind]) for n, z in zip("aby", zeros, strict=True)}
    return node(op, ["a", "sa", "za", "b", "sb", "zb", "sy", "zy"]), constants


@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul"])
@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("case", ADDITIONS)
def test_every_pair_of_operands(op, kind, case):
    made, constants = _binary(op, kind, case)
    a, b = _all_pairs(kind)
    graph = equal(model([made], {"a": a, "b": b}, ["y"], constants), {"a": a, "b": b})
    assert len(graph.nodes) == 1 and isinstance(graph.nodes[0], ir.Map)


@pytest.mark.parametrize("seed", range(12))
def test_sums_with_random_scales(seed):
    """Scales as a quantizer finds them: where fp32 steps would miss a tie, constants are moved or results mended."""
    generator = np.random.default_rng(seed)
    constants = {f"s{n}": F(generator.uniform(0.005, 0.05)) for n in "aby"}
    constants |= {f"z{n}": np.uint8(generator.integers(0, 256)) for n in "aby"}
    a, b = _all_pairs("u8")
    made = node("QLinearAdd", ["a", "sa", "za", "b", "sb", "zb", "sy", "zy"])
    equal(model([made], {"a": a, "b": b}, ["y"], constants), {"a": a, "b": b})


@pytest.mark.parametrize("seed", [20, 25, 35])
def test_sums_whose_ties_a_fused_multiplication_decides(seed):
    """One scale is half the result's, so that one wrong number of the other operand is wrong with half of the first's.

    Such are too many to be mended: onnxruntime's fused additions are met by moving the constants.
    """
    generator = np.random.default_rng(seed)
    constants = {f"s{n}": F(generator.uniform(0.005, 0.05)) for n in "aby"}
    constants |= {f"z{n}": np.uint8(generator.integers(0, 256)) for n in "aby"}
    constants["sy"] = constants["sa"] * F(2)
    a, b = _all_pairs("u8")
    made = node("QLinearAdd", ["a", "sa", "za", "b", "sb", "zb", "sy", "zy"])
    graph = equal(model([made], {"a": a, "b": b}, ["y"], constants), {"a": a, "b": b})
    (only,) = graph.nodes
    assert isinstance(only, ir.Map) and len(only.steps) == 7


def test_broadcasts_and_a_constant_operand():
    generator = np.random.default_rng(1)
    made, constants = _binary("QLinearAdd", "u8", "random")
    a, b = spread(generator, (3, 1, 5), "u8"), spread(generator, (4, 1), "u8")
    equal(model([made], {"a": a, "b": b}, ["y"], constants), {"a": a, "b": b})
    equal(model([made], {"a": a}, ["y"], constants | {"b": b}), {"a": a})


def test_an_operand_with_itself():
    _, constants = _binary("QLinearMul", "i8", "random")
    a = np.arange(256, dtype=np.uint8).view(np.int8)
    made = node("QLinearMul", ["a", "sa", "za", "a", "sa", "za", "sy", "zy"])
    used = {name: constants[name] for name in ("sa", "za", "sy", "zy")}
    equal(model([made], {"a": a}, ["y"], used), {"a": a})


@pytest.mark.parametrize("op", ["QLinearSigmoid", "QLinearLeakyRelu"])
@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("scale", [0.05, 0.003])
def test_functions_of_a_byte(op, kind, scale):
    x = np.arange(256, dtype=np.uint8).view(DTYPE[kind])
    constants = {"sx": F(scale), "zx": DTYPE[kind](100), "sy": F(1 / 256 if "Sig" in op else 0.9 * scale)}
    constants["zy"] = DTYPE[kind](-128 if kind == "i8" else 20)
    equal(model([node(op, ["x", "sx", "zx", "sy", "zy"])], {"x": x}, ["y"], constants), {"x": x})


@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_concat_brings_its_inputs_to_one_scale(kind):
    x = np.arange(256, dtype=np.uint8).view(DTYPE[kind]).reshape(4, 64)
    constants = {"sy": F(0.02), "zy": DTYPE[kind](7), "s1": F(0.0137), "z1": DTYPE[kind](100), "s2": F(0.01)}
    made = node("QLinearConcat", ["sy", "zy", "a", "s1", "z1", "b", "s2", "z1", "a", "sy", "zy"], axis=1)
    equal(model([made], {"a": x, "b": x}, ["y"], constants), {"a": x, "b": x})


FUNCTIONS = {
    "requantize": [],
    "tanh": [node("Tanh", ["t0"], ["t1"])],
    "exp and sqrt": [node("Exp", ["t0"], ["t1"]), node("Sqrt", ["t1"], ["t2"])],
    "gelu": [node("Div", ["t0", "root"], ["t1"]), node("Erf", ["t1"], ["t2"]), node("Add", ["t2", "one"], ["t3"])],
    "numbers": [
        node("Mul", ["t0", "root"], ["t1"]),
        node("Sub", ["one", "t1"], ["t2"]),
        node("Clip", ["t2", "", "one"], ["t3"]),
    ],
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_functions_between_dequantize_and_quantize(name, kind):
    """Not fused by onnxruntime, which computes them in fp32: one Map all the same, equal for every byte."""
    x = np.arange(256, dtype=np.uint8).view(DTYPE[kind])
    functions = FUNCTIONS[name]
    nodes = [node("DequantizeLinear", ["x", "sx", "zx"], ["t0"]), *functions]
    nodes.append(node("QuantizeLinear", [functions[-1].output[0] if functions else "t0", "sy", "zy"]))
    constants = {"sx": F(0.031), "zx": DTYPE[kind](90), "sy": F(0.0071), "zy": DTYPE[kind](60)}
    constants |= {"root": F(2**0.5), "one": F(1)}
    graph = equal(model(nodes, {"x": x}, ["y"], constants), {"x": x})
    assert [type(n) for n in graph.nodes] == [ir.Map]


@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("scale", [0.25, 1.0, 0.0123, 0.1, 3.3e-5, 71.3])
@pytest.mark.parametrize("zero", [0, 77])
def test_quantizing_inside_a_network_is_exact(kind, scale, zero):
    """Floats at and beside every threshold, and far away; the division by the scale is onnxruntime's."""
    steps = np.arange(-260, 260, dtype=np.float64) + 0.5
    near = (steps * F(scale)).astype(F)
    x = np.concatenate([near, np.nextafter(near, F(np.inf)), np.nextafter(near, F(-np.inf)), F([0, -0.0, 1e30, -1e30])])
    x = np.concatenate([x, np.random.default_rng(0).normal(0, 100 * scale, 3000).astype(F), F([np.inf, -np.inf])])
    nodes = [node("Neg", ["x"], ["t"]), node("QuantizeLinear", ["t", "s", "z"])]
    graph = equal(model(nodes, {"x": x}, ["y"], {"s": F(scale), "z": DTYPE[kind](zero)}), {"x": x})
    assert graph.inputs[0].scale is None


@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_quantizing_at_the_border_is_the_host_s(kind):
    x = np.random.default_rng(0).normal(0, 3, (5, 7)).astype(F)
    constants = {"s": F(0.0123), "z": DTYPE[kind](30)}
    nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("Transpose", ["q"], ["t"])]
    nodes.append(node("DequantizeLinear", ["t", "s", "z"]))
    graph = equal(model(nodes, {"x": x}, ["y"], constants), {"x": x})
    assert [type(n) for n in graph.nodes] == [ir.Transpose]
    assert graph.inputs[0].scale == graph.outputs[0].scale == pytest.approx(0.0123)
    assert (graph.inputs[0].dtype, graph.outputs[0].dtype, graph.inputs[0].zero) == ("float32", "float32", 30)


def test_an_input_that_is_quantized_in_two_ways_stays_a_float():
    x = np.random.default_rng(0).normal(0, 3, (5, 7)).astype(F)
    constants = {"s": F(0.5), "z": np.uint8(30), "s2": F(0.25)}
    nodes = [node("QuantizeLinear", ["x", "s", "z"], ["y"]), node("QuantizeLinear", ["x", "s2", "z"], ["y2"])]
    graph = equal(model(nodes, {"x": x}, ["y", "y2"], constants), {"x": x})
    assert graph.inputs[0].scale is None


def test_a_function_that_another_node_reads_too():
    x = np.arange(256, dtype=np.uint8)
    nodes = [
        node("DequantizeLinear", ["x", "sx", "zx"], ["t0"]),
        node("Neg", ["t0"], ["t1"]),
        node("Relu", ["t1"], ["t2"]),
        node("QuantizeLinear", ["t2", "sy", "zx"], ["y"]),
        node("Mul", ["t1", "t0"], ["y2"]),
    ]
    constants = {"sx": F(0.031), "zx": np.uint8(90), "sy": F(0.0071)}
    equal(model(nodes, {"x": x}, ["y", "y2"], constants), {"x": x})


def test_dequantizing_channels():
    x = spread(np.random.default_rng(0), (2, 3, 4), "i8")
    nodes = [node("DequantizeLinear", ["x", "s", "z"], ["t"], axis=1), node("Neg", ["t"])]
    constants = {"s": F([0.1, 0.2, 0.3]), "z": np.int8([1, -2, 3])}
    equal(model(nodes, {"x": x}, ["y"], constants), {"x": x})


@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (2, 2, 3, 5), (1, 1, 1, 1)], ids=str)
def test_global_average_pool(kind, shape):
    x = spread(np.random.default_rng(0), shape, kind)
    constants = {"sx": F(0.02), "zx": DTYPE[kind](33), "sy": F(0.0171), "zy": DTYPE[kind](5)}
    made = node("QLinearGlobalAveragePool", ["x", "sx", "zx", "sy", "zy"])
    equal(model([made], {"x": x}, ["y"], constants), {"x": x})


@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("scale", [1.0, 0.77])
@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2], "strides": [2, 2]},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 2], "pads": [1, 0, 1, 1], "count_include_pad": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    ],
    ids=str,
)
def test_average_pool(kind, scale, attributes):
    """With equal scales of input and result every fourth window of 2x2 is a tie, decided by fp32's rounding."""
    x = spread(np.random.default_rng(0), (2, 3, 40, 38), kind)
    constants = {"sx": F(0.0213), "zx": DTYPE[kind](33), "sy": F(0.0213) * F(scale), "zy": DTYPE[kind](33)}
    made = node("QLinearAveragePool", ["x", "sx", "zx", "sy", "zy"], **attributes)
    equal(model([made], {"x": x}, ["y"], constants), {"x": x})


@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_max_pool_of_bytes(kind):
    x = spread(np.random.default_rng(0), (1, 2, 7, 9), kind)
    attributes = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2], "dilations": [1, 2]}
    equal(model([node("MaxPool", ["x"], **attributes)], {"x": x}, ["y"]), {"x": x})


@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("scale", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("result", [1 / 256, 0.00312, 0.0021])
def test_softmax_of_bytes(kind, scale, result):
    """At most a step is allowed; all but a few in a thousand are equal."""
    x = spread(np.random.default_rng(0), (200, 10), kind)
    x[:100] = np.random.default_rng(1).integers(-20, 20, (100, 10)) + DTYPE[kind](50)
    zero = DTYPE[kind](0 if kind == "u8" else -128)
    constants = {"sx": F(scale), "zx": DTYPE[kind](3), "sy": F(result), "zy": zero}
    made = node("QLinearSoftmax", ["x", "sx", "zx", "sy", "zy"], axis=-1, opset=13)
    (wanted,), (given,), _ = both(model([made], {"x": x}, ["y"], constants), {"x": x})
    distance = np.abs(given.astype(int) - wanted.astype(int))
    assert distance.max() <= 1 and distance.sum() <= 4
    assert np.ptp(wanted.astype(int)) > 50


@pytest.mark.parametrize("scales", [(2.0, 0.5, 4.0), (0.25, 0.0123, 71.3)])
@pytest.mark.parametrize("zeros", [(0, 0, 0), (7, -100, 127)])
def test_quantizing_channels_is_exact(scales, zeros):
    """Scales that multiply and scales that divide, at and beside every threshold of each."""
    near = ((np.arange(-260, 260, dtype=np.float64) + 0.5)[:, None] * F(scales)).astype(F)
    x = np.concatenate(
        [near, np.nextafter(near, F(np.inf)), np.nextafter(near, F(-np.inf)), F([[1e30, -1e30, np.inf]])]
    )
    nodes = [node("Neg", ["x"], ["t"]), node("QuantizeLinear", ["t", "s", "z"], axis=1)]
    equal(model(nodes, {"x": x}, ["y"], {"s": F(scales), "z": np.int8(zeros)}), {"x": x})


@pytest.mark.parametrize("kind", ["QuantizeLinear", "DequantizeLinear"])
def test_blocks_of_scales(kind):
    """Blocks of three along the last axis, the last of them short."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 3, (2, 7)).astype(F) if kind == "QuantizeLinear" else spread(rng, (2, 7), "i8")
    constants = {"s": (rng.random((2, 3)) + 0.01).astype(F), "z": rng.integers(-99, 99, (2, 3)).astype(np.int8)}
    nodes = [node(kind, ["x", "s", "z"], axis=1, block_size=3)]
    equal(model(nodes, {"x": x}, ["y"], constants, 21), {"x": x})


@pytest.mark.parametrize("kind", [np.int16, np.uint16])
@pytest.mark.parametrize("scale", [0.25, 0.0123, 71.3])
def test_quantizing_to_16_bits_is_exact(kind, scale):
    near = ((np.arange(-70_000, 70_000, 7, dtype=np.float64) + 0.5) * F(scale)).astype(F)
    x = np.concatenate([near, np.nextafter(near, F(np.inf)), np.nextafter(near, F(-np.inf)), F([1e30, -1e30, np.inf])])
    nodes = [node("Neg", ["x"], ["t"]), node("QuantizeLinear", ["t", "s", "z"], ["q"])]
    nodes.append(node("DequantizeLinear", ["q", "s", "z"], ["d"]))
    constants = {"s": F(scale), "z": kind(77)}
    equal(model(nodes, {"x": x}, ["q", "d"], constants, 21), {"x": x})
