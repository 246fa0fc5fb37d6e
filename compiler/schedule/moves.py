"""Tensors laid out anew, byte by byte, by the MXM: it multiplies with ones.

What must change lanes, but lies in the same lane for all rows, is multiplied by a matrix of zeros and ones. What must
change from rows to lanes is loaded as weights, and rows of zeros with a single one take it out again.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from arch.types import Type
from compiler.graph.ir import Input, Map, Step, Tensor
from compiler.schedule import products, views
from compiler.schedule.access import BORDER
from compiler.schedule.build import Build
from compiler.schedule.place import bytes_of
from compiler.schedule.products import Product
from compiler.schedule.storage import Layout, Stored
from compiler.schedule.storage import matrix as elements
from compiler.schedule.views import MovementError, View
from compiler.schedule.weights import byte_of

_SUMS = "sums of bytes"
_TO_BYTE = Map((_SUMS,), _SUMS, "", (Step("Cast", Type.I32, (Input(0),), Type.U8),))


def lay(build: Build, label: str, view: View, tensor: Tensor, layout: Layout, border: int = 0) -> Stored:
    """Lay a view out anew.

    Parameters
    ----------
    view
        Its elements, of the shape of ``tensor``.
    tensor, layout
        The result.
    border
        Bits of elements beyond the border.
    """
    stored = Stored(tensor, layout, [[]], clean=True)
    matrix = np.ascontiguousarray(elements(view.index, layout))
    for byte, value in enumerate(bytes_of(border, tensor.type)):
        part = Stored(replace(tensor, type=Type.U8), layout, [[]], stored.sides)
        source = byte_of(view, byte)
        # Bytes of one element are read in one cycle, so each has slices of its own.
        beside = build.memory.store.others(byte, tensor.type.bytes)
        try:
            _select(build, label, source, matrix, part, 0, value, beside)
        except MovementError:
            _lay_rows(build, label, source, matrix, part, value, beside)
        stored.copies[0] += [replace(piece, byte=byte) for piece in part.copies[0]]
    return stored


def _lay_rows(
    build: Build, label: str, view: View, matrix: NDArray[np.int64], part: Stored, border: int, beside: Iterable[int]
) -> None:
    """Take lanes from rows, or, where each row has its own lanes, rows in groups that have the same ones."""
    try:
        _transpose(build, label, view, matrix, part, beside)
        return
    except MovementError:
        place = matrix % view.stored.layout.width
        same = (place[1:] == place[:-1]).all(axis=1)
    for first, last in pairwise([0, *(np.flatnonzero(~same) + 1).tolist(), len(matrix)]):
        _select(build, label, view, matrix[first:last], part, first, border, beside)


def _select(
    build: Build,
    label: str,
    view: View,
    matrix: NDArray[np.int64],
    part: Stored,
    first: int,
    border: int,
    beside: Iterable[int],
) -> None:
    """Take lanes from lanes, the same for all rows."""
    # What is wanted in several lanes is multiplied once, by a row of several ones.
    distinct, which = np.unique(matrix, axis=1, return_inverse=True)
    weights = np.zeros((distinct.shape[1], matrix.shape[1]), np.int8)
    weights[which.reshape(-1), np.arange(matrix.shape[1])] = 1
    views.columns(view, distinct)
    product = Product(label, view, distinct, weights, border=border)
    products.schedule(build, product, part, first, _TO_BYTE, _SUMS, beside)


def _transpose(
    build: Build, label: str, view: View, matrix: NDArray[np.int64], part: Stored, beside: Iterable[int]
) -> None:
    """Rows of the result that take the same rows of the tensor, each from one lane, are made together."""
    stored = view.stored.layout
    if (matrix == BORDER).any():
        raise MovementError(f"{label}: elements beyond the border")
    row, place = np.divmod(matrix, stored.width)
    if (place != place[:, :1]).any():
        raise MovementError(f"{label}: its elements lie neither in one lane nor in one row")
    block, lane = np.divmod(place[:, 0], stored.block)
    same = (row[1:] == row[:-1]).all(axis=1) & (block[1:] == block[:-1])
    cuts = [0, *(np.flatnonzero(~same) + 1).tolist(), len(matrix)]
    one = build.row(
        Tensor("unit rows", (build.vector, build.vector), Type.U8), np.eye(build.vector, dtype=np.uint8), ()
    )
    for first, last in pairwise(cuts):
        width = min(stored.block, stored.width - int(block[first]) * stored.block)
        inner = int(block[first]) * stored.block + np.arange(width)
        # Element (k, n) of the weights: lane k of the row that becomes lane n of the result.
        other = row[first][None, :] * stored.width + inner[:, None]
        index = lane[first:last, None] * build.vector + np.arange(width)[None, :]
        product = Product(label, one, index, view, other)
        products.schedule(build, product, part, first, _TO_BYTE, _SUMS, beside)
