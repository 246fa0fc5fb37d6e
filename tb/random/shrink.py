"""Making a failing program small: fewer queues, fewer words, fewer repetitions, as long as it fails."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from arch.program import Program
from tb.random.schedule import SYNC, Entry, Schedule, ScheduleError

#: A word of some queue.
_Item = tuple[int, Entry]


def shrink(
    schedule: Schedule,
    fails: Callable[[Program], bool],
    *,
    legal: Callable[[Program], bool] | None = None,
    trials: int = 2000,
) -> Schedule:
    """Find a small schedule that still fails.

    Whole queues go first, then words by delta debugging (Zeller and Hildebrandt, 2002), then repetitions, then the
    contents of memory. What remains issues in the cycles in which it did; a queue without words parks at once.

    Parameters
    ----------
    schedule
        A schedule whose program fails.
    fails
        Whether a program shows the failure that is looked for.
    legal
        Whether a program counts; by default every one does, also one that reads what nobody defines any more.
    trials
        Programs to try, at the most.

    Returns
    -------
    Schedule
        The smallest found; ``schedule`` itself if nothing could be left out.

    Raises
    ------
    ValueError
        If the program does not fail to begin with.
    """
    state = _Search(schedule, fails, legal, trials)
    if not state.accepts(schedule):
        raise ValueError("the program to shrink must fail, and it does not")
    while True:
        before = state.best
        _queues(state)
        _words(state)
        _repeats(state)
        _memory(state)
        if state.best is before or not state.trials:
            return state.best


class _Search:
    """The best schedule so far, and the budget."""

    def __init__(
        self,
        best: Schedule,
        fails: Callable[[Program], bool],
        legal: Callable[[Program], bool] | None,
        trials: int,
    ) -> None:
        self.best, self.trials = best, trials
        self._fails, self._legal = fails, legal

    def accepts(self, candidate: Schedule) -> bool:
        """Whether a candidate can be carried out, counts, and fails."""
        try:
            program = candidate.program()
        except ScheduleError:
            return False
        return (self._legal is None or self._legal(program)) and self._fails(program)

    def take(self, candidate: Schedule) -> bool:
        """Make a candidate the best one if it is acceptable; whether it was."""
        if self.trials <= 0:
            return False
        self.trials -= 1
        if not self.accepts(candidate):
            return False
        self.best = candidate
        return True


def _items(schedule: Schedule) -> list[_Item]:
    """Words that could go: all but a Sync that merely ends its queue."""
    return [
        (index, entry)
        for index, row in enumerate(schedule.entries)
        for n, entry in enumerate(row)
        if entry.word != SYNC or n < len(row) - 1
    ]


def _with(schedule: Schedule, items: Sequence[_Item]) -> Schedule:
    """The schedule with these words alone; the encoder ends each queue with Sync."""
    rows: list[list[Entry]] = [[] for _ in schedule.entries]
    for index, entry in items:
        rows[index].append(entry)
    return replace(schedule, entries=tuple(map(tuple, rows)))


def _queues(state: _Search) -> None:
    """Silence whole queues, the longest first."""
    order = sorted(range(len(state.best.entries)), key=lambda n: -len(state.best.entries[n]))
    for index in order:
        kept = [item for item in _items(state.best) if item[0] != index]
        if len(kept) < len(_items(state.best)):
            state.take(_with(state.best, kept))


def _words(state: _Search) -> None:
    """Leave out words, in ever smaller portions, in the order of cycles."""
    items = sorted(_items(state.best), key=lambda item: (item[1].cycle, item[0]))
    portions = 2
    while items:
        size = -(-len(items) // portions)
        for start in range(0, len(items), size):
            kept = items[:start] + items[start + size :]
            if state.take(_with(state.best, kept)):
                items, portions = kept, max(portions - 1, 2)
                break
        else:
            if size == 1 or not state.trials:
                return
            portions = min(2 * portions, len(items))


def _repeats(state: _Search) -> None:
    """Repeat less: not at all, without the last Repeat, half as often."""
    for index, entry in _items(state.best):
        last = entry.repeats[-1:]
        shorter = [(), entry.repeats[:-1], (*entry.repeats[:-1], *((n // 2, d) for n, d in last if n > 1))]
        for repeats in shorter:
            if len(repeats) < len(entry.repeats) or repeats != entry.repeats:
                items = [
                    (i, replace(e, repeats=repeats) if (i, e) == (index, entry) else e) for i, e in _items(state.best)
                ]
                if state.take(_with(state.best, items)):
                    break


def _memory(state: _Search) -> None:
    """Empty the words of memory, or at least make them zero, half of them at a time."""
    zero = bytes(state.best.config.vector)
    places = sorted(where for where, data in state.best.memory.items() if data != zero)
    half = len(places) // 2
    for some in (places, places[:half], places[half:]):
        if some:
            memory = {**state.best.memory, **dict.fromkeys(some, zero)}
            if state.take(replace(state.best, memory=memory)):
                return
