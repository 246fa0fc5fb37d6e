"""``superlane quantize``: onnxruntime's static quantizer, with samples that its user has measured."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization

from compiler.frontend import model
from compiler.frontend.errors import NetworkError

FORMS = {"qdq": quantization.QuantFormat.QDQ, "qoperator": quantization.QuantFormat.QOperator}
ACTIVATIONS = {"u8": quantization.QuantType.QUInt8, "i8": quantization.QuantType.QInt8}
#: onnxruntime's severities; a warning is its default.
_WARNING, _FATAL = 2, 4


class Samples(quantization.CalibrationDataReader):
    """Gives samples to the quantizer, a batch at a time.

    Parameters
    ----------
    batches
        Arrays by input.
    """

    def __init__(self, batches: Iterator[dict[str, np.ndarray]]) -> None:
        self._batches = batches

    def get_next(self) -> dict[str, np.ndarray] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The next batch."""
        return next(self._batches, None)


def quantize(
    path: str | Path,
    data: Mapping[str, np.ndarray],
    form: str = "qdq",
    per_channel: bool = False,
    activations: str = "u8",
) -> onnx.ModelProto:
    """The quantized form of an fp32 model.

    Parameters
    ----------
    path
        An fp32 model.
    data
        Samples, float32 ``[count, ...]``, by the model's inputs; "" stands for its only one.
    form
        "qdq" or "qoperator".
    per_channel
        Whether weights have a scale for each channel.
    activations
        "u8" or "i8"; weights are i8.

    Raises
    ------
    NetworkError
        If the model or the samples will not do: one line.
    """
    for name, value, allowed in (("--format", form, FORMS), ("--activations", activations, ACTIVATIONS)):
        if value not in allowed:
            raise NetworkError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    given = model.read(path)
    try:
        model.opsets(given)
        if model.is_quantized(given):
            raise NetworkError("is quantized already")
        model.check_finite(given)
        batches = list(_batches(given, data))
        with tempfile.TemporaryDirectory() as folder, _quiet():
            out = Path(folder) / "quantized.onnx"
            # What the file says of shapes inside may be wrong, and the quantizer would believe it.
            del given.graph.value_info[:]
            _quantize(given, out, batches, form, per_channel, activations)
            return onnx.load(str(out))
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None


def _quantize(
    given: onnx.ModelProto, out: Path, batches: list[dict], form: str, per_channel: bool, activations: str
) -> None:
    try:
        quantization.quantize_static(
            given,
            str(out),
            Samples(iter(batches)),
            quant_format=FORMS[form],
            per_channel=per_channel,
            activation_type=ACTIVATIONS[activations],
            weight_type=quantization.QuantType.QInt8,
        )
    except Exception as error:  # the quantizer raises whatever it meets
        text = " ".join(str(error).split()) or type(error).__name__
        raise NetworkError(f"onnxruntime cannot quantize it: {text}") from None


def _batches(given: onnx.ModelProto, data: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """Samples in batches of the model's size, or one by one."""
    inputs = _inputs(given)
    if set(data) == {""} and len(inputs) == 1:
        data = {name: data[""] for name in inputs}
    if set(data) != set(inputs):
        raise NetworkError(f"--data must give the inputs {', '.join(inputs)}, as NAME=FILE.npy each")
    arrays, sizes = {}, set()
    for name, value in inputs.items():
        dims = value.type.tensor_type.shape.dim
        arrays[name] = _checked(name, data[name], dims).astype(model.dtype_of(value))
        sizes.add(dims[0].dim_value or 1)
    counts = {len(array) for array in arrays.values()}
    if len(sizes) != 1 or len(counts) != 1:
        raise NetworkError("all inputs must have one batch size and all --data one number of samples")
    size, count = sizes.pop(), counts.pop()
    if count < size:
        raise NetworkError(f"--data must have at least {size} samples, the model's batch, not {count}")
    for first in range(0, count - size + 1, size):
        yield {name: array[first : first + size] for name, array in arrays.items()}


def _inputs(given: onnx.ModelProto) -> dict[str, onnx.ValueInfoProto]:
    """What the samples are to fill, by name: fp32, or integers that the model converts."""
    constant = {tensor.name for tensor in given.graph.initializer}
    inputs = {value.name: value for value in given.graph.input if value.name not in constant}
    if not inputs:
        raise NetworkError("has no inputs: there is nothing to quantize")
    for name, value in inputs.items():
        kind = value.type.tensor_type.elem_type
        if kind != onnx.TensorProto.FLOAT and (not kind or model.dtype_of(value).kind not in "iu"):
            kind_name = onnx.TensorProto.DataType.Name(kind).lower()
            raise NetworkError(f"input {name} is of type {kind_name}: only models in fp32 are quantized")
    return inputs


def _checked(name: str, array: np.ndarray, dims) -> np.ndarray:
    """Samples of an input, of its type and shape."""
    wanted = [dim.dim_value if dim.HasField("dim_value") else None for dim in dims]
    fits = array.ndim == len(wanted) >= 1
    fits = fits and all(w in (None, n) for w, n in zip(wanted[1:], array.shape[1:], strict=True))
    if not fits or array.dtype.kind not in "fiu":
        shape = ["count", *("any" if n is None else n for n in wanted[1:])]
        raise NetworkError(
            f"--data of input {name} must be numbers [{', '.join(map(str, shape))}], "
            f"not {array.dtype} {list(array.shape)}"
        )
    if array.size == 0 or not np.isfinite(array).all():
        raise NetworkError(f"--data of input {name} must be finite numbers, at least one sample")
    return array


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantizer warns its developers through the root logger, its sessions through onnxruntime's."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    onnxruntime.set_default_logger_severity(_FATAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        onnxruntime.set_default_logger_severity(_WARNING)
