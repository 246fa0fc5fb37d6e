"""MEM instructions (published names; a word may hold one read part and one write part: our decision)."""

from arch.config import OFFSET_BITS
from arch.isa.fields import Field, Kind
from arch.isa.spec import Spec
from arch.queues import Unit

_UNITS = (Unit.MEM,)
_READ, _WRITE = 8, 64  # first bit of the read part's and of the write part's fields


def _linear(base: int, role: str) -> tuple[Field, ...]:
    return (
        Field("a", base, OFFSET_BITS + 1, Kind.ADDRESS, "bank and offset of the word"),
        Field("s", base + 13, 6, Kind.STREAM, role),
        Field("stride", base + 19, 13, Kind.SINT, "added to the offset at each Repeat", default=0),
    )


def _indexed(base: int, role: str) -> tuple[Field, ...]:
    return (
        Field("map", base, 6, Kind.STREAM, "stream of addresses"),
        Field("s", base + 6, 6, Kind.STREAM, role),
        Field("banks", base + 12, 2, Kind.UINT, "banks it may touch, a bit each", low=1),
        Field("lo", base + 14, OFFSET_BITS, Kind.UINT, "lowest offset it may touch", default=0),
        Field("hi", base + 26, OFFSET_BITS, Kind.UINT, "highest offset it may touch"),
    )


_MAP = (
    "Each superlane's address is its own: lane 0 of the map stream is the low byte, lane 1 the high byte (published), "
    "bit 12 the bank. "
)

READ = Spec(
    "Read",
    _UNITS,
    0x11,
    _linear(_READ, "stream to drive"),
    "Drives the word at address a of every superlane onto stream s. The stored check bits travel along unchanged. "
    "The offset plus stride is taken modulo 4096; an offset beyond the bank is a fault, and zero bytes are driven.",
)
GATHER = Spec(
    "Gather",
    _UNITS,
    0x12,
    _indexed(_READ, "stream to drive"),
    "Drives, in each superlane, the word at the address that the map stream gives. "
    + _MAP
    + "An address outside the named banks and offsets is a fault, and zero bytes are driven. The whole range counts as "
    "read: all of it must be defined, and its banks are busy.",
)
WRITE = Spec(
    "Write",
    _UNITS,
    0x14,
    _linear(_WRITE, "stream to store"),
    "Stores stream s at address a of every superlane, with the check bits as they came. A Read issued in a later "
    "cycle sees it. Read and write part of one cycle must be in different banks.",
)
SCATTER = Spec(
    "Scatter",
    _UNITS,
    0x18,
    _indexed(_WRITE, "stream to store"),
    "Stores stream s, in each superlane, at the address that the map stream gives. "
    + _MAP
    + "An address outside the named banks and offsets is a fault, and nothing is stored. The banks of the range are "
    "busy.",
)

MEM = (READ, GATHER, WRITE, SCATTER)
#: Opcode bits that mark a MEM word, and those of its two parts.
MEM_BASE, READ_PART, WRITE_PART = 0x10, 0x03, 0x0C
