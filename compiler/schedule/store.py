"""Which rows of memory are free, and which of them have never been in use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, Config
from arch.conveyor import Hemisphere
from arch.isa.icu import IFETCH
from arch.queues import Queue, Unit, queues, queues_by_name
from compiler.schedule.emit import Placed
from compiler.schedule.idle import Idle
from compiler.schedule.storage import CapacityError
from compiler.schedule.traffic import addresses

#: Slices for what flows, at least, where weights have slices of their own.
_LEAST = 8
#: Slices for text, of each hemisphere.
_TEXT = 2


#: State of a store.
Mark = tuple[NDArray, tuple[NDArray, NDArray] | None]


@dataclass(frozen=True)
class Place:
    """Offset of rows in a bank, and the first cycle in which they may be written."""

    offset: int
    free: int = 0


class Store:
    """Free addresses of all slices.

    Weights go to the outermost slices, nearest to the MXM that takes them; what flows goes to the innermost. Where
    there are too few slices to part them, they share.

    Parameters
    ----------
    config
        The machine.
    wordy
        Whether so much text is to be expected that it gets slices of its own, if there are enough.
    thrifty
        Whether rows are used again when what lies there is needed no more.

    Attributes
    ----------
    idle
        Rows that are free again; None if none ever is.
    """

    def __init__(self, config: Config, *, wordy: bool = False, thrifty: bool = False) -> None:
        self.config = config
        self.idle = Idle(config) if thrifty else None
        self._names = queues_by_name(config)
        self._next = np.zeros((len(Hemisphere), config.slices, BANKS), dtype=np.int64)
        groups = config.planes if config.slices >= config.planes * config.lanes + _LEAST else 1
        inner = config.slices - groups * config.lanes
        #: Slices for what flows, and first slice of the weights of each plane.
        self.data_slices = tuple(range(inner if inner >= _LEAST else config.slices))
        #: Slices that text is best read from: what flows goes elsewhere as long as there is room.
        self.text_slices = self.data_slices[:_TEXT] if wordy and config.slices >= _LEAST + _TEXT else ()
        self.weight_slices = tuple(
            config.slices - config.lanes * (1 + plane % groups) for plane in range(config.planes)
        )

    def queue(self, side: Hemisphere, mem_slice: int) -> Queue:
        """Queue of a slice."""
        return self._names[f"{side.letter}.mem{mem_slice}"]

    def room(self, side: Hemisphere, mem_slice: int, bank: int) -> int:
        """Rows left in a bank."""
        return self.config.bank_words - int(self._next[side, mem_slice, bank])

    def widest(self, queue: Queue, rows: int) -> tuple[int, int] | None:
        """The bank of a slice that has most room, and the offset of rows there; None if they do not fit."""
        side = Hemisphere(queue.hemisphere or 0)
        bank = max(range(BANKS), key=lambda b: (self.room(side, queue.number, b), b))
        offset = int(self._next[side, queue.number, bank])
        return (bank, offset) if offset + rows <= self.config.bank_words else None

    def place(self, side: Hemisphere, mem_slice: int, bank: int, rows: int, *, again: bool = False) -> Place | None:
        """Where a bank has so many rows; None if nowhere.

        Parameters
        ----------
        again
            Whether rows that have been in use will do: then they are preferred, so that others are left for what must
            be there from the beginning.
        """
        found = self.idle.find(side, mem_slice, bank, rows) if again and self.idle else None
        if found is not None:
            return Place(found[0], found[1])
        return Place(int(self._next[side, mem_slice, bank])) if self.room(side, mem_slice, bank) >= rows else None

    def take(self, side: Hemisphere, mem_slice: int, bank: int, rows: int, *, lent: bool = False) -> int:
        """Offset of so many rows that have never been in use; ``lent`` are those that can be released one day."""
        place = self.place(side, mem_slice, bank, rows)
        if place is None:
            where = f"{side.letter}.mem{mem_slice} bank {bank}"
            raise CapacityError(f"the network does not fit: {where} has no {rows} rows left")
        if lent:
            self.lend(side, mem_slice, bank, rows, place)
        else:
            self._next[side, mem_slice, bank] += rows
        return place.offset

    def lend(self, side: Hemisphere, mem_slice: int, bank: int, rows: int, place: Place) -> None:
        """Take rows that can be released one day."""
        if place.offset == self._next[side, mem_slice, bank]:
            self._next[side, mem_slice, bank] += rows
        if self.idle is not None:
            self.idle.lend(side, mem_slice, bank, place.offset, rows)

    def touch(self, run: Placed) -> None:
        """Note that a run has been placed, whatever its queue, and what it reads or writes."""
        queue = queues(self.config)[run.queue]
        if self.idle is not None and queue.unit is Unit.MEM and run.op.spec is not IFETCH:
            self.idle.touch(Hemisphere(queue.hemisphere or 0), queue.number, *addresses(run))

    def others(self, byte: int, width: int) -> frozenset[int]:
        """Queues of the slices that are not for a byte of elements, where bytes are placed one by one."""
        return frozenset(
            self.queue(side, n).index for side in Hemisphere for n in range(self.config.slices) if n % width != byte
        )

    def mark(self) -> Mark:
        """State to which :meth:`reset` returns."""
        return self._next.copy(), self.idle.mark() if self.idle else None

    def reset(self, mark: Mark) -> None:
        """Give back what was taken since a mark."""
        self._next = mark[0].copy()
        if self.idle is not None and mark[1] is not None:
            self.idle.reset(mark[1])

    def used(self) -> int:
        """Rows in use."""
        return int(self._next.sum()) - (self.idle.count() if self.idle else 0)

    def capacity(self) -> int:
        """Rows of all slices."""
        return self._next.size * self.config.bank_words
