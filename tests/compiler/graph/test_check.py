"""The check of graphs: each rule has a graph that breaks it."""

from dataclasses import replace

import numpy as np
import pytest

from arch.types import Type
from compiler.graph import ir
from compiler.graph.check import check
from compiler.graph.shapes import GraphError
from tests.compiler.graph.graphs import graph

X = ("f32", (2, 3))
ADD = ir.Step("Add", Type.F32, (ir.Input(0), ir.Immediate(0)))
W = np.zeros((4, 2, 3), np.int8)
CONV = ir.Conv(("x", "w"), "y", strides=(1,), pads=((0, 0),), dilations=(1,))


def one(node, x=X, y=X, constants=None):
    return graph([node], {"x": x, "y": y}, constants)


def a_map(*steps):
    return one(ir.Map(("x",), "y", steps=steps))


BAD = {
    "size": (one(ir.Reshape(("x",), "y"), ("i8", (0,)), ("i8", (0,))), "tensor x: called x, shape \\[0\\]"),
    "unknown": (one(ir.Reshape(("z",), "y")), "Reshape y: input z is not known before it"),
    "twice": (graph([ir.Reshape(("x",), "x")], {"x": X}), "Reshape x: gives a tensor that there is already"),
    "shape": (one(ir.Reshape(("x",), "y"), y=("f32", (5,))), "Reshape y: cannot give \\[2, 3\\] the shape \\[5\\]"),
    "type": (one(ir.Reshape(("x",), "y"), y=("f16", (6,))), "gives f32 \\[6\\], its tensor is f16 \\[6\\]"),
    "products": (one(ir.MatMul(("x", "x"), "y")), "multiplies i8 or u8 by i8 or u8, or f16 by f16, not f32 by f32"),
    "sides": (
        one(ir.MatMul(("x", "w"), "y"), ("i8", (2, 3)), constants={"w": np.zeros((2, 3), np.int8)}),
        "shapes must be \\[..., M, K\\] and \\[..., K, N\\], not \\[2, 3\\] and \\[2, 3\\]",
    ),
    "window": (one(CONV, ("i8", (1, 2, 2)), constants={"w": W}), "a window of 3 does not fit in 2 elements"),
    "groups": (
        one(replace(CONV, groups=3), ("i8", (1, 6, 9)), constants={"w": W}),
        "Conv y: shapes must be \\[N, C, \\*S\\] and \\[F, C / 3, \\*k\\]",
    ),
    "strides": (one(replace(CONV, strides=()), ("i8", (1, 2, 9)), constants={"w": W}), "strides must have a value"),
    "weights": (
        graph([CONV], {"x": ("i8", (1, 2, 9)), "w": ("i8", (4, 2, 3)), "y": X}, inputs=("x", "w")),
        "Conv y: weights must be constant",
    ),
    "no steps": (a_map(), "a Map needs a step"),
    "operation": (a_map(ir.Step("Div", Type.F32, (ir.Input(0),))), "step 0: no operation Div.f32"),
    "latch": (a_map(ir.Step("Latch", Type.F32, (ir.Input(0),))), "step 0: no operation Latch.f32"),
    "type of operation": (a_map(ir.Step("Tanh", Type.I8, (ir.Input(0),))), "step 0: no operation Tanh.i8"),
    "operands": (a_map(ir.Step("Add", Type.F32, (ir.Input(0),))), "step 0: Add takes 2 operands, not 1"),
    "to": (a_map(ir.Step("Cast", Type.F32, (ir.Input(0),))), "a Cast, and nothing else, names the type"),
    "sat": (a_map(replace(ADD, sat=True)), "step 0: Add.f32 has no saturating form"),
    "later": (a_map(replace(ADD, operands=(ir.Result(0), ir.Input(0)))), "step 0: operand Result\\(step=0\\) does not"),
    "input": (a_map(replace(ADD, operands=(ir.Input(0), ir.Input(1)))), "operand Input\\(number=1\\) does not exist"),
    "width": (a_map(replace(ADD, type=Type.F16)), "operand Input\\(number=0\\) is f32, not f16"),
    "immediate": (a_map(replace(ADD, operands=(ir.Input(0), ir.Immediate(1 << 32)))), "0x100000000 does not fit f32"),
    "broadcast": (
        graph([ir.Map(("x", "c"), "y", steps=(ADD,))], {"x": X, "y": X}, {"c": np.zeros(4, np.float32)}),
        "shapes \\[2, 3\\], \\[4\\] do not broadcast",
    ),
    "axes": (one(ir.Reduce(("x",), "y", axes=(2,))), "axes must be distinct ones of 2, not \\[2\\]"),
    "no axes": (one(ir.Reduce(("x",), "y")), "axes must be distinct ones of 2, not \\[\\]"),
    "op": (one(ir.Reduce(("x",), "y", op="Mul", axes=(1,))), "op must be one of Add, Max, Min, not 'Mul'"),
    "perm": (one(ir.Transpose(("x",), "y", perm=(0, 0))), "perm must order the 2 axes, not \\[0, 0\\]"),
    "slice beyond": (one(ir.Slice(("x",), "y", start=(0, 1), step=(1, 1))), "elements 1..3 by 1 are not all in 0..2"),
    "pads": (one(ir.Pad(("x",), "y", pads=((0, 0),))), "pads must be a pair of at least 0 for each of 2 axes"),
    "indices": (one(ir.Take(("x",), "y", indices=np.array([3]), axis=1)), "indices 0..3 are not all in 0..2"),
    "concat": (one(ir.Concat(("x", "x"), "y", axis=2)), "axis must be one of 2, not 2"),
    "pool": (
        one(ir.Pool(("x",), "y", kernel=(2,), strides=(1,), pads=((0, 0),), dilations=(1,))),
        "a pool of 1 axes needs two more",
    ),
    "edge": (graph([], {"x": X}, outputs=("z",)), "edge z: there is no tensor z"),
    "given by none": (graph([], {"x": X, "y": X}), "edge y: nothing gives tensor y"),
    "scale": (graph([], {"x": X}, outputs=("x",), scale=1.0), "edge x: a scale above 0 stands between floats and"),
    "constant": (
        graph([], {"x": X, "c": ("i8", (3,))}, {"c": np.zeros(2, np.int8)}, outputs=("x",)),
        "constant c: is int8 \\[2\\], not int8 \\[3\\]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_graph_that_breaks_a_rule(name):
    made, message = BAD[name]
    with pytest.raises(GraphError, match=message) as caught:
        check(made)
    assert "\n" not in str(caught.value)


def test_a_graph_that_breaks_none():
    check(a_map(ADD))
    check(one(CONV, ("i8", (1, 2, 9)), ("i32", (1, 4, 7)), {"w": W}))
