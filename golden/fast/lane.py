"""One queue's own time: which word issues when, word by word, without looking at the other queues.

A queue's cycles follow from its words alone until it parks, needs text that is not known yet, or issues an Ifetch
while it is not known which superlanes are lit (docs/architecture.md, Queues).
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from arch.faults import Fault
from golden.fast.words import Code, WordTable

__all__ = ["Lane", "Log", "QueueFault", "Runs", "Wait", "advance"]


class Wait(Enum):
    """Why a queue does not go on."""

    NOTHING = "runs"
    RELEASE = "parked"
    TEXT = "its next word is not known"
    LIT = "which superlanes an Ifetch finds lit is not known"
    END = "dry for good, or past the limit"


@dataclass
class Runs:
    """Issues of the units, a row for each word and its Repeat: ``n`` issues ``d`` cycles apart from ``start`` on.

    ``repeat`` is the number of the first of them among the issues of the word. Rows below ``sealed`` do not change.
    """

    wid: list[int] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    n: list[int] = field(default_factory=list)
    d: list[int] = field(default_factory=list)
    repeat: list[int] = field(default_factory=list)
    sealed: int = 0

    def add(self, wid: int, queue: int, start: int, n: int, d: int, repeat: int) -> int:
        """Append a row and return its number."""
        self.wid.append(wid)
        self.queue.append(queue)
        self.start.append(start)
        self.n.append(n)
        self.d.append(d)
        self.repeat.append(repeat)
        return len(self.wid) - 1


@dataclass(frozen=True)
class QueueFault:
    """``count`` faults of one kind of a queue itself, the first in ``cycle``."""

    queue: int
    fault: Fault
    cycle: int
    count: int = 1


@dataclass
class Log:
    """What all queues share while they unroll.

    Attributes
    ----------
    words, runs
        The tables.
    faults
        Faults of the queues themselves.
    control
        Issues of Ifetch, Sync, Notify and Config: (cycle, queue, word).
    notifies
        Heap of the cycles in which releases come due.
    configs
        (cycle, queue, superlanes) of every Config.
    """

    words: WordTable
    runs: Runs
    barrier: int
    span: int
    limit: int
    faults: list[QueueFault] = field(default_factory=list)
    control: list[tuple[int, int, int]] = field(default_factory=list)
    notifies: list[int] = field(default_factory=list)
    configs: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class Lane:
    """State of one queue.

    Attributes
    ----------
    t
        Cycle in which it next takes a word.
    held
        Words in the queue: the number of a word, or ``-1 - token`` for one that came or comes by text.
    arrivals
        Text under way: (ready, token), in order.
    ready, token_wid
        By token: earliest issue, and the word (-1 while unknown). Shared by all lanes.
    parked
        Intervals in which it was parked, (first cycle, cycle of the release); the last is open (-1) while it is.
    """

    queue: int
    held: deque[int]
    ready: list[int]
    token_wid: list[int]
    t: int = 0
    wait: Wait = Wait.NOTHING
    arrivals: deque[tuple[int, int]] = field(default_factory=deque)
    parked: list[tuple[int, int]] = field(default_factory=list)
    fetch_free: int = 0
    run: int = -1
    repeat: int = 0
    last_wid: int = -1

    def admit(self, cycle: int, depth: int, faults: list[QueueFault]) -> None:
        """Take in the text that occupies the queue from ``cycle`` or an earlier one on; all issued words have left."""
        while self.arrivals and self.arrivals[0][0] - 1 <= cycle:
            ready, token = self.arrivals.popleft()
            if len(self.held) >= depth:
                faults.append(QueueFault(self.queue, Fault.OVERFLOW, ready - 1))
            else:
                self.held.append(-1 - token)


def advance(lane: Lane, log: Log, lit_known: int, fetch) -> None:
    """Issue a queue's words until it must wait.

    Parameters
    ----------
    lane, log
        Changed in place.
    lit_known
        Cycle from which on it is not known which superlanes are lit.
    fetch
        Called as ``fetch(lane, cycle, word)`` for an accepted Ifetch; adds to ``lane.arrivals``.
    """
    words, limit = log.words, log.limit
    code, depth = words.code, words.config.queue_depth
    lane.wait = Wait.NOTHING
    while lane.wait is Wait.NOTHING:
        t = lane.t
        if t >= limit:
            lane.wait = Wait.END
            return
        if lane.arrivals:
            lane.admit(t, depth, log.faults)
        wid = _next_word(lane, log)
        if wid < 0:
            continue
        kind = code[wid]
        if kind == Code.UNIT:
            lane.run = log.runs.add(wid, lane.queue, t, 1, 1, 0)
            lane.last_wid, lane.repeat = wid, 0
            lane.t = t + 1
        elif kind == Code.REPEAT and lane.last_wid >= 0:
            _repeat(lane, log.runs, words.n[wid], words.d[wid])
        else:
            if kind == Code.IFETCH and t >= lane.fetch_free and t >= lit_known:
                lane.wait = Wait.LIT
                return
            lane.last_wid = -1
            lane.t = t + (words.n[wid] if kind == Code.NOP else 1)
            if kind != Code.NOP:
                _control(lane, log, t, wid, fetch)
        lane.held.popleft()


def _next_word(lane: Lane, log: Log) -> int:
    """The word at the head of the queue; -1 if there is none, the lane then having gone on or being made to wait."""
    t = lane.t
    if lane.held and lane.held[0] >= 0:
        return lane.held[0]
    if lane.held:
        token = -1 - lane.held[0]
        ready = lane.ready[token]
        if ready <= t:
            if lane.token_wid[token] < 0:
                lane.wait = Wait.TEXT
            return lane.token_wid[token]
    elif lane.arrivals:
        ready = lane.arrivals[0][0]
    else:
        ready = log.limit
    lane.t = min(ready, log.limit)
    log.faults.append(QueueFault(lane.queue, Fault.DRY, t, lane.t - t))
    return -1


def _repeat(lane: Lane, runs: Runs, n: int, d: int) -> None:
    run, t = lane.run, lane.t
    if runs.n[run] == 1 and runs.start[run] == t - 1 and run >= runs.sealed:
        runs.n[run], runs.d[run] = n + 1, d
    else:
        lane.run = runs.add(lane.last_wid, lane.queue, t + d - 1, n, d, lane.repeat + 1)
    lane.repeat += n
    lane.t = t + n * d


def _control(lane: Lane, log: Log, t: int, wid: int, fetch) -> None:
    """Everything that is neither for the unit nor a wait."""
    words = log.words
    kind = words.code[wid]
    if kind in (Code.UNDEFINED, Code.REPEAT):
        fault = Fault.UNDEFINED if kind == Code.UNDEFINED else Fault.REPEAT
        log.faults.append(QueueFault(lane.queue, fault, t))
        return
    if kind == Code.IFETCH and t < lane.fetch_free:
        log.faults.append(QueueFault(lane.queue, Fault.FETCH_BUSY, t))
        return
    log.control.append((t, lane.queue, wid))
    if kind == Code.SYNC:
        lane.parked.append((t + 1, -1))
        lane.wait = Wait.RELEASE
    elif kind == Code.NOTIFY:
        heapq.heappush(log.notifies, t + log.barrier)
    elif kind == Code.CONFIG:
        log.configs.append((t, lane.queue, words.n[wid]))
    else:
        lane.fetch_free = t + log.span
        fetch(lane, t, wid)
