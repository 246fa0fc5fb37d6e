"""Instruction text under way: what an Ifetch samples, and where its bytes come from without evaluating anything.

Text is data, but nearly always data that a Read brings from memory that nobody has overwritten. Whether it is follows
from the issues alone: the value in a stream register is that of the last producer upstream, and a producer at a given
place can only have issued in one cycle.
"""

import bisect
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch import text
from arch.config import OFFSET_BITS, WORD_BYTES, Config
from arch.conveyor import Direction
from golden.fast.lane import Lane, Runs
from golden.fast.stores import Stores
from golden.fast.words import WordTable
from golden.lanes import Bytes

__all__ = ["Block", "StaticText", "Text"]

_OFFSETS = 1 << OFFSET_BITS


@dataclass
class Block:
    """One Ifetch and the block it brings.

    Attributes
    ----------
    lane
        The queue.
    cycle, wid
        Its issue, its word.
    lit
        Superlanes lit at its issue.
    direction, stream, position
        What it samples.
    tokens
        By row, the superlanes that hold an instruction and its token.
    vectors
        Vectors that have come: [S, L] by number.
    """

    lane: Lane
    cycle: int
    wid: int
    lit: int
    direction: Direction
    stream: int
    position: int
    tokens: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    vectors: dict[int, Bytes] = field(default_factory=dict)


class Text:
    """All blocks under way, and the tokens that stand for their instructions until they are known.

    Attributes
    ----------
    ready, token_wid
        By token: earliest issue; word, -1 while unknown.
    open, samples
        Vectors that nobody has delivered, and those that no window has had: (cycle of sampling, block, number).
    """

    def __init__(self, config: Config, words: WordTable) -> None:
        self.config = config
        self.words = words
        self.ready: list[int] = []
        self.token_wid: list[int] = []
        self.open: list[tuple[int, Block, int]] = []
        self.samples: list[tuple[int, Block, int]] = []

    def fetch(self, lane: Lane, cycle: int, wid: int, lit: int) -> None:
        """Start a block: its instructions are under way to the queue."""
        form = self.words.forms[self.words.form[wid]]
        use = form.samples[0]
        if use.position is None:
            raise AssertionError("an illegal Ifetch came through")
        block = Block(lane, cycle, wid, lit, use.direction, use.stream, use.position)
        for word in text.block(self.config, lit):
            token = len(self.ready)
            self.ready.append(cycle + word.ready)
            self.token_wid.append(-1)
            block.tokens.setdefault(word.row, []).append((word.superlane, token))
            lane.arrivals.append((cycle + word.ready, token))
        for number, sample in enumerate(form.samples):
            if number // self.config.row_words in block.tokens:
                self.open.append((cycle + sample.offset, block, number))
                self.samples.append((cycle + sample.offset, block, number))

    def take_samples(self, end: int) -> list[tuple[int, Block, int]]:
        """All vectors sampled before a cycle that have not been asked for, delivered or not."""
        found = [entry for entry in self.samples if entry[0] < end]
        self.samples = [entry for entry in self.samples if entry[0] >= end]
        return found

    def deliver(self, block: Block, number: int, vector: Bytes) -> bool:
        """Hand over a vector uint8[S, L]; whether instructions became known by it."""
        block.vectors[number] = vector
        parts = self.config.row_words
        row = number // parts
        if any(row * parts + part not in block.vectors for part in range(parts)):
            return False
        whole = np.concatenate([block.vectors.pop(row * parts + part) for part in range(parts)], axis=1)
        for superlane, token in block.tokens[row]:
            value = int.from_bytes(whole[superlane].tobytes()[:WORD_BYTES], "little")
            self.token_wid[token] = self.words.lookup(block.lane.queue, value)
        return True

    def resolve(self, known: int, source: "StaticText") -> bool:
        """Deliver what samples at cycles up to ``known`` take from memory as it was at the start of ``source``.

        All issues in earlier cycles must be in the run table. Returns whether instructions became known.
        """
        progress, rest = False, []
        for entry in self.open:
            cycle, block, number = entry
            vector = source.vector(block, cycle) if cycle <= known else None
            if vector is None:
                rest.append(entry)
            else:
                progress |= self.deliver(block, number, vector)
        self.open = rest
        return progress


