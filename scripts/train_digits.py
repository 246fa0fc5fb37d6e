"""Train and quantize the network of `examples/digits`, and write its numbers (`python -m scripts.train_digits`).

A perceptron with one hidden layer, by scikit-learn with a fixed seed, on four fifths of its digits; then scales from
the training images: weights by the largest of each column, hidden units and scores by the range that they take. The
same versions of the libraries on the same machine give the same file; others may give other last bits, which is why
the file is kept in the repository. Prints how many of the test images both forms name rightly.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from examples.digits import network as digits
from examples.digits.network import Layer, Network
from scripts.cli import refuse

#: Hidden units: a vector of the preset `small`.
HIDDEN = 32
#: Training: seed, weight decay and passes over the images.
SEED, DECAY, PASSES = 2, 1e-3, 300
#: Value of a white pixel.
WHITE = 16
#: Weights below this share of the layer's largest count as none, when scales are chosen.
DEAD = 1e-3
#: Greatest values of the quantized types.
U8, I8 = 255, 127


def train() -> Network:
    """The network, trained and quantized; the same in every call."""
    pixels, classes = digits.images()
    test = digits.is_test(len(classes))
    model = MLPClassifier((HIDDEN,), alpha=DECAY, random_state=SEED, max_iter=PASSES)
    with warnings.catch_warnings():
        # A fixed number of passes is what makes the result reproducible; it need not have converged.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(pixels[~test] / WHITE, classes[~test])
    return quantize(model.coefs_, model.intercepts_, pixels[~test], model.score(pixels[test] / WHITE, classes[test]))


def quantize(weights: list[NDArray], biases: list[NDArray], pixels: NDArray[np.uint8], accuracy: float) -> Network:
    """Integers and scales of a network in floating point.

    Parameters
    ----------
    weights, biases
        float64[64, 32] and float64[32, 10]; float64[32] and float64[10].
    pixels : uint8[n, 64]
        Images whose hidden units and scores tell the ranges.
    accuracy : float
        What the network in floating point achieves.
    """
    hidden = np.maximum(pixels / WHITE @ weights[0] + biases[0], 0)
    scores = hidden @ weights[1] + biases[1]
    hidden_scale = hidden.max() / U8
    score_scale = (scores.max() - scores.min()) / U8
    zero = int(np.rint(-I8 - 1 - scores.min() / score_scale))
    return Network(
        _layer(weights[0], biases[0], 1 / WHITE, hidden_scale),
        _layer(weights[1], biases[1], hidden_scale, score_scale),
        zero,
        accuracy,
    )


def _layer(weights: NDArray, bias: NDArray, scale_in: float, scale_out: float) -> Layer:
    largest = np.abs(weights).max(axis=0)
    # A unit that training left without weights must not get an infinite bias.
    columns = np.maximum(largest, largest.max() * DEAD) / I8
    return Layer(
        np.rint(weights / columns).astype(np.int8),
        np.rint(bias / (scale_in * columns)).astype(np.int32),
        (scale_in * columns / scale_out).astype(np.float32),
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="scripts.train_digits", description="Train and quantize examples/digits.")
    parser.add_argument("--out", metavar="FILE.npz", type=Path, default=digits.WEIGHTS, help="where the numbers go")
    target = parser.parse_args(arguments).out
    network = train()
    pixels, classes = digits.test_images()
    try:
        np.savez_compressed(target, **digits.record(network))  # pyright: ignore[reportArgumentType]
    except OSError as error:
        return refuse(error)
    quantized = digits.accuracy(digits.expected(network, pixels), classes)
    print(f"{target.name}: of {len(classes)} test images right: float {network.accuracy:.2%}, int8 {quantized:.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
