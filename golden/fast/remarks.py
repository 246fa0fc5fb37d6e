"""Program errors and faults of a window, in the wording that both engines share."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS
from arch.conveyor import Direction
from arch.faults import COUNT_LIMIT, Fault, ProgramError
from arch.isa.fields import operand_source
from arch.queues import Unit
from arch.types import Type
from golden import detail
from golden.fast.carry import Carry
from golden.fast.defined import Defined
from golden.fast.link import Window
from golden.fast.tables import MODE_READ, ROLES, Tables
from golden.fast.values import Values
from golden.result import ErrorEntry, FaultEntry

__all__ = ["Remarks", "errors_of", "faults_of"]

Column = NDArray[np.int64]
Found = tuple[int, int, int, ProgramError, str]


@dataclass
class Remarks:
    """Errors and faults of a run.

    Attributes
    ----------
    errors
        First entry of each (queue, cycle, error), with the cycle in which it was found.
    faults : list of int64[n, 4]
        Queue, superlane, real cycle, code.
    """

    errors: dict[tuple[int, int, ProgramError], tuple[int, ErrorEntry]] = field(default_factory=dict)
    faults: list[Column] = field(default_factory=list)

    def add_errors(self, found: Iterator[Found]) -> None:
        """Take in (cycle found, queue, cycle of issue, error, detail)."""
        for when, queue, cycle, error, where in found:
            self.errors.setdefault((queue, cycle, error), (when, ErrorEntry(queue, cycle, error, where)))

    def sorted_errors(self, end: int) -> tuple[ErrorEntry, ...]:
        """Errors found before a cycle."""
        found = (entry for when, entry in self.errors.values() if when < end)
        return tuple(sorted(found, key=lambda entry: entry.key))

    def sorted_faults(self, end: int, queue_faults: list[tuple[int, Fault, int, int]]) -> tuple[FaultEntry, ...]:
        """Faults before a real cycle; those of the queues themselves as (queue, kind, cycle, count)."""
        rows = np.concatenate([np.zeros((0, 4), np.int64), *self.faults])
        rows = rows[rows[:, 2] < end]
        order = np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))
        rows = rows[order]
        first = np.flatnonzero(np.append(True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1)) if len(rows) else [])
        counts = np.diff(np.append(first, len(rows)))
        found = {
            (int(q), int(k)): (int(cycle), int(code), int(count))
            for (q, k, cycle, code), count in zip(rows[first], counts, strict=True)
        }
        for queue, fault, cycle, count in queue_faults:
            before = found.get((queue, 0), (cycle, int(fault), 0))
            early = min(before[:2], (cycle, int(fault)))
            found[queue, 0] = (*early, before[2] + count)
        return tuple(
            FaultEntry(queue, superlane, Fault(code), cycle, min(count, COUNT_LIMIT))
            for (queue, superlane), (cycle, code, count) in sorted(found.items())
        )


def faults_of(tables: Tables, window: Window, values: Values | None) -> list[Column]:
    """Faults of the units: queue, superlane, real cycle, code."""
    lit = np.arange(window.lit)
    mem, acc, weights = window.memory, window.acc, window.weights
    bad = [
        mem.reads[mem.read_address < 0],
        mem.writes[mem.write_address < 0],
        acc.acc[acc.place < 0],
        weights.loads[weights.column >= tables.config.superlanes],
    ]
    rows = np.concatenate(bad)
    found = [_fault_rows(tables, window, np.repeat(rows, len(lit)), np.tile(lit, len(rows)), Fault.RANGE)]
    absent = window.c2c.receive[window.c2c.source < 0]
    found.append(_fault_rows(tables, window, absent, np.zeros_like(absent), Fault.ABSENT))
    if values is not None:
        for rows in values.map_faults:
            last = np.full(len(rows), tables.config.superlanes - 1)
            found.append(_fault_rows(tables, window, rows, last, Fault.MAP))
        for rows, superlanes in values.index_faults:
            found.append(_fault_rows(tables, window, rows, superlanes, Fault.INDEX))
    return [part for part in found if len(part)]


def _fault_rows(tables: Tables, window: Window, rows: Column, superlane: Column, fault: Fault) -> Column:
    queue = tables.form["queue"][window.form[rows]]
    code = np.full(len(rows), int(fault))
    return np.stack([queue, superlane, window.issues.t[rows] + superlane, code], axis=1)


def errors_of(tables: Tables, window: Window, carry: Carry, defined: Defined) -> Iterator[Found]:
    """Program errors: (cycle found, queue, cycle of issue, error, detail)."""
    look = _Look(tables, window, carry, defined)
    yield from look.clashes()
    yield from look.samples()
    yield from look.text()
    yield from look.memory()
    yield from look.mesh()
    yield from look.products()
    yield from look.rows()
    yield from look.shifts()


@dataclass(frozen=True)
class _Look:
    tables: Tables
    window: Window
    carry: Carry
    defined: Defined

    def _entry(self, row: int, error: ProgramError, where: str) -> Found:
        t = int(self.window.issues.t[row])
        return (t, self._form(row).queue.index, t, error, where)

    def _form(self, row: int):
        return self.tables.words.forms[int(self.window.form[row])]

    def _lacks(self, mask: NDArray[np.uint32]) -> NDArray[np.intp]:
        lit = np.uint32((1 << self.window.lit) - 1)
        return np.flatnonzero((mask & lit) != lit)

    def clashes(self) -> Iterator[Found]:
        window, queues = self.window, self.tables.words.queues
        rows = []
        for group in window.clashes:
            known = [self._producer(number) for number in group]
            rows += [(when, queue, issued, line, known[0][1]) for when, queue, issued, line in known[1:]]
        for when, queue, issued, line, other in sorted(rows):
            direction, number = divmod(line, self.tables.config.streams)
            where = detail.double_drive(Direction(direction), number, queues[other])
            yield when, queue, issued, ProgramError.DOUBLE_DRIVE, where

    def _producer(self, number: int) -> tuple[int, int, int, int]:
        """Cycle driven, queue, cycle of issue and line of a producer."""
        window, before = self.window, self.carry.streams
        if number < window.carried:
            return tuple(int(c[number]) for c in (before.t, before.queue, before.issued, before.place))  # pyright: ignore[reportReturnType]
        at = number - window.carried
        row = int(window.driven.owner[at])
        queue = self._form(row).queue.index
        return int(window.driven.t[at]), queue, int(window.issues.t[row]), int(window.driven.line[at])

    def samples(self) -> Iterator[Found]:
        window = self.window
        bad = self._lacks(self.defined.operand)
        owners, first = np.unique(window.sampled.owner[bad], return_index=True)
        for row, event in zip(owners, bad[first], strict=True):
            form = self._form(int(row))
            if form.word[0].mnemonic == "Ifetch":
                continue
            at = int(event - window.sampled.first[row])
            for use in form.samples:
                if at < use.width:
                    yield self._entry(int(row), ProgramError.UNDEFINED_STREAM, detail.stream(use))
                    break
                at -= use.width

    def text(self) -> Iterator[Found]:
        window, parts = self.window, self.tables.config.row_words
        rows = window.value[len(window.sampled.owner) :]
        for (when, block, number), row in zip(window.text.entries, rows, strict=True):
            used = sum(1 << superlane for superlane, _ in block.tokens.get(number // parts, []))
            if int(self.defined.value[row]) & used != used:
                form = self.tables.words.forms[self.tables.words.form[block.wid]]
                where = detail.stream(form.samples[number])
                yield when, block.lane.queue, block.cycle, ProgramError.UNDEFINED_STREAM, where

    def memory(self) -> Iterator[Found]:
        mem, words = self.window.memory, self.tables.config.bank_words
        for at in self._lacks(self.defined.read):
            bank, offset = divmod(int(mem.read_address[at]) % (BANKS * words), words)
            yield self._entry(int(mem.reads[at]), ProgramError.UNDEFINED_MEMORY, detail.address(bank, offset))
        for at in self._lacks(self.defined.ranges):
            row = int(mem.gathers[at])
            yield self._entry(row, ProgramError.UNDEFINED_MEMORY, detail.gathered(self._form(row).word[0]))

    def mesh(self) -> Iterator[Found]:
        links = self.window.mesh
        bad = self._lacks(self.defined.mesh)
        for at in bad[np.lexsort((links.role[bad], links.user[bad]))]:
            row, role = int(links.vxm[links.user[at]]), ROLES[links.role[at]]
            source = operand_source(self._form(row).word[0][role])
            yield self._entry(row, ProgramError.UNDEFINED_MESH, detail.mesh(role, source))

    def products(self) -> Iterator[Found]:
        window = self.window
        for at in np.flatnonzero(~self.defined.ready):
            row = int(window.abc[at])
            number = self._form(row).queue.number
            paired = bool(self.tables.form["paired"][window.form[row]])
            planes = (number, number + 1) if paired else (number,)
            yield self._entry(row, ProgramError.UNDEFINED_WEIGHTS, detail.weights(planes))
        for odd, even in zip(window.pairs.odd, window.pairs.even, strict=True):
            where = detail.partner(self._form(int(even)).queue)
            yield self._entry(int(odd), ProgramError.PAIR_BUSY, where)

    def rows(self) -> Iterator[Found]:
        window, links = self.window, self.window.acc
        config, columns = self.tables.config, self.tables.form
        takes = columns["mode"][window.form[links.acc]] != MODE_READ
        for at in np.flatnonzero((takes & (links.sums < 0)) | links.wrong_type):
            row = int(links.acc[at])
            wanted = Type.from_code(int(columns["type"][window.form[row]]))
            if links.wrong_type[at]:
                other = Type.F32 if wanted is Type.I32 else Type.I32
                yield self._entry(row, ProgramError.SUM_TYPE, detail.sums(other.value, wanted.value))
            else:
                yield self._entry(row, ProgramError.NO_SUM, detail.sums(None, wanted.value))
        for at in self._lacks(self.defined.row):
            where = detail.row(int(links.place[at]) % config.acc_rows)
            yield self._entry(int(links.acc[at]), ProgramError.UNDEFINED_ROW, where)
        for at in np.flatnonzero(links.hazard):
            where = detail.row(int(links.place[at]) % config.acc_rows)
            yield self._entry(int(links.acc[at]), ProgramError.ROW_HAZARD, where)

    def shifts(self) -> Iterator[Found]:
        pairs = self.window.pairs
        for row in pairs.select[pairs.south < 0]:
            side = self._form(int(row)).queue.hemisphere
            south = next(q for q in self.tables.words.queues if q.unit is Unit.SXM_SHIFT_SOUTH and q.hemisphere is side)
            yield self._entry(int(row), ProgramError.NO_SHIFT, detail.partner(south))
