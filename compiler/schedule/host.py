"""The host's side of a compiled network: regions, and what stands in them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS, Config
from arch.types import Type
from compiler.asm.schedule import Named
from compiler.graph.evaluate import entering, leaving
from compiler.graph.ir import Edge, Tensor
from compiler.schedule.build import element_dtype
from compiler.schedule.storage import Layout, Stored, matrix, planes, unmatrix, unplanes
from compiler.schedule.views import View


def regions(role: str, edge: Edge, stored: Stored) -> list[Named]:
    """Regions of a tensor, piece by piece."""
    return [
        Named(edge.name, role, p.hemisphere, p.mem_slice, p.bank << OFFSET_BITS | p.offset, p.rows)
        for copy in stored.copies
        for p in copy
    ]


def record(edge: Edge, view: View) -> dict[str, Any]:
    """What the program file keeps of an input or output, in JSON.

    ``index`` gives for each element of the user's array its number in the stored tensor (row times width plus column);
    null if they are in order.
    """
    layout = view.stored.layout
    # Elements of the stored tensor in its own shape; a view of all of them, reshaped or not, needs no list.
    whole = unmatrix(np.arange(layout.rows * layout.width).reshape(layout.rows, layout.width), layout)
    return {
        "name": edge.name,
        "dtype": edge.dtype,
        "scale": edge.scale,
        "zero": edge.zero,
        "shape": list(view.shape),
        "type": view.stored.tensor.type.value,
        "stored": list(layout.shape),
        "lane": layout.lane,
        "block": layout.block,
        "last": layout.last,
        "pieces": [[p.block, p.byte, p.first, p.rows] for copy in view.stored.copies for p in copy],
        "index": None if np.array_equal(whole.ravel(), view.index.ravel()) else view.index.ravel().tolist(),
    }


def pack(config: Config, known: Mapping[str, Any], array: NDArray) -> NDArray[np.uint8]:
    """Rows of the region of an input: uint8[rows, vector].

    Parameters
    ----------
    known
        What :func:`record` gave.
    array
        The user's array, of the dtype and shape that it names.

    Raises
    ------
    ValueError
        In one line, if dtype or shape differ.
    """
    edge, tensor = _edge(known)
    layout = _layout(known)
    raw = planes(config, entering(edge, tensor, array), layout, tensor.type)
    return np.concatenate([raw[b, byte, first : first + rows] for b, byte, first, rows in known["pieces"]])


def unpack(config: Config, known: Mapping[str, Any], rows: NDArray[np.uint8]) -> NDArray:
    """The user's array of the rows of an output's region."""
    edge, tensor = _edge(known)
    layout = _layout(known)
    raw = np.zeros((layout.blocks, tensor.type.bytes, layout.rows, config.vector), np.uint8)
    at = 0
    for block, byte, first, count in known["pieces"]:
        raw[block, byte, first : first + count] = rows[at : at + count]
        at += count
    found = unplanes(raw, layout, element_dtype(tensor.type))
    if known.get("index") is not None:
        found = matrix(found, layout).ravel()[np.array(known["index"], np.int64)]
    return leaving(edge, found.reshape(tensor.shape))


def _layout(known: Mapping[str, Any]) -> Layout:
    return Layout(tuple(known["stored"]), known["lane"], known["block"], known.get("last"))


def _edge(known: Mapping[str, Any]) -> tuple[Edge, Tensor]:
    edge = Edge(known["name"], known["name"], known["dtype"], known["scale"], known["zero"])
    return edge, Tensor(known["name"], tuple(known["shape"]), Type(known["type"]))
