"""Integer products against onnxruntime, bit for bit: every mix of types, zero points, scales and shapes."""

import numpy as np
import pytest

from compiler.graph import ir
from tests.compiler.frontend.models import DTYPE, equal, model, node, spread

F = np.float32
#: Activation and weight types that onnxruntime multiplies.
PAIRS = [("u8", "u8"), ("u8", "i8"), ("i8", "i8")]
ZEROS = {"u8": (0, 128, 3, 255), "i8": (0, -128, 5, 127)}


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
@pytest.mark.parametrize("n", range(4))
def test_matmul_integer_with_constant_weights(kinds, n):
    generator = np.random.default_rng(n)
    a, w = spread(generator, (2, 7, 33), kinds[0]), spread(generator, (33, 13), kinds[1])
    za, zw = DTYPE[kinds[0]](ZEROS[kinds[0]][n]), DTYPE[kinds[1]](ZEROS[kinds[1]][-n])
    made = model([node("MatMulInteger", ["a", "w", "za", "zw"])], {"a": a}, ["y"], {"w": w, "za": za, "zw": zw})
    graph = equal(made, {"a": a})
    assert sum(isinstance(x, ir.MatMul) for x in graph.nodes) <= 2


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
@pytest.mark.parametrize("n", range(4))
def test_matmul_integer_of_two_tensors(kinds, n):
    """Zero points of both: row and column sums."""
    generator = np.random.default_rng(n)
    a, b = spread(generator, (3, 1, 5, 17), kinds[0]), spread(generator, (2, 17, 6), kinds[1])
    za, zb = DTYPE[kinds[0]](ZEROS[kinds[0]][n]), DTYPE[kinds[1]](ZEROS[kinds[1]][n])
    made = model([node("MatMulInteger", ["a", "b", "za", "zb"])], {"a": a, "b": b}, ["y"], {"za": za, "zb": zb})
    equal(made, {"a": a, "b": b})


def test_a_constant_on_the_left():
    generator = np.random.default_rng(3)
    a, b = spread(generator, (4, 9), "u8"), spread(generator, (9, 6), "i8")
    zeros = {"za": np.uint8(9), "zb": np.int8(-4)}
    equal(model([node("MatMulInteger", ["a", "b", "za", "zb"])], {"b": b}, ["y"], {"a": a, **zeros}), {"b": b})


@pytest.mark.parametrize("shapes", [((9,), (9, 4)), ((3, 9), (9,)), ((9,), (9,))], ids=str)
def test_vectors(shapes):
    generator = np.random.default_rng(4)
    a, w = spread(generator, shapes[0], "u8"), spread(generator, shapes[1], "u8")
    zeros = {"za": np.uint8(7), "zw": np.uint8(200)}
    equal(model([node("MatMulInteger", ["a", "w", "za", "zw"])], {"a": a}, ["y"], {"w": w, **zeros}), {"a": a})


def _qlinear(a, w, a_scale, a_zero, w_scale, w_zero, y_scale, y_zero, fixed=True):
    names = ["a", "sa", "za", "w", "sw", "zw", "sy", "zy"]
    constants = {"sa": F(a_scale), "za": a_zero, "sw": np.asarray(w_scale, F), "zw": w_zero, "sy": F(y_scale)}
    constants["zy"] = y_zero
    inputs = {"a": a} if fixed else {"a": a, "w": w}
    made = model([node("QLinearMatMul", names)], inputs, ["y"], constants | ({"w": w} if fixed else {}))
    return equal(made, inputs)


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("columns", [False, True])
def test_qlinear_matmul(kinds, seed, columns):
    """Widths 30, 13 and 1; saturating at both ends; zero points at the ends of the range."""
    generator = np.random.default_rng(seed)
    k, m = ((30, 13), (13, 1), (1, 30))[seed]
    a, w = spread(generator, (5, k), kinds[0]), spread(generator, (k, m), kinds[1])
    scales = generator.uniform(0.001, 0.02, m).astype(F) if columns else F(0.013)
    limits = np.iinfo(DTYPE[kinds[1]])
    zeros = generator.integers(limits.min, limits.max, m) if columns else ZEROS[kinds[1]][seed]
    y_zero = DTYPE[kinds[0]](ZEROS[kinds[0]][-seed])
    za = DTYPE[kinds[0]](ZEROS[kinds[0]][seed])
    graph = _qlinear(a, w, 0.037, za, scales, np.asarray(zeros, DTYPE[kinds[1]]), 0.03 * np.sqrt(k), y_zero)
    assert len(graph.nodes) <= 4


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125])
@pytest.mark.parametrize("zero", [0, 3, 127])
def test_ties(scale, zero):
    a = np.arange(256, dtype=np.uint8)[:, None]
    w = np.array([[1, -1, 3, -5, 7, 127]], np.int8)
    _qlinear(a, w, 1.0, np.uint8(100), scale, np.int8(0), 1.0, np.uint8(zero))


