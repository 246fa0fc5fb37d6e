"""What the operators of a schedule do when, and which of them read what others have written, as the plan says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.queues import Queue, Unit, queues
from compiler.schedule.emit import Placed
from compiler.schedule.storage import Piece

#: Numbers of cycles and labels where there is none.
NOBODY = -1
#: Place and cycle go into one number: the cycle has so many bits, which is more than a schedule may have.
_CYCLE_BITS = 32


@dataclass(frozen=True)
class Span:
    """Cycles from a first issue to a last one."""

    first: int
    last: int

    @property
    def cycles(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Traffic:
    """Who touches which address when.

    Attributes
    ----------
    labels
        Names that ``writer`` and ``reader`` refer to, in the order of their first issues.
    spans
        First and last issue of each label.
    written, read : int64[n]
        Each row that is written, or read, and when: number of its address among all of the chip, and cycle, in one
        number; ascending.
    writer, reader : int64[hemisphere, slice, address]
        Label of the last writer and of the first reader; ``NOBODY`` if there is none.
    events : int64[n, 4]
        Each row that an operator reads of another one's results: label of the reader and cycle of the Read, label of
        the writer and cycle of the Write.
    """

    labels: tuple[str, ...]
    spans: Mapping[str, Span]
    written: NDArray[np.int64]
    read: NDArray[np.int64]
    writer: NDArray[np.int64]
    reader: NDArray[np.int64]
    events: NDArray[np.int64]

    def life(self, piece: Piece) -> tuple[int | None, int | None]:
        """Cycles of the first write and the last read of a piece; None if it is not written, or not read."""
        written, read = self._touched(self.written, piece), self._touched(self.read, piece)
        return int(written.min()) if len(written) else None, int(read.max()) if len(read) else None

    def last_read(self, side: int, mem_slice: int, address: int) -> int | None:
        """Cycle of the last read of an address; None if it is not read."""
        key = _chip_address(self.writer.shape[1], side, mem_slice) + address + 1 << _CYCLE_BITS
        place = int(np.searchsorted(self.read, key)) - 1
        found = place >= 0 and self.read[place] >> _CYCLE_BITS == (key >> _CYCLE_BITS) - 1
        return int(self.read[place] & (1 << _CYCLE_BITS) - 1) if found else None

    def _touched(self, events: NDArray[np.int64], piece: Piece) -> NDArray[np.int64]:
        """Cycles of events at a piece's rows while they are the piece's."""
        first = _chip_address(self.writer.shape[1], piece.hemisphere, piece.mem_slice) + piece.address(piece.first)
        begin, end = np.searchsorted(events, [first << _CYCLE_BITS, first + piece.rows << _CYCLE_BITS])
        cycles = events[begin:end] & (1 << _CYCLE_BITS) - 1
        return cycles[(cycles >= piece.free) & (cycles < (piece.until or 1 << _CYCLE_BITS))]


def traffic(config: Config, placed: Sequence[Placed], names: Mapping[str, str]) -> Traffic:
    """Traffic of a plan.

    Parameters
    ----------
    placed
        Runs of all queues.
    names
        Operators by their names and those of their tensors; a label that begins with one ("conv1: weights") counts as
        its operator.
    """
    ordered = sorted(placed, key=lambda p: p.times.first)
    operator = operators({p.label for p in ordered}, names)
    spans: dict[str, Span] = {}
    for one in ordered:
        before = spans.get(operator[one.label], Span(one.times.first, one.times.last))
        spans[operator[one.label]] = Span(before.first, max(before.last, one.times.last))
    labels = tuple(spans)
    number = {label: n for n, label in enumerate(labels)}
    shape = (len(Hemisphere), config.slices, BANKS << OFFSET_BITS)
    writer, reader = np.full(shape, NOBODY), np.full(shape, NOBODY)
    reads, writes = [np.zeros((0, 3), np.int64)], [np.zeros((0, 3), np.int64)]
    for one in ordered:
        queue = queues(config)[one.queue]
        if queue.unit is not Unit.MEM:
            continue
        label, (rows, cycles) = number[operator[one.label]], addresses(one)
        place = (queue.hemisphere, queue.number, rows)
        every = _numbered(config, queue, rows)
        entries = np.stack([every, cycles, np.full(len(rows), label)], axis=1)
        if one.op.mnemonic in ("Write", "Scatter"):
            writer[place] = label
            writes.append(entries)
        else:
            reader[place] = np.where(reader[place] == NOBODY, label, reader[place])
            reads.append(entries)
    every_read, every_write = np.concatenate(reads), np.concatenate(writes)
    events = _events(every_read, every_write)
    return Traffic(labels, spans, _keys(every_write), _keys(every_read), writer, reader, events)


def _numbered(config: Config, queue: Queue, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of addresses of a slice among all of the chip."""
    return _chip_address(config.slices, int(queue.hemisphere or 0), queue.number) + rows


