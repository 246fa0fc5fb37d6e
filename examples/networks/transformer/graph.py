"""The transformer as an ONNX model.

The tokens are the 8 rows of an image, of width 32 behind a learned position. Each block adds softmax attention of two
heads, then a perceptron of one hidden layer with GELU (its tanh form), either behind an RMSNorm. The scores come from
the mean over the tokens.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import DTypeLike, NDArray

from examples.networks.writer import Writer

#: Shape of an image as the network takes it: tokens and their pixels.
SHAPE = (8, 8)
#: Width of a token, heads that share it, hidden units, blocks, classes.
WIDTH, HEADS, HIDDEN, BLOCKS, CLASSES = 32, 2, 64, 2, 10
#: Added to the mean of the squares.
EPSILON = 1e-5
#: First operator set with RMSNormalization.
OPSET = 23


def graph(weights: Mapping[str, NDArray], element: DTypeLike = np.float32) -> onnx.ModelProto:
    """The model, pixels[batch, 8, 8] to scores[batch, 10].

    Parameters
    ----------
    weights
        ``embed.weight`` [8, 32], ``positions`` [8, 32], ``norm.scale`` [32], ``dense.weight`` [32, 10], ``dense.bias``;
        for block n, each behind ``blockn.``: ``norm1.scale``, ``query.weight``, ``key.weight``, ``value.weight``,
        ``join.weight`` [32, 32], ``norm2.scale``, ``up.weight`` [32, 64], ``up.bias``, ``down.weight`` [64, 32],
        ``down.bias``.
    element
        float32 or float16.
    """
    w = Writer(element)
    w.shape("split", 0, SHAPE[0], HEADS, WIDTH // HEADS)
    w.shape("whole", 0, SHAPE[0], WIDTH)
    w.constant("sharpness", np.array((WIDTH // HEADS) ** -0.5, np.float32))
    x = w.node("MatMul", "embedded", ["pixels", w.constant("embed.weight", weights["embed.weight"])])
    x = w.node("Add", "tokens", [x, w.constant("positions", weights["positions"])])
    for block in range(1, BLOCKS + 1):
        x = _attention(w, weights, f"block{block}", x)
        x = _perceptron(w, weights, f"block{block}", x)
    x = _norm(w, weights, "norm", x)
    x = w.node("ReduceMean", "mean", [x, w.shape("over", 1)], keepdims=0)
    dense = [w.constant(f"dense.{part}", weights[f"dense.{part}"]) for part in ("weight", "bias")]
    x = w.node("Gemm", "scores", [x, *dense])
    return w.model("transformer", {"pixels": ["batch", *SHAPE]}, {x: ["batch", CLASSES]}, opset=OPSET)


def _attention(w: Writer, weights: Mapping[str, NDArray], block: str, x: str) -> str:
    """x plus what its tokens tell each other."""
    normal = _norm(w, weights, f"{block}.norm1", x)
    # Keys come transposed, for the product with the queries.
    orders = {"query": [0, 2, 1, 3], "key": [0, 2, 3, 1], "value": [0, 2, 1, 3]}
    parts = {}
    for part, order in orders.items():
        flat = _product(w, weights, f"{block}.{part}", normal)
        heads = w.node("Reshape", f"{block}.{part}.split", [flat, "split"])
        parts[part] = w.node("Transpose", f"{block}.{part}.heads", [heads], perm=order)
    likeness = w.node("MatMul", f"{block}.likeness", [parts["query"], parts["key"]])
    likeness = w.node("Mul", f"{block}.scaled", [likeness, "sharpness"])
    shares = w.node("Softmax", f"{block}.shares", [likeness], axis=-1)
    told = w.node("MatMul", f"{block}.told", [shares, parts["value"]])
    told = w.node("Transpose", f"{block}.told.tokens", [told], perm=[0, 2, 1, 3])
    told = w.node("Reshape", f"{block}.told.whole", [told, "whole"])
    return w.node("Add", f"{block}.attended", [x, _product(w, weights, f"{block}.join", told)])


def _perceptron(w: Writer, weights: Mapping[str, NDArray], block: str, x: str) -> str:
    """x plus what a perceptron makes of each token."""
    units = _product(w, weights, f"{block}.up", _norm(w, weights, f"{block}.norm2", x), bias=True)
    units = w.node("Gelu", f"{block}.gelu", [units], approximate="tanh")
    return w.node("Add", f"{block}.out", [x, _product(w, weights, f"{block}.down", units, bias=True)])


def _norm(w: Writer, weights: Mapping[str, NDArray], name: str, x: str) -> str:
    scale = w.constant(f"{name}.scale", weights[f"{name}.scale"])
    return w.node("RMSNormalization", name, [x, scale], axis=-1, epsilon=EPSILON)


def _product(w: Writer, weights: Mapping[str, NDArray], name: str, x: str, bias: bool = False) -> str:
    product = w.node("MatMul", name, [x, w.constant(f"{name}.weight", weights[f"{name}.weight"])])
    if not bias:
        return product
    return w.node("Add", f"{name}.sum", [product, w.constant(f"{name}.bias", weights[f"{name}.bias"])])
