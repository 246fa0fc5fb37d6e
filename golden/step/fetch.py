"""Ifetch: text sampled from a stream, and the words that it makes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from arch import text
from arch.faults import ProgramError
from golden import detail
from golden.lanes import Bytes
from golden.step.fabric import Fabric
from golden.step.words import Flags, Issue

__all__ = ["Fetch"]

#: Called in the cycle in which a word takes its place in the queue, with that cycle and the word.
Arrive = Callable[[int, int], None]


@dataclass
class _Block:
    """A block on its way: who asked for it, and the bytes sampled so far, uint8[S, L] by vector."""

    issue: Issue
    vectors: dict[int, Bytes] = field(default_factory=dict)


class Fetch:
    """All Ifetches under way."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._blocks: list[_Block] = []

    def start(self, issue: Issue, arrive: Arrive) -> None:
        """Begin an Ifetch issued in this cycle."""
        block = _Block(issue)
        self._blocks.append(block)
        for word in text.block(self._fabric.config, issue.lit):
            self._fabric.after(word.ready - 1, partial(self._deliver, block, word, arrive))

    def sample(self) -> None:
        """Take the vectors that pass in this cycle."""
        config, time = self._fabric.config, self._fabric.time
        last = text.sample_offset(config, text.vectors(config) - 1)
        for block in self._blocks:
            for number, use in enumerate(block.issue.part.samples):
                if time == block.issue.time + use.offset:
                    self._take(block, number)
        self._blocks = [block for block in self._blocks if time < block.issue.time + last]

    def _take(self, block: _Block, number: int) -> None:
        issue, use = block.issue, block.issue.part.samples[number]
        vector = self._fabric.sample(use)
        used = self._used(number, issue.lit)
        if not vector.defined[used].all():
            self._fabric.error(issue, ProgramError.UNDEFINED_STREAM, detail.stream(use))
        block.vectors[number] = self._fabric.corrected(issue.queue, vector, used)

    def _deliver(self, block: _Block, word: text.TextWord, arrive: Arrive) -> None:
        """Hand over an instruction: the words of one superlane in the vectors of one row, lowest byte first."""
        count = self._fabric.config.row_words
        parts = [block.vectors[word.row * count + part][word.superlane] for part in range(count)]
        arrive(self._fabric.time, int.from_bytes(np.concatenate(parts).tobytes(), "little"))

    def _used(self, number: int, lit: int) -> Flags:
        """Superlanes whose word of a vector belongs to an instruction; the surplus of a block is not looked at."""
        config = self._fabric.config
        row = number // config.row_words
        used = {word.superlane for word in text.block(config, lit) if word.row == row}
        return np.isin(np.arange(config.superlanes), sorted(used))
