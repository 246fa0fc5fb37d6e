"""What a case of the compiler's tests is, and the layers with random weights that it is made of."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import DTypeLike, NDArray
from onnxruntime.quantization import QuantType

from examples.networks.quantize import quantize
from examples.networks.writer import OPSET, Writer

#: Batches that calibrate.
CALIBRATION = 8
#: Beyond what these hold, nearly always: two elements of each input, which saturate.
EXTREME = 6


@dataclass(frozen=True)
class Form:
    """A way of quantizing: a key of ``examples.networks.quantize.FORMATS``, and its options."""

    name: str
    format: str
    per_channel: bool = True
    activations: QuantType = QuantType.QUInt8


QDQ = Form("qdq", "qdq")
QOPERATOR = Form("qoperator", "qoperator")
PER_TENSOR = Form("per-tensor", "qdq", per_channel=False)
SIGNED = Form("signed", "qdq", activations=QuantType.QInt8)


@dataclass(frozen=True)
class Layers:
    """Writes nodes; each method takes the name of the result, what it is made of, and returns the name.

    Attributes
    ----------
    writer
        Takes the nodes.
    random
        Gives the weights.
    """

    writer: Writer
    random: np.random.Generator

    def op(self, op: str, name: str, *inputs: str, **attributes) -> str:
        """Any operator."""
        return self.writer.node(op, name, inputs, **attributes)

    def weights(self, name: str, *shape: int, scale: float = 1.0) -> str:
        """Random numbers of mean 0."""
        return self.writer.constant(name, self.random.normal(size=shape) * scale)

    def values(self, name: str, values: Sequence[float]) -> str:
        """Given numbers."""
        return self.writer.constant(name, np.array(values, np.float64))

    def gemm(self, name: str, x: str, k: int, n: int) -> str:
        """x[batch, k] times weights[k, n], plus a bias."""
        return self.op(
            "Gemm", name, x, self.weights(f"{name}.w", k, n, scale=k**-0.5), self.weights(f"{name}.b", n, scale=0.3)
        )

    def matmul(self, name: str, x: str, k: int, n: int) -> str:
        """x[..., k] times weights[k, n]."""
        return self.op("MatMul", name, x, self.weights(f"{name}.w", k, n, scale=k**-0.5))

    def conv(self, name: str, x: str, filters: int, channels: int, *kernel: int, **attributes) -> str:
        """Convolution; ``channels`` are those of a group."""
        scale = (channels * int(np.prod(kernel))) ** -0.5
        weights = self.weights(f"{name}.w", filters, channels, *kernel, scale=scale)
        return self.op("Conv", name, x, weights, self.weights(f"{name}.b", filters, scale=0.3), **attributes)


#: Writes the nodes behind the input of a name; the result is the name of the output.
Body = Callable[[Layers, str], str]


@dataclass(frozen=True)
class Case:
    """A model and an input for it.

    Attributes
    ----------
    name
        Unique: what it has, its sizes, its form.
    shape
        Shape of its one input, ``x``. It has one output.
    body
        Writes its nodes.
    form
        How it is quantized; None for a model in fp16.
    exact
        Whether every bit is to equal onnxruntime's. Otherwise: in int8, a step of the quantization may be between; in
        fp16, every operator rounds.
    opset
        Version of its operators.
    """

    name: str
    shape: tuple[int, ...]
    body: Body
    form: Form | None
    exact: bool = True
    opset: int = OPSET

    @cached_property
    def model(self) -> onnx.ModelProto:
        """The model, the same in every run."""
        if self.form is None:
            return self._written(np.float16)
        batches = self._random("calibration").normal(size=(CALIBRATION, *self.shape)).astype(np.float32)
        return quantize(
            self._written(np.float32),
            batches,
            self.form.format,
            per_channel=self.form.per_channel,
            activations=self.form.activations,
        )

    @cached_property
    def inputs(self) -> dict[str, NDArray]:
        """An input: random, and for integers with elements that saturate."""
        x = self._random("input").normal(size=self.shape)
        if self.form is None:
            return {"x": x.astype(np.float16)}
        if x.size > 1:
            x.flat[0], x.flat[-1] = -EXTREME, EXTREME
        return {"x": x.astype(np.float32)}

    def _written(self, element: DTypeLike) -> onnx.ModelProto:
        layers = Layers(Writer(element), self._random("weights"))
        return layers.writer.model(self.name, {"x": self.shape}, {self.body(layers, "x"): None}, opset=self.opset)

    def _random(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(f"{self.name} {purpose}".encode()))
