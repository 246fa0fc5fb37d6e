"""What a program promises: every issue of every queue, as runs, without running any data.

The promise is the program's text, unrolled (`golden.analysis`). What its compiler says of it in `meta` is laid over
it: labels name the runs, and what it predicts but the text does not hold is a difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.isa.icu import NOTIFY, SYNC
from arch.isa.table import Word
from arch.program import Program
from arch.queues import queues
from arch.timing import timing
from compiler.asm.trace import Mark
from golden.analysis import LIMIT, Analysis, analyze
from golden.result import FaultEntry
from scripts.timeline.meta import Meta, Tensor, meta_of

Column = NDArray[np.int64]
#: Keys put queue and cycle into one number: the cycle has so many bits.
_CYCLE_BITS = 44


@dataclass(frozen=True)
class Runs:
    """Runs of issues, by queue and start; those of a queue do not overlap in time.

    Attributes
    ----------
    queue, start, n, d : int64[runs]
        ``n`` issues, ``d`` cycles apart.
    repeat : int64[runs]
        How often the strides of the word count in the first of them; one more in each further one.
    word : int64[runs]
        Index into ``words``.
    label : int64[runs]
        Index into the labels of ``meta``; -1 for none.
    words
        The distinct words of each queue's unit, as they stand in the queue.
    """

    queue: Column
    start: Column
    n: Column
    d: Column
    repeat: Column
    word: Column
    label: Column
    words: tuple[Word, ...]

    @property
    def last(self) -> Column:
        """Cycle of the last issue of each run."""
        return self.start + (self.n - 1) * self.d

    def expand(self) -> tuple[Column, Column]:
        """Every issue: the run it belongs to, and its number in it."""
        rows = np.repeat(np.arange(len(self.n)), self.n)
        return rows, np.arange(len(rows)) - np.repeat(np.cumsum(self.n) - self.n, self.n)


@dataclass(frozen=True)
class Gap:
    """Issues that the compiler's `meta` names and the program's text does not hold: (queue, cycle), and how many."""

    queue: Column
    cycle: Column


@dataclass(frozen=True)
class Promise:
    """What is known of a program before it runs.

    Attributes
    ----------
    cycles, complete
        Cycle in which the chip is idle; where not complete, the cycle up to which the text is known.
    runs
        Instructions of the units, and Ifetch, Sync, Notify and Config.
    unit : bool[runs]
        Whether a run is of the unit.
    parked
        By queue, the intervals (first cycle, cycle after the last) in which it is parked.
    marks
        Faults and program errors that follow from the text.
    gap
        What ``meta`` promises beyond the text.
    tensors
        What lies in memory: of ``meta``, and behind them data that it does not name.
    """

    program: Program
    meta: Meta
    cycles: int
    complete: bool
    runs: Runs
    unit: NDArray[np.bool_]
    parked: tuple[tuple[tuple[int, int], ...], ...]
    marks: tuple[Mark, ...]
    gap: Gap
    tensors: tuple[Tensor, ...]

    def issued(self) -> Column:
        """Instructions of the unit by queue: int64[queues]."""
        count = len(queues(self.program.config))
        return np.bincount(self.runs.queue[self.unit], self.runs.n[self.unit], count).astype(np.int64)


def promise(program: Program, *, limit: int = LIMIT) -> Promise:
    """Follow a program to its end, or to a limit; ``ValueError`` if its `meta` is not what it should be."""
    meta, found = meta_of(program), analyze(program, limit=limit)
    runs, unit = _runs(found)
    runs, unit, gap = _labeled(runs, unit, meta)
    marks = tuple(Mark(e.cycle, e.queue, "error", e.error.name, detail=e.detail) for e in found.errors)
    return Promise(
        program,
        meta,
        found.cycles,
        found.complete,
        runs,
        unit,
        _parked(program, found),
        (*marks, *map(fault_mark, found.faults)),
        gap,
        (*meta.tensors, *_unnamed(program, meta.tensors)),
    )


def fault_mark(entry: FaultEntry) -> Mark:
    """A fault of a run."""
    return Mark(entry.cycle, entry.queue, "fault", entry.fault.name, entry.superlane, entry.count)


def keys(queue: Column, cycle: Column) -> Column:
    """One number for a queue and a cycle, ordered by queue, then cycle."""
    return queue << _CYCLE_BITS | cycle


def _runs(found: Analysis) -> tuple[Runs, NDArray[np.bool_]]:
    """Runs of units and of the queues themselves, in one table."""
    trace = found.trace
    inside = np.flatnonzero(trace.start < found.cycles)
    words = [word or () for word in trace.words]
    number = {word: len(words) + n for n, word in enumerate(dict.fromkeys(e.word for e in found.control))}
    control = np.array([(e.queue, e.cycle, number[e.word]) for e in found.control], np.int64).reshape(-1, 3)
    ones = np.ones(len(control), np.int64)
    columns = [
        np.concatenate([trace.queue[inside], control[:, 0]]),
        np.concatenate([trace.start[inside], control[:, 1]]),
        np.concatenate([trace.n[inside], ones]),
        np.concatenate([trace.d[inside], ones]),
        np.concatenate([trace.repeat[inside], 0 * ones]),
        np.concatenate([trace.word[inside], control[:, 2]]),
    ]
    # What the limit cuts off is no part of the run.
    columns[2] = np.minimum(columns[2], (found.cycles - 1 - columns[1]) // columns[3] + 1)
    order = np.lexsort((columns[1], columns[0]))
    unit = np.arange(len(order)) < len(inside)
    label = np.full(len(order), -1)
    queue, start, n, d, repeat, word = (column[order] for column in columns)
    return Runs(queue, start, n, d, repeat, word, label, (*words, *number)), unit[order]


def _labeled(runs: Runs, unit: NDArray[np.bool_], meta: Meta) -> tuple[Runs, NDArray[np.bool_], Gap]:
    """Runs split where the label changes."""
    nothing = np.zeros(0, np.int64)
    if meta.runs is None or not len(meta.runs):
        return runs, unit, Gap(nothing, nothing)
    queue, start, n, d, name = meta.runs.T
    named = Runs(queue, start, n, d, 0 * n, 0 * n, name, ())
    rows, number = named.expand()
    cycle, label = named.start[rows] + number * named.d[rows], named.label[rows]
    wanted, order = np.unique(keys(named.queue[rows], cycle), return_index=True)
    label = label[order] if meta.labels else np.full(len(order), -1)
    rows, number = runs.expand()
    cycle = runs.start[rows] + number * runs.d[rows]
    own = keys(runs.queue[rows], cycle)
    at = np.minimum(np.searchsorted(wanted, own), len(wanted) - 1)
    labels = np.where(wanted[at] == own, label[at], -1)
    begins = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (labels[1:] != labels[:-1])][: len(rows)])
    counts = np.diff(np.r_[begins, len(rows)])
    old = rows[begins]
    split = Runs(
        runs.queue[old],
        cycle[begins],
        counts,
        runs.d[old],
        runs.repeat[old] + number[begins],
        runs.word[old],
        labels[begins],
        runs.words,
    )
    lost = np.setdiff1d(wanted, own, assume_unique=True)
    return split, unit[old], Gap(lost >> _CYCLE_BITS, lost & ((1 << _CYCLE_BITS) - 1))


def _parked(program: Program, found: Analysis) -> tuple[tuple[tuple[int, int], ...], ...]:
    releases = sorted(e.cycle + timing(program.config).barrier for e in found.control if e.word[0].spec is NOTIFY)
    lists: list[list[tuple[int, int]]] = [[] for _ in queues(program.config)]
    for entry in found.control:
        if entry.word[0].spec is SYNC:
            free = next((cycle for cycle in releases if cycle > entry.cycle), found.cycles)
            lists[entry.queue].append((entry.cycle + 1, max(entry.cycle + 1, min(free, found.cycles))))
    return tuple(map(tuple, lists))


def _unnamed(program: Program, tensors: Sequence[Tensor]) -> list[Tensor]:
    """Regions of the host and initial data, as far as no tensor names them."""
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for tensor in tensors:
        taken.setdefault((tensor.hemisphere, tensor.mem_slice), []).append(
            (tensor.address, tensor.address + tensor.rows)
        )
    pieces = [(r.name, r.role, int(r.hemisphere), r.mem_slice, r.address, r.rows) for r in program.regions]
    vector = program.config.vector
    pieces += [("data", "data", int(s.hemisphere), s.mem_slice, s.address, len(s.data) // vector) for s in program.data]
    found = []
    for name, role, side, mem_slice, address, rows in pieces:
        used = taken.setdefault((side, mem_slice), [])
        at, end = address, address + rows
        for begin, stop in sorted(used):
            if begin < end and stop > at:
                if begin > at:
                    found.append(Tensor(name, side, mem_slice, at, begin - at, role=role))
                at = max(at, stop)
        if at < end:
            found.append(Tensor(name, side, mem_slice, at, end - at, role=role))
        used.append((address, end))
    return found
