"""A quantized transformer block, written out as exporters do: norms of single operators, heads, Gelu by Erf."""

import numpy as np
import onnx
import pytest
from onnx import helper

from compiler.frontend.quantize import quantize
from compiler.graph import ir
from tests.compiler.frontend.models import both, model, node

F, I = np.float32, np.int64  # noqa: E741 - shapes of ONNX
WIDTH, HEADS, TOKENS = 32, 2, 8
NORM = [
    ("ReduceMean", ["x"], "mean"),
    ("Sub", ["x", "mean"], "centered"),
    ("Pow", ["centered", "two"], "square"),
    ("ReduceMean", ["square"], "variance"),
    ("Add", ["variance", "epsilon"], "spread"),
    ("Sqrt", ["spread"], "deviation"),
    ("Div", ["centered", "deviation"], "normal"),
    ("Mul", ["normal", "gamma"], "n1"),
]
REST = [
    ("MatMul", ["heads q", "heads k"], "s"),
    ("Div", ["s", "four"], "scaled"),
    ("Softmax", ["scaled"], "p"),
    ("MatMul", ["p", "heads v"], "told"),
    ("Transpose", ["told"], "tokens"),
    ("Reshape", ["tokens", "whole"], "joined"),
    ("MatMul", ["joined", "o"], "out"),
    ("Add", ["out", "x"], "r"),
    ("LayerNormalization", ["r", "gamma"], "n2"),
    ("MatMul", ["n2", "up"], "u1"),
    ("Add", ["u1", "bias"], "u2"),
    ("Div", ["u2", "root"], "e1"),
    ("Erf", ["e1"], "e2"),
    ("Add", ["e2", "one"], "e3"),
    ("Mul", ["u2", "e3"], "e4"),
    ("Mul", ["e4", "half"], "e5"),
    ("MatMul", ["e5", "down"], "d"),
    ("Add", ["d", "r"], "y"),
]


def block(generator: np.random.Generator) -> onnx.ModelProto:
    """Attention of two heads and a feed-forward part."""
    nodes = []
    for kind, inputs, output in NORM:
        nodes.append(node(kind, inputs, [output], **({"axes": [-1]} if kind == "ReduceMean" else {})))
    for name in "qkv":
        nodes.append(node("MatMul", ["n1", name], [f"{name}1"]))
        nodes.append(node("Reshape", [f"{name}1", "split"], [f"{name}2"]))
        nodes.append(
            node("Transpose", [f"{name}2"], [f"heads {name}"], perm=[0, 2, 3, 1] if name == "k" else [0, 2, 1, 3])
        )
    for kind, inputs, output in REST:
        nodes.append(node(kind, inputs, [output], **({"perm": [0, 2, 1, 3]} if kind == "Transpose" else {})))
    constants = {name: generator.normal(0, 0.2, (WIDTH, WIDTH)).astype(F) for name in "qkvo"}
    constants |= {"up": generator.normal(0, 0.2, (WIDTH, 64)), "down": generator.normal(0, 0.2, (64, WIDTH))}
    constants |= {"gamma": generator.normal(1, 0.1, WIDTH), "bias": generator.normal(0, 0.1, 64)}
    constants |= {"two": 2, "epsilon": 1e-5, "four": 4, "root": 2**0.5, "one": 1, "half": 0.5}
    constants = {name: np.asarray(value, F) for name, value in constants.items()}
    constants |= {"split": I([1, TOKENS, HEADS, -1]), "whole": I([1, TOKENS, WIDTH])}
    made = model(nodes, {"x": np.zeros((1, TOKENS, WIDTH), F)}, ["y"], constants)
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", 1, [1, TOKENS, WIDTH]))
    return made


@pytest.mark.parametrize("form", ["qdq", "qoperator"])
@pytest.mark.parametrize("per_channel", [False, True])
def test_a_block(tmp_path, form, per_channel):
    """Sums of floats in the norms may differ in their last bits; after quantization nothing does, here."""
    generator = np.random.default_rng(0)
    path = tmp_path / "block.onnx"
    onnx.save(block(generator), str(path))
    made = quantize(path, {"": generator.normal(size=(20, TOKENS, WIDTH)).astype(F)}, form, per_channel)
    for _ in range(3):
        x = generator.normal(size=(1, TOKENS, WIDTH)).astype(F)
        (wanted,), (result,), graph = both(made, {"x": x})
        np.testing.assert_array_equal(result, wanted)
    assert sum(isinstance(n, ir.MatMul) for n in graph.nodes) >= 8
    assert np.ptp(wanted) > 1
