"""Text of the queues as a schedule grows: words of all that is placed, and whether they are there in time.

A queue holds ``queue_depth`` words at boot; further ones come in blocks, each by an Ifetch. What is placed is text at
once: the words of each queue are always those of the program so far, and each of them is held at boot or brought by a
block that is placed already. So text runs out nowhere, whatever follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from arch.config import FETCH_WORDS, Config
from arch.isa.icu import IFETCH, NOP
from arch.isa.spec import make
from arch.isa.table import is_icu
from arch.program import Segment
from arch.queues import Unit, queues
from compiler.asm.blocks import Blocks, Share
from compiler.asm.fold import weave
from compiler.asm.line import Line
from compiler.asm.phases import Phases
from compiler.asm.schedule import Item
from compiler.schedule.emit import Placed, item, merged, parts
from compiler.schedule.flow import Issue

#: Words that a queue keeps for the Ifetch that brings more, with the waits around it, and for Reads of others' text.
RESERVE = 12
#: Words that are left when a queue fetches, unless memory is short.
SOON = 24


@dataclass(frozen=True)
class Lack:
    """Why runs cannot be placed.

    Attributes
    ----------
    queue
        Whose text is not there.
    wait
        Cycles after which it may be.
    words
        If the queue has to fetch a block first, by how many its text would grow.
    """

    queue: int
    wait: int
    words: int = 0


@dataclass
class Text:
    """Words of all queues.

    Attributes
    ----------
    config
        The machine.
    lines
        By queue, those that have any.
    soon
        Words that are left when a queue fetches, as long as nothing is in the way.
    shares
        Where the blocks of each queue lie, in order.
    """

    config: Config
    soon: int = SOON
    lines: dict[int, Line] = field(default_factory=dict)
    shares: dict[int, list[tuple[Share, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blocks = Blocks(self.config)
        self._mem = frozenset(q.index for q in queues(self.config) if q.unit is Unit.MEM)
        self._phases = Phases((), (), ((0, self.config.superlanes),))
        self._ready = self.blocks.ready(self.config.superlanes)

    def line(self, queue: int) -> Line:
        """Words of a queue."""
        found = self.lines.get(queue)
        return Line.of(queue, self._phases, ()) if found is None else found

    def _held(self, line: Line) -> int:
        """Words that are there at boot or come in a line's blocks."""
        return self.config.queue_depth + len(line.fetches) * len(self._ready)

    def hungry(self, queue: int) -> bool:
        """Whether the queue has room for a further block once what it holds has been issued."""
        line = self.line(queue)
        return len(line.at) - 1 >= self._held(line) - self.config.queue_depth + FETCH_WORDS

    def short(self, queue: int) -> bool:
        """Whether it should fetch one: soon it will be late."""
        line = self.line(queue)
        return self.hungry(queue) and len(line.at) + self.soon > self._held(line)

    def pad(self, queue: int) -> None:
        """Let a queue wait in as many words as make it hungry: then a block more comes before what follows."""
        while not self.hungry(queue):
            line = self.line(queue)
            longer = line.insert(Item(line.at[-1], (make(NOP, n=1),)))
            assert longer is not None
            self.lines[queue] = longer

    def holds(self, words: int) -> bool:
        """Whether a queue can hold so many words that must issue without a fetch between them."""
        return words <= self.config.queue_depth - 2 * RESERVE

    def earliest(self, queue: int) -> int:
        """First cycle in which the next Ifetch of a hungry queue finds room."""
        line = self.line(queue)
        base = self._held(line) - self.config.queue_depth
        left = np.array(line.at[base : base + len(self._ready)])
        first = max(0, int((left - self._ready + 2).max()))
        return max(first, line.fetches[-1][0] + self.blocks.span) if line.fetches else first

    def quiet(self, issues: Sequence[Issue], cycle: int) -> int:
        """First cycle, from one on, in which no queue does anything else during a run that is more than a pair.

        Elsewhere the runs would be taken apart, and so would what is in between: that costs more text than it brings.
        """
        waits = True
        while waits:
            waits = False
            for issue in issues:
                times = issue.times.shifted(cycle)
                after = self.line(issue.queue).busy(times.first, times.last)
                if times.n > 2 and after is not None:
                    cycle, waits = cycle + after + 1 - times.first, True
        return cycle

    def extended(self, runs: Sequence[Placed]) -> Mapping[int, Line] | Lack:
        """Lines with runs more, or why they cannot be."""
        found: dict[int, Line] = {}
        kept: dict[int, int] = {}
        fetching = {run.queue for run in runs if run.op.spec is IFETCH}
        for run in runs:
            line = found.get(run.queue) or self.line(run.queue)
            one = item(run.times, (run.op,))
            longer = self._longer(line, run, one)
            if longer is None:
                return Lack(run.queue, 1)
            kept[run.queue] = min(kept.get(run.queue, len(line.at)), line.kept(one))
            if run.op.spec is IFETCH:
                kept[run.queue] = min(kept[run.queue], self._held(line) - self.config.queue_depth)
                longer = replace(longer, fetches=(*longer.fetches, (run.times.first, self.config.superlanes)))
            found[run.queue] = longer
        for queue, line in found.items():
            reserve = 0 if queue in fetching else RESERVE // 2 if fetching else RESERVE
            lack = self._lack(queue, line, reserve, kept[queue])
            if lack is not None:
                return lack
        return found

    def _longer(self, line: Line, run: Placed, one: Item) -> Line | None:
        longer = line.insert(one)
        if longer is None and run.queue in self._mem and run.op.spec is not IFETCH:
            return line.insert(one, _shared)
        return longer

    def _lack(self, queue: int, line: Line, reserve: int, kept: int) -> Lack | None:
        """Why a line cannot be; its first ``kept`` words are those that are placed, and so are there in time."""
        depth, block = self.config.queue_depth, len(self._ready)
        held = self._held(line)
        if len(line.at) + reserve > held:
            return Lack(queue, 1, len(line.at) - len(self.line(queue).at))
        # A word waits for its own block, and one as many places before it for the block that takes its room.
        first = max(0, kept - depth) // block
        if first >= len(line.fetches):
            return None
        arrival = (np.array([cycle for cycle, _ in line.fetches[first:]])[:, None] + self._ready).ravel()
        at = np.array(line.at[first * block :])
        late = int((arrival[: max(0, len(at) - depth)] - at[depth:]).max(initial=0))
        crowded = bool((at[: len(arrival)] > arrival[: len(at)] - 2).any())
        return Lack(queue, max(late, 1)) if late > 0 or crowded else None

    def segments(self) -> list[Segment]:
        """Memory that holds the text of all blocks."""
        return self.blocks.segments(self.lines, self.shares)


def _shared(items: Iterable[Item]) -> list[Item]:
    """Runs of a MEM queue, read and write parts of one cycle in one word."""
    every = list(items)
    alone = [one for one in every if is_icu(one.word)]
    return weave([*alone, *merged([part for one in every if not is_icu(one.word) for part in parts(one)])])
