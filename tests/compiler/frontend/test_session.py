"""The pinned session: its sums must not saturate, and its optimized form must say what it computes."""

import numpy as np
import pytest

from compiler.frontend.errors import NetworkError
from compiler.frontend.session import has_int8_activations, optimized, pinned, run_nodes
from compiler.graph import ir
from tests.compiler.frontend.models import DTYPE, equal, model, node

F = np.float32


@pytest.mark.parametrize("kinds", [("u8", "i8"), ("u8", "u8"), ("i8", "i8")], ids="-".join)
@pytest.mark.parametrize("k", [2, 4, 64])
def test_products_do_not_saturate_at_16_bits(kinds, k):
    """255 * 127 * 2 is beyond 16 bits: a session that adds such pairs in 16 bits shows here, and is no oracle."""
    high = {"u8": 255, "i8": 127}
    a, w = (np.full(s, high[kind], DTYPE[kind]) for s, kind in (((3, k), kinds[0]), ((k, 8), kinds[1])))
    constants = {"sa": F(1), "za": DTYPE[kinds[0]](0), "w": w, "sw": F(1), "zw": DTYPE[kinds[1]](0)}
    constants |= {"sy": F(k * high[kinds[0]] * high[kinds[1]] / 100), "zy": DTYPE[kinds[0]](0)}
    names = ["a", "sa", "za", "w", "sw", "zw", "sy", "zy"]
    (result,) = pinned(model([node("QLinearMatMul", names)], {"a": a}, ["y"], constants)).run(None, {"a": a})
    assert (result == 100).all(), "this onnxruntime saturates products: no reference"
    x, f = a.T[None, :, :, None], w.T[:, :, None, None]
    constants["w"] = np.ascontiguousarray(f)
    made = model([node("QLinearConv", ["a", *names[1:]])], {"a": x}, ["y"], constants)
    assert (pinned(made).run(None, {"a": x})[0] == 100).all(), "this onnxruntime saturates products: no reference"


def _qdq(kind):
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("DequantizeLinear", ["w", "s", "zw"], ["dw"]),
        node("MatMul", ["d", "dw"], ["m"]),
        node("QuantizeLinear", ["m", "s", "z"], ["r"]),
    ]
    constants = {"s": F(0.02), "z": DTYPE[kind](3), "w": np.ones((4, 5), np.int8), "zw": np.int8(0)}
    return model(nodes, {"x": np.zeros((3, 4), F)}, ["r"], constants)


@pytest.mark.parametrize("kind", ["u8", "i8"])
def test_the_optimized_form_has_integer_products(kind):
    """int8 activations too, which onnxruntime leaves in fp32 on x86 unless told otherwise."""
    made = _qdq(kind)
    assert has_int8_activations(made) == (kind == "i8")
    operators = [n.op_type for n in optimized(made).graph.node]
    assert operators == ["QuantizeLinear", "QLinearMatMul"]


def test_single_nodes():
    (y,) = run_nodes([node("Add", ["a", "b"])], {"a": F([1, 2]), "b": F([0.5])}, ["y"], {"": 17})
    assert y.tolist() == [1.5, 2.5]
    with pytest.raises(NetworkError, match="onnxruntime refuses the model: "):
        run_nodes([node("Add", ["a", "b"])], {"a": F([1, 2]), "b": np.int8([1])}, ["y"], {"": 17})


@pytest.mark.parametrize("kind", ["u8", "i8"])
@pytest.mark.parametrize("op", ["MatMul", "Gemm"])
@pytest.mark.parametrize("bias", [False, True])
def test_products_whose_result_is_not_quantized(kind, op, bias):
    """The last product of many models: onnxruntime makes floats of its integer sums."""
    generator = np.random.default_rng(0)
    w = generator.integers(-128, 128, (30, 13)).astype(np.int8)
    constants = {"s": F(0.02), "z": DTYPE[kind](3), "w": w, "sw": generator.uniform(0.001, 0.01, 13).astype(F)}
    constants |= {"zw": np.zeros(13, np.int8), "b": np.int32(generator.integers(-900, 900, 13))}
    constants |= {"sb": constants["s"] * constants["sw"], "zb": np.zeros(13, np.int32)}
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("DequantizeLinear", ["w", "sw", "zw"], ["dw"], axis=1),
    ]
    if bias:
        nodes.append(node("DequantizeLinear", ["b", "sb", "zb"], ["db"], axis=0))
    if op == "Gemm":
        nodes.append(node("Gemm", ["d", "dw", *(["db"] if bias else [])]))
    else:
        nodes.append(node("MatMul", ["d", "dw"], ["m" if bias else "y"]))
        nodes += [node("Add", ["m", "db"])] if bias else []
    x = generator.normal(0, 2, (5, 30)).astype(F)
    graph = equal(model(nodes, {"x": x}, ["y"], constants), {"x": x})
    assert [type(n) for n in graph.nodes] == [ir.MatMul, ir.Map]
