"""Memory without time: which Write every Read sees, and where a window must end for Gather and Scatter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS
from golden.fast.issues import Issues
from golden.fast.tables import Kind, Tables

__all__ = ["MemoryLinks", "cut", "link"]

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
    mem = tables.form["kind"][form] == Kind.MEM
    indexed = mem & ((tables.form["read"][form] == _GATHER) | (tables.form["write"][form] == _SCATTER))
    if not indexed.any():
        return end
    t = issues.t
    reads, writes = (np.flatnonzero(mem & (tables.form[part][form] == 1)) for part in ("read", "write"))
    places = {
        "read": (reads, _addresses(tables, issues, form, reads, "read")),
        "write": (writes, _addresses(tables, issues, form, writes, "write")),
    }
    scatters = [f for f in np.unique(form[indexed]) if tables.form["write"][f] == _SCATTER]
    for number in np.unique(form[indexed]):
        gather = tables.form["read"][number] == _GATHER
        here = np.flatnonzero(form == number)
        if gather:
            touched = t[places["write"][0][_inside(tables, int(number), 0, places["write"][1])]]
            overlapping = [f for f in scatters if _overlap(tables, int(number), int(f))]
            touched = np.concatenate([touched, t[np.isin(form, overlapping)]])
            if len(touched):
                end = min(end, _after(t[here], int(touched.min()), end))
        if number in scatters:
            read = t[places["read"][0][_inside(tables, int(number), -1, places["read"][1])]]
            end = min(end, _after(read, int(t[here].min()), end))
    return end


def _after(times: Column, first: int, end: int) -> int:
    """The first of some cycles that is later than ``first``, at most ``end``."""
    late = times[times > first]
    return int(late.min()) if len(late) else end


def _inside(tables: Tables, form: int, part: int, address: Column) -> NDArray[np.bool_]:
    """Which words lie in the range of a form's Gather (part 0) or Scatter (part -1)."""
    return np.isin(address, range_words(tables, form, part))


def _overlap(tables: Tables, gather: int, scatter: int) -> bool:
    return bool(np.isin(range_words(tables, gather, 0), range_words(tables, scatter, -1)).any())


def range_words(tables: Tables, form: int, part: int) -> Column:
    """Words of the chip's memory that a form's Gather (part 0) or Scatter (part -1) may touch."""
    op, where = tables.words.forms[form].word[part], int(tables.form["where"][form])
    words = tables.config.bank_words
    offsets = np.arange(op["lo"], op["hi"] + 1)
    banks = [bank for bank in range(BANKS) if op["banks"] >> bank & 1]
    return np.concatenate([(where * BANKS + bank) * words + offsets for bank in banks])
