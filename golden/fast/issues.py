"""Issues of a window of cycles, expanded from the runs that the unroller finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.fast.lane import Runs

__all__ = ["Feed", "Issues"]

Column = NDArray[np.int64]


@dataclass(frozen=True)
class Issues:
    """Instructions issued in a window, a row each; those of a queue stand together, queues in order.

    Attributes
    ----------
    wid, t, repeat : int64[n]
        Word, cycle, how often it was repeated before.
    """

    wid: Column
    t: Column
    repeat: Column

    def __len__(self) -> int:
        return len(self.t)


class Feed:
    """Hands out the issues of successive windows."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._taken = 0
        #: Rows (queue, wid, start, n, d, repeat) of runs that are not over, by start.
        self._rows = np.zeros((0, 6), np.int64)

    def pull(self) -> None:
        """Take in runs that the unroller has added; they do not change from now on."""
        runs, first = self._runs, self._taken
        if len(runs.wid) == first:
            return
        columns = (runs.queue, runs.wid, runs.start, runs.n, runs.d, runs.repeat)
        fresh = np.array([column[first:] for column in columns], np.int64).T
        rows = np.concatenate([self._rows, fresh])
        self._rows = rows[np.argsort(rows[:, 2], kind="stable")]
        self._taken = runs.sealed = len(runs.wid)

    def next_start(self) -> int | None:
        """First cycle in which something may issue; None if nothing is left."""
        return int(self._rows[0, 2]) if len(self._rows) else None

    def count(self, start: int, end: int) -> int:
        """Issues in a window."""
        rows = self._rows[: np.searchsorted(self._rows[:, 2], end)]
        low, high = _span(rows, start, end)
        return int((high - low).sum())

    def take(self, start: int, end: int) -> Issues:
        """Issues of cycles start to end - 1; nothing before ``end`` is asked for again once :meth:`drop` is called."""
        rows = self._rows[: np.searchsorted(self._rows[:, 2], end)]
        low, high = _span(rows, start, end)
        live = high > low
        rows, low, counts = rows[live], low[live], (high - low)[live]
        order = np.argsort(rows[:, 0], kind="stable")
        rows, low, counts = rows[order], low[order], counts[order]
        step = ramp(counts) + np.repeat(low, counts)
        _, wid, first, _, d, repeat = (np.repeat(rows[:, n], counts) for n in range(6))
        return Issues(wid, first + step * d, repeat + step)

    def drop(self, end: int) -> None:
        """Forget runs that are over before ``end``."""
        rows = self._rows
        over = rows[:, 2] + (rows[:, 3] - 1) * rows[:, 4] < end
        self._rows = rows[~over]


def _span(rows: NDArray[np.int64], start: int, end: int) -> tuple[Column, Column]:
    """Numbers of the first issue of each run at or after ``start``, and at or after ``end``."""
    first, n, d = rows[:, 2], rows[:, 3], rows[:, 4]
    return np.clip(-(-(start - first) // d), 0, n), np.clip(-(-(end - first) // d), 0, n)


def ramp(counts: Column) -> Column:
    """0..count-1 for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
