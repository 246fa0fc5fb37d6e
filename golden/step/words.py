"""Words under way: bytes with their definedness and their bit errors; instructions as they issue."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arch import effects
from arch.config import Config
from arch.effects import StreamUse
from arch.isa import legal, table
from arch.isa.spec import Op
from arch.isa.table import Word
from arch.queues import Queue
from golden.lanes import Bytes

__all__ = ["Decoded", "Flags", "Issue", "Operand", "Part", "Vector", "decode"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Vector:
    """A word of every superlane, as streams and MEM hold it.

    Attributes
    ----------
    data : uint8[S, L]
        Raw bytes, errors included.
    defined : bool[S]
    errors
        Wrong bits of the code word, by superlane; superlanes without any are absent.
    """

    data: Bytes
    defined: Flags
    errors: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Operand:
    """A stream group as a consumer uses it: corrected, dark superlanes zero and defined.

    Attributes
    ----------
    data : uint8[width, S, L]
    defined : bool[S]
    """

    data: Bytes
    defined: Flags


@dataclass(frozen=True)
class Part:
    """One instruction of a word with its stream groups."""

    op: Op
    samples: tuple[StreamUse, ...]
    drives: tuple[StreamUse, ...]


@dataclass(frozen=True)
class Decoded:
    """A word in its queue; ``parts`` has one instruction, or a read and a write part of MEM."""

    word: Word
    parts: tuple[Part, ...]

    @property
    def icu(self) -> bool:
        """Whether the queue itself executes it."""
        return table.is_icu(self.word)


@dataclass(frozen=True)
class Issue:
    """An instruction at its issue: cycle, queue, how often it was repeated before, superlanes lit."""

    time: int
    queue: Queue
    part: Part
    repeat: int
    lit: int

    @property
    def op(self) -> Op:
        """The instruction."""
        return self.part.op


def decode(config: Config, queue: Queue, value: int) -> Decoded | None:
    """Word of 128 bits in a queue; None if it is undefined there or the configuration lacks what it names."""
    word = table.decode(value, queue.unit)
    if word is None or legal.problem(config, queue, word) is not None:
        return None
    parts = (Part(op, effects.samples(config, queue, op), effects.drives(config, queue, op)) for op in word)
    return Decoded(word, tuple(parts))
