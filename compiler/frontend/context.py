"""A model under translation: its values, constant or not, and the view that the rule of an operator has of a node."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import onnx
from onnx import helper

from arch.types import Type
from compiler.frontend.build import TYPE_OF, Builder
from compiler.frontend.errors import UnsupportedError, describe
from compiler.frontend.session import run_nodes
from compiler.graph import ir

Value = np.ndarray | ir.Tensor
#: Gives the values of a node's outputs.
Rule = Callable[["View"], "Made"]
Made = Value | tuple[Value, ...]


@dataclass
class Context:
    """State of a translation.

    Attributes
    ----------
    opsets
        Version of each domain.
    build
        The graph.
    values
        Constants and tensors by the model's names.
    used
        Names that some node reads or that the network gives.
    loose
        Whether quantizing may be approximate, because its caller compares all 256 results and mends them.
    """

    opsets: Mapping[str, int]
    build: Builder = field(default_factory=Builder)
    values: dict[str, Value] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    loose: bool = False


class View:
    """A node and its inputs.

    Attributes
    ----------
    node, context
        As given.
    inputs
        Values; None where an optional input is left out.
    """

    def __init__(self, node: onnx.NodeProto, context: Context) -> None:
        self.node = node
        self.context = context
        self.inputs: list[Value | None] = [context.values[name] if name else None for name in node.input]
        self._attributes: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}

    @property
    def build(self) -> Builder:
        """The graph under construction."""
        return self.context.build

    @property
    def wish(self) -> str:
        """Name of the first output."""
        return self.node.output[0]

    @property
    def opset(self) -> int:
        """Version of the node's domain."""
        return self.context.opsets.get("" if self.node.domain == "ai.onnx" else self.node.domain, 1)

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute; texts as ``str``."""
        value = self._attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def refuse(self, reason: str) -> NoReturn:
        """Say why this node is not supported."""
        raise UnsupportedError(f"{describe(self.node)}: {reason}")

    def has(self, index: int) -> bool:
        """Whether an optional input is there."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def constant(self, index: int, what: str) -> np.ndarray:
        """An input that must be constant."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if not isinstance(value, np.ndarray):
            self.refuse(f"{what} must be constant")
        return value

    def ints(self, index: int, what: str) -> list[int]:
        """A constant input as a list of integers."""
        return [int(n) for n in self.constant(index, what).reshape(-1)]

    def scalar(self, index: int, what: str, default: float | None = None) -> float:
        """A constant input of one element."""
        if default is not None and not self.has(index):
            return default
        array = self.constant(index, what)
        if array.size != 1:
            self.refuse(f"{what} must be one number, not {list(array.shape)}")
        return array.reshape(()).item()

    def tensor(self, index: int) -> ir.Tensor:
        """An input as a tensor of the graph; constants become one."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            self.refuse(f"input {index} is missing")
        if isinstance(value, ir.Tensor):
            return value
        if value.dtype not in TYPE_OF:
            self.refuse(f"the machine has no elements of {value.dtype}")
        return self.build.constant(value, self.node.input[index])

    def one_of(self, tensor: ir.Tensor, kinds: Sequence[Type]) -> ir.Tensor:
        """The tensor, if it is of one of the types."""
        if tensor.type not in kinds:
            self.refuse(f"is supported for {', '.join(k.value for k in kinds)}, not {tensor.type.value}")
        return tensor

    def axis(self, value: int, count: int) -> int:
        """An axis, counted from the front."""
        if not -count <= value < count:
            self.refuse(f"axis {value} is not one of {count}")
        return value % count

    def computed(self, values: Mapping[str, np.ndarray], outputs: Sequence[str] = ()) -> list[np.ndarray]:
        """What onnxruntime computes for this node, with ``values`` instead of its inputs that are not constant."""
        given = {
            name: np.asarray(values.get(name, value))
            for name, value in zip(self.node.input, self.inputs, strict=True)
            if name and (name in values or isinstance(value, np.ndarray))
        }
        return run_nodes([self.node], given, outputs or list(self.node.output), self.context.opsets)