def test_qlinear_matmul_of_two_tensors():
    generator = np.random.default_rng(5)
    a, b = spread(generator, (2, 4, 6, 8), "u8"), spread(generator, (2, 4, 8, 6), "u8")
    _qlinear(a, b, 0.02, np.uint8(131), 0.03, np.uint8(7), 0.1, np.uint8(120), fixed=False)


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
@pytest.mark.parametrize("flags", [(0, 0), (0, 1), (1, 0), (1, 1)], ids=str)
@pytest.mark.parametrize("columns", [False, True])
def test_qgemm(kinds, flags, columns):
    """onnxruntime's QGemm, with its result in bytes and in floats."""
    generator = np.random.default_rng(sum(flags))
    a, w = spread(generator, (6, 11), kinds[0]), spread(generator, (11, 9), kinds[1])
    scales = generator.uniform(0.001, 0.02, 9).astype(F) if columns else F(0.01)
    zeros = np.full(np.shape(scales), 128 if kinds[1] == "u8" else 0, DTYPE[kinds[1]])
    bias = generator.integers(-5000, 5000, 9).astype(np.int32)
    constants = {"sa": F(0.02), "za": DTYPE[kinds[0]](11), "w": w.T if flags[1] else w, "sw": scales, "zw": zeros}
    constants |= {"bias": bias, "sy": F(0.07), "zy": DTYPE[kinds[0]](7)}
    x = np.ascontiguousarray(a.T) if flags[0] else a
    names = ["a", "sa", "za", "w", "sw", "zw", "bias"]
    for more in (["sy", "zy"], []):
        made = node("QGemm", [*names, *more], transA=flags[0], transB=flags[1], alpha=1.0)
        used = {name: constants[name] for name in [*names[1:], *more]}
        equal(model([made], {"a": x}, ["y"], used), {"a": x})


@pytest.mark.parametrize("op", ["QLinearMatMul", "QGemm", "QLinearConv"])
def test_the_order_of_a_scale_s_factors(op):
    """With y = 2 * fp32(a * w) only (a * w) / y is exactly 1/2, and sums that are odd are ties."""
    generator = np.random.default_rng(2)
    a, other = np.arange(256, dtype=np.uint8)[:, None], 0
    for _ in range(25):
        sa, sw = generator.uniform(0.01, 0.1, 2).astype(F)
        sy = F(2 * (sa * sw))
        other += F(sa * F(sw / sy)) != 0.5
        constants = {"sa": sa, "za": np.uint8(0), "w": np.ones((1, 1), np.int8), "sw": sw, "zw": np.int8(0), "sy": sy}
        constants |= {"zy": np.uint8(3), "bias": np.zeros(1, np.int32)}
        x = a
        names = ["a", "sa", "za", "w", "sw", "zw", *(["bias"] if op == "QGemm" else []), "sy", "zy"]
        if op == "QLinearConv":
            x, constants["w"] = a[:, :, None], np.ones((1, 1, 1), np.int8)
        equal(model([node(op, names)], {"a": x}, ["y"], {n: constants[n] for n in names[1:]}), {"a": x})
    assert other > 2, "these scales do not tell the orders apart"
