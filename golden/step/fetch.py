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
    """A block on its way.

    Attributes
    ----------
    issue
        The Ifetch.
    due
        Vectors still to sample, by cycle.
    used : bool[S] by row
        Superlanes whose words belong to an instruction; the surplus of a block is not looked at.
    vectors : uint8[S, L] by vector
        What has been sampled.
    """

    issue: Issue
    due: dict[int, int]
    used: list[Flags]
    vectors: dict[int, Bytes] = field(default_factory=dict)


class Fetch:
    """All Ifetches under way."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._blocks: list[_Block] = []

    def start(self, issue: Issue, arrive: Arrive) -> None:
        """Begin an Ifetch issued in this cycle."""
        config = self._fabric.config
        words = text.block(config, issue.lit)
        used = [np.zeros(config.superlanes, np.bool_) for _ in range(text.rows(config))]
        for word in words:
            used[word.row][word.superlane] = True
        due = {issue.time + use.offset: number for number, use in enumerate(issue.part.samples)}
        block = _Block(issue, due, used)
        self._blocks.append(block)
        for word in words:
            self._fabric.after(word.ready - 1, partial(self._deliver, block, word, arrive))

    def sample(self) -> None:
        """Take the vectors that pass in this cycle."""
        for block in self._blocks:
            number = block.due.pop(self._fabric.time, None)
            if number is not None:
                self._take(block, number)
        self._blocks = [block for block in self._blocks if block.due]

    def _take(self, block: _Block, number: int) -> None:
        issue, use = block.issue, block.issue.part.samples[number]
        vector = self._fabric.sample(use)
        used = block.used[number // self._fabric.config.row_words]
        if not vector.defined[used].all():
            self._fabric.error(issue, ProgramError.UNDEFINED_STREAM, detail.stream(use))
        block.vectors[number] = self._fabric.corrected(issue.queue, vector, used)

    def _deliver(self, block: _Block, word: text.TextWord, arrive: Arrive) -> None:
        """Hand over an instruction: the words of one superlane in the vectors of one row, lowest byte first."""
        count = self._fabric.config.row_words
        parts = [block.vectors[word.row * count + part][word.superlane] for part in range(count)]
        arrive(self._fabric.time, int.from_bytes(np.concatenate(parts).tobytes(), "little"))
