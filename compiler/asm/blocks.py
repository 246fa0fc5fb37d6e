"""Ifetch blocks: which runs of Reads bring one, when a queue can take one, and how its words lie in memory."""

from dataclasses import dataclass
from functools import cache

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


@cache
def shares(config: Config) -> tuple[tuple[int, ...], ...]:
    """Vectors of a block by share.

    Vectors are sampled in pairs, one pair each 2S cycles (:mod:`arch.text`). The first of all pairs are one run at
    equal distances, the second of all pairs another: two words of text each, in two slices. A single pair is one run.
    """
    count = text.vectors(config)
    if count <= 2:
        return (tuple(range(count)),)
    return tuple(range(0, count, 2)), tuple(range(1, count, 2))


@cache
def samples(config: Config, vectors: tuple[int, ...]) -> np.ndarray:
    """Cycles after the Ifetch in which vectors are sampled: int64[len(vectors)]."""
    return np.array([text.sample_offset(config, vector) for vector in vectors])


@cache
def readies(config: Config, lit: int) -> np.ndarray:
    """Earliest issue of each word of a block, cycles after the Ifetch: int64[words]."""
    return np.array([word.ready for word in text.block(config, lit)])


def delivered(config: Config, line: Line) -> int:
    """Words that the preload and the blocks of a line's Ifetches hold."""
    return config.queue_depth + sum(len(readies(config, lit)) for _, lit in line.fetches)


def window(config: Config, line: Line, lit: int) -> tuple[int, int]:
    """First and last cycle in which the line's next Ifetch may issue, as far as room and need go."""
    base, ready, at = delivered(config, line), readies(config, lit), np.array(line.at)
    left = base + np.arange(len(ready)) - config.queue_depth
    inside = left < len(at)
    # The word of `ready` takes its place at ready - 1; the word a queue's depth before it must have left by then.
    first = int((at[left[inside]] - ready[inside] + 2).max())
    if line.fetches:
        first = max(first, line.fetches[-1][0] + text.span(config))
    need = at[base : base + len(ready)]
    return max(first, 0), int((need - ready[: len(need)]).min())


def holds(config: Config, line: Line) -> bool:
    """Whether every word of the line's blocks finds room in the queue, and is there when it issues."""
    at, base, depth = np.array(line.at), config.queue_depth, config.queue_depth
    previous = None
    for cycle, lit in line.fetches:
        arrival = cycle + readies(config, lit)
        index = base + np.arange(len(arrival))
        need = at[base : base + len(arrival)]
        left = index[index - depth < len(at)] - depth
        if (need < arrival[: len(need)]).any() or (at[left] > arrival[: len(left)] - 2).any():
            return False
        if previous is not None and cycle < previous + text.span(config):
            return False
        base, previous = base + len(arrival), cycle
    return True


def layout(config: Config, words: list[int], lit: int, parts: tuple[Share, ...]) -> list[Segment]:
    """Memory contents that hold a block's words, padded."""
    places = text.block(config, lit)
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
