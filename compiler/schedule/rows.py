"""Sequences of memory rows as runs that one instruction and its Repeat can make."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Run:
    """Rows ``row``, ``row + stride``, ... at places ``first`` to ``first + n - 1`` of a sequence."""

    first: int
    n: int
    row: int
    stride: int


def runs(rows: Sequence[int] | NDArray[np.int64]) -> list[Run]:
    """Runs of a sequence of rows, from its beginning as long as they get, so that few are needed."""
    array = np.asarray(rows, dtype=np.int64)
    steps = np.diff(array)
    # Places at which the step changes: a run may end there.
    breaks = np.flatnonzero(np.diff(steps)) + 1
    found, at = [], 0
    while at < len(array):
        if at + 1 == len(array):
            found.append(Run(at, 1, int(array[at]), 0))
            break
        later = breaks[np.searchsorted(breaks, at + 1) :]
        end = int(later[0]) if len(later) else len(array) - 1
        # A pair that is followed by a longer run leaves its second row to that run.
        if end == at + 1 and end + 1 < len(array) and len(later) > 1 and later[1] > end + 1:
            found.append(Run(at, 1, int(array[at]), 0))
            at += 1
            continue
        found.append(Run(at, end - at + 1, int(array[at]), int(steps[at])))
        at = end + 1
    return found
