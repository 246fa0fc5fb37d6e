"""Operators that move elements, against onnxruntime."""

import numpy as np
import pytest

from compiler.graph import ir
from tests.compiler.frontend.models import equal, model, node, spread

I = np.int64  # noqa: E741 - shapes and indices of ONNX
X = spread(np.random.default_rng(0), (3, 4, 5), "u8")

CASES = {
    "reshape": ([node("Reshape", ["x", "s"])], {"s": I([5, -1])}),
    "reshape with 0": ([node("Reshape", ["x", "s"])], {"s": I([0, 2, -1])}),
    "flatten": ([node("Flatten", ["x"], axis=2)], {}),
    "flatten all": ([node("Flatten", ["x"], axis=0)], {}),
    "transpose": ([node("Transpose", ["x"], perm=[2, 0, 1])], {}),
    "transpose reversed": ([node("Transpose", ["x"])], {}),
    "concat": ([node("Concat", ["x", "x", "c"], axis=1)], {"c": X[:, :2]}),
    "slice": (
        [node("Slice", ["x", "a", "b", "n", "s"])],
        {"a": I([1, -1]), "b": I([9, -99]), "n": I([1, 2]), "s": I([2, -2])},
    ),
    "slice short": ([node("Slice", ["x", "a", "b"])], {"a": I([1]), "b": I([-1])}),
    "split": ([node("Split", ["x", "s"], ["t", "y"], axis=1)], {"s": I([1, 3])}),
    "pad": ([node("Pad", ["x", "p", "v"])], {"p": I([1, 0, 2, 0, 3, 0]), "v": np.uint8(9)}),
    "pad and cut": ([node("Pad", ["x", "p"])], {"p": I([-1, 2, 0, 0, -1, 1])}),
    "pad reflect": ([node("Pad", ["x", "p"], mode="reflect")], {"p": I([0, 2, 1, 0, 1, 3])}),
    "pad edge": ([node("Pad", ["x", "p"], mode="edge")], {"p": I([1, 0, 0, 2, 1, 0])}),
    "gather": ([node("Gather", ["x", "i"], axis=1)], {"i": I([[3, 0], [-1, -4]])}),
    "gather one": ([node("Gather", ["x", "i"], axis=2)], {"i": I(2)}),
    "squeeze": ([node("Unsqueeze", ["x", "a"], ["t"]), node("Squeeze", ["t", "b"])], {"a": I([0, 3]), "b": I([0])}),
    "expand": (
        [node("Unsqueeze", ["x", "a"], ["t"]), node("Expand", ["t", "s"])],
        {"a": I([1]), "s": I([2, 3, 6, 4, 5])},
    ),
    "shapes computed": (
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "i"], ["n"]),
            node("Concat", ["n", "m"], ["t"], axis=0),
            node("Reshape", ["x", "t"]),
        ],
        {"i": I([1]), "m": I([-1])},
    ),
    "identity": ([node("Identity", ["x"], ["t"]), node("Identity", ["t"], ["u"]), node("Flatten", ["u"])], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_moves(case):
    nodes, constants = CASES[case]
    graph = equal(model(nodes, {"x": X}, ["y"], constants), {"x": X})
    assert all(not isinstance(n, ir.Map) for n in graph.nodes)


def test_views_of_views_are_one():
    nodes = [
        node("Reshape", ["x", "s"], ["a"]),
        node("Flatten", ["a"], ["b"]),
        node("Transpose", ["b"], ["c"], perm=[1, 0]),
        node("Transpose", ["c"], ["d"], perm=[1, 0]),
        node("Relu", ["d"], ["y"]),
    ]
    x = X.astype(np.float16)
    graph = equal(model(nodes, {"x": x}, ["y"], {"s": I([4, 3, 5])}), {"x": x})
    assert [type(n) for n in graph.nodes] == [ir.Reshape, ir.Map]


def test_two_rotations_are_one():
    nodes = [node("Transpose", ["x"], ["t"], perm=[1, 2, 0]), node("Transpose", ["t"], perm=[0, 2, 1])]
    graph = equal(model(nodes, {"x": X}, ["y"]), {"x": X})
    assert [n.perm for n in graph.nodes if isinstance(n, ir.Transpose)] == [(1, 0, 2)]


def test_a_chain_of_functions_is_one_map():
    nodes = [node("Relu", ["x"], ["a"]), node("Neg", ["a"], ["b"]), node("Add", ["b", "x"])]
    x = np.random.default_rng(0).normal(size=(3, 7)).astype(np.float16)
    graph = equal(model(nodes, {"x": x}, ["y"]), {"x": x})
    (made,) = graph.nodes
    assert isinstance(made, ir.Map) and len(made.steps) == 3 and made.inputs == ("x",)


def test_no_map_grows_beyond_the_limit():
    nodes = [node("Add", [f"t{n}", "c"], [f"t{n + 1}"]) for n in range(30)]
    x = np.float16([[1, 2, 3]])
    graph = equal(model(nodes, {"t0": x}, ["t30"], {"c": np.float16(0.5)}), {"t0": x})
    assert [len(n.steps) for n in graph.nodes if isinstance(n, ir.Map)] == [12, 12, 6]
