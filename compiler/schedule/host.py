"""The host's side of a compiled network: regions, and what stands in them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS, Config
from arch.types import Type
from compiler.asm.schedule import Named
from compiler.graph.ir import Edge
from compiler.schedule.build import element_dtype
from compiler.schedule.storage import Layout, Stored, planes, unplanes


def regions(role: str, edge: Edge, stored: Stored) -> list[Named]:
    """Regions of a tensor, piece by piece."""
    return [
        Named(edge.name, role, p.hemisphere, p.mem_slice, p.bank << OFFSET_BITS | p.offset, p.rows)
        for copy in stored.copies
        for p in copy
    ]


def record(edge: Edge, shape: Sequence[int], stored: Stored) -> dict[str, Any]:
    """What the program file keeps of an input or output, in JSON."""
    return {
        "name": edge.name,
        "dtype": edge.dtype,
        "scale": edge.scale,
        "zero": edge.zero,
        "shape": list(shape),
        "type": stored.tensor.type.value,
        "stored": list(stored.layout.shape),
        "lane": stored.layout.lane,
        "block": stored.layout.block,
        "pieces": [[p.block, p.byte, p.first, p.rows] for copy in stored.copies for p in copy],
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
    name, shape = known["name"], tuple(known["shape"])
    if array.dtype != np.dtype(known["dtype"]) or array.shape != shape:
        raise ValueError(f"input {name} must be {known['dtype']}{list(shape)}, not {array.dtype}{list(array.shape)}")
    element = Type(known["type"])
    layout = Layout(tuple(known["stored"]), known["lane"], known["block"])
    raw = planes(config, _quantized(known, array, element_dtype(element)), layout, element)
    return np.concatenate([raw[b, byte, first : first + rows] for b, byte, first, rows in known["pieces"]])


def unpack(config: Config, known: Mapping[str, Any], rows: NDArray[np.uint8]) -> NDArray:
    """The user's array of the rows of an output's region."""
    element = Type(known["type"])
    layout = Layout(tuple(known["stored"]), known["lane"], known["block"])
    raw = np.zeros((layout.blocks, element.bytes, layout.rows, config.vector), np.uint8)
    at = 0
    for block, byte, first, count in known["pieces"]:
        raw[block, byte, first : first + count] = rows[at : at + count]
        at += count
    found = unplanes(raw, layout, element_dtype(element)).reshape(known["shape"])
    if known["scale"] is None:
        return found.astype(known["dtype"], copy=False)
    return (found.astype(np.int32) - np.int32(known["zero"])).astype(np.float32) * np.float32(known["scale"])


def _quantized(known: Mapping[str, Any], array: NDArray, dtype: np.dtype) -> NDArray:
    if known["scale"] is None:
        return array.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    rounded = np.rint(array.astype(np.float32) / np.float32(known["scale"])) + np.float32(known["zero"])
    return np.clip(rounded, limits.min, limits.max).astype(dtype)
