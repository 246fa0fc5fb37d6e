"""The files of a trained network: its models, and a record of the training."""

import json
from collections.abc import Callable, Mapping

import numpy as np
import onnx
from numpy.typing import NDArray

from examples.digits.network import images, is_test
from examples.networks.catalog import RECORD, Network
from examples.networks.quantize import FORMATS, quantize


def calibration(network: Network) -> NDArray[np.float32]:
    """The images of training, as the network takes them."""
    pixels, classes = images()
    return network.inputs(pixels[~is_test(len(classes))])["pixels"]


def models(
    network: Network, weights: Mapping[str, NDArray], tell: Callable[[str], None] = print
) -> dict[str, onnx.ModelProto]:
    """Every form of a network, by name; the quantized ones take some seconds."""
    made = {"float": network.graph(weights)}
    for form in network.forms[1:]:
        tell(f"{network.name}: writing form {form}")
        if form in FORMATS:
            made[form] = quantize(made["float"], [calibration(network)], form)
        else:
            made[form] = network.graph(weights, np.float16)
    return made


def files(models: Mapping[str, onnx.ModelProto], record: Mapping) -> dict[str, bytes]:
    """Contents of the files in a network's folder, by name."""
    written = {f"{form}.onnx": model.SerializeToString(deterministic=True) for form, model in models.items()}
    return {**written, RECORD: (json.dumps(record, indent=2) + "\n").encode()}
