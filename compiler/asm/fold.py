"""Runs of a queue: in order, apart from each other, and as few as a walk from the first to the last finds.

Equal words (but for what strides move) at equal distances become one run, which the queue holds as the word and a
Repeat. Strides follow from the words; a stride that no Repeat uses is dropped. A pair in consecutive cycles stays two
words: a Repeat would not be shorter.
"""

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from arch.isa.icu import REPEAT
from arch.isa.table import is_icu
from compiler.asm.schedule import Item
from compiler.asm.strides import advance, restride, step, strides

#: Longest distance of two issues that a Repeat can keep.
FARTHEST = REPEAT.by_name["d"].maximum


class CollisionError(ValueError):
    """Two words of one queue in one cycle; the arguments are the runs."""

    def __init__(self, first: Item, second: Item, cycle: int) -> None:
        super().__init__(f"two words at cycle {cycle}")
        self.first, self.second, self.cycle = first, second, cycle


def single(item: Item) -> Item:
    """The first issue of a run, without strides."""
    if item.n == item.every == 1 and not any(strides(item.word)):
        return item
    return Item(item.cycle, restride(item.word, (0,) * len(item.word)), where=item.where)


def split(item: Item, count: int) -> list[Item]:
    """The first ``count`` issues of a run, and the others."""
    head = Item(item.cycle, item.word, count, item.every, item.where)
    at = item.cycle + count * item.every
    rest = Item(at, advance(item.word, count), item.n - count, item.every, item.where)
    return [single(part) if part.n == 1 else part for part in (head, rest) if part.n]


def weave(items: Iterable[Item]) -> list[Item]:
    """Runs in order of time, none beginning before the last has ended; runs that interleave are taken apart.

    Raises
    ------
    CollisionError
        If two words issue in one cycle.
    """
    woven: list[Item] = []
    for item in sorted(items, key=attrgetter("cycle")):
        if not woven or woven[-1].last < item.cycle:
            woven.append(item)
        else:
            _insert(woven, item)
    return woven


def _insert(woven: list[Item], item: Item) -> None:
    """Put a run among others that it overlaps, issue by issue as far as they reach."""
    while item.n:
        if woven[-1].last < item.cycle:
            woven.append(item)
            return
        at = bisect_right(woven, item.cycle, key=attrgetter("cycle")) - 1
        before = woven[at]
        issued, rest = divmod(item.cycle - before.cycle, before.every)
        if issued < before.n:
            if rest == 0:
                raise CollisionError(before, item, item.cycle)
            if issued + 1 < before.n:
                woven[at : at + 1] = split(before, issued + 1)
        # What fits before the next run goes in as one.
        room = woven[at + 1].cycle - item.cycle if at + 1 < len(woven) else item.n * item.every
        if room == 0:
            raise CollisionError(woven[at + 1], item, item.cycle)
        head, *tail = split(item, min(item.n, max(1, -(-room // item.every))))
        woven.insert(at + 1, head)
        if not tail:
            return
        item = tail[0]


def fold(items: Iterable[Item]) -> list[Item]:
    """Runs of :func:`weave`, as long as they get."""
    folded: list[Item] = []
    for item in (part for raw in items for part in _repeatable(raw)):
        merged = _merge(folded[-1], item) if folded else None
        if merged is None and folded and folded[-1].n == 2 and folded[-1].every == 1:
            folded[-1:] = split(folded[-1], 1)  # the second of a pair that earns nothing may begin a better run
            merged = _merge(folded[-1], item)
        if merged is None:
            folded.append(item)
        else:
            folded[-1] = merged
    return folded


def _repeatable(item: Item) -> list[Item]:
    """A run as it is if a Repeat can make it, else its issues one by one: few, so far apart."""
    if item.n > 1 and item.every <= FARTHEST:
        return [item]
    found = []
    while item.n > 1:
        head, item = split(item, 1)
        found.append(head)
    return [*found, single(item)]


def _merge(run: Item, item: Item) -> Item | None:
    """Both as one run, if they are one."""
    if is_icu(run.word) or is_icu(item.word) or len(run.word) != len(item.word):
        return None
    every = item.cycle - run.last
    if (run.n > 1 and every != run.every) or (item.n > 1 and every != item.every) or every > FARTHEST:
        return None
    if run.n > 1:
        by = strides(run.word)
        if step(advance(run.word, run.n), item.word) != (0,) * len(by):
            return None
    else:
        by = strides(item.word) if item.n > 1 else step(run.word, item.word)
        if by is None or (item.n > 1 and step(advance(restride(run.word, by), 1), item.word) != (0,) * len(by)):
            return None
    if item.n > 1 and by != strides(item.word):
        return None
    return Item(run.cycle, restride(run.word, by), run.n + item.n, every, run.where)
