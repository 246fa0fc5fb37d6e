"""Writing an ONNX model node by node, under names of our own: nothing in the file but what was meant."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnx
from numpy.typing import DTypeLike, NDArray
from onnx import helper, numpy_helper

#: Operator set of most models, and the file format that goes with it.
OPSET = 21
#: Format of the file, by operator set: the oldest that may hold it.
_FORMATS = {21: 10, 22: 10, 23: 11}

#: Length of an axis: a number, or the name of one that is bound later.
Axis = int | str


class Writer:
    """A model under construction.

    Every result bears the name of its node, and the first result is the only one used.

    Parameters
    ----------
    element
        Type of inputs, outputs and floating-point constants: float32 or float16.
    """

    def __init__(self, element: DTypeLike = np.float32):
        self.element = np.dtype(element)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray) -> str:
        """A constant, cast to ``element`` if it is of a floating-point type; the result is its name."""
        if name in self._constants:
            raise ValueError(f"constant {name!r} is there already")
        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(self.element)
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def shape(self, name: str, *sizes: int) -> str:
        """A constant of sizes, axes or positions: int64."""
        return self.constant(name, np.array(sizes, np.int64))

    def node(self, op: str, name: str, inputs: Sequence[str], domain: str = "", **attributes) -> str:
        """A node with one result; the result is the name of both."""
        self._nodes.append(helper.make_node(op, list(inputs), [name], name, domain=domain, **attributes))
        return name

    def model(
        self,
        name: str,
        inputs: Mapping[str, Sequence[Axis]],
        outputs: Mapping[str, Sequence[Axis] | None],
        *,
        opset: int = OPSET,
        elements: Mapping[str, DTypeLike] = MappingProxyType({}),
    ) -> onnx.ModelProto:
        """The model of all nodes written so far.

        Parameters
        ----------
        name
            Of the graph.
        inputs, outputs
            Shape of each, by name; None, of an output, is what the nodes make of it.
        opset
            Version of the standard operators, a key of the formats above.
        elements
            Types of inputs and outputs that are not of ``element``.

        Raises
        ------
        onnx.checker.ValidationError, onnx.shape_inference.InferenceError
            If the model is no valid one.
        """
        graph = helper.make_graph(
            self._nodes,
            name,
            self._edges(inputs, elements),
            self._edges(outputs, elements),
            list(self._constants.values()),
        )
        operators = [helper.make_opsetid("", opset)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=_FORMATS[opset], producer_name="superlane")
        if None in outputs.values():
            model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
            del model.graph.value_info[:]
        onnx.checker.check_model(model, full_check=True)
        return model

    def _edges(
        self, tensors: Mapping[str, Sequence[Axis] | None], elements: Mapping[str, DTypeLike]
    ) -> list[onnx.ValueInfoProto]:
        types = {name: helper.np_dtype_to_tensor_dtype(np.dtype(elements.get(name, self.element))) for name in tensors}
        return [helper.make_tensor_value_info(name, types[name], shape) for name, shape in tensors.items()]


def constants(model: onnx.ModelProto) -> dict[str, NDArray]:
    """Every initializer of a model, by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
