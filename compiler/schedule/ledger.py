"""What is in use when: slots of queues, banks of memory, stream registers. Nothing is placed that is not free here."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from arch.config import Config
from arch.conveyor import Direction
from arch.queues import queues

#: Cycles by which the tables grow at least.
_GROWTH = 1 << 14
_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True)
class Times:
    """Cycles ``first``, ``first + every``, ... of ``n`` issues or values."""

    first: int
    n: int
    every: int = 1

    def shifted(self, by: int) -> "Times":
        """The same, so many cycles later."""
        return Times(self.first + by, self.n, self.every)

    @property
    def last(self) -> int:
        """Cycle of the last."""
        return self.first + (self.n - 1) * self.every

    def cycles(self) -> frozenset[int]:
        """All of them."""
        return frozenset(range(self.first, self.last + 1, self.every))

    def slice(self, offset: int = 0) -> slice:
        """Places in a table by cycle."""
        return slice(self.first + offset, self.last + offset + 1, self.every)


class Ledger:
    """Reservations of one schedule.

    A value on a stream keeps its *line*: the cycle minus the registers that it has passed. For each direction, stream
    and line a mask says at which positions the value is driven and at which it is sampled; bits count downstream.

    Parameters
    ----------
    config
        The machine.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self._size = 0
        count = len(queues(config))
        #: bool[queue, cycle]: slots taken by words of a queue other than a MEM queue.
        self._slots = np.zeros((count, 0), dtype=bool)
        #: uint8[queue, cycle]: banks that the read part and the write part of a MEM queue's word touch, a bit each.
        self._parts = np.zeros((2, count, 0), dtype=np.uint8)
        #: uint64[driven or sampled, direction, stream, line]: positions, a bit each.
        self._masks = np.zeros((2, len(Direction), config.streams, 0), dtype=np.uint64)
        self._grow(_GROWTH)

    def _grow(self, cycles: int) -> None:
        size = max(cycles + 4 * self.config.positions + 64, self._size + _GROWTH, self._size * 3 // 2)
        more = size - self._size
        self._slots = np.pad(self._slots, ((0, 0), (0, more)))
        self._parts = np.pad(self._parts, ((0, 0), (0, 0), (0, more)))
        self._masks = np.pad(self._masks, ((0, 0), (0, 0), (0, 0), (0, more)))
        self._size = size

    def reach(self, cycle: int) -> None:
        """Make room for reservations up to a cycle."""
        if cycle + 2 * self.config.positions + 16 >= self._size:
            self._grow(cycle)

    # Queues ------------------------------------------------------------------------------------------

    def slots_taken(self, queue: int, times: Times, starts: int) -> NDArray[np.bool_]:
        """Whether one of the slots is taken, for so many starts, each a cycle later: bool[starts]."""
        return _any(self._slots[queue, times.first : times.last + starts], times, starts)

    def take_slots(self, queue: int, times: Times) -> None:
        """Reserve slots."""
        self._slots[queue, times.slice()] = True

    def free_slots(self, queue: int, times: Times) -> None:
        """Give slots back."""
        self._slots[queue, times.slice()] = False

    def parts_taken(self, queue: int, times: Times, starts: int, banks: int, *, write: bool) -> NDArray[np.bool_]:
        """Whether an access meets another of its kind, or one of the other kind in its banks, for so many starts."""
        place = slice(times.first, times.last + starts)
        own, other = self._parts[int(write), queue, place], self._parts[int(not write), queue, place]
        return _any((own != 0) | (other & banks != 0), times, starts)

    def take_parts(self, queue: int, times: Times, banks: int, *, write: bool) -> None:
        """Reserve read or write parts of a MEM queue's words."""
        self._parts[int(write), queue, times.slice()] = banks

    def free_parts(self, queue: int, times: Times, *, write: bool) -> None:
        """Give parts back."""
        self._parts[int(write), queue, times.slice()] = 0

    # Streams -----------------------------------------------------------------------------------------

    def free_streams(self, direction: Direction, start: int, end: int, times: Times) -> NDArray[np.bool_]:
        """Streams on which values driven at ``start`` reach ``end`` and disturb nobody: bool[streams]."""
        first, last = self._bit(direction, start), self._bit(direction, end)
        place = times.slice(self._offset(first))
        drives = self._masks[0, direction, :, place]
        samples = self._masks[1, direction, :, place]
        path = np.uint64((1 << last + 1) - (1 << first))
        bad = (drives & path) != 0
        # A value overwrites what comes behind its start; nobody may sample that before another producer stands there.
        beyond = drives & np.uint64(-(1 << last + 1) & int(_ONES))
        reach = (beyond & (~beyond + np.uint64(1))) - np.uint64(1)
        bad |= (samples & reach & np.uint64(-(1 << first) & int(_ONES))) != 0
        return ~bad.any(axis=1)

    def mark(self, direction: Direction, stream: int, position: int, times: Times, *, sampled: bool) -> None:
        """Note values that are driven or sampled."""
        bit = self._bit(direction, position)
        self._masks[int(sampled), direction, stream, times.slice(self._offset(bit))] |= np.uint64(1 << bit)

    def unmark(self, direction: Direction, stream: int, position: int, times: Times, *, sampled: bool) -> None:
        """Take a note back."""
        bit = self._bit(direction, position)
        self._masks[int(sampled), direction, stream, times.slice(self._offset(bit))] &= np.uint64(
            ~(1 << bit) & int(_ONES)
        )

    def _bit(self, direction: Direction, position: int) -> int:
        return position if direction is Direction.EAST else self.config.positions - 1 - position

    def _offset(self, bit: int) -> int:
        """From the cycle at a position to the line, which is never negative."""
        return self.config.positions - bit


def _any(taken: NDArray[np.bool_], times: Times, starts: int) -> NDArray[np.bool_]:
    """Whether any of the cycles ``times`` is taken, from each of the starts on."""
    if times.n == 1:
        return taken
    if times.every == 1:
        count = np.concatenate([[0], np.cumsum(taken)])
        return count[times.n : times.n + starts] != count[:starts]
    return np.logical_or.reduce(sliding_window_view(taken, starts)[:: times.every], axis=0)
