"""Ifetch blocks: which runs of Reads bring one, when a queue can take one, and how its words lie in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from arch import text
from arch.config import OFFSET_BITS, WORD_BYTES, Config
from arch.conveyor import Hemisphere
from arch.isa.icu import SYNC
from arch.isa.spec import make
from arch.program import Segment
from arch.queues import Queue
from compiler.asm.line import Line

#: What fills the last block behind a queue's words: a Sync, which no parked queue ever takes.
PADDING = make(SYNC).encode()


@dataclass(frozen=True)
class Share:
    """The vectors of a block that lie in one slice at consecutive addresses: a run of Reads brings them.

    Attributes
    ----------
    vectors
        Numbers of the vectors in the block.
    source
        Queue of the slice.
    bank, offset
        Place of the first.
    """

    vectors: tuple[int, ...]
    source: Queue
    bank: int
    offset: int


class Blocks:
    """What the layout and timing of blocks mean for the queues of a machine.

    Parameters
    ----------
    config
        The machine.

    Attributes
    ----------
    shares
        Vectors of a block by share. Vectors are sampled in pairs, one pair each 2S cycles (:mod:`arch.text`): the first
        of all pairs are one run at equal distances, the second of all pairs another, two words of text each, in two
        slices. A single pair is one run.
    samples
        For each share the cycles after the Ifetch in which its vectors are sampled, int64[vectors].
    span
        Cycles from one Ifetch of a queue to the next, at the least.
    """

    def __init__(self, config: Config) -> None:
        count = text.vectors(config)
        single = (tuple(range(count)),)
        self.shares = single if count <= 2 else (tuple(range(0, count, 2)), tuple(range(1, count, 2)))
        self.samples = [np.array([text.sample_offset(config, v) for v in share]) for share in self.shares]
        self.span = text.span(config)
        self._config, self._depth = config, config.queue_depth
        places = (text.block(config, lit) for lit in range(1, config.superlanes + 1))
        self._ready = [np.array([word.ready for word in block]) for block in places]

    def words(self, lit: int) -> int:
        """Words of a block that is fetched with so many superlanes lit."""
        return len(self._ready[lit - 1])

    def ready(self, lit: int) -> np.ndarray:
        """Earliest issue of each word of a block, cycles after the Ifetch."""
        return self._ready[lit - 1]

    def delivered(self, line: Line) -> int:
        """Words that the preload and the blocks of a line's Ifetches hold."""
        return self._depth + sum(self.words(lit) for _, lit in line.fetches)

    def window(self, line: Line, lit: int) -> tuple[int, int]:
        """First and last cycle in which the line's next Ifetch may issue, as far as room and need go."""
        base, ready, at = self.delivered(line), self._ready[lit - 1], line.at
        # The word of `ready` takes its place at ready - 1; the word a queue's depth before it must have left by then.
        left = np.array(at[base - self._depth : base - self._depth + len(ready)])
        first = max(0, int((left - ready[: len(left)] + 2).max()))
        if line.fetches:
            first = max(first, line.fetches[-1][0] + self.span)
        need = np.array(at[base : base + len(ready)])
        return first, int((need - ready[: len(need)]).min())

    def holds(self, line: Line) -> bool:
        """Whether every word of the line's blocks finds room in the queue, and is there when it issues."""
        if not line.fetches:
            return True
        lits = {lit for _, lit in line.fetches}
        if len(lits) == 1:  # the usual case, all blocks at once
            arrival = (np.array([cycle for cycle, _ in line.fetches])[:, None] + self._ready[lits.pop() - 1]).ravel()
        else:
            arrival = np.concatenate([cycle + self._ready[lit - 1] for cycle, lit in line.fetches])
        at = np.array(line.at)
        need, left = at[self._depth : self._depth + len(arrival)], at[: len(arrival)]
        spaced = all(after[0] - before[0] >= self.span for before, after in pairwise(line.fetches))
        return bool((need >= arrival[: len(need)]).all() and (left <= arrival[: len(left)] - 2).all()) and spaced

    def segments(self, lines: Mapping[int, Line], shares: Mapping[int, Sequence[tuple[Share, ...]]]) -> list[Segment]:
        """Memory that holds the text of all blocks.

        Parameters
        ----------
        lines
            Words of each queue by its index.
        shares
            Where the blocks of a queue lie, in order.
        """
        segments = []
        for index, blocks in shares.items():
            line = lines[index]
            words, base = line.words(), self._depth
            for (_, lit), parts in zip(line.fetches, blocks, strict=True):
                count = self.words(lit)
                segments += self.layout(words[base : base + count], lit, parts)
                base += count
        return segments

    def layout(self, words: list[int], lit: int, parts: tuple[Share, ...]) -> list[Segment]:
        """Memory contents that hold a block's words, padded."""
        config, places = self._config, text.block(self._config, lit)
        filled = [*words, *[PADDING] * (len(places) - len(words))]
        vectors = np.zeros((text.vectors(config), config.superlanes, config.lanes), dtype=np.uint8)
        for place, word in zip(places, filled, strict=True):
            pieces = np.frombuffer(word.to_bytes(WORD_BYTES, "little"), dtype=np.uint8)
            first = place.row * config.row_words
            vectors[first : first + config.row_words, place.superlane] = pieces.reshape(config.row_words, config.lanes)
        return [
            Segment(
                Hemisphere(part.source.hemisphere or 0),
                part.source.number,
                part.bank << OFFSET_BITS | part.offset,
                vectors[list(part.vectors)].tobytes(),
            )
            for part in parts
        ]
