"""The neutral form of a program that text and builder both make: what issues when, what memory holds, what is named.

Nothing here is checked against the machine; :mod:`compiler.asm.lower` does that and makes the program file.
"""

from dataclasses import dataclass, field

import numpy as np

from arch.config import Config
from arch.conveyor import Hemisphere
from arch.isa.table import Word
from compiler.asm.errors import Where

#: First cycle that a source may not name: 4 million cycles are 4.7 ms at 900 MHz.
CYCLE_LIMIT = 1 << 22


@dataclass(frozen=True)
class Item:
    """A run: one word of a queue, issued ``n`` times.

    Attributes
    ----------
    cycle
        First issue.
    word
        Instructions of the first issue; each further issue adds the strides that its fields name.
    n, every
        Issues, and cycles from one to the next.
    where
        Its place in the source; None for what the assembler adds.
    """

    cycle: int
    word: Word
    n: int = 1
    every: int = 1
    where: Where | None = None

    @property
    def last(self) -> int:
        """Cycle of the last issue."""
        return self.cycle + (self.n - 1) * self.every


@dataclass(frozen=True)
class Rows:
    """Initial contents of consecutive addresses of one slice: uint8[rows, vector]."""

    hemisphere: Hemisphere
    mem_slice: int
    address: int
    rows: np.ndarray
    where: Where | None = None


@dataclass(frozen=True)
class Named:
    """A region of the host, as :class:`arch.program.Region`, with its place in the source."""

    name: str
    role: str
    hemisphere: Hemisphere
    mem_slice: int
    address: int
    rows: int
    where: Where | None = None


@dataclass
class Schedule:
    """A program before it is laid out.

    Attributes
    ----------
    config
        The machine.
    items
        Runs of each queue by its index, in any order.
    exact
        Words of each queue as they are, instead of ``items``; None for a schedule by cycles.
    data, regions
        Initial memory, and what the host fills and reads.
    meta
        Any JSON object.
    checked
        Whether a program error or a fault that follows from the text alone is refused.
    """

    config: Config
    items: dict[int, list[Item]] = field(default_factory=dict)
    exact: dict[int, list[int]] | None = None
    data: list[Rows] = field(default_factory=list)
    regions: list[Named] = field(default_factory=list)
    meta: str = "{}"
    checked: bool = True
