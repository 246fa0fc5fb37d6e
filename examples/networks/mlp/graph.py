"""The perceptron as an ONNX model: 64 pixels, 64 and 32 hidden units, 10 classes."""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import DTypeLike, NDArray

from examples.networks.writer import Writer

#: Shape of an image as the network takes it.
SHAPE = (64,)
#: Units of each layer, from the pixels to the classes.
UNITS = (64, 64, 32, 10)


def graph(weights: Mapping[str, NDArray], element: DTypeLike = np.float32) -> onnx.ModelProto:
    """The model, pixels[batch, 64] to scores[batch, 10].

    Parameters
    ----------
    weights
        ``layer1.weight`` [64, 64], ``layer1.bias`` [64], and so for each layer.
    element
        float32 or float16.
    """
    w = Writer(element)
    x = "pixels"
    for number in range(1, len(UNITS)):
        last = number == len(UNITS) - 1
        names = [w.constant(f"layer{number}.{part}", weights[f"layer{number}.{part}"]) for part in ("weight", "bias")]
        x = w.node("Gemm", "scores" if last else f"sums{number}", [x, *names])
        if not last:
            x = w.node("Relu", f"units{number}", [x])
    return w.model("mlp", {"pixels": ["batch", *SHAPE]}, {"scores": ["batch", UNITS[-1]]})
