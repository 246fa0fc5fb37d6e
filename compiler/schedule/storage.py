"""How tensors lie in memory.

A stored tensor has one *lane axis*, cut into *blocks* of at most a vector; its other axes, in order, are *rows*.
Element (r, c) is lane ``c % block`` of row r of block ``c // block``; an element of several bytes has one such plane
for each byte, in slices of their own. So what lies in a slice is a sequence of rows of one block and byte: a *piece*
holds some of them at consecutive addresses of one bank. A tensor may lie in several places at once (*copies*), so that
several units can read it in one cycle.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.types import Type
from compiler.graph.ir import Tensor


class CapacityError(ValueError):
    """The chip's memory is too small."""


@dataclass(frozen=True)
class Layout:
    """Which axis lies across the lanes, and how many of its elements one vector holds.

    Attributes
    ----------
    shape
        The tensor's.
    lane
        The lane axis; None for a tensor that has none (its rows hold one element each).
    block
        Elements of the lane axis in a vector.
    last
        Row axis whose rows follow each other directly; None for the last of them.
    """

    shape: tuple[int, ...]
    lane: int | None
    block: int
    last: int | None = None

    @property
    def width(self) -> int:
        """Size of the lane axis."""
        return 1 if self.lane is None else self.shape[self.lane]

    @property
    def blocks(self) -> int:
        """Vectors that the lane axis takes."""
        return -(-self.width // self.block)

    @property
    def row_axes(self) -> tuple[int, ...]:
        """Row axes in the order of the rows."""
        axes = [n for n in range(len(self.shape)) if n not in (self.lane, self.last)]
        return tuple(axes) if self.last is None else (*axes, self.last)

    @property
    def rows(self) -> int:
        """Rows of each block."""
        return int(np.prod([self.shape[n] for n in self.row_axes], dtype=np.int64))


@dataclass(frozen=True)
class Piece:
    """Rows ``first``, ``first + step``, ... of one block and byte, from ``offset`` of a bank of a slice on.

    A Read that issues in cycle ``ready`` or later finds them; a Write that issues in cycle ``free`` or later overwrites
    nothing that is still to be read. From cycle ``until`` on they may be another tensor's; None if they never are.
    """

    queue: int
    hemisphere: Hemisphere
    mem_slice: int
    bank: int
    offset: int
    block: int
    byte: int
    first: int
    rows: int
    step: int = 1
    ready: int = 0
    free: int = 0
    until: int | None = None

    def holds(self, row: int) -> bool:
        """Whether a row is among them."""
        at, rest = divmod(row - self.first, self.step)
        return rest == 0 and 0 <= at < self.rows

    def address(self, row: int) -> int:
        """13-bit address of a row that it holds."""
        return self.bank << OFFSET_BITS | self.offset + (row - self.first) // self.step


@dataclass
class Stored:
    """A tensor in memory.

    Attributes
    ----------
    tensor, layout
        What, and how.
    copies
        Pieces of each copy, sorted by block, byte and row.
    sides
        Hemisphere of each block: all of it comes from one direction.
    homes
        Room for each block and share of the rows, for a result that is not complete yet.
    loose
        Whether nothing but the host reads it: then each row may lie in the hemisphere in which it is made.
    clean
        Whether lanes in which no element lies hold zeros.
    """

    tensor: Tensor
    layout: Layout
    copies: list[list[Piece]] = field(default_factory=list)
    sides: dict[int, Hemisphere] = field(default_factory=dict)
    homes: dict[tuple[int, int], list[tuple[Piece, ...]]] = field(default_factory=dict)
    loose: bool = False
    clean: bool = False


def matrix(values: NDArray, layout: Layout) -> NDArray:
    """Elements as rows: [rows, width] of an array of the layout's shape."""
    array = np.asarray(values).reshape(layout.shape)
    lanes = () if layout.lane is None else (layout.lane,)
    return array.transpose(*layout.row_axes, *lanes).reshape(layout.rows, layout.width)


def unmatrix(rows: NDArray, layout: Layout) -> NDArray:
    """Array of the layout's shape from its rows [rows, width]."""
    axes = (*layout.row_axes, *(() if layout.lane is None else (layout.lane,)))
    return rows.reshape([layout.shape[n] for n in axes]).transpose(np.argsort(axes))


def planes(config: Config, values: NDArray, layout: Layout, type: Type) -> NDArray[np.uint8]:
    """Bytes of a tensor: uint8[blocks, bytes, rows, vector], unused lanes zero."""
    rows = matrix(values, layout)
    padded = np.zeros((layout.rows, layout.blocks * layout.block), dtype=rows.dtype)
    padded[:, : layout.width] = rows
    raw = np.ascontiguousarray(padded).view(np.uint8).reshape(layout.rows, layout.blocks, layout.block, type.bytes)
    found = np.zeros((layout.blocks, type.bytes, layout.rows, config.vector), dtype=np.uint8)
    found[..., : layout.block] = raw.transpose(1, 3, 0, 2)
    return found


def unplanes(raw: NDArray[np.uint8], layout: Layout, dtype: np.dtype) -> NDArray:
    """Array of a layout's shape from uint8[blocks, bytes, rows, vector]."""
    used = raw[..., : layout.block].transpose(2, 0, 3, 1)
    rows = np.ascontiguousarray(used).view(dtype).reshape(layout.rows, layout.blocks * layout.block)
    return unmatrix(rows[:, : layout.width], layout)
