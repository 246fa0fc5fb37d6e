"""What the operators of a schedule do when, and which of them read what others have written, as the plan says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.queues import Unit, queues
from compiler.schedule.plan import Placed
from compiler.schedule.storage import Piece

#: Numbers of cycles and labels where there is none.
NOBODY = -1


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
    written, read : int64[hemisphere, slice, address]
        Cycle of the first Write or Scatter, and of the last Read or Gather; ``NOBODY`` if there is none.
    writer, reader : int64[hemisphere, slice, address]
        Label of the last writer and of the first reader; ``NOBODY`` if there is none.
    needs
        For each label those whose results it reads.
    """

    labels: tuple[str, ...]
    spans: Mapping[str, Span]
    written: NDArray[np.int64]
    read: NDArray[np.int64]
    writer: NDArray[np.int64]
    reader: NDArray[np.int64]
    needs: Mapping[str, frozenset[str]]

    def life(self, piece: Piece) -> tuple[int | None, int | None]:
        """Cycles of the first write and the last read of a piece; None if it is not written, or not read."""
        first = piece.address(piece.first)
        rows = slice(first, first + piece.rows)
        written = self.written[piece.hemisphere, piece.mem_slice, rows]
        read = self.read[piece.hemisphere, piece.mem_slice, rows]
        begin = int(written[written != NOBODY].min()) if (written != NOBODY).any() else None
        return begin, int(read.max()) if (read != NOBODY).any() else None


def traffic(config: Config, placed: Sequence[Placed], names: Iterable[str]) -> Traffic:
    """Traffic of a plan.

    Parameters
    ----------
    placed
        Runs of all queues.
    names
        Names of operators; a label that begins with one of them and a colon ("conv1: weights") counts as it.
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
    written, read, writer, reader = (np.full(shape, NOBODY) for _ in range(4))
    touched = [(p, number[operator[p.label]], *addresses(p)) for p in ordered if _is_memory(config, p)]
    for one, label, rows, cycles in touched:
        queue = queues(config)[one.queue]
        place = (queue.hemisphere, queue.number, rows)
        if one.op.mnemonic in ("Write", "Scatter"):
            before = written[place]
            written[place] = np.where(before == NOBODY, cycles, before)
            writer[place] = label
        else:
            read[place] = np.maximum(read[place], cycles)
            before = reader[place]
            reader[place] = np.where(before == NOBODY, label, before)
    needs: dict[str, set[str]] = {label: set() for label in labels}
    for one, label, rows, _ in touched:
        queue = queues(config)[one.queue]
        if one.op.mnemonic in ("Read", "Gather"):
            found = np.unique(writer[queue.hemisphere, queue.number, rows])
            needs[labels[label]] |= {labels[n] for n in found.tolist() if n not in (NOBODY, label)}
    frozen = {label: frozenset(found) for label, found in needs.items()}
    return Traffic(labels, spans, written, read, writer, reader, frozen)


def operators(labels: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Operator of each label: the longest name that it is, or begins with before a colon; else the label itself."""
    ordered = sorted(set(names), key=len, reverse=True)
    return {
        label: next((name for name in ordered if label == name or label.startswith(f"{name}:")), label)
        for label in labels
    }


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


def critical_path(found: Traffic) -> list[str]:
    """Operators from an input of the network to the last issue, each the latest of those that the next one needs."""
    if not found.labels:
        return []
    path = [max(found.labels, key=lambda label: found.spans[label].last)]
    while True:
        end = found.spans[path[-1]].last
        before = [label for label in found.needs[path[-1]] if found.spans[label].last < end]
        if not before:
            return path[::-1]
        path.append(max(before, key=lambda label: found.spans[label].last))


def _is_memory(config: Config, placed: Placed) -> bool:
    return queues(config)[placed.queue].unit is Unit.MEM
