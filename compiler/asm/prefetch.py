"""Places Ifetches and the Reads that bring their text, until every queue has all its words in time.

One Ifetch at a time, always for the queue whose text ends first, as early as the queue has room. Everything goes into
free cycles: what the source places stays where it is. The words that this adds are text themselves, of the queue that
fetches and of the MEM queues that read; so a MEM queue may come to need text of its own, and the work ends when no
queue lacks any. A word that is added shifts later words of its queue to earlier places in the text; that never costs
room, and whether they are still there in time is checked each time.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np

from arch.config import OFFSET_BITS, Config
from arch.conveyor import Direction, hops
from arch.isa.fields import stream_ref
from arch.isa.icu import IFETCH
from arch.isa.mem import READ
from arch.isa.spec import make
from arch.queues import Queue, Unit, queues
from arch.timing import timing
from compiler.asm.blocks import Share, delivered, holds, samples, shares, window
from compiler.asm.errors import AssemblyError, refuse
from compiler.asm.line import Line
from compiler.asm.reserve import Memory, Streams
from compiler.asm.schedule import Item

#: Words by which a run of Reads may lengthen a MEM queue's text: at first what a run in a gap costs, then more.
PRICES = (4, 24)
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
        self._mem = [queue for queue in queues(config) if queue.unit is Unit.MEM]

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
        count = delivered(self.config, line)
        return line.at[count] if count < len(line.at) else None

    def _place(self, index: int) -> set[int]:
        """Place the next Ifetch of a queue and the Reads of its block; return the queues that changed."""
        config, queue, line = self.config, queues(self.config)[index], self.lines[index]
        why = ""
        for lit in sorted({lit for _, lit in line.phases.lit}, reverse=True):
            first, last = window(config, line, lit)
            cycles = [c for c in _spread(line.free_cycles(first, last)) if line.phases.lit_at(c) == lit]
            for price in PRICES:
                for cycle in cycles:
                    for direction in Direction:
                        found = self._fetch(queue, cycle, lit, direction, price)
                        if found is not None:
                            return found
            why = why or _why(first, last, bool(cycles))
        raise self._refusal(index, why)

    def _fetch(self, queue: Queue, cycle: int, lit: int, direction: Direction, price: int) -> set[int] | None:
        """Try an Ifetch in a cycle from one direction."""
        config, end = self.config, queue.site.sample(direction)
        if end is None:
            return None
        sources = [q for q in self._mem if q is not queue and hops(config, q.site, queue.site, direction) is not None]
        sources.sort(key=lambda q: len(self.lines[q.index].at))
        found = self._share(queue, cycle, lit, direction, price, sources, (), np.ones(config.streams, dtype=bool))
        if found is None:
            return None
        parts, stream = found
        ref = stream_ref(direction, stream)
        line = self.lines[queue.index].insert(Item(cycle, (make(IFETCH, s=ref),)))
        if line is None:
            return None
        changed = {queue.index: replace(line, fetches=(*line.fetches, (cycle, lit)))}
        for part in parts:
            read = self._reads(queue, cycle, direction, part, ref)
            lengthened = self.lines[part.source.index].insert(read)
            if lengthened is None:
                return None
            changed[part.source.index] = lengthened
        if not all(holds(config, line) for line in changed.values()):
            return None
        self.lines.update(changed)
        self.blocks.setdefault(queue.index, []).append(parts)
        for part in parts:
            self._memory.take(part.source, part.bank, part.offset, len(part.vectors))
            self._streams.add(part.source, self._reads(queue, cycle, direction, part, ref))
            self._streams.add_samples(direction, stream, end, cycle + samples(config, part.vectors))
        return set(changed)

    def _share(
        self,
        queue: Queue,
        cycle: int,
        lit: int,
        direction: Direction,
        price: int,
        sources: list[Queue],
        chosen: tuple[Share, ...],
        free: np.ndarray,
    ) -> tuple[tuple[Share, ...], int] | None:
        """Sources of the remaining shares, and a stream free for all of them; the lightest slices come first."""
        config = self.config
        if len(chosen) == len(shares(config)):
            return chosen, int(np.flatnonzero(free)[0])
        vectors = shares(config)[len(chosen)]
        end = queue.site.sample(direction)
        masks: dict[int, np.ndarray] = {}
        tried = 0
        for source in sources:
            start = source.site.drive(direction)
            if start is None or end is None or any(source is part.source for part in chosen):
                continue
            read = self._reads(queue, cycle, direction, Share(vectors, source, 0, 0), stream_ref(direction, 0))
            if read.cycle < 0 or min(map(self.lines[source.index].phases.lit_at, (read.cycle, read.last))) < lit:
                continue
            if start not in masks:
                driven = read.cycle + timing(config).read + np.arange(read.n) * read.every
                masks[start] = free & self._streams.free(direction, start, end, driven)
            place = self._memory.find(source, len(vectors))
            if not masks[start].any() or place is None:
                continue
            tried += 1
            if tried > SOURCES:
                return None
            old = self.lines[source.index]
            new = old.insert(read)
            if new is None or len(new.at) - len(old.at) > price or not holds(config, new):
                continue
            share = Share(vectors, source, *place)
            found = self._share(queue, cycle, lit, direction, price, sources, (*chosen, share), masks[start])
            if found is not None:
                return found
        return None

    def _reads(self, queue: Queue, cycle: int, direction: Direction, part: Share, ref: int) -> Item:
        """Run of Reads that brings a share to the queue's site in time for an Ifetch."""
        config = self.config
        late = samples(config, part.vectors)
        way = hops(config, part.source.site, queue.site, direction) or 0
        first = cycle + int(late[0]) - timing(config).read - way
        every = int(late[1] - late[0]) if len(late) > 1 else 1
        word = (make(READ, a=part.bank << OFFSET_BITS | part.offset, s=ref, stride=1),)
        return Item(first, word, len(late), every)

    def _refusal(self, index: int, why: str) -> AssemblyError:
        line = self.lines[index]
        first = delivered(self.config, line)
        run = next((entry.run for entry in line.entries[first:] if entry.run is not None and entry.run.where), None)
        name = queues(self.config)[index].name
        depth = self.config.queue_depth
        return refuse(
            run.where if run else None,
            f"{name} cycle {line.at[first]}: the queue runs dry behind its first {depth} words: {why}",
        )


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
