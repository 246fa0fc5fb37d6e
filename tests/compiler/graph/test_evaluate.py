"""Evaluation of graphs, node by node, against NumPy in wide numbers."""

import numpy as np
import pytest

from arch.config import preset
from arch.types import Type
from compiler.graph import ir
from compiler.graph.check import check
from compiler.graph.evaluate import evaluate
from compiler.graph.shapes import GraphError
from tests.compiler.graph.graphs import graph

MACHINE = preset("small")
F, H = np.float32, np.float16


def run(made, **inputs):
    check(made)
    return evaluate(made, MACHINE, inputs)["y"]


def test_bytes_multiply_exactly_and_wrap_nowhere_near():
    x = np.full((2, 3, 500), 255, np.uint8)
    w = np.full((500, 4), -128, np.int8)
    made = graph([ir.MatMul(("x", "w"), "y")], {"x": ("u8", x.shape), "y": ("i32", (2, 3, 4))}, {"w": w})
    assert (run(made, x=x) == -255 * 128 * 500).all()


def test_passes_of_fp16_products_are_rounded_in_order():
    """2**24 in the first pass; each later pass adds 1, which fp32 loses beside it, 33 times over."""
    size, half = MACHINE.vector // 2, MACHINE.lanes // 2
    # First elements of all passes but the first: two of each vector, in the lower half of the lanes and in the upper.
    later = [number // 2 * 2 * size + number % 2 * half for number in range(1, 34)]
    x, w = np.zeros((1, 34 * size), H), np.zeros((34 * size, 1), H)
    x[0, 0], x[0, later] = 4096, 1
    w[0], w[later] = 4096, 1
    made = graph([ir.MatMul(("x", "w"), "y")], {"x": ("f16", x.shape), "y": ("f32", (1, 1))}, {"w": w})
    assert run(made, x=x) == 2.0**24
    # Within one pass the sum is exact.
    lower = [k for k in range(1, 2 * size) if k % MACHINE.lanes < half]
    x[0, lower], w[lower] = 1, 1
    assert run(made, x=x) == 2.0**24 + size - 1 + (size - 1) % 2


def test_passes_of_a_convolution_go_tap_by_tap():
    """The same with two taps of one channel: 2**24 first, then twice a half unit, each lost."""
    x = np.array([[[4096, 1, 1]]], H)
    w = np.array([[[4096, 1, 1]]], H)
    node = ir.Conv(("x", "w"), "y", strides=(1,), pads=((0, 0),), dilations=(1,))
    made = graph([node], {"x": ("f16", x.shape), "y": ("f32", (1, 1, 1))}, {"w": w})
    assert run(made, x=x) == 2.0**24


def test_the_border_of_a_convolution():
    x = np.zeros((1, 1, 2), np.uint8)
    w = np.array([[[1, 10, 100]]], np.int8)
    node = ir.Conv(("x", "w"), "y", strides=(1,), pads=((1, 2),), dilations=(1,), border=7)
    made = graph([node], {"x": ("u8", x.shape), "y": ("i32", (1, 1, 3))}, {"w": w})
    assert run(made, x=x).tolist() == [[[7, 700, 770]]]


def test_groups_see_their_own_channels():
    x = np.array([[[1], [2], [3], [4]]], np.int8)
    w = np.array([[[1], [10]], [[1], [10]]], np.int8)
    node = ir.Conv(("x", "w"), "y", strides=(1,), pads=((0, 0),), dilations=(1,), groups=2)
    made = graph([node], {"x": ("i8", x.shape), "y": ("i32", (1, 2, 1))}, {"w": w})
    assert run(made, x=x).reshape(-1).tolist() == [21, 43]


def test_steps_of_a_map():
    """(x * 2 + b) cast with an offset; b broadcasts; floats seen as bits."""
    steps = (
        ir.Step("Mul", Type.F32, (ir.Input(0), ir.Immediate(0x40000000))),
        ir.Step("Add", Type.F32, (ir.Result(0), ir.Input(1))),
        ir.Step("Cast", Type.F32, (ir.Result(1), ir.Immediate(5)), to=Type.I8),
    )
    made = graph(
        [ir.Map(("x", "b"), "y", steps=steps)], {"x": ("f32", (2, 1)), "y": ("i8", (2, 3))}, {"b": F([0.5, 1, 90])}
    )
    assert run(made, x=F([[1], [20]])).tolist() == [[7, 8, 97], [45, 46, 127]]
    bits = (ir.Step("Xor", Type.U32, (ir.Input(0), ir.Immediate(1 << 31))),)
    sign = graph([ir.Map(("x",), "y", steps=bits)], {"x": ("f32", (2,)), "y": ("u32", (2,))})
    assert run(sign, x=F([0, -1])).tolist() == [1 << 31, 0x3F800000]


def test_reductions_and_pools_add_in_order():
    x = F([[1e8, 1, -1e8, 1]])
    made = graph([ir.Reduce(("x",), "y", axes=(1,))], {"x": ("f32", (1, 4)), "y": ("f32", (1, 1))})
    assert run(made, x=x) == 1
    pool = ir.Pool(("x",), "y", op="Add", kernel=(4,), strides=(1,), pads=((0, 1),), dilations=(1,))
    made = graph([pool], {"x": ("f32", (1, 1, 4)), "y": ("f32", (1, 1, 2))})
    assert run(made, x=x[None]).tolist() == [[[1, -99999999 - 1]]]
    least = ir.Pool(("x",), "y", kernel=(2,), strides=(2,), pads=((1, 1),), dilations=(1,), border=0x80)
    made = graph([least], {"x": ("i8", (1, 1, 2)), "y": ("i8", (1, 1, 2))})
    assert run(made, x=np.int8([[[-3, -5]]])).tolist() == [[[-3, -5]]]


def test_moves():
    x = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    shapes = {"x": ("i16", x.shape), "a": ("i16", (4, 2, 3)), "b": ("i16", (2, 2, 3)), "c": ("i16", (2, 4, 3))}
    shapes |= {"d": ("i16", (2, 4, 2)), "e": ("i16", (3, 5, 2)), "y": ("i16", (30,))}
    nodes = [
        ir.Transpose(("x",), "a", perm=(2, 0, 1)),
        ir.Slice(("a",), "b", start=(3, 0, 2), step=(-2, 1, -1)),
        ir.Concat(("b", "b"), "c", axis=1),
        ir.Take(("c",), "d", indices=np.array([2, 0]), axis=2),
        ir.Pad(("d",), "e", pads=((1, 0), (0, 1), (0, 0)), value=9),
        ir.Reshape(("e",), "y"),
    ]
    b = x.transpose(2, 0, 1)[3::-2][:, :, ::-1]
    d = np.concatenate([b, b], axis=1)[:, :, [2, 0]]
    wanted = np.pad(d, ((1, 0), (0, 1), (0, 0)), constant_values=9).reshape(-1)
    assert np.array_equal(run(graph(nodes, shapes), x=x), wanted)


def test_the_host_quantizes_and_dequantizes():
    made = graph([ir.Reshape(("x",), "y")], {"x": ("i8", (1, 7)), "y": ("i8", (7,))}, scale=0.5, zero=3)
    result = run(made, x=F([[0.25, 0.75, -0.25, 1e9, -np.inf, np.nan, 0.26]]))
    assert result.tolist() == [0, 1, 0, 62, -65.5, 0, 0.5] and result.dtype == F


def test_what_an_evaluation_refuses():
    made = graph([ir.Reshape(("x",), "y")], {"x": ("i8", (1, 7)), "y": ("i8", (7,))})
    with pytest.raises(GraphError, match="input x is missing"):
        evaluate(made, MACHINE, {})
