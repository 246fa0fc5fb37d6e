"""All queues together: which word issues when, over barriers, power-down and text that programs fetch themselves.

Every queue runs ahead by itself as far as it can (``lane``). What ties queues together is: releases, which are certain
once every queue is known up to them; which superlanes an Ifetch finds lit, known until the next release; and text,
whose bytes are found in memory (``text``) or are handed in by whoever evaluates the streams.
"""

import bisect
import heapq
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch import text as layout
from arch.faults import Fault
from arch.program import Program
from arch.timing import timing
from golden.fast.lane import Lane, Log, QueueFault, Runs, Wait, advance
from golden.fast.text import Block, StaticText, Text
from golden.fast.words import WordTable
from golden.lanes import Bytes

__all__ = ["FOREVER", "Ending", "Unroller"]

#: Later than every cycle.
FOREVER = 1 << 62


@dataclass(frozen=True)
class Ending:
    """How a run ends: its cycles, and whether the limit ended it."""

    cycles: int
    stopped: bool


class Unroller:
    """Issues of all queues, unrolled on demand.

    Parameters
    ----------
    program
        What runs.
    limit
        Cycle at which the run is stopped.
    data, known
        Memory at the start, and which of its words can be text known in advance (``StaticText``).

    Attributes
    ----------
    words, log, text
        Tables of words; issues, faults and control words; text under way.
    lit_changes, lit_values
        Cycles from which on another number of superlanes is lit, and that number.
    """

    def __init__(self, program: Program, limit: int, data: Bytes, known: NDArray[np.bool_] | None = None) -> None:
        config = program.config
        self.config = config
        self.words = WordTable(config)
        self.log = Log(self.words, Runs(), timing(config).barrier, layout.span(config), limit)
        self.text = Text(config, self.words)
        self.lit_changes, self.lit_values = [0], [config.superlanes]
        self.static = StaticText(self.words, self.log.runs, data, known, self.lit_at)
        lookup = self.words.lookup
        self.lanes = [
            Lane(queue, deque([lookup(queue, word) for word in preload]), self.text.ready, self.text.token_wid)
            for queue, preload in enumerate(program.preload)
        ]
        self._running = list(self.lanes)
        self._blocked: list[Lane] = []
        self._configs_done = 0
        self._cut = False

    def lit_at(self, cycle: int) -> int:
        """Superlanes lit for instructions issued in a cycle."""
        return self.lit_values[bisect.bisect_right(self.lit_changes, cycle) - 1]

    def unroll(self) -> int:
        """Go on as far as possible; the cycle before which all issues are known (``FOREVER`` if all are)."""
        lit_known = self._lit_known(0)
        while True:
            for lane in self._running:
                advance(lane, self.log, lit_known, self._fetch)
            self._blocked += [lane for lane in self._running if lane.wait in (Wait.TEXT, Wait.LIT)]
            self._running = []
            known = min((lane.t for lane in self._blocked), default=FOREVER)
            notifies = self.log.notifies
            if notifies and notifies[0] <= known:
                self._release(heapq.heappop(notifies))
            lit_known = self._lit_known(known)
            if self.text.open and not self._running:
                self.text.resolve(known, self.static)
            self._wake(lit_known)
            if not self._running and not (notifies and notifies[0] <= known):
                return known

    def deliver(self, block: Block, number: int, vector: Bytes) -> None:
        """Hand in a vector of text, uint8[S, L], that took evaluation."""
        self.text.open = [entry for entry in self.text.open if entry[1] is not block or entry[2] != number]
        self.text.deliver(block, number, vector)

    def _lit_known(self, known: int) -> int:
        first = self.log.notifies[0] if self.log.notifies else FOREVER
        return min(first, known + self.log.barrier)

    def _wake(self, lit_known: int) -> None:
        still = []
        for lane in self._blocked:
            if lane.wait is Wait.LIT:
                awake = lane.t < lit_known
            else:
                awake = self.text.token_wid[-1 - lane.held[0]] >= 0
            (self._running if awake else still).append(lane)
        self._blocked = still

    def _fetch(self, lane: Lane, cycle: int, wid: int) -> None:
        self.text.fetch(lane, cycle, wid, self.lit_at(cycle))

    def _release(self, cycle: int) -> None:
        """Let the parked queues go on, with the superlanes that the last Config before leaves lit."""
        if cycle >= self.log.limit:
            self._cut = True
            return
        for lane in self.lanes:
            if lane.wait is Wait.RELEASE and lane.parked[-1][0] <= cycle:
                lane.parked[-1] = (lane.parked[-1][0], cycle)
                lane.t, lane.wait = cycle, Wait.NOTHING
                self._running.append(lane)
        configs = sorted(entry for entry in self.log.configs[self._configs_done :] if entry[0] < cycle)
        if configs:
            late = [entry for entry in self.log.configs[self._configs_done :] if entry[0] >= cycle]
            self.log.configs[self._configs_done :] = [*configs, *late]
            self._configs_done += len(configs)
            if configs[-1][2] != self.lit_values[-1]:
                self.lit_changes.append(cycle)
                self.lit_values.append(configs[-1][2])

    # The end -------------------------------------------------------------------------------------------------

    def ending(self) -> Ending:
        """How the run ends; all issues must be known."""
        limit = self.log.limit
        if self._cut or any(lane.wait is not Wait.RELEASE for lane in self.lanes):
            return Ending(limit, True)
        idle = max(lane.parked[-1][0] for lane in self.lanes) + timing(self.config).drain
        return Ending(min(idle, limit), idle > limit)

    def queue_faults(self, end: int) -> list[QueueFault]:
        """Faults of the queues themselves before a cycle; all issues before it must be known."""
        faults = list(self.log.faults)
        for lane in self.lanes:
            # Parked, or busy with a Repeat or NOP beyond the end: text goes on arriving.
            if lane.wait in (Wait.RELEASE, Wait.END):
                lane.admit(end, self.config.queue_depth, faults)
        faults += [QueueFault(queue, Fault.CONFIG_BUSY, t) for t, queue, _ in self.log.configs if self._busy(t, queue)]
        found = []
        for fault in faults:
            count = min(fault.count, end - fault.cycle) if fault.count > 1 else fault.count
            if fault.cycle < end and count > 0:
                found.append(QueueFault(fault.queue, fault.fault, fault.cycle, count))
        return found

    def parked(self, end: int) -> NDArray[np.int64]:
        """Cycles before ``end`` in which each queue was parked: int64[queues]."""
        return np.array(
            [
                sum(max(0, min(end, last if last >= 0 else end) - first) for first, last in lane.parked)
                for lane in self.lanes
            ],
            np.int64,
        )

    def _busy(self, cycle: int, queue: int) -> bool:
        """Whether another queue is not parked in a cycle."""
        return any(
            lane.queue != queue
            and not any(first <= cycle and (last < 0 or cycle < last) for first, last in lane.parked)
            for lane in self.lanes
        )
