"""Quantized cases."""

from tests.compiler.models.case import PER_TENSOR, QDQ, QOPERATOR, SIGNED, Body, Case, Form, Layers

_ALL = (QDQ, QOPERATOR, PER_TENSOR, SIGNED)
_BOTH = (QDQ, QOPERATOR)


def _cases(name: str, shape: tuple[int, ...], body: Body, forms: tuple[Form, ...], exact: bool = True) -> list[Case]:
    return [Case(f"{name}-{form.name}", shape, body, form, exact) for form in forms]


def _gemm(batch: int, k: int, n: int, forms: tuple[Form, ...]) -> list[Case]:
    return _cases(f"gemm-{batch}x{k}x{n}", (batch, k), lambda layers, x: layers.gemm("y", x, k, n), forms)


def _conv(
    name: str,
    shape: tuple[int, ...],
    filters: int,
    kernel: tuple[int, ...],
    forms: tuple[Form, ...] = (QDQ,),
    groups: int = 1,
    **attributes,
) -> list[Case]:
    def body(layers: Layers, x: str) -> str:
        return layers.conv("y", x, filters, shape[1] // groups, *kernel, group=groups, **attributes)

    return _cases(f"conv-{name}", shape, body, forms)


def _perceptron(layers: Layers, x: str) -> str:
    x = layers.op("Relu", "units1", layers.gemm("sums1", x, 30, 33))
    x = layers.op("Relu", "units2", layers.gemm("sums2", x, 33, 13))
    return layers.gemm("y", x, 13, 1)


def _residual(layers: Layers, x: str) -> str:
    y = layers.op("Relu", "units", layers.gemm("sums", x, 13, 30))
    y = layers.op("Add", "added", x, layers.gemm("back", y, 30, 13))
    return layers.op("Mul", "y", y, x)


def _pooled(layers: Layers, x: str) -> str:
    x = layers.op("Relu", "places", layers.conv("sums", x, 13, 1, 3, 3, pads=[1] * 4))
    x = layers.op("MaxPool", "pooled", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    x = layers.op("Flatten", "flat", x)
    return layers.gemm("y", x, 13 * 4 * 4, 10)


def _pool(op: str, **attributes) -> Body:
    def body(layers: Layers, x: str) -> str:
        return layers.op(op, "y", layers.conv("places", x, 13, 3, 1, 1), **attributes)

    return body


def _moved(layers: Layers, x: str) -> str:
    """Every operator that only moves elements: [3, 4, 5] to [5, 24]."""
    w = layers.writer
    x = layers.matmul("made", x, 5, 5)
    flipped = layers.op("Transpose", "flipped", x, perm=[2, 0, 1])
    flat = layers.op("Reshape", "flat", flipped, w.shape("sizes", 5, -1))
    middle = layers.op("Slice", "middle", flat, w.shape("first", 2), w.shape("last", 10), w.shape("along", 1))
    both = layers.op("Concat", "both", flat, middle, axis=1)
    padded = layers.op("Pad", "padded", both, w.shape("pads", 0, 1, 0, 3))
    return layers.matmul("y", padded, 24, 7)


def _likeness(layers: Layers, x: str) -> str:
    """A product of two activations."""
    other = layers.op("Transpose", "other", layers.matmul("made", x, 30, 30), perm=[0, 2, 1])
    return layers.op("MatMul", "y", x, other)


def _shares(layers: Layers, x: str) -> str:
    return layers.op("Softmax", "y", layers.gemm("sums", x, 30, 13), axis=-1)


def _function(op: str, **attributes) -> Body:
    return lambda layers, x: layers.op(op, "y", layers.gemm("sums", x, 13, 30), **attributes)


def _clipped(layers: Layers, x: str) -> str:
    sums = layers.gemm("sums", x, 13, 30)
    limits = [layers.writer.constant(name, layers.random.uniform(*ends)) for name, ends in _LIMITS.items()]
    return layers.gemm("y", layers.op("Clip", "clipped", sums, *limits), 30, 13)


_LIMITS = {"low": (-0.8, -0.2), "high": (0.2, 0.8)}

INTEGER: tuple[Case, ...] = (
    *_gemm(1, 30, 13, _ALL),
    *_gemm(5, 13, 1, _BOTH),
    *_gemm(7, 1, 30, _BOTH),
    *_gemm(33, 32, 32, (QDQ, SIGNED)),
    *_gemm(3, 64, 40, (QDQ, PER_TENSOR)),
    *_gemm(2, 65, 33, _BOTH),
    *_cases("perceptron-1", (1, 30), _perceptron, _ALL),
    *_cases("perceptron-40", (40, 30), _perceptron, _BOTH),
    *_cases("residual-6", (6, 13), _residual, _BOTH),
    *_conv("pixel-1x1", (1, 13, 1, 1), 30, (1, 1), _BOTH),
    *_conv("pixel-3x3", (3, 5, 1, 1), 1, (3, 3), _ALL, pads=[1] * 4),
    *_conv("odd", (2, 13, 5, 7), 30, (3, 3), _ALL, pads=[1] * 4),
    *_conv("stride", (1, 3, 8, 8), 13, (3, 3), _BOTH, strides=[2, 2], pads=[0, 0, 1, 1]),
    *_conv("dilated", (1, 4, 9, 9), 8, (3, 3), dilations=[2, 2]),
    *_conv("depthwise", (2, 13, 6, 6), 13, (3, 3), _BOTH, groups=13, pads=[1] * 4),
    *_conv("groups", (1, 6, 5, 5), 10, (3, 3), groups=2),
    *_conv("wide", (1, 40, 4, 4), 70, (1, 1)),
    *_conv("line", (2, 5, 11), 7, (3,), pads=[1, 1]),
    *_cases("pooled-1", (1, 1, 8, 8), _pooled, _BOTH),
    *_cases("pooled-3", (3, 1, 8, 8), _pooled, _BOTH),
    *_cases("maxpool", (2, 3, 7, 7), _pool("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4), _BOTH),
    *_cases("averagepool", (2, 3, 6, 6), _pool("AveragePool", kernel_shape=[2, 2], strides=[2, 2]), _BOTH),
    *_cases("globalaveragepool", (2, 3, 5, 5), _pool("GlobalAveragePool"), _BOTH),
    *_cases("moved", (3, 4, 5), _moved, _BOTH),
    *_cases("likeness", (2, 7, 30), _likeness, _BOTH),
    *_cases("clip", (4, 13), _clipped, (QDQ,)),
    *_cases("softmax", (4, 30), _shares, _BOTH, exact=False),
    *_cases("sigmoid", (4, 13), _function("Sigmoid"), _BOTH, exact=False),
    *_cases("tanh", (4, 13), _function("Tanh"), (QDQ,), exact=False),
)
