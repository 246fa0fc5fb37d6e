"""What a program leaves free: stream registers along a path, and addresses of MEM."""

import numpy as np

from arch import effects
from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Direction, Hemisphere
from arch.isa.table import is_icu
from arch.program import Region, Segment
from arch.queues import Queue, Unit
from compiler.asm.schedule import Item
from compiler.asm.strides import offsets

_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


class Streams:
    """Which stream registers are driven and sampled when.

    A value keeps its *line*, the time minus the way it has gone; per direction, stream and line one 64-bit mask says at
    which positions it is driven, another where it is sampled. The bits count downstream, so that for both directions
    the value of a lower bit reaches the higher ones.

    Parameters
    ----------
    config
        The machine; its positions fit in the mask (at most 51).
    horizon
        First cycle in which nothing issues any more.
    """

    def __init__(self, config: Config, horizon: int) -> None:
        self._config = config
        # Pages that nobody touches cost nothing: np.zeros leaves them to the system.
        size = horizon + 2 * config.positions + 1024
        self._masks = np.zeros((2, len(Direction), config.streams, size), dtype=np.uint64)

    def add(self, queue: Queue, item: Item) -> None:
        """Enter what a run samples and drives."""
        if is_icu(item.word):
            return
        for op in item.word:
            for kind, uses in enumerate((effects.drives, effects.samples)):
                for use in uses(self._config, queue, op):
                    if use.position is not None:
                        self._enter(kind, use.direction, use.stream, use.width, use.position, item, use.offset)

    def add_samples(self, direction: Direction, stream: int, position: int, cycles: np.ndarray) -> None:
        """Enter samples of single cycles."""
        lines = self._lines(direction, position, cycles)
        self._masks[1, direction, stream, lines] |= np.uint64(1 << self._bit(direction, position))

    def free(self, direction: Direction, start: int, end: int, cycles: np.ndarray) -> np.ndarray:
        """Streams on which values driven at position ``start`` reach ``end`` and disturb nobody: bool[streams].

        Neither may another producer overwrite them on the way, nor may they overwrite what somebody samples.
        """
        lines = self._lines(direction, start, cycles)
        drives, samples = self._masks[:, direction][:, :, lines]
        first, last = self._bit(direction, start), self._bit(direction, end)
        path = np.uint64((1 << last + 1) - (1 << first))
        beyond = drives & np.uint64(-(1 << last + 1) & int(_ONES))
        # All bits below the next producer beyond the end: where nobody drives, all bits.
        reach = (beyond & (~beyond + np.uint64(1))) - np.uint64(1)
        spoiled = samples & reach & np.uint64(-(1 << first) & int(_ONES))
        return ~((drives & path) | spoiled).any(axis=1)

    def _enter(self, kind: int, way: Direction, stream: int, width: int, position: int, item: Item, late: int) -> None:
        first = int(self._lines(way, position, np.array(item.cycle + late)))
        last = first + (item.n - 1) * item.every
        block = self._masks[kind, way, stream : stream + width, first : last + 1 : item.every]
        block |= np.uint64(1 << self._bit(way, position))

    def _bit(self, direction: Direction, position: int) -> int:
        return position if direction is Direction.EAST else self._config.positions - 1 - position

    def _lines(self, direction: Direction, position: int, cycles: np.ndarray) -> np.ndarray:
        return cycles - self._bit(direction, position) + self._config.positions


class Memory:
    """Addresses that a program does not name: used[hemisphere, slice, bank, offset]."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._used = np.zeros((len(Hemisphere), config.slices, BANKS, config.bank_words), dtype=bool)

    def add_place(self, place: Segment | Region) -> None:
        """Enter initial contents or a region of the host."""
        rows = place.rows if isinstance(place, Region) else len(place.data) // self._config.vector
        bank, offset = divmod(place.address, 1 << OFFSET_BITS)
        self._used[place.hemisphere, place.mem_slice, bank, offset : offset + rows] = True

    def add(self, queue: Queue, item: Item) -> None:
        """Enter what a run may touch."""
        if queue.unit is not Unit.MEM or queue.hemisphere is None:
            return
        mine = self._used[queue.hemisphere, queue.number]
        for op in item.word:
            if op.mnemonic in ("Read", "Write"):
                touched = offsets(op, item.n)
                mine[op["a"] >> OFFSET_BITS, touched[touched < self._config.bank_words]] = True
            elif op.mnemonic in ("Gather", "Scatter"):
                for bank in range(BANKS):
                    if op["banks"] >> bank & 1:
                        mine[bank, op["lo"] : op["hi"] + 1] = True

    def find(self, queue: Queue, rows: int) -> tuple[int, int] | None:
        """Bank and offset of the highest free place of so many rows in a slice; None if there is none."""
        if queue.hemisphere is None or rows > self._config.bank_words:
            return None
        for bank in reversed(range(BANKS)):
            used = self._used[queue.hemisphere, queue.number, bank]
            run = np.flatnonzero(np.convolve(used, np.ones(rows, dtype=np.int64), "valid") == 0)
            if len(run):
                return bank, int(run[-1])
        return None

    def take(self, queue: Queue, bank: int, offset: int, rows: int) -> None:
        """Use a place that :meth:`find` gave."""
        self._used[int(queue.hemisphere or 0), queue.number, bank, offset : offset + rows] = True