class StaticText:
    """Finds vectors of text that follow from the issues and from memory as it was before cycle ``since``.

    Parameters
    ----------
    words, runs
        The tables.
    data : uint8[2, slices, 2, bank words, S, L]
        Memory with all that was issued before ``since``.
    known : bool[2, slices, 2, bank words], optional
        Words whose contents are known; all by default.
    lit_at
        Superlanes lit in a cycle.
    """

    def __init__(self, words: WordTable, runs: Runs, data: Bytes, known: NDArray[np.bool_] | None, lit_at) -> None:
        self.words, self.runs, self.data, self.known, self.lit_at = words, runs, data, known, lit_at
        self.since = 0
        self._config = words.config
        self._seen = 0
        self._forms = 0
        #: By stream and by (position and queue, offset): starts and numbers of the runs that drive it, in order.
        self._drivers: dict[tuple[Direction, int], dict[tuple[tuple[int, int], int], tuple[list[int], list[int]]]] = {}
        self._stores = Stores(words, runs)
        self._driven: dict[int, list[tuple[tuple[Direction, int], int, int]]] = {}

    def vector(self, block: Block, cycle: int) -> Bytes | None:
        """What a block samples in a cycle, uint8[S, L]; None if it takes evaluation to know."""
        self._index()
        found = self._producers(block, cycle)
        if not found:
            S, L = self._config.superlanes, self._config.lanes
            return np.zeros((S, L), np.uint8)
        if len(found) > 1 and found[0][0] == found[1][0]:
            return None
        _, run, step = found[0]
        return self._read(run, step)

    def _producers(self, block: Block, cycle: int) -> list[tuple[int, int, int]]:
        """Producers upstream whose value would be there: (distance, run, number of the issue), nearest first."""
        step, found = block.direction.step, []
        for (position, offset), (starts, numbers) in self._drivers.get((block.direction, block.stream), {}).items():
            distance = (block.position - position[0]) * step
            issue = cycle - distance - offset
            # A queue's runs do not interleave: the last that starts in time is the only candidate.
            at = bisect.bisect_right(starts, issue) - 1
            if distance < 0 or at < 0:
                continue
            late, d = issue - starts[at], self.runs.d[numbers[at]]
            if late % d == 0 and late // d < self.runs.n[numbers[at]]:
                found.append((distance, numbers[at], late // d))
        return sorted(found)

    def _read(self, run: int, step: int) -> Bytes | None:
        """What an issue of a Read brings; None if it is no Read, or its word may have been written."""
        runs, words = self.runs, self.words
        wid = runs.wid[run]
        form = words.forms[words.form[wid]]
        if form.word[0].mnemonic != "Read":
            return None
        issued = runs.start[run] + step * runs.d[run]
        offset = (words.number[wid] + (runs.repeat[run] + step) * words.stride[wid]) % _OFFSETS
        bank = form.word[0]["a"] >> OFFSET_BITS
        result = np.zeros((self._config.superlanes, self._config.lanes), np.uint8)
        if offset >= self._config.bank_words:
            return result
        side, number = int(form.queue.hemisphere or 0), form.queue.number
        if self.known is not None and not self.known[side, number, bank, offset]:
            return None
        if self._stores.written(form.queue.index, bank, offset, min(issued, self.since), max(issued, self.since)):
            return None
        lit = self.lit_at(issued)
        result[:lit] = self.data[side, number, bank, offset, :lit]
        return result

    def _index(self) -> None:
        """Sort new runs by the streams they drive and, where they write, by their slice."""
        for form in range(self._forms, len(self.words.forms)):
            self._driven[form] = [
                ((use.direction, number), use.position or 0, use.offset)
                for use in self.words.forms[form].drives
                for number in range(use.stream, use.stream + use.width)
            ]
        self._forms = len(self.words.forms)
        form_of, wids = self.words.form, self.runs.wid
        for run in range(self._seen, len(wids)):
            form = form_of[wids[run]]
            for key, position, offset in self._driven[form]:
                place = ((position, self.runs.queue[run]), offset)
                starts, numbers = self._drivers.setdefault(key, {}).setdefault(place, ([], []))
                starts.append(self.runs.start[run])
                numbers.append(run)
            if self.words.forms[form].word[-1].mnemonic in ("Write", "Scatter"):
                self._stores.add(self.words.forms[form].queue.index, run)
        self._seen = len(wids)
