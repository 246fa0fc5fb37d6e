"""The networks, their files, and the images as they take them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from examples.networks.cnn import graph as cnn
from examples.networks.mlp import graph as mlp
from examples.networks.transformer import graph as transformer

#: What the training left beside the models: the accuracy in floating point and how it was reached.
RECORD = "training.json"


@dataclass(frozen=True)
class Network:
    """One network.

    Attributes
    ----------
    name
        Its folder.
    shape
        Shape of an image as it takes it.
    graph
        Writes its model from weights and the type of its elements.
    forms
        Its files, without their ending: "float" is what was trained, the others are made from it.
    """

    name: str
    shape: tuple[int, ...]
    graph: Callable[..., onnx.ModelProto]
    forms: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return Path(__file__).resolve().parent / self.name

    def path(self, form: str) -> Path:
        """File of one of its forms."""
        return self.folder / f"{form}.onnx"

    def load(self, form: str) -> onnx.ModelProto:
        """One of its forms."""
        return onnx.load(self.path(form))

    def inputs(self, pixels: NDArray[np.uint8], form: str = "float") -> dict[str, NDArray]:
        """Images uint8[n, 64] of 0 to 16, as ``examples.digits.network`` gives them, as input of a form."""
        element = np.float16 if form == "fp16" else np.float32
        return {"pixels": pixels.reshape(-1, *self.shape).astype(element)}

    def record(self) -> Mapping:
        """What the training left."""
        return json.loads((self.folder / RECORD).read_text(encoding="utf-8"))


#: Forms of a network that computes in bytes, and of one in fp16.
_INTEGER, _HALF = ("float", "qdq", "qoperator"), ("float", "fp16")

NETWORKS: tuple[Network, ...] = (
    Network("mlp", mlp.SHAPE, mlp.graph, _INTEGER),
    Network("cnn", cnn.SHAPE, cnn.graph, _INTEGER),
    Network("transformer", transformer.SHAPE, transformer.graph, _HALF),
)


def network(name: str) -> Network:
    """The network of a name; ``ValueError`` lists them."""
    for found in NETWORKS:
        if found.name == name:
            return found
    raise ValueError(f"no network {name!r}; there are {', '.join(n.name for n in NETWORKS)}")
