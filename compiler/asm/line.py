"""The words of one queue and the cycles in which it takes them: NOPs in the gaps, Repeats for runs, Sync at the end.

A line is never changed: :meth:`Line.insert` gives another one, with a run more in free cycles, by laying anew only the
words around it.

The end of a line is soft: behind its last item the queue parks, and parks again after each later release. A run may be
put there; then the queue parks behind it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from arch.isa.icu import NOP, REPEAT, SYNC
from arch.isa.spec import make
from arch.isa.table import Word, encode, repeats
from compiler.asm.fold import CollisionError, fold, split, weave
from compiler.asm.phases import Phases
from compiler.asm.schedule import Item
from compiler.asm.strides import advance

#: Longest wait of one NOP, most issues of one Repeat.
LONGEST_NOP = NOP.by_name["n"].maximum
MOST_REPEATS = REPEAT.by_name["n"].maximum

_SYNC: Word = (make(SYNC),)


@dataclass(frozen=True)
class Entry:
    """One word in its place.

    Attributes
    ----------
    word
        What the queue takes.
    run
        For a word of the program the item it begins, for a Repeat the issues it makes; None for the NOP of a gap and
        the Sync of the soft end.
    """

    word: Word
    run: Item | None = None

    @property
    def soft(self) -> bool:
        """Whether this is a Sync that the assembler added."""
        return self.run is None and self.word is _SYNC


@dataclass(frozen=True)
class Line:
    """Words of a queue.

    Attributes
    ----------
    queue
        Index of the queue.
    phases
        Releases of the program.
    at
        Cycle in which each word is taken, ascending.
    entries
        The words.
    fetches
        Cycles of the Ifetches that the assembler added, ascending, with the superlanes lit then.
    """

    queue: int
    phases: Phases
    at: list[int]
    entries: list[Entry]
    fetches: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, queue: int, phases: Phases, items: Iterable[Item]) -> "Line":
        """Line of runs in order (:func:`compiler.asm.fold.fold`), whose Syncs have been checked."""
        at, entries, cursor = _lay(items, 0, phases)
        line = cls(queue, phases, at, entries)
        if cursor is not None:
            _park(at, entries, cursor, phases)
        return line

    def items(self) -> Iterator[Item]:
        """Runs as they are laid out, in order; without NOPs and the soft end."""
        return _items(self.entries)

    def words(self) -> list[int]:
        """The 128-bit words."""
        return [encode(entry.word) for entry in self.entries]

    def where(self, cycle: int) -> tuple[Item, int] | None:
        """Run and number of the issue in a cycle; None if none of the program's words issues then."""
        index = bisect_right(self.at, cycle) - 1
        run = self.entries[index].run if index >= 0 else None
        if run is None:
            return None
        issue, rest = divmod(cycle - run.cycle, run.every)
        return None if rest or not 0 <= issue < run.n else (run, issue)

    def free(self, cycle: int) -> bool:
        """Whether a word can be put into a cycle."""
        index = bisect_right(self.at, cycle) - 1
        if index < 0:
            return False
        entry = self.entries[index]
        if entry.run is None:
            return True
        if not repeats(entry.word):
            return False
        issue, rest = divmod(cycle - entry.run.cycle, entry.run.every)
        return rest != 0 or not 0 <= issue < entry.run.n

    def gap(self, item: Item) -> bool:
        """Whether nothing of the program lies between a run's first and last issue."""
        first, last = bisect_right(self.at, item.cycle) - 1, bisect_right(self.at, item.last)
        return first >= 0 and all(entry.run is None for entry in self.entries[first:last])

    def busy(self, first: int, last: int) -> int | None:
        """Last cycle from ``first`` to ``last`` that lies in or between issues of a run; None if none does."""
        for entry in reversed(self.entries[max(0, bisect_right(self.at, first) - 1) : bisect_right(self.at, last)]):
            if entry.run is not None and entry.run.last >= first:
                return min(last, entry.run.last)
        return None

    def free_cycles(self, first: int, last: int) -> Iterator[int]:
        """Free cycles from ``first`` to ``last``, of the soft end only the parts where no queue configures."""
        index = max(0, bisect_right(self.at, first) - 1)
        while index < len(self.at) and self.at[index] <= last:
            after = self.at[index + 1] if index + 1 < len(self.at) else last + 1
            run = self.entries[index].run
            if run is None or (repeats(self.entries[index].word) and run.every > 1):
                for cycle in range(max(first, self.at[index]), min(last + 1, after)):
                    if run is None or self.free(cycle):
                        yield cycle
            index += 1

    def insert(self, item: Item, combine: Callable[[Iterable[Item]], list[Item]] = weave) -> "Line | None":
        """The line with a run more; None if one of its cycles is not free.

        Parameters
        ----------
        combine
            Brings the run and those around it in order; raises :class:`compiler.asm.fold.CollisionError`.
        """
        first, last = self._around(item)
        soft = [n for n in range(first, last + 1) if self.entries[n].soft]
        if soft:
            if self.phases.parked_needed(self.queue, self.at[soft[0]] + 1, item.last + 1):
                return None
            while last + 1 < len(self.at) and self.at[last + 1] <= item.last + 1:
                last += 1
        start, end = self.at[first], self.at[last + 1] if last + 1 < len(self.at) else None
        try:
            items = fold(combine([*_items(self.entries[first : last + 1]), item]))
        except CollisionError:
            return None
        at, entries, cursor = _lay(items, start, self.phases, None if soft else end)
        if cursor is None:
            return None
        if soft:
            at.append(cursor)
            entries.append(Entry(_SYNC))
        return replace(
            self,
            at=[*self.at[:first], *at, *self.at[last + 1 :]],
            entries=[*self.entries[:first], *entries, *self.entries[last + 1 :]],
        )

    def kept(self, item: Item) -> int:
        """Words, from the first, that stay what and where they are if a run is inserted."""
        return self._around(item)[0]

    def _around(self, item: Item) -> tuple[int, int]:
        """First and last index of the words that a new run may change: whole runs, Repeats with their word.

        The runs before and behind it are among them, for it may continue them.
        """
        first, last = bisect_right(self.at, item.cycle) - 1, bisect_right(self.at, item.last) - 1
        first = self._run_before(first)
        while last + 1 < len(self.entries) and self.entries[last].run is None and not self.entries[last].soft:
            last += 1
        while last + 1 < len(self.entries) and repeats(self.entries[last + 1].word):
            last += 1
        return first, last

    def _run_before(self, first: int) -> int:
        """Index of the word of the run that stands in a place, or before the wait there."""
        while first > 0 and self.entries[first].run is None and not self.entries[first - 1].soft:
            first -= 1
        while first > 0 and repeats(self.entries[first].word):
            first -= 1
        return first


