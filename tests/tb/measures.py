"""Programs by which each latency of the timing table is measured on the hardware, and how.

A *ticker* lets another vector pass a unit's sampling end in each cycle, all bytes of row i being ``FIRST + i``. What a
unit makes of it then tells which vector it took, and the record of the registers in which cycle that one stood there:
nothing is taken from the table but where to look. Times of superlane k are counted from k on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch import text as layout
from arch.config import WORD_BYTES, Config
from arch.conveyor import Hemisphere, hops
from arch.isa.fields import stream_direction, stream_number
from arch.isa.table import Word
from arch.program import Program
from arch.queues import queues_by_name
from arch.timing import timing
from tb.record import Record
from tests.golden.schedule import program, segment, stream_of, word

#: Byte of a ticker's first row.
FIRST = 16
#: Issue of what is measured, when all that it needs is on its way.
AT = 60


@dataclass
class Setup:
    """Schedule and memory of one program.

    Attributes
    ----------
    config
        The machine.
    entries
        (cycle, word) by queue.
    raw
        Whole preloads of queues that need other than that.
    """

    config: Config
    entries: dict[str, list[tuple[int, Word]]] = field(default_factory=dict)
    raw: dict[str, Sequence[int]] = field(default_factory=dict)
    _data: dict[tuple[str, int], NDArray[np.uint8]] = field(default_factory=dict)

    def issue(self, cycle: int, queue: str, mnemonic: str, times: int = 1, unit: str = "", **fields: int | str) -> None:
        """Issue an instruction in consecutive cycles."""
        found = self.entries.setdefault(queue, [])
        found.append((cycle, word(mnemonic, unit, **fields)))
        if times > 1:
            found.append((cycle + 1, word("Repeat", n=times - 1, d=1)))

    def store(self, slice_name: str, rows: NDArray[np.uint8], address: int = 0) -> None:
        """Rows [rows, S, L] in a slice."""
        self._data[slice_name, address] = rows.reshape(len(rows), -1)

    def pass_by(self, cycle: int, rows: NDArray[np.uint8], slice_name: str, stream: str, target: str) -> None:
        """Rows pass the sampling end of a queue's unit, the first in ``cycle``."""
        named, way = queues_by_name(self.config), stream_direction(stream_of(stream))
        distance = hops(self.config, named[slice_name].site, named[target].site, way)
        assert distance is not None
        self.store(slice_name, rows)
        start = cycle - timing(self.config).read - distance
        self.issue(start, slice_name, "Read", len(rows), a=0, s=stream, stride=1)

    def ticks(self, count: int = 24) -> NDArray[np.uint8]:
        """Rows of a ticker."""
        shape = (count, self.config.superlanes, self.config.lanes)
        return np.broadcast_to(np.arange(FIRST, FIRST + count, dtype=np.uint8)[:, None, None], shape).copy()

    def constant(self, rows: int, value: NDArray[np.uint8] | int) -> NDArray[np.uint8]:
        """The same vector, so many times."""
        return np.broadcast_to(np.uint8(value), (rows, self.config.superlanes, self.config.lanes)).copy()

    def program(self) -> Program:
        """The program."""
        sides = {"W": Hemisphere.WEST, "E": Hemisphere.EAST}
        data = [
            segment(sides[name[0]], int(name.partition("mem")[2]), address, rows)
            for (name, address), rows in self._data.items()
        ]
        schedule = {name: sorted(found, key=lambda entry: entry[0]) for name, found in self.entries.items()}
        return program(self.config, schedule, data, raw=self.raw)


@dataclass(frozen=True)
class Seen:
    """A record, and how to read it."""

    config: Config
    record: Record

    def register(self, queue: str, stream: str, *, drives: bool) -> NDArray[np.uint8]:
        """uint8[cycles, S, L]: the register at the end of a unit where it samples a stream, or drives it."""
        way, site = stream_direction(stream_of(stream)), queues_by_name(self.config)[queue].site
        position = site.drive(way) if drives else site.sample(way)
        assert position is not None
        return self.record.streams[:, way, stream_number(stream_of(stream)), position]

    def out(self, queue: str, stream: str) -> NDArray[np.int64]:
        """int64[cycles, S]: largest byte of the register that a unit drives, in the time of each superlane."""
        return self._local(self.register(queue, stream, drives=True).max(axis=-1).astype(np.int64))

    def taken(self, queue: str, stream: str, row: int) -> int:
        """Cycle in which row ``row`` of a ticker stood where a unit samples."""
        found = self._local(self.register(queue, stream, drives=False).max(axis=-1).astype(np.int64))
        return _only(np.argwhere(found == FIRST + row))

    def _local(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Values by local time: superlane k is k cycles behind."""
        late = [np.roll(values[:, k], -k) for k in range(self.config.superlanes)]
        return np.stack(late, axis=-1)[: len(values) - self.config.superlanes + 1]


def first(values: NDArray[np.int64], least: int = FIRST) -> tuple[int, int]:
    """First cycle in which a register holds ``least`` or more, the same in all superlanes, and what it holds."""
    shown = np.argwhere((values >= least).all(axis=-1))
    assert len(shown), "nothing has come out"
    cycle = int(shown[0, 0])
    assert not (values[:cycle] >= least).any(), "superlanes must agree"
    return cycle, int(values[cycle, 0])


def _only(places: NDArray[np.int64]) -> int:
    """The one cycle at which something holds in every superlane."""
    cycles = {int(cycle) for cycle, _ in places}
    assert len(cycles) == 1, f"{sorted(cycles)}"
    return cycles.pop()


#: Latencies of instructions: d_skew, None where nothing is measured, and d_func.
Latencies = dict[str, tuple[int | None, int]]


@dataclass(frozen=True)
class Measure:
    """A program, and what its record tells.

    Attributes
    ----------
    make
        Makes the schedule for a machine.
    read
        Latencies by name, from the record and from what was measured before.
    """

    make: Callable[[Config], Setup]
    read: Callable[[Seen, Latencies], Latencies]


def text_block(config: Config, words: Sequence[int]) -> NDArray[np.uint8]:
    """Memory image of a block of text: uint8[vectors, S, L]."""
    image = np.zeros((layout.vectors(config), config.superlanes, config.lanes), np.uint8)
    for place, value in zip(layout.block(config), words, strict=False):
        parts = np.frombuffer(value.to_bytes(WORD_BYTES, "little"), np.uint8).reshape(-1, config.lanes)
        image[place.row * config.row_words : (place.row + 1) * config.row_words, place.superlane] = parts
    return image


def constant_of_vxm(value: int, out: str = "E5") -> Word:
    """An instruction of the VXM that drives a constant."""
    return word("Identity", type="u8", a="imm", imm=value, out=out)
