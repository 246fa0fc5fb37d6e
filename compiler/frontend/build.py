"""A graph under construction: tensors, constants and nodes, with the types and shapes that follow."""

from collections.abc import Sequence

import numpy as np

from arch.types import Type
from compiler.frontend.steps import Steps
from compiler.graph import ir, shapes
from compiler.graph.check import DTYPES

TYPE_OF = {np.dtype(name): kind for kind, name in DTYPES.items()}

#: Elements that a tensor may have: some ten times as many as the published chip has bytes.
MOST = 1 << 31


class Builder:
    """Collects a graph.

    Attributes
    ----------
    tensors, constants, nodes
        So far.
    source
        The model's node under translation; every node made carries it.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, ir.Tensor] = {}
        self.constants: dict[str, np.ndarray] = {}
        self.nodes: list[ir.Node] = []
        self.source = ""

    def name(self, wish: str) -> str:
        """A name that no tensor has, like the wish."""
        name, number = wish or "t", 1
        while name in self.tensors:
            number += 1
            name = f"{wish or 't'}.{number}"
        return name

    def tensor(self, wish: str, shape: Sequence[int], kind: Type) -> ir.Tensor:
        """A new tensor."""
        made = ir.Tensor(self.name(wish), tuple(int(n) for n in shape), kind)
        if made.size > MOST:
            raise shapes.GraphError(f"{made.size} elements are more than any machine holds")
        self.tensors[made.name] = made
        return made

    def constant(self, array: np.ndarray, wish: str = "constant") -> ir.Tensor:
        """A constant tensor, of one of the machine's types."""
        kind = TYPE_OF.get(array.dtype)
        if kind is None:
            raise shapes.GraphError(f"a constant of {array.dtype} cannot be on the machine")
        made = self.tensor(wish, array.shape, kind)
        self.constants[made.name] = np.ascontiguousarray(array).reshape(array.shape)
        return made

    def add(self, node: ir.Node, given: tuple[Sequence[int], Type] | None = None) -> ir.Tensor:
        """Append a node whose ``output`` is a wish for the name; its tensor.

        ``given`` is the result's shape and type, where they do not follow.
        """
        wanted = None if given is None else ir.Tensor(node.output, tuple(int(n) for n in given[0]), given[1])
        shape, kind = shapes.result(node, self.tensors, wanted)
        made = self.tensor(node.output, shape, kind)
        fields = {**vars(node), "output": made.name, "source": self.source}
        self.nodes.append(type(node)(**fields))
        return made

    def map(self, steps: Steps, wish: str = "map") -> ir.Tensor:
        """Append a Map."""
        return self.add(ir.Map(tuple(steps.inputs), wish, steps=tuple(steps.steps)))

    def cast(self, x: ir.Tensor, to: Type) -> ir.Tensor:
        """The tensor converted, if it is not of the type already."""
        if x.type is to:
            return x
        if x.name in self.constants and x.type.floating and to.floating:
            with np.errstate(over="ignore"):
                return self.constant(self.constants[x.name].astype(DTYPES[to]), f"{x.name}.{to.value}")
        steps = Steps()
        steps.op("Cast", x.type, steps.input(x.name), to=to)
        return self.map(steps, f"{x.name}.{to.value}")

    def reshape(self, x: ir.Tensor, shape: Sequence[int], wish: str = "") -> ir.Tensor:
        """The tensor under another shape, if it is another."""
        if tuple(shape) == x.shape:
            return x
        return self.add(ir.Reshape((x.name,), wish or f"{x.name}.reshape"), (shape, x.type))

    def transpose(self, x: ir.Tensor, perm: Sequence[int], wish: str = "") -> ir.Tensor:
        """The tensor with its axes in another order, if it is another."""
        if tuple(perm) == tuple(range(len(perm))):
            return x
        return self.add(ir.Transpose((x.name,), wish or f"{x.name}.transpose", perm=tuple(int(n) for n in perm)))

    def rows(self, x: ir.Tensor, axes: Sequence[int]) -> tuple[ir.Tensor, tuple[int, ...]]:
        """A tensor as a matrix, and its axis of columns, if these are reduced alone; else the tensor and the axes.

        Rows that are reduced become lanes: all rows of a matrix do together, those of more axes matrix by matrix.
        """
        rank = len(x.shape)
        if rank < 3 or tuple(axes) != (rank - 1,):
            return x, tuple(axes)
        return self.reshape(x, (x.size // x.shape[-1], x.shape[-1])), (1,)

    def reduce(self, x: ir.Tensor, op: str, axes: Sequence[int], wish: str = "reduce") -> ir.Tensor:
        """The tensor reduced over axes, which stay with size 1; no axes, no node."""
        axes = tuple(sorted(axes))
        return self.add(ir.Reduce((x.name,), wish, op=op, axes=axes)) if axes else x
