"""Instruction queues: which word issues in which cycle, the barrier between them, and power-down."""

from collections import deque
from dataclasses import dataclass

from arch import text
from arch.config import Config
from arch.faults import Fault
from arch.queues import Queue
from arch.timing import timing
from golden.step.log import Log
from golden.step.words import Decoded, decode

__all__ = ["Barrier", "Sequencer"]


class Barrier:
    """What the queues have in common: Notifies under way and the setting of Config."""

    def __init__(self, config: Config) -> None:
        self.lit = config.superlanes
        self._latency = timing(config).barrier
        self._releases: set[int] = set()
        self._pending: int | None = None

    @property
    def under_way(self) -> bool:
        """Whether a Notify has not arrived yet."""
        return bool(self._releases)

    def notify(self, time: int) -> None:
        """A Notify issued."""
        self._releases.add(time + self._latency)

    def configure(self, lit: int) -> None:
        """A Config issued; the last one before a release wins."""
        self._pending = lit

    def arrives(self, time: int) -> bool:
        """Whether the queues are released in this cycle; a Config issued before takes effect then."""
        if time not in self._releases:
            return False
        self._releases.remove(time)
        self.lit, self._pending = self._pending or self.lit, None
        return True


@dataclass
class _Run:
    """Repeats still to come of the instruction that issued last."""

    left: int
    step: int
    next: int


class Sequencer:
    """One queue.

    Its cycle is :meth:`release`, :meth:`arrive` for text, then :meth:`issue`. Faults are those of superlane 0, in the
    cycle of issue; an undefined word and a misplaced Repeat count as NOP 1.
    """

    def __init__(self, config: Config, queue: Queue, preload: tuple[int, ...], log: Log, barrier: Barrier) -> None:
        self.queue = queue
        self._config = config
        self._log = log
        self._barrier = barrier
        self._words: deque[tuple[int, int]] = deque((0, value) for value in preload)
        self._decoded: dict[int, Decoded | None] = {}
        self._free = 0
        self._synced: int | None = None
        self._fetched: int | None = None
        self._last: Decoded | None = None
        self._repeat = 0
        self._run: _Run | None = None

    def parked(self, time: int) -> bool:
        """Whether the queue is parked in a cycle: from the one after its Sync on."""
        return self._synced is not None and self._synced < time

    def release(self, time: int) -> None:
        """A Notify arrives in this cycle."""
        if self.parked(time):
            self._synced = None

    def arrive(self, time: int, value: int) -> None:
        """A word of text takes its place in this cycle and may issue in the next.

        A word that issues in this cycle still counts.
        """
        if len(self._words) >= self._config.queue_depth:
            self._log.fault(self.queue, 0, Fault.OVERFLOW, time)
        else:
            self._words.append((time + 1, value))

    def issue(self, time: int, others_parked: bool) -> tuple[Decoded, int] | None:
        """What issues in this cycle, and how often it was repeated before.

        Parameters
        ----------
        time
            The cycle.
        others_parked
            Whether all other queues are parked in it.

        Returns
        -------
        The word, or None; a NOP, a Repeat and what counts as NOP issue nothing. An Ifetch is the caller's to execute.
        """
        if self.parked(time):
            self._log.parked[self.queue.index] += 1
            return None
        if self._run is None:
            if time < self._free:
                return None
            found = self._next(time)
            if found is not None and found.parts[0].op.mnemonic != "Repeat":
                return self._execute(time, found, others_parked)
            if found is not None:
                self._start(time, found)
        return self._continue(time)

    def _next(self, time: int) -> Decoded | None:
        """Next word, decoded; None after reporting that there is none or an undefined one."""
        if not self._words or self._words[0][0] > time:
            self._log.fault(self.queue, 0, Fault.DRY, time)
            return None
        value = self._words.popleft()[1]
        if value not in self._decoded:
            self._decoded[value] = decode(self._config, self.queue, value)
        found = self._decoded[value]
        if found is None:
            self._log.fault(self.queue, 0, Fault.UNDEFINED, time)
            self._last = None
        return found

    def _execute(self, time: int, word: Decoded, others_parked: bool) -> tuple[Decoded, int] | None:
        op = word.parts[0].op
        self._repeat = 0
        self._last = None if word.icu else word
        if op.mnemonic == "NOP":
            self._free = time + op["n"]
            return None
        if op.mnemonic == "Sync":
            self._synced = time
        elif op.mnemonic == "Notify":
            self._barrier.notify(time)
        elif op.mnemonic == "Config":
            if not others_parked:
                self._log.fault(self.queue, 0, Fault.CONFIG_BUSY, time)
            self._barrier.configure(op["n"])
        elif op.mnemonic == "Ifetch":
            if self._fetched is not None and time < self._fetched + text.span(self._config):
                self._log.fault(self.queue, 0, Fault.FETCH_BUSY, time)
                return None
            self._fetched = time
        return word, 0

    def _start(self, time: int, word: Decoded) -> None:
        op = word.parts[0].op
        if self._last is None:
            self._log.fault(self.queue, 0, Fault.REPEAT, time)
        else:
            self._run = _Run(op["n"], op["d"], time + op["d"] - 1)

    def _continue(self, time: int) -> tuple[Decoded, int] | None:
        """Issue once more if it is time to."""
        run, last = self._run, self._last
        if run is None or last is None or time < run.next:
            return None
        self._repeat += 1
        run.left, run.next = run.left - 1, run.next + run.step
        if not run.left:
            self._run = None
        return last, self._repeat
