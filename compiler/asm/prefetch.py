"""Places Ifetches and the Reads that bring their text, until every queue has all its words in time.

One Ifetch at a time, always for the queue whose text ends first, as early as the queue has room. Everything goes into
free cycles: what the source places stays where it is. The words that this adds are text themselves, of the queue that
fetches and of the MEM queues that read; so a MEM queue may come to need text of its own, and the work ends when no
queue lacks any. A word that is added shifts later words of its queue to earlier places in the text; that never costs
room, and whether they are still there in time is checked each time.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Direction, hops
from arch.isa.fields import stream_ref
from arch.isa.icu import IFETCH
from arch.isa.mem import READ
from arch.isa.spec import make
from arch.isa.table import Word
from arch.program import Segment
from arch.queues import Queue, Unit, queues
from arch.timing import timing
from compiler.asm.blocks import Blocks, Share
from compiler.asm.errors import AssemblyError, refuse
from compiler.asm.line import Line
from compiler.asm.reserve import Memory, Streams
from compiler.asm.schedule import Item

#: Words by which a run of Reads between other words may lengthen a MEM queue's text, where no gap is long enough.
PRICE = 24
#: Cycles tried for one Ifetch: the first of its window one by one, then as many spread over the rest.
TRIES = 150
#: Slices tried for one share of a block.
SOURCES = 12


class Prefetch:
    """Plan of all prefetching.

    Parameters
    ----------
    config
        The machine.
    lines
        Words of each queue by its index; those of queues that fetch or read text are replaced.
    streams, memory
        What the program uses; what the plan uses is entered.
    """

    def __init__(self, config: Config, lines: Mapping[int, Line], streams: Streams, memory: Memory) -> None:
        self.config = config
        self.lines = dict(lines)
        self.blocks: dict[int, list[tuple[Share, ...]]] = {}
        self._streams, self._memory = streams, memory
        self._all, self._plan, self._read = queues(config), Blocks(config), timing(config).read
        self._hops: dict[tuple[int, Direction], list[tuple[Queue, int]]] = {}

    def run(self) -> None:
        """Place everything.

        Raises
        ------
        AssemblyError
            Naming the queue, and the cycle of the word that cannot be there in time.
        """
        waiting = [(cycle, queue) for queue in self.lines if (cycle := self._lacks(queue)) is not None]
        heapq.heapify(waiting)
        # Each block brings far more words than it costs; were it otherwise, this ends it.
        budget = 1000 + sum(len(line.at) for line in self.lines.values())
        while waiting:
            _, queue = heapq.heappop(waiting)
            if self._lacks(queue) is None:
                continue
            budget -= 1
            if budget < 0:
                raise self._refusal(queue, "prefetching needs more text than it brings")
            for changed in self._place(queue):
                if (cycle := self._lacks(changed)) is not None:
                    heapq.heappush(waiting, (cycle, changed))

    def _lacks(self, queue: int) -> int | None:
        """Cycle of the first word that no block brings yet."""
        line = self.lines[queue]
        count = self._plan.delivered(line)
        return line.at[count] if count < len(line.at) else None

    def segments(self) -> list[Segment]:
        """Memory that holds the text of all blocks."""
        return self._plan.segments(self.lines, self.blocks)

    def _place(self, index: int) -> set[int]:
        """Place the next Ifetch of a queue and the Reads of its block; return the queues that changed."""
        queue, line = self._all[index], self.lines[index]
        why = ""
        for lit in sorted({lit for _, lit in line.phases.lit}, reverse=True):
            first, last = self._plan.window(line, lit)
            cycles = [c for c in _spread(line.free_cycles(first, last)) if line.phases.lit_at(c) == lit]
            for price in (0, PRICE):
                for cycle in cycles:
                    for direction in self._directions(queue):
                        found = self._fetch(_Try(queue, cycle, lit, direction, price))
                        if found is not None:
                            return found
            why = why or _why(first, last, bool(cycles))
        raise self._refusal(index, why)

    def _directions(self, queue: Queue) -> list[Direction]:
        """Directions from which text can come, first that whose slices have the least text of their own."""
        ways = [way for way in Direction if queue.site.sample(way) is not None and self._sources(queue, way)]
        return sorted(ways, key=lambda way: min(len(self.lines[s.index].at) for s, _ in self._sources(queue, way)))

    def _sources(self, queue: Queue, direction: Direction) -> list[tuple[Queue, int]]:
        """Slices from which a direction leads to a queue, with the hops."""
        key = (queue.index, direction)
        if key not in self._hops:
            slices = [q for q in self._all if q.unit is Unit.MEM and q is not queue]
            ways = [(q, hops(self.config, q.site, queue.site, direction)) for q in slices]
            self._hops[key] = [(q, way) for q, way in ways if way is not None]
        return self._hops[key]

    def _fetch(self, aim: "_Try") -> set[int] | None:
        """Try an Ifetch in a cycle from one direction; enter it and return the queues that changed."""
        sources = sorted(self._sources(aim.queue, aim.direction), key=lambda pair: len(self.lines[pair[0].index].at))
        found = self._share(aim, sources, (), np.ones(self.config.streams, dtype=bool))
        if found is None:
            return None
        reads, stream = found
        index, ref = aim.queue.index, stream_ref(aim.direction, stream)
        line = self.lines[index].insert(Item(aim.cycle, (make(IFETCH, s=ref),)))
        if line is None:
            return None
        changed = {index: replace(line, fetches=(*line.fetches, (aim.cycle, aim.lit)))}
        parts = tuple(part for part, _ in reads)
        items = [replace(item, word=_read(part, ref)) for part, item in reads]
        for part, item in zip(parts, items, strict=True):
            lengthened = self.lines[part.source.index].insert(item)
            if lengthened is None:
                return None
            changed[part.source.index] = lengthened
        if not all(self._plan.holds(line) for line in changed.values()):
            return None
        self.lines.update(changed)
        self.blocks.setdefault(index, []).append(parts)
        for part, item, late in zip(parts, items, self._plan.samples, strict=True):
            self._memory.take(part.source, part.bank, part.offset, len(part.vectors))
            self._streams.add(part.source, item)
            self._streams.add_samples(aim.direction, stream, aim.end, aim.cycle + late)
        return set(changed)

    def _share(
        self, aim: "_Try", sources: list[tuple[Queue, int]], chosen: tuple[tuple[Share, Item], ...], free: np.ndarray
    ) -> tuple[tuple[tuple[Share, Item], ...], int] | None:
        """Sources of the remaining shares, the lightest first, and a stream that is free for all of them."""
        if len(chosen) == len(self._plan.shares):
            return chosen, int(np.flatnonzero(free)[0])
        vectors, late = self._plan.shares[len(chosen)], self._plan.samples[len(chosen)]
        every = int(late[1] - late[0]) if len(late) > 1 else 1
        masks: dict[int, np.ndarray] = {}
        tried = 0
        for source, way in sources:
            start = source.site.drive(aim.direction)
            if start is None or any(source is part.source for part, _ in chosen):
                continue
            issue = aim.cycle + int(late[0]) - self._read - way
            read = Item(issue, _PROBE, len(late), every)
            line = self.lines[source.index]
            if issue < 0 or min(line.phases.lit_at(issue), line.phases.lit_at(read.last)) < aim.lit:
                continue
            if start not in masks:
                masks[start] = free & self._streams.free(aim.direction, start, aim.end, aim.cycle + late - way)
            if not masks[start].any() or (not aim.price and not line.gap(read)):
                continue
            tried += 1
            if tried > SOURCES:
                return None
            place = self._memory.find(source, len(vectors))
            longer = line.insert(read) if place is not None else None
            if place is None or longer is None or not self._plan.holds(longer):
                continue
            if aim.price and len(longer.at) - len(line.at) > aim.price:
                continue
            found = self._share(aim, sources, (*chosen, (Share(vectors, source, *place), read)), masks[start])
            if found is not None:
                return found
        return None

    def _refusal(self, index: int, why: str) -> AssemblyError:
        line = self.lines[index]
        first = self._plan.delivered(line)
        run = next((entry.run for entry in line.entries[first:] if entry.run is not None and entry.run.where), None)
        name = self._all[index].name
        depth = self.config.queue_depth
        return refuse(
            run.where if run else None,
            f"{name} cycle {line.at[first]}: the queue runs dry behind its first {depth} words: {why}",
        )


@dataclass(frozen=True)
class _Try:
    """An Ifetch that might be placed."""

    queue: Queue
    cycle: int
    lit: int
    direction: Direction
    price: int

    @property
    def end(self) -> int:
        """Position at which the text is sampled."""
        position = self.queue.site.sample(self.direction)
        return 0 if position is None else position


#: Stands for a Read whose address and stream are not chosen yet.
_PROBE: Word = (make(READ, a=0, s=0, stride=1),)


def _read(part: Share, ref: int) -> Word:
    return (make(READ, a=part.bank << OFFSET_BITS | part.offset, s=ref, stride=1),)


def _why(first: int, last: int, issue: bool) -> str:
    if first > last:
        return f"the queue has no room for more text before cycle {first}, and would have to fetch it by {last}"
    if not issue:
        return f"no cycle from {first} to {last} is free for an Ifetch"
    return f"no Ifetch from cycle {first} to {last} finds free Reads, a free stream and free memory for its text"


def _spread(cycles: Iterator[int]) -> Iterator[int]:
    """The first cycles, and some of the others, evenly."""
    yield from islice(cycles, TRIES)
    rest = list(islice(cycles, 100 * TRIES))
    yield from rest[:: max(1, len(rest) // TRIES)]
