"""The quantized network: its numbers as `scripts.train_digits` left them, its images, and what NumPy makes of them.

Quantization is that of ONNX QLinearMatMul with an int32 bias: int8 weights and one fp32 scale per column, uint8 pixels
and hidden units, int8 scores. ``expected`` is written from that definition alone and shares nothing with the golden
model.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Where the trained and quantized numbers lie.
WEIGHTS = Path(__file__).with_name("weights.npz")
#: Every so many images of the data set one is kept from training, for the test.
TEST_EVERY = 5
#: Classes of the data set.
CLASSES = 10


@dataclass(frozen=True)
class Layer:
    """One quantized layer: y = saturate(round(float(x @ W + bias) * scale) + zero).

    Attributes
    ----------
    weights : int8[K, N]
        W, without zero point.
    bias : int32[N]
        In units of the accumulator.
    scale : float32[N]
        Scale of the input times that of the column's weights, over that of the result.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    scale: NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """Both layers.

    Attributes
    ----------
    hidden
        64 pixels (uint8, 0 to 16) to 32 hidden units, uint8 with zero point 0: saturating at zero is the ReLU.
    output
        Hidden units to the scores of the classes, int8.
    zero : int
        Zero point of the scores.
    accuracy : float
        Share of the test images that the network in floating point names rightly, as measured when it was trained.
    """

    hidden: Layer
    output: Layer
    zero: int
    accuracy: float


def load(path: Path = WEIGHTS) -> Network:
    """Network of a file of :func:`record`."""
    with np.load(path, allow_pickle=False) as found:
        hidden, output = (
            Layer(found[f"{name}_weights"], found[f"{name}_bias"], found[f"{name}_scale"]) for name in _LAYERS
        )
        return Network(hidden, output, int(found["zero"]), float(found["accuracy"]))


def record(network: Network) -> dict[str, NDArray]:
    """Arrays of a network by the names under which they are kept."""
    layers = zip(_LAYERS, (network.hidden, network.output), strict=True)
    arrays = {f"{name}_{part}": getattr(layer, part) for name, layer in layers for part in vars(layer)}
    return {**arrays, "zero": np.array(network.zero, np.int32), "accuracy": np.array(network.accuracy)}


def images() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All 1,797 images of scikit-learn's digits, uint8[n, 64] of 0 to 16, and their classes, int64[n]."""
    # Imported here: the program and its checks need scikit-learn for nothing else.
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    return np.asarray(pixels).astype(np.uint8), np.asarray(classes).astype(np.int64)


def is_test(count: int) -> NDArray[np.bool_]:
    """Which images of a data set are kept from training, bool[count]."""
    return np.arange(count) % TEST_EVERY == 0


def test_images() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images that training has not seen: uint8[360, 64], int64[360]."""
    pixels, classes = images()
    chosen = is_test(len(classes))
    return pixels[chosen], classes[chosen]


def apply(layer: Layer, x: NDArray, zero: int, element: type[np.integer]) -> NDArray:
    """One layer on vectors x[n, K]; the accumulator is int32, then every step rounds in float32."""
    sums = x.astype(np.int32) @ layer.weights.astype(np.int32) + layer.bias
    scaled = sums.astype(np.float32) * layer.scale
    limits = np.iinfo(element)
    return np.clip(np.rint(scaled) + zero, limits.min, limits.max).astype(element)


def expected(network: Network, pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Scores of the classes for images uint8[n, 64]: int8[n, 10]."""
    hidden = apply(network.hidden, pixels, 0, np.uint8)
    return apply(network.output, hidden, network.zero, np.int8)


def accuracy(scores: NDArray, classes: NDArray) -> float:
    """Share of images whose highest score (the first of several) is that of their class."""
    return float(np.mean(np.argmax(scores, axis=1) == classes))


_LAYERS = ("hidden", "output")
