"""Which addresses of a slice may have been written in some cycles, by the runs of its queue alone."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch.config import OFFSET_BITS
from arch.isa.spec import Op
from golden.fast.lane import Runs
from golden.fast.words import WordTable

__all__ = ["Stores"]

_OFFSETS = 1 << OFFSET_BITS


@dataclass
class _Slice:
    """Runs that store to a slice, in order, and how far each of them reaches, but for the last.

    ``reach`` is int64[5, runs]: first and last cycle, banks (a bit each), lowest and highest offset.
    """

    runs: list[int] = field(default_factory=list)
    reach: NDArray[np.int64] = field(default_factory=lambda: np.zeros((5, 0), np.int64))


class Stores:
    """Runs that store, by slice.

    A schedule has many more runs than concern one address. Those that do are found by how far they reach at most, all
    at once; only these are looked at issue by issue.

    Parameters
    ----------
    words, runs
        The tables.
    """

    def __init__(self, words: WordTable, runs: Runs) -> None:
        self._words, self._runs = words, runs
        self._slices: dict[int, _Slice] = {}

    def add(self, queue: int, run: int) -> None:
        """Note a run whose word holds a Write or a Scatter."""
        self._slices.setdefault(queue, _Slice()).runs.append(run)

    def written(self, queue: int, bank: int, offset: int, first: int, last: int) -> bool:
        """Whether a Write, or a Scatter that may, stores to an address in cycles first to last - 1."""
        known = self._slices.get(queue)
        if known is None:
            return False
        start, end, banks, low, high = self._reach(known)
        near = (start < last) & (end >= first) & (banks >> bank & 1 != 0) & (low <= offset) & (offset <= high)
        candidates = [*np.flatnonzero(near).tolist(), len(known.runs) - 1]
        return any(self._stores(known.runs[number], bank, offset, first, last) for number in candidates)

    def _reach(self, known: _Slice) -> NDArray[np.int64]:
        """How far runs reach. The last one may still get its Repeat, and so more issues."""
        settled = known.runs[known.reach.shape[1] : -1]
        if settled:
            rows = np.array([self._extent(run) for run in settled], np.int64)
            known.reach = np.concatenate([known.reach, rows.T], axis=1)
        return known.reach

    def _extent(self, run: int) -> tuple[int, int, int, int, int]:
        """A run's column of ``_Slice.reach``."""
        runs, words = self._runs, self._words
        wid, n = runs.wid[run], runs.n[run]
        start, op = runs.start[run], self._op(run)
        end = start + (n - 1) * runs.d[run]
        if op.mnemonic == "Scatter":
            return start, end, op["banks"], op["lo"], op["hi"]
        by = words.stride2[wid]
        one = (words.number2[wid] + runs.repeat[run] * by) % _OFFSETS
        other, bank = one + (n - 1) * by, 1 << (op["a"] >> OFFSET_BITS)
        if 0 <= other < _OFFSETS:
            return start, end, bank, min(one, other), max(one, other)
        return start, end, bank, 0, _OFFSETS - 1

    def _stores(self, run: int, bank: int, offset: int, first: int, last: int) -> bool:
        """Whether one run stores to an address, or may."""
        runs, words = self._runs, self._words
        start, n, d, wid = runs.start[run], runs.n[run], runs.d[run], runs.wid[run]
        if start >= last or start + (n - 1) * d < first:
            return False
        op = self._op(run)
        if op.mnemonic == "Scatter":
            return bool(op["banks"] >> bank & 1) and op["lo"] <= offset <= op["hi"]
        if op["a"] >> OFFSET_BITS != bank:
            return False
        low = max(0, -(-(first - start) // d))
        high = min(n, -(-(last - start) // d))
        steps = runs.repeat[run] + np.arange(low, high)
        return bool(((words.number2[wid] + steps * words.stride2[wid]) % _OFFSETS == offset).any())

    def _op(self, run: int) -> Op:
        """What stores: the write part of a word."""
        return self._words.forms[self._words.form[self._runs.wid[run]]].word[-1]
