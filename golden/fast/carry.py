"""What a window of cycles leaves to the next: all that instructions issued before a cycle have done and set going.

Values are flat rows of S * L elements; where only definedness matters (``golden.analysis``) rows have no elements at
all, and everything else is the same. Definedness is a bit mask over superlanes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arch.config import BANKS, OFFSET_BITS, Config
from arch.conveyor import Hemisphere
from arch.program import Program
from golden.lanes import Bytes, Elements

__all__ = ["Carry", "Flight", "Masks", "boot_carry", "boot_mask", "flags_of"]

Column = NDArray[np.int64]
Masks = NDArray[np.uint32]


@dataclass
class Flight:
    """Values under way, a row each.

    Attributes
    ----------
    place : int64[n]
        Stream line, ALU, plane, plane * rows + row, or link.
    t : int64[n]
        Cycle of the drive for streams, of the issue for all others.
    note : int64[n]
        Streams: progress along the way where driven. ALUs: whether latched. Planes: code of the sums' type.
    queue, issued : int64[n]
        Producer, for streams.
    mask : uint32[n]
    value : uint8[n, S * L] for streams and links, uint32[n, S * L] for the others
    """

    place: Column
    t: Column
    note: Column
    queue: Column
    issued: Column
    mask: Masks
    value: NDArray

    def __len__(self) -> int:
        return len(self.t)

    def only(self, chosen: NDArray) -> "Flight":
        """Some of the rows."""
        return Flight(
            self.place[chosen],
            self.t[chosen],
            self.note[chosen],
            self.queue[chosen],
            self.issued[chosen],
            self.mask[chosen],
            self.value[chosen],
        )


def no_flight(width: int, dtype: type) -> Flight:
    """Nothing under way."""
    none = np.zeros(0, np.int64)
    return Flight(none, none, none, none, none, np.zeros(0, np.uint32), np.zeros((0, width), dtype))


@dataclass
class Carry:
    """State between two windows.

    Attributes
    ----------
    start
        First cycle of the next window.
    streams, mesh, sums, kept, sent
        Values under way: on streams, to mesh outputs (and the last there), to accumulators, into accumulator rows,
        on links.
    memory, memory_mask : uint8[2 * slices * banks * words, S * L], uint32[...]
        MEM with every write issued.
    rows, rows_mask : uint32[2 * planes, acc_rows, S * L], uint32[2 * planes, acc_rows]
        Accumulators without what is under way.
    weights, weights_mask : uint8[2 kinds, 2 * planes, S, L, S, L], uint32[2, 2 * planes, S columns]
        Weight buffers (0) and arrays (1); a column's mask is over the superlanes of its rows.
    """

    start: int
    streams: Flight
    mesh: Flight
    sums: Flight
    kept: Flight
    sent: Flight
    memory: Bytes
    memory_mask: Masks
    rows: Elements
    rows_mask: Masks
    weights: Bytes
    weights_mask: Masks


def boot_carry(config: Config, memory: Bytes | None, mask: Masks) -> Carry:
    """State before cycle 0; without memory contents one of definedness alone."""
    S, L = config.superlanes, config.lanes if memory is not None else 0
    width, planes = S * L, len(Hemisphere) * config.planes
    words = len(Hemisphere) * config.slices * BANKS * config.bank_words
    bytes_, elements = no_flight(width, np.uint8), no_flight(width, np.uint32)
    return Carry(
        0,
        bytes_,
        elements,
        elements,
        elements,
        bytes_,
        np.zeros((words, 0), np.uint8) if memory is None else memory.reshape(words, width),
        mask,
        np.zeros((planes, config.acc_rows, width), np.uint32),
        np.zeros((planes, config.acc_rows), np.uint32),
        np.zeros((2, planes, S, L, S, L), np.uint8),
        np.zeros((2, planes, S), np.uint32),
    )


def boot_mask(program: Program) -> Masks:
    """Definedness of memory at the start, uint32[2 * slices * banks * words]: a program's data and the host's inputs.

    Both fill whole vectors.
    """
    config = program.config
    mask = np.zeros((len(Hemisphere), config.slices, BANKS, config.bank_words), np.uint32)
    rows = [(s.hemisphere, s.mem_slice, s.address, len(s.data) // config.vector) for s in program.data]
    rows += [(r.hemisphere, r.mem_slice, r.address, r.rows) for r in program.regions if r.role != "output"]
    for side, number, address, count in rows:
        bank, offset = divmod(address, 1 << OFFSET_BITS)
        mask[side, number, bank, offset : offset + count] = (1 << config.superlanes) - 1
    return mask.reshape(-1)


def flags_of(masks: Masks, superlanes: int) -> NDArray[np.bool_]:
    """Flags of bit masks: uint32[...] to bool[..., S]."""
    flags = np.zeros((masks.size, superlanes), np.bool_)
    some = np.flatnonzero(masks)
    bits = np.arange(superlanes, dtype=np.uint32)
    flags[some] = (masks.reshape(-1)[some, None] >> bits) & np.uint32(1) != 0
    return flags.reshape(*masks.shape, superlanes)
