"""Memory without time: which Write every Read sees, and where a window must end for Gather and Scatter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS
from golden.fast.issues import Issues
from golden.fast.tables import Kind, Tables

__all__ = ["MemoryLinks", "cut", "link", "range_words"]

Column = NDArray[np.int64]

_OFFSETS = 1 << OFFSET_BITS
_READ, _GATHER, _WRITE, _SCATTER = 1, 2, 1, 2


@dataclass(frozen=True)
class MemoryLinks:
    """MEM instructions of a window, as rows of its issues.

    Attributes
    ----------
    reads, read_address, writer : int64[reads]
        Reads; word of the chip's memory, -1 for a fault RANGE; row of ``writes`` whose word it sees, or -1.
    writes, write_address : int64[writes]
        Writes and their words, likewise.
    last : int64[...]
        Rows of ``writes``: the last of each word.
    gathers, scatters : int64
    """

    reads: Column
    read_address: Column
    writer: Column
    writes: Column
    write_address: Column
    last: Column
    gathers: Column
    scatters: Column


def _addresses(tables: Tables, issues: Issues, form: Column, rows: Column, part: str) -> Column:
    """Word of the chip's memory that a Read or Write names; -1 beyond the bank."""
    columns = (tables.number, tables.stride) if part == "read" else (tables.number2, tables.stride2)
    wid, repeat = issues.wid[rows], issues.repeat[rows]
    offset = (columns[0][wid] + repeat * columns[1][wid]) % _OFFSETS
    words = tables.config.bank_words
    where, bank = tables.form["where"][form[rows]], tables.form[f"{part}_bank"][form[rows]]
    return np.where(offset < words, (where * BANKS + bank) * words + offset, -1)


def link(tables: Tables, issues: Issues, form: Column) -> MemoryLinks:
    """Find the Write that each Read sees."""
    mem = np.flatnonzero(tables.form["kind"][form] == Kind.MEM)
    read, write = tables.form["read"][form[mem]], tables.form["write"][form[mem]]
    reads, writes = mem[read == _READ], mem[write == _WRITE]
    read_address = _addresses(tables, issues, form, reads, "read")
    write_address = _addresses(tables, issues, form, writes, "write")
    writer, last = _writers(tables, issues, reads, read_address, writes, write_address)
    gathers, scatters = mem[read == _GATHER], mem[write == _SCATTER]
    return MemoryLinks(reads, read_address, writer, writes, write_address, last, gathers, scatters)


def _writers(
    tables: Tables, issues: Issues, reads: Column, read_address: Column, writes: Column, write_address: Column
) -> tuple[Column, Column]:
    """Row of ``writes`` that each read sees, or -1; and the last row of each word."""
    writer = np.full(len(reads), -1)
    good = np.flatnonzero(write_address >= 0)
    if not len(good):
        return writer, good
    slice_words = BANKS * tables.config.bank_words
    written = np.zeros(tables.config.slices * 2, np.bool_)
    written[write_address[good] // slice_words] = True
    asked = np.flatnonzero((read_address >= 0) & written[read_address // slice_words])
    start = int(issues.t.min())
    span = int(issues.t.max()) - start + 2
    # A Read of the same cycle comes first.
    key = np.concatenate(
        [
            (write_address[good] * span + issues.t[writes[good]] - start) * 2 + 1,
            (read_address[asked] * span + issues.t[reads[asked]] - start) * 2,
        ]
    )
    order = np.argsort(key)
    word = key[order] // (2 * span)
    is_write = order < len(good)
    place = np.where(is_write, np.arange(len(order)), -1)
    np.maximum.accumulate(place, out=place)
    found = place[~is_write]
    same = (found >= 0) & (word[found] == word[~is_write])
    writer[asked[order[~is_write] - len(good)]] = np.where(same, good[order[found] % len(good)], -1)
    ranked, words = order[is_write], word[is_write]
    final = np.append(words[1:] != words[:-1], True)
    return writer, good[ranked[final]]


def cut(tables: Tables, issues: Issues, form: Column, end: int) -> int:
    """The latest end of a window in which no Gather follows a write to its range, and no Read a Scatter to its own.

    Which words a Gather or Scatter touches is data; at the start of a window memory is up to date.
    """
    columns, words = tables.form, tables.words.forms
    mem = np.flatnonzero(columns["kind"][form] == Kind.MEM)
    indexed = (columns["read"][form[mem]] == _GATHER) | (columns["write"][form[mem]] == _SCATTER)
    if not indexed.any():
        return end
    where = columns["where"][form[mem]]
    chosen = np.isin(where, where[indexed])
    mem, where = mem[chosen], where[chosen]
    order = np.argsort(where, kind="stable")
    starts = np.flatnonzero(np.diff(where[order], prepend=-1))
    for rows in np.split(mem[order], starts[1:]):
        read, write = (_accesses(tables, issues, form, rows, part) for part in ("read", "write"))
        for number in np.unique(read.form[columns["read"][read.form] == _GATHER]):
            op = words[number].word[0]
            touched = write.t[write.touch(op["banks"], op["lo"], op["hi"])]
            if len(touched):
                end = min(end, _after(read.t[read.form == number], int(touched.min()), end))
        for number in np.unique(write.form[columns["write"][write.form] == _SCATTER]):
            op = words[number].word[-1]
            first = int(write.t[write.form == number].min())
            end = min(end, _after(read.t[read.touch(op["banks"], op["lo"], op["hi"])], first, end))
    return end


@dataclass(frozen=True)
class _Accesses:
    """Reads and Gathers, or Writes and Scatters, of a slice: form, cycle, and the words they may touch."""

    form: Column
    t: Column
    banks: Column
    low: Column
    high: Column

    def touch(self, banks: int, low: int, high: int) -> NDArray[np.bool_]:
        """Which of them may touch a range."""
        return (self.banks & banks != 0) & (self.low <= high) & (self.high >= low)


def _accesses(tables: Tables, issues: Issues, form: Column, rows: Column, part: str) -> _Accesses:
    rows = rows[tables.form[part][form[rows]] > 0]
    words = tables.config.bank_words
    address = _addresses(tables, issues, form, rows, part)
    low = np.where(address >= 0, address % words, words)
    banks, high = 1 << tables.form[f"{part}_bank"][form[rows]], np.where(address >= 0, low, -1)
    for number in np.unique(form[rows[tables.form[part][form[rows]] == _GATHER]]):
        op, mine = tables.words.forms[number].word[0 if part == "read" else -1], form[rows] == number
        banks[mine], low[mine], high[mine] = op["banks"], op["lo"], op["hi"]
    return _Accesses(form[rows], issues.t[rows], banks, low, high)


def _after(times: Column, first: int, end: int) -> int:
    """The first of some cycles that is later than ``first``, at most ``end``."""
    late = times[times > first]
    return int(late.min()) if len(late) else end


def range_words(tables: Tables, form: int, part: int) -> Column:
    """Words of the chip's memory that a form's Gather (part 0) or Scatter (part -1) may touch."""
    op, where = tables.words.forms[form].word[part], int(tables.form["where"][form])
    words = tables.config.bank_words
    offsets = np.arange(op["lo"], op["hi"] + 1)
    banks = [bank for bank in range(BANKS) if op["banks"] >> bank & 1]
    return np.concatenate([(where * BANKS + bank) * words + offsets for bank in banks])