def _chip_address(slices: int, side: int, mem_slice: int) -> int:
    """Number of the first address of a slice among all of the chip."""
    return side * slices + mem_slice << OFFSET_BITS + 1


def _keys(touched: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place and cycle of rows that are touched, int64[n, 3], as one number each, ascending."""
    return np.sort(touched[:, 0] << _CYCLE_BITS | touched[:, 1])


def _events(reads: NDArray[np.int64], writes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Reads with the last Writes before them, of other operators; arguments: place, cycle and label."""
    if not len(writes):
        return np.zeros((0, 4), np.int64)
    writes = writes[np.lexsort((writes[:, 1], writes[:, 0]))]
    at = np.searchsorted(writes[:, 0] << _CYCLE_BITS | writes[:, 1], reads[:, 0] << _CYCLE_BITS | reads[:, 1]) - 1
    place, cycle, label = writes[np.maximum(at, 0)].T
    known = (at >= 0) & (place == reads[:, 0]) & (label != reads[:, 2])
    return np.stack([reads[:, 2], reads[:, 1], label, cycle], axis=1)[known]


def operators(labels: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Operator of each label: that of the longest name with which it begins; else the label itself."""
    ordered = sorted(names, key=len, reverse=True)

    def known(label: str) -> str:
        found = (names[name] for name in ordered if label == name or label.startswith((f"{name}:", f"{name} ")))
        return next(found, label)

    return {label: known(label) for label in labels}


def addresses(placed: Placed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """13-bit addresses that a run of a MEM instruction touches, or may touch, and when: int64[n] each."""
    op, times = placed.op, placed.times
    if op.mnemonic in ("Gather", "Scatter"):
        span = np.arange(op["lo"], op["hi"] + 1)
        rows = np.concatenate([bank << OFFSET_BITS | span for bank in range(BANKS) if op["banks"] >> bank & 1])
        return rows, np.full(len(rows), times.first if op.mnemonic == "Scatter" else times.last)
    bank, first = divmod(op["a"], 1 << OFFSET_BITS)
    offsets = first + np.arange(times.n) * op["stride"]
    return bank << OFFSET_BITS | offsets % (1 << OFFSET_BITS), times.first + np.arange(times.n) * times.every


@dataclass(frozen=True)
class Link:
    """An operator on the critical path: from the Read of the latest result that it needs to its last issue that counts.

    Of the first operator of the path ``first`` is its first issue.
    """

    label: str
    first: int
    last: int


def critical_path(found: Traffic) -> list[Link]:
    """Operators from an input of the network to the last issue.

    It is followed backwards: of all results that an operator has read before, the latest one leads to the next operator
    and to the cycle in which that has written it.
    """
    if not found.labels:
        return []
    label = max(range(len(found.labels)), key=lambda n: found.spans[found.labels[n]].last)
    last = found.spans[found.labels[label]].last
    path = []
    while True:
        reader, read, _, written = found.events.T
        before = found.events[(reader == label) & (read <= last) & (written < last)]
        if not len(before):
            path.append(Link(found.labels[label], found.spans[found.labels[label]].first, last))
            return path[::-1]
        _, at, other, until = before[np.lexsort((before[:, 1], -before[:, 3]))[0]].tolist()
        path.append(Link(found.labels[label], at, last))
        label, last = other, until
