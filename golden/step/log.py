"""What a run records of itself: faults, program errors, counters, trace.

Faults and corrections carry the real cycle in which a superlane has them, which lies ahead of local time: they are
counted when that cycle is over, so that a stopped run has seen exactly what happened before its end.
"""

from collections import defaultdict

import numpy as np

from arch.config import Config
from arch.faults import CORRECTED_LIMIT, COUNT_LIMIT, Fault, ProgramError
from arch.isa.table import Word
from arch.queues import Queue, queues
from golden.result import Counters, ErrorEntry, FaultEntry, TraceEntry

__all__ = ["Log"]


class Log:
    """Recorder of one run.

    Attributes
    ----------
    issued, parked : int64[queues]
    macs : int64[2, planes]
        Counters, open to those who count.
    """

    def __init__(self, config: Config, trace: bool) -> None:
        count = len(queues(config))
        self.issued = np.zeros(count, np.int64)
        self.parked = np.zeros(count, np.int64)
        self.macs = np.zeros((2, config.planes), np.int64)
        self._corrected = np.zeros((count, config.superlanes), np.int64)
        self._due: dict[int, list[tuple[int, int, Fault | None]]] = defaultdict(list)
        self._faults: dict[tuple[int, int], FaultEntry] = {}
        self._errors: dict[tuple[int, int, ProgramError], tuple[int, ErrorEntry]] = {}
        self._trace: list[TraceEntry] | None = [] if trace else None

    def fault(self, queue: Queue, superlane: int, fault: Fault, time: int) -> None:
        """A fault at a local time."""
        self._due[time + superlane].append((queue.index, superlane, fault))

    def correction(self, queue: Queue, superlane: int, time: int) -> None:
        """A word corrected at a local time."""
        self._due[time + superlane].append((queue.index, superlane, None))

    def error(self, queue: Queue, issued: int, error: ProgramError, detail: str, time: int) -> None:
        """A program error of an instruction, found at a local time; the first detail of a kind stands."""
        entry = ErrorEntry(queue.index, issued, error, detail)
        self._errors.setdefault((queue.index, issued, error), (time, entry))

    def issue(self, queue: Queue, time: int, word: Word, repeat: int) -> None:
        """A word issued, for the trace."""
        if self._trace is not None:
            self._trace.append(TraceEntry(time, queue.index, word, repeat))

    def settle(self, cycle: int) -> None:
        """Count what belongs to a real cycle that is over."""
        for queue, superlane, fault in self._due.pop(cycle, ()):
            if fault is None:
                count = self._corrected[queue, superlane] + 1
                self._corrected[queue, superlane] = min(count, CORRECTED_LIMIT)
                continue
            first = self._faults.get((queue, superlane), FaultEntry(queue, superlane, fault, cycle, 0))
            kind = min(first.fault, fault) if first.cycle == cycle else first.fault
            count = min(first.count + 1, COUNT_LIMIT)
            self._faults[queue, superlane] = FaultEntry(queue, superlane, kind, first.cycle, count)

    def counters(self) -> Counters:
        """Counters so far."""
        return Counters(self.issued.copy(), self.parked.copy(), self._corrected.copy(), self.macs.copy())

    def faults(self) -> tuple[FaultEntry, ...]:
        """Faults so far, by queue and superlane."""
        return tuple(self._faults[key] for key in sorted(self._faults))

    def errors(self, cycle: int) -> tuple[ErrorEntry, ...]:
        """Program errors found before a cycle, by cycle of issue, queue and name."""
        found = (entry for time, entry in self._errors.values() if time < cycle)
        return tuple(sorted(found, key=lambda entry: entry.key))

    def trace(self) -> tuple[TraceEntry, ...]:
        """Trace so far, by cycle and queue."""
        return tuple(sorted(self._trace or (), key=lambda entry: (entry.cycle, entry.queue)))
