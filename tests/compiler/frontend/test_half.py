"""fp16 operators: within one unit in the last place of the exact result of the same fp16 operands."""

import math

import numpy as np
import pytest

from compiler.frontend.load import translate
from compiler.graph.evaluate import evaluate
from compiler.graph.ir import Reduce
from tests.compiler.frontend.models import MACHINE, equal, model, node, ulps

H = np.float16
EVERY = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16).view(H)
FINITE = EVERY[np.isfinite(EVERY)]
erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)


def run(nodes, inputs, constants=None, opset=23):
    graph = translate(model(nodes, inputs, ["y"], constants, opset))
    (result,) = evaluate(graph, MACHINE, inputs).values()
    return result


def normal(shape, scale=1.0, seed=0):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(H)


def _tanh_gelu(x):
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    return x / (1 + np.exp(-2 * inner))


FUNCTIONS = {
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), {}),
    "Tanh": (np.tanh, {}),
    "Exp": (np.exp, {}),
    "Sqrt": (np.sqrt, {}),
    "Reciprocal": (lambda x: 1 / x, {}),
    "Erf": (erf, {}),
    "Gelu": (lambda x: x * erfc(-x / 2**0.5) / 2, {}),
    "FastGelu": (_tanh_gelu, {}),
    "Relu": (lambda x: np.maximum(x, 0), {}),
    "Neg": (np.negative, {}),
    "Abs": (np.abs, {}),
    "LeakyRelu": (lambda x: np.where(x < 0, np.float32(0.01).astype(float) * x, x), {}),
    "HardSigmoid": (lambda x: np.clip(np.float32(0.2).astype(float) * x + 0.5, 0, 1), {}),
    "HardSwish": (lambda x: x * np.clip(x / 6 + 0.5, 0, 1), {}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_on_every_finite_operand(name):
    """Measured: all are off by at most one unit, most by none; docs/networks.md has the counts."""
    function, attributes = FUNCTIONS[name]
    x = FINITE[FINITE >= 0] if name == "Sqrt" else FINITE
    with np.errstate(all="ignore"):
        wanted = function(x.astype(np.float64))
    result = run([node(name, ["x"], **attributes)], {"x": x})
    assert ulps(result, wanted).max() <= 1


def test_gelu_in_its_tanh_form_as_an_attribute():
    result = run([node("Gelu", ["x"], approximate="tanh")], {"x": FINITE})
    with np.errstate(all="ignore"):
        assert ulps(result, _tanh_gelu(FINITE.astype(float))).max() <= 1


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div", "Min", "Max"])
def test_arithmetic_of_two_tensors(op):
    generator = np.random.default_rng(0)
    a, b = (generator.choice(FINITE, (200, 1)), generator.choice(FINITE, (1, 300)))
    function = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Min": np.minimum}
    with np.errstate(all="ignore"):
        wanted = function.get(op, np.maximum)(a.astype(float), b.astype(float)).astype(H)
    result = run([node(op, ["a", "b"])], {"a": a, "b": b})
    finite = ~np.isnan(wanted)
    distance = ulps(result, wanted)[finite]
    assert distance.max() <= (1 if op == "Div" else 0)
    assert np.isnan(result[~finite]).all()


def test_a_constant_mask():
    x = normal((2, 5, 5))
    mask = np.tril(np.ones((5, 5), bool))
    result = run([node("Where", ["m", "x", "c"])], {"x": x}, {"m": mask, "c": H(-1e4)})
    assert np.array_equal(result, np.where(mask, x, H(-1e4)))


def test_sums_of_several_and_slopes_of_channels():
    a, b, slope = normal((2, 3, 4)), normal((3, 1), seed=1), normal((3, 1), seed=2)
    result = run([node("Sum", ["a", "b", "a"])], {"a": a, "b": b})
    assert np.array_equal(result, (a + b) + a)
    wanted = np.where(a < 0, a.astype(float) * slope.astype(float), a)
    assert ulps(run([node("PRelu", ["a", "s"])], {"a": a}, {"s": slope}), wanted).max() == 0


@pytest.mark.parametrize("by", [3.0, -0.37, 8.0, 1e-3])
def test_division_by_a_number(by):
    result = run([node("Div", ["x", "c"])], {"x": FINITE}, {"c": H(by)})
    with np.errstate(over="ignore"):
        assert ulps(result, FINITE.astype(float) / float(H(by))).max() <= 1


@pytest.mark.parametrize("exponent", [0.5, 1, 2, 3])
def test_powers(exponent):
    x = np.abs(FINITE)
    with np.errstate(over="ignore"):
        assert (
            ulps(run([node("Pow", ["x", "c"])], {"x": x}, {"c": H(exponent)}), x.astype(float) ** exponent).max() <= 1
        )


@pytest.mark.parametrize("k", [1, 13, 64, 65, 200])
def test_matmul_and_gemm(k):
    a, w, c = normal((5, k)), normal((k, 7), seed=1), normal((7,), seed=2)
    exact = a.astype(float) @ w.astype(float)
    room = 2.0**-23 * (np.abs(a).astype(float) @ np.abs(w).astype(float)) + 2.0**-11 * np.abs(exact) + 2.0**-25
    assert (np.abs(run([node("MatMul", ["a", "w"])], {"a": a}, {"w": w}) - exact) <= room).all()
    result = run([node("Gemm", ["a", "w", "c"], transB=1, alpha=0.5, beta=2.0)], {"a": a}, {"w": w.T.copy(), "c": c})
    exact = 0.5 * exact + 2 * c.astype(float)
    assert (np.abs(result - exact) <= room + 2.0**-11 * np.abs(exact) + 2.0**-20).all()


def test_batches_of_products():
    a, b = normal((2, 3, 4, 5)), normal((3, 5, 6), seed=1)
    result = run([node("MatMul", ["a", "b"])], {"a": a, "b": b})
    assert ulps(result, a.astype(float) @ b.astype(float)).max() <= 2


@pytest.mark.parametrize("group", [1, 2])
def test_convolution(group):
    x, w, bias = normal((2, 4, 6, 5)), normal((6, 4 // group, 3, 3), 0.2, 1), normal((6,), seed=2)
    result = run([node("Conv", ["x", "w", "b"], pads=[1, 1, 1, 1], group=group)], {"x": x}, {"w": w, "b": bias})
    padded = np.pad(x.astype(float), ((0, 0), (0, 0), (1, 1), (1, 1)))
    wanted = np.zeros(result.shape) + bias.astype(float).reshape(1, -1, 1, 1)
    per = 4 // group
    for f in range(6):
        first = f // (6 // group) * per
        for i in range(6):
            for j in range(5):
                part = padded[:, first : first + per, i : i + 3, j : j + 3]
                wanted[:, f, i, j] += (part * w[f].astype(float)).sum(axis=(1, 2, 3))
    assert ulps(result, wanted).max() <= 1


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("scale", [1.0, 30.0, 20000.0])
def test_softmax(axis, scale):
    x = normal((7, 13, 5), scale)
    wide = x.astype(float)
    grown = np.exp(wide - wide.max(axis=axis, keepdims=True))
    result = run([node("Softmax", ["x"], axis=axis)], {"x": x})
    assert ulps(result, grown / grown.sum(axis=axis, keepdims=True)).max() <= 1


def test_layer_normalization():
    x, gamma, beta = normal((4, 3, 30), 5.0), normal((30,), seed=1), normal((30,), seed=2)
    constants = {"g": gamma, "b": beta}
    result = run([node("LayerNormalization", ["x", "g", "b"], axis=-1, epsilon=1e-3)], {"x": x}, constants)
    wide = x.astype(float)
    centered = wide - wide.mean(axis=-1, keepdims=True)
    wanted = centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-3) * gamma + beta
    # Where the bias cancels, the distance counts from what is subtracted.
    assert (np.abs(result - wanted) <= 2.0**-11 * np.maximum(np.abs(wanted), 2.0**-8)).all()


@pytest.mark.parametrize("axis", [-1, 1])
def test_rms_normalization(axis):
    x = normal((4, 3, 30), 5.0)
    gamma = normal(x.shape[axis:], seed=1)
    result = run([node("RMSNormalization", ["x", "g"], axis=axis, epsilon=1e-5)], {"x": x}, {"g": gamma})
    axes = (-1,) if axis == -1 else (1, 2)
    wanted = x.astype(float) / np.sqrt((x.astype(float) ** 2).mean(axis=axes, keepdims=True) + 1e-5) * gamma
    assert ulps(result, wanted).max() <= 1


@pytest.mark.parametrize("op", ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare"])
@pytest.mark.parametrize("axes", [(-1,), (0, 2), ()], ids=str)
@pytest.mark.parametrize("keep", [0, 1])
def test_reductions(op, axes, keep):
    x = np.abs(normal((3, 13, 30)))
    constants = {"axes": np.array(axes, np.int64)} if axes else {}
    result = run([node(op, ["x", *constants], keepdims=keep)], {"x": x}, constants)
    function = {"ReduceSum": np.sum, "ReduceMean": np.mean, "ReduceMax": np.max, "ReduceMin": np.min}
    wide = x.astype(float) ** (2 if op == "ReduceSumSquare" else 1)
    wanted = function.get(op, np.sum)(wide, axis=axes or None, keepdims=bool(keep))
    assert result.shape == wanted.shape and ulps(result, wanted).max() <= 1


def test_pools():
    x = normal((1, 3, 7, 8))
    equal(model([node("MaxPool", ["x"], kernel_shape=[3, 2], pads=[1, 0, 1, 1])], {"x": x}, ["y"]), {"x": x})
    wide = x.astype(float)
    result = run([node("AveragePool", ["x"], kernel_shape=[3, 3], strides=[2, 1])], {"x": x})
    wanted = np.stack([[wide[0, :, i : i + 3, j : j + 3].mean(axis=(1, 2)) for j in range(6)] for i in (0, 2, 4)])
    assert np.abs(result[0].transpose(1, 2, 0) - wanted).max() < 2e-3
    assert ulps(run([node("GlobalAveragePool", ["x"])], {"x": x}), wide.mean(axis=(2, 3), keepdims=True)).max() <= 1


def test_casts_are_onnxruntime_s():
    for to in (1, 6):  # float32, int32
        equal(model([node("Cast", ["x"], to=to)], {"x": FINITE}, ["y"]), {"x": FINITE})
    q = np.arange(-70000, 70000, 77, dtype=np.int32)
    for to in (1, 2, 3, 4, 5, 12):
        equal(model([node("Cast", ["x"], to=to)], {"x": q}, ["y"]), {"x": q})


def test_fp32_division_by_a_number_is_exact():
    generator = np.random.default_rng(0)
    x = (generator.normal(size=4000) * 10.0 ** generator.integers(-6, 7, 4000)).astype(np.float32)
    x[:2] = np.inf, -np.inf
    for by in (3.0, 0.1, -7.77, 1024.0):
        constants = {"s": np.float32(1), "z": np.uint8(0), "c": np.float32(by)}
        nodes = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("Div", ["x", "c"])]
        equal(model(nodes, {"x": x}, ["q", "y"], constants), {"x": x})


@pytest.mark.parametrize("op", ["Softmax", "ReduceMax", "ReduceMean"])
def test_rows_of_all_leading_axes_are_reduced_together(op):
    x = {"x": normal((2, 3, 13))}
    attributes = {"axis": -1} if op == "Softmax" else {"keepdims": 0}
    reads = ["x"] if op == "Softmax" else ["x", "axes"]
    constants = {} if op == "Softmax" else {"axes": np.array([-1], np.int64)}
    graph = translate(model([node(op, reads, ["y"], **attributes)], x, ["y"], constants, 23))
    shapes = {graph.tensors[one.inputs[0]].shape for one in graph.nodes if isinstance(one, Reduce)}
    assert shapes == {(6, 13)}
    (edge,) = graph.outputs
    assert graph.tensors[edge.tensor].shape == ((2, 3, 13) if op == "Softmax" else (2, 3))
