"""From a plan to the assembler's schedule: read and write parts of one cycle become one word."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from arch.isa.spec import Op
from arch.queues import Unit, queues
from compiler.asm.schedule import Item
from compiler.asm.strides import advance, restride
from compiler.schedule.ledger import Times
from compiler.schedule.plan import Plan

_Part = tuple[Times, Op]


def items(plan: Plan) -> dict[int, list[Item]]:
    """Runs of each queue that has any, by its index."""
    parts: dict[int, list[_Part]] = {}
    for placed in plan.placed:
        parts.setdefault(placed.queue, []).append((placed.times, placed.op))
    every = queues(plan.ledger.config)
    return {
        queue: merged(found) if every[queue].unit is Unit.MEM else [_item(times, (op,)) for times, op in found]
        for queue, found in parts.items()
    }


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
                alone.append(_item(Times(int(cycles[first]), last - first, times.every), (_after(op, first),)))
    return alone + [_item(Times(cycle, 1), tuple(word)) for cycle, word in shared.items()]


def _after(op: Op, issues: int) -> Op:
    return advance((op,), issues)[0]


def _item(times: Times, word: tuple[Op, ...]) -> Item:
    if times.n == 1:
        return Item(times.first, restride(word, (0,) * len(word)))
    return Item(times.first, word, times.n, times.every)


def _cycles(parts: Iterable[_Part]) -> NDArray[np.int64]:
    rows = [times.first + np.arange(times.n) * times.every for times, _ in parts]
    return np.concatenate(rows) if rows else np.zeros(0, np.int64)
