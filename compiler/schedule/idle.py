"""Rows of memory that are free again: what lay there has been read for the last time.

Whoever writes such a row must do so in a cycle behind the last in which anything that lay there is read or written.
That cycle is known when the row is released, for by then everything that touches it has been placed.
"""

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from compiler.schedule.storage import Piece

#: In place of a cycle: the row is in use, or has never been.
_TAKEN = -1


class Idle:
    """Which rows can be released, which are, and from which cycle on they may be written.

    Parameters
    ----------
    config
        The machine.
    """

    def __init__(self, config: Config) -> None:
        shape = (len(Hemisphere), config.slices, BANKS, config.bank_words)
        #: Rows that can be released one day.
        self._mortal = np.zeros(shape, np.bool_)
        #: First cycle in which a released row may be written.
        self._free = np.full(shape, _TAKEN, np.int64)
        #: Last cycle in which anything touches a row.
        self._last = np.full(shape, _TAKEN, np.int64)

    def touch(self, side: Hemisphere, mem_slice: int, addresses: NDArray[np.int64], cycles: NDArray[np.int64]) -> None:
        """Note reads or writes of 13-bit addresses, in ascending cycles."""
        place = (side, mem_slice, addresses >> OFFSET_BITS, addresses % (1 << OFFSET_BITS))
        self._last[place] = np.maximum(self._last[place], cycles)

    def lend(self, side: Hemisphere, mem_slice: int, bank: int, offset: int, rows: int) -> None:
        """Note that rows are taken, and can be released one day."""
        place = (side, mem_slice, bank, slice(offset, offset + rows))
        self._mortal[place], self._free[place] = True, _TAKEN

    def end(self, piece: Piece) -> int:
        """First cycle in which rows of a piece that nobody needs any more may be written: the same for all of them."""
        place = (piece.hemisphere, piece.mem_slice, piece.bank, slice(piece.offset, piece.offset + piece.rows))
        self._last[place] = self._last[place].max()
        return int(self._last[place].max()) + 1

    def release(self, live: NDArray[np.bool_]) -> None:
        """Release all rows that can be and are not live: bool[hemisphere, slice, bank, word]."""
        dead = self._mortal & ~live & (self._free == _TAKEN)
        self._free[dead] = self._last[dead] + 1

    def find(self, side: Hemisphere, mem_slice: int, bank: int, rows: int) -> tuple[int, int] | None:
        """Offset of so many rows that have been released, and the first cycle in which all may be written.

        Of several places, the one that is free first.
        """
        free = self._free[side, mem_slice, bank]
        edges = np.flatnonzero(np.diff(np.pad(free != _TAKEN, 1).astype(np.int8))).reshape(-1, 2)
        found = [(int(free[first : first + rows].max()), int(first)) for first, end in edges if end - first >= rows]
        if not found:
            return None
        cycle, offset = min(found)
        return offset, cycle

    def count(self) -> int:
        """Rows that are free again."""
        return int((self._free != _TAKEN).sum())

    def mark(self) -> tuple[NDArray, NDArray]:
        """State to which :meth:`reset` returns."""
        return self._mortal.copy(), self._free.copy()

    def reset(self, mark: tuple[NDArray, NDArray]) -> None:
        """Give back what was lent since a mark."""
        self._mortal, self._free = mark[0].copy(), mark[1].copy()
