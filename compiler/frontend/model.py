"""Reading a model file: checked, its sizes bound, its numbers looked at; every refusal is one line."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from compiler.frontend.errors import NetworkError, UnsupportedError, describe

#: Oldest version of the standard operators.
OLDEST = 13
_DOMAINS = ("", "ai.onnx", "com.microsoft")
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "MatMulInteger", "ConvInteger", "QGemm")
#: Inputs that onnxruntime's operators must have. onnx does not know them, and onnxruntime dies of some that lack one.
_INPUTS = {
    "QLinearAdd": (8,),
    "QLinearMul": (8,),
    "QLinearSigmoid": (5,),
    "QLinearLeakyRelu": (5,),
    "QLinearAveragePool": (5,),
    "QLinearGlobalAveragePool": (5,),
    "QLinearSoftmax": (5,),
    "QGemm": (6, 7, 8, 9),
    "MatMulIntegerToFloat": (4, 5, 6, 7),
}
_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.BFLOAT16)


def read(path: str | Path) -> onnx.ModelProto:
    """The model of a file, checked by onnx.

    Raises
    ------
    NetworkError
        If it cannot be read, or is no valid model.
    """
    try:
        model = onnx.load(str(path))
        # Operators of other domains have no schema there; onnxruntime knows them.
        onnx.checker.check_model(model)
    except OSError as error:
        raise NetworkError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # protobuf's and onnx's exceptions have no common base
        raise NetworkError(f"{path}: is no valid ONNX model: {_first_line(error)}") from None
    if not model.graph.node and not model.graph.output:
        raise NetworkError(f"{path}: is no valid ONNX model: it has no nodes and no outputs")
    return model


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def opsets(model: onnx.ModelProto) -> dict[str, int]:
    """Versions of the domains; ``NetworkError`` if the standard one is too old."""
    versions = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in model.opset_import}
    if not OLDEST <= versions.get("", OLDEST) <= onnx.defs.onnx_opset_version():
        raise NetworkError(
            f"the model's opset is {versions['']}; supported are {OLDEST} to {onnx.defs.onnx_opset_version()}"
        )
    return {"": OLDEST, "com.microsoft": 1, **versions}


def bind(model: onnx.ModelProto, dims: Mapping[str, int]) -> onnx.ModelProto:
    """A copy of the model with fixed input sizes, and without inputs that nothing reads.

    Parameters
    ----------
    model
        A model.
    dims
        Sizes by the names that the model gives them.

    Raises
    ------
    NetworkError
        If a size stays open, is not positive, or a name is not in the model.
    """
    bound = onnx.ModelProto()
    bound.CopyFrom(model)
    constant = {tensor.name for tensor in bound.graph.initializer}
    read = {name for node in bound.graph.node for name in node.input} | {value.name for value in bound.graph.output}
    inputs = [value for value in bound.graph.input if value.name in read - constant]
    used = set()
    for value in inputs:
        for number, dim in enumerate(value.type.tensor_type.shape.dim):
            used.add(dim.dim_param)
            dim.dim_value = _size(f"input {value.name}: axis {number}", dim, dims)
        if not value.type.tensor_type.HasField("shape"):
            raise NetworkError(f"input {value.name} has no shape: only fixed shapes can be compiled")
    if unknown := sorted(set(dims) - used):
        raise NetworkError(f"--dim {unknown[0]}: the model has no open size of that name")
    for value in list(bound.graph.input):
        if value.name not in read:
            bound.graph.input.remove(value)
    # What the file says of other values may still hold open sizes.
    del bound.graph.value_info[:]
    for value in bound.graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    return bound


def _size(what: str, dim: onnx.TensorShapeProto.Dimension, dims: Mapping[str, int]) -> int:
    """Size of an axis; ``what`` it is called, should it have none."""
    if dim.dim_param:
        if dim.dim_param not in dims:
            raise NetworkError(f"{what} has the open size {dim.dim_param!r}: bind it with --dim {dim.dim_param}=N")
        size = int(dims[dim.dim_param])
    elif dim.HasField("dim_value"):
        size = dim.dim_value
    else:
        raise NetworkError(f"{what} is open and has no name: only sizes that are fixed, or bound by name, will do")
    if size < 1:
        raise NetworkError(f"{what} must be at least 1, not {size}")
    return size


def is_quantized(model: onnx.ModelProto) -> bool:
    """Whether some operator computes on quantized integers."""
    return any(n.op_type in _QUANTIZED or n.op_type.startswith("QLinear") for n in model.graph.node)


def check_operators(model: onnx.ModelProto) -> None:
    """Refuse domains, control flow and functions; ``UnsupportedError`` names the node."""
    for node in model.graph.node:
        if node.domain not in _DOMAINS:
            raise UnsupportedError(f"{describe(node)}: operators of domain {node.domain!r} are not supported")
        counts = _INPUTS.get(node.op_type, ()) if node.domain == "com.microsoft" else ()
        if counts and len(node.input) not in counts:
            raise UnsupportedError(
                f"{describe(node)}: has {len(node.input)} inputs, not {' or '.join(map(str, counts))}"
            )
        if node.op_type == "QLinearConcat" and (len(node.input) < 5 or len(node.input) % 3 != 2):
            raise UnsupportedError(f"{describe(node)}: has {len(node.input)} inputs, not 2 and 3 for each part")
        if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
            raise UnsupportedError(f"{describe(node)}: control flow is not supported")
    if model.functions:
        raise UnsupportedError(f"function {model.functions[0].name!r}: functions of a model are not supported")


def check_numbers(model: onnx.ModelProto) -> None:
    """Refuse NaN, and constants that cannot be read; ``NetworkError`` says which."""
    for tensor in model.graph.initializer:
        _numbers(tensor)


def check_finite(model: onnx.ModelProto) -> None:
    """Refuse NaN and infinities, of which no scale can be made; ``NetworkError`` says which constant has them."""
    check_numbers(model)
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype.kind == "f" and np.isinf(array).any():
            raise NetworkError(f"constant {tensor.name!r} holds an infinity: no scale can be made of it")


def check_precision(model: onnx.ModelProto) -> None:
    """Refuse a model in fp32; ``NetworkError`` says what to do with it."""
    kinds = {v.type.tensor_type.elem_type for v in (*model.graph.input, *model.graph.output)}
    kinds |= {tensor.data_type for tensor in model.graph.initializer}
    if not is_quantized(model) and kinds & set(_FLOATS) and TensorProto.FLOAT16 not in kinds:
        raise NetworkError(
            "the model computes in fp32, which the machine's matrix units do not: "
            "quantize it (superlane quantize) or convert it (--cast fp16)"
        )


def _numbers(tensor: TensorProto) -> None:
    try:
        array = numpy_helper.to_array(tensor)
    except Exception as error:  # data that are missing, cut short or of an unknown type
        raise NetworkError(f"constant {tensor.name!r} cannot be read: {_first_line(error)}") from None
    # Lists of axes may be empty; onnxruntime dies of zero points that are.
    if array.size == 0 and array.dtype != np.int64:
        raise NetworkError(f"constant {tensor.name!r} has an empty axis: {list(array.shape)}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise NetworkError(f"constant {tensor.name!r} holds NaN")


def dtype_of(value: onnx.ValueInfoProto) -> np.dtype:
    """NumPy's type of a value."""
    return np.dtype(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
