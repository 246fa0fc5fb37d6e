"""From runs of instructions to words of queues: read and write parts of one cycle become one word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from arch.isa.spec import Op
from compiler.asm.schedule import Item
from compiler.asm.strides import advance, restride
from compiler.schedule.ledger import Times

_Part = tuple[Times, Op]


@dataclass(frozen=True)
class Placed:
    """A run of the schedule.

    Attributes
    ----------
    queue, times
        Where and when.
    op
        Its instruction.
    label
        Of the flow.
    """

    queue: int
    times: Times
    op: Op
    label: str


def merged(parts: Sequence[_Part]) -> list[Item]:
    """Words of a MEM queue: parts of one cycle share one.

    Shared words are given one by one; the assembler folds them again.
    """
    reads = [part for part in parts if part[1].mnemonic in ("Read", "Gather")]
    writes = [part for part in parts if part[1].mnemonic not in ("Read", "Gather")]
    both = np.intersect1d(_cycles(reads), _cycles(writes))
    alone, shared = [], {}
    for times, op in (*reads, *writes):
        cycles = times.first + np.arange(times.n) * times.every
        shares = np.isin(cycles, both)
        for first, last in pairwise([0, *(np.flatnonzero(np.diff(shares)) + 1).tolist(), times.n]):
            if shares[first]:
                for n in range(first, last):
                    shared.setdefault(int(cycles[n]), []).append(_after(op, n))
            else:
                alone.append(item(Times(int(cycles[first]), last - first, times.every), (_after(op, first),)))
    return alone + [item(Times(cycle, 1), tuple(word)) for cycle, word in shared.items()]


def parts(one: Item) -> list[_Part]:
    """Parts of a run of words of a MEM queue."""
    return [(Times(one.cycle, one.n, one.every), op) for op in one.word]


def item(times: Times, word: tuple[Op, ...]) -> Item:
    """A run of words as the assembler takes it."""
    if times.n == 1:
        return Item(times.first, restride(word, (0,) * len(word)))
    return Item(times.first, word, times.n, times.every)


def _after(op: Op, issues: int) -> Op:
    return advance((op,), issues)[0]


def _cycles(parts: Iterable[_Part]) -> NDArray[np.int64]:
    rows = [times.first + np.arange(times.n) * times.every for times, _ in parts]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)
