"""Tensors as others see them: reshaped, transposed, cut, padded, without moving a byte.

A view gives for each of its elements where it lies: the number ``row * width + column`` of an element of a stored
tensor, or ``BORDER``. What a consumer reads follows from these numbers alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compiler.schedule.access import BORDER
from compiler.schedule.storage import Layout, Stored, unmatrix
from compiler.schedule.storage import matrix as elements


class MovementError(ValueError):
    """A view whose elements do not lie as a consumer needs them."""


@dataclass(frozen=True, eq=False)
class View:
    """A view of a stored tensor.

    Attributes
    ----------
    stored
        The tensor.
    index
        int64, of the view's shape: numbers of elements, or ``BORDER``.
    """

    stored: Stored
    index: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape that a consumer sees."""
        return self.index.shape


@dataclass(frozen=True)
class Column:
    """Elements of a matrix view that lie in one block, each column of the matrix in one lane.

    Attributes
    ----------
    block
        The block.
    rows
        Row of memory for each row of the matrix.
    columns, lanes
        Columns of the matrix, and the lane of each.
    """

    block: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    lanes: NDArray[np.int64]


def whole(stored: Stored) -> View:
    """All of a stored tensor, in its own shape."""
    layout = stored.layout
    numbers = np.arange(layout.rows * layout.width, dtype=np.int64).reshape(layout.rows, layout.width)
    return View(stored, unmatrix(numbers, layout))


def lane_axis(view: View) -> int | None:
    """Axis of a view along which elements lie in neighboring lanes."""
    width = view.stored.layout.width
    for axis, size in enumerate(view.shape):
        if size > 1:
            first = view.index[tuple(slice(0, 2) if n == axis else 0 for n in range(len(view.shape)))]
            if first[1] - first[0] == 1 and first[0] // width == first[1] // width:
                return axis
    return None


def columns(view: View, matrix: NDArray[np.int64]) -> list[Column]:
    """Columns of a matrix of element numbers, those that a pass can take together.

    Parameters
    ----------
    view
        Tells of which tensor.
    matrix
        int64[M, K] of element numbers.

    Raises
    ------
    MovementError
        If a column does not stay in one lane.
    """
    layout = view.stored.layout
    inside = matrix != BORDER
    rows = np.where(inside, matrix // layout.width, BORDER)
    place = np.where(inside, matrix % layout.width, -1)
    column = place.max(axis=0)
    if (inside & (place != column)).any():
        raise MovementError(f"{view.stored.tensor.name}: elements of one column lie in several lanes")
    # All lanes of the row that stands for the border are alike: a column of nothing else may have any.
    nowhere = np.flatnonzero(~inside.any(axis=0))
    column[nowhere] = np.arange(len(nowhere))
    block = column // layout.block
    groups: dict[tuple[int, bytes, int], list[int]] = {}
    again: dict[tuple[int, bytes], int] = {}
    for k in range(matrix.shape[1]):
        # An element that is there twice cannot be multiplied twice in one pass.
        key = (int(column[k]), np.ascontiguousarray(rows[:, k]).tobytes())
        again[key] = again.get(key, -1) + 1
        groups.setdefault((int(block[k]), key[1], again[key]), []).append(k)
    return [
        Column(min(number, layout.blocks - 1), rows[:, found[0]], np.array(found), column[found] % layout.block)
        for (number, _, _), found in groups.items()
    ]


def aligned(view: View, layout: Layout, block: int) -> tuple[int, NDArray[np.int64]]:
    """Block and rows of a stored tensor from which a consumer of a layout reads one of its blocks, lane by lane.

    A row all of whose elements lie beyond the border is ``BORDER``.

    Raises
    ------
    MovementError
        If the elements lie in other lanes, or in several blocks.
    """
    stored = view.stored.layout
    matrix = elements(view.index, layout)[:, block * layout.block : (block + 1) * layout.block]
    name = view.stored.tensor.name
    outside = (matrix == BORDER).all(axis=1)
    inside = matrix[~outside]
    if (inside == BORDER).any():
        raise MovementError(f"{name}: some elements of a row lie beyond the border")
    rows = np.full(len(matrix), BORDER)
    if not len(inside):
        return 0, rows
    row, place = np.divmod(inside, stored.width)
    lanes, owner = place % stored.block, place // stored.block
    if (lanes != np.arange(matrix.shape[1])).any() or (owner != owner[0, 0]).any() or (row != row[:, :1]).any():
        raise MovementError(f"{name}: elements lie in other lanes than those of their partners")
    rows[~outside] = row[:, 0]
    return int(owner[0, 0]), rows
