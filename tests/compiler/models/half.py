"""Cases in fp16."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, numpy_helper

from tests.compiler.models.case import Body, Case, Layers

#: First operator set with RMSNormalization, which has all others too.
_OPSET = 23
_BYTE, _HALF = TensorProto.UINT8, TensorProto.FLOAT16


def _case(name: str, shape: tuple[int, ...], body: Body) -> Case:
    return Case(f"{name}-fp16", shape, body, None, exact=False, opset=_OPSET)


def _gemm(batch: int, k: int, n: int) -> Case:
    return _case(f"gemm-{batch}x{k}x{n}", (batch, k), lambda layers, x: layers.gemm("y", x, k, n))


def _single(op: str, shape: tuple[int, ...], name: str = "", axes: Sequence[int] = (), **attributes) -> Case:
    """One operator; ``axes`` are its second input."""

    def body(layers: Layers, x: str) -> str:
        inputs = [x, layers.writer.shape("axes", *axes)] if axes else [x]
        return layers.op(op, "y", *inputs, **attributes)

    return _case(f"{name or op.lower()}-{'x'.join(map(str, shape))}", shape, body)


def _norm(op: str, width: int, parts: int) -> Case:
    def body(layers: Layers, x: str) -> str:
        return layers.op(op, "y", x, *(layers.weights(f"part{n}", width) for n in range(parts)), axis=-1, epsilon=1e-5)

    return _case(f"{op.lower()}-{width}", (3, 5, width), body)


def _root(layers: Layers, x: str) -> str:
    """Sqrt and Div, kept away from negative numbers and zero."""
    square = layers.op("Mul", "square", x, x)
    length = layers.op("Sqrt", "length", layers.op("Add", "more", square, layers.values("one", [1])))
    return layers.op("Div", "y", x, length)


def _chain(layers: Layers, x: str) -> str:
    y = layers.op("Sub", "shifted", x, layers.weights("means", 13))
    y = layers.op("Mul", "scaled", y, layers.weights("scales", 5, 1))
    y = layers.op("Clip", "clipped", y, layers.values("low", -1), layers.values("high", 0.75))
    return layers.op("Add", "y", y, x)


def _gathered(layers: Layers, x: str) -> str:
    """Rows in another order, one of them twice, times numbers of a Constant node."""
    w = layers.writer
    rows = layers.op("Gather", "rows", x, w.shape("order", 4, 0, 0, 2), axis=1)
    scales = numpy_helper.from_array(layers.random.normal(size=13).astype(np.float16))
    return layers.op("Mul", "y", rows, layers.op("Constant", "scales", value=scales))


def _counted(layers: Layers, x: str) -> str:
    """fp16 to bytes, a product of bytes, and back."""
    sized = layers.op("Mul", "sized", layers.op("Abs", "size", x), layers.values("step", [20]))
    whole = layers.op("Cast", "whole", layers.op("Clip", "few", sized, "", layers.values("most", 255)), to=_BYTE)
    weights = layers.writer.constant("weights", layers.random.integers(-20, 20, (13, 7)).astype(np.int8))
    return layers.op("Cast", "y", layers.op("MatMulInteger", "sums", whole, weights), to=_HALF)


def _attention(layers: Layers, x: str) -> str:
    """One head over x[2, 7, 16]."""
    query, key, value = (layers.matmul(name, x, 16, 16) for name in ("query", "key", "value"))
    key = layers.op("Transpose", "turned", key, perm=[0, 2, 1])
    scaled = layers.op("Mul", "scaled", layers.op("MatMul", "likeness", query, key), layers.values("sharpness", 0.25))
    return layers.op("MatMul", "y", layers.op("Softmax", "shares", scaled, axis=-1), value)


def _network(layers: Layers, x: str) -> str:
    x = layers.op("Relu", "places", layers.conv("sums", x, 13, 1, 3, 3, pads=[1] * 4))
    x = layers.op("MaxPool", "pooled", x, kernel_shape=[2, 2], strides=[2, 2])
    x = layers.op("GlobalAveragePool", "means", x)
    return layers.gemm("y", layers.op("Flatten", "flat", x), 13, 10)


HALF: tuple[Case, ...] = (
    _gemm(1, 30, 13),
    _gemm(5, 13, 1),
    _gemm(7, 1, 30),
    _gemm(33, 16, 32),
    _gemm(2, 65, 33),
    _single("Relu", (3, 30)),
    _single("Exp", (3, 13)),
    _single("Tanh", (3, 13)),
    _single("Sigmoid", (1, 30)),
    _single("Gelu", (4, 13), approximate="tanh"),
    _single("Gelu", (4, 13), name="gelu-erf"),
    _single("Softmax", (4, 13), axis=-1),
    _single("Softmax", (2, 3, 1), axis=-1),
    _single("Softmax", (3, 5, 2), name="softmax-middle", axis=1),
    _single("ReduceSum", (3, 13), axes=[1], keepdims=0),
    _single("ReduceMean", (3, 5, 13), axes=[1], keepdims=1),
    _single("ReduceMax", (3, 5, 13), axes=[2], keepdims=0),
    _norm("LayerNormalization", 13, 2),
    _norm("LayerNormalization", 32, 2),
    _norm("RMSNormalization", 30, 1),
    _case("root", (3, 13), _root),
    _case("chain", (2, 5, 13), _chain),
    _case("gathered", (2, 5, 13), _gathered),
    _case("counted", (3, 13), _counted),
    _case("attention", (2, 7, 16), _attention),
    _case("network-1", (1, 1, 8, 8), _network),
    _case("network-3", (3, 1, 8, 8), _network),
)
