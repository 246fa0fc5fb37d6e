"""The intermediate form of a network: tensors, and nodes that each say exactly what is computed.

Shapes and axes are those of the model (ONNX order); how a tensor lies in memory is the scheduler's choice. Every node
has one result. Arithmetic is that of the machine (docs/numerics.md): a graph, not its model, says to the bit what a
compiled network computes, and :mod:`compiler.graph.evaluate` computes it with NumPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np

from arch.types import Type


@dataclass(frozen=True)
class Tensor:
    """A value.

    Attributes
    ----------
    name
        Unique in its graph.
    shape
        Sizes of its axes, each at least 1; () for a scalar.
    type
        Type of its elements.
    """

    name: str
    shape: tuple[int, ...]
    type: Type

    @property
    def size(self) -> int:
        """Elements."""
        return prod(self.shape)


@dataclass(frozen=True)
class Input:
    """Operand of a step: an input of its Map, by number."""

    number: int


@dataclass(frozen=True)
class Result:
    """Operand of a step: the result of an earlier step, by number."""

    step: int


@dataclass(frozen=True)
class Immediate:
    """Operand of a step: a constant, the raw bits of the type in which the step reads it."""

    bits: int


Operand = Input | Result | Immediate


@dataclass(frozen=True)
class Step:
    """One VXM operation on every element.

    Attributes
    ----------
    op
        Mnemonic of the VXM ("Add", "Cast", ...; no Latch).
    type
        Element type that it names.
    operands
        As many as the operation takes; the second of a Cast may be left out.
    to
        Type of a Cast's result.
    sat
        Saturating form.
    """

    op: str
    type: Type
    operands: tuple[Operand, ...]
    to: Type | None = None
    sat: bool = False


@dataclass(frozen=True)
class Node:
    """What every node has.

    Attributes
    ----------
    inputs
        Names of tensors.
    output
        Name of its tensor.
    source
        The nodes of the model that it came from, for messages and the timeline.
    """

    inputs: tuple[str, ...]
    output: str
    source: str = ""


@dataclass(frozen=True)
class MatMul(Node):
    """Product of ``inputs`` a[..., M, K] and b[..., K, N]; leading axes broadcast as NumPy's do.

    i8 or u8 each: i32, exact and wrapping, without zero points (those are in the operands or in Maps around). f16: f32;
    K is cut into passes of ``config.vector // 2`` elements, the exact sum of each pass is rounded once to f32, and the
    passes are added in f32 in order.
    """


@dataclass(frozen=True)
class Conv(Node):
    """Cross-correlation of x[N, C, *S] with constant weights w[F, C / groups, *k]: [N, F, *out].

    Types as of a MatMul, one pass (at least) for each tap of the kernel, taps in row-major order, and within a tap the
    channels in order. Elements beyond the border count as ``border``, a value of x's type (its zero point).
    """

    strides: tuple[int, ...] = ()
    pads: tuple[tuple[int, int], ...] = ()
    dilations: tuple[int, ...] = ()
    groups: int = 1
    border: int = 0


@dataclass(frozen=True)
class Map(Node):
    """Elementwise steps over inputs that broadcast as NumPy's do; the last step gives the result."""

    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Reduce(Node):
    """Reduction of the one input over ``axes`` (kept with size 1), by "Add", "Max" or "Min" in its own type.

    Floats are added in row-major order of the reduced axes, beginning with the first element.
    """

    op: str = "Add"
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pool(Node):
    """Reduction over windows of x[N, C, *S], by "Add", "Max" or "Min", taps in row-major order of the window.

    Elements beyond the border count as ``border`` (bits of the type).
    """

    op: str = "Max"
    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[tuple[int, int], ...] = ()
    dilations: tuple[int, ...] = ()
    border: int = 0


@dataclass(frozen=True)
class Reshape(Node):
    """The same elements in row-major order under the shape of the output tensor."""


@dataclass(frozen=True)
class Transpose(Node):
    """Axis n of the result is axis ``perm[n]`` of the input."""

    perm: tuple[int, ...] = ()


@dataclass(frozen=True)
class Slice(Node):
    """Elements ``start``, ``start + step``, ... of each axis, as many as the output has. Steps may be negative."""

    start: tuple[int, ...] = ()
    step: tuple[int, ...] = ()


@dataclass(frozen=True)
class Concat(Node):
    """The inputs one behind the other along ``axis``."""

    axis: int = 0


@dataclass(frozen=True)
class Pad(Node):
    """The input between ``pads`` (before, after, for each axis; none negative) of elements with the bits ``value``."""

    pads: tuple[tuple[int, int], ...] = ()
    value: int = 0


@dataclass(frozen=True)
class Take(Node):
    """Elements of ``axis`` at constant ``indices``, an int64 array none of which is negative, in its place."""

    indices: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0


@dataclass(frozen=True)
class Edge:
    """An input or output of the network as its user sees it, and what the host does at the border.

    The host quantizes what it writes (``x / scale`` in float32, rounded half to even, plus ``zero``, saturated) and
    dequantizes what it reads (``(q - zero) * scale`` in float32), if there is a scale; else it converts nothing.

    Attributes
    ----------
    tensor
        Name of the graph's tensor.
    name
        The model's name of it.
    dtype
        NumPy's name of the user's element type.
    scale, zero
        Quantization; None without.
    """

    tensor: str
    name: str
    dtype: str
    scale: float | None = None
    zero: int = 0


@dataclass(frozen=True)
class Graph:
    """A network.

    Attributes
    ----------
    name
        The model's.
    tensors
        By name: inputs, constants and results.
    constants
        Arrays of tensors that are constant, of the dtype of their type (float16, float32, intN, uintN).
    nodes
        In an order in which each node's inputs come before it.
    inputs, outputs
        What the host writes and reads.
    """

    name: str
    tensors: Mapping[str, Tensor]
    constants: Mapping[str, np.ndarray]
    nodes: tuple[Node, ...]
    inputs: tuple[Edge, ...]
    outputs: tuple[Edge, ...]
