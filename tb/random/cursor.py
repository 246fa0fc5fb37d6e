"""One instruction queue while a program is drawn: what it has issued, and the words that it can still take.

A queue never runs dry: each word that it takes must leave a word for the cycle in which the next one is taken, if only
the NOP of a gap. ``supply`` tells from which cycle on each word of the queue is there; an Ifetch extends it.
"""

from dataclasses import dataclass, field, replace
from random import Random

from arch.isa import icu
from arch.isa.spec import make
from arch.isa.table import Word
from arch.queues import Queue
from tb.random.rules import Plan
from tb.random.schedule import Entry, Text

#: Words that a queue keeps for its last Syncs, at the least.
RESERVE = 6


@dataclass
class Run:
    """Repetitions of the last entry: how many are done, and the spacings still wanted."""

    plan: Plan
    done: int
    gaps: list[int]


@dataclass
class Cursor:
    """A queue at work.

    Attributes
    ----------
    queue
        Which one.
    supply
        Cycle from which each word can be taken, by its number; -1 for the preload.
    taken
        Words taken so far.
    free
        First cycle in which the queue takes a word again.
    entries
        What it has issued.
    parked
        Cycle of the Sync that holds it; None while it runs.
    busy
        Cycle before which a plan keeps it from drawing.
    run
        Repetition under way.
    fetched
        Cycle of the last Ifetch; None before the first.
    sealed
        Whether a block of text has run over, so that no further one can be counted on.
    kept
        Words that nothing but Syncs may take: one for each release under way, which ends a Sync, and two more for the
        gap before the first of them.
    """

    queue: Queue
    supply: list[int]
    taken: int = 0
    free: int = 0
    entries: list[Entry] = field(default_factory=list)
    parked: int | None = None
    busy: int = 0
    run: Run | None = None
    fetched: int | None = None
    sealed: bool = False
    kept: int = RESERVE

    @property
    def left(self) -> int:
        """Words not taken yet."""
        return len(self.supply) - self.taken

    def ready(self, now: int) -> bool:
        """Whether the queue may issue something in this cycle."""
        return self.parked is None and self.free <= now

    def affords(self, now: int, words: int = 1, reserve: int | None = None, dry: bool = False) -> bool:
        """Whether ``words`` words, the first in this cycle, leave the queue with words to go on with.

        These are ``reserve``, or those that the queue keeps. With ``dry`` the queue may wait for text afterwards, which
        is a fault.
        """
        first = self.taken + (now > self.free)
        last = first + words
        if last + (self.kept if reserve is None else reserve) > len(self.supply):
            return False
        return all(self.supply[n] <= now + n - first for n in range(first, min(last + (not dry), len(self.supply))))

    @property
    def exhausted(self) -> bool:
        """Whether nothing but its last Syncs is left."""
        return self.taken + 2 + self.kept > len(self.supply)

    def issue(self, now: int, word: Word | int, text: Text | None = None) -> None:
        """Take a word in this cycle, behind the NOP of the gap if there is one."""
        self.taken += 1 + (now > self.free)
        self.entries.append(Entry(now, word, text=text))
        self.free, self.run = self.entries[-1].end, None
        self._wait_for_text()

    def affords_again(self, now: int) -> bool:
        """Whether the last entry may issue once more in this cycle."""
        after = self.taken + (not self._prolongs(now))
        if self.entries[-1].dry:
            return False
        return after + self.kept <= len(self.supply) and self.supply[after] <= now + 1

    def _prolongs(self, now: int) -> bool:
        """Whether one issue more in this cycle is one more of the last Repeat, and takes no further word."""
        repeats = self.entries[-1].repeats
        gap = now - self.free + 1
        return bool(repeats) and repeats[-1][1] == gap and repeats[-1][0] < icu.REPEAT.by_name["n"].maximum

    def again(self, now: int) -> None:
        """Issue the last entry once more, by a Repeat or one issue more of the last Repeat."""
        entry, gap = self.entries[-1], now - self.free + 1
        repeats = list(entry.repeats)
        if self._prolongs(now):
            repeats[-1] = (repeats[-1][0] + 1, gap)
        else:
            repeats.append((1, gap))
            self.taken += 1
        self.entries[-1] = replace(entry, repeats=tuple(repeats))
        self.free = now + 1

    def fill(self, now: int, rng: Random) -> None:
        """Perhaps make the gap before this cycle two NOPs instead of one."""
        gap = now - self.free
        if gap > 1 and self.left > RESERVE + self.kept and self.supply[-1] <= self.free and rng.random() < 0.08:
            self.issue(self.free, (make(icu.NOP, n=rng.randrange(1, gap)),))

    def _wait_for_text(self) -> None:
        """Note how long the queue runs dry; only in faulty programs it does."""
        late = self.supply[self.taken] - self.free if self.taken < len(self.supply) else 0
        if late > 0 and self.entries[-1].mnemonic != "Sync":
            self.entries[-1] = replace(self.entries[-1], dry=late)
            self.free += late
