"""Small graphs written by hand."""

import numpy as np

from arch.types import Type
from compiler.graph import ir
from compiler.graph.check import DTYPES


def graph(nodes, shapes, constants=None, inputs=("x",), outputs=("y",), **edge) -> ir.Graph:
    """A graph; ``shapes`` maps names to (type, shape)."""
    constants = {name: np.asarray(array) for name, array in (constants or {}).items()}
    tensors = {name: ir.Tensor(name, tuple(shape), Type(kind)) for name, (kind, shape) in shapes.items()}
    kinds = {np.dtype(name): kind for kind, name in DTYPES.items()}
    for name, array in constants.items():
        tensors.setdefault(name, ir.Tensor(name, array.shape, kinds[array.dtype]))

    def edges(names):
        return tuple(
            ir.Edge(n, n, "float32" if edge else DTYPES[tensors[n].type] if n in tensors else "int8", **edge)
            for n in names
        )

    return ir.Graph("hand", tensors, constants, tuple(nodes), edges(inputs), edges(outputs))