def _items(entries: Iterable[Entry]) -> Iterator[Item]:
    for entry in entries:
        if entry.run is not None:
            yield entry.run


def _lay(
    items: Iterable[Item], start: int, phases: Phases, end: int | None = None
) -> tuple[list[int], list[Entry], int | None]:
    """Words of runs from ``start`` on, filled with NOPs to ``end`` if given, and the next cycle of the queue.

    The next cycle is None where the queue is parked for good, or a run meets a parked queue.
    """
    at: list[int] = []
    entries: list[Entry] = []
    cursor: int | None = start
    for item in items:
        if cursor is None or item.cycle < cursor:
            return at, entries, None
        _wait(at, entries, cursor, item.cycle)
        cursor = _run(at, entries, item)
        if item.word[0].spec is SYNC:
            cursor = phases.release_after(item.cycle)
    if end is not None and cursor is not None:
        if cursor > end:
            return at, entries, None
        _wait(at, entries, cursor, end)
    return at, entries, cursor


# Lines are laid anew all the time, from the same few words.


@lru_cache(maxsize=4096)
def _nop(cycles: int) -> Entry:
    return Entry((make(NOP, n=cycles),))


@lru_cache(maxsize=4096)
def _repeat(issues: int, every: int) -> Word:
    return (make(REPEAT, n=issues, d=every),)


def _wait(at: list[int], entries: list[Entry], cursor: int, until: int) -> None:
    while cursor < until:
        wait = min(LONGEST_NOP, until - cursor)
        at.append(cursor)
        entries.append(_nop(wait))
        cursor += wait


def _run(at: list[int], entries: list[Entry], item: Item) -> int:
    """Append a run's words and return the queue's next cycle."""
    if item.n == 2 and item.every == 1:
        for part in split(item, 1):
            at.append(part.cycle)
            entries.append(Entry(part.word, part))
        return item.cycle + 2
    at.append(item.cycle)
    alone = item if item.n == item.every == 1 else Item(item.cycle, item.word, where=item.where)
    entries.append(Entry(item.word, alone))
    done = 1
    while done < item.n:
        more = min(MOST_REPEATS, item.n - done)
        last = item.cycle + (done - 1) * item.every
        at.append(last + 1)
        run = Item(last + item.every, advance(item.word, done), more, item.every, item.where)
        entries.append(Entry(_repeat(more, item.every), run))
        done += more
    return item.last + 1


def _park(at: list[int], entries: list[Entry], cursor: int, phases: Phases) -> None:
    """Append the soft end: a Sync, and one for each later release."""
    for cycle in (cursor, *phases.releases[bisect_left(phases.releases, cursor + 1) :]):
        at.append(cycle)
        entries.append(Entry(_SYNC))
