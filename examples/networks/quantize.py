"""Quantizing a model in float32 with onnxruntime's static quantizer, always in the same way.

Activations are uint8 with a zero point, weights int8 with a scale for each output channel, ranges the least and the
greatest of the calibration data.
"""

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

#: Formats of a quantized model: pairs of QuantizeLinear and DequantizeLinear around operators, or operators on bytes.
FORMATS = {"qdq": QuantFormat.QDQ, "qoperator": QuantFormat.QOperator}


class _Reader(CalibrationDataReader):
    """Batches, one after the other."""

    def __init__(self, name: str, batches: Iterable[NDArray]):
        self._batches = iter(batches)
        self._name = name

    def get_next(self):
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def quantize(
    model: onnx.ModelProto,
    batches: Iterable[NDArray],
    form: str,
    *,
    per_channel: bool = True,
    activations: QuantType = QuantType.QUInt8,
) -> onnx.ModelProto:
    """The quantized form of a model with one input.

    Parameters
    ----------
    model
        In float32.
    batches : float32[n, ...]
        Calibration data, each batch as the input takes it.
    form
        A key of ``FORMATS``.
    per_channel
        One scale for each output channel of the weights, not one for all.
    activations
        Type of activations.
    """
    name = model.graph.input[0].name
    with tempfile.TemporaryDirectory() as folder, _quiet():
        target = Path(folder) / "quantized.onnx"
        # The quantizer writes into the model that it is given.
        copy = onnx.ModelProto.FromString(model.SerializeToString())
        quantize_static(
            copy,
            target,
            _Reader(name, batches),
            quant_format=FORMATS[form],
            per_channel=per_channel,
            activation_type=activations,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the quantizer's advice to optimize the model first: its graph is as it should be."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
