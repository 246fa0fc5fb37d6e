"""The convolutional network as an ONNX model.

Two 3x3 convolutions with a border of zeros, each with ReLU and 2x2 pooling: 8x8 pixels, then 4x4 places of 16
channels, then 2x2 places of 32; a layer of 128 x 10 gives the scores.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import DTypeLike, NDArray

from examples.networks.writer import Writer

#: Shape of an image as the network takes it: channels, rows, columns.
SHAPE = (1, 8, 8)
#: Channels before, between and behind the convolutions.
CHANNELS = (1, 16, 32)
#: Edge of a kernel, of its border, and of a window of pooling.
KERNEL, BORDER, POOL = 3, 1, 2
#: Classes.
CLASSES = 10


def flat() -> int:
    """Values that reach the last layer."""
    edge = SHAPE[-1] // POOL ** (len(CHANNELS) - 1)
    return CHANNELS[-1] * edge * edge


def graph(weights: Mapping[str, NDArray], element: DTypeLike = np.float32) -> onnx.ModelProto:
    """The model, pixels[batch, 1, 8, 8] to scores[batch, 10].

    Parameters
    ----------
    weights
        ``conv1.weight`` [16, 1, 3, 3], ``conv1.bias`` [16], so for ``conv2``, and for ``dense`` [128, 10] and [10].
    element
        float32 or float16.
    """
    w = Writer(element)

    def parts(layer: str) -> list[str]:
        return [w.constant(f"{layer}.{part}", weights[f"{layer}.{part}"]) for part in ("weight", "bias")]

    x = "pixels"
    for number in range(1, len(CHANNELS)):
        layer = f"conv{number}"
        x = w.node("Conv", layer, [x, *parts(layer)], kernel_shape=[KERNEL] * 2, pads=[BORDER] * 4)
        x = w.node("Relu", f"relu{number}", [x])
        x = w.node("MaxPool", f"pool{number}", [x], kernel_shape=[POOL] * 2, strides=[POOL] * 2)
    x = w.node("Flatten", "flat", [x])
    x = w.node("Gemm", "scores", [x, *parts("dense")])
    return w.model("cnn", {"pixels": ["batch", *SHAPE]}, {x: ["batch", CLASSES]})
